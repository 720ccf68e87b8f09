/**
 * Stacks deployed by the unmodified CDK CLI to an embedded AWS, with the shipped bundle in processes of its own.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, Stack } from 'aws-cdk-lib';
import { cdk, type CdkRun } from '../local-aws/cdk';
import { type LocalAws, startLocalAws } from '../local-aws/local-aws';
import { organizationOf, type OrganizationOf, SECURITY_ACCOUNT } from '../local-aws/organization-file';
import { ScaledClock } from '../local-aws/scaled-clock';

export const PLACE = { accountId: SECURITY_ACCOUNT, region: 'us-east-1' };

/** What AWS takes minutes for, such as delivering an event again, is not what these tests wait for. */
const SPEED = 10;
const REDELIVERY_MILLISECONDS = [15_000, 60_000];

/** An embedded AWS with the CLI in front of it, and a folder for assemblies. */
export class Bench {
  public static async start(organization: OrganizationOf): Promise<Bench> {
    const clock = new ScaledClock(SPEED);
    const local = await startLocalAws({
      organizationFile: organizationOf(organization),
      environment: { clock },
      lambda: { extraVariables: clock.variables(), retryDelaysMs: REDELIVERY_MILLISECONDS },
    });
    return new Bench(local);
  }

  private readonly folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  private assemblies = 0;

  private constructor(public readonly local: LocalAws) {}

  public async stop(): Promise<void> {
    await this.local.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Synthesizes a stack; the CLI gets the finished assembly, which saves it a process. */
  public synthesize(stackName: string, define: (stack: Stack) => void, region: string = PLACE.region): string {
    const env = { account: PLACE.accountId, region };
    return this.synthesizeApp((app) => define(new Stack(app, stackName, { env })));
  }

  /** The same for an app of several stacks. */
  public synthesizeApp(define: (app: App) => void): string {
    const outdir = join(this.folder, String(this.assemblies++));
    const app = new App({ outdir, analyticsReporting: false });
    define(app);
    app.synth();
    return outdir;
  }

  public deploy(assembly: string, ...options: string[]): Promise<CdkRun> {
    return this.cdk('deploy', '--app', assembly, '--require-approval', 'never', ...options);
  }

  public destroy(assembly: string): Promise<CdkRun> {
    return this.cdk('destroy', '--app', assembly, '--force');
  }

  public cdk(...args: string[]): Promise<CdkRun> {
    return cdk(this.local, args, { ...PLACE, cwd: this.folder });
  }

  /** Runs the CLI with other keys than those of the administrator account's own user. */
  public cdkAs(keys: Readonly<Record<string, string>>, ...args: string[]): Promise<CdkRun> {
    return cdk(this.local, args, { ...PLACE, cwd: this.folder, variables: keys });
  }

  /** Accounts that are members, as Security Hub has it. */
  public members(region: string = PLACE.region): string[] {
    return [...this.local.securityHub.members(PLACE.accountId, region).values()]
      .filter(({ status }) => status === 'Enabled').map(({ accountId }) => accountId).sort();
  }

  /** Those of some accounts that are members. */
  public membersAmong(accounts: readonly string[], region?: string): string[] {
    return this.members(region).filter((account) => accounts.includes(account));
  }

  /** Those of some accounts that were members and ceased to be it at any time since the start, in that order. */
  public leftAmong(accounts: readonly string[], region: string = PLACE.region): string[] {
    return this.local.securityHub.changes({ administratorId: PLACE.accountId, region })
      .filter(({ accountId, from, to }) => accounts.includes(accountId) && from === 'Enabled' && to !== 'Enabled')
      .map(({ accountId }) => accountId);
  }

  public status(stackName: string, region: string = PLACE.region): string | undefined {
    const stacks = this.local.cloudFormation.listStacks({ ...PLACE, region });
    return stacks.find((stack) => stack.stackName === stackName)?.status;
  }

  /** Every line that a deployed function has logged. */
  public log(): string[] {
    const { deliveries } = this.local.lambda;
    const groups = new Map(deliveries.map(({ configuration: { accountId, region, logGroupName: name } }) =>
      [`${region} ${name}`, { accountId, region, name }]));
    return [...groups.values()].flatMap((group) => this.local.aws.logs.lines(group).map(({ message }) => message));
  }

  /** Calls of Security Hub that change something, from a place in the journal on. */
  public writes(since = 0): string[] {
    return this.local.aws.journal.entries.slice(since)
      .filter(({ call: { service, operation } }) => service === 'securityhub' && /^(Create|Invite|Disassociate|Delete)Members$/.test(operation))
      .map(({ call: { operation } }) => operation);
  }

  /** Calls that a role was not allowed to make. */
  public denied(): string[] {
    return this.local.aws.journal.entries
      .filter(({ call, answer }) => call.caller.roleName !== undefined && answer?.error?.code.includes('AccessDenied'))
      .map(({ call }) => `${call.service}:${call.operation}`);
  }
}

/** What must be true of every run, whatever it did. */
export function checkRun(bench: Bench): void {
  const { aws, cloudFormation } = bench.local;
  expect(aws.mistakes).toEqual([]);
  const log = bench.log();
  expect(log.length).toBeGreaterThan(0);
  // a response URL is a credential, and e-mail addresses are personal data
  const urls = cloudFormation.requests.map(({ request }) => request.ResponseURL);
  expect(urls.length).toBeGreaterThan(0);
  expect(log.filter((line) => urls.some((url) => line.includes(url)) || /Signature=/.test(line))).toEqual([]);
  expect(log.filter((line) => /@example\.com/.test(line))).toEqual([]);
}

/** Whether there is an AWS CLI to run a documented command with: one that knows AWS_ENDPOINT_URL, since 1.29 and 2.13. */
export function hasAwsCli(): boolean {
  const { stdout } = spawnSync('aws', ['--version'], { encoding: 'utf8' });
  const [, major, minor] = /^aws-cli\/(\d+)\.(\d+)/.exec(stdout ?? '') ?? [];
  return Number(minor) >= (major === '1' ? 29 : 13);
}

export function shell(command: string, env: Record<string, string>): Promise<{ readonly stdout: string }> {
  const { PATH, HOME } = process.env;
  return promisify(execFile)('/bin/sh', ['-c', command], { env: { PATH, HOME, ...env } });
}
