import type { Plugin } from 'esbuild';

/**
 * The chain that the SDK asks for credentials when a client is given none: shared files, SSO, processes, web identity,
 * container and instance metadata. None of it works or is wanted inside a Lambda function.
 */
const DEFAULT_CHAIN = /^@aws-sdk\/credential-provider-node$/;

/** What only that chain would need. Nothing else may bring it into a bundle. */
const CHAIN_PARTS = new RegExp('^(?:'
  + '@aws-sdk/credential-provider-(?:cognito-identity|http|ini|login|process|sso|web-identity)'
  + '|@aws-sdk/credential-providers'
  + '|@aws-sdk/token-providers'
  + '|@aws-sdk/nested-clients'
  + '|@smithy/credential-provider-imds'
  + ')(?:/.*)?$');

/** Only the clients' own default settings may ask for the chain; there it can be replaced. Private clients are in `packages/`. */
const CLIENT_DEFAULTS = new RegExp('[\\\\/](?:'
  + 'node_modules[\\\\/]@aws-sdk[\\\\/]client-[^\\\\/]+[\\\\/]dist-[^\\\\/]+[\\\\/]runtimeConfig\\.js'
  + '|packages[\\\\/]client-[^\\\\/]+[\\\\/]src[\\\\/]runtime-config\\.ts'
  + ')$');

const REPLACEMENT = `
export const defaultProvider = () => async () => {
  const error = new Error('this client was made without credentials: pass those of the Lambda environment');
  error.name = 'CredentialsProviderError';
  throw error;
};
`;

/**
 * Leaves the SDK's default credential chain out of a bundle.
 *
 * Handlers pass `credentials` to every client, so the chain is dead weight (a fifth of a bundle). A client that is made
 * without credentials fails with its first call; code that imports a part of the chain itself fails the build.
 */
export function lambdaCredentials(): Plugin {
  return {
    name: 'lambda-credentials',
    setup(build) {
      build.onResolve({ filter: DEFAULT_CHAIN }, ({ path, importer }) => CLIENT_DEFAULTS.test(importer)
        ? { path, namespace: 'lambda-credentials', sideEffects: false }
        : { errors: [{ text: `"${path}" does not belong in a Lambda bundle: take credentials from the environment` }] });
      build.onResolve({ filter: CHAIN_PARTS }, ({ path }) => (
        { errors: [{ text: `"${path}" does not belong in a Lambda bundle: take credentials from the environment` }] }));
      build.onLoad({ filter: /.*/, namespace: 'lambda-credentials' }, () => ({ contents: REPLACEMENT, loader: 'js' }));
    },
  };
}
