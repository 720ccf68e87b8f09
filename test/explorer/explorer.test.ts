/**
 * The real handler under every order of events that small scenarios allow, and proof that the search finds what it looks for.
 *
 * A test run follows as many histories of each scenario as its share of time allows, those without a preemption first (crashes, duplicates and
 * all); `npm run explore` follows all of them, with as many preemptions as asked for.
 */
import { ABLATIONS } from './ablations';
import { type Found, explore, wander } from './explore';
import { SCENARIOS } from './scenarios';

/** Histories that a test run follows for each scenario, without a preemption and with one. */
const MOST = Number(process.env.EXPLORE_HISTORIES ?? 400);
const SEED = Number(process.env.EXPLORE_SEED ?? Math.floor(Math.random() * 2 ** 32));
const WANDERINGS = Number(process.env.EXPLORE_WANDERINGS ?? 40);

function told(found: Found | undefined): string {
  return found === undefined ? '' : [...found.problems, ...found.trace].join('\n');
}

describe('the protocol holds in every order of events', () => {
  test.each(SCENARIOS.map((scenario) => [scenario.shows, scenario.name, scenario] as const))(
    '%s: %s',
    async (_shows, _name, scenario) => {
      for (const preemptions of [0, 1]) {
        const { found, histories } = await explore({ scenario, preemptions, most: MOST });
        expect(told(found)).toBe('');
        expect(histories).toBeGreaterThan(preemptions);
      }
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
      const without = await explore({ scenario, preemptions: 0, serve, most: 2_000 });
      const { found } =
        without.found === undefined ? await explore({ scenario, preemptions: 1, serve, most: 2_000 }) : without;
      expect(told(found)).toMatch(breaks);
    },
    120_000,
  );
});
