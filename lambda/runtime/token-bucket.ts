/**
 * Keeps to a documented request rate, so that throttling is the exception.
 */
import type { Platform } from './platform';

export class TokenBucket {
  private tokens: number;
  private filledAt: number;

  constructor(
    private readonly platform: Platform,
    private readonly ratePerSecond: number,
    private readonly burst: number,
  ) {
    this.tokens = burst;
    this.filledAt = platform.monotonic();
  }

  /** Resolves when the next request may be sent. */
  public async take(): Promise<void> {
    const now = this.platform.monotonic();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.filledAt) / 1000) * this.ratePerSecond);
    this.filledAt = now;
    this.tokens -= 1; // may go below zero: then it is a place in the queue
    if (this.tokens < 0) await this.platform.sleep(Math.ceil((-this.tokens / this.ratePerSecond) * 1000));
  }
}
