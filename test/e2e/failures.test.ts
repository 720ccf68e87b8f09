import { CfnOutput, NestedStack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Bench, checkRun, PLACE } from './support';
import { MemberAccounts, SecurityHubMembers } from '../../src';
import type { CdkRun } from '../local-aws/cdk';
import { memberAccount, memberAccounts, outsideAccount } from '../local-aws/organization-file';

const BEFORE = memberAccounts(2);
/** Belongs to another company's Security Hub. */
const TAKEN = memberAccount(3);
const LASTING = memberAccount(4);
/** Joins in the update that fails. */
const PASSING = memberAccount(5);

describe('stacks that fail, and one with a nested stack', () => {
  let bench: Bench;
  let refused: CdkRun;
  let denied: CdkRun;
  let nested: CdkRun;
  let membersOfNested: string[];
  let destroyed: CdkRun;

  // the CLI mostly waits, so the deployments go side by side
  beforeAll(async () => {
    const other = outsideAccount(1);
    bench = await Bench.start({
      accounts: 20, outside: 1, members: BEFORE, otherAdministrators: [{ accountId: other, members: [TAKEN] }],
    });
    const stackWith = (accounts: string[]) => bench.synthesize('Refused', (scope) => {
      new SecurityHubMembers(scope, 'Members', { accounts: MemberAccounts.of(accounts) });
    });
    const [good, bad] = [stackWith([...BEFORE, LASTING]), stackWith([...BEFORE, LASTING, PASSING, TAKEN])];
    const deniedStack = bench.synthesize('Denied', (scope) => {
      const allow = (...actions: string[]) => new iam.PolicyStatement({ actions, resources: ['*'] });
      const role = new iam.Role(scope, 'Role', {
        assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
        inlinePolicies: {
          NoCreateMembers: new iam.PolicyDocument({
            statements: [
              allow('dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem', 'logs:CreateLogStream', 'logs:PutLogEvents'),
              allow('securityhub:GetMembers', 'securityhub:DescribeOrganizationConfiguration', 'securityhub:DescribeHub'),
            ],
          }),
        },
      });
      new SecurityHubMembers(scope, 'Members', { accounts: MemberAccounts.of([memberAccount(6)]), handler: { role } });
    });
    const nestedStack = bench.synthesize('Outer', (scope) => {
      new SecurityHubMembers(scope, 'Members', { accounts: MemberAccounts.of(memberAccounts(3, 11)) });
      const inner = new SecurityHubMembers(new NestedStack(scope, 'Inner'), 'Members', {
        accounts: MemberAccounts.of([BEFORE[0], ...memberAccounts(3, 13)]),
      });
      new CfnOutput(scope, 'Ledger', { value: inner.ledgerTableName });
    });
    const updated = async () => {
      expect(await bench.deploy(good)).toMatchObject({ code: 0 });
      refused = await bench.deploy(bad);
    };
    const outer = async () => {
      nested = await bench.deploy(nestedStack);
      membersOfNested = bench.members().filter((account) => account > memberAccount(10));
      destroyed = await bench.destroy(nestedStack);
    };
    [denied] = await Promise.all([bench.deploy(deniedStack), updated(), outer()]);
  }, 120_000);
  afterAll(() => bench.stop());

  test('E2: the terminal shows the refused account, the Region, and what AWS said of it', () => {
    expect(refused.code).toBe(1);
    expect(refused.output).toContain(`1 of 5 accounts could not be made members in us-east-1: ${TAKEN}`);
    expect(refused.output).toContain('already an associated member of another master account');
  });

  test('the terminal shows the log of the function that failed', () => {
    expect(refused.output).toMatch(/"message":"planned"/);
    expect(refused.output).toMatch(/"message":"decided"/);
  });

  test('an update that AWS refuses in part is undone, and leaves everybody else a member', () => {
    expect(bench.status('Refused')).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.local.securityHub.members(PLACE.accountId, PLACE.region).get(PASSING)?.status).toBe('Removed');
    expect(bench.members()).toEqual([...BEFORE, LASTING].sort());
    expect(bench.local.securityHub.members(outsideAccount(1), PLACE.region).get(TAKEN)?.status).toBe('Enabled');
  });

  test('E2: the terminal shows the account, the call and the error code of a missing permission', () => {
    expect(denied.code).toBe(1);
    expect(denied.output).toContain(memberAccount(6));
    expect(denied.output).toContain('AccessDeniedException');
    expect(denied.output).toContain('securityhub:CreateMembers');
    expect(bench.status('Denied')).toBe('ROLLBACK_COMPLETE');
  });

  test('a construct in a nested stack uses the function and the ledger of the outermost one', () => {
    expect(nested).toMatchObject({ code: 0, output: expect.stringMatching(/Outer\.Ledger = Outer-CdkOrgMembershipLedger/) });
    expect(membersOfNested).toEqual(memberAccounts(5, 11));
    const functions = bench.local.lambda.deliveries.map(({ configuration }) => configuration.functionName);
    expect(new Set(functions.filter((name) => name.startsWith('Outer-'))).size).toBe(1);
    expect(destroyed.code).toBe(0);
    expect(bench.status('Outer')).toBe('DELETE_COMPLETE');
  });

  test('no log line tells a response URL or an address, and only the missing permission was missing', () => {
    expect(new Set(bench.denied())).toEqual(new Set(['securityhub:CreateMembers', 'organizations:DescribeAccount']));
    checkRun(bench);
  });
});
