import { join } from 'node:path';
import type { Clock, Timer } from './clock';

/**
 * A clock that runs faster than the machine's, for real processes that must not wait as long as they would on AWS.
 *
 * Product code stays as it is shipped: time itself passes faster, for the embedded AWS and, through {@link variables}, for the functions that run in
 * it. A minute between two deliveries of an event is then still a minute to both. The CDK CLI keeps the machine's time.
 */
export class ScaledClock implements Clock {
  private readonly origin = Date.now();

  constructor(private readonly factor: number) {}

  public now(): number {
    return Math.floor(this.origin + (Date.now() - this.origin) * this.factor);
  }

  public sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.after(milliseconds, resolve));
  }

  public after(milliseconds: number, action: () => void): Timer {
    const timer = setTimeout(action, milliseconds / this.factor);
    return { cancel: () => clearTimeout(timer) };
  }

  public hold<T>(work: Promise<T>): Promise<T> {
    return work;
  }

  /** What a Node.js process finds in its environment to run on this clock (`extraVariables` of the Lambda host). */
  public variables(): Record<string, string> {
    return {
      NODE_OPTIONS: `--require ${JSON.stringify(join(__dirname, 'scaled-clock-preload.cjs'))}`,
      LOCAL_AWS_CLOCK: `${this.origin}/${this.factor}`,
    };
  }
}
