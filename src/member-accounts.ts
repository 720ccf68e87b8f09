import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { ACCOUNT_ID, EMAIL, renderAccountIds, renderOutsideAccounts } from './private/contract/properties';
import type { SecurityHubMembersProperties } from './private/contract/security-hub-members';
import { misuse, shown, shownList } from './private/validation';

/**
 * An account that does not belong to the organization.
 */
export interface OutsideAccount {
  /** The account's id: 12 digits, as a string. */
  readonly accountId: string;

  /** The e-mail address of the account's root user: at most 64 characters. It appears in the template, but in no log. */
  readonly email: string;
}

/**
 * Member accounts as properties of a custom resource.
 *
 * @internal
 */
export interface RenderedMemberAccounts {
  readonly properties: Pick<SecurityHubMembersProperties, 'Accounts' | 'OutsideAccounts'>;

  /** How many accounts are known. */
  readonly count: number;

  /** False if a token may add accounts that only the deployment knows. */
  readonly complete: boolean;
}

/**
 * The accounts that shall be members.
 *
 * The order of a list does not matter, and an account that is given twice counts once.
 */
export class MemberAccounts {
  /**
   * Accounts of the organization.
   *
   * An element may be a token, such as an SSM parameter, and so may the whole list: the value of a list parameter,
   * `Fn.split()`, or the attribute of another resource. Tokens are checked when they are deployed.
   *
   * An empty list, anything but 12 digits, and the account of the stack are errors.
   *
   * @param accountIds the accounts' ids: 12 digits each, as strings
   */
  public static of(accountIds: string[]): MemberAccounts {
    const ids = copy(accountIds);
    return new MemberAccounts((scope) => renderOrganizationAccounts(scope, ids));
  }

  /**
   * Accounts that do not belong to the organization. They are created as members and invited.
   *
   * Nobody accepts for them: the owner of an account has to accept the invitation before it becomes a member. An account
   * that is invited is what the resource waits for.
   *
   * An empty list, bad ids or addresses, one account with two addresses, and the account of the stack are errors.
   *
   * @param accounts the accounts and their e-mail addresses
   */
  public static outside(accounts: OutsideAccount[]): MemberAccounts {
    const copies = copy(accounts).map((account) => ({ ...account }));
    return new MemberAccounts((scope) => renderAccountsOutside(scope, copies));
  }

  private constructor(private readonly render: (scope: IConstruct) => RenderedMemberAccounts) {}

  /** @internal */
  public _render(scope: IConstruct): RenderedMemberAccounts {
    return this.render(scope);
  }
}

function renderOrganizationAccounts(scope: IConstruct, ids: string[]): RenderedMemberAccounts {
  if (Token.isUnresolved(ids)) return { properties: { Accounts: ids }, count: 0, complete: false };
  checkNotEmpty(scope, ids);
  checkAccountIds(scope, ids);

  const literals = ids.filter((id) => !Token.isUnresolved(id));
  const tokens = unique(ids.filter((id) => Token.isUnresolved(id)));
  return {
    properties: { Accounts: [...renderAccountIds(literals), ...tokens] },
    count: new Set(literals).size,
    complete: tokens.length === 0,
  };
}

function renderAccountsOutside(scope: IConstruct, accounts: OutsideAccount[]): RenderedMemberAccounts {
  checkNotEmpty(scope, accounts);
  checkAccountIds(scope, accounts.map(({ accountId }) => accountId));
  checkEmails(scope, accounts);

  const isLiteral = ({ accountId, email }: OutsideAccount) => !Token.isUnresolved(`${accountId}${email}`);
  const literals = renderOutsideAccounts(accounts.filter(isLiteral));
  // one by one: the texts of tokens have no order that means anything
  const others = accounts.filter((account) => !isLiteral(account));
  const tokens = unique(others.flatMap((account) => renderOutsideAccounts([account])));
  return {
    properties: { OutsideAccounts: [...literals, ...tokens] },
    count: literals.length,
    complete: tokens.length === 0,
  };
}

function checkNotEmpty(scope: IConstruct, accounts: readonly unknown[]): void {
  if (accounts.length === 0) {
    throw misuse(scope, "'accounts' is an empty list: name at least one account, or remove the construct");
  }
}

function checkAccountIds(scope: IConstruct, ids: readonly string[]): void {
  if (ids.some((id) => Token.isUnresolved([id]))) {
    throw misuse(scope, "'accounts' holds a token list among other elements: pass the token list alone, or add the other ids to its source");
  }
  const literals = ids.filter((id) => !Token.isUnresolved(id));

  const bad = literals.filter((id) => typeof id !== 'string' || !ACCOUNT_ID.test(id));
  if (bad.length > 0) {
    throw misuse(scope, `'accounts' holds ${shownList(bad)}: give account ids of 12 digits, as strings`);
  }

  const own = Stack.of(scope).account;
  if (literals.includes(own)) {
    throw misuse(scope, `'accounts' holds ${shown(own)}, the account of the stack: the administrator cannot be its own member, leave it out`);
  }
}

function checkEmails(scope: IConstruct, accounts: readonly OutsideAccount[]): void {
  const known = new Map<string, string>();
  for (const { accountId, email } of accounts) {
    if (Token.isUnresolved(email)) continue;
    if (typeof email !== 'string' || !EMAIL.test(email)) {
      throw misuse(scope, `'accounts' holds ${shown(email)} as the e-mail address of account ${accountId}: `
        + 'give the address of its root user, at most 64 characters');
    }
    const other = known.get(accountId);
    if (other !== undefined && other !== email) {
      throw misuse(scope, `'accounts' holds account ${accountId} with two e-mail addresses, ${shown(other)} and ${shown(email)}: give one`);
    }
    known.set(accountId, email);
  }
}

/** Copies on the way in, so that what the caller does with the list later changes nothing. */
function copy<T>(list: T[]): T[] {
  return [...list];
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
