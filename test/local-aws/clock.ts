/**
 * Time for the embedded AWS: the real clock for the HTTP driver, a virtual one for the in-process driver.
 *
 * Every part of the embedded AWS takes its time from a `Clock` and never from `Date.now` or `setTimeout`, so that a stack's whole
 * life (fifty-minute service time-outs, Lambda's retries after one and two minutes) passes in milliseconds and always in the same order.
 */

/** A pending call of {@link Clock.after}. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves `milliseconds` later. */
  sleep(milliseconds: number): Promise<void>;
  /** Runs `action` `milliseconds` later. */
  after(milliseconds: number, action: () => void): Timer;
  /** Keeps time from passing until `work` is done: for work that takes turns of the event loop but no time of ours. */
  hold<T>(work: Promise<T>): Promise<T>;
}

/** The machine's own clock. */
export class RealClock implements Clock {
  public now(): number {
    return Date.now();
  }

  public sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.after(milliseconds, resolve));
  }

  public after(milliseconds: number, action: () => void): Timer {
    const timer = setTimeout(action, milliseconds);
    return { cancel: () => clearTimeout(timer) };
  }

  public hold<T>(work: Promise<T>): Promise<T> {
    return work;
  }
}

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/** A clock that jumps to the next pending timer as soon as nothing else is left to do. Timers of the same instant run in a fixed order. */
export class VirtualClock implements Clock {
  private time: number;
  private nextOrder = 0;
  private held = 0;
  private readonly pending: Pending[] = []; // a binary heap, earliest first

  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.time = start;
  }

  public now(): number {
    return this.time;
  }

  public sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.after(milliseconds, resolve));
  }

  public after(milliseconds: number, action: () => void): Timer {
    let live = true;
    this.push({ at: this.time + Math.max(0, milliseconds), order: this.nextOrder++, action: () => live && action() });
    return { cancel: () => { live = false; } };
  }

  public async hold<T>(work: Promise<T>): Promise<T> {
    this.held++;
    try {
      return await work;
    } finally {
      this.held--;
    }
  }

  /** Runs timers until `done()`; false if none is left, or `limit` (epoch milliseconds) has passed, before that. */
  public async runUntil(done: () => boolean, limit: number = Infinity): Promise<boolean> {
    for (;;) {
      do {
        await settled();
      } while (this.held > 0);
      if (done()) return true;
      const next = this.pending[0];
      if (next === undefined || next.at > limit) return false;
      this.pop();
      this.time = Math.max(this.time, next.at);
      next.action();
    }
  }

  private push(entry: Pending): void {
    const heap = this.pending;
    heap.push(entry);
    for (let i = heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!before(heap[i], heap[parent])) break;
      [heap[i], heap[parent]] = [heap[parent], heap[i]];
      i = parent;
    }
  }

  private pop(): void {
    const heap = this.pending;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let i = 0; ;) {
      const left = 2 * i + 1;
      if (left >= heap.length) return;
      const child = left + 1 < heap.length && before(heap[left + 1], heap[left]) ? left + 1 : left;
      if (!before(heap[child], heap[i])) return;
      [heap[i], heap[child]] = [heap[child], heap[i]];
      i = child;
    }
  }
}

function before(a: Pending, b: Pending): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Resolves when every promise that can make progress without a timer has done so: one turn of the event loop drains the microtasks. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
