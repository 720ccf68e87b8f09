/**
 * Simulates random lives of stacks for as long as asked and checks the invariants: `npm run soak -- --lives N --seed S`.
 */
import { parseArgs } from 'node:util';
import { INVARIANTS } from './simulation/invariants';
import { randomLife } from './simulation/random-life';

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { lives: { type: 'string', default: '2000' }, seed: { type: 'string' } } });
  const lives = Number(values.lives);
  const first = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed);
  if (!Number.isSafeInteger(lives) || lives < 1 || !Number.isSafeInteger(first)) {
    console.error('usage: npm run soak -- [--lives <number, default 2000>] [--seed <whole number, default random>]');
    return 2;
  }
  console.log(`${lives} lives from seed ${first}`);
  const began = Date.now();
  let bad = 0;
  for (let seed = first; seed < first + lives; seed++) {
    const { breaches, story } = await randomLife(seed).catch((error: Error) => (
      { story: [], breaches: [{ invariant: 'noSelfMade' as const, what: error.stack ?? error.message }] }
    ));
    if (breaches.length > 0) {
      bad += 1;
      console.error(`\nseed ${seed}:\n${story.map((line) => `  ${line}`).join('\n')}`);
      for (const { invariant, what } of breaches) console.error(`  ! ${INVARIANTS[invariant]}\n    ${what}`);
      console.error(`  again: npm run soak -- --lives 1 --seed ${seed}`);
    }
    const done = seed - first + 1;
    if (done % 1000 === 0) console.log(`${done} lives, ${bad} with a breach, ${Math.round((done * 1000) / (Date.now() - began))} a second`);
  }
  console.log(`${lives} lives in ${Math.round((Date.now() - began) / 1000)} s, ${bad} with a breach`);
  return bad === 0 ? 0 : 1;
}

void main().then((status) => { process.exitCode = status; });
