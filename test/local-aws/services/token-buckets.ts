/**
 * The token buckets by which AWS throttles: a burst of calls at once, then a steady rate.
 */
import type { Clock } from '../clock';

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** One bucket for each key, full at first. */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly clock: Clock) {}

  /** Takes a token; false when the bucket is empty. */
  public take(key: string, rate: Rate): boolean {
    const now = this.clock.now();
    const bucket = this.buckets.get(key) ?? { tokens: rate.burst, filledAt: now };
    bucket.tokens = Math.min(rate.burst, bucket.tokens + (now - bucket.filledAt) * rate.perSecond / 1000);
    bucket.filledAt = now;
    this.buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
