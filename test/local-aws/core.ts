/**
 * The seams of the embedded AWS: what a service is, who calls it, and what it answers.
 *
 * One way through: an HTTP request (or the same object, in process) is decoded by `wire/`, authorised by `iam/`, written to the
 * journal, offered to the fault hooks, served by a service, and encoded in that service's own protocol. Services know neither HTTP
 * nor faults; nothing below `test/local-aws` imports from `src/` or `lambda/`.
 */
import type { Clock } from './clock';

/** Who makes a call, as its access key tells. */
export interface Caller {
  readonly accountId: string;
  readonly accessKeyId: string;
  /** Set when the caller is an assumed role; its policies are evaluated. Without it the caller is an administrator user of the account. */
  readonly roleName?: string;
  readonly sessionName?: string;
  readonly arn: string;
}

/** One decoded call of one service operation. */
export interface Call {
  /** The name in the credential scope: `securityhub`, `organizations`, `sts`, `cloudformation`, `dynamodb`, … */
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly caller: Caller;
  /** Members as in the service's model, whatever the protocol. */
  readonly input: any;
}

/** An error that AWS answers: `code` is the error's name, `members` its other members (Message is added from `message`). */
export class AwsError extends Error {
  constructor(
    public readonly code: string,
    message: string,
    public readonly status: number = 400,
    public readonly members: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = code;
  }
}

/** A modelled service. `call` answers the operation's output or throws an {@link AwsError}. */
export interface Service {
  readonly name: string;
  /** The operations that are modelled; others are answered as unknown before they are authorised. Default: the service decides. */
  readonly operations?: ReadonlySet<string>;
  /** The Regions in which the service has an endpoint; default all. */
  readonly servedRegions?: ReadonlySet<string>;
  call(call: Call): Promise<unknown>;
  /** The IAM actions and the resource ARNs that the call is authorised against, all of which must be allowed; default `<service>:<operation>` on `*`. */
  authorization?(call: Call): readonly Authorization[];
}

/** One action that a call needs, on one or several resources. */
export interface Authorization {
  readonly action: string;
  readonly resources: readonly string[];
  /** Condition keys of the service, besides the global ones. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

/** What came of a call. */
export interface Outcome {
  readonly output?: any;
  readonly error?: { readonly code: string; readonly message: string; readonly status: number };
}

/** One line of the journal, in the order in which calls arrived. */
export interface JournalEntry {
  readonly index: number;
  readonly at: number;
  readonly call: Call;
  /** What AWS answered; absent while the call is under way or when it never came back. */
  answer?: Outcome;
  /** What the service itself said, even when a fault kept that from the caller. */
  effect?: Outcome;
  /** True once the service has been asked: the call may have had its effect. */
  reached: boolean;
  /** The place among the calls that reached their service: a delayed call arrives early and takes effect late. */
  reachedAs?: number;
  /** When the call reached its service. */
  reachedAt?: number;
  /** Fault that was injected, if any. */
  fault?: string;
}

/**
 * What a fault hook may order for one call. `before` faults keep the call from its service; `after` faults let it take effect.
 * `reset` closes the connection without an answer, `hang` never answers, `error` answers this error, `delay` waits first.
 */
export type Fault =
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  | { readonly kind: 'hang'; readonly when: 'before' | 'after' }
  | { readonly kind: 'error'; readonly when: 'before' | 'after'; readonly error: AwsError }
  | { readonly kind: 'garbage'; readonly when: 'after' }
  | { readonly kind: 'delay'; readonly milliseconds: number };

/** Asked once for every call before it reaches its service. */
export type FaultHook = (call: Call, index: number) => Fault | undefined;

/** An HTTP request as the wire layer sees it, in process or from a socket. `path` includes the query string. */
export interface WireRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Thrown by `EmbeddedAws.handle` where a fault closes the connection instead of answering. */
export class ConnectionReset extends Error {
  public readonly code: string = 'ECONNRESET';
  public readonly name: string = 'ConnectionReset';
}

/** Thrown where a service has no endpoint: a name that cannot be resolved in process, a connection that breaks on a socket. */
export class EndpointMissing extends ConnectionReset {
  public readonly code = 'ENOTFOUND';
  public readonly name = 'EndpointMissing';
  public readonly syscall = 'getaddrinfo';

  constructor(public readonly hostname: string) {
    super(`getaddrinfo ENOTFOUND ${hostname}`);
  }
}

/** What is unsettled about Compute Optimizer Automation. */
export interface AutomationUnknowns {
  /** Whether an association counts in all Regions or in the Region of the call only. */
  associationScope: 'global' | 'regional';
  /** How AssociateAccounts tells of an account that is associated already: done, as an error, or not at all. */
  associateAssociated: 'success' | 'errors' | 'silent';
  /** How DisassociateAccounts tells of an account that is not associated. */
  disassociateUnassociated: 'success' | 'errors' | 'silent';
  /** Whether an account that is not in the organization makes AWS refuse the whole call. */
  inaccessibleAccount: 'invalidParameterValue' | 'errors';
  /** What AssociateAccounts does with an account of the organization that is not enrolled in Compute Optimizer. */
  associateNotEnrolled: 'invalidParameterValue' | 'errors' | 'accepted';
  /** What AssociateAccounts does with a suspended or closing account; `failed`: it turns Failed. */
  associateSuspended: 'invalidParameterValue' | 'errors' | 'failed';
  /** What AssociateAccounts does with an account that has opted out within 24 hours. */
  associateOptedOut: 'accepted' | 'errors' | 'failed';
  /** What AssociateAccounts does with the caller itself and with the management account. */
  associateAdministrator: 'invalidParameterValue' | 'errors' | 'success';
  /** Whether an account that has Automation on passes through `Pending` when it is associated. */
  associateActive: 'staysActive' | 'turnsPending';
  /** What more than 50 accounts in one AssociateAccounts get. */
  overFiftyAssociated: 'invalidParameterValue' | 'accepted';
  /** What more than 50 accounts in one DisassociateAccounts get; no number is documented. */
  overFiftyDisassociated: 'invalidParameterValue' | 'accepted';
  /** Whether an empty list of an answer is there. */
  emptyAutomationLists: 'absent' | 'empty';
  /** What becomes of Automation in an account that is disassociated. */
  disassociatedStatus: 'unchanged' | 'Inactive';
  /** Whether ListAccounts lists the caller. */
  automationCaller: 'listed' | 'omitted';
  /** What UpdateEnrollmentConfiguration says to an account that has to wait, or to be disassociated first. */
  enrollmentRefusal: 'invalidParameterValue' | 'forbidden';
  /** What GetEnrollmentConfiguration answers to an account that never had Automation. */
  enrollmentOfNobody: 'inactive' | 'resourceNotFound' | 'optInRequired';
  /** Whether one client token can stand in calls of two operations. */
  clientTokenScope: 'operation' | 'account';
  /** Whether the client token of a call that was refused as a whole is remembered, and so the refusal repeated. */
  refusedClientToken: 'free' | 'kept';
  /** Milliseconds for which a repetition of a call finds its client token in use. */
  clientTokenInUseFor: number;
  /** Milliseconds that an account stays `Pending` after Automation was switched on. */
  automationPendingFor: number;
}

/** An unsettled question about AWS, with the settings that are tested. Defaults are the ones that `aws-facts.md` finds likelier. */
export interface Unknowns extends AutomationUnknowns {
  /** What CreateMembers answers for an organization account under CENTRAL configuration. */
  createMembersUnderCentral: 'accessDenied' | 'unprocessed' | 'accepted';
  /** What DisassociateMembers does with an organization account under CENTRAL configuration. */
  disassociateUnderCentral: 'accessDenied' | 'noEffect' | 'works';
  /** What DeleteMembers does with an organization account. */
  deleteMembersOfOrganization: 'unprocessed' | 'works';
  /** What more than 50 accounts in one call get. */
  overFifty: 'invalidInput' | 'unprocessed';
  /** What CreateMembers says of an account that is a member already. */
  createExistingMember: 'unprocessed' | 'accepted';
  /** Whether DisassociateMembers of an unknown account is an error. */
  disassociateUnknown: 'silent' | 'resourceNotFound';
  /** What a caller that is no administrator gets from the member operations. */
  notAdministrator: 'invalidAccess' | 'accessDenied';
  /** Milliseconds that a new organization member stays `Created`. */
  createdFor: number;
  /** Milliseconds until a change of membership shows in reads. */
  readsSettleAfter: number;
  /** Which comes first when a failed Create is repeated without rollback. */
  retryWithoutRollback: 'deleteFirst' | 'createFirst';
  /** Milliseconds for which AWS does not yet know a newly delegated administrator. */
  delegationSettlesAfter: number;
  /** What a caller that is no administrator gets from GetMembers and ListMembers. */
  readsOfNonAdministrator: 'refused' | 'empty';
  /** How a reached quota is told: for the whole call or for each account beyond it. */
  quotaReached: 'limitExceeded' | 'unprocessed';
  /** What CreateMembers says of a suspended or closing account of the organization. */
  createSuspended: 'accountSuspended' | 'unprocessed';
  /** Whether an account that central configuration leaves self-managed is treated as under local configuration. */
  selfManagedUnderCentral: 'asLocal' | 'asGoverned';
  /** What CreateMembers says of an outside account whose Removed or Resigned entry has not been deleted. */
  recreateOutside: 'unprocessed' | 'accepted';
  /** What DeleteMembers leaves behind. */
  deletedMember: 'absent' | 'Deleted';
  /** What CreateMembers says of an account number that nobody has. */
  createUnknownAccount: 'accepted' | 'unprocessed';
  /** Which of `State` and the older `Status` an Organizations account shows. */
  accountStateMembers: 'both' | 'stateOnly' | 'statusOnly';
}

/** What the services share. */
export interface Environment {
  readonly clock: Clock;
  readonly unknowns: Unknowns;
  readonly partition: string;
  /** A number in [0, 1), seeded. */
  random(): number;
}
