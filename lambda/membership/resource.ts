/**
 * A membership resource as the runtime serves it: properties to goal, goal to report, report to decision, whatever the service is.
 */
import { createHash } from 'node:crypto';
import { reconcile } from './engine';
import { Ledger } from './ledger';
import { decisionOf, leavingOpen, logShortfall } from './report';
import type { MembershipService } from './service';
import { MEMBERSHIP_ATTRIBUTES, type MembershipTarget } from '../../src/private/contract/membership';
import { PropertyError } from '../../src/private/contract/properties';
import type { Properties, Request } from '../runtime/event';
import type { Decision, Resource, Work } from '../runtime/handler';
import type { Platform } from '../runtime/platform';
import type { Table } from '../runtime/table';

/** What a handler is given. */
export interface Surroundings {
  readonly platform: Platform;
  readonly table: Table;
  readonly logGroupName: string;
}

/** What one construct's handler is, besides what all of them share. */
export interface Membership<Target extends MembershipTarget> {
  /** Begins every physical id. */
  readonly name: string;
  /** Throws {@link PropertyError} with what to do. */
  parse(properties: Properties): Target;
  /** Accounts of the target that do not belong to the organization. */
  outside(target: Target): readonly string[];
  /** The Region whose endpoint is called, as the reports have it. */
  region(target: Target): string;
  /** The Region in the ledger's keys: a word of its own where memberships do not belong to a Region. Never changes. */
  ledgerRegion(target: Target): string;
  service(target: Target, context: ServiceContext): MembershipService;
}

export interface ServiceContext {
  readonly request: Request;
  /** The account of the stack. */
  readonly administrator: string;
  /** Wall-clock time after which nothing new is started. */
  readonly deadline: number;
}

export function membershipResource<Target extends MembershipTarget>(
  membership: Membership<Target>,
  { platform, table, logGroupName }: Surroundings,
): Resource {
  return {
    physicalId: ({ stackId, logicalId }) =>
      `${membership.name}-${logicalId}-${createHash('sha256').update(`${stackId}\n${logicalId}`).digest('hex').slice(0, 16)}`,
    attributes: () => ({ [MEMBERSHIP_ATTRIBUTES.ledgerTableName]: table.name }),
    serve,
  };

  async function serve({ request, lease, rollback, deadline }: Work): Promise<Decision> {
    const { type, requestId } = request;
    const target = targetOf(request);
    const outside = new Set(membership.outside(target));
    const listed = [...target.accounts, ...outside].sort();
    const wanted = type === 'Delete' ? [] : listed;
    if (type !== 'Delete' && wanted.length === 0) {
      throw new PropertyError("'accounts' is empty: name at least one account, or remove the resource");
    }
    const administrator = accountOf(request.stackId);
    const region = membership.region(target);
    const service = membership.service(target, { request, administrator, deadline });
    const scope = { service: service.name, administrator, region: membership.ledgerRegion(target) };
    const ledger = new Ledger(table, platform, lease, scope, request, requestId);
    const { existingMembers, dropped, failureTolerance, removalLimit, waitSeconds } = target;
    const excluded = new Map([[administrator, 'it is the administrator itself, which cannot be its own member']]);
    const report = await reconcile(
      { platform, ledger, service, requestId, deadline },
      { wanted, listed, outside, excluded, existingMembers, dropped, failureTolerance, removalLimit, waitSeconds },
      {
        type,
        rollback,
        previous: lease.previous,
        waitedMilliseconds: lease.attempt > 1 ? Math.max(0, platform.now() - lease.admittedAt) : 0,
      },
    ).catch((error: Error) => {
      throw leavingOpen(platform, error, table.name);
    });
    logShortfall(platform, report);
    return decisionOf(report, {
      type, rollback, wanted: wanted.length, region, ledgerTableName: table.name, logGroupName,
    });
  }

  /** A resource whose Create was refused for its properties must be deletable. */
  function targetOf({ type, properties }: Request): Target {
    try {
      return membership.parse(properties);
    } catch (error) {
      if (type === 'Delete') return membership.parse({});
      throw error;
    }
  }
}

/** arn:aws:cloudformation:<Region>:<account>:stack/<name>/<id> */
function accountOf(stackId: string): string {
  return stackId.split(':')[4] ?? '';
}
