/**
 * `npm run local-aws` as a person uses it: what it prints is exported, and what is started with it finds the embedded AWS.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { ListMembersCommand, paginateListMembers, SecurityHubClient } from '@aws-sdk/client-securityhub';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

const ROOT = join(__dirname, '../..');
const LANDING_ZONE = join(ROOT, 'examples/landing-zone');
const CLI = join(dirname(require.resolve('aws-cdk/package.json')), 'bin', 'cdk');

/** The administrator in the landing zone's organization file. */
const ADMINISTRATOR = '222222222222';

interface Started {
  readonly child: ChildProcess;
  /** Everything up to the last line that says something. */
  readonly lines: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

/** Starts it on a free port, and waits until it has said how to reach it. */
async function start(...options: string[]): Promise<Started> {
  const script = ['--import', 'tsx', 'test/local-aws/main.ts', ...options, '--port', '0'];
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, script, { cwd: ROOT, env: { PATH, HOME }, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    lines.push(line);
    if (/^# {3}and \d+ more$/.test(line)) break;
  }
  const exports = lines.map((line) => /^export (\w+)=(.*)$/.exec(line)).filter((found) => found !== null);
  return { child, lines, variables: Object.fromEntries(exports.map(([, name, value]) => [name, value])) };
}

/** Runs the CLI as a shell would that has the variables exported; answers its exit code and output. */
async function cdk(variables: Started['variables'], ...args: string[]): Promise<{ code: number | null; output: string }> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [CLI, ...args], { cwd: LANDING_ZONE, env: { PATH, HOME, ...variables } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
  const [code] = await once(child, 'close');
  return { code, output };
}

describe('npm run local-aws -- examples/landing-zone/organization.json', () => {
  const folder = mkdtempSync(join(tmpdir(), 'by-hand-'));
  let local: Started;

  beforeAll(async () => {
    local = await start(join(LANDING_ZONE, 'organization.json'));
  });
  afterAll(async () => {
    if (local.child.exitCode === null && local.child.signalCode === null) local.child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const config = () => {
    const { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = local.variables;
    const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
    return { endpoint: AWS_ENDPOINT_URL, region: AWS_REGION, credentials, maxAttempts: 1 };
  };
  const whoAmI = (accessKeyId?: string) => {
    const { credentials, ...rest } = config();
    const keys = { ...credentials, accessKeyId: accessKeyId ?? credentials.accessKeyId };
    return new STSClient({ ...rest, credentials: keys }).send(new GetCallerIdentityCommand({}));
  };

  async function members(): Promise<string[]> {
    const pages = paginateListMembers({ client: new SecurityHubClient(config()) }, { OnlyAssociated: true });
    const ids: string[] = [];
    for await (const { Members } of pages) ids.push(...Members!.map(({ AccountId }) => AccountId!));
    return ids;
  }

  test('a call with the variables that it prints is the administrator\'s, in the organization of the file', async () => {
    await expect(whoAmI()).resolves.toMatchObject({ Account: ADMINISTRATOR });
    const { Members } = await new SecurityHubClient(config()).send(new ListMembersCommand({ OnlyAssociated: true }));
    expect(Members!.length).toBeGreaterThan(0);
  });

  test('the variables lead nowhere else, and an account\'s id is a key too', async () => {
    expect(local.lines).toContain('unset AWS_PROFILE AWS_SESSION_TOKEN');
    expect(local.variables).toMatchObject({
      AWS_ENDPOINT_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    });
    const [, id] = local.lines.map((line) => /^# {3}(\d{12}) /.exec(line)).filter((found) => found !== null)[0];
    await expect(whoAmI(id)).resolves.toMatchObject({ Account: id });
  });

  test('E5: the landing zone is deployed with the command that the demo prints', async () => {
    const before = await members();
    const { code, output } = await cdk(local.variables, 'deploy', '-c', 'step=initial', '--output', join(folder, 'cdk.out'));

    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('SecurityHub.Ledger = ') });
    const after = await members();
    expect(before.filter((id) => !after.includes(id))).toEqual([]);
    expect(after.length - before.length).toBe(78);
  });

  test('it ends when it is told to', async () => {
    const ended = once(local.child, 'exit');
    local.child.kill('SIGTERM');

    expect(await ended).toEqual([0, null]);
    await expect(whoAmI()).rejects.toThrow('ECONNREFUSED');
  });
});

test('it fails for a file with mistakes, and says which', async () => {
  const { PATH, HOME } = process.env;
  const script = ['--import', 'tsx', 'test/local-aws/main.ts', join(LANDING_ZONE, 'accounts.json'), '--port', '0'];
  const child = spawn(process.execPath, script, { cwd: ROOT, env: { PATH, HOME } });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said += text; });

  expect(await once(child, 'close')).toEqual([1, null]);
  expect(said).toContain('The organization file has');
});
