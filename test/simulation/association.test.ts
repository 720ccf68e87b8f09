/**
 * Lives of stacks with a `ComputeOptimizerAssociation`, through CloudFormation, over the embedded AWS.
 */
import {
  AssociationLife, type AssociationOrder, type AssociationPoint, associationId, roleWithout,
} from './association-life';
import { failing } from './templates';
import { AwsError, type Unknowns } from '../local-aws/core';
import { MANAGEMENT_ACCOUNT, memberAccount, memberAccounts, organizationOf, SECURITY_ACCOUNT } from '../local-aws/organization-file';
import { AUTOMATION_CHOICES } from '../local-aws/unknowns';

const [A, B, C, D] = memberAccounts(4);

/** Nothing is breached, and delivering every event again changes nothing. */
async function expectClean(life: AssociationLife): Promise<void> {
  expect(await life.check()).toEqual([]);
  const [writes, associated] = [life.writes().length, life.associated()];
  await life.replay();
  expect(life.writes()).toHaveLength(writes);
  expect(life.associated()).toEqual(associated);
  expect(await life.check()).toEqual([]);
}

function sent(life: AssociationLife, operation: string): string[][] {
  return life.calls(operation).map(({ call }) => call.input.accountIds);
}

describe('one resource', () => {
  test('L1 L3 create, deploy again, update, destroy: only the difference is called, and Automation stays on', async () => {
    const life = new AssociationLife();
    expect(await life.deploy({ Automation: { accounts: [A, B] } })).toBe('CREATE_COMPLETE');
    expect(life.associated()).toEqual([A, B]);
    expect(await life.deploy({ Automation: { accounts: [B, C] } })).toBe('UPDATE_COMPLETE');
    expect(life.associated()).toEqual([B, C]);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.associated()).toEqual([]);
    expect(sent(life, 'AssociateAccounts')).toEqual([[A, B], [C]]);
    expect(sent(life, 'DisassociateAccounts')).toEqual([[A], [B, C]]);
    expect(life.automation.account(A).status).toBe('Active');
    await expectClean(life);
  });

  test('C3 C7 120 accounts, some of them associated by somebody else before us and still associated at the end', async () => {
    const before = memberAccounts(20, 50);
    const life = new AssociationLife({
      organization: organizationOf({ accounts: 150, computeOptimizer: { automation: before } }),
    });
    expect(await life.deploy({ Automation: { accounts: memberAccounts(120) } })).toBe('CREATE_COMPLETE');
    expect(life.associated()).toEqual(memberAccounts(120));
    expect(sent(life, 'AssociateAccounts').map(({ length }) => length)).toEqual([50, 50]);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.associated()).toEqual(before);
    await expectClean(life);
  });

  test('R27 an account that is dropped and wanted again within 24 hours is associated again', async () => {
    const life = new AssociationLife();
    for (const accounts of [[A, B], [A], [A, B], [A], [A, B]]) {
      await life.deploy({ Automation: { accounts } });
      expect(life.associated()).toEqual(accounts);
    }
    await expectClean(life);
  });

  test('C10 the administrator is delegated a moment before: waited for', async () => {
    const life = new AssociationLife({
      administrator: SECURITY_ACCOUNT,
      organization: organizationOf({ accounts: 12, computeOptimizer: { automation: [SECURITY_ACCOUNT] } }),
    });
    life.automation.delegate(SECURITY_ACCOUNT);
    expect(await life.deploy({ Automation: { accounts: [A] } })).toBe('CREATE_COMPLETE');
    await expectClean(life);
  });

  test('C5 the administrator is none: told after a while, and the stack can go', async () => {
    const life = new AssociationLife({ administrator: SECURITY_ACCOUNT });
    expect(await life.deploy({ Automation: { accounts: [A] } })).toBe('ROLLBACK_COMPLETE');
    expect(life.reasons()[0]).toContain(`account ${SECURITY_ACCOUNT} is neither the management account of an organization nor`);
    await expectClean(life);
  });

  test.each([false, true])('C8 T39 Automation is off in the administrator; enrollAdministrator %s', async (enrolls) => {
    const organization = organizationOf({
      accounts: 12, computeOptimizer: { automation: [{ accountId: MANAGEMENT_ACCOUNT, status: 'Inactive' }] },
    });
    const life = new AssociationLife({ organization });
    const raw: Record<string, string> = enrolls ? { EnrollAdministrator: 'true' } : {};
    expect(await life.deploy({ Automation: { accounts: [A], raw } })).toBe(enrolls ? 'CREATE_COMPLETE' : 'ROLLBACK_COMPLETE');
    if (!enrolls) expect(life.reasons()[0]).toContain('set enrollAdministrator, or turn it on there');
    expect(life.associated()).toEqual(enrolls ? [A] : []);
    await life.destroy();
    expect(life.automation.account(MANAGEMENT_ACCOUNT).status).toBe(enrolls ? 'Active' : 'Inactive');
    // switched off and on again within a day
    life.automation.optOut(MANAGEMENT_ACCOUNT);
    await life.deploy({ Automation: { accounts: [A], raw } }, {}, 'Second');
    if (enrolls) expect(life.reasons()).toContainEqual(expect.stringContaining('within the last 24 hours'));
    expect(await life.check()).toEqual([]);
  });

  test('C6 a failure of Automation in an account is told with its reason, and undone', async () => {
    const life = new AssociationLife();
    life.automation.refuse(B, 'there is no room', 'failed');
    expect(await life.deploy({ Automation: { accounts: [A, B] } })).toBe('ROLLBACK_COMPLETE');
    expect(life.reasons()[0]).toContain(`${B} (still 'Failed'; Automation failed in the account (there is no room)`);
    expect(life.associated()).toEqual([]);
    await expectClean(life);
  });

  test('C11 a Region without an endpoint fails within seconds, and is rolled back', async () => {
    const life = new AssociationLife();
    await life.deploy({ Automation: { accounts: [A] } });
    const began = life.clock.now();
    expect(await life.deploy({ Automation: { accounts: [A], raw: { Region: 'me-south-1' } } })).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.clock.now() - began).toBeLessThan(60_000);
    expect(life.reasons()[1]).toContain("Compute Optimizer Automation cannot be found in Region 'me-south-1'");
    expect(life.associated()).toEqual([A]);
    await expectClean(life);
  });

  test('C11 a stack in a Region without an endpoint calls us-east-1', async () => {
    const life = new AssociationLife({ region: 'me-south-1' });
    expect(await life.deploy({ Automation: { accounts: [A] } })).toBe('CREATE_COMPLETE');
    expect(new Set(life.calls().map(({ call }) => call.region))).toEqual(new Set(['us-east-1']));
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    await expectClean(life);
  });

  test('L5 L6 a create that AWS refuses in part is undone', async () => {
    const life = new AssociationLife();
    life.automation.refuse(C, 'not this one', 'wholeCall');
    expect(await life.deploy({ Automation: { accounts: [A, B, C, D] } })).toBe('ROLLBACK_COMPLETE');
    expect(life.associated()).toEqual([]);
    await expectClean(life);
  });

  test('L7 L8 L25 a failing update is rolled back to the old accounts, whoever fails', async () => {
    const life = new AssociationLife();
    await life.deploy({ Automation: { accounts: [A, B] } });
    life.automation.refuse(D, 'not this one');
    expect(await life.deploy({ Automation: { accounts: [B, C, D] } })).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.associated()).toEqual([A, B]);
    const bad = failing(['Create'], 0, { DependsOn: [associationId('Automation')] });
    expect(await life.deploy({ Automation: { accounts: [B, C] } }, { Bad: bad })).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.associated()).toEqual([A, B]);
    await expectClean(life);
  });

  test('L26 accounts are closed, leave, or lose trusted access: Update and Delete have a way out', async () => {
    const life = new AssociationLife();
    await life.deploy({ Automation: { accounts: [A, B, C] } });
    life.organizations.close(A);
    life.organizations.leave(B);
    expect(await life.deploy({ Automation: { accounts: [A, B, C], raw: { Revision: '2' } } })).toBe('UPDATE_COMPLETE');
    expect(life.reasons()[1]).toContain('it has left the organization');
    life.automation.setTrustedAccess(organizationOf({ accounts: 1 }).organizations![0].id ?? 'o-organization1', false);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(await life.check()).toEqual([]);
  });

  test('L26 the administrator has moved: the stack can go, and takes nobody along', async () => {
    const life = new AssociationLife({
      administrator: SECURITY_ACCOUNT,
      organization: organizationOf({ accounts: 12, computeOptimizerAdministrator: SECURITY_ACCOUNT }),
    });
    await life.wait(60_000);
    await life.deploy({ Automation: { accounts: [A] } });
    life.automation.undelegate(SECURITY_ACCOUNT);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.associated()).toEqual([A]);
    await expectClean(life);
  });
});

describe('I1 I2 the role of the construct allows every call, and no more', () => {
  const organization = organizationOf({
    accounts: 12,
    states: { [B]: 'SUSPENDED' },
    computeOptimizer: { automation: [{ accountId: MANAGEMENT_ACCOUNT, status: 'Inactive' }] },
  });
  const spec = { Automation: { accounts: [A, B], raw: { EnrollAdministrator: 'true' } } };

  test('with all statements', async () => {
    const life = new AssociationLife({ organization });
    expect(await life.deploy(spec)).toBe('CREATE_COMPLETE');
    expect(life.reasons()).toEqual([`skipped: ${B} (the account is SUSPENDED in AWS Organizations; AssociateAccounts: AWS said: Account 000000000002: The account is suspended.)`]);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    await expectClean(life);
  });

  test.each([
    ['Automation', 'aco-automation:ListAccounts'],
    ['Enrollment', 'UpdateEnrollmentConfiguration'],
    ['EnrollmentRole', 'iam:CreateServiceLinkedRole'],
    ['RefusedAccounts', `${B} (AssociateAccounts`],
  ])('R13 without %s a deployment fails, and its reason says why', async (sid, words) => {
    const life = new AssociationLife({ organization });
    expect(await life.deploy(spec, roleWithout(sid))).toBe('ROLLBACK_COMPLETE');
    expect(life.reasons()[0]).toContain(words);
    expect(life.associated()).toEqual([]);
    expect(await life.check()).toEqual([]);
  });
});

describe('several resources', () => {
  test('L21 L22 L23 renamed, split and overlapping: nobody is disassociated whom another one wants', async () => {
    const life = new AssociationLife();
    await life.deploy({ Automation: { accounts: [A, B, C] } });
    await life.deploy({ Renamed: { accounts: [A, B, C] } });
    await life.deploy({ Renamed: { accounts: [A, B, C] }, Other: { accounts: [B, C, D] } });
    await life.deploy({ Renamed: { accounts: [A] }, Other: { accounts: [B, C, D] } });
    expect(sent(life, 'DisassociateAccounts')).toEqual([]);
    await life.deploy({ Renamed: { accounts: [A, D] }, Other: { accounts: [B, C, D] } });
    await life.deploy({ Renamed: { accounts: [A, D] } });
    expect(sent(life, 'DisassociateAccounts')).toEqual([[B, C]]);
    expect(life.associated()).toEqual([A, D]);
    await life.destroy();
    expect(life.associated()).toEqual([]);
    await expectClean(life);
  });

  test('L15 two stacks name one account: the second one finds it, and leaves it', async () => {
    const life = new AssociationLife();
    await life.deploy({ Automation: { accounts: [A] } });
    await life.deploy({ Automation: { accounts: [A, B] } }, {}, 'Second');
    await life.destroy('Second');
    expect(life.associated()).toEqual([A]);
    await life.destroy();
    expect(life.associated()).toEqual([]);
    await expectClean(life);
  });
});

describe('D12 whether an association belongs to a Region', () => {
  test('global: the Region is changed in place, without a call that changes anything', async () => {
    const life = new AssociationLife({ unknowns: { associationScope: 'global' } });
    await life.deploy({ Automation: { accounts: [A, B] } });
    const writes = life.writes().length;
    expect(await life.deploy({ Automation: { accounts: [A, B], raw: { Region: 'eu-west-1' } } })).toBe('UPDATE_COMPLETE');
    expect(life.writes()).toHaveLength(writes);
    await life.destroy();
    expect(life.associated()).toEqual([]);
    await expectClean(life);
  });

  test.each([[[A, B]], [[B, C]], [[C, D]]])('regional: a change to %j is stopped, rolled back, and leaves nobody behind', async (accounts) => {
    const life = new AssociationLife({ unknowns: { associationScope: 'regional' } });
    await life.deploy({ Automation: { accounts: [A, B] } });
    expect(await life.deploy({ Automation: { accounts, raw: { Region: 'eu-west-1' } } })).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.reasons()[1]).toContain('associations belong to a Region');
    expect(life.associated()).toEqual([A, B]);
    await life.destroy();
    expect(life.associated()).toEqual([]);
    await expectClean(life);
  });
});

/** Every setting of every unknown of the service, and long and short times. */
const SETTINGS: readonly (readonly [string, Partial<Unknowns>])[] = [
  ...Object.entries(AUTOMATION_CHOICES).flatMap(([name, values]) =>
    (values as readonly string[]).map((value) => [`${name}: ${value}`, { [name]: value }] as const)),
  ['reads that are 20 s old', { readsSettleAfter: 20_000 }],
  ['reads that are never old', { readsSettleAfter: 0 }],
  ['90 s of Pending', { automationPendingFor: 90_000 }],
  ['no Pending', { automationPendingFor: 0 }],
  ['a token in use for 30 s', { clientTokenInUseFor: 30_000 }],
];

describe('D12 whatever AWS does where no source tells', () => {
  test.each(SETTINGS)('%s', async (_name, unknowns) => {
    const organization = organizationOf({
      accounts: 12,
      states: { [memberAccount(9)]: 'SUSPENDED' },
      computeOptimizer: { enrolled: [MANAGEMENT_ACCOUNT, ...memberAccounts(10)], automation: [{ accountId: D }] },
    });
    const life = new AssociationLife({ organization, unknowns });
    const accounts = [A, B, C, D, memberAccount(9), memberAccount(11)];
    const raw = { FailureTolerance: 'accounts:2' };
    expect(await life.deploy({ Automation: { accounts, raw } })).toBe('CREATE_COMPLETE');
    expect(life.associated()).toEqual(expect.arrayContaining([A, B, C, D]));
    // somebody disassociates one, and one leaves
    life.automation.disassociateAccount(A);
    life.organizations.leave(B);
    await life.wait(60_000);
    expect(await life.deploy({ Automation: { accounts, raw: { ...raw, Revision: '2' } } })).toBe('UPDATE_COMPLETE');
    expect(life.associated()).toEqual(expect.arrayContaining([A, C, D]));
    expect(await life.deploy({ Automation: { accounts: [C, D] } })).toBe('UPDATE_COMPLETE');
    expect(life.associated()).toEqual([C, D]);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.associated()).toEqual([D]);
    await expectClean(life);
  });
});

interface Trouble {
  readonly name: string;
  readonly at: (point: AssociationPoint) => AssociationOrder | undefined;
}

const atCalls = (order: AssociationOrder) => (point: AssociationPoint) => (point.kind === 'ledger' ? undefined : order);
const atWrites = (order: AssociationOrder) => (point: AssociationPoint) => (/Associate|Disassociate/.test(point.operation) ? order : undefined);
const error = (code: string, status: number, when: 'before' | 'after' = 'before'): AssociationOrder =>
  ({ kind: 'fault', fault: { kind: 'error', when, error: new AwsError(code, `${code} was ordered`, status) } });

const TROUBLES: readonly Trouble[] = [
  { name: 'F1 killed before', at: () => ({ kind: 'killBefore' }) },
  { name: 'F2 killed after', at: () => ({ kind: 'killAfter' }) },
  { name: 'F2 killed, and the request lands 40 s later', at: atWrites({ kind: 'landsAfter', milliseconds: 40_000 }) },
  { name: 'F3 reset after the effect', at: atCalls({ kind: 'fault', fault: { kind: 'reset', when: 'after' } }) },
  { name: 'F4 throttled', at: (point) => (point.kind === 'call' ? error('ThrottlingException', 429) : undefined) },
  { name: 'F5 broken after the effect', at: atWrites(error('InternalServerException', 500, 'after')) },
  { name: 'F6 hangs before the effect', at: atCalls({ kind: 'fault', fault: { kind: 'hang', when: 'before' } }) },
  { name: 'F6 hangs after the effect', at: atWrites({ kind: 'fault', fault: { kind: 'hang', when: 'after' } }) },
  { name: 'F7 AccessDenied', at: atWrites(error('AccessDeniedException', 403)) },
  { name: 'F9 truncated', at: atCalls({ kind: 'fault', fault: { kind: 'garbage', when: 'after' } }) },
  { name: 'F10 an unknown error', at: atWrites(error('BrandNewException', 400)) },
];

describe('D3 one fault at every point of a life', () => {
  /** A life in which `trouble` strikes at one point of an update that adds one account and drops another; at its end nobody is left. */
  async function live(trouble?: Trouble, at?: number) {
    const life = new AssociationLife();
    await life.deploy({ Automation: { accounts: [A, B] } });
    const first = life.points.length;
    life.atPoint = (point) => (point.index === at ? trouble?.at(point) : undefined);
    await life.deploy({ Automation: { accounts: [B, C] } });
    const update = life.points.slice(first);
    await life.settle();
    life.atPoint = undefined;
    // a refused leave does not fail an update: the next one goes on
    await life.deploy({ Automation: { accounts: [B, C], raw: { Revision: 'again' } } });
    expect([at, life.associated()]).toEqual([at, [B, C]]);
    expect([at, await life.destroy()]).toEqual([at, 'DELETE_COMPLETE']);
    expect([at, life.associated()]).toEqual([at, []]);
    return { life, update };
  }

  test.each(TROUBLES)('$name', async (trouble) => {
    const { update } = await live();
    let struck = 0;
    for (const [n, point] of update.entries()) {
      // of a run of equal ledger operations the first tells it all
      if (trouble.at(point) === undefined || (point.kind === 'ledger' && update[n - 1]?.operation === point.operation)) continue;
      const { life } = await live(trouble, point.index);
      expect([point, await life.check()]).toEqual([point, []]);
      struck++;
    }
    expect(struck).toBeGreaterThan(0);
  }, 120_000);

  test('F1 F2 killed at every point of a create and of a delete', async () => {
    for (const kind of ['killBefore', 'killAfter'] as const) {
      for (let n = 0; ; n++) {
        const life = new AssociationLife({ atPoint: (point) => (point.index === n ? { kind } : undefined) });
        await life.deploy({ Automation: { accounts: [A, B] } });
        expect([kind, n, life.associated()]).toEqual([kind, n, [A, B]]);
        await life.destroy();
        expect([kind, n, life.associated(), await life.check()]).toEqual([kind, n, [], []]);
        if (life.points.length <= n) break;
      }
    }
  }, 120_000);
});
