/**
 * What the wire contracts of all constructs share: how the CDK side writes a property and how the handler reads it.
 *
 * CloudFormation hands every scalar to a handler as a string, whatever its type in the template, so each option has one
 * string form, written by `render…` and read by `parse…`. Nothing here may import the CDK: handlers bundle this file.
 */

/** A property value that the handler cannot use, in words for the person on call. */
export class PropertyError extends Error {
  public readonly name = 'PropertyError';
}

/** An account id is 12 digits and stays a string: leading zeros count. */
export const ACCOUNT_ID = /^\d{12}$/;

/** An address with one `@`, no blanks, and a dot in its domain: a check for slips, not for RFC 5322. At most 64 characters, as Organizations has it. */
export const EMAIL = /^(?=.{6,64}$)[^\s@,=]+@[^\s@,=]+\.[^\s@,=]+$/;

/** How often one element of a packed list repeats: long enough to save the quotes, short enough for a diff. */
const PACKED_IDS_PER_ELEMENT = 50;

/** Up to this many ids each stands on a line of its own, so that a diff shows which account came or went. */
const READABLE_IDS = 1000;

/**
 * Writes account ids as a property: sorted and without repeats, one per element up to 1,000 and packed (12 digits after 12 digits,
 * 50 ids an element) above, because old and new list travel together in one Update event.
 */
export function renderAccountIds(ids: readonly string[]): string[] {
  const sorted = [...new Set(ids)].sort();
  if (sorted.length <= READABLE_IDS) return sorted;
  const elements: string[] = [];
  for (let i = 0; i < sorted.length; i += PACKED_IDS_PER_ELEMENT) {
    elements.push(sorted.slice(i, i + PACKED_IDS_PER_ELEMENT).join(''));
  }
  return elements;
}

/** Reads what {@link renderAccountIds} wrote, and what a token may resolve to: a list, or text separated by commas or blanks. */
export function parseAccountIds(property: string, value: unknown): string[] {
  const ids = new Set<string>();
  for (const word of words(property, value)) {
    if (word.length > 12 && word.length % 12 === 0 && /^\d+$/.test(word)) {
      for (let i = 0; i < word.length; i += 12) ids.add(word.slice(i, i + 12));
    } else if (ACCOUNT_ID.test(word)) {
      ids.add(word);
    } else {
      throw new PropertyError(`'${property}' holds ${JSON.stringify(word)}, which is no account id: give 12 digits`);
    }
  }
  return [...ids].sort();
}

/** An account that is not in the organization, with the address that its invitation goes to. */
export interface OutsideAccountProperty {
  readonly accountId: string;
  readonly email: string;
}

/** Writes outside accounts as `<account id>=<e-mail address>`, sorted and without repeats. */
export function renderOutsideAccounts(accounts: readonly OutsideAccountProperty[]): string[] {
  return [...new Set(accounts.map((account) => `${account.accountId}=${account.email}`))].sort();
}

/** Reads what {@link renderOutsideAccounts} wrote. An address is never part of an error text: reasons and logs do not carry addresses. */
export function parseOutsideAccounts(property: string, value: unknown): OutsideAccountProperty[] {
  const accounts = new Map<string, string>();
  for (const word of words(property, value)) {
    const [accountId, email, ...rest] = word.split('=');
    if (!ACCOUNT_ID.test(accountId)) {
      throw new PropertyError(
        `'${property}' holds ${JSON.stringify(redacted(accountId))}, which is no account id: give 12 digits`,
      );
    }
    if (email === undefined || rest.length > 0 || !EMAIL.test(email)) {
      throw new PropertyError(`'${property}' holds no usable e-mail address for account ${accountId}`);
    }
    const known = accounts.get(accountId);
    if (known !== undefined && known !== email) {
      throw new PropertyError(`'${property}' names account ${accountId} with two different e-mail addresses`);
    }
    accounts.set(accountId, email);
  }
  return [...accounts]
    .map(([accountId, email]) => ({ accountId, email }))
    .sort((a, b) => (a.accountId < b.accountId ? -1 : 1));
}

/** How many accounts may be refused, or removed: none, all, a number, or a percentage. */
export type Share =
  | { readonly kind: 'none' }
  | { readonly kind: 'all' }
  | { readonly kind: 'accounts'; readonly count: number }
  | { readonly kind: 'percentage'; readonly percentage: number };

/** Writes a share as `none`, `all`, `accounts:5` or `percentage:10`. */
export function renderShare(share: Share): string {
  switch (share.kind) {
    case 'accounts':
      return `accounts:${share.count}`;
    case 'percentage':
      return `percentage:${share.percentage}`;
    default:
      return share.kind;
  }
}

/** Reads what {@link renderShare} wrote; absent means `fallback`. */
export function parseShare(property: string, value: unknown, fallback: Share): Share {
  if (value === undefined || value === '') return fallback;
  const text = String(value);
  if (text === 'none' || text === 'all') return { kind: text };
  const accounts = /^accounts:(\d+)$/.exec(text);
  if (accounts) return { kind: 'accounts', count: Number(accounts[1]) };
  const percentage = /^percentage:(\d+(?:\.\d+)?)$/.exec(text);
  if (percentage && Number(percentage[1]) <= 100) return { kind: 'percentage', percentage: Number(percentage[1]) };
  throw new PropertyError(
    `'${property}' is ${JSON.stringify(text)}, which is none of 'none', 'all', 'accounts:<number>' and 'percentage:<0 to 100>'`,
  );
}

/** How many of `total` accounts a share allows. */
export function allowed(share: Share, total: number): number {
  switch (share.kind) {
    case 'none':
      return 0;
    case 'all':
      return Infinity;
    case 'accounts':
      return share.count;
    case 'percentage':
      // a little more than nothing, because 375 * 18.4 / 100 is a little less than 69
      return Math.floor((total * share.percentage) / 100 + 1e-9);
  }
}

/** Reads a whole number of seconds; absent means `fallback`. */
export function parseSeconds(property: string, value: unknown, fallback: number): number {
  if (value === undefined || value === '') return fallback;
  if (!/^\d+$/.test(String(value))) {
    throw new PropertyError(`'${property}' is ${JSON.stringify(value)}: give whole seconds`);
  }
  return Number(value);
}

/** Reads one of a fixed set of words; absent means the first. */
export function parseWord<T extends string>(property: string, value: unknown, ...choices: readonly [T, ...T[]]): T {
  if (value === undefined || value === '') return choices[0];
  const found = choices.find((choice) => choice === value);
  if (found === undefined) {
    throw new PropertyError(
      `'${property}' is ${JSON.stringify(value)}: give one of ${choices.map((choice) => `'${choice}'`).join(', ')}`,
    );
  }
  return found;
}

function words(property: string, value: unknown): string[] {
  if (value === undefined) return [];
  const elements = Array.isArray(value) ? value : [value];
  return elements.flatMap((element) => {
    if (typeof element !== 'string') {
      throw new PropertyError(`'${property}' holds ${JSON.stringify(element)}: give text`);
    }
    return element.split(/[\s,]+/).filter((word) => word !== '');
  });
}

function redacted(word: string): string {
  return word.includes('@') ? '(an e-mail address)' : word;
}
