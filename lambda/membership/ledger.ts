/**
 * Who wants which accounts, what was about to be called, and which accounts we added: the ledger of one scope (service, administrator, Region)
 * as one resource sees it.
 *
 * | item | holds | written |
 * |---|---|---|
 * | `W#<resource>` | the accounts the resource wants | before live state is read |
 * | `L#<resource>` | its lane: calls that are about to be made, or had no answer | before each call, as one conditional write per wave |
 * | `A#<account>#<resource>` | one row per account: claim, last outcome, reason | after the answer |
 *
 * A claim of an account is a row that says `ours` or an add in a lane, of any resource. Every write carries the epoch of the lease under
 * which it was made and loses against a later epoch, so an attempt that was thought dead cannot write over its successor (W6). Items
 * are never deleted: what remains stops a late writer (W15).
 */
import type { Platform } from '../runtime/platform';
import { KEPT_SECONDS, type Lease, LeaseLost } from '../runtime/request-log';
import type { Item, Key, Table, Value } from '../runtime/table';

/** How long AWS may take to apply and show a call after its socket is closed. Ours to assume: no source states it (docs/adr/0004). */
export const SETTLING_MILLISECONDS = 60_000;

export interface Scope {
  readonly service: string;
  readonly administrator: string;
  readonly region: string;
}

export interface ResourceName {
  readonly stackId: string;
  readonly logicalId: string;
}

/** A call that is about to be made, or whose answer is missing. */
export interface Intent {
  /** `add` claims its accounts; `touch` neither adds nor removes. */
  readonly op: 'add' | 'remove' | 'touch';
  readonly accounts: readonly string[];
  readonly requestId: string;
  /** Wall-clock time by which the call's socket is closed. */
  readonly until: number;
}

/** `released`: let go without a call; `staying`: let go because AWS keeps it a member whatever we do. */
export type Outcome = 'joined' | 'already-member' | 'left' | 'skipped' | 'refused' | 'pending' | 'released' | 'staying';

/** What the ledger keeps of one account for one resource. The stored attributes have these names, so that the documented query reads well. */
export interface Row {
  readonly account: string;
  /** Key of the resource that holds the row. */
  readonly resource: string;
  /** The same for people. */
  readonly logicalId: string;
  /** `ours`: we added it. `takenOver`: it was a member before, and the properties told us to claim it. */
  readonly claim: 'none' | 'ours' | 'takenOver';
  readonly outcome: Outcome;
  readonly reason?: string;
  /** ISO time of the last change. */
  readonly since: string;
  /** The request that made the change. */
  readonly requestId: string;
  /** The request that made the claim, which later ones only keep, hand over or take up again. */
  readonly claimedIn?: string;
  /** The lease under which it was written. */
  readonly epoch: number;
  /** It does not belong to the organization: it is removed in another way. */
  readonly outside?: boolean;
  /** The holder no longer wants the account, another resource does: whoever withdraws last removes it. */
  readonly handedOver?: boolean;
  /** The claim that was given up by `released` or `staying`: the rollback of that request takes it up again. */
  readonly letGo?: Row['claim'];
}

export type RowChange = Omit<Row, 'resource' | 'logicalId' | 'since' | 'requestId' | 'epoch'>;

const WRITES_AT_ONCE = 25;

export class Ledger {
  private readonly pk: string;
  private readonly resource: string;
  private readonly logicalId: string;
  /** Calls without an answer that may still land, of this attempt and of earlier ones. */
  private open: Intent[] = [];
  /** The stored lane holds what is open, and nothing else. */
  private laneIsTidy = true;

  constructor(
    private readonly table: Table,
    private readonly platform: Platform,
    private readonly lease: Lease,
    scope: Scope,
    resource: ResourceName,
    private readonly requestId: string,
  ) {
    this.pk = scopeKey(scope);
    this.resource = resourceKey(resource);
    this.logicalId = resource.logicalId;
  }

  public get name(): string {
    return this.table.name;
  }

  /** Whether a row was written under this lease, so that no earlier attempt can write over it. */
  public wrote(row: Row): boolean {
    return row.epoch === this.lease.epoch;
  }

  /**
   * Stamps the lane with our epoch, so that an earlier attempt can announce nothing any more, and takes over what it left open: answers the accounts
   * of those calls.
   */
  public async takeLane(): Promise<Set<string>> {
    const key = this.key('L');
    await this.write(key, {});
    const item = await this.table.get(key);
    this.open = intentsOf(item);
    return new Set(this.open.flatMap((intent) => intent.accounts));
  }

  public async wants(): Promise<{ own: readonly string[]; others: ReadonlySet<string> }> {
    const items = await this.table.query(this.pk, 'W#');
    const others = new Set<string>();
    let own: readonly string[] = [];
    for (const item of items) {
      const accounts = unpack(item.accounts);
      if (item.sk === this.key('W').sk) own = accounts;
      else for (const account of accounts) others.add(account);
    }
    return { own, others };
  }

  public async writeWants(accounts: Iterable<string>): Promise<void> {
    await this.write(this.key('W'), { accounts: pack(accounts) });
  }

  /** Accounts that another resource is about to remove, with the time until which that may still happen. */
  public async othersRemoving(): Promise<Map<string, number>> {
    const lanes = await this.table.query(this.pk, 'L#');
    const removing = new Map<string, number>();
    for (const lane of lanes.filter((item) => item.sk !== this.key('L').sk)) {
      latest(removing, intentsOf(lane), 'remove');
    }
    return removing;
  }

  /** Our own calls without an answer: account to the time until which one may still land. */
  public mayLand(op: Intent['op']): Map<string, number> {
    return latest(new Map<string, number>(), this.open, op);
  }

  /** The rows of this resource, those that other resources have handed over, and when each account was last seen to leave, by any resource. */
  public async rows(): Promise<{
    own: ReadonlyMap<string, Row>;
    handedOver: readonly Row[];
    left: ReadonlyMap<string, string>;
  }> {
    const own = new Map<string, Row>();
    const handedOver: Row[] = [];
    const left = new Map<string, string>();
    for (const item of await this.table.query(this.pk, 'A#')) {
      const row = item as unknown as Row;
      if (row.resource === this.resource) own.set(row.account, row);
      else if (row.handedOver === true && row.claim !== 'none') handedOver.push(row);
      if (row.outcome === 'left' && row.since > (left.get(row.account) ?? '')) left.set(row.account, row.since);
    }
    return { own, handedOver, left };
  }

  /**
   * Takes a claim back that was handed over, before it is acted upon; false if another resource has ended it meanwhile. Without the mark nobody else
   * can.
   */
  public async takeBack({ account, claim, requestId }: Row): Promise<boolean> {
    const key = this.key('A', account);
    const taken = await this.table.update(
      key,
      { set: { epoch: this.lease.epoch }, remove: ['handedOver'] },
      { equal: { handedOver: true, claim, requestId }, atMost: { attribute: 'epoch', value: this.lease.epoch } },
    );
    if (taken) return true;
    // a write whose answer was lost is repeated, and then finds what it has written itself
    const row = await this.table.get(key);
    return row?.claim === claim && row.handedOver === undefined && row.epoch === this.lease.epoch;
  }

  /** Announces calls: one conditional write, then a beat, so that none is made by an attempt that has been overtaken. */
  public async announce(intents: readonly Intent[]): Promise<void> {
    await this.writeLane([...this.open, ...intents]);
    this.laneIsTidy = false;
    await this.lease.beat();
  }

  /** A call had no answer, or its effect is yet to be seen: it stays announced, until it cannot land any more or has been settled. */
  public leaveOpen(intent: Intent): void {
    // the newer announcement speaks for older ones of the same accounts: the lane stays small however often a call is repeated
    const covered = (older: Intent) =>
      older.op === intent.op && older.accounts.every((account) => intent.accounts.includes(account));
    this.open = [...this.open.filter((older) => !covered(older)), intent];
  }

  /** What became of these calls is known: nothing of theirs is open any more. */
  public async settle(op: Intent['op'], accounts: ReadonlySet<string>): Promise<void> {
    if (!this.open.some((intent) => intent.op === op && intent.accounts.some((account) => accounts.has(account)))) {
      return;
    }
    this.open = this.open
      .map((intent) =>
        intent.op === op
          ? { ...intent, accounts: intent.accounts.filter((account) => !accounts.has(account)) }
          : intent,
      )
      .filter((intent) => intent.accounts.length > 0);
    await this.writeLane(this.open);
  }

  /** Takes answered announcements out of the lane, if there are any. */
  public async tidyLane(): Promise<void> {
    if (!this.laneIsTidy) await this.writeLane(this.open);
  }

  /** Whether an add of ours has had no answer: then "already a member" may speak of our own. */
  public hasOpenAdd(account: string): boolean {
    return this.open.some((intent) => intent.op === 'add' && intent.accounts.includes(account));
  }

  /** Writes rows and answers them as they stand now. */
  public async writeRows(changes: readonly RowChange[]): Promise<Row[]> {
    const stamp = {
      resource: this.resource,
      logicalId: this.logicalId,
      since: this.timestamp(),
      requestId: this.requestId,
      epoch: this.lease.epoch,
    };
    const rows = changes.map((change): Row => ({ ...change, ...stamp }));
    await inParallel(rows, WRITES_AT_ONCE, async ({ reason, outside, handedOver, letGo, claimedIn, ...always }) => {
      const ttl = always.claim === 'none' && always.outcome === 'left' ? this.expiry() : undefined;
      const sometimes: Record<string, Value | undefined> = {
        reason,
        outside: outside || undefined,
        handedOver: handedOver || undefined,
        letGo,
        claimedIn,
        ttl,
      };
      const remove = Object.keys(sometimes).filter((attribute) => sometimes[attribute] === undefined);
      await this.write(this.key('A', always.account), { ...always, ...sometimes }, remove);
    });
    return rows;
  }

  /**
   * Ends claims that other resources had handed over: the account is gone, or let go. Left alone where the holder has since taken the account back;
   * answers how many were ended.
   */
  public async endHandedOver(rows: readonly Row[], outcome: 'left' | 'released' = 'left'): Promise<number> {
    const stamp = { requestId: this.requestId, since: this.timestamp() };
    let ended = 0;
    await inParallel(rows, WRITES_AT_ONCE, async ({ account, resource, requestId }) => {
      const change = {
        set: { claim: 'none', outcome, ...stamp, ttl: this.expiry() },
        remove: ['handedOver', 'reason', 'letGo'],
      };
      const key = { pk: this.pk, sk: `A#${account}#${resource}` };
      const done = await this.table.update(key, change, { equal: { handedOver: true, requestId } });
      // as in takeBack: the second of two equal writes finds the first
      if (done || (await this.table.get(key))?.requestId === this.requestId) ended += 1;
    });
    return ended;
  }

  private timestamp(): string {
    return new Date(this.platform.now()).toISOString();
  }

  private expiry(): number {
    return Math.floor(this.platform.now() / 1000) + KEPT_SECONDS;
  }

  private async writeLane(intents: readonly Intent[]): Promise<void> {
    const value = intents.map(({ op, accounts, requestId, until }) => ({
      op,
      accounts: pack(accounts),
      requestId,
      until,
    }));
    await this.write(this.key('L'), { intents: value });
    this.laneIsTidy = true;
  }

  private async write(
    key: Key,
    set: Readonly<Record<string, Value | undefined>>,
    remove: readonly string[] = [],
  ): Promise<void> {
    const fenced = await this.table.update(
      key,
      { set: { ...set, epoch: this.lease.epoch }, remove },
      { atMost: { attribute: 'epoch', value: this.lease.epoch } },
    );
    if (!fenced) throw new LeaseLost('a later attempt has written to the ledger');
  }

  private key(kind: 'W' | 'L'): Key;
  private key(kind: 'A', account: string): Key;
  private key(kind: 'W' | 'L' | 'A', account?: string): Key {
    return {
      pk: this.pk,
      sk: account === undefined ? `${kind}#${this.resource}` : `${kind}#${account}#${this.resource}`,
    };
  }
}

export function scopeKey({ service, administrator, region }: Scope): string {
  return `S#${service}#${administrator}#${region}`;
}

export function resourceKey({ stackId, logicalId }: ResourceName): string {
  return `${stackId}#${logicalId}`;
}

/** Runs `work` over `items`, at most `width` at a time; the first failure is thrown after all have ended. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const results = await Promise.allSettled(
    Array.from({ length: Math.min(width, items.length) }, async () => {
      while (next < items.length) await work(items[next++]);
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
}

function intentsOf(item: Item | undefined): Intent[] {
  const stored = (item?.intents ?? []) as unknown as readonly (Omit<Intent, 'accounts'> & {
    readonly accounts: string;
  })[];
  return stored.map((intent) => ({ ...intent, accounts: unpack(intent.accounts) }));
}

function latest(into: Map<string, number>, intents: readonly Intent[], op: Intent['op']): Map<string, number> {
  for (const intent of intents.filter((other) => other.op === op)) {
    for (const account of intent.accounts) {
      into.set(account, Math.max(into.get(account) ?? 0, intent.until + SETTLING_MILLISECONDS));
    }
  }
  return into;
}

/** Account ids as one text: 10,000 take 130 kB of an item's 400. */
function pack(accounts: Iterable<string>): string {
  return [...accounts].join(' ');
}

function unpack(text: Value | undefined): string[] {
  return typeof text === 'string' && text !== '' ? text.split(' ') : [];
}
