// name by name: with `export *`, Node.js does not see from an ES module what a package in CommonJS exports
export { Command as $Command } from '@smithy/core/client';
export {
  ComputeOptimizerAutomationClient,
  type ClientDefaults,
  type ComputeOptimizerAutomationClientConfig,
  type ComputeOptimizerAutomationClientConfigType,
  type ComputeOptimizerAutomationClientResolvedConfig,
  type ComputeOptimizerAutomationClientResolvedConfigType,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from './client';
export {
  AssociateAccountsCommand,
  DisassociateAccountsCommand,
  GetEnrollmentConfigurationCommand,
  ListAccountsCommand,
  UpdateEnrollmentConfigurationCommand,
  type AssociateAccountsCommandInput,
  type AssociateAccountsCommandOutput,
  type DisassociateAccountsCommandInput,
  type DisassociateAccountsCommandOutput,
  type GetEnrollmentConfigurationCommandInput,
  type GetEnrollmentConfigurationCommandOutput,
  type ListAccountsCommandInput,
  type ListAccountsCommandOutput,
  type UpdateEnrollmentConfigurationCommandInput,
  type UpdateEnrollmentConfigurationCommandOutput,
} from './commands';
export {
  AccessDeniedException,
  ComputeOptimizerAutomationServiceException,
  ForbiddenException,
  IdempotencyTokenInUseException,
  IdempotentParameterMismatchException,
  InternalServerException,
  InvalidParameterValueException,
  NotManagementAccountException,
  OptInRequiredException,
  ResourceNotFoundException,
  ServiceQuotaExceededException,
  ServiceUnavailableException,
  ThrottlingException,
} from './errors';
export type { ComputeOptimizerAutomationExtensionConfiguration, RuntimeExtension } from './extensions';
export {
  EnrollmentStatus,
  OrganizationRuleMode,
  type AccountInfo,
  type AssociateAccountsRequest,
  type AssociateAccountsResponse,
  type DisassociateAccountsRequest,
  type DisassociateAccountsResponse,
  type GetEnrollmentConfigurationRequest,
  type GetEnrollmentConfigurationResponse,
  type ListAccountsRequest,
  type ListAccountsResponse,
  type UpdateEnrollmentConfigurationRequest,
  type UpdateEnrollmentConfigurationResponse,
} from './models';
export { paginateListAccounts, type ComputeOptimizerAutomationPaginationConfiguration } from './pagination';
