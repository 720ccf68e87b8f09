import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CfnOutput } from 'aws-cdk-lib';
import { Bench, checkRun, hasAwsCli, PLACE, shell } from './support';
import { ledgerCommand } from '../../lambda/membership/report';
import { MemberAccounts, SecurityHubMembers } from '../../src';
import { memberAccount, memberAccounts, outsideAccount } from '../local-aws/organization-file';

const BEFORE = memberAccounts(2);
const SUSPENDED = memberAccount(5);
const PARTNER = outsideAccount(1);

/** The documentation writes this where the table's name belongs. */
const PLACEHOLDER = '<table>';

describe('a stack that the CDK CLI deploys, changes and destroys', () => {
  let bench: Bench;
  let first: string;
  let second: string;

  const stack = (accounts: string[]) => bench.synthesize('Hub', (scope) => {
    const members = new SecurityHubMembers(scope, 'Members', { accounts: MemberAccounts.of(accounts) });
    new SecurityHubMembers(scope, 'Partners', {
      accounts: MemberAccounts.outside([{ accountId: PARTNER, email: 'partner@example.com' }]),
    });
    new CfnOutput(scope, 'Ledger', { value: members.ledgerTableName });
  });
  const active = (accounts: string[]) => accounts.filter((account) => account !== SUSPENDED).sort();

  beforeAll(async () => {
    bench = await Bench.start({ accounts: 60, outside: 1, members: BEFORE, states: { [SUSPENDED]: 'SUSPENDED' } });
    first = stack(memberAccounts(55));
    // the accounts 3 and 4 leave, 56 and 57 join
    second = stack([...BEFORE, ...memberAccounts(53, 5)]);
  });
  afterAll(() => bench.stop());

  test('E1, E5: the first deployment adds exactly the accounts that were no members, in chunks of 50', async () => {
    const { code, output } = await bench.deploy(first);

    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/Hub\.Ledger = Hub-CdkOrgMembershipLedger/) });
    expect(bench.members()).toEqual(active(memberAccounts(55)));
    // 53 accounts of the organization in two chunks; the partner is created and invited
    expect(bench.writes().sort()).toEqual(['CreateMembers', 'CreateMembers', 'CreateMembers', 'InviteMembers']);
    expect(bench.local.securityHub.members(PLACE.accountId, PLACE.region).get(PARTNER)?.status).toBe('Invited');
  }, 60_000);

  test('the documented command reads from the ledger who owns what since when, and why an account was left out', async () => {
    const tableName = bench.local.cloudFormation.findStack(PLACE, 'Hub')!.outputs
      .find(({ key }) => key === 'Ledger')!.value;
    const command = ledgerCommand(tableName);
    const columns = /\.\[(.*)\]'/.exec(command)![1].split(',').map((column) => column.replace(/\.S$/, ''));
    const client = new DynamoDBClient({
      endpoint: bench.local.url, region: PLACE.region, credentials: bench.local.aws.credentials.admin(PLACE.accountId),
    });
    const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName }));
    const rows = Items.filter((item) => item.account !== undefined)
      .map((item) => Object.fromEntries(columns.map((column) => [column, item[column]?.S])));
    const of = (account: string) => rows.filter((row) => row.account === account);

    expect(rows.map(({ account }) => account).sort()).toEqual([...memberAccounts(55), PARTNER].sort());
    expect(of(BEFORE[0])).toMatchObject([{ outcome: 'already-member', claim: 'none' }]);
    expect(of(memberAccount(3))).toMatchObject([{ outcome: 'joined', claim: 'ours', since: expect.stringMatching(/^20\d\d-\d\d-\d\dT/) }]);
    expect(of(SUSPENDED)).toMatchObject([{ outcome: 'skipped', reason: expect.stringMatching(/SUSPENDED|suspended/) }]);
    expect(of(PARTNER)).toMatchObject([{ outcome: 'joined', claim: 'ours' }]);

    if (hasAwsCli()) {
      const { stdout } = await shell(command, bench.local.env(PLACE.accountId, PLACE.region));
      const lines = stdout.trim().split('\n').map((line) => line.split('\t').slice(0, 3).join(' '));
      expect(lines.sort()).toEqual(rows.map(({ account, claim, outcome }) => `${account} ${claim} ${outcome}`).sort());
    }
  }, 30_000);

  test.each(['README.md', 'docs/operating-security-hub-members.md'])('the command stands in %s as it stands in reasons', (page) => {
    expect(readFileSync(join(__dirname, '../..', page), 'utf8')).toContain(ledgerCommand(PLACEHOLDER));
  });

  test('an unchanged deployment makes no call', async () => {
    const since = bench.local.aws.journal.of('securityhub').length;

    expect(await bench.deploy(first)).toMatchObject({ code: 0, output: expect.stringContaining('no changes') });
    expect(bench.local.aws.journal.of('securityhub')).toHaveLength(since);
  }, 60_000);

  test('a handler that is killed when Security Hub has just added accounts leaves an update that converges', async () => {
    const since = bench.local.aws.journal.entries.length;
    let killed = 0;
    bench.local.aws.setFaultHook(({ operation }) => {
      if (operation === 'CreateMembers' && killed === 0) killed = bench.local.lambda.killRunning();
      return undefined;
    });

    expect(await bench.deploy(second)).toMatchObject({ code: 0 });
    expect(killed).toBe(1);
    expect(bench.local.lambda.deliveries.filter(({ outcome }) => outcome === 'killed')).toHaveLength(1);
    expect(bench.members()).toEqual(active([...BEFORE, ...memberAccounts(53, 5)]));
    expect(bench.writes(since)).toEqual(['CreateMembers', 'DisassociateMembers']);
  }, 90_000);

  test('E4: after destroying, those that were members before are members, and nobody else', async () => {
    expect(await bench.destroy(second)).toMatchObject({ code: 0 });
    expect(bench.status('Hub')).toBe('DELETE_COMPLETE');
    expect(bench.members()).toEqual([...BEFORE].sort());
    expect(bench.local.securityHub.members(PLACE.accountId, PLACE.region).has(PARTNER)).toBe(false);
  }, 60_000);

  test('I1: the synthesized role allowed every call, and no log line tells a response URL or an address', () => {
    expect(bench.denied()).toEqual([]);
    checkRun(bench);
  });
});
