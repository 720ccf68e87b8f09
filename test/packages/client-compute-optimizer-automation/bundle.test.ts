import { join } from 'node:path';
import { build } from 'esbuild';
import { lambdaCredentials } from '../../../projenrc/tools/lambda-credentials';
import { pureSchemas } from '../../../projenrc/tools/pure-schemas';

const ROOT = join(__dirname, '..', '..', '..');

/** Bundles code as the handlers are bundled, and says what of which file is in the result. */
async function bundled(contents: string): Promise<{ readonly bytes: number; readonly inputs: Map<string, number> }> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    stdin: { contents, resolveDir: join(ROOT, 'lambda'), loader: 'ts' },
    outfile: 'build/none.js',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    tsconfigRaw: { compilerOptions: { target: 'es2022' } },
    plugins: [lambdaCredentials(), pureSchemas()],
    metafile: true,
    write: false,
  });
  const [{ bytes, inputs }] = Object.values(metafile.outputs);
  const used = Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return { bytes, inputs: new Map(used.map(([path, { bytesInOutput }]) => [path, bytesInOutput])) };
}

const OTHERS = `
  export { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
  export { DescribeAccountCommand, OrganizationsClient } from '@aws-sdk/client-organizations';`;

const ALL = `${OTHERS}
  export {
    AssociateAccountsCommand, ComputeOptimizerAutomationClient, DisassociateAccountsCommand, GetEnrollmentConfigurationCommand,
    paginateListAccounts, UpdateEnrollmentConfigurationCommand,
  } from '@aws-sdk/client-compute-optimizer-automation';`;

test('with the clients of DynamoDB and Organizations it fits into a handler, and hardly adds to them', async () => {
  const without = await bundled(OTHERS);
  const { bytes, inputs } = await bundled(ALL);
  expect(bytes).toBeLessThan(300_000);
  expect(bytes - without.bytes).toBeLessThan(40_000);
  expect([...inputs.keys()].filter((path) => path.includes('credential-provider')))
    .toEqual(['lambda-credentials:@aws-sdk/credential-provider-node']);
});

test('every part of the runtime is there once', async () => {
  const { inputs } = await bundled(ALL);
  expect([...inputs.keys()].filter((path) => path.includes('dist-cjs'))).toEqual([]);
});
