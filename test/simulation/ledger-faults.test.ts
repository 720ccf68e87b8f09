/**
 * Faults of DynamoDB itself, under the real client with its retries: what the ledger in memory stands for everywhere else.
 */
import { type FaultKind, pointsOf, trial } from './crash-points';
import type { Order, Point } from './driver';
import type { Scenario } from './scenarios';
import { A, B, C } from './support';
import { AwsError } from '../local-aws/core';
import { organizationOf } from '../local-aws/organization-file';

const members = (...accounts: string[]) => ({ members: { Members: { accounts } } });
const EXCHANGE: Scenario = {
  name: 'update that adds and drops',
  options: { organization: organizationOf({ accounts: 6 }) },
  before: (life) => life.deploy(members(A, B)),
  play: (life) => life.deploy(members(B, C)),
  members: [B, C],
};
const REAL: Scenario = { ...EXCHANGE, options: { ...EXCHANGE.options, ledger: 'dynamodb' } };

const answered = (code: string, status: number, when: 'before' | 'after' = 'before'): Order => (
  { kind: 'fault', fault: { kind: 'error', when, error: new AwsError(code, 'ordered', status) } }
);
const silent = (kind: 'hang' | 'reset', when: 'before' | 'after'): Order => ({ kind: 'fault', fault: { kind, when } });
const once = (name: string, order: Order): FaultKind => ({ name, at: ({ kind }) => (kind === 'ledger' ? order : undefined) });
const forHalfAMinute = (name: string, order: Order): FaultKind => ({
  ...once(name, order),
  after: (point: Point, chosen: Point) => (point.kind === 'ledger' && point.at < chosen.at + 30_000 ? order : undefined),
});

const THROTTLED = answered('ProvisionedThroughputExceededException', 400);
const DENIED = answered('AccessDeniedException', 400);
/** In each, the deployment succeeds all the same. */
const PASSING: readonly FaultKind[] = [
  once('F4 throttled once', THROTTLED),
  forHalfAMinute('F4 throttled for 30 s', THROTTLED),
  once('F5 500 before the effect', answered('InternalServerError', 500)),
  once('F5 500 after the effect', answered('InternalServerError', 500, 'after')),
  once('F6 hangs before the effect', silent('hang', 'before')),
  once('F6 hangs after the effect', silent('hang', 'after')),
  once('F3 connection reset after the effect', silent('reset', 'after')),
  once('F7 AccessDenied once', DENIED),
];

test('L1 the ledger in memory is asked the same in the same order as DynamoDB', async () => {
  const operations = async (scenario: Scenario) => (await pointsOf(scenario)).map(({ operation }) => operation);
  expect(await operations(REAL)).toEqual(await operations(EXCHANGE));
});

test.each(PASSING.map((fault) => [fault.name, fault] as const))('%s at DynamoDB, at each point: the update succeeds', async (_, fault) => {
  const points = await pointsOf(REAL);
  let faults = 0;
  for (const n of points.keys()) {
    if (points[n].kind !== 'ledger') continue;
    const { life, chosen } = await trial(REAL, fault, n);
    faults += 1;
    expect({ point: chosen?.operation, status: life.stack()!.status }).toEqual({ point: points[n].operation, status: 'UPDATE_COMPLETE' });
    expect(life.memberIds()).toEqual(REAL.members);
    expect(await life.breaches()).toEqual([]);
  }
  expect(faults).toBe(points.filter(({ kind }) => kind === 'ledger').length);
}, 120_000);

test('F7 AccessDenied for 30 s at DynamoDB, at each point: no member is lost, and the cure is told', async () => {
  const fault = forHalfAMinute('AccessDenied for 30 s', DENIED);
  const points = await pointsOf(REAL);
  let failed = 0;
  for (const n of points.keys()) {
    if (points[n].kind !== 'ledger') continue;
    const { life } = await trial(REAL, fault, n);
    expect(await life.breaches()).toEqual([]);
    const reasons = life.requests.flatMap(({ answers }) => answers.map(({ body }) => JSON.parse(body).Reason ?? ''));
    if (life.stack()!.status === 'UPDATE_COMPLETE') continue;
    failed += 1;
    expect(reasons.join()).toMatch(/ledger table '.*' cannot be read or written \(AccessDeniedException\): allow it to the handler's role/);
    expect(life.memberIds()).toContain(B);
  }
  expect(failed).toBeGreaterThan(0);
}, 120_000);
