import type { SecurityHubMembersTarget } from './private/contract/security-hub-members';

/**
 * What becomes of accounts that the resource has added and that leave its list.
 */
export class DroppedAccounts {
  /** They are removed, unless another resource of the stack wants them. */
  public static remove(): DroppedAccounts {
    return new DroppedAccounts('remove');
  }

  /**
   * They stay members, and from then on count as members that somebody else added: no later update or deletion of the
   * resource removes them. Use it to hand accounts over to another stack or tool.
   */
  public static release(): DroppedAccounts {
    return new DroppedAccounts('release');
  }

  private constructor(private readonly word: SecurityHubMembersTarget['dropped']) {}

  /** @internal */
  public _render(): string {
    return this.word;
  }
}
