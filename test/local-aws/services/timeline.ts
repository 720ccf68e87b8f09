/**
 * A value over time: what is true now, and what was true a while ago, which is what a read may still show.
 */

interface Version<T> {
  readonly at: number;
  readonly value: T | undefined;
}

export class Timeline<T> {
  private versions: Version<T>[] = [];

  /** The truth. */
  public get latest(): T | undefined {
    return this.versions[this.versions.length - 1]?.value;
  }

  /** What was true at an instant. */
  public at(instant: number): T | undefined {
    for (let i = this.versions.length - 1; i >= 0; i--) {
      if (this.versions[i].at <= instant) return this.versions[i].value;
    }
    return undefined;
  }

  /** Changes the truth. What no read can show any more (`forgetBefore`) is forgotten. */
  public change(at: number, value: T | undefined, forgetBefore: number): void {
    this.versions.push({ at, value });
    let oldest = this.versions.length - 1;
    while (oldest > 0 && this.versions[oldest].at > forgetBefore) oldest--;
    if (oldest > 0) this.versions = this.versions.slice(oldest);
  }
}
