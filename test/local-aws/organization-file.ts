/**
 * The organization file: what the embedded AWS looks like before anything is deployed to it.
 *
 * A file (JSON) or a test (the same object) names the accounts, where they sit, who administers Security Hub for whom, and which of them
 * have Compute Optimizer and its Automation.
 * `resolveOrganization` fills in the defaults and refuses mistakes, all of them at once, each with the place where it stands.
 */
import { readFileSync } from 'node:fs';

/** An account's life in AWS Organizations. */
export type AccountState = 'PENDING_ACTIVATION' | 'ACTIVE' | 'SUSPENDED' | 'PENDING_CLOSURE' | 'CLOSED';

/** How a Security Hub member stands to its administrator. */
export type MemberStatus = 'Created' | 'Invited' | 'Enabled' | 'Removed' | 'Resigned' | 'Deleted' | 'AccountSuspended';

export interface AccountDescription {
  readonly id: string;
  /** Default `account-<id>`. */
  readonly name?: string;
  /** Default `<name>@example.com`. */
  readonly email?: string;
  /** Default ACTIVE. */
  readonly state?: AccountState;
  /** Default CREATED. */
  readonly joinedMethod?: 'INVITED' | 'CREATED';
  /** ISO 8601; default 2024-01-01. */
  readonly joined?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface OrganizationalUnitDescription {
  readonly name: string;
  /** Default: numbered in the order of the file, so give one where a template names it. */
  readonly id?: string;
  readonly accounts?: readonly AccountDescription[];
  readonly organizationalUnits?: readonly OrganizationalUnitDescription[];
  readonly tags?: Readonly<Record<string, string>>;
}

export interface DelegatedAdministratorDescription {
  readonly servicePrincipal: string;
  readonly accountId: string;
}

export interface OrganizationDescription {
  /** Default `o-organization<n>`. */
  readonly id?: string;
  /** Default `r-org<n>`. */
  readonly rootId?: string;
  readonly managementAccount: AccountDescription;
  /** Accounts in the root. */
  readonly accounts?: readonly AccountDescription[];
  readonly organizationalUnits?: readonly OrganizationalUnitDescription[];
  readonly delegatedAdministrators?: readonly DelegatedAdministratorDescription[];
}

export interface MemberDescription {
  readonly accountId: string;
  /** Default Enabled. */
  readonly status?: MemberStatus;
  /** ISO 8601; default 2025-01-01. */
  readonly since?: string;
  readonly email?: string;
}

export interface QuotaDescription {
  /** Members of one administrator in one Region; default 10,000. */
  readonly members?: number;
  /** Those of them that came by invitation; default 1,000. */
  readonly invitedMembers?: number;
  /** Unanswered invitations; default 1,000. */
  readonly invitations?: number;
}

export interface SecurityHubAdministratorDescription {
  /** An organization's delegated administrator for `securityhub.amazonaws.com`, or an account that administers by invitation. */
  readonly accountId: string;
  readonly members?: readonly (string | MemberDescription)[];
  /** Accounts that join the organization become members by themselves; default false. */
  readonly autoEnable?: boolean;
  /** Default LOCAL. */
  readonly configuration?: 'CENTRAL' | 'LOCAL';
  /** Accounts that central configuration leaves to themselves. */
  readonly selfManaged?: readonly string[];
  readonly quotas?: QuotaDescription;
}

/** Operations that can be made to refuse an account. */
export type RefusableOperation = 'CreateMembers' | 'InviteMembers' | 'DisassociateMembers' | 'DeleteMembers';

export interface RefusalDescription {
  readonly accountId: string;
  /** The text beside the account; `null` for an entry without one. DisassociateMembers has no place for a text and refuses silently. */
  readonly processingResult: string | null;
  /** Default CreateMembers. */
  readonly operations?: readonly RefusableOperation[];
}

/** Security Hub in one Region. */
export interface SecurityHubDescription {
  /** Accounts that have Security Hub on, besides administrators and their active members. */
  readonly hubs?: 'all' | readonly string[];
  /** The organizations' delegated administrators belong to it without being named. */
  readonly administrators?: readonly SecurityHubAdministratorDescription[];
  readonly refusals?: readonly RefusalDescription[];
}

/** How Automation stands in an account. */
export type AutomationStatus = 'Active' | 'Inactive' | 'Pending' | 'Failed';

/** Whether the rules of an organization may act in an account: whether it is associated. */
export type RuleMode = 'AnyAllowed' | 'NoneAllowed';

export interface AutomationDescription {
  readonly accountId: string;
  /** Default Active. */
  readonly status?: AutomationStatus;
  readonly statusReason?: string;
  /** Default AnyAllowed, but NoneAllowed for management accounts, delegated administrators and accounts in no organization. */
  readonly organizationRuleMode?: RuleMode;
  /** ISO 8601; default 2025-01-01. */
  readonly since?: string;
  /** When it opted out, ISO 8601: it cannot opt in again for 24 hours. Only for Inactive ones. */
  readonly optedOut?: string;
}

/** Operations of Automation that can be made to refuse an account. */
export type RefusableAssociation = 'AssociateAccounts' | 'DisassociateAccounts';

export interface AssociationRefusalDescription {
  readonly accountId: string;
  /** What AWS says; for `failed` the status reason. `silent` has no place for it. */
  readonly text: string;
  /**
   * `errors` (default): a text in `errors`. `wholeCall`: the call is refused as a whole. `silent`: neither done nor an error. `failed`:
   * associated, but Automation turns Failed; where there is nothing to switch on it is the same as `errors`.
   */
  readonly how?: 'errors' | 'wholeCall' | 'silent' | 'failed';
  /** Default AssociateAccounts. */
  readonly operations?: readonly RefusableAssociation[];
}

/** Compute Optimizer and its Automation, which are the same in all Regions. */
export interface ComputeOptimizerDescription {
  /** Accounts that are enrolled in Compute Optimizer; default all. */
  readonly enrolled?: 'all' | readonly string[];
  /** Accounts that have, or had, Automation: by default Active ones, and associated if they are members of an organization. */
  readonly automation?: readonly (string | AutomationDescription)[];
  /** Organizations in which Compute Optimizer has no trusted access. */
  readonly withoutTrustedAccess?: readonly string[];
  readonly refusals?: readonly AssociationRefusalDescription[];
}

/** The world to start with. */
export interface OrganizationFile {
  /** Default `aws`. */
  readonly partition?: 'aws' | 'aws-cn' | 'aws-us-gov';
  readonly organizations?: readonly OrganizationDescription[];
  /** Accounts in no organization. */
  readonly outsideAccounts?: readonly AccountDescription[];
  /** By Region. */
  readonly securityHub?: Readonly<Record<string, SecurityHubDescription>>;
  /** Without it nobody is enrolled. */
  readonly computeOptimizer?: ComputeOptimizerDescription;
}

export interface ResolvedAccount {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly state: AccountState;
  readonly joinedMethod: 'INVITED' | 'CREATED';
  /** Milliseconds since the epoch. */
  readonly joined: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly organizationId?: string;
  readonly parentId?: string;
}

export interface ResolvedUnit {
  readonly id: string;
  readonly name: string;
  readonly parentId: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ResolvedOrganization {
  readonly id: string;
  readonly rootId: string;
  readonly managementAccountId: string;
  readonly units: readonly ResolvedUnit[];
  readonly delegatedAdministrators: readonly DelegatedAdministratorDescription[];
}

export interface ResolvedMember {
  readonly accountId: string;
  readonly status: MemberStatus;
  readonly since: number;
  readonly email?: string;
}

export interface ResolvedSecurityHubAdministrator {
  readonly accountId: string;
  /** The organization that delegates to it. */
  readonly organizationId?: string;
  readonly members: readonly ResolvedMember[];
  readonly autoEnable: boolean;
  readonly configuration: 'CENTRAL' | 'LOCAL';
  readonly selfManaged: readonly string[];
  readonly quotas: Required<QuotaDescription>;
}

export interface ResolvedRefusal {
  readonly accountId: string;
  readonly processingResult: string | null;
  readonly operations: readonly RefusableOperation[];
}

export interface ResolvedSecurityHub {
  readonly hubs: readonly string[];
  readonly administrators: readonly ResolvedSecurityHubAdministrator[];
  readonly refusals: readonly ResolvedRefusal[];
}

export interface ResolvedAutomation {
  readonly accountId: string;
  readonly status: AutomationStatus;
  readonly statusReason?: string;
  readonly organizationRuleMode: RuleMode;
  readonly since: number;
  readonly optedOut?: number;
}

export interface ResolvedComputeOptimizer {
  readonly enrolled: readonly string[];
  readonly automation: readonly ResolvedAutomation[];
  readonly withoutTrustedAccess: readonly string[];
  readonly refusals: readonly Required<AssociationRefusalDescription>[];
}

/** The world with every default filled in. */
export interface World {
  readonly partition: string;
  readonly organizations: readonly ResolvedOrganization[];
  readonly accounts: ReadonlyMap<string, ResolvedAccount>;
  readonly securityHub: ReadonlyMap<string, ResolvedSecurityHub>;
  readonly computeOptimizer: ResolvedComputeOptimizer;
}

/** Says everything that is wrong with an organization file. */
export class OrganizationFileError extends Error {
  constructor(public readonly mistakes: readonly string[]) {
    const count = mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`;
    super(`The organization file has ${count}:\n  ${mistakes.join('\n  ')}`);
    this.name = 'OrganizationFileError';
  }
}

/** The service principal that Security Hub's delegated administrator is registered for. */
export const SECURITY_HUB_PRINCIPAL = 'securityhub.amazonaws.com';

/**
 * The service principal of Compute Optimizer, for trusted access and for its delegated administrator, Automation included. [COATA][CODA]
 * Organizations User Guide "Compute Optimizer and Organizations", Compute Optimizer User Guide "Delegating an administrator account".
 */
export const COMPUTE_OPTIMIZER_PRINCIPAL = 'compute-optimizer.amazonaws.com';

/** [SHQ][SHINV] General Reference "AWS Security Hub endpoints and quotas"; User Guide "managing accounts by invitation". */
export const SECURITY_HUB_QUOTAS: Required<QuotaDescription> = {
  members: 10_000,
  invitedMembers: 1_000,
  invitations: 1_000,
};

const ACCOUNT_STATES: readonly AccountState[] = ['PENDING_ACTIVATION', 'ACTIVE', 'SUSPENDED', 'PENDING_CLOSURE', 'CLOSED'];
const MEMBER_STATUSES: readonly MemberStatus[] =
  ['Created', 'Invited', 'Enabled', 'Removed', 'Resigned', 'Deleted', 'AccountSuspended'];
const REFUSABLE: readonly RefusableOperation[] = ['CreateMembers', 'InviteMembers', 'DisassociateMembers', 'DeleteMembers'];
const AUTOMATION_STATUSES: readonly AutomationStatus[] = ['Active', 'Inactive', 'Pending', 'Failed'];
const RULE_MODES: readonly RuleMode[] = ['AnyAllowed', 'NoneAllowed'];
const REFUSALS_OF_ASSOCIATION = ['errors', 'wholeCall', 'silent', 'failed'] as const;
const REFUSABLE_ASSOCIATIONS: readonly RefusableAssociation[] = ['AssociateAccounts', 'DisassociateAccounts'];
/** Statuses in which an account belongs to its administrator and to no other. */
const ASSOCIATED: readonly MemberStatus[] = ['Enabled'];

const DEFAULT_JOINED = '2024-01-01T00:00:00Z';
const DEFAULT_SINCE = '2025-01-01T00:00:00Z';

// [B] patterns of the Organizations model
const ORGANIZATION_ID = /^o-[a-z0-9]{10,32}$/;
const ROOT_ID = /^r-[0-9a-z]{4,32}$/;
const UNIT_ID = /^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Reads an organization file from disk. */
export function readOrganizationFile(path: string): World {
  return resolveOrganization(JSON.parse(readFileSync(path, 'utf8')) as OrganizationFile);
}

/** Fills in the defaults; throws {@link OrganizationFileError} with every mistake. */
export function resolveOrganization(file: OrganizationFile): World {
  const resolver = new Resolver();
  const world = resolver.world(file);
  if (resolver.mistakes.length > 0) throw new OrganizationFileError(resolver.mistakes);
  return world;
}

class Resolver {
  public readonly mistakes: string[] = [];
  private readonly accounts = new Map<string, ResolvedAccount>();
  private readonly emails = new Map<string, string>();
  private readonly unitIds = new Set<string>();

  public world(file: OrganizationFile): World {
    this.onlyKnown('file', file, ['partition', 'organizations', 'outsideAccounts', 'securityHub', 'computeOptimizer']);
    this.oneOf('partition', file.partition ?? 'aws', ['aws', 'aws-cn', 'aws-us-gov']);
    const organizations = (file.organizations ?? [])
      .map((each, i) => this.organization(`organizations[${i}]`, each, i + 1));
    this.unique('organizations', organizations.map((each) => each.id));
    (file.outsideAccounts ?? []).forEach((each, i) => this.account(`outsideAccounts[${i}]`, each));
    const securityHub = new Map<string, ResolvedSecurityHub>();
    for (const [region, each] of Object.entries(file.securityHub ?? {})) {
      securityHub.set(region, this.securityHub(`securityHub.${region}`, each, organizations));
    }
    const computeOptimizer = this.computeOptimizer(file.computeOptimizer ?? { enrolled: [] }, organizations);
    return { partition: file.partition ?? 'aws', organizations, accounts: this.accounts, securityHub, computeOptimizer };
  }

  private organization(at: string, description: OrganizationDescription, number: number): ResolvedOrganization {
    this.onlyKnown(at, description,
      ['id', 'rootId', 'managementAccount', 'accounts', 'organizationalUnits', 'delegatedAdministrators']);
    const id = this.matching(`${at}.id`, description.id ?? `o-organization${number}`, ORGANIZATION_ID);
    const rootId = this.matching(`${at}.rootId`, description.rootId ?? `r-org${number}`, ROOT_ID);
    if (!description.managementAccount) this.mistakes.push(`${at}: no managementAccount`);
    else this.account(`${at}.managementAccount`, description.managementAccount, id, rootId);
    (description.accounts ?? []).forEach((each, i) => this.account(`${at}.accounts[${i}]`, each, id, rootId));
    const units: ResolvedUnit[] = [];
    const visit = (path: string, parentId: string, children: readonly OrganizationalUnitDescription[]) =>
      children.forEach((each, i) => {
        const place = `${path}.organizationalUnits[${i}]`;
        const defaultId = `ou-${rootId.slice(2)}-${String(units.length + 1).padStart(8, '0')}`;
        const unit = this.unit(place, each, parentId, defaultId);
        units.push(unit);
        (each.accounts ?? []).forEach((account, j) => this.account(`${place}.accounts[${j}]`, account, id, unit.id));
        visit(place, unit.id, each.organizationalUnits ?? []);
      });
    visit(at, rootId, description.organizationalUnits ?? []);
    const managementAccountId = description.managementAccount?.id ?? '';
    const delegatedAdministrators = description.delegatedAdministrators ?? [];
    delegatedAdministrators.forEach((each, i) => {
      const place = `${at}.delegatedAdministrators[${i}]`;
      this.onlyKnown(place, each, ['servicePrincipal', 'accountId']);
      // [SHTRANS][B] the management account cannot be registered: CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR
      if (each.accountId === managementAccountId) {
        this.mistakes.push(`${place}: the management account cannot be a delegated administrator`);
      } else if (this.accounts.get(each.accountId)?.organizationId !== id) {
        this.mistakes.push(`${place}: ${show(each.accountId)} is no account of this organization`);
      }
    });
    // [B] DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE: Security Hub has one; [CODA] so has Compute Optimizer
    this.unique(`${at}.delegatedAdministrators`, delegatedAdministrators.map((each) => each.servicePrincipal)
      .filter((each) => each === SECURITY_HUB_PRINCIPAL || each === COMPUTE_OPTIMIZER_PRINCIPAL));
    return { id, rootId, managementAccountId, units, delegatedAdministrators };
  }

  private unit(
    at: string, description: OrganizationalUnitDescription, parentId: string, defaultId: string,
  ): ResolvedUnit {
    this.onlyKnown(at, description, ['name', 'id', 'accounts', 'organizationalUnits', 'tags']);
    if (!description.name) this.mistakes.push(`${at}: no name`);
    const id = this.matching(`${at}.id`, description.id ?? defaultId, UNIT_ID);
    if (this.unitIds.has(id)) this.mistakes.push(`${at}.id: ${show(id)} is there twice`);
    this.unitIds.add(id);
    return { id, name: description.name, parentId, tags: description.tags ?? {} };
  }

  private account(at: string, description: AccountDescription, organizationId?: string, parentId?: string): void {
    this.onlyKnown(at, description, ['id', 'name', 'email', 'state', 'joinedMethod', 'joined', 'tags']);
    const { id } = description;
    if (!this.isAccountId(`${at}.id`, id)) return;
    if (this.accounts.has(id)) this.mistakes.push(`${at}.id: ${show(id)} is there twice`);
    const name = description.name ?? `account-${id}`;
    const email = this.matching(`${at}.email`, description.email ?? `${name}@example.com`, EMAIL);
    const owner = this.emails.get(email.toLowerCase());
    if (owner !== undefined && owner !== id) {
      this.mistakes.push(`${at}.email: ${show(email)} belongs to ${owner} already`);
    }
    this.emails.set(email.toLowerCase(), id);
    this.accounts.set(id, {
      id,
      name,
      email,
      state: this.oneOf(`${at}.state`, description.state ?? 'ACTIVE', ACCOUNT_STATES),
      joinedMethod: this.oneOf(`${at}.joinedMethod`, description.joinedMethod ?? 'CREATED', ['INVITED', 'CREATED']),
      joined: this.instant(`${at}.joined`, description.joined ?? DEFAULT_JOINED),
      tags: description.tags ?? {},
      organizationId,
      parentId,
    });
  }

  private securityHub(
    at: string, description: SecurityHubDescription, organizations: readonly ResolvedOrganization[],
  ): ResolvedSecurityHub {
    this.onlyKnown(at, description, ['hubs', 'administrators', 'refusals']);
    const delegating = new Map<string, string>();
    for (const organization of organizations) {
      const delegated = organization.delegatedAdministrators
        .find((each) => each.servicePrincipal === SECURITY_HUB_PRINCIPAL);
      if (delegated) delegating.set(delegated.accountId, organization.id);
    }
    const named = description.administrators ?? [];
    this.unique(`${at}.administrators`, named.map((each) => each.accountId));
    const administrators = named.map((each, i) =>
      this.administrator(`${at}.administrators[${i}]`, each, delegating.get(each.accountId)));
    for (const [accountId, organizationId] of delegating) {
      if (!named.some((each) => each.accountId === accountId)) {
        administrators.push(this.administrator(at, { accountId }, organizationId));
      }
    }
    this.oneAdministratorEach(at, administrators);
    const hubs = this.accountsNamed(`${at}.hubs`, description.hubs ?? []);
    const refusals = (description.refusals ?? []).map((each, i) => this.refusal(`${at}.refusals[${i}]`, each));
    return { hubs, administrators, refusals };
  }

  private administrator(
    at: string, description: SecurityHubAdministratorDescription, organizationId: string | undefined,
  ): ResolvedSecurityHubAdministrator {
    this.onlyKnown(at, description, ['accountId', 'members', 'autoEnable', 'configuration', 'selfManaged', 'quotas']);
    this.knownAccount(`${at}.accountId`, description.accountId);
    const configuration = this.oneOf(`${at}.configuration`, description.configuration ?? 'LOCAL', ['CENTRAL', 'LOCAL']);
    if (organizationId === undefined && (description.autoEnable || configuration === 'CENTRAL')) {
      this.mistakes.push(`${at}: only a delegated administrator has autoEnable or CENTRAL configuration`);
    }
    // [B] UpdateOrganizationConfigurationRequest.AutoEnable
    if (description.autoEnable && configuration === 'CENTRAL') {
      this.mistakes.push(`${at}: autoEnable must be off under CENTRAL configuration`);
    }
    const members = (description.members ?? []).map((each, i) =>
      this.member(`${at}.members[${i}]`, typeof each === 'string' ? { accountId: each } : each, description.accountId));
    this.unique(`${at}.members`, members.map((each) => each.accountId));
    this.onlyKnown(`${at}.quotas`, description.quotas ?? {}, ['members', 'invitedMembers', 'invitations']);
    (description.selfManaged ?? []).forEach((each, i) => this.knownAccount(`${at}.selfManaged[${i}]`, each));
    return {
      accountId: description.accountId,
      organizationId,
      members,
      autoEnable: description.autoEnable ?? false,
      configuration,
      selfManaged: description.selfManaged ?? [],
      quotas: { ...SECURITY_HUB_QUOTAS, ...description.quotas },
    };
  }

  private member(at: string, description: MemberDescription, administratorId: string): ResolvedMember {
    this.onlyKnown(at, description, ['accountId', 'status', 'since', 'email']);
    this.knownAccount(`${at}.accountId`, description.accountId);
    if (description.accountId === administratorId) {
      this.mistakes.push(`${at}: an administrator cannot be a member of itself`);
    }
    return {
      accountId: description.accountId,
      status: this.oneOf(`${at}.status`, description.status ?? 'Enabled', MEMBER_STATUSES),
      since: this.instant(`${at}.since`, description.since ?? DEFAULT_SINCE),
      email: description.email === undefined ? undefined : this.matching(`${at}.email`, description.email, EMAIL),
    };
  }

  private refusal(at: string, description: RefusalDescription): ResolvedRefusal {
    this.onlyKnown(at, description, ['accountId', 'processingResult', 'operations']);
    this.isAccountId(`${at}.accountId`, description.accountId);
    const operations = description.operations ?? ['CreateMembers'];
    operations.forEach((each, i) => this.oneOf(`${at}.operations[${i}]`, each, REFUSABLE));
    return { accountId: description.accountId, processingResult: description.processingResult, operations };
  }

  private computeOptimizer(
    description: ComputeOptimizerDescription, organizations: readonly ResolvedOrganization[],
  ): ResolvedComputeOptimizer {
    const at = 'computeOptimizer';
    this.onlyKnown(at, description, ['enrolled', 'automation', 'withoutTrustedAccess', 'refusals']);
    const enrolled = this.accountsNamed(`${at}.enrolled`, description.enrolled ?? 'all');
    const automation = (description.automation ?? []).map((each, i) =>
      this.automation(`${at}.automation[${i}]`, typeof each === 'string' ? { accountId: each } : each, organizations));
    this.unique(`${at}.automation`, automation.map((each) => each.accountId));
    const withoutTrustedAccess = description.withoutTrustedAccess ?? [];
    const known = organizations.map((each) => each.id);
    withoutTrustedAccess.forEach((each, i) => this.oneOf(`${at}.withoutTrustedAccess[${i}]`, each, known));
    const refusals = (description.refusals ?? [])
      .map((each, i) => this.associationRefusal(`${at}.refusals[${i}]`, each));
    return { enrolled, automation, withoutTrustedAccess, refusals };
  }

  private automation(
    at: string, description: AutomationDescription, organizations: readonly ResolvedOrganization[],
  ): ResolvedAutomation {
    this.onlyKnown(at, description, ['accountId', 'status', 'statusReason', 'organizationRuleMode', 'since', 'optedOut']);
    const { accountId, statusReason, optedOut } = description;
    this.knownAccount(`${at}.accountId`, accountId);
    const status = this.oneOf(`${at}.status`, description.status ?? 'Active', AUTOMATION_STATUSES);
    if (optedOut !== undefined && status !== 'Inactive') this.mistakes.push(`${at}.optedOut: only an Inactive account has opted out`);
    const organization = organizations.find((each) => each.id === this.accounts.get(accountId)?.organizationId);
    const administers = organization?.managementAccountId === accountId
      || organization?.delegatedAdministrators.some((each) => (
        each.accountId === accountId && each.servicePrincipal === COMPUTE_OPTIMIZER_PRINCIPAL));
    const mode = organization === undefined || administers ? 'NoneAllowed' : 'AnyAllowed';
    return {
      accountId,
      status,
      statusReason,
      organizationRuleMode: this.oneOf(`${at}.organizationRuleMode`, description.organizationRuleMode ?? mode, RULE_MODES),
      since: this.instant(`${at}.since`, description.since ?? DEFAULT_SINCE),
      optedOut: optedOut === undefined ? undefined : this.instant(`${at}.optedOut`, optedOut),
    };
  }

  private associationRefusal(
    at: string, description: AssociationRefusalDescription,
  ): Required<AssociationRefusalDescription> {
    this.onlyKnown(at, description, ['accountId', 'text', 'how', 'operations']);
    this.isAccountId(`${at}.accountId`, description.accountId);
    const operations = description.operations ?? ['AssociateAccounts'];
    operations.forEach((each, i) => this.oneOf(`${at}.operations[${i}]`, each, REFUSABLE_ASSOCIATIONS));
    const how = this.oneOf(`${at}.how`, description.how ?? 'errors', REFUSALS_OF_ASSOCIATION);
    return { accountId: description.accountId, text: description.text, how, operations };
  }

  private accountsNamed(at: string, named: 'all' | readonly string[]): readonly string[] {
    if (named === 'all') return [...this.accounts.keys()];
    named.forEach((each, i) => this.knownAccount(`${at}[${i}]`, each));
    return named;
  }

  private oneAdministratorEach(at: string, administrators: readonly ResolvedSecurityHubAdministrator[]): void {
    const owner = new Map<string, string>();
    for (const { accountId, members } of administrators) {
      for (const member of members.filter((each) => ASSOCIATED.includes(each.status))) {
        const other = owner.get(member.accountId);
        if (other !== undefined) {
          this.mistakes.push(`${at}: ${member.accountId} is a member of both ${other} and ${accountId}`);
        }
        owner.set(member.accountId, accountId);
      }
    }
  }

  private knownAccount(at: string, id: string): void {
    if (this.isAccountId(at, id) && !this.accounts.has(id)) {
      this.mistakes.push(`${at}: there is no account ${show(id)}`);
    }
  }

  private isAccountId(at: string, id: unknown): id is string {
    const valid = typeof id === 'string' && /^\d{12}$/.test(id);
    if (!valid) this.mistakes.push(`${at}: ${show(id)} is not an account id of 12 digits in quotes`);
    return valid;
  }

  private matching(at: string, value: string, pattern: RegExp): string {
    if (!pattern.test(value)) this.mistakes.push(`${at}: ${show(value)} does not match ${pattern.source}`);
    return value;
  }

  private instant(at: string, value: string): number {
    const instant = Date.parse(value);
    if (Number.isNaN(instant)) this.mistakes.push(`${at}: ${show(value)} is no ISO 8601 date`);
    return instant;
  }

  private oneOf<T extends string>(at: string, value: T, allowed: readonly T[]): T {
    if (!allowed.includes(value)) this.mistakes.push(`${at}: ${show(value)} is none of ${allowed.join(', ')}`);
    return value;
  }

  private unique(at: string, values: readonly string[]): void {
    const twice = values.find((each, i) => values.indexOf(each) !== i);
    if (twice !== undefined) this.mistakes.push(`${at}: ${show(twice)} is there twice`);
  }

  private onlyKnown(at: string, value: object, known: readonly string[]): void {
    for (const key of Object.keys(value ?? {})) {
      if (!known.includes(key)) this.mistakes.push(`${at}: unknown member ${show(key)} (known: ${known.join(', ')})`);
    }
  }
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

/** The management account of {@link organizationOf}. */
export const MANAGEMENT_ACCOUNT = '999999999999';
/** The delegated Security Hub administrator of {@link organizationOf}. */
export const SECURITY_ACCOUNT = '888888888888';

/** The n-th member account of {@link organizationOf}, from 1. The leading zeros catch whoever takes account ids for numbers. */
export function memberAccount(n: number): string {
  return String(n).padStart(12, '0');
}

/** The first n member accounts of {@link organizationOf}. */
export function memberAccounts(n: number, from: number = 1): string[] {
  return Array.from({ length: n }, (_, i) => memberAccount(from + i));
}

/** The n-th account outside the organization of {@link organizationOf}, from 1. */
export function outsideAccount(n: number): string {
  return `7${String(n).padStart(11, '0')}`;
}

export interface OrganizationOf {
  /** Member accounts, besides the management account and the Security Hub administrator. */
  readonly accounts: number;
  /** Accounts outside; default 0. */
  readonly outside?: number;
  /** Regions in which Security Hub is delegated; default us-east-1. */
  readonly regions?: readonly string[];
  /** Default ACTIVE for all. */
  readonly states?: Readonly<Record<string, AccountState>>;
  /** The members that the administrator has already. */
  readonly members?: readonly (string | MemberDescription)[];
  /** The administrator's further settings. */
  readonly administrator?: Omit<SecurityHubAdministratorDescription, 'accountId' | 'members'>;
  /** Administrators besides the organization's own. */
  readonly otherAdministrators?: readonly SecurityHubAdministratorDescription[];
  readonly hubs?: SecurityHubDescription['hubs'];
  readonly refusals?: readonly RefusalDescription[];
  readonly partition?: OrganizationFile['partition'];
  /** A delegated administrator of Compute Optimizer; by default only the management account administers it. */
  readonly computeOptimizerAdministrator?: string;
  /** By default all accounts are enrolled, and Automation is on in those that administer it. */
  readonly computeOptimizer?: ComputeOptimizerDescription;
}

/** Accounts that administer Automation have it on, unless the test says how they stand. */
function computeOptimizerOf(options: OrganizationOf): ComputeOptimizerDescription {
  const { computeOptimizer, computeOptimizerAdministrator: delegated } = options;
  const described = computeOptimizer?.automation ?? [];
  const named = described.map((each) => typeof each === 'string' ? each : each.accountId);
  const administrators = [MANAGEMENT_ACCOUNT, ...delegated === undefined ? [] : [delegated]];
  return { ...computeOptimizer, automation: [...administrators.filter((each) => !named.includes(each)), ...described] };
}

/** An organization for tests: numbered accounts in two OUs, and a delegated Security Hub administrator. */
export function organizationOf(options: OrganizationOf): OrganizationFile {
  const described = (id: string): AccountDescription => ({ id, state: options.states?.[id] });
  const accounts = memberAccounts(options.accounts).map(described);
  const half = Math.ceil(accounts.length / 2);
  const region: SecurityHubDescription = {
    hubs: options.hubs,
    administrators: [
      { ...options.administrator, accountId: SECURITY_ACCOUNT, members: options.members },
      ...options.otherAdministrators ?? [],
    ],
    refusals: options.refusals,
  };
  return {
    partition: options.partition,
    organizations: [{
      managementAccount: { id: MANAGEMENT_ACCOUNT, name: 'management' },
      accounts: [{ id: SECURITY_ACCOUNT, name: 'security' }],
      organizationalUnits: [
        { name: 'Production', id: 'ou-org1-production', accounts: accounts.slice(0, half) },
        { name: 'Test', id: 'ou-org1-testing0', accounts: accounts.slice(half) },
      ],
      delegatedAdministrators: [
        { servicePrincipal: SECURITY_HUB_PRINCIPAL, accountId: SECURITY_ACCOUNT },
        ...options.computeOptimizerAdministrator === undefined
          ? [] : [{ servicePrincipal: COMPUTE_OPTIMIZER_PRINCIPAL, accountId: options.computeOptimizerAdministrator }],
      ],
    }],
    outsideAccounts: Array.from({ length: options.outside ?? 0 }, (_, i) => described(outsideAccount(i + 1))),
    securityHub: Object.fromEntries((options.regions ?? ['us-east-1']).map((each) => [each, region])),
    computeOptimizer: computeOptimizerOf(options),
  };
}
