/**
 * contract_check_asserts_work: bad handlers, each of which must fail the item that asks for what it does wrong, in the item's own words, and
 * breach an invariant besides.
 */
import { Life } from './driver';
import { INVARIANTS, type Invariant } from './invariants';
import { itemPlay } from './item-plays';
import { PLANTED } from './planted-handlers';

/** Something that jest's expectations throw. */
interface Failure extends Error {
  readonly matcherResult?: { readonly message: string };
}

test.each(PLANTED)('contract_check_asserts_work a handler that $name fails $item, and breaches "$caughtBy"', async ({ item, handler, edit, caughtBy }) => {
  const { options, play } = itemPlay(item);
  const life = new Life({ ...options, handler, edit });
  const failure: Failure = await play(life).then(() => new Error('the item has not noticed'), (error: Error) => error);
  expect(failure).toHaveProperty('matcherResult');
  // by an expectation of its own, not by the invariants at its end
  expect(failure.message).not.toContain('"invariant"');
  expect((await life.breaches()).map(({ invariant }) => invariant)).toContain(caughtBy);
});

/** The guarantees by the invariants that stand for them. */
const GUARANTEES: readonly (readonly [string, Invariant])[] = [
  ['G1', 'foreign'], ['G2', 'oneAnswer'], ['G3', 'success'], ['G4', 'deleted'], ['G5', 'afterAnswer'], ['G6', 'claimed'], ['G7', 'converged'],
];

test('contract_check_asserts_work every guarantee is breached by some handler', () => {
  const caught = new Set<string>(PLANTED.map(({ caughtBy }) => caughtBy));
  expect(GUARANTEES.filter(([, invariant]) => !caught.has(invariant))).toEqual([]);
  expect(Object.keys(INVARIANTS)).toEqual(expect.arrayContaining(GUARANTEES.map(([, invariant]) => invariant)));
});
