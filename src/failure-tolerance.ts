import type { IConstruct } from 'constructs';
import type { Share } from './private/contract/properties';
import { renderCheckedShare } from './private/share';

/**
 * How many of its accounts AWS may refuse before the resource, and with it the deployment, fails.
 *
 * Every account is tried, whatever AWS says of the others; only then are the refused ones counted. An account that has not
 * become a member when the waiting time is over counts as refused. Accounts that are skipped, such as suspended ones, do not.
 *
 * No tolerance covers what stops all accounts at once: the account of the stack is not the administrator, the service is off
 * there, central configuration is on and an account would have to be added, or the quota of members is reached.
 */
export class FailureTolerance {
  /** One refused account fails the resource. */
  public static none(): FailureTolerance {
    return new FailureTolerance({ kind: 'none' });
  }

  /**
   * Up to this many accounts may be refused.
   *
   * @param count a whole number, 0 or more
   */
  public static accounts(count: number): FailureTolerance {
    return new FailureTolerance({ kind: 'accounts', count });
  }

  /**
   * Up to this share of the accounts may be refused, rounded down to whole accounts.
   *
   * @param percentage a number from 0 to 100
   */
  public static percentage(percentage: number): FailureTolerance {
    return new FailureTolerance({ kind: 'percentage', percentage });
  }

  /** Refused accounts never fail the resource. They are in the ledger and in the log. */
  public static all(): FailureTolerance {
    return new FailureTolerance({ kind: 'all' });
  }

  private constructor(private readonly share: Share) {}

  /** @internal */
  public _render(scope: IConstruct): string {
    return renderCheckedShare(scope, 'failureTolerance', this.share);
  }
}
