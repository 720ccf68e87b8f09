import { ADMINISTRATOR, Deployment, REGION, awsError, ids } from './bench';
import { WAYS_OUT } from '../../../lambda/runtime/reason';

const [A, B, C] = ids(3);
const outsiders = (...of: readonly string[]) => of.map((account) => `${account}=${account}@example.com`);

function member(deployment: Deployment, status: string, ...of: readonly string[]): void {
  for (const account of of) deployment.hub.members.set(account, status);
}

describe('the ordinary life', () => {
  test('T01, T05: created, and enabled; a second identical Create writes nothing', async () => {
    const deployment = new Deployment();
    const answer = await deployment.create({ Accounts: [A, B] });
    expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { LedgerTableName: 'Ledger' } });
    expect(answer.Reason).toBeUndefined();
    expect(deployment.hub.callsOf('CreateMembers')).toMatchObject([
      { accounts: [A, B], emails: [undefined, undefined] },
    ]);
    expect(deployment.hub.callsOf('InviteMembers')).toEqual([]);
    const again = await deployment.create({ Accounts: [A, B] });
    expect(again.Status).toBe('SUCCESS');
    expect(deployment.hub.writes()).toEqual(['CreateMembers 2']);
  });

  test('T04: an Update with nothing to change calls nothing that changes', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A, B] });
    expect((await deployment.update({ Accounts: [B, A] })).Status).toBe('SUCCESS');
    expect(deployment.hub.writes()).toEqual(['CreateMembers 2']);
  });

  test('S4: accounts outside the organization are created with their addresses, and invited', async () => {
    const deployment = new Deployment();
    deployment.hub.outside.add(A);
    expect((await deployment.create({ OutsideAccounts: outsiders(A) })).Status).toBe('SUCCESS');
    expect(deployment.hub.callsOf('CreateMembers')).toMatchObject([{ accounts: [A], emails: [`${A}@example.com`] }]);
    expect(deployment.hub.writes()).toEqual(['CreateMembers 1', 'InviteMembers 1']);
    expect(deployment.hub.members.get(A)).toBe('Invited');
    // a list of outsiders needs no word of the organization's configuration
    expect(deployment.hub.callsOf('DescribeOrganizationConfiguration')).toEqual([]);
  });

  test('both kinds of accounts in one list', async () => {
    const deployment = new Deployment();
    deployment.hub.outside.add(B);
    await deployment.create({ Accounts: [A], OutsideAccounts: outsiders(B) });
    expect(deployment.hub.writes()).toEqual(['CreateMembers 2', 'InviteMembers 1']);
    await deployment.delete({ Accounts: [A], OutsideAccounts: outsiders(B) });
    expect(deployment.hub.writes().slice(2)).toEqual([
      'DisassociateMembers 1',
      'DisassociateMembers 1',
      'DeleteMembers 1',
    ]);
    expect([...deployment.hub.members]).toEqual([[A, 'Removed']]);
  });

  test('T03: a created account outside is only invited', async () => {
    const deployment = new Deployment();
    deployment.hub.outside.add(A);
    member(deployment, 'Created', A);
    await deployment.create({ OutsideAccounts: outsiders(A) });
    expect(deployment.hub.writes()).toEqual(['InviteMembers 1']);
    // its record is not ours to delete
    await deployment.delete({ OutsideAccounts: outsiders(A) });
    expect(deployment.hub.members.get(A)).toBe('Invited');
  });

  test.each(['Removed', 'Resigned'])('S5, R22: an account outside that is %s is deleted, created and invited', async (status) => {
    const deployment = new Deployment();
    deployment.hub.outside.add(A);
    member(deployment, status, A);
    await deployment.create({ OutsideAccounts: outsiders(A) });
    expect(deployment.hub.writes()).toEqual(['DeleteMembers 1', 'CreateMembers 1', 'InviteMembers 1']);
  });

  test.each(['Removed', 'Resigned', 'Deleted'])('S5: an organization account that is %s is created', async (status) => {
    const deployment = new Deployment();
    member(deployment, status, A);
    expect((await deployment.create({ Accounts: [A] })).Status).toBe('SUCCESS');
    expect(deployment.hub.writes()).toEqual(['CreateMembers 1']);
  });

  test('S8: statuses in capitals', async () => {
    const deployment = new Deployment();
    member(deployment, 'ENABLED', A);
    expect((await deployment.create({ Accounts: [A] })).Status).toBe('SUCCESS');
    expect(deployment.hub.writes()).toEqual([]);
  });

  test('R09: a status that nobody knows is reported and not touched', async () => {
    const deployment = new Deployment();
    member(deployment, 'Hibernating', A);
    const answer = await deployment.create({ Accounts: [A, B] });
    expect([answer.Status, answer.Reason]).toEqual([
      'FAILED',
      `1 of 2 accounts could not be made members in ${REGION}: ${A} ` +
        "(AWS reports member status 'Hibernating', which this release does not know)",
    ]);
    expect(deployment.hub.writes()).toEqual(['CreateMembers 1']);
    expect(deployment.hub.members.get(A)).toBe('Hibernating');
  });

  test('S9: another address changes nothing', async () => {
    const deployment = new Deployment();
    deployment.hub.outside.add(A);
    await deployment.create({ OutsideAccounts: [`${A}=one@example.com`] });
    const writes = deployment.hub.writes().length;
    expect((await deployment.update({ OutsideAccounts: [`${A}=two@example.com`] })).Status).toBe('SUCCESS');
    expect(deployment.hub.writes()).toHaveLength(writes);
  });

  test('T02, T35: a member that vanished is added again by an Update, and missed by nobody on Delete', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A, B] });
    deployment.hub.members.delete(A);
    await deployment.update({ Accounts: [A, B], Revision: '2' });
    expect(deployment.hub.writes()).toEqual(['CreateMembers 2', 'CreateMembers 1']);
    deployment.hub.members.delete(A);
    expect((await deployment.delete({ Accounts: [A, B] })).Status).toBe('SUCCESS');
  });

  test('R08: the physical id is the same whatever the list', async () => {
    const deployment = new Deployment();
    const ofCreate = (await deployment.create({ Accounts: [A] })).PhysicalResourceId;
    expect((await deployment.update({ Accounts: [B] })).PhysicalResourceId).toBe(ofCreate);
    expect((await deployment.delete({ Accounts: [B] })).PhysicalResourceId).toBe(ofCreate);
    expect(ofCreate).toMatch(/^security-hub-members-Members-[0-9a-f]{16}$/);
    expect((await new Deployment().create({ Accounts: [A] })).PhysicalResourceId).toBe(ofCreate);
    const other = await new Deployment().create({ Accounts: [A] }, { logicalId: 'Others' });
    expect(other.PhysicalResourceId).not.toBe(ofCreate);
  });

  test.each([1, 50, 51, 120, 1000])('S1: %i accounts cost at most 3⌈N/50⌉+2 calls to add and 2⌈N/50⌉ to remove', async (count) => {
    const deployment = new Deployment();
    const chunks = Math.ceil(count / 50);
    await deployment.create({ Accounts: ids(count) });
    expect(deployment.hub.calls.length).toBeLessThanOrEqual(3 * chunks + 2);
    expect(deployment.hub.callsOf('CreateMembers')).toHaveLength(chunks);
    const calls = deployment.hub.calls.length;
    await deployment.update({ Accounts: ids(count), Revision: '2' });
    expect(deployment.hub.calls.slice(calls).map(({ operation }) => operation)).toEqual(
      new Array(chunks).fill('GetMembers'),
    );
    const before = deployment.hub.calls.length;
    expect((await deployment.delete({ Accounts: ids(count) })).Status).toBe('SUCCESS');
    expect(deployment.hub.calls.length - before).toBeLessThanOrEqual(2 * chunks);
  });
});

describe('what has to be there', () => {
  test('the administrator has lost its access, but its members still show: the removal is tried twice, not account by account', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: ids(50) });
    deployment.hub.breaks('DisassociateMembers', 'InvalidAccessException');
    const answer = await deployment.delete({ Accounts: ids(50) });
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain('50 accounts could not be removed');
    expect(deployment.hub.writes()).toEqual(['CreateMembers 50', 'DisassociateMembers 50', 'DisassociateMembers 50']);
  });

  test('an account that Security Hub does not find, although it shows it, does not keep the others', async () => {
    const deployment = new Deployment();
    const { hub } = deployment;
    await deployment.create({ Accounts: [A, B, C] });
    hub.faults.DisassociateMembers = ({ accounts }) => (accounts.includes(B) ? awsError('ResourceNotFoundException') : undefined);
    const answer = await deployment.delete({ Accounts: [A, B, C] });
    expect(answer.Reason).toContain(`1 account could not be removed in ${REGION}: ${B} (`);
    expect([hub.members.get(A), hub.members.get(C)]).toEqual(['Removed', 'Removed']);
  });

  test('S3: the hub is off', async () => {
    const deployment = new Deployment();
    const refused = awsError('InvalidAccessException', `Account ${ADMINISTRATOR} is not subscribed to AWS Security Hub`);
    deployment.hub.breaks('GetMembers', refused);
    deployment.hub.breaks('DescribeHub', refused);
    const { Status, Reason } = await deployment.create({ Accounts: [A] });
    expect([Status, Reason]).toEqual([
      'FAILED',
      `Security Hub is not enabled in account ${ADMINISTRATOR} in ${REGION}: enable it there (AWS::SecurityHub::Hub) and ` +
        `deploy again; AWS said InvalidAccessException: Account ${ADMINISTRATOR} is not subscribed to AWS Security Hub ` +
        `(request id r-1); not settled: ${A}`,
    ]);
    expect(deployment.hub.writes()).toEqual([]);
  });

  test('S12, R20, T19: not an administrator yet, then one: Create waits for it', async () => {
    const deployment = new Deployment();
    const delegated = deployment.platform.now() + 60_000 + 90_000;
    const notYet = () =>
      deployment.platform.now() < delegated ? awsError('InvalidAccessException', 'not an administrator') : undefined;
    deployment.hub.faults.GetMembers = notYet;
    deployment.hub.faults.DescribeOrganizationConfiguration = notYet;
    expect((await deployment.create({ Accounts: [A] })).Status).toBe('SUCCESS');
  });

  test('S12, R20: never an administrator: Create gives up after two minutes, an Update at once', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A] });
    for (const operation of ['GetMembers', 'DescribeOrganizationConfiguration', 'CreateMembers'] as const) {
      deployment.hub.breaks(operation, awsError('InvalidAccessException', 'not an administrator'));
    }
    const began = deployment.platform.now();
    const { Reason } = await deployment.update({ Accounts: [A, B] });
    expect(deployment.platform.now() - began).toBeLessThan(70_000);
    expect(Reason).toContain(
      `account ${ADMINISTRATOR} is not the Security Hub administrator in ${REGION}: delegate it from the management account`,
    );
  });

  test('the administrator moved: nothing is left to remove, and the Delete succeeds', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A] });
    for (const operation of ['GetMembers', 'DisassociateMembers'] as const) {
      deployment.hub.breaks(operation, 'InvalidAccessException');
    }
    expect((await deployment.delete({ Accounts: [A] })).Status).toBe('SUCCESS');
  });

  test('central configuration, and an account to add', async () => {
    const deployment = new Deployment();
    deployment.hub.configuration = { central: true, memberLimitReached: false };
    const { Status, Reason } = await deployment.create({ Accounts: ids(5) });
    expect([Status, Reason]).toEqual([
      'FAILED',
      `central configuration is on in ${REGION}, so configuration policies decide who is a member: associate a policy that ` +
        `turns Security Hub on with account ${ids(3).join(', ')} and 2 more, or turn central configuration off; ` +
        `not settled: ${ids(5).join(', ')}`,
    ]);
    expect(deployment.hub.writes()).toEqual([]);
  });

  test('T10, L26: central configuration, and all are members already', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A] });
    deployment.hub.configuration = { central: true, memberLimitReached: false };
    member(deployment, 'Enabled', B);
    expect((await deployment.update({ Accounts: [A, B] })).Status).toBe('SUCCESS');
  });

  test('L26: central configuration keeps its members: Delete lets go, says so and succeeds', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A] });
    deployment.hub.configuration = { central: true, memberLimitReached: false };
    deployment.hub.breaks('DisassociateMembers', 'AccessDeniedException');
    const { Status, Reason } = await deployment.delete({ Accounts: [A] });
    expect(Status).toBe('SUCCESS');
    expect(Reason).toContain(`${A} (central configuration is on: its policies decide who is a member)`);
    expect(deployment.hub.members.get(A)).toBe('Enabled');
  });

  test('accounts outside do not mind central configuration', async () => {
    const deployment = new Deployment();
    deployment.hub.configuration = { central: true, memberLimitReached: false };
    deployment.hub.outside.add(A);
    expect((await deployment.create({ OutsideAccounts: outsiders(A) })).Status).toBe('SUCCESS');
  });

  test('the quota is reached', async () => {
    const deployment = new Deployment();
    deployment.hub.configuration = { central: false, memberLimitReached: true };
    const { Status, Reason } = await deployment.create({ Accounts: [A] });
    expect([Status, Reason]).toEqual([
      'FAILED',
      `administrator ${ADMINISTRATOR} has as many members in ${REGION} as Security Hub allows (10,000): ` +
        `remove members first; not settled: ${A}`,
    ]);
    expect(deployment.hub.writes()).toEqual([]);
  });

  /** Room for so many members; a call that asks for more is refused whole. */
  function withRoomFor(members: number): Deployment {
    const deployment = new Deployment();
    const { hub } = deployment;
    hub.faults.CreateMembers = ({ accounts }) =>
      hub.members.size + accounts.length > members ? awsError('LimitExceededException', 'too many members') : undefined;
    hub.faults.DescribeOrganizationConfiguration = () => {
      hub.configuration = { central: false, memberLimitReached: hub.members.size >= members };
      return undefined;
    };
    return deployment;
  }

  const QUOTA = `administrator ${ADMINISTRATOR} has as many members in ${REGION} as Security Hub allows (10,000): remove members first`;

  test('the quota is reached in the middle: who fits in joins, and the others are told what to do', async () => {
    const deployment = withRoomFor(60);
    const began = deployment.platform.now();
    const { Status, Reason } = await deployment.create({ Accounts: ids(70) });
    expect(Status).toBe('FAILED');
    expect(Reason).toContain('10 of 70 accounts could not be made members');
    expect(Reason).toContain(`LimitExceededException: too many members (request id r-1); ${QUOTA}`);
    expect(deployment.hub.members.size).toBe(60);
    expect(deployment.platform.now() - began).toBeLessThan(180_000);
  });

  test('the quota is reached, and AWS names accounts that it did not process', async () => {
    const deployment = withRoomFor(1);
    deployment.hub.faults.CreateMembers = undefined;
    deployment.hub.unprocessed.CreateMembers = new Map([[B, 'the maximum number of members']]);
    expect((await deployment.create({ Accounts: [A, B] })).Reason).toBe(
      `1 of 2 accounts could not be made members in ${REGION}: ${B} (CreateMembers: AWS said: the maximum number of members; ${QUOTA})`,
    );
  });

  test('a limit of which nobody can tell whether it is the quota is told as it is', async () => {
    const deployment = withRoomFor(0);
    deployment.hub.faults.DescribeOrganizationConfiguration = ({ at }) =>
      at > deployment.platform.now() - 1 && deployment.hub.callsOf('CreateMembers').length > 0
        ? awsError('AccessDeniedException')
        : undefined;
    expect((await deployment.create({ Accounts: [A] })).Reason).toContain('a rate or a quota is used up');
  });

  test.each(['GetMembers', 'CreateMembers', 'DisassociateMembers'] as const)('R13: no permission for %s', async (operation) => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A] });
    const words = `User: arn:aws:sts::${ADMINISTRATOR}:assumed-role/Handler/x is not authorized to perform: securityhub:${operation}`;
    deployment.hub.breaks(operation, awsError('AccessDeniedException', words));
    const began = deployment.platform.now();
    const { Reason } = await deployment.update({ Accounts: [B] });
    expect(Reason).toContain(`AccessDeniedException: ${words} (request id r-1)`);
    expect(deployment.platform.now() - began).toBeLessThan(75_000);
  });
});

describe('accounts that AWS does not take', () => {
  function refuse(deployment: Deployment, words: string, ...of: readonly string[]) {
    deployment.hub.unprocessed.CreateMembers = new Map(of.map((account) => [account, words]));
  }

  test('S2: HTTP 200 with a refusal fails, with account and words', async () => {
    const deployment = new Deployment();
    refuse(deployment, 'already an associated member of another administrator account', B);
    const { Status, Reason } = await deployment.create({ Accounts: [A, B] });
    expect([Status, Reason]).toEqual([
      'FAILED',
      `1 of 2 accounts could not be made members in ${REGION}: ${B} ` +
        '(CreateMembers: AWS said: already an associated member of another administrator account; correct the cause, or allow for it with failureTolerance)',
    ]);
    expect(deployment.hub.members.get(A)).toBe('Enabled');
  });

  test('R01: a refusal without words', async () => {
    const deployment = new Deployment();
    refuse(deployment, '', A);
    expect((await deployment.create({ Accounts: [A] })).Reason).toBe(
      `1 of 1 account could not be made members in ${REGION}: ${A} (CreateMembers: AWS did not process the account and gave no reason; correct the cause, or allow for it with failureTolerance)`,
    );
  });

  test('S2: "already a member" is a success where a read agrees, whatever the words', async () => {
    const deployment = new Deployment();
    deployment.hub.unprocessed.CreateMembers = new Map([[A, 'any words at all']]);
    deployment.hub.faults.CreateMembers = () => {
      member(deployment, 'Enabled', A);
      return undefined;
    };
    expect(await deployment.create({ Accounts: [A] })).toMatchObject({ Status: 'SUCCESS' });
    // somebody else added it
    expect((await deployment.delete({ Accounts: [A] })).Status).toBe('SUCCESS');
    expect(deployment.hub.members.get(A)).toBe('Enabled');
  });

  test.each(['SUSPENDED', 'PENDING_CLOSURE'])('R12: an account that is %s is skipped and named, the others join', async (state) => {
    const deployment = new Deployment();
    refuse(deployment, 'cannot be a member', A);
    deployment.hub.organization.set(A, { state, isManagementAccount: false });
    const { Status, Reason } = await deployment.create({ Accounts: [A, B] });
    expect([Status, Reason]).toEqual(['SUCCESS', `skipped: ${A} (the account is ${state} in AWS Organizations; CreateMembers: AWS said: cannot be a member)`]);
    expect(deployment.hub.members.get(B)).toBe('Enabled');
  });

  test('R12: suspended accounts that Security Hub lists are not called for', async () => {
    const deployment = new Deployment();
    member(deployment, 'AccountSuspended', A);
    const { Status, Reason } = await deployment.create({ Accounts: [A, B] });
    expect([Status, Reason]).toEqual([
      'SUCCESS',
      `skipped: ${A} (suspended: AWS reports member status 'AccountSuspended')`,
    ]);
    expect(deployment.hub.callsOf('CreateMembers')).toMatchObject([{ accounts: [B] }]);
  });

  test('S13: the management account without a hub is skipped, with the cure', async () => {
    const deployment = new Deployment();
    refuse(deployment, 'not subscribed', A);
    deployment.hub.organization.set(A, { state: 'ACTIVE', isManagementAccount: true });
    const { Status, Reason } = await deployment.create({ Accounts: [A] });
    expect([Status, Reason]).toEqual([
      'SUCCESS',
      `skipped: ${A} (it is the management account: turn Security Hub on there first, AWS does not do it; CreateMembers: AWS said: not subscribed)`,
    ]);
  });

  test('where Organizations cannot be read, a refusal stays one', async () => {
    const deployment = new Deployment();
    refuse(deployment, 'no', A);
    deployment.hub.organization.set(A, { state: 'SUSPENDED', isManagementAccount: false });
    deployment.hub.breaks('DescribeAccount', 'AccessDeniedException');
    expect((await deployment.create({ Accounts: [A] })).Reason).toContain(`${A} (CreateMembers: AWS said: no; correct the cause, or allow for it with failureTolerance)`);
  });

  test('T37: the administrator itself is skipped, without a call', async () => {
    const deployment = new Deployment();
    const { Status, Reason } = await deployment.create({ Accounts: [ADMINISTRATOR, A] });
    expect([Status, Reason]).toEqual([
      'SUCCESS',
      `skipped: ${ADMINISTRATOR} (it is the administrator itself, which cannot be its own member)`,
    ]);
    expect(deployment.hub.calls.every(({ accounts }) => !accounts.includes(ADMINISTRATOR))).toBe(true);
  });

  test('R03: the bad account is in chunk 3 of 5', async () => {
    const deployment = new Deployment();
    const bad = ids(250)[120];
    refuse(deployment, 'no', bad);
    const { Reason } = await deployment.create({ Accounts: ids(250) });
    expect(Reason).toBe(`1 of 250 accounts could not be made members in ${REGION}: ${bad} (CreateMembers: AWS said: no; correct the cause, or allow for it with failureTolerance)`);
    expect(deployment.hub.callsOf('CreateMembers')).toHaveLength(5);
    expect(deployment.hub.members.size).toBe(249);
  });

  test('no address is in a reason, a log line or an answer', async () => {
    const deployment = new Deployment();
    deployment.hub.outside.add(A);
    refuse(deployment, `the address ${A}@example.com is used by another account`, A);
    const answer = await deployment.create({ OutsideAccounts: outsiders(A) });
    expect(answer.Reason).toContain('the address (e-mail address) is used by another account');
    expect(JSON.stringify([answer, deployment.platform.lines, deployment.table.all()])).not.toContain('@example.com');
  });
});

describe('properties', () => {
  test('P5, R30: repeats, blanks, leading zeros, a list of one, texts for numbers', async () => {
    const deployment = new Deployment();
    const zeros = '000000000042';
    const answer = await deployment.create({
      Accounts: [` ${zeros} `, zeros, `${A},${B}`],
      Wait: '5',
      FailureTolerance: 'accounts:1',
      Unheard: 'of',
    });
    expect(answer.Status).toBe('SUCCESS');
    expect(deployment.hub.callsOf('CreateMembers')).toMatchObject([{ accounts: [zeros, A, B] }]);
    expect((await new Deployment().create({ Accounts: A })).Status).toBe('SUCCESS');
  });

  test.each([
    ['a word that is no id', { Accounts: ['12345'] }, '\'accounts\' holds "12345", which is no account id: give 12 digits'],
    ['a number', { Accounts: [123456789012] }, "'accounts' holds 123456789012: give text"],
    ['nothing', {}, "'accounts' is empty: name at least one account, or remove the resource"],
    ['an empty text', { Accounts: '' }, "'accounts' is empty: name at least one account, or remove the resource"],
    ['an account without an address', { OutsideAccounts: [A] }, `'accounts' holds no usable e-mail address for account ${A}`],
    [
      'an address for an id',
      { OutsideAccounts: ['a@example.com=b'] },
      "'accounts' holds \"(an e-mail address)\", which is no account id: give 12 digits",
    ],
    [
      'two addresses',
      { OutsideAccounts: [`${A}=a@example.com`, `${A}=b@example.com`] },
      `'accounts' names account ${A} with two different e-mail addresses`,
    ],
    [
      'both kinds',
      { Accounts: [A], OutsideAccounts: outsiders(A) },
      `'accounts' names account ${A} both as an organization account and as an outside one`,
    ],
    [
      'a share',
      { Accounts: [A], RemovalLimit: 'many' },
      "'removalLimit' is \"many\", which is none of 'none', 'all', 'accounts:<number>' and 'percentage:<0 to 100>'",
    ],
    ['seconds', { Accounts: [A], Wait: 'long' }, '\'wait\' is "long": give whole seconds'],
    [
      'a word',
      { Accounts: [A], Dropped: 'forget' },
      "'dropped' is \"forget\": give one of 'remove', 'release'",
    ],
  ])('K4: a token resolves to %s', async (_name, properties, reason) => {
    const deployment = new Deployment();
    const { Status, Reason } = await deployment.create(properties);
    expect([Status, Reason]).toEqual(['FAILED', reason]);
    expect(deployment.hub.calls).toEqual([]);
    // and the resource can be deleted again, with the same properties (R31)
    const deleted = await deployment.delete(properties);
    expect([deleted.Status, deleted.Reason]).toEqual(['SUCCESS', undefined]);
    expect(deployment.hub.calls).toEqual([]);
  });

  test('a Delete with properties that cannot be read removes what is ours', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A] });
    expect((await deployment.delete({ Accounts: ['not an id'] })).Status).toBe('SUCCESS');
    expect(deployment.hub.members.get(A)).toBe('Removed');
  });

  test('a Delete with properties that cannot be read removes accounts outside in their own way', async () => {
    const deployment = new Deployment();
    deployment.hub.outside.add(A);
    await deployment.create({ OutsideAccounts: outsiders(A) });
    expect((await deployment.delete({})).Status).toBe('SUCCESS');
    expect(deployment.hub.writes().slice(2)).toEqual(['DisassociateMembers 1', 'DeleteMembers 1']);
  });
});

describe('Delete', () => {
  test('R31, D6: of something that never was: nothing is called', async () => {
    const deployment = new Deployment();
    member(deployment, 'Enabled', A);
    const answer = await deployment.delete({ Accounts: [A] }, { physicalId: 'made-up-by-cloudformation' });
    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'made-up-by-cloudformation' });
    expect(deployment.hub.calls).toEqual([]);
  });

  test('S7, R32: members before us stay, and so does everybody else', async () => {
    const deployment = new Deployment();
    member(deployment, 'Enabled', A, C);
    await deployment.create({ Accounts: [A, B] });
    await deployment.delete({ Accounts: [A, B] });
    expect([...deployment.hub.members]).toEqual([
      [A, 'Enabled'],
      [C, 'Enabled'],
      [B, 'Removed'],
    ]);
    expect(deployment.hub.callsOf('DisassociateMembers')).toMatchObject([{ accounts: [B] }]);
  });

  test('R05: after a Create that failed half-way, only what it added is undone', async () => {
    const deployment = new Deployment();
    member(deployment, 'Enabled', A);
    deployment.hub.unprocessed.CreateMembers = new Map([[C, 'no']]);
    expect((await deployment.create({ Accounts: [A, B, C] })).Status).toBe('FAILED');
    expect((await deployment.delete({ Accounts: [A, B, C] })).Status).toBe('SUCCESS');
    expect([...deployment.hub.members]).toEqual([
      [A, 'Enabled'],
      [B, 'Removed'],
    ]);
  });

  test('S6: an account of ours that is gone already', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A] });
    deployment.hub.members.clear();
    deployment.hub.breaks('DisassociateMembers', 'ResourceNotFoundException');
    expect((await deployment.delete({ Accounts: [A] })).Status).toBe('SUCCESS');
  });

  test('S6: an account outside that is gone already, and not processed', async () => {
    const deployment = new Deployment();
    deployment.hub.outside.add(A);
    await deployment.create({ OutsideAccounts: outsiders(A) });
    deployment.hub.members.clear();
    deployment.hub.unprocessed.DeleteMembers = new Map([[A, 'is not a member']]);
    expect((await deployment.delete({ OutsideAccounts: outsiders(A) })).Status).toBe('SUCCESS');
  });

  test('L26: a guardrail denies the removal: FAILED with the ways out, and the next Delete goes on', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A] });
    const words = 'explicit deny in a service control policy';
    deployment.hub.breaks('DisassociateMembers', awsError('AccessDeniedException', words));
    const { Status, Reason } = await deployment.delete({ Accounts: [A] });
    expect(Status).toBe('FAILED');
    expect(Reason).toBe(
      `1 account could not be removed in ${REGION}: ${A} (DisassociateMembers answered AccessDeniedException: ${words} ` +
        `(request id r-1); allow the call to the handler's role, or lift the policy that denies it); ${WAYS_OUT}`,
    );
    delete deployment.hub.faults.DisassociateMembers;
    expect((await deployment.delete({ Accounts: [A] })).Status).toBe('SUCCESS');
    expect(deployment.hub.members.get(A)).toBe('Removed');
  });

  test('the ledger is gone: nothing is removed, and the Delete says so', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A] });
    deployment.table.drop();
    const { Status, Reason } = await deployment.delete({ Accounts: [A] });
    expect(Status).toBe('SUCCESS');
    expect(Reason).toContain("the ledger table 'Ledger' is gone");
    expect(deployment.hub.members.get(A)).toBe('Enabled');
  });
});
