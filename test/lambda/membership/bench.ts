/**
 * A membership service that is nobody's, with the real ledger, lease and clock around it, to see what the engine makes of what a service does.
 */
import type { World } from '../../../lambda/membership/calls';
import { type Goal, type Report, reconcile } from '../../../lambda/membership/engine';
import { Ledger, type Row, resourceKey, scopeKey } from '../../../lambda/membership/ledger';
import {
  type CallAnswer,
  type CallFailure,
  type Cause,
  type FailedCall,
  type Live,
  type MembershipService,
  type Purpose,
  Stop,
} from '../../../lambda/membership/service';
import { errorName, transient } from '../../../lambda/runtime/errors';
import { type Lease, admit } from '../../../lambda/runtime/request-log';
import type { Item } from '../../../lambda/runtime/table';
import { MemoryTable } from '../support/memory-table';
import { VirtualPlatform } from '../support/virtual-platform';

export const STACK = 'arn:aws:cloudformation:us-east-1:111111111111:stack/Stack/1';
export const SCOPE = { service: 'club', administrator: '111111111111', region: 'us-east-1' };
/** Longer than any test lasts. */
const DAY = 24 * 3600_000;

/** Account ids from `000000000000` on. */
export function accounts(count: number, first = 0): string[] {
  return Array.from({ length: count }, (_, index) => String(first + index).padStart(12, '0'));
}

/** An error as the SDK throws it: with a status it is AWS's own word, without one the connection broke. */
export function awsError(name: string, status?: number, message = `${name} message`): Error {
  const fault = status === undefined ? {} : { $fault: status < 500 ? 'client' : 'server' };
  const metadata = status === undefined ? {} : { httpStatusCode: status, requestId: `id-${name}` };
  return Object.assign(new Error(message), { name, ...fault, $metadata: metadata });
}

export const THROTTLED = awsError('ThrottlingException', 429);
export const INVALID = awsError('Invalid', 400);
export const MISSING = awsError('Missing', 404);
export const DENIED = awsError('Denied', 403);
export const STOPPED = awsError('Stopped', 401);
export const RESET = Object.assign(awsError('Error', undefined, 'read ECONNRESET'), { code: 'ECONNRESET' });
export const BROKEN = awsError('InternalServerError', 500);

export interface ClubCall {
  readonly step: string;
  readonly accounts: readonly string[];
  /** Of all calls, from 0. */
  readonly index: number;
  readonly at: number;
}

/** What goes wrong with a call: an error instead of its effect, or after it; or no answer at all, without or with the effect. */
export type ClubFault =
  | { readonly error: Error; readonly effect?: 'none' | 'some' }
  | { readonly silence: true; readonly effect?: 'none' | 'some' };

type Status = Live['kind'];

export class Club implements MembershipService {
  public readonly name = SCOPE.service;
  public readonly joinSteps = ['Erase', 'Add', 'Invite'];
  public readonly claimingSteps = new Set(['Erase', 'Add']);
  public readonly clearingSteps = new Set(['Erase']);
  public readonly accountsPerCall = 50;
  public looksBeforeLeaving = false;
  public readonly calls: ClubCall[] = [];
  public readonly judged: FailedCall[] = [];
  public readonly reads: { readonly accounts: readonly string[]; readonly purpose: Purpose }[] = [];
  /** Asked for every call. */
  public fault?: (call: ClubCall) => ClubFault | undefined;
  /** Runs when a call arrives, before its effect. */
  public arrival?: (call: ClubCall) => void | Promise<void>;
  /** Runs before each read. */
  public beforeRead?: (read: readonly string[]) => void | Promise<void>;
  /** Accounts that an answer names as not processed, with its words. */
  public readonly refusals = new Map<string, string>();
  /** What a closer look finds, where it is asked for. */
  public readonly found = new Map<string, Cause>();
  /** Accounts of each closer look. */
  public readonly lookups: (readonly string[])[] = [];
  /** Why members are kept whatever is called. */
  public keeping?: string;
  /** What stops every join. */
  public closed?: string;
  /** How long an effect stays invisible to reads. */
  public settling = 0;
  /** How long a call takes. */
  public latency = 0;
  /** The state that an account gets by joining. */
  public joinedAs: Status = 'goal';
  /** Removals are accepted without effect. */
  public sticky = false;
  public underWay = 0;
  public mostUnderWay = 0;
  private readonly history = new Map<string, { readonly at: number; readonly status: Status }[]>();

  constructor(private readonly platform: VirtualPlatform) {}

  public set(account: string, status: Status, at = this.platform.clock.now()): void {
    this.history.set(account, [...(this.history.get(account) ?? []), { at, status }]);
  }

  public status(account: string, at = Infinity): Status {
    return this.history.get(account)?.filter((entry) => entry.at <= at).at(-1)?.status ?? 'absent';
  }

  /** Accounts that are members now. */
  public members(): string[] {
    return [...this.history.keys()].filter((account) => this.status(account) === 'goal').sort();
  }

  /** Steps and sizes of the calls so far. */
  public tally(): string[] {
    return this.calls.map(({ step, accounts: { length } }) => `${step} ${length}`);
  }

  public leaveSteps(outside: boolean): readonly string[] {
    return outside ? ['Remove', 'Erase'] : ['Remove'];
  }

  public async beforeJoining(): Promise<void> {
    if (this.closed !== undefined) throw new Stop(this.closed);
  }

  public async observe(read: readonly string[], purpose: Purpose): Promise<Map<string, Live>> {
    this.reads.push({ accounts: read, purpose });
    await this.beforeRead?.(read);
    const then = this.platform.clock.now() - this.settling;
    return new Map(read.map((account) => [account, liveOf(this.status(account, then))]));
  }

  public async call(step: string, of: readonly string[], signal: AbortSignal): Promise<CallAnswer> {
    const call = { step, accounts: of, index: this.calls.length, at: this.platform.clock.now() };
    this.calls.push(call);
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      await this.arrival?.(call);
      if (this.latency > 0) await this.platform.sleep(this.latency, signal);
      const fault = this.fault?.(call);
      const unprocessed = fault === undefined || fault.effect === 'some' ? this.apply(step, of) : new Map();
      if (fault === undefined) return { unprocessed };
      if ('error' in fault) throw fault.error;
      return await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(awsError('AbortError')));
      });
    } finally {
      this.underWay--;
    }
  }

  public judge(error: unknown, call: FailedCall): CallFailure {
    this.judged.push(call);
    switch (errorName(error)) {
      case 'Invalid':
        return 'split';
      case 'Missing':
        return 'look';
      case 'Stopped':
        return 'stop';
      default:
        return transient(error) ? 'retry' : 'refuse';
    }
  }

  public async keepsMembers(): Promise<string | undefined> {
    return this.keeping;
  }

  public async causes(of: readonly string[]): Promise<Map<string, Cause>> {
    this.lookups.push(of);
    const found = of.filter((account) => this.found.has(account));
    return new Map(found.map((account) => [account, this.found.get(account)!]));
  }

  public async explain(error: unknown): Promise<string> {
    return `explained: ${errorName(error)}`;
  }

  private apply(step: string, of: readonly string[]): Map<string, string> {
    const unprocessed = new Map<string, string>();
    for (const account of of) {
      const refusal = this.refusals.get(account) ?? this.objection(step, account);
      if (refusal === undefined) this.effect(step, account);
      else unprocessed.set(account, refusal);
    }
    return unprocessed;
  }

  private objection(step: string, account: string): string | undefined {
    return step === 'Add' && this.status(account) === 'goal' ? 'already a member' : undefined;
  }

  private effect(step: string, account: string): void {
    if (step === 'Add') this.set(account, this.joinedAs);
    else if (step === 'Invite') this.set(account, 'goal');
    else if (!this.sticky && this.status(account) !== 'absent') this.set(account, 'absent');
  }
}

function liveOf(kind: Status): Live {
  const steps = kind === 'suspended' || kind === 'unknown' || kind === 'ineligible' ? [] : ['Add'];
  return { kind, status: `is-${kind}`, steps, ...(kind === 'ineligible' ? { cure: 'sign up first' } : {}) };
}

export interface Opened extends World {
  readonly lease: Lease;
}

export interface RequestOptions {
  readonly type?: 'Create' | 'Update' | 'Delete';
  readonly logicalId?: string;
  readonly requestId?: string;
  /** Milliseconds until nothing new is started. */
  readonly time?: number;
}

export type GoalOptions = Partial<Omit<Goal, 'wanted'>> & { readonly rollback?: boolean; readonly waitedMilliseconds?: number };

export class Bench {
  public readonly table = new MemoryTable('Ledger');
  public readonly platform: VirtualPlatform;
  public readonly club: Club;
  private requests = 0;

  constructor(seed = 1) {
    this.platform = new VirtualPlatform({ seed });
    this.club = new Club(this.platform);
  }

  public run<T>(work: Promise<T>): Promise<T> {
    return this.platform.run(work);
  }

  /** Admits a request: the world as its attempt sees it. Requests are issued one after the other. */
  public async open({ type = 'Create', logicalId = 'A', requestId, time = DAY }: RequestOptions = {}): Promise<Opened> {
    const number = ++this.requests;
    const id = requestId ?? `request-${number}`;
    const admission = await this.run(
      admit({
        table: this.table,
        platform: this.platform,
        request: {
          type,
          requestId: id,
          stackId: STACK,
          logicalId,
          physicalId: `physical-${logicalId}`,
          properties: {},
          responseUrl: 'https://answers.invalid/',
          issued: { kind: 'X-Amz-Date', at: number * 10_000 },
          serviceTimeoutSeconds: 3600,
        },
        fingerprint: id,
        physicalId: `physical-${logicalId}`,
        data: {},
        deadline: this.platform.now() + DAY,
      }),
    );
    if (admission.kind !== 'admitted') throw new Error('the request was not admitted');
    const { table, platform, club: service } = this;
    const ledger = new Ledger(table, platform, admission.lease, SCOPE, { stackId: STACK, logicalId }, id);
    return { platform, ledger, service, requestId: id, deadline: platform.now() + time, lease: admission.lease };
  }

  /** One whole request: admitted, reconciled and answered. */
  public async request(wanted: readonly string[], options: RequestOptions & GoalOptions = {}): Promise<Report> {
    const world = await this.open(options);
    const ended = await this.reconcile(world, wanted, options).then(
      (report) => ({ report }),
      (error: Error) => ({ error }),
    );
    const failed = 'error' in ended || ended.report.shortfall !== undefined;
    const status = failed ? 'FAILED' : 'SUCCESS';
    const deleted = options.type === 'Delete' && !failed;
    await this.run(world.lease.record(status, { status, fingerprint: world.requestId, deleted }));
    await this.run(world.lease.release());
    if ('error' in ended) throw ended.error;
    return ended.report;
  }

  /** One attempt of a request; what it leaves behind where it throws is what a killed one leaves. */
  public reconcile(
    world: Opened,
    wanted: readonly string[],
    options: RequestOptions & GoalOptions = {},
  ): Promise<Report> {
    const { type = 'Create', rollback = false, waitedMilliseconds = 0, ...rest } = options;
    const { logicalId: _id, requestId: _request, time: _time, ...goal } = rest;
    return this.run(
      reconcile(
        world,
        {
          wanted,
          listed: wanted,
          outside: new Set(),
          excluded: new Map(),
          existingMembers: 'leave',
          dropped: 'remove',
          failureTolerance: { kind: 'none' },
          removalLimit: { kind: 'percentage', percentage: 10 },
          waitSeconds: 600,
          ...goal,
        },
        { type, rollback, waitedMilliseconds, previous: world.lease.previous },
      ),
    );
  }

  /** The ledger's row of an account. */
  public row(account: string, logicalId = 'A'): Row | undefined {
    return this.item(`A#${account}#${this.resource(logicalId)}`) as unknown as Row | undefined;
  }

  /** The announcements that stand in a resource's lane. */
  public lane(logicalId = 'A'): { op: string; accounts: string; requestId: string; until: number }[] {
    return (this.item(`L#${this.resource(logicalId)}`)?.intents ?? []) as any;
  }

  public wants(logicalId = 'A'): string[] {
    return String(this.item(`W#${this.resource(logicalId)}`)?.accounts ?? '').split(' ').filter((id) => id !== '');
  }

  public item(sk: string): Item | undefined {
    return this.table.all().find((item) => item.pk === scopeKey(SCOPE) && item.sk === sk);
  }

  public resource(logicalId = 'A'): string {
    return resourceKey({ stackId: STACK, logicalId });
  }
}
