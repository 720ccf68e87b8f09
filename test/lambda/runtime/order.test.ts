import * as fc from 'fast-check';
import type { IssueTime, RequestType } from '../../../lambda/runtime/event';
import { compareRequests, type Current, type Order, type Ordered } from '../../../lambda/runtime/order';

const NOON = Date.UTC(2026, 0, 1, 12);
const TYPES: readonly RequestType[] = ['Create', 'Update', 'Delete'];
const STATUSES: readonly Current['status'][] = [undefined, 'SUCCESS', 'FAILED'];

function at(milliseconds: number, kind: IssueTime['kind'] = 'X-Amz-Date'): IssueTime {
  return { kind, at: NOON + milliseconds };
}

/**
 * The documented tie table, written out: `<arriving> <current> <status of the current>` and, of an Update, where it goes: to the `last` success,
 * the one `before`, or `elsewhere`. Values: nearly equal times, no times.
 */
const TABLE: Readonly<Record<string, readonly [Order, Order]>> = {
  'Create Create working': ['older', 'older'],
  'Create Create SUCCESS': ['older', 'newer'],
  'Create Create FAILED': ['newer', 'newer'],
  'Create Update working': ['older', 'older'],
  'Create Update SUCCESS': ['older', 'older'],
  'Create Update FAILED': ['older', 'older'],
  'Create Delete working': ['older', 'older'],
  'Create Delete SUCCESS': ['older', 'newer'],
  'Create Delete FAILED': ['older', 'newer'],
  'Update Create working': ['newer', 'newer'],
  'Update Create SUCCESS': ['newer', 'newer'],
  'Update Create FAILED': ['newer', 'newer'],
  'Update Update working, elsewhere': ['older', 'older'],
  'Update Update working, last': ['newer', 'newer'],
  'Update Update working, before': ['older', 'older'],
  'Update Update SUCCESS, elsewhere': ['older', 'newer'],
  'Update Update SUCCESS, last': ['newer', 'newer'],
  'Update Update SUCCESS, before': ['newer', 'newer'],
  'Update Update FAILED, elsewhere': ['newer', 'newer'],
  'Update Update FAILED, last': ['newer', 'newer'],
  'Update Update FAILED, before': ['newer', 'newer'],
  'Update Delete working': ['older', 'older'],
  'Update Delete SUCCESS': ['older', 'older'],
  'Update Delete FAILED': ['older', 'older'],
  'Delete Create working': ['newer', 'newer'],
  'Delete Create SUCCESS': ['newer', 'newer'],
  'Delete Create FAILED': ['newer', 'newer'],
  'Delete Update working': ['newer', 'newer'],
  'Delete Update SUCCESS': ['newer', 'newer'],
  'Delete Update FAILED': ['newer', 'newer'],
  'Delete Delete working': ['newer', 'newer'],
  'Delete Delete SUCCESS': ['newer', 'newer'],
  'Delete Delete FAILED': ['newer', 'newer'],
};

const SUCCESSES = ['last', 'before'];
const cells = TYPES.flatMap((arriving) =>
  TYPES.flatMap((current) =>
    STATUSES.flatMap((status) =>
      [...SUCCESSES, 'elsewhere'].map((fingerprint) => ({ arriving, current, status, fingerprint })),
    ),
  ),
);

function expected(cell: (typeof cells)[number], times: 'tie' | 'none'): Order {
  const pair = `${cell.arriving} ${cell.current} ${cell.status ?? 'working'}`;
  const row = TABLE[pair] ?? TABLE[`${pair}, ${cell.fingerprint}`];
  return row[times === 'tie' ? 0 : 1];
}

describe('requests whose times are nearly equal or unknown', () => {
  test('the table has every cell', () => {
    expect(cells).toHaveLength(3 * 3 * 3 * 3);
    for (const cell of cells) expect(expected(cell, 'tie')).toBeDefined();
  });

  const times: readonly ['tie' | 'none', string, IssueTime | undefined, IssueTime | undefined][] = [
    ['tie', 'the same second', at(0), at(0)],
    ['tie', '2 s later', at(2000), at(0)],
    ['tie', '2 s earlier', at(-2000), at(0)],
    ['none', 'no time at all', undefined, undefined],
    ['none', 'a time of the current one only', undefined, at(0)],
    ['none', 'a time of the arriving one only', at(60_000), undefined],
    ['none', 'times of different kinds', at(-60_000, 'Expires'), at(0)],
  ];

  describe.each(times)('%s: %s', (kind, _words, arrivingAt, currentAt) => {
    test.each(cells)('$arriving while $current is $status, going to $fingerprint', (cell) => {
      const arriving = { requestId: 'a', type: cell.arriving, issued: arrivingAt, fingerprint: cell.fingerprint };
      const current = { requestId: 'c', type: cell.current, issued: currentAt, fingerprint: 'c', status: cell.status };
      expect(compareRequests(arriving, current, SUCCESSES)).toBe(expected(cell, kind));
    });
  });

  test('an Update that ties returns to nothing where nothing has succeeded', () => {
    const arriving: Ordered = { requestId: 'a', type: 'Update', fingerprint: 'f' };
    const current: Current = { requestId: 'c', type: 'Update', fingerprint: 'g' };
    expect(compareRequests(arriving, current, [])).toBe('older');
  });
});

describe('any two requests', () => {
  const type = fc.constantFrom(...TYPES);
  const fingerprint = fc.constantFrom('last', 'before', 'elsewhere');
  const status = fc.constantFrom(...STATUSES);
  const kind = fc.constantFrom('X-Amz-Date' as const, 'Expires' as const);
  const ordered = (requestId: string) =>
    fc.record({
      requestId: fc.constant(requestId),
      type,
      fingerprint,
      issued: fc.option(
        fc.record({ kind, at: fc.integer({ min: 0, max: 20 }).map((seconds) => NOON + seconds * 1000) }),
        { nil: undefined },
      ),
    });
  const current = (requestId: string) =>
    fc.tuple(ordered(requestId), status).map(([request, was]): Current => ({ ...request, status: was }));

  test('D1: the same id is the same request, whatever else differs', () => {
    fc.assert(
      fc.property(ordered('r'), current('r'), (a, b) => {
        expect(compareRequests(a, b, SUCCESSES)).toBe('same');
      }),
    );
  });

  test('W1: more than 2 s decide, whatever else they are', () => {
    fc.assert(
      fc.property(ordered('a'), current('b'), kind, fc.integer({ min: 2001, max: 86_400_000 }), (a, b, of, apart) => {
        const later: IssueTime = { kind: of, at: NOON + apart };
        const earlier: IssueTime = { kind: of, at: NOON };
        expect(compareRequests({ ...a, issued: later }, { ...b, issued: earlier }, SUCCESSES)).toBe('newer');
        expect(compareRequests({ ...a, issued: earlier }, { ...b, issued: later }, SUCCESSES)).toBe('older');
      }),
    );
  });

  test('times of different kinds decide nothing', () => {
    fc.assert(
      fc.property(ordered('a'), current('b'), fc.integer(), fc.integer(), (a, b, x, y) => {
        const apart = compareRequests(
          { ...a, issued: { kind: 'Expires', at: x } },
          { ...b, issued: { kind: 'X-Amz-Date', at: y } },
          SUCCESSES,
        );
        const timeless = compareRequests({ ...a, issued: undefined }, { ...b, issued: undefined }, SUCCESSES);
        expect(apart).toBe(timeless);
      }),
    );
  });

  test('different requests are never the same, and a Delete is never older without a time that says so', () => {
    fc.assert(
      fc.property(ordered('a'), current('b'), (a, b) => {
        const order = compareRequests(a, b, SUCCESSES);
        expect(order).not.toBe('same');
        const { issued } = a;
        const decided = issued?.kind === b.issued?.kind && Math.abs((issued?.at ?? 0) - (b.issued?.at ?? 0)) > 2000;
        if (a.type === 'Delete' && !decided) expect(order).toBe('newer');
      }),
    );
  });

  test('D15: an Update to the last success is never older than another Update without a time that says so', () => {
    fc.assert(
      fc.property(ordered('a'), current('b'), (a, b) => {
        const rollback: Ordered = { ...a, type: 'Update', fingerprint: 'last', issued: b.issued };
        expect(compareRequests(rollback, { ...b, type: 'Update' }, SUCCESSES)).toBe('newer');
      }),
    );
  });
});
