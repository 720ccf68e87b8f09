import { InvokeCommand, GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { LambdaService } from './lambda';
import { VirtualClock } from '../clock';
import type { Call } from '../core';
import { EmbeddedAws } from '../embedded-aws';
import type { FunctionConfiguration } from '../lambda-host';
import { InProcessLambdaHost } from '../lambda-host-in-process';
import { InProcessHandler } from '../wire/in-process-handler';

const ACCOUNT = '111111111111';
const ARN = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:handler`;
const FUNCTION: FunctionConfiguration = {
  functionName: 'handler',
  functionArn: ARN,
  region: 'eu-west-1',
  accountId: ACCOUNT,
  roleArn: `arn:aws:iam::${ACCOUNT}:role/handler`,
  handler: 'index.handler',
  runtime: 'nodejs22.x',
  timeoutSeconds: 30,
  memoryMegabytes: 256,
  environment: { A: '1' },
  logGroupName: 'custom-group',
  code: { bucket: 'assets', key: 'handler.zip' },
  reservedConcurrency: 5,
  logging: { format: 'JSON' },
};

async function bed() {
  const clock = new VirtualClock();
  const host = new InProcessLambdaHost({
    environment: { clock, random: () => 0.5 },
    start: async ({ event }) => {
      if (event.fail) throw new TypeError('no');
      return { twice: event.n * 2 };
    },
  });
  await host.putFunction(FUNCTION);
  const service = new LambdaService({ partition: 'aws' }, host);
  const call = (operation: string, input: object): Call => ({
    service: 'lambda',
    operation,
    region: 'eu-west-1',
    caller: { accountId: ACCOUNT, accessKeyId: 'AKID', arn: `arn:aws:iam::${ACCOUNT}:user/admin` },
    input: { FunctionName: 'handler', ...input },
  });
  const send = (operation: string, input: object = {}) => service.call(call(operation, input));
  return { clock, host, service, call, send };
}

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

test('Invoke answers what the function returns', async () => {
  const { send } = await bed();
  expect(await send('Invoke', { Payload: bytes({ n: 4 }) })).toEqual({
    StatusCode: 200,
    ExecutedVersion: '$LATEST',
    Payload: '{"twice":8}',
  });
});

test('Invoke answers what the function throws', async () => {
  const { send } = await bed();
  const answer = await send('Invoke', { InvocationType: 'RequestResponse', Payload: bytes({ fail: true }) }) as any;
  expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
  expect(JSON.parse(answer.Payload)).toMatchObject({ errorType: 'TypeError', errorMessage: 'no' });
});

test('Invoke queues an event', async () => {
  const { send, host, clock } = await bed();
  expect(await send('Invoke', { InvocationType: 'Event', Payload: bytes({ n: 1 }) })).toEqual({ StatusCode: 202 });
  await clock.runUntil(() => host.idle());
  expect(host.deliveries).toHaveLength(1);
});

test('Invoke runs nothing in a dry run', async () => {
  const { send, host } = await bed();
  expect(await send('Invoke', { InvocationType: 'DryRun' })).toEqual({ StatusCode: 204 });
  expect(host.events).toEqual([]);
});

test.each([
  ['a payload that is no JSON', { Payload: Buffer.from('{') }, 'InvalidRequestContentException'],
  ['an unknown invocation type', { InvocationType: 'Sometimes' }, 'InvalidParameterValueException'],
  ['an unknown function', { FunctionName: 'other' }, 'ResourceNotFoundException'],
  ['a function of another account', { FunctionName: '222222222222:function:handler' }, 'ResourceNotFoundException'],
  ['too large an event', { InvocationType: 'Event', Payload: bytes('x'.repeat(1024 * 1024)) }, 'RequestTooLargeException'],
])('Invoke fails with %s', async (_, input, code) => {
  const { send } = await bed();
  await expect(send('Invoke', input)).rejects.toMatchObject({ code });
});

test.each(['handler', ARN, `${ARN}:$LATEST`, `${ACCOUNT}:function:handler`])('finds the function %s', async (FunctionName) => {
  const { send } = await bed();
  expect(await send('GetFunctionConfiguration', { FunctionName })).toEqual({
    FunctionName: 'handler',
    FunctionArn: ARN,
    Runtime: 'nodejs22.x',
    Role: FUNCTION.roleArn,
    Handler: 'index.handler',
    Timeout: 30,
    MemorySize: 256,
    Version: '$LATEST',
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
    Environment: { Variables: { A: '1' } },
    LoggingConfig: { LogFormat: 'JSON', LogGroup: 'custom-group', ApplicationLogLevel: 'INFO', SystemLogLevel: 'INFO' },
  });
});

test('GetFunction answers the configuration and the reserved concurrency', async () => {
  const { send } = await bed();
  expect(await send('GetFunction')).toMatchObject({
    Configuration: { FunctionArn: ARN, LoggingConfig: { LogGroup: 'custom-group' } },
    Concurrency: { ReservedConcurrentExecutions: 5 },
  });
});

test('calls are authorised on the function, Invoke as lambda:InvokeFunction', async () => {
  const { service, call } = await bed();
  expect(service.authorization(call('Invoke', {}))).toEqual([{ action: 'lambda:InvokeFunction', resources: [ARN] }]);
  expect(service.authorization(call('GetFunction', {}))).toEqual([{ action: 'lambda:GetFunction', resources: [ARN] }]);
});

test('the SDK client understands the answers', async () => {
  const { service } = await bed();
  const aws = new EmbeddedAws({ services: [service] });
  const client = new LambdaClient({
    region: 'eu-west-1',
    credentials: aws.credentials.admin(ACCOUNT),
    requestHandler: new InProcessHandler(aws),
  });
  const invoke = (event: object) => client.send(new InvokeCommand({ FunctionName: 'handler', Payload: bytes(event) }));
  const returned = await invoke({ n: 2 });
  expect([returned.StatusCode, returned.FunctionError, returned.Payload!.transformToString()]).toEqual([200, undefined, '{"twice":4}']);
  const threw = await invoke({ fail: true });
  expect([threw.StatusCode, threw.FunctionError]).toEqual([200, 'Unhandled']);
  const configuration = await client.send(new GetFunctionConfigurationCommand({ FunctionName: ARN }));
  expect(configuration.LoggingConfig!.LogGroup).toBe('custom-group');
  await expect(client.send(new InvokeCommand({ FunctionName: 'other' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: `Function not found: arn:aws:lambda:eu-west-1:${ACCOUNT}:function:other`,
  });
});
