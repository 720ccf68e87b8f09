import { createPaginator } from '@smithy/core';
import type { PaginationConfiguration, Paginator } from '@smithy/types';
import { ComputeOptimizerAutomationClient } from './client';
import { ListAccountsCommand, type ListAccountsCommandInput, type ListAccountsCommandOutput } from './commands';

export interface ComputeOptimizerAutomationPaginationConfiguration extends PaginationConfiguration {
  client: ComputeOptimizerAutomationClient;
}

/** Sends {@link ListAccountsCommand} until there is no further page. */
export const paginateListAccounts: (
  config: ComputeOptimizerAutomationPaginationConfiguration,
  input: ListAccountsCommandInput,
  ...rest: any[]
) => Paginator<ListAccountsCommandOutput> = /* @__PURE__ */ createPaginator<
  ComputeOptimizerAutomationPaginationConfiguration, ListAccountsCommandInput, ListAccountsCommandOutput
>(ComputeOptimizerAutomationClient, ListAccountsCommand, 'nextToken', 'nextToken', 'maxResults');
