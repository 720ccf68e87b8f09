import type { Call, JournalEntry, Outcome } from './core';

/** The record of every call: who, what, whether it reached its service, and the answer. */
export class Journal {
  public readonly entries: JournalEntry[] = [];
  private reached = 0;

  /** Writes down a call that has arrived. */
  public open(call: Call, at: number): JournalEntry {
    const entry: JournalEntry = { index: this.entries.length, at, call, reached: false };
    this.entries.push(entry);
    return entry;
  }

  /** Notes that the service is being asked now. */
  public reach(entry: JournalEntry, at: number): void {
    entry.reached = true;
    entry.reachedAs = this.reached++;
    entry.reachedAt = at;
  }

  /** The calls that reached their service, in the order in which they did. */
  public reachedCalls(): JournalEntry[] {
    return this.entries.filter((entry) => entry.reached).sort((a, b) => a.reachedAs! - b.reachedAs!);
  }

  /** The calls of one service, or of one of its operations. */
  public of(service: string, operation?: string): JournalEntry[] {
    return this.entries.filter(({ call }) =>
      call.service === service && (operation === undefined || call.operation === operation));
  }

  /** Forgets all entries, so that the next call has index 0 again. */
  public clear(): void {
    this.entries.length = 0;
    this.reached = 0;
  }
}

/** An error as the journal keeps it. */
export function failure(error: { code: string; message: string; status: number }): Outcome {
  return { error: { code: error.code, message: error.message, status: error.status } };
}
