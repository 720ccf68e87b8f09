/**
 * How a reason is put together, so that what helps most survives where CloudFormation cuts.
 */
import { cutToBytes, LONGEST_REASON } from './answer';

/** The two ways out of a stuck Delete. */
export const WAYS_OUT =
  'to get out: set removalPolicy to RETAIN and deploy before removing, or delete the stack and retain this resource';

/** Accounts that a reason names; the rest stands in the ledger. */
export const NAMED = 5;

/** `111111111111, 222222222222 and 37 more`. */
export function listed(accounts: readonly string[]): string {
  if (accounts.length <= NAMED) return accounts.join(', ');
  return `${accounts.slice(0, NAMED).join(', ')} and ${accounts.length - NAMED} more`;
}

/** Ends `text` with what must not be cut off: `text` gives way. */
export function endingWith(text: string, ...ends: readonly string[]): string {
  const end = ends.join('; ');
  return end === '' ? text : `${cutToBytes(text, LONGEST_REASON - Buffer.byteLength(end) - 2)}; ${end}`;
}
