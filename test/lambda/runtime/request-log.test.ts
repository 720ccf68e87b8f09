import { Redeliver } from '../../../lambda/runtime/platform';
import {
  type Admission,
  admit,
  BEAT_MILLISECONDS,
  KEPT_SECONDS,
  Lease,
  LEASE_MILLISECONDS,
  LeaseLost,
  requestLogKey,
  UnknownFormat,
} from '../../../lambda/runtime/request-log';
import { VirtualClock } from '../../local-aws/clock';
import { type EventOptions, LOGICAL_ID, requestOf, STACK_ID } from '../support/events';
import { MemoryTable } from '../support/memory-table';
import { runOn, VirtualPlatform } from '../support/virtual-platform';

const META = { pk: requestLogKey(STACK_ID, LOGICAL_ID), sk: 'META' };
const NOON = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;

let clock: VirtualClock;
let table: MemoryTable;
let seeds: number;

beforeEach(() => {
  clock = new VirtualClock(NOON);
  table = new MemoryTable();
  seeds = 1;
});

/** An attempt of its own: another process, with its own monotonic clock and holder. */
function attempt(options: EventOptions & { readonly fingerprint?: string; readonly within?: number } = {}) {
  const platform = new VirtualPlatform({ clock, seed: seeds++ });
  const { fingerprint = 'f', within = 15 * MINUTE, ...event } = options;
  const request = requestOf({ issuedAt: NOON, ...event });
  const data = { LedgerTableName: table.name };
  const admission = admit({ table, platform, request, fingerprint, physicalId: 'id', data, deadline: clock.now() + within });
  admission.catch(() => undefined);
  return { platform, request, admission };
}

function run<T>(work: Promise<T>): Promise<T> {
  return runOn(clock, work);
}

async function leaseOf(admission: Promise<Admission>): Promise<Lease> {
  const admitted = await run(admission);
  if (admitted.kind !== 'admitted') throw new Error(`answered: ${admitted.body}`);
  return admitted.lease;
}

async function bodyOf(admission: Promise<Admission>): Promise<string> {
  const answered = await run(admission);
  if (answered.kind !== 'answered') throw new Error('admitted');
  return answered.body;
}

/** Serves a request from beginning to end. */
async function served(options: Parameters<typeof attempt>[0] & { readonly status?: 'SUCCESS' | 'FAILED' }, body: string): Promise<Lease> {
  const { fingerprint = 'f', status = 'SUCCESS', type } = options;
  const lease = await leaseOf(attempt(options).admission);
  await lease.record(body, { status, fingerprint, deleted: type === 'Delete' && status === 'SUCCESS' });
  await lease.release();
  return lease;
}

function meta(): Promise<any> {
  return table.get(META);
}

describe('the first attempt of a request', () => {
  test('is admitted under a lease', async () => {
    const lease = await leaseOf(attempt({ requestId: 'r1', fingerprint: 'first' }).admission);
    expect(lease).toMatchObject({ epoch: 1, attempt: 1, admittedAt: NOON });
    expect(lease.previous).toBeUndefined();
    expect(await meta()).toMatchObject({
      v: 1,
      requestId: 'r1',
      requestType: 'Create',
      issuedKind: 'X-Amz-Date',
      issuedAt: NOON,
      fingerprint: 'first',
      attempts: 1,
      state: 'working',
      epoch: 1,
      successes: [],
    });
    expect(clock.now()).toBe(NOON);
  });

  test('keeps no secret of its URL', async () => {
    await leaseOf(attempt().admission);
    expect(JSON.stringify(table.all())).not.toMatch(/Signature|http|c0ffee/);
  });

  test('is admitted without a time in its URL', async () => {
    await leaseOf(attempt({ urlForm: 'timeless' }).admission);
    expect(await meta()).not.toHaveProperty('issuedKind');
    expect(await meta()).not.toHaveProperty('issuedAt');
  });

  test('is admitted at once after an earlier request, and knows it if that one failed', async () => {
    await served({ requestId: 'r1', status: 'FAILED', fingerprint: 'bad' }, 'one');
    const lease = await leaseOf(attempt({ type: 'Update', requestId: 'r2', issuedAt: NOON + MINUTE }).admission);
    expect(lease).toMatchObject({ epoch: 2, attempt: 1, previous: { requestId: 'r1', failed: true } });
    expect(lease.returnsTo('bad')).toBe(false);
  });

  test('forgets a failed request once another one has succeeded', async () => {
    await served({ requestId: 'r1', status: 'FAILED' }, 'one');
    await served({ type: 'Update', requestId: 'r2', issuedAt: NOON + MINUTE }, 'two');
    const lease = await leaseOf(attempt({ type: 'Update', requestId: 'r3', issuedAt: NOON + 2 * MINUTE }).admission);
    expect(lease.previous).toEqual({ requestId: 'r2', failed: false });
  });

  test('D15: a rollback that was given up and is continued takes back what the first one would have', async () => {
    await served({ requestId: 'r1', fingerprint: 'old' }, 'one');
    await served({ type: 'Update', requestId: 'r2', fingerprint: 'new', issuedAt: NOON + MINUTE }, 'two');
    const lost = await leaseOf(attempt({ type: 'Update', requestId: 'r3', fingerprint: 'old', issuedAt: NOON + 2 * MINUTE }).admission);
    await lost.release();
    const lease = await leaseOf(attempt({ type: 'Update', requestId: 'r4', fingerprint: 'old', issuedAt: NOON + 9 * MINUTE }).admission);
    expect(lease.previous).toEqual({ requestId: 'r2', failed: false });
  });

  test('D15: knows the last two property sets that were answered SUCCESS', async () => {
    await served({ requestId: 'r1', fingerprint: 'a' }, 'one');
    await served({ type: 'Update', requestId: 'r2', fingerprint: 'b', issuedAt: NOON + MINUTE }, 'two');
    await served({ type: 'Update', requestId: 'r3', fingerprint: 'x', issuedAt: NOON + 2 * MINUTE, status: 'FAILED' }, 'three');
    const fourth = await leaseOf(attempt({ type: 'Update', requestId: 'r4', issuedAt: NOON + 3 * MINUTE }).admission);
    expect(['a', 'b', 'x'].map((fingerprint) => fourth.returnsTo(fingerprint))).toEqual([true, true, false]);
    await fourth.record('four', { status: 'SUCCESS', fingerprint: 'c', deleted: false });
    expect((await meta()).successes).toEqual(['c', 'b']);
  });

  test('D15: a set that succeeds again moves to the front, once', async () => {
    await served({ requestId: 'r1', fingerprint: 'a' }, 'one');
    await served({ type: 'Update', requestId: 'r2', fingerprint: 'b', issuedAt: NOON + MINUTE }, 'two');
    await served({ type: 'Update', requestId: 'r3', fingerprint: 'a', issuedAt: NOON + 2 * MINUTE }, 'three');
    expect((await meta()).successes).toEqual(['a', 'b']);
  });
});

describe('D1: a duplicate', () => {
  test('after the answer gets the same bytes', async () => {
    await served({ requestId: 'r1' }, '{"bytes":"exactly these – ü"}');
    const operations = table.operations.filter(({ kind }) => kind === 'update').length;
    expect(await bodyOf(attempt({ requestId: 'r1' }).admission)).toBe('{"bytes":"exactly these – ü"}');
    expect(table.operations.filter(({ kind }) => kind === 'update')).toHaveLength(operations);
  });

  test('W1: gets the same bytes after newer requests too', async () => {
    await served({ requestId: 'r1' }, 'one');
    await served({ type: 'Update', requestId: 'r2', issuedAt: NOON + MINUTE }, 'two');
    await served({ type: 'Delete', requestId: 'r3', issuedAt: NOON + 2 * MINUTE }, 'three');
    expect(await bodyOf(attempt({ requestId: 'r1' }).admission)).toBe('one');
    expect(await bodyOf(attempt({ type: 'Update', requestId: 'r2', issuedAt: NOON + MINUTE }).admission)).toBe('two');
    expect(await bodyOf(attempt({ type: 'Delete', requestId: 'r3', issuedAt: NOON + 2 * MINUTE }).admission)).toBe('three');
    expect((await meta()).requestId).toBe('r3');
  });

  test('W1: gets the same bytes where no time tells its age', async () => {
    await served({ requestId: 'r1', urlForm: 'timeless' }, 'one');
    await served({ type: 'Update', requestId: 'r2', urlForm: 'timeless' }, 'two');
    await served({ type: 'Update', requestId: 'r3', urlForm: 'timeless' }, 'three');
    expect(await bodyOf(attempt({ type: 'Update', requestId: 'r2', urlForm: 'timeless' }).admission)).toBe('two');
    expect(await bodyOf(attempt({ requestId: 'r1', urlForm: 'timeless' }).admission)).toBe('one');
  });

  test('D2: while the first attempt works waits, and gets what that one decides', async () => {
    const first = await leaseOf(attempt().admission);
    const beating = first.keepBeating();
    const copy = attempt();
    await run(clock.sleep(5 * MINUTE));
    await first.record('decided', { status: 'SUCCESS', fingerprint: 'f', deleted: false });
    await first.release();
    expect(await bodyOf(copy.admission)).toBe('decided');
    await run(beating);
    expect((await meta()).attempts).toBe(2);
  });

  test('W7: that waits in vain throws, so that Lambda delivers it again', async () => {
    const first = await leaseOf(attempt().admission);
    void first.keepBeating();
    const copy = attempt({ within: MINUTE });
    await expect(run(copy.admission)).rejects.toBeInstanceOf(Redeliver);
    expect(clock.now() - NOON).toBeLessThanOrEqual(MINUTE);
    expect(clock.now() - NOON).toBeGreaterThanOrEqual(MINUTE - 2000);
    await first.release();
  });
});

describe('a superseded request', () => {
  beforeEach(() => served({ type: 'Delete', requestId: 'newer', issuedAt: NOON + MINUTE }, 'newer'));

  test('D4: is answered FAILED, and nothing is done for it', async () => {
    const body = JSON.parse(await bodyOf(attempt({ requestId: 'late', issuedAt: NOON }).admission));
    expect(body).toEqual({
      Status: 'FAILED',
      Reason: 'a newer request for this resource has been served: nothing was done for this one',
      PhysicalResourceId: 'id',
      StackId: STACK_ID,
      RequestId: 'late',
      LogicalResourceId: LOGICAL_ID,
      Data: { LedgerTableName: 'Ledger' },
    });
    expect(await meta()).toMatchObject({ requestId: 'newer', answer: 'newer' });
  });

  test('D1: is answered with the same bytes again', async () => {
    const first = await bodyOf(attempt({ requestId: 'late', issuedAt: NOON }).admission);
    expect(await bodyOf(attempt({ requestId: 'late', issuedAt: NOON }).admission)).toBe(first);
    const answer = table.all().find(({ sk }) => sk === 'ANS#late');
    expect(answer).toMatchObject({ body: first, ttl: Math.floor(NOON / 1000) + KEPT_SECONDS });
  });

  test('D2: is answered once by two attempts at a time', async () => {
    const [one, other] = [attempt({ requestId: 'late' }), attempt({ requestId: 'late' })];
    expect(await bodyOf(one.admission)).toBe(await bodyOf(other.admission));
  });
});

describe('a newer request', () => {
  test('stops the holder of an older one, and waits until that has let go', async () => {
    const older = await leaseOf(attempt({ requestId: 'r1' }).admission);
    const beating = older.keepBeating();
    const newer = attempt({ type: 'Delete', requestId: 'r2', issuedAt: NOON + 5000 });
    await run(clock.sleep(3000));
    await expect(older.beat()).rejects.toBeInstanceOf(LeaseLost);
    await older.release();
    const lease = await leaseOf(newer.admission);
    expect(lease).toMatchObject({ epoch: 2, attempt: 1, previous: { requestId: 'r1', failed: true } });
    await run(beating);
  });

  test('stops the holder at its next beat, even if that one does nothing', async () => {
    const older = await leaseOf(attempt({ requestId: 'r1' }).admission);
    const beating = older.keepBeating();
    const newer = attempt({ type: 'Delete', requestId: 'r2', issuedAt: NOON + 5000 });
    await run(beating);
    expect(clock.now() - NOON).toBe(BEAT_MILLISECONDS);
    await older.release();
    await leaseOf(newer.admission);
  });

  test('does not let the older one decide any more', async () => {
    const older = await leaseOf(attempt({ requestId: 'r1' }).admission);
    attempt({ type: 'Update', requestId: 'r2', issuedAt: NOON + 5000 });
    await run(clock.sleep(100));
    const outcome = { status: 'SUCCESS' as const, fingerprint: 'f', deleted: false };
    await expect(older.record('stale', outcome)).rejects.toBeInstanceOf(LeaseLost);
    expect(await meta()).not.toHaveProperty('answer');
  });

  test('takes over from a holder that has died', async () => {
    await leaseOf(attempt({ requestId: 'r1' }).admission);
    const newer = await leaseOf(attempt({ type: 'Delete', requestId: 'r2', issuedAt: NOON + 5000 }).admission);
    expect(newer.epoch).toBe(2);
    expect(clock.now() - NOON).toBeGreaterThanOrEqual(LEASE_MILLISECONDS);
  });

  test('is answered as superseded when a still newer one comes while it waits', async () => {
    const first = await leaseOf(attempt({ requestId: 'r1' }).admission);
    void first.keepBeating();
    const second = attempt({ type: 'Update', requestId: 'r2', issuedAt: NOON + 5000 });
    await run(clock.sleep(3000));
    const third = attempt({ type: 'Delete', requestId: 'r3', issuedAt: NOON + 10_000 });
    await run(clock.sleep(3000));
    await first.release();
    expect(JSON.parse(await bodyOf(second.admission))).toMatchObject({ Status: 'FAILED', RequestId: 'r2' });
    expect((await leaseOf(third.admission)).epoch).toBe(2);
  });

  test('clears what belonged to the one before', async () => {
    await served({ type: 'Delete', requestId: 'r1' }, 'gone');
    expect(await meta()).toMatchObject({ ttl: Math.floor(NOON / 1000) + KEPT_SECONDS, successes: [] });
    await leaseOf(attempt({ requestId: 'r2', issuedAt: NOON + MINUTE, urlForm: 'SigV4' }).admission);
    for (const attribute of ['answer', 'status', 'ttl']) expect(await meta()).not.toHaveProperty(attribute);
    await served({ type: 'Delete', requestId: 'r3', issuedAt: NOON + 2 * MINUTE }, 'gone');
    await leaseOf(attempt({ requestId: 'r4', urlForm: 'timeless' }).admission);
    expect(await meta()).not.toHaveProperty('issuedAt');
  });
});

describe('a lease', () => {
  test('is not taken over while its holder beats, however long it works', async () => {
    const holder = await leaseOf(attempt().admission);
    const beating = holder.keepBeating();
    const copy = attempt({ within: 14 * MINUTE });
    await expect(run(copy.admission)).rejects.toBeInstanceOf(Redeliver);
    expect((await meta()).epoch).toBe(1);
    await holder.release();
    await run(beating);
  });

  test('beats every 15 s until it is released', async () => {
    const holder = await leaseOf(attempt().admission);
    const beating = holder.keepBeating();
    const beats: number[] = [];
    table.after = ({ change }) => {
      if (change?.set?.beat !== undefined) beats.push(clock.now() - NOON);
    };
    await run(clock.sleep(MINUTE + 1));
    expect(beats).toEqual([15_000, 30_000, 45_000, 60_000]);
    await holder.release();
    await run(beating);
    await run(clock.sleep(MINUTE));
    expect(beats).toHaveLength(4);
    expect((await meta()).holder).toBe('');
  });

  test('W6: is taken over after the beat has stood still for 45 s, by the clock of the one who waits', async () => {
    const dead = await leaseOf(attempt().admission);
    await run(clock.sleep(10 * MINUTE));
    const successor = await leaseOf(attempt().admission);
    const waited = clock.now() - NOON - 10 * MINUTE;
    expect(waited).toBeGreaterThanOrEqual(45_000);
    expect(waited).toBeLessThan(50_000);
    expect(successor).toMatchObject({ epoch: 2, attempt: 2, admittedAt: NOON });
    // the one that was thought dead can do nothing any more, nor give away what is not its own
    await expect(dead.beat()).rejects.toBeInstanceOf(LeaseLost);
    const outcome = { status: 'SUCCESS' as const, fingerprint: 'f', deleted: false };
    await expect(dead.record('stale', outcome)).rejects.toBeInstanceOf(LeaseLost);
    await dead.release();
    expect((await meta()).holder).not.toBe('');
    await successor.record('right', outcome);
  });

  test('F12: is not taken over early when the wall clock of the one who waits jumps', async () => {
    await leaseOf(attempt().admission);
    const copy = attempt({ within: 3600_000 * 24 });
    await run(clock.sleep(5000));
    copy.platform.wallClockError = 3600_000;
    await leaseOf(copy.admission);
    expect(clock.now() - NOON).toBeGreaterThanOrEqual(LEASE_MILLISECONDS);
  });

  test('is taken over once by two that wait', async () => {
    await leaseOf(attempt().admission);
    const [one, other] = [attempt({ within: 5 * MINUTE }), attempt({ within: 5 * MINUTE })];
    const settled = Promise.allSettled([one.admission, other.admission]);
    const winners = (await run(settled)).filter(({ status }) => status === 'fulfilled');
    // the winner never beats, so the loser takes over from it in its turn, under a later epoch
    const epochs = winners.map((winner) => (winner as PromiseFulfilledResult<any>).value.lease.epoch);
    expect(epochs.sort()).toEqual([2, 3]);
    expect((await meta()).attempts).toBe(3);
  });

  test('is had by those who ask at once for a new resource one after the other', async () => {
    const [one, other] = [attempt({ within: MINUTE }), attempt({ within: MINUTE })];
    const [first, second] = await Promise.all([leaseOf(one.admission), leaseOf(other.admission)]);
    expect([first.epoch, second.epoch].sort()).toEqual([1, 2]);
    expect(clock.now() - NOON).toBeGreaterThanOrEqual(LEASE_MILLISECONDS);
  });

  test('is recognised as its own when the answer to the write that took it was lost', async () => {
    const repeating = new RepeatingTable(table);
    const platform = new VirtualPlatform({ clock, seed: 99 });
    const admission = admit({
      table: repeating,
      platform,
      request: requestOf({ issuedAt: NOON }),
      fingerprint: 'f',
      physicalId: 'id',
      data: {},
      deadline: NOON + 15 * MINUTE,
    });
    expect(await leaseOf(admission)).toMatchObject({ epoch: 1, attempt: 1 });
    expect(clock.now()).toBe(NOON);
  });

  test('that was given back is taken at once', async () => {
    const first = await leaseOf(attempt().admission);
    await first.release();
    expect(await leaseOf(attempt().admission)).toMatchObject({ epoch: 2, attempt: 2 });
    expect(clock.now()).toBe(NOON);
  });

  test('goes on beating when one beat has no answer', async () => {
    const { admission, platform } = attempt();
    const holder = await leaseOf(admission);
    const beating = holder.keepBeating();
    table.before = () => {
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    };
    await run(clock.sleep(16_000));
    table.before = undefined;
    await run(clock.sleep(15_000));
    expect((await meta()).beat).toBe(2);
    expect(platform.lines).toMatchObject([{ level: 'warn', message: 'beat failed' }]);
    await holder.release();
    await run(beating);
  });
});

describe('deliveries', () => {
  test('are counted, those that only wait too', async () => {
    for (let delivery = 1; delivery <= 5; delivery++) {
      const lease = await leaseOf(attempt().admission);
      expect(lease.attempt).toBe(delivery);
      await lease.release();
    }
  });

  test('are counted from one again for the next request', async () => {
    await served({ requestId: 'r1' }, 'one');
    await leaseOf(attempt({ type: 'Update', requestId: 'r2', issuedAt: NOON + MINUTE }).admission);
    expect((await meta()).attempts).toBe(1);
  });

  test('keep the time of the first one', async () => {
    const first = await leaseOf(attempt().admission);
    await first.release();
    await run(clock.sleep(2 * MINUTE));
    expect((await leaseOf(attempt().admission)).admittedAt).toBe(NOON);
  });
});

describe('a deleted resource', () => {
  test('W3: can be created again, in the same stack under the same name', async () => {
    await served({ requestId: 'r1' }, 'one');
    await served({ type: 'Delete', requestId: 'r2', issuedAt: NOON + MINUTE }, 'two');
    await leaseOf(attempt({ requestId: 'r3', issuedAt: NOON + 2 * MINUTE }).admission);
    expect((await meta()).requestId).toBe('r3');
  });

  test('D4: is not created again by a Create that was issued before its Delete and comes late', async () => {
    await served({ type: 'Delete', requestId: 'r2', issuedAt: NOON + MINUTE }, 'two');
    expect(JSON.parse(await bodyOf(attempt({ requestId: 'r1' }).admission)).Status).toBe('FAILED');
  });

  test('keeps its successes when its Delete failed', async () => {
    await served({ requestId: 'r1', fingerprint: 'a' }, 'one');
    await served({ type: 'Delete', requestId: 'r2', issuedAt: NOON + MINUTE, status: 'FAILED' }, 'two');
    expect(await meta()).toMatchObject({ successes: ['a'] });
    expect(await meta()).not.toHaveProperty('ttl');
  });
});

describe('a ledger of another release', () => {
  test.each([2, 99, undefined, 'one'])('with format %j is not touched', async (v) => {
    const item = { ...META, requestId: 'r0', epoch: 7, ...(v === undefined ? {} : { v }) };
    table.load([item]);
    await expect(run(attempt().admission)).rejects.toBeInstanceOf(UnknownFormat);
    expect(table.all()).toEqual([item]);
  });

  test('keeps attributes that this release does not know', async () => {
    await served({ requestId: 'r1' }, 'one');
    table.load([{ ...(await meta()), tomorrow: { of: ['use'] } }]);
    await served({ type: 'Update', requestId: 'r2', issuedAt: NOON + MINUTE }, 'two');
    expect((await meta()).tomorrow).toEqual({ of: ['use'] });
  });
});

/** A client that sends every write twice, because the first answer was lost. */
class RepeatingTable extends MemoryTable {
  constructor(private readonly inner: MemoryTable) {
    super(inner.name);
  }

  public override get(...input: Parameters<MemoryTable['get']>) {
    return this.inner.get(...input);
  }

  public override query(...input: Parameters<MemoryTable['query']>) {
    return this.inner.query(...input);
  }

  public override async update(...input: Parameters<MemoryTable['update']>) {
    await this.inner.update(...input);
    return this.inner.update(...input);
  }
}
