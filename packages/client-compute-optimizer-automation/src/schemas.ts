/**
 * The shapes of the operations in the form that the SDK's runtime reads: kind, namespace, name, traits, member names, member schemas,
 * and how many of the members are required (those come first).
 */
import { TypeRegistry } from '@smithy/core/schema';
import type { StaticErrorSchema, StaticListSchema, StaticOperationSchema, StaticStructureSchema } from '@smithy/types';
import * as errors from './errors';

export const NAMESPACE = 'com.amazonaws.computeoptimizerautomation';

const STRING = 0;
const NUMBER = 1;
const TIMESTAMP = 4;
const STRINGS = 64;

/** A text that the client makes up when it is missing: bit 2 is the trait `idempotencyToken`. */
const CLIENT_TOKEN: [() => typeof STRING, number] = [() => STRING, 4];

/** Traits of an operation that may be repeated: bit 1. */
const IDEMPOTENT = 2;

function structure(
  name: string, members: StaticStructureSchema[5], names: string[], required: number,
): StaticStructureSchema {
  return [3, NAMESPACE, name, 0, names, members, required];
}

function operation(
  name: string, traits: number, input: StaticStructureSchema, output: StaticStructureSchema,
): StaticOperationSchema {
  return [9, NAMESPACE, name, traits, () => input, () => output];
}

const ACCOUNT_INFO = structure(
  'AccountInfo',
  [STRING, STRING, STRING, TIMESTAMP, STRING],
  ['accountId', 'status', 'organizationRuleMode', 'lastUpdatedTimestamp', 'statusReason'],
  4,
);
const ACCOUNT_INFOS: StaticListSchema = [1, NAMESPACE, 'AccountInfoList', 0, () => ACCOUNT_INFO];

/** The answer of the two operations that tell which accounts they have dealt with. */
function dealtWith(name: string): StaticStructureSchema {
  return structure(name, [STRINGS, STRINGS], ['accountIds', 'errors'], 0);
}

function accountsToDealWith(name: string): StaticStructureSchema {
  return structure(name, [STRINGS, CLIENT_TOKEN], ['accountIds', 'clientToken'], 1);
}

export const ASSOCIATE_ACCOUNTS = operation(
  'AssociateAccounts',
  IDEMPOTENT,
  accountsToDealWith('AssociateAccountsRequest'),
  dealtWith('AssociateAccountsResponse'),
);

export const DISASSOCIATE_ACCOUNTS = operation(
  'DisassociateAccounts',
  IDEMPOTENT,
  accountsToDealWith('DisassociateAccountsRequest'),
  dealtWith('DisassociateAccountsResponse'),
);

export const GET_ENROLLMENT_CONFIGURATION = operation(
  'GetEnrollmentConfiguration',
  0,
  structure('GetEnrollmentConfigurationRequest', [], [], 0),
  structure(
    'GetEnrollmentConfigurationResponse',
    [STRING, STRING, STRING, TIMESTAMP],
    ['status', 'statusReason', 'organizationRuleMode', 'lastUpdatedTimestamp'],
    1,
  ),
);

export const LIST_ACCOUNTS = operation(
  'ListAccounts',
  0,
  structure('ListAccountsRequest', [NUMBER, STRING], ['maxResults', 'nextToken'], 0),
  structure('ListAccountsResponse', [() => ACCOUNT_INFOS, STRING], ['accounts', 'nextToken'], 1),
);

export const UPDATE_ENROLLMENT_CONFIGURATION = operation(
  'UpdateEnrollmentConfiguration',
  IDEMPOTENT,
  structure('UpdateEnrollmentConfigurationRequest', [STRING, CLIENT_TOKEN], ['status', 'clientToken'], 1),
  structure(
    'UpdateEnrollmentConfigurationResponse',
    [STRING, TIMESTAMP, STRING],
    ['status', 'lastUpdatedTimestamp', 'statusReason'],
    2,
  ),
);

/** Whose fault each error is. */
const DECLARED = {
  AccessDeniedException: 'client',
  ForbiddenException: 'client',
  IdempotencyTokenInUseException: 'client',
  IdempotentParameterMismatchException: 'client',
  InternalServerException: 'server',
  InvalidParameterValueException: 'client',
  NotManagementAccountException: 'client',
  OptInRequiredException: 'client',
  ResourceNotFoundException: 'client',
  ServiceQuotaExceededException: 'client',
  ServiceUnavailableException: 'server',
  ThrottlingException: 'client',
} as const;

/** Where the runtime finds the class of an error by its name; of an unknown name it makes the base class. */
export function errorTypeRegistries(): TypeRegistry[] {
  const { ComputeOptimizerAutomationServiceException: base } = errors;
  // the runtime looks for the base class in a namespace of this form
  const own = new TypeRegistry(`smithy.ts.sdk.synthetic.${NAMESPACE}`);
  own.registerError([-3, own.namespace, 'ComputeOptimizerAutomationServiceException', 0, [], []], base);

  const declared = new TypeRegistry(NAMESPACE);
  for (const name of Object.keys(DECLARED) as (keyof typeof DECLARED)[]) {
    const schema: StaticErrorSchema = [-3, NAMESPACE, name, { error: DECLARED[name] }, ['message'], [STRING]];
    declared.registerError(schema, errors[name]);
  }
  return [own, declared];
}
