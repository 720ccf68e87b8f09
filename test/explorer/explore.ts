/**
 * Searches the histories of a {@link World}: first every one without a preemption, then every one with one, and so on.
 *
 * Two histories that lead to the same state go on alike, so only the first of them is followed: the one with fewer preemptions.
 */
import { Playbook, type Serve } from './playbook';
import { type Move, type Scenario, World } from './world';
import { handle } from '../../lambda/runtime/handler';
import type { SecurityHubApi } from '../../lambda/security-hub-members/api';
import { securityHubMembers } from '../../lambda/security-hub-members/resource';

export interface Search {
  readonly scenario: Scenario;
  readonly preemptions: number;
  readonly serve?: (api: SecurityHubApi) => Serve;
  /** Stops after this many histories. */
  readonly most?: number;
  /** Makes needless moves, too. */
  readonly everyMove?: boolean;
}

export interface Found {
  readonly problems: readonly string[];
  /** The moves that lead there. */
  readonly trace: readonly string[];
  readonly preemptions: number;
}

export interface SearchResult {
  /** How many were followed to their end, or to a state that was known. */
  readonly histories: number;
  readonly states: number;
  /** Every history with so many preemptions has been followed; -1 if not even those without one. */
  readonly searched: number;
  /** The states in which everything had come to rest. */
  readonly ends: ReadonlySet<number>;
  readonly found?: Found;
}

/** A state, or the way to it. */
interface Place {
  readonly world: World;
  /** How many preemptions are left. */
  readonly left: number;
  /** How many moves lead here. */
  readonly depth: number;
  readonly move?: Move;
  readonly before?: Place;
}

/** No history of a small scenario is longer, unless something goes on for ever. */
const LONGEST = 3000;
const ENDLESS = `a history of ${LONGEST} moves has no end`;

/** The handler as it is shipped. */
const REAL =
  (api: SecurityHubApi): Serve =>
    (event, remaining, platform, table) =>
      handle(event, remaining, platform, table, securityHubMembers({ platform, table, api, region: 'us-east-1', logGroupName: 'Log' }));

export async function explore(search: Search): Promise<SearchResult> {
  const { scenario, serve = REAL, most = Infinity, everyMove = false } = search;
  const bound = Math.min(search.preemptions, scenario.preemptions ?? Infinity);
  const playbook = new Playbook(serve);
  const ends = new Set<number>();
  let histories = 0;
  let states = 0;
  let found: Found | undefined;

  for (let preemptions = 0; preemptions <= bound; preemptions++) {
    await follow(preemptions);
    if (found !== undefined || histories >= most) return { histories, states, searched: preemptions - 1, ends, found };
  }
  return { histories, states, searched: search.preemptions, ends };

  async function follow(preemptions: number): Promise<void> {
    /** By state, how many preemptions were left. */
    const known = new Map<number, number>();
    const open: Place[] = [{ world: new World(scenario, playbook), left: preemptions, depth: 0 }];
    histories = 0;
    for (let place = open.pop(); place !== undefined && histories < most; place = open.pop()) {
      const { move, left, depth } = place;
      const world = move === undefined ? place.world : await place.world.after(move);
      const moves = world.moves();
      const next = moves.filter(({ cost, needless }) => cost <= left && (everyMove || !needless));
      if (world.violations.length > 0 || moves.length === 0) {
        const problems = world.verdict();
        if (problems.length > 0) found = { problems, trace: traceOf(place), preemptions };
        if (found !== undefined) return;
        ends.add(fingerprint(world.digest('none')));
      } else if (next.length === 1 || isNew(world, left)) {
        if (depth >= LONGEST) {
          found = { problems: [ENDLESS], trace: traceOf(place).slice(0, 200), preemptions };
          return;
        }
        for (const after of next.reverse()) {
          open.push({ world, move: after, left: left - after.cost, depth: depth + 1, before: place });
        }
        continue;
      }
      histories++;
    }
    states = known.size;

    function isNew(world: World, left: number): boolean {
      const state = fingerprint(world.digest(everyMove ? 'exact' : 'order'));
      if ((known.get(state) ?? -1) >= left) return false;
      known.set(state, left);
      return true;
    }
  }
}

function traceOf(place: Place): string[] {
  const trace: string[] = [];
  for (let at: Place | undefined = place; at?.move !== undefined; at = at.before) trace.unshift(at.move.label);
  return trace;
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
  const playbook = new Playbook(search.serve ?? REAL);
  for (let history = 0; history < search.histories; history++) {
    let world = new World(search.scenario, playbook);
    let preemptions = 0;
    const trace: string[] = [];
    for (let moves = world.moves(); ; moves = world.moves()) {
      if (world.violations.length > 0 || moves.length === 0 || trace.length >= LONGEST) {
        const problems = trace.length >= LONGEST ? [ENDLESS] : world.verdict();
        if (problems.length > 0) return { problems, trace, preemptions };
        break;
      }
      const move = moves[random() < (search.chance ?? 0.25) ? Math.floor(random() * moves.length) : 0];
      trace.push(move.label);
      preemptions += move.cost;
      world = await world.after(move);
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
