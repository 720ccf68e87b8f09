/**
 * Every scenario of one resource with a fault at every point: group F, D3 and D9.
 */
import { pointsOf, trial, trials } from './crash-points';
import { SCENARIOS } from './scenarios';

let lives = 0;

describe.each(SCENARIOS)('$name', (scenario) => {
  test('without a fault ends as told', async () => {
    const { life } = await trial(scenario, undefined, -1);
    expect(await life.breaches()).toEqual([]);
    expect(life.memberIds()).toEqual(scenario.members);
  });

  test('D3 D9 F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F13 one fault at each point: no invariant is breached', async () => {
    const results = await trials(scenario);
    lives += results.length;
    expect(results.length).toBeGreaterThan((await pointsOf(scenario)).length);
    expect(results.filter(({ breaches }) => breaches.length > 0)).toEqual([]);
  }, 300_000);
});

test('that makes at least 2,000 lives', () => {
  expect(lives).toBeGreaterThanOrEqual(2_000);
});
