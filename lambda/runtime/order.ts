/**
 * Which of two requests of one resource is the newer: CloudFormation's event carries no sequence number, and Lambda delivers late and twice.
 *
 * The same request id is the same request; times that differ by more than 2 s decide. Where they do not, or are unknown:
 *
 * | arriving | current | times nearly equal | no times |
 * |---|---|---|---|
 * | Delete | any | newer | newer |
 * | Update | Create | newer | newer |
 * | Update | Update, unanswered | newer if it returns to the last success: a rollback | the same |
 * | Update | Update, answered | newer if that one failed, or if it returns to a success: a rollback | newer |
 * | Update | Delete | older | older |
 * | Create | Delete | older: a Delete's answer is held back until 3 s after it was issued, so a Create of its moment came late | newer once that one is answered |
 * | Create | Update | older | older |
 * | Create | Create | newer if that one failed | newer once that one is answered |
 *
 * A misjudged order is answered FAILED, in the open; the other mistake would undo what a newer request has done.
 */
import type { IssueTime, RequestType } from './event';

/** Times closer than this do not order requests: the URL has whole seconds, and clocks differ. */
export const TIE_MILLISECONDS = 2000;

export interface Ordered {
  readonly requestId: string;
  readonly type: RequestType;
  readonly issued?: IssueTime;
  /** Fingerprint of the properties asked for. */
  readonly fingerprint: string;
}

export type Order = 'same' | 'newer' | 'older';

/** The request that is being served, or was last. */
export interface Current extends Ordered {
  /** Absent while it is being served. */
  readonly status?: 'SUCCESS' | 'FAILED';
}

export function compareRequests(arriving: Ordered, current: Current, successes: readonly string[]): Order {
  if (arriving.requestId === current.requestId) return 'same';
  const timed =
    arriving.issued !== undefined && current.issued !== undefined && arriving.issued.kind === current.issued.kind;
  if (timed) {
    const later = arriving.issued.at - current.issued.at;
    if (Math.abs(later) > TIE_MILLISECONDS) return later > 0 ? 'newer' : 'older';
  }
  return beats(arriving, current, successes, timed) ? 'newer' : 'older';
}

function beats(arriving: Ordered, current: Current, successes: readonly string[], timed: boolean): boolean {
  switch (arriving.type) {
    case 'Delete':
      return true;
    case 'Update':
      if (current.type !== 'Update') return current.type === 'Create';
      if (current.status === undefined) return arriving.fingerprint === successes[0];
      return !timed || current.status === 'FAILED' || successes.includes(arriving.fingerprint);
    case 'Create':
      if (current.type === 'Update' || current.status === undefined) return false;
      return !timed || (current.type === 'Create' && current.status === 'FAILED');
  }
}
