/**
 * The calls that this handler makes, one function each, over the SDK's clients.
 */
import type { OrganizationsClient } from '@aws-sdk/client-organizations';
import {
  CreateMembersCommand,
  DeleteMembersCommand,
  DescribeHubCommand,
  DescribeOrganizationConfigurationCommand,
  DisassociateMembersCommand,
  GetMembersCommand,
  InviteMembersCommand,
  type SecurityHubClient,
} from '@aws-sdk/client-securityhub';
import { type OrganizationsApi, organizationsApi } from '../membership/organization';

/** An entry of `UnprocessedAccounts`. */
export interface Unprocessed {
  readonly accountId: string;
  readonly processingResult: string;
}

export interface Member {
  readonly accountId: string;
  readonly status: string;
}

export interface OrganizationConfiguration {
  /** Central configuration is on: the administrator's policies decide who is a member. */
  readonly central: boolean;
  readonly memberLimitReached: boolean;
}

export interface SecurityHubApi extends OrganizationsApi {
  createMembers(
    accounts: readonly { readonly accountId: string; readonly email?: string }[],
    signal?: AbortSignal,
  ): Promise<Unprocessed[]>;
  inviteMembers(accountIds: readonly string[], signal?: AbortSignal): Promise<Unprocessed[]>;
  getMembers(accountIds: readonly string[], signal?: AbortSignal): Promise<Member[]>;
  disassociateMembers(accountIds: readonly string[], signal?: AbortSignal): Promise<void>;
  deleteMembers(accountIds: readonly string[], signal?: AbortSignal): Promise<Unprocessed[]>;
  describeHub(signal?: AbortSignal): Promise<void>;
  describeOrganizationConfiguration(signal?: AbortSignal): Promise<OrganizationConfiguration>;
}

export function securityHubApi(securityHub: SecurityHubClient, organizations: OrganizationsClient): SecurityHubApi {
  return {
    ...organizationsApi(organizations),
    async createMembers(accounts, abortSignal) {
      const AccountDetails = accounts.map(({ accountId, email }) => ({
        AccountId: accountId,
        ...(email === undefined ? {} : { Email: email }),
      }));
      return unprocessed(await securityHub.send(new CreateMembersCommand({ AccountDetails }), { abortSignal }));
    },
    async inviteMembers(accountIds, abortSignal) {
      return unprocessed(
        await securityHub.send(new InviteMembersCommand({ AccountIds: [...accountIds] }), { abortSignal }),
      );
    },
    async getMembers(accountIds, abortSignal) {
      const { Members } = await securityHub.send(new GetMembersCommand({ AccountIds: [...accountIds] }), {
        abortSignal,
      });
      return (Members ?? []).map(({ AccountId, MemberStatus }) => ({
        accountId: AccountId ?? '',
        status: MemberStatus ?? '',
      }));
    },
    async disassociateMembers(accountIds, abortSignal) {
      await securityHub.send(new DisassociateMembersCommand({ AccountIds: [...accountIds] }), { abortSignal });
    },
    async deleteMembers(accountIds, abortSignal) {
      return unprocessed(
        await securityHub.send(new DeleteMembersCommand({ AccountIds: [...accountIds] }), { abortSignal }),
      );
    },
    async describeHub(abortSignal) {
      await securityHub.send(new DescribeHubCommand({}), { abortSignal });
    },
    async describeOrganizationConfiguration(abortSignal) {
      const answer = await securityHub.send(new DescribeOrganizationConfigurationCommand({}), { abortSignal });
      return {
        central: answer.OrganizationConfiguration?.ConfigurationType === 'CENTRAL',
        memberLimitReached: answer.MemberAccountLimitReached === true,
      };
    },
  };
}

function unprocessed({
  UnprocessedAccounts,
}: {
  readonly UnprocessedAccounts?: readonly { readonly AccountId?: string; readonly ProcessingResult?: string }[];
}): Unprocessed[] {
  return (UnprocessedAccounts ?? []).map(({ AccountId, ProcessingResult }) => ({
    accountId: AccountId ?? '',
    processingResult: ProcessingResult ?? '',
  }));
}
