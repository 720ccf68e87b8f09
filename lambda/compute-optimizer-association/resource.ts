/**
 * `Custom::ComputeOptimizerAssociation` as the runtime serves it.
 */
import { AutomationMembership } from './adapter';
import type { AutomationApi } from './api';
import {
  type ComputeOptimizerAssociationProperties,
  type ComputeOptimizerAssociationTarget,
  automationRegion,
  parseComputeOptimizerAssociation,
} from '../../src/private/contract/compute-optimizer-association';
import type { OrganizationsApi } from '../membership/organization';
import { type Surroundings, membershipResource } from '../membership/resource';
import type { Properties } from '../runtime/event';
import type { Resource } from '../runtime/handler';

export interface ComputeOptimizerAssociationOptions extends Surroundings {
  readonly automation: (region: string) => AutomationApi;
  readonly organizations: OrganizationsApi;
  /** The Region of the function, which is that of the stack. */
  readonly stackRegion: string;
}

/** Enrolment belongs to an account, whichever Region's endpoint is asked: the Region can change without a change of who is whose. */
const LEDGER_REGION = 'global';

export function computeOptimizerAssociation(
  { automation, organizations, stackRegion, ...surroundings }: ComputeOptimizerAssociationOptions,
): Resource {
  const region = (target: Pick<ComputeOptimizerAssociationTarget, 'region'>) => automationRegion(target, stackRegion);

  return membershipResource<ComputeOptimizerAssociationTarget>(
    {
      name: 'compute-optimizer-association',
      parse,
      outside: () => [],
      region,
      ledgerRegion: () => LEDGER_REGION,
      service: (target, { request, administrator, deadline }) =>
        new AutomationMembership({
          automation,
          organizations,
          platform: surroundings.platform,
          region: region(target),
          before: before(request.oldProperties),
          administrator,
          enrollAdministrator: target.enrollAdministrator,
          requestId: request.requestId,
          deadline,
          waitSeconds: target.waitSeconds,
          patient: request.type === 'Create',
        }),
    },
    surroundings,
  );

  function before(properties: Properties | undefined) {
    if (properties === undefined) return undefined;
    try {
      const target = parse(properties);
      return { region: region(target), accounts: target.accounts };
    } catch {
      // properties that were refused have brought nothing about
      return undefined;
    }
  }
}

function parse(properties: Properties): ComputeOptimizerAssociationTarget {
  return parseComputeOptimizerAssociation(properties as ComputeOptimizerAssociationProperties);
}
