import {
  getHostHeaderPlugin,
  getLoggerPlugin,
  getRecursionDetectionPlugin,
  getUserAgentPlugin,
  resolveHostHeaderConfig,
  resolveUserAgentConfig,
  type HostHeaderInputConfig,
  type HostHeaderResolvedConfig,
  type UserAgentInputConfig,
  type UserAgentResolvedConfig,
} from '@aws-sdk/core/client';
import { DefaultIdentityProviderConfig, getHttpAuthSchemeEndpointRuleSetPlugin, getHttpSigningPlugin } from '@smithy/core';
import { Client, type DefaultsMode, type SmithyConfiguration, type SmithyResolvedConfiguration } from '@smithy/core/client';
import { resolveRegionConfig, type RegionInputConfig, type RegionResolvedConfig } from '@smithy/core/config';
import { resolveEndpointConfig, type EndpointInputConfig, type EndpointResolvedConfig } from '@smithy/core/endpoints';
import { getContentLengthPlugin, type HttpHandlerUserInput } from '@smithy/core/protocols';
import { getRetryPlugin, resolveRetryConfig, type RetryInputConfig, type RetryResolvedConfig } from '@smithy/core/retry';
import { getSchemaSerdePlugin } from '@smithy/core/schema';
import type {
  AwsCredentialIdentityProvider,
  BodyLengthCalculator,
  CheckOptionalClientConfig,
  ChecksumConstructor,
  Decoder,
  Encoder,
  HashConstructor,
  HttpHandlerOptions,
  Logger,
  Pluggable,
  Provider,
  StreamCollector,
  UrlParser,
  UserAgent,
} from '@smithy/types';
import {
  authSchemeParameters,
  resolveAuthConfig,
  SIGV4,
  type HttpAuthSchemeInputConfig,
  type HttpAuthSchemeResolvedConfig,
} from './auth';
import type {
  AssociateAccountsCommandInput,
  AssociateAccountsCommandOutput,
  DisassociateAccountsCommandInput,
  DisassociateAccountsCommandOutput,
  GetEnrollmentConfigurationCommandInput,
  GetEnrollmentConfigurationCommandOutput,
  ListAccountsCommandInput,
  ListAccountsCommandOutput,
  UpdateEnrollmentConfigurationCommandInput,
  UpdateEnrollmentConfigurationCommandOutput,
} from './commands';
import type { ClientInputEndpointParameters, EndpointParameters } from './endpoint';
import { applyExtensions, type RuntimeExtension, type RuntimeExtensionsConfig } from './extensions';
import { runtimeConfig } from './runtime-config';

export type ServiceInputTypes =
  | AssociateAccountsCommandInput
  | DisassociateAccountsCommandInput
  | GetEnrollmentConfigurationCommandInput
  | ListAccountsCommandInput
  | UpdateEnrollmentConfigurationCommandInput;

export type ServiceOutputTypes =
  | AssociateAccountsCommandOutput
  | DisassociateAccountsCommandOutput
  | GetEnrollmentConfigurationCommandOutput
  | ListAccountsCommandOutput
  | UpdateEnrollmentConfigurationCommandOutput;

/** What has a default. */
export interface ClientDefaults extends Partial<SmithyConfiguration<HttpHandlerOptions>> {
  requestHandler?: HttpHandlerUserInput;
  sha256?: ChecksumConstructor | HashConstructor;
  urlParser?: UrlParser;
  bodyLengthChecker?: BodyLengthCalculator;
  streamCollector?: StreamCollector;
  base64Decoder?: Decoder;
  base64Encoder?: Encoder;
  utf8Decoder?: Decoder;
  utf8Encoder?: Encoder;
  runtime?: string;
  disableHostPrefix?: boolean;
  serviceId?: string;
  /** Endpoints that can be reached by IPv6 too. */
  useDualstackEndpoint?: boolean | Provider<boolean>;
  useFipsEndpoint?: boolean | Provider<boolean>;
  region?: string | Provider<string>;
  /** A profile of the shared configuration files. */
  profile?: string;
  defaultUserAgentProvider?: Provider<UserAgent>;
  credentialDefaultProvider?: (input: any) => AwsCredentialIdentityProvider;
  maxAttempts?: number | Provider<number>;
  /** `standard` or `adaptive`. */
  retryMode?: string | Provider<string>;
  logger?: Logger;
  extensions?: RuntimeExtension[];
  defaultsMode?: DefaultsMode | Provider<DefaultsMode>;
}

export type ComputeOptimizerAutomationClientConfigType =
  & Partial<SmithyConfiguration<HttpHandlerOptions>>
  & ClientDefaults
  & UserAgentInputConfig
  & RetryInputConfig
  & RegionInputConfig
  & HostHeaderInputConfig
  & EndpointInputConfig<EndpointParameters>
  & HttpAuthSchemeInputConfig
  & ClientInputEndpointParameters;

export interface ComputeOptimizerAutomationClientConfig extends ComputeOptimizerAutomationClientConfigType {}

export type ComputeOptimizerAutomationClientResolvedConfigType =
  & SmithyResolvedConfiguration<HttpHandlerOptions>
  & Required<ClientDefaults>
  & RuntimeExtensionsConfig
  & UserAgentResolvedConfig
  & RetryResolvedConfig
  & RegionResolvedConfig
  & HostHeaderResolvedConfig
  & EndpointResolvedConfig<EndpointParameters>
  & HttpAuthSchemeResolvedConfig
  & Omit<ClientInputEndpointParameters, 'endpoint'>
  & { defaultSigningName: string };

export interface ComputeOptimizerAutomationClientResolvedConfig
  extends ComputeOptimizerAutomationClientResolvedConfigType {}

/** Sends the commands of this package. */
export class ComputeOptimizerAutomationClient extends Client<
  HttpHandlerOptions,
  ServiceInputTypes,
  ServiceOutputTypes,
  ComputeOptimizerAutomationClientResolvedConfig
> {
  public readonly config: ComputeOptimizerAutomationClientResolvedConfig;

  constructor(...[configuration]: CheckOptionalClientConfig<ComputeOptimizerAutomationClientConfig>) {
    const initial = runtimeConfig(configuration ?? {});
    super(initial as any);
    this.initConfig = initial as any;
    this.config = applyExtensions(resolve(initial), configuration?.extensions ?? []);
    for (const plugin of plugins(this.config)) this.middlewareStack.use(plugin);
  }
}

/** Each part of the runtime takes its settings out of the configuration, and puts them back with everything filled in. */
function resolve(initial: ReturnType<typeof runtimeConfig>): ComputeOptimizerAutomationClientResolvedConfig {
  const http = resolveHostHeaderConfig(resolveRegionConfig(resolveRetryConfig(resolveUserAgentConfig(initial))));
  // the types do not say that the parts before have filled in what this one asks for
  return resolveAuthConfig(resolveEndpointConfig(http as any)) as ComputeOptimizerAutomationClientResolvedConfig;
}

/** The order counts only where two of them take the same place in the stack. */
function plugins(config: ComputeOptimizerAutomationClientResolvedConfig): Pluggable<any, any>[] {
  return [
    getSchemaSerdePlugin(config),
    getUserAgentPlugin(config),
    getRetryPlugin(config),
    getContentLengthPlugin(config),
    getHostHeaderPlugin(config),
    getLoggerPlugin(config),
    getRecursionDetectionPlugin(config),
    getHttpAuthSchemeEndpointRuleSetPlugin(config, {
      httpAuthSchemeParametersProvider: authSchemeParameters,
      identityProviderConfigProvider: async ({ credentials }: ComputeOptimizerAutomationClientResolvedConfig) => (
        new DefaultIdentityProviderConfig({ [SIGV4]: credentials })
      ),
    }),
    getHttpSigningPlugin(config),
  ];
}
