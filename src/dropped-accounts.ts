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
