/**
 * Security Hub as scripted as a test needs it, and the whole handler in front of it: an event goes in, the answer to CloudFormation comes out.
 */
import {
  AccessDeniedException,
  InternalException,
  InvalidAccessException,
  InvalidInputException,
  LimitExceededException,
  ResourceConflictException,
  ResourceNotFoundException,
} from '@aws-sdk/client-securityhub';
import type { OrganizationAccount } from '../../../lambda/membership/organization';
import type { Resource } from '../../../lambda/runtime/handler';
import type {
  Member,
  OrganizationConfiguration,
  SecurityHubApi,
  Unprocessed,
} from '../../../lambda/security-hub-members/api';
import { securityHubMembers } from '../../../lambda/security-hub-members/resource';
import { HandlerDeployment, REGION } from '../support/deployment';
import type { VirtualPlatform } from '../support/virtual-platform';

export { ADMINISTRATOR, REGION, STACK, ids } from '../support/deployment';

export type Operation =
  | 'CreateMembers'
  | 'InviteMembers'
  | 'GetMembers'
  | 'DisassociateMembers'
  | 'DeleteMembers'
  | 'DescribeHub'
  | 'DescribeOrganizationConfiguration'
  | 'DescribeAccount';

/** The errors that Security Hub's model declares, as the SDK throws them. */
export const ERRORS = {
  AccessDeniedException: [AccessDeniedException, 403],
  InternalException: [InternalException, 500],
  InvalidAccessException: [InvalidAccessException, 401],
  InvalidInputException: [InvalidInputException, 400],
  LimitExceededException: [LimitExceededException, 429],
  ResourceConflictException: [ResourceConflictException, 409],
  ResourceNotFoundException: [ResourceNotFoundException, 404],
} as const;

export type ErrorName = keyof typeof ERRORS;

export function awsError(name: ErrorName, message = 'words of AWS'): Error {
  const [Exception, httpStatusCode] = ERRORS[name];
  return new Exception({ message, $metadata: { httpStatusCode, requestId: 'r-1' } });
}

export interface ApiCall {
  readonly operation: Operation;
  readonly accounts: readonly string[];
  /** CreateMembers only: the address sent with each account. */
  readonly emails?: readonly (string | undefined)[];
  readonly at: number;
}

export class ScriptedHub implements SecurityHubApi {
  public readonly calls: ApiCall[] = [];
  public readonly members = new Map<string, string>();
  public readonly organization = new Map<string, OrganizationAccount>();
  /** Accounts that an operation does not process, with AWS's words. */
  public readonly unprocessed: Partial<Record<Operation, Map<string, string>>> = {};
  /** What an operation throws, if anything. */
  public readonly faults: Partial<Record<Operation, (call: ApiCall) => Error | undefined>> = {};
  public configuration: OrganizationConfiguration = { central: false, memberLimitReached: false };
  /** Accounts that have their own hub at this administrator's command: those outside wait for their owners. */
  public readonly outside = new Set<string>();

  constructor(private readonly platform: VirtualPlatform) {}

  public async createMembers(
    accounts: readonly { readonly accountId: string; readonly email?: string }[],
  ): Promise<Unprocessed[]> {
    return this.serve(
      'CreateMembers',
      accounts.map(({ accountId }) => accountId),
      (account) => {
        const status = this.members.get(account);
        if (status === 'Enabled' || (status === 'Created' && this.outside.has(account))) return 'already a member';
        this.members.set(account, this.outside.has(account) ? 'Created' : 'Enabled');
        return undefined;
      },
      accounts.map(({ email }) => email),
    );
  }

  public async inviteMembers(accounts: readonly string[]): Promise<Unprocessed[]> {
    return this.serve('InviteMembers', accounts, (account) => {
      if (this.members.get(account) !== 'Created') return 'not a created member';
      this.members.set(account, 'Invited');
      return undefined;
    });
  }

  public async getMembers(accounts: readonly string[]): Promise<Member[]> {
    const found: Member[] = [];
    this.serve('GetMembers', accounts, (accountId) => {
      const status = this.members.get(accountId);
      if (status !== undefined) found.push({ accountId, status });
      return undefined;
    });
    return found;
  }

  public async disassociateMembers(accounts: readonly string[]): Promise<void> {
    this.serve('DisassociateMembers', accounts, (account) => {
      if (this.members.has(account)) this.members.set(account, 'Removed');
      return undefined;
    });
  }

  public async deleteMembers(accounts: readonly string[]): Promise<Unprocessed[]> {
    return this.serve('DeleteMembers', accounts, (account) => {
      if (this.members.get(account) === 'Enabled') return 'is still associated to it';
      this.members.delete(account);
      return undefined;
    });
  }

  public async describeHub(): Promise<void> {
    this.serve('DescribeHub', [], () => undefined);
  }

  public async describeOrganizationConfiguration(): Promise<OrganizationConfiguration> {
    this.serve('DescribeOrganizationConfiguration', [], () => undefined);
    return this.configuration;
  }

  public async describeAccount(accountId: string): Promise<OrganizationAccount> {
    this.serve('DescribeAccount', [accountId], () => undefined);
    return this.organization.get(accountId) ?? { state: 'ACTIVE', isManagementAccount: false };
  }

  /** Operations and sizes of the calls that change something. */
  public writes(): string[] {
    return this.calls
      .filter(({ operation }) => !/^(Get|Describe)/.test(operation))
      .map(({ operation, accounts }) => `${operation} ${accounts.length}`);
  }

  public callsOf(operation: Operation): ApiCall[] {
    return this.calls.filter((call) => call.operation === operation);
  }

  /** An operation always throws this. */
  public breaks(operation: Operation, error: ErrorName | Error): void {
    const thrown = typeof error === 'string' ? awsError(error) : error;
    this.faults[operation] = () => thrown;
  }

  private serve(
    operation: Operation,
    accounts: readonly string[],
    effect: (account: string) => string | undefined,
    emails?: readonly (string | undefined)[],
  ): Unprocessed[] {
    const call = { operation, accounts, at: this.platform.clock.now(), ...(emails === undefined ? {} : { emails }) };
    this.calls.push(call);
    const fault = this.faults[operation]?.(call);
    if (fault !== undefined) throw fault;
    return accounts.flatMap((accountId) => {
      const processingResult = this.unprocessed[operation]?.get(accountId) ?? effect(accountId);
      return processingResult === undefined ? [] : [{ accountId, processingResult }];
    });
  }
}

export class Deployment extends HandlerDeployment {
  public readonly hub = new ScriptedHub(this.platform);

  constructor() {
    super('Custom::SecurityHubMembers');
  }

  protected resource(): Resource {
    const { platform, table, hub } = this;
    return securityHubMembers({ platform, table, api: hub, region: REGION, logGroupName: 'Log' });
  }
}
