/**
 * AWS Security Hub (CSPM): hubs, administrators and their members, for each account and Region.
 *
 * Sources, cited by tag: [B] the service model and its texts (API version 2018-10-26); Security Hub User Guide: [SHADD] adding and
 * inviting, [SHMAN] manually enabling in new organization accounts, [SHDIS] disassociating organization members, [SHDEL] deleting
 * member accounts, [SHORG] managing with Organizations, [SHTRANS] transitioning to Organizations, [SHEFF] effect of account actions;
 * [SHQ] General Reference, quotas; [SEA814], [SEA1227] issues of aws-secure-environment-accelerator; [TF23079], [TF39687], [TF8206] of
 * terraform-provider-aws; [MOTO] moto's tests; [R] reported from real accounts; [I] inferred. What no source tells is read from
 * `Environment.unknowns` at every call.
 *
 * Operations are synchronous methods of their own, so that a simulation can call them at high speed; `call` dispatches to them.
 */
import { AwsError, type Call, type Environment, type Service } from '../core';
import {
  SECURITY_HUB_PRINCIPAL, SECURITY_HUB_QUOTAS, type MemberStatus, type QuotaDescription, type RefusableOperation, type World,
} from '../organization-file';
import { Membership, type AddedBy, type MemberState } from './membership';
import type { Organizations, Principal } from './organizations';
import { InvalidToken, page } from './paging';
import { processingResult, type Reason, type Wording } from './processing-results';
import { TokenBuckets, type Rate } from './token-buckets';

export type { AddedBy } from './membership';
export type { MemberStatus } from '../organization-file';

export interface SecurityHubOptions {
  /** Calls for each account, Region and operation; false switches throttling off. Default 10 a second, burst 30 [B]. */
  throttling?: false | Rate;
  /** Default `seen`. */
  wording?: Wording;
  /** Renames statuses in answers: other case, the old `Associated`, one that nobody knows. */
  statusName?: (status: MemberStatus) => string;
}

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

export interface HubSnapshot {
  readonly enabledAt: number;
  /** `membership`: switched on because the account became a member. */
  readonly enabledBy: 'preset' | 'owner' | 'membership';
  readonly defaultStandards: boolean;
}

export interface UnprocessedAccount {
  readonly AccountId: string;
  readonly ProcessingResult?: string;
}

interface Hub extends HubSnapshot {
  autoEnableControls: boolean;
  controlFindingGenerator: string;
}

/** How many members of an administrator stand how, kept so that a call costs no more the more members there are. */
interface Tally {
  /** What the member quota counts. */
  counted: number;
  byInvitation: number;
  invited: number;
  enabled: number;
}

interface Administration {
  readonly accountId: string;
  readonly members: Map<string, Membership>;
  readonly tally: Tally;
  readonly quotas: Required<QuotaDescription>;
  readonly selfManaged: Set<string>;
  autoEnable: boolean;
  autoEnableStandards: 'NONE' | 'DEFAULT';
  configuration: 'CENTRAL' | 'LOCAL';
}

interface Delegation {
  readonly accountId: string;
  readonly since: number;
}

interface Refusal {
  readonly processingResult: string | null;
  readonly operations: readonly RefusableOperation[];
}

interface Regional {
  readonly name: string;
  readonly hubs: Map<string, Hub>;
  readonly administrations: Map<string, Administration>;
  /** Delegated administrators by organization. */
  readonly delegations: Map<string, Delegation>;
  /** The administrator that an account belongs to: of no two at a time. */
  readonly belongsTo: Map<string, string>;
  readonly refusals: Map<string, Refusal>;
}

/** Why a membership changes, for the log. */
interface Cause {
  readonly by: MembershipChange['by'];
  readonly operation: string;
  readonly callerArn?: string;
}

type Input = Readonly<Record<string, any>>;

interface AccountDetails {
  readonly accountId: string;
  readonly email?: string;
}

/** [B] AccountDetailsList max 50; [SEA814] the other lists are held to it too. */
const MOST_ACCOUNTS = 50;
/** [B] "all others 10/s burst 30". */
const RATE: Rate = { perSecond: 10, burst: 30 };
/** Members for the quota: whoever is or may yet become active [I]. */
const COUNTED: readonly MemberStatus[] = ['Created', 'Invited', 'Enabled'];
/** [B] operations of the model that declare AccessDeniedException. */
const DECLARES_ACCESS_DENIED: readonly string[] = [
  'CreateMembers', 'DisassociateMembers', 'EnableSecurityHub', 'DisableSecurityHub', 'UpdateOrganizationConfiguration',
  'EnableOrganizationAdminAccount', 'DisableOrganizationAdminAccount',
];

export class SecurityHub implements Service {
  public readonly name = 'securityhub';
  /** Every change of membership, oldest first. Presets are not changes. */
  public readonly log: MembershipChange[] = [];
  private readonly regions = new Map<string, Regional>();
  private readonly buckets: TokenBuckets;
  private invitations = 0;

  constructor(
    private readonly environment: Environment,
    private readonly organizations: Organizations,
    world: World,
    public readonly options: SecurityHubOptions = {},
  ) {
    this.buckets = new TokenBuckets(environment.clock);
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

  // ---- operations ---------------------------------------------------------------------------------------------------

  public async call(call: Call): Promise<unknown> {
    return this.dispatch(call);
  }

  /** {@link call} without a promise. */
  public dispatch({ operation, caller, region, input }: Call): unknown {
    switch (operation) {
      case 'AcceptAdministratorInvitation': return this.acceptAdministratorInvitation(caller, region, input);
      case 'CreateMembers': return this.createMembers(caller, region, input);
      case 'DeclineInvitations': return this.declineInvitations(caller, region, input);
      case 'DeleteInvitations': return this.deleteInvitations(caller, region, input);
      case 'DeleteMembers': return this.deleteMembers(caller, region, input);
      case 'DescribeHub': return this.describeHub(caller, region, input);
      case 'DescribeOrganizationConfiguration': return this.describeOrganizationConfiguration(caller, region);
      case 'DisableOrganizationAdminAccount': return this.disableOrganizationAdminAccount(caller, region, input);
      case 'DisableSecurityHub': return this.disableSecurityHub(caller, region);
      case 'DisassociateFromAdministratorAccount': return this.disassociateFromAdministratorAccount(caller, region);
      case 'DisassociateMembers': return this.disassociateMembers(caller, region, input);
      case 'EnableOrganizationAdminAccount': return this.enableOrganizationAdminAccount(caller, region, input);
      case 'EnableSecurityHub': return this.enableSecurityHub(caller, region, input);
      case 'GetAdministratorAccount': return this.getAdministratorAccount(caller, region);
      case 'GetInvitationsCount': return this.getInvitationsCount(caller, region);
      case 'GetMembers': return this.getMembers(caller, region, input);
      case 'InviteMembers': return this.inviteMembers(caller, region, input);
      case 'ListInvitations': return this.listInvitations(caller, region, input);
      case 'ListMembers': return this.listMembers(caller, region, input);
      case 'ListOrganizationAdminAccounts': return this.listOrganizationAdminAccounts(caller, region, input);
      case 'UpdateOrganizationConfiguration': return this.updateOrganizationConfiguration(caller, region, input);
      default: throw new AwsError('UnknownOperationException', `The embedded AWS Security Hub has no ${operation}.`, 404);
    }
  }

  public describeHub(caller: Principal, regionName: string, input: Input) {
    const region = this.enter('DescribeHub', caller, regionName);
    const hub = this.subscribed(region, caller);
    const arn = this.hubArn(region, caller.accountId);
    if (input.HubArn !== undefined && input.HubArn !== arn) throw notFound(`Hub ${input.HubArn} is not found`);
    return {
      HubArn: arn,
      SubscribedAt: iso(hub.enabledAt),
      AutoEnableControls: hub.autoEnableControls,
      ControlFindingGenerator: hub.controlFindingGenerator,
    };
  }

  public enableSecurityHub(caller: Principal, regionName: string, input: Input) {
    const region = this.enter('EnableSecurityHub', caller, regionName);
    // [B] ResourceConflictException is declared; [MOTO] accepts a second call
    if (region.hubs.has(caller.accountId)) throw new AwsError('ResourceConflictException', 'Account is already subscribed to Security Hub', 409, code('ResourceConflictException'));
    this.switchOn(region, caller.accountId, this.now(), 'owner', input.EnableDefaultStandards ?? true);
    const hub = region.hubs.get(caller.accountId)!;
    hub.controlFindingGenerator = input.ControlFindingGenerator ?? 'SECURITY_CONTROL';
    return {};
  }

  public disableSecurityHub(caller: Principal, regionName: string) {
    const region = this.enter('DisableSecurityHub', caller, regionName);
    this.subscribed(region, caller);
    // [B] "You can't disable Security Hub CSPM in an account that is currently the Security Hub CSPM administrator."
    if (this.administers(region, caller.accountId)) {
      throw invalidAccess(`Account ${caller.accountId} is an administrator and cannot disable Security Hub`);
    }
    this.switchOff(region, caller.accountId, api('DisableSecurityHub', caller));
    return {};
  }

  public createMembers(caller: Principal, regionName: string, input: Input): { UnprocessedAccounts: UnprocessedAccount[] } {
    const region = this.enter('CreateMembers', caller, regionName);
    const details = accountDetails(input);
    const { accepted, unprocessed } = this.firstFifty(details, (each) => each.accountId);
    const administration = this.administrator('CreateMembers', region, caller);
    const { unknowns } = this.environment;
    const governed = accepted.filter((each) => this.isGoverned(administration, each.accountId));
    if (governed.length > 0 && unknowns.createMembersUnderCentral === 'accessDenied') {
      throw accessDenied(`Account ${governed[0].accountId} is managed by a configuration policy`); // [SEA1227]
    }
    if (unknowns.quotaReached === 'limitExceeded') this.requireRoom(administration, accepted.map((each) => each.accountId));
    for (const each of accepted) {
      const refused = this.create(region, administration, each, caller);
      if (refused) unprocessed.push(refused);
    }
    return { UnprocessedAccounts: unprocessed };
  }

  public getMembers(caller: Principal, regionName: string, input: Input) {
    const region = this.enter('GetMembers', caller, regionName);
    const ids = accountIds(input);
    const { accepted, unprocessed } = this.firstFifty(ids, (each) => each);
    const administration = this.reader('GetMembers', region, caller);
    const members = [];
    for (const accountId of accepted) {
      const state = administration && this.seen(region, administration, accountId);
      if (state) members.push(this.shownMember(administration, accountId, state));
      else unprocessed.push(this.unprocessed(accountId, 'notAssociated')); // [MOTO] known ones are still returned
    }
    return { Members: members, UnprocessedAccounts: unprocessed };
  }

  public listMembers(caller: Principal, regionName: string, input: Input) {
    const region = this.enter('ListMembers', caller, regionName);
    const size = pageSize(input, 50);
    const administration = this.reader('ListMembers', region, caller);
    const onlyAssociated: boolean = input.OnlyAssociated ?? true; // [B] default true
    const shown = [];
    for (const accountId of administration?.members.keys() ?? []) {
      const state = this.seen(region, administration!, accountId);
      if (state && (!onlyAssociated || state.status === 'Enabled')) shown.push({ accountId, state });
    }
    const { items, NextToken } = paged(`ListMembers ${onlyAssociated}`, shown, input, size);
    return { Members: items.map((each) => this.shownMember(administration!, each.accountId, each.state)), NextToken };
  }

  public inviteMembers(caller: Principal, regionName: string, input: Input): { UnprocessedAccounts: UnprocessedAccount[] } {
    const region = this.enter('InviteMembers', caller, regionName);
    const { accepted, unprocessed } = this.firstFifty(accountIds(input), (each) => each);
    const administration = this.administrator('InviteMembers', region, caller);
    if (this.environment.unknowns.quotaReached === 'limitExceeded') {
      const added = accepted.filter((each) => this.current(region, administration, each)?.state?.status === 'Created').length;
      if (administration.tally.invited + added > administration.quotas.invitations) throw quotaReached();
    }
    for (const accountId of accepted) {
      const refused = this.invite(region, administration, accountId, caller);
      if (refused) unprocessed.push(refused);
    }
    return { UnprocessedAccounts: unprocessed };
  }

  /** [B] Its answer has no members: what it did, only a read tells. */
  public disassociateMembers(caller: Principal, regionName: string, input: Input): Record<string, never> {
    const region = this.enter('DisassociateMembers', caller, regionName);
    const { accepted } = this.firstFifty(accountIds(input), (each) => each);
    const administration = this.administrator('DisassociateMembers', region, caller);
    const { unknowns } = this.environment;
    const governed = accepted.filter((each) => this.isGoverned(administration, each));
    if (governed.length > 0 && unknowns.disassociateUnderCentral === 'accessDenied') {
      throw accessDenied(`Account ${governed[0]} is associated with a central configuration policy`); // [TF39687]
    }
    const missing = accepted.find((each) => !this.current(region, administration, each));
    if (missing !== undefined && unknowns.disassociateUnknown === 'resourceNotFound') throw notFound(`Account ${missing} is not a member`);
    for (const accountId of accepted) {
      const withoutEffect = this.refusal(region, 'DisassociateMembers', accountId) !== undefined
        || (governed.includes(accountId) && unknowns.disassociateUnderCentral === 'noEffect');
      if (!withoutEffect) this.disassociate(region, administration, accountId, 'Removed', api('DisassociateMembers', caller));
    }
    return {};
  }

  public deleteMembers(caller: Principal, regionName: string, input: Input): { UnprocessedAccounts: UnprocessedAccount[] } {
    const region = this.enter('DeleteMembers', caller, regionName);
    const { accepted, unprocessed } = this.firstFifty(accountIds(input), (each) => each);
    const administration = this.administrator('DeleteMembers', region, caller);
    for (const accountId of accepted) {
      const refused = this.remove(region, administration, accountId, caller);
      if (refused) unprocessed.push(refused);
    }
    return { UnprocessedAccounts: unprocessed };
  }

  /** [B] "Only the Security Hub CSPM administrator account can invoke this operation." */
  public describeOrganizationConfiguration(caller: Principal, regionName: string) {
    const region = this.enter('DescribeOrganizationConfiguration', caller, regionName);
    const administration = this.delegatedAdministrator('DescribeOrganizationConfiguration', region, caller);
    return {
      AutoEnable: administration.autoEnable,
      MemberAccountLimitReached: administration.tally.counted >= administration.quotas.members,
      AutoEnableStandards: administration.autoEnableStandards,
      OrganizationConfiguration: { ConfigurationType: administration.configuration, Status: 'ENABLED' },
    };
  }

  public updateOrganizationConfiguration(caller: Principal, regionName: string, input: Input) {
    const region = this.enter('UpdateOrganizationConfiguration', caller, regionName);
    if (typeof input.AutoEnable !== 'boolean') throw invalidInput('AutoEnable is required');
    const standards = input.AutoEnableStandards;
    if (standards !== undefined && standards !== 'NONE' && standards !== 'DEFAULT') throw invalidInput('AutoEnableStandards is NONE or DEFAULT');
    const administration = this.delegatedAdministrator('UpdateOrganizationConfiguration', region, caller);
    const configuration = input.OrganizationConfiguration?.ConfigurationType ?? administration.configuration;
    if (configuration !== 'CENTRAL' && configuration !== 'LOCAL') throw invalidInput('ConfigurationType is CENTRAL or LOCAL');
    if (configuration === 'CENTRAL' && (input.AutoEnable || standards === 'DEFAULT')) {
      throw invalidInput('Auto Enable and AutoEnableStandards can not be enabled for Central Configuration'); // [MCAF213]
    }
    administration.configuration = configuration;
    administration.autoEnable = input.AutoEnable;
    administration.autoEnableStandards = configuration === 'CENTRAL' ? 'NONE' : standards ?? 'DEFAULT'; // [B]
    return {};
  }

  /** [B] "Can only be called by the organization management account." */
  public enableOrganizationAdminAccount(caller: Principal, regionName: string, input: Input) {
    const region = this.enter('EnableOrganizationAdminAccount', caller, regionName);
    const accountId = adminAccountId(input);
    const organizationId = this.managedOrganization(caller);
    if (organizationId === undefined) throw accessDenied(`Account ${caller.accountId} is not the management account of an organization`);
    // [MOTO] an account that is no member of the organization; [SHTRANS] the management account itself
    if (accountId === caller.accountId || this.organizations.organizationIdOf(accountId) !== organizationId) {
      throw invalidInput(`Account ${accountId} cannot be the administrator of this organization`);
    }
    const delegated = region.delegations.get(organizationId);
    if (delegated && delegated.accountId !== accountId) throw invalidInput(`Account ${delegated.accountId} is the administrator already`);
    if (!delegated) this.delegate(accountId, regionName);
    return { AdminAccountId: accountId, Feature: 'SecurityHub' };
  }

  public disableOrganizationAdminAccount(caller: Principal, regionName: string, input: Input) {
    const region = this.enter('DisableOrganizationAdminAccount', caller, regionName);
    const accountId = adminAccountId(input);
    const organizationId = this.managedOrganization(caller);
    if (organizationId === undefined) throw accessDenied(`Account ${caller.accountId} is not the management account of an organization`);
    if (region.delegations.get(organizationId)?.accountId !== accountId) throw invalidInput(`Account ${accountId} is not the administrator`);
    this.endDelegation(region, organizationId, api('DisableOrganizationAdminAccount', caller));
    return {};
  }

  /** [B] "Can only be called by the organization management account"; AccessDeniedException is not declared. */
  public listOrganizationAdminAccounts(caller: Principal, regionName: string, input: Input) {
    const region = this.enter('ListOrganizationAdminAccounts', caller, regionName);
    const size = pageSize(input, 10);
    const organizationId = this.managedOrganization(caller);
    if (organizationId === undefined) throw invalidAccess(`Account ${caller.accountId} is not the management account of an organization`);
    const delegated = region.delegations.get(organizationId);
    const accounts = delegated ? [{ AccountId: delegated.accountId, Status: 'ENABLED' }] : [];
    const { items, NextToken } = paged('ListOrganizationAdminAccounts', accounts, input, size);
    return { AdminAccounts: items, NextToken, Feature: 'SecurityHub' };
  }

  public listInvitations(caller: Principal, regionName: string, input: Input) {
    const region = this.enter('ListInvitations', caller, regionName);
    const size = pageSize(input, 50);
    this.subscribed(region, caller);
    const { items, NextToken } = paged('ListInvitations', this.openInvitations(region, caller.accountId), input, size);
    return { Invitations: items.map((each) => this.shownInvitation(each.administration, each.membership)), NextToken };
  }

  public getInvitationsCount(caller: Principal, regionName: string) {
    const region = this.enter('GetInvitationsCount', caller, regionName);
    this.subscribed(region, caller);
    return { InvitationsCount: this.openInvitations(region, caller.accountId).length };
  }

  /** [B] "When the account owner enables Security Hub CSPM and accepts the invitation …". */
  public acceptAdministratorInvitation(caller: Principal, regionName: string, input: Input) {
    const region = this.enter('AcceptAdministratorInvitation', caller, regionName);
    const { AdministratorId: administratorId, InvitationId: invitationId } = input;
    if (!isText(administratorId) || !isText(invitationId)) throw invalidInput('AdministratorId and InvitationId are required');
    this.subscribed(region, caller);
    const open = this.openInvitations(region, caller.accountId)
      .find((each) => each.administration.accountId === administratorId && each.membership.invitationId === invitationId);
    if (!open || !this.mayAdminister(region, administratorId)) throw notFound(`There is no invitation ${invitationId} of ${administratorId}`);
    if (region.belongsTo.has(caller.accountId)) throw invalidInput(`Account ${caller.accountId} is an associated member of another administrator`);
    // [SHADD] an administrator of others cannot be a member
    if (this.administers(region, caller.accountId)) throw invalidInput(`Account ${caller.accountId} administers other accounts`);
    this.set(region, open.administration, open.membership, { status: 'Enabled' }, api('AcceptAdministratorInvitation', caller));
    return {};
  }

  /** Declined invitations show as Resigned on the administrator's side [I]. */
  public declineInvitations(caller: Principal, regionName: string, input: Input): { UnprocessedAccounts: UnprocessedAccount[] } {
    return this.endInvitations('DeclineInvitations', caller, regionName, input);
  }

  public deleteInvitations(caller: Principal, regionName: string, input: Input): { UnprocessedAccounts: UnprocessedAccount[] } {
    return this.endInvitations('DeleteInvitations', caller, regionName, input);
  }

  public getAdministratorAccount(caller: Principal, regionName: string) {
    const region = this.enter('GetAdministratorAccount', caller, regionName);
    this.subscribed(region, caller);
    const found = this.administratorOf(region, caller.accountId);
    return found ? { Administrator: this.shownInvitation(found.administration, found.membership) } : {};
  }

  /** [B] "This operation is only used by accounts that are not part of an organization." */
  public disassociateFromAdministratorAccount(caller: Principal, regionName: string) {
    const region = this.enter('DisassociateFromAdministratorAccount', caller, regionName);
    this.subscribed(region, caller);
    const found = this.administratorOf(region, caller.accountId);
    if (!found) throw notFound(`Account ${caller.accountId} has no administrator`);
    if (found.membership.inOrganization) throw invalidAccess('Only the administrator can disassociate an organization account');
    this.set(region, found.administration, found.membership, { status: 'Resigned' }, api('DisassociateFromAdministratorAccount', caller));
    return {};
  }

  // ---- what tests look at -------------------------------------------------------------------------------------------

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

  // ---- what happens in the world: for tests ---------------------------------------------------------------------------

  /** Somebody else makes an account a member. */
  public addMember(
    regionName: string, administratorId: string, accountId: string, member: { status?: MemberStatus; email?: string } = {},
  ): void {
    const region = this.region(regionName);
    const administration = this.administration(region, administratorId);
    const membership = this.current(region, administration, accountId) ?? this.entry(administration, accountId);
    const status = member.status ?? 'Enabled';
    const other = region.belongsTo.get(accountId);
    if (status === 'Enabled' && other !== undefined && other !== administratorId) throw new Error(`${accountId} belongs to ${other}`);
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
    this.set(region, administration, membership, how === 'delete' ? undefined : { status: 'Removed' }, thirdParty('removeMember'));
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

  public setCentralConfiguration(regionName: string, administratorId: string, on: boolean, selfManaged: readonly string[] = []): void {
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
  public refuse(regionName: string, accountId: string, text: string | null, operations: readonly RefusableOperation[] = ['CreateMembers']): void {
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
    if (organizationId !== undefined) this.endDelegation(this.region(regionName), organizationId, thirdParty('administratorMoved'));
  }

  // ---- one account at a time ------------------------------------------------------------------------------------------

  private create(region: Regional, administration: Administration, details: AccountDetails, caller: Principal): UnprocessedAccount | undefined {
    const { accountId, email } = details;
    const { unknowns } = this.environment;
    const existing = this.current(region, administration, accountId);
    const status = existing?.state?.status;
    const own = this.sharesOrganization(administration.accountId, accountId);
    const refusal = this.refusal(region, 'CreateMembers', accountId);
    if (refusal) return refusal;
    const reason = this.whyNot(region, administration, accountId, own, status);
    if (reason === 'alreadyMember' && unknowns.createExistingMember === 'accepted') return undefined;
    if (reason) return this.unprocessed(accountId, reason);
    const membership = existing ?? this.entry(administration, accountId);
    Object.assign(membership, { addedBy: 'api', addedByArn: caller.arn, addedAt: this.now(), invitationId: undefined });
    this.setInOrganization(administration, membership, own);
    const cause = api('CreateMembers', caller);
    const suspended = own && !this.isActive(accountId);
    this.set(region, administration, membership, { status: suspended ? 'AccountSuspended' : 'Created', email }, cause);
    if (own && !suspended) {
      region.belongsTo.set(accountId, administration.accountId);
      membership.enablesAt = this.now() + unknowns.createdFor;
      this.settle(region, administration, membership);
    }
    return undefined;
  }

  private whyNot(
    region: Regional, administration: Administration, accountId: string, own: boolean, status: MemberStatus | undefined,
  ): Reason | undefined {
    const { unknowns } = this.environment;
    if (accountId === administration.accountId) return 'itself'; // [THIRD]
    if (status === 'Created' || status === 'Invited' || status === 'Enabled') return 'alreadyMember'; // [SEA814]
    if (this.isGoverned(administration, accountId) && unknowns.createMembersUnderCentral === 'unprocessed') return 'central';
    const owner = region.belongsTo.get(accountId);
    if (owner !== undefined && owner !== administration.accountId) return 'otherAdministrator'; // [SHMAN][THIRD]
    if (this.administers(region, accountId)) return 'otherAdministration'; // [SHADD]
    if (own) {
      // [B] "The organization management account must enable Security Hub CSPM before …"
      if (this.isManagementAccount(accountId) && !region.hubs.has(accountId)) return 'managementAccount';
      if (!this.isActive(accountId) && unknowns.createSuspended === 'unprocessed') return 'suspended';
    } else {
      if ((status === 'Removed' || status === 'Resigned') && unknowns.recreateOutside === 'unprocessed') return 'alreadyMember'; // [TF8206]
      if (!this.organizations.exists(accountId) && unknowns.createUnknownAccount === 'unprocessed') return 'invalidInput';
    }
    return this.hasRoom(administration, own) ? undefined : 'quota';
  }

  private invite(region: Regional, administration: Administration, accountId: string, caller: Principal): UnprocessedAccount | undefined {
    const refusal = this.refusal(region, 'InviteMembers', accountId);
    if (refusal) return refusal;
    const membership = this.current(region, administration, accountId);
    const status = membership?.state?.status;
    if (!membership || status === undefined) return this.unprocessed(accountId, 'notAssociated'); // [B] CreateMembers comes first
    if (membership.inOrganization) return this.unprocessed(accountId, 'organizationMember'); // [B] "don't receive invitations"
    if (status === 'Enabled') return this.unprocessed(accountId, 'alreadyMember');
    if (status !== 'Created' && status !== 'Invited') return this.unprocessed(accountId, 'notAssociated'); // [TF8206]
    if (status === 'Created' && administration.tally.invited >= administration.quotas.invitations) return this.unprocessed(accountId, 'quota'); // [SHQ]
    membership.invitationId ??= this.nextInvitationId();
    this.set(region, administration, membership, { status: 'Invited', invitedAt: this.now() }, api('InviteMembers', caller));
    return undefined;
  }

  private remove(region: Regional, administration: Administration, accountId: string, caller: Principal): UnprocessedAccount | undefined {
    const refusal = this.refusal(region, 'DeleteMembers', accountId);
    if (refusal) return refusal;
    const { unknowns } = this.environment;
    const membership = this.current(region, administration, accountId);
    const status = membership?.state?.status;
    if (!membership || status === undefined) return this.unprocessed(accountId, 'notAssociated');
    // [B] "You can't invoke this API to delete accounts that belong to an Organizations organization."
    if (membership.inOrganization && unknowns.deleteMembersOfOrganization === 'unprocessed') return this.unprocessed(accountId, 'organizationMember');
    const associated = status === 'Enabled' || (status === 'Created' && membership.inOrganization);
    if (associated) return this.unprocessed(accountId, 'stillAssociated'); // [SHDEL]
    const left = unknowns.deletedMember === 'Deleted' ? { status: 'Deleted' as const } : undefined;
    this.set(region, administration, membership, left, api('DeleteMembers', caller));
    return undefined;
  }

  private disassociate(
    region: Regional, administration: Administration, accountId: string, status: 'Removed' | 'Resigned', cause: Cause,
  ): void {
    const membership = this.current(region, administration, accountId);
    const before = membership?.state?.status;
    // [B] "Can be used to disassociate both accounts that are managed using Organizations and accounts that were invited manually."
    if (membership && before !== undefined && before !== 'Removed' && before !== 'Resigned' && before !== 'Deleted') {
      this.set(region, administration, membership, { status }, cause);
    }
  }

  private endInvitations(
    operation: 'DeclineInvitations' | 'DeleteInvitations', caller: Principal, regionName: string, input: Input,
  ): { UnprocessedAccounts: UnprocessedAccount[] } {
    const region = this.enter(operation, caller, regionName);
    const { accepted, unprocessed } = this.firstFifty(accountIds(input), (each) => each);
    this.subscribed(region, caller);
    const open = this.openInvitations(region, caller.accountId);
    for (const administratorId of accepted) {
      const invitation = open.find((each) => each.administration.accountId === administratorId);
      if (!invitation) unprocessed.push(this.unprocessed(administratorId, 'notAssociated'));
      else this.set(region, invitation.administration, invitation.membership, { status: 'Resigned' }, api(operation, caller));
    }
    return { UnprocessedAccounts: unprocessed };
  }

  // ---- what AWS does by itself ------------------------------------------------------------------------------------------

  /** Lets an entry catch up with the time. */
  private settle(region: Regional, administration: Administration, membership: Membership): void {
    const { enablesAt } = membership;
    if (enablesAt === undefined || enablesAt > this.now()) return;
    this.set(region, administration, membership, { status: 'Enabled' }, aws('enabled'), enablesAt);
  }

  private stateChanges(accountId: string, suspended: boolean, closed: boolean): void {
    for (const region of this.regions.values()) {
      for (const administration of region.administrations.values()) {
        const membership = this.current(region, administration, accountId);
        if (!membership?.state) continue;
        // [SHEFF] a closed account is removed
        if (closed) this.set(region, administration, membership, undefined, aws('accountClosed'));
        // [B] AccountSuspended: suspended "at the same time that the administrator … tried to enable" it; [R] an Enabled one stays so
        else if (suspended && membership.enablesAt !== undefined) {
          this.set(region, administration, membership, { status: 'AccountSuspended' }, aws('accountSuspended'));
        }
      }
      if (closed) region.hubs.delete(accountId);
    }
  }

  private leavesOrganization(accountId: string): void {
    for (const region of this.regions.values()) {
      for (const administration of region.administrations.values()) {
        const membership = this.current(region, administration, accountId);
        if (!membership?.state || !membership.inOrganization) continue;
        this.set(region, administration, membership, { status: 'Deleted' }, aws('leftOrganization')); // [SHEFF]; the hub stays on
        this.setInOrganization(administration, membership, false);
      }
    }
  }

  private joinsOrganization(accountId: string, organizationId: string): void {
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

  private endDelegation(region: Regional, organizationId: string, cause: Cause): void {
    const delegated = region.delegations.get(organizationId);
    if (!delegated) return;
    region.delegations.delete(organizationId);
    const elsewhere = [...this.regions.values()].some((each) => each.delegations.get(organizationId)?.accountId === delegated.accountId);
    if (!elsewhere) this.organizations.deregisterDelegatedAdministrator(delegated.accountId, SECURITY_HUB_PRINCIPAL);
    const administration = region.administrations.get(delegated.accountId);
    for (const membership of administration?.members.values() ?? []) {
      this.settle(region, administration!, membership);
      if (membership.state && membership.inOrganization) this.set(region, administration!, membership, undefined, cause);
    }
    if (administration) Object.assign(administration, { autoEnable: false, configuration: 'LOCAL', autoEnableStandards: 'DEFAULT' });
  }

  private switchOn(region: Regional, accountId: string, at: number, by: HubSnapshot['enabledBy'], defaultStandards: boolean = true): void {
    // [B] "For organization accounts that already have Security Hub CSPM enabled, [it] does not make any other changes"
    if (region.hubs.has(accountId)) return;
    const controlFindingGenerator = 'SECURITY_CONTROL';
    region.hubs.set(accountId, { enabledAt: at, enabledBy: by, defaultStandards, autoEnableControls: true, controlFindingGenerator });
  }

  /** [B] "your administrator and member account associations are removed". */
  private switchOff(region: Regional, accountId: string, cause: Cause): void {
    region.hubs.delete(accountId);
    const own = region.administrations.get(accountId);
    for (const membership of own?.members.values() ?? []) {
      this.settle(region, own!, membership);
      if (membership.state) this.set(region, own!, membership, undefined, cause);
    }
    const found = this.administratorOf(region, accountId);
    if (found) this.set(region, found.administration, found.membership, undefined, cause);
  }

  // ---- state ------------------------------------------------------------------------------------------------------------

  /** The only place where a membership changes. `next` keeps what it does not name; undefined removes the entry. */
  private set(
    region: Regional, administration: Administration, membership: Membership,
    next: Partial<MemberState> & Pick<MemberState, 'status'> | undefined, cause: Cause, at: number = this.now(),
  ): void {
    const { accountId } = membership;
    const before = membership.state;
    membership.enablesAt = undefined;
    const fresh = next?.status === 'Created' ? undefined : before;
    const state = next && { email: fresh?.email, invitedAt: fresh?.invitedAt, ...next, updatedAt: at };
    retally(administration, membership, () => membership.change(at, state, this.now() - this.environment.unknowns.readsSettleAfter));
    if (next?.status === 'Enabled') {
      // [B] "If the organization account does not have Security Hub CSPM enabled, then Security Hub CSPM and the default standards are
      // automatically enabled"; it stays on after disassociation [SHDIS]
      region.belongsTo.set(accountId, administration.accountId);
      this.switchOn(region, accountId, at, 'membership');
    } else if (region.belongsTo.get(accountId) === administration.accountId) {
      region.belongsTo.delete(accountId);
    }
    this.log.push({
      at, region: region.name, administratorId: administration.accountId, accountId, from: before?.status, to: next?.status, ...cause,
    });
  }

  /** An account's entry as it is, caught up with the time; undefined when there is none. */
  private current(region: Regional, administration: Administration, accountId: string): Membership | undefined {
    const membership = administration.members.get(accountId);
    if (!membership) return undefined;
    this.settle(region, administration, membership);
    return membership.state ? membership : undefined;
  }

  /** An account's entry as reads show it. */
  private seen(region: Regional, administration: Administration, accountId: string): MemberState | undefined {
    const membership = administration.members.get(accountId);
    if (!membership) return undefined;
    this.settle(region, administration, membership);
    return membership.stateAt(this.now() - this.environment.unknowns.readsSettleAfter);
  }

  private setInOrganization(administration: Administration, membership: Membership, inOrganization: boolean): void {
    retally(administration, membership, () => { membership.inOrganization = inOrganization; });
  }

  private entry(administration: Administration, accountId: string): Membership {
    const existing = administration.members.get(accountId);
    if (existing) return existing;
    const created = new Membership(accountId);
    administration.members.set(accountId, created);
    return created;
  }

  private region(name: string): Regional {
    const existing = this.regions.get(name);
    if (existing) return existing;
    const created: Regional = {
      name, hubs: new Map(), administrations: new Map(), delegations: new Map(), belongsTo: new Map(), refusals: new Map(),
    };
    this.regions.set(name, created);
    return created;
  }

  private administration(region: Regional, accountId: string): Administration {
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

  private administratorOf(region: Regional, accountId: string): { administration: Administration; membership: Membership } | undefined {
    const owner = region.belongsTo.get(accountId);
    const administration = owner === undefined ? undefined : region.administrations.get(owner);
    const membership = administration && this.current(region, administration, accountId);
    return membership && { administration, membership };
  }

  private openInvitations(region: Regional, accountId: string): { administration: Administration; membership: Membership }[] {
    const open = [];
    for (const administration of region.administrations.values()) {
      const membership = administration.members.get(accountId);
      if (membership?.state?.status === 'Invited') open.push({ administration, membership });
    }
    return open;
  }

  // ---- who may ------------------------------------------------------------------------------------------------------------

  /** Throttling comes first [I]. [B] LimitExceededException is the name of throttling and of quotas. */
  private enter(operation: string, caller: Principal, regionName: string): Regional {
    const rate = this.options.throttling ?? RATE;
    if (rate !== false && !this.buckets.take(`${caller.accountId} ${regionName} ${operation}`, rate)) {
      throw limitExceeded('Rate exceeded');
    }
    return this.region(regionName);
  }

  /** [MOTO] "not subscribed". */
  private subscribed(region: Regional, caller: Principal): Hub {
    this.hub(caller.accountId, region.name);
    const hub = region.hubs.get(caller.accountId);
    if (!hub) throw invalidAccess(`Account ${caller.accountId} is not subscribed to AWS Security Hub`);
    return hub;
  }

  /**
   * The caller's administration, if it may administer. [B] "If you are integrated with Organizations, then the administrator account is
   * designated by the organization management account"; an account in no organization administers by invitation [SHADD].
   */
  private administrator(operation: string, region: Regional, caller: Principal): Administration {
    this.subscribed(region, caller);
    if (!this.mayAdminister(region, caller.accountId)) throw this.notAdministrator(operation, caller);
    return this.administration(region, caller.accountId);
  }

  private reader(operation: string, region: Regional, caller: Principal): Administration | undefined {
    this.subscribed(region, caller);
    if (this.mayAdminister(region, caller.accountId)) return this.administration(region, caller.accountId);
    if (this.environment.unknowns.readsOfNonAdministrator === 'empty') return undefined;
    throw this.notAdministrator(operation, caller);
  }

  private delegatedAdministrator(operation: string, region: Regional, caller: Principal): Administration {
    this.subscribed(region, caller);
    if (!this.isDelegated(region, caller.accountId) || !this.mayAdminister(region, caller.accountId)) {
      throw this.notAdministrator(operation, caller);
    }
    return this.administration(region, caller.accountId);
  }

  /** [TF23079] Right after delegation AWS does not know of it. [SHADD] A member of another administrator cannot be one. */
  private mayAdminister(region: Regional, accountId: string): boolean {
    if (region.belongsTo.has(accountId)) return false;
    const organizationId = this.organizations.organizationIdOf(accountId);
    if (organizationId === undefined) return true;
    const delegated = region.delegations.get(organizationId);
    return delegated?.accountId === accountId && delegated.since + this.environment.unknowns.delegationSettlesAfter <= this.now();
  }

  /** W2: an error that the operation declares. */
  private notAdministrator(operation: string, caller: Principal): AwsError {
    const message = `Account ${caller.accountId} is not an administrator for this organization`; // [TF23079]
    const denied = this.environment.unknowns.notAdministrator === 'accessDenied' && DECLARES_ACCESS_DENIED.includes(operation);
    return denied ? accessDenied(message) : invalidAccess(message);
  }

  private isDelegated(region: Regional, accountId: string): boolean {
    const organizationId = this.organizations.organizationIdOf(accountId);
    return organizationId !== undefined && region.delegations.get(organizationId)?.accountId === accountId;
  }

  private administers(region: Regional, accountId: string): boolean {
    return this.isDelegated(region, accountId) || (region.administrations.get(accountId)?.tally.enabled ?? 0) > 0;
  }

  private managedOrganization(caller: Principal): string | undefined {
    const organizationId = this.organizations.organizationIdOf(caller.accountId);
    return organizationId !== undefined && this.isManagementAccount(caller.accountId) ? organizationId : undefined;
  }

  private isManagementAccount(accountId: string): boolean {
    const organizationId = this.organizations.organizationIdOf(accountId);
    return organizationId !== undefined && this.organizations.managementAccountOf(organizationId) === accountId;
  }

  private sharesOrganization(administratorId: string, accountId: string): boolean {
    const organizationId = this.organizations.organizationIdOf(accountId);
    return organizationId !== undefined && organizationId === this.organizations.organizationIdOf(administratorId);
  }

  private isActive(accountId: string): boolean {
    return this.organizations.stateOf(accountId) === 'ACTIVE';
  }

  /** Under central configuration, and not left to itself. */
  private isGoverned(administration: Administration, accountId: string): boolean {
    if (administration.configuration !== 'CENTRAL' || !this.sharesOrganization(administration.accountId, accountId)) return false;
    return this.environment.unknowns.selfManagedUnderCentral === 'asGoverned' || !administration.selfManaged.has(accountId);
  }

  // ---- quotas ---------------------------------------------------------------------------------------------------------------

  private hasRoom(administration: Administration, own: boolean, further: number = 1): boolean {
    const { quotas, tally } = administration;
    return tally.counted + further <= quotas.members && (own || tally.byInvitation + further <= quotas.invitedMembers);
  }

  /** Refuses the whole call when its accounts do not all find room [I]. */
  private requireRoom(administration: Administration, accountIdsOfCall: readonly string[]): void {
    const added = [...new Set(accountIdsOfCall)].filter((each) => {
      const status = administration.members.get(each)?.state?.status;
      return each !== administration.accountId && (status === undefined || !COUNTED.includes(status));
    });
    const outside = added.filter((each) => !this.sharesOrganization(administration.accountId, each)).length;
    if (!this.hasRoom(administration, true, added.length) || (outside > 0 && !this.hasRoom(administration, false, outside))) throw quotaReached();
  }

  // ---- answers ----------------------------------------------------------------------------------------------------------------

  /** [SEA814] what more than 50 accounts get. */
  private firstFifty<T>(all: readonly T[], idOf: (each: T) => string): { accepted: readonly T[]; unprocessed: UnprocessedAccount[] } {
    if (all.length > MOST_ACCOUNTS && this.environment.unknowns.overFifty === 'invalidInput') {
      throw invalidInput(`Member must have length less than or equal to ${MOST_ACCOUNTS}`);
    }
    return {
      accepted: all.slice(0, MOST_ACCOUNTS),
      unprocessed: all.slice(MOST_ACCOUNTS).map((each) => this.unprocessed(idOf(each), 'tooMany')),
    };
  }

  private refusal(region: Regional, operation: RefusableOperation, accountId: string): UnprocessedAccount | undefined {
    const refusal = region.refusals.get(accountId);
    if (!refusal?.operations.includes(operation)) return undefined;
    return refusal.processingResult === null ? { AccountId: accountId } : { AccountId: accountId, ProcessingResult: refusal.processingResult };
  }

  private unprocessed(accountId: string, reason: Reason): UnprocessedAccount {
    return { AccountId: accountId, ProcessingResult: processingResult(reason, this.options.wording ?? 'seen') };
  }

  private shownMember(administration: Administration, accountId: string, state: MemberState) {
    return {
      AccountId: accountId,
      Email: state.email, // [R] absent unless CreateMembers was given one
      MasterId: administration.accountId, // [MOTO] both
      AdministratorId: administration.accountId,
      MemberStatus: this.statusName(state.status),
      InvitedAt: state.invitedAt === undefined ? undefined : iso(state.invitedAt),
      UpdatedAt: iso(state.updatedAt),
    };
  }

  private shownInvitation(administration: Administration, membership: Membership) {
    const { status, invitedAt, updatedAt } = membership.state!;
    return {
      AccountId: administration.accountId,
      InvitationId: membership.invitationId,
      InvitedAt: iso(invitedAt ?? updatedAt),
      MemberStatus: this.statusName(status),
    };
  }

  private statusName(status: MemberStatus): string {
    return this.options.statusName?.(status) ?? status;
  }

  private hubArn(region: Regional, accountId: string): string {
    return `arn:${this.environment.partition}:securityhub:${region.name}:${accountId}:hub/default`;
  }

  private nextInvitationId(): string {
    return (++this.invitations).toString(16).padStart(32, '0');
  }

  private now(): number {
    return this.environment.clock.now();
  }
}

/** Makes a change to an entry and keeps the tally right. */
function retally(administration: Administration, membership: Membership, change: () => void): void {
  tallyUp(administration.tally, membership, -1);
  change();
  tallyUp(administration.tally, membership, 1);
}

function tallyUp(tally: Tally, { state, inOrganization }: Membership, by: 1 | -1): void {
  if (!state || !COUNTED.includes(state.status)) return;
  tally.counted += by;
  if (!inOrganization) tally.byInvitation += by;
  if (state.status === 'Invited') tally.invited += by;
  if (state.status === 'Enabled') tally.enabled += by;
}

function api(operation: string, caller: Principal): Cause {
  return { by: 'api', operation, callerArn: caller.arn };
}

function thirdParty(operation: string): Cause {
  return { by: 'thirdParty', operation };
}

function aws(operation: string): Cause {
  return { by: 'aws', operation };
}

/** [B] AccountDetails 1..50 (the upper bound is `overFifty`), AccountId required, Email not blank. */
function accountDetails(input: Input): AccountDetails[] {
  const list: unknown = input.AccountDetails;
  if (!Array.isArray(list) || list.length === 0) throw invalidInput('AccountDetails must have at least one account');
  return list.map((each: Input) => {
    if (!isAccountId(each?.AccountId)) throw invalidInput('AccountId must have 12 digits');
    if (each.Email !== undefined && !isText(each.Email)) throw invalidInput('Email must not be blank');
    return { accountId: each.AccountId, email: each.Email };
  });
}

/** [B] AccountIdList has no bound in the model; an empty one is refused [I]. */
function accountIds(input: Input): string[] {
  const list: unknown = input.AccountIds;
  if (!Array.isArray(list) || list.length === 0) throw invalidInput('AccountIds must have at least one account');
  if (!list.every(isAccountId)) throw invalidInput('AccountIds must have 12 digits');
  return list;
}

function adminAccountId(input: Input): string {
  if (!isAccountId(input.AdminAccountId)) throw invalidInput('AdminAccountId must have 12 digits');
  // Security Hub V2 is another product with an administrator of its own, and not modelled
  if (input.Feature !== undefined && input.Feature !== 'SecurityHub') throw invalidInput('Feature is SecurityHub');
  return input.AdminAccountId;
}

function pageSize(input: Input, most: number): number {
  const size: unknown = input.MaxResults ?? most;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > most) throw invalidInput(`MaxResults is 1 to ${most}`);
  return size;
}

function paged<T>(list: string, items: readonly T[], input: Input, size: number): { items: readonly T[]; NextToken?: string } {
  try {
    const { items: onPage, nextToken } = page(list, items, input.NextToken, size);
    return { items: onPage, NextToken: nextToken };
  } catch (error) {
    if (error instanceof InvalidToken) throw invalidInput('NextToken is not valid');
    throw error;
  }
}

function isAccountId(value: unknown): value is string {
  return typeof value === 'string' && /^\d{12}$/.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/** Presets have no instant of their own and show as old. */
function iso(milliseconds: number): string {
  return new Date(Number.isFinite(milliseconds) ? milliseconds : Date.UTC(2025, 0, 1)).toISOString();
}

// [B] each error has Message and Code; statuses as in the model
function code(name: string): Record<string, unknown> {
  return { Code: name };
}

function invalidInput(message: string): AwsError {
  return new AwsError('InvalidInputException', message, 400, code('InvalidInputException'));
}

function invalidAccess(message: string): AwsError {
  return new AwsError('InvalidAccessException', message, 401, code('InvalidAccessException'));
}

function accessDenied(message: string): AwsError {
  return new AwsError('AccessDeniedException', message, 403, code('AccessDeniedException'));
}

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, 404, code('ResourceNotFoundException'));
}

function limitExceeded(message: string): AwsError {
  return new AwsError('LimitExceededException', message, 429, code('LimitExceededException'));
}

function quotaReached(): AwsError {
  return limitExceeded('The request was rejected because it attempted to create resources beyond the current AWS account limits.');
}
