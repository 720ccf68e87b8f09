import { Deployment, REGION, type ScriptedAutomation, awsError, ids, notFound } from './bench';
import { WAYS_OUT } from '../../../lambda/runtime/reason';

const [A, B, C, D] = ids(4);

function reads({ calls }: ScriptedAutomation): number {
  return calls.filter(({ operation }) => operation === 'ListAccounts').length;
}

describe('the ordinary life', () => {
  test('T01, T05, C1: associated and active; a second identical Create writes nothing', async () => {
    const deployment = new Deployment();
    const answer = await deployment.create({ Accounts: [B, A] });
    expect(answer).toMatchObject({ Status: 'SUCCESS', Data: { LedgerTableName: 'Ledger' } });
    expect(answer.Reason).toBeUndefined();
    expect(deployment.service.callsOf('AssociateAccounts')).toMatchObject([{ accounts: [A, B], region: REGION }]);
    expect(deployment.service.associated()).toEqual([A, B]);
    expect((await deployment.create({ Accounts: [A, B] })).Status).toBe('SUCCESS');
    expect(deployment.service.writes()).toEqual(['AssociateAccounts 2']);
  });

  test('T04: an Update with nothing to change only reads', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A, B] });
    const before = reads(deployment.service);
    expect((await deployment.update({ Accounts: [B, A], Revision: '2' })).Status).toBe('SUCCESS');
    expect(deployment.service.writes()).toEqual(['AssociateAccounts 2']);
    expect(reads(deployment.service)).toBe(before + 1);
  });

  test('T33, T36, C7: {A} to {A, B} to {C}: adds before removes, and a Delete removes what is left', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A] });
    await deployment.update({ Accounts: [A, B] });
    await deployment.update({ Accounts: [C] });
    expect(deployment.service.associated()).toEqual([C]);
    const changes = deployment.service.calls.filter(({ accounts }) => accounts.length > 0);
    expect(changes.map(({ operation, accounts }) => [operation, ...accounts])).toEqual([
      ['AssociateAccounts', A],
      ['AssociateAccounts', B],
      ['AssociateAccounts', C],
      ['DisassociateAccounts', A, B],
    ]);
    expect((await deployment.delete({ Accounts: [C] })).Status).toBe('SUCCESS');
    expect(deployment.service.associated()).toEqual([]);
  });

  test('C3, C7, R32: who was associated before us is left alone, and stays', async () => {
    const deployment = new Deployment();
    deployment.service.set(A, 'Active');
    expect((await deployment.create({ Accounts: [A, B] })).Status).toBe('SUCCESS');
    expect(deployment.service.writes()).toEqual(['AssociateAccounts 1']);
    await deployment.delete({ Accounts: [A, B] });
    expect(deployment.service.associated()).toEqual([A]);
  });

  test('T02, T30: who was disassociated behind our back is associated again by an Update, and missed by nobody on Delete', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A, B] });
    deployment.service.enroll([A]);
    await deployment.update({ Accounts: [A, B], Revision: '2' });
    expect(deployment.service.associated()).toEqual([A, B]);
    deployment.service.enroll([A]);
    expect((await deployment.delete({ Accounts: [A, B] })).Status).toBe('SUCCESS');
    // nobody is called for who is not there
    expect(deployment.service.callsOf('DisassociateAccounts')).toMatchObject([{ accounts: [B] }]);
  });

  test('T38: a Delete leaves Automation on, in the accounts and in the administrator', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A], EnrollAdministrator: 'true' });
    await deployment.delete({ Accounts: [A], EnrollAdministrator: 'true' });
    expect(deployment.service.accounts.get(A)).toMatchObject({ status: 'Active' });
    expect(deployment.service.callsOf('UpdateEnrollmentConfiguration')).toEqual([]);
    expect(deployment.service.enrollment.status).toBe('Active');
  });

  test('R08, T06: the physical id is the same whatever the list and the Region', async () => {
    const deployment = new Deployment();
    const { PhysicalResourceId: id } = await deployment.create({ Accounts: [A] });
    expect((await deployment.update({ Accounts: [B] })).PhysicalResourceId).toBe(id);
    expect((await deployment.update({ Accounts: [B], Region: 'eu-west-1' })).PhysicalResourceId).toBe(id);
    expect(id).toMatch(/^compute-optimizer-association-Members-[0-9a-f]{16}$/);
  });

  test('R31, C7: a Delete of a Create that brought nothing about calls nothing', async () => {
    const deployment = new Deployment();
    expect((await deployment.delete({ Accounts: [A] })).Status).toBe('SUCCESS');
    expect(deployment.service.calls).toEqual([]);
  });

  test('C9: the organization is read to its last page', async () => {
    const deployment = new Deployment(ids(25));
    deployment.service.pageSize = 10;
    const last = ids(25).at(-1)!;
    await deployment.create({ Accounts: [last] });
    expect(deployment.service.associated()).toEqual([last]);
    expect(reads(deployment.service)).toBe(6);
  });
});

describe('C1, S1, R04, T32: what it costs', () => {
  test.each([1, 50, 51, 120, 1000, 10_000])('%i accounts of twice as many', async (count) => {
    const deployment = new Deployment(ids(2 * count));
    const { service } = deployment;
    const [writes, pages] = [Math.ceil(count / 50), Math.ceil((2 * count) / 1000)];
    const properties = { Accounts: ids(count), RemovalLimit: 'all' };
    const timeout = { serviceTimeout: 3000 };
    expect((await deployment.create(properties, timeout)).Status).toBe('SUCCESS');
    expect(service.callsOf('AssociateAccounts')).toHaveLength(writes);
    expect(Math.max(...service.calls.map(({ accounts }) => accounts.length))).toBeLessThanOrEqual(50);
    expect(service.callsOf('ListAccounts').length).toBeLessThanOrEqual(2 * pages);
    expect(service.calls).toHaveLength(writes + service.callsOf('ListAccounts').length);

    let before = service.calls.length;
    expect((await deployment.update({ ...properties, Revision: '2' }, timeout)).Status).toBe('SUCCESS');
    expect(service.calls.slice(before).map(({ operation }) => operation)).toEqual(new Array(pages).fill('ListAccounts'));

    before = service.calls.length;
    expect((await deployment.delete(properties, timeout)).Status).toBe('SUCCESS');
    const deleting = service.calls.slice(before).map(({ operation }) => operation);
    expect(deleting.filter((operation) => operation === 'DisassociateAccounts')).toHaveLength(writes);
    expect(deleting.filter((operation) => operation === 'ListAccounts').length).toBeLessThanOrEqual(2 * pages);
    expect(service.associated()).toEqual([]);
  }, 60_000);

  test('no more than five calls a second', async () => {
    const deployment = new Deployment(ids(2000));
    await deployment.create({ Accounts: ids(2000) }, { serviceTimeout: 3000 });
    const times = deployment.service.calls.map(({ at }) => at);
    for (let i = 10; i < times.length; i++) expect(times[i] - times[i - 10]).toBeGreaterThanOrEqual(950);
  });
});

describe('who cannot be associated', () => {
  const NOT_ENROLLED =
    'it is not enrolled in Compute Optimizer: enable Compute Optimizer for the organization including its member accounts ' +
    '(UpdateEnrollmentStatus with includeMemberAccounts), or leave the account out';

  test('not enrolled in Compute Optimizer: refused with the cure, without any call for it', async () => {
    const deployment = new Deployment([A]);
    const answer = await deployment.create({ Accounts: [A, B] });
    expect([answer.Status, answer.Reason]).toEqual([
      'FAILED',
      `1 of 2 accounts could not be made members in ${REGION}: ${B} (${NOT_ENROLLED})`,
    ]);
    expect(deployment.service.callsOf('AssociateAccounts')).toMatchObject([{ accounts: [A] }]);
    expect(deployment.service.callsOf('DescribeAccount')).toEqual([]);
  });

  test('R12, L26: closed or gone since: skipped, and gone for the Delete', async () => {
    const deployment = new Deployment();
    const { service } = deployment;
    await deployment.create({ Accounts: [A, B, C] });
    service.accounts.delete(A);
    service.organization.set(A, { state: 'SUSPENDED', isManagementAccount: false });
    service.accounts.delete(B);
    service.organization.set(B, 'foreign');
    const answer = await deployment.update({ Accounts: [A, B, C], Revision: '2' });
    expect([answer.Status, answer.Reason]).toEqual([
      'SUCCESS',
      `skipped: ${A} (the account is SUSPENDED in AWS Organizations), ${B} (it has left the organization)`,
    ]);
    expect((await deployment.delete({ Accounts: [A, B, C] })).Status).toBe('SUCCESS');
    expect(service.callsOf('DisassociateAccounts')).toMatchObject([{ accounts: [C] }]);
  });

  test('opted out of Compute Optimizer since: refused with the cure', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A] });
    deployment.service.accounts.delete(A);
    const answer = await deployment.update({ Accounts: [A], Revision: '2' });
    expect(answer.Reason).toBe(`1 of 1 account could not be made members in ${REGION}: ${A} (${NOT_ENROLLED})`);
  });

  test.each([1, 2, 3])('%i accounts that spoil a call stand alone in the end, and the others are associated', async (count) => {
    const deployment = new Deployment(ids(50));
    const { service } = deployment;
    const culprits = [ids(50)[33], ids(50)[0], ids(50)[49]].slice(0, count);
    culprits.forEach((culprit) => service.spoilers.add(culprit));
    const answer = await deployment.create({ Accounts: ids(50), FailureTolerance: 'accounts:3' });
    expect(answer.Status).toBe('SUCCESS');
    expect(answer.Reason).toContain('InvalidParameterValueException: words of AWS (request id r-1); see that the account belongs to the organization');
    expect(service.associated()).toEqual(ids(50).filter((account) => !culprits.includes(account)));
    expect(service.callsOf('AssociateAccounts').length - 1).toBeLessThanOrEqual(count * (2 * Math.log2(50) + 2));
  });

  test('the same on the way out, for one that is there', async () => {
    const deployment = new Deployment(ids(50));
    const { service } = deployment;
    await deployment.create({ Accounts: ids(50) });
    service.spoilers.add(ids(50)[33]);
    const answer = await deployment.delete({ Accounts: ids(50) });
    expect([answer.Status, answer.Reason]).toEqual([
      'FAILED',
      `1 account could not be removed in ${REGION}: ${ids(50)[33]} (InvalidParameterValueException: words of AWS (request id r-1); ` +
        `see that the account belongs to the organization and is enrolled in Compute Optimizer, and that Compute Optimizer has trusted access); ${WAYS_OUT}`,
    ].map((text) => text.replace('(Invalid', '(DisassociateAccounts answered Invalid')));
    expect(service.associated()).toEqual([ids(50)[33]]);
    expect(service.callsOf('DisassociateAccounts').length - 1).toBeLessThanOrEqual(2 * Math.log2(50) + 2);
  });

  test('one that leaves the organization between our look and our call does not spoil the removal', async () => {
    const deployment = new Deployment();
    const { service } = deployment;
    await deployment.create({ Accounts: [A, B, C] });
    service.faults.DisassociateAccounts = ({ accounts }) => {
      if (accounts.length === 3) service.accounts.delete(B);
      return undefined;
    };
    expect((await deployment.delete({ Accounts: [A, B, C] })).Status).toBe('SUCCESS');
    expect(service.writes()).toEqual(['AssociateAccounts 3', 'DisassociateAccounts 3', 'DisassociateAccounts 2']);
  });

  test.each([
    ['words that name it', (account: string) => `Account ${account}: no`, `AWS said: Account ${B}: no`],
    ['words that name nobody', () => 'no', 'AWS said: no'],
    ['no words (R01)', () => undefined, 'AWS did not process the account and gave no reason'],
    ['empty words', () => '', 'AWS did not process the account and gave no reason'],
  ])('C2, R02: left out of accountIds, with %s: refused', async (_name, words, said) => {
    const deployment = new Deployment();
    deployment.service.unprocessed.set(B, words(B));
    const answer = await deployment.create({ Accounts: [A, B, C] });
    expect([answer.Status, answer.Reason]).toEqual([
      'FAILED',
      `1 of 3 accounts could not be made members in ${REGION}: ${B} (AssociateAccounts: ${said}; ` +
        'correct the cause, or allow for it with failureTolerance)',
    ]);
    expect(deployment.service.associated()).toEqual([A, C]);
  });

  test('C2: words that name somebody else are not told of an account', async () => {
    const deployment = new Deployment();
    deployment.service.unprocessed.set(A, `Account ${A}: one`);
    deployment.service.unprocessed.set(B, `Account ${B}: two`);
    const answer = await deployment.create({ Accounts: [A, B] });
    expect(answer.Reason).toContain(`${A} (AssociateAccounts: AWS said: Account ${A}: one;`);
    expect(answer.Reason).toContain(`${B} (AssociateAccounts: AWS said: Account ${B}: two;`);
  });

  test('C2, C3: left out although it is associated: a read decides', async () => {
    const deployment = new Deployment();
    const { service } = deployment;
    service.unprocessed.set(A, 'already associated');
    service.faults.AssociateAccounts = () => {
      service.set(A, 'Active');
      return undefined;
    };
    expect((await deployment.create({ Accounts: [A] })).Status).toBe('SUCCESS');
    await deployment.delete({ Accounts: [A] });
    expect(service.associated()).toEqual([A]);
  });

  test('the management account, in the list of a delegated administrator (C10): skipped', async () => {
    const deployment = new Deployment();
    deployment.service.spoilers.add(A);
    deployment.service.organization.set(A, { state: 'ACTIVE', isManagementAccount: true });
    const answer = await deployment.create({ Accounts: [A, B] });
    expect([answer.Status, answer.Reason]).toEqual([
      'SUCCESS',
      `skipped: ${A} (it is the management account, which nobody can associate; ` +
        'AssociateAccounts answered InvalidParameterValueException: words of AWS (request id r-1))',
    ]);
  });

  test('R09, F11: a status or a mode that nobody knows is reported and not touched', async () => {
    const deployment = new Deployment();
    deployment.service.set(A, 'Hibernating');
    deployment.service.modes.set(B, 'SomeAllowed');
    const answer = await deployment.create({ Accounts: [A, B, C] });
    expect([answer.Status, answer.Reason]).toEqual([
      'FAILED',
      `2 of 3 accounts could not be made members in ${REGION}: ` +
        `${A} (AWS reports member status 'Hibernating', which this release does not know), ` +
        `${B} (AWS reports member status 'SomeAllowed', which this release does not know)`,
    ]);
    expect(deployment.service.callsOf('AssociateAccounts')).toMatchObject([{ accounts: [C] }]);
  });

  test('F11: a claimed account whose mode nobody knows is disassociated all the same, and named if that does not help', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A] });
    deployment.service.modes.set(A, 'SomeAllowed');
    const answer = await deployment.delete({ Accounts: [A], Wait: '10' });
    expect([answer.Status, answer.Reason]).toEqual([
      'FAILED',
      `1 account could not be removed in ${REGION}: ${A} (AWS accepted the removal, but still reports 'SomeAllowed' after 10 s); ${WAYS_OUT}`,
    ]);
    expect(deployment.service.associated()).toEqual([]);
  });
});

describe('C6, T28: on the way to Active', () => {
  test('Pending is waited for', async () => {
    const deployment = new Deployment();
    const { service } = deployment;
    service.associatedAs = { status: 'Pending' };
    service.faults.ListAccounts = () => {
      if (service.callsOf('ListAccounts').length > 3) service.set(A, 'Active');
      return undefined;
    };
    expect((await deployment.create({ Accounts: [A] })).Status).toBe('SUCCESS');
    expect(service.writes()).toEqual(['AssociateAccounts 1']);
  });

  test('Pending for longer than the wait: told, claimed, and removed by the Delete', async () => {
    const deployment = new Deployment();
    deployment.service.associatedAs = { status: 'Pending' };
    const answer = await deployment.create({ Accounts: [A], Wait: '120' });
    expect([answer.Status, answer.Reason]).toEqual([
      'FAILED',
      `1 of 1 account could not be made members in ${REGION}: ${A} (still 'Pending' after 120 s; deploy again to go on, or give it longer with wait)`,
    ]);
    await deployment.delete({ Accounts: [A] });
    expect(deployment.service.associated()).toEqual([]);
  });

  test.each([
    ['its reason', 'no room for\nanother role', 'no room for another role'],
    ['no reason', undefined, 'AWS gives no reason'],
  ])('Failed after our call is reported with %s, and undone by the Delete', async (_name, statusReason, words) => {
    const deployment = new Deployment();
    deployment.service.associatedAs = { status: 'Failed', statusReason };
    const answer = await deployment.create({ Accounts: [A, B], FailureTolerance: 'accounts:1' });
    expect([answer.Status, answer.Reason]).toEqual([
      'FAILED',
      `2 of 2 accounts could not be made members in ${REGION}: ${A}, ${B} (still 'Failed'; ` +
        `Automation failed in the account (${words}): correct the cause there and deploy again)`,
    ]);
    await deployment.delete({ Accounts: [A, B] });
    expect(deployment.service.associated()).toEqual([]);
  });

  test.each(['Failed', 'Inactive'])('%s before our call is associated again', async (status) => {
    const deployment = new Deployment();
    deployment.service.set(A, status, 'of old');
    expect((await deployment.create({ Accounts: [A] })).Status).toBe('SUCCESS');
    expect(deployment.service.writes()).toEqual(['AssociateAccounts 1']);
  });
});

describe('C4, R27: client tokens', () => {
  const tokens = ({ calls }: ScriptedAutomation) => calls.flatMap(({ token }) => token ?? []);

  test('a redelivery of one event sends the same tokens for the same accounts', async () => {
    const deployment = new Deployment(ids(60));
    const { service } = deployment;
    // the answers of both calls are lost, with their effect
    service.faults.AssociateAccounts = () => (tokens(service).length <= 2 ? Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) : undefined);
    expect((await deployment.create({ Accounts: ids(60) })).Status).toBe('SUCCESS');
    const sent = tokens(service);
    expect(sent).toHaveLength(4);
    expect(new Set(sent).size).toBe(2);
    for (const token of sent) expect(token).toMatch(/^[a-zA-Z0-9_-]{43}$/);
  });

  test('re-association within 24 hours of a disassociation really associates', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A, B] });
    await deployment.update({ Accounts: [A] });
    await deployment.update({ Accounts: [A, B] });
    await deployment.update({ Accounts: [A], Revision: '2' });
    await deployment.update({ Accounts: [A, B], Revision: '3' });
    const sent = tokens(deployment.service);
    expect(sent).toHaveLength(5);
    expect(new Set(sent).size).toBe(5);
    expect(deployment.service.associated()).toEqual([A, B]);
  });

  test('one token is only ever sent with one list of accounts, so that AWS can find no mismatch', async () => {
    const deployment = new Deployment(ids(120));
    const { service } = deployment;
    [7, 49, 50, 119].forEach((index) => service.spoilers.add(ids(120)[index]));
    const properties = { Accounts: ids(120), FailureTolerance: 'all' };
    await deployment.create(properties);
    await deployment.update({ ...properties, Revision: '2' });
    service.spoilers.clear();
    await deployment.delete(properties);
    const lists = new Map<string, string>();
    for (const { operation, region, accounts, token } of service.calls) {
      if (token === undefined) continue;
      const sent = JSON.stringify([operation, region, accounts]);
      expect(lists.get(token) ?? sent).toBe(sent);
      lists.set(token, sent);
    }
    expect(lists.size).toBeGreaterThan(20);
  });

  test('a token that is in use is waited for, and sent again', async () => {
    const deployment = new Deployment();
    const { service } = deployment;
    service.faults.AssociateAccounts = () => (tokens(service).length <= 3 ? awsError('IdempotencyTokenInUseException') : undefined);
    expect((await deployment.create({ Accounts: [A] })).Status).toBe('SUCCESS');
    expect(tokens(service)).toHaveLength(4);
    expect(new Set(tokens(service)).size).toBe(1);
  });
});

describe('T39: Automation in the administrator', () => {
  const enrolling = (...enrollments: ScriptedAutomation['enrolling']) => {
    const deployment = new Deployment();
    deployment.service.enrollment = { status: 'Inactive' };
    deployment.service.enrolling = enrollments;
    return deployment;
  };
  const ON = { Accounts: [A], EnrollAdministrator: 'true' };

  test('is switched on before anything else, and waited for', async () => {
    const deployment = enrolling({ status: 'Pending' }, { status: 'Pending' }, { status: 'Active' });
    expect((await deployment.create(ON)).Status).toBe('SUCCESS');
    expect(deployment.service.calls.map(({ operation }) => operation)).toEqual([
      'ListAccounts', 'UpdateEnrollmentConfiguration', 'GetEnrollmentConfiguration', 'GetEnrollmentConfiguration',
      'ListAccounts', 'AssociateAccounts', 'ListAccounts',
    ]);
  });

  test('P5: is not, unless the properties say so', async () => {
    for (const EnrollAdministrator of [undefined, '', 'false']) {
      const deployment = enrolling({ status: 'Active' });
      expect((await deployment.create({ ...ON, EnrollAdministrator })).Status).toBe('FAILED');
      expect(deployment.service.writes()).toEqual([]);
    }
  });

  test('is on already: nothing is called for it', async () => {
    const deployment = new Deployment();
    await deployment.create(ON);
    expect(deployment.service.writes()).toEqual(['AssociateAccounts 1']);
    await deployment.update({ Accounts: [A] });
    expect(deployment.service.writes()).toEqual(['AssociateAccounts 1']);
  });

  test('C8: switched off within the last 24 hours: said so, and nothing else is called', async () => {
    const deployment = enrolling({ status: 'Active' });
    deployment.service.breaks('UpdateEnrollmentConfiguration', awsError('ForbiddenException', 'You must wait at least 24 hours'));
    const answer = await deployment.create(ON);
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain(
      'could not be switched on in account 111111111111: if it was switched off there within the last 24 hours, deploy again once they have passed',
    );
    expect(deployment.service.writes()).toEqual(['UpdateEnrollmentConfiguration 0']);
  });

  test('a failure is told with its reason, once it is no old read', async () => {
    const failed = { status: 'Failed', statusReason: 'the role exists' };
    expect((await enrolling(failed, failed, { status: 'Active' }).create(ON)).Status).toBe('SUCCESS');
    const answer = await enrolling(failed).create(ON);
    expect([answer.Status, answer.Reason]).toEqual([
      'FAILED',
      `Compute Optimizer Automation could not be switched on in account 111111111111: the role exists; correct the cause and deploy again; not settled: ${A}`,
    ]);
  });

  test('still on its way when the wait is over', async () => {
    const answer = await enrolling({ status: 'Pending' }).create({ ...ON, Wait: '60' });
    expect(answer.Reason).toBe(
      `Compute Optimizer Automation is still 'Pending' in account 111111111111 after 60 s: deploy again to go on, or give it longer with wait; not settled: ${A}`,
    );
  });

  test('AWS answers for a while as if it were off', async () => {
    const deployment = enrolling({ status: 'Active' });
    const { service } = deployment;
    service.faults.ListAccounts = () => (service.callsOf('ListAccounts').length < 5 ? awsError('OptInRequiredException') : undefined);
    service.faults.AssociateAccounts = () => (service.callsOf('AssociateAccounts').length < 3 ? awsError('OptInRequiredException') : undefined);
    expect((await deployment.create(ON)).Status).toBe('SUCCESS');
    expect(service.callsOf('UpdateEnrollmentConfiguration')).toHaveLength(1);
  });

  test('a redelivery sends the same token, another event another one', async () => {
    const deployment = enrolling({ status: 'Pending' });
    const { service } = deployment;
    await deployment.create({ ...ON, Wait: '1150' });
    const ofCreate = new Set(service.callsOf('UpdateEnrollmentConfiguration').map(({ token }) => token));
    expect(deployment.deliveries).toBeGreaterThan(1);
    expect(ofCreate.size).toBe(1);
    service.enrolling = [{ status: 'Active' }];
    await deployment.update(ON);
    expect(ofCreate).not.toContain(service.callsOf('UpdateEnrollmentConfiguration').at(-1)!.token);
  });

  test('is not switched on by a Delete: nobody is associated, nothing is left to do', async () => {
    const deployment = new Deployment();
    await deployment.create(ON);
    deployment.service.enrollment = { status: 'Inactive' };
    expect((await deployment.delete(ON)).Status).toBe('SUCCESS');
    expect(deployment.service.writes()).toEqual(['AssociateAccounts 1']);
  });
});

describe('C5, R20, T19: the caller is no administrator', () => {
  test('C10: a delegation that AWS does not know yet is waited for on Create', async () => {
    const deployment = new Deployment();
    const { service, platform } = deployment;
    const began = platform.clock.now();
    service.faults.ListAccounts = ({ at }) => (at - began < 150_000 ? awsError('NotManagementAccountException') : undefined);
    expect((await deployment.create({ Accounts: [A] })).Status).toBe('SUCCESS');
  });

  test('L26: the administrator has moved: a Delete has nobody to remove', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A] });
    deployment.service.breaks('ListAccounts', 'NotManagementAccountException');
    expect((await deployment.delete({ Accounts: [A] })).Status).toBe('SUCCESS');
    expect(deployment.service.writes()).toEqual(['AssociateAccounts 1']);
  });
});

describe('the Region', () => {
  test.each([
    ['of the stack', 'eu-north-1', undefined, 'eu-north-1'],
    ['us-east-1, where that of the stack has no endpoint', 'me-south-1', undefined, 'us-east-1'],
    ['of the properties', 'eu-north-1', 'sa-east-1', 'sa-east-1'],
    ['of the properties, also an unknown one', 'eu-north-1', 'eu-moon-1', 'eu-moon-1'],
  ])('is that %s', async (_name, stackRegion, Region, expected) => {
    const deployment = new Deployment([A], stackRegion);
    await deployment.create({ Accounts: [A], Region });
    expect(new Set(deployment.service.calls.map(({ region }) => region))).toEqual(new Set([expected]));
  });

  test('that is none fails before anything is called, and can be deleted', async () => {
    const deployment = new Deployment();
    const answer = await deployment.create({ Accounts: [A], Region: 'evil.example.com' });
    expect([answer.Status, answer.Reason]).toEqual([
      'FAILED', "'region' is \"evil.example.com\", which is no Region: give a name such as 'us-east-1'",
    ]);
    expect((await deployment.delete({ Accounts: [A], Region: 'evil.example.com' })).Status).toBe('SUCCESS');
    expect(deployment.service.calls).toEqual([]);
  });

  test.each([
    ['me-south-1', 'set region to one that has it, which are ap-northeast-1, ap-northeast-2,'],
    ['eu-west-1', "see that the function's network resolves and reaches that name, and deploy again"],
  ])('C11: without an endpoint (%s) fails within seconds, and can be deleted', async (Region, cure) => {
    const deployment = new Deployment();
    const { service, platform } = deployment;
    service.breaks('ListAccounts', notFound(Region));
    const began = platform.now();
    const answer = await deployment.create({ Accounts: [A], Region });
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain(
      `Compute Optimizer Automation cannot be found in Region '${Region}' (getaddrinfo ENOTFOUND aco-automation.${Region}.amazonaws.com): ${cure}`,
    );
    // the request itself comes after a minute
    expect(platform.now() - began).toBeLessThan(70_000);
    expect((await deployment.delete({ Accounts: [A], Region })).Status).toBe('SUCCESS');
  });

  test('C11: a resolver that falters is no missing endpoint', async () => {
    const deployment = new Deployment();
    const { service } = deployment;
    service.faults.ListAccounts = () => (service.callsOf('ListAccounts').length < 3 ? notFound(REGION) : undefined);
    expect((await deployment.create({ Accounts: [A] })).Status).toBe('SUCCESS');
  });

  test('changes in place, with no call that changes anything', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A, B] });
    const answer = await deployment.update({ Accounts: [A, B], Region: 'eu-west-1' });
    expect(answer.Status).toBe('SUCCESS');
    expect(deployment.service.writes()).toEqual(['AssociateAccounts 2']);
    await deployment.delete({ Accounts: [A, B], Region: 'eu-west-1' });
    expect(deployment.service.callsOf('DisassociateAccounts')).toMatchObject([{ accounts: [A, B], region: 'eu-west-1' }]);
    expect(deployment.service.associated()).toEqual([]);
  });

  test('changes together with the list', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A, B] });
    expect((await deployment.update({ Accounts: [B, C], Region: 'eu-west-1' })).Status).toBe('SUCCESS');
    expect(deployment.service.associated()).toEqual([B, C]);
    expect(deployment.service.writes()).toEqual(['AssociateAccounts 2', 'AssociateAccounts 1', 'DisassociateAccounts 1']);
  });

  test.each([
    ['accounts that are wanted', [A, B]],
    ['accounts that are to go', [C, D]],
  ])('where associations belong to a Region, a change stops before it does anything: %s', async (_name, next) => {
    const deployment = new Deployment();
    const { service } = deployment;
    service.regional = true;
    await deployment.create({ Accounts: [A, B] });
    const answer = await deployment.update({ Accounts: next, Region: 'eu-west-1' });
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain(
      `associations belong to a Region: ${A}, ${B} are associated in us-east-1 and not in eu-west-1, where nobody could remove them: ` +
        'keep region us-east-1, or use a second construct in another stack for eu-west-1',
    );
    expect(service.writes()).toEqual(['AssociateAccounts 2']);
    // the rollback
    expect((await deployment.update({ Accounts: [A, B] })).Status).toBe('SUCCESS');
    await deployment.delete({ Accounts: [A, B] });
    for (const region of ['us-east-1', 'eu-west-1']) expect(service.associated(region)).toEqual([]);
  });

  test.each(['OptInRequiredException', 'NotManagementAccountException', 'AccessDeniedException', 'ForbiddenException', 'ENOTFOUND'] as const)(
    'of before answers %s: the change goes on', async (name) => {
      const deployment = new Deployment();
      const { service } = deployment;
      await deployment.create({ Accounts: [A] });
      service.faults.ListAccounts = ({ region }) =>
        region !== REGION ? undefined : name === 'ENOTFOUND' ? notFound(region) : awsError(name);
      expect((await deployment.update({ Accounts: [A, B], Region: 'eu-west-1' })).Status).toBe('SUCCESS');
      expect(service.associated()).toEqual([A, B]);
    },
  );

  test('of before cannot be read for another reason: the change fails', async () => {
    const deployment = new Deployment();
    const { service } = deployment;
    await deployment.create({ Accounts: [A] });
    service.faults.ListAccounts = ({ region }) => (region === REGION ? awsError('InternalServerException') : undefined);
    const answer = await deployment.update({ Accounts: [A], Region: 'eu-west-1' });
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain('ListAccounts in us-east-1 answered InternalServerException');
  });

  test('of before was none: nothing is compared', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A], Region: 'evil.example.com' });
    expect((await deployment.update({ Accounts: [A] })).Status).toBe('SUCCESS');
    expect(new Set(deployment.service.calls.map(({ region }) => region))).toEqual(new Set([REGION]));
  });
});

describe('several resources', () => {
  test('L21, L23: what two of them want, the last one to go removes, whatever their Regions', async () => {
    const deployment = new Deployment();
    await deployment.create({ Accounts: [A, B] }, { logicalId: 'One' });
    await deployment.create({ Accounts: [B, C], Region: 'eu-west-1' }, { logicalId: 'Two' });
    await deployment.delete({ Accounts: [A, B] }, { logicalId: 'One' });
    expect(deployment.service.associated()).toEqual([B, C]);
    await deployment.delete({ Accounts: [B, C], Region: 'eu-west-1' }, { logicalId: 'Two' });
    expect(deployment.service.associated()).toEqual([]);
  });
});
