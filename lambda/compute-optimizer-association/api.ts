/**
 * The calls that this handler makes, one function each, over the SDK's client.
 */
import {
  AssociateAccountsCommand,
  type ComputeOptimizerAutomationClient,
  DisassociateAccountsCommand,
  GetEnrollmentConfigurationCommand,
  ListAccountsCommand,
  UpdateEnrollmentConfigurationCommand,
} from '@aws-sdk/client-compute-optimizer-automation';

/** An account that is enrolled in Compute Optimizer, as ListAccounts shows it. */
export interface ListedAccount {
  readonly accountId: string;
  /** Of Automation: `Active`, `Inactive`, `Pending`, `Failed`. */
  readonly status: string;
  readonly statusReason?: string;
  /** `AnyAllowed`: associated; or `NoneAllowed`. */
  readonly organizationRuleMode: string;
}

export interface AccountPage {
  readonly accounts: readonly ListedAccount[];
  readonly nextToken?: string;
}

/** What AssociateAccounts and DisassociateAccounts answer. */
export interface Dealt {
  /** The accounts with which it did what was asked. */
  readonly accountIds: readonly string[];
  /** What it says of the others, in words only. */
  readonly errors: readonly string[];
}

export interface Enrollment {
  readonly status: string;
  readonly statusReason?: string;
}

export interface AutomationApi {
  listAccounts(nextToken: string | undefined, signal?: AbortSignal): Promise<AccountPage>;
  associateAccounts(accountIds: readonly string[], clientToken: string, signal?: AbortSignal): Promise<Dealt>;
  disassociateAccounts(accountIds: readonly string[], clientToken: string, signal?: AbortSignal): Promise<Dealt>;
  getEnrollmentConfiguration(signal?: AbortSignal): Promise<Enrollment>;
  /** Switches Automation on in the calling account. */
  enroll(clientToken: string, signal?: AbortSignal): Promise<Enrollment>;
}

/** The largest page. [service model, ListAccountsRequest] */
const PAGE = 1000;

export function automationApi(automation: ComputeOptimizerAutomationClient): AutomationApi {
  return {
    async listAccounts(nextToken, abortSignal) {
      const answer = await automation.send(new ListAccountsCommand({ maxResults: PAGE, nextToken }), { abortSignal });
      const accounts = (answer.accounts ?? []).map(({ accountId, status, statusReason, organizationRuleMode }) => ({
        accountId: accountId ?? '',
        status: status ?? '',
        statusReason,
        organizationRuleMode: organizationRuleMode ?? '',
      }));
      return { accounts, ...(answer.nextToken ? { nextToken: answer.nextToken } : {}) };
    },
    async associateAccounts(accountIds, clientToken, abortSignal) {
      const command = new AssociateAccountsCommand({ accountIds: [...accountIds], clientToken });
      return dealt(await automation.send(command, { abortSignal }));
    },
    async disassociateAccounts(accountIds, clientToken, abortSignal) {
      const command = new DisassociateAccountsCommand({ accountIds: [...accountIds], clientToken });
      return dealt(await automation.send(command, { abortSignal }));
    },
    async getEnrollmentConfiguration(abortSignal) {
      return enrollment(await automation.send(new GetEnrollmentConfigurationCommand({}), { abortSignal }));
    },
    async enroll(clientToken, abortSignal) {
      const command = new UpdateEnrollmentConfigurationCommand({ status: 'Active', clientToken });
      return enrollment(await automation.send(command, { abortSignal }));
    },
  };
}

/** Either list may be absent where it is empty. [user guide, Logging Compute Optimizer Automation API calls: a sample answer] */
function dealt({ accountIds, errors }: Partial<Dealt>): Dealt {
  return { accountIds: accountIds ?? [], errors: errors ?? [] };
}

function enrollment({ status, statusReason }: Partial<Enrollment>): Enrollment {
  return { status: status ?? '', statusReason };
}
