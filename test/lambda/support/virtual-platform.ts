/**
 * A platform on a virtual clock: a seed in place of chance, log lines and answers kept, and a script for what CloudFormation's bucket says.
 */
import { nodePlatform } from '../../../lambda/runtime/node-platform';
import type { LogLevel, Platform } from '../../../lambda/runtime/platform';
import { VirtualClock } from '../../local-aws/clock';
import { seededRandom } from '../../local-aws/environment';

/** A line as the shipped logger writes it. */
export interface LogLine {
  readonly at: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** An answer that was sent. */
export interface Put {
  readonly at: number;
  readonly url: string;
  readonly body: string;
}

/** What a PUT meets: an HTTP status, an error, or silence for ever. */
export type PutOutcome = number | Error | 'silence';

export interface VirtualPlatformOptions {
  /** Shared by all platforms of one test; default a clock of its own. */
  readonly clock?: VirtualClock;
  readonly seed?: number;
}

export class VirtualPlatform implements Platform {
  public readonly clock: VirtualClock;
  public readonly lines: LogLine[] = [];
  public readonly puts: Put[] = [];
  /** Outcomes of the next PUTs, first first; 200 when it is empty. */
  public readonly putScript: PutOutcome[] = [];
  /** By how much the wall clock is off; the monotonic one never is. */
  public wallClockError = 0;
  private readonly began: number;
  private readonly chance: () => number;

  constructor({ clock = new VirtualClock(), seed = 1 }: VirtualPlatformOptions = {}) {
    this.clock = clock;
    this.began = clock.now();
    this.chance = seededRandom(seed);
  }

  public now(): number {
    return this.clock.now() + this.wallClockError;
  }

  public monotonic(): number {
    return this.clock.now() - this.began;
  }

  public sleep(milliseconds: number, cancel?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (cancel?.aborted) return resolve();
      const end = () => {
        timer.cancel();
        cancel?.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.clock.after(milliseconds, end);
      cancel?.addEventListener('abort', end);
    });
  }

  public random(): number {
    return this.chance();
  }

  /** Writes through the shipped logger, so that what it hides is hidden by it. */
  public log(...line: Parameters<Platform['log']>): void {
    const [level] = line;
    const original = console[level];
    console[level] = (record: LogLine) => {
      this.lines.push({ ...record, at: this.clock.now(), level });
    };
    try {
      nodePlatform.log(...line);
    } finally {
      console[level] = original;
    }
  }

  public async put(url: string, body: string): Promise<number> {
    this.puts.push({ at: this.clock.now(), url, body });
    const outcome = this.putScript.shift() ?? 200;
    if (outcome === 'silence') return new Promise(() => undefined);
    if (typeof outcome === 'number') return outcome;
    throw outcome;
  }

  /** The answers that were sent, parsed. */
  public answers(): any[] {
    return this.puts.map(({ body }) => JSON.parse(body));
  }

  /** Lets time pass until `work` has ended, and ends as it does. */
  public run<T>(work: Promise<T>): Promise<T> {
    return runOn(this.clock, work);
  }

  /** Lets this much time pass. */
  public wait(milliseconds: number): Promise<void> {
    return this.run(this.clock.sleep(milliseconds));
  }
}

/** Lets time pass on a clock until `work` has ended, and ends as it does; fails where nothing is left that could end it. */
export async function runOn<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let ended = false;
  const end = () => {
    ended = true;
  };
  work.then(end, end);
  if (!(await clock.runUntil(() => ended))) throw new Error('nothing is left that could end this');
  return work;
}
