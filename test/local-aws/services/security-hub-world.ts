/**
 * What is true in Security Hub, whatever reads show: memberships over time, what AWS does by itself, and what people do out of band.
 *
 * Sources by tag as in `security-hub.ts`.
 */
import type { Environment } from '../core';
import {
  SECURITY_HUB_PRINCIPAL, SECURITY_HUB_QUOTAS, type MemberStatus, type QuotaDescription, type RefusableOperation,
  type World,
} from '../organization-file';
import { Membership, type AddedBy, type MemberState } from './membership';
import type { Organizations, Principal } from './organizations';
import { quotaReached } from './security-hub-errors';
import { COUNTED, retally, type Administration, type HubSnapshot, type Regional } from './security-hub-state';

/** A member as it stands now, whatever reads show. */
export interface MemberSnapshot {
  readonly accountId: string;
  readonly status: MemberStatus;
  readonly email?: string;
  readonly addedBy: AddedBy;
  /** Who added it through the API. */
  readonly addedByArn?: string;
  /** -Infinity for members that were there before. */
  readonly addedAt: number;
  readonly updatedAt: number;
  readonly inOrganization: boolean;
}

/** One change of one account in one administrator's list. */
export interface MembershipChange {
  readonly at: number;
  readonly region: string;
  readonly administratorId: string;
  readonly accountId: string;
  /** Absent: there was no entry. */
  readonly from?: MemberStatus;
  /** Absent: there is no entry any more. */
  readonly to?: MemberStatus;
  /** `api`: the call of somebody; `thirdParty`: somebody out of band; `aws`: what AWS does by itself. */
  readonly by: 'api' | 'thirdParty' | 'aws';
  /** The API operation, or what happened. */
  readonly operation: string;
  readonly callerArn?: string;
}

/** Why a membership changes, for the log. */
export interface Cause {
  readonly by: MembershipChange['by'];
  readonly operation: string;
  readonly callerArn?: string;
}

/** What is true, what happens by itself, and what somebody else does. */
export abstract class SecurityHubWorld {
  /** Every change of membership, oldest first. Presets are not changes. */
  public readonly log: MembershipChange[] = [];
  /** Milliseconds by which reads are older than `readsSettleAfter` makes them, while this is set. */
  public readsLag = 0;
  /** How large {@link readsLag} may be: for so long what was true is kept. */
  public remembers = 0;
  private readonly regions = new Map<string, Regional>();
  private invitations = 0;

  constructor(
    protected readonly environment: Environment,
    protected readonly organizations: Organizations,
    world: World,
  ) {
    for (const [name, preset] of world.securityHub) {
      const region = this.region(name);
      for (const accountId of preset.hubs) this.switchOn(region, accountId, -Infinity, 'preset');
      for (const each of preset.administrators) {
        this.switchOn(region, each.accountId, -Infinity, 'preset');
        const administration = this.administration(region, each.accountId);
        Object.assign(administration.quotas, each.quotas);
        administration.autoEnable = each.autoEnable;
        administration.configuration = each.configuration;
        administration.autoEnableStandards = each.configuration === 'CENTRAL' ? 'NONE' : 'DEFAULT';
        each.selfManaged.forEach((accountId) => administration.selfManaged.add(accountId));
        if (each.organizationId !== undefined) {
          region.delegations.set(each.organizationId, { accountId: each.accountId, since: -Infinity });
        }
        for (const member of each.members) {
          const { accountId, status, email } = member;
          const membership = this.entry(administration, accountId);
          membership.inOrganization = this.sharesOrganization(each.accountId, accountId);
          const invitedAt = membership.inOrganization || status === 'Created' ? undefined : member.since;
          if (invitedAt !== undefined) membership.invitationId = this.nextInvitationId();
          retally(administration, membership, () =>
            membership.change(-Infinity, { status, email, invitedAt, updatedAt: member.since }, -Infinity));
          if (status === 'Enabled') {
            region.belongsTo.set(accountId, each.accountId);
            this.switchOn(region, accountId, -Infinity, 'preset');
          }
        }
      }
      for (const each of preset.refusals) region.refusals.set(each.accountId, each);
    }
    organizations.onEvent((event) => {
      switch (event.kind) {
        case 'stateChanging': return this.stateChanges(event.accountId, event.state !== 'ACTIVE', event.state === 'CLOSED');
        case 'leaving': return this.leavesOrganization(event.accountId);
        case 'joined': return this.joinsOrganization(event.accountId, event.organizationId);
      }
    });
  }

  /** The true members of an administrator, whatever reads show, by account. */
  public members(administratorId: string, regionName: string): Map<string, MemberSnapshot> {
    const region = this.region(regionName);
    const administration = region.administrations.get(administratorId);
    const result = new Map<string, MemberSnapshot>();
    for (const accountId of administration?.members.keys() ?? []) {
      const membership = this.current(region, administration!, accountId);
      if (!membership?.state) continue;
      const { status, email, updatedAt } = membership.state;
      const { addedBy, addedByArn, addedAt, inOrganization } = membership;
      result.set(accountId, { accountId, status, email, addedBy, addedByArn, addedAt, updatedAt, inOrganization });
    }
    return result;
  }

  /** The changes so far, including those that time has brought about. */
  public changes(filter: Partial<MembershipChange> = {}): MembershipChange[] {
    for (const region of this.regions.values()) {
      for (const administration of region.administrations.values()) {
        for (const membership of administration.members.values()) this.settle(region, administration, membership);
      }
    }
    const wanted = Object.entries(filter);
    return this.log
      .filter((each) => wanted.every(([key, value]) => each[key as keyof MembershipChange] === value))
      .sort((a, b) => a.at - b.at);
  }

  /** Security Hub of an account, undefined while it is off. */
  public hub(accountId: string, regionName: string): HubSnapshot | undefined {
    const region = this.region(regionName);
    const administrator = region.belongsTo.get(accountId);
    if (administrator !== undefined) this.current(region, region.administrations.get(administrator)!, accountId);
    return region.hubs.get(accountId);
  }

  /** Somebody else makes an account a member. */
  public addMember(
    regionName: string,
    administratorId: string,
    accountId: string,
    member: { status?: MemberStatus; email?: string } = {},
  ): void {
    const region = this.region(regionName);
    const administration = this.administration(region, administratorId);
    const membership = this.current(region, administration, accountId) ?? this.entry(administration, accountId);
    const status = member.status ?? 'Enabled';
    const other = region.belongsTo.get(accountId);
    if (status === 'Enabled' && other !== undefined && other !== administratorId) {
      throw new Error(`${accountId} belongs to ${other}`);
    }
    Object.assign(membership, { addedBy: 'thirdParty', addedByArn: undefined, addedAt: this.now() });
    this.setInOrganization(administration, membership, this.sharesOrganization(administratorId, accountId));
    if (status === 'Invited') membership.invitationId = this.nextInvitationId();
    this.set(region, administration, membership, { status, email: member.email }, thirdParty('addMember'));
  }

  /** Somebody else disassociates an account or, with `delete`, removes its entry. */
  public removeMember(
    regionName: string, administratorId: string, accountId: string, how: 'disassociate' | 'delete' = 'disassociate',
  ): void {
    const region = this.region(regionName);
    const administration = this.administration(region, administratorId);
    const membership = this.current(region, administration, accountId);
    if (!membership) return;
    const left = how === 'delete' ? undefined : { status: 'Removed' as const };
    this.set(region, administration, membership, left, thirdParty('removeMember'));
  }

  /** The member disassociates itself. */
  public resign(regionName: string, accountId: string): void {
    const region = this.region(regionName);
    const found = this.administratorOf(region, accountId);
    if (found) this.set(region, found.administration, found.membership, { status: 'Resigned' }, thirdParty('resign'));
  }

  public enableHub(regionName: string, accountId: string): void {
    this.switchOn(this.region(regionName), accountId, this.now(), 'owner');
  }

  /** Switches Security Hub off, also in an administrator; all associations go with it [B]. */
  public disableHub(regionName: string, accountId: string): void {
    this.switchOff(this.region(regionName), accountId, thirdParty('disableHub'));
  }

  public setCentralConfiguration(
    regionName: string, administratorId: string, on: boolean, selfManaged: readonly string[] = [],
  ): void {
    const administration = this.administration(this.region(regionName), administratorId);
    administration.configuration = on ? 'CENTRAL' : 'LOCAL';
    administration.autoEnable = false;
    administration.autoEnableStandards = on ? 'NONE' : 'DEFAULT'; // [B]
    administration.selfManaged.clear();
    selfManaged.forEach((each) => administration.selfManaged.add(each));
  }

  public setAutoEnable(regionName: string, administratorId: string, on: boolean): void {
    this.administration(this.region(regionName), administratorId).autoEnable = on;
  }

  public setQuotas(regionName: string, administratorId: string, quotas: QuotaDescription): void {
    Object.assign(this.administration(this.region(regionName), administratorId).quotas, quotas);
  }

  /** AWS refuses an account from now on; `null` is an entry without a text. */
  public refuse(
    regionName: string,
    accountId: string,
    text: string | null,
    operations: readonly RefusableOperation[] = ['CreateMembers'],
  ): void {
    this.region(regionName).refusals.set(accountId, { processingResult: text, operations });
  }

  public stopRefusing(regionName: string, accountId: string): void {
    this.region(regionName).refusals.delete(accountId);
  }

  /**
   * The organization makes an account its Security Hub administrator; another one that it had loses the organization's members.
   * [B] Security Hub is switched on in the administrator.
   */
  public delegate(accountId: string, regionName: string): void {
    const region = this.region(regionName);
    const organizationId = this.organizations.organizationIdOf(accountId);
    if (organizationId === undefined) throw new Error(`${accountId} is in no organization`);
    this.endDelegation(region, organizationId, thirdParty('administratorMoved'));
    this.organizations.registerDelegatedAdministrator(accountId, SECURITY_HUB_PRINCIPAL);
    region.delegations.set(organizationId, { accountId, since: this.now() });
    this.switchOn(region, accountId, this.now(), 'owner');
    this.administration(region, accountId);
  }

  /** The organization has no Security Hub administrator any more. */
  public undelegate(accountId: string, regionName: string): void {
    const organizationId = this.organizations.organizationIdOf(accountId);
    if (organizationId !== undefined) {
      this.endDelegation(this.region(regionName), organizationId, thirdParty('administratorMoved'));
    }
  }

  /** Lets an entry catch up with the time. */
  protected settle(region: Regional, administration: Administration, membership: Membership): void {
    const { enablesAt } = membership;
    if (enablesAt === undefined || enablesAt > this.now()) return;
    this.set(region, administration, membership, { status: 'Enabled' }, aws('enabled'), enablesAt);
  }

  protected stateChanges(accountId: string, suspended: boolean, closed: boolean): void {
    for (const region of this.regions.values()) {
      for (const administration of region.administrations.values()) {
        const membership = this.current(region, administration, accountId);
        if (!membership?.state) continue;
        if (closed) {
          this.set(region, administration, membership, undefined, aws('accountClosed')); // [SHEFF]
        } else if (suspended && membership.enablesAt !== undefined) {
          // [B] suspended "at the same time that the administrator … tried to enable" it; [R] an Enabled one stays so
          this.set(region, administration, membership, { status: 'AccountSuspended' }, aws('accountSuspended'));
        }
      }
      if (closed) region.hubs.delete(accountId);
    }
  }

  protected leavesOrganization(accountId: string): void {
    for (const region of this.regions.values()) {
      for (const administration of region.administrations.values()) {
        const membership = this.current(region, administration, accountId);
        if (!membership?.state || !membership.inOrganization) continue;
        this.set(region, administration, membership, { status: 'Deleted' }, aws('leftOrganization')); // [SHEFF]; the hub stays on
        this.setInOrganization(administration, membership, false);
      }
    }
  }

  protected joinsOrganization(accountId: string, organizationId: string): void {
    for (const region of this.regions.values()) {
      const delegated = region.delegations.get(organizationId);
      const administration = delegated && region.administrations.get(delegated.accountId);
      if (!administration) continue;
      const existing = this.current(region, administration, accountId);
      if (existing) this.setInOrganization(administration, existing, true); // [SHTRANS]
      const free = !existing || existing.state?.status === 'Deleted';
      if (!administration.autoEnable || region.belongsTo.has(accountId) || !free) continue;
      const membership = existing ?? this.entry(administration, accountId);
      Object.assign(membership, { addedBy: 'autoEnable', addedByArn: undefined, addedAt: this.now() });
      this.setInOrganization(administration, membership, true);
      this.set(region, administration, membership, { status: 'Created' }, aws('autoEnable'));
      region.belongsTo.set(accountId, administration.accountId);
      membership.enablesAt = this.now() + this.environment.unknowns.createdFor;
    }
  }

  protected endDelegation(region: Regional, organizationId: string, cause: Cause): void {
    const delegated = region.delegations.get(organizationId);
    if (!delegated) return;
    region.delegations.delete(organizationId);
    const elsewhere = [...this.regions.values()]
      .some((each) => each.delegations.get(organizationId)?.accountId === delegated.accountId);
    if (!elsewhere) this.organizations.deregisterDelegatedAdministrator(delegated.accountId, SECURITY_HUB_PRINCIPAL);
    const administration = region.administrations.get(delegated.accountId);
    for (const membership of administration?.members.values() ?? []) {
      this.settle(region, administration!, membership);
      if (membership.state && membership.inOrganization) {
        this.set(region, administration!, membership, undefined, cause);
      }
    }
    if (administration) {
      Object.assign(administration, { autoEnable: false, configuration: 'LOCAL', autoEnableStandards: 'DEFAULT' });
    }
  }

  protected switchOn(
    region: Regional, accountId: string, at: number, by: HubSnapshot['enabledBy'], defaultStandards: boolean = true,
  ): void {
    // [B] "For organization accounts that already have Security Hub CSPM enabled, [it] does not make any other changes"
    if (region.hubs.has(accountId)) return;
    region.hubs.set(accountId, {
      enabledAt: at,
      enabledBy: by,
      defaultStandards,
      autoEnableControls: true,
      controlFindingGenerator: 'SECURITY_CONTROL',
    });
  }

  /** [B] "your administrator and member account associations are removed". */
  protected switchOff(region: Regional, accountId: string, cause: Cause): void {
    region.hubs.delete(accountId);
    const own = region.administrations.get(accountId);
    for (const membership of own?.members.values() ?? []) {
      this.settle(region, own!, membership);
      if (membership.state) this.set(region, own!, membership, undefined, cause);
    }
    const found = this.administratorOf(region, accountId);
    if (found) this.set(region, found.administration, found.membership, undefined, cause);
  }

  /** The only place where a membership changes. `next` keeps what it does not name; undefined removes the entry. */
  protected set(
    region: Regional, administration: Administration, membership: Membership,
    next: Partial<MemberState> & Pick<MemberState, 'status'> | undefined, cause: Cause, at: number = this.now(),
  ): void {
    const { accountId } = membership;
    const before = membership.state;
    membership.enablesAt = undefined;
    const fresh = next?.status === 'Created' ? undefined : before;
    const state = next && { email: fresh?.email, invitedAt: fresh?.invitedAt, ...next, updatedAt: at };
    retally(administration, membership, () => membership.change(at, state, this.readableSince() - this.remembers));
    if (next?.status === 'Enabled') {
      // [B] "If the organization account does not have Security Hub CSPM enabled, then Security Hub CSPM and the default standards are
      // automatically enabled"; it stays on after disassociation [SHDIS]
      region.belongsTo.set(accountId, administration.accountId);
      this.switchOn(region, accountId, at, 'membership');
    } else if (region.belongsTo.get(accountId) === administration.accountId) {
      region.belongsTo.delete(accountId);
    }
    this.log.push({
      at,
      region: region.name,
      administratorId: administration.accountId,
      accountId,
      from: before?.status,
      to: next?.status,
      ...cause,
    });
  }

  /** An account's entry as it is, caught up with the time; undefined when there is none. */
  protected current(region: Regional, administration: Administration, accountId: string): Membership | undefined {
    const membership = administration.members.get(accountId);
    if (!membership) return undefined;
    this.settle(region, administration, membership);
    return membership.state ? membership : undefined;
  }

  /** An account's entry as reads show it. */
  protected seen(region: Regional, administration: Administration, accountId: string): MemberState | undefined {
    const membership = administration.members.get(accountId);
    if (!membership) return undefined;
    this.settle(region, administration, membership);
    return membership.stateAt(this.readableSince() - this.readsLag);
  }

  protected setInOrganization(administration: Administration, membership: Membership, inOrganization: boolean): void {
    retally(administration, membership, () => { membership.inOrganization = inOrganization; });
  }

  protected entry(administration: Administration, accountId: string): Membership {
    const existing = administration.members.get(accountId);
    if (existing) return existing;
    const created = new Membership(accountId);
    administration.members.set(accountId, created);
    return created;
  }

  protected region(name: string): Regional {
    const existing = this.regions.get(name);
    if (existing) return existing;
    const created: Regional = {
      name,
      hubs: new Map(),
      administrations: new Map(),
      delegations: new Map(),
      belongsTo: new Map(),
      refusals: new Map(),
    };
    this.regions.set(name, created);
    return created;
  }

  protected administration(region: Regional, accountId: string): Administration {
    const existing = region.administrations.get(accountId);
    if (existing) return existing;
    const created: Administration = {
      accountId,
      members: new Map(),
      tally: { counted: 0, byInvitation: 0, invited: 0, enabled: 0 },
      quotas: { ...SECURITY_HUB_QUOTAS },
      selfManaged: new Set(),
      autoEnable: false,
      autoEnableStandards: 'DEFAULT',
      configuration: 'LOCAL',
    };
    region.administrations.set(accountId, created);
    return created;
  }

  protected administratorOf(
    region: Regional, accountId: string,
  ): { administration: Administration; membership: Membership } | undefined {
    const owner = region.belongsTo.get(accountId);
    const administration = owner === undefined ? undefined : region.administrations.get(owner);
    const membership = administration && this.current(region, administration, accountId);
    return membership && { administration, membership };
  }

  protected openInvitations(
    region: Regional, accountId: string,
  ): { administration: Administration; membership: Membership }[] {
    const open = [];
    for (const administration of region.administrations.values()) {
      const membership = administration.members.get(accountId);
      if (membership?.state?.status === 'Invited') open.push({ administration, membership });
    }
    return open;
  }

  /** [TF23079] Right after delegation AWS does not know of it. [SHADD] A member of another administrator cannot be one. */
  protected mayAdminister(region: Regional, accountId: string): boolean {
    if (region.belongsTo.has(accountId)) return false;
    const organizationId = this.organizations.organizationIdOf(accountId);
    if (organizationId === undefined) return true;
    const delegated = region.delegations.get(organizationId);
    if (delegated?.accountId !== accountId) return false;
    return delegated.since + this.environment.unknowns.delegationSettlesAfter <= this.now();
  }

  protected isDelegated(region: Regional, accountId: string): boolean {
    const organizationId = this.organizations.organizationIdOf(accountId);
    return organizationId !== undefined && region.delegations.get(organizationId)?.accountId === accountId;
  }

  protected administers(region: Regional, accountId: string): boolean {
    return this.isDelegated(region, accountId) || (region.administrations.get(accountId)?.tally.enabled ?? 0) > 0;
  }

  protected managedOrganization(caller: Principal): string | undefined {
    const organizationId = this.organizations.organizationIdOf(caller.accountId);
    return organizationId !== undefined && this.isManagementAccount(caller.accountId) ? organizationId : undefined;
  }

  protected isManagementAccount(accountId: string): boolean {
    const organizationId = this.organizations.organizationIdOf(accountId);
    return organizationId !== undefined && this.organizations.managementAccountOf(organizationId) === accountId;
  }

  protected sharesOrganization(administratorId: string, accountId: string): boolean {
    const organizationId = this.organizations.organizationIdOf(accountId);
    return organizationId !== undefined && organizationId === this.organizations.organizationIdOf(administratorId);
  }

  protected isActive(accountId: string): boolean {
    return this.organizations.stateOf(accountId) === 'ACTIVE';
  }

  /** Under central configuration, and not left to itself. */
  protected isGoverned(administration: Administration, accountId: string): boolean {
    if (administration.configuration !== 'CENTRAL' || !this.sharesOrganization(administration.accountId, accountId)) {
      return false;
    }
    return this.environment.unknowns.selfManagedUnderCentral === 'asGoverned' || !administration.selfManaged.has(accountId);
  }

  protected hasRoom(administration: Administration, own: boolean, further: number = 1): boolean {
    const { quotas, tally } = administration;
    return tally.counted + further <= quotas.members && (own || tally.byInvitation + further <= quotas.invitedMembers);
  }

  /** Refuses the whole call when its accounts do not all find room [I]. */
  protected requireRoom(administration: Administration, accountIdsOfCall: readonly string[]): void {
    const added = [...new Set(accountIdsOfCall)].filter((each) => {
      const status = administration.members.get(each)?.state?.status;
      return each !== administration.accountId && (status === undefined || !COUNTED.includes(status));
    });
    const outside = added.filter((each) => !this.sharesOrganization(administration.accountId, each)).length;
    const room = this.hasRoom(administration, true, added.length)
      && (outside === 0 || this.hasRoom(administration, false, outside));
    if (!room) {
      throw quotaReached();
    }
  }

  protected nextInvitationId(): string {
    return (++this.invitations).toString(16).padStart(32, '0');
  }

  /** Reads show what was true at this instant. */
  protected readableSince(): number {
    return this.now() - this.environment.unknowns.readsSettleAfter;
  }

  protected now(): number {
    return this.environment.clock.now();
  }
}

function thirdParty(operation: string): Cause {
  return { by: 'thirdParty', operation };
}

function aws(operation: string): Cause {
  return { by: 'aws', operation };
}
