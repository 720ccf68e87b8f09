/**
 * Which of two requests of one resource is the newer: CloudFormation's event carries no sequence number, and Lambda delivers late and twice.
 *
 * | arriving | current | times differ by more than 2 s | otherwise |
 * |---|---|---|---|
 * | same request id | | same | same |
 * | Delete | Create, Update | by time | newer |
 * | Delete | Delete | by time | newer |
 * | Update | Create | by time | newer |
 * | Update | Update | by time | newer once the current one is answered; before, only if it returns to the last success (a rollback) |
 * | Update | Delete | by time | older |
 * | Create | Delete | by time | newer once the current one is answered |
 * | Create | Update | by time | older |
 * | Create | Create | by time | newer once the current one is answered |
 */
import type { IssueTime, RequestType } from './event';

/** Times closer than this do not order requests: the URL has whole seconds, and clocks differ. */
const TIE = 2000;

export interface Ordered {
  readonly requestId: string;
  readonly type: RequestType;
  readonly issued?: IssueTime;
  /** Fingerprint of the properties asked for. */
  readonly fingerprint: string;
}

export type Order = 'same' | 'newer' | 'older';

export function compareRequests(arriving: Ordered, current: Ordered & { readonly answered: boolean }, lastSuccess: string | undefined): Order {
  if (arriving.requestId === current.requestId) return 'same';
  if (arriving.issued !== undefined && current.issued !== undefined && arriving.issued.kind === current.issued.kind) {
    const later = arriving.issued.at - current.issued.at;
    if (Math.abs(later) > TIE) return later > 0 ? 'newer' : 'older';
  }
  return beats(arriving, current, lastSuccess) ? 'newer' : 'older';
}

function beats(arriving: Ordered, current: Ordered & { readonly answered: boolean }, lastSuccess: string | undefined): boolean {
  switch (arriving.type) {
    case 'Delete': return true;
    case 'Update':
      if (current.type === 'Create') return true;
      if (current.type === 'Delete') return false;
      return current.answered || arriving.fingerprint === lastSuccess;
    case 'Create': return current.type !== 'Update' && current.answered;
  }
}
