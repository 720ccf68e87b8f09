/**
 * What another attempt does between a read of the request log and the write that follows it.
 */
import { Redeliver } from '../../../lambda/runtime/platform';
import { type Admission, admit, type Lease, LeaseLost, requestLogKey } from '../../../lambda/runtime/request-log';
import type { Change } from '../../../lambda/runtime/table';
import { VirtualClock } from '../../local-aws/clock';
import { type EventOptions, LOGICAL_ID, requestOf, STACK_ID } from '../support/events';
import { MemoryTable } from '../support/memory-table';
import { runOn, VirtualPlatform } from '../support/virtual-platform';

const META = { pk: requestLogKey(STACK_ID, LOGICAL_ID), sk: 'META' };
const NOON = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;
const SUCCESS = { status: 'SUCCESS', fingerprint: 'f', deleted: false } as const;

let clock: VirtualClock;
let table: MemoryTable;
let seeds: number;

beforeEach(() => {
  clock = new VirtualClock(NOON);
  table = new MemoryTable();
  seeds = 1;
});

interface AttemptOptions extends EventOptions {
  readonly within?: number;
  readonly answerId?: string;
}

function attempt({ within = 15 * MINUTE, answerId = 'id', ...event }: AttemptOptions = {}): Promise<Admission> {
  const admission = admit({
    table,
    platform: new VirtualPlatform({ clock, seed: seeds++ }),
    request: requestOf({ issuedAt: NOON, ...event }),
    fingerprint: 'f',
    physicalId: answerId,
    data: {},
    deadline: clock.now() + within,
  });
  admission.catch(() => undefined);
  return admission;
}

async function leaseOf(admission: Promise<Admission>): Promise<Lease> {
  const admitted = await runOn(clock, admission);
  if (admitted.kind !== 'admitted') throw new Error(`answered: ${admitted.body}`);
  return admitted.lease;
}

async function bodyOf(admission: Promise<Admission>): Promise<string> {
  const answered = await runOn(clock, admission);
  if (answered.kind !== 'answered') throw new Error('admitted');
  return answered.body;
}

type Written = NonNullable<Change['set']>;

/** Lets something happen right before the next write of this kind. */
function before(write: (set: Written) => boolean, happens: () => Promise<unknown>): void {
  table.before = async (operation) => {
    if (operation.kind !== 'update' || !write(operation.change?.set ?? {})) return;
    table.before = undefined;
    await happens();
  };
}

const admits = (requestId: string) => (set: Written) => set.requestId === requestId;
const takesOver = (set: Written) => set.holder !== undefined && set.requestId === undefined;

function meta(): Promise<any> {
  return table.get(META);
}

describe('while a newer request is admitted', () => {
  const newer = { type: 'Update', requestId: 'r2', issuedAt: NOON + MINUTE } as const;

  test('W9: the older one is decided: its answer is kept', async () => {
    const first = await leaseOf(attempt({ requestId: 'r1' }));
    before(admits('r2'), () => first.record('one', SUCCESS));
    const second = attempt(newer);
    await runOn(clock, clock.sleep(1));
    await first.release();
    expect(await leaseOf(second)).toMatchObject({ epoch: 2 });
    expect(await bodyOf(attempt({ requestId: 'r1' }))).toBe('one');
  });

  test('W6: another attempt takes the lease: no two ever have the same epoch', async () => {
    await (await leaseOf(attempt({ requestId: 'r1' }))).release();
    let other: Admission | undefined;
    before(admits('r2'), async () => {
      other = await attempt({ requestId: 'r1' });
    });
    const second = await leaseOf(attempt(newer));
    expect(other).toMatchObject({ kind: 'admitted', lease: { epoch: 2 } });
    expect(second.epoch).toBe(3);
    // the other one shows no sign of life
    expect(clock.now() - NOON).toBeGreaterThanOrEqual(45_000);
  });

  test('W1: a still newer one is admitted: it stays', async () => {
    await leaseOf(attempt({ requestId: 'r1' }));
    let third: Promise<Admission> | undefined;
    const current = new Set<unknown>();
    table.after = () => void table.all().forEach(({ requestId }) => current.add(requestId));
    before(admits('r2'), async () => {
      third = attempt({ type: 'Delete', requestId: 'r3', issuedAt: NOON + 2 * MINUTE });
      // its admission waits for the holder, after its write
      while ((await meta()).requestId !== 'r3') await Promise.resolve();
    });
    expect(JSON.parse(await bodyOf(attempt(newer)))).toMatchObject({ Status: 'FAILED', RequestId: 'r2' });
    expect(await meta()).toMatchObject({ requestId: 'r3', epoch: 1 });
    expect([...current].filter(Boolean)).toEqual(['r1', 'r3']);
    expect(await leaseOf(third!)).toMatchObject({ epoch: 2 });
  });

  test('the same one is admitted by a copy: it is admitted once', async () => {
    let copy: Admission | undefined;
    before(admits('r1'), async () => {
      copy = await attempt({ requestId: 'r1' });
    });
    await expect(runOn(clock, attempt({ requestId: 'r1', within: 30_000 }))).rejects.toBeInstanceOf(Redeliver);
    expect(copy).toMatchObject({ kind: 'admitted', lease: { epoch: 1 } });
    expect(await meta()).toMatchObject({ epoch: 1 });
  });
});

describe('while the lease of a holder that seems dead is taken over', () => {
  test('W9: it decides after all: nothing is done again', async () => {
    const holder = await leaseOf(attempt());
    before(takesOver, () => holder.record('decided', SUCCESS));
    expect(await bodyOf(attempt())).toBe('decided');
    expect(await meta()).toMatchObject({ epoch: 1 });
  });

  test('it beats after all: it keeps the lease for another 45 s', async () => {
    const holder = await leaseOf(attempt());
    let beaten = Infinity;
    before(takesOver, async () => {
      await holder.beat();
      beaten = clock.now();
    });
    expect(await leaseOf(attempt())).toMatchObject({ epoch: 2 });
    expect(clock.now() - beaten).toBeGreaterThanOrEqual(45_000);
  });

  test('a newer request is admitted: that one has the lease next', async () => {
    await leaseOf(attempt({ requestId: 'r1' }));
    let remove: Promise<Admission> | undefined;
    before(takesOver, async () => {
      remove = attempt({ type: 'Delete', requestId: 'r2', issuedAt: NOON + 5000 });
      while ((await meta()).requestId !== 'r2') await Promise.resolve();
    });
    expect(JSON.parse(await bodyOf(attempt({ requestId: 'r1' })))).toMatchObject({ Status: 'FAILED', RequestId: 'r1' });
    expect(await leaseOf(remove!)).toMatchObject({ epoch: 2 });
  });

  test('another one takes it over: that one has it', async () => {
    await leaseOf(attempt());
    before(takesOver, () => table.update(META, { set: { epoch: 2, holder: 'another', beat: 0 } }));
    // which in its turn shows no sign of life
    expect(await leaseOf(attempt())).toMatchObject({ epoch: 3 });
    expect(clock.now() - NOON).toBeGreaterThanOrEqual(90_000);
  });
});

describe('arrivals', () => {
  test('W11: that come at once are all counted', async () => {
    const holder = await leaseOf(attempt());
    let other: Promise<Admission> | undefined;
    before((set) => set.attempts === 2, async () => {
      other = attempt({ within: MINUTE });
      while ((await meta()).attempts !== 2) await Promise.resolve();
    });
    const one = attempt({ within: MINUTE });
    await runOn(clock, clock.sleep(10_000));
    expect(await meta()).toMatchObject({ attempts: 3 });
    await holder.record('decided', SUCCESS);
    expect(await bodyOf(one)).toBe('decided');
    expect(await bodyOf(other!)).toBe('decided');
  });
});

describe('two attempts of a superseded request', () => {
  test('W9: whose answers would differ send the same bytes', async () => {
    const newer = await leaseOf(attempt({ type: 'Delete', requestId: 'newer', issuedAt: NOON + MINUTE }));
    await newer.record('newer', SUCCESS);
    let other: string | undefined;
    before((set) => set.body !== undefined, async () => {
      const answered = await attempt({ requestId: 'late', answerId: 'of-another-release' });
      other = answered.kind === 'answered' ? answered.body : undefined;
    });
    const body = await bodyOf(attempt({ requestId: 'late', answerId: 'of-this-release' }));
    expect(JSON.parse(body)).toMatchObject({ PhysicalResourceId: 'of-another-release' });
    expect(body).toBe(other);
    expect(await bodyOf(attempt({ requestId: 'late', answerId: 'of-this-release' }))).toBe(body);
  });
});

describe('a lease that was given back', () => {
  test('allows nothing any more', async () => {
    const lease = await leaseOf(attempt());
    await lease.release();
    await expect(lease.beat()).rejects.toBeInstanceOf(LeaseLost);
    await expect(lease.record('late', SUCCESS)).rejects.toBeInstanceOf(LeaseLost);
    expect(await meta()).toMatchObject({ holder: '', beat: 0, state: 'working' });
  });
});

describe('D15: the property sets that were answered SUCCESS', () => {
  async function decide(requestId: string, minute: number, fingerprint: string, type: 'Create' | 'Update' | 'Delete'): Promise<void> {
    const lease = await leaseOf(attempt({ type, requestId, issuedAt: NOON + minute * MINUTE }));
    await lease.record(requestId, { status: 'SUCCESS', fingerprint, deleted: type === 'Delete' });
    await lease.release();
  }

  test('are two different ones', async () => {
    await decide('r1', 0, 'b', 'Create');
    await decide('r2', 1, 'a', 'Update');
    await decide('r3', 2, 'a', 'Update');
    expect(await meta()).toMatchObject({ successes: ['a', 'b'] });
  });

  test('are forgotten with the resource', async () => {
    await decide('r1', 0, 'a', 'Create');
    await decide('r2', 1, 'a', 'Delete');
    expect(await meta()).toMatchObject({ successes: [] });
    await decide('r3', 2, 'b', 'Create');
    expect(await meta()).toMatchObject({ successes: ['b'] });
  });
});
