/**
 * What Compute Optimizer Automation demands of a request. [B] the service model; [I] inferred.
 */
import { invalidParameterValue } from './compute-optimizer-automation-errors';
import { InvalidToken, page } from './paging';

export type Input = Readonly<Record<string, any>>;

// [B] patterns of the model
const ACCOUNT_ID = /^[0-9]{12}$/;
const CLIENT_TOKEN = /^[a-zA-Z0-9_-]{1,64}$/;
const NEXT_TOKEN = /^[A-Za-z0-9+/=]+$/;

/** [B] ListAccountsRequest.maxResults 1..1000. */
const LARGEST_PAGE = 1_000;

/** [B] accountIds is required and has no bounds in the model; an empty list is refused [I], and who is named twice counts once [I]. */
export function accountIds(input: Input): string[] {
  const list: unknown = input.accountIds;
  if (!Array.isArray(list) || list.length === 0) throw invalidParameterValue('accountIds must have at least one account');
  if (!list.every((each) => matches(each, ACCOUNT_ID))) throw invalidParameterValue('accountIds must have 12 digits');
  return [...new Set<string>(list)];
}

/** [B] clientToken can be left out of a request, although SDKs do not. */
export function clientToken(input: Input): string | undefined {
  const token: unknown = input.clientToken ?? undefined;
  if (token === undefined) return undefined;
  if (!matches(token, CLIENT_TOKEN)) throw invalidParameterValue('clientToken must be 1 to 64 letters, digits, _ or -');
  return token;
}

/** [B] "The Pending and Failed options cannot be used to update the enrollment status of an account." */
export function desiredStatus(input: Input): 'Active' | 'Inactive' {
  const { status } = input;
  if (status !== 'Active' && status !== 'Inactive') throw invalidParameterValue('status is Active or Inactive');
  return status;
}

/** One page; without maxResults as large as it may be [I]. */
export function paged<T>(list: string, items: readonly T[], input: Input): { items: readonly T[]; nextToken?: string } {
  const size: unknown = input.maxResults ?? LARGEST_PAGE;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > LARGEST_PAGE) {
    throw invalidParameterValue(`maxResults is 1 to ${LARGEST_PAGE}`);
  }
  const token: unknown = input.nextToken ?? undefined;
  if (token !== undefined && !matches(token, NEXT_TOKEN)) throw invalidParameterValue('nextToken is not valid');
  try {
    return page(list, items, token, size);
  } catch (error) {
    if (error instanceof InvalidToken) throw invalidParameterValue('nextToken is not valid');
    throw error;
  }
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}
