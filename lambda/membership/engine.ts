/**
 * Brings the members of one scope to what one resource wants: the only place that decides to add and to remove.
 *
 * One way through: wants on record → observe → plan → add → verify → remove → verify → report. Adds come before removes; a run in which
 * accounts could not be added removes none; what an answer leaves open, a read decides.
 */
import { type Objection, type Result, type World, objection, pause, sendAll } from './calls';
import { type Outcome, type Row, type RowChange, SETTLING_MILLISECONDS } from './ledger';
import { type Cell, type Claim, type Decision, type Plan, plan } from './planner';
import type { Cause, Live, Purpose } from './service';
import { type Share, allowed } from '../../src/private/contract/properties';
import { OutOfTime } from '../runtime/platform';
import { KEPT_SECONDS, LeaseLost, type Previous } from '../runtime/request-log';

export interface Goal {
  /** Accounts that shall be members, without repeats. Empty on Delete. */
  readonly wanted: readonly string[];
  /** Accounts that the properties name, also on Delete: what is open when the ledger cannot be read. */
  readonly listed: readonly string[];
  /** Accounts, wanted now or before, that do not belong to the organization. */
  readonly outside: ReadonlySet<string>;
  /** Accounts that never can be members, with the reason. */
  readonly excluded: ReadonlyMap<string, string>;
  readonly existingMembers: 'leave' | 'takeOver';
  readonly dropped: 'remove' | 'release';
  readonly failureTolerance: Share;
  readonly removalLimit: Share;
  /** How long to wait for the goal state, or for a removal to show. */
  readonly waitSeconds: number;
}

export interface Occasion {
  readonly type: 'Create' | 'Update' | 'Delete';
  /** The properties are one of the last two sets that were answered SUCCESS: nothing that AWS refuses may fail this Update. */
  readonly rollback: boolean;
  /** The request before this one: what joined in it, if it failed or is rolled back, is undone rather than dropped; what it let go, a rollback claims again. */
  readonly previous?: Previous;
  /** How long earlier attempts of this request have had to wait: a redelivery goes on waiting, it does not begin anew. */
  readonly waitedMilliseconds: number;
}

export interface AccountReport {
  readonly outcome: Outcome;
  readonly reason?: string;
}

export interface Report {
  /** What became of every account that was wanted, or that the resource had a claim on. */
  readonly accounts: ReadonlyMap<string, AccountReport>;
  /** Accounts that were to be removed and are, or may be, still there. Their claims are kept. */
  readonly residue: ReadonlySet<string>;
  /** Accounts that were to be removed and that AWS keeps, whatever we do: let go, and still members. */
  readonly staying: ReadonlySet<string>;
  /** Why the run falls short of what was asked; absent when it does not. */
  readonly shortfall?: 'refused' | 'removalLimit' | 'residue';
  readonly overLimit?: Plan['overLimit'];
}

/** `removalLimit` given as a percentage never blocks up to this many removals. */
const NEVER_BLOCKED = 10;
/** How often an account that AWS refused is looked at before the refusal stands: reads settle late. */
const REFUSAL_LOOKS = 3;
/** An account that AWS has accepted but that does not arrive for this long may have a cause that waiting does not mend. */
const DOUBT_MILLISECONDS = 60_000;
/** An account that we removed this recently may still show in a read. */
const JUST_LEFT_MILLISECONDS = 300_000;
/** How often a removal without an answer is tried. */
const REMOVAL_ROUNDS = 3;
/** How often another resource's lane is looked at while it removes an account that is wanted here. */
const LANE_LOOK_MILLISECONDS = 2_000;
/** Waits between looks, in seconds; the last one repeats. */
const LOOK_WAITS = [2, 3, 5, 8, 13, 15];

/** What is on record of accounts that are members, or were until they left the organization. */
const MEMBERS: ReadonlySet<Outcome> = new Set(['joined', 'already-member', 'skipped']);

export async function reconcile(world: World, goal: Goal, occasion: Occasion): Promise<Report> {
  return new Run(world, goal, occasion).run();
}

interface Looking {
  /** Whether an account need not be looked at any more. */
  readonly done: (account: string, state: Live, looks: number) => boolean;
  /** Asked once, after the first look: whether nothing will come of it, so that the wait ends when reads have settled. */
  readonly inVain?: () => Promise<unknown>;
  /** When the wait began, on the monotonic clock; default now, less what earlier attempts have waited. */
  readonly began?: number;
  /** Longest wait in milliseconds; default the goal's. */
  readonly most?: number;
}

class Run {
  private readonly accounts = new Map<string, AccountReport>();
  private readonly residue = new Set<string>();
  private readonly staying = new Set<string>();
  private readonly wanted: ReadonlySet<string>;
  /** Accounts on which this attempt, or an earlier one that may still be alive, has acted: their rows are written under this lease. */
  private touched = new Set<string>();
  private own!: Map<string, Row>;
  private handedOver!: ReadonlyMap<string, readonly Row[]>;
  private left!: ReadonlyMap<string, string>;
  /** Accounts that were members when earlier requests ended. */
  private hadJoined!: ReadonlySet<string>;
  /** When the claims that were read had been written, of whichever resource: no earlier than the adds that they speak of. */
  private readonly claimedSince = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly goal: Goal,
    private readonly occasion: Occasion,
  ) {
    this.wanted = new Set(goal.wanted);
  }

  /** An error that ends the run early carries the accounts whose fate it leaves open, as `unsettled`. */
  public async run(): Promise<Report> {
    try {
      return await this.reconcile();
    } catch (error) {
      // what AWS has answered is no longer announced: it must not be taken for a call that may have had its effect
      if (!(error instanceof LeaseLost)) await this.world.ledger.tidyLane().catch(() => undefined);
      throw Object.assign(error as Error, { unsettled: this.unsettled() });
    }
  }

  private unsettled(): string[] {
    if (this.own === undefined) return [...this.goal.listed];
    const claimed = [...this.own.values()]
      .filter((row) => row.claim !== 'none' && !this.wanted.has(row.account))
      .map((row) => row.account);
    const open = this.goal.wanted.filter((account) => (this.accounts.get(account)?.outcome ?? 'pending') === 'pending');
    return [...new Set([...claimed, ...open])].sort();
  }

  private async reconcile(): Promise<Report> {
    const { ledger } = this.world;
    this.touched = await ledger.takeLane();
    const { own: before, others } = await ledger.wants();
    await this.registerWants(before);
    // lanes before rows: a removal leaves its lane only after its row tells of it
    await this.waitForRemovals();
    await this.readRows();
    const live = await this.observe(this.goal.wanted.filter((account) => !this.goal.excluded.has(account)));
    const planned = plan(this.cells(live, others), this.planOptions(this.sizeBefore(before)));
    this.world.platform.log('info', 'planned', counted(planned.decisions));

    const stopped = await this.addOrStop(planned.decisions, live);
    const failed = [...this.accounts.values()].filter(
      ({ outcome }) => outcome === 'refused' || outcome === 'pending',
    ).length;
    const refused = failed > allowed(this.goal.failureTolerance, this.goal.wanted.length);
    // adds that failed will be rolled back: until then nothing is taken away
    if ((!refused || this.occasion.rollback) && planned.overLimit === undefined) {
      await this.remove(planned.decisions, before);
    }
    if (stopped !== undefined) throw stopped;
    await ledger.tidyLane();
    return {
      accounts: this.accounts,
      residue: this.residue,
      staying: this.staying,
      shortfall: this.shortfall(refused, planned),
      overLimit: planned.overLimit,
    };
  }

  private shortfall(refused: boolean, planned: Plan): Report['shortfall'] {
    if (refused) return 'refused';
    if (planned.overLimit !== undefined) return 'removalLimit';
    return this.residue.size > 0 ? 'residue' : undefined;
  }

  // -- observe and plan

  /**
   * Wants are on record before anything is read; old and new together until the removals, so that nobody else removes either meanwhile. They are
   * written even where they are the same: an earlier attempt that is still alive may be about to write its own.
   */
  private async registerWants(before: readonly string[]): Promise<void> {
    const wants = this.occasion.type === 'Delete' ? [] : [...new Set([...before, ...this.wanted])].sort();
    await this.world.ledger.writeWants(wants);
  }

  private async readRows(): Promise<void> {
    const { ledger } = this.world;
    const { own, handedOver, left } = await ledger.rows();
    this.own = new Map(own);
    this.noteClaims([...own.values(), ...handedOver]);
    this.left = left;
    this.handedOver = byAccount(handedOver);
    const earlier = [...own.values()].filter(({ requestId }) => requestId !== this.world.requestId);
    this.hadJoined = new Set(earlier.filter(({ outcome }) => MEMBERS.has(outcome)).map(({ account }) => account));
    // what an earlier attempt of this request has let go is still to be told
    for (const row of own.values()) {
      if (row.outcome !== 'staying' || row.requestId !== this.world.requestId) continue;
      this.staying.add(row.account);
      this.accounts.set(row.account, { outcome: row.outcome, reason: row.reason });
    }
  }

  private noteClaims(rows: readonly Row[]): void {
    for (const { account, claim, since } of rows) {
      if (claim === 'none') continue;
      this.claimedSince.set(account, Math.max(this.claimedSince.get(account) ?? 0, Date.parse(since)));
    }
  }

  /** Waits while a removal of a wanted account may still land: another resource's, or one of ours that had no answer. */
  private async waitForRemovals(): Promise<void> {
    const { ledger, platform } = this.world;
    const landing = async () =>
      [...(await ledger.othersRemoving()), ...ledger.mayLand('remove')].some(
        ([account, until]) => this.wanted.has(account) && until > platform.now(),
      );
    if (this.wanted.size > 0) while (await landing()) await pause(this.world, LANE_LOOK_MILLISECONDS);
    await ledger.settle('remove', this.wanted);
  }

  private async observe(accounts: readonly string[]): Promise<Map<string, Live>> {
    return accounts.length === 0 ? new Map() : this.world.service.observe(accounts, 'join');
  }

  private cells(live: ReadonlyMap<string, Live>, wantedByOthers: ReadonlySet<string>): Cell[] {
    const { ledger, platform } = this.world;
    const landing = ledger.mayLand('add');
    const claimed = [...this.own.values()].filter((row) => row.claim !== 'none').map((row) => row.account);
    const accounts = new Set([...this.wanted, ...claimed, ...landing.keys(), ...this.handedOver.keys()]);
    return [...accounts].sort().map((account): Cell => {
      const row = this.own.get(account);
      return {
        account,
        wanted: this.wanted.has(account),
        wantedByOthers: wantedByOthers.has(account),
        claim: this.claim(account),
        mayLand: (landing.get(account) ?? 0) > platform.now(),
        presumed: landing.has(account) && (row?.claim ?? 'none') === 'none',
        live: live.get(account),
        justLeft: platform.now() - Date.parse(this.left.get(account) ?? '1970-01-01') < JUST_LEFT_MILLISECONDS,
        undone: row !== undefined && this.undoes(row),
      };
    });
  }

  /**
   * What the ledger claims: a row of ours, an add of ours without an answer, for a rollback what the request before it has let go, or, once the
   * account is not wanted here, a claim handed over to us.
   */
  private claim(account: string): Claim {
    const row = this.own.get(account);
    const own = row?.claim ?? 'none';
    if (own === 'ours' || this.world.ledger.hasOpenAdd(account)) return 'ours';
    if (this.wanted.has(account)) return own === 'none' && row !== undefined ? this.letGoBefore(row) : own;
    // that another resource has added it counts more than that this one has taken it over
    const handed = this.claimHandedOver(account);
    return handed === 'ours' || own === 'none' ? handed : own;
  }

  /** Several may have handed the account over: that one of them has added it counts more than that another took it over. */
  private claimHandedOver(account: string): Claim {
    const claims = (this.handedOver.get(account) ?? []).map(({ claim }) => claim);
    return claims.includes('ours') ? 'ours' : (claims[0] ?? 'none');
  }

  /** The claim was made in the request before this one, which failed, or which CloudFormation takes back because something else has failed. */
  private undoes(row: Row): boolean {
    const { previous, rollback } = this.occasion;
    if (previous === undefined || row.claimedIn !== previous.requestId) return false;
    return previous.failed || (rollback && this.isRecent(row));
  }

  /** A rollback follows what it takes back within days; what looks like one later is somebody's decision. */
  private isRecent({ since }: Row): boolean {
    return this.world.platform.now() - Date.parse(since) < KEPT_SECONDS * 1000;
  }

  /** What the request before this one has let go, for its rollback to take up again. */
  private letGoBefore(row: Row): Claim {
    const { previous, rollback } = this.occasion;
    return rollback && row.requestId === previous?.requestId && this.isRecent(row) ? (row.letGo ?? 'none') : 'none';
  }

  /** How many there were to begin with: an attempt before this one may have taken accounts off its wants, but not yet off its claims. */
  private sizeBefore(before: readonly string[]): number {
    const claimed = [...this.own.values()].filter(({ claim }) => claim !== 'none').map(({ account }) => account);
    return new Set([...before, ...claimed]).size;
  }

  private planOptions(wantedBefore: number) {
    const { existingMembers, dropped, excluded, removalLimit } = this.goal;
    const unlimited = this.occasion.type === 'Delete' || this.occasion.rollback;
    const limit = Math.max(allowed(removalLimit, wantedBefore), removalLimit.kind === 'percentage' ? NEVER_BLOCKED : 0);
    return { existingMembers, dropped, excluded, removalLimit: unlimited ? Infinity : limit };
  }

  // -- add

  /** A rollback that cannot add still removes what there is to undo, and then tells why it could not. */
  private async addOrStop(
    decisions: ReadonlyMap<string, Decision>,
    live: ReadonlyMap<string, Live>,
  ): Promise<Error | undefined> {
    for (const { account, outcome, reason } of this.untouched(decisions, new Map())) {
      this.accounts.set(account, { outcome, reason });
    }
    try {
      await this.add(decisions, live);
      return undefined;
    } catch (error) {
      if (!this.occasion.rollback || error instanceof LeaseLost || error instanceof OutOfTime) throw error;
      return error as Error;
    }
  }

  private async add(decisions: ReadonlyMap<string, Decision>, live: ReadonlyMap<string, Live>): Promise<void> {
    const { ledger, service, platform } = this.world;
    const routes = new Map<string, readonly string[]>();
    for (const [account, decision] of decisions) if (decision.action === 'join') routes.set(account, decision.steps);
    if (routes.size > 0) await service.beforeJoining([...routes.keys()]);

    const refusals = new Map<string, Objection>();
    for (const step of service.joinSteps) {
      const accounts = [...routes]
        .filter(([account, steps]) => steps.includes(step) && !refusals.has(account))
        .map(([account]) => account);
      const claiming = service.claimingSteps.has(step);
      const adds = claiming && !service.clearingSteps.has(step);
      // a clearing call without an answer could still clear away what this step is about to add
      if (adds) {
        await this.waitUntilLanded('add', accounts.filter((account) => this.isOutside(account)));
      }
      for (const account of accounts) this.touched.add(account);
      const results = await sendAll(this.world, {
        op: claiming ? 'add' : 'touch',
        step,
        accounts,
        accepted: async (joined) => {
          await this.keepRows(
            joined.map((account) => {
              const done = routes.get(account)!.at(-1) === step;
              return this.row(account, adds ? 'ours' : this.claim(account), done ? 'joined' : 'pending');
            }),
          );
          // on record as joined, so that it costs one write; told as joined only once a read has shown it
          for (const account of joined) this.accounts.set(account, { outcome: 'pending' });
        },
      });
      for (const [account, result] of results) {
        if (result.kind === 'refused' || result.kind === 'unanswered') refusals.set(account, result);
      }
    }

    const waiting = [...routes.keys(), ...accountsOf(decisions, 'await')];
    const { seen, causes } = await this.awaitJoins(waiting, refusals, routes.size > 0);
    const lost = await this.lookUpLost(live);
    await this.keepRows([
      ...waiting.map((account) => this.joined(account, seen.get(account)!, refusals.get(account), causes.get(account))),
      ...this.untouched(decisions, lost),
    ]);
    // wanted accounts are decided now; what could still have landed of their calls has
    for (const op of ['add', 'touch'] as const) {
      const landed = [...ledger.mayLand(op)].filter(
        ([account, until]) => this.wanted.has(account) && until <= platform.now(),
      );
      await ledger.settle(op, new Set(landed.map(([account]) => account)));
    }
  }

  /** Looks until every account has joined, or the wait is over; those that AWS refused or that do not arrive are looked up meanwhile. */
  private async awaitJoins(waiting: readonly string[], refusals: ReadonlyMap<string, Objection>, called: boolean) {
    const { service, platform } = this.world;
    const began = this.waitingSince(called);
    const settled = ({ kind }: Live) => kind === 'goal' || kind === 'suspended';
    const most = Math.min(DOUBT_MILLISECONDS, this.goal.waitSeconds * 1000);
    const seen = await this.look(waiting, 'join', {
      began,
      most,
      done: (account, state, looks) => settled(state) || (refusals.has(account) && looks >= REFUSAL_LOOKS),
    });
    const missing = waiting.filter((account) => !settled(seen.get(account)!));
    const causes = missing.length === 0 ? new Map<string, Cause>() : await service.causes(missing);
    // an account that is on its way may yet arrive, whatever stands in the way of others
    for (const [account, { kind }] of causes) {
      if (kind === 'other' && !refusals.has(account) && seen.get(account)!.kind !== 'absent') causes.delete(account);
    }
    const hopeful = missing.filter((account) => !refusals.has(account) && !causes.has(account));
    if (platform.monotonic() - began < this.goal.waitSeconds * 1000) {
      const later = await this.look(hopeful, 'join', { began, done: (_account, state) => settled(state) });
      for (const [account, state] of later) seen.set(account, state);
    }
    return { seen, causes };
  }

  /** Of ineligible accounts, those that were members before may have left or been closed; of a new one the cure says enough. */
  private async lookUpLost(live: ReadonlyMap<string, Live>): Promise<ReadonlyMap<string, Cause>> {
    const lost = [...live].flatMap(([account, { kind }]) =>
      kind === 'ineligible' && this.hadJoined.has(account) ? [account] : [],
    );
    return lost.length === 0 ? new Map() : this.world.service.causes(lost);
  }

  /** What became of an account for which calls were made, or that was on its way already. */
  private joined(account: string, state: Live, refusal: Objection | undefined, cause: Cause | undefined): RowChange {
    // refused, and reads show that it is no member: nothing of it is ours; a call that may still land stays announced, which is claim enough
    const refused = refusal !== undefined && (state.kind === 'absent' || state.kind === 'ineligible');
    const claim = !refused ? this.claim(account) : this.isShown(account) ? 'none' : (this.own.get(account)?.claim ?? 'none');
    const had = this.own.get(account)?.outcome === 'joined';
    // "already a member" to our only call speaks of somebody else's add; with an earlier call unanswered it may speak of ours (W4)
    if (state.kind === 'goal') return this.row(account, claim, had || claim === 'ours' ? 'joined' : 'already-member');
    if (state.kind === 'suspended') {
      return this.row(account, claim, 'skipped', `suspended: AWS reports member status '${state.status}'`);
    }
    const excuse = this.excuse(account, cause, refusal);
    if (excuse !== undefined) return this.row(account, claim, 'skipped', excuse);
    const stands = { reason: `still '${state.status}' after ${this.goal.waitSeconds} s`, cure: 'deploy again to go on, or give it longer with wait' };
    if (refusal === undefined && cause === undefined) return this.row(account, claim, 'pending', objection(stands));
    return this.row(account, claim, 'refused', objection(refusal ?? { reason: `still '${state.status}'` }, cause?.words));
  }

  /** Why nobody need do anything about an account that is no member, if that is so. */
  private excuse(account: string, cause: Cause | undefined, refusal?: Objection): string | undefined {
    if (cause?.kind === 'skip') return objection({ reason: cause.words, cure: refusal?.reason });
    return cause?.kind === 'foreign' && this.hadJoined.has(account) ? 'it has left the organization' : undefined;
  }

  /** Wanted accounts for which no call was made. */
  private untouched(decisions: ReadonlyMap<string, Decision>, lost: ReadonlyMap<string, Cause>): RowChange[] {
    const rows: RowChange[] = [];
    for (const [account, decision] of decisions) {
      if (!this.wanted.has(account)) continue;
      const claim = this.claim(account);
      if (decision.action === 'keep') {
        const outcome = claim === 'ours' ? 'joined' : 'already-member';
        rows.push(
          this.row(
            account,
            claim,
            outcome,
            this.own.get(account)?.outcome === outcome ? this.own.get(account)!.reason : undefined,
          ),
        );
      }
      if (decision.action === 'takeOver') rows.push(this.row(account, 'takenOver', 'already-member', 'taken over'));
      if (decision.action === 'letGo') rows.push(this.row(account, 'none', 'already-member'));
      if (decision.action === 'skip') rows.push(this.row(account, claim, 'skipped', decision.reason));
      if (decision.action === 'refuse') {
        const excuse = this.excuse(account, lost.get(account));
        rows.push(this.row(account, claim, excuse === undefined ? 'refused' : 'skipped', excuse ?? decision.reason));
      }
    }
    return rows;
  }

  // -- remove

  private async remove(decisions: ReadonlyMap<string, Decision>, before: readonly string[]): Promise<void> {
    const { ledger } = this.world;
    const dropping = this.occasion.type !== 'Delete' && !same(new Set(before), this.goal.wanted);
    const withdrawing = dropping && before.some((account) => !this.wanted.has(account));
    if (withdrawing) {
      await ledger.writeWants([...this.wanted].sort());
    }

    await this.letGo(
      accountsOf(decisions, 'letGo').filter((account) => !this.wanted.has(account)),
      'released',
      'let go',
    );
    const stillOurs = await this.handOver(accountsOf(decisions, 'handOver'));
    const found = await this.resolve(accountsOf(decisions, 'resolve'));
    if (withdrawing) stillOurs.push(...(await this.handedOverMeanwhile(decisions)));
    const leaving = await this.takeBack(accountsOf(decisions, 'leave'));
    await this.leave([...leaving, ...stillOurs, ...found].sort());
    if (this.occasion.type === 'Delete') await this.closeLane();
  }

  /** Makes a claim that was handed over to us our own: ours is written first, then the other one is ended, so that the account is always claimed. */
  private async adopt(account: string): Promise<boolean> {
    const rows = this.handedOver.get(account) ?? [];
    if (rows.length === 0) return false;
    const claim = this.claimHandedOver(account);
    const claimedIn = rows.find((row) => row.claim === claim)!.claimedIn;
    await this.keepRows([{ ...this.row(account, claim, 'joined'), claimedIn }]);
    if ((await this.world.ledger.endHandedOver(rows, 'released')) > 0) return true;
    await this.keepRows([this.row(account, 'none', 'released')]);
    return false;
  }

  /**
   * Accounts that another resource has left to us after we had read the rows, because our old wants were still on record: nobody else will remove
   * them now.
   */
  private async handedOverMeanwhile(decisions: ReadonlyMap<string, Decision>): Promise<string[]> {
    const { handedOver } = await this.world.ledger.rows();
    this.handedOver = byAccount(handedOver);
    this.noteClaims(handedOver);
    const late = [...this.handedOver.keys()].filter((account) => !this.wanted.has(account) && !decisions.has(account));
    if (this.goal.dropped === 'remove') return this.handOver(late);
    await this.letGo(late, 'released', 'let go');
    return [];
  }

  /** Gives up claims without a call. */
  private async letGo(accounts: readonly string[], outcome: 'released' | 'staying', reason: string): Promise<void> {
    await this.keepRows(
      accounts.map((account) => ({ ...this.row(account, 'none', outcome, reason), letGo: this.claim(account) })),
    );
    await this.world.ledger.endHandedOver(this.handedOverRows(accounts), 'released');
    await this.world.ledger.settle('add', new Set(accounts));
    await this.world.ledger.settle('remove', new Set(accounts));
    if (outcome === 'staying') for (const account of accounts) this.staying.add(account);
  }

  /** Ends claims of accounts that are seen to be gone. */
  private async end(accounts: readonly string[], reason?: string): Promise<void> {
    const { ledger } = this.world;
    const known = accounts.filter((account) => this.own.has(account) || this.touched.has(account));
    await this.keepRows(known.map((account) => this.row(account, 'none', 'left', reason)));
    await ledger.endHandedOver(this.handedOverRows(accounts));
    for (const account of accounts) {
      this.accounts.set(account, { outcome: 'left', ...(reason === undefined ? {} : { reason }) });
    }
    await ledger.settle('add', new Set(accounts));
    await ledger.settle('remove', new Set(accounts));
  }

  /**
   * Leaves claimed accounts to the resources that want them, and answers those that nobody wants any more by now: the mark is written first and
   * the wants are read after it, so that of two resources that withdraw at once at least one sees the other's mark or the other's withdrawal.
   */
  private async handOver(accounts: readonly string[]): Promise<string[]> {
    if (accounts.length === 0) return [];
    const { ledger } = this.world;
    const ours = accounts.filter(
      (account) =>
        (this.own.get(account)?.claim !== undefined && this.own.get(account)!.claim !== 'none') ||
        ledger.hasOpenAdd(account),
    );
    await this.keepRows(
      ours.map((account) => ({
        ...this.row(account, this.claim(account), 'released', 'another resource wants it'),
        handedOver: true,
      })),
    );
    const { others } = await ledger.wants();
    return this.takeBack(accounts.filter((account) => !others.has(account)));
  }

  /** Of accounts that are about to be removed, those on which we still have the claim: one that was handed over, another resource may have ended. */
  private async takeBack(accounts: readonly string[]): Promise<string[]> {
    const taken: string[] = [];
    for (const account of accounts) {
      const row = this.own.get(account);
      const claimed = row !== undefined && row.claim !== 'none';
      const still = claimed
        ? row.handedOver !== true || (await this.world.ledger.takeBack(row))
        : this.world.ledger.hasOpenAdd(account) || (await this.adopt(account));
      if (claimed && still) this.own.set(account, { ...row, handedOver: undefined });
      if (still) taken.push(account);
      else this.accounts.set(account, { outcome: 'released', reason: 'another resource has it, or has let it go' });
    }
    return taken;
  }

  /** Waits until adds without an answer cannot land any more, then looks: answers those that are there. */
  private async resolve(accounts: readonly string[]): Promise<string[]> {
    if (accounts.length === 0) return [];
    await this.waitUntilLanded('add', accounts);
    const live = await this.world.service.observe(accounts, 'leave');
    const absent = accounts.filter(
      (account) => live.get(account)!.kind === 'absent' && (this.own.get(account)?.claim ?? 'none') === 'none',
    );
    const there = accounts.filter((account) => !absent.includes(account));
    await this.end(absent, 'it never joined');
    await this.keepRows(there.map((account) => this.row(account, this.claim(account), 'joined')));
    await this.world.ledger.settle('add', new Set(there));
    return there;
  }

  private async leave(accounts: readonly string[]): Promise<void> {
    for (const account of accounts) this.touched.add(account);
    let leaving = await this.stillThere(accounts);
    for (let round = 1; leaving.length > 0; round++) {
      const results = await this.callToLeave(leaving);
      const spared = leaving.filter((account) => !results.has(account));
      const refused = new Set(leaving.filter((account) => results.get(account)?.kind === 'refused'));
      const unanswered = leaving.filter((account) => results.get(account)?.kind === 'unanswered');
      await this.waitUntilLanded('remove', unanswered);

      const asked = leaving.filter((account) => !spared.includes(account));
      const kept = once(() => this.world.service.keepsMembers());
      await this.waitUntilShown(asked);
      // what was refused may be gone all the same: one look tells
      const seen = await this.look(asked, 'leave', {
        done: (account, state) => state.kind === 'absent' || unanswered.includes(account) || refused.has(account),
        inVain: kept,
      });
      await this.end(asked.filter((account) => seen.get(account)!.kind === 'absent'));
      const there = asked.filter((account) => seen.get(account)!.kind !== 'absent');
      const governed = there.filter((account) => !this.isOutside(account));
      const keptBecause = governed.length === 0 ? undefined : await kept();
      if (keptBecause !== undefined) await this.letGo(governed, 'staying', keptBecause);
      const stuck = keptBecause === undefined ? there : there.filter((account) => this.isOutside(account));

      const again = round < REMOVAL_ROUNDS ? unanswered.filter((account) => stuck.includes(account)) : [];
      await this.leaveResidue(
        stuck.filter((account) => !again.includes(account)),
        (account) => {
          const words = wordsOf(results.get(account));
          return words ?? `AWS accepted the removal, but still reports '${seen.get(account)!.status}' after ${this.goal.waitSeconds} s`;
        },
      );
      leaving = again;
    }
  }

  /** That a read shows nobody proves no removal while it may still show the time before the add (T1 in docs/adr/0004). */
  private async waitUntilShown(accounts: readonly string[]): Promise<void> {
    const since = Math.max(0, ...accounts.map((account) => this.claimedSince.get(account) ?? 0));
    await pause(this.world, since + SETTLING_MILLISECONDS - this.world.platform.now());
  }

  /** No read can show the time before the add of this account any more. */
  private isShown(account: string): boolean {
    return (this.claimedSince.get(account) ?? 0) + SETTLING_MILLISECONDS <= this.world.platform.now();
  }

  /** Of accounts that are to leave, those that are there; the others are ended. Where it spoils no call, nobody is looked at. */
  private async stillThere(accounts: readonly string[]): Promise<readonly string[]> {
    const { service } = this.world;
    if (!service.looksBeforeLeaving || accounts.length === 0) return accounts;
    const seen = await service.observe(accounts, 'leave');
    const early = accounts.filter((account) => seen.get(account)!.kind === 'absent' && !this.isShown(account));
    await this.waitUntilShown(early);
    if (early.length > 0) for (const [account, state] of await service.observe(early, 'leave')) seen.set(account, state);
    const gone = accounts.filter((account) => seen.get(account)!.kind === 'absent');
    // a removal of an earlier attempt that could still land would meet somebody else's add
    await this.waitUntilLanded('remove', gone);
    await this.end(gone);
    return accounts.filter((account) => !gone.includes(account));
  }

  /** Makes the calls that remove; accounts that another resource turns out to want are spared and have no result. */
  private async callToLeave(accounts: readonly string[]): Promise<Map<string, Result>> {
    const results = new Map<string, Result>();
    for (const outside of [false, true]) {
      const group = accounts.filter((account) => this.isOutside(account) === outside);
      const spared = new Set<string>();
      for (const step of group.length === 0 ? [] : this.world.service.leaveSteps(outside)) {
        const answered = await sendAll(this.world, {
          op: 'remove',
          step,
          accounts: group.filter((account) => !spared.has(account)),
          spare: async (chunk) => {
            for (const account of await this.wantedByOthers(chunk)) spared.add(account);
            return spared;
          },
        });
        // a later step may succeed where an earlier one was refused (an invitation that was never accepted cannot be disassociated),
        // and one that is refused does not take back what an earlier one has done (a read tells, D8)
        for (const [account, result] of answered) {
          const earlier = results.get(account)?.kind;
          // it may still land: a read after that tells, whatever a later step says
          if (earlier === 'unanswered') continue;
          results.set(account, earlier === 'accepted' && result.kind === 'refused' ? { ...result, kind: 'accepted' } : result);
        }
      }
    }
    return results;
  }

  /** Of accounts whose removal is announced, those that another resource wants: handed over, and to be spared. */
  private async wantedByOthers(accounts: readonly string[]): Promise<ReadonlySet<string>> {
    const { others } = await this.world.ledger.wants();
    const wanted = accounts.filter((account) => others.has(account));
    const unwanted = new Set(await this.handOver(wanted));
    return new Set(wanted.filter((account) => !unwanted.has(account)));
  }

  private async leaveResidue(accounts: readonly string[], reason: (account: string) => string): Promise<void> {
    for (const account of accounts) this.residue.add(account);
    await this.keepRows(
      accounts
        .filter((account) => this.own.has(account))
        .map((account) => this.row(account, this.claim(account), 'refused', reason(account))),
    );
    for (const account of accounts) this.accounts.set(account, { outcome: 'refused', reason: reason(account) });
  }

  /** Before a Delete is answered, no call of ours may be able to land any more. */
  private async closeLane(): Promise<void> {
    const { ledger } = this.world;
    for (const op of ['add', 'remove', 'touch'] as const) {
      const open = [...ledger.mayLand(op).keys()];
      await this.waitUntilLanded(op, open);
      await ledger.settle(op, new Set(open));
    }
  }

  // -- shared

  private async waitUntilLanded(op: 'add' | 'remove' | 'touch', accounts: readonly string[]): Promise<void> {
    const { ledger, platform } = this.world;
    const open = ledger.mayLand(op);
    const until = Math.max(0, ...accounts.map((account) => open.get(account) ?? 0));
    await pause(this.world, until - platform.now());
  }

  /**
   * Reads until every account is as `done` wants it, or the wait is over; answers the last state of each.
   */
  private async look(
    accounts: readonly string[],
    purpose: Purpose,
    { done, inVain, began, most }: Looking,
  ): Promise<Map<string, Live>> {
    const { platform, service } = this.world;
    const seen = new Map<string, Live>();
    const start = began ?? this.waitingSince(true);
    let wait = most ?? this.goal.waitSeconds * 1000;
    let waiting = accounts;
    for (let looks = 1; waiting.length > 0; looks++) {
      for (const [account, state] of await service.observe(waiting, purpose)) seen.set(account, state);
      waiting = waiting.filter((account) => !done(account, seen.get(account)!, looks));
      if (waiting.length === 0) break;
      const waited = platform.monotonic() - start;
      if (looks === 1 && (await inVain?.())) wait = Math.min(wait, waited + SETTLING_MILLISECONDS);
      const left = wait - waited;
      if (left <= 0) break;
      const next = LOOK_WAITS[Math.min(looks, LOOK_WAITS.length) - 1] * 1000 * (0.75 + platform.random() / 4);
      await pause(this.world, Math.min(left, Math.ceil(next)));
    }
    return seen;
  }

  /**
   * When the wait began, on the monotonic clock. A redelivery goes on with the wait of the attempts before it, but calls that it has made itself are
   * given the time that reads take to settle.
   */
  private waitingSince(called: boolean): number {
    const wait = this.goal.waitSeconds * 1000;
    const left = wait - this.occasion.waitedMilliseconds;
    const atLeast = called ? Math.min(wait, SETTLING_MILLISECONDS) : 0;
    return this.world.platform.monotonic() - (wait - Math.max(left, atLeast));
  }

  private isOutside(account: string): boolean {
    return this.own.get(account)?.outside ?? this.goal.outside.has(account);
  }

  private row(account: string, claim: Claim, outcome: Outcome, reason?: string): RowChange {
    const own = this.own.get(account);
    const kept = claim === 'none' || claim === own?.claim || (own !== undefined && claim === this.letGoBefore(own));
    return {
      account,
      claim,
      outcome,
      claimedIn: kept ? own?.claimedIn : this.world.requestId,
      ...(reason === undefined ? {} : { reason }),
      ...(this.isOutside(account) ? { outside: true } : {}),
    };
  }

  /**
   * Puts accounts on the report, and into the ledger where that changes anything. A row that stays the same is written too where it could
   * otherwise be written over by an earlier attempt.
   */
  private async keepRows(changes: readonly RowChange[]): Promise<void> {
    for (const { account, outcome, reason } of changes) {
      this.accounts.set(account, { outcome, ...(reason === undefined ? {} : { reason }) });
    }
    const changed = changes.filter((change) => {
      const row = this.own.get(change.account);
      return (
        row === undefined ||
        !sameRow(change, row) ||
        (this.touched.has(change.account) && !this.world.ledger.wrote(row))
      );
    });
    for (const row of await this.world.ledger.writeRows(changed)) this.own.set(row.account, row);
  }

  private handedOverRows(accounts: readonly string[]): Row[] {
    return accounts.flatMap((account) => this.handedOver.get(account) ?? []);
  }
}

function accountsOf(decisions: ReadonlyMap<string, Decision>, action: Decision['action']): string[] {
  return [...decisions].filter(([, decision]) => decision.action === action).map(([account]) => account);
}

function byAccount(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.account, [...(groups.get(row.account) ?? []), row]);
  return groups;
}

/** What AWS objected to, if to anything. */
function wordsOf(result: Result | undefined): string | undefined {
  if (result === undefined || result.kind === 'gone' || result.reason === undefined) return undefined;
  return objection({ ...result, reason: result.reason });
}

/** Asks at most once. */
function once<T>(question: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= question());
}

function counted(decisions: ReadonlyMap<string, Decision>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { action } of decisions.values()) counts[action] = (counts[action] ?? 0) + 1;
  return counts;
}

function same(set: ReadonlySet<string>, list: readonly string[]): boolean {
  return set.size === list.length && list.every((item) => set.has(item));
}

function sameRow(change: RowChange, row: Row): boolean {
  return (
    row.claim === change.claim &&
    row.outcome === change.outcome &&
    row.reason === change.reason &&
    row.letGo === change.letGo &&
    row.claimedIn === change.claimedIn &&
    Boolean(row.handedOver) === Boolean(change.handedOver) &&
    Boolean(row.outside) === Boolean(change.outside)
  );
}
