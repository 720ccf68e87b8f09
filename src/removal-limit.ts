import type { IConstruct } from 'constructs';
import type { Share } from './private/contract/properties';
import { renderCheckedShare } from './private/share';

/**
 * How many accounts one update may remove: a guard against a list that was emptied or cut short by mistake.
 *
 * An update that would remove more fails before it removes any; accounts that it was to add are added, until CloudFormation
 * rolls it back. Accounts that joined in an update that failed do not count.
 *
 * Deleting the resource is not limited, and neither is a rollback. A rollback is recognised by its properties: an update to
 * one of the last two sets of properties that were deployed successfully. So going back to one of them on purpose is not
 * limited either, and does not fail for what AWS refuses; change `revision` with it to make it an ordinary update.
 */
export class RemovalLimit {
  /**
   * An update may remove up to this many accounts.
   *
   * @param count a whole number; 0 means that no update removes an account
   */
  public static accounts(count: number): RemovalLimit {
    return new RemovalLimit({ kind: 'accounts', count });
  }

  /**
   * An update may remove up to this share of the accounts that were in the list before, rounded down to whole accounts, and
   * always up to 10 of them.
   *
   * @param percentage a number from 0 to 100
   */
  public static percentage(percentage: number): RemovalLimit {
    return new RemovalLimit({ kind: 'percentage', percentage });
  }

  /** No limit. */
  public static unlimited(): RemovalLimit {
    return new RemovalLimit({ kind: 'all' });
  }

  private constructor(private readonly share: Share) {}

  /** @internal */
  public _render(scope: IConstruct): string {
    return renderCheckedShare(scope, 'removalLimit', this.share);
  }
}
