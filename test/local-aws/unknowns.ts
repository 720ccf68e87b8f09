/**
 * The settings of `Unknowns` that a test gets when it does not care.
 */
import type { Unknowns } from './core';

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
};

/** The unknowns that are a choice between words, not a duration. */
export type ChoiceName = { [K in keyof Unknowns]: Unknowns[K] extends string ? K : never }[keyof Unknowns];

/** Every setting of every choice, for tests that run under each. */
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
