/**
 * The real handler under every order of events that small scenarios allow, and proof that the search finds what it looks for.
 *
 * A test run follows every history without a preemption (crashes, duplicates and all) and then as many with one as its share of time allows;
 * `test/explorer/main.ts` follows all of them, with as many preemptions as asked for.
 */
import { ABLATIONS } from './ablations';
import { type Found, explore, wander } from './explore';
import { SCENARIOS } from './scenarios';

/** Histories with one preemption that a test run follows for each scenario. */
const MOST = Number(process.env.EXPLORE_HISTORIES ?? 1500);
const SEED = Number(process.env.EXPLORE_SEED ?? Math.floor(Math.random() * 2 ** 32));
const WANDERINGS = Number(process.env.EXPLORE_WANDERINGS ?? 150);

function told(found: Found | undefined): string {
  return found === undefined ? '' : [...found.problems, ...found.trace].join('\n');
}

describe('the protocol holds in every order of events', () => {
  test.each(SCENARIOS.map((scenario) => [scenario.shows, scenario.name, scenario] as const))(
    '%s: %s',
    async (_shows, _name, scenario) => {
      const without = await explore({ scenario, preemptions: 0 });
      expect(told(without.found)).toBe('');
      expect(without.complete).toBe(true);
      const once = await explore({ scenario, preemptions: 1, most: MOST });
      expect(told(once.found)).toBe('');
    },
    120_000,
  );

  const ofAnyLength = SCENARIOS.filter(({ preemptions }) => preemptions === undefined);
  test.each(ofAnyLength.map((scenario) => [scenario.name, scenario] as const))(
    `G1 to G7 at random (seed ${SEED}): %s`,
    async (_name, scenario) => {
      expect(told(await wander({ scenario, seed: SEED, histories: WANDERINGS }))).toBe('');
    },
    120_000,
  );
});

describe('a handler without one of the repairs is caught', () => {
  test.each(ABLATIONS.map((ablation) => [ablation.name, ablation] as const))(
    '%s',
    async (_name, { scenario: name, breaks, serve }) => {
      const scenario = SCENARIOS.find((other) => other.name === name)!;
      const { found } = await explore({ scenario, preemptions: 1, serve, most: 20_000 });
      expect(told(found)).toMatch(breaks);
    },
    120_000,
  );
});
