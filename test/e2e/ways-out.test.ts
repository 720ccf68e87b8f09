/**
 * What a person does when a deployment has failed, or wants to go another way than forward: repair and retry, retain, move, raise a limit.
 *
 * Each story has a stack and accounts of its own, so that all of them go on at the same time: the CLI mostly waits.
 */
import { CloudFormationClient, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { CfnParameter, NestedStack, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Bench, checkRun, PLACE } from './support';
import {
  DroppedAccounts, ExistingMembers, MemberAccounts, RemovalLimit, SecurityHubMembers, type SecurityHubMembersProps,
} from '../../src';
import { MANAGEMENT_ACCOUNT, memberAccounts, SECURITY_ACCOUNT } from '../local-aws/organization-file';

/** Regions in which something holds that would disturb the other stories. */
const GUARDED_FOR_A_WHILE = 'eu-west-1';
const GUARDED_FOR_GOOD = 'eu-north-1';
const CENTRAL = 'eu-central-1';
const REGIONS = [PLACE.region, GUARDED_FOR_A_WHILE, GUARDED_FOR_GOOD, CENTRAL];

const BEFORE = memberAccounts(2, 91);
/** CLIs that share a busy machine take their time. */
const PATIENCE = 300_000;

let bench: Bench;
const beginnings: (() => void)[] = [];

/** Something that begins with all others; whoever asks for it gets what came of it, or its error. */
function story<T>(tell: () => Promise<T>): () => Promise<T> {
  let told: Promise<T>;
  beginnings.push(() => {
    told = tell();
    told.catch(() => undefined);
  });
  return () => told;
}

beforeAll(async () => {
  bench = await Bench.start({ accounts: 100, members: BEFORE, regions: REGIONS });
  guard(GUARDED_FOR_A_WHILE, GUARDED_FOR_GOOD);
  bench.local.securityHub.setCentralConfiguration(CENTRAL, PLACE.accountId, true);
  beginnings.forEach((begin) => begin());
});
afterAll(() => bench.stop());

/** A common guardrail: nobody in the account removes members in these Regions. */
function guard(...regions: string[]): void {
  const Action = ['securityhub:DisassociateMembers', 'securityhub:DeleteMembers'];
  bench.local.aws.iam.setServiceControlPolicies(PLACE.accountId, [{
    Statement: [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action, Resource: '*', Condition: { StringEquals: { 'aws:RequestedRegion': regions } } },
    ],
  }]);
}

function refuse(account: string): void {
  bench.local.securityHub.refuse(PLACE.region, account, 'not this one');
}

function stopRefusing(account: string): void {
  bench.local.securityHub.stopRefusing(PLACE.region, account);
}

/** A stack with one construct. */
function stackOf(
  stackName: string, accounts: readonly string[], props: Partial<SecurityHubMembersProps> = {}, region?: string,
): string {
  return bench.synthesize(stackName, (scope) => {
    new SecurityHubMembers(scope, 'Members', { accounts: MemberAccounts.of([...accounts]), ...props });
  }, region);
}

/** The calls that a stack's function has made, from a place in the journal on. */
function callsOf(stackName: string, since: number): string[] {
  return bench.local.aws.journal.entries.slice(since)
    .filter(({ call }) => call.service === 'securityhub' && call.caller.sessionName?.startsWith(`${stackName}-`))
    .map(({ call }) => call.operation);
}

/** Those of them that change something at Security Hub. */
function writesOf(since: number, ...stackNames: string[]): string[] {
  return stackNames.flatMap((name) => callsOf(name, since)).filter((operation) => !/^(Get|Describe)/.test(operation));
}

/** A place in the journal. */
const mark = () => bench.local.aws.journal.entries.length;

describe('deployed with --no-rollback', () => {
  const MINE = memberAccounts(3, 1);
  const [FIRST, SECOND, THIRD] = MINE;
  const look = () => ({ status: bench.status('Paused'), members: bench.membersAmong(MINE) });
  const told = story(async () => {
    const stack = stackOf('Paused', [FIRST, SECOND]);
    refuse(SECOND);
    const failed = { ...await bench.deploy(stack, '--no-rollback'), ...look() };
    stopRefusing(SECOND);
    const retried = { ...await bench.deploy(stack, '--no-rollback'), ...look() };

    const changed = stackOf('Paused', [SECOND, THIRD]);
    refuse(THIRD);
    const failedAgain = { ...await bench.deploy(changed, '--no-rollback'), ...look() };
    stopRefusing(THIRD);
    return { failed, retried, failedAgain, retriedAgain: { ...await bench.deploy(changed, '--no-rollback'), ...look() } };
  });

  test('L20: a creation that failed stays where it is, and the next deployment completes it', async () => {
    const { failed, retried } = await told();

    expect(failed).toMatchObject({ code: 1, status: 'CREATE_FAILED', members: [FIRST] });
    expect(failed.output).toContain(`1 of 2 accounts could not be made members in us-east-1: ${SECOND}`);
    expect(retried).toMatchObject({ code: 0, status: 'UPDATE_COMPLETE', members: [FIRST, SECOND] });
  }, PATIENCE);

  test('L20: an update that failed removes nobody, and the next deployment completes it', async () => {
    const { failedAgain, retriedAgain } = await told();

    expect(failedAgain).toMatchObject({ code: 1, status: 'UPDATE_FAILED', members: [FIRST, SECOND] });
    expect(failedAgain.output).toContain(THIRD);
    expect(retriedAgain).toMatchObject({ code: 0, status: 'UPDATE_COMPLETE', members: [SECOND, THIRD] });
  }, PATIENCE);
});

describe('a service control policy forbids to remove members', () => {
  const repaired = memberAccounts(2, 5);
  const kept = memberAccounts(2, 7);
  const left = memberAccounts(2, 9);

  const lifted = story(async () => {
    const stack = stackOf('Guarded', repaired, {}, GUARDED_FOR_A_WHILE);
    const deployed = await bench.deploy(stack);
    const refused = { ...await bench.destroy(stack), status: bench.status('Guarded', GUARDED_FOR_A_WHILE) };
    const membersThen = bench.membersAmong(repaired, GUARDED_FOR_A_WHILE);
    guard(GUARDED_FOR_GOOD);
    const destroyed = { ...await bench.destroy(stack), status: bench.status('Guarded', GUARDED_FOR_A_WHILE) };
    const membersNow = bench.membersAmong(repaired, GUARDED_FOR_A_WHILE);
    return { deployed, refused, membersThen, destroyed, membersNow };
  });

  const retained = story(async () => {
    const deployed = await bench.deploy(stackOf('Retained', kept, {}, GUARDED_FOR_GOOD));
    const since = mark();
    const stack = stackOf('Retained', kept, { removalPolicy: RemovalPolicy.RETAIN }, GUARDED_FOR_GOOD);
    const retaining = await bench.deploy(stack);
    const destroyed = { ...await bench.destroy(stack), status: bench.status('Retained', GUARDED_FOR_GOOD) };
    return { deployed, retaining, destroyed, calls: callsOf('Retained', since) };
  });

  const abandoned = story(async () => {
    const stack = stackOf('Stuck', left, {}, GUARDED_FOR_GOOD);
    const deployed = await bench.deploy(stack);
    const refused = await bench.destroy(stack);
    const [logicalId] = /\bMembers[0-9A-F]{8}\b/.exec(refused.output)!;
    const since = mark();
    const credentials = bench.local.aws.credentials.admin(PLACE.accountId);
    const client = new CloudFormationClient({ endpoint: bench.local.url, region: GUARDED_FOR_GOOD, credentials });
    // aws cloudformation delete-stack --stack-name Stuck --retain-resources <logical id>
    await client.send(new DeleteStackCommand({ StackName: 'Stuck', RetainResources: [logicalId] }));
    const destroyed = { ...await bench.destroy(stack), status: bench.status('Stuck', GUARDED_FOR_GOOD) };
    return { deployed, refused, destroyed, calls: callsOf('Stuck', since) };
  });

  test('L10: the terminal shows what blocks the destruction, and the ways out', async () => {
    const { deployed, refused, membersThen } = await lifted();

    expect(deployed.code).toBe(0);
    expect(refused).toMatchObject({ code: 1, status: 'DELETE_FAILED' });
    const output = refused.output.replace(/\s+/g, ' ');
    expect(output).toContain(`2 accounts could not be removed in ${GUARDED_FOR_A_WHILE}: ${repaired.join(', ')}`);
    expect(output).toContain('securityhub:DisassociateMembers');
    expect(output).toContain('explicit deny in a service control policy');
    expect(output).toContain('to get out: set removalPolicy to RETAIN and deploy before removing, '
      + 'or delete the stack and retain this resource');
    expect(membersThen).toEqual(repaired);
  }, PATIENCE);

  test('L10: once it is lifted, the stack can be destroyed, and the members leave', async () => {
    const { destroyed, membersNow } = await lifted();

    expect(destroyed).toMatchObject({ code: 0, status: 'DELETE_COMPLETE' });
    expect(membersNow).toEqual([]);
  }, PATIENCE);

  test('L10, L11: the first way out: with RETAIN deployed before, destroying makes no call', async () => {
    const { deployed, retaining, destroyed, calls } = await retained();

    expect([deployed, retaining]).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(destroyed).toMatchObject({ code: 0, status: 'DELETE_COMPLETE' });
    expect(calls).toEqual([]);
    expect(bench.membersAmong(kept, GUARDED_FOR_GOOD)).toEqual(kept);
  }, PATIENCE);

  test('L10: the second way out: the stack is deleted, and the resource retained', async () => {
    const { deployed, refused, destroyed, calls } = await abandoned();

    expect([deployed, refused]).toMatchObject([{ code: 0 }, { code: 1 }]);
    expect(destroyed).toMatchObject({ code: 0, status: 'DELETE_COMPLETE' });
    expect(calls).toEqual([]);
    expect(bench.membersAmong(left, GUARDED_FOR_GOOD)).toEqual(left);
  }, PATIENCE);
});

describe('accounts that only the deployment knows', () => {
  const MINE = memberAccounts(3, 13);
  const [FIRST, SECOND, THIRD] = MINE;
  const look = () => ({ status: bench.status('Parameter'), members: bench.membersAmong(MINE) });

  const parameter = story(async () => {
    const stack = bench.synthesize('Parameter', (scope) => {
      const ids = new CfnParameter(scope, 'Ids', { type: 'CommaDelimitedList' });
      new SecurityHubMembers(scope, 'Members', { accounts: MemberAccounts.of(ids.valueAsList) });
    });
    const deploy = (ids: string) => bench.deploy(stack, '--parameters', `Ids=${ids}`);
    const since = mark();
    const bad = { ...await deploy(`${FIRST},12345`), ...look(), calls: callsOf('Parameter', since) };
    refuse(SECOND);
    const refused = { ...await deploy(`${FIRST},${SECOND}`), ...look(), left: bench.leftAmong(MINE) };
    stopRefusing(SECOND);
    const deployed = { ...await deploy(`${FIRST},${SECOND}`), ...look() };
    const changed = { ...await deploy(`${SECOND}, ${THIRD}`), ...look() };
    return { bad, refused, deployed, changed };
  });

  test('K4: a parameter that is no list of account ids fails with a sentence, before any call', async () => {
    const { bad } = await parameter();

    expect(bad).toMatchObject({ code: 1, status: 'ROLLBACK_COMPLETE', members: [], calls: [] });
    expect(bad.output).toContain('\'accounts\' holds "12345", which is no account id: give 12 digits');
  }, PATIENCE);

  test('L17: what is left of a rolled-back creation makes way for the next one', async () => {
    const { refused, deployed } = await parameter();

    expect(refused).toMatchObject({ code: 1, status: 'ROLLBACK_COMPLETE', members: [], left: [FIRST] });
    expect(refused.output).toContain(`1 of 2 accounts could not be made members in us-east-1: ${SECOND}`);
    expect(deployed).toMatchObject({ code: 0, status: 'CREATE_COMPLETE', members: [FIRST, SECOND] });
  }, PATIENCE);

  test('K4: another value of the parameter adds and removes the difference', async () => {
    const { changed } = await parameter();

    expect(changed).toMatchObject({ code: 0, status: 'UPDATE_COMPLETE', members: [SECOND, THIRD] });
  }, PATIENCE);

  const imported = memberAccounts(2, 17);
  const stored = memberAccounts(3, 19);

  const elsewhere = story(async () => {
    const store = (accounts: readonly string[]) =>
      bench.local.aws.ssm.put({ ...PLACE, name: '/accounts' }, accounts.join(','), 'StringList');
    const app = bench.synthesizeApp((scope) => {
      const env = { account: PLACE.accountId, region: PLACE.region };
      const inventory = new Stack(scope, 'Inventory', { env });
      const inventoried = new ssm.StringListParameter(inventory, 'Ids', { stringListValue: imported });
      const stack = new Stack(scope, 'Elsewhere', { env });
      new SecurityHubMembers(stack, 'Imported', { accounts: MemberAccounts.of(inventoried.stringListValue) });
      const list = ssm.StringListParameter.valueForTypedListParameter(stack, '/accounts');
      new SecurityHubMembers(stack, 'Stored', { accounts: MemberAccounts.of(list) });
    });
    const members = () => bench.membersAmong([...imported, ...stored]);
    store(stored.slice(0, 2));
    const deployed = { ...await bench.deploy(app, 'Elsewhere'), members: members() };
    const exports = bench.local.cloudFormation.listExports(PLACE).map(({ value }) => value);
    store(stored.slice(1));
    const since = mark();
    const run = await bench.deploy(app, 'Elsewhere', '--exclusively');
    const changed = { ...run, members: members(), writes: writesOf(since, 'Elsewhere') };
    return { deployed, exports, changed };
  });

  test('K4: the list of another stack, and that of an SSM parameter', async () => {
    const { deployed, exports } = await elsewhere();

    expect(deployed).toMatchObject({ code: 0, members: [...imported, ...stored.slice(0, 2)] });
    // the list has really travelled as an export
    expect(exports.filter((value) => value.includes(imported[0]) && value.includes(imported[1]))).toHaveLength(1);
  }, PATIENCE);

  test('K4: another value of the SSM parameter is found by the next deployment', async () => {
    const { changed } = await elsewhere();

    expect(changed).toMatchObject({ code: 0, members: [...imported, ...stored.slice(1)] });
    expect(changed.writes).toEqual(['CreateMembers', 'DisassociateMembers']);
  }, PATIENCE);
});

describe('accounts move to another stack in three deployments', () => {
  const moved = memberAccounts(2, 25);
  const staying = memberAccounts(1, 27);
  const all = [...moved, ...staying];

  const told = story(async () => {
    const inOld = await bench.deploy(stackOf('Old', all));
    const since = mark();
    const steps = [
      await bench.deploy(stackOf('New', moved)),
      await bench.deploy(stackOf('Old', staying, { dropped: DroppedAccounts.release() })),
      await bench.deploy(stackOf('New', moved, { existingMembers: ExistingMembers.takeOver() })),
    ];
    const moving = { members: bench.membersAmong(all), left: bench.leftAmong(all), writes: writesOf(since, 'Old', 'New') };
    const oldDestroyed = await bench.destroy(stackOf('Old', staying));
    const withoutOld = bench.membersAmong(all);
    const newDestroyed = await bench.destroy(stackOf('New', moved));
    return { inOld, steps, moving, oldDestroyed, withoutOld, newDestroyed };
  });

  test('L24: as the README tells it, nobody leaves on the way, and nothing is written', async () => {
    const { inOld, steps, moving } = await told();

    expect(inOld.code).toBe(0);
    expect(steps.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(moving).toEqual({ members: all, left: [], writes: [] });
  }, PATIENCE);

  test('L24: afterwards the accounts are the new stack\'s: it removes them in the end, and the old one removes nobody', async () => {
    const { oldDestroyed, withoutOld, newDestroyed } = await told();

    expect([oldDestroyed, newDestroyed]).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(withoutOld).toEqual(all);
    expect(bench.membersAmong(all)).toEqual(staying);
  }, PATIENCE);
});

describe('a list that was cut short', () => {
  const MINE = memberAccounts(14, 31);
  const rest = MINE.slice(12);

  const told = story(async () => {
    const whole = stackOf('Limited', MINE);
    const cut = stackOf('Limited', rest);
    const deployed = await bench.deploy(whole);
    const same = await bench.cdk('diff', '--app', whole, '--fail');
    const difference = await bench.cdk('diff', '--app', cut, '--fail');
    const since = mark();
    const stopped = { ...await bench.deploy(cut), status: bench.status('Limited') };
    const then = { members: bench.membersAmong(MINE), writes: writesOf(since, 'Limited') };
    const raised = await bench.deploy(stackOf('Limited', rest, { removalLimit: RemovalLimit.accounts(12) }));
    return { deployed, same, difference, stopped, then, raised: { ...raised, status: bench.status('Limited') } };
  });

  test('E3: cdk diff shows which accounts leave, and nothing else', async () => {
    const { deployed, same, difference } = await told();

    expect(deployed.code).toBe(0);
    expect(same).toMatchObject({ code: 0, output: expect.stringMatching(/no differences/) });
    expect(difference.code).toBe(1);
    const changes = difference.output.split('\n').filter((line) => /\[[-+~]\]/.test(line))
      .map((line) => line.replace(/[ │└─",]+/g, ' ').trim());
    expect(changes).toEqual([
      expect.stringMatching(/^\[~\] Custom::SecurityHubMembers Members\/Resource /),
      '[~] Accounts',
      ...MINE.slice(0, 12).map((account) => `[-] ${account}`),
    ]);
  }, PATIENCE);

  test('L25: the terminal shows how many would leave and how many may, and nobody has left', async () => {
    const { stopped, then } = await told();

    expect(stopped).toMatchObject({ code: 1, status: 'UPDATE_ROLLBACK_COMPLETE' });
    expect(stopped.output.replace(/\s+/g, ' ')).toContain(
      '12 accounts would be removed, but removalLimit allows 10: nothing was removed; raise removalLimit to let this through',
    );
    expect(then).toEqual({ members: MINE, writes: [] });
  }, PATIENCE);

  test('L25: with a higher limit they leave', async () => {
    const { raised } = await told();

    expect(raised).toMatchObject({ code: 0, status: 'UPDATE_COMPLETE' });
    expect(bench.membersAmong(MINE)).toEqual(rest);
  }, PATIENCE);
});

describe('inside a nested stack', () => {
  const MINE = memberAccounts(4, 47);
  const [OUTER, INNER, JOINING, REFUSED] = MINE;

  const told = story(async () => {
    const stack = (inner: readonly string[]) => bench.synthesize('Around', (scope) => {
      new SecurityHubMembers(scope, 'Members', { accounts: MemberAccounts.of([OUTER]) });
      new SecurityHubMembers(new NestedStack(scope, 'Inner'), 'Members', { accounts: MemberAccounts.of([...inner]) });
    });
    const deployed = await bench.deploy(stack([INNER]));
    refuse(REFUSED);
    const failed = { ...await bench.deploy(stack([JOINING, REFUSED])), status: bench.status('Around') };
    return { deployed, failed, members: bench.membersAmong(MINE), left: bench.leftAmong(MINE) };
  });

  test('L18: a failure is told in the terminal, and undone in both stacks', async () => {
    const { deployed, failed, members, left } = await told();

    expect(deployed.code).toBe(0);
    expect(failed).toMatchObject({ code: 1, status: 'UPDATE_ROLLBACK_COMPLETE' });
    expect(failed.output).toContain(`1 of 2 accounts could not be made members in us-east-1: ${REFUSED}`);
    expect(failed.output).toContain('not this one');
    expect(members).toEqual([OUTER, INNER]);
    expect(left).toEqual([JOINING]);
  }, PATIENCE);
});

describe('deployed from the management account', () => {
  const MINE = memberAccounts(2, 53);

  const told = story(async () => {
    const { local } = bench;
    const sts = new STSClient({
      endpoint: local.url, region: PLACE.region, credentials: local.aws.credentials.admin(MANAGEMENT_ACCOUNT),
    });
    const RoleArn = `arn:aws:iam::${SECURITY_ACCOUNT}:role/OrganizationAccountAccessRole`;
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'landing-zone' }));
    const keys = {
      AWS_ACCESS_KEY_ID: Credentials!.AccessKeyId!,
      AWS_SECRET_ACCESS_KEY: Credentials!.SecretAccessKey!,
      AWS_SESSION_TOKEN: Credentials!.SessionToken!,
    };
    const stack = stackOf('Assumed', MINE);
    const deployed = await bench.cdkAs(keys, 'deploy', '--app', stack, '--require-approval', 'never');
    const members = bench.membersAmong(MINE);
    const destroyed = await bench.cdkAs(keys, 'destroy', '--app', stack, '--force');
    return { keys, deployed, members, destroyed };
  });

  test('L19: with an assumed role it makes the same members as with the account\'s own user, and removes them', async () => {
    const { keys, deployed, members, destroyed } = await told();

    expect(deployed.code).toBe(0);
    expect(members).toEqual(MINE);
    expect(destroyed.code).toBe(0);
    expect(bench.membersAmong(MINE)).toEqual([]);
    // the CLI goes on from the assumed role to those of the bootstrapped environment
    const assumed = bench.local.aws.journal.of('sts', 'AssumeRole').filter(({ call }) => call.caller.accessKeyId === keys.AWS_ACCESS_KEY_ID);
    expect(assumed.length).toBeGreaterThan(0);
    expect(new Set(assumed.map(({ call }) => call.caller.roleName))).toEqual(new Set(['OrganizationAccountAccessRole']));
  }, PATIENCE);
});

describe('central configuration is on', () => {
  const [NEW] = memberAccounts(1, 57);

  const told = story(async () => {
    const adding = stackOf('Central', [...BEFORE, NEW], {}, CENTRAL);
    const failed = { ...await bench.deploy(adding), status: bench.status('Central', CENTRAL), members: bench.members(CENTRAL) };
    const keeping = stackOf('Central', BEFORE, {}, CENTRAL);
    const deployed = { ...await bench.deploy(keeping), status: bench.status('Central', CENTRAL), members: bench.members(CENTRAL) };
    return { failed, deployed };
  });

  test('T10, L26: an account to add fails the deployment, and the terminal says what to do instead', async () => {
    const { failed } = await told();

    expect(failed).toMatchObject({ code: 1, status: 'ROLLBACK_COMPLETE', members: BEFORE });
    const output = failed.output.replace(/\s+/g, ' ');
    expect(output).toContain(`central configuration is on in ${CENTRAL}, so configuration policies decide who is a member`);
    expect(output).toContain(`account ${NEW}, or turn central configuration off`);
  }, PATIENCE);

  test('T10, L17, L26: without it the next deployment succeeds: accounts that are members already are no failure', async () => {
    const { deployed } = await told();

    expect(deployed).toMatchObject({ code: 0, status: 'CREATE_COMPLETE', members: BEFORE });
    expect(bench.leftAmong([...BEFORE, NEW], CENTRAL)).toEqual([]);
  }, PATIENCE);
});

describe('the ledger table is gone', () => {
  const MINE = memberAccounts(3, 59);

  const told = story(async () => {
    const stack = stackOf('Forgetful', MINE.slice(0, 2));
    const deployed = await bench.deploy(stack);
    const resources = bench.local.cloudFormation.findStack(PLACE, 'Forgetful')!.resources.values();
    const table = [...resources].find(({ type }) => type === 'AWS::DynamoDB::Table')!.physicalId!;
    await bench.local.aws.dynamodb.deleteTable(PLACE, table);
    const since = mark();
    const updated = { ...await bench.deploy(stackOf('Forgetful', MINE)), status: bench.status('Forgetful') };
    const orphaned = await bench.cdk('rollback', '--app', stack, '--orphan', /\bMembers[0-9A-F]{8}\b/.exec(updated.output)![0]);
    const rolledBack = { ...orphaned, status: bench.status('Forgetful') };
    const destroyed = { ...await bench.destroy(stack), status: bench.status('Forgetful') };
    return { deployed, table, updated, rolledBack, destroyed, calls: callsOf('Forgetful', since) };
  });

  test('L26: an update fails, and the terminal says how to get on', async () => {
    const { deployed, table, updated } = await told();

    expect(deployed.code).toBe(0);
    expect(updated).toMatchObject({ code: 1, status: 'UPDATE_ROLLBACK_FAILED' });
    const output = updated.output.replace(/\s+/g, ' ');
    expect(output).toContain(`the ledger table '${table}' is gone`);
    expect(output).toContain('restore it under its name from its point-in-time recovery, or remove all constructs that share it from the stack, deploy, and add them again');
  }, PATIENCE);

  test('L26: the rollback can leave the construct out', async () => {
    const { rolledBack } = await told();

    expect(rolledBack).toMatchObject({ code: 0, status: 'UPDATE_ROLLBACK_COMPLETE' });
  }, PATIENCE);

  test('L26: the stack can be destroyed without a call, and its members stay, for nobody knows whose they are', async () => {
    const { destroyed, calls } = await told();

    expect(destroyed).toMatchObject({ code: 0, status: 'DELETE_COMPLETE' });
    expect(calls).toEqual([]);
    expect(bench.membersAmong(MINE)).toEqual(MINE.slice(0, 2));
  }, PATIENCE);
});

test('no log line tells a response URL or an address, and nobody was denied anything but what the guardrail forbids', () => {
  expect(new Set(bench.denied())).toEqual(new Set(['securityhub:DisassociateMembers']));
  checkRun(bench);
});
