/**
 * `Custom::SecurityHubMembers` as the runtime serves it.
 */
import { SecurityHubMembership } from './adapter';
import type { SecurityHubApi } from './api';
import {
  type SecurityHubMembersProperties, type SecurityHubMembersTarget, parseSecurityHubMembers,
} from '../../src/private/contract/security-hub-members';
import { type Surroundings, membershipResource } from '../membership/resource';
import type { Resource } from '../runtime/handler';

export interface SecurityHubMembersOptions extends Surroundings {
  readonly api: SecurityHubApi;
  readonly region: string;
}

export function securityHubMembers({ api, region, ...surroundings }: SecurityHubMembersOptions): Resource {
  return membershipResource<SecurityHubMembersTarget>(
    {
      name: 'security-hub-members',
      parse: (properties) => parseSecurityHubMembers(properties as SecurityHubMembersProperties),
      outside: ({ outsideAccounts }) => outsideAccounts.map(({ accountId }) => accountId),
      region: () => region,
      ledgerRegion: () => region,
      service: ({ outsideAccounts }, { request, administrator, deadline }) =>
        new SecurityHubMembership({
          api,
          platform: surroundings.platform,
          region,
          administrator,
          outside: new Map(outsideAccounts.map(({ accountId, email }) => [accountId, email])),
          deadline,
          patient: request.type === 'Create',
        }),
    },
    surroundings,
  );
}
