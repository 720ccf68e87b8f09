/**
 * AWS Organizations: who belongs to which organization, in which state and where; the reads, and what may happen to accounts.
 *
 * Sources, cited by tag: [B] the service model and its texts (API version 2016-11-28); [OQ] User Guide, "Quotas and service limits";
 * [OAPI] API Reference, which prints HTTP status 400 for every error; [SHEFF] Security Hub User Guide, "effect of account actions";
 * [SARO] Service Authorization Reference; [R] reported from real accounts; [I] inferred.
 */
import { AwsError, type Call, type Caller, type Environment, type Service } from '../core';
import type { AccountState, ResolvedAccount, World } from '../organization-file';
import { InvalidToken, page } from './paging';
import { TokenBuckets, type Rate } from './token-buckets';

/** The part of a caller that decides what it may do. */
export type Principal = Pick<Caller, 'accountId'> & Partial<Pick<Caller, 'arn'>>;

/** What can happen to an account or to the delegation of a service. */
export type OrganizationsEvent =
  | { readonly kind: 'stateChanging'; readonly accountId: string; readonly state: AccountState }
  | { readonly kind: 'leaving' | 'joined'; readonly accountId: string; readonly organizationId: string };

export interface OrganizationsOptions {
  /** Puts an empty page with a NextToken before each page that has something on it, which AWS reserves the right to do [B]. */
  emptyPages?: boolean;
  /** False switches throttling off. */
  throttling?: boolean;
}

interface Account {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  state: AccountState;
  joinedMethod: 'INVITED' | 'CREATED';
  joined: number;
  readonly tags: Readonly<Record<string, string>>;
  organization?: Organization;
  parentId?: string;
}

interface Unit {
  readonly id: string;
  readonly name: string;
  readonly parentId: string;
  readonly tags: Readonly<Record<string, string>>;
}

interface Delegation {
  readonly accountId: string;
  readonly servicePrincipal: string;
  readonly since: number;
}

interface Organization {
  readonly id: string;
  readonly rootId: string;
  readonly managementAccountId: string;
  readonly units: Map<string, Unit>;
  delegations: Delegation[];
}

/** Rates per account and per organization [OQ]. */
const RATES: Readonly<Record<string, { readonly account: Rate; readonly organization?: Rate }>> = {
  DescribeOrganization: { account: { perSecond: 1, burst: 2 } },
  DescribeAccount: { account: { perSecond: 20, burst: 30 }, organization: { perSecond: 24, burst: 36 } },
  ListAccounts: { account: { perSecond: 8, burst: 12 }, organization: { perSecond: 9, burst: 15 } },
  ListAccountsForParent: { account: { perSecond: 5, burst: 8 }, organization: { perSecond: 6, burst: 10 } },
  ListParents: { account: { perSecond: 5, burst: 8 }, organization: { perSecond: 6, burst: 10 } },
  ListOrganizationalUnitsForParent: { account: { perSecond: 5, burst: 8 }, organization: { perSecond: 6, burst: 10 } },
  ListChildren: { account: { perSecond: 6, burst: 10 }, organization: { perSecond: 7, burst: 12 } },
  ListRoots: { account: { perSecond: 1, burst: 2 }, organization: { perSecond: 1, burst: 3 } },
  ListTagsForResource: { account: { perSecond: 10, burst: 15 }, organization: { perSecond: 12, burst: 18 } },
  ListDelegatedAdministrators: { account: { perSecond: 5, burst: 8 }, organization: { perSecond: 6, burst: 10 } },
};

// [B] patterns of the model, anchored: the model's own let `|` bind looser than `^` and `$`.
const ACCOUNT_ID = /^\d{12}$/;
const PARENT_ID = /^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$/;
const CHILD_ID = /^(\d{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$/;
const TAGGABLE_ID =
  /^(r-[0-9a-z]{4,32}|\d{12}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|p-\w{8,128}|rp-\w{4,128}|rt-\w{8,32})$/;
const SERVICE_PRINCIPAL = /^[\w+=,.@-]{1,128}$/;
/** [B] MaxResults 1..20; without it AWS chooses, and 20 is the most it gives. */
const PAGE_SIZE = 20;

type Input = Readonly<Record<string, any>>;

type Operation = (organizations: Organizations, caller: Principal, input: Input) => unknown;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  DescribeOrganization: (organizations, caller) => organizations.describeOrganization(caller),
  DescribeAccount: (organizations, ...call) => organizations.describeAccount(...call),
  ListAccounts: (organizations, ...call) => organizations.listAccounts(...call),
  ListAccountsForParent: (organizations, ...call) => organizations.listAccountsForParent(...call),
  ListParents: (organizations, ...call) => organizations.listParents(...call),
  ListChildren: (organizations, ...call) => organizations.listChildren(...call),
  ListRoots: (organizations, ...call) => organizations.listRoots(...call),
  ListOrganizationalUnitsForParent: (organizations, ...call) => organizations.listOrganizationalUnitsForParent(...call),
  ListDelegatedAdministrators: (organizations, ...call) => organizations.listDelegatedAdministrators(...call),
  ListTagsForResource: (organizations, ...call) => organizations.listTagsForResource(...call),
};

/** The service, and the accounts of the world. */
export class Organizations implements Service {
  public readonly name = 'organizations';
  public readonly operations: ReadonlySet<string> = new Set(Object.keys(OPERATIONS));
  private readonly organizations = new Map<string, Organization>();
  private readonly accounts = new Map<string, Account>();
  private readonly buckets: TokenBuckets;
  private readonly listeners: ((event: OrganizationsEvent) => void)[] = [];

  constructor(
    private readonly environment: Environment,
    world: World,
    public readonly options: OrganizationsOptions = {},
  ) {
    this.buckets = new TokenBuckets(environment.clock);
    for (const each of world.organizations) {
      this.organizations.set(each.id, {
        id: each.id,
        rootId: each.rootId,
        managementAccountId: each.managementAccountId,
        units: new Map(each.units.map((unit) => [unit.id, unit])),
        delegations: each.delegatedAdministrators.map((delegation) => ({ ...delegation, since: -Infinity })),
      });
    }
    for (const each of world.accounts.values()) this.addAccount(each);
  }

  public async call(call: Call): Promise<unknown> {
    return this.dispatch(call);
  }

  /** {@link call} without a promise. */
  public dispatch({ operation, caller, input }: Call): unknown {
    const serve = OPERATIONS[operation];
    if (!serve) throw new AwsError('UnknownOperationException', `The embedded AWS Organizations has no ${operation}.`);
    return serve(this, caller, input);
  }

  /** [SARO] Operations on one account, OU or root have it as their resource; the others have none. */
  public authorization({ operation, caller, input }: Call) {
    const id: unknown = input?.AccountId ?? input?.ParentId ?? input?.ChildId ?? input?.ResourceId;
    const organization = this.organizationOf(caller.accountId);
    const resource = typeof id === 'string' && organization ? this.arn(organization, `${kindOf(id)}/${organization.id}/${id}`) : '*';
    return [{ action: `organizations:${operation}`, resources: [resource] }];
  }

  /** Open to every account of an organization [B]. */
  public describeOrganization(caller: Principal) {
    this.throttle('DescribeOrganization', caller);
    const organization = this.organizationOf(caller.accountId) ?? notInUse();
    const management = this.accounts.get(organization.managementAccountId)!;
    return {
      Organization: {
        Id: organization.id,
        Arn: this.arn(organization, `organization/${organization.id}`),
        FeatureSet: 'ALL',
        MasterAccountArn: this.accountArn(organization, management.id),
        MasterAccountId: management.id,
        MasterAccountEmail: management.email,
        AvailablePolicyTypes: [{ Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' }],
      },
    };
  }

  public describeAccount(caller: Principal, input: Input) {
    const organization = this.enter('DescribeAccount', caller);
    const id = this.text(input, 'AccountId', ACCOUNT_ID);
    const account = this.accounts.get(id);
    if (account?.organization !== organization) {
      throw failure('AccountNotFoundException', "You specified an account that doesn't exist.");
    }
    return { Account: this.shownAccount(account) };
  }

  public listAccounts(caller: Principal, input: Input) {
    const organization = this.enter('ListAccounts', caller);
    const { items, NextToken } = this.page('ListAccounts', this.accountsOf(organization), input);
    return { Accounts: items.map((each) => this.shownAccount(each)), NextToken };
  }

  public listAccountsForParent(caller: Principal, input: Input) {
    const organization = this.enter('ListAccountsForParent', caller);
    const parentId = this.parentId(organization, input);
    const inside = this.accountsOf(organization).filter((each) => each.parentId === parentId);
    const { items, NextToken } = this.page(`ListAccountsForParent ${parentId}`, inside, input);
    return { Accounts: items.map((each) => this.shownAccount(each)), NextToken };
  }

  public listParents(caller: Principal, input: Input) {
    const organization = this.enter('ListParents', caller);
    const id = this.text(input, 'ChildId', CHILD_ID);
    const account = this.accounts.get(id);
    const parentId = account?.organization === organization ? account.parentId! : organization.units.get(id)?.parentId;
    if (parentId === undefined) throw failure('ChildNotFoundException', "You specified a child that doesn't exist.");
    const parent = { Id: parentId, Type: parentId === organization.rootId ? 'ROOT' : 'ORGANIZATIONAL_UNIT' };
    const { items, NextToken } = this.page(`ListParents ${id}`, [parent], input);
    return { Parents: items, NextToken };
  }

  public listChildren(caller: Principal, input: Input) {
    const organization = this.enter('ListChildren', caller);
    const type = this.text(input, 'ChildType', /^/);
    if (type !== 'ACCOUNT' && type !== 'ORGANIZATIONAL_UNIT') throw invalid('INVALID_ENUM', 'ChildType');
    const parentId = this.parentId(organization, input);
    const children: readonly { id: string; parentId?: string }[] =
      type === 'ACCOUNT' ? this.accountsOf(organization) : [...organization.units.values()];
    const inside = children.filter((each) => each.parentId === parentId).map((each) => ({ Id: each.id, Type: type }));
    const { items, NextToken } = this.page(`ListChildren ${parentId} ${type}`, inside, input);
    return { Children: items, NextToken };
  }

  public listRoots(caller: Principal, input: Input) {
    const organization = this.enter('ListRoots', caller);
    const root = {
      Id: organization.rootId,
      Arn: this.arn(organization, `root/${organization.id}/${organization.rootId}`),
      Name: 'Root',
      PolicyTypes: [{ Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' }],
    };
    const { items, NextToken } = this.page('ListRoots', [root], input);
    return { Roots: items, NextToken };
  }

  public listOrganizationalUnitsForParent(caller: Principal, input: Input) {
    const organization = this.enter('ListOrganizationalUnitsForParent', caller);
    const parentId = this.parentId(organization, input);
    const inside = [...organization.units.values()].filter((each) => each.parentId === parentId);
    const { items, NextToken } = this.page(`ListOrganizationalUnitsForParent ${parentId}`, inside, input);
    return {
      OrganizationalUnits: items.map((unit) => ({
        Id: unit.id,
        Arn: this.arn(organization, `ou/${organization.id}/${unit.id}`),
        Name: unit.name,
        Path: `${this.path(organization, unit.id)}/`,
      })),
      NextToken,
    };
  }

  public listDelegatedAdministrators(caller: Principal, input: Input) {
    const organization = this.enter('ListDelegatedAdministrators', caller);
    const principal = input.ServicePrincipal === undefined
      ? undefined : this.text(input, 'ServicePrincipal', SERVICE_PRINCIPAL);
    const byAccount = new Map<string, Delegation>();
    for (const each of organization.delegations) {
      if ((principal === undefined || each.servicePrincipal === principal) && !byAccount.has(each.accountId)) {
        byAccount.set(each.accountId, each);
      }
    }
    const { items, NextToken } = this.page(`ListDelegatedAdministrators ${principal}`, [...byAccount.values()], input);
    return {
      DelegatedAdministrators: items.map((each) => {
        const account = this.accounts.get(each.accountId)!;
        const { Paths: _, ...shown } = this.shownAccount(account);
        return { ...shown, DelegationEnabledDate: seconds(Number.isFinite(each.since) ? each.since : account.joined) };
      }),
      NextToken,
    };
  }

  public listTagsForResource(caller: Principal, input: Input) {
    const organization = this.enter('ListTagsForResource', caller);
    const id = this.text(input, 'ResourceId', TAGGABLE_ID);
    const account = this.accounts.get(id);
    const tags = account?.organization === organization ? account.tags
      : id === organization.rootId ? {} : organization.units.get(id)?.tags;
    if (tags === undefined) throw failure('TargetNotFoundException', "You specified a target that doesn't exist.");
    const list = `ListTagsForResource ${id}`;
    const { items, NextToken } = this.page(list, Object.entries(tags), { NextToken: input.NextToken });
    return { Tags: items.map(([Key, Value]) => ({ Key, Value })), NextToken };
  }

  /** Tells `listener` of what happens to accounts, before it shows. */
  public onEvent(listener: (event: OrganizationsEvent) => void): void {
    this.listeners.push(listener);
  }

  public organizationIdOf(accountId: string): string | undefined {
    return this.accounts.get(accountId)?.organization?.id;
  }

  public managementAccountOf(organizationId: string): string | undefined {
    return this.organizations.get(organizationId)?.managementAccountId;
  }

  public exists(accountId: string): boolean {
    return this.accounts.has(accountId);
  }

  public stateOf(accountId: string): AccountState | undefined {
    return this.accounts.get(accountId)?.state;
  }

  /** The accounts of an organization, in the order in which they came. */
  public accountIds(organizationId: string): string[] {
    const organization = this.organizations.get(organizationId);
    return organization ? this.accountsOf(organization).map((each) => each.id) : [];
  }

  public delegatedAdministrators(organizationId: string, servicePrincipal: string): string[] {
    return (this.organizations.get(organizationId)?.delegations ?? [])
      .filter((each) => each.servicePrincipal === servicePrincipal).map((each) => each.accountId);
  }

  /** Since when an account is its organization's administrator for a service; undefined if it is not. */
  public delegatedSince(accountId: string, servicePrincipal: string): number | undefined {
    return this.organizationOf(accountId)?.delegations
      .find((each) => each.accountId === accountId && each.servicePrincipal === servicePrincipal)?.since;
  }

  public suspend(accountId: string): void {
    this.changeState(accountId, 'SUSPENDED');
  }

  public reactivate(accountId: string): void {
    this.changeState(accountId, 'ACTIVE');
  }

  /** Begins to close an account; the organization still lists it [B]. */
  public close(accountId: string, state: 'PENDING_CLOSURE' | 'CLOSED' = 'CLOSED'): void {
    this.changeState(accountId, state);
  }

  /** The account leaves, or is removed from, its organization. */
  public leave(accountId: string): void {
    const account = this.known(accountId);
    const { organization } = account;
    if (!organization) throw new Error(`${accountId} is in no organization`);
    // [B] MasterCannotLeaveOrganizationException
    if (organization.managementAccountId === accountId) {
      throw new Error(`${accountId} is the management account and cannot leave`);
    }
    // [B] CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG
    if (organization.delegations.some((each) => each.accountId === accountId)) {
      throw new Error(`${accountId} is a delegated administrator`);
    }
    this.tell({ kind: 'leaving', accountId, organizationId: organization.id });
    account.organization = undefined;
    account.parentId = undefined;
  }

  /** The account joins an organization (the first, unless one is named) and lands in its root. */
  public join(accountId: string, organizationId: string = [...this.organizations.keys()][0]): void {
    const account = this.known(accountId);
    const organization = this.organizations.get(organizationId);
    if (!organization) throw new Error(`there is no organization ${organizationId}`);
    if (account.organization) throw new Error(`${accountId} is in ${account.organization.id}`);
    account.organization = organization;
    account.parentId = organization.rootId;
    account.joinedMethod = 'INVITED';
    account.joined = this.environment.clock.now();
    this.tell({ kind: 'joined', accountId, organizationId });
  }

  public move(accountId: string, parentId: string): void {
    const account = this.known(accountId);
    const { organization } = account;
    if (!organization || (parentId !== organization.rootId && !organization.units.has(parentId))) {
      throw new Error(`${parentId} is no parent in the organization of ${accountId}`);
    }
    account.parentId = parentId;
  }

  public addAccount(account: ResolvedAccount): void {
    if (this.accounts.has(account.id)) throw new Error(`${account.id} exists`);
    const { organizationId, ...rest } = account;
    const organization = organizationId === undefined ? undefined : this.organizations.get(organizationId);
    this.accounts.set(account.id, { ...rest, organization });
  }

  public registerDelegatedAdministrator(accountId: string, servicePrincipal: string): void {
    const { organization } = this.known(accountId);
    if (!organization) throw new Error(`${accountId} is in no organization`);
    this.deregisterDelegatedAdministrator(accountId, servicePrincipal);
    organization.delegations.push({ accountId, servicePrincipal, since: this.environment.clock.now() });
  }

  public deregisterDelegatedAdministrator(accountId: string, servicePrincipal: string): void {
    const { organization } = this.known(accountId);
    if (!organization) return;
    organization.delegations = organization.delegations
      .filter((each) => each.accountId !== accountId || each.servicePrincipal !== servicePrincipal);
  }

  private organizationOf(accountId: string): Organization | undefined {
    return this.accounts.get(accountId)?.organization;
  }

  /** [B] all reads but DescribeOrganization: the management account or a delegated administrator, whatever the service. */
  private enter(operation: string, caller: Principal): Organization {
    this.throttle(operation, caller);
    const organization = this.organizationOf(caller.accountId) ?? notInUse();
    const allowed = caller.accountId === organization.managementAccountId
      || organization.delegations.some((each) => each.accountId === caller.accountId);
    if (!allowed) throw failure('AccessDeniedException', "You don't have permissions to access this resource.");
    return organization;
  }

  private throttle(operation: string, { accountId }: Principal): void {
    if (this.options.throttling === false) return;
    const rates = RATES[operation];
    const organization = this.organizationOf(accountId);
    const taken = this.buckets.take(`${operation} ${accountId}`, rates.account)
      && (!organization || !rates.organization || this.buckets.take(`${operation} ${organization.id}`, rates.organization));
    // [B] TooManyRequestsException has a Type
    if (!taken) {
      const message = 'You have sent too many requests in too short a period of time.';
      throw failure('TooManyRequestsException', message, { Type: 'RATE_LIMIT_EXCEEDED' });
    }
  }

  private accountsOf(organization: Organization): Account[] {
    return [...this.accounts.values()].filter((each) => each.organization === organization);
  }

  private parentId(organization: Organization, input: Input): string {
    const id = this.text(input, 'ParentId', PARENT_ID);
    if (id !== organization.rootId && !organization.units.has(id)) {
      throw failure('ParentNotFoundException', "You specified a root or OU that doesn't exist.");
    }
    return id;
  }

  private text(input: Input, member: string, pattern: RegExp): string {
    const value: unknown = input[member];
    if (value === undefined || value === null) throw invalid('INPUT_REQUIRED', member);
    if (typeof value !== 'string' || !pattern.test(value)) throw invalid('INVALID_PATTERN', member);
    return value;
  }

  private page<T>(list: string, items: readonly T[], input: Input): { items: readonly T[]; NextToken?: string } {
    const size: unknown = input.MaxResults ?? PAGE_SIZE;
    if (typeof size !== 'number' || !Number.isInteger(size)) throw invalid('INVALID_PATTERN', 'MaxResults');
    if (size < 1) throw invalid('MIN_VALUE_EXCEEDED', 'MaxResults');
    if (size > PAGE_SIZE) throw invalid('MAX_VALUE_EXCEEDED', 'MaxResults');
    try {
      const { items: onPage, nextToken } = page(list, items, input.NextToken, size, this.options.emptyPages);
      return { items: onPage, NextToken: nextToken };
    } catch (error) {
      if (error instanceof InvalidToken) throw invalid('INVALID_NEXT_TOKEN', 'NextToken');
      throw error;
    }
  }

  private shownAccount(account: Account) {
    const organization = account.organization!;
    const { accountStateMembers } = this.environment.unknowns;
    return {
      Id: account.id,
      Arn: this.accountArn(organization, account.id),
      Email: account.email,
      Name: account.name,
      // [B] Status was announced to be retired on 2026-09-09; whether it was is not known
      ...accountStateMembers === 'stateOnly' ? {} : { Status: oldStatus(account.state) },
      ...accountStateMembers === 'statusOnly' ? {} : { State: account.state },
      Paths: [`${this.path(organization, account.parentId!)}/${account.id}/`],
      JoinedMethod: account.joinedMethod,
      JoinedTimestamp: seconds(account.joined),
    };
  }

  private path(organization: Organization, parentId: string): string {
    if (parentId === organization.rootId) return `${organization.id}/${organization.rootId}`;
    return `${this.path(organization, organization.units.get(parentId)!.parentId)}/${parentId}`;
  }

  private accountArn(organization: Organization, accountId: string): string {
    return this.arn(organization, `account/${organization.id}/${accountId}`);
  }

  private arn(organization: Organization, resource: string): string {
    return `arn:${this.environment.partition}:organizations::${organization.managementAccountId}:${resource}`;
  }

  private known(accountId: string): Account {
    const account = this.accounts.get(accountId);
    if (!account) throw new Error(`there is no account ${accountId}`);
    return account;
  }

  private changeState(accountId: string, state: AccountState): void {
    const account = this.known(accountId);
    this.tell({ kind: 'stateChanging', accountId, state });
    account.state = state;
  }

  private tell(event: OrganizationsEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

/** [B] AccountStatus has no PENDING_ACTIVATION and no CLOSED; [I] both were SUSPENDED there. */
function oldStatus(state: AccountState): 'ACTIVE' | 'SUSPENDED' | 'PENDING_CLOSURE' {
  return state === 'ACTIVE' || state === 'PENDING_CLOSURE' ? state : 'SUSPENDED';
}

/** What a resource id stands for in an ARN. */
function kindOf(id: string): 'account' | 'ou' | 'root' {
  if (id.startsWith('ou-')) return 'ou';
  return id.startsWith('r-') ? 'root' : 'account';
}

/** The JSON protocol's timestamp. */
function seconds(milliseconds: number): number {
  return milliseconds / 1000;
}

function failure(code: string, message: string, members: Record<string, unknown> = {}): AwsError {
  return new AwsError(code, message, 400, members);
}

function invalid(reason: string, member: string): AwsError {
  const message = `You provided a value for ${member} that does not satisfy its constraints.`;
  return failure('InvalidInputException', message, { Reason: reason });
}

function notInUse(): never {
  throw failure('AWSOrganizationsNotInUseException', 'Your account is not a member of an organization.');
}
