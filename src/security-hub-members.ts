import { Aws, type CfnResource, Resource } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { MemberAccounts } from './member-accounts';
import type { MembershipOptions } from './membership-options';
import { MEMBERSHIP_ATTRIBUTES } from './private/contract/membership';
import { SECURITY_HUB_MEMBERS_TYPE } from './private/contract/security-hub-members';
import type { HandlerDefinition } from './private/handler-function';
import { membershipResource } from './private/membership-resource';

/**
 * Properties of `SecurityHubMembers`.
 */
export interface SecurityHubMembersProps extends MembershipOptions {
  /**
   * The accounts that shall be members, in the Region of the stack.
   *
   * One construct takes about 10,600 accounts of the organization, more than the 10,000 members that Security Hub allows,
   * and at least 1,590 outside accounts, more than the 1,000 that it allows to invite: CloudFormation hands the old and the
   * new list to the function in one event of at most 256 KB. What is more is an error.
   */
  readonly accounts: MemberAccounts;
}

/**
 * A set of accounts that are members of the Security Hub administrator account.
 *
 * Deploy it in the administrator account: the delegated administrator of the organization or, for invited accounts, any
 * account with Security Hub. It works in the Region of its stack only, where Security Hub has to be enabled. The
 * organization's configuration has to be local: under central configuration, policies decide who is a member.
 *
 * A Lambda function calls `GetMembers` to see which accounts are members already, and leaves those alone. It adds the
 * others with `CreateMembers`, invites accounts outside the organization with `InviteMembers`, and waits until Security Hub
 * shows them as members, or as invited. It records each account in a DynamoDB table, the ledger, before it adds it.
 * Accounts that are suspended or about to be closed are skipped.
 *
 * An account that leaves the list is removed with `DisassociateMembers`, and with `DeleteMembers` too if it is outside the
 * organization, but only if this construct has added it and no other construct in the stack wants it. So constructs may
 * be renamed, split and merged, and their lists may overlap.
 *
 * The resource fails after all accounts have been tried, if more were refused than `failureTolerance` allows. It fails at
 * once if nothing can be done for any of them: the account of the stack is not the administrator, Security Hub is off, central
 * configuration is on and an account would have to be added, or the quota of members is reached. The reason tells what to
 * do and names up to five accounts of each cause; the ledger has them all. CloudFormation waits 20 minutes for lists of up to
 * 500 accounts and 50 minutes for longer lists and lists with tokens.
 *
 * An update to one of the last two sets of properties that were deployed successfully is taken for CloudFormation's rollback:
 * it does what it can and does not fail for what AWS refuses.
 *
 * Deleting the construct removes the accounts that it has added, see `removalPolicy`. **It does not switch off what AWS has
 * switched on:** Security Hub and its default standards, which become enabled in every organization account that had them
 * off, stay enabled there after the account has been removed, and cost money until somebody disables them in that account.
 *
 * @example
 *
 * new SecurityHubMembers(this, 'Members', {
 *   accounts: MemberAccounts.of(['111122223333', '444455556666']),
 *   failureTolerance: FailureTolerance.accounts(1),
 * });
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-accounts.html
 */
export class SecurityHubMembers extends Resource {
  /**
   * The name of the DynamoDB table in which the construct records which accounts it has added, since when, and which were
   * refused and why. All constructs of this library in a stack share it.
   *
   * @attribute
   */
  public readonly ledgerTableName: string;

  constructor(scope: Construct, id: string, props: SecurityHubMembersProps) {
    super(scope, id);

    const resource = membershipResource(this, { resourceType: SECURITY_HUB_MEMBERS_TYPE, handler: HANDLER }, props);
    // what `applyRemovalPolicy` and escape hatches of users expect to find
    this.node.defaultChild = resource.node.defaultChild as CfnResource;
    this.ledgerTableName = resource.getAttString(MEMBERSHIP_ATTRIBUTES.ledgerTableName);
  }
}

const HANDLER: HandlerDefinition = {
  construct: 'SecurityHubMembers',
  asset: 'security-hub-members',
  description: `${SECURITY_HUB_MEMBERS_TYPE} of cdk-org-membership`,
  statements: (stack) => [
    new iam.PolicyStatement({
      sid: 'SecurityHub',
      actions: [
        'securityhub:CreateMembers',
        'securityhub:DeleteMembers',
        'securityhub:DescribeHub',
        'securityhub:DescribeOrganizationConfiguration',
        'securityhub:DisassociateMembers',
        'securityhub:GetMembers',
        'securityhub:InviteMembers',
      ],
      // the hubs of the account in all Regions: members of a Region are removed after the Region has left the properties
      resources: [stack.formatArn({
        service: 'securityhub', region: '*', account: Aws.ACCOUNT_ID, resource: 'hub', resourceName: 'default',
      })],
    }),
    new iam.PolicyStatement({
      sid: 'RefusedAccounts',
      actions: ['organizations:DescribeAccount'],
      // the ARN of an account holds the ids of the management account and of the organization, which nobody has told us
      resources: [stack.formatArn({
        service: 'organizations', region: '', account: '*', resource: 'account', resourceName: 'o-*/*',
      })],
    }),
  ],
};
