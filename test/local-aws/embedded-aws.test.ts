import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { VirtualClock } from './clock';
import { AwsError, ConnectionReset, type Fault } from './core';
import { EmbeddedAws } from './embedded-aws';
import { type Entrance, inProcess, WAYS_IN } from './wire/clients';
import { utf8 } from './wire/codec';
import { InProcessHandler } from './wire/in-process-handler';

const ACCOUNT = '111122223333';
const PUT = new PutParameterCommand({ Name: '/a', Value: '1', Type: 'String', Overwrite: true });

describe.each(WAYS_IN)('faults, %s', (_, enter) => {
  let aws: EmbeddedAws;
  let entrance: Entrance;
  let client: SSMClient;

  beforeEach(async () => {
    aws = new EmbeddedAws();
    entrance = await enter(aws);
    client = new SSMClient(entrance.client(aws.credentials.admin(ACCOUNT)));
  });
  afterEach(() => entrance.leave());

  const once = (fault: Fault) => aws.setFaultHook((_call, index) => (index === 0 ? fault : undefined));
  const stored = () => aws.ssm.get({ accountId: ACCOUNT, region: 'eu-west-1', name: '/a' })?.value;

  test.each(['before', 'after'] as const)('a reset %s the effect', async (when) => {
    once({ kind: 'reset', when });
    await expect(client.send(PUT)).rejects.toThrow('socket hang up');
    expect(stored()).toBe(when === 'after' ? '1' : undefined);
    expect(aws.journal.entries[0]).toMatchObject({ reached: when === 'after', fault: `reset ${when}` });
    expect(aws.journal.entries[0].answer).toBeUndefined();
    expect(aws.journal.entries[0].effect).toEqual(when === 'after' ? { output: { Version: 1, Tier: 'Standard' } } : undefined);
  });

  test.each(['before', 'after'] as const)('a call that hangs %s the effect', async (when) => {
    once({ kind: 'hang', when });
    await expect(client.send(PUT, { abortSignal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'AbortError' });
    expect(stored()).toBe(when === 'after' ? '1' : undefined);
  });

  test.each(['before', 'after'] as const)('an error %s the effect', async (when) => {
    once({ kind: 'error', when, error: new AwsError('ThrottlingException', 'Rate exceeded', 429) });
    await expect(client.send(PUT)).rejects.toMatchObject({
      name: 'ThrottlingException', message: 'Rate exceeded', $metadata: { httpStatusCode: 429 },
    });
    expect(stored()).toBe(when === 'after' ? '1' : undefined);
    expect(aws.journal.entries[0]).toMatchObject({
      reached: when === 'after', fault: `ThrottlingException ${when}`, answer: { error: { code: 'ThrottlingException' } },
    });
  });

  test('an answer that breaks off', async () => {
    once({ kind: 'garbage', when: 'after' });
    await expect(client.send(PUT)).rejects.toBeInstanceOf(SyntaxError);
    expect(stored()).toBe('1');
  });

  test('the SDK retries a reset after the effect, and the second call is a call of its own', async () => {
    once({ kind: 'reset', when: 'after' });
    const patient = new SSMClient({ ...entrance.client(aws.credentials.admin(ACCOUNT)), maxAttempts: 2 });
    const { Version } = await patient.send(PUT);
    expect(Version).toBe(2);
    expect(aws.journal.of('ssm', 'PutParameter').map(({ reached }) => reached)).toEqual([true, true]);
  });

  test('the journal says who, what, and what was answered', async () => {
    await client.send(PUT);
    await client.send(new GetParameterCommand({ Name: '/none' })).catch(() => undefined);
    expect(aws.journal.entries).toMatchObject([
      { index: 0, reached: true, reachedAs: 0, call: { service: 'ssm', operation: 'PutParameter', caller: { accountId: ACCOUNT }, input: { Name: '/a' } }, answer: { output: { Version: 1 } } },
      { index: 1, reached: true, reachedAs: 1, call: { operation: 'GetParameter' }, answer: { error: { code: 'ParameterNotFound', status: 400 } } },
    ]);
  });
});

describe('delays', () => {
  test('a delayed call takes effect after the calls that overtake it', async () => {
    const clock = new VirtualClock();
    const aws = new EmbeddedAws({ environment: { clock } });
    const client = new SSMClient(inProcess(aws, aws.credentials.admin(ACCOUNT)));
    aws.setFaultHook((_, index) => (index === 0 ? { kind: 'delay', milliseconds: 90_000 } : undefined));
    const late = client.send(PUT);
    let done = false;
    const early = client.send(new PutParameterCommand({ Name: '/a', Value: '2', Type: 'String', Overwrite: true }));
    void Promise.all([late, early]).then(() => { done = true; });
    expect(await clock.runUntil(() => done)).toBe(true);
    expect(aws.ssm.get({ accountId: ACCOUNT, region: 'eu-west-1', name: '/a' })).toMatchObject({ value: '1', version: 2 });
    expect(aws.journal.entries.map(({ reachedAs }) => reachedAs)).toEqual([1, 0]);
    expect(aws.journal.reachedCalls().map(({ index }) => index)).toEqual([1, 0]);
    expect(aws.journal.entries[0].reachedAt! - aws.journal.entries[0].at).toBe(90_000);
  });

  test('a role that loses its permission while the call is under way is refused', async () => {
    const clock = new VirtualClock();
    const aws = new EmbeddedAws({ environment: { clock } });
    const role = { accountId: ACCOUNT, roleName: 'r' };
    const arn = `arn:aws:iam::${ACCOUNT}:role/r`;
    aws.iam.putRole({ ...role, arn, trustPolicy: { Statement: [] } });
    aws.iam.putRolePolicy(arn, 'p', { Statement: { Effect: 'Allow', Action: 'ssm:*', Resource: '*' } });
    const keys = aws.credentials.issue({ ...role, sessionName: 's' });
    aws.setFaultHook(() => ({ kind: 'delay', milliseconds: 1000 }));
    clock.after(500, () => aws.iam.deleteRolePolicy(arn, 'p'));
    let failure: unknown;
    void new SSMClient(inProcess(aws, keys)).send(PUT).catch((error) => { failure = error; });
    expect(await clock.runUntil(() => failure !== undefined)).toBe(true);
    expect(failure).toMatchObject({ name: 'AccessDeniedException' });
    expect(aws.journal.entries[0]).toMatchObject({ reached: false });
  });

  test('a client gives up after its request timeout, on the clock', async () => {
    const clock = new VirtualClock();
    const aws = new EmbeddedAws({ environment: { clock } });
    aws.setFaultHook(() => ({ kind: 'hang', when: 'after' }));
    const requestHandler = new InProcessHandler(aws, { requestTimeout: 5000 });
    const config = { ...inProcess(aws, aws.credentials.admin(ACCOUNT)), requestHandler };
    const start = clock.now();
    let failure: unknown;
    void new SSMClient(config).send(PUT).catch((error) => { failure = error; });
    await clock.runUntil(() => failure !== undefined);
    expect(failure).toMatchObject({ name: 'TimeoutError' });
    expect(clock.now() - start).toBe(5000);
  });
});

test('time stands still while DynamoDB works', async () => {
  const clock = new VirtualClock();
  const aws = new EmbeddedAws({ environment: { clock } });
  let woken = false;
  let found: unknown;
  clock.after(1, () => { woken = true; });
  const work = async () => {
    await aws.dynamodb.createTable({ accountId: ACCOUNT, region: 'eu-west-1' }, {
      TableName: 'ledger',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    });
    const client = new DynamoDBClient(inProcess(aws, aws.credentials.admin(ACCOUNT)));
    await client.send(new PutItemCommand({ TableName: 'ledger', Item: { pk: { S: 'a' } } }));
    found = (await client.send(new GetItemCommand({ TableName: 'ledger', Key: { pk: { S: 'a' } } }))).Item;
    expect(woken).toBe(false);
  };
  let done = false;
  const finished = work().finally(() => { done = true; });
  await clock.runUntil(() => done);
  await finished;
  expect(found).toEqual({ pk: { S: 'a' } });
});

describe('answers of custom resources', () => {
  const path = '/cloudformation-custom-resource-response-euwest1/arn%3Aaws?X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%2Fs3%2Faws4_request';
  const put = (aws: EmbeddedAws) => aws.handle({ method: 'PUT', host: 'localhost', path, headers: {}, body: utf8('{"Status":"SUCCESS"}') });

  test('reach the receiver, whatever the URL is signed with', async () => {
    const aws = new EmbeddedAws();
    const received: string[][] = [];
    aws.setCustomResourceAnswerReceiver((url, body) => {
      received.push([url, body]);
      return 200;
    });
    expect(await put(aws)).toMatchObject({ status: 200 });
    expect(received).toEqual([[path, '{"Status":"SUCCESS"}']]);
    expect(aws.journal.of('s3', 'PutCustomResourceAnswer')).toHaveLength(1);
  });

  test('can be lost or unconfirmed', async () => {
    const aws = new EmbeddedAws();
    let received = 0;
    aws.setCustomResourceAnswerReceiver(() => {
      received++;
      return 200;
    });
    aws.setFaultHook((_, index) => ({ kind: 'reset', when: index === 0 ? 'before' : 'after' }));
    await expect(put(aws)).rejects.toBeInstanceOf(ConnectionReset);
    expect(received).toBe(0);
    await expect(put(aws)).rejects.toBeInstanceOf(ConnectionReset);
    expect(received).toBe(1);
  });

  test.each([403, 500])('that the receiver answers with %d are errors of S3', async (status) => {
    const aws = new EmbeddedAws();
    aws.setCustomResourceAnswerReceiver(() => status);
    expect(await put(aws)).toMatchObject({ status, headers: { 'content-type': 'application/xml' } });
  });
});
