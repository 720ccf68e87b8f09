import { BROKEN, Bench, DENIED, RESET, STOPPED, THROTTLED, accounts } from './bench';
import { CALL_MILLISECONDS } from '../../../lambda/membership/calls';
import { SETTLING_MILLISECONDS } from '../../../lambda/membership/ledger';
import { Stop } from '../../../lambda/membership/service';
import { OutOfTime } from '../../../lambda/runtime/platform';

const [A, B, C, D] = accounts(4);

function members(bench: Bench, ...of: readonly string[]): void {
  for (const account of of) bench.club.set(account, 'goal');
}

/** What the calls so far changed, `+` for adds and `-` for removals. */
function changes(bench: Bench): string[] {
  return bench.club.calls.flatMap(({ step, accounts: of }) => of.map((account) => `${step === 'Add' ? '+' : '-'}${account}`));
}

describe('one way through', () => {
  test('wants are on record before anything is read, and reads come before calls', async () => {
    const bench = new Bench();
    const order: string[] = [];
    bench.club.beforeRead = () => {
      order.push(`read with wants ${bench.wants().join()}`);
    };
    bench.club.arrival = ({ step }) => {
      order.push(step);
    };
    await bench.request([A]);
    expect(order).toEqual([`read with wants ${A}`, 'Add', `read with wants ${A}`]);
  });

  test('T36: {A, B} to {C, D}: adds before removes, and both lists are wanted until then', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    bench.club.arrival = ({ step }) => {
      expect(bench.wants()).toEqual(step === 'Add' ? [A, B, C, D] : [C, D]);
    };
    await bench.request([C, D], { type: 'Update' });
    expect(changes(bench)).toEqual([`+${A}`, `+${B}`, `+${C}`, `+${D}`, `-${A}`, `-${B}`]);
    expect(bench.club.members()).toEqual([C, D]);
  });

  test('T33: {A} to {A, B} to {B}: A is untouched in step 2, and only A is removed in step 3', async () => {
    const bench = new Bench();
    await bench.request([A]);
    await bench.request([A, B], { type: 'Update' });
    expect(changes(bench)).toEqual([`+${A}`, `+${B}`]);
    await bench.request([B], { type: 'Update' });
    expect(changes(bench)).toEqual([`+${A}`, `+${B}`, `-${A}`]);
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'left' });
    expect(bench.row(B)).toMatchObject({ claim: 'ours', outcome: 'joined' });
  });

  test('T04: nothing to change: nothing is called, and of the rows nothing is written', async () => {
    const bench = new Bench();
    await bench.request(accounts(120));
    const calls = bench.club.calls.length;
    const operations = bench.table.operations.length;
    await bench.request(accounts(120), { type: 'Update' });
    expect(bench.club.calls).toHaveLength(calls);
    const written = bench.table.operations.slice(operations).filter(({ kind }) => kind === 'update');
    expect(written.filter(({ key }) => key.sk.startsWith('A#'))).toEqual([]);
  });

  test.each([1, 50, 51, 120])('a change of %i accounts costs one write for every 50, per direction', async (count) => {
    const bench = new Bench();
    await bench.request([...accounts(count), D.replace(/^0/, '9')]);
    const calls = bench.club.calls.length;
    await bench.request([...accounts(count, 5000), D.replace(/^0/, '9')], {
      type: 'Update',
      removalLimit: { kind: 'all' },
    });
    expect(bench.club.calls.length - calls).toBe(2 * Math.ceil(count / 50));
  });

  test('T02, T35, S10: a member that vanished is added again', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    bench.club.set(A, 'absent');
    const report = await bench.request([A, B], { type: 'Update' });
    expect(report.accounts.get(A)).toEqual({ outcome: 'joined' });
    expect(bench.club.members()).toEqual([A, B]);
    expect(bench.club.calls[1].accounts).toEqual([A]);
  });

  test('T02: a Delete after the member vanished', async () => {
    const bench = new Bench();
    await bench.request([A]);
    bench.club.set(A, 'absent');
    const report = await bench.request([], { type: 'Delete' });
    expect(report.shortfall).toBeUndefined();
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'left' });
  });

  test('an excluded account is skipped', async () => {
    const bench = new Bench();
    const report = await bench.request([A, B], { excluded: new Map([[A, 'never']]) });
    expect(report.accounts.get(A)).toEqual({ outcome: 'skipped', reason: 'never' });
    expect(bench.club.members()).toEqual([B]);
    expect(bench.club.reads.every((read) => !read.accounts.includes(A))).toBe(true);
  });

  test('accounts outside are removed in their own way, also once nothing says any more that they are', async () => {
    const bench = new Bench();
    await bench.request([A, B], { outside: new Set([A]) });
    await bench.request([], { type: 'Delete' });
    expect(bench.club.calls.slice(1).map(({ step, accounts: of }) => `${step} ${of}`)).toEqual([
      `Remove ${B}`,
      `Remove ${A}`,
      `Erase ${A}`,
    ]);
  });
});

describe('members before us', () => {
  test('S7: are left alone, and stay when the resource goes', async () => {
    const bench = new Bench();
    members(bench, A);
    const report = await bench.request([A, B]);
    expect(report.accounts.get(A)).toEqual({ outcome: 'already-member' });
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'already-member' });
    await bench.request([], { type: 'Delete' });
    expect(bench.club.members()).toEqual([A]);
  });

  test('takeOver claims them, and then they go with the resource', async () => {
    const bench = new Bench();
    members(bench, A);
    await bench.request([A], { existingMembers: 'takeOver' });
    expect(bench.club.calls).toEqual([]);
    expect(bench.row(A)).toMatchObject({ claim: 'takenOver', reason: 'taken over' });
    await bench.request([], { type: 'Delete', existingMembers: 'takeOver' });
    expect(bench.club.members()).toEqual([]);
  });

  test('takeOver, then leave again: they are let go', async () => {
    const bench = new Bench();
    members(bench, A);
    await bench.request([A, B], { existingMembers: 'takeOver' });
    await bench.request([A, B], { type: 'Update', existingMembers: 'leave' });
    expect(bench.row(A)).toMatchObject({ claim: 'none' });
    expect(bench.row(B)).toMatchObject({ claim: 'ours' });
    await bench.request([], { type: 'Delete' });
    expect(bench.club.members()).toEqual([A]);
  });

  test('takeOver, then leave together with dropping them: they stay', async () => {
    const bench = new Bench();
    members(bench, A);
    await bench.request([A, B], { existingMembers: 'takeOver' });
    await bench.request([B], { type: 'Update' });
    expect(bench.club.members()).toEqual([A, B]);
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'released' });
  });

  test('R05: an undone Create removes only what it added', async () => {
    const bench = new Bench();
    members(bench, A);
    bench.club.refusals.set(C, 'no');
    expect((await bench.request([A, B, C])).shortfall).toBe('refused');
    await bench.request([], { type: 'Delete' });
    expect(changes(bench)).toEqual([`+${B}`, `+${C}`, `-${B}`]);
  });

  test('one that joined between our read and our call is not ours', async () => {
    const bench = new Bench();
    bench.club.arrival = () => members(bench, A);
    const report = await bench.request([A]);
    expect(report.accounts.get(A)).toEqual({ outcome: 'already-member' });
    await bench.request([], { type: 'Delete' });
    expect(bench.club.members()).toEqual([A]);
  });
});

describe('dropped accounts', () => {
  test('L24: release lets go without a call', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    const report = await bench.request([B], { type: 'Update', dropped: 'release' });
    expect(report.accounts.get(A)).toEqual({ outcome: 'released', reason: 'let go' });
    expect(bench.club.members()).toEqual([A, B]);
    await bench.request([], { type: 'Delete' });
    expect(bench.club.members()).toEqual([A]);
  });

  test('L24: a Delete that releases removes nobody', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    await bench.request([], { type: 'Delete', dropped: 'release' });
    expect(bench.club.members()).toEqual([A, B]);
    expect(bench.wants()).toEqual([]);
  });

  test.each(['ours', 'takenOver'] as const)('L24 D15: what a release has let go (%s), its rollback claims again', async (claim) => {
    const bench = new Bench();
    if (claim === 'takenOver') [A, B].forEach((account) => bench.club.set(account, 'goal'));
    await bench.request([A, B], { existingMembers: 'takeOver' });
    await bench.request([B], { type: 'Update', dropped: 'release' });
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'released', letGo: claim });
    await bench.request([A, B], { type: 'Update', rollback: true, existingMembers: 'takeOver' });
    expect(bench.row(A)).toMatchObject({ claim });
    expect(bench.row(A)).not.toHaveProperty('letGo');
    await bench.request([], { type: 'Delete', existingMembers: 'takeOver' });
    expect(bench.club.members()).toEqual([]);
  });

  test('R05 L24: what joined in a request that failed is undone, not released', async () => {
    const bench = new Bench();
    bench.club.refusals.set(B, 'no');
    expect((await bench.request([A, B], { dropped: 'release' })).shortfall).toBe('refused');
    await bench.request([], { type: 'Delete', dropped: 'release' });
    expect(bench.club.members()).toEqual([]);
  });

  test('L7 L24: a rollback to properties that release undoes what the update before it has added', async () => {
    const bench = new Bench();
    await bench.request([A], { dropped: 'release' });
    await bench.request([A, B], { type: 'Update' });
    await bench.request([A], { type: 'Update', rollback: true, dropped: 'release' });
    expect(bench.club.members()).toEqual([A]);
  });

  test('L24: what has been released for good is not claimed again, not even by a rollback of something else', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    await bench.request([B], { type: 'Update', dropped: 'release' });
    await bench.request([B, C], { type: 'Update' });
    await bench.request([A, B], { type: 'Update', rollback: true });
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'already-member' });
    await bench.request([], { type: 'Delete' });
    expect(bench.club.members()).toEqual([A]);
  });

  test('L24: an ordinary Update that wants a released account again finds a member that was there before', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    await bench.request([B], { type: 'Update', dropped: 'release' });
    await bench.request([A, B], { type: 'Update' });
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'already-member' });
  });

  test('are not removed in a run that could not add', async () => {
    const bench = new Bench();
    await bench.request([A]);
    bench.club.refusals.set(B, 'no');
    const report = await bench.request([B], { type: 'Update' });
    expect(report.shortfall).toBe('refused');
    expect(bench.club.members()).toEqual([A]);
    expect(bench.wants()).toEqual([A, B]);
  });

  test('L25: but in a rollback they are', async () => {
    const bench = new Bench();
    await bench.request([A]);
    bench.club.refusals.set(B, 'no');
    await bench.request([B], { type: 'Update', rollback: true });
    expect(bench.club.members()).toEqual([]);
  });
});

describe('the removal limit', () => {
  const drop = async (had: number, dropped: number, more: object = {}) => {
    const bench = new Bench();
    await bench.request(accounts(had));
    const report = await bench.request(accounts(had - dropped), { type: 'Update', ...more });
    return { report, bench, left: had - bench.club.members().length };
  };

  test.each([
    [200, 20, 20],
    [200, 21, 0],
    [50, 10, 10],
    [50, 11, 0],
    [10, 10, 10],
    [119, 11, 11],
    [119, 12, 0],
  ])('10 %% of %i accounts, but never less than ten: %i dropped, %i leave', async (had, dropped, expected) => {
    const { report, left } = await drop(had, dropped);
    expect(left).toBe(expected);
    expect(report.shortfall).toBe(expected === 0 ? 'removalLimit' : undefined);
  });

  test('over it nobody leaves, and it is said', async () => {
    const { report, bench } = await drop(200, 21);
    expect(report.overLimit).toEqual({ leaving: 21, limit: 20 });
    expect(bench.wants()).toHaveLength(200);
    // the next Update, with another limit, goes on
    await bench.request(accounts(179), { type: 'Update', removalLimit: { kind: 'all' } });
    expect(bench.club.members()).toEqual(accounts(179));
  });

  test.each([
    [{ kind: 'none' }, 1, 0],
    [{ kind: 'accounts', count: 0 }, 1, 0],
    [{ kind: 'accounts', count: 3 }, 3, 3],
    [{ kind: 'accounts', count: 3 }, 4, 0],
    [{ kind: 'all' }, 50, 50],
  ] as const)('an explicit %j: %i dropped, %i leave', async (removalLimit, dropped, expected) => {
    expect((await drop(60, dropped, { removalLimit })).left).toBe(expected);
  });

  test('does not stop a Delete', async () => {
    const bench = new Bench();
    await bench.request(accounts(200));
    const report = await bench.request([], { type: 'Delete', removalLimit: { kind: 'none' } });
    expect([report.shortfall, bench.club.members()]).toEqual([undefined, []]);
  });

  test('L25, W12: does not stop a rollback', async () => {
    expect((await drop(200, 100, { rollback: true })).left).toBe(100);
  });

  test('W12: what joined in a request that failed does not count', async () => {
    const bench = new Bench();
    await bench.request([A]);
    const refused = '999999999999';
    bench.club.refusals.set(refused, 'no');
    await bench.request([A, ...accounts(60, 100), refused], { type: 'Update' });
    const report = await bench.request([A], { type: 'Update', removalLimit: { kind: 'none' } });
    expect([report.shortfall, bench.club.members()]).toEqual([undefined, [A]]);
  });

  test('S1: what joined in a request that succeeded does', async () => {
    const bench = new Bench();
    await bench.request(accounts(60));
    const report = await bench.request([A], { type: 'Update' });
    expect(report.overLimit).toEqual({ leaving: 59, limit: 10 });
  });

  test('accounts that others want, or that are released, do not count', async () => {
    const bench = new Bench();
    await bench.request(accounts(60));
    await bench.request(accounts(60), { logicalId: 'B' });
    const report = await bench.request([A], { type: 'Update', removalLimit: { kind: 'none' } });
    expect(report.shortfall).toBeUndefined();
    expect(bench.club.members()).toHaveLength(60);
  });
});

describe('the tolerance', () => {
  const refusing = async (refused: number, of: number, failureTolerance: any, more: object = {}) => {
    const bench = new Bench();
    for (const account of accounts(refused)) bench.club.refusals.set(account, 'no');
    return (await bench.request(accounts(of), { failureTolerance, ...more })).shortfall;
  };

  test.each([
    [{ kind: 'none' }, 1, 'refused'],
    [{ kind: 'none' }, 0, undefined],
    [{ kind: 'accounts', count: 2 }, 2, undefined],
    [{ kind: 'accounts', count: 2 }, 3, 'refused'],
    [{ kind: 'percentage', percentage: 10 }, 2, undefined],
    [{ kind: 'percentage', percentage: 10 }, 3, 'refused'],
    [{ kind: 'percentage', percentage: 0 }, 1, 'refused'],
    [{ kind: 'all' }, 20, undefined],
  ])('%j, and %i of 20 refused: %s', async (tolerance, refused, expected) => {
    expect(await refusing(refused, 20, tolerance)).toBe(expected);
  });

  test('what is tolerated does not stop the removals', async () => {
    const bench = new Bench();
    await bench.request([A]);
    bench.club.refusals.set(B, 'no');
    await bench.request([B, C], { type: 'Update', failureTolerance: { kind: 'accounts', count: 1 } });
    expect(bench.club.members()).toEqual([C]);
  });

  test('accounts with an excuse are skipped and do not count', async () => {
    const bench = new Bench();
    bench.club.refusals.set(A, 'no');
    bench.club.found.set(A, { kind: 'skip', words: 'closed' });
    const report = await bench.request([A, B]);
    expect(report.shortfall).toBeUndefined();
    expect(report.accounts.get(A)).toEqual({ outcome: 'skipped', reason: 'closed; Add: no' });
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'skipped', reason: 'closed; Add: no' });
  });
});

describe('what a read decides', () => {
  test('S14: an account that shows late is waited for', async () => {
    const bench = new Bench();
    bench.club.settling = 30_000;
    const report = await bench.request([A]);
    expect(report.accounts.get(A)).toEqual({ outcome: 'joined' });
    expect(bench.club.calls).toHaveLength(1);
  });

  test('still on its way after the wait: pending, and short', async () => {
    const bench = new Bench();
    bench.club.joinedAs = 'settling';
    const began = bench.platform.now();
    const report = await bench.request([A], { waitSeconds: 30 });
    expect(report.accounts.get(A)).toEqual({
      outcome: 'pending',
      reason: "still 'is-settling' after 30 s; deploy again to go on, or give it longer with wait",
    });
    expect(report.shortfall).toBe('refused');
    expect(bench.platform.now() - began).toBe(30_000);
    // it is ours all the same (W5)
    expect(bench.row(A)).toMatchObject({ claim: 'ours', outcome: 'pending' });
    await bench.request([], { type: 'Delete' });
    expect(bench.club.status(A)).toBe('absent');
  });

  test('somebody else has added it, and it is on its way: waited for, without a call', async () => {
    const bench = new Bench();
    bench.club.set(A, 'settling');
    bench.club.set(A, 'goal', bench.platform.now() + 20_000);
    const report = await bench.request([A]);
    expect(report.accounts.get(A)).toEqual({ outcome: 'already-member' });
    expect(bench.club.calls).toEqual([]);
  });

  test('suspended by our add: skipped', async () => {
    const bench = new Bench();
    bench.club.joinedAs = 'suspended';
    const report = await bench.request([A]);
    expect(report.accounts.get(A)).toEqual({
      outcome: 'skipped',
      reason: "suspended: AWS reports member status 'is-suspended'",
    });
  });

  test('refused, and kept on record with its reason', async () => {
    const bench = new Bench();
    bench.club.refusals.set(A, 'AWS says no');
    await bench.request([A]);
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'refused', reason: 'Add: AWS says no; correct the cause, or allow for it with failureTolerance', requestId: 'request-1' });
    // and forgotten once it is accepted
    bench.club.refusals.clear();
    await bench.request([A], { type: 'Update' });
    expect(bench.row(A)).toMatchObject({ claim: 'ours', outcome: 'joined' });
    expect(bench.row(A)!.reason).toBeUndefined();
  });

  test('a wait without an end is looked into after a minute: with a cause there is no more waiting', async () => {
    const bench = new Bench();
    bench.club.joinedAs = 'settling';
    bench.club.found.set(A, { kind: 'foreign', words: 'not one of us' });
    const began = bench.platform.now();
    const report = await bench.request([A], { waitSeconds: 600 });
    expect(report.accounts.get(A)).toEqual({ outcome: 'refused', reason: "still 'is-settling'; not one of us" });
    expect(bench.row(A)).toMatchObject({ claim: 'ours' });
    expect(bench.club.lookups).toEqual([[A]]);
    expect(bench.platform.now() - began).toBeLessThan(90_000);
  });

  test('without a cause it goes on to the end of the wait', async () => {
    const bench = new Bench();
    bench.club.joinedAs = 'settling';
    const began = bench.platform.now();
    bench.platform.clock.after(300_000, () => bench.club.set(A, 'goal'));
    const report = await bench.request([A], { waitSeconds: 600 });
    expect(report.accounts.get(A)).toEqual({ outcome: 'joined' });
    expect(bench.platform.now() - began).toBeLessThan(330_000);
    expect(bench.club.lookups).toEqual([[A]]);
  });

  test('who joins at once is not looked up', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    expect(bench.club.lookups).toEqual([]);
  });

  test('L26: who was a member and has left the organization is skipped, not refused', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    bench.club.set(A, 'absent');
    bench.club.refusals.set(A, 'no');
    bench.club.found.set(A, { kind: 'foreign', words: 'not one of us' });
    const report = await bench.request([A, B], { type: 'Update' });
    expect(report.shortfall).toBeUndefined();
    expect(report.accounts.get(A)).toEqual({ outcome: 'skipped', reason: 'it has left the organization' });
  });

  test('an ineligible account is refused with the cure, without a call and without a closer look', async () => {
    const bench = new Bench();
    bench.club.set(A, 'ineligible');
    const report = await bench.request([A, B]);
    expect(report.shortfall).toBe('refused');
    expect(report.accounts.get(A)).toEqual({ outcome: 'refused', reason: 'sign up first' });
    expect(changes(bench)).toEqual([`+${B}`]);
    expect(bench.club.lookups).toEqual([]);
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'refused' });
  });

  test.each([
    ['has left the organization', { kind: 'foreign', words: 'not one of us' }, 'it has left the organization'],
    ['was closed', { kind: 'skip', words: 'the account is CLOSED' }, 'the account is CLOSED'],
  ] as const)('L26 R12: a member that became ineligible because it %s is skipped, and its claim stays', async (_why, cause, reason) => {
    const bench = new Bench();
    await bench.request([A, B]);
    bench.club.set(A, 'ineligible');
    bench.club.found.set(A, cause);
    for (const revision of ['first', 'second']) {
      const report = await bench.request([A, B], { type: 'Update', requestId: revision });
      expect(report.shortfall).toBeUndefined();
      expect(report.accounts.get(A)).toEqual({ outcome: 'skipped', reason });
    }
    expect(bench.club.lookups).toEqual([[A], [A]]);
    expect(bench.row(A)).toMatchObject({ claim: 'ours', outcome: 'skipped' });
    expect(changes(bench)).toEqual([`+${A}`, `+${B}`]);
  });

  test.each([undefined, { kind: 'other', words: 'somebody has to act' }] as const)(
    'a member that became ineligible for no reason that excuses it (%p) is refused with the cure, and stays claimed', async (cause) => {
      const bench = new Bench();
      await bench.request([A]);
      bench.club.set(A, 'ineligible');
      if (cause !== undefined) bench.club.found.set(A, cause);
      const report = await bench.request([A], { type: 'Update' });
      expect(report.shortfall).toBe('refused');
      expect(report.accounts.get(A)).toEqual({ outcome: 'refused', reason: 'sign up first' });
      expect(bench.row(A)).toMatchObject({ claim: 'ours', outcome: 'refused' });
    },
  );

  test('an account that AWS refused, and that turns out to be ineligible, is not claimed', async () => {
    const bench = new Bench();
    bench.club.refusals.set(A, 'no');
    bench.club.arrival = () => bench.club.set(A, 'ineligible');
    const report = await bench.request([A]);
    expect(report.accounts.get(A)).toMatchObject({ outcome: 'refused' });
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'refused' });
  });

  describe('where one account that is gone spoils a whole removal', () => {
    const looking = () => {
      const bench = new Bench();
      bench.club.looksBeforeLeaving = true;
      return bench;
    };

    test('who is still there is read first: one look before the calls, one after them', async () => {
      const bench = looking();
      await bench.request([A, B, C]);
      await bench.run(bench.platform.sleep(SETTLING_MILLISECONDS));
      bench.club.set(B, 'absent');
      bench.club.reads.length = 0;
      const report = await bench.request([], { type: 'Delete' });
      expect(report.shortfall).toBeUndefined();
      expect(changes(bench)).toEqual([`+${A}`, `+${B}`, `+${C}`, `-${A}`, `-${C}`]);
      expect(bench.club.reads).toEqual([
        { accounts: [A, B, C], purpose: 'leave' },
        { accounts: [A, C], purpose: 'leave' },
      ]);
      expect(bench.row(B)).toMatchObject({ claim: 'none', outcome: 'left' });
    });

    test('nobody is there: nothing is called', async () => {
      const bench = looking();
      await bench.request([A]);
      bench.club.set(A, 'absent');
      await bench.request([], { type: 'Delete' });
      expect(bench.club.tally()).toEqual(['Add 1']);
    });

    test('nobody leaves: nothing is read for it', async () => {
      const bench = looking();
      await bench.request([A]);
      bench.club.reads.length = 0;
      await bench.request([A], { type: 'Update' });
      expect(bench.club.reads).toEqual([{ accounts: [A], purpose: 'join' }]);
    });

    test('W5: a read that may still show the time before the add proves nothing', async () => {
      const bench = looking();
      bench.club.settling = 30_000;
      bench.club.beforeRead = () => {
        if (bench.club.calls.length > 0) throw DENIED;
      };
      await expect(bench.request([A])).rejects.toBe(DENIED);
      bench.club.beforeRead = undefined;
      const report = await bench.request([], { type: 'Delete', waitSeconds: 60 });
      expect(report.residue.size).toBe(0);
      expect(changes(bench)).toEqual([`+${A}`, `-${A}`]);
      expect(bench.club.members()).toEqual([]);
    });

    test('W6: an account that a killed attempt may still remove is not ended before that cannot happen any more', async () => {
      const bench = looking();
      await bench.request([A]);
      await bench.platform.wait(120_000);
      const first = await bench.open({ type: 'Delete', requestId: 'delete', time: 60_000 });
      bench.club.fault = () => ({ error: RESET });
      await expect(bench.reconcile(first, [], { type: 'Delete' })).rejects.toThrow(OutOfTime);
      bench.club.fault = undefined;
      bench.club.set(A, 'absent');
      const landsUntil = bench.lane().find(({ op }) => op === 'remove')!.until;
      await bench.run(first.lease.release());
      await bench.request([], { type: 'Delete', requestId: 'delete' });
      expect(bench.platform.now()).toBeGreaterThanOrEqual(landsUntil);
      expect(bench.club.tally()).toEqual(['Add 1', 'Remove 1']);
    });
  });

  test('a removal that shows late is waited for, and not called for again', async () => {
    const bench = new Bench();
    await bench.request([A]);
    await bench.platform.wait(60_000);
    bench.club.settling = 30_000;
    const report = await bench.request([], { type: 'Delete' });
    expect(report.residue.size).toBe(0);
    expect(bench.club.tally()).toEqual(['Add 1', 'Remove 1']);
  });

  test('W10: accepted, but still there after the wait: the claim is kept, and nothing is called for again', async () => {
    const bench = new Bench();
    await bench.request([A]);
    bench.club.sticky = true;
    const report = await bench.request([], { type: 'Delete', waitSeconds: 30 });
    expect(report.shortfall).toBe('residue');
    expect([...report.residue]).toEqual([A]);
    expect(report.accounts.get(A)).toEqual({
      outcome: 'refused',
      reason: "AWS accepted the removal, but still reports 'is-goal' after 30 s",
    });
    expect(bench.club.tally()).toEqual(['Add 1', 'Remove 1']);
    expect(bench.row(A)).toMatchObject({ claim: 'ours', outcome: 'refused' });
  });

  test('W5: a removal without effect is not taken for done because a read still shows the time before the add', async () => {
    const bench = new Bench();
    bench.club.settling = 30_000;
    bench.club.beforeRead = () => {
      if (bench.club.calls.length > 0) throw DENIED;
    };
    await expect(bench.request([A])).rejects.toBe(DENIED);
    bench.club.beforeRead = undefined;
    bench.club.sticky = true;
    const report = await bench.request([], { type: 'Delete', waitSeconds: 60 });
    expect(report.shortfall).toBe('residue');
    expect([...report.residue]).toEqual([A]);
    expect(bench.row(A)).toMatchObject({ claim: 'ours', outcome: 'refused' });
  });

  test('W5: nor because one does after another has shown it: reads need not agree with each other for a minute', async () => {
    const bench = new Bench();
    await bench.request([A]);
    bench.club.sticky = true;
    const began = bench.platform.now();
    // a host that does not know of the add yet
    bench.club.beforeRead = () => {
      bench.club.settling = bench.platform.now() - began < 45_000 ? 60_000 : 0;
    };
    const report = await bench.request([], { type: 'Delete', waitSeconds: 120 });
    expect([...report.residue]).toEqual([A]);
  });

  test.each(['leave', 'takeOver'] as const)('W5: nor where the claim was handed over, or taken over (%s)', async (existingMembers) => {
    const bench = new Bench();
    await bench.request([A], { logicalId: 'One' });
    await bench.request([A], { logicalId: 'Two', existingMembers });
    await bench.request([], { type: 'Delete', logicalId: 'One' });
    bench.club.sticky = true;
    const began = bench.platform.now();
    bench.club.beforeRead = () => {
      bench.club.settling = bench.platform.now() - began < 45_000 ? 60_000 : 0;
    };
    const report = await bench.request([], { type: 'Delete', logicalId: 'Two', existingMembers, waitSeconds: 120 });
    expect([...report.residue]).toEqual([A]);
  });

  test('who joined more than a minute ago leaves without a wait', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    await bench.run(bench.platform.sleep(SETTLING_MILLISECONDS));
    const before = bench.platform.now();
    await bench.request([], { type: 'Delete' });
    expect(bench.platform.now() - before).toBeLessThan(1000);
    expect(bench.club.members()).toEqual([]);
  });

  test('L26: under policies that keep members, a removal that shows late is no member that stays', async () => {
    const bench = new Bench();
    await bench.request([A]);
    await bench.run(bench.platform.sleep(SETTLING_MILLISECONDS));
    bench.club.settling = 20_000;
    bench.club.keeping = 'policies decide';
    const report = await bench.request([], { type: 'Delete' });
    expect([...report.staying]).toEqual([]);
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'left' });
  });

  test('L26: the service keeps its members: they are let go, and named', async () => {
    const bench = new Bench();
    await bench.request([A]);
    bench.club.fault = () => ({ error: DENIED });
    bench.club.keeping = 'policies decide';
    const report = await bench.request([], { type: 'Delete' });
    expect(report.shortfall).toBeUndefined();
    expect([...report.staying]).toEqual([A]);
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'staying', reason: 'policies decide' });
  });

  test('L26 D15: what the service kept, the rollback claims again', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    bench.club.fault = () => ({ error: DENIED });
    bench.club.keeping = 'policies decide';
    await bench.request([B], { type: 'Update' });
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'staying' });
    await bench.request([A, B], { type: 'Update', rollback: true });
    expect(bench.row(A)).toMatchObject({ claim: 'ours', outcome: 'joined' });
  });

  test('L26: a refused removal fails only a Delete, and keeps the claim', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    bench.club.fault = ({ step }) => (step === 'Remove' ? { error: DENIED } : undefined);
    const report = await bench.request([B], { type: 'Update' });
    expect(report.shortfall).toBe('residue');
    expect(bench.row(A)).toMatchObject({ claim: 'ours', outcome: 'refused' });
    bench.club.fault = undefined;
    await bench.request([B], { type: 'Update' });
    expect(bench.club.members()).toEqual([B]);
  });

  test('an account that left a moment ago is called for, whatever the read says', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    await bench.platform.wait(60_000);
    await bench.request([B], { type: 'Update' });
    await bench.platform.wait(10_000);
    // as it was before the removal
    bench.club.settling = 30_000;
    await bench.request([A, B], { type: 'Update' });
    expect(changes(bench)).toEqual([`+${A}`, `+${B}`, `-${A}`, `+${A}`]);
    expect(bench.club.members()).toEqual([A, B]);
  });
});

describe('no answer', () => {
  test('W4: applied, reset, "already a member": ours', async () => {
    const bench = new Bench();
    bench.club.fault = ({ index }) => (index === 0 ? { error: RESET, effect: 'some' } : undefined);
    const report = await bench.request([A]);
    expect(report.accounts.get(A)).toEqual({ outcome: 'joined' });
    expect(bench.row(A)).toMatchObject({ claim: 'ours' });
    await bench.request([], { type: 'Delete' });
    expect(bench.club.members()).toEqual([]);
  });

  test('W13: what would clear away the next step is waited for, if it had no answer', async () => {
    const bench = new Bench();
    bench.club.set(A, 'started');
    jest.spyOn(bench.club, 'observe').mockImplementation(async (read) =>
      new Map(read.map((account) => [account, { kind: bench.club.status(account), status: '', steps: ['Erase', 'Add'] }])),
    );
    let lost = false;
    bench.club.fault = ({ step }) => {
      if (step !== 'Erase' || lost) return undefined;
      lost = true;
      // the request is still on the wire, and arrives when everything seems done
      bench.platform.clock.after(50_000, () => bench.club.set(A, 'absent'));
      return { error: RESET, effect: 'none' };
    };
    const report = await bench.request([A], { outside: new Set([A]) });
    expect(report.accounts.get(A)).toEqual({ outcome: 'joined' });
    expect(bench.club.members()).toEqual([A]);
    const [first] = bench.club.calls.filter(({ step }) => step === 'Add');
    expect(first.at - bench.club.calls[0].at).toBeGreaterThan(SETTLING_MILLISECONDS);
  });

  test('F5: broken for ever: refused, still announced, and void for the Delete once nothing can land any more', async () => {
    const bench = new Bench();
    bench.club.fault = () => ({ error: BROKEN });
    const report = await bench.request([A]);
    expect(report.accounts.get(A)).toMatchObject({ outcome: 'refused' });
    // the row claims nothing: the announcement without an answer does
    expect(bench.row(A)).toMatchObject({ claim: 'none' });
    bench.club.fault = undefined;
    await bench.request([], { type: 'Delete' });
    // nothing of it had arrived: a read tells, no call is made
    expect(bench.club.calls.map(({ step }) => step)).not.toContain('Remove');
    expect(bench.lane()).toEqual([]);
  });

  /** An attempt that dies with its call on the wire. */
  async function killed(bench: Bench, wanted: readonly string[]): Promise<number> {
    const world = await bench.open();
    bench.club.arrival = () => {
      throw Object.assign(new Error('killed'), { name: 'Killed', code: 'KILLED' });
    };
    const until = bench.platform.now() + CALL_MILLISECONDS;
    bench.table.before = ({ key, kind }) => {
      if (bench.club.calls.length > 0 && kind === 'update' && !key.sk.startsWith('META')) throw new Error('dead');
    };
    await bench.reconcile({ ...world, deadline: until }, wanted).catch(() => undefined);
    bench.table.before = undefined;
    bench.club.arrival = undefined;
    expect(bench.lane()).toMatchObject([{ op: 'add', accounts: wanted.join(' ') }]);
    return until;
  }

  test('W6: a Delete waits until the call of a killed Create cannot land any more, and removes what landed', async () => {
    const bench = new Bench();
    const until = await killed(bench, [A]);
    bench.club.set(A, 'goal', until + 30_000);
    const report = await bench.request([], { type: 'Delete' });
    expect(bench.club.members()).toEqual([]);
    expect(report.accounts.get(A)).toEqual({ outcome: 'left' });
    expect(bench.club.calls.at(-1)!.at).toBeGreaterThanOrEqual(until + SETTLING_MILLISECONDS);
    expect(bench.lane()).toEqual([]);
  });

  test('W6: and calls nothing where it never landed', async () => {
    const bench = new Bench();
    await killed(bench, [A]);
    const calls = bench.club.calls.length;
    const report = await bench.request([], { type: 'Delete' });
    expect(bench.club.calls).toHaveLength(calls);
    expect(report.accounts.get(A)).toEqual({ outcome: 'left', reason: 'it never joined' });
    expect(bench.lane()).toEqual([]);
  });

  test('G6: what a killed Create has added belongs to the next attempt', async () => {
    const bench = new Bench();
    const until = await killed(bench, [A]);
    bench.club.set(A, 'goal', until);
    await bench.platform.wait(CALL_MILLISECONDS);
    await bench.request([A], { type: 'Update' });
    expect(bench.row(A)).toMatchObject({ claim: 'ours', outcome: 'joined' });
    await bench.request([], { type: 'Delete' });
    expect(bench.club.members()).toEqual([]);
  });

  test('G4: a Delete ends when no call of ours can land any more, not even one that neither adds nor removes', async () => {
    const bench = new Bench();
    const killedOne = await bench.open();
    const until = bench.platform.now() + CALL_MILLISECONDS;
    await bench.run(killedOne.ledger.announce([{ op: 'touch', accounts: [A], requestId: 'request-1', until }]));
    await bench.request([], { type: 'Delete' });
    expect(bench.platform.now()).toBeGreaterThanOrEqual(until + SETTLING_MILLISECONDS);
    expect(bench.lane()).toEqual([]);
    expect(bench.club.calls).toEqual([]);
  });

  test('a removal without an answer is read, and tried three times', async () => {
    const bench = new Bench();
    await bench.request([A]);
    bench.club.fault = ({ step }) => (step === 'Remove' ? { error: RESET } : undefined);
    const report = await bench.request([], { type: 'Delete' });
    expect(bench.club.tally()).toEqual(['Add 1', 'Remove 1', 'Remove 1', 'Remove 1']);
    expect(report.shortfall).toBe('residue');
    expect(report.accounts.get(A)!.reason).toBe('Remove: Error: read ECONNRESET');
    const [, first, second] = bench.club.calls;
    expect(second.at - first.at).toBeGreaterThanOrEqual(CALL_MILLISECONDS + SETTLING_MILLISECONDS);
  });

  test('a removal without an answer that had its effect is not tried again', async () => {
    const bench = new Bench();
    await bench.request([A]);
    bench.club.fault = ({ step }) => (step === 'Remove' ? { silence: true, effect: 'some' } : undefined);
    const report = await bench.request([], { type: 'Delete' });
    expect(report.shortfall).toBeUndefined();
    expect(bench.club.tally()).toEqual(['Add 1', 'Remove 1']);
    expect(bench.lane()).toEqual([]);
  });
});

describe('several resources', () => {
  test('L21: renamed: the new one keeps, the old one goes, nobody is removed', async () => {
    const bench = new Bench();
    await bench.request([A, B], { logicalId: 'Old' });
    await bench.request([A, B], { logicalId: 'New' });
    await bench.request([], { type: 'Delete', logicalId: 'Old' });
    expect(bench.club.members()).toEqual([A, B]);
    expect(bench.row(A, 'Old')).toMatchObject({ claim: 'ours', outcome: 'released', handedOver: true });
    // and whoever withdraws last removes
    await bench.request([], { type: 'Delete', logicalId: 'New' });
    expect(bench.club.members()).toEqual([]);
    expect(bench.row(A, 'Old')).toMatchObject({ claim: 'none', outcome: 'released' });
    expect(bench.row(A, 'Old')!.handedOver).toBeUndefined();
  });

  test.each([
    ['the new resource first', true],
    ['the old one first', false],
  ])('L22: a list is split, %s', async (_name, newFirst) => {
    const bench = new Bench();
    await bench.request([A, B], { logicalId: 'One' });
    const shrink = () => bench.request([A], { type: 'Update', logicalId: 'One' });
    if (!newFirst) await shrink();
    await bench.request([B], { logicalId: 'Two' });
    if (newFirst) await shrink();
    expect(bench.club.members()).toEqual([A, B]);
    expect(changes(bench).filter((change) => change.startsWith('-'))).toEqual(newFirst ? [] : [`-${B}`]);
  });

  test.each([
    ['One', 'Two', [B, C]],
    ['Two', 'One', [A, B]],
  ])('L23: two overlap, and %s is deleted before %s', async (first, second, left) => {
    const bench = new Bench();
    await bench.request([A, B], { logicalId: 'One' });
    await bench.request([B, C], { logicalId: 'Two' });
    await bench.request([], { type: 'Delete', logicalId: first });
    expect(bench.club.members()).toEqual(left);
    await bench.request([], { type: 'Delete', logicalId: second });
    expect(bench.club.members()).toEqual([]);
  });

  test.each(['Adder', 'Adopter'])('of an account that one has added and another has taken over, the last one (after %s) removes it', async (first) => {
    const bench = new Bench();
    await bench.request([A], { logicalId: 'Adder' });
    await bench.request([A], { logicalId: 'Adopter', existingMembers: 'takeOver' });
    await bench.request([A], { logicalId: 'Last' });
    for (const logicalId of first === 'Adder' ? ['Adder', 'Adopter'] : ['Adopter', 'Adder']) {
      await bench.request([], { type: 'Delete', logicalId, existingMembers: logicalId === 'Adopter' ? 'takeOver' : 'leave' });
    }
    expect(bench.club.members()).toEqual([A]);
    await bench.request([], { type: 'Delete', logicalId: 'Last' });
    expect(bench.club.members()).toEqual([]);
  });

  test('a claim that was handed over can be taken back', async () => {
    const bench = new Bench();
    await bench.request([A, B], { logicalId: 'One' });
    await bench.request([A], { logicalId: 'Two' });
    await bench.request([B], { type: 'Update', logicalId: 'One' });
    expect(bench.row(A, 'One')).toMatchObject({ handedOver: true });
    await bench.request([A, B], { type: 'Update', logicalId: 'One' });
    expect(bench.row(A, 'One')!.handedOver).toBeUndefined();
    await bench.request([], { type: 'Delete', logicalId: 'Two' });
    expect(bench.club.members()).toEqual([A, B]);
    await bench.request([], { type: 'Delete', logicalId: 'One' });
    expect(bench.club.members()).toEqual([]);
  });

  test('the wants that count are those after the announcement of the removal', async () => {
    const bench = new Bench();
    await bench.request([A, B], { logicalId: 'One' });
    const other = await bench.open({ logicalId: 'Two' });
    bench.table.after = async ({ key, kind, change }) => {
      if (kind !== 'update' || key.sk !== `L#${bench.resource('One')}`) return;
      if (!JSON.stringify(change).includes('remove')) return;
      bench.table.after = undefined;
      await other.ledger.writeWants([A]);
    };
    await bench.request([], { type: 'Delete', logicalId: 'One' });
    expect(bench.club.members()).toEqual([A]);
    expect(bench.row(A, 'One')).toMatchObject({ claim: 'ours', handedOver: true });
  });

  test('of two resources that withdraw at once, the one that sees the other gone removes', async () => {
    const bench = new Bench();
    await bench.request([A], { logicalId: 'One' });
    await bench.request([A], { logicalId: 'Two' });
    const other = await bench.open({ type: 'Delete', logicalId: 'Two' });
    bench.table.after = async ({ key, change }) => {
      if (key.sk !== `A#${A}#${bench.resource('One')}` || change?.set?.handedOver !== true) return;
      bench.table.after = undefined;
      await other.ledger.writeWants([]);
    };
    await bench.request([], { type: 'Delete', logicalId: 'One' });
    expect(bench.table.after).toBeUndefined();
    expect(bench.club.members()).toEqual([]);
    expect(bench.row(A, 'One')).toMatchObject({ claim: 'none', outcome: 'left' });
  });

  test('an add waits while another resource removes the account', async () => {
    const bench = new Bench();
    members(bench, A);
    const other = await bench.open({ logicalId: 'Two' });
    const until = bench.platform.now() + CALL_MILLISECONDS;
    await bench.run(other.ledger.announce([{ op: 'remove', accounts: [A], requestId: 'r', until }]));
    bench.club.set(A, 'absent', until + 10_000);
    await bench.request([A], { logicalId: 'One' });
    expect(bench.club.members()).toEqual([A]);
    expect(bench.club.calls[0].at).toBeGreaterThanOrEqual(until + SETTLING_MILLISECONDS);
  });

  test('other scopes are other worlds', async () => {
    const bench = new Bench();
    await bench.request([A]);
    bench.table.load(
      bench.table.all().map((item) => ({ ...item, pk: item.pk.replace('us-east-1', 'eu-west-1') })),
    );
    await bench.request([], { type: 'Delete' });
    expect(bench.club.members()).toEqual([]);
  });
});

describe('what a rollback takes back', () => {
  const ROLLBACK = { type: 'Update', rollback: true } as const;

  test('L24: a release that was rolled back can be tried again, and removes nobody', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    await bench.request([A], { type: 'Update', dropped: 'release' });
    await bench.request([A, B], ROLLBACK);
    // the same properties again look like a rollback, too
    await bench.request([A], { ...ROLLBACK, dropped: 'release' });
    expect(bench.club.members()).toEqual([A, B]);
    expect(bench.row(B)).toMatchObject({ claim: 'none', outcome: 'released' });
  });

  test.each([true, false])('S7: members from before that a list under takeOver has grown by stay (our own Update failed: %s)', async (failed) => {
    const bench = new Bench();
    members(bench, A, B);
    await bench.request([A], { existingMembers: 'takeOver' });
    if (failed) bench.club.refusals.set(C, 'no');
    await bench.request(failed ? [A, B, C] : [A, B], { type: 'Update', existingMembers: 'takeOver' });
    expect(bench.row(B)).toMatchObject({ claim: 'takenOver' });
    await bench.request([A], { ...ROLLBACK, existingMembers: 'takeOver' });
    expect(bench.club.members()).toEqual([A, B]);
    await bench.request([], { type: 'Delete', existingMembers: 'takeOver' });
    expect(bench.club.members()).toEqual([B]);
  });

  test('R05: what was accepted but had not arrived yet is undone, too, also where properties release', async () => {
    const bench = new Bench();
    await bench.request([A], { dropped: 'release' });
    bench.club.joinedAs = 'settling';
    expect((await bench.request([A, B], { type: 'Update', dropped: 'release', waitSeconds: 10 })).shortfall).toBe('refused');
    bench.club.set(B, 'goal');
    await bench.request([A], { ...ROLLBACK, dropped: 'release' });
    expect(bench.club.members()).toEqual([A]);
  });

  test('W12: what cannot be added does not keep what is to be undone', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    await bench.request([A, C], { type: 'Update' });
    bench.club.closed = 'full';
    await expect(bench.request([A, B], ROLLBACK)).rejects.toMatchObject({ message: 'full', unsettled: [B] });
    expect(bench.club.members()).toEqual([A]);
  });

  test('L24: a release of long ago is not taken back by going back to an old list', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    await bench.request([A], { type: 'Update', dropped: 'release' });
    await bench.run(bench.platform.sleep(30 * 24 * 3600_000));
    await bench.request([A, B], ROLLBACK);
    await bench.request([], { type: 'Delete' });
    expect(bench.club.members()).toEqual([B]);
  });
});

describe('what is ours', () => {
  test('W13: not what was cleared away and then refused', async () => {
    const bench = new Bench();
    bench.club.set(A, 'started');
    jest.spyOn(bench.club, 'observe').mockImplementation(async (read) =>
      new Map(read.map((account) => [account, { kind: bench.club.status(account), status: '', steps: ['Erase', 'Add'] }])),
    );
    bench.club.fault = ({ step }) => (step === 'Add' ? { error: DENIED } : undefined);
    await bench.request([A], { outside: new Set([A]), failureTolerance: { kind: 'all' } });
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'refused' });
  });

  test('not what has vanished and is refused: who adds it later is somebody else', async () => {
    const bench = new Bench();
    await bench.request([A]);
    await bench.run(bench.platform.sleep(SETTLING_MILLISECONDS));
    bench.club.set(A, 'absent');
    bench.club.refusals.set(A, 'no');
    await bench.request([A], { type: 'Update', failureTolerance: { kind: 'all' } });
    expect(bench.row(A)).toMatchObject({ claim: 'none', outcome: 'refused' });
  });

  test('what another has added and handed over, also to one that had taken it over and lets it go', async () => {
    const bench = new Bench();
    await bench.request([A], { logicalId: 'Adder' });
    await bench.request([A, B], { logicalId: 'Adopter', existingMembers: 'takeOver' });
    await bench.request([], { type: 'Delete', logicalId: 'Adder' });
    await bench.request([B], { type: 'Update', logicalId: 'Adopter' });
    expect(bench.club.members()).toEqual([B]);
  });
});

describe('after a redelivery', () => {
  test('L25: the limit is a share of what there was to begin with, whatever the first attempt has already removed', async () => {
    const bench = new Bench();
    const all = accounts(200);
    await bench.request(all);
    await bench.run(bench.platform.sleep(SETTLING_MILLISECONDS));
    const world = await bench.open({ type: 'Update', requestId: 'shrink' });
    bench.club.beforeRead = (read) => {
      if (read.length === 20) throw new Error('killed');
    };
    await expect(bench.reconcile(world, all.slice(20), { type: 'Update' })).rejects.toThrow('killed');
    bench.club.beforeRead = undefined;
    const report = await bench.reconcile(world, all.slice(20), { type: 'Update' });
    expect(report.overLimit).toBeUndefined();
    expect(bench.club.members()).toHaveLength(180);
  });

  test('a call that was made in it is given time to show, however long earlier attempts have waited', async () => {
    const bench = new Bench();
    bench.club.settling = 20_000;
    const report = await bench.request([A], { waitSeconds: 60, waitedMilliseconds: 300_000 });
    expect(report.accounts.get(A)).toEqual({ outcome: 'joined' });
  });
});

describe('a removal in two steps', () => {
  test('G4: whose first step had no answer is looked at when that can no longer land, whatever the second one says', async () => {
    const bench = new Bench();
    await bench.request([A], { outside: new Set([A]) });
    let lost = false;
    bench.club.fault = ({ step }) => {
      if (step !== 'Remove' || lost) return undefined;
      lost = true;
      return { error: RESET, effect: 'none' };
    };
    const report = await bench.request([], { type: 'Delete', outside: new Set([A]) });
    expect(report.shortfall).toBeUndefined();
    expect(bench.club.members()).toEqual([]);
  });
});

test('P4: a cause that stands in the way of others is none for an account that is on its way', async () => {
  const bench = new Bench();
  bench.club.joinedAs = 'settling';
  bench.club.found.set(A, { kind: 'other', words: 'full' });
  bench.platform.clock.after(90_000, () => bench.club.set(A, 'goal'));
  expect((await bench.request([A], { waitSeconds: 600 })).accounts.get(A)).toEqual({ outcome: 'joined' });
});

describe('a run that stops', () => {
  test('before anything is added', async () => {
    const bench = new Bench();
    bench.club.closed = 'turn it on';
    await expect(bench.request([A, B])).rejects.toMatchObject({ message: 'turn it on', unsettled: [A, B] });
    expect(bench.club.calls).toEqual([]);
  });

  test('and names the accounts whose fate it leaves open, in order', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    bench.club.fault = ({ step }) => (step === 'Add' ? { error: STOPPED } : undefined);
    const stopped = bench.request([B, C, D], { type: 'Update' });
    await expect(stopped).rejects.toThrow(new Stop('explained: Stopped'));
    await expect(stopped).rejects.toMatchObject({ unsettled: [A, C, D] });
  });

  test('W16: a Delete that cannot even read the ledger names the accounts of the properties', async () => {
    const bench = new Bench();
    await bench.request([A, B]);
    bench.table.before = ({ kind }) => {
      if (kind === 'query') throw DENIED;
    };
    await expect(bench.request([], { type: 'Delete', listed: [A, B] })).rejects.toMatchObject({ unsettled: [A, B] });
  });

  test('out of time, the next attempt goes on where it stopped', async () => {
    const bench = new Bench();
    bench.club.latency = 5_000;
    const world = await bench.open({ time: CALL_MILLISECONDS + 6_000 });
    await expect(bench.reconcile(world, accounts(1000))).rejects.toThrow(OutOfTime);
    expect(bench.club.members()).toEqual(accounts(800));
    await bench.request(accounts(1000), { type: 'Update' });
    expect(bench.club.members()).toEqual(accounts(1000));
    expect(bench.club.calls).toHaveLength(20);
    await bench.request([], { type: 'Delete' });
    expect(bench.club.members()).toEqual([]);
  });

  test('F4: a Delete that is throttled for a while goes on', async () => {
    const bench = new Bench();
    await bench.request(accounts(200));
    const began = bench.platform.now();
    bench.club.fault = ({ at }) => (at - began < 60_000 ? { error: THROTTLED } : undefined);
    await bench.request([], { type: 'Delete' });
    expect(bench.club.members()).toEqual([]);
  });
});

test('10,000 accounts: added, unchanged, removed', async () => {
  const bench = new Bench();
  await bench.request(accounts(10_000));
  await bench.request(accounts(10_000), { type: 'Update' });
  expect(bench.club.calls).toHaveLength(200);
  await bench.request([], { type: 'Delete' });
  expect(bench.club.calls).toHaveLength(400);
  expect(bench.club.members()).toEqual([]);
});
