import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { DroppedAccounts } from './dropped-accounts';
import type { ExistingMembers } from './existing-members';
import type { FailureTolerance } from './failure-tolerance';
import type { HandlerOptions } from './handler-options';
import type { RemovalLimit } from './removal-limit';

/**
 * Options that all membership constructs share.
 */
export interface MembershipOptions {
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
   * How long to wait until every account has become a member, or has been invited, after AWS accepted the request, and until
   * accounts that were removed are gone.
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
   * Options of the function that does the work. All constructs of a type in a stack share one function.
   *
   * @default - a function without a VPC, with a role, a log group and a runtime of its own
   */
  readonly handler?: HandlerOptions;
}
