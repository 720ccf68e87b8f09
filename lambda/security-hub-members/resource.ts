/**
 * `Custom::SecurityHubMembers` as the runtime serves it.
 */
import { createHash } from 'node:crypto';
import { SecurityHubMembership } from './adapter';
import type { SecurityHubApi } from './api';
import { PropertyError } from '../../src/private/contract/properties';
import {
  SECURITY_HUB_MEMBERS_ATTRIBUTES,
  type SecurityHubMembersProperties,
  type SecurityHubMembersTarget,
  parseSecurityHubMembers,
} from '../../src/private/contract/security-hub-members';
import { reconcile } from '../membership/engine';
import { Ledger } from '../membership/ledger';
import { decisionOf, leavingOpen, logShortfall } from '../membership/report';
import type { Request } from '../runtime/event';
import type { Decision, Resource, Work } from '../runtime/handler';
import type { Platform } from '../runtime/platform';
import type { Table } from '../runtime/table';

export interface SecurityHubMembersOptions {
  readonly platform: Platform;
  readonly table: Table;
  readonly api: SecurityHubApi;
  readonly region: string;
  readonly logGroupName: string;
}

/** What a Delete needs where its properties cannot be read: a resource whose Create was refused for them must be deletable. */
const NOTHING: SecurityHubMembersTarget = parseSecurityHubMembers({});

export function securityHubMembers(options: SecurityHubMembersOptions): Resource {
  const { platform, table, api, region, logGroupName } = options;
  return {
    physicalId: ({ stackId, logicalId }) =>
      `security-hub-members-${logicalId}-${createHash('sha256').update(`${stackId}\n${logicalId}`).digest('hex').slice(0, 16)}`,
    attributes: () => ({ [SECURITY_HUB_MEMBERS_ATTRIBUTES.ledgerTableName]: table.name }),
    serve: (work) => serve(work),
  };

  async function serve({ request, lease, rollback, deadline }: Work): Promise<Decision> {
    const target = targetOf(request);
    const administrator = accountOf(request.stackId);
    const outside = new Map(target.outsideAccounts.map(({ accountId, email }) => [accountId, email]));
    const listed = [...target.accounts, ...outside.keys()].sort();
    const wanted = request.type === 'Delete' ? [] : listed;
    if (request.type !== 'Delete' && wanted.length === 0) {
      throw new PropertyError("'accounts' is empty: name at least one account, or remove the resource");
    }
    const service = new SecurityHubMembership({
      api,
      platform,
      region,
      administrator,
      outside,
      deadline,
      patient: request.type === 'Create',
    });
    const ledger = new Ledger(
      table,
      platform,
      lease,
      { service: service.name, administrator, region },
      request,
      request.requestId,
    );
    const report = await reconcile(
      { platform, ledger, service, requestId: request.requestId, deadline },
      {
        wanted,
        listed,
        outside: new Set(outside.keys()),
        excluded: new Map([[administrator, 'it is the administrator itself, which cannot be its own member']]),
        existingMembers: target.existingMembers,
        dropped: target.dropped,
        failureTolerance: target.failureTolerance,
        removalLimit: target.removalLimit,
        waitSeconds: target.waitSeconds,
      },
      {
        type: request.type,
        rollback,
        previous: lease.previous,
        waitedMilliseconds: lease.attempt > 1 ? Math.max(0, platform.now() - lease.admittedAt) : 0,
      },
    ).catch((error: Error) => {
      throw leavingOpen(platform, error, table.name);
    });
    logShortfall(platform, report);
    return decisionOf(report, {
      type: request.type,
      rollback,
      wanted: wanted.length,
      region,
      ledgerTableName: table.name,
      logGroupName,
    });
  }
}

function targetOf(request: Request): SecurityHubMembersTarget {
  try {
    return parseSecurityHubMembers(request.properties as SecurityHubMembersProperties);
  } catch (error) {
    if (request.type === 'Delete') return NOTHING;
    throw error;
  }
}

/** arn:aws:cloudformation:<Region>:<account>:stack/<name>/<id> */
function accountOf(stackId: string): string {
  return stackId.split(':')[4] ?? '';
}
