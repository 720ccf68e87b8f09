/**
 * The items that are scripts, with the shipped handler. `planted.test.ts` shows that each can fail.
 */
import { Life } from './driver';
import { ITEM_PLAYS, type ItemId, itemPlay } from './item-plays';

test.each(Object.entries(ITEM_PLAYS).map(([id, { says }]) => [id, says] as const))('%s %s', async (id) => {
  const { options, play } = itemPlay(id as ItemId);
  await play(new Life(options));
});
