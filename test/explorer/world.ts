/**
 * A world small enough to be searched: the real handler, a table, two accounts, CloudFormation's events and Lambda's deliveries.
 *
 * The handler runs unchanged; each of its ledger operations, calls and answers is a step that happens only when it is chosen. What may
 * happen at a moment is a list of {@link Move}s: the step that would happen without any surprise comes first, every other one is a preemption
 * or a fault (see `docs/adr/0004`). A sequence of chosen moves is a whole history and can be repeated exactly.
 */
import { SETTLING_MILLISECONDS } from '../../lambda/membership/ledger';
import { handle } from '../../lambda/runtime/handler';
import type { Platform } from '../../lambda/runtime/platform';
import type { Change, Condition, Item, Key, Table, Value } from '../../lambda/runtime/table';
import type { SecurityHubApi } from '../../lambda/security-hub-members/api';
import { securityHubMembers } from '../../lambda/security-hub-members/resource';

export const ACCOUNTS = ['111111111111', '222222222222'] as const;
const ADMINISTRATOR = '999999999999';
const STACK = `arn:aws:cloudformation:us-east-1:${ADMINISTRATOR}:stack/s/1`;
const START = Date.UTC(2026, 0, 1);
const INVOCATION_MILLISECONDS = 900_000;
const REDELIVERY = [60_000, 120_000];

export interface EventSpec {
  readonly type: 'Create' | 'Update' | 'Delete';
  /** Which resource; default 0. */
  readonly resource?: number;
  readonly accounts: readonly string[];
  readonly oldAccounts?: readonly string[];
}

/** What CloudFormation does next, told of an answer (or `gaveUp`) to its last event. */
export type Script = (
  history: readonly { readonly event: EventSpec; readonly answer: 'SUCCESS' | 'FAILED' | 'gaveUp' }[],
) => EventSpec | 'done';

export interface Scenario {
  readonly name: string;
  readonly script: Script;
  /** Holds for at most so many preemptions: what a longer one leaves open is told in docs/adr/0004. */
  readonly preemptions?: number;
  /** Accounts that are members before, by a third party. */
  readonly members?: readonly string[];
  /** Accounts that AWS refuses. */
  readonly refused?: readonly string[];
  readonly crashes?: number;
  /** A call in flight when its sender dies may land later. */
  readonly wire?: boolean;
  /** Answers lost to a broken connection, after the effect. */
  readonly resets?: number;
  readonly duplicates?: number;
  /** How often CloudFormation may stop waiting. */
  readonly giveUps?: number;
  /** Reads that may show an older state until it has settled. */
  readonly staleReads?: number;
  /** How often a third party may add an account. */
  readonly thirdParty?: number;
  /** How the response URL tells the time. */
  readonly url?: 'X-Amz-Date' | 'Expires' | 'none';
  /** Seconds between the issue times of consecutive events; default 5. */
  readonly secondsApart?: number;
  /** Runs two resources' events at once instead of a script: each list is one resource's events, the first of them already served. */
  readonly setUp?: readonly EventSpec[];
  readonly atOnce?: readonly EventSpec[];
}

/** A handler to search in place of the real one. */
export type Serve = (event: unknown, remainingMilliseconds: number, platform: Platform, table: Table) => Promise<void>;

/** The handler as it is shipped. */
const REAL =
  (api: SecurityHubApi): Serve =>
    (event, remaining, platform, table) =>
      handle(event, remaining, platform, table, securityHubMembers({ platform, table, api, region: 'us-east-1', logGroupName: 'Log' }));

export interface Move {
  readonly label: string;
  /** 0 for what happens without surprise; 1 for a preemption. Faults cost nothing here: the scenario counts them. */
  readonly cost: 0 | 1;
  readonly run: () => void;
}

interface Step {
  readonly process: Process;
  readonly label: string;
  /** `local`: nobody else can notice when it happens. */
  readonly kind: 'local' | 'read' | 'write';
  /** Shows, or depends on, who is a member. */
  readonly noticesMembers?: boolean;
  readonly perform: () => void;
  /** Hands the call to the wire instead, when the process dies. */
  readonly toWire?: () => void;
  /** Breaks the connection after the effect. */
  readonly reset?: () => void;
  /** Performs the step with an older state. */
  readonly stale?: () => void;
}

interface Process {
  readonly id: number;
  readonly event: number;
  readonly startedAt: number;
  alive: boolean;
  /** Does nothing until everybody else waits. */
  stalled: boolean;
  /** A digest of everything the process has seen: with the code, its whole state. */
  seen: number;
  draws: number;
}

interface Timer {
  readonly at: number;
  readonly process?: Process;
  wake: () => void;
  readonly label: string;
}

interface SentEvent {
  readonly spec: EventSpec;
  readonly requestId: string;
  readonly issuedAt: number;
  deliveries: number;
  pending: number;
  /** Stays in Lambda's queue until everybody waits. */
  held: boolean;
  /** A delivery has returned: to Lambda the event is done, and no other one is repeated. */
  returned: boolean;
  answers: { readonly body: string; readonly status: 'SUCCESS' | 'FAILED' }[];
}

interface Account {
  /** 0 no member, 1 added by us, 2 added by somebody else. */
  live: 0 | 1 | 2;
  before: 0 | 1 | 2;
  /** Until when reads may show `before`. */
  settlesAt: number;
}

interface OnWire {
  readonly label: string;
  readonly at: number;
  readonly effect: () => void;
}

export class World {
  public time = START;
  public readonly violations: string[] = [];
  public readonly trace: string[] = [];
  public mutatingCalls = 0;
  public done = false;
  private readonly items = new Map<string, Item>();
  private readonly accounts = new Map<string, Account>();
  private readonly processes: Process[] = [];
  private steps: Step[] = [];
  private timers: Timer[] = [];
  private readonly events: SentEvent[] = [];
  private wire: OnWire[] = [];
  private readonly history: { event: EventSpec; answer: 'SUCCESS' | 'FAILED' | 'gaveUp' }[] = [];
  private waitingFor = -1;
  private current?: Process;
  private readonly budget;
  private stable?: EventSpec;
  private gone = false;
  private waitingForSetUp: boolean;

  constructor(
    private readonly scenario: Scenario,
    private readonly serve: (api: SecurityHubApi) => Serve = REAL,
  ) {
    this.budget = {
      crashes: scenario.crashes ?? 0,
      duplicates: scenario.duplicates ?? 0,
      giveUps: scenario.giveUps ?? 0,
      staleReads: scenario.staleReads ?? 0,
      resets: scenario.resets ?? 0,
      thirdParty: scenario.thirdParty ?? 0,
    };
    for (const account of ACCOUNTS) {
      this.accounts.set(account, { live: scenario.members?.includes(account) ? 2 : 0, before: 0, settlesAt: 0 });
    }
    if (scenario.atOnce === undefined) this.next();
    else for (const spec of scenario.setUp ?? scenario.atOnce) this.send(spec);
    this.waitingForSetUp = scenario.setUp !== undefined;
  }

  // -- choosing

  /**
   * What may happen now; the first is what happens without surprise. Empty: everything has come to rest.
   *
   * Taking the turn from a process that could go on, stalling it, and holding an event back are preemptions. What was stalled, held, or is on
   * the wire goes on for free wherever everybody else waits. Left out is what leads nowhere else: a turn taken before a step that nobody
   * can notice, a death before a read (what was read dies too), and a duplicate or an end of waiting in the middle of a run, which only matters
   * through the delivery that follows and is as good earlier.
   */
  public moves(): Move[] {
    const firstSteps = new Map<Process, Step>();
    for (const step of this.steps) if (!firstSteps.has(step.process)) firstSteps.set(step.process, step);
    const steps = [...firstSteps.values()];
    const mine = this.current === undefined || this.current.stalled ? undefined : firstSteps.get(this.current);
    const moves = mine === undefined ? this.movesAtRest(steps) : this.movesDuring(mine, steps);
    // with nothing left to do but faults, the history is over
    return moves.length === 0 ? [] : [...moves, ...this.faults(steps)];
  }

  private movesDuring(mine: Step, steps: readonly Step[]): Move[] {
    if (mine.kind === 'local') return [this.stepMove(mine, 0)];
    return [
      this.stepMove(mine, 0),
      ...steps.filter((step) => step !== mine).map((step) => this.stepMove(step, 1)),
      ...this.deliveries(() => true, 1),
      ...this.wire.map((call) => this.landMove(call, 1)),
      {
        label: `#${mine.process.id} stalls before ${mine.label}`,
        cost: 1,
        run: () => {
          mine.process.stalled = true;
        },
      },
    ];
  }

  private movesAtRest(steps: readonly Step[]): Move[] {
    const ready = [
      ...steps.filter((step) => !step.process.stalled).map((step) => this.stepMove(step, 0)),
      ...this.deliveries((event) => !event.held, 0),
    ];
    const timer = ready.length > 0 ? undefined : this.nextTimer();
    const time: Move[] =
      timer === undefined
        ? []
        : [
          {
            label: `time passes to ${(timer.at - START) / 1000} s (${timer.label})`,
            cost: 0,
            run: () => this.advance(timer.at),
          },
        ];
    return [
      ...ready,
      ...time,
      ...steps.filter((step) => step.process.stalled).map((step) => this.stepMove(step, 0)),
      ...this.deliveries((event) => event.held, 0),
      ...this.wire.map((call) => this.landMove(call, 0)),
      ...this.events.flatMap((event, index): Move[] =>
        event.pending > 0 && !event.held
          ? [
            {
              label: `HOLD ${nameOf(event, index)}`,
              cost: 1,
              run: () => {
                event.held = true;
              },
            },
          ]
          : [],
      ),
    ];
  }

  private deliveries(which: (event: SentEvent) => boolean, cost: 0 | 1): Move[] {
    return this.events.flatMap((event, index) =>
      event.pending > 0 && which(event)
        ? [{ label: `deliver ${nameOf(event, index)}`, cost, run: () => this.deliver(index) }]
        : [],
    );
  }

  private landMove(call: OnWire, cost: 0 | 1): Move {
    return { label: `lands: ${call.label}`, cost, run: () => this.land(call) };
  }

  private stepMove(step: Step, cost: 0 | 1): Move {
    return { label: `#${step.process.id} ${step.label}`, cost, run: () => this.take(step, step.perform) };
  }

  private faults(steps: readonly Step[]): Move[] {
    const faults: Move[] = [];
    const fault = (label: string, budget: keyof World['budget'], run: () => void) => {
      if (this.budget[budget] > 0) {
        faults.push({
          label,
          cost: 0,
          run: () => {
            this.budget[budget]--;
            run();
          },
        });
      }
    };
    for (const step of steps) {
      const name = `#${step.process.id} ${step.label}`;
      if (step.kind === 'write') fault(`KILL before ${name}`, 'crashes', () => this.die(step.process));
      if (step.toWire !== undefined && this.scenario.wire) {
        fault(`KILL, on the wire: ${name}`, 'crashes', () => {
          step.toWire!();
          this.die(step.process);
        });
      }
      if (step.reset !== undefined) fault(`RESET after ${name}`, 'resets', () => this.take(step, step.reset!));
      if (step.stale !== undefined) fault(`STALE ${name}`, 'staleReads', () => this.take(step, step.stale!));
      if (step.noticesMembers) {
        for (const [account, state] of this.accounts) {
          if (state.live === 0) fault(`third party adds ${account[0]}`, 'thirdParty', () => this.change(account, 2));
        }
      }
    }
    const beginning = (index: number) =>
      this.processes
        .filter((process) => process.alive && process.event === index)
        .every((process) => process.seen === 0);
    const resting = steps.length === 0;
    if (this.waitingFor >= 0 && (resting || beginning(this.waitingFor))) {
      fault('CloudFormation stops waiting', 'giveUps', () => this.answered('gaveUp'));
    }
    this.events.forEach((event, index) => {
      if (event.deliveries > 0 && (resting || beginning(index))) {
        fault(`DUPLICATE of ${nameOf(event, index)}`, 'duplicates', () => {
          event.pending++;
        });
      }
    });
    return faults;
  }

  /** Everything that decides what can still happen. */
  public digest(): string {
    const items = [...this.items.values()].map(textOf).sort();
    return JSON.stringify([
      this.time,
      items,
      [...this.accounts.values()],
      this.budget,
      this.processes
        .filter((process) => process.alive)
        .map((process) => [process.id, process.event, process.startedAt, process.seen, process.draws, process.stalled]),
      this.steps.map((step) => [step.process.id, step.label]),
      this.timers
        .filter((timer) => timer.process === undefined || timer.process.alive)
        .map((timer) => [timer.at, timer.process?.id, timer.label]),
      this.events.map((event) => [
        event.deliveries,
        event.pending,
        event.held,
        event.returned,
        event.answers.map((answer) => answer.status),
      ]),
      this.wire.map((call) => [call.label, call.at]),
      this.waitingFor,
      this.current?.id,
      this.history.length,
      this.stable,
      this.gone,
    ]);
  }

  /** Whether everything is as it must be once everything has come to rest. */
  public verdict(): string[] {
    const problems = [...this.violations];
    const awaited = this.events[this.waitingFor];
    if (awaited !== undefined && (awaited.deliveries < 3 || awaited.returned)) {
      problems.push(`G2: nobody will ever answer ${nameOf(awaited, this.waitingFor)}`);
    }
    for (const [index, event] of this.events.entries()) {
      if (new Set(event.answers.map((answer) => answer.body)).size > 1) {
        problems.push(`G2: ${nameOf(event, index)} was answered differently`);
      }
    }
    if (this.scenario.atOnce !== undefined) {
      const open = this.events.slice(this.scenario.setUp?.length ?? 0);
      for (const event of open) {
        if (event.answers.at(-1)?.status === 'SUCCESS' && event.spec.type !== 'Delete') {
          for (const account of event.spec.accounts) {
            if (this.accounts.get(account)!.live === 0) {
              problems.push(
                `G3: ${event.spec.type} of resource ${event.spec.resource} was answered SUCCESS, but ${account[0]} is no member`,
              );
            }
          }
        }
      }
      this.checkClaims(problems);
      const wanted = new Set(
        this.events.flatMap((event, index) =>
          this.lastOf(event.spec.resource ?? 0) === index && event.spec.type !== 'Delete' ? event.spec.accounts : [],
        ),
      );
      for (const [account, state] of this.accounts) {
        if (
          state.live === 1 &&
          !wanted.has(account) &&
          open.every((event) => event.answers.at(-1)?.status === 'SUCCESS')
        ) {
          problems.push(`G4: ${account[0]} was added by us, nobody wants it, and it is still there`);
        }
      }
      return problems;
    }
    if (this.waitingFor < 0) {
      if (this.gone) {
        for (const [account, state] of this.accounts) {
          if (state.live === 1) {
            problems.push(`G4: deleted with SUCCESS, but ${account[0]}, added by us, is still a member`);
          }
        }
        if (this.claims().length > 0) {
          problems.push(`G4: claims are left after a Delete that was answered SUCCESS: ${this.claims().join()}`);
        }
      } else if (this.stable !== undefined) {
        const target = new Set(this.stable.accounts);
        for (const [account, state] of this.accounts) {
          if (target.has(account) && state.live === 0 && !this.scenario.refused?.includes(account)) {
            problems.push(
              `G3: CloudFormation believes ${[...target].map((id) => id[0])}, but ${account[0]} is no member`,
            );
          }
          if (!target.has(account) && state.live === 1 && !this.named(account)) {
            problems.push(
              `G3: CloudFormation believes ${[...target].map((id) => id[0])}, but ${account[0]}, added by us, is still a member`,
            );
          }
        }
      }
    }
    this.checkClaims(problems);
    return problems;
  }

  /** Whether the last answer reports the account by name. */
  private named(account: string): boolean {
    return this.events.at(-1)?.answers.at(-1)?.body.includes(account) ?? false;
  }

  // -- CloudFormation

  private next(): void {
    const next = this.scenario.script(this.history);
    this.waitingFor = -1;
    if (next !== 'done') {
      this.send(next);
      this.waitingFor = this.events.length - 1;
    }
  }

  private send(spec: EventSpec): void {
    const apart = (this.scenario.secondsApart ?? 5) * 1000;
    const issuedAt = Math.max(this.time, (this.events.at(-1)?.issuedAt ?? this.time - apart) + apart);
    this.events.push({
      spec,
      requestId: `request-${this.events.length}`,
      issuedAt,
      deliveries: 0,
      pending: 1,
      held: false,
      returned: false,
      answers: [],
    });
  }

  private answered(answer: 'SUCCESS' | 'FAILED' | 'gaveUp'): void {
    const event = this.events[this.waitingFor].spec;
    this.history.push({ event, answer });
    if (answer === 'SUCCESS') {
      this.gone = event.type === 'Delete';
      this.stable = event.type === 'Delete' ? undefined : event;
    } else {
      this.gone = false;
      this.stable = undefined;
    }
    this.next();
  }

  private lastOf(resource: number): number {
    return this.events.map((event) => event.spec.resource ?? 0).lastIndexOf(resource);
  }

  // -- Lambda

  private deliver(index: number): void {
    const event = this.events[index];
    event.pending--;
    event.held = false;
    event.deliveries++;
    const process: Process = {
      id: this.processes.length,
      event: index,
      startedAt: this.time,
      alive: true,
      stalled: false,
      seen: 0,
      draws: 0,
    };
    this.processes.push(process);
    this.current = process;
    this.timers.push({
      at: this.time + INVOCATION_MILLISECONDS,
      process,
      label: `#${process.id} times out`,
      wake: () => this.die(process),
    });
    const { platform, table, api } = this.ports(process);
    void this.serve(api)(this.payload(event), INVOCATION_MILLISECONDS, platform, table).then(
      () => {
        process.alive = false;
        this.events[process.event].returned = true;
      },
      () => {
        if (process.alive) this.die(process);
      },
    );
  }

  private payload({ spec, requestId, issuedAt }: SentEvent): unknown {
    const properties = (accounts: readonly string[]) => ({
      ServiceToken: 'arn',
      ServiceTimeout: '1200',
      Accounts: [...accounts],
      Wait: '60',
    });
    const date = new Date(issuedAt).toISOString().replace(/[-:]|\.\d+/g, '');
    const query = {
      'X-Amz-Date': `X-Amz-Date=${date}&X-Amz-Expires=7200`,
      'Expires': `Expires=${Math.floor(issuedAt / 1000) + 7200}`,
      'none': 'x=1',
    }[this.scenario.url ?? 'X-Amz-Date'];
    return {
      RequestType: spec.type,
      RequestId: requestId,
      StackId: STACK,
      LogicalResourceId: `R${spec.resource ?? 0}`,
      ResourceType: 'Custom::SecurityHubMembers',
      ResponseURL: `https://answers.example/${requestId}?${query}`,
      ResourceProperties: properties(spec.accounts),
      ...(spec.type === 'Create' ? {} : { PhysicalResourceId: `id-${spec.resource ?? 0}` }),
      ...(spec.oldAccounts === undefined ? {} : { OldResourceProperties: properties(spec.oldAccounts) }),
    };
  }

  private die(process: Process): void {
    process.alive = false;
    this.steps = this.steps.filter((step) => step.process !== process);
    const event = this.events[process.event];
    if (!event.returned && event.deliveries + event.pending < 3) {
      const wait = REDELIVERY[Math.min(event.deliveries, 2) - 1];
      this.timers.push({
        at: this.time + wait,
        label: `redelivery of ${process.event}`,
        wake: () => {
          event.pending++;
        },
      });
    }
  }

  // -- time

  private nextTimer(): Timer | undefined {
    this.timers = this.timers.filter((timer) => timer.process === undefined || timer.process.alive);
    return this.timers.reduce<Timer | undefined>(
      (first, timer) => (first === undefined || timer.at < first.at ? timer : first),
      undefined,
    );
  }

  private advance(to: number): void {
    // what is on the wire lands, at the latest, when we take it for settled
    for (const call of this.wire.filter((other) => other.at + SETTLING_MILLISECONDS <= to)) this.land(call);
    this.time = to;
    const due = this.timers.filter((timer) => timer.at <= to && (timer.process === undefined || timer.process.alive));
    this.timers = this.timers.filter((timer) => !due.includes(timer));
    for (const timer of due) timer.wake();
  }

  // -- steps of a process

  private take(step: Step, perform: () => void): void {
    this.steps = this.steps.filter((other) => other !== step);
    this.current = step.process;
    step.process.stalled = false;
    perform();
  }

  private step<T>(
    process: Process,
    kind: Step['kind'],
    label: string,
    perform: () => T,
    more: Omit<Step, 'process' | 'label' | 'kind' | 'perform' | 'stale'> & { readonly stale?: () => T } = {},
  ): Promise<T> {
    return new Promise<T>((resolve) => {
      if (!process.alive) return;
      const answer = (value: T) => {
        process.seen = digest(process.seen, `${label}=${JSON.stringify(value)}`);
        resolve(value);
      };
      const { stale, ...others } = more;
      this.steps.push({
        process,
        kind,
        label,
        perform: () => answer(perform()),
        ...others,
        ...(stale === undefined ? {} : { stale: () => answer(stale()) }),
      });
    });
  }

  /**
   * A call that changes something takes two steps: its effect, and the arrival of its answer. When its sender closes the socket before the effect,
   * it is lost, or lands later where the scenario has a wire.
   */
  private call<T>(process: Process, label: string, signal: AbortSignal | undefined, effect: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!process.alive) return;
      let value: T;
      const settle = (what: string, then: () => void) => () => {
        process.seen = digest(process.seen, `${label} ${what}`);
        then();
      };
      const toWire = () => this.wire.push({ label, at: this.time, effect: () => void effect() });
      const sent: Step = {
        process,
        kind: 'write',
        label,
        noticesMembers: true,
        toWire,
        perform: () => {
          value = effect();
          this.steps.push({
            process,
            kind: 'local',
            label: `answer to ${label}`,
            perform: settle(JSON.stringify(value), () => resolve(value)),
            reset: settle('reset', () => reject(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }))),
          });
        },
      };
      this.steps.push(sent);
      signal?.addEventListener('abort', () => {
        if (!this.steps.includes(sent)) return;
        this.steps = this.steps.filter((step) => step !== sent);
        if (this.scenario.wire && process.alive) toWire();
      });
    });
  }

  private land(call: OnWire): void {
    this.wire = this.wire.filter((other) => other !== call);
    call.effect();
  }

  private ports(process: Process): { platform: Platform; table: Table; api: SecurityHubApi } {
    const platform: Platform = {
      now: () => this.time,
      monotonic: () => this.time,
      random: () => ((process.id * 7919 + process.draws++ * 104729) % 1000) / 1000,
      log: () => undefined,
      sleep: (milliseconds, cancel) =>
        new Promise((resolve) => {
          if (!process.alive) return;
          if (cancel?.aborted) return resolve();
          const timer: Timer = {
            at: this.time + Math.max(1, milliseconds),
            process,
            wake: resolve,
            label: `#${process.id} wakes`,
          };
          const cancelled = () => {
            this.timers = this.timers.filter((other) => other !== timer);
            if (process.alive) resolve();
          };
          timer.wake = () => {
            cancel?.removeEventListener('abort', cancelled);
            resolve();
          };
          this.timers.push(timer);
          cancel?.addEventListener('abort', cancelled);
        }),
      put: (url, body) => this.step(process, 'write', 'PUT', () => this.receive(url, body)),
    };
    const table: Table = {
      name: 'ledger',
      get: (key) =>
        this.step(process, key.sk.startsWith('ANS#') ? 'local' : 'read', `get ${short(key.sk)}`, () =>
          this.items.get(path(key)),
        ),
      query: (pk, prefix) =>
        this.step(process, 'read', `query ${prefix}`, () =>
          [...this.items.values()]
            .filter((item) => item.pk === pk && item.sk.startsWith(prefix))
            .sort((a, b) => (a.sk < b.sk ? -1 : 1)),
        ),
      update: (key, change, condition) =>
        this.step(process, 'write', `update ${short(key.sk)}`, () => this.update(key, change, condition)),
    };
    const api: SecurityHubApi = {
      createMembers: (accounts, signal) =>
        this.call(process, `CreateMembers ${accounts.map(({ accountId }) => accountId[0])}`, signal, () =>
          accounts.flatMap(({ accountId }) => this.create(accountId)),
        ),
      disassociateMembers: (ids, signal) =>
        this.call(process, `DisassociateMembers ${ids.map((id) => id[0])}`, signal, () =>
          ids.forEach((id) => this.disassociate(id)),
        ),
      inviteMembers: (_ids, signal) => this.call(process, 'InviteMembers', signal, () => []),
      deleteMembers: (_ids, signal) => this.call(process, 'DeleteMembers', signal, () => []),
      getMembers: (ids) => {
        const members = (stale: boolean) =>
          ids.flatMap((accountId) => {
            const account = this.accounts.get(accountId)!;
            const shown = stale && account.settlesAt > this.time ? account.before : account.live;
            return shown === 0 ? [] : [{ accountId, status: 'Enabled' }];
          });
        const unsettled = ids.some(
          (id) =>
            this.accounts.get(id)!.settlesAt > this.time &&
            (this.accounts.get(id)!.before === 0) !== (this.accounts.get(id)!.live === 0),
        );
        return this.step(process, 'read', `GetMembers ${ids.map((id) => id[0])}`, () => members(false), {
          noticesMembers: true,
          ...(unsettled ? { stale: () => members(true) } : {}),
        });
      },
      describeHub: async () => undefined,
      describeOrganizationConfiguration: async () => ({ central: false, memberLimitReached: false }),
      describeAccount: async () => ({ state: 'ACTIVE', isManagementAccount: false }),
    };
    return { platform, table, api };
  }

  // -- the ledger's table

  private update(key: Key, change: Change, condition?: Condition): boolean {
    const item = this.items.get(path(key));
    if (condition?.absent && item !== undefined) return false;
    for (const [attribute, value] of Object.entries(condition?.equal ?? {})) {
      if (JSON.stringify(item?.[attribute]) !== JSON.stringify(value)) return false;
    }
    if (
      condition?.atMost !== undefined &&
      item?.[condition.atMost.attribute] !== undefined &&
      (item[condition.atMost.attribute] as number) > condition.atMost.value
    ) {
      return false;
    }
    const next: Record<string, Value> = { ...item, ...key };
    for (const [attribute, value] of Object.entries(change.set ?? {})) if (value !== undefined) next[attribute] = value;
    for (const attribute of change.remove ?? []) delete next[attribute];
    this.items.set(path(key), next as Item);
    return true;
  }

  /** Accounts that the ledger claims: rows that say so, and adds in a lane. */
  private claims(): string[] {
    const claimed: string[] = [];
    for (const item of this.items.values()) {
      if (item.sk.startsWith('A#') && item.claim === 'ours') claimed.push(String(item.account));
      if (item.sk.startsWith('L#')) {
        for (const intent of (item.intents ?? []) as unknown as { op: string; accounts: string }[]) {
          if (intent.op === 'add') claimed.push(...intent.accounts.split(' '));
        }
      }
    }
    return claimed;
  }

  /** Every account that a call of ours has added is claimed, at every instant (G6). */
  private checkClaims(problems: string[]): void {
    const claims = this.claims();
    for (const [account, state] of this.accounts) {
      if (state.live === 1 && !claims.includes(account)) {
        problems.push(`G6: ${account[0]} was added by us and nothing claims it`);
      }
    }
  }

  // -- Security Hub

  private change(account: string, live: 0 | 1 | 2): void {
    const state = this.accounts.get(account)!;
    this.accounts.set(account, { live, before: state.live, settlesAt: this.time + SETTLING_MILLISECONDS });
  }

  private create(account: string): { accountId: string; processingResult: string }[] {
    this.mutatingCalls++;
    if (this.scenario.refused?.includes(account)) return [{ accountId: account, processingResult: 'refused' }];
    if (this.accounts.get(account)!.live !== 0) return [{ accountId: account, processingResult: 'already' }];
    this.change(account, 1);
    this.checkClaims(this.violations);
    return [];
  }

  private disassociate(account: string): void {
    this.mutatingCalls++;
    const { live } = this.accounts.get(account)!;
    if (live === 2) this.violations.push(`G1: ${account[0]}, which somebody else added, was removed`);
    if (live !== 0) this.change(account, 0);
  }

  // -- answers

  private receive(url: string, body: string): number {
    const index = this.events.findIndex((event) => url.includes(`/${event.requestId}?`));
    const { Status: status } = JSON.parse(body) as { Status: 'SUCCESS' | 'FAILED' };
    this.events[index].answers.push({ body, status });
    if (index === this.waitingFor) this.answered(status);
    if (this.waitingForSetUp && this.events.every((event) => event.answers.length > 0)) {
      this.waitingForSetUp = false;
      for (const spec of this.scenario.atOnce!) this.send(spec);
    }
    return 200;
  }
}

const TEXTS = new WeakMap<Item, string>();

/** Items are replaced, never changed, so each is written out once. */
function textOf(item: Item): string {
  let text = TEXTS.get(item);
  if (text === undefined) TEXTS.set(item, (text = String(digest(digest(0, JSON.stringify(item)), item.sk))));
  return text;
}

function nameOf(event: SentEvent, index: number): string {
  return `E${index} ${event.spec.type} R${event.spec.resource ?? 0} {${event.spec.accounts.map((account) => account[0]).join()}}`;
}

function path(key: Key): string {
  return `${key.pk}|${key.sk}`;
}

function short(sk: string): string {
  return sk.replace(/arn:[^#]*#/g, '');
}

function digest(seed: number, text: string): number {
  let hash = seed ^ 0x9e3779b9;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
