/**
 * contract_check_asserts_work: bad handlers, each of which must be caught.
 */
import { Life } from './driver';
import { PLANTED } from './planted-handlers';

test.each(PLANTED)('contract_check_asserts_work $items: a handler that $name is caught ($caughtBy)', async ({ handler, options, play, caughtBy }) => {
  const life = new Life({ ...options, handler });
  await play(life);
  const found = (await life.breaches()).map(({ invariant }) => invariant);
  expect(found).toContain(caughtBy);
});

test.each(PLANTED)('the shipped handler passes where one that $name is caught', async ({ options, play }) => {
  const life = new Life(options);
  await play(life);
  expect(await life.breaches()).toEqual([]);
});
