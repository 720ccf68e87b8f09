import * as fc from 'fast-check';
import { BROKEN, Bench, DENIED, INVALID, MISSING, RESET, STOPPED, THROTTLED, accounts } from './bench';
import { CALL_MILLISECONDS, type Sending, chunks, pause, sendAll } from '../../../lambda/membership/calls';
import { Stop } from '../../../lambda/membership/service';
import { OutOfTime } from '../../../lambda/runtime/platform';
import { LeaseLost } from '../../../lambda/runtime/request-log';

const add = (to: readonly string[], more: Partial<Sending> = {}): Sending => ({
  op: 'add',
  step: 'Add',
  accounts: to,
  ...more,
});
const remove = (from: readonly string[], more: Partial<Sending> = {}): Sending => ({
  op: 'remove',
  step: 'Remove',
  accounts: from,
  ...more,
});

const CURE = 'correct the cause, or allow for it with failureTolerance';

async function sent(bench: Bench, sending: Sending, time?: number) {
  const world = await bench.open({ time });
  const results = await bench.run(sendAll(world, sending));
  return { results, world };
}

function kinds(results: ReadonlyMap<string, { readonly kind: string }>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of results.values()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

describe('chunks', () => {
  test.each([0, 1, 50, 51, 100, 101, 120, 1000, 10000])('S1, R04: %i accounts', async (count) => {
    const bench = new Bench();
    const all = accounts(count);
    const { results } = await sent(bench, add(all));
    const { calls } = bench.club;
    expect(calls).toHaveLength(Math.ceil(count / 50));
    expect(calls.flatMap((call) => call.accounts)).toEqual(all);
    expect(Math.max(0, ...calls.map((call) => call.accounts.length))).toBeLessThanOrEqual(50);
    expect([...results.keys()].sort()).toEqual(all);
    expect(kinds(results)).toEqual(count === 0 ? {} : { accepted: count });
  });

  test('of a list', () => {
    expect(chunks([], 50)).toEqual([]);
    expect(chunks([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  });

  test('eight at a time, so that other resources have room in the burst', async () => {
    const bench = new Bench();
    bench.club.latency = 100;
    await sent(bench, add(accounts(1000)));
    expect(bench.club.mostUnderWay).toBe(8);
  });
});

describe('announcements', () => {
  test('stand in the ledger before each call, one write per wave, and are below 400 kB', async () => {
    const bench = new Bench();
    const all = accounts(10000);
    bench.club.arrival = (call) => {
      const intent = bench.lane().find((one) => one.accounts === call.accounts.join(' '));
      expect(intent).toEqual({
        op: 'add',
        accounts: call.accounts.join(' '),
        requestId: 'request-1',
        until: call.at + CALL_MILLISECONDS,
      });
    };
    await sent(bench, add(all));
    const lanes = bench.table.operations.filter(({ key, kind }) => kind === 'update' && key.sk.startsWith('L#'));
    expect(lanes).toHaveLength(25);
    expect(Math.max(...lanes.map((lane) => JSON.stringify(lane).length))).toBeLessThan(400_000);
  });

  test('each is followed by a beat, so that an attempt that was overtaken makes no call', async () => {
    const bench = new Bench();
    const world = await bench.open();
    await bench.open({ type: 'Delete' });
    await expect(bench.run(sendAll(world, add(accounts(1))))).rejects.toThrow(LeaseLost);
    expect(bench.club.calls).toEqual([]);
  });

  test('what was accepted is told before the announcement is taken back', async () => {
    const bench = new Bench();
    const told: string[][] = [];
    const world = await bench.open();
    const accepted = async (of: readonly string[]) => {
      expect(bench.lane().flatMap((intent) => intent.accounts.split(' '))).toEqual(expect.arrayContaining([...of]));
      told.push([...of]);
    };
    await bench.run(sendAll(world, add(accounts(60), { accepted })));
    expect(told).toEqual([accounts(60)]);
    await bench.run(world.ledger.tidyLane());
    expect(bench.lane()).toEqual([]);
  });

  test('nothing is told where nothing was accepted', async () => {
    const bench = new Bench();
    bench.club.fault = () => ({ error: DENIED });
    const accepted = jest.fn();
    await sent(bench, add(accounts(1), { accepted }));
    expect(accepted).not.toHaveBeenCalled();
  });

  test('W6: a call is not made after its window, however long the announcement takes', async () => {
    const bench = new Bench();
    let slow = true;
    bench.table.after = async ({ key, kind }) => {
      if (!slow || kind !== 'update' || !key.sk.startsWith('L#')) return;
      slow = false;
      await bench.platform.sleep(CALL_MILLISECONDS + 1);
    };
    const began = bench.platform.now();
    const { results } = await sent(bench, add(accounts(1)));
    expect(kinds(results)).toEqual({ accepted: 1 });
    expect(bench.club.calls).toHaveLength(1);
    // under a second announcement, with a window of its own
    expect(bench.club.calls[0].at).toBe(began + CALL_MILLISECONDS + 1);
    expect(bench.lane()[0].until).toBe(began + 2 * CALL_MILLISECONDS + 1);
  });

  test('W6: the window is measured on a clock that does not jump', async () => {
    const bench = new Bench();
    bench.table.after = async ({ key, kind }) => {
      if (kind !== 'update' || !key.sk.startsWith('L#') || bench.platform.wallClockError !== 0) return;
      await bench.platform.sleep(CALL_MILLISECONDS + 1);
      bench.platform.wallClockError = -CALL_MILLISECONDS;
    };
    await sent(bench, add(accounts(1)));
    const lanes = bench.table.operations.filter(({ key, kind }) => kind === 'update' && key.sk.startsWith('L#'));
    expect(lanes).toHaveLength(2);
    expect(bench.club.calls).toHaveLength(1);
  });

  test('a call that started late in its window is cut off at its end', async () => {
    const bench = new Bench();
    bench.table.after = async ({ key, kind }) => {
      if (kind === 'update' && key.sk.startsWith('L#')) await bench.platform.sleep(15_000);
    };
    bench.club.fault = () => ({ silence: true });
    const began = bench.platform.now();
    const { results } = await sent(bench, remove(accounts(1)));
    expect([...results.values()]).toEqual([
      { kind: 'unanswered', reason: 'Remove: TimeoutError: Remove gave no answer within 5 s' },
    ]);
    expect(bench.platform.now()).toBe(began + CALL_MILLISECONDS);
  });
});

describe('what AWS says of accounts', () => {
  test('R01: an entry without words is a refusal', async () => {
    const bench = new Bench();
    bench.club.refusals.set(accounts(1)[0], '');
    const { results } = await sent(bench, add(accounts(1)));
    expect([...results.values()]).toEqual([
      { kind: 'refused', reason: 'Add: AWS did not process the account and gave no reason', cure: CURE },
    ]);
  });

  test('R02: accepted, already a member, refused, in one chunk', async () => {
    const bench = new Bench();
    const [fine, member, foreign] = accounts(3);
    bench.club.set(member, 'goal');
    bench.club.refusals.set(foreign, 'belongs to somebody else');
    const { results } = await sent(bench, add([fine, member, foreign]));
    expect([...results]).toEqual([
      [fine, { kind: 'accepted' }],
      [member, { kind: 'refused', reason: 'Add: already a member', cure: CURE }],
      [foreign, { kind: 'refused', reason: 'Add: belongs to somebody else', cure: CURE }],
    ]);
  });

  test('R03: the bad account is in chunk 3 of 5, the others run', async () => {
    const bench = new Bench();
    bench.club.refusals.set(accounts(250)[120], 'no');
    const { results } = await sent(bench, add(accounts(250)));
    expect(bench.club.calls).toHaveLength(5);
    expect(kinds(results)).toEqual({ accepted: 249, refused: 1 });
    expect(results.get(accounts(250)[120])).toEqual({ kind: 'refused', reason: 'Add: no', cure: CURE });
  });

  test('R03: chunk 3 of 12 is refused as a whole, the others run', async () => {
    const bench = new Bench();
    bench.club.fault = ({ index }) => (index === 2 ? { error: DENIED } : undefined);
    const { results } = await sent(bench, add(accounts(600)));
    expect(bench.club.calls).toHaveLength(12);
    expect(kinds(results)).toEqual({ accepted: 550, refused: 50 });
    expect(results.get(accounts(600)[100])).toEqual({
      kind: 'refused',
      reason: 'Add answered Denied: Denied message (request id id-Denied)',
      cure: 'correct the cause and deploy again',
    });
  });

  test('an account that was not asked about has no result', async () => {
    const bench = new Bench();
    bench.club.call = async () => ({ unprocessed: new Map([['999999999999', 'who?']]) });
    const { results } = await sent(bench, add(accounts(1)));
    expect([...results]).toEqual([[accounts(1)[0], { kind: 'accepted' }]]);
  });
});

describe('splitting', () => {
  const spoilt = async (culprits: ReadonlySet<string>, of: readonly string[]) => {
    const bench = new Bench();
    bench.club.fault = (call) => (call.accounts.some((one) => culprits.has(one)) ? { error: INVALID } : undefined);
    const { results } = await sent(bench, add(of));
    return { results, calls: bench.club.calls };
  };

  test.each([0, 1, 24, 25, 49])('the culprit is account %i of 50: at most 13 calls find it', async (index) => {
    const culprit = accounts(50)[index];
    const { results, calls } = await spoilt(new Set([culprit]), accounts(50));
    expect(kinds(results)).toEqual({ accepted: 49, refused: 1 });
    expect(results.get(culprit)).toEqual({ kind: 'refused', reason: 'Add answered Invalid: Invalid message (request id id-Invalid)', cure: 'correct the cause and deploy again' });
    expect(calls.length).toBeLessThanOrEqual(13);
  });

  test('all are culprits: 99 calls', async () => {
    const { results, calls } = await spoilt(new Set(accounts(50)), accounts(50));
    expect(kinds(results)).toEqual({ refused: 50 });
    expect(calls).toHaveLength(99);
  });

  test('any culprits are found, nobody else suffers, and each costs at most 12 calls', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 120 }),
        fc.uniqueArray(fc.nat(119), { maxLength: 8 }),
        async (count, picks) => {
          const of = accounts(count);
          const culprits = new Set(picks.flatMap((pick) => of[pick] ?? []));
          const { results, calls } = await spoilt(culprits, of);
          for (const account of of) {
            expect(results.get(account)!.kind).toBe(culprits.has(account) ? 'refused' : 'accepted');
          }
          expect(calls.length).toBeLessThanOrEqual(Math.ceil(count / 50) + 12 * culprits.size);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('looking', () => {
  test('accounts that are gone are told apart, and the others are called for again', async () => {
    const bench = new Bench();
    const [gone, there] = accounts(2);
    bench.club.set(there, 'goal');
    bench.club.fault = (call) => (call.accounts.includes(gone) ? { error: MISSING } : undefined);
    const { results } = await sent(bench, remove([gone, there]));
    expect([...results]).toEqual([
      [gone, { kind: 'gone' }],
      [there, { kind: 'accepted' }],
    ]);
    expect(bench.club.tally()).toEqual(['Remove 2', 'Remove 1']);
    expect(bench.club.reads).toEqual([{ accounts: [gone, there], purpose: 'leave' }]);
  });

  test('nobody is left: no second call', async () => {
    const bench = new Bench();
    bench.club.fault = () => ({ error: MISSING });
    const { results } = await sent(bench, remove(accounts(2)));
    expect(kinds(results)).toEqual({ gone: 2 });
    expect(bench.club.calls).toHaveLength(1);
  });

  test('everybody is there: each is called for alone before the refusal stands', async () => {
    const bench = new Bench();
    for (const account of accounts(2)) bench.club.set(account, 'goal');
    bench.club.fault = () => ({ error: MISSING });
    const { results } = await sent(bench, remove(accounts(2)));
    expect(kinds(results)).toEqual({ refused: 2 });
    expect(bench.club.tally()).toEqual(['Remove 2', 'Remove 2', 'Remove 1', 'Remove 1']);
    expect(bench.club.reads).toHaveLength(1);
  });

  test('one that is there spoils the call: the halves are tried, without another look, until it stands alone', async () => {
    const bench = new Bench();
    const all = accounts(50);
    for (const account of all) bench.club.set(account, 'goal');
    bench.club.fault = (call) => (call.accounts.includes(all[33]) ? { error: MISSING } : undefined);
    const { results } = await sent(bench, remove(all));
    expect(kinds(results)).toEqual({ accepted: 49, refused: 1 });
    expect(results.get(all[33])!.kind).toBe('refused');
    expect(bench.club.reads).toHaveLength(1);
    // the call that is looked into, the one after the look, and at most two for each halving
    expect(bench.club.calls.length).toBeLessThanOrEqual(2 + 2 * Math.ceil(Math.log2(50)));
    const [first, ...later] = bench.club.judged.map(({ looked }) => looked);
    expect(first).toBe(false);
    expect(later).toEqual(later.map(() => true));
  });
});

describe('retries', () => {
  test('R24: throttled for 60 s over 200 chunks, all are done', async () => {
    const bench = new Bench();
    bench.club.latency = 800; // ten calls a second
    const began = bench.platform.now();
    bench.club.fault = ({ at }) => (at - began < 60_000 ? { error: THROTTLED } : undefined);
    const { results } = await sent(bench, add(accounts(10000)));
    expect(kinds(results)).toEqual({ accepted: 10000 });
    expect(bench.platform.now() - began).toBeLessThan(120_000);
    // waits that grow: no chunk is sent more often than the minute has room for
    const times = new Map<string, number>();
    for (const { accounts: [first] } of bench.club.calls) times.set(first, (times.get(first) ?? 0) + 1);
    expect(Math.max(...times.values())).toBeLessThanOrEqual(10);
  });

  test('R24: every third call is throttled', async () => {
    const bench = new Bench();
    bench.club.fault = ({ index }) => (index % 3 === 0 ? { error: THROTTLED } : undefined);
    const { results } = await sent(bench, add(accounts(2000)));
    expect(kinds(results)).toEqual({ accepted: 2000 });
  });

  test('F4: throttled for ever, it ends, in minutes and with a reason', async () => {
    const bench = new Bench();
    bench.club.latency = 800;
    const began = bench.platform.now();
    bench.club.fault = () => ({ error: THROTTLED });
    const { results } = await sent(bench, add(accounts(2000)));
    expect(kinds(results)).toEqual({ refused: 2000 });
    expect(results.get(accounts(1)[0])).toEqual({
      kind: 'refused',
      reason:
        'Add answered ThrottlingException: ThrottlingException message (request id id-ThrottlingException)',
      cure: 'deploy again once AWS answers',
    });
    expect(bench.platform.now() - began).toBeLessThan(240_000);
  });

  test('F4: one chunk is throttled for ever, the others are done', async () => {
    const bench = new Bench();
    const [unlucky] = accounts(1);
    bench.club.fault = (call) => (call.accounts.includes(unlucky) ? { error: THROTTLED } : undefined);
    const { results } = await sent(bench, add(accounts(200)));
    expect(kinds(results)).toEqual({ accepted: 150, refused: 50 });
  });

  test('waits have jitter', async () => {
    const starts = await Promise.all(
      [1, 2, 3, 4].map(async (seed) => {
        const bench = new Bench(seed);
        const began = bench.platform.now();
        bench.club.fault = ({ index }) => (index === 0 ? { error: THROTTLED } : undefined);
        await sent(bench, add(accounts(1)));
        return bench.club.calls[1].at - began;
      }),
    );
    expect(new Set(starts).size).toBe(4);
    for (const wait of starts) expect(wait).toBeLessThanOrEqual(500);
  });
});

describe('no answer', () => {
  test('F3: an add is sent again, and the first one stays announced', async () => {
    const bench = new Bench();
    const [account] = accounts(1);
    bench.club.fault = ({ index }) => (index === 0 ? { error: RESET, effect: 'some' } : undefined);
    const { results, world } = await sent(bench, add([account]));
    expect([...results]).toEqual([[account, { kind: 'refused', reason: 'Add: already a member', cure: CURE }]]);
    expect(world.ledger.hasOpenAdd(account)).toBe(true);
    await bench.run(world.ledger.tidyLane());
    expect(bench.lane()).toMatchObject([{ op: 'add', accounts: account }]);
  });

  test.each([
    ['F5: 500', BROKEN],
    ['F3: reset', RESET],
  ])('%s for ever: unanswered in the end, and announced', async (_name, error) => {
    const bench = new Bench();
    bench.club.fault = () => ({ error });
    const { results, world } = await sent(bench, add(accounts(3)));
    expect(kinds(results)).toEqual({ unanswered: 3 });
    expect([...world.ledger.mayLand('add').keys()]).toEqual(accounts(3));
  });

  test('F6: silence ends with the window, and is announced', async () => {
    const bench = new Bench();
    bench.club.fault = ({ index }) => (index === 0 ? { silence: true } : undefined);
    const { results, world } = await sent(bench, add(accounts(1)));
    expect(kinds(results)).toEqual({ accepted: 1 });
    expect(world.ledger.mayLand('add').size).toBe(1);
    expect(bench.club.calls[1].at - bench.club.calls[0].at).toBeGreaterThanOrEqual(CALL_MILLISECONDS);
  });

  test('a removal is not sent again: a read decides', async () => {
    const bench = new Bench();
    bench.club.fault = () => ({ error: RESET, effect: 'some' });
    const { results, world } = await sent(bench, remove(accounts(2)));
    expect(kinds(results)).toEqual({ unanswered: 2 });
    expect(bench.club.calls).toHaveLength(1);
    expect([...world.ledger.mayLand('remove').keys()]).toEqual(accounts(2));
    expect(world.ledger.hasOpenAdd(accounts(1)[0])).toBe(false);
  });

  test('a refusal leaves nothing announced', async () => {
    const bench = new Bench();
    bench.club.fault = () => ({ error: DENIED });
    const { world } = await sent(bench, add(accounts(2)));
    expect(world.ledger.mayLand('add').size).toBe(0);
  });
});

describe('sparing', () => {
  test('accounts that somebody else wants are left out, after the announcement', async () => {
    const bench = new Bench();
    const [spared, ...others] = accounts(3);
    const spare = jest.fn(async (of: readonly string[]) => {
      expect(bench.lane().map((intent) => intent.accounts)).toEqual([of.join(' ')]);
      return new Set([spared]);
    });
    const { results } = await sent(bench, remove(accounts(3), { spare }));
    expect(spare).toHaveBeenCalledTimes(1);
    expect(bench.club.calls.map((call) => call.accounts)).toEqual([others]);
    expect([...results.keys()]).toEqual(others);
  });

  test('a chunk that is spared as a whole makes no call', async () => {
    const bench = new Bench();
    const spare = async () => new Set(accounts(50));
    const { results } = await sent(bench, remove(accounts(60), { spare }));
    expect(bench.club.tally()).toEqual(['Remove 10']);
    expect(results.size).toBe(10);
  });
});

describe('the end of the run', () => {
  test('an error that stops it does so after the other calls have been awaited and written down', async () => {
    const bench = new Bench();
    bench.club.latency = 100;
    bench.club.fault = ({ index }) => (index === 0 ? { error: STOPPED } : undefined);
    const accepted = jest.fn(async () => undefined);
    const world = await bench.open();
    const run = bench.run(sendAll(world, add(accounts(1000), { accepted })));
    await expect(run).rejects.toThrow(new Stop('explained: Stopped'));
    expect(bench.club.calls).toHaveLength(8);
    expect(bench.club.underWay).toBe(0);
    expect(accepted.mock.calls).toEqual([[accounts(350, 50)]]);
  });

  test('no call is started that could outlast the deadline', async () => {
    const bench = new Bench();
    const world = await bench.open({ time: CALL_MILLISECONDS - 1 });
    await expect(bench.run(sendAll(world, add(accounts(60))))).rejects.toThrow(
      new OutOfTime('time ran out before Add was called for 60 accounts'),
    );
    expect(bench.club.calls).toEqual([]);
    expect(bench.lane()).toEqual([]);
  });

  test('the deadline comes between two waves', async () => {
    const bench = new Bench();
    bench.club.latency = 5_000;
    const world = await bench.open({ time: CALL_MILLISECONDS + 7_000 });
    await expect(bench.run(sendAll(world, add(accounts(1000))))).rejects.toThrow(
      new OutOfTime('time ran out before Add was called for 200 accounts'),
    );
    expect(bench.club.members()).toEqual(accounts(800));
  });

  test('F4: a wait that would outlast the deadline is not begun', async () => {
    const bench = new Bench();
    bench.club.fault = () => ({ error: THROTTLED });
    const world = await bench.open({ time: 60_000 });
    const began = bench.platform.now();
    await expect(bench.run(sendAll(world, add(accounts(1))))).rejects.toThrow(OutOfTime);
    expect(bench.platform.now() - began).toBeLessThanOrEqual(60_000);
  });

  test('pauses', async () => {
    const bench = new Bench();
    const world = await bench.open({ time: 1_000 });
    const began = bench.platform.now();
    await bench.run(pause(world, 0));
    await bench.run(pause(world, -5));
    expect(bench.platform.now()).toBe(began);
    await bench.run(pause(world, 1_000));
    expect(bench.platform.now()).toBe(began + 1_000);
    await expect(bench.run(pause(world, 1))).rejects.toThrow(new OutOfTime('time ran out while waiting for AWS'));
  });
});
