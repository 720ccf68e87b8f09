/**
 * What goes over the wire, as the service's model has it (API version 2025-09-22). As in every client of the SDK, members that the
 * model requires may still be undefined in the types: a service can leave them out.
 */

export const EnrollmentStatus = {
  ACTIVE: 'Active',
  FAILED: 'Failed',
  INACTIVE: 'Inactive',
  PENDING: 'Pending',
} as const;
export type EnrollmentStatus = (typeof EnrollmentStatus)[keyof typeof EnrollmentStatus];

export const OrganizationRuleMode = {
  ANY_ALLOWED: 'AnyAllowed',
  NONE_ALLOWED: 'NoneAllowed',
} as const;
export type OrganizationRuleMode = (typeof OrganizationRuleMode)[keyof typeof OrganizationRuleMode];

export interface AccountInfo {
  accountId: string | undefined;
  status: EnrollmentStatus | undefined;
  /** Whether the organization's rules may act in the account. */
  organizationRuleMode: OrganizationRuleMode | undefined;
  statusReason?: string | undefined;
  lastUpdatedTimestamp: Date | undefined;
}

export interface AssociateAccountsRequest {
  /** Up to 50 account ids. */
  accountIds: string[] | undefined;
  /** 1 to 64 letters, digits, `_` and `-`; remembered for 24 hours. Default: a random one. */
  clientToken?: string | undefined;
}

export interface AssociateAccountsResponse {
  /** The accounts that were associated. */
  accountIds?: string[] | undefined;
  /** What went wrong with the others, in words. */
  errors?: string[] | undefined;
}

export interface DisassociateAccountsRequest {
  accountIds: string[] | undefined;
  /** Default: a random one. */
  clientToken?: string | undefined;
}

export interface DisassociateAccountsResponse {
  /** The accounts that were disassociated. */
  accountIds?: string[] | undefined;
  errors?: string[] | undefined;
}

export interface GetEnrollmentConfigurationRequest {}

export interface GetEnrollmentConfigurationResponse {
  status: EnrollmentStatus | undefined;
  statusReason?: string | undefined;
  organizationRuleMode?: OrganizationRuleMode | undefined;
  lastUpdatedTimestamp?: Date | undefined;
}

export interface ListAccountsRequest {
  /** 1 to 1,000. */
  maxResults?: number | undefined;
  nextToken?: string | undefined;
}

export interface ListAccountsResponse {
  /** The organization's accounts that are enrolled in Compute Optimizer. */
  accounts: AccountInfo[] | undefined;
  nextToken?: string | undefined;
}

export interface UpdateEnrollmentConfigurationRequest {
  /** `Active` or `Inactive`; after `Inactive` 24 hours must pass before the account can be `Active` again. */
  status: EnrollmentStatus | undefined;
  /** Default: a random one. */
  clientToken?: string | undefined;
}

export interface UpdateEnrollmentConfigurationResponse {
  status: EnrollmentStatus | undefined;
  statusReason?: string | undefined;
  lastUpdatedTimestamp: Date | undefined;
}
