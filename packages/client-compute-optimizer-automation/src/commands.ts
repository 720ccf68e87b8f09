import { makeBuilder } from '@smithy/core/client';
import { getEndpointPlugin } from '@smithy/core/endpoints';
import type { MetadataBearer, StaticOperationSchema } from '@smithy/types';
import type { ComputeOptimizerAutomationClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes } from './client';
import { ENDPOINT_PARAMETERS } from './endpoint';
import type {
  AssociateAccountsRequest,
  AssociateAccountsResponse,
  DisassociateAccountsRequest,
  DisassociateAccountsResponse,
  GetEnrollmentConfigurationRequest,
  GetEnrollmentConfigurationResponse,
  ListAccountsRequest,
  ListAccountsResponse,
  UpdateEnrollmentConfigurationRequest,
  UpdateEnrollmentConfigurationResponse,
} from './models';
import {
  ASSOCIATE_ACCOUNTS,
  DISASSOCIATE_ACCOUNTS,
  GET_ENROLLMENT_CONFIGURATION,
  LIST_ACCOUNTS,
  UPDATE_ENROLLMENT_CONFIGURATION,
} from './schemas';

const build = /* @__PURE__ */ makeBuilder<
  ComputeOptimizerAutomationClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes
>(ENDPOINT_PARAMETERS, 'ComputeOptimizerAutomationService', 'ComputeOptimizerAutomationClient', getEndpointPlugin);

/** A command is its schema: none has settings or middleware of its own. */
function command<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(schema: StaticOperationSchema) {
  return build<Input, Output>({}, () => [], schema[2], schema);
}

export interface AssociateAccountsCommandInput extends AssociateAccountsRequest {}
export interface AssociateAccountsCommandOutput extends AssociateAccountsResponse, MetadataBearer {}

/**
 * Lets the organization act on recommendations in member accounts; Automation is switched on in those that have it off. Up to 50 accounts.
 * The answer is a success also if some accounts were not associated: they are missing in `accountIds`.
 */
export class AssociateAccountsCommand extends /* @__PURE__ */ command<
  AssociateAccountsCommandInput, AssociateAccountsCommandOutput
>(ASSOCIATE_ACCOUNTS) {}

export interface DisassociateAccountsCommandInput extends DisassociateAccountsRequest {}
export interface DisassociateAccountsCommandOutput extends DisassociateAccountsResponse, MetadataBearer {}

/** Ends what {@link AssociateAccountsCommand} has begun; Automation stays on in the member accounts. */
export class DisassociateAccountsCommand extends /* @__PURE__ */ command<
  DisassociateAccountsCommandInput, DisassociateAccountsCommandOutput
>(DISASSOCIATE_ACCOUNTS) {}

export interface GetEnrollmentConfigurationCommandInput extends GetEnrollmentConfigurationRequest {}
export interface GetEnrollmentConfigurationCommandOutput extends GetEnrollmentConfigurationResponse, MetadataBearer {}

/** Tells whether Automation is on in the calling account. */
export class GetEnrollmentConfigurationCommand extends /* @__PURE__ */ command<
  GetEnrollmentConfigurationCommandInput, GetEnrollmentConfigurationCommandOutput
>(GET_ENROLLMENT_CONFIGURATION) {}

export interface ListAccountsCommandInput extends ListAccountsRequest {}
export interface ListAccountsCommandOutput extends ListAccountsResponse, MetadataBearer {}

/** Lists the organization's accounts that are enrolled in Compute Optimizer, and how Automation stands in each. */
export class ListAccountsCommand extends /* @__PURE__ */ command<
  ListAccountsCommandInput, ListAccountsCommandOutput
>(LIST_ACCOUNTS) {}

export interface UpdateEnrollmentConfigurationCommandInput extends UpdateEnrollmentConfigurationRequest {}
export interface UpdateEnrollmentConfigurationCommandOutput
  extends UpdateEnrollmentConfigurationResponse, MetadataBearer {}

/** Switches Automation on or off in the calling account. */
export class UpdateEnrollmentConfigurationCommand extends /* @__PURE__ */ command<
  UpdateEnrollmentConfigurationCommandInput, UpdateEnrollmentConfigurationCommandOutput
>(UPDATE_ENROLLMENT_CONFIGURATION) {}
