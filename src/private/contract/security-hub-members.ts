/**
 * The wire contract of `SecurityHubMembers`: what the construct writes into the template and the handler reads from the event.
 */
import {
  PropertyError,
  type OutsideAccountProperty,
  type Share,
  parseAccountIds,
  parseOutsideAccounts,
  parseSeconds,
  parseShare,
  parseWord,
} from './properties';

/** The CloudFormation type of the resource. Never changes: CloudFormation would replace every resource. */
export const SECURITY_HUB_MEMBERS_TYPE = 'Custom::SecurityHubMembers';

/** The attributes that every answer carries. */
export const SECURITY_HUB_MEMBERS_ATTRIBUTES = { ledgerTableName: 'LedgerTableName' } as const;

/** `ResourceProperties` as they stand in the template; all but the account lists may be absent, and every scalar arrives as a string. */
export interface SecurityHubMembersProperties {
  /** Accounts of the organization, as `renderAccountIds` writes them, or whatever a token resolves to. */
  readonly Accounts?: string[] | string;
  /** Accounts outside the organization, as `renderOutsideAccounts` writes them. */
  readonly OutsideAccounts?: string[] | string;
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

/** What the handler works with. */
export interface SecurityHubMembersTarget {
  readonly accounts: readonly string[];
  readonly outsideAccounts: readonly OutsideAccountProperty[];
  readonly failureTolerance: Share;
  readonly existingMembers: 'leave' | 'takeOver';
  readonly dropped: 'remove' | 'release';
  readonly removalLimit: Share;
  readonly waitSeconds: number;
}

/** Reads the properties of any release, of this event or of an older one. */
export function parseSecurityHubMembers(properties: SecurityHubMembersProperties): SecurityHubMembersTarget {
  const accounts = parseAccountIds('accounts', properties.Accounts);
  const outsideAccounts = parseOutsideAccounts('accounts', properties.OutsideAccounts);
  const both = outsideAccounts.find((outside) => accounts.includes(outside.accountId));
  if (both !== undefined) {
    throw new PropertyError(
      `'accounts' names account ${both.accountId} both as an organization account and as an outside one`,
    );
  }
  return {
    accounts,
    outsideAccounts,
    failureTolerance: parseShare('failureTolerance', properties.FailureTolerance, { kind: 'none' }),
    existingMembers: parseWord('existingMembers', properties.ExistingMembers, 'leave', 'takeOver'),
    dropped: parseWord('dropped', properties.Dropped, 'remove', 'release'),
    removalLimit: parseShare('removalLimit', properties.RemovalLimit, { kind: 'percentage', percentage: 10 }),
    waitSeconds: parseSeconds('wait', properties.Wait, 600),
  };
}
