/**
 * Searches the small scenarios by hand: `npm run explore -- [--preemptions N] [--scenario TEXT] [--most HISTORIES]`.
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
  const preemptions = Number(values.preemptions);
  for (const scenario of SCENARIOS.filter(({ name }) => name.includes(values.scenario))) {
    const started = performance.now();
    const result = await explore({ scenario, preemptions, most: Number(values.most) });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const how = result.found
      ? `VIOLATED with ${result.found.preemptions}`
      : result.searched < preemptions
        ? `holds so far, to the end with ${result.searched < 0 ? 'none' : result.searched}`
        : `holds with ${Math.min(preemptions, scenario.preemptions ?? Infinity)}`;
    const { histories, states } = result;
    console.log(`${seconds.padStart(7)} s ${columns(histories)} histories ${columns(states)} states  ${how}  ${scenario.name}`);
    if (result.found === undefined) continue;
    process.exitCode = 1;
    console.log(
      [...result.found.problems, ...result.found.trace.map((move, index) => `  ${index} ${move}`)].join('\n'),
    );
  }
}

function columns(count: number): string {
  return String(count).padStart(7);
}

void main();
