/**
 * A world small enough to be searched: the real handler, a table, two accounts, CloudFormation's events and Lambda's deliveries.
 *
 * Each of a handler's ledger operations, calls and answers is a step that happens only when it is chosen. What may happen at a moment is
 * a list of {@link Move}s: the step that would happen without any surprise comes first, every other one is a preemption or a fault (see
 * `docs/adr/0004`). A world is never changed: a move makes a new one of it, so that a search can come back to any of them.
 *
 * Many moves lead nowhere else. They are listed, but marked as needless; a search that leaves them out needs no more preemptions to see the
 * same ends:
 *
 * - *Leaving an attempt without stalling it.* A stall costs the same and leaves the same choices, and more.
 * - *Going on with a stalled attempt before anything has happened that its next step meets* (its item, its account, an alarm of its own, the time if it
 *   looks at the clock after it). The step could as well have come before the stall, and the stall before the step after it: the same end with
 *   the same preemptions, or fewer. Doing so wherever possible moves steps into earlier turns, which cannot go on for ever: what is left is followed.
 * - *Holding an event back before time has to pass for it, or delivering it before time has passed.* Without the hold, the same steps can come first.
 * - *A fault of somebody else in the middle of a turn.* Nobody notices before the turn ends, and it was possible before the turn began.
 *
 * Two more save time at the price of times, not of orders. They are no theorem, and the ends are compared but for the time:
 *
 * - *Surprises come when there is news, or once when there has been none for as long as a call may take*, not at every look of an attempt that waits;
 *   and an attempt that looks again without news is not stalled again.
 * - *Of times a state keeps what a handler asks for*: which alarm is next, and roughly how long ago something was.
 *
 * `explorer.test.ts` compares the ends with those of a search that leaves nothing out and tells states apart to the millisecond.
 */
import { type Ask, INVOCATION_MILLISECONDS, type Playbook, type Point, type Sight, initials } from './playbook';
import { CALL_MILLISECONDS } from '../../lambda/membership/calls';
import { SETTLING_MILLISECONDS } from '../../lambda/membership/ledger';
import { TIE_MILLISECONDS } from '../../lambda/runtime/order';
import type { Item, Key } from '../../lambda/runtime/table';

export const ACCOUNTS = ['111111111111', '222222222222'] as const;
const ADMINISTRATOR = '999999999999';
const STACK = `arn:aws:cloudformation:us-east-1:${ADMINISTRATOR}:stack/s/1`;
const START = Date.UTC(2026, 0, 1);
/** After so long without news, there is one more moment for surprises. */
const CALM_MILLISECONDS = CALL_MILLISECONDS;
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

export interface Move {
  readonly label: string;
  /** 0 for what happens without surprise; 1 for a preemption. Faults cost nothing here: the scenario counts them. */
  readonly cost: 0 | 1;
  /** Every end that it leads to is reached without it. */
  readonly needless?: boolean;
  /** Changes a world that nobody else has. */
  readonly run: (world: World) => void | Promise<void>;
}

/** Something that an attempt waits for: asked for, or answered and on its way back. */
interface Step {
  readonly ask: Ask;
  readonly answer?: Sight;
}

interface Attempt {
  readonly id: number;
  readonly event: number;
  readonly startedAt: number;
  readonly point: Point;
  /** In the order in which they happen. */
  readonly steps: readonly Step[];
  /** Does nothing until everybody else waits. `idle`: nor has anything happened that its next step meets; `idle now`: nor has time passed. */
  readonly stalled?: 'idle' | 'idle now' | 'ready';
  /** It has woken up and looked since the last news. */
  readonly upToDate?: boolean;
}

interface SentEvent {
  readonly spec: EventSpec;
  readonly requestId: string;
  readonly issuedAt: number;
  readonly deliveries: number;
  readonly pending: number;
  /** Since when it has stayed in Lambda's queue though it could be delivered: until everybody waits. */
  readonly heldAt?: number;
  /** A delivery has returned: to Lambda the event is done, and no other one is repeated. */
  readonly returned: boolean;
  /** Each body once, the last one last. */
  readonly answers: readonly { readonly body: string; readonly status: 'SUCCESS' | 'FAILED' }[];
}

interface Account {
  /** 0 no member, 1 added by us, 2 added by somebody else. */
  readonly live: 0 | 1 | 2;
  readonly before: 0 | 1 | 2;
  /** Until when reads may show `before`. */
  readonly settlesAt: number;
}

interface OnWire {
  readonly ask: Ask;
  readonly at: number;
}

type Call = Extract<Ask, { readonly kind: 'call' }>;

export class World {
  public violations: readonly string[] = [];
  private time = START;
  private items: ReadonlyMap<string, Item> = new Map();
  private accounts: ReadonlyMap<string, Account>;
  private attempts: readonly Attempt[] = [];
  private events: readonly SentEvent[] = [];
  private redeliveries: readonly { readonly at: number; readonly event: number }[] = [];
  private wire: readonly OnWire[] = [];
  private history: readonly { readonly event: EventSpec; readonly answer: 'SUCCESS' | 'FAILED' | 'gaveUp' }[] = [];
  private waitingFor = -1;
  /** Of the attempt that takes its steps. */
  private turn?: number;
  /** When there was news for the last time; `Infinity` when all surprises since then have had their moment. */
  private stirredAt = START;
  private budget;
  private waitingForSetUp: boolean;

  constructor(
    private readonly scenario: Scenario,
    private readonly playbook: Playbook,
  ) {
    this.budget = {
      crashes: scenario.crashes ?? 0,
      duplicates: scenario.duplicates ?? 0,
      giveUps: scenario.giveUps ?? 0,
      staleReads: scenario.staleReads ?? 0,
      resets: scenario.resets ?? 0,
      thirdParty: scenario.thirdParty ?? 0,
    };
    this.accounts = new Map(
      ACCOUNTS.map((account) => [
        account,
        { live: scenario.members?.includes(account) ? 2 : 0, before: 0, settlesAt: 0 } as const,
      ]),
    );
    if (scenario.atOnce === undefined) this.next();
    else for (const spec of scenario.setUp ?? scenario.atOnce) this.send(spec);
    this.waitingForSetUp = scenario.setUp !== undefined;
  }

  /** The world after a move. */
  public async after(move: Move): Promise<World> {
    const world = Object.assign(Object.create(World.prototype) as World, this);
    await move.run(world);
    return world;
  }

  // -- choosing

  /**
   * What may happen now; the first is what happens without surprise. Empty: everything has come to rest.
   *
   * Taking the turn from an attempt that could go on, stalling it, and holding an event back are preemptions. What was stalled, held, or is on
   * the wire goes on for free wherever everybody else waits. Left out altogether is a turn taken before a step that nobody can notice, a death
   * before a read (what was read dies too), and a duplicate or an end of waiting in the middle of a run, which only matters through the
   * delivery that follows and is as good earlier.
   */
  public moves(): Move[] {
    const mine = this.mine();
    const moves = mine === undefined ? this.movesAtRest() : this.movesDuring(mine);
    // with nothing left to do but faults, the history is over
    return moves.length === 0 ? [] : [...moves, ...this.faults(mine)];
  }

  /** The attempt whose turn it is. */
  private mine(): Attempt | undefined {
    const mine = this.turn === undefined ? undefined : this.attempts.find(({ id }) => id === this.turn);
    return mine === undefined || mine.stalled || mine.steps.length === 0 ? undefined : mine;
  }

  /** It is a moment for surprises: there is news, or there has been none for long. */
  private stirs(): boolean {
    return this.stirredAt === this.time || this.time - this.stirredAt >= CALM_MILLISECONDS;
  }

  private news(): void {
    this.stirredAt = this.time;
    this.attempts = this.attempts.map((attempt) => (attempt.upToDate ? { ...attempt, upToDate: false } : attempt));
  }

  private movesDuring(mine: Attempt): Move[] {
    if (mine.steps[0].answer !== undefined) return [this.stepMove(mine)];
    const others = this.attempts.filter((other) => other !== mine && other.steps.length > 0);
    return [
      this.stepMove(mine),
      {
        label: `#${mine.id} stalls before ${mine.steps[0].ask.label}`,
        cost: 1,
        needless: mine.upToDate && isAnotherLook(mine),
        run: (world) => world.stall(mine),
      },
      ...[
        ...others.map((other) => this.stepMove(other)),
        ...this.deliveries(() => true),
        ...this.wire.map((call) => this.landMove(call)),
      ].map((move): Move => ({ ...move, cost: 1, needless: true })),
    ];
  }

  private movesAtRest(): Move[] {
    const waiting = this.attempts.filter((attempt) => attempt.steps.length > 0);
    const running = waiting.filter((attempt) => !attempt.stalled);
    const ready = [
      ...running.map((attempt) => this.stepMove(attempt)),
      ...this.deliveries((event) => event.heldAt === undefined),
    ];
    const calm = !this.stirs();
    const alarm = ready.length > 0 ? Infinity : Math.min(...this.alarms());
    if (alarm < Infinity) {
      ready.push({
        label: `time passes to ${(alarm - START) / 1000} s`,
        cost: 0,
        run: (world) => world.advance(alarm),
      });
    }
    const surprises = [
      ...waiting
        .filter((attempt) => attempt.stalled)
        .map((attempt) => ({ ...this.stepMove(attempt), needless: attempt.stalled !== 'ready' })),
      ...this.deliveries((event) => event.heldAt !== undefined),
      ...this.wire.map((call) => this.landMove(call)),
      ...this.events.flatMap((event, index): Move[] =>
        event.pending > 0 && event.heldAt === undefined
          ? [
            {
              label: `HOLD ${nameOf(event, index)}`,
              cost: 1,
              needless: running.length > 0,
              run: (world) => {
                world.news();
                world.change(index, { heldAt: world.time });
              },
            },
          ]
          : [],
      ),
    ];
    // what does not go on by itself goes on at a moment for surprises, or when nothing else can
    return [...ready, ...surprises.map((move) => ({ ...move, needless: move.needless || (calm && ready.length > 0) }))];
  }

  private deliveries(which: (event: SentEvent) => boolean): Move[] {
    return this.events.flatMap((event, index): Move[] =>
      event.pending > 0 && which(event)
        ? [
          {
            label: `deliver ${nameOf(event, index)}`,
            cost: 0,
            needless: event.heldAt === this.time,
            run: (world) => world.deliver(index),
          },
        ]
        : [],
    );
  }

  private landMove(call: OnWire): Move {
    return { label: `lands: ${call.ask.label}`, cost: 0, run: (world) => world.land(call) };
  }

  private stepMove(attempt: Attempt): Move {
    return { label: nameOfStep(attempt), cost: 0, run: (world) => world.step(attempt) };
  }

  private faults(mine: Attempt | undefined): Move[] {
    const faults: Move[] = [];
    const fault = (
      label: string,
      budget: keyof World['budget'],
      run: Move['run'],
      { whose, turns }: { whose?: Attempt; turns?: boolean } = {},
    ) => {
      if (this.budget[budget] === 0) return;
      faults.push({
        label,
        // a step of somebody else takes the turn, faulty or not
        cost: turns && mine !== undefined && whose !== mine ? 1 : 0,
        // an attempt that is about to take a step is a moment of its own
        needless:
          mine === undefined
            ? !this.stirs() && (whose === undefined || whose.stalled !== undefined)
            : whose !== mine,
        run: (world) => {
          world.news();
          world.budget = { ...world.budget, [budget]: world.budget[budget] - 1 };
          return run(world);
        },
      });
    };
    const waiting = this.attempts.filter((attempt) => attempt.steps.length > 0);
    for (const attempt of waiting) {
      const [{ ask, answer }] = attempt.steps;
      const name = nameOfStep(attempt);
      const whose = { whose: attempt };
      if (answer !== undefined) {
        if (ask.kind === 'call') {
          const reset: Sight = { to: ask, text: 'reset' };
          fault(`RESET after ${name}`, 'resets', (world) => world.step(attempt, reset), { whose: attempt, turns: true });
        }
        continue;
      }
      if (ask.kind === 'update' || ask.kind === 'put' || ask.kind === 'call') {
        fault(`KILL before ${name}`, 'crashes', (world) => world.die(attempt), whose);
      }
      if (ask.kind === 'call' && this.scenario.wire) {
        const wire = { ask, at: this.time };
        fault(
          `KILL, on the wire: ${name}`,
          'crashes',
          (world) => {
            world.wire = [...world.wire, wire];
            world.die(attempt);
          },
          whose,
        );
      }
      if (ask.kind === 'look' && ask.accounts.some((account) => this.unsettled(account))) {
        const stale = this.shown(ask, true);
        fault(`STALE ${name}`, 'staleReads', (world) => world.step(attempt, stale), { whose: attempt, turns: true });
      }
      if (ask.kind === 'look' || ask.kind === 'call') {
        for (const [account, state] of this.accounts) {
          const joins = (world: World) => {
            world.happened((next) => next.kind === 'look');
            world.setMember(account, 2);
          };
          if (state.live === 0) fault(`third party adds ${account[0]}`, 'thirdParty', joins, whose);
        }
      }
    }
    const beginning = (index: number) =>
      this.attempts.filter(({ event }) => event === index).every(({ point }) => 'event' in point.from);
    const resting = waiting.length === 0;
    if (this.waitingFor >= 0 && (resting || beginning(this.waitingFor))) {
      const giveUp = (world: World) => {
        world.happened(() => true);
        world.answered('gaveUp');
      };
      fault('CloudFormation stops waiting', 'giveUps', giveUp);
    }
    this.events.forEach((event, index) => {
      if (event.deliveries === 0 || !(resting || beginning(index))) return;
      const duplicate = (world: World) => {
        world.happened(() => true);
        world.change(index, { pending: world.events[index].pending + 1 });
      };
      fault(`DUPLICATE of ${nameOf(event, index)}`, 'duplicates', duplicate, mine?.event === index ? { whose: mine } : {});
    });
    return faults;
  }

  /**
   * Everything that decides what can still happen: with times to the millisecond, or with no more of them than the order of alarms and, roughly, how
   * long ago something was, or without any, nor how often a holder has beaten.
   */
  public digest(time: 'exact' | 'order' | 'none'): string {
    const exact = time === 'exact';
    const { crashes, duplicates, giveUps, staleReads, resets, thirdParty } = this.budget;
    const alarms = this.alarms();
    const order = [...new Set(alarms)].sort((a, b) => a - b);
    const at = exact ? (when: number) => when - START : (when: number) => order.indexOf(when);
    const age = exact ? (when: number) => when - START : (when: number) => (time === 'none' ? '' : ageOf(this.time - when));
    const items = [...this.items.values()].map((item) =>
      exact
        ? numberOf(item)
        : `${shapeOf(time === 'none' && 'beat' in item ? { ...item, beat: 0 } : item)}${timesOf(item).map(age).join('')}`,
    );
    return [
      exact && this.time - START,
      items.sort().join(),
      ...[...this.accounts].map(([account, { live, before, settlesAt }]) =>
        staleReads > 0 && this.unsettled(account) ? `${live}${before}${age(settlesAt)}` : live,
      ),
      crashes,
      duplicates,
      giveUps,
      staleReads,
      resets,
      thirdParty,
      ...this.attempts.map(({ id, point, steps, stalled, startedAt, upToDate }) =>
        [
          id,
          exact ? point.id : point.shape,
          steps.map(({ ask, answer }) => `${ask.id}${answer?.text ?? ''}`),
          at(startedAt + INVOCATION_MILLISECONDS),
          point.alarms.map(at),
          exact ? stalled !== undefined : stalled,
          !exact && upToDate,
        ].join(':'),
      ),
      ...this.events.map(({ issuedAt, deliveries, pending, heldAt, returned, answers }, index) =>
        [
          exact || index === 0
            ? age(issuedAt)
            : Math.min(issuedAt - this.events[index - 1].issuedAt, TIE_MILLISECONDS + 1),
          deliveries,
          pending,
          heldAt === undefined ? '' : exact || heldAt < this.time,
          returned,
          answers.map((answer) => (exact ? numberOf(answer) : shapeOf(answer))),
        ].join(':'),
      ),
      ...this.redeliveries.map((redelivery) => `${at(redelivery.at)}:${redelivery.event}`),
      ...this.wire.map((call) => `${call.ask.label}${age(call.at)}`),
      this.waitingFor,
      this.waitingForSetUp,
      this.mine()?.id,
      time === 'order' && this.stirs(),
      ...this.history.map(({ answer }) => answer),
    ].join('|');
  }

  /** Whether everything is as it must be once everything has come to rest. */
  public verdict(): string[] {
    const problems = [...this.violations];
    const last = this.history.at(-1);
    const stable = last?.answer === 'SUCCESS' ? last.event : undefined;
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
      if (stable?.type === 'Delete') {
        for (const [account, state] of this.accounts) {
          if (state.live === 1) {
            problems.push(`G4: deleted with SUCCESS, but ${account[0]}, added by us, is still a member`);
          }
        }
        if (this.claims().length > 0) {
          problems.push(`G4: claims are left after a Delete that was answered SUCCESS: ${this.claims().join()}`);
        }
      } else if (stable !== undefined) {
        const target = new Set(stable.accounts);
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
    const requestId = `request-${this.events.length}`;
    const event = { spec, requestId, issuedAt, deliveries: 0, pending: 1, returned: false, answers: [] };
    this.events = [...this.events, event];
  }

  private answered(answer: 'SUCCESS' | 'FAILED' | 'gaveUp'): void {
    this.history = [...this.history, { event: this.events[this.waitingFor].spec, answer }];
    this.next();
  }

  private lastOf(resource: number): number {
    return this.events.map((event) => event.spec.resource ?? 0).lastIndexOf(resource);
  }

  private change(index: number, change: Partial<SentEvent>): void {
    this.events = this.events.map((event, other) => (other === index ? { ...event, ...change } : event));
  }

  private receive(url: string, body: string): void {
    this.news();
    const index = this.events.findIndex((event) => url.includes(`/${event.requestId}?`));
    const { Status: status } = JSON.parse(body) as { Status: 'SUCCESS' | 'FAILED' };
    const others = this.events[index].answers.filter((answer) => answer.body !== body);
    this.change(index, { answers: [...others, { body, status }] });
    if (index === this.waitingFor) this.answered(status);
    if (this.waitingForSetUp && this.events.every((event) => event.answers.length > 0)) {
      this.waitingForSetUp = false;
      for (const spec of this.scenario.atOnce!) this.send(spec);
    }
  }

  // -- Lambda

  private async deliver(index: number): Promise<void> {
    const event = this.events[index];
    this.news();
    this.change(index, { pending: event.pending - 1, deliveries: event.deliveries + 1, heldAt: undefined });
    // named after its event, so that two deliveries in either order make one state
    const id = index * 10 + event.deliveries;
    this.turn = id;
    const point = await this.playbook.begin({ event: this.payload(event), seed: id, time: this.time });
    this.stand({ id, event: index, startedAt: this.time, point, steps: [] }, point);
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

  private die(attempt: Attempt): void {
    this.news();
    this.attempts = this.attempts.filter(({ id }) => id !== attempt.id);
    const event = this.events[attempt.event];
    if (!event.returned && event.deliveries + event.pending < 3) {
      const at = this.time + REDELIVERY[Math.min(event.deliveries, 2) - 1];
      this.redeliveries = [...this.redeliveries, { at, event: attempt.event }];
    }
  }

  // -- time

  private alarms(): number[] {
    return [
      ...this.redeliveries.map(({ at }) => at),
      ...this.attempts.flatMap(({ startedAt, point }) => [startedAt + INVOCATION_MILLISECONDS, ...point.alarms]),
    ];
  }

  private async advance(to: number): Promise<void> {
    // what is on the wire lands, at the latest, when we take it for settled
    const landing = this.wire.filter((call) => call.at + SETTLING_MILLISECONDS <= to);
    if (this.stirs() && this.stirredAt !== this.time) this.stirredAt = Infinity;
    for (const call of landing) this.land(call);
    this.time = to;
    if (landing.length > 0) this.news();
    this.turn = undefined;
    this.attempts = this.attempts.map((attempt) =>
      attempt.stalled === 'idle now' ? { ...attempt, stalled: 'ready' } : attempt,
    );
    for (const { id } of this.attempts) {
      const attempt = this.attempts.find((other) => other.id === id)!;
      if (attempt.startedAt + INVOCATION_MILLISECONDS <= to) {
        this.die(attempt);
      } else if (attempt.point.alarms.some((at) => at <= to)) {
        if (attempt.stalled) this.news();
        // what it does now comes after the step before which it is stalled: where it is stalled makes a difference
        await this.show({ ...attempt, stalled: attempt.stalled && 'ready' }, { text: 'awake' });
      }
    }
    for (const { event } of this.redeliveries.filter(({ at }) => at <= to)) {
      this.news();
      this.change(event, { pending: this.events[event].pending + 1 });
    }
    this.redeliveries = this.redeliveries.filter(({ at }) => at > to);
  }

  // -- steps of an attempt

  /**
   * A call that changes something takes two steps: its effect, and the arrival of its answer. When its sender closes the socket before the effect,
   * it is lost, or lands later where the scenario has a wire.
   */
  private async step(attempt: Attempt, fault?: Sight): Promise<void> {
    const [{ ask, answer }, ...steps] = attempt.steps;
    this.turn = attempt.id;
    const going = { ...attempt, stalled: undefined, steps, upToDate: attempt.upToDate || isAnotherLook(attempt) };
    if (ask.kind === 'call' && answer === undefined) {
      const value = this.call(ask);
      this.put({ ...going, steps: [...steps, { ask, answer: { to: ask, value, text: JSON.stringify(value) } }] });
    } else {
      await this.show(going, fault ?? answer ?? this.answer(ask as Exclude<Ask, Call>));
    }
  }

  private async show(attempt: Attempt, sight: Sight): Promise<void> {
    this.stand(attempt, await this.playbook.after(attempt.point, sight, this.time));
  }

  private stand(attempt: Attempt, point: Point): void {
    const lost = attempt.steps.filter(({ ask, answer }) => answer === undefined && point.dropped.includes(ask.id));
    const calls = lost.filter(({ ask }) => ask.kind === 'call');
    if (this.scenario.wire) this.wire = [...this.wire, ...calls.map(({ ask }) => ({ ask, at: this.time }))];
    // with its socket, the stall is over
    const stalled = lost.includes(attempt.steps[0]) ? undefined : attempt.stalled;
    const kept = attempt.steps.filter((step) => !lost.includes(step));
    this.put({ ...attempt, stalled, point, steps: [...kept, ...point.asked.map((ask) => ({ ask }))] });
    if (point.ended !== undefined) this.news();
    if (point.ended === 'returned') {
      this.attempts = this.attempts.filter(({ id }) => id !== attempt.id);
      this.change(attempt.event, { returned: true });
    }
    if (point.ended === 'threw') this.die(attempt);
  }

  private put(attempt: Attempt): void {
    this.attempts = [...this.attempts.filter(({ id }) => id !== attempt.id), attempt].sort((a, b) => a.id - b.id);
  }

  private async stall(attempt: Attempt): Promise<void> {
    const [{ ask }] = attempt.steps;
    this.news();
    this.put({ ...attempt, stalled: await this.whyStall(attempt, ask) });
  }

  /** What has to happen before it makes a difference that the attempt stalls before this step and not before the one after it. */
  private async whyStall(attempt: Attempt, { kind }: Ask): Promise<Attempt['stalled']> {
    if (kind === 'put' || kind === 'call') return 'ready';
    const later = (await this.after(this.stepMove(attempt))).attempts.find(({ id }) => id === attempt.id);
    if (later === undefined) return 'ready';
    // with another step to stall before, the same alarms and no look at the clock, the step might as well have been taken at any other time
    const next = later.steps.at(0);
    const timeless =
      !later.point.looked &&
      next !== undefined &&
      next.answer === undefined &&
      String(later.point.alarms) === String(attempt.point.alarms) &&
      (kind !== 'look' || this.budget.staleReads === 0);
    return timeless ? 'idle' : 'idle now';
  }

  /** Something that certain steps meet: attempts that are stalled before one of them may go on. */
  private happened(met: (next: Ask) => boolean): void {
    this.attempts = this.attempts.map((attempt) =>
      attempt.stalled && attempt.stalled !== 'ready' && met(attempt.steps[0].ask)
        ? { ...attempt, stalled: 'ready' }
        : attempt,
    );
  }

  private answer(ask: Exclude<Ask, Call>): Sight {
    const answer = (value: unknown, text: string, shape?: string): Sight => ({ to: ask, value, text, shape });
    switch (ask.kind) {
      case 'get': {
        const item = this.items.get(path(ask.key));
        return item === undefined ? answer(item, '') : answer(item, String(numberOf(item)), shapeOf(item));
      }
      case 'query': {
        const items = [...this.items.values()]
          .filter((item) => item.pk === ask.pk && item.sk.startsWith(ask.prefix))
          .sort((a, b) => (a.sk < b.sk ? -1 : 1));
        return answer(items, items.map(numberOf).join(), items.map(shapeOf).join());
      }
      case 'update': {
        const updated = this.update(ask);
        return answer(updated, String(updated));
      }
      case 'put':
        this.receive(ask.url, ask.body);
        return answer(200, '200');
      case 'look':
        return this.shown(ask, false);
    }
  }

  // -- the ledger's table

  private update({ key, change, condition }: Extract<Ask, { readonly kind: 'update' }>): boolean {
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
    const next: Item = { ...item, ...key };
    const attributes = next as Record<string, unknown>;
    for (const [attribute, value] of Object.entries(change.set ?? {})) {
      if (value !== undefined) attributes[attribute] = value;
    }
    for (const attribute of change.remove ?? []) delete attributes[attribute];
    this.items = new Map(this.items).set(path(key), next);
    this.news();
    this.happened((step) =>
      step.kind === 'query'
        ? step.pk === key.pk && key.sk.startsWith(step.prefix)
        : (step.kind === 'get' || step.kind === 'update') && path(step.key) === path(key),
    );
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

  private setMember(account: string, live: 0 | 1 | 2): void {
    const before = this.accounts.get(account)!.live;
    const settlesAt = this.time + SETTLING_MILLISECONDS;
    this.accounts = new Map(this.accounts).set(account, { live, before, settlesAt });
  }

  private land(call: OnWire): void {
    this.wire = this.wire.filter((other) => other !== call);
    this.call(call.ask as Call);
  }

  private call({ step, accounts }: Call): unknown {
    this.news();
    this.happened((next) => next.kind === 'look' && next.accounts.some((account) => accounts.includes(account)));
    if (step === 'CreateMembers') return accounts.flatMap((account) => this.create(account));
    if (step === 'DisassociateMembers') for (const account of accounts) this.disassociate(account);
    return [];
  }

  private create(accountId: string): { readonly accountId: string; readonly processingResult: string }[] {
    if (this.scenario.refused?.includes(accountId)) return [{ accountId, processingResult: 'refused' }];
    if (this.accounts.get(accountId)!.live !== 0) return [{ accountId, processingResult: 'already' }];
    this.setMember(accountId, 1);
    const problems: string[] = [];
    this.checkClaims(problems);
    this.violations = [...this.violations, ...problems];
    return [];
  }

  private disassociate(account: string): void {
    const { live } = this.accounts.get(account)!;
    if (live === 2) this.violations = [...this.violations, `G1: ${account[0]}, which somebody else added, was removed`];
    if (live !== 0) this.setMember(account, 0);
  }

  /** A read may show the account's older state. */
  private unsettled(account: string): boolean {
    const { live, before, settlesAt } = this.accounts.get(account)!;
    return settlesAt > this.time && (before === 0) !== (live === 0);
  }

  private shown(ask: Extract<Ask, { readonly kind: 'look' }>, stale: boolean): Sight {
    const members = ask.accounts.filter((account) => {
      const { live, before, settlesAt } = this.accounts.get(account)!;
      return (stale && settlesAt > this.time ? before : live) !== 0;
    });
    return { to: ask, value: members.map((accountId) => ({ accountId, status: 'Enabled' })), text: members.join() };
  }
}

interface Written {
  readonly number: number;
  readonly shape: string;
  readonly times: readonly number[];
}

const NUMBERS = new Map<string, Written>();
const WRITTEN = new WeakMap<object, Written>();
/** Milliseconds, seconds and ISO times of the years of which a world can be. */
const TIMES = /\b17\d{11}\b|\b17\d{8}\b|\b2026-[\d-]+T[\d:.]+Z/g;

/** Equal things have equal numbers, and but for the times the same shape. Things are replaced, never changed, so each is written out once. */
function written(thing: object): Written {
  let known = WRITTEN.get(thing);
  if (known === undefined) {
    const text = JSON.stringify(Object.entries(thing).sort(([a], [b]) => (a < b ? -1 : 1)));
    known = NUMBERS.get(text);
    if (known === undefined) {
      const times = (text.match(TIMES) ?? []).filter((time) => time.length !== 10);
      const shape = text.replace(TIMES, 'T');
      const same = NUMBERS.get(shape)?.number ?? NUMBERS.size;
      NUMBERS.set(shape, { number: same, shape: String(same), times: [] });
      known = {
        number: NUMBERS.size,
        shape: String(same),
        times: times.map((time) => (time.includes('T') ? Date.parse(time) : Number(time))),
      };
      NUMBERS.set(text, known);
    }
    WRITTEN.set(thing, known);
  }
  return known;
}

function numberOf(thing: object): number {
  return written(thing).number;
}

function shapeOf(thing: object): string {
  return written(thing).shape;
}

function timesOf(thing: object): readonly number[] {
  return written(thing).times;
}

/** As roughly as the handler asks: to come, not settled yet, just now, long ago. */
function ageOf(milliseconds: number): number {
  return [0, SETTLING_MILLISECONDS, 300_000, 1_170_000].filter((limit) => milliseconds >= limit).length;
}

function nameOf(event: SentEvent, index: number): string {
  return `E${index} ${event.spec.type} R${event.spec.resource ?? 0} {${initials(event.spec.accounts)}}`;
}

/** The next step is a look at the ledger for which the attempt has just woken up. */
function isAnotherLook({ point, steps: [{ ask }] }: Attempt): boolean {
  return (ask.kind === 'get' || ask.kind === 'query') && 'sight' in point.from && point.from.sight.text === 'awake';
}

function nameOfStep({ id, steps }: Attempt): string {
  return `#${id} ${steps[0].answer === undefined ? '' : 'answer to '}${steps[0].ask.label}`;
}

function path(key: Key): string {
  return `${key.pk}|${key.sk}`;
}
