import { CloudFormationClient, CreateChangeSetCommand, DeleteStackCommand, DescribeStacksCommand, ValidateTemplateCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand, GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeAccountCommand, DescribeHandshakeCommand, InviteAccountToOrganizationCommand, OrganizationsClient } from '@aws-sdk/client-organizations';
import { CreateMembersCommand, DescribeHubCommand, DisassociateMembersCommand, GetMembersCommand, ListMembersCommand, ListTagsForResourceCommand, SecurityHubClient, UntagResourceCommand } from '@aws-sdk/client-securityhub';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type Entrance, WAYS_IN } from './clients';
import { text, utf8 } from './codec';
import { AwsError, type Call, type Service, type WireRequest } from '../core';
import { EmbeddedAws } from '../embedded-aws';

const ACCOUNT = '111122223333';

/** A service that records what it is asked and answers what it is told. */
class Puppet implements Service {
  public readonly calls: Call[] = [];
  public answer: unknown = {};
  constructor(public readonly name: string) {}

  public async call(call: Call): Promise<unknown> {
    this.calls.push(call);
    if (this.answer instanceof Error) throw this.answer;
    return this.answer;
  }
}

describe.each(WAYS_IN)('protocols, %s', (_, enter) => {
  let aws: EmbeddedAws;
  let entrance: Entrance;
  let config: ReturnType<Entrance['client']>;

  beforeAll(async () => {
    aws = new EmbeddedAws();
    entrance = await enter(aws);
    config = entrance.client(aws.credentials.admin(ACCOUNT));
  });
  afterAll(() => entrance.leave());

  function puppet(name: string, answer: unknown): Puppet {
    const service = new Puppet(name);
    service.answer = answer;
    aws.register(service);
    return service;
  }

  describe('AWS Query', () => {
    test('nested lists, numbers and booleans arrive typed', async () => {
      const service = puppet('cloudformation', { Id: 'change-set', StackId: 'stack' });
      const { StackId } = await new CloudFormationClient(config).send(new CreateChangeSetCommand({
        StackName: 'a',
        ChangeSetName: 'b',
        Parameters: [{ ParameterKey: 'X', ParameterValue: 'true' }, { ParameterKey: 'Y', UsePreviousValue: true }],
        Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'],
        RollbackConfiguration: { MonitoringTimeInMinutes: 3, RollbackTriggers: [{ Arn: 'arn', Type: 't' }] },
        Tags: [],
        IncludeNestedStacks: true,
      }));
      expect(StackId).toBe('stack');
      expect(service.calls[0]).toMatchObject({ service: 'cloudformation', operation: 'CreateChangeSet', region: 'eu-west-1' });
      expect(service.calls[0].input).toEqual({
        StackName: 'a',
        ChangeSetName: 'b',
        Parameters: [{ ParameterKey: 'X', ParameterValue: 'true' }, { ParameterKey: 'Y', UsePreviousValue: true }],
        Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'],
        RollbackConfiguration: { MonitoringTimeInMinutes: 3, RollbackTriggers: [{ Arn: 'arn', Type: 't' }] },
        Tags: [],
        IncludeNestedStacks: true,
      });
    });

    test('lists, dates, empty results and text that XML must escape come back', async () => {
      const when = new Date('2026-01-02T03:04:05.678Z');
      const description = 'a <b> & "c"\r\n  ü';
      puppet('cloudformation', {
        Stacks: [
          { StackName: 's', StackId: 'i', CreationTime: when, StackStatus: 'CREATE_COMPLETE', Description: description, Outputs: [], DisableRollback: false },
          { StackName: 't', CreationTime: when, StackStatus: 'X', Outputs: [{ OutputKey: 'k', OutputValue: 'v' }] },
        ],
      });
      const { Stacks } = await new CloudFormationClient(config).send(new DescribeStacksCommand({}));
      expect(Stacks).toHaveLength(2);
      expect(Stacks![0]).toMatchObject({ CreationTime: when, Description: description, DisableRollback: false });
      expect(Stacks![1].Outputs).toEqual([{ OutputKey: 'k', OutputValue: 'v' }]);
      puppet('cloudformation', { Stacks: [] });
      expect((await new CloudFormationClient(config).send(new DescribeStacksCommand({}))).Stacks ?? []).toEqual([]);
      puppet('cloudformation', undefined);
      await expect(new CloudFormationClient(config).send(new DeleteStackCommand({ StackName: 's' }))).resolves.toBeDefined();
    });

    test('errors keep code, text and status', async () => {
      puppet('cloudformation', new AwsError('ValidationError', 'Stack with id x does not exist'));
      await expect(new CloudFormationClient(config).send(new DescribeStacksCommand({ StackName: 'x' }))).rejects.toMatchObject({
        name: 'ValidationError', message: 'Stack with id x does not exist', $metadata: { httpStatusCode: 400 },
      });
    });
  });

  describe('AWS JSON', () => {
    test('timestamps are seconds with a fraction', async () => {
      const when = new Date(1481656459257);
      puppet('organizations', { Account: { Id: ACCOUNT, JoinedTimestamp: when } });
      const describeAccount = new DescribeAccountCommand({ AccountId: ACCOUNT });
      const { Account } = await new OrganizationsClient(config).send(describeAccount);
      expect(Account).toEqual({ Id: ACCOUNT, JoinedTimestamp: when });
    });

    test('Organizations answers 400 to every error but its own failure, with its further members', async () => {
      const error = new AwsError('HandshakeConstraintViolationException', 'no', 409, { Reason: 'ALREADY_IN_AN_ORGANIZATION' });
      puppet('organizations', error);
      const invite = new InviteAccountToOrganizationCommand({ Target: { Id: ACCOUNT, Type: 'ACCOUNT' } });
      await expect(new OrganizationsClient(config).send(invite)).rejects.toMatchObject({
        name: 'HandshakeConstraintViolationException',
        message: 'no',
        Reason: 'ALREADY_IN_AN_ORGANIZATION',
        $metadata: { httpStatusCode: 400 },
      });
      puppet('organizations', new AwsError('ServiceException', 'oops'));
      await expect(new OrganizationsClient(config).send(new DescribeHandshakeCommand({ HandshakeId: 'h-12345678' })))
        .rejects.toMatchObject({ name: 'ServiceException', message: 'oops', $metadata: { httpStatusCode: 500 } });
    });
  });

  describe('REST with JSON', () => {
    test('body, query and path are bound', async () => {
      const service = puppet('securityhub', { UnprocessedAccounts: [{ AccountId: '1', ProcessingResult: 'no' }] });
      const client = new SecurityHubClient(config);
      const { UnprocessedAccounts } = await client.send(new CreateMembersCommand({ AccountDetails: [{ AccountId: '1', Email: 'a@b.c' }] }));
      expect(UnprocessedAccounts).toEqual([{ AccountId: '1', ProcessingResult: 'no' }]);
      await client.send(new ListMembersCommand({ OnlyAssociated: false, MaxResults: 7, NextToken: 'a b/+' }));
      const arn = 'arn:aws:securityhub:eu-west-1:111122223333:hub/default';
      await client.send(new ListTagsForResourceCommand({ ResourceArn: arn }));
      await client.send(new DescribeHubCommand({}));
      await client.send(new UntagResourceCommand({ ResourceArn: arn, TagKeys: ['a', 'b'] }));
      expect(service.calls.map(({ operation, input }) => [operation, input])).toEqual([
        ['CreateMembers', { AccountDetails: [{ AccountId: '1', Email: 'a@b.c' }] }],
        ['ListMembers', { OnlyAssociated: false, MaxResults: 7, NextToken: 'a b/+' }],
        ['ListTagsForResource', { ResourceArn: arn }],
        ['DescribeHub', {}],
        ['UntagResource', { ResourceArn: arn, TagKeys: ['a', 'b'] }],
      ]);
    });

    test('timestamps of Security Hub are ISO 8601, an empty answer is one', async () => {
      const when = new Date('2026-01-02T03:04:05.678Z');
      puppet('securityhub', { Members: [{ AccountId: '1', UpdatedAt: when }], UnprocessedAccounts: [] });
      const { Members } = await new SecurityHubClient(config).send(new GetMembersCommand({ AccountIds: ['1'] }));
      expect(Members).toEqual([{ AccountId: '1', UpdatedAt: when }]);
      puppet('securityhub', undefined);
      await expect(new SecurityHubClient(config).send(new DisassociateMembersCommand({ AccountIds: ['1'] }))).resolves.toBeDefined();
    });

    test.each([
      ['InvalidInputException', 400], ['InvalidAccessException', 401], ['AccessDeniedException', 403],
      ['ResourceNotFoundException', 404], ['ResourceConflictException', 409], ['LimitExceededException', 429],
      ['InternalException', 500],
    ])('Security Hub answers %s with %d', async (code, status) => {
      puppet('securityhub', new AwsError(code, 'why'));
      await expect(new SecurityHubClient(config).send(new GetMembersCommand({ AccountIds: ['1'] }))).rejects.toMatchObject({
        name: code, message: 'why', Code: code, $metadata: { httpStatusCode: status },
      });
    });

    test('Lambda: payload, headers and status', async () => {
      const service = puppet('lambda', { StatusCode: 202, FunctionError: 'Unhandled', Payload: '{"a":1}' });
      const answer = await new LambdaClient(config).send(new InvokeCommand({ FunctionName: 'f', InvocationType: 'Event', Payload: utf8('{"b":2}') }));
      expect(answer).toMatchObject({ StatusCode: 202, FunctionError: 'Unhandled' });
      expect(text(answer.Payload!)).toBe('{"a":1}');
      expect(service.calls[0]).toMatchObject({ operation: 'Invoke', input: { FunctionName: 'f', InvocationType: 'Event' } });
      expect(text(service.calls[0].input.Payload)).toBe('{"b":2}');
      puppet('lambda', new AwsError('ResourceNotFoundException', 'Function not found', 404, { Type: 'User' }));
      await expect(new LambdaClient(config).send(new GetFunctionConfigurationCommand({ FunctionName: 'arn:aws:lambda:eu-west-1:1:function:f' })))
        .rejects.toMatchObject({ name: 'ResourceNotFoundException', message: 'Function not found', Type: 'User', $metadata: { httpStatusCode: 404 } });
    });
  });

  test('an operation and a service that nobody models are answered in the caller\'s protocol', async () => {
    const bare = new EmbeddedAws();
    const door = await enter(bare);
    const own = door.client(bare.credentials.admin(ACCOUNT));
    await expect(new CloudFormationClient(own).send(new ValidateTemplateCommand({}))).rejects.toMatchObject({ name: 'InvalidAction' });
    await expect(new OrganizationsClient(own).send(new DescribeAccountCommand({ AccountId: ACCOUNT })))
      .rejects.toMatchObject({ name: 'UnknownOperationException', $metadata: { httpStatusCode: 400 } });
    await expect(new SecurityHubClient(own).send(new GetMembersCommand({ AccountIds: [] })))
      .rejects.toMatchObject({ name: 'UnknownOperationException', $metadata: { httpStatusCode: 404 } });
    await door.leave();
  });

  test('unknown keys are refused in each protocol\'s words', async () => {
    const stranger = { ...config, credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' } };
    await expect(new STSClient(stranger).send(new GetCallerIdentityCommand({})))
      .rejects.toMatchObject({ name: 'InvalidClientTokenId', $metadata: { httpStatusCode: 403 } });
    await expect(new OrganizationsClient(stranger).send(new DescribeAccountCommand({ AccountId: ACCOUNT })))
      .rejects.toMatchObject({ name: 'UnrecognizedClientException', $metadata: { httpStatusCode: 400 } });
    await expect(new SecurityHubClient(stranger).send(new GetMembersCommand({ AccountIds: ['1'] })))
      .rejects.toMatchObject({ name: 'UnrecognizedClientException', $metadata: { httpStatusCode: 403 } });
  });
});

describe('requests that no SDK sends', () => {
  const aws = new EmbeddedAws();
  const send = async (request: Partial<WireRequest>) => {
    const { status, headers, body } = await aws.handle({ method: 'POST', host: 'localhost', path: '/', headers: {}, body: new Uint8Array(), ...request });
    return { status, contentType: headers['content-type'], body: text(body) };
  };
  const authorization = (service: string) => `AWS4-HMAC-SHA256 Credential=${ACCOUNT}/20260101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=x`;

  test('without a signature: missing token, never HTML', async () => {
    expect(await send({})).toEqual({ status: 403, contentType: 'application/json', body: expect.stringContaining('Request is missing Authentication Token') });
    expect(await send({ headers: { 'x-amz-target': 'AmazonSSM.GetParameter', 'content-type': 'application/x-amz-json-1.1' } }))
      .toMatchObject({ status: 400, body: expect.stringContaining('MissingAuthenticationTokenException') });
  });

  test('CBOR is refused with 415', async () => {
    expect(await send({ headers: { 'authorization': authorization('aco-automation'), 'content-type': 'application/cbor' } })).toMatchObject({ status: 415 });
  });

  test('a target of another service, broken JSON and a missing action are errors of the caller', async () => {
    const json = { 'authorization': authorization('ssm'), 'content-type': 'application/x-amz-json-1.1' };
    expect(await send({ headers: { ...json, 'x-amz-target': 'Logs_20140328.FilterLogEvents' } })).toMatchObject({ status: 400, body: expect.stringContaining('UnknownOperationException') });
    expect(await send({ headers: { ...json, 'x-amz-target': 'AmazonSSM.GetParameter' }, body: utf8('{') })).toMatchObject({ status: 400, body: expect.stringContaining('SerializationException') });
    expect(await send({ headers: { authorization: authorization('sts') } })).toMatchObject({ status: 400, body: expect.stringContaining('MissingAction') });
  });

  test('a presigned query says who asks, and for which service', async () => {
    const query = `Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential=${encodeURIComponent(`${ACCOUNT}/20260101/eu-west-1/sts/aws4_request`)}`;
    expect(await send({ method: 'GET', path: `/?${query}` })).toMatchObject({ status: 200, body: expect.stringContaining(`<Account>${ACCOUNT}</Account>`) });
  });

  test('a mistake of a model is told at once, and kept', async () => {
    aws.register({ name: 'ssm', call: async () => { throw new TypeError('my mistake'); } });
    expect(await send({ headers: { 'authorization': authorization('ssm'), 'x-amz-target': 'AmazonSSM.GetParameter' } }))
      .toMatchObject({ status: 400, body: expect.stringContaining('my mistake') });
    expect(aws.mistakes).toMatchObject([{ message: 'my mistake' }]);
  });
});
