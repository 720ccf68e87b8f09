/**
 * The settings of `Unknowns` that a test gets when it does not care.
 */
import type { AutomationUnknowns, Unknowns } from './core';

/** What the sources make likelier; where they make nothing likelier, what is harder on a handler. */
export const DEFAULT_UNKNOWNS: Unknowns = {
  createMembersUnderCentral: 'accessDenied',
  disassociateUnderCentral: 'accessDenied',
  deleteMembersOfOrganization: 'unprocessed',
  overFifty: 'invalidInput',
  createExistingMember: 'unprocessed',
  disassociateUnknown: 'silent',
  notAdministrator: 'invalidAccess',
  createdFor: 3_000,
  readsSettleAfter: 500,
  retryWithoutRollback: 'deleteFirst',
  delegationSettlesAfter: 10_000,
  readsOfNonAdministrator: 'refused',
  quotaReached: 'limitExceeded',
  createSuspended: 'accountSuspended',
  selfManagedUnderCentral: 'asLocal',
  recreateOutside: 'unprocessed',
  deletedMember: 'absent',
  createUnknownAccount: 'accepted',
  accountStateMembers: 'both',
  associationScope: 'global',
  associateAssociated: 'success',
  disassociateUnassociated: 'success',
  inaccessibleAccount: 'invalidParameterValue',
  associateNotEnrolled: 'invalidParameterValue',
  associateSuspended: 'errors',
  associateOptedOut: 'accepted',
  associateAdministrator: 'invalidParameterValue',
  associateActive: 'staysActive',
  overFiftyAssociated: 'invalidParameterValue',
  overFiftyDisassociated: 'invalidParameterValue',
  emptyAutomationLists: 'absent',
  disassociatedStatus: 'unchanged',
  automationCaller: 'listed',
  enrollmentRefusal: 'invalidParameterValue',
  enrollmentOfNobody: 'inactive',
  clientTokenScope: 'operation',
  refusedClientToken: 'free',
  clientTokenInUseFor: 500,
  automationPendingFor: 3_000,
};

/** The unknowns that are a choice between words, not a duration. */
type ChoiceOf<T> = { [K in keyof T]: T[K] extends string ? K : never }[keyof T];
export type AutomationChoiceName = ChoiceOf<AutomationUnknowns>;
export type ChoiceName = Exclude<ChoiceOf<Unknowns>, AutomationChoiceName>;

/** Every setting of every choice about Security Hub, Organizations and CloudFormation, for tests that run under each. */
export const UNKNOWN_CHOICES: { readonly [K in ChoiceName]: readonly Unknowns[K][] } = {
  createMembersUnderCentral: ['accessDenied', 'unprocessed', 'accepted'],
  disassociateUnderCentral: ['accessDenied', 'noEffect', 'works'],
  deleteMembersOfOrganization: ['unprocessed', 'works'],
  overFifty: ['invalidInput', 'unprocessed'],
  createExistingMember: ['unprocessed', 'accepted'],
  disassociateUnknown: ['silent', 'resourceNotFound'],
  notAdministrator: ['invalidAccess', 'accessDenied'],
  retryWithoutRollback: ['deleteFirst', 'createFirst'],
  readsOfNonAdministrator: ['refused', 'empty'],
  quotaReached: ['limitExceeded', 'unprocessed'],
  createSuspended: ['accountSuspended', 'unprocessed'],
  selfManagedUnderCentral: ['asLocal', 'asGoverned'],
  recreateOutside: ['unprocessed', 'accepted'],
  deletedMember: ['absent', 'Deleted'],
  createUnknownAccount: ['accepted', 'unprocessed'],
  accountStateMembers: ['both', 'stateOnly', 'statusOnly'],
};

/** Every setting of every choice about Compute Optimizer Automation. */
export const AUTOMATION_CHOICES: { readonly [K in AutomationChoiceName]: readonly Unknowns[K][] } = {
  associationScope: ['global', 'regional'],
  associateAssociated: ['success', 'errors', 'silent'],
  disassociateUnassociated: ['success', 'errors', 'silent'],
  inaccessibleAccount: ['invalidParameterValue', 'errors'],
  associateNotEnrolled: ['invalidParameterValue', 'errors', 'accepted'],
  associateSuspended: ['invalidParameterValue', 'errors', 'failed'],
  associateOptedOut: ['accepted', 'errors', 'failed'],
  associateAdministrator: ['invalidParameterValue', 'errors', 'success'],
  associateActive: ['staysActive', 'turnsPending'],
  overFiftyAssociated: ['invalidParameterValue', 'accepted'],
  overFiftyDisassociated: ['invalidParameterValue', 'accepted'],
  emptyAutomationLists: ['absent', 'empty'],
  disassociatedStatus: ['unchanged', 'Inactive'],
  automationCaller: ['listed', 'omitted'],
  enrollmentRefusal: ['invalidParameterValue', 'forbidden'],
  enrollmentOfNobody: ['inactive', 'resourceNotFound', 'optInRequired'],
  clientTokenScope: ['operation', 'account'],
  refusedClientToken: ['free', 'kept'],
};
