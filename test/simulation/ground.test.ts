/**
 * The ground moves, and AWS is one way or the other: what the rows of L26 and their neighbours tell the person on call.
 */
import { Life, REGION } from './driver';
import { A, B, C, D, expectClean, expectNoBreach } from './support';
import { organizationOf, SECURITY_ACCOUNT } from '../local-aws/organization-file';
import { UNKNOWN_CHOICES } from '../local-aws/unknowns';

const members = (accounts: readonly string[], more: object = {}) => ({ members: { Members: { accounts, ...more } } });
/** An account number that nobody has. */
const NOBODY = '700000000099';

/** Reasons of everything that was answered, oldest first. */
const reasons = (life: Life): string[] => life.requests.flatMap(({ answers }) => answers.map(({ body }) => JSON.parse(body).Reason ?? ''));

describe.each(UNKNOWN_CHOICES.notAdministrator)('the administrator has moved to another account (AWS says %s)', (notAdministrator) => {
  test.each(UNKNOWN_CHOICES.readsOfNonAdministrator)(
    'S12 L26b.update L26b.delete an Update names administrator, Region and cure; a Delete succeeds, and has nothing to tell (reads: %s)',
    async (readsOfNonAdministrator) => {
      const life = new Life({ unknowns: { notAdministrator, readsOfNonAdministrator } });
      await life.deploy(members([A, B]));
      life.securityHub.delegate(D, REGION);
      const mark = life.mark();
      expect(await life.deploy(members([A, B, C]))).toBe('UPDATE_ROLLBACK_COMPLETE');
      const cure = new RegExp(
        `account ${SECURITY_ACCOUNT} is not the Security Hub administrator in ${REGION}: delegate it from the management account .*EnableOrganizationAdminAccount.* and deploy again`,
      );
      const [, update, rollback] = life.requests.map(({ answers }) => JSON.parse(answers[0].body));
      expect(update).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(cure) });
      expect(rollback).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringMatching(cure) });
      expect(life.writesSince(mark)).toEqual([]);
      expect(await life.destroy()).toBe('DELETE_COMPLETE');
      expect(life.lastAnswer('Delete')).toMatchObject({ Status: 'SUCCESS' });
      await expectClean(life);
    },
  );
});

describe.each(UNKNOWN_CHOICES.selfManagedUnderCentral)('central configuration leaves an account to itself (which AWS treats %s)', (selfManagedUnderCentral) => {
  const free = selfManagedUnderCentral === 'asLocal';

  async function governed(): Promise<Life> {
    const life = new Life({ unknowns: { selfManagedUnderCentral } });
    await life.deploy(members([A, B], { wait: 30 }));
    life.securityHub.setCentralConfiguration(REGION, SECURITY_ACCOUNT, true, [A]);
    return life;
  }

  test('L26a.update what is dropped goes where AWS lets it go, else it is let go and named', async () => {
    const life = await governed();
    expect(await life.deploy(members([B], { wait: 30 }))).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual(free ? [B] : [A, B]);
    expect(life.rows().find(({ account }) => account === A)).toMatchObject({ claim: 'none', outcome: free ? 'left' : 'staying' });
    if (!free) expect(life.lastAnswer('Update').Reason).toMatch(new RegExp(`1 account stays a member in ${REGION}: ${A} \\(central`));
    await expectClean(life);
  });

  test('L26a.delete a Delete succeeds and names who stays', async () => {
    const life = await governed();
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.lastAnswer('Delete').Reason).toMatch(/stays? (a member|members?) in/);
    expect(life.lastAnswer('Delete').Reason).toContain(B);
    await expectNoBreach(life);
  });
});

test.each(UNKNOWN_CHOICES.createUnknownAccount)('S2 S4 an account number that nobody has is invited or refused, as AWS will have it (%s)', async (createUnknownAccount) => {
  const life = new Life({ unknowns: { createUnknownAccount } });
  const status = await life.deploy({ members: { Members: { accounts: [A], outside: [NOBODY] } } });
  if (createUnknownAccount === 'accepted') {
    expect(status).toBe('CREATE_COMPLETE');
    expect(life.members()).toEqual({ [A]: 'Enabled', [NOBODY]: 'Invited' });
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
  } else {
    expect(status).toBe('ROLLBACK_COMPLETE');
    expect(reasons(life)[0]).toMatch(new RegExp(`1 of 2 accounts could not be made members in ${REGION}: ${NOBODY} \\(CreateMembers: AWS said: `));
  }
  expect(life.memberIds()).toEqual([]);
  await expectClean(life);
});

describe('T34 the list and another property change in one Update', () => {
  const refusingD = organizationOf({ accounts: 12, refusals: [{ accountId: D, processingResult: 'not this one' }] });

  test('and both take effect: the new tolerance bears what the new list is refused', async () => {
    const life = new Life({ organization: refusingD });
    await life.deploy(members([A, B]));
    expect(await life.deploy(members([B, C, D], { failureTolerance: 'accounts:1', wait: 60 }))).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([B, C]);
    expect(life.lastAnswer('Update')).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringContaining(D) });
    await expectClean(life);
  });

  test('and both are rolled back: the old list stands, under the old tolerance', async () => {
    const life = new Life({ organization: refusingD });
    await life.deploy(members([A, B], { failureTolerance: 'accounts:1' }));
    expect(await life.deploy(members([B, C, D], { failureTolerance: 'none', wait: 60 }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.memberIds()).toEqual([A, B]);
    expect(life.requests.at(-1)!.request.ResourceProperties.FailureTolerance).toBe('accounts:1');
    // the tolerance of old bears the refusal that the new one did not
    expect(await life.deploy(members([B, C, D], { failureTolerance: 'accounts:1' }))).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([B, C]);
    await expectClean(life);
  });
});
