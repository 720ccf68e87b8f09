/**
 * Runtime extensions: plug-ins that are given to a client in its configuration and change that before it is used.
 */
import { getAwsRegionExtensionConfiguration, resolveAwsRegionExtensionConfiguration } from '@aws-sdk/core/client';
import { getDefaultExtensionConfiguration, resolveDefaultRuntimeConfig } from '@smithy/core/client';
import { getHttpHandlerExtensionConfiguration, resolveHttpHandlerRuntimeConfig } from '@smithy/core/protocols';
import type { HttpAuthSchemeInputConfig } from './auth';

type Credentials = HttpAuthSchemeInputConfig['credentials'];

/** What an extension can look at and change. */
export type ComputeOptimizerAutomationExtensionConfiguration =
  & ReturnType<typeof getAwsRegionExtensionConfiguration>
  & ReturnType<typeof getDefaultExtensionConfiguration>
  & ReturnType<typeof getHttpHandlerExtensionConfiguration>
  & { setCredentials(credentials: NonNullable<Credentials>): void; credentials(): Credentials };

export interface RuntimeExtension {
  configure(extensionConfiguration: ComputeOptimizerAutomationExtensionConfiguration): void;
}

export interface RuntimeExtensionsConfig {
  extensions: RuntimeExtension[];
}

/** Lets the extensions change `config`, which each of them gets as the one before it left it. */
export function applyExtensions<T extends object>(config: T, extensions: readonly RuntimeExtension[]): T {
  const settings = config as any;
  let { credentials } = settings as { credentials: Credentials };
  const configurable: ComputeOptimizerAutomationExtensionConfiguration = {
    ...getAwsRegionExtensionConfiguration(settings),
    ...getDefaultExtensionConfiguration(settings),
    ...getHttpHandlerExtensionConfiguration(settings),
    setCredentials: (changed) => { credentials = changed; },
    credentials: () => credentials,
  };
  extensions.forEach((extension) => extension.configure(configurable));
  return Object.assign(
    config,
    resolveAwsRegionExtensionConfiguration(configurable),
    resolveDefaultRuntimeConfig(configurable),
    resolveHttpHandlerRuntimeConfig(configurable),
    { credentials },
  );
}
