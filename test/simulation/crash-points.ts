/**
 * Every scenario again and again, each time with one kind of fault at one point.
 */
import { Life, MUTATING, OLDEST_READ, type Order, type Point } from './driver';
import type { Breach } from './invariants';
import type { TableFault } from './memory-tables';
import type { Scenario } from './scenarios';
import { AwsError, type Unknowns } from '../local-aws/core';

/** A kind of fault: what it orders at the chosen point, and what at later points. */
export interface FaultKind {
  /** With the conformance item that it stands for. */
  readonly name: string;
  readonly at: (point: Point) => Order | undefined;
  /** At points after the chosen one. */
  readonly after?: (point: Point, chosen: Point) => Order | undefined;
  /** Settings of what nobody knows, for the whole life. */
  readonly unknowns?: Partial<Unknowns>;
}

const error = (code: string, when: 'before' | 'after', status: number = 400): Order => (
  { kind: 'fault', fault: { kind: 'error', when, error: new AwsError(code, `${code} was ordered`, status) } }
);
const call = (order: Order) => (point: Point) => (point.kind === 'call' ? order : undefined);
/** What is true of calls that change something; for reads, before and after their (missing) effect are the same. */
const write = (order: Order) => (point: Point) => (MUTATING.has(point.operation) ? order : undefined);
const writeOrAnswer = (order: Order) => (point: Point) => (point.kind === 'put' ? order : write(order)(point));
const answer = (order: Order) => (point: Point) => (point.kind === 'put' ? order : undefined);
const callOrAnswer = (order: Order) => (point: Point) => (point.kind === 'ledger' ? undefined : order);
const ledger = (order: Order) => (point: Point) => (point.kind === 'ledger' ? order : undefined);
const ledgerWrite = (order: Order) => (point: Point) => (point.operation.startsWith('update') ? order : undefined);

/** Of the ledger, as it looks behind the retries of its client. */
const table = (fault: TableFault): Order => ({ kind: 'table', fault });
/** A first retry comes within half a second; a request without an answer is given up after five. */
const [SOON, AFTER_A_HANG] = [400, 5_400];
/** For half a minute from the chosen point on. */
const untilHalfAMinute = (order: (milliseconds: number) => Order) => (point: Point, chosen: Point) => (
  point.kind === 'ledger' && point.at < chosen.at + 30_000 ? order(chosen.at + 31_000 - point.at) : undefined
);
const read = (order: Order) => (point: Point) => (point.operation === 'GetMembers' ? order : undefined);

const RESET_AFTER: Order = { kind: 'fault', fault: { kind: 'reset', when: 'after' } };
/** The name under which Security Hub throttles. */
const THROTTLED = error('LimitExceededException', 'before', 429);

export const FAULTS: readonly FaultKind[] = [
  { name: 'F1 killed before', at: callOrAnswer({ kind: 'killBefore' }) },
  // before and after a read are the same, and before a write is after what came before it
  { name: 'F2 killed after the effect', at: (point) => (point.operation.startsWith('get') || point.operation.startsWith('query') ? undefined : { kind: 'killAfter' }) },
  { name: 'F2 killed, the request lands 40 s later', at: writeOrAnswer({ kind: 'landsAfter', milliseconds: 40_000 }) },
  { name: 'F3 connection reset after the effect', at: callOrAnswer({ kind: 'fault', fault: { kind: 'reset', when: 'after' } }) },
  { name: 'F4 throttled once', at: call(THROTTLED) },
  {
    name: 'F4 throttled for 30 s',
    at: call(THROTTLED),
    after: (point, chosen) => (point.kind === 'call' && point.at < chosen.at + 30_000 ? THROTTLED : undefined),
  },
  { name: 'F5 500 before the effect', at: callOrAnswer(error('InternalException', 'before', 500)) },
  { name: 'F5 500 after the effect', at: write(error('InternalException', 'after', 500)) },
  { name: 'F6 hangs before the effect', at: callOrAnswer({ kind: 'fault', fault: { kind: 'hang', when: 'before' } }) },
  { name: 'F6 hangs after the effect', at: write({ kind: 'fault', fault: { kind: 'hang', when: 'after' } }) },
  { name: 'F7 AccessDenied', at: call(error('AccessDeniedException', 'before', 403)) },
  { name: 'F8 killed after the effect, where reads are 20 s old', at: write({ kind: 'killAfter' }), unknowns: { readsSettleAfter: 20_000 } },
  { name: 'F8 connection reset after the effect, where reads are 20 s old', at: write(RESET_AFTER), unknowns: { readsSettleAfter: 20_000 } },
  { name: 'F8 one read is 5 s old', at: read({ kind: 'stale', milliseconds: 5_000 }) },
  { name: 'F8 one read is nearly a minute old', at: read({ kind: 'stale', milliseconds: OLDEST_READ }) },
  { name: 'F9 truncated JSON', at: call({ kind: 'fault', fault: { kind: 'garbage', when: 'after' } }) },
  { name: 'F10 unknown error code', at: call(error('BrandNewException', 'before')) },
  { name: 'F11 unknown enum value', at: read({ kind: 'status', name: 'Quarantined' }) },
  { name: 'F13 credentials expired', at: call(error('ExpiredTokenException', 'before', 403)) },
  { name: 'D9 answer lost', at: answer({ kind: 'fault', fault: { kind: 'reset', when: 'before' } }) },
  {
    name: 'F4 ledger throttled for 30 s',
    at: ledger(table({ kind: 'late', milliseconds: 31_000 })),
    after: untilHalfAMinute((milliseconds) => table({ kind: 'late', milliseconds })),
  },
  { name: 'F5 W9 ledger 500 after the effect: the write is repeated', at: ledgerWrite(table({ kind: 'repeat', milliseconds: SOON })) },
  // to whoever waits for the ledger the three are one and the same: the write comes later
  {
    name: 'F4 F5 F6 ledger throttled once, 500 or hang before the effect: the write comes later',
    at: ledgerWrite(table({ kind: 'late', milliseconds: AFTER_A_HANG })),
  },
  { name: 'F6 ledger hangs after the effect: the write is repeated', at: ledgerWrite(table({ kind: 'repeat', milliseconds: AFTER_A_HANG })) },
  {
    name: 'F7 ledger AccessDenied for 30 s',
    at: ledger(table({ kind: 'denied' })),
    after: untilHalfAMinute(() => table({ kind: 'denied' })),
  },
  { name: 'W11 ledger unreachable before the effect', at: ledger(table({ kind: 'unreachable', when: 'before' })) },
  { name: 'W11 ledger unreachable after the effect', at: ledgerWrite(table({ kind: 'unreachable', when: 'after' })) },
];

/** What a life with one fault came to. */
export interface Trial {
  readonly scenario: string;
  readonly fault: string;
  readonly point: string;
  readonly breaches: readonly Breach[];
}

/** Plays a scenario, with `fault` at its n-th point; undefined if there is no such point, or the fault means nothing there. */
export async function trial(
  scenario: Scenario,
  fault: FaultKind | undefined,
  n: number,
): Promise<{ life: Life; chosen?: Point }> {
  const life = new Life({ ...scenario.options, unknowns: { ...scenario.options?.unknowns, ...fault?.unknowns } });
  await scenario.before?.(life);
  const first = life.points.length;
  let chosen: Point | undefined;
  life.atPoint = (point) => {
    if (fault === undefined) return undefined;
    if (chosen !== undefined) return fault.after?.(point, chosen);
    if (point.index !== first + n) return undefined;
    const order = fault.at(point);
    if (order !== undefined) chosen = point;
    return order;
  };
  try {
    await scenario.play(life);
  } catch (refusal) {
    // after a fault a stack may be in a state in which CloudFormation refuses the next step
    if (fault === undefined || (refusal as Error).name !== 'ValidationError') throw refusal;
  }
  return { life, chosen };
}

/** The points of a scenario's disturbed part. */
export async function pointsOf(scenario: Scenario, unknowns?: Partial<Unknowns>): Promise<Point[]> {
  const life = new Life({ ...scenario.options, unknowns: { ...scenario.options?.unknowns, ...unknowns } });
  await scenario.before?.(life);
  const first = life.points.length;
  await scenario.play(life);
  return life.points.slice(first);
}

/**
 * Every fault at every point of a scenario that it means something for. Repeating ledger faults at each of many equal rows would tell
 * nothing new, so of a run of equal ledger operations the first is taken.
 */
export async function trials(scenario: Scenario, faults: readonly FaultKind[] = FAULTS): Promise<Trial[]> {
  const results: Trial[] = [];
  const undisturbed = await pointsOf(scenario);
  for (const fault of faults) {
    const points = fault.unknowns === undefined ? undisturbed : await pointsOf(scenario, fault.unknowns);
    for (const [n, point] of points.entries()) {
      if (fault.at(point) === undefined) continue;
      if (point.kind === 'ledger' && points[n - 1]?.operation === point.operation) continue;
      const { life } = await trial(scenario, fault, n);
      results.push({ scenario: scenario.name, fault: fault.name, point: `${n} ${point.operation}`, breaches: await life.breaches() });
    }
  }
  return results;
}
