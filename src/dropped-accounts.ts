import type { MembershipTarget } from './private/contract/membership';

/**
 * What becomes of accounts that the resource has added, or taken over, and that leave its list or are left when it is deleted.
 *
 * Accounts that another construct in the stack wants are left to that one in either case.
 */
export class DroppedAccounts {
  /** They are removed. */
  public static remove(): DroppedAccounts {
    return new DroppedAccounts('remove');
  }

  /**
   * They stay members, and from then on count as members that somebody else added: no later update or deletion of the
   * resource removes them. Use it to hand accounts over to another stack or tool. To let go of all of them, deploy this
   * option first, and then remove the construct.
   *
   * A rollback takes a release back: what the failed update has let go is the construct's again, and what it has added is
   * removed. Only where a construct is created with this option, and something else in that deployment fails, its members
   * stay: CloudFormation rolls back by deleting the construct, and nothing tells that deletion from a real one.
   */
  public static release(): DroppedAccounts {
    return new DroppedAccounts('release');
  }

  private constructor(private readonly word: MembershipTarget['dropped']) {}

  /** @internal */
  public _render(): string {
    return this.word;
  }
}
