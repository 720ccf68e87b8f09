import type { MembershipTarget } from './private/contract/membership';

/**
 * What becomes of accounts that were members before the resource wanted them.
 */
export class ExistingMembers {
  /**
   * They stay what they are: members that somebody else added, which the resource never removes.
   *
   * Accounts that it took over before are let go: they stay members, also those that leave its list in the same update.
   */
  public static leave(): ExistingMembers {
    return new ExistingMembers('leave');
  }

  /**
   * The resource takes them over, as if it had added them: it removes them once they leave its list, or when it is
   * deleted. Use it to bring members that a script or another tool has added under the control of a stack. No call is made.
   *
   * **Never use it in the deployment that creates the construct.** If anything else in that deployment fails, CloudFormation
   * rolls back by deleting the construct, and that removes the members that it took over. Adopt in two deployments: create
   * the construct without this option, then add it. A rollback of the second one lets go and removes nobody.
   */
  public static takeOver(): ExistingMembers {
    return new ExistingMembers('takeOver');
  }

  private constructor(private readonly word: MembershipTarget['existingMembers']) {}

  /** @internal */
  public _render(): string {
    return this.word;
  }
}
