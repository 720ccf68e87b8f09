/**
 * What an attempt does next, by what it has seen: learned from the real handler once, and looked up ever after.
 *
 * A handler takes everything from its ports, so what it asks for next is a function of the answers that it got and of the times at which it
 * looked at the clock. All its runs together are a tree of {@link Point}s, and the search moves over points instead of running the handler
 * again for every history. Where nobody has been before, the handler is run up to there.
 */
import type { Platform } from '../../lambda/runtime/platform';
import type { Change, Condition, Key, Table } from '../../lambda/runtime/table';
import type { SecurityHubApi } from '../../lambda/security-hub-members/api';

/** A handler to search. */
export type Serve = (event: unknown, remainingMilliseconds: number, platform: Platform, table: Table) => Promise<void>;

/** What an attempt asks of the world; it happens when the search chooses it. */
export type Ask = { readonly id: number; readonly label: string } & Wish;
type Wish =
  | { readonly kind: 'get'; readonly key: Key }
  | { readonly kind: 'query'; readonly pk: string; readonly prefix: string }
  | { readonly kind: 'update'; readonly key: Key; readonly change: Change; readonly condition?: Condition }
  | { readonly kind: 'put'; readonly url: string; readonly body: string }
  | { readonly kind: 'look'; readonly accounts: readonly string[] }
  | { readonly kind: 'call'; readonly step: string; readonly accounts: readonly string[] };

/** What an attempt sees: an answer (`text` tells answers apart), a broken connection, or that it is time to wake up. */
export type Sight =
  | { readonly to: Ask; readonly value: unknown; readonly text: string; readonly shape?: string }
  | { readonly to: Ask; readonly text: 'reset'; readonly shape?: string }
  | { readonly text: 'awake'; readonly shape?: string };

/** Where an attempt stands. */
export interface Point {
  readonly id: number;
  /** Points at which the same was seen, whatever the time, have one shape. */
  readonly shape: number;
  /** What it has asked for since the point before. */
  readonly asked: readonly Ask[];
  /** Which asks it has given up since: their sockets are closed. */
  readonly dropped: readonly number[];
  /** Times for which it sleeps. */
  readonly alarms: readonly number[];
  /** It has looked at the clock since, or gone to sleep. */
  readonly looked: boolean;
  readonly ended?: 'returned' | 'threw';
  /** How it got here. */
  readonly from: Beginning | { readonly point: Point; readonly sight: Sight; readonly time: number };
}

interface Beginning {
  readonly event: unknown;
  /** Attempts of one event draw different numbers. */
  readonly seed: number;
  readonly time: number;
}

/** How many runs are kept where they stand, to go on from there. */
const RUNS_KEPT = 500;

export class Playbook {
  private readonly points = new Map<string, Point>();
  private readonly ways = new Map<string, Point>();
  private readonly shapes = new Map<string, number>();
  private readonly runs = new Map<Point, Run>();

  constructor(private readonly serve: (api: SecurityHubApi) => Serve) {}

  public begin(from: Beginning): Promise<Point> {
    return this.find(`${JSON.stringify(from.event)}/${from.seed}`, from);
  }

  public after(point: Point, sight: Sight, time: number): Promise<Point> {
    return this.find(`${point.id}/${'to' in sight ? sight.to.id : ''}=${sight.text}`, { point, sight, time });
  }

  private async find(way: string, from: Point['from']): Promise<Point> {
    const wayNow = `${way}@${from.time}`;
    const known = this.ways.get(wayNow);
    if (known !== undefined) return known;
    const run = await this.run(from);
    // a time that nobody looked at makes no difference
    const name = run.looked ? wayNow : way;
    const point = this.points.get(name) ?? { id: this.points.size, shape: this.shape(from), ...run.stand(), from };
    this.points.set(name, point);
    this.ways.set(wayNow, point);
    this.runs.set(point, run);
    for (const oldest of this.runs.keys()) if (this.runs.size > RUNS_KEPT) this.runs.delete(oldest);
    return point;
  }

  private shape(from: Point['from']): number {
    const text =
      'event' in from
        ? `${from.seed}`
        : `${from.point.shape}/${'to' in from.sight ? from.sight.to.id : ''}=${from.sight.shape ?? from.sight.text}`;
    const shape = this.shapes.get(text) ?? this.shapes.size;
    this.shapes.set(text, shape);
    return shape;
  }

  /** A run that has come so far: one that stands just before, or a new one. */
  private async run(from: Point['from']): Promise<Run> {
    let run: Run | undefined;
    const ahead: Exclude<Point['from'], Beginning>[] = [];
    for (let back = from; run === undefined;) {
      if ('event' in back) {
        run = new Run(this.serve, back);
        await settled();
      } else {
        ahead.push(back);
        run = this.runs.get(back.point);
        this.runs.delete(back.point);
        back = back.point.from;
      }
    }
    for (const { sight, time } of ahead.reverse()) {
      run.see(sight, time);
      await settled();
    }
    return run;
  }
}

interface Alarm {
  readonly at: number;
  readonly ring: () => void;
}

/** One run of the handler, fed by hand. */
class Run {
  public looked = false;
  private time: number;
  private asks = 0;
  private asked: Ask[] = [];
  private dropped: number[] = [];
  private alarms: Alarm[] = [];
  private ended?: Point['ended'];
  private readonly open = new Map<number, { answer: (value: unknown) => void; fail: (error: Error) => void }>();

  constructor(serve: (api: SecurityHubApi) => Serve, { event, seed, time }: Beginning) {
    this.time = time;
    void serve(this.api())(event, INVOCATION_MILLISECONDS, this.platform(seed), this.table()).then(
      () => (this.ended = 'returned'),
      () => (this.ended = 'threw'),
    );
  }

  public see(sight: Sight, time: number): void {
    this.time = time;
    this.looked = false;
    this.asked = [];
    this.dropped = [];
    if ('to' in sight) {
      const { answer, fail } = this.open.get(sight.to.id)!;
      this.open.delete(sight.to.id);
      if ('value' in sight) answer(sight.value);
      else fail(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
    } else {
      const due = this.alarms.filter((alarm) => alarm.at <= time);
      this.alarms = this.alarms.filter((alarm) => !due.includes(alarm));
      for (const alarm of due) alarm.ring();
    }
  }

  public stand(): Omit<Point, 'id' | 'shape' | 'from'> {
    const { asked, dropped, looked, ended } = this;
    return { asked, dropped, looked, ended, alarms: this.alarms.map(({ at }) => at) };
  }

  private ask<T>(label: string, wish: Wish, signal?: AbortSignal): Promise<T> {
    const id = this.asks++;
    this.asked.push({ id, label, ...wish });
    signal?.addEventListener('abort', () => this.dropped.push(id));
    return new Promise<T>((resolve, reject) => {
      this.open.set(id, { answer: resolve as (value: unknown) => void, fail: reject });
    });
  }

  private now(): number {
    this.looked = true;
    return this.time;
  }

  private platform(seed: number): Platform {
    let draws = 0;
    return {
      now: () => this.now(),
      monotonic: () => this.now(),
      random: () => ((seed * 7919 + draws++ * 104729) % 1000) / 1000,
      log: () => undefined,
      sleep: (milliseconds, cancel) =>
        new Promise((resolve) => {
          if (cancel?.aborted) return resolve();
          const cancelled = () => {
            this.alarms = this.alarms.filter((other) => other !== alarm);
            resolve();
          };
          const ring = () => {
            cancel?.removeEventListener('abort', cancelled);
            resolve();
          };
          const alarm: Alarm = { at: this.now() + Math.max(1, milliseconds), ring };
          this.alarms.push(alarm);
          cancel?.addEventListener('abort', cancelled);
        }),
      put: (url, body) => this.ask('PUT', { kind: 'put', url, body }),
    };
  }

  private table(): Table {
    return {
      name: 'ledger',
      get: (key) => this.ask(`get ${short(key.sk)}`, { kind: 'get', key }),
      query: (pk, prefix) => this.ask(`query ${prefix}`, { kind: 'query', pk, prefix }),
      update: (key, change, condition) =>
        this.ask(`update ${short(key.sk)}`, { kind: 'update', key, change, condition }),
    };
  }

  private api(): SecurityHubApi {
    const call = <T>(step: string, accounts: readonly string[], signal?: AbortSignal) =>
      this.ask<T>(`${step} ${initials(accounts)}`, { kind: 'call', step, accounts }, signal);
    return {
      createMembers: (accounts, signal) =>
        call(
          'CreateMembers',
          accounts.map(({ accountId }) => accountId),
          signal,
        ),
      disassociateMembers: (accounts, signal) => call('DisassociateMembers', accounts, signal),
      inviteMembers: (accounts, signal) => call('InviteMembers', accounts, signal),
      deleteMembers: (accounts, signal) => call('DeleteMembers', accounts, signal),
      getMembers: (accounts, signal) =>
        this.ask(`GetMembers ${initials(accounts)}`, { kind: 'look', accounts }, signal),
      describeHub: async () => undefined,
      describeOrganizationConfiguration: async () => ({ central: false, memberLimitReached: false }),
      describeAccount: async () => ({ state: 'ACTIVE', isManagementAccount: false }),
    };
  }
}

export const INVOCATION_MILLISECONDS = 900_000;

export function initials(accounts: readonly string[]): string {
  return accounts.map((account) => account[0]).join();
}

function short(sk: string): string {
  return sk.replace(/arn:[^#]*#/g, '');
}

/** Everything that a run does of its own accord, it does before. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
