import { ADMINISTRATOR, bed, MANAGEMENT, member, outsider, refused, REGION } from './bed';
import type { Reason } from './processing-results';
import { processingResult } from './processing-results';
import {
  MANAGEMENT_ACCOUNT, memberAccount, memberAccounts, outsideAccount, SECURITY_ACCOUNT,
} from '../organization-file';

const A = memberAccount(1);
const B = memberAccount(2);
const OUTSIDE = outsideAccount(1);

const text = (reason: Reason) => processingResult(reason, 'seen');

describe('CreateMembers', () => {
  test('S4: an organization account turns Created and, without an invitation, Enabled', () => {
    const { create, clock, shown } = bed({ unknowns: { createdFor: 3_000 } });
    expect(create(A)).toEqual([]);
    expect(shown(A)).toBe('Created');
    clock.advance(2_999);
    expect(shown(A)).toBe('Created');
    clock.advance(1);
    expect(shown(A)).toBe('Enabled');
  });

  test('S1: takes 50 accounts in one call', () => {
    const { create, status } = bed();
    const ids = memberAccounts(50);
    expect(create(...ids)).toEqual([]);
    expect(ids.map(status)).toEqual(ids.map(() => 'Enabled'));
  });

  test('S1: 51 accounts are an invalid input and have no effect', () => {
    const { create, hub } = bed({ unknowns: { overFifty: 'invalidInput' } });
    expect(refused(() => create(...memberAccounts(51)))).toBe('InvalidInputException 400');
    expect(hub.members(SECURITY_ACCOUNT, REGION).size).toBe(0);
  });

  test('S1: or the 51st account is not processed', () => {
    const { create, hub } = bed({ unknowns: { overFifty: 'unprocessed' } });
    expect(create(...memberAccounts(51))).toEqual([{ AccountId: memberAccount(51), ProcessingResult: text('tooMany') }]);
    expect(hub.members(SECURITY_ACCOUNT, REGION).size).toBe(50);
  });

  test.each<[string, unknown]>([
    ['no list', {}],
    ['an empty list', { AccountDetails: [] }],
    ['no account id', { AccountDetails: [{ Email: 'a@example.com' }] }],
    ['eleven digits', { AccountDetails: [{ AccountId: '12345678901' }] }],
    ['thirteen digits', { AccountDetails: [{ AccountId: '1234567890123' }] }],
    ['letters', { AccountDetails: [{ AccountId: '12345678901x' }] }],
    ['a number', { AccountDetails: [{ AccountId: 123456789012 }] }],
    ['one bad id among good ones', { AccountDetails: [{ AccountId: A }, { AccountId: 'x' }] }],
    ['a blank e-mail address', { AccountDetails: [{ AccountId: A, Email: ' ' }] }],
  ])('W3: refuses %s', (_, input) => {
    const { hub } = bed();
    expect(refused(() => hub.createMembers(ADMINISTRATOR, REGION, input as object))).toBe('InvalidInputException 400');
    expect(hub.members(SECURITY_ACCOUNT, REGION).size).toBe(0);
  });

  test('S2: an account that is a member already is not processed, and the others are', () => {
    const { create, status } = bed({ members: [A] });
    expect(create(A, B)).toEqual([{ AccountId: A, ProcessingResult: text('alreadyMember') }]);
    expect([status(A), status(B)]).toEqual(['Enabled', 'Enabled']);
  });

  test('S2: or is passed over in silence', () => {
    const { create, hub } = bed({ members: [A], unknowns: { createExistingMember: 'accepted' } });
    expect(create(A)).toEqual([]);
    expect(hub.members(SECURITY_ACCOUNT, REGION).get(A)).toMatchObject({ addedBy: 'preset' });
    expect(hub.log).toEqual([]);
  });

  test('the same account twice in a call is a member already the second time', () => {
    const { create } = bed();
    expect(create(A, A)).toEqual([{ AccountId: A, ProcessingResult: text('alreadyMember') }]);
  });

  test.each(['Removed', 'Resigned', 'Deleted', 'AccountSuspended'] as const)(
    'S5: adds an organization account again after %s', (status) => {
      const { create, status: now } = bed({ members: [{ accountId: A, status }] });
      expect(create(A)).toEqual([]);
      expect(now(A)).toBe('Enabled');
    });

  test.each(['Removed', 'Resigned'] as const)('S5: an outside account that is %s has to be deleted first', (status) => {
    const { create, remove, status: now } = bed({ members: [{ accountId: OUTSIDE, status }] });
    expect(create(OUTSIDE)).toEqual([{ AccountId: OUTSIDE, ProcessingResult: text('alreadyMember') }]);
    expect(remove(OUTSIDE)).toEqual([]);
    expect(create(OUTSIDE)).toEqual([]);
    expect(now(OUTSIDE)).toBe('Created');
  });

  test('S5: or an outside account that is Removed can be added again at once', () => {
    const { create, status } = bed({
      members: [{ accountId: OUTSIDE, status: 'Removed' }], unknowns: { recreateOutside: 'accepted' },
    });
    expect(create(OUTSIDE)).toEqual([]);
    expect(status(OUTSIDE)).toBe('Created');
  });

  test('refuses the administrator itself', () => {
    expect(bed().create(SECURITY_ACCOUNT)).toEqual([{ AccountId: SECURITY_ACCOUNT, ProcessingResult: text('itself') }]);
  });

  test('S13: refuses the management account while its hub is off', () => {
    const { create, hub, status } = bed();
    expect(create(MANAGEMENT_ACCOUNT)).toEqual([{ AccountId: MANAGEMENT_ACCOUNT, ProcessingResult: text('managementAccount') }]);
    hub.enableSecurityHub(MANAGEMENT, REGION, {});
    expect(create(MANAGEMENT_ACCOUNT)).toEqual([]);
    expect(status(MANAGEMENT_ACCOUNT)).toBe('Enabled');
  });

  test.each(['SUSPENDED', 'PENDING_CLOSURE', 'CLOSED'] as const)('R12: a %s account turns AccountSuspended', (state) => {
    const { create, status } = bed({ states: { [A]: state } });
    expect(create(A, B)).toEqual([]);
    expect([status(A), status(B)]).toEqual(['AccountSuspended', 'Enabled']);
  });

  test('R12: or is not processed', () => {
    const { create, status } = bed({ states: { [A]: 'SUSPENDED' }, unknowns: { createSuspended: 'unprocessed' } });
    expect(create(A)).toEqual([{ AccountId: A, ProcessingResult: text('suspended') }]);
    expect(status(A)).toBeUndefined();
  });

  test('refuses an account of another administrator', () => {
    const { create, status } = bed({ otherAdministrators: [{ accountId: OUTSIDE, members: [A] }] });
    expect(create(A)).toEqual([{ AccountId: A, ProcessingResult: text('otherAdministrator') }]);
    expect(status(A)).toBeUndefined();
  });

  test('refuses an account that administers others', () => {
    const { create } = bed({ otherAdministrators: [{ accountId: OUTSIDE, members: [outsideAccount(2)] }] });
    expect(create(OUTSIDE)).toEqual([{ AccountId: OUTSIDE, ProcessingResult: text('otherAdministration') }]);
  });

  test('S2, R01: gives the text of a refusal of AWS, or none', () => {
    const { create } = bed({
      refusals: [{ accountId: A, processingResult: 'Because.' }, { accountId: B, processingResult: null }],
    });
    expect(create(A, B)).toEqual([{ AccountId: A, ProcessingResult: 'Because.' }, { AccountId: B }]);
  });

  test('an account number that nobody has becomes Created, or is refused', () => {
    const nobody = '123123123123';
    expect(bed().create(nobody)).toEqual([]);
    expect(bed({ unknowns: { createUnknownAccount: 'unprocessed' } }).create(nobody))
      .toEqual([{ AccountId: nobody, ProcessingResult: text('invalidInput') }]);
  });

  test('R21: members show an e-mail address only if one was given, whatever Organizations knows', () => {
    const { hub, read } = bed();
    hub.createMembers(ADMINISTRATOR, REGION, { AccountDetails: [{ AccountId: A }, { AccountId: B, Email: 'b@example.org' }] });
    expect(read(A, B).Members.map((each) => each.Email)).toEqual([undefined, 'b@example.org']);
  });

  test('S9: another e-mail address changes nothing', () => {
    const { hub, read } = bed({ members: [{ accountId: A, email: 'old@example.org' }] });
    hub.createMembers(ADMINISTRATOR, REGION, { AccountDetails: [{ AccountId: A, Email: 'new@example.org' }] });
    expect(read(A).Members[0].Email).toBe('old@example.org');
  });

  test('switches Security Hub and its default standards on in a member that had it off, and they stay on', () => {
    const { create, disassociate, hub } = bed();
    expect(hub.hub(A, REGION)).toBeUndefined();
    create(A);
    disassociate(A);
    expect(hub.hub(A, REGION)).toMatchObject({ enabledBy: 'membership', defaultStandards: true });
  });

  test('leaves the settings of a member that had Security Hub on', () => {
    const { create, hub } = bed();
    hub.enableSecurityHub(member(1), REGION, { EnableDefaultStandards: false });
    create(A);
    expect(hub.hub(A, REGION)).toMatchObject({ enabledBy: 'owner', defaultStandards: false });
  });
});

describe('quotas', () => {
  const quotas = { members: 2, invitations: 1 };

  test('a call that would exceed the member quota is refused as a whole', () => {
    const { create, hub } = bed({ members: [A], administrator: { quotas } });
    expect(refused(() => create(...memberAccounts(2, 2)))).toBe('LimitExceededException 429');
    expect(hub.members(SECURITY_ACCOUNT, REGION).size).toBe(1);
    expect(create(B)).toEqual([]);
    expect(hub.describeOrganizationConfiguration(ADMINISTRATOR, REGION).MemberAccountLimitReached).toBe(true);
  });

  test('or only the accounts beyond it', () => {
    const { create, status } = bed({ members: [A], administrator: { quotas }, unknowns: { quotaReached: 'unprocessed' } });
    expect(create(...memberAccounts(2, 2))).toEqual([{ AccountId: memberAccount(3), ProcessingResult: text('quota') }]);
    expect(status(B)).toBe('Enabled');
  });

  test('members that are there do not count again, and removed ones not at all', () => {
    const { create, disassociate } = bed({ members: [A, B], administrator: { quotas } });
    expect(create(A, B)).toHaveLength(2);
    disassociate(A);
    expect(create(memberAccount(3))).toEqual([]);
  });

  test('the quota of unanswered invitations', () => {
    const { create, invite } = bed({ administrator: { quotas } });
    create(OUTSIDE, outsideAccount(2));
    expect(refused(() => invite(OUTSIDE, outsideAccount(2)))).toBe('LimitExceededException 429');
    expect(invite(OUTSIDE)).toEqual([]);
    expect(invite(OUTSIDE)).toEqual([]);
  });

  test('the quota of members by invitation leaves organization accounts alone', () => {
    const { create } = bed({ administrator: { quotas: { invitedMembers: 1 } } });
    expect(create(OUTSIDE)).toEqual([]);
    expect(refused(() => create(outsideAccount(2)))).toBe('LimitExceededException 429');
    expect(create(A)).toEqual([]);
  });
});

describe('outside accounts', () => {
  test('S4: Created, then Invited, then Enabled when the owner accepts', () => {
    const { create, invite, accept, hub, status } = bed();
    create(OUTSIDE);
    expect(status(OUTSIDE)).toBe('Created');
    expect(invite(OUTSIDE)).toEqual([]);
    expect(status(OUTSIDE)).toBe('Invited');
    expect(refused(() => accept(outsider(1)))).toBe('InvalidAccessException 401');
    hub.enableSecurityHub(outsider(1), REGION, {});
    expect(hub.getInvitationsCount(outsider(1), REGION)).toEqual({ InvitationsCount: 1 });
    accept(outsider(1));
    expect(status(OUTSIDE)).toBe('Enabled');
    expect(hub.getAdministratorAccount(outsider(1), REGION).Administrator).toMatchObject({
      AccountId: SECURITY_ACCOUNT, MemberStatus: 'Enabled',
    });
    expect(hub.getInvitationsCount(outsider(1), REGION)).toEqual({ InvitationsCount: 0 });
  });

  test('stay Created for ever without an invitation', () => {
    const { create, clock, status } = bed();
    create(OUTSIDE);
    clock.advance(86_400_000);
    expect(status(OUTSIDE)).toBe('Created');
  });

  test('a declined invitation shows as Resigned', () => {
    const { create, invite, hub, status } = bed({ hubs: [OUTSIDE] });
    create(OUTSIDE);
    invite(OUTSIDE);
    expect(hub.declineInvitations(outsider(1), REGION, { AccountIds: [SECURITY_ACCOUNT, A] })).toEqual({
      UnprocessedAccounts: [{ AccountId: A, ProcessingResult: text('notAssociated') }],
    });
    expect(status(OUTSIDE)).toBe('Resigned');
  });

  test('accept only their own invitation and only one', () => {
    const other = outsideAccount(2);
    const { create, invite, accept, hub } = bed({ hubs: [OUTSIDE, other] });
    create(OUTSIDE);
    invite(OUTSIDE);
    const wrong = { AdministratorId: SECURITY_ACCOUNT, InvitationId: 'f'.repeat(32) };
    expect(refused(() => hub.acceptAdministratorInvitation(outsider(1), REGION, wrong))).toBe('ResourceNotFoundException 404');
    hub.createMembers(outsider(2), REGION, { AccountDetails: [{ AccountId: OUTSIDE }] });
    hub.inviteMembers(outsider(2), REGION, { AccountIds: [OUTSIDE] });
    accept(outsider(1));
    expect(refused(() => accept(outsider(1), other))).toBe('InvalidInputException 400');
  });

  test('resign by themselves; organization accounts cannot', () => {
    const { hub, status } = bed({ members: [OUTSIDE, A] });
    hub.disassociateFromAdministratorAccount(outsider(1), REGION);
    expect(status(OUTSIDE)).toBe('Resigned');
    expect(refused(() => hub.disassociateFromAdministratorAccount(member(1), REGION))).toBe('InvalidAccessException 401');
  });
});

describe('InviteMembers', () => {
  test('refuses organization accounts, members, unknown accounts, and R22: whoever resigned', () => {
    const resigned = outsideAccount(2);
    const { invite } = bed({ members: [A, OUTSIDE, { accountId: resigned, status: 'Resigned' }] });
    expect(invite(A, OUTSIDE, B, resigned)).toEqual([
      { AccountId: A, ProcessingResult: text('organizationMember') },
      { AccountId: OUTSIDE, ProcessingResult: text('alreadyMember') },
      { AccountId: B, ProcessingResult: text('notAssociated') },
      { AccountId: resigned, ProcessingResult: text('notAssociated') },
    ]);
  });
});

describe('DisassociateMembers and DeleteMembers', () => {
  test('S6: disassociation answers nothing and leaves Removed', () => {
    const { disassociate, shown } = bed({ members: [A, OUTSIDE] });
    expect(disassociate(A, OUTSIDE)).toEqual({});
    expect([shown(A), shown(OUTSIDE)]).toEqual(['Removed', 'Removed']);
  });

  test('T23: an invited account can be disassociated', () => {
    const { disassociate, status } = bed({ members: [{ accountId: OUTSIDE, status: 'Invited' }] });
    disassociate(OUTSIDE);
    expect(status(OUTSIDE)).toBe('Removed');
  });

  test('S6: an account that is no member is passed over, or stops the whole call', () => {
    const silent = bed({ members: [A] });
    expect(silent.disassociate(A, B)).toEqual({});
    expect(silent.status(A)).toBe('Removed');
    const loud = bed({ members: [A], unknowns: { disassociateUnknown: 'resourceNotFound' } });
    expect(refused(() => loud.disassociate(A, B))).toBe('ResourceNotFoundException 404');
    expect(loud.status(A)).toBe('Enabled');
  });

  test('S6: with more than 50 accounts the rest is passed over without a word', () => {
    const { disassociate, status } = bed({ members: memberAccounts(51), unknowns: { overFifty: 'unprocessed' } });
    disassociate(...memberAccounts(51));
    expect([status(memberAccount(50)), status(memberAccount(51))]).toEqual(['Removed', 'Enabled']);
  });

  test('a refusal of AWS leaves the member without a word', () => {
    const { disassociate, status } = bed({
      members: [A], refusals: [{ accountId: A, processingResult: null, operations: ['DisassociateMembers'] }],
    });
    expect(disassociate(A)).toEqual({});
    expect(status(A)).toBe('Enabled');
  });

  test('S6: organization accounts cannot be deleted', () => {
    const { remove, disassociate } = bed({ members: [A] });
    disassociate(A);
    expect(remove(A)).toEqual([{ AccountId: A, ProcessingResult: text('organizationMember') }]);
  });

  test('S6: or can', () => {
    const { remove, disassociate, status } = bed({ members: [A], unknowns: { deleteMembersOfOrganization: 'works' } });
    expect(remove(A)).toEqual([{ AccountId: A, ProcessingResult: text('stillAssociated') }]);
    disassociate(A);
    expect(remove(A)).toEqual([]);
    expect(status(A)).toBeUndefined();
  });

  test('S6: an outside member is deleted only after disassociation', () => {
    const { remove, disassociate, read, hub } = bed({ members: [OUTSIDE] });
    expect(remove(OUTSIDE)).toEqual([{ AccountId: OUTSIDE, ProcessingResult: text('stillAssociated') }]);
    disassociate(OUTSIDE);
    expect(remove(OUTSIDE)).toEqual([]);
    expect(read(OUTSIDE).Members).toEqual([]);
    expect(remove(OUTSIDE)).toEqual([{ AccountId: OUTSIDE, ProcessingResult: text('notAssociated') }]);
    expect(hub.hub(OUTSIDE, REGION)).toBeDefined();
  });

  test('DeleteMembers leaves nothing, or an entry that is Deleted', () => {
    const { remove, shown } = bed({
      members: [{ accountId: OUTSIDE, status: 'Removed' }], unknowns: { deletedMember: 'Deleted' },
    });
    remove(OUTSIDE);
    expect(shown(OUTSIDE)).toBe('Deleted');
  });
});

describe('reads', () => {
  test('GetMembers shows the members and names the others', () => {
    const { read } = bed({ members: [{ accountId: A, since: '2025-05-05T05:05:05Z' }] });
    expect(read(A, B)).toEqual({
      Members: [{
        AccountId: A,
        Email: undefined,
        MasterId: SECURITY_ACCOUNT,
        AdministratorId: SECURITY_ACCOUNT,
        MemberStatus: 'Enabled',
        InvitedAt: undefined,
        UpdatedAt: '2025-05-05T05:05:05.000Z',
      }],
      UnprocessedAccounts: [{ AccountId: B, ProcessingResult: text('notAssociated') }],
    });
  });

  test('S14: a change shows only after a while; the truth changes at once', () => {
    const unknowns = { readsSettleAfter: 5_000, createdFor: 2_000 };
    const { create, disassociate, clock, shown, status } = bed({ unknowns });
    create(A);
    expect([shown(A), status(A)]).toEqual([undefined, 'Created']);
    clock.advance(5_000);
    expect([shown(A), status(A)]).toEqual(['Created', 'Enabled']);
    clock.advance(2_000);
    expect(shown(A)).toBe('Enabled');
    disassociate(A);
    expect([shown(A), status(A)]).toEqual(['Enabled', 'Removed']);
    clock.advance(4_999);
    expect(shown(A)).toBe('Enabled');
    clock.advance(1);
    expect(shown(A)).toBe('Removed');
  });

  test('S14: a deleted member shows for a while, and stale reads do not decide what a write does', () => {
    const { create, remove, clock, shown, status } = bed({
      members: [{ accountId: OUTSIDE, status: 'Removed' }], unknowns: { readsSettleAfter: 5_000 },
    });
    remove(OUTSIDE);
    expect(shown(OUTSIDE)).toBe('Removed');
    expect(create(OUTSIDE)).toEqual([]);
    expect([shown(OUTSIDE), status(OUTSIDE)]).toEqual(['Removed', 'Created']);
    clock.advance(5_000);
    expect(shown(OUTSIDE)).toBe('Created');
  });

  test('many quick changes are each seen at their time', () => {
    const { create, disassociate, clock, shown } = bed({ unknowns: { readsSettleAfter: 10_000 } });
    const expected: string[] = [];
    for (let i = 0; i < 5; i++) {
      create(A);
      clock.advance(1_000);
      disassociate(A);
      clock.advance(1_000);
      expected.push('Enabled', 'Removed');
    }
    const seen = expected.map(() => {
      const status = shown(A);
      clock.advance(1_000);
      return status;
    });
    expect(seen).toEqual(expected);
  });

  test('ListMembers shows only Enabled ones unless asked for all', () => {
    const { hub } = bed({ members: [A, { accountId: B, status: 'Removed' }] });
    const list = (input: object) => hub.listMembers(ADMINISTRATOR, REGION, input).Members.map((each) => each.AccountId);
    expect(list({})).toEqual([A]);
    expect(list({ OnlyAssociated: true })).toEqual([A]);
    expect(list({ OnlyAssociated: false })).toEqual([A, B]);
  });

  test('ListMembers has pages of at most 50 and takes only its own tokens', () => {
    const { hub } = bed({ accounts: 120, members: memberAccounts(120) });
    const ids: string[] = [];
    const sizes: number[] = [];
    let token: string | undefined;
    do {
      const { Members, NextToken } = hub.listMembers(ADMINISTRATOR, REGION, { NextToken: token });
      ids.push(...Members.map((each) => each.AccountId));
      sizes.push(Members.length);
      token = NextToken;
    } while (token !== undefined);
    expect([ids, sizes]).toEqual([memberAccounts(120), [50, 50, 20]]);
    const { NextToken } = hub.listMembers(ADMINISTRATOR, REGION, { MaxResults: 1 });
    expect(refused(() => hub.listMembers(ADMINISTRATOR, REGION, { NextToken, OnlyAssociated: false }))).toBe('InvalidInputException 400');
    expect(refused(() => hub.listMembers(ADMINISTRATOR, REGION, { NextToken: 'x' }))).toBe('InvalidInputException 400');
    expect(refused(() => hub.listMembers(ADMINISTRATOR, REGION, { MaxResults: 51 }))).toBe('InvalidInputException 400');
    expect(refused(() => hub.listMembers(ADMINISTRATOR, REGION, { MaxResults: 0 }))).toBe('InvalidInputException 400');
  });

  test('S8, R09: statuses can be written otherwise', () => {
    const { shown } = bed({ members: [A], securityHub: { statusName: (status) => status.toUpperCase() } });
    expect(shown(A)).toBe('ENABLED');
  });

  test('the wording of refusals can change', () => {
    const { create } = bed({ members: [A], securityHub: { wording: 'opaque' } });
    expect(create(A)[0].ProcessingResult).not.toMatch(/already/);
  });

  test('S11: Regions know nothing of each other', () => {
    const { create, hub, status } = bed({ regions: ['us-east-1', 'eu-west-1'] });
    create(A);
    expect(status(A)).toBe('Enabled');
    expect(hub.members(SECURITY_ACCOUNT, 'eu-west-1').size).toBe(0);
    expect(hub.getMembers(ADMINISTRATOR, 'eu-west-1', { AccountIds: [A] }).Members).toEqual([]);
  });
});

describe('who may', () => {
  const calls = (b: ReturnType<typeof bed>, caller = ADMINISTRATOR, region = REGION) => ({
    create: refused(() => b.hub.createMembers(caller, region, { AccountDetails: [{ AccountId: A }] })),
    get: refused(() => b.hub.getMembers(caller, region, { AccountIds: [A] })),
    disassociate: refused(() => b.hub.disassociateMembers(caller, region, { AccountIds: [A] })),
    configuration: refused(() => b.hub.describeOrganizationConfiguration(caller, region)),
  });
  const all = (what: string) => ({ create: what, get: what, disassociate: what, configuration: what });

  test('S3: nobody whose hub is off', () => {
    const b = bed();
    expect(calls(b, ADMINISTRATOR, 'ap-south-1')).toEqual(all('InvalidAccessException 401'));
    b.hub.disableHub(REGION, SECURITY_ACCOUNT);
    expect(calls(b)).toEqual(all('InvalidAccessException 401'));
  });

  test('S12: no other account of the organization', () => {
    expect(calls(bed({ hubs: 'all' }), member(3))).toEqual(all('InvalidAccessException 401'));
  });

  test('S12, W2: or with AccessDenied where the operation declares it', () => {
    expect(calls(bed({ hubs: 'all', unknowns: { notAdministrator: 'accessDenied' } }), member(3))).toEqual({
      create: 'AccessDeniedException 403',
      get: 'InvalidAccessException 401',
      disassociate: 'AccessDeniedException 403',
      configuration: 'InvalidAccessException 401',
    });
  });

  test('S12: or reads that show nobody', () => {
    const { hub } = bed({ hubs: 'all', members: [A], unknowns: { readsOfNonAdministrator: 'empty' } });
    expect(hub.getMembers(member(3), REGION, { AccountIds: [A] }).Members).toEqual([]);
    expect(hub.listMembers(member(3), REGION, {}).Members).toEqual([]);
  });

  test('R20: a new administrator is not known for a while', () => {
    const b = bed({ unknowns: { delegationSettlesAfter: 10_000 } });
    b.hub.delegate(memberAccount(5), REGION);
    expect(calls(b, member(5)).create).toBe('InvalidAccessException 401');
    b.clock.advance(10_000);
    expect(calls(b, member(5))).toEqual(all('nothing'));
  });

  test('when the administrator moves, the old one has no organization members and the new one none yet', () => {
    const { hub, read } = bed({ members: [A, OUTSIDE], unknowns: { delegationSettlesAfter: 0, readsOfNonAdministrator: 'empty' } });
    hub.delegate(memberAccount(5), REGION);
    expect(read(A, OUTSIDE).Members).toEqual([]);
    expect(refused(() => hub.createMembers(ADMINISTRATOR, REGION, { AccountDetails: [{ AccountId: A }] }))).toBe('InvalidAccessException 401');
    expect(hub.members(SECURITY_ACCOUNT, REGION).has(A)).toBe(false);
    const added = hub.createMembers(member(5), REGION, { AccountDetails: [{ AccountId: A }] });
    expect(added).toEqual({ UnprocessedAccounts: [] });
  });

  test('an account in no organization administers by invitation', () => {
    const { hub } = bed({ hubs: [OUTSIDE] });
    const added = hub.createMembers(outsider(1), REGION, { AccountDetails: [{ AccountId: A }] });
    expect(added).toEqual({ UnprocessedAccounts: [] });
    expect(hub.members(OUTSIDE, REGION).get(A)).toMatchObject({ status: 'Created', inOrganization: false });
  });
});

describe('central configuration', () => {
  const central = (unknowns = {}, selfManaged: string[] = []) =>
    bed({ members: [A], administrator: { configuration: 'CENTRAL', selfManaged }, unknowns });

  test('T10: shows', () => {
    expect(central().hub.describeOrganizationConfiguration(ADMINISTRATOR, REGION)).toEqual({
      AutoEnable: false,
      MemberAccountLimitReached: false,
      AutoEnableStandards: 'NONE',
      OrganizationConfiguration: { ConfigurationType: 'CENTRAL', Status: 'ENABLED' },
    });
  });

  test('CreateMembers is denied, not processed, or works', () => {
    const denied = central({ createMembersUnderCentral: 'accessDenied' });
    expect(refused(() => denied.create(B))).toBe('AccessDeniedException 403');
    expect(central({ createMembersUnderCentral: 'unprocessed' }).create(B)).toEqual([{ AccountId: B, ProcessingResult: text('central') }]);
    expect(central({ createMembersUnderCentral: 'accepted' }).create(B)).toEqual([]);
  });

  test('DisassociateMembers is denied, has no effect, or works', () => {
    const denied = central({ disassociateUnderCentral: 'accessDenied' });
    expect(refused(() => denied.disassociate(A))).toBe('AccessDeniedException 403');
    const without = central({ disassociateUnderCentral: 'noEffect' });
    expect([without.disassociate(A), without.status(A)]).toEqual([{}, 'Enabled']);
    const works = central({ disassociateUnderCentral: 'works' });
    expect([works.disassociate(A), works.status(A)]).toEqual([{}, 'Removed']);
  });

  test('self-managed accounts are as under local configuration, or not', () => {
    expect(central({}, [B]).create(B)).toEqual([]);
    expect(refused(() => central({ selfManagedUnderCentral: 'asGoverned' }, [B]).create(B))).toBe('AccessDeniedException 403');
  });

  test('outside accounts are not governed', () => {
    expect(central().create(OUTSIDE)).toEqual([]);
  });

  test('auto-enable cannot be switched on', () => {
    const { hub } = central();
    const update = (input: object) => refused(() => hub.updateOrganizationConfiguration(ADMINISTRATOR, REGION, input));
    expect(update({ AutoEnable: true })).toBe('InvalidInputException 400');
    expect(update({ AutoEnable: false, AutoEnableStandards: 'DEFAULT' })).toBe('InvalidInputException 400');
    expect(update({})).toBe('InvalidInputException 400');
    expect(update({ AutoEnable: true, OrganizationConfiguration: { ConfigurationType: 'LOCAL' } })).toBe('nothing');
  });

  test('is switched on and off from outside', () => {
    const { hub, create } = bed();
    hub.setCentralConfiguration(REGION, SECURITY_ACCOUNT, true);
    expect(refused(() => create(A))).toBe('AccessDeniedException 403');
    hub.setCentralConfiguration(REGION, SECURITY_ACCOUNT, false);
    expect(create(A)).toEqual([]);
  });
});

describe('designation of the administrator', () => {
  test('T09: by the management account alone, of an account of the organization', () => {
    const { hub } = bed();
    const enable = (caller: typeof MANAGEMENT, AdminAccountId: unknown, more = {}) =>
      refused(() => hub.enableOrganizationAdminAccount(caller, 'eu-west-1', { AdminAccountId, ...more }));
    expect(enable(member(1), A)).toBe('AccessDeniedException 403');
    expect(enable(outsider(1), A)).toBe('AccessDeniedException 403');
    expect(enable(MANAGEMENT, OUTSIDE)).toBe('InvalidInputException 400');
    expect(enable(MANAGEMENT, MANAGEMENT_ACCOUNT)).toBe('InvalidInputException 400');
    expect(enable(MANAGEMENT, undefined)).toBe('InvalidInputException 400');
    expect(enable(MANAGEMENT, A, { Feature: 'SecurityHubV2' })).toBe('InvalidInputException 400');
    expect(enable(MANAGEMENT, A)).toBe('nothing');
    expect(enable(MANAGEMENT, A)).toBe('nothing');
    expect(enable(MANAGEMENT, B)).toBe('InvalidInputException 400');
    expect(hub.listOrganizationAdminAccounts(MANAGEMENT, 'eu-west-1', {}).AdminAccounts).toEqual([{ AccountId: A, Status: 'ENABLED' }]);
    expect(refused(() => hub.listOrganizationAdminAccounts(member(1), 'eu-west-1', {}))).toBe('InvalidAccessException 401');
    expect(hub.hub(A, 'eu-west-1')).toBeDefined();
  });

  test('ends with its members, and in Organizations with the last Region', () => {
    const { hub, organizations } = bed({ members: [A], regions: ['us-east-1', 'eu-west-1'] });
    const delegated = () => organizations.listDelegatedAdministrators(MANAGEMENT, {}).DelegatedAdministrators.length;
    const disable = (region: string) =>
      hub.disableOrganizationAdminAccount(MANAGEMENT, region, { AdminAccountId: SECURITY_ACCOUNT });
    disable('eu-west-1');
    expect([hub.members(SECURITY_ACCOUNT, REGION).size, delegated()]).toEqual([1, 1]);
    disable(REGION);
    expect([hub.members(SECURITY_ACCOUNT, REGION).size, delegated()]).toEqual([0, 0]);
    expect(refused(() => disable(REGION))).toBe('InvalidInputException 400');
  });
});

describe('hubs', () => {
  test('are described, switched on once and switched off', () => {
    const { hub } = bed();
    expect(refused(() => hub.describeHub(member(1), REGION, {}))).toBe('InvalidAccessException 401');
    hub.enableSecurityHub(member(1), REGION, {});
    expect(hub.describeHub(member(1), REGION, {})).toEqual({
      HubArn: `arn:aws:securityhub:us-east-1:${A}:hub/default`,
      SubscribedAt: '2026-01-01T00:00:00.000Z',
      AutoEnableControls: true,
      ControlFindingGenerator: 'SECURITY_CONTROL',
    });
    expect(refused(() => hub.describeHub(member(1), REGION, { HubArn: 'arn:other' }))).toBe('ResourceNotFoundException 404');
    expect(refused(() => hub.enableSecurityHub(member(1), REGION, {}))).toBe('ResourceConflictException 409');
    hub.disableSecurityHub(member(1), REGION);
    expect(refused(() => hub.disableSecurityHub(member(1), REGION))).toBe('InvalidAccessException 401');
  });

  test('an administrator cannot switch its own off; out of band all associations go', () => {
    const { hub } = bed({ members: [A] });
    expect(refused(() => hub.disableSecurityHub(ADMINISTRATOR, REGION))).toBe('InvalidAccessException 401');
    hub.disableHub(REGION, SECURITY_ACCOUNT);
    hub.enableHub(REGION, SECURITY_ACCOUNT);
    expect(hub.members(SECURITY_ACCOUNT, REGION).size).toBe(0);
    expect(hub.hub(A, REGION)).toBeDefined();
  });

  test('a member that switches its own off is no member any more', () => {
    const { hub, status } = bed({ members: [A] });
    hub.disableSecurityHub(member(1), REGION);
    expect(status(A)).toBeUndefined();
  });
});

describe('what happens to accounts', () => {
  test('L26: a member that leaves the organization is Deleted; its hub stays on', () => {
    const { organizations, hub, status, create } = bed({ members: [A] });
    organizations.leave(A);
    expect(status(A)).toBe('Deleted');
    expect(hub.hub(A, REGION)).toBeDefined();
    expect(create(A)).toEqual([]);
    expect(hub.members(SECURITY_ACCOUNT, REGION).get(A)).toMatchObject({ status: 'Created', inOrganization: false });
  });

  test('L26: a closed account is no member any more', () => {
    const { organizations, status } = bed({ members: [A] });
    organizations.close(A);
    expect(status(A)).toBeUndefined();
  });

  test('a suspended member stays Enabled; one on its way does not get there', () => {
    const { organizations, create, clock, status } = bed({ members: [A], unknowns: { createdFor: 5_000 } });
    create(B);
    organizations.suspend(A);
    organizations.suspend(B);
    clock.advance(10_000);
    expect([status(A), status(B)]).toEqual(['Enabled', 'AccountSuspended']);
    organizations.reactivate(B);
    clock.advance(10_000);
    expect(status(B)).toBe('AccountSuspended');
    expect(create(B)).toEqual([]);
    clock.advance(5_000);
    expect(status(B)).toBe('Enabled');
  });

  test('whoever joins becomes a member by itself where auto-enable is on', () => {
    const on = bed({ administrator: { autoEnable: true } });
    on.organizations.join(OUTSIDE);
    expect(on.hub.members(SECURITY_ACCOUNT, REGION).get(OUTSIDE)).toMatchObject({ status: 'Enabled', addedBy: 'autoEnable' });
    const off = bed();
    off.organizations.join(OUTSIDE);
    expect(off.status(OUTSIDE)).toBeUndefined();
  });

  test('S10: a member resigns out of band', () => {
    const { hub, status } = bed({ members: [A] });
    hub.resign(REGION, A);
    expect(status(A)).toBe('Resigned');
  });
});

describe('throttling', () => {
  test('L16: 10 calls a second and bursts of 30 for each account, Region and operation', () => {
    const { hub, clock, read } = bed({ securityHub: { throttling: undefined }, regions: ['us-east-1', 'eu-west-1'] });
    const burst = (n: number) => Array.from({ length: n }, () => refused(() => read(A))).filter((each) => each !== 'nothing');
    expect(burst(30)).toEqual([]);
    expect(burst(2)).toEqual(['LimitExceededException 429', 'LimitExceededException 429']);
    expect(refused(() => hub.listMembers(ADMINISTRATOR, REGION, {}))).toBe('nothing');
    expect(refused(() => hub.getMembers(ADMINISTRATOR, 'eu-west-1', { AccountIds: [A] }))).toBe('nothing');
    clock.advance(1_000);
    expect(burst(11)).toEqual(['LimitExceededException 429']);
  });
});

describe('what tests look at', () => {
  test('who added a member, by which call, and when', () => {
    const { create, hub, clock } = bed({ members: [A] });
    clock.advance(60_000);
    create(B);
    hub.addMember(REGION, SECURITY_ACCOUNT, memberAccount(3), { email: 'c@example.org' });
    const members = hub.members(SECURITY_ACCOUNT, REGION);
    expect(members.get(A)).toMatchObject({ addedBy: 'preset', addedAt: -Infinity });
    expect(members.get(B)).toMatchObject({ addedBy: 'api', addedByArn: ADMINISTRATOR.arn, addedAt: clock.now() });
    expect(members.get(memberAccount(3))).toMatchObject({ addedBy: 'thirdParty', email: 'c@example.org', status: 'Enabled' });
  });

  test('every change, with its cause', () => {
    const { create, disassociate, hub, clock } = bed({ unknowns: { createdFor: 1_000 } });
    const start = clock.now();
    create(A);
    clock.advance(5_000);
    disassociate(A);
    hub.removeMember(REGION, SECURITY_ACCOUNT, A, 'delete');
    const common = { region: REGION, administratorId: SECURITY_ACCOUNT, accountId: A };
    const api = { by: 'api', callerArn: ADMINISTRATOR.arn };
    expect(hub.changes({ accountId: A })).toEqual([
      { ...common, ...api, at: start, from: undefined, to: 'Created', operation: 'CreateMembers' },
      { ...common, by: 'aws', at: start + 1_000, from: 'Created', to: 'Enabled', operation: 'enabled' },
      { ...common, ...api, at: start + 5_000, from: 'Enabled', to: 'Removed', operation: 'DisassociateMembers' },
      { ...common, by: 'thirdParty', at: start + 5_000, from: 'Removed', to: undefined, operation: 'removeMember' },
    ]);
    expect(hub.changes({ to: 'Removed' })).toHaveLength(1);
  });

  test('calls go through `call` by name, and unknown operations are told', async () => {
    const { hub } = bed();
    const caller = { accountId: SECURITY_ACCOUNT, accessKeyId: 'AKIA', arn: 'arn' };
    const call = (operation: string, input: object) => hub.call({ service: 'securityhub', operation, region: REGION, caller, input });
    await expect(call('CreateMembers', { AccountDetails: [{ AccountId: A }] })).resolves.toEqual({ UnprocessedAccounts: [] });
    await expect(call('BatchImportFindings', {})).rejects.toMatchObject({ code: 'UnknownOperationException' });
  });
});
