/**
 * What a client works with where its configuration says nothing: as in every client of the SDK for Node.js.
 */
import {
  createDefaultUserAgentProvider,
  emitWarningIfUnsupportedVersion as warnOfSdk,
  getDefaultSocketTimeout,
  NODE_APP_ID_CONFIG_OPTIONS,
} from '@aws-sdk/core/client';
import { AwsSdkSigV4Signer, NODE_AUTH_SCHEME_PREFERENCE_OPTIONS } from '@aws-sdk/core/httpAuthSchemes';
import { AwsJson1_0Protocol } from '@aws-sdk/core/protocols';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Sha256 } from '@smithy/core/checksum';
import {
  emitWarningIfUnsupportedVersion as warnOfSmithy,
  loadConfigsForDefaultMode,
  NoOpLogger,
} from '@smithy/core/client';
import {
  loadConfig,
  NODE_REGION_CONFIG_FILE_OPTIONS,
  NODE_REGION_CONFIG_OPTIONS,
  NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS,
  NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS,
  resolveDefaultsModeConfig,
} from '@smithy/core/config';
import { parseUrl } from '@smithy/core/protocols';
import { DEFAULT_RETRY_MODE, NODE_MAX_ATTEMPT_CONFIG_OPTIONS, NODE_RETRY_MODE_CONFIG_OPTIONS } from '@smithy/core/retry';
import { calculateBodyLength, fromBase64, fromUtf8, toBase64, toUtf8 } from '@smithy/core/serde';
import { NodeHttpHandler, streamCollector } from '@smithy/node-http-handler';
import type { IdentityProviderConfig } from '@smithy/types';
import { version } from '../package.json';
import { authSchemes, SIGNING_NAME, SIGV4 } from './auth';
import type { ComputeOptimizerAutomationClientConfig } from './client';
import { endpointOf } from './endpoint';
import { errorTypeRegistries, NAMESPACE } from './schemas';

const API_VERSION = '2025-09-22';
const SERVICE_ID = 'Compute Optimizer Automation';

/** Five minutes, as the SDK has it for all services. */
const SOCKET_TIMEOUT = 300_000;

export function runtimeConfig(config: ComputeOptimizerAutomationClientConfig) {
  warnOfSmithy(process.version);
  warnOfSdk(process.version);
  const defaultsMode = resolveDefaultsModeConfig(config);
  const modeDefaults = () => defaultsMode().then(loadConfigsForDefaultMode);
  const logger = config.logger ?? new NoOpLogger();
  const sources = { profile: config.profile, logger };
  return {
    ...config,
    apiVersion: API_VERSION,
    authSchemePreference: config.authSchemePreference ?? loadConfig(NODE_AUTH_SCHEME_PREFERENCE_OPTIONS, sources),
    base64Decoder: config.base64Decoder ?? fromBase64,
    base64Encoder: config.base64Encoder ?? toBase64,
    bodyLengthChecker: config.bodyLengthChecker ?? calculateBodyLength,
    credentialDefaultProvider: config.credentialDefaultProvider ?? defaultProvider,
    defaultSigningName: SIGNING_NAME,
    defaultSocketTimeout: getDefaultSocketTimeout(config.requestHandler, SOCKET_TIMEOUT),
    defaultUserAgentProvider: config.defaultUserAgentProvider
      ?? createDefaultUserAgentProvider({ serviceId: SERVICE_ID, clientVersion: version }),
    defaultsMode,
    disableHostPrefix: config.disableHostPrefix ?? false,
    endpointProvider: config.endpointProvider ?? endpointOf,
    extensions: config.extensions ?? [],
    httpAuthSchemeProvider: config.httpAuthSchemeProvider ?? authSchemes,
    httpAuthSchemes: config.httpAuthSchemes ?? [{
      schemeId: SIGV4,
      identityProvider: (identities: IdentityProviderConfig) => identities.getIdentityProvider(SIGV4),
      signer: new AwsSdkSigV4Signer(),
    }],
    logger,
    maxAttempts: config.maxAttempts ?? loadConfig(NODE_MAX_ATTEMPT_CONFIG_OPTIONS, config),
    protocol: config.protocol ?? AwsJson1_0Protocol,
    protocolSettings: config.protocolSettings ?? {
      defaultNamespace: NAMESPACE,
      errorTypeRegistries: errorTypeRegistries(),
      serviceTarget: 'ComputeOptimizerAutomationService',
      version: API_VERSION,
    },
    region: config.region ?? loadConfig(NODE_REGION_CONFIG_OPTIONS, { ...NODE_REGION_CONFIG_FILE_OPTIONS, ...sources }),
    requestHandler: NodeHttpHandler.create(config.requestHandler ?? modeDefaults),
    retryMode: config.retryMode ?? loadConfig({
      ...NODE_RETRY_MODE_CONFIG_OPTIONS,
      default: async () => (await modeDefaults()).retryMode ?? DEFAULT_RETRY_MODE,
    }, config),
    runtime: 'node',
    serviceId: config.serviceId ?? SERVICE_ID,
    sha256: config.sha256 ?? Sha256,
    streamCollector: config.streamCollector ?? streamCollector,
    urlParser: config.urlParser ?? parseUrl,
    useDualstackEndpoint: config.useDualstackEndpoint
      ?? loadConfig(NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS, sources),
    useFipsEndpoint: config.useFipsEndpoint ?? loadConfig(NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS, sources),
    userAgentAppId: config.userAgentAppId ?? loadConfig(NODE_APP_ID_CONFIG_OPTIONS, sources),
    utf8Decoder: config.utf8Decoder ?? fromUtf8,
    utf8Encoder: config.utf8Encoder ?? toUtf8,
  };
}
