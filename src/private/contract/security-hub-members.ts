/**
 * The wire contract of `SecurityHubMembers`: what the construct writes into the template and the handler reads from the event.
 */
import { type MembershipProperties, type MembershipTarget, parseMembership } from './membership';
import { PropertyError, type OutsideAccountProperty, parseOutsideAccounts } from './properties';

/** The CloudFormation type of the resource. Never changes: CloudFormation would replace every resource. */
export const SECURITY_HUB_MEMBERS_TYPE = 'Custom::SecurityHubMembers';

export interface SecurityHubMembersProperties extends MembershipProperties {
  /** Accounts outside the organization, as `renderOutsideAccounts` writes them. */
  readonly OutsideAccounts?: string[] | string;
}

export interface SecurityHubMembersTarget extends MembershipTarget {
  readonly outsideAccounts: readonly OutsideAccountProperty[];
}

/** Reads the properties of any release, of this event or of an older one. */
export function parseSecurityHubMembers(properties: SecurityHubMembersProperties): SecurityHubMembersTarget {
  const target = parseMembership(properties);
  const outsideAccounts = parseOutsideAccounts('accounts', properties.OutsideAccounts);
  const both = outsideAccounts.find((outside) => target.accounts.includes(outside.accountId));
  if (both !== undefined) {
    throw new PropertyError(
      `'accounts' names account ${both.accountId} both as an organization account and as an outside one`,
    );
  }
  return { ...target, outsideAccounts };
}
