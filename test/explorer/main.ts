/**
 * Searches the small scenarios by hand: `npx tsx test/explorer/main.ts [--preemptions N] [--scenario TEXT] [--most HISTORIES]`.
 */
import { parseArgs } from 'node:util';
import { explore } from './explore';
import { SCENARIOS } from './scenarios';

const { values } = parseArgs({
  options: {
    preemptions: { type: 'string', default: '1' },
    scenario: { type: 'string', default: '' },
    most: { type: 'string', default: 'Infinity' },
  },
});

async function main(): Promise<void> {
  for (const scenario of SCENARIOS.filter(({ name }) => name.includes(values.scenario))) {
    const started = performance.now();
    const result = await explore({ scenario, preemptions: Number(values.preemptions), most: Number(values.most) });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const how = result.found ? 'VIOLATED' : result.complete ? 'holds' : 'holds so far';
    console.log(
      `${seconds.padStart(6)} s  ${String(result.histories).padStart(7)} histories  ${how}  ${scenario.name}`,
    );
    if (result.found === undefined) continue;
    process.exitCode = 1;
    console.log(
      [...result.found.problems, ...result.found.trace.map((move, index) => `  ${index} ${move}`)].join('\n'),
    );
  }
}

void main();
