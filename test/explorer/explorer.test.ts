/**
 * The real handler under every order of events that small scenarios allow, and proof that the search finds what it looks for.
 *
 * A test run follows the histories of each scenario as far as its share of time allows: all without a preemption first (crashes, duplicates and
 * all), then all with one, two and three. `npm run explore -- --preemptions 3` follows all of them; docs/adr/0004 says how far that went.
 */
import { ABLATIONS } from './ablations';
import { type Found, explore, wander } from './explore';
import { SCENARIOS } from './scenarios';

/** Histories that a test run follows for each scenario and number of preemptions. */
const MOST = Number(process.env.EXPLORE_HISTORIES ?? 800);
const SEED = Number(process.env.EXPLORE_SEED ?? Math.floor(Math.random() * 2 ** 32));
const WANDERINGS = Number(process.env.EXPLORE_WANDERINGS ?? 40);

/** Small enough to make every move of every history with one preemption. */
const EVERY_MOVE_WITH_ONE = [
  'stale reads at a Delete',
  'a broken connection after the effect',
  'one resource removes what another begins to want',
];

function told(found: Found | undefined): string {
  return found === undefined ? '' : [...found.problems, ...found.trace].join('\n');
}

describe('the protocol holds in every order of events', () => {
  test.each(SCENARIOS.map((scenario) => [scenario.shows, scenario.name, scenario] as const))(
    '%s: %s',
    async (_shows, _name, scenario) => {
      const { found, histories } = await explore({ scenario, preemptions: 3, most: MOST });
      expect(told(found)).toBe('');
      expect(histories).toBeGreaterThan(0);
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
      const { found } = await explore({ scenario, preemptions: 1, serve, most: 2_000 });
      expect(told(found)).toMatch(breaks);
    },
    120_000,
  );
});

describe('moves that are left out lead nowhere else', () => {
  const small = SCENARIOS.filter(({ name }) => EVERY_MOVE_WITH_ONE.includes(name));
  const searches = [
    ...SCENARIOS.map((scenario) => [0, scenario] as const),
    ...small.map((scenario) => [1, scenario] as const),
  ];
  test.each(searches.map(([preemptions, scenario]) => [preemptions, scenario.name, scenario] as const))(
    'every end with %s preemptions: %s',
    async (preemptions, _name, scenario) => {
      const { ends: all, searched } = await explore({ scenario, preemptions, everyMove: true, most: 2_000 });
      const { ends } = await explore({ scenario, preemptions });
      expect([...all].filter((end) => !ends.has(end))).toEqual([]);
      if (searched === preemptions) expect(ends.size).toBe(all.size);
    },
    120_000,
  );
});
