/**
 * What a handler takes from the world besides AWS: time, chance, a log and the way back to CloudFormation.
 *
 * Everything that waits or writes goes through here, so that a test decides what happens when.
 */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Platform {
  /** Wall clock, milliseconds since the epoch: for what other machines wrote down. */
  now(): number;
  /** A clock that never jumps, in milliseconds: for measuring how long something takes. */
  monotonic(): number;
  /** Resolves after the time, or as soon as `cancel` is aborted. */
  sleep(milliseconds: number, cancel?: AbortSignal): Promise<void>;
  /** A number in [0, 1). */
  random(): number;
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Sends `body` to a presigned URL and answers the HTTP status; throws where no answer came. */
  put(url: string, body: string): Promise<number>;
}

/** Thrown to make Lambda deliver the event again: this attempt has not answered and must not look as if it had. */
export class Redeliver extends Error {
  public readonly name = 'Redeliver';
}

/** Time ran out with work left. The ledger is right; the next delivery, or the next event, continues. */
export class OutOfTime extends Error {
  public readonly name = 'OutOfTime';
}

/** Settles as `work` does, or rejects with a `TimeoutError` after `milliseconds`, whichever comes first; then `signal` is aborted, so that `work` closes its socket. */
export async function within<T>(
  platform: Platform,
  milliseconds: number,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const call = new AbortController();
  const timer = new AbortController();
  const late = platform.sleep(milliseconds, timer.signal).then(() => {
    const error = new Error(`${what} gave no answer within ${Math.round(milliseconds / 1000)} s`);
    error.name = 'TimeoutError';
    call.abort();
    throw error;
  });
  try {
    return await Promise.race([work(call.signal), late]);
  } finally {
    late.catch(() => undefined); // after the race its rejection is nobody's business
    timer.abort();
  }
}
