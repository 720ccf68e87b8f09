/**
 * Searches the histories of a {@link World}: every one with at most so many preemptions, by running again from the start with one other choice.
 *
 * Two histories that lead to the same state (with the same number of preemptions left, or fewer) go on alike, so only one of them is followed.
 */
import { type Scenario, type Serve, World } from './world';
import type { SecurityHubApi } from '../../lambda/security-hub-members/api';

export interface Search {
  readonly scenario: Scenario;
  readonly preemptions: number;
  readonly serve?: (api: SecurityHubApi) => Serve;
  /** Stops with `complete: false` after this many histories. */
  readonly most?: number;
}

export interface Found {
  readonly problems: readonly string[];
  /** The moves that lead there. */
  readonly trace: readonly string[];
  readonly choices: readonly number[];
}

export interface SearchResult {
  readonly histories: number;
  readonly states: number;
  readonly complete: boolean;
  readonly found?: Found;
}

/** No history of a small scenario is longer, unless something goes on for ever. */
const LONGEST = 3000;

export async function explore({ scenario, preemptions, serve, most = Infinity }: Search): Promise<SearchResult> {
  const visited = new Map<number, number>();
  const stack: number[][] = [[]];
  let histories = 0;
  while (stack.length > 0) {
    if (histories >= most) return { histories, states: visited.size, complete: false };
    const prefix = stack.pop()!;
    histories++;
    const found = await follow(prefix);
    if (found !== undefined) return { histories, states: visited.size, complete: false, found };
  }
  return { histories, states: visited.size, complete: true };

  async function follow(prefix: readonly number[]): Promise<Found | undefined> {
    const world = new World(scenario, serve);
    const choices: number[] = [];
    const trace: string[] = [];
    let left = Math.min(preemptions, scenario.preemptions ?? Infinity);
    for (let depth = 0; depth < LONGEST; depth++) {
      await settled();
      const moves = world.moves();
      if (world.violations.length > 0 || moves.length === 0) {
        const problems = world.verdict();
        return problems.length > 0 ? { problems, trace, choices } : undefined;
      }
      let choice = prefix[depth] ?? 0;
      if (depth >= prefix.length) {
        const key = fingerprint(world.digest());
        if ((visited.get(key) ?? -1) >= left) return undefined;
        visited.set(key, left);
        for (let other = moves.length - 1; other > 0; other--) {
          if (moves[other].cost <= left) stack.push([...choices, other]);
        }
        choice = 0;
      }
      const move = moves[choice];
      left -= move.cost;
      choices.push(choice);
      trace.push(move.label);
      move.run();
    }
    return { problems: [`a history of ${LONGEST} moves has no end`], trace: trace.slice(0, 200), choices };
  }
}

/** Follows random histories, faults and preemptions at every step with the given chance; the seed is in every report. */
export async function wander(search: {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly histories: number;
  readonly chance?: number;
  readonly serve?: (api: SecurityHubApi) => Serve;
}): Promise<Found | undefined> {
  const random = generator(search.seed);
  for (let history = 0; history < search.histories; history++) {
    const world = new World(search.scenario, search.serve);
    const trace: string[] = [];
    const choices: number[] = [];
    for (let depth = 0; ; depth++) {
      await settled();
      const moves = world.moves();
      if (world.violations.length > 0 || moves.length === 0 || depth >= LONGEST) {
        const problems = depth >= LONGEST ? [`a history of ${LONGEST} moves has no end`] : world.verdict();
        if (problems.length > 0) return { problems, trace, choices };
        break;
      }
      const choice = random() < (search.chance ?? 0.25) ? Math.floor(random() * moves.length) : 0;
      choices.push(choice);
      trace.push(moves[choice].label);
      moves[choice].run();
    }
  }
  return undefined;
}

/** mulberry32: small, seeded, good enough to spread choices. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** 53 bits of a digest: a few hundred thousand states are told apart, and a key costs a number. */
function fingerprint(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
