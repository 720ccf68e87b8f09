import { RealClock } from './clock';
import type { Environment, Unknowns } from './core';
import { DEFAULT_UNKNOWNS } from './unknowns';

/** What can be chosen about an environment; the rest has defaults. */
export interface EnvironmentOptions extends Partial<Omit<Environment, 'unknowns'>> {
  readonly unknowns?: Partial<Unknowns>;
  /** Seed of the default random numbers. */
  readonly seed?: number;
}

/** An environment on the machine's own clock, with seeded random numbers, unless told otherwise. */
export function createEnvironment(options: EnvironmentOptions = {}): Environment {
  return {
    clock: options.clock ?? new RealClock(),
    random: options.random ?? seededRandom(options.seed ?? 1),
    unknowns: { ...DEFAULT_UNKNOWNS, ...options.unknowns },
    partition: options.partition ?? 'aws',
  };
}

/** Random numbers in [0, 1) that are the same for the same seed: a linear congruential generator over 2^32 with an output mix. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 16), 0x45d9f3b);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
