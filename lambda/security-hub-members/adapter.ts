/**
 * Security Hub as the engine sees it: what a member status means, which calls lead where, what its errors mean.
 *
 * | `MemberStatus` | account of the organization | account outside |
 * |---|---|---|
 * | Enabled, Associated | goal | goal |
 * | Created | on its way: AWS enables it by itself | InviteMembers |
 * | Invited | CreateMembers | goal (its owner accepts) |
 * | Removed, Resigned | CreateMembers | DeleteMembers, CreateMembers, InviteMembers |
 * | Deleted, not listed | CreateMembers | CreateMembers, InviteMembers |
 * | AccountSuspended | skipped | skipped |
 *
 * Statuses are compared without regard to case (S8): sources print both.
 */
import type { SecurityHubApi } from './api';
import { chunks } from '../membership/calls';
import { inParallel } from '../membership/ledger';
import { OrganizationLookup } from '../membership/organization';
import {
  type CallAnswer,
  type CallFailure,
  type Cause,
  type FailedCall,
  type Live,
  type MembershipService,
  type Purpose,
  Stop,
} from '../membership/service';
import { answering, errorName, said, transient, withoutSecrets } from '../runtime/errors';
import { type Platform, within } from '../runtime/platform';
import { retrying } from '../runtime/retry';
import { TokenBucket } from '../runtime/token-bucket';

export interface SecurityHubOptions {
  readonly api: SecurityHubApi;
  readonly platform: Platform;
  readonly region: string;
  readonly administrator: string;
  /** Accounts outside the organization with their e-mail addresses. */
  readonly outside: ReadonlyMap<string, string>;
  readonly deadline: number;
  /** On Create: right after delegation AWS answers for a while as if the caller were no administrator. */
  readonly patient: boolean;
}

/** Of every list that a call takes. [API reference, CreateMembers: 1 to 50; the others have no modelled bound and are given the same] */
const ACCOUNTS_PER_CALL = 50;
/** "All other operations: 10 requests a second, burst 30", per account and Region. [Security Hub API reference] */
const RATE = { perSecond: 10, burst: 30 };
/** What one read may take. */
const READ_MILLISECONDS = 20_000;
const READS_AT_ONCE = 8;
/** Of a call that AWS says is over a limit that is not the quota. */
const TRIES_BEFORE_SPLIT = 4;
const READ_PATIENCE_SECONDS = 180;
/** Right after delegation AWS answers for a while as if the caller were no administrator: this long a Create waits for it. */
const DELEGATION_PATIENCE_SECONDS = 120;

const ACCESS = new Set(['InvalidAccessException']);

export class SecurityHubMembership implements MembershipService {
  public readonly name = 'security-hub';
  public readonly joinSteps = ['DeleteMembers', 'CreateMembers', 'InviteMembers'];
  /** Deleting a leftover record is the first step of taking the account over, so the claim comes before it (W13). */
  public readonly claimingSteps = new Set(['DeleteMembers', 'CreateMembers']);
  public readonly clearingSteps = new Set(['DeleteMembers']);
  public readonly accountsPerCall = ACCOUNTS_PER_CALL;
  /** A removal says nothing of accounts that are gone already. */
  public readonly looksBeforeLeaving = false;
  private readonly bucket: TokenBucket;
  private readonly organization: OrganizationLookup;
  /** Until then a Create waits for AWS to know its administrator. */
  private readonly delegatedBy: number;

  constructor(private readonly options: SecurityHubOptions) {
    this.bucket = new TokenBucket(options.platform, RATE.perSecond, RATE.burst);
    this.organization = new OrganizationLookup({
      ...options,
      managementAccount: 'it is the management account: turn Security Hub on there first, AWS does not do it',
      foreign: 'take it off the list, or give it with MemberAccounts.outside',
    });
    this.delegatedBy = options.patient ? options.platform.monotonic() + DELEGATION_PATIENCE_SECONDS * 1000 : 0;
  }

  public leaveSteps(outside: boolean): readonly string[] {
    // DeleteMembers works for invited accounts only, and after they are disassociated. [Security Hub user guide, deleting members]
    return outside ? ['DisassociateMembers', 'DeleteMembers'] : ['DisassociateMembers'];
  }

  public async beforeJoining(accounts: readonly string[]): Promise<void> {
    if (accounts.every((account) => this.options.outside.has(account))) return;
    const { central, memberLimitReached } = await this.read('DescribeOrganizationConfiguration', 'join', (signal) =>
      this.options.api.describeOrganizationConfiguration(signal),
    );
    if (central) {
      throw new Stop(
        `central configuration is on in ${this.options.region}, so configuration policies decide who is a member: associate a policy that turns Security Hub on with account ${named(accounts)}, or turn central configuration off`,
      );
    }
    if (memberLimitReached) throw new Stop(this.quotaReached());
  }

  public async observe(accounts: readonly string[], purpose: Purpose): Promise<Map<string, Live>> {
    const statuses = new Map<string, string>();
    await inParallel(chunks(accounts, ACCOUNTS_PER_CALL), READS_AT_ONCE, async (chunk) => {
      for (const { accountId, status } of await this.getMembers(chunk, purpose)) statuses.set(accountId, status);
    });
    return new Map(
      accounts.map((account) => [account, liveOf(statuses.get(account), this.options.outside.has(account))]),
    );
  }

  public async call(step: string, accounts: readonly string[], signal: AbortSignal): Promise<CallAnswer> {
    const { api, outside } = this.options;
    await this.bucket.take();
    switch (step) {
      case 'CreateMembers':
        return answer(
          await api.createMembers(
            accounts.map((accountId) => ({ accountId, email: outside.get(accountId) })),
            signal,
          ),
        );
      case 'InviteMembers':
        return answer(await api.inviteMembers(accounts, signal));
      case 'DeleteMembers':
        return answer(await api.deleteMembers(accounts, signal));
      case 'DisassociateMembers':
        // answers an empty body whatever happened to each account
        await api.disassociateMembers(accounts, signal);
        return answer([]);
      default:
        throw new Error(`'${step}' is no call of Security Hub membership`);
    }
  }

  public judge(error: unknown, { step, attempt, accounts, looked }: FailedCall): CallFailure | Promise<CallFailure> {
    switch (errorName(error)) {
      case 'LimitExceededException':
        return step === 'CreateMembers' && attempt > 1 ? this.limitExceeded(attempt, accounts) : 'retry';
      case 'ResourceConflictException':
        return 'retry';
      case 'ResourceNotFoundException':
        return step === 'InviteMembers' || step === 'CreateMembers' ? 'split' : 'look';
      case 'InvalidAccessException':
        // none of the accounts is at fault: where a look finds them there, smaller calls fare no better
        if (step === 'DisassociateMembers' || step === 'DeleteMembers') return looked ? 'refuse' : 'look';
        // right after delegation AWS may still take the caller for no administrator
        return this.options.platform.monotonic() < this.delegatedBy ? 'retry' : 'stop';
      case 'InvalidInputException':
        return 'split';
      case 'AccessDeniedException':
        return 'refuse';
      default:
        return transient(error) ? 'retry' : 'refuse';
    }
  }

  /** The quota of members and the rate of calls have one name: a read tells them apart, and smaller calls find out who still fits in. */
  private async limitExceeded(attempt: number, accounts: number): Promise<CallFailure> {
    if (await this.isFull()) return { refuse: this.quotaReached() };
    return attempt > TRIES_BEFORE_SPLIT && accounts > 1 ? 'split' : 'retry';
  }

  /** Asked once, without a retry: where it cannot be read, nothing is known of the quota. */
  private async isFull(): Promise<boolean> {
    const { api, platform } = this.options;
    try {
      await this.bucket.take();
      const configuration = await within(platform, READ_MILLISECONDS, 'DescribeOrganizationConfiguration', (signal) =>
        api.describeOrganizationConfiguration(signal),
      );
      return configuration.memberLimitReached;
    } catch (error) {
      platform.log('warn', 'the member quota could not be read', { error: said(error) });
      return false;
    }
  }

  public async keepsMembers(): Promise<string | undefined> {
    try {
      const { central } = await this.read('DescribeOrganizationConfiguration', 'leave', (signal) =>
        this.options.api.describeOrganizationConfiguration(signal),
      );
      return central ? 'central configuration is on: its policies decide who is a member' : undefined;
    } catch (error) {
      this.options.platform.log('warn', 'the organization configuration could not be read', { error: said(error) });
      return undefined;
    }
  }

  public async causes(accounts: readonly string[]): Promise<Map<string, Cause>> {
    const ofOrganization = accounts.filter((account) => !this.options.outside.has(account));
    const causes = await this.organization.causes(ofOrganization);
    const unexplained = ofOrganization.filter((account) => !causes.has(account));
    if (unexplained.length > 0 && (await this.isFull())) {
      for (const account of unexplained) causes.set(account, { kind: 'other', words: this.quotaReached() });
    }
    return causes;
  }

  public async explain(error: unknown): Promise<string> {
    const { region, administrator, api, platform } = this.options;
    if (!ACCESS.has(errorName(error)) || platform.now() + READ_MILLISECONDS > this.options.deadline) return said(error);
    try {
      await within(platform, READ_MILLISECONDS, 'DescribeHub', (signal) => api.describeHub(signal));
      return `account ${administrator} is not the Security Hub administrator in ${region}: delegate it from the management account (EnableOrganizationAdminAccount) and deploy again; AWS said ${said(error)}`;
    } catch (hub) {
      if (errorName(hub) !== 'InvalidAccessException' && errorName(hub) !== 'ResourceNotFoundException') {
        return said(error);
      }
      return `Security Hub is not enabled in account ${administrator} in ${region}: enable it there (AWS::SecurityHub::Hub) and deploy again; AWS said ${said(error)}`;
    }
  }

  private async getMembers(chunk: readonly string[], purpose: Purpose) {
    try {
      return await this.read('GetMembers', purpose, (signal) => this.options.api.getMembers(chunk, signal));
    } catch (error) {
      if (errorName(error) === 'ResourceNotFoundException') return [];
      // hub disabled, or the administrator moved: then this account has no members, and nothing is left to remove
      if (purpose === 'leave' && ACCESS.has(errorName(error))) return [];
      throw error;
    }
  }

  private async read<T>(what: string, purpose: Purpose, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { platform, deadline } = this.options;
    const retryable = (error: unknown) =>
      transient(error) ||
      errorName(error) === 'LimitExceededException' ||
      (ACCESS.has(errorName(error)) && platform.monotonic() < this.delegatedBy);
    try {
      return await retrying(
        platform,
        { deadline, requestMilliseconds: READ_MILLISECONDS, patienceSeconds: READ_PATIENCE_SECONDS, retryable },
        async () => {
          await this.bucket.take();
          return within(platform, READ_MILLISECONDS, what, send);
        },
      );
    } catch (error) {
      if (purpose !== 'leave' && ACCESS.has(errorName(error))) throw new Stop(await this.explain(error));
      throw answering(`${what} in ${this.options.region}`, error);
    }
  }

  private quotaReached(): string {
    return `administrator ${this.options.administrator} has as many members in ${this.options.region} as Security Hub allows (10,000): remove members first`;
  }
}

/** What a member's status means; `undefined` where GetMembers does not list the account. */
export function liveOf(status: string | undefined, outside: boolean): Live {
  const invite = ['InviteMembers'];
  const join = outside ? ['CreateMembers', ...invite] : ['CreateMembers'];
  switch ((status ?? 'not listed').toLowerCase()) {
    case 'enabled':
    case 'associated':
      return { kind: 'goal', status: status!, steps: join };
    case 'created':
      return outside
        ? { kind: 'started', status: status!, steps: invite }
        : { kind: 'settling', status: status!, steps: join };
    case 'invited':
      return outside
        ? { kind: 'goal', status: status!, steps: join }
        : { kind: 'started', status: status!, steps: join };
    case 'removed':
    case 'resigned':
      return { kind: 'absent', status: status!, steps: outside ? ['DeleteMembers', ...join] : join };
    case 'deleted':
      return { kind: 'absent', status: status!, steps: join };
    case 'not listed':
      return { kind: 'absent', status: 'not listed', steps: join };
    case 'accountsuspended':
      return { kind: 'suspended', status: status!, steps: [] };
    default:
      return { kind: 'unknown', status: status!, steps: [] };
  }
}

function answer(entries: readonly { readonly accountId: string; readonly processingResult: string }[]): CallAnswer {
  return {
    unprocessed: new Map(
      entries.map(({ accountId, processingResult }) => [
        accountId,
        processingResult === '' ? '' : `AWS said: ${withoutSecrets(processingResult)}`,
      ]),
    ),
  };
}

function named(accounts: readonly string[]): string {
  return accounts.length === 1
    ? accounts[0]
    : `${accounts.slice(0, 3).join(', ')}${accounts.length > 3 ? ` and ${accounts.length - 3} more` : ''}`;
}
