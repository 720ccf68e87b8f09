/**
 * What Security Hub can answer: conformance group S, the peers' scenarios (T) and what bug reports prove necessary (R), through whole lives.
 */
import { Life, type LifeOptions, type Order } from './driver';
import { A, B, C, D, X, Y, expectClean, expectNoBreach, sent, some, types } from './support';
import { logicalId } from './templates';
import { AwsError, type Unknowns } from '../local-aws/core';
import { MANAGEMENT_ACCOUNT, memberAccounts, organizationOf, SECURITY_ACCOUNT, type OrganizationOf } from '../local-aws/organization-file';
import { UNKNOWN_CHOICES } from '../local-aws/unknowns';

const US = 'us-east-1';
const members = (accounts: readonly string[], more: object = {}) => ({ members: { Members: { accounts, ...more } } });
const organization = (more: Partial<OrganizationOf> = {}) => organizationOf({ accounts: 12, outside: 3, ...more });
const refusing = (processingResult: string | null, ...accounts: string[]) => (
  organization({ refusals: accounts.map((accountId) => ({ accountId, processingResult })) })
);

async function created(spec: object, options: LifeOptions = {}): Promise<Life> {
  const life = new Life(options);
  await life.deploy(members([A, B], spec));
  return life;
}

describe('adding', () => {
  test.each([[1, 1], [2, 1], [50, 1], [51, 2], [100, 2], [101, 3], [120, 3]])('S1 T31 T32 R04 %i accounts take %i calls', async (n, calls) => {
    const life = new Life({ organization: organizationOf({ accounts: n }) });
    expect(await life.deploy(members(some(n)))).toBe('CREATE_COMPLETE');
    expect(sent(life, 'CreateMembers').map((chunk) => chunk.length)).toHaveLength(calls);
    expect(life.memberIds()).toEqual(some(n));
    await expectNoBreach(life);
  });

  test.each(['seen', 'renamed', 'opaque'] as const)('S2 R01 R02 "already a member" is success, any other entry fails and names account and text (%s words)', async (wording) => {
    const life = new Life({ organization: refusing('not this one', C), securityHub: { wording }, unknowns: { readsSettleAfter: 3_000 } });
    // added by somebody else, so recently that reads do not show it: AWS answers "already a member"
    const deploying = life.startDeploy(members([A, B, C]));
    life.clock.after(1, () => life.securityHub.addMember(US, SECURITY_ACCOUNT, A));
    expect(await life.run(deploying)).toBe('ROLLBACK_COMPLETE');
    const { answers } = life.requests[0];
    expect(JSON.parse(answers[0].body).Reason).toMatch(new RegExp(`1 of 3 accounts .* ${C} .*not this one`));
    expect(life.memberIds()).toEqual([A]);
    await expectClean(life);
  });

  test('R01 an entry without a reason is a failure', async () => {
    const life = new Life({ organization: refusing(null, B) });
    expect(await life.deploy(members([A, B]))).toBe('ROLLBACK_COMPLETE');
    expect(JSON.parse(life.requests[0].answers[0].body).Reason).toContain(B);
    await expectClean(life);
  });

  test('R03 the bad account is in chunk 3 of 5: all chunks are tried, the reason names it', async () => {
    const bad = some(1, 120)[0];
    const life = new Life({ organization: organizationOf({ accounts: 250, refusals: [{ accountId: bad, processingResult: 'no' }] }) });
    await life.deploy(members(some(250), { failureTolerance: 'accounts:1' }));
    expect(sent(life, 'CreateMembers')).toHaveLength(5);
    expect(life.memberIds()).toHaveLength(249);
    expect(life.lastAnswer('Create')).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringContaining(bad) });
    await expectNoBreach(life);
  });

  test('S3 a hub that is not enabled is told, with the cure, and nothing is left', async () => {
    const life = new Life();
    life.securityHub.disableHub(US, SECURITY_ACCOUNT);
    expect(await life.deploy(members([A]))).toBe('ROLLBACK_COMPLETE');
    expect(JSON.parse(life.requests[0].answers[0].body).Reason).toMatch(/not enabled in account 888888888888 in us-east-1.*AWS::SecurityHub::Hub/);
    expect(life.writes()).toEqual([]);
    await expectClean(life);
  });

  test('S4 T01 T03 T05 T24 R21 an organization account is not invited and needs no address; one outside is created with its address, then invited', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A], outside: [X] } } });
    expect(sent(life, 'InviteMembers')).toEqual([[X]]);
    const details = life.calls('CreateMembers').flatMap(({ call }) => call.input.AccountDetails);
    expect(details).toEqual(expect.arrayContaining([{ AccountId: A }, { AccountId: X, Email: `owner-of-${X}@example.com` }]));
    expect(life.members()).toEqual({ [A]: 'Enabled', [X]: 'Invited' });
    const mark = life.mark();
    await life.deploy({ members: { Members: { accounts: [A, B], outside: [X], revision: '2' } } });
    expect(life.writesSince(mark).map(({ call }) => call.operation)).toEqual(['CreateMembers']);
    await expectClean(life);
  });

  test.each(['Removed', 'Resigned', 'Deleted'] as const)('S5 R22 contract_delete_create an account whose entry says %s is created again', async (status) => {
    const life = new Life({ organization: organization({ members: [{ accountId: A, status }, { accountId: X, status, email: 'former@example.com' }] }) });
    expect(await life.deploy({ members: { Members: { accounts: [A], outside: [X] } } })).toBe('CREATE_COMPLETE');
    expect(life.members()).toEqual({ [A]: 'Enabled', [X]: 'Invited' });
    expect(sent(life, 'DeleteMembers')).toEqual(status === 'Deleted' ? [] : [[X]]);
    await expectClean(life);
  });

  test('S8 statuses are read whatever their case, and Associated means Enabled', async () => {
    for (const statusName of [(status: string) => status.toUpperCase(), (status: string) => (status === 'Enabled' ? 'Associated' : status.toLowerCase())]) {
      const life = new Life({ securityHub: { statusName } });
      expect(await life.deploy({ members: { Members: { accounts: [A], outside: [X] } } })).toBe('CREATE_COMPLETE');
      expect(life.members()).toEqual({ [A]: 'Enabled', [X]: 'Invited' });
      await expectClean(life);
    }
  });

  test('S9 another e-mail address of an account outside changes nothing at AWS', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A], outside: [X] } } });
    const mark = life.mark();
    expect(await life.deploy({ members: { Members: { accounts: [A], raw: { OutsideAccounts: [`${X}=new@example.com`] } } } })).toBe('UPDATE_COMPLETE');
    expect(life.writesSince(mark)).toEqual([]);
    await expectClean(life);
  });

  test('S12 T19 R20 a caller that is no administrator for a while is waited for; one that never becomes it is told so', async () => {
    const late = new Life({ unknowns: { delegationSettlesAfter: 60_000 } });
    late.securityHub.undelegate(SECURITY_ACCOUNT, US);
    late.securityHub.delegate(SECURITY_ACCOUNT, US);
    expect(await late.deploy(members([A]))).toBe('CREATE_COMPLETE');
    await expectClean(late);

    const never = new Life();
    never.securityHub.undelegate(SECURITY_ACCOUNT, US);
    never.securityHub.enableHub(US, SECURITY_ACCOUNT);
    expect(await never.deploy(members([A]))).toBe('ROLLBACK_COMPLETE');
    expect(JSON.parse(never.requests[0].answers[0].body).Reason).toMatch(/not the Security Hub administrator in us-east-1.*EnableOrganizationAdminAccount/);
    await expectClean(never);
  });

  test('S13 the management account without a hub is skipped and named', async () => {
    const life = new Life();
    expect(await life.deploy(members([A, MANAGEMENT_ACCOUNT]))).toBe('CREATE_COMPLETE');
    expect(life.lastAnswer('Create').Reason).toMatch(new RegExp(`skipped: ${MANAGEMENT_ACCOUNT} .*management account`));
    expect(life.memberIds()).toEqual([A]);
    await expectClean(life);
  });

  test.each([0, 2_000, 30_000])('S14 reads that show a change only after %i ms', async (readsSettleAfter) => {
    const life = new Life({ unknowns: { readsSettleAfter } });
    expect(await life.deploy(members([A, B]))).toBe('CREATE_COMPLETE');
    expect(await life.deploy(members([B, C]))).toBe('UPDATE_COMPLETE');
    expect(await life.deploy(members([A, C]))).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([A, C]);
    await expectClean(life);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
    await expectNoBreach(life);
  });

  test('R12 suspended and closing accounts are skipped and named, the others proceed', async () => {
    for (const createSuspended of UNKNOWN_CHOICES.createSuspended) {
      const life = new Life({ organization: organization({ states: { [B]: 'SUSPENDED', [C]: 'PENDING_CLOSURE' } }), unknowns: { createSuspended } });
      expect(await life.deploy(members([A, B, C]))).toBe('CREATE_COMPLETE');
      expect(life.lastAnswer('Create').Reason).toMatch(new RegExp(`skipped: .*${B}`));
      expect(life.lastAnswer('Create').Reason).toContain(C);
      expect(life.memberIds()).toEqual([A]);
      await expectClean(life);
    }
  });

  test('R13 AccessDenied is told as AccessDenied', async () => {
    const life = new Life({
      atPoint: ({ operation }): Order | undefined => (operation === 'CreateMembers'
        ? { kind: 'fault', fault: { kind: 'error', when: 'before', error: new AwsError('AccessDeniedException', 'by a policy', 403) } } : undefined),
    });
    expect(await life.deploy(members([A]))).toBe('ROLLBACK_COMPLETE');
    expect(JSON.parse(life.requests[0].answers[0].body).Reason).toMatch(/AccessDeniedException.*by a policy/);
    await expectClean(life);
  });

  test('R09 T28 a status that nobody knows is reported and nothing is done to the account', async () => {
    const life = new Life({ organization: organization({ members: [B] }), securityHub: { statusName: (status) => (status === 'Enabled' ? 'Quarantined' : status) } });
    expect(await life.deploy(members([B]))).toBe('ROLLBACK_COMPLETE');
    expect(JSON.parse(life.requests[0].answers[0].body).Reason).toMatch(/Quarantined.*does not know/);
    expect(life.writes()).toEqual([]);
    await expectClean(life);
  });

  test('R28 R30 ids that repeat, with blanks around them and leading zeros, are strings and sent once; none that is empty is sent', async () => {
    const life = new Life();
    expect(await life.deploy({ members: { Members: { accounts: [A, B], raw: { Accounts: [` ${A} `, `${A},${B}`, ''] } } } })).toBe('CREATE_COMPLETE');
    expect(sent(life, 'CreateMembers')).toEqual([[A, B]]);
    expect(sent(life, 'GetMembers').flat().every((id) => /^\d{12}$/.test(id))).toBe(true);
    await expectNoBreach(life);
  });

  test('R24 throttled for a minute over many chunks: it finishes', async () => {
    const life = new Life({ organization: organizationOf({ accounts: 1000 }), checks: 'atRest' });
    let until = Infinity;
    life.atPoint = ({ kind, at }) => {
      if (kind !== 'call') return undefined;
      if (until === Infinity) until = at + 60_000;
      return at < until ? { kind: 'fault', fault: { kind: 'error', when: 'before', error: new AwsError('LimitExceededException', 'Rate exceeded', 429) } } : undefined;
    };
    expect(await life.deploy(members(some(1000)))).toBe('CREATE_COMPLETE');
    expect(life.memberIds()).toHaveLength(1000);
    await expectNoBreach(life);
  });

  test('T37 the administrator\'s own account in the list is skipped with a reason', async () => {
    const life = new Life();
    expect(await life.deploy(members([A, SECURITY_ACCOUNT]))).toBe('CREATE_COMPLETE');
    expect(life.lastAnswer('Create').Reason).toMatch(new RegExp(`skipped: ${SECURITY_ACCOUNT}`));
    expect(sent(life, 'CreateMembers')).toEqual([[A]]);
    await expectClean(life);
  });

  test('contract_create_create an account of another administrator is refused and named', async () => {
    const otherAdministrators = [{ accountId: X, members: [{ accountId: Y }] }];
    const life = new Life({ organization: organization({ otherAdministrators }) });
    expect(await life.deploy({ members: { Members: { accounts: [A], outside: [Y] } } })).toBe('ROLLBACK_COMPLETE');
    expect(JSON.parse(life.requests[0].answers[0].body).Reason).toContain(Y);
    await expectClean(life);
  });

  const quotas = UNKNOWN_CHOICES.quotaReached.flatMap((how) => [0, 1].map((room) => [how, room] as const));
  test.each(quotas)(
    'P4 S1 the member quota is told with the cure, however AWS tells it (%s, room for %i)',
    async (quotaReached, room) => {
      const full = organization({ members: memberAccounts(3 - room, 5), administrator: { quotas: { members: 3 } } });
      const life = new Life({ organization: full, unknowns: { quotaReached } });
      const began = life.clock.now();
      expect(await life.deploy(members([A, B]))).toBe('ROLLBACK_COMPLETE');
      const { Reason } = JSON.parse(life.requests[0].answers[0].body);
      expect(Reason).toMatch(/has as many members in us-east-1 as Security Hub allows .*: remove members first/);
      expect(Reason).not.toMatch(/deploy again once/);
      expect(life.clock.now() - began).toBeLessThan(240_000);
      await expectClean(life);
      for (const account of memberAccounts(2, 5)) life.securityHub.removeMember(US, SECURITY_ACCOUNT, account, 'delete');
      expect(await life.deploy(members([A, B]))).toBe('CREATE_COMPLETE');
      expect(life.memberIds()).toEqual(expect.arrayContaining([A, B]));
      await expectClean(life);
    },
  );

  test.each(UNKNOWN_CHOICES.createUnknownAccount)('R12 an account number that nobody has is refused with the cure (%s)', async (createUnknownAccount) => {
    for (const stranger of ['123412341234', X]) {
      const life = new Life({ unknowns: { createUnknownAccount } });
      const began = life.clock.now();
      expect(await life.deploy(members([A, stranger]))).toBe('ROLLBACK_COMPLETE');
      const { Reason } = JSON.parse(life.requests[0].answers[0].body);
      expect(Reason).toMatch(new RegExp(`1 of 2 accounts .* ${stranger} .*no account of this organization: .*MemberAccounts.outside`));
      expect(life.clock.now() - began).toBeLessThan(180_000);
      await expectNoBreach(life);
    }
  });
});

describe('removing', () => {
  test('S6 R29 T27 T23 organization accounts are disassociated, those outside also deleted; one account dropped touches only itself', async () => {
    for (const unknowns of [{}, { deleteMembersOfOrganization: 'works' as const, deletedMember: 'Deleted' as const }]) {
      const life = new Life({ unknowns });
      await life.deploy({ members: { Members: { accounts: [A, B], outside: [X, Y] } } });
      const mark = life.mark();
      await life.deploy({ members: { Members: { accounts: [A], outside: [Y] } } });
      expect(sent(life, 'DisassociateMembers', mark).flat().sort()).toEqual([B, X]);
      expect(sent(life, 'DeleteMembers', mark)).toEqual([[X]]);
      expect(life.memberIds()).toEqual([A, Y]);
      await expectClean(life);
      await life.destroy();
      expect(life.memberIds()).toEqual([]);
    }
  });

  test.each(UNKNOWN_CHOICES.disassociateUnknown)('S6 T02 T30 T35 R31 a member that is gone already: Delete succeeds (%s)', async (disassociateUnknown) => {
    const life = await created({}, { unknowns: { disassociateUnknown } });
    life.securityHub.removeMember(US, SECURITY_ACCOUNT, A, 'delete');
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
    await expectClean(life);
  });

  test('S7 R32 Delete leaves every member that this stack has not added', async () => {
    const life = await created({}, { organization: organization({ members: [B, C, D] }) });
    await life.destroy();
    expect(life.memberIds()).toEqual([B, C, D]);
    await expectClean(life);
  });

  test('S10 T02 T35 contract_delete_update a member that resigned or was removed out of band is added again by the next Update', async () => {
    const life = await created({});
    life.securityHub.removeMember(US, SECURITY_ACCOUNT, A);
    life.securityHub.resign(US, B);
    expect(await life.deploy(members([A, B], { revision: '2' }))).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([A, B]);
    await expectClean(life);
  });

  test('R31 D6 a Delete for a Create that never recorded anything makes no call and succeeds', async () => {
    const life = await created({});
    const [{ request }] = life.requests;
    const mark = life.mark();
    await life.redeliver({ ...request, RequestType: 'Delete', RequestId: 'd', LogicalResourceId: 'NeverCreated', PhysicalResourceId: 'Stack-NeverCreated-ABC' });
    expect(life.callsSince(mark)).toEqual([]);
    expect(JSON.parse(life.aws.journal.of('s3').at(-1)!.call.input.Body)).toMatchObject({ Status: 'SUCCESS', RequestId: 'd' });
  });

  test('R23 P2 a Delete with 1,000 failures is told in one short answer', async () => {
    const accounts = some(1000);
    const life = new Life({ organization: organizationOf({ accounts: 1000 }), checks: 'atRest' });
    await life.deploy(members(accounts, { wait: 5 }));
    for (const account of accounts) life.securityHub.refuse(US, account, null, ['DisassociateMembers']);
    expect(await life.destroy()).toBe('DELETE_FAILED');
    const { body } = life.requests.at(-1)!.answers[0];
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(4096);
    expect(JSON.parse(body).Reason).toContain('aws dynamodb scan');
  }, 20_000);

  test('T34 R07 a list and another property change together, and are rolled back together', async () => {
    const life = await created({}, { organization: refusing('no', D) });
    expect(await life.deploy(members([B, D], { failureTolerance: 'none', wait: 60 }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.memberIds()).toEqual([A, B]);
    await expectClean(life);
  });

  test('T10 auto-enable or central configuration on, accounts members already: success', async () => {
    for (const on of [true, false]) {
      const life = new Life({ organization: organization({ members: [A, B], administrator: on ? { configuration: 'CENTRAL' } : { autoEnable: true } }) });
      expect(await life.deploy(members([A, B]))).toBe('CREATE_COMPLETE');
      expect(life.writes()).toEqual([]);
      expect(await life.destroy()).toBe('DELETE_COMPLETE');
      expect(life.memberIds()).toEqual([A, B]);
      await expectClean(life);
    }
  });

  test('T08 an invitation that its owner accepts is a member, and is removed as one', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { outside: [X] } } });
    life.securityHub.addMember(US, SECURITY_ACCOUNT, X, { status: 'Enabled' });
    expect(await life.deploy({ members: { Members: { outside: [X], revision: '2' } } })).toBe('UPDATE_COMPLETE');
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
  });
});

describe('when the ground has moved', () => {
  test.each(UNKNOWN_CHOICES.disassociateUnderCentral)('L26a.update L26a.delete central configuration was switched on (disassociate: %s)', async (disassociateUnderCentral) => {
    for (const createMembersUnderCentral of UNKNOWN_CHOICES.createMembersUnderCentral) {
      const life = await created({ wait: 30 }, { unknowns: { disassociateUnderCentral, createMembersUnderCentral } });
      life.securityHub.setCentralConfiguration(US, SECURITY_ACCOUNT, true);
      expect(await life.deploy(members([A, B], { wait: 30, revision: '2' }))).toBe('UPDATE_COMPLETE');
      expect(await life.deploy(members([A, B, C], { wait: 30 }))).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(life.requests.map(({ answers }) => JSON.parse(answers[0].body).Reason).join()).toMatch(/central configuration is on.*associate a policy/);
      expect(await life.destroy()).toBe('DELETE_COMPLETE');
      expect(life.memberIds()).toEqual(disassociateUnderCentral === 'works' ? [] : [A, B]);
      await expectClean(life);
    }
  });

  test('L26b.update L26b.delete the hub was disabled: Update fails with the cure and rolls back, Delete succeeds', async () => {
    const life = await created({});
    life.securityHub.disableHub(US, SECURITY_ACCOUNT);
    expect(await life.deploy(members([A, B, C]))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.requests.map(({ answers }) => JSON.parse(answers[0].body).Reason).join()).toMatch(/not enabled in account/);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    await expectClean(life);
  });

  test.each(UNKNOWN_CHOICES.notAdministrator)('L26b.update L26b.delete the administrator moved to another account (%s)', async (notAdministrator) => {
    for (const readsOfNonAdministrator of UNKNOWN_CHOICES.readsOfNonAdministrator) {
      const life = await created({}, { unknowns: { notAdministrator, readsOfNonAdministrator } });
      life.securityHub.delegate(D, US);
      expect(await life.deploy(members([A, B, C]))).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(await life.destroy()).toBe('DELETE_COMPLETE');
      await expectClean(life);
    }
  });

  test('L26c.update L26c.delete the ledger table was deleted by hand: Update fails with the cure, Delete removes nothing and says so', async () => {
    const life = await created({});
    await life.tables.deleteTable(undefined, life.ledgerName()!);
    const mark = life.mark();
    expect(await life.deploy(members([A, C]))).toBe('UPDATE_ROLLBACK_FAILED');
    expect(life.lastAnswer('Update').Reason).toMatch(/ledger table .* is gone.*restore it under its name from its point-in-time recovery/);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.lastAnswer('Delete')).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringMatching(/no member was removed/) });
    expect(life.callsSince(mark)).toEqual([]);
    expect(life.memberIds()).toEqual([A, B]);
  });

  /** A deployment has failed for want of its ledger, and so has its rollback. */
  async function stuck() {
    const life = await created({});
    const [name, items] = [life.ledgerName()!, life.ledger()];
    await life.tables.deleteTable(undefined, name);
    expect(await life.deploy(members([A, C]))).toBe('UPDATE_ROLLBACK_FAILED');
    return { life, name, items };
  }

  test('L26c.update the first way out of a lost ledger: it is restored, the rollback goes on, and nothing has been forgotten', async () => {
    const { life, name, items } = await stuck();
    life.tables.restoreTable(name, items);
    life.engine.continueUpdateRollback(life.stack()!);
    await life.settle();
    expect(life.stack()!.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.memberIds()).toEqual([A, B]);
    expect(await life.deploy(members([A, C]))).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([A, C]);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
    await expectNoBreach(life);
  });

  test('L26c.update L26c.delete the second: the resource is skipped and removed, and put back with a new ledger, to which all are members from before', async () => {
    const { life } = await stuck();
    life.engine.continueUpdateRollback(life.stack()!, { resourcesToSkip: [logicalId('Members')] });
    await life.settle();
    expect(life.stack()!.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await life.deploy({ members: {} })).toBe('UPDATE_COMPLETE');
    expect(await life.deploy(members([A, C]))).toBe('UPDATE_COMPLETE');
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([A, B]);
  });

  test('L26d.update L26d.delete an SCP denies the removal: the adds of the same run stay and the stack goes on; Delete fails with the ways out', async () => {
    const life = await created({});
    life.atPoint = ({ operation }) => (operation === 'DisassociateMembers'
      ? { kind: 'fault', fault: { kind: 'error', when: 'before', error: new AwsError('AccessDeniedException', 'explicit deny in a service control policy', 403) } } : undefined);
    expect(await life.deploy(members([B, C]))).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([A, B, C]);
    expect(life.rows().find(({ account }) => account === A)).toMatchObject({ claim: 'ours', outcome: 'refused', reason: expect.stringContaining('service control policy') });
    expect(await life.destroy()).toBe('DELETE_FAILED');
    expect(life.lastAnswer('Delete').Reason).toMatch(/(?=.*RETAIN)(?=.*service control policy)/s);
    life.atPoint = undefined;
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
    await expectNoBreach(life);
  });

  test('S6 L26d.delete an SCP denies DeleteMembers: an outside account that is no member any more needs no second call', async () => {
    const life = new Life({ unknowns: { readsSettleAfter: 5_000 } });
    await life.deploy({ members: { Members: { accounts: [A], outside: [X] } } });
    const allowed = { Effect: 'Allow', Action: '*', Resource: '*' } as const;
    const denied = { Effect: 'Deny', Action: 'securityhub:DeleteMembers', Resource: '*' } as const;
    life.aws.iam.setServiceControlPolicies(SECURITY_ACCOUNT, [{ Statement: [allowed, denied] }]);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
    await expectClean(life);
  });

  test.each([
    ['closed', 'listed still', 'suspended'],
    ['closed', 'dropped', undefined],
    ['gone', 'listed still', 'it has left the organization'],
    ['gone', 'dropped', undefined],
  ] as const)('L26f.update an account is %s and %s: nothing to do, success, reported', async (what, list, told) => {
    const life = await created({});
    if (what === 'closed') life.organizations.close(A);
    else life.organizations.leave(A);
    const began = life.clock.now();
    expect(await life.deploy(members(list === 'dropped' ? [B, C] : [A, B, C]))).toBe('UPDATE_COMPLETE');
    expect(life.clock.now() - began).toBeLessThan(180_000);
    if (told === undefined) expect(life.rows().find(({ account }) => account === A)).toMatchObject({ claim: 'none', outcome: 'left' });
    else expect(life.lastAnswer('Update')).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringMatching(new RegExp(`skipped: ${A} .*${told}`)) });
    expect(life.memberIds()).toEqual(expect.arrayContaining([B, C]));
    await expectClean(life);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds().filter((account) => account !== A)).toEqual([]);
    await expectNoBreach(life);
  });

  test('L26f.delete an account was closed or left the organization: Delete has nothing to do, and succeeds', async () => {
    const deleted = await created({});
    deleted.organizations.close(A);
    deleted.organizations.leave(B);
    expect(await deleted.destroy()).toBe('DELETE_COMPLETE');
    await expectClean(deleted);
  });
});

describe('what nobody knows is a switch', () => {
  const cases = Object.entries(UNKNOWN_CHOICES)
    .flatMap(([name, settings]) => settings.map((setting) => [name, setting] as const));

  test.each(cases)('L1 D12 a whole life with %s = %s', async (name, setting) => {
    const life = new Life({
      unknowns: { [name]: setting } as Partial<Unknowns>,
      organization: organization({ members: [D, { accountId: X, status: 'Resigned', email: 'x@example.com' }], states: { [C]: 'SUSPENDED' } }),
    });
    expect(await life.deploy({ members: { Members: { accounts: [A, C, D], outside: [X, Y], failureTolerance: 'accounts:2' } } })).toBe('CREATE_COMPLETE');
    expect(await life.deploy({ members: { Members: { accounts: [B, D], outside: [Y], failureTolerance: 'accounts:2' } } })).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([B, D, Y]);
    await expectClean(life);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([D]);
    await expectNoBreach(life);
  });
});

test('R06 a Create that times out at AWS although it was done: the next try finds it, without a duplicate', async () => {
  const life = new Life();
  let hung = false;
  life.atPoint = ({ operation }) => {
    if (hung || operation !== 'CreateMembers') return undefined;
    hung = true;
    return { kind: 'fault', fault: { kind: 'hang', when: 'after' } };
  };
  expect(await life.deploy(members([A, B]))).toBe('CREATE_COMPLETE');
  expect(life.memberIds()).toEqual([A, B]);
  await expectClean(life);
  expect(await life.destroy()).toBe('DELETE_COMPLETE');
  expect(life.memberIds()).toEqual([]);
  expect(types(life)).toEqual(['Create', 'Delete']);
});
