import { bed, type BedOptions, MANAGEMENT, member, outsider, refused } from './bed';
import { AUTOMATION_REGIONS, type ComputeOptimizerAutomation, type Dealt } from './compute-optimizer-automation';
import type { Call } from '../core';
import {
  MANAGEMENT_ACCOUNT, memberAccount, memberAccounts, outsideAccount, SECURITY_ACCOUNT,
  type AutomationDescription, type ComputeOptimizerDescription,
} from '../organization-file';
import type { Principal } from './organizations';

const REGION = 'us-east-1';
const A = memberAccount(1);
const B = memberAccount(2);
const C = memberAccount(3);
const OUTSIDE = outsideAccount(1);
const DELEGATED: Principal = { accountId: SECURITY_ACCOUNT, arn: `arn:aws:iam::${SECURITY_ACCOUNT}:role/handler` };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const NO_ACCESS = "The management account or the delegated administrator doesn't have access to this member account.";

/** An organization where Automation is on in the management account, and its calls. */
function automationBed(options: BedOptions = {}) {
  const world = bed(options);
  const { automation } = world;
  const associate = (...accountIds: string[]) => automation.associateAccounts(MANAGEMENT, REGION, { accountIds });
  const disassociate = (...accountIds: string[]) => automation.disassociateAccounts(MANAGEMENT, REGION, { accountIds });
  const list = (caller: Principal = MANAGEMENT, region: string = REGION) =>
    automation.listAccounts(caller, region, {}).accounts;
  /** How an account is listed, as `status/rule mode`; undefined if it is not. */
  const shown = (id: string, region: string = REGION) => {
    const found = list(MANAGEMENT, region).find((each) => each.accountId === id);
    return found && `${found.status}/${found.organizationRuleMode}`;
  };
  /** How an account is. */
  const stands = (id: string) => {
    const { status, organizationRuleMode } = automation.account(id);
    return `${status}/${organizationRuleMode}`;
  };
  return { ...world, automation, associate, disassociate, list, shown, stands };
}

function withAutomation(
  ...automation: (string | AutomationDescription)[]
): { computeOptimizer: ComputeOptimizerDescription } {
  return { computeOptimizer: { automation } };
}

/** What a call throws, with its text. */
function text(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
}

describe('AssociateAccounts', () => {
  test('C1: switches Automation on and lets the organization act', () => {
    const { associate, automation, shown } = automationBed();
    expect(shown(A)).toBe('Inactive/NoneAllowed');
    expect(associate(A, B)).toEqual({ accountIds: [A, B] });
    expect([shown(A), shown(B)]).toEqual(['Active/AnyAllowed', 'Active/AnyAllowed']);
    expect(automation.account(A)).toMatchObject({ associatedBy: 'api', organizationRuleMode: 'AnyAllowed', regions: ['global'] });
  });

  test('C1: takes 50 accounts in one call', () => {
    const { associate, automation } = automationBed();
    const ids = memberAccounts(50);
    expect(associate(...ids)).toEqual({ accountIds: ids });
    expect(automation.associatedAccounts()).toEqual(ids);
  });

  test('C1: 51 accounts are refused and have no effect', () => {
    const { associate, automation } = automationBed();
    expect(refused(() => associate(...memberAccounts(51)))).toBe('InvalidParameterValueException 400');
    expect(automation.log).toEqual([]);
  });

  test('C1: or 51 accounts are associated', () => {
    const { associate } = automationBed({ unknowns: { overFiftyAssociated: 'accepted' } });
    expect(associate(...memberAccounts(51)).accountIds).toHaveLength(51);
  });

  test('an account that has Automation on only changes its rule mode, and keeps the time of its status', () => {
    const { associate, automation, stands } = automationBed(withAutomation({ accountId: A, organizationRuleMode: 'NoneAllowed' }));
    const before = automation.account(A).updatedAt;
    associate(A);
    expect(stands(A)).toBe('Active/AnyAllowed');
    expect(automation.account(A).updatedAt).toBe(before);
    expect(automation.log).toHaveLength(1);
  });

  test('C6: or passes through Pending', () => {
    const { associate, clock, shown } = automationBed({
      ...withAutomation({ accountId: A, organizationRuleMode: 'NoneAllowed' }),
      unknowns: { associateActive: 'turnsPending', automationPendingFor: 1_000 },
    });
    associate(A);
    expect(shown(A)).toBe('Pending/AnyAllowed');
    clock.advance(1_000);
    expect(shown(A)).toBe('Active/AnyAllowed');
  });

  test.each<[string, unknown]>([
    ['no list', {}],
    ['no list but null', { accountIds: null }],
    ['an empty list', { accountIds: [] }],
    ['eleven digits', { accountIds: ['12345678901'] }],
    ['thirteen digits', { accountIds: ['1234567890123'] }],
    ['letters', { accountIds: ['12345678901x'] }],
    ['a line end', { accountIds: ['123456789012\n'] }],
    ['a number', { accountIds: [123456789012] }],
    ['a text for a list', { accountIds: A }],
    ['one bad id among good ones', { accountIds: [A, 'x'] }],
    ['an empty client token', { accountIds: [A], clientToken: '' }],
    ['a client token of 65 characters', { accountIds: [A], clientToken: 'x'.repeat(65) }],
    ['a client token with a dot', { accountIds: [A], clientToken: 'a.b' }],
    ['a client token that is a number', { accountIds: [A], clientToken: 1 }],
  ])('W3: both operations refuse %s', (_, input) => {
    const { automation } = automationBed();
    for (const operation of ['associateAccounts', 'disassociateAccounts'] as const) {
      expect(refused(() => automation[operation](MANAGEMENT, REGION, input as object))).toBe('InvalidParameterValueException 400');
    }
    expect(automation.log).toEqual([]);
  });

  test('W3: a client token has up to 64 letters, digits, _ and -', () => {
    const { automation } = automationBed();
    const clientToken = 'aZ0_-'.padEnd(64, 'x');
    const input = { accountIds: [A], clientToken };
    expect(automation.associateAccounts(MANAGEMENT, REGION, input)).toEqual({ accountIds: [A] });
  });

  test('who is named twice counts once', () => {
    expect(automationBed().associate(A, A)).toEqual({ accountIds: [A] });
  });

  test.each([
    ['success', { accountIds: [A, B] }],
    ['errors', { accountIds: [B], errors: [`Account ${A}: The account is already associated.`] }],
    ['silent', { accountIds: [B] }],
  ] as const)('C3: an account that is associated already (%s)', (associateAssociated, expected) => {
    const { associate, automation } = automationBed({ ...withAutomation(A), unknowns: { associateAssociated } });
    expect(associate(A, B)).toEqual(expected);
    expect(automation.account(A)).toMatchObject({ associatedBy: 'preset' });
    expect(automation.changes({ accountId: A })).toEqual([]);
  });
});

describe('one account that the caller has no access to', () => {
  test.each([
    ['is in no organization', OUTSIDE], ['does not exist', '123456789012'],
  ])('refuses the whole call, and nothing of it is done: it %s', (_, id) => {
    const { associate, disassociate, automation } = automationBed(withAutomation(B));
    expect(refused(() => associate(A, id))).toBe('InvalidParameterValueException 400');
    expect(text(() => associate(A, id))).toBe(NO_ACCESS);
    expect(refused(() => disassociate(B, id))).toBe('InvalidParameterValueException 400');
    expect(automation.log).toEqual([]);
  });

  test('or is told of, and the others are done', () => {
    const { associate, disassociate } = automationBed({ ...withAutomation(B), unknowns: { inaccessibleAccount: 'errors' } });
    expect(associate(A, OUTSIDE)).toEqual({ accountIds: [A], errors: [`Account ${OUTSIDE}: ${NO_ACCESS}`] });
    expect(disassociate(OUTSIDE, B)).toEqual({ accountIds: [B], errors: [`Account ${OUTSIDE}: ${NO_ACCESS}`] });
  });

  test('an account that has left the organization is one', () => {
    const { disassociate, organizations, automation, stands } = automationBed(withAutomation(A, B));
    organizations.leave(A);
    expect(stands(A)).toBe('Active/NoneAllowed');
    expect(automation.changes({ accountId: A })).toMatchObject([{ by: 'aws', operation: 'leftOrganization', toMode: 'NoneAllowed' }]);
    expect(refused(() => disassociate(A, B))).toBe('InvalidParameterValueException 400');
    expect(stands(B)).toBe('Active/AnyAllowed');
  });
});

describe('refusals that a test orders', () => {
  const refusing = (how: 'errors' | 'wholeCall' | 'silent' | 'failed') => automationBed({
    computeOptimizer: {
      automation: [C],
      refusals: [{ accountId: A, text: 'not this one', how, operations: ['AssociateAccounts', 'DisassociateAccounts'] }],
    },
  });

  test('C2: as a text of errors, and the others are done', () => {
    const { associate, disassociate, stands } = refusing('errors');
    expect(associate(A, B)).toEqual({ accountIds: [B], errors: [`Account ${A}: not this one`] });
    expect(stands(A)).toBe('Inactive/NoneAllowed');
    expect(disassociate(C, A)).toEqual({ accountIds: [C], errors: [`Account ${A}: not this one`] });
  });

  test('C2: in silence', () => {
    const { associate, stands } = refusing('silent');
    expect(associate(A, B)).toEqual({ accountIds: [B] });
    expect(stands(A)).toBe('Inactive/NoneAllowed');
  });

  test('of the whole call', () => {
    const { associate, automation } = refusing('wholeCall');
    expect(text(() => associate(B, A))).toBe('not this one');
    expect(automation.log).toEqual([]);
  });

  test('C6: as Failed with a reason, after a while', () => {
    const { associate, clock, environment, list, shown } = refusing('failed');
    Object.assign(environment.unknowns, { automationPendingFor: 3_000 });
    expect(associate(A)).toEqual({ accountIds: [A] });
    expect(shown(A)).toBe('Pending/AnyAllowed');
    clock.advance(3_000);
    expect(list().find((each) => each.accountId === A)).toMatchObject({ status: 'Failed', statusReason: 'not this one' });
  });

  test('C6: what has failed is tried again', () => {
    const { associate, automation, stands } = refusing('failed');
    associate(A);
    automation.stopRefusing(A);
    expect(associate(A)).toEqual({ accountIds: [A] });
    expect(stands(A)).toBe('Active/AnyAllowed');
    expect(automation.changes({ accountId: A }).map((each) => [each.toStatus, each.region])).toEqual([
      ['Pending', 'global'], ['Failed', undefined], ['Pending', undefined], ['Active', undefined],
    ]);
  });

  test('for one of the operations only, from now on', () => {
    const { associate, disassociate, automation } = automationBed(withAutomation(A, B));
    automation.refuse(A, 'guarded', 'errors', ['DisassociateAccounts']);
    expect(disassociate(A)).toEqual({ errors: [`Account ${A}: guarded`] });
    expect(associate(A)).toEqual({ accountIds: [A] });
    automation.refuse(B, 'no');
    expect(associate(B)).toEqual({ errors: [`Account ${B}: no`] });
  });

  test('C2: their texts need not name the account', () => {
    const { associate } = automationBed({ unknowns: { inaccessibleAccount: 'errors' }, automation: { wording: 'opaque' } });
    expect(associate(OUTSIDE)).toEqual({ errors: ['The request could not be completed.'] });
  });

  test.each<['absent' | 'empty', Dealt, Dealt]>([
    ['absent', { accountIds: [B] }, { errors: [`Account ${A}: no`] }],
    ['empty', { accountIds: [B], errors: [] }, { accountIds: [], errors: [`Account ${A}: no`] }],
  ])('C2: an empty list of an answer is %s', (emptyAutomationLists, some, none) => {
    const { associate, automation } = automationBed({ unknowns: { emptyAutomationLists } });
    automation.refuse(A, 'no');
    expect(associate(B)).toEqual(some);
    expect(associate(A)).toEqual(none);
  });
});

describe('prerequisites', () => {
  const calls = (automation: ComputeOptimizerAutomation, caller: Principal) => [
    () => automation.associateAccounts(caller, REGION, { accountIds: [A] }),
    () => automation.disassociateAccounts(caller, REGION, { accountIds: [A] }),
    () => automation.listAccounts(caller, REGION, {}),
  ];

  test.each([
    ['a member', member(5)], ['an account in no organization', outsider(1)], ['somebody else\'s administrator', DELEGATED],
  ])('C5: %s is told that it is no management account', (_, caller) => {
    const { automation } = automationBed();
    for (const call of calls(automation, caller)) expect(refused(call)).toBe('NotManagementAccountException 400');
  });

  test.each<[string, ComputeOptimizerDescription]>([
    ['has Automation off', { automation: [{ accountId: MANAGEMENT_ACCOUNT, status: 'Inactive' }] }],
    ['has Automation Pending', { automation: [{ accountId: MANAGEMENT_ACCOUNT, status: 'Pending' }] }],
    ['has Automation Failed', { automation: [{ accountId: MANAGEMENT_ACCOUNT, status: 'Failed' }] }],
    ['is not enrolled in Compute Optimizer', { enrolled: memberAccounts(5) }],
  ])('C5: a caller that %s has to opt in', (_, computeOptimizer) => {
    const { automation } = automationBed({ computeOptimizer, unknowns: { automationPendingFor: 1_000 } });
    for (const call of calls(automation, MANAGEMENT)) expect(refused(call)).toBe('OptInRequiredException 403');
  });

  test('C10: a delegated administrator acts for the organization, with an enrolment of its own', () => {
    const { automation, stands } = automationBed({ computeOptimizerAdministrator: SECURITY_ACCOUNT });
    expect(automation.associateAccounts(DELEGATED, REGION, { accountIds: [A] })).toEqual({ accountIds: [A] });
    expect(automation.changes({ accountId: A })[0]).toMatchObject({
      by: 'api', operation: 'AssociateAccounts', callerAccountId: SECURITY_ACCOUNT, callerArn: DELEGATED.arn,
    });
    expect(automation.disassociateAccounts(MANAGEMENT, REGION, { accountIds: [A] })).toEqual({ accountIds: [A] });
    expect(stands(A)).toBe('Active/NoneAllowed');
    automation.optOut(SECURITY_ACCOUNT);
    expect(refused(() => automation.listAccounts(DELEGATED, REGION, {}))).toBe('OptInRequiredException 403');
    expect(refused(() => automation.listAccounts(MANAGEMENT, REGION, {}))).toBe('nothing');
  });

  test('C10 T19: a new delegation is not known at once, and a moved one ends at once', () => {
    const { automation, clock } = automationBed({
      unknowns: { delegationSettlesAfter: 10_000 }, ...withAutomation(SECURITY_ACCOUNT, A),
    });
    const list = (caller: Principal) => () => automation.listAccounts(caller, REGION, {});
    automation.delegate(SECURITY_ACCOUNT);
    expect(refused(list(DELEGATED))).toBe('NotManagementAccountException 400');
    clock.advance(10_000);
    expect(refused(list(DELEGATED))).toBe('nothing');
    automation.delegate(A);
    expect(refused(list(DELEGATED))).toBe('NotManagementAccountException 400');
    clock.advance(10_000);
    expect(refused(list(member(1)))).toBe('nothing');
    automation.undelegate(A);
    expect(refused(list(member(1)))).toBe('NotManagementAccountException 400');
    expect(() => automation.delegate(OUTSIDE)).toThrow('is in no organization');
  });

  test('without trusted access there are no members, and they come back with it', () => {
    const { automation, associate, list, organizations, stands } = automationBed({
      computeOptimizerAdministrator: SECURITY_ACCOUNT, ...withAutomation(B),
    });
    const organizationId = organizations.organizationIdOf(MANAGEMENT_ACCOUNT)!;
    automation.setTrustedAccess(organizationId, false);
    expect(list().map((each) => each.accountId)).toEqual([MANAGEMENT_ACCOUNT]);
    expect(text(() => associate(A))).toBe(NO_ACCESS);
    expect(refused(() => automation.listAccounts(DELEGATED, REGION, {}))).toBe('NotManagementAccountException 400');
    expect(stands(B)).toBe('Active/AnyAllowed');
    automation.setTrustedAccess(organizationId, true);
    expect(associate(A)).toEqual({ accountIds: [A] });
  });

  test('an organization without trusted access can be described', () => {
    const { list } = automationBed({ computeOptimizer: { withoutTrustedAccess: ['o-organization1'] } });
    expect(list()).toHaveLength(1);
  });
});

describe('accounts that are not like the others', () => {
  test.each([
    ['invalidParameterValue', 'refused'], ['errors', { errors: [`Account ${A}: ${NO_ACCESS}`] }], ['accepted', { accountIds: [A] }],
  ] as const)('an account that is not enrolled in Compute Optimizer is not listed; associating it: %s', (associateNotEnrolled, expected) => {
    const { associate, automation, shown } = automationBed({
      computeOptimizer: { enrolled: [MANAGEMENT_ACCOUNT, B] }, unknowns: { associateNotEnrolled },
    });
    expect([shown(A), shown(B)]).toEqual([undefined, 'Inactive/NoneAllowed']);
    if (expected === 'refused') expect(text(() => associate(A))).toBe(NO_ACCESS);
    else expect(associate(A)).toEqual(expected);
    automation.enrollInComputeOptimizer(A);
    expect(associate(A)).toEqual({ accountIds: [A] });
    automation.leaveComputeOptimizer(A);
    expect(shown(A)).toBeUndefined();
  });

  test.each(['SUSPENDED', 'PENDING_CLOSURE'] as const)('R12: associating a %s account', (state) => {
    const suspended = (associateSuspended: 'invalidParameterValue' | 'errors' | 'failed') =>
      automationBed({ states: { [A]: state }, unknowns: { associateSuspended } });
    expect(suspended('errors').associate(A, B)).toEqual({ accountIds: [B], errors: [`Account ${A}: The account is suspended.`] });
    expect(refused(() => suspended('invalidParameterValue').associate(A, B))).toBe('InvalidParameterValueException 400');
    const { associate, automation } = suspended('failed');
    expect(associate(A)).toEqual({ accountIds: [A] });
    expect(automation.account(A)).toMatchObject({ status: 'Failed', statusReason: 'The account is suspended.' });
  });

  test('R12: nothing is left of an account that is closed', () => {
    const { organizations, automation, shown, stands } = automationBed(withAutomation(A));
    organizations.close(A);
    organizations.close(B);
    expect([shown(A), stands(A)]).toEqual([undefined, 'Inactive/NoneAllowed']);
    expect(automation.changes({ operation: 'accountClosed' }).map((each) => each.accountId)).toEqual([A, A]);
  });

  test('an account that joins is not enrolled by itself, and one that comes back is not associated', () => {
    const { organizations, associate, disassociate, shown } = automationBed();
    associate(A);
    organizations.leave(A);
    expect(shown(A)).toBeUndefined();
    organizations.join(A);
    expect(shown(A)).toBe('Active/NoneAllowed');
    expect(disassociate(A)).toEqual({ accountIds: [A] });
  });

  test.each([
    ['invalidParameterValue', 'refused'], ['errors', 'errors'], ['success', 'success'],
  ] as const)('associating the caller or the management account: %s', (associateAdministrator, expected) => {
    const { automation } = automationBed({
      computeOptimizerAdministrator: SECURITY_ACCOUNT, unknowns: { associateAdministrator },
    });
    for (const id of [SECURITY_ACCOUNT, MANAGEMENT_ACCOUNT]) {
      const call = () => automation.associateAccounts(DELEGATED, REGION, { accountIds: [A, id] });
      if (expected === 'refused') expect(refused(call)).toBe('InvalidParameterValueException 400');
      if (expected === 'errors') expect(call().errors).toEqual([`Account ${id}: The account is not a member account.`]);
      if (expected === 'success') expect(call().accountIds).toEqual([A, id]);
    }
    expect(automation.changes().every((each) => each.accountId === A)).toBe(true);
  });

  test.each([
    ['accepted', 'Active/AnyAllowed'], ['errors', 'Inactive/NoneAllowed'], ['failed', 'Failed/AnyAllowed'],
  ] as const)('C8: associating an account that opted out within 24 hours: %s', (associateOptedOut, expected) => {
    const { automation, associate, clock, stands } = automationBed({ unknowns: { associateOptedOut } });
    for (const id of [A, B]) {
      automation.optIn(id);
      automation.optOut(id);
    }
    clock.advance(DAY - 1);
    automation.optIn(B);
    associate(A, B);
    expect([stands(A), stands(B)]).toEqual([expected, 'Active/AnyAllowed']);
    clock.advance(1);
    associate(A);
    expect(stands(A)).toBe('Active/AnyAllowed');
  });
});

describe('DisassociateAccounts', () => {
  test('C7: ends the association, and Automation stays on', () => {
    const { disassociate, shown } = automationBed(withAutomation(A, B));
    expect(disassociate(A)).toEqual({ accountIds: [A] });
    expect([shown(A), shown(B)]).toEqual(['Active/NoneAllowed', 'Active/AnyAllowed']);
  });

  test('C7: or goes off with it, without a wait before the next association', () => {
    const { associate, disassociate, shown } = automationBed({ ...withAutomation(A), unknowns: { disassociatedStatus: 'Inactive' } });
    disassociate(A);
    expect(shown(A)).toBe('Inactive/NoneAllowed');
    associate(A);
    expect(shown(A)).toBe('Active/AnyAllowed');
  });

  test.each([
    ['success', { accountIds: [A, B] }],
    ['errors', { accountIds: [B], errors: [`Account ${A}: The account is not associated.`] }],
    ['silent', { accountIds: [B] }],
  ] as const)('C7: an account that is not associated (%s)', (disassociateUnassociated, expected) => {
    const { disassociate, automation } = automationBed({
      ...withAutomation(B), unknowns: { disassociateUnassociated },
    });
    expect(disassociate(A, B)).toEqual(expected);
    expect(automation.changes({ accountId: A })).toEqual([]);
  });

  test('51 accounts are refused', () => {
    const { disassociate } = automationBed();
    expect(refused(() => disassociate(...memberAccounts(51)))).toBe('InvalidParameterValueException 400');
  });

  test('or 51 accounts are disassociated, since no number is documented', () => {
    const { disassociate, automation } = automationBed({
      ...withAutomation(...memberAccounts(51)), unknowns: { overFiftyDisassociated: 'accepted' },
    });
    expect(disassociate(...memberAccounts(51)).accountIds).toHaveLength(51);
    expect(automation.associatedAccounts()).toEqual([]);
  });
});

describe('time', () => {
  test('C6: Automation is Pending before it is Active', () => {
    const { associate, automation, clock, list } = automationBed({ unknowns: { automationPendingFor: 3_000 } });
    const start = clock.now();
    associate(A);
    const shown = () => list().find((each) => each.accountId === A);
    clock.advance(2_999);
    expect(shown()).toMatchObject({ status: 'Pending', organizationRuleMode: 'AnyAllowed', lastUpdatedTimestamp: new Date(start) });
    clock.advance(1);
    expect(shown()).toMatchObject({ status: 'Active', lastUpdatedTimestamp: new Date(start + 3_000) });
    expect(automation.changes({ accountId: A })).toMatchObject([
      { at: start, fromStatus: 'Inactive', toStatus: 'Pending', toMode: 'AnyAllowed', region: 'global', by: 'api' },
      { at: start + 3_000, fromStatus: 'Pending', toStatus: 'Active', by: 'aws', operation: 'activated' },
    ]);
  });

  test('an account that is disassociated while Pending still turns Active', () => {
    const { associate, disassociate, clock, stands } = automationBed({ unknowns: { automationPendingFor: 3_000 } });
    associate(A);
    disassociate(A);
    expect(stands(A)).toBe('Pending/NoneAllowed');
    clock.advance(3_000);
    expect(stands(A)).toBe('Active/NoneAllowed');
  });

  test('the log knows what time has brought about, in its order, whoever looks when', () => {
    const { associate, automation, clock } = automationBed({ unknowns: { automationPendingFor: 3_000 } });
    associate(A);
    clock.advance(4_000);
    associate(B);
    expect(automation.changes().map(({ accountId, operation }) => [accountId, operation])).toEqual([
      [A, 'AssociateAccounts'], [A, 'activated'], [B, 'AssociateAccounts'],
    ]);
  });

  test('C6: what was Pending from the start turns Active', () => {
    const { clock, shown } = automationBed({
      ...withAutomation({ accountId: A, status: 'Pending' }), unknowns: { automationPendingFor: 3_000 },
    });
    expect(shown(A)).toBe('Pending/AnyAllowed');
    clock.advance(3_000);
    expect(shown(A)).toBe('Active/AnyAllowed');
  });

  test('an account that opts out while Pending stays Inactive', () => {
    const { associate, automation, clock, stands } = automationBed({ unknowns: { automationPendingFor: 3_000 } });
    associate(A);
    automation.optOut(A);
    clock.advance(3_000);
    expect(stands(A)).toBe('Inactive/AnyAllowed');
    associate(A);
    expect(stands(A)).toBe('Pending/AnyAllowed');
  });

  test('C3: an account that is associated and Pending is associated already', () => {
    const { associate } = automationBed({ unknowns: { automationPendingFor: 3_000, associateAssociated: 'errors' } });
    associate(A);
    expect(associate(A).errors).toHaveLength(1);
  });

  test('F8: reads show a change after a while only, calls know it at once', () => {
    const { associate, automation, clock, shown, disassociate } = automationBed({ unknowns: { readsSettleAfter: 500, associateAssociated: 'errors' } });
    associate(A);
    expect(shown(A)).toBe('Inactive/NoneAllowed');
    expect(associate(A).errors).toHaveLength(1);
    clock.advance(500);
    expect(shown(A)).toBe('Active/AnyAllowed');
    disassociate(A);
    expect(shown(A)).toBe('Active/AnyAllowed');
    expect(automation.getEnrollmentConfiguration(member(1), REGION)).toMatchObject({ organizationRuleMode: 'AnyAllowed' });
    clock.advance(500);
    expect(shown(A)).toBe('Active/NoneAllowed');
  });

  test('F11: a status can have a name that nobody knows', () => {
    const { list } = automationBed({ automation: { statusName: (status) => `Very${status}` } });
    expect(list()[0].status).toMatch(/^Very/);
  });
});

describe('client tokens', () => {
  const call = (automation: ComputeOptimizerAutomation, clientToken: string, ...accountIds: string[]) =>
    automation.associateAccounts(MANAGEMENT, REGION, { accountIds, clientToken });
  const end = (automation: ComputeOptimizerAutomation, clientToken: string, ...accountIds: string[]) =>
    automation.disassociateAccounts(MANAGEMENT, REGION, { accountIds, clientToken });

  test('C4 R27: the same call with the same token has the old answer and no effect, for 24 hours', () => {
    const { automation, clock, stands } = automationBed();
    expect(call(automation, 't', A)).toEqual({ accountIds: [A] });
    end(automation, 'u', A);
    clock.advance(DAY - 1);
    expect(call(automation, 't', A)).toEqual({ accountIds: [A] });
    expect(stands(A)).toBe('Active/NoneAllowed');
    clock.advance(1);
    call(automation, 't', A);
    expect(stands(A)).toBe('Active/AnyAllowed');
  });

  test('C4 R27: another token associates within 24 hours of a disassociation', () => {
    const { automation, stands } = automationBed();
    call(automation, 't', A);
    end(automation, 'u', A);
    call(automation, 'v', A);
    expect(stands(A)).toBe('Active/AnyAllowed');
  });

  test('C4: a partial success is repeated with its errors', () => {
    const { automation } = automationBed();
    automation.refuse(A, 'no');
    const first = call(automation, 't', A, B);
    automation.stopRefusing(A);
    expect(call(automation, 't', A, B)).toEqual(first);
  });

  test.each([[[B]], [[A, B]], [[B, A]]])('C4: the same token with other accounts is a mismatch (%j)', (others) => {
    const { automation } = automationBed();
    call(automation, 't', A);
    expect(refused(() => call(automation, 't', ...others))).toBe('IdempotentParameterMismatchException 409');
  });

  test('C4: a token is in use while the call is under way', () => {
    const { automation, clock } = automationBed({ unknowns: { clientTokenInUseFor: 500 } });
    call(automation, 't', A);
    expect(refused(() => call(automation, 't', A))).toBe('IdempotencyTokenInUseException 409');
    clock.advance(500);
    expect(call(automation, 't', A)).toEqual({ accountIds: [A] });
  });

  test.each([['operation', 'nothing'], ['account', 'IdempotentParameterMismatchException 409']] as const)(
    'C4: the same token in two operations (tokens of the %s)', (clientTokenScope, expected) => {
      const { automation } = automationBed({ unknowns: { clientTokenScope } });
      call(automation, 't', A);
      expect(refused(() => end(automation, 't', A))).toBe(expected);
    });

  test('C4: tokens of two accounts have nothing to do with each other', () => {
    const { automation } = automationBed({ computeOptimizerAdministrator: SECURITY_ACCOUNT });
    call(automation, 't', A);
    expect(automation.associateAccounts(DELEGATED, REGION, { accountIds: [B], clientToken: 't' })).toEqual({ accountIds: [B] });
  });

  test.each([['free', 'nothing'], ['kept', 'InvalidParameterValueException 400']] as const)(
    'C4: the token of a call that was refused as a whole is %s', (refusedClientToken, expected) => {
      const { automation } = automationBed({ unknowns: { refusedClientToken } });
      automation.refuse(A, 'no', 'wholeCall');
      expect(refused(() => call(automation, 't', A))).toBe('InvalidParameterValueException 400');
      automation.stopRefusing(A);
      expect(refused(() => call(automation, 't', A))).toBe(expected);
    });

  test('a call without a token is always a new one', () => {
    const { associate, disassociate, stands } = automationBed();
    associate(A);
    disassociate(A);
    associate(A);
    expect(stands(A)).toBe('Active/AnyAllowed');
  });
});

describe('ListAccounts', () => {
  test('C9: has pages of up to 1,000', () => {
    const { automation } = automationBed({ accounts: 2_100 });
    const pages: number[] = [];
    let nextToken: string | undefined;
    do {
      const answer = automation.listAccounts(MANAGEMENT, REGION, { nextToken });
      pages.push(answer.accounts.length);
      nextToken = answer.nextToken;
      expect(nextToken ?? 'a').toMatch(/^[A-Za-z0-9+/=]+$/);
    } while (nextToken !== undefined);
    expect(pages).toEqual([1_000, 1_000, 102]);
  });

  test('C9: shows every account once, however small the pages', () => {
    const { automation, list } = automationBed();
    const found: string[] = [];
    for (let nextToken: string | undefined, first = true; first || nextToken !== undefined; first = false) {
      const answer = automation.listAccounts(MANAGEMENT, REGION, { maxResults: 7, nextToken });
      found.push(...answer.accounts.map((each) => each.accountId));
      nextToken = answer.nextToken;
    }
    expect(found).toEqual(list().map((each) => each.accountId));
    expect(found).toHaveLength(62);
  });

  test.each([
    ['listed', [MANAGEMENT_ACCOUNT, A]], ['omitted', [A]],
  ] as const)('the caller itself is %s', (automationCaller, expected) => {
    const enrolled = [A, MANAGEMENT_ACCOUNT];
    const { list } = automationBed({ computeOptimizer: { enrolled }, unknowns: { automationCaller } });
    expect(list().map((each) => each.accountId)).toEqual(expected);
  });

  test.each([
    { maxResults: 0 }, { maxResults: 1_001 }, { maxResults: 1.5 }, { maxResults: '5' }, { nextToken: '' }, { nextToken: 'a-b' },
    { nextToken: 'YWJj' }, { nextToken: 5 },
  ])('W3: refuses %j', (input) => {
    const { automation } = automationBed();
    expect(refused(() => automation.listAccounts(MANAGEMENT, REGION, input))).toBe('InvalidParameterValueException 400');
  });

  test('an account that never had Automation shows an old time', () => {
    expect(automationBed().list().find((each) => each.accountId === A))
      .toEqual({ accountId: A, status: 'Inactive', organizationRuleMode: 'NoneAllowed', lastUpdatedTimestamp: new Date('2025-01-01') });
  });
});

describe('the enrolment of the caller', () => {
  const get = (automation: ComputeOptimizerAutomation, caller: Principal) =>
    automation.getEnrollmentConfiguration(caller, REGION);
  const update = (automation: ComputeOptimizerAutomation, caller: Principal, status: string, clientToken?: string) =>
    automation.updateEnrollmentConfiguration(caller, REGION, { status, clientToken });

  test('is switched on, Pending at first, and then calls are allowed', () => {
    const { automation, clock, list } = automationBed({
      ...withAutomation({ accountId: MANAGEMENT_ACCOUNT, status: 'Inactive' }), unknowns: { automationPendingFor: 3_000 },
    });
    expect(get(automation, MANAGEMENT)).toMatchObject({ status: 'Inactive', organizationRuleMode: 'NoneAllowed' });
    expect(update(automation, MANAGEMENT, 'Active')).toMatchObject({ status: 'Pending', lastUpdatedTimestamp: new Date(clock.now()) });
    expect(refused(() => list())).toBe('OptInRequiredException 403');
    clock.advance(3_000);
    expect(get(automation, MANAGEMENT)).toMatchObject({ status: 'Active' });
    expect(refused(() => list())).toBe('nothing');
    expect(update(automation, MANAGEMENT, 'Active')).toMatchObject({ status: 'Active' });
    expect(automation.changes({ accountId: MANAGEMENT_ACCOUNT })).toHaveLength(2);
  });

  test('can fail, with a reason', () => {
    const { automation } = automationBed({
      computeOptimizer: {
        automation: [{ accountId: MANAGEMENT_ACCOUNT, status: 'Inactive' }],
        refusals: [{ accountId: MANAGEMENT_ACCOUNT, text: 'no role', how: 'failed' }],
      },
    });
    expect(update(automation, MANAGEMENT, 'Active')).toMatchObject({ status: 'Failed', statusReason: 'no role' });
  });

  test.each(['invalidParameterValue', 'forbidden'] as const)('C8: after opting out it cannot opt in for 24 hours (%s)', (enrollmentRefusal) => {
    const { automation, clock } = automationBed({ unknowns: { enrollmentRefusal } });
    const expected = enrollmentRefusal === 'forbidden' ? 'ForbiddenException 403' : 'InvalidParameterValueException 400';
    expect(update(automation, MANAGEMENT, 'Inactive')).toMatchObject({ status: 'Inactive' });
    clock.advance(DAY - 1);
    expect(update(automation, MANAGEMENT, 'Inactive')).toMatchObject({ status: 'Inactive' });
    expect(refused(() => update(automation, MANAGEMENT, 'Active'))).toBe(expected);
    automation.fail(MANAGEMENT_ACCOUNT, 'broken');
    expect(refused(() => update(automation, MANAGEMENT, 'Active'))).toBe('nothing');
    automation.optOut(MANAGEMENT_ACCOUNT);
    clock.advance(DAY - 1);
    expect(refused(() => update(automation, MANAGEMENT, 'Active'))).toBe(expected);
    clock.advance(1);
    expect(update(automation, MANAGEMENT, 'Active')).toMatchObject({ status: 'Active' });
  });

  test('C8: the wait can be on from the start', () => {
    const optedOut = '2025-12-31T12:00:00Z';
    const { automation, clock } = automationBed(withAutomation({ accountId: MANAGEMENT_ACCOUNT, status: 'Inactive', optedOut }));
    expect(refused(() => update(automation, MANAGEMENT, 'Active'))).toBe('InvalidParameterValueException 400');
    clock.advance(12 * HOUR);
    expect(refused(() => update(automation, MANAGEMENT, 'Active'))).toBe('nothing');
  });

  test.each(['invalidParameterValue', 'forbidden'] as const)('a member has to be disassociated before it can opt out (%s)', (enrollmentRefusal) => {
    const { automation, disassociate } = automationBed({ ...withAutomation(A), unknowns: { enrollmentRefusal } });
    const expected = enrollmentRefusal === 'forbidden' ? 'ForbiddenException 403' : 'InvalidParameterValueException 400';
    expect(get(automation, member(1))).toMatchObject({ status: 'Active', organizationRuleMode: 'AnyAllowed' });
    expect(refused(() => update(automation, member(1), 'Inactive'))).toBe(expected);
    disassociate(A);
    expect(update(automation, member(1), 'Inactive')).toMatchObject({ status: 'Inactive' });
  });

  test('an account in no organization has one too, if it is enrolled in Compute Optimizer', () => {
    const { automation } = automationBed({ computeOptimizer: { enrolled: [OUTSIDE] } });
    expect(update(automation, outsider(1), 'Active')).toMatchObject({ status: 'Active' });
    expect(refused(() => update(automation, outsider(2), 'Active'))).toBe('OptInRequiredException 403');
  });

  test.each([
    ['inactive', 'nothing'], ['resourceNotFound', 'ResourceNotFoundException 404'], ['optInRequired', 'OptInRequiredException 403'],
  ] as const)('of an account that never had one (%s)', (enrollmentOfNobody, expected) => {
    const { automation } = automationBed({ unknowns: { enrollmentOfNobody } });
    expect(refused(() => get(automation, member(1)))).toBe(expected);
  });

  test.each(['Pending', 'Failed', 'active', '', undefined])('W3: cannot be made %s', (status) => {
    const { automation } = automationBed();
    expect(refused(() => update(automation, MANAGEMENT, status as string))).toBe('InvalidParameterValueException 400');
  });

  test('C4: a token counts here too', () => {
    const { automation } = automationBed();
    update(automation, MANAGEMENT, 'Inactive', 't');
    expect(refused(() => update(automation, MANAGEMENT, 'Active', 't'))).toBe('IdempotentParameterMismatchException 409');
    expect(update(automation, MANAGEMENT, 'Inactive', 't')).toMatchObject({ status: 'Inactive' });
  });
});

describe('Regions', () => {
  test('C11: there are 17, all of the commercial partition', () => {
    expect(AUTOMATION_REGIONS.size).toBe(17);
    expect([...AUTOMATION_REGIONS].filter((each) => /^(cn|us-gov|us-iso)/.test(each))).toEqual([]);
  });

  test('an association from one Region counts in every other', () => {
    const { associate, shown, automation, stands } = automationBed({ unknowns: { associationScope: 'global' } });
    associate(A);
    expect(shown(A, 'eu-west-1')).toBe('Active/AnyAllowed');
    automation.disassociateAccounts(MANAGEMENT, 'sa-east-1', { accountIds: [A] });
    expect(stands(A)).toBe('Active/NoneAllowed');
  });

  test('or in its own only, while Automation itself is on everywhere', () => {
    const { associate, shown, automation, stands } = automationBed({ unknowns: { associationScope: 'regional', disassociatedStatus: 'Inactive' } });
    associate(A);
    expect([shown(A), shown(A, 'eu-west-1')]).toEqual(['Active/AnyAllowed', 'Active/NoneAllowed']);
    automation.associateAccounts(MANAGEMENT, 'eu-west-1', { accountIds: [A] });
    automation.disassociateAccounts(MANAGEMENT, REGION, { accountIds: [A] });
    expect([shown(A), shown(A, 'eu-west-1'), stands(A)]).toEqual(['Active/NoneAllowed', 'Active/AnyAllowed', 'Active/AnyAllowed']);
    expect(automation.changes({ accountId: A }).map((each) => each.region)).toEqual([REGION, undefined, 'eu-west-1', REGION]);
    automation.disassociateAccounts(MANAGEMENT, 'eu-west-1', { accountIds: [A] });
    expect(stands(A)).toBe('Inactive/NoneAllowed');
  });

  test('what was associated before is so in every Region', () => {
    const { shown } = automationBed({ ...withAutomation(A), unknowns: { associationScope: 'regional' } });
    expect([...AUTOMATION_REGIONS].map((each) => shown(A, each))).toEqual(Array(17).fill('Active/AnyAllowed'));
  });
});

describe('throttling', () => {
  test('five calls a second for each account and Region, whatever the operation', () => {
    const { automation, clock } = automationBed({ automation: { throttling: undefined } });
    const list = (region: string) => () => automation.listAccounts(MANAGEMENT, region, {});
    for (let i = 0; i < 4; i++) list(REGION)();
    automation.getEnrollmentConfiguration(MANAGEMENT, REGION);
    expect(refused(list(REGION))).toBe('ThrottlingException 429');
    expect(refused(list('eu-west-1'))).toBe('nothing');
    clock.advance(200);
    expect(refused(list(REGION))).toBe('nothing');
    expect(refused(list(REGION))).toBe('ThrottlingException 429');
  });
});

describe('what others do', () => {
  test('somebody else associates and disassociates, and the log says who', () => {
    const { automation, stands } = automationBed();
    automation.associateAccount(A);
    expect(stands(A)).toBe('Active/AnyAllowed');
    expect(automation.account(A)).toMatchObject({ associatedBy: 'thirdParty' });
    automation.disassociateAccount(A);
    automation.disassociateAccount(A);
    automation.fail(A, 'broken');
    automation.fail(A, 'broken');
    const told = automation.changes({ accountId: A });
    expect(told.map(({ by, operation, toStatus, toMode }) => [by, operation, toStatus, toMode])).toEqual([
      ['thirdParty', 'associateAccount', 'Pending', 'AnyAllowed'],
      ['aws', 'activated', 'Active', 'AnyAllowed'],
      ['thirdParty', 'disassociateAccount', 'Active', 'NoneAllowed'],
      ['aws', 'failed', 'Failed', 'NoneAllowed'],
    ]);
    expect(() => automation.associateAccount(OUTSIDE)).toThrow('is in no organization');
  });
});

test('a call needs the action of its name on everything, and enabling also the service-linked role', () => {
  const { automation } = automationBed(withAutomation({ accountId: SECURITY_ACCOUNT, status: 'Inactive' }));
  const needed = (operation: string, accountId: string, input: object = {}) =>
    automation.authorization({ operation, caller: { accountId }, input } as unknown as Call);
  const enabling = needed('UpdateEnrollmentConfiguration', SECURITY_ACCOUNT, { status: 'Active' });
  expect(needed('AssociateAccounts', SECURITY_ACCOUNT)).toEqual([{ action: 'aco-automation:AssociateAccounts', resources: ['*'] }]);
  expect(enabling).toEqual([
    { action: 'aco-automation:UpdateEnrollmentConfiguration', resources: ['*'] },
    {
      action: 'iam:CreateServiceLinkedRole',
      resources: [`arn:aws:iam::${SECURITY_ACCOUNT}:role/aws-service-role/aco-automation.amazonaws.com/AWSServiceRoleForComputeOptimizerAutomation`],
      context: { 'iam:AWSServiceName': 'aco-automation.amazonaws.com' },
    },
  ]);
  expect(needed('UpdateEnrollmentConfiguration', SECURITY_ACCOUNT, { status: 'Inactive' })).toHaveLength(1);
  expect(needed('UpdateEnrollmentConfiguration', MANAGEMENT_ACCOUNT, { status: 'Active' })).toHaveLength(1);
});

test('fails on an operation that is not modelled', () => {
  const { automation } = automationBed();
  expect(() => automation.dispatch({ operation: 'ListAutomationRules' } as Call)).toThrow('has no ListAutomationRules');
});
