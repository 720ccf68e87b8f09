/**
 * What the engine needs to know of a service that has members: how to read them, which calls add and remove them, what its errors mean.
 *
 * An adapter knows one service's calls, limits and error names, and nothing of CloudFormation or the ledger.
 */

/** Live state of one account, as the last read shows it. */
export interface Live {
  readonly kind:
    /** In its goal state. */
    | 'goal'
    /** On its way there by itself. */
    | 'settling'
    /** Not a member: `steps` lead to the goal. */
    | 'absent'
    /** Known to the service but not a member yet, by somebody's earlier step: `steps` lead on, and nothing of it is ours to undo. */
    | 'started'
    /** Suspended by AWS: no call helps. */
    | 'suspended'
    /** Not a member, and no call helps until somebody has done what `cure` says. */
    | 'ineligible'
    /** A status that this release does not know: never acted upon. */
    | 'unknown';
  /** AWS's own word for it. */
  readonly status: string;
  /** The calls that bring the account to its goal, in order. */
  readonly steps: readonly string[];
  /** Of an ineligible account: why it is that, and what somebody has to do. */
  readonly cure?: string;
}

/** What a service answers to one call for several accounts: those it named as not processed, with its words. */
export interface CallAnswer {
  readonly unprocessed: ReadonlyMap<string, string>;
}

/** What an error of a whole call means for its accounts. */
export type CallFailure =
  /** The same call may succeed later. */
  | 'retry'
  /** One account spoils the call: try the halves. */
  | 'split'
  /** Some accounts may be gone: look, then call for the others; if none was, one of them spoils the call. */
  | 'look'
  /** AWS refuses these accounts. */
  | 'refuse'
  /** No call of this run can succeed. */
  | 'stop'
  /** AWS refuses these accounts, and the adapter knows what helps. */
  | { readonly refuse: string };

/** Of the call that failed: what tells a passing fault from a lasting one. */
export interface FailedCall {
  readonly step: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly accounts: number;
  /** A read has already taken out the accounts that were gone. */
  readonly looked: boolean;
}

/** Why an account is not in its goal state, as far as another read tells. */
export interface Cause {
  /**
   * `skip`: it cannot be a member, and nobody need do anything. `foreign`: it does not belong to the organization; if it was a member before, it has
   * left. `other`: somebody has to do what the words say.
   */
  readonly kind: 'skip' | 'foreign' | 'other';
  readonly words: string;
}

/** Why a read is made. To `leave`, an administrator that AWS no longer knows has no members; to `join`, nothing can be done. */
export type Purpose = 'join' | 'leave';

/** Stops the run: nothing can be done for any account. The message says why and what to do. */
export class Stop extends Error {
  public readonly name = 'Stop';
}

export interface MembershipService {
  /** As it stands in the ledger's keys. */
  readonly name: string;
  /** All steps that add, in the order in which they are made. */
  readonly joinSteps: readonly string[];
  /** Steps that can make an account a member: before them a claim is written. */
  readonly claimingSteps: ReadonlySet<string>;
  /** Steps that take away what stands in the way of the next ones, and would take those away, too, if they came late. */
  readonly clearingSteps: ReadonlySet<string>;
  /** Most accounts in one call. */
  readonly accountsPerCall: number;
  /** One account that is gone spoils a whole removing call, so who is still there is read first. */
  readonly looksBeforeLeaving: boolean;
  /** The calls by which a member is removed, in order. `outside` accounts do not belong to the organization. */
  leaveSteps(outside: boolean): readonly string[];
  /** Checks what must hold before any account is added; throws {@link Stop} with the cure. */
  beforeJoining(accounts: readonly string[]): Promise<void>;
  /** Reads the live state; every account asked for is in the answer. */
  observe(accounts: readonly string[], purpose: Purpose): Promise<Map<string, Live>>;
  /** Sends one request. */
  call(step: string, accounts: readonly string[], signal: AbortSignal): Promise<CallAnswer>;
  judge(error: unknown, call: FailedCall): CallFailure | Promise<CallFailure>;
  /**
   * Asked when a removal was refused, or had no effect: the reason for which AWS keeps these members whatever we do (Security Hub's central
   * configuration), so that letting them go is the way out; undefined where there is none.
   */
  keepsMembers(): Promise<string | undefined>;
  /** Looks up accounts that AWS refused, or that do not arrive: those of which a cause is found. */
  causes(accounts: readonly string[]): Promise<Map<string, Cause>>;
  /** Words for the person on call about an error that stops the run. */
  explain(error: unknown): Promise<string>;
}
