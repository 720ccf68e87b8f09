/**
 * What is promised of the demo: exactly the right members after each step, and not much of a visitor's time.
 */

/** Seconds from the first deployment to the end. */
const PROMISED_SECONDS = 60;

export interface Conclusion {
  /** Steps that left wrong members. */
  readonly failures: number;
  readonly steps: number;
  readonly seconds: number;
  /** More seconds are a failure, too. */
  readonly limit: number;
}

/** A visitor's machine may be slow; where the promise is checked, `--limit` or the variable `CI` says so. */
export function limitOf(options: readonly string[], variables: Readonly<Record<string, string | undefined>>): number {
  return options.includes('--limit') || variables.CI ? PROMISED_SECONDS : Infinity;
}

/** What was not kept, in words. */
export function broken({ failures, steps, seconds, limit }: Conclusion): string[] {
  return [
    ...(failures > 0 ? [`${failures} of ${steps} steps did not leave exactly the right members`] : []),
    ...(seconds > limit ? [`it took ${Math.ceil(seconds)} seconds, and ${limit} are promised`] : []),
  ];
}
