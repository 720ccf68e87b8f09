/**
 * AWS Security Hub (CSPM): hubs, administrators and their members, for each account and Region.
 *
 * Sources, cited by tag: [B] the service model and its texts (API version 2018-10-26); Security Hub User Guide: [SHADD] adding and
 * inviting, [SHMAN] manually enabling in new organization accounts, [SHDIS] disassociating organization members, [SHDEL] deleting
 * member accounts, [SHORG] managing with Organizations, [SHTRANS] transitioning to Organizations, [SHEFF] effect of account actions;
 * [SHQ] General Reference, quotas; [SARS] Service Authorization Reference; [SEA814], [SEA1227] issues of aws-secure-environment-accelerator;
 * [TF23079], [TF39687], [TF8206] of terraform-provider-aws; [MCAF213] of terraform-aws-mcaf-landing-zone; [THIRD] a public operations
 * script; [MOTO] moto's tests; [R] reported from real accounts; [I] inferred. What no source tells is read from
 * `Environment.unknowns` at every call.
 */
import { AwsError, type Call, type Environment, type Service } from '../core';
import type { MemberStatus, RefusableOperation, World } from '../organization-file';
import type { Membership, MemberState } from './membership';
import type { Organizations, Principal } from './organizations';
import { processingResult, type Reason, type Wording } from './processing-results';
import { accessDenied, conflict, invalidAccess, invalidInput, limitExceeded, notFound, quotaReached } from './security-hub-errors';
import {
  accountDetails, accountIds, adminAccountId, isText, paged, pageSize, type AccountDetails, type Input,
} from './security-hub-requests';
import type { Administration, Hub, Regional } from './security-hub-state';
import { SecurityHubWorld, type Cause } from './security-hub-world';
import { TokenBuckets, type Rate } from './token-buckets';

export type { AddedBy } from './membership';
export type { HubSnapshot } from './security-hub-state';
export type { MemberSnapshot, MembershipChange } from './security-hub-world';

export interface SecurityHubOptions {
  /** Calls for each account, Region and operation; false switches throttling off. Default 10 a second, burst 30 [B]. */
  throttling?: false | Rate;
  /** Default `seen`. */
  wording?: Wording;
  /** Renames statuses in answers: other case, the old `Associated`, one that nobody knows. */
  statusName?: (status: MemberStatus) => string;
}

export interface UnprocessedAccount {
  readonly AccountId: string;
  readonly ProcessingResult?: string;
}

/** The answer of the operations that tell what they did not do, and only that. */
interface Unprocessed {
  readonly UnprocessedAccounts: UnprocessedAccount[];
}

/** [B] AccountDetailsList max 50; [SEA814] the other lists are held to it too. */
const MOST_ACCOUNTS = 50;
/** [B] "all others 10/s burst 30". */
const RATE: Rate = { perSecond: 10, burst: 30 };
/** [B] operations of the model that declare AccessDeniedException. */
const DECLARES_ACCESS_DENIED: readonly string[] = [
  'CreateMembers', 'DisassociateMembers', 'EnableSecurityHub', 'DisableSecurityHub', 'UpdateOrganizationConfiguration',
  'EnableOrganizationAdminAccount', 'DisableOrganizationAdminAccount',
];

type Operation = (hub: SecurityHub, caller: Principal, region: string, input: Input) => unknown;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  AcceptAdministratorInvitation: (hub, ...call) => hub.acceptAdministratorInvitation(...call),
  CreateMembers: (hub, ...call) => hub.createMembers(...call),
  DeclineInvitations: (hub, ...call) => hub.declineInvitations(...call),
  DeleteInvitations: (hub, ...call) => hub.deleteInvitations(...call),
  DeleteMembers: (hub, ...call) => hub.deleteMembers(...call),
  DescribeHub: (hub, ...call) => hub.describeHub(...call),
  DescribeOrganizationConfiguration: (hub, caller, region) => hub.describeOrganizationConfiguration(caller, region),
  DisableOrganizationAdminAccount: (hub, ...call) => hub.disableOrganizationAdminAccount(...call),
  DisableSecurityHub: (hub, caller, region) => hub.disableSecurityHub(caller, region),
  DisassociateFromAdministratorAccount:
    (hub, caller, region) => hub.disassociateFromAdministratorAccount(caller, region),
  DisassociateMembers: (hub, ...call) => hub.disassociateMembers(...call),
  EnableOrganizationAdminAccount: (hub, ...call) => hub.enableOrganizationAdminAccount(...call),
  EnableSecurityHub: (hub, ...call) => hub.enableSecurityHub(...call),
  GetAdministratorAccount: (hub, caller, region) => hub.getAdministratorAccount(caller, region),
  GetInvitationsCount: (hub, caller, region) => hub.getInvitationsCount(caller, region),
  GetMembers: (hub, ...call) => hub.getMembers(...call),
  InviteMembers: (hub, ...call) => hub.inviteMembers(...call),
  ListInvitations: (hub, ...call) => hub.listInvitations(...call),
  ListMembers: (hub, ...call) => hub.listMembers(...call),
  ListOrganizationAdminAccounts: (hub, ...call) => hub.listOrganizationAdminAccounts(...call),
  UpdateOrganizationConfiguration: (hub, ...call) => hub.updateOrganizationConfiguration(...call),
};

/**
 * The service. Operations are synchronous methods of their own, so that a simulation can call them at high speed; `call` dispatches
 * to them.
 */
export class SecurityHub extends SecurityHubWorld implements Service {
  public readonly name = 'securityhub';
  public readonly operations: ReadonlySet<string> = new Set(Object.keys(OPERATIONS));
  private readonly buckets: TokenBuckets;

  constructor(
    environment: Environment,
    organizations: Organizations,
    world: World,
    public readonly options: SecurityHubOptions = {},
  ) {
    super(environment, organizations, world);
    this.buckets = new TokenBuckets(environment.clock);
  }

  public async call(call: Call): Promise<unknown> {
    return this.dispatch(call);
  }

  /** {@link call} without a promise. */
  public dispatch({ operation, caller, region, input }: Call): unknown {
    const serve = OPERATIONS[operation];
    if (!serve) throw new AwsError('UnknownOperationException', `The embedded AWS Security Hub has no ${operation}.`, 404);
    return serve(this, caller, region, input);
  }

  /** [SARS] The hub is the (optional) resource of the member operations. */
  public authorization({ operation, region, caller }: Call) {
    return [{ action: `securityhub:${operation}`, resources: [this.hubArn(this.region(region), caller.accountId)] }];
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
    if (region.hubs.has(caller.accountId)) {
      throw conflict('Account is already subscribed to Security Hub');
    }
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

  public createMembers(
    caller: Principal, regionName: string, input: Input,
  ): Unprocessed {
    const region = this.enter('CreateMembers', caller, regionName);
    const details = accountDetails(input);
    const { accepted, unprocessed } = this.firstFifty(details, (each) => each.accountId);
    const administration = this.administrator('CreateMembers', region, caller);
    const { unknowns } = this.environment;
    const governed = accepted.filter((each) => this.isGoverned(administration, each.accountId));
    if (governed.length > 0 && unknowns.createMembersUnderCentral === 'accessDenied') {
      throw accessDenied(`Account ${governed[0].accountId} is managed by a configuration policy`); // [SEA1227]
    }
    if (unknowns.quotaReached === 'limitExceeded') {
      this.requireRoom(administration, accepted.map((each) => each.accountId));
    }
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

  public inviteMembers(
    caller: Principal, regionName: string, input: Input,
  ): Unprocessed {
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
    if (missing !== undefined && unknowns.disassociateUnknown === 'resourceNotFound') {
      throw notFound(`Account ${missing} is not a member`);
    }
    for (const accountId of accepted) {
      const withoutEffect = this.refusal(region, 'DisassociateMembers', accountId) !== undefined
        || (governed.includes(accountId) && unknowns.disassociateUnderCentral === 'noEffect');
      if (!withoutEffect) {
        this.disassociate(region, administration, accountId, 'Removed', api('DisassociateMembers', caller));
      }
    }
    return {};
  }

  public deleteMembers(
    caller: Principal, regionName: string, input: Input,
  ): Unprocessed {
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
    if (standards !== undefined && standards !== 'NONE' && standards !== 'DEFAULT') {
      throw invalidInput('AutoEnableStandards is NONE or DEFAULT');
    }
    const administration = this.delegatedAdministrator('UpdateOrganizationConfiguration', region, caller);
    const configuration = input.OrganizationConfiguration?.ConfigurationType ?? administration.configuration;
    if (configuration !== 'CENTRAL' && configuration !== 'LOCAL') {
      throw invalidInput('ConfigurationType is CENTRAL or LOCAL');
    }
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
    if (organizationId === undefined) {
      throw accessDenied(`Account ${caller.accountId} is not the management account of an organization`);
    }
    // [MOTO] an account that is no member of the organization; [SHTRANS] the management account itself
    if (accountId === caller.accountId || this.organizations.organizationIdOf(accountId) !== organizationId) {
      throw invalidInput(`Account ${accountId} cannot be the administrator of this organization`);
    }
    const delegated = region.delegations.get(organizationId);
    if (delegated && delegated.accountId !== accountId) {
      throw invalidInput(`Account ${delegated.accountId} is the administrator already`);
    }
    if (!delegated) this.delegate(accountId, regionName);
    return { AdminAccountId: accountId, Feature: 'SecurityHub' };
  }

  public disableOrganizationAdminAccount(caller: Principal, regionName: string, input: Input) {
    const region = this.enter('DisableOrganizationAdminAccount', caller, regionName);
    const accountId = adminAccountId(input);
    const organizationId = this.managedOrganization(caller);
    if (organizationId === undefined) {
      throw accessDenied(`Account ${caller.accountId} is not the management account of an organization`);
    }
    if (region.delegations.get(organizationId)?.accountId !== accountId) {
      throw invalidInput(`Account ${accountId} is not the administrator`);
    }
    this.endDelegation(region, organizationId, api('DisableOrganizationAdminAccount', caller));
    return {};
  }

  /** [B] "Can only be called by the organization management account"; AccessDeniedException is not declared. */
  public listOrganizationAdminAccounts(caller: Principal, regionName: string, input: Input) {
    const region = this.enter('ListOrganizationAdminAccounts', caller, regionName);
    const size = pageSize(input, 10);
    const organizationId = this.managedOrganization(caller);
    if (organizationId === undefined) {
      throw invalidAccess(`Account ${caller.accountId} is not the management account of an organization`);
    }
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
    if (!isText(administratorId) || !isText(invitationId)) {
      throw invalidInput('AdministratorId and InvitationId are required');
    }
    this.subscribed(region, caller);
    const open = this.openInvitations(region, caller.accountId).find(({ administration, membership }) =>
      administration.accountId === administratorId && membership.invitationId === invitationId);
    if (!open || !this.mayAdminister(region, administratorId)) {
      throw notFound(`There is no invitation ${invitationId} of ${administratorId}`);
    }
    if (region.belongsTo.has(caller.accountId)) {
      throw invalidInput(`Account ${caller.accountId} is an associated member of another administrator`);
    }
    // [SHADD] an administrator of others cannot be a member
    if (this.administers(region, caller.accountId)) {
      throw invalidInput(`Account ${caller.accountId} administers other accounts`);
    }
    this.set(region, open.administration, open.membership, { status: 'Enabled' }, api('AcceptAdministratorInvitation', caller));
    return {};
  }

  /** Declined invitations show as Resigned on the administrator's side [I]. */
  public declineInvitations(
    caller: Principal, regionName: string, input: Input,
  ): Unprocessed {
    return this.endInvitations('DeclineInvitations', caller, regionName, input);
  }

  public deleteInvitations(
    caller: Principal, regionName: string, input: Input,
  ): Unprocessed {
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
    if (found.membership.inOrganization) {
      throw invalidAccess('Only the administrator can disassociate an organization account');
    }
    this.set(region, found.administration, found.membership, { status: 'Resigned' }, api('DisassociateFromAdministratorAccount', caller));
    return {};
  }

  private create(
    region: Regional, administration: Administration, details: AccountDetails, caller: Principal,
  ): UnprocessedAccount | undefined {
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
    if (this.isGoverned(administration, accountId) && unknowns.createMembersUnderCentral === 'unprocessed') {
      return 'central';
    }
    const owner = region.belongsTo.get(accountId);
    if (owner !== undefined && owner !== administration.accountId) return 'otherAdministrator'; // [SHMAN][THIRD]
    if (this.administers(region, accountId)) return 'otherAdministration'; // [SHADD]
    if (own) {
      // [B] "The organization management account must enable Security Hub CSPM before …"
      if (this.isManagementAccount(accountId) && !region.hubs.has(accountId)) return 'managementAccount';
      if (!this.isActive(accountId) && unknowns.createSuspended === 'unprocessed') return 'suspended';
    } else {
      if ((status === 'Removed' || status === 'Resigned') && unknowns.recreateOutside === 'unprocessed') { // [TF8206]
        return 'alreadyMember';
      }
      if (!this.organizations.exists(accountId) && unknowns.createUnknownAccount === 'unprocessed') {
        return 'invalidInput';
      }
    }
    return this.hasRoom(administration, own) ? undefined : 'quota';
  }

  private invite(
    region: Regional, administration: Administration, accountId: string, caller: Principal,
  ): UnprocessedAccount | undefined {
    const refusal = this.refusal(region, 'InviteMembers', accountId);
    if (refusal) return refusal;
    const membership = this.current(region, administration, accountId);
    const status = membership?.state?.status;
    if (!membership || status === undefined) { // [B] CreateMembers comes first
      return this.unprocessed(accountId, 'notAssociated');
    }
    if (membership.inOrganization) { // [B] "don't receive invitations"
      return this.unprocessed(accountId, 'organizationMember');
    }
    if (status === 'Enabled') return this.unprocessed(accountId, 'alreadyMember');
    if (status !== 'Created' && status !== 'Invited') return this.unprocessed(accountId, 'notAssociated'); // [TF8206]
    if (status === 'Created' && administration.tally.invited >= administration.quotas.invitations) { // [SHQ]
      return this.unprocessed(accountId, 'quota');
    }
    membership.invitationId ??= this.nextInvitationId();
    this.set(region, administration, membership, { status: 'Invited', invitedAt: this.now() }, api('InviteMembers', caller));
    return undefined;
  }

  private remove(
    region: Regional, administration: Administration, accountId: string, caller: Principal,
  ): UnprocessedAccount | undefined {
    const refusal = this.refusal(region, 'DeleteMembers', accountId);
    if (refusal) return refusal;
    const { unknowns } = this.environment;
    const membership = this.current(region, administration, accountId);
    const status = membership?.state?.status;
    if (!membership || status === undefined) return this.unprocessed(accountId, 'notAssociated');
    // [B] "You can't invoke this API to delete accounts that belong to an Organizations organization."
    if (membership.inOrganization && unknowns.deleteMembersOfOrganization === 'unprocessed') {
      return this.unprocessed(accountId, 'organizationMember');
    }
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
  ): Unprocessed {
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

  /** W2: an error that the operation declares. */
  private notAdministrator(operation: string, caller: Principal): AwsError {
    const message = `Account ${caller.accountId} is not an administrator for this organization`; // [TF23079]
    const denied = this.environment.unknowns.notAdministrator === 'accessDenied' && DECLARES_ACCESS_DENIED.includes(operation);
    return denied ? accessDenied(message) : invalidAccess(message);
  }

  /** [SEA814] what more than 50 accounts get. */
  private firstFifty<T>(
    all: readonly T[], idOf: (each: T) => string,
  ): { accepted: readonly T[]; unprocessed: UnprocessedAccount[] } {
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
    const { processingResult: text } = refusal;
    return { AccountId: accountId, ...text === null ? {} : { ProcessingResult: text } };
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
}

function api(operation: string, caller: Principal): Cause {
  return { by: 'api', operation, callerArn: caller.arn };
}

/** Presets have no instant of their own and show as old. */
function iso(milliseconds: number): string {
  return new Date(Number.isFinite(milliseconds) ? milliseconds : Date.UTC(2025, 0, 1)).toISOString();
}
