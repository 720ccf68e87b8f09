/**
 * AWS Compute Optimizer Automation: who has it on, and which accounts of an organization are associated with its administrator.
 *
 * Sources, cited by tag: [B] the service model and its texts (API version 2025-09-22); Compute Optimizer User Guide: [COAORG] Enabling
 * Automation for your organization, [COASLR] service-linked roles for Automation, [COACT] Logging Compute Optimizer Automation API calls,
 * [CODA] Delegating an administrator account; [COATA] Organizations User Guide, "Compute Optimizer and Organizations"; [COQ] General
 * Reference, "Compute Optimizer endpoints and quotas"; [SARC] Service Authorization Reference; [MCP] the AWS Billing and Cost Management MCP
 * server; [I] inferred. What no source tells is read from `Environment.unknowns` at every call.
 */
import { AwsError, type Authorization, type Call, type Environment, type Service } from '../core';
import { COMPUTE_OPTIMIZER_PRINCIPAL, type AutomationStatus, type RefusableAssociation, type World } from '../organization-file';
import { ClientTokens } from './client-tokens';
import {
  forbidden, invalidParameterValue, notManagementAccount, optInRequired, parameterMismatch, resourceNotFound, throttled,
  tokenInUse,
} from './compute-optimizer-automation-errors';
import { accountIds, clientToken, desiredStatus, paged, type Input } from './compute-optimizer-automation-requests';
import {
  AUTOMATION_REGIONS, ComputeOptimizerAutomationWorld, type AutomationState, type Cause,
} from './compute-optimizer-automation-world';
import type { Organizations, Principal } from './organizations';
import { TokenBuckets, type Rate } from './token-buckets';

export {
  AUTOMATION_REGIONS, type AssociatedBy, type AutomationChange, type AutomationSnapshot,
} from './compute-optimizer-automation-world';

export interface ComputeOptimizerAutomationOptions {
  /** Calls for each account and Region, whatever the operation; false switches throttling off. Default 5 a second [COQ], burst 5 [I]. */
  throttling?: false | Rate;
  /** What the entries of `errors` say: `named` has the account's id, `opaque` has nothing to be learned from. Default `named`. */
  wording?: 'named' | 'opaque';
  /** Renames statuses in answers, as to one that nobody knows. */
  statusName?: (status: AutomationStatus) => string;
}

/** The answer of AssociateAccounts and DisassociateAccounts. */
export interface Dealt {
  readonly accountIds?: readonly string[];
  readonly errors?: readonly string[];
}

interface Calling<T extends string = string> {
  readonly operation: T;
  readonly caller: Principal;
  readonly region: string;
}

/** What a call does with one account. */
type Verdict =
  | { readonly kind: 'done'; readonly failure?: string }
  | { readonly kind: 'nothingToDo' | 'silent' }
  | { readonly kind: 'error' | 'wholeCall'; readonly text: string };

/** [B] "You can specify up to 50 account IDs." */
const MOST_ACCOUNTS = 50;
/** [COQ] "5 API calls per second" of Compute Optimizer, for each account and Region; none is published for Automation. */
const RATE: Rate = { perSecond: 5, burst: 5 };
/** [B] "Valid for 24 hours after creation." Said of AssociateAccounts; of the others [I]. */
const TOKEN_LIFETIME = 24 * 3_600_000;

/** [COACT] the text of a call that was refused as a whole. */
const NO_ACCESS = "The management account or the delegated administrator doesn't have access to this member account.";

type Operation = (automation: ComputeOptimizerAutomation, caller: Principal, region: string, input: Input) => unknown;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  AssociateAccounts: (automation, ...call) => automation.associateAccounts(...call),
  DisassociateAccounts: (automation, ...call) => automation.disassociateAccounts(...call),
  GetEnrollmentConfiguration: (automation, caller, region) => automation.getEnrollmentConfiguration(caller, region),
  ListAccounts: (automation, ...call) => automation.listAccounts(...call),
  UpdateEnrollmentConfiguration: (automation, ...call) => automation.updateEnrollmentConfiguration(...call),
};

/** The service. Operations are synchronous methods of their own, so that a simulation can call them at high speed. */
export class ComputeOptimizerAutomation extends ComputeOptimizerAutomationWorld implements Service {
  public readonly name = 'aco-automation';
  public readonly operations: ReadonlySet<string> = new Set(Object.keys(OPERATIONS));
  public readonly servedRegions = AUTOMATION_REGIONS;
  private readonly buckets: TokenBuckets;
  private readonly tokens: ClientTokens;

  constructor(
    environment: Environment,
    organizations: Organizations,
    world: World,
    public readonly options: ComputeOptimizerAutomationOptions = {},
  ) {
    super(environment, organizations, world);
    this.buckets = new TokenBuckets(environment.clock);
    this.tokens = new ClientTokens(environment.clock, {
      lifetime: TOKEN_LIFETIME,
      inUseFor: () => environment.unknowns.clientTokenInUseFor,
      keepsRefusals: () => environment.unknowns.refusedClientToken === 'kept',
      inUse: tokenInUse,
      mismatch: parameterMismatch,
    });
  }

  public async call(call: Call): Promise<unknown> {
    return this.dispatch(call);
  }

  /** {@link call} without a promise. */
  public dispatch({ operation, caller, region, input }: Call): unknown {
    const serve = OPERATIONS[operation];
    if (!serve) throw new AwsError('UnknownOperationException', `The embedded Compute Optimizer Automation has no ${operation}.`);
    return serve(this, caller, region, input);
  }

  /**
   * [SARC] No operation has a resource. [COAORG] Who switches Automation on may create its service-linked role; asked for only while
   * Automation is off [I].
   */
  public authorization({ operation, caller, input }: Call): Authorization[] {
    const own: Authorization = { action: `aco-automation:${operation}`, resources: ['*'] };
    const switchesOn = operation === 'UpdateEnrollmentConfiguration' && input?.status === 'Active'
      && this.truth(caller.accountId).status !== 'Active';
    return switchesOn ? [own, this.serviceLinkedRole(caller.accountId)] : [own];
  }

  public associateAccounts(caller: Principal, region: string, input: Input): Dealt {
    return this.deal('AssociateAccounts', caller, region, input);
  }

  public disassociateAccounts(caller: Principal, region: string, input: Input): Dealt {
    return this.deal('DisassociateAccounts', caller, region, input);
  }

  /** [B] "Lists the accounts in your organization that are enrolled in Compute Optimizer and whether they have enabled Automation." */
  public listAccounts(caller: Principal, region: string, input: Input) {
    this.enter(caller, region);
    const organizationId = this.administered(caller);
    this.requireAutomation(caller);
    const listed = this.organizations.accountIds(organizationId)
      .filter((each) => this.isListed(each, organizationId, caller));
    const { items, nextToken } = paged('ListAccounts', listed, input);
    return { accounts: items.map((each) => this.shownAccount(each, region)), nextToken };
  }

  /** Open to every account [B]: the declared errors do not have NotManagementAccountException. */
  public getEnrollmentConfiguration(caller: Principal, region: string) {
    this.enter(caller, region);
    const { accountId } = caller;
    if (!this.isKnown(accountId)) {
      switch (this.environment.unknowns.enrollmentOfNobody) {
        case 'resourceNotFound': throw resourceNotFound('The specified resource was not found.');
        case 'optInRequired': throw optInRequired('The account is not opted in to Compute Optimizer Automation.');
        case 'inactive': break;
      }
    }
    const state = this.seen(accountId);
    return { ...this.shownStatus(state), organizationRuleMode: this.shownMode(state, region) };
  }

  public updateEnrollmentConfiguration(caller: Principal, region: string, input: Input) {
    this.enter(caller, region);
    const status = desiredStatus(input);
    const token = clientToken(input);
    // [I] the operation declares OptInRequiredException, and Automation itself cannot be what it asks for
    if (!this.isEnrolledInComputeOptimizer(caller.accountId)) {
      throw optInRequired('The account must be opted in to Compute Optimizer before performing this action.');
    }
    const operation = 'UpdateEnrollmentConfiguration';
    return this.once({ operation, caller, region }, token, { status }, () => {
      const cause = api(operation, caller);
      if (status === 'Active') this.optInAs(caller, cause);
      else this.optOutAs(caller, cause);
      return this.shownStatus(this.truth(caller.accountId));
    });
  }

  private optInAs({ accountId }: Principal, cause: Cause): void {
    // [B] "You must wait at least 24 hours after opting out to opt in again."
    if (this.truth(accountId).status === 'Inactive' && this.hasOptedOut(accountId)) {
      throw this.enrollmentRefused('You must wait at least 24 hours after opting out to opt in again.');
    }
    this.switchOn(accountId, cause, this.failureOf(accountId));
  }

  /** [B] a member "must be disassociated from your organization's management account before you can disable Automation". */
  private optOutAs({ accountId }: Principal, cause: Cause): void {
    const { status, regions } = this.truth(accountId);
    if (regions.size > 0) {
      throw this.enrollmentRefused("The account must be disassociated from your organization's management account first.");
    }
    if (status !== 'Inactive') this.switchOff(accountId, cause);
  }

  private deal(operation: RefusableAssociation, caller: Principal, region: string, input: Input): Dealt {
    this.enter(caller, region);
    const ids = accountIds(input);
    const token = clientToken(input);
    this.requireFewEnough(operation, ids);
    const organizationId = this.administered(caller);
    this.requireAutomation(caller);
    return this.once({ operation, caller, region }, token, { accountIds: ids }, () => {
      const verdicts = ids.map((each) => this.verdict({ operation, caller, region }, each, organizationId));
      // [COACT] one account that the caller has no access to makes AWS refuse the call; nothing of it is done
      for (const verdict of verdicts) if (verdict.kind === 'wholeCall') throw invalidParameterValue(verdict.text);
      const done = ids.filter((_, i) => verdicts[i].kind === 'done' || verdicts[i].kind === 'nothingToDo');
      const errors = ids.flatMap((each, i) => this.errorTexts(each, verdicts[i]));
      ids.forEach((each, i) => this.carryOut({ operation, caller, region }, each, verdicts[i]));
      return this.lists(done, errors);
    });
  }

  private carryOut({ operation, caller, region }: Calling, accountId: string, verdict: Verdict): void {
    if (verdict.kind !== 'done') return;
    const cause = api(operation, caller);
    if (operation === 'AssociateAccounts') this.associate(accountId, region, cause, verdict.failure);
    else this.disassociate(accountId, region, cause);
  }

  private verdict(
    { operation, caller, region }: Calling<RefusableAssociation>, accountId: string, organizationId: string,
  ): Verdict {
    const refusal = this.refusal(accountId, operation);
    switch (refusal?.how) {
      case 'errors': return { kind: 'error', text: refusal.text };
      case 'wholeCall': return { kind: 'wholeCall', text: refusal.text };
      case 'silent': return { kind: 'silent' };
      default: break;
    }
    // [COAORG] without trusted access there are no members
    const accessible = this.hasTrustedAccess(organizationId)
      && this.organizations.organizationIdOf(accountId) === organizationId;
    if (!accessible) return this.refused(this.environment.unknowns.inaccessibleAccount, NO_ACCESS);
    return operation === 'AssociateAccounts'
      ? this.associationVerdict(accountId, organizationId, caller, region)
      : this.disassociationVerdict(accountId, region);
  }

  private associationVerdict(accountId: string, organizationId: string, caller: Principal, region: string): Verdict {
    const { unknowns } = this.environment;
    const state = this.truth(accountId);
    if (accountId === caller.accountId || accountId === this.organizations.managementAccountOf(organizationId)) {
      const { associateAdministrator } = unknowns;
      if (associateAdministrator === 'success') return { kind: 'nothingToDo' };
      return this.refused(associateAdministrator, 'The account is not a member account.');
    }
    if (!this.isEnrolledInComputeOptimizer(accountId) && unknowns.associateNotEnrolled !== 'accepted') {
      return this.refused(unknowns.associateNotEnrolled, NO_ACCESS);
    }
    if (this.organizations.stateOf(accountId) !== 'ACTIVE') {
      const { associateSuspended } = unknowns;
      const text = 'The account is suspended.';
      return associateSuspended === 'failed' ? { kind: 'done', failure: text } : this.refused(associateSuspended, text);
    }
    if (this.isAssociated(state, region) && (state.status === 'Active' || state.status === 'Pending')) {
      return this.redundant(unknowns.associateAssociated, 'The account is already associated.');
    }
    if (state.status === 'Inactive' && this.hasOptedOut(accountId)) {
      const text = 'The account opted out within the last 24 hours.';
      if (unknowns.associateOptedOut === 'errors') return { kind: 'error', text };
      if (unknowns.associateOptedOut === 'failed') return { kind: 'done', failure: text };
    }
    return { kind: 'done', failure: this.failureOf(accountId) };
  }

  private disassociationVerdict(accountId: string, region: string): Verdict {
    if (this.isAssociated(this.truth(accountId), region)) return { kind: 'done' };
    return this.redundant(this.environment.unknowns.disassociateUnassociated, 'The account is not associated.');
  }

  private refused(how: 'invalidParameterValue' | 'errors', text: string): Verdict {
    return { kind: how === 'errors' ? 'error' : 'wholeCall', text };
  }

  /** [B] the operations are idempotent, so success is likelier. */
  private redundant(how: 'success' | 'errors' | 'silent', text: string): Verdict {
    if (how === 'errors') return { kind: 'error', text };
    return { kind: how === 'success' ? 'nothingToDo' : 'silent' };
  }

  private failureOf(accountId: string): string | undefined {
    const refusal = this.refusal(accountId, 'AssociateAccounts');
    return refusal?.how === 'failed' ? refusal.text : undefined;
  }

  private errorTexts(accountId: string, verdict: Verdict): string[] {
    if (verdict.kind !== 'error') return [];
    return [this.options.wording === 'opaque' ? 'The request could not be completed.' : `Account ${accountId}: ${verdict.text}`];
  }

  /** [COACT] the sample answer has no `errors`. */
  private lists(done: readonly string[], errors: readonly string[]): Dealt {
    const keepsEmpty = this.environment.unknowns.emptyAutomationLists === 'empty';
    return {
      ...done.length > 0 || keepsEmpty ? { accountIds: done } : {},
      ...errors.length > 0 || keepsEmpty ? { errors } : {},
    };
  }

  /** Tokens are the calling account's, in the Region of the call [I]. */
  private once<T>(calling: Calling, token: string | undefined, parameters: object, serve: () => T): T {
    if (token === undefined) return serve();
    const { operation, caller, region } = calling;
    const scope = this.environment.unknowns.clientTokenScope === 'operation' ? operation : '';
    const key = `${caller.accountId} ${region} ${scope} ${token}`;
    return this.tokens.once(key, JSON.stringify([operation, parameters]), serve);
  }

  /** Throttling comes first [I]. */
  private enter({ accountId }: Principal, region: string): void {
    const rate = this.options.throttling ?? RATE;
    if (rate !== false && !this.buckets.take(`${accountId} ${region}`, rate)) throw throttled();
  }

  private requireFewEnough(operation: RefusableAssociation, ids: readonly string[]): void {
    const { overFiftyAssociated, overFiftyDisassociated } = this.environment.unknowns;
    const over = operation === 'AssociateAccounts' ? overFiftyAssociated : overFiftyDisassociated;
    if (ids.length > MOST_ACCOUNTS && over === 'invalidParameterValue') {
      throw invalidParameterValue(`You can specify up to ${MOST_ACCOUNTS} account IDs.`);
    }
  }

  /**
   * The organization that the caller acts for. [B] "Only the management account or a delegated administrator can perform this action."
   * That comes before the caller's own enrolment [I].
   */
  private administered({ accountId }: Principal): string {
    const organizationId = this.organizations.organizationIdOf(accountId);
    if (organizationId === undefined) throw notManagementAccount();
    if (this.organizations.managementAccountOf(organizationId) === accountId) return organizationId;
    const since = this.organizations.delegatedSince(accountId, COMPUTE_OPTIMIZER_PRINCIPAL);
    // without trusted access there is no delegated administrator [I]
    const settled = since !== undefined && since + this.environment.unknowns.delegationSettlesAfter <= this.now();
    if (!settled || !this.hasTrustedAccess(organizationId)) throw notManagementAccount();
    return organizationId;
  }

  /** [B] "The account must be opted in to Compute Optimizer Automation before performing this action." */
  private requireAutomation({ accountId }: Principal): void {
    if (!this.isEnrolledInComputeOptimizer(accountId) || this.truth(accountId).status !== 'Active') {
      throw optInRequired('The account must be opted in to Compute Optimizer Automation before performing this action.');
    }
  }

  private isListed(accountId: string, organizationId: string, caller: Principal): boolean {
    if (accountId === caller.accountId) return this.environment.unknowns.automationCaller === 'listed';
    return this.isEnrolledInComputeOptimizer(accountId) && this.hasTrustedAccess(organizationId);
  }

  private shownAccount(accountId: string, region: string) {
    const state = this.seen(accountId);
    return { accountId, ...this.shownStatus(state), organizationRuleMode: this.shownMode(state, region) };
  }

  private shownStatus({ status, statusReason, updatedAt }: AutomationState) {
    const lastUpdatedTimestamp = shownTime(updatedAt);
    return { status: this.options.statusName?.(status) ?? status, statusReason, lastUpdatedTimestamp };
  }

  private shownMode(state: AutomationState, region: string) {
    return this.isAssociated(state, region) ? 'AnyAllowed' : 'NoneAllowed';
  }

  private enrollmentRefused(message: string): AwsError {
    return this.environment.unknowns.enrollmentRefusal === 'forbidden' ? forbidden(message) : invalidParameterValue(message);
  }

  /** [COASLR][COAORG] AWSServiceRoleForComputeOptimizerAutomation, with the condition of the policy that AWS prints. */
  private serviceLinkedRole(accountId: string): Authorization {
    const path = 'aws-service-role/aco-automation.amazonaws.com/AWSServiceRoleForComputeOptimizerAutomation';
    return {
      action: 'iam:CreateServiceLinkedRole',
      resources: [`arn:${this.environment.partition}:iam::${accountId}:role/${path}`],
      context: { 'iam:AWSServiceName': 'aco-automation.amazonaws.com' },
    };
  }
}

function api(operation: string, { accountId, arn }: Principal): Cause {
  return { by: 'api', operation, callerArn: arn, callerAccountId: accountId };
}

/** What never changed shows as old. */
function shownTime(milliseconds: number): Date {
  return new Date(Number.isFinite(milliseconds) ? milliseconds : Date.UTC(2025, 0, 1));
}
