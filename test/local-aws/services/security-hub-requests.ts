/**
 * What Security Hub demands of a request. [B] the service model; [I] inferred.
 */
import { InvalidToken, page } from './paging';
import { invalidInput } from './security-hub-errors';

export type Input = Readonly<Record<string, any>>;

export interface AccountDetails {
  readonly accountId: string;
  readonly email?: string;
}

/** [B] AccountDetails 1..50 (the upper bound is `overFifty`), AccountId required, Email not blank. */
export function accountDetails(input: Input): AccountDetails[] {
  const list: unknown = input.AccountDetails;
  if (!Array.isArray(list) || list.length === 0) throw invalidInput('AccountDetails must have at least one account');
  return list.map((each: Input) => {
    if (!isAccountId(each?.AccountId)) throw invalidInput('AccountId must have 12 digits');
    if (each.Email !== undefined && !isText(each.Email)) throw invalidInput('Email must not be blank');
    return { accountId: each.AccountId, email: each.Email };
  });
}

/** [B] AccountIdList has no bound in the model; an empty one is refused [I]. */
export function accountIds(input: Input): string[] {
  const list: unknown = input.AccountIds;
  if (!Array.isArray(list) || list.length === 0) throw invalidInput('AccountIds must have at least one account');
  if (!list.every(isAccountId)) throw invalidInput('AccountIds must have 12 digits');
  return list;
}

export function adminAccountId(input: Input): string {
  if (!isAccountId(input.AdminAccountId)) throw invalidInput('AdminAccountId must have 12 digits');
  // Security Hub V2 is another product with an administrator of its own, and not modelled
  if (input.Feature !== undefined && input.Feature !== 'SecurityHub') throw invalidInput('Feature is SecurityHub');
  return input.AdminAccountId;
}

export function pageSize(input: Input, most: number): number {
  const size: unknown = input.MaxResults ?? most;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > most) {
    throw invalidInput(`MaxResults is 1 to ${most}`);
  }
  return size;
}

export function paged<T>(
  list: string, items: readonly T[], input: Input, size: number,
): { items: readonly T[]; NextToken?: string } {
  try {
    const { items: onPage, nextToken } = page(list, items, input.NextToken, size);
    return { items: onPage, NextToken: nextToken };
  } catch (error) {
    if (error instanceof InvalidToken) throw invalidInput('NextToken is not valid');
    throw error;
  }
}

function isAccountId(value: unknown): value is string {
  return typeof value === 'string' && /^\d{12}$/.test(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
