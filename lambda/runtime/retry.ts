/**
 * Retries of one request: as long as the deadline and the patience allow, with exponential waits and full jitter.
 *
 * The SDK's clients send each request once (`maxAttempts: 1`): a retry inside the SDK would hide that an earlier request may have had its
 * effect, and the ledger must know (an "already a member" means something else after a lost answer: W4 in docs/adr/0004).
 */
import { transient } from './errors';
import { OutOfTime, type Platform } from './platform';

export interface RetryOptions {
  /** Wall-clock time after which no further request is sent. */
  readonly deadline: number;
  /** What one request may take: none is sent that could outlast the deadline. Default 0. */
  readonly requestMilliseconds?: number;
  /** How long to go on without success. */
  readonly patienceSeconds: number;
  /** Which errors are worth another request; default {@link transient}. */
  readonly retryable?: (error: unknown) => boolean;
}

const FIRST_WAIT = 250;
const LONGEST_WAIT = 20_000;

/** The wait before request number `attempt` (1 = the first retry): a random part of an exponentially growing bound. */
export function backoff(attempt: number, random: number): number {
  return Math.ceil(random * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt));
}

/** Sends `request` until it succeeds; throws its last error when the deadline, the patience or the error says so. */
export async function retrying<T>(platform: Platform, options: RetryOptions, request: () => Promise<T>): Promise<T> {
  const retryable = options.retryable ?? transient;
  const giveUpAt = platform.monotonic() + options.patienceSeconds * 1000;
  for (let attempt = 1; ; attempt++) {
    if (platform.now() + (options.requestMilliseconds ?? 0) > options.deadline) {
      throw new OutOfTime('time ran out before AWS could be asked');
    }
    try {
      return await request();
    } catch (error) {
      if (!retryable(error)) throw error;
      const wait = backoff(attempt, platform.random());
      if (platform.monotonic() + wait > giveUpAt || platform.now() + wait > options.deadline) throw error;
      await platform.sleep(wait);
    }
  }
}
