/**
 * How each service speaks: one descriptor a service, kept by hand. Names, routes and statuses as in the public service models
 * ([B] botocore 1.43), statuses of Organizations as its API reference prints them ([OAPI]).
 */
import type { Route } from './rest-json';

export type Protocol = 'query' | 'json-1.0' | 'json-1.1' | 'rest-json' | 's3';

export interface ServiceDescriptor {
  /** The service's name in the credential scope. */
  readonly name: string;
  readonly protocol: Protocol;
  /** `X-Amz-Target` is `<targetPrefix>.<operation>`. */
  readonly targetPrefix?: string;
  /** XML namespace of query answers. */
  readonly namespace?: string;
  readonly routes?: readonly Route[];
  /** HTTP status by error code, where it is not the error's own. */
  readonly statuses?: Readonly<Record<string, number>>;
  /** One status for all errors but those in `statuses`. */
  readonly defaultStatus?: number;
  /** What stands before an error's name in `__type`. */
  readonly errorNamespace?: string;
  /** How an error's text is spelled in JSON. */
  readonly messageMember?: 'message' | 'Message';
  /** Query members that are not text; form fields do not tell. */
  readonly booleans?: readonly string[];
  readonly integers?: readonly string[];
  readonly lists?: readonly string[];
}

const PAGE = { MaxResults: 'integer', NextToken: 'string' } as const;
const FUNCTIONS = '/2015-03-31/functions';

export const DESCRIPTORS: readonly ServiceDescriptor[] = [
  {
    name: 'sts',
    protocol: 'query',
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    integers: ['DurationSeconds'],
    lists: ['PolicyArns', 'Tags', 'TransitiveTagKeys'],
  },
  {
    name: 'cloudformation',
    protocol: 'query',
    namespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
    booleans: [
      'DisableRollback', 'EnableTerminationProtection', 'ImportExistingResources', 'IncludeNestedStacks',
      'IncludePropertyValues', 'RetainExceptOnCreate', 'UsePreviousTemplate', 'UsePreviousValue',
    ],
    integers: ['MonitoringTimeInMinutes', 'TimeoutInMinutes'],
    lists: [
      'Capabilities', 'NotificationARNs', 'Parameters', 'ResourcesToImport', 'ResourcesToSkip', 'ResourceTypes',
      'RetainResources', 'RollbackTriggers', 'StackStatusFilter', 'Tags',
    ],
  },
  {
    name: 'iam',
    protocol: 'query',
    namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    integers: ['MaxItems'],
  },
  { name: 'ssm', protocol: 'json-1.1', targetPrefix: 'AmazonSSM' },
  { name: 'logs', protocol: 'json-1.1', targetPrefix: 'Logs_20140328' },
  {
    name: 'organizations',
    protocol: 'json-1.1',
    targetPrefix: 'AWSOrganizationsV20161128',
    messageMember: 'Message',
    // [OAPI] every error is 400, whatever the Smithy model says; only a failure of the service itself is not
    defaultStatus: 400,
    statuses: { ServiceException: 500 },
  },
  {
    name: 'dynamodb',
    protocol: 'json-1.0',
    targetPrefix: 'DynamoDB_20120810',
    errorNamespace: 'com.amazonaws.dynamodb.v20120810#',
  },
  { name: 'states', protocol: 'json-1.0', targetPrefix: 'AWSStepFunctions' },
  {
    name: 'aco-automation',
    protocol: 'json-1.0',
    targetPrefix: 'ComputeOptimizerAutomationService',
    errorNamespace: 'com.amazonaws.computeoptimizerautomation#',
    // [B] error traits of the model; IAM's refusal has the status of the error of that name
    statuses: {
      InvalidParameterValueException: 400,
      NotManagementAccountException: 400,
      ServiceQuotaExceededException: 402,
      AccessDeniedException: 403,
      ForbiddenException: 403,
      OptInRequiredException: 403,
      ResourceNotFoundException: 404,
      IdempotencyTokenInUseException: 409,
      IdempotentParameterMismatchException: 409,
      ThrottlingException: 429,
      InternalServerException: 500,
      ServiceUnavailableException: 503,
    },
  },
  { name: 'compute-optimizer', protocol: 'json-1.0', targetPrefix: 'ComputeOptimizerService' },
  {
    name: 'securityhub',
    protocol: 'rest-json',
    messageMember: 'Message',
    // [B] error traits of the model
    statuses: {
      InvalidInputException: 400,
      InvalidAccessException: 401,
      AccessDeniedException: 403,
      ResourceNotFoundException: 404,
      ResourceConflictException: 409,
      LimitExceededException: 429,
      InternalException: 500,
    },
    routes: [
      { method: 'POST', path: '/members', operation: 'CreateMembers' },
      { method: 'GET', path: '/members', operation: 'ListMembers', query: { OnlyAssociated: 'boolean', ...PAGE } },
      { method: 'POST', path: '/members/get', operation: 'GetMembers' },
      { method: 'POST', path: '/members/invite', operation: 'InviteMembers' },
      { method: 'POST', path: '/members/disassociate', operation: 'DisassociateMembers' },
      { method: 'POST', path: '/members/delete', operation: 'DeleteMembers' },
      { method: 'POST', path: '/accounts', operation: 'EnableSecurityHub' },
      { method: 'GET', path: '/accounts', operation: 'DescribeHub', query: { HubArn: 'string' } },
      { method: 'DELETE', path: '/accounts', operation: 'DisableSecurityHub' },
      { method: 'PATCH', path: '/accounts', operation: 'UpdateSecurityHubConfiguration' },
      { method: 'POST', path: '/administrator', operation: 'AcceptAdministratorInvitation' },
      { method: 'GET', path: '/administrator', operation: 'GetAdministratorAccount' },
      { method: 'POST', path: '/administrator/disassociate', operation: 'DisassociateFromAdministratorAccount' },
      { method: 'GET', path: '/master', operation: 'GetMasterAccount' },
      { method: 'GET', path: '/invitations', operation: 'ListInvitations', query: PAGE },
      { method: 'GET', path: '/invitations/count', operation: 'GetInvitationsCount' },
      { method: 'POST', path: '/invitations/decline', operation: 'DeclineInvitations' },
      { method: 'POST', path: '/invitations/delete', operation: 'DeleteInvitations' },
      {
        method: 'GET',
        path: '/organization/admin',
        operation: 'ListOrganizationAdminAccounts',
        query: { Feature: 'string', ...PAGE },
      },
      { method: 'POST', path: '/organization/admin/enable', operation: 'EnableOrganizationAdminAccount' },
      { method: 'POST', path: '/organization/admin/disable', operation: 'DisableOrganizationAdminAccount' },
      { method: 'GET', path: '/organization/configuration', operation: 'DescribeOrganizationConfiguration' },
      { method: 'POST', path: '/organization/configuration', operation: 'UpdateOrganizationConfiguration' },
      { method: 'GET', path: '/tags/{ResourceArn}', operation: 'ListTagsForResource' },
      { method: 'POST', path: '/tags/{ResourceArn}', operation: 'TagResource' },
      { method: 'DELETE', path: '/tags/{ResourceArn}', operation: 'UntagResource', query: { tagKeys: 'list' } },
    ],
  },
  {
    name: 'lambda',
    protocol: 'rest-json',
    messageMember: 'Message',
    routes: [
      {
        method: 'POST',
        path: `${FUNCTIONS}/{FunctionName}/invocations`,
        operation: 'Invoke',
        query: { Qualifier: 'string' },
        headers: { InvocationType: 'x-amz-invocation-type', LogType: 'x-amz-log-type' },
        payload: 'Payload',
        output: {
          status: 'StatusCode',
          headers: {
            ExecutedVersion: 'x-amz-executed-version',
            FunctionError: 'x-amz-function-error',
            LogResult: 'x-amz-log-result',
          },
          payload: 'Payload',
        },
      },
      { method: 'GET', path: `${FUNCTIONS}/{FunctionName}`, operation: 'GetFunction', query: { Qualifier: 'string' } },
      {
        method: 'GET',
        path: `${FUNCTIONS}/{FunctionName}/configuration`,
        operation: 'GetFunctionConfiguration',
        query: { Qualifier: 'string' },
      },
      { method: 'GET', path: FUNCTIONS, operation: 'ListFunctions', query: { Marker: 'string', MaxItems: 'integer' } },
    ],
  },
  { name: 's3', protocol: 's3' },
];
