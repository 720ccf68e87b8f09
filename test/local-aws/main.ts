/**
 * `npm run local-aws [-- organization.json] [-- --port 4566]`: starts the embedded AWS and prints the environment to export.
 */
import { parseArgs } from 'node:util';
import { defaultAccount, startLocalAws } from './local-aws';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { account: { type: 'string' }, port: { type: 'string', default: '4566' }, region: { type: 'string' } },
  });
  const local = await startLocalAws({ organizationFile: positionals[0], port: Number(values.port) });
  const { world } = local;
  const accountId = values.account ?? defaultAccount(world);
  const names = [...world.accounts.values()].slice(0, 20).map(({ id, name }) => `#   ${id}  ${name}`);
  const rest = world.accounts.size - names.length;
  console.log([
    `# The embedded AWS listens on ${local.url}. Ctrl+C stops it, and everything in it is gone.`,
    '# In another shell:',
    'unset AWS_PROFILE AWS_SESSION_TOKEN',
    ...Object.entries(local.env(accountId, values.region)).map(([name, value]) => `export ${name}=${value}`),
    '#',
    `# These are the keys of the administrator of ${accountId}. An account's id is an access key of its administrator too:`,
    ...names,
    ...(rest > 0 ? [`#   and ${rest} more`] : []),
  ].join('\n'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void local.stop().then(() => process.exit(0)));
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
