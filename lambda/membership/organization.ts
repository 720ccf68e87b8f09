/**
 * What AWS Organizations tells of accounts that a service refused, or that do not arrive.
 */
import { DescribeAccountCommand, type OrganizationsClient } from '@aws-sdk/client-organizations';
import { inParallel } from './ledger';
import type { Cause } from './service';
import { errorName, said } from '../runtime/errors';
import { type Platform, within } from '../runtime/platform';
import { retrying } from '../runtime/retry';
import { TokenBucket } from '../runtime/token-bucket';

export interface OrganizationAccount {
  /** `ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE`, …: `State`, or where that is missing the older `Status`. */
  readonly state: string;
  readonly isManagementAccount: boolean;
}

export interface OrganizationsApi {
  describeAccount(accountId: string, signal?: AbortSignal): Promise<OrganizationAccount>;
}

export function organizationsApi(organizations: OrganizationsClient): OrganizationsApi {
  return {
    async describeAccount(accountId, abortSignal) {
      const { Account } = await organizations.send(new DescribeAccountCommand({ AccountId: accountId }), {
        abortSignal,
      });
      // arn:aws:organizations::<management account>:account/o-…/<account>
      return {
        state: String(Account?.State ?? Account?.Status ?? ''),
        isManagementAccount: Account?.Arn?.split(':')[4] === accountId,
      };
    },
  };
}

export interface OrganizationLookupOptions {
  readonly api: OrganizationsApi;
  readonly platform: Platform;
  /** Wall-clock time after which nothing new is started. */
  readonly deadline: number;
  /** Why the management account is skipped. */
  readonly managementAccount: string;
  /** What to do about an account that is no account of the organization. */
  readonly foreign: string;
}

/** DescribeAccount: 20 a second, burst 30. [Organizations quotas] */
const RATE = { perSecond: 20, burst: 30 };
const READ_MILLISECONDS = 20_000;
const READS_AT_ONCE = 8;
/** Accounts that are looked up: more of them have one cause, and it is not theirs. */
const MOST_LOOKUPS = 200;
const PATIENCE_SECONDS = 30;

export class OrganizationLookup {
  private readonly bucket: TokenBucket;

  constructor(private readonly options: OrganizationLookupOptions) {
    this.bucket = new TokenBucket(options.platform, RATE.perSecond, RATE.burst);
  }

  /** The accounts of which the organization tells why they are no members; those that could be looked up before an error. */
  public async causes(accounts: readonly string[]): Promise<Map<string, Cause>> {
    const causes = new Map<string, Cause>();
    try {
      await inParallel(accounts.slice(0, MOST_LOOKUPS), READS_AT_ONCE, async (account) => {
        const cause = await this.cause(account);
        if (cause !== undefined) causes.set(account, cause);
      });
    } catch (error) {
      // the caller may not be allowed to read the organization: then a refusal stays a refusal
      this.options.platform.log('warn', 'accounts could not be looked up in AWS Organizations', { error: said(error) });
    }
    return causes;
  }

  private async cause(account: string): Promise<Cause | undefined> {
    const { api, platform, deadline, managementAccount, foreign } = this.options;
    try {
      const limits = { deadline, requestMilliseconds: READ_MILLISECONDS, patienceSeconds: PATIENCE_SECONDS };
      const { state, isManagementAccount } = await retrying(platform, limits, async () => {
        await this.bucket.take();
        return within(platform, READ_MILLISECONDS, 'DescribeAccount', (signal) => api.describeAccount(account, signal));
      });
      if (state !== 'ACTIVE' && state !== '') {
        return { kind: 'skip', words: `the account is ${state} in AWS Organizations` };
      }
      return isManagementAccount ? { kind: 'skip', words: managementAccount } : undefined;
    } catch (error) {
      if (errorName(error) !== 'AccountNotFoundException') throw error;
      return { kind: 'foreign', words: `it is no account of this organization: ${foreign}` };
    }
  }
}
