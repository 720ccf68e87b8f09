import { Aws, type CfnResource, CustomResource, Duration, RemovalPolicy, Resource, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { DroppedAccounts } from './dropped-accounts';
import type { ExistingMembers } from './existing-members';
import type { FailureTolerance } from './failure-tolerance';
import type { HandlerOptions } from './handler-options';
import type { MemberAccounts } from './member-accounts';
import {
  SECURITY_HUB_MEMBERS_ATTRIBUTES, SECURITY_HUB_MEMBERS_TYPE, type SecurityHubMembersProperties,
} from './private/contract/security-hub-members';
import { HandlerFunction, type HandlerDefinition } from './private/handler-function';
import { misuse, shown } from './private/validation';
import type { RemovalLimit } from './removal-limit';

/**
 * Properties of `SecurityHubMembers`.
 */
export interface SecurityHubMembersProps {
  /**
   * The accounts that shall be members, in the Region of the stack.
   *
   * One construct takes about 10,600 accounts of the organization, more than the 10,000 members that Security Hub allows,
   * and at least 1,590 outside accounts, more than the 1,000 that it allows to invite: CloudFormation hands the old and the
   * new list to the function in one event of at most 256 KB. What is more is an error.
   */
  readonly accounts: MemberAccounts;

  /**
   * How many accounts may be refused before the resource fails.
   *
   * @default FailureTolerance.none()
   */
  readonly failureTolerance?: FailureTolerance;

  /**
   * What becomes of accounts that were members before. To take them over, deploy twice: see `ExistingMembers.takeOver()`.
   *
   * @default ExistingMembers.leave()
   */
  readonly existingMembers?: ExistingMembers;

  /**
   * What becomes of accounts that this construct has added and that leave the list, or that are left when it is deleted.
   *
   * @default DroppedAccounts.remove()
   */
  readonly dropped?: DroppedAccounts;

  /**
   * How many accounts one update may remove. Deleting the construct and going back to one of the last two lists that were
   * deployed successfully are not limited.
   *
   * @default RemovalLimit.percentage(10)
   */
  readonly removalLimit?: RemovalLimit;

  /**
   * How long to wait until every account has become a member, or has been invited, after Security Hub accepted the request,
   * and until accounts that were removed are gone.
   *
   * Whole seconds, at most 15 minutes for a list of up to 500 accounts and 45 minutes for a longer list or one with tokens:
   * 5 minutes less than CloudFormation waits for the resource. An account that is not there when the time is up
   * counts as refused.
   *
   * @default Duration.minutes(10)
   */
  readonly wait?: Duration;

  /**
   * Any text. When it changes, the next deployment looks at all accounts again and adds those that are no longer members,
   * also if the list is the same.
   *
   * @default - a deployment looks at the accounts only if a property has changed
   */
  readonly revision?: string;

  /**
   * What becomes of the members when the construct is removed from the app or its stack is deleted.
   *
   * `DESTROY` removes those that this construct has added and that no other construct in the stack wants. With `RETAIN`
   * nothing is called, and all of them stay members. `RETAIN_ON_UPDATE_OR_DELETE` is the same, but a creation that fails
   * is still undone.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Options of the function that does the work. All `SecurityHubMembers` of a stack share one function.
   *
   * @default - a function without a VPC, with a role, a log group and a runtime of its own
   */
  readonly handler?: HandlerOptions;
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

    if (props.removalPolicy === RemovalPolicy.SNAPSHOT) {
      throw misuse(this, `'removalPolicy' is ${shown(props.removalPolicy)}: memberships have no snapshots, give another policy`);
    }
    const accounts = props.accounts._render(this);
    const isShort = accounts.complete && accounts.count <= SHORT_LIST;
    const serviceTimeout = Duration.minutes(isShort ? 20 : 50);
    const properties = withoutUndefined({
      ...accounts.properties,
      FailureTolerance: props.failureTolerance?._render(this),
      ExistingMembers: props.existingMembers?._render(),
      Dropped: props.dropped?._render(),
      RemovalLimit: props.removalLimit?._render(this),
      Wait: props.wait && renderWait(this, props.wait, serviceTimeout),
      Revision: props.revision,
    } satisfies SecurityHubMembersProperties);
    checkFitsEvent(this, properties, accounts.count);

    const { serviceToken } = HandlerFunction.obtain(this, HANDLER, props.handler);
    const resource = new CustomResource(this, 'Resource', {
      resourceType: SECURITY_HUB_MEMBERS_TYPE,
      serviceToken,
      serviceTimeout,
      properties,
      removalPolicy: props.removalPolicy,
    });
    // what `applyRemovalPolicy` and escape hatches of users expect to find
    this.node.defaultChild = resource.node.defaultChild as CfnResource;
    this.ledgerTableName = resource.getAttString(SECURITY_HUB_MEMBERS_ATTRIBUTES.ledgerTableName);
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

/** Up to this many accounts CloudFormation waits for the shorter time. */
const SHORT_LIST = 500;

/** What everything but waiting may take. */
const TIME_FOR_CALLS = Duration.minutes(5);

/** What Lambda accepts as an asynchronous event. It is 1 MB since 2025, but nobody says on which ways into Lambda. */
const EVENT_BYTES = 262_144;

/** What an event holds beside the two sets of properties, of which the response URL is the longest. */
const ENVELOPE_BYTES = 6_144;

/** An Update carries the properties twice, and the next version of this list may be as long as this one. */
const PROPERTIES_BYTES = (EVENT_BYTES - ENVELOPE_BYTES) / 2;

function checkFitsEvent(scope: Construct, properties: SecurityHubMembersProperties, count: number): void {
  const bytes = Buffer.byteLength(JSON.stringify(properties));
  if (bytes <= PROPERTIES_BYTES) return;
  const fitting = Math.floor((count * PROPERTIES_BYTES) / bytes / 100) * 100;
  throw misuse(scope, `'accounts' holds ${count} accounts, and they take ${bytes} bytes where one Update event has room for `
    + `${PROPERTIES_BYTES} (old and new list in ${EVENT_BYTES} bytes): give about ${fitting} accounts at most, and the others in a second construct`);
}

function renderWait(scope: Construct, wait: Duration, serviceTimeout: Duration): string {
  const seconds = wait.toSeconds({ integral: false });
  if (wait.isUnresolved()) return Tokenization.stringifyNumber(seconds);
  const most = serviceTimeout.toSeconds() - TIME_FOR_CALLS.toSeconds();
  if (!Number.isInteger(seconds) || seconds > most) {
    throw misuse(scope, `'wait' is ${shown(seconds)} seconds: give whole seconds, at most ${most} `
      + `(CloudFormation waits ${serviceTimeout.toSeconds()} for the resource)`);
  }
  return String(seconds);
}

function withoutUndefined<T extends object>(properties: T): T {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as T;
}
