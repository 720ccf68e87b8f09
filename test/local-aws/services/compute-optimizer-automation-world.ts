/**
 * What is true in Compute Optimizer and its Automation, whatever reads show: enrolments and associations over time, what AWS does by
 * itself, and what people do out of band.
 *
 * Sources by tag as in `compute-optimizer-automation.ts`.
 */
import type { Environment } from '../core';
import {
  COMPUTE_OPTIMIZER_PRINCIPAL,
  type AssociationRefusalDescription, type AutomationStatus, type RefusableAssociation, type RuleMode, type World,
} from '../organization-file';
import type { Organizations } from './organizations';
import { Timeline } from './timeline';

/** How an account came to be associated. */
export type AssociatedBy = 'preset' | 'api' | 'thirdParty';

/** An account as it stands now, whatever reads show. */
export interface AutomationSnapshot {
  readonly accountId: string;
  readonly enrolledInComputeOptimizer: boolean;
  readonly status: AutomationStatus;
  readonly statusReason?: string;
  /** In any Region. */
  readonly organizationRuleMode: RuleMode;
  /** The Regions in which it is associated; `global` where that is not told apart. */
  readonly regions: readonly string[];
  /** Absent unless it is associated. */
  readonly associatedBy?: AssociatedBy;
  readonly associatedByArn?: string;
  readonly updatedAt: number;
}

/** One change of one account. */
export interface AutomationChange {
  readonly at: number;
  readonly accountId: string;
  /** Where an association began or ended; `global` where that is not told apart. Absent if only the status changed. */
  readonly region?: string;
  readonly fromStatus: AutomationStatus;
  readonly toStatus: AutomationStatus;
  /** In any Region. */
  readonly fromMode: RuleMode;
  readonly toMode: RuleMode;
  /** `api`: the call of somebody; `thirdParty`: somebody out of band; `aws`: what AWS does by itself. */
  readonly by: 'api' | 'thirdParty' | 'aws';
  /** The API operation, or what happened. */
  readonly operation: string;
  readonly callerArn?: string;
  readonly callerAccountId?: string;
}

/** Why something changes, for the log. */
export type Cause = Pick<AutomationChange, 'by' | 'operation' | 'callerArn' | 'callerAccountId'>;

/** What a read shows of an account. */
export interface AutomationState {
  readonly status: AutomationStatus;
  readonly statusReason?: string;
  readonly updatedAt: number;
  /** The Regions in which the organization's rules may act. */
  readonly regions: ReadonlySet<string>;
}

type Refusal = Required<AssociationRefusalDescription>;

/** What `Pending` turns into by itself. */
interface Pending {
  readonly at: number;
  readonly status: AutomationStatus;
  readonly statusReason?: string;
}

interface Enrolment {
  readonly accountId: string;
  readonly timeline: Timeline<AutomationState>;
  pending?: Pending;
  optedOutAt?: number;
  associatedBy?: AssociatedBy;
  associatedByArn?: string;
}

/** An account in which Automation never was on. */
const NEVER: AutomationState = { status: 'Inactive', updatedAt: -Infinity, regions: new Set() };

/** [B] "You must wait at least 24 hours after opting out to opt in again." */
const WAIT_AFTER_OPTING_OUT = 24 * 3_600_000;

const GLOBAL = 'global';

/** What is true, what happens by itself, and what somebody else does. */
export abstract class ComputeOptimizerAutomationWorld {
  /** Every change, oldest first. Presets are not changes. */
  public readonly log: AutomationChange[] = [];
  private readonly enrolments = new Map<string, Enrolment>();
  private readonly enrolled: Set<string>;
  private readonly withoutTrustedAccess: Set<string>;
  private readonly refusals = new Map<string, Refusal>();

  constructor(
    protected readonly environment: Environment,
    protected readonly organizations: Organizations,
    world: World,
  ) {
    const { enrolled, automation, withoutTrustedAccess, refusals } = world.computeOptimizer;
    this.enrolled = new Set(enrolled);
    this.withoutTrustedAccess = new Set(withoutTrustedAccess);
    for (const each of refusals) this.refusals.set(each.accountId, each);
    for (const each of automation) {
      const { accountId, status, statusReason, since: updatedAt, organizationRuleMode } = each;
      const enrolment = this.enrolment(accountId);
      const regions = new Set(organizationRuleMode === 'AnyAllowed' ? this.everywhere() : []);
      enrolment.timeline.change(-Infinity, { status, statusReason, updatedAt, regions }, -Infinity);
      enrolment.optedOutAt = each.optedOut;
      if (regions.size > 0) enrolment.associatedBy = 'preset';
      if (status === 'Pending') enrolment.pending = this.soon({ status: 'Active' });
    }
    organizations.onEvent((event) => {
      switch (event.kind) {
        case 'leaving': return this.dissociate(event.accountId, 'leftOrganization');
        case 'stateChanging': return event.state === 'CLOSED' ? this.close(event.accountId) : undefined;
        case 'joined': return undefined;
      }
    });
  }

  /** An account as it is. */
  public account(accountId: string): AutomationSnapshot {
    const { status, statusReason, updatedAt, regions } = this.truth(accountId);
    const { associatedBy, associatedByArn } = this.enrolments.get(accountId) ?? {};
    return {
      accountId,
      enrolledInComputeOptimizer: this.enrolled.has(accountId),
      status,
      statusReason,
      organizationRuleMode: modeOf(regions),
      regions: [...regions],
      ...regions.size > 0 ? { associatedBy, associatedByArn } : {},
      updatedAt,
    };
  }

  /** The accounts that are associated, whatever reads show. */
  public associatedAccounts(): string[] {
    return [...this.enrolments.keys()].filter((each) => this.truth(each).regions.size > 0);
  }

  /** The changes so far, including those that time has brought about. */
  public changes(filter: Partial<AutomationChange> = {}): AutomationChange[] {
    for (const accountId of this.enrolments.keys()) this.truth(accountId);
    const wanted = Object.entries(filter);
    return this.log
      .filter((each) => wanted.every(([key, value]) => each[key as keyof AutomationChange] === value))
      .sort((a, b) => a.at - b.at);
  }

  /** The account opts in to Compute Optimizer itself. */
  public enrollInComputeOptimizer(accountId: string): void {
    this.enrolled.add(accountId);
  }

  /** The account opts out of Compute Optimizer itself: it is not listed any more. */
  public leaveComputeOptimizer(accountId: string): void {
    this.enrolled.delete(accountId);
  }

  /** [COAORG] "Losing trusted access takes the members away". What was associated before is so again when it is given back [I]. */
  public setTrustedAccess(organizationId: string, on: boolean): void {
    if (on) this.withoutTrustedAccess.delete(organizationId);
    else this.withoutTrustedAccess.add(organizationId);
  }

  /** Somebody else associates an account. */
  public associateAccount(accountId: string, region: string = 'us-east-1'): void {
    if (this.organizations.organizationIdOf(accountId) === undefined) throw new Error(`${accountId} is in no organization`);
    this.associate(accountId, region, thirdParty('associateAccount'));
  }

  /** Somebody else disassociates an account, in all Regions. */
  public disassociateAccount(accountId: string): void {
    for (const region of this.truth(accountId).regions) this.disassociate(accountId, region, thirdParty('disassociateAccount'));
  }

  /** The account's owner switches Automation on; it takes no time. */
  public optIn(accountId: string): void {
    this.change(accountId, { status: 'Active', statusReason: undefined }, thirdParty('optIn'));
  }

  /** The account's owner switches Automation off, also where AWS would have refused it. */
  public optOut(accountId: string): void {
    this.enrolment(accountId).optedOutAt = this.now();
    this.change(accountId, { status: 'Inactive', statusReason: undefined }, thirdParty('optOut'));
  }

  /** Automation of an account fails, for a reason that reads show. */
  public fail(accountId: string, statusReason: string): void {
    this.change(accountId, { status: 'Failed', statusReason }, aws('failed'));
  }

  /** AWS refuses an account from now on. */
  public refuse(
    accountId: string,
    text: string,
    how: AssociationRefusalDescription['how'] = 'errors',
    operations: readonly RefusableAssociation[] = ['AssociateAccounts'],
  ): void {
    this.refusals.set(accountId, { accountId, text, how, operations });
  }

  public stopRefusing(accountId: string): void {
    this.refusals.delete(accountId);
  }

  /** The organization makes an account Compute Optimizer's administrator in the place of another [CODA]; its associations stay. */
  public delegate(accountId: string): void {
    const organizationId = this.organizations.organizationIdOf(accountId);
    if (organizationId === undefined) throw new Error(`${accountId} is in no organization`);
    const before = this.organizations.delegatedAdministrators(organizationId, COMPUTE_OPTIMIZER_PRINCIPAL);
    before.forEach((each) => this.undelegate(each));
    this.organizations.registerDelegatedAdministrator(accountId, COMPUTE_OPTIMIZER_PRINCIPAL);
  }

  public undelegate(accountId: string): void {
    this.organizations.deregisterDelegatedAdministrator(accountId, COMPUTE_OPTIMIZER_PRINCIPAL);
  }

  protected refusal(accountId: string, operation: RefusableAssociation): Refusal | undefined {
    const refusal = this.refusals.get(accountId);
    return refusal?.operations.includes(operation) ? refusal : undefined;
  }

  protected isEnrolledInComputeOptimizer(accountId: string): boolean {
    return this.enrolled.has(accountId);
  }

  protected hasTrustedAccess(organizationId: string): boolean {
    return !this.withoutTrustedAccess.has(organizationId);
  }

  protected hasOptedOut(accountId: string): boolean {
    const { optedOutAt } = this.enrolments.get(accountId) ?? {};
    return optedOutAt !== undefined && this.now() < optedOutAt + WAIT_AFTER_OPTING_OUT;
  }

  /** Whether Automation was ever on, or tried, in an account. */
  protected isKnown(accountId: string): boolean {
    return this.enrolments.has(accountId);
  }

  /** What is true of an account, caught up with the time. */
  protected truth(accountId: string): AutomationState {
    const enrolment = this.enrolments.get(accountId);
    if (enrolment === undefined) return NEVER;
    const { pending } = enrolment;
    if (pending !== undefined && pending.at <= this.now()) {
      enrolment.pending = undefined;
      const { status, statusReason, at } = pending;
      this.change(accountId, { status, statusReason }, aws(status === 'Active' ? 'activated' : 'failed'), at);
    }
    return enrolment.timeline.latest ?? NEVER;
  }

  /** What reads show of an account. */
  protected seen(accountId: string): AutomationState {
    this.truth(accountId);
    return this.enrolments.get(accountId)?.timeline.at(this.readableSince()) ?? NEVER;
  }

  protected isAssociated({ regions }: AutomationState, region: string): boolean {
    return regions.has(this.scope(region));
  }

  /**
   * [B] "its organization rule mode is automatically set to 'Any allowed' … If the member account has not previously enabled the
   * Automation feature, the association process automatically enables it."
   */
  protected associate(accountId: string, region: string, cause: Cause, failure?: string): void {
    Object.assign(this.enrolment(accountId), { associatedBy: cause.by, associatedByArn: cause.callerArn });
    this.switchOn(accountId, cause, failure, region);
  }

  /** [B] "organization rules no longer apply"; whether Automation stays on is unknown. */
  protected disassociate(accountId: string, region: string, cause: Cause): void {
    const regions = new Set(this.truth(accountId).regions);
    regions.delete(this.scope(region));
    const off = regions.size === 0 && this.environment.unknowns.disassociatedStatus === 'Inactive';
    const next: Partial<AutomationState> = off ? { regions, status: 'Inactive', statusReason: undefined } : { regions };
    this.change(accountId, next, cause, this.now(), this.scope(region));
  }

  /** Switches Automation on, which takes its time and may fail. */
  protected switchOn(accountId: string, cause: Cause, failure?: string, associatedIn?: string): void {
    const { status, regions } = this.truth(accountId);
    const scope = associatedIn === undefined ? undefined : this.scope(associatedIn);
    const association = scope === undefined ? {} : { regions: new Set([...regions, scope]) };
    const turnsPending = scope !== undefined && this.environment.unknowns.associateActive === 'turnsPending';
    if (status === 'Pending' || (status === 'Active' && !turnsPending)) {
      this.change(accountId, association, cause, this.now(), scope);
      return;
    }
    this.change(accountId, { ...association, status: 'Pending', statusReason: undefined }, cause, this.now(), scope);
    const outcome = failure === undefined ? { status: 'Active' } as const : { status: 'Failed', statusReason: failure } as const;
    this.enrolment(accountId).pending = this.soon(outcome);
    this.truth(accountId);
  }

  protected switchOff(accountId: string, cause: Cause): void {
    this.enrolment(accountId).optedOutAt = this.now();
    this.change(accountId, { status: 'Inactive', statusReason: undefined }, cause);
  }

  protected now(): number {
    return this.environment.clock.now();
  }

  /** [I] an organization has no say in an account that has left it. */
  private dissociate(accountId: string, operation: string): void {
    this.change(accountId, { regions: new Set() }, aws(operation), this.now(), GLOBAL);
  }

  /** [I] nothing of a closed account is left. */
  private close(accountId: string): void {
    this.enrolled.delete(accountId);
    if (!this.isKnown(accountId)) return;
    this.dissociate(accountId, 'accountClosed');
    this.change(accountId, { status: 'Inactive', statusReason: undefined }, aws('accountClosed'));
  }

  /** The only place where something changes. `next` keeps what it does not name; a change of nothing is none. */
  private change(
    accountId: string, next: Partial<AutomationState>, cause: Cause, at: number = this.now(), region?: string,
  ): void {
    const before = this.truth(accountId);
    const changed = { ...before, ...next };
    const statusChanges = changed.status !== before.status || changed.statusReason !== before.statusReason;
    const regionsChange = !sameRegions(before.regions, changed.regions);
    if (!statusChanges && !regionsChange) return;
    const enrolment = this.enrolment(accountId);
    if (statusChanges) enrolment.pending = undefined;
    // [B] "when the account's Automation enrollment status was last updated"
    const after = statusChanges ? { ...changed, updatedAt: at } : changed;
    enrolment.timeline.change(at, after, this.readableSince());
    this.log.push({
      at,
      accountId,
      ...regionsChange ? { region } : {},
      fromStatus: before.status,
      toStatus: after.status,
      fromMode: modeOf(before.regions),
      toMode: modeOf(after.regions),
      ...cause,
    });
  }

  private enrolment(accountId: string): Enrolment {
    const existing = this.enrolments.get(accountId);
    if (existing) return existing;
    const created: Enrolment = { accountId, timeline: new Timeline() };
    this.enrolments.set(accountId, created);
    return created;
  }

  private soon(outcome: Omit<Pending, 'at'>): Pending {
    return { ...outcome, at: this.now() + this.environment.unknowns.automationPendingFor };
  }

  private readableSince(): number {
    return this.now() - this.environment.unknowns.readsSettleAfter;
  }

  private scope(region: string): string {
    return this.environment.unknowns.associationScope === 'global' ? GLOBAL : region;
  }

  private everywhere(): readonly string[] {
    return this.environment.unknowns.associationScope === 'global' ? [GLOBAL] : [...AUTOMATION_REGIONS];
  }
}

/** [MCP] the Regions that have an endpoint, as AWS's own MCP server lists them; the commercial partition only. */
export const AUTOMATION_REGIONS: ReadonlySet<string> = new Set([
  'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2', 'ca-central-1',
  'eu-central-1', 'eu-north-1', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'sa-east-1', 'us-east-1', 'us-east-2', 'us-west-1', 'us-west-2',
]);

export function modeOf(regions: ReadonlySet<string>): RuleMode {
  return regions.size > 0 ? 'AnyAllowed' : 'NoneAllowed';
}

function sameRegions(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each));
}

function thirdParty(operation: string): Cause {
  return { by: 'thirdParty', operation };
}

function aws(operation: string): Cause {
  return { by: 'aws', operation };
}
