import type { IConstruct } from 'constructs';
import type { Share } from './private/contract/properties';
import { renderCheckedShare } from './private/share';

/**
 * How many accounts one update may remove: a guard against a list that was emptied or cut short by mistake.
 *
 * An update that would remove more fails before it removes any. Deleting the resource is not limited, and neither is
 * CloudFormation's rollback of accounts that the failed update had added.
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
   * An update may remove up to this share of the accounts, and always up to 10 of them.
   *
   * @param percentage a number from 0 to 100
   */
  public static percentage(percentage: number): RemovalLimit {
    return new RemovalLimit({ kind: 'percentage', percentage });
  }

  /** No limit. */
  public static none(): RemovalLimit {
    return new RemovalLimit({ kind: 'all' });
  }

  private constructor(private readonly share: Share) {}

  /** @internal */
  public _render(scope: IConstruct): string {
    return renderCheckedShare(scope, 'removalLimit', this.share);
  }
}
