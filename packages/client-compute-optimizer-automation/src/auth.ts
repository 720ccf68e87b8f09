/**
 * How requests are signed: Signature Version 4 under the name `aco-automation`, which is not the service's id.
 */
import {
  resolveAwsSdkSigV4Config,
  type AwsSdkSigV4AuthInputConfig,
  type AwsSdkSigV4AuthResolvedConfig,
  type AwsSdkSigV4PreviouslyResolved,
} from '@aws-sdk/core/httpAuthSchemes';
import { normalizeProvider } from '@smithy/core/client';
import type {
  HandlerExecutionContext,
  HttpAuthScheme,
  HttpAuthSchemeParameters,
  HttpAuthSchemeParametersProvider,
  HttpAuthSchemeProvider,
  Provider,
} from '@smithy/types';
import type { ComputeOptimizerAutomationClientResolvedConfig } from './client';

export const SIGNING_NAME = 'aco-automation';
export const SIGV4 = 'aws.auth#sigv4';

export interface ComputeOptimizerAutomationHttpAuthSchemeParameters extends HttpAuthSchemeParameters {
  region?: string;
}

export type ComputeOptimizerAutomationHttpAuthSchemeProvider =
  HttpAuthSchemeProvider<ComputeOptimizerAutomationHttpAuthSchemeParameters>;

export interface HttpAuthSchemeInputConfig extends AwsSdkSigV4AuthInputConfig {
  authSchemePreference?: string[] | Provider<string[]>;
  httpAuthSchemes?: HttpAuthScheme[];
  httpAuthSchemeProvider?: ComputeOptimizerAutomationHttpAuthSchemeProvider;
}

export interface HttpAuthSchemeResolvedConfig extends AwsSdkSigV4AuthResolvedConfig {
  readonly authSchemePreference: Provider<string[]>;
  readonly httpAuthSchemes: HttpAuthScheme[];
  readonly httpAuthSchemeProvider: ComputeOptimizerAutomationHttpAuthSchemeProvider;
}

export const authSchemeParameters: HttpAuthSchemeParametersProvider<
  ComputeOptimizerAutomationClientResolvedConfig,
  HandlerExecutionContext,
  ComputeOptimizerAutomationHttpAuthSchemeParameters,
  object
> = async (config, context) => {
  const region = await normalizeProvider(config.region)();
  if (!region) throw new Error('expected `region` to be configured for `aws.auth#sigv4`');
  return { operation: String(context.commandName), region };
};

/** Every operation is signed alike. The signer takes name and Region from the client's settings (`defaultSigningName`, `region`). */
export const authSchemes: ComputeOptimizerAutomationHttpAuthSchemeProvider = () => [{
  schemeId: SIGV4,
  propertiesExtractor: (config, context) => ({ signingProperties: { config, context } }),
}];

export function resolveAuthConfig<T>(
  config: T & HttpAuthSchemeInputConfig & AwsSdkSigV4PreviouslyResolved,
): T & HttpAuthSchemeResolvedConfig {
  const resolved = resolveAwsSdkSigV4Config(config);
  return Object.assign(resolved, {
    authSchemePreference: normalizeProvider(config.authSchemePreference ?? []),
  }) as T & HttpAuthSchemeResolvedConfig;
}
