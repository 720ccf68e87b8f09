/**
 * Pages of a list and the opaque tokens between them.
 */

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken?: string;
}

/** Thrown for a token that this list has not given out. */
export class InvalidToken extends Error {}

/**
 * One page of `items`. The token names the list it belongs to, so that a token of another operation is refused.
 * With `emptyPages` an empty page with a token comes before each page that has something on it.
 */
export function page<T>(
  list: string, items: readonly T[], token: string | undefined, size: number, emptyPages: boolean = false,
): Page<T> {
  const start = token === undefined ? { offset: 0, afterEmpty: false } : decode(list, token);
  if (emptyPages && !start.afterEmpty && start.offset < items.length) {
    return { items: [], nextToken: encode(list, start.offset, true) };
  }
  const end = start.offset + size;
  const nextToken = end < items.length ? encode(list, end, false) : undefined;
  return { items: items.slice(start.offset, end), nextToken };
}

function encode(list: string, offset: number, afterEmpty: boolean): string {
  return Buffer.from(JSON.stringify([list, offset, afterEmpty])).toString('base64url');
}

function decode(list: string, token: string): { offset: number; afterEmpty: boolean } {
  try {
    const decoded = JSON.parse(Buffer.from(token, 'base64url').toString()) as [string, number, boolean];
    const [owner, offset, afterEmpty] = decoded;
    if (owner === list && Number.isInteger(offset)) return { offset, afterEmpty };
  } catch {
    // not one of ours: told below
  }
  throw new InvalidToken();
}
