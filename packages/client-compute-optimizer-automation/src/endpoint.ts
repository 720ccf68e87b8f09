/**
 * Where the service is: the endpoint rules of its model, written out.
 */
import { partition } from '@aws-sdk/core/client';
import { EndpointError } from '@smithy/core/endpoints';
import type { Endpoint, EndpointParameters as AnyEndpointParameters, EndpointV2, Provider } from '@smithy/types';

export interface EndpointParameters extends AnyEndpointParameters {
  Region?: string | undefined;
  UseDualStack?: boolean | undefined;
  UseFIPS?: boolean | undefined;
  Endpoint?: string | undefined;
}

export interface ClientInputEndpointParameters {
  region?: string | undefined | Provider<string | undefined>;
  useDualstackEndpoint?: boolean | undefined | Provider<boolean | undefined>;
  useFipsEndpoint?: boolean | undefined | Provider<boolean | undefined>;
  endpoint?: string | Provider<string> | Endpoint | Provider<Endpoint> | EndpointV2 | Provider<EndpointV2>;
}

/** Which settings of a client the endpoint depends on. */
export const ENDPOINT_PARAMETERS = {
  Region: { type: 'builtInParams', name: 'region' },
  UseDualStack: { type: 'builtInParams', name: 'useDualstackEndpoint' },
  UseFIPS: { type: 'builtInParams', name: 'useFipsEndpoint' },
  Endpoint: { type: 'builtInParams', name: 'endpoint' },
} as const;

export function endpointOf({ Region, UseDualStack, UseFIPS, Endpoint: custom }: EndpointParameters): EndpointV2 {
  if (custom !== undefined) {
    if (UseFIPS) throw invalid('FIPS and custom endpoint are not supported');
    if (UseDualStack) throw invalid('Dualstack and custom endpoint are not supported');
    return { url: new URL(custom) };
  }
  if (Region === undefined) throw invalid('Missing Region');
  const { supportsFIPS, supportsDualStack, dnsSuffix, dualStackDnsSuffix } = partition(Region);
  if (UseFIPS && UseDualStack && !(supportsFIPS && supportsDualStack)) {
    throw new EndpointError('FIPS and DualStack are enabled, but this partition does not support one or both');
  }
  if (UseFIPS && !supportsFIPS) throw new EndpointError('FIPS is enabled but this partition does not support FIPS');
  if (UseDualStack && !supportsDualStack) {
    throw new EndpointError('DualStack is enabled but this partition does not support DualStack');
  }
  const service = UseFIPS ? 'aco-automation-fips' : 'aco-automation';
  return { url: new URL(`https://${service}.${Region}.${UseDualStack ? dualStackDnsSuffix : dnsSuffix}`) };
}

function invalid(message: string): EndpointError {
  return new EndpointError(`Invalid Configuration: ${message}`);
}
