/**
 * Compute Optimizer Automation as scripted as a test needs it, and the whole handler in front of it.
 */
import {
  AccessDeniedException,
  ForbiddenException,
  IdempotencyTokenInUseException,
  IdempotentParameterMismatchException,
  InternalServerException,
  InvalidParameterValueException,
  NotManagementAccountException,
  OptInRequiredException,
  ResourceNotFoundException,
  ServiceUnavailableException,
  ThrottlingException,
} from '@aws-sdk/client-compute-optimizer-automation';
import type {
  AccountPage,
  AutomationApi,
  Dealt,
  Enrollment,
  ListedAccount,
} from '../../../lambda/compute-optimizer-association/api';
import { computeOptimizerAssociation } from '../../../lambda/compute-optimizer-association/resource';
import type { OrganizationAccount, OrganizationsApi } from '../../../lambda/membership/organization';
import type { Resource } from '../../../lambda/runtime/handler';
import { HandlerDeployment, REGION, ids } from '../support/deployment';
import type { VirtualPlatform } from '../support/virtual-platform';

export { ADMINISTRATOR, REGION, STACK, ids } from '../support/deployment';

export type Operation =
  | 'ListAccounts'
  | 'AssociateAccounts'
  | 'DisassociateAccounts'
  | 'GetEnrollmentConfiguration'
  | 'UpdateEnrollmentConfiguration'
  | 'DescribeAccount';

/** The errors that the service's model declares, as the client throws them. */
export const ERRORS = {
  AccessDeniedException: [AccessDeniedException, 403],
  ForbiddenException: [ForbiddenException, 403],
  IdempotencyTokenInUseException: [IdempotencyTokenInUseException, 409],
  IdempotentParameterMismatchException: [IdempotentParameterMismatchException, 409],
  InternalServerException: [InternalServerException, 500],
  InvalidParameterValueException: [InvalidParameterValueException, 400],
  NotManagementAccountException: [NotManagementAccountException, 400],
  OptInRequiredException: [OptInRequiredException, 403],
  ResourceNotFoundException: [ResourceNotFoundException, 404],
  ServiceUnavailableException: [ServiceUnavailableException, 503],
  ThrottlingException: [ThrottlingException, 429],
} as const;

export type ErrorName = keyof typeof ERRORS;

export function awsError(name: ErrorName, message = 'words of AWS'): Error {
  const [Exception, httpStatusCode] = ERRORS[name];
  return new Exception({ message, $metadata: { httpStatusCode, requestId: 'r-1' } });
}

/** What Node.js throws for the host of a Region without an endpoint. */
export function notFound(region: string): Error {
  const message = `getaddrinfo ENOTFOUND aco-automation.${region}.amazonaws.com`;
  return Object.assign(new Error(message), { code: 'ENOTFOUND', syscall: 'getaddrinfo' });
}

export interface ApiCall {
  readonly operation: Operation;
  readonly region: string;
  readonly accounts: readonly string[];
  readonly token?: string;
  readonly at: number;
}

/** An account as the service has it: associated in `regions`, or with `global` in all of them. */
interface Account {
  status: string;
  statusReason?: string;
  regions: Set<string>;
}

export class ScriptedAutomation implements OrganizationsApi {
  public readonly calls: ApiCall[] = [];
  /** Accounts that are enrolled in Compute Optimizer. */
  public readonly accounts = new Map<string, Account>();
  public readonly organization = new Map<string, OrganizationAccount | 'foreign'>();
  /** Accounts that a call does not deal with, with its words, or with none. */
  public readonly unprocessed = new Map<string, string | undefined>();
  /** Accounts that make AWS refuse a whole call. */
  public readonly spoilers = new Set<string>();
  /** What an operation throws, if anything. */
  public readonly faults: Partial<Record<Operation, (call: ApiCall) => Error | undefined>> = {};
  /** Accounts of a page. */
  public pageSize = 1000;
  /** An association belongs to the Region in which it was made. */
  public regional = false;
  /** Automation in the calling account. */
  public enrollment: Enrollment = { status: 'Active' };
  /** What enrolling leads to, look by look; the last one stays. */
  public enrolling: readonly Enrollment[] = [{ status: 'Active' }];
  /** What associating leads to. */
  public associatedAs: Pick<Account, 'status' | 'statusReason'> = { status: 'Active' };
  /** The mode that is shown of accounts, whatever is true. */
  public readonly modes = new Map<string, string>();

  constructor(private readonly platform: VirtualPlatform) {}

  public enroll(of: readonly string[]): void {
    for (const account of of) this.accounts.set(account, { status: 'Inactive', regions: new Set() });
  }

  /** Somebody else associates an account. */
  public set(account: string, status: string, statusReason?: string, region = REGION): void {
    this.accounts.set(account, { status, statusReason, regions: new Set([this.scope(region)]) });
  }

  public associated(region = REGION): string[] {
    const scope = this.scope(region);
    return [...this.accounts.keys()].filter((account) => this.accounts.get(account)!.regions.has(scope)).sort();
  }

  /** Operations and sizes of the calls that change something. */
  public writes(): string[] {
    return this.calls
      .filter(({ operation }) => !/^(Get|List|Describe)/.test(operation))
      .map(({ operation, accounts }) => `${operation} ${accounts.length}`);
  }

  public callsOf(operation: Operation): ApiCall[] {
    return this.calls.filter((call) => call.operation === operation);
  }

  /** An operation always throws this. */
  public breaks(operation: Operation, error: ErrorName | Error): void {
    this.faults[operation] = () => (typeof error === 'string' ? awsError(error) : error);
  }

  /** The API in a Region. */
  public in(region: string): AutomationApi {
    return {
      listAccounts: async (nextToken) => this.page(region, nextToken),
      associateAccounts: async (accounts, token) =>
        this.deal('AssociateAccounts', region, accounts, token, (account, { regions }) => {
          this.accounts.set(account, { ...this.associatedAs, regions: new Set([...regions, this.scope(region)]) });
        }),
      disassociateAccounts: async (accounts, token) =>
        this.deal('DisassociateAccounts', region, accounts, token, (_account, { regions }) => {
          regions.delete(this.scope(region));
        }),
      getEnrollmentConfiguration: async () => {
        this.record({ operation: 'GetEnrollmentConfiguration', region, accounts: [] });
        return this.nextEnrollment();
      },
      enroll: async (token) => {
        this.record({ operation: 'UpdateEnrollmentConfiguration', region, accounts: [], token });
        return this.nextEnrollment();
      },
    };
  }

  public async describeAccount(accountId: string): Promise<OrganizationAccount> {
    this.record({ operation: 'DescribeAccount', region: REGION, accounts: [accountId] });
    const account = this.organization.get(accountId) ?? { state: 'ACTIVE', isManagementAccount: false };
    if (account === 'foreign') throw Object.assign(new Error('not found'), { name: 'AccountNotFoundException', $fault: 'client' });
    return account;
  }

  private nextEnrollment(): Enrollment {
    const [next, ...rest] = this.enrolling;
    if (rest.length > 0) this.enrolling = rest;
    this.enrollment = next;
    return next;
  }

  private page(region: string, nextToken: string | undefined): AccountPage {
    this.record({ operation: 'ListAccounts', region, accounts: [] });
    if (this.enrollment.status !== 'Active') throw awsError('OptInRequiredException');
    const from = Number(nextToken ?? 0);
    const all = [...this.accounts].map(([accountId, { status, statusReason, regions }]): ListedAccount => ({
      accountId,
      status,
      statusReason,
      organizationRuleMode: this.modes.get(accountId) ?? (regions.has(this.scope(region)) ? 'AnyAllowed' : 'NoneAllowed'),
    }));
    const next = from + this.pageSize;
    return { accounts: all.slice(from, next), ...(next < all.length ? { nextToken: String(next) } : {}) };
  }

  private deal(
    operation: Operation,
    region: string,
    accounts: readonly string[],
    token: string,
    effect: (account: string, state: Account) => void,
  ): Dealt {
    this.record({ operation, region, accounts, token });
    if (accounts.some((account) => this.spoilers.has(account) || !this.accounts.has(account))) {
      throw awsError('InvalidParameterValueException');
    }
    const done = accounts.filter((account) => !this.unprocessed.has(account));
    for (const account of done) effect(account, this.accounts.get(account)!);
    const errors = accounts.flatMap((account) => this.unprocessed.get(account) ?? []);
    return { accountIds: done, errors };
  }

  private record(call: Omit<ApiCall, 'at'>): void {
    const recorded = { ...call, at: this.platform.clock.now() };
    this.calls.push(recorded);
    const fault = this.faults[call.operation]?.(recorded);
    if (fault !== undefined) throw fault;
  }

  private scope(region: string): string {
    return this.regional ? region : 'global';
  }
}

export class Deployment extends HandlerDeployment {
  public readonly service = new ScriptedAutomation(this.platform);

  /** The accounts that are enrolled in Compute Optimizer; default a few. */
  constructor(enrolled: readonly string[] = ids(5), private readonly stackRegion = REGION) {
    super('Custom::ComputeOptimizerAssociation');
    this.service.enroll(enrolled);
  }

  protected resource(): Resource {
    const { platform, table, service, stackRegion } = this;
    const automation = (region: string) => service.in(region);
    return computeOptimizerAssociation({ platform, table, automation, organizations: service, stackRegion, logGroupName: 'Log' });
  }
}
