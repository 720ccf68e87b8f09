/**
 * What the wire contracts of all membership constructs share: which accounts, and what becomes of those that are refused, were there before, or leave.
 */
import { type Share, parseAccountIds, parseSeconds, parseShare, parseWord } from './properties';

/** The attributes that every answer carries. */
export const MEMBERSHIP_ATTRIBUTES = { ledgerTableName: 'LedgerTableName' } as const;

/** `ResourceProperties` as they stand in the template; all but the account lists may be absent, and every scalar arrives as a string. */
export interface MembershipProperties {
  /** Accounts of the organization, as `renderAccountIds` writes them, or whatever a token resolves to. */
  readonly Accounts?: string[] | string;
  /** A share, default `none`. */
  readonly FailureTolerance?: string;
  /** `leave` (default) or `takeOver`. */
  readonly ExistingMembers?: string;
  /** `remove` (default) or `release`. */
  readonly Dropped?: string;
  /** A share, default `percentage:10`. */
  readonly RemovalLimit?: string;
  /** Seconds to wait for the goal state, default 600. */
  readonly Wait?: string;
  /** Free text: any change makes CloudFormation call the handler. */
  readonly Revision?: string;
}

/** What a handler works with. */
export interface MembershipTarget {
  readonly accounts: readonly string[];
  readonly failureTolerance: Share;
  readonly existingMembers: 'leave' | 'takeOver';
  readonly dropped: 'remove' | 'release';
  readonly removalLimit: Share;
  readonly waitSeconds: number;
}

/** Reads the properties of any release, of this event or of an older one. */
export function parseMembership(properties: MembershipProperties): MembershipTarget {
  return {
    accounts: parseAccountIds('accounts', properties.Accounts),
    failureTolerance: parseShare('failureTolerance', properties.FailureTolerance, { kind: 'none' }),
    existingMembers: parseWord('existingMembers', properties.ExistingMembers, 'leave', 'takeOver'),
    dropped: parseWord('dropped', properties.Dropped, 'remove', 'release'),
    removalLimit: parseShare('removalLimit', properties.RemovalLimit, { kind: 'percentage', percentage: 10 }),
    waitSeconds: parseSeconds('wait', properties.Wait, 600),
  };
}
