/**
 * Which request of a resource is being served, by whom, and what was answered: one item per resource, and one per answer of an older request.
 *
 * A request is decided once. Deciding is one conditional write that holds only while this attempt has the lease and its request is
 * the current one; the answer's bytes are part of that write, so that every PUT of a request carries the same bytes (W9), and a newer
 * request is admitted only together with keeping them.
 */
import { renderAnswer } from './answer';
import type { IssueTime, Request, RequestType } from './event';
import { type Current, compareRequests } from './order';
import type { Platform } from './platform';
import { Redeliver } from './platform';
import type { Item, Key, Table, Value } from './table';

/** Raised when an item's layout changes so that this release could misread it. */
const FORMAT = 1;
/** A holder whose beat has stood still this long, by the waiter's own monotonic clock, is taken to be dead. */
export const LEASE_MILLISECONDS = 45_000;
/** The holder's beat. */
export const BEAT_MILLISECONDS = 15_000;
/** How often a waiting attempt looks. */
const LOOK_MILLISECONDS = 2_000;
/** How long the answer of an older request, and the mark of a deleted resource, are kept: longer than Lambda can deliver an event late. */
export const KEPT_SECONDS = 7 * 24 * 3600;

/** Somebody else has taken over, or a newer request has arrived: nothing more may be written or called. */
export class LeaseLost extends Error {
  public readonly name = 'LeaseLost';
}

/** The ledger was written by a newer release in a layout that this one does not know. */
export class UnknownFormat extends Error {
  public readonly name = 'UnknownFormat';
}

export type Admission =
  { readonly kind: 'answered'; readonly body: string } | { readonly kind: 'admitted'; readonly lease: Lease };

export interface AdmissionOptions {
  readonly table: Table;
  readonly platform: Platform;
  readonly request: Request;
  /** Of the properties asked for. */
  readonly fingerprint: string;
  /** The id with which a superseded request is answered. */
  readonly physicalId: string;
  /** Attributes of every answer. */
  readonly data: Readonly<Record<string, string>>;
  /** Wall-clock time after which waiting for the lease ends with {@link Redeliver}. */
  readonly deadline: number;
}

interface Meta {
  readonly v: number;
  readonly epoch: number;
  /** Empty: nobody. */
  readonly holder: string;
  readonly beat: number;
  readonly requestId: string;
  readonly requestType: RequestType;
  readonly issuedKind?: IssueTime['kind'];
  readonly issuedAt?: number;
  readonly admittedAt: number;
  readonly fingerprint: string;
  readonly attempts: number;
  readonly state: 'working' | 'answered';
  readonly answer?: string;
  readonly status?: 'SUCCESS' | 'FAILED';
  /** Fingerprints of the last two property sets that were answered SUCCESS, newest first. */
  readonly successes: readonly string[];
  readonly previous?: Previous;
}

/** The request before the one that is being served. */
export type Previous = {
  readonly requestId: string;
  /** Not answered SUCCESS: FAILED, or not at all. */
  readonly failed: boolean;
};

export function requestLogKey(stackId: string, logicalId: string): string {
  return `R#${stackId}#${logicalId}`;
}

/** Admits a request, or tells what it was answered. Waits while an earlier attempt holds the lease. */
export async function admit(options: AdmissionOptions): Promise<Admission> {
  const { table, platform, request, fingerprint, deadline } = options;
  const pk = requestLogKey(request.stackId, request.logicalId);
  const key: Key = { pk, sk: 'META' };
  const holder = Math.floor(platform.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
  const issued = request.issued === undefined ? {} : { issuedKind: request.issued.kind, issuedAt: request.issued.at };
  let arrived = false;
  let watched: { readonly of: string; readonly since: number } | undefined;

  for (;;) {
    const meta = toMeta(await table.get(key));
    const arriving = { requestId: request.requestId, type: request.type, issued: request.issued, fingerprint };
    const order = meta === undefined ? 'newer' : compareRequests(arriving, currentOf(meta), meta.successes);
    if (order === 'same' && meta!.answer !== undefined) return { kind: 'answered', body: meta!.answer };
    if (order !== 'same') {
      const kept = await table.get({ pk, sk: `ANS#${request.requestId}` });
      if (kept !== undefined) return { kind: 'answered', body: String(kept.body) };
    }
    if (order === 'older') return { kind: 'answered', body: await keepSuperseded(options, pk) };

    if (order === 'newer') {
      if (meta?.answer !== undefined) await keepAnswer(table, platform, pk, meta.requestId, meta.answer);
      const free = meta === undefined || meta.holder === '';
      const next: Record<string, Value | undefined> = {
        v: FORMAT,
        requestId: request.requestId,
        requestType: request.type,
        ...issued,
        admittedAt: platform.now(),
        fingerprint,
        attempts: 1,
        state: 'working',
        epoch: (meta?.epoch ?? 0) + (free ? 1 : 0),
        holder: free ? holder : meta.holder,
        beat: free ? 0 : meta.beat,
        successes: meta?.successes ?? [],
        previous: meta && previousOf(meta, request.type, fingerprint),
      };
      const stale = [
        'answer',
        'status',
        'ttl',
        ...(request.issued === undefined ? ['issuedKind', 'issuedAt'] : []),
      ];
      const written = await table.update(
        key,
        { set: next, remove: stale },
        meta === undefined
          ? { absent: true }
          : {
            equal: { requestId: meta.requestId, state: meta.state, epoch: meta.epoch, holder: meta.holder },
          },
      );
      arrived = true;
      if (written && free) return admitted(options, key, holder, { ...meta, ...next } as unknown as Meta);
      continue;
    }

    // the same request again: a redelivery, a duplicate, or our own write whose answer was lost
    if (meta!.holder === holder) return admitted(options, key, holder, meta!);
    if (!arrived) {
      // an attempt cannot see its number, and one that only waits is used up too, so arrivals are counted
      arrived = await table.update(
        key,
        { set: { attempts: meta!.attempts + 1 } },
        { equal: { requestId: request.requestId, attempts: meta!.attempts } },
      );
      continue;
    }
    const sign = `${meta!.epoch}/${meta!.holder}/${meta!.beat}`;
    if (watched?.of !== sign) watched = { of: sign, since: platform.monotonic() };
    if (meta!.holder === '' || platform.monotonic() - watched.since >= LEASE_MILLISECONDS) {
      const taken = { epoch: meta!.epoch + 1, holder, beat: 0 };
      const won = await table.update(
        key,
        { set: taken },
        {
          equal: {
            requestId: request.requestId,
            state: 'working',
            epoch: meta!.epoch,
            holder: meta!.holder,
            beat: meta!.beat,
          },
        },
      );
      if (won) return admitted(options, key, holder, { ...meta!, ...taken });
      continue;
    }
    if (platform.now() + LOOK_MILLISECONDS > deadline) {
      throw new Redeliver('another attempt of this request is still at work');
    }
    await platform.sleep(LOOK_MILLISECONDS);
  }
}

/** The right to act for a resource. Every write and call happens under it; a newer request or a stall takes it away. */
export class Lease {
  public readonly epoch: number;
  /** How often Lambda has delivered this request so far, this time included. */
  public readonly attempt: number;
  /** When the request was first admitted. */
  public readonly admittedAt: number;
  /** The request before this one; absent for the first. */
  public readonly previous?: Previous;
  private readonly ended = new AbortController();
  private beats: number;

  constructor(
    private readonly table: Table,
    private readonly platform: Platform,
    private readonly key: Key,
    private readonly holder: string,
    private readonly meta: Meta,
  ) {
    this.epoch = meta.epoch;
    this.attempt = meta.attempts;
    this.admittedAt = meta.admittedAt;
    this.previous = meta.previous;
    this.beats = meta.beat;
  }

  /** Whether these properties are one of the last two sets that were answered SUCCESS: then an Update to them is, or may be, a rollback. */
  public returnsTo(fingerprint: string): boolean {
    return this.meta.successes.includes(fingerprint);
  }

  /** Shows that this attempt lives, and that its request is still the current one; throws {@link LeaseLost} otherwise. */
  public async beat(): Promise<void> {
    this.beats += 1;
    if (!(await this.table.update(this.key, { set: { beat: this.beats } }, { equal: this.mine() }))) this.lose();
  }

  /** Beats until the lease ends. A beat that gets no answer is not a lost lease: the next write under the lease decides. */
  public async keepBeating(): Promise<void> {
    while (!this.ended.signal.aborted) {
      await this.platform.sleep(BEAT_MILLISECONDS, this.ended.signal);
      if (this.ended.signal.aborted) return;
      try {
        await this.beat();
      } catch (error) {
        this.platform.log('warn', 'beat failed', { error: (error as Error).name });
        if (error instanceof LeaseLost) return;
      }
    }
  }

  /** Decides the request: from here on its answer is `body`. */
  public async record(
    body: string,
    outcome: { readonly status: 'SUCCESS' | 'FAILED'; readonly fingerprint: string; readonly deleted: boolean },
  ): Promise<void> {
    const successes =
      outcome.status === 'SUCCESS' && !outcome.deleted
        ? [outcome.fingerprint, ...this.meta.successes.filter((other) => other !== outcome.fingerprint)].slice(0, 2)
        : this.meta.successes;
    const set = {
      state: 'answered',
      answer: body,
      status: outcome.status,
      successes: outcome.deleted ? [] : successes,
      ...(outcome.deleted ? { ttl: Math.floor(this.platform.now() / 1000) + KEPT_SECONDS } : {}),
    };
    if (!(await this.table.update(this.key, { set }, { equal: this.mine() }))) this.lose();
  }

  /** Gives the lease back, so that the next attempt or request need not wait for it to run out. */
  public async release(): Promise<void> {
    this.ended.abort();
    await this.table.update(this.key, { set: { holder: '' } }, { equal: { epoch: this.epoch, holder: this.holder } });
  }

  private mine(): Record<string, Value> {
    return { epoch: this.epoch, holder: this.holder, requestId: this.meta.requestId };
  }

  private lose(): never {
    this.ended.abort();
    throw new LeaseLost('a newer request or another attempt has taken over');
  }
}

/** A request that was given up and is asked for again takes the place of the first: what it takes back is still what was before that one. */
function previousOf(meta: Meta, type: RequestType, fingerprint: string): Previous | undefined {
  const again = type === 'Update' && meta.requestType === type && meta.fingerprint === fingerprint;
  if (again && meta.status === undefined) return meta.previous;
  return { requestId: meta.requestId, failed: meta.status !== 'SUCCESS' };
}

function admitted({ table, platform }: AdmissionOptions, key: Key, holder: string, meta: Meta): Admission {
  return { kind: 'admitted', lease: new Lease(table, platform, key, holder, meta) };
}

async function keepAnswer(
  table: Table,
  platform: Platform,
  pk: string,
  requestId: string,
  body: string,
): Promise<void> {
  const ttl = Math.floor(platform.now() / 1000) + KEPT_SECONDS;
  await table.update({ pk, sk: `ANS#${requestId}` }, { set: { body, ttl } }, { absent: true });
}

/** A superseded request is answered FAILED: CloudFormation no longer listens, and if the order was misjudged the stack fails in the open instead of waiting an hour. */
async function keepSuperseded(
  { table, platform, request, physicalId, data }: AdmissionOptions,
  pk: string,
): Promise<string> {
  const body = renderAnswer(
    { StackId: request.stackId, RequestId: request.requestId, LogicalResourceId: request.logicalId },
    {
      status: 'FAILED',
      physicalId,
      reason: 'a newer request for this resource has been served: nothing was done for this one',
      data,
    },
  );
  await keepAnswer(table, platform, pk, request.requestId, body);
  const kept = await table.get({ pk, sk: `ANS#${request.requestId}` });
  return kept === undefined ? body : String(kept.body);
}

function currentOf(meta: Meta): Current {
  const issued =
    meta.issuedKind === undefined || meta.issuedAt === undefined
      ? undefined
      : { kind: meta.issuedKind, at: meta.issuedAt };
  return {
    requestId: meta.requestId,
    type: meta.requestType,
    issued,
    fingerprint: meta.fingerprint,
    status: meta.status,
  };
}

function toMeta(item: Item | undefined): Meta | undefined {
  if (item === undefined) return undefined;
  const meta = item as unknown as Meta;
  if (typeof meta.v !== 'number' || meta.v > FORMAT) {
    throw new UnknownFormat(
      `the ledger was written by a newer release (format ${JSON.stringify(meta.v)}, this one knows ${FORMAT}): deploy with that release or a newer one`,
    );
  }
  return meta;
}
