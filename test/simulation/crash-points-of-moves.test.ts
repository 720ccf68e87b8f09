/**
 * The same for scenarios in which accounts change hands: in a file of its own, so that it runs beside the other.
 */
import { pointsOf, trial, trials } from './crash-points';
import { MOVES } from './scenarios';

describe.each(MOVES)('$name', (scenario) => {
  test('without a fault ends as told', async () => {
    const { life } = await trial(scenario, undefined, -1);
    expect(await life.breaches()).toEqual([]);
    expect(life.memberIds()).toEqual(scenario.members);
  });

  test('D3 D9 F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F13 one fault at each point of a move: no invariant is breached', async () => {
    const results = await trials(scenario);
    expect(results.length).toBeGreaterThan((await pointsOf(scenario)).length);
    expect(results.filter(({ breaches }) => breaches.length > 0)).toEqual([]);
  }, 300_000);
});
