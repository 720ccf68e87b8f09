import * as sdk from '@aws-sdk/client-compute-optimizer-automation';
import {
  AssociateAccountsCommand,
  ComputeOptimizerAutomationClient,
  ComputeOptimizerAutomationServiceException,
  DisassociateAccountsCommand,
  GetEnrollmentConfigurationCommand,
  IdempotencyTokenInUseException,
  ListAccountsCommand,
  paginateListAccounts,
  ThrottlingException,
  UpdateEnrollmentConfigurationCommand,
  type AccountInfo,
  type ComputeOptimizerAutomationClientConfig,
} from '@aws-sdk/client-compute-optimizer-automation';
import { mockClient } from 'aws-sdk-client-mock';
import { Loopback, type Reply } from '../../lambda/support/loopback';

const A = '000000000001';
const B = '000000000002';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let server: Loopback;
beforeAll(async () => { server = await Loopback.start(); });
afterAll(() => server.stop());
beforeEach(() => {
  server.received.length = 0;
  server.behaviour = () => ok({});
});

function client(config: ComputeOptimizerAutomationClientConfig = {}): ComputeOptimizerAutomationClient {
  return new ComputeOptimizerAutomationClient({
    endpoint: server.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' },
    maxAttempts: 1,
    ...config,
  });
}

function ok(members: object): Reply {
  return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(members) };
}

function failure(status: number, type: string, message?: string): Reply {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'request-1' },
    body: JSON.stringify({ __type: type, message }),
  };
}

/** What a call throws. */
async function thrown(call: Promise<unknown>): Promise<any> {
  return call.then(() => { throw new Error('nothing was thrown'); }, (error: unknown) => error);
}

describe('requests', () => {
  const CALLS: [string, any, object][] = [
    ['AssociateAccounts', new AssociateAccountsCommand({ accountIds: [A, B], clientToken: 'token_1-a' }),
      { accountIds: [A, B], clientToken: 'token_1-a' }],
    ['DisassociateAccounts', new DisassociateAccountsCommand({ accountIds: [A], clientToken: 't' }), { accountIds: [A], clientToken: 't' }],
    ['ListAccounts', new ListAccountsCommand({ maxResults: 1_000, nextToken: 'a+/=' }), { maxResults: 1_000, nextToken: 'a+/=' }],
    ['ListAccounts', new ListAccountsCommand({}), {}],
    ['ListAccounts', new ListAccountsCommand(), {}],
    ['GetEnrollmentConfiguration', new GetEnrollmentConfigurationCommand(), {}],
    ['UpdateEnrollmentConfiguration', new UpdateEnrollmentConfigurationCommand({ status: 'Active', clientToken: 'x' }),
      { status: 'Active', clientToken: 'x' }],
  ];

  test.each(CALLS)('W4: %s is AWS JSON 1.0, signed for aco-automation', async (operation, command, body) => {
    await client().send(command);
    const [request, ...others] = server.received;
    expect(others).toEqual([]);
    expect(request).toMatchObject({ method: 'POST', path: '/' });
    expect(request.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `ComputeOptimizerAutomationService.${operation}`,
      'x-amz-security-token': 'session',
      'authorization': expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-west-1\/aco-automation\/aws4_request, SignedHeaders=\S*x-amz-target/),
      'user-agent': expect.stringContaining('api/compute-optimizer-automation#'),
    });
    expect(JSON.parse(request.body)).toEqual(body);
  });

  test.each([
    ['AssociateAccounts', () => new AssociateAccountsCommand({ accountIds: [] })],
    ['DisassociateAccounts', () => new DisassociateAccountsCommand({ accountIds: [] })],
    ['UpdateEnrollmentConfiguration', () => new UpdateEnrollmentConfigurationCommand({ status: 'Inactive' })],
  ] as const)('C4: %s without a client token gets a random one, each call its own', async (_, command) => {
    await client().send(command() as any);
    await client().send(command() as any);
    const tokens = server.received.map(({ body }) => JSON.parse(body).clientToken);
    expect(tokens).toEqual([expect.stringMatching(UUID), expect.stringMatching(UUID)]);
    expect(new Set(tokens).size).toBe(2);
  });

  test('C4: a repeated attempt has the client token of the first, also a random one', async () => {
    server.behaviour = (_, index) => index === 0 ? failure(429, 'ThrottlingException') : ok({ accountIds: [A] });
    const answer = await client({ maxAttempts: 3 }).send(new AssociateAccountsCommand({ accountIds: [A] }));
    expect(answer.$metadata.attempts).toBe(2);
    expect(server.received).toHaveLength(2);
    expect(server.received[1].body).toBe(server.received[0].body);
  });

  test('50 accounts stay in order, with their leading zeros', async () => {
    const accountIds = Array.from({ length: 50 }, (_, i) => String(50 - i).padStart(12, '0'));
    await client().send(new AssociateAccountsCommand({ accountIds, clientToken: 't' }));
    expect(JSON.parse(server.received[0].body)).toEqual({ accountIds, clientToken: 't' });
  });

  test('another Region is in the credential scope', async () => {
    await client({ region: async () => 'us-east-1' }).send(new ListAccountsCommand({}));
    expect(server.received[0].headers.authorization).toContain('/us-east-1/aco-automation/aws4_request');
  });

  test('a call that is aborted ends, although nothing answers', async () => {
    server.behaviour = () => ({ kind: 'silence' });
    const abort = new AbortController();
    const call = thrown(client().send(new ListAccountsCommand({}), { abortSignal: abort.signal }));
    setTimeout(() => abort.abort(), 50);
    expect((await call).name).toBe('AbortError');
  });
});

describe('answers', () => {
  test('C2: partial success has accounts and texts', async () => {
    server.behaviour = () => ok({ accountIds: [A], errors: ['Something with 000000000002 — schief', ''] });
    const { accountIds, errors } = await client().send(new AssociateAccountsCommand({ accountIds: [A, B] }));
    expect({ accountIds, errors }).toEqual({ accountIds: [A], errors: ['Something with 000000000002 — schief', ''] });
  });

  test('C2: a missing list stays missing, and unknown members are dropped', async () => {
    server.behaviour = () => ok({ accountIds: [A], further: 1 });
    const answer = await client().send(new DisassociateAccountsCommand({ accountIds: [A] }));
    expect(answer.errors).toBeUndefined();
    expect(Object.keys(answer)).toEqual(['accountIds', '$metadata']);
  });

  test('times are dates, and a status that nobody knows arrives as it is', async () => {
    const account = {
      accountId: A, status: 'Paused', organizationRuleMode: 'AnyAllowed', lastUpdatedTimestamp: 1764000000.25, statusReason: 'why',
    };
    server.behaviour = () => ok({ accounts: [account] });
    const { accounts } = await client().send(new ListAccountsCommand({}));
    expect(accounts).toEqual([{ ...account, lastUpdatedTimestamp: new Date(1764000000250) }]);
  });

  test('the enrolment of the caller', async () => {
    server.behaviour = () => ok({ status: 'Active', organizationRuleMode: 'NoneAllowed', lastUpdatedTimestamp: 1764000000 });
    expect(await client().send(new GetEnrollmentConfigurationCommand({}))).toMatchObject({
      status: 'Active', organizationRuleMode: 'NoneAllowed', lastUpdatedTimestamp: new Date(1764000000000),
    });
    server.behaviour = () => ok({ status: 'Pending', statusReason: 'wait', lastUpdatedTimestamp: 1764000000 });
    expect(await client().send(new UpdateEnrollmentConfigurationCommand({ status: 'Active' }))).toMatchObject({
      status: 'Pending', statusReason: 'wait', lastUpdatedTimestamp: new Date(1764000000000),
    });
  });

  test('C9: the paginator reads page after page, with the page size asked for', async () => {
    const pages = [
      { accounts: [{ accountId: A }], nextToken: 'n1' },
      { accounts: [], nextToken: 'n2' },
      { accounts: [{ accountId: B }] },
    ];
    server.behaviour = (_, index) => ok(pages[index]);
    const found: AccountInfo[] = [];
    const paginator = paginateListAccounts({ client: client(), pageSize: 1 }, {});
    for await (const { accounts } of paginator) found.push(...accounts!);
    expect(found.map(({ accountId }) => accountId)).toEqual([A, B]);
    expect(server.received.map(({ body }) => JSON.parse(body))).toEqual([
      { maxResults: 1 }, { maxResults: 1, nextToken: 'n1' }, { maxResults: 1, nextToken: 'n2' },
    ]);
  });

  test('fails on an answer that breaks off', async () => {
    server.behaviour = () => ({ kind: 'truncated', body: '{"accountIds":["0000' });
    expect(await thrown(client().send(new AssociateAccountsCommand({ accountIds: [A] })))).toBeInstanceOf(Error);
  });
});

describe('errors', () => {
  const DECLARED = [
    ['AccessDeniedException', 403, 'client'],
    ['ForbiddenException', 403, 'client'],
    ['IdempotencyTokenInUseException', 409, 'client'],
    ['IdempotentParameterMismatchException', 409, 'client'],
    ['InternalServerException', 500, 'server'],
    ['InvalidParameterValueException', 400, 'client'],
    ['NotManagementAccountException', 400, 'client'],
    ['OptInRequiredException', 403, 'client'],
    ['ResourceNotFoundException', 404, 'client'],
    ['ServiceQuotaExceededException', 402, 'client'],
    ['ServiceUnavailableException', 503, 'server'],
    ['ThrottlingException', 429, 'client'],
  ] as const;

  test.each(DECLARED)('W1: %s has a class, a name, a text and a status', async (name, status, fault) => {
    server.behaviour = () => failure(status, `com.amazonaws.computeoptimizerautomation#${name}`, 'Why it failed.');
    const error = await thrown(client().send(new AssociateAccountsCommand({ accountIds: [A] })));
    expect(error).toBeInstanceOf(sdk[name]);
    expect(error).toBeInstanceOf(ComputeOptimizerAutomationServiceException);
    expect(error).toMatchObject({
      name,
      message: 'Why it failed.',
      $fault: fault,
      $metadata: { httpStatusCode: status, requestId: 'request-1', attempts: 1 },
    });
    expect(error.constructor.name).toBe(name);
    const others = DECLARED.filter(([other]) => other !== name).map(([other]) => sdk[other]);
    expect(others.filter((other) => error instanceof other)).toEqual([]);
  });

  test.each([
    ['only the name', 'ThrottlingException'],
    ['a namespace of somebody else', 'com.amazon.coral.service#ThrottlingException'],
    ['an address after the name', 'ThrottlingException:http://internal.amazon.com/coral/'],
  ])('the name is found in %s', async (_, type) => {
    server.behaviour = () => failure(429, type, 'slow down');
    const error = await thrown(client().send(new ListAccountsCommand({})));
    expect(error).toMatchObject({ name: 'ThrottlingException', message: 'slow down' });
    expect(error).toBeInstanceOf(ThrottlingException);
  });

  test('the name is found in the header too', async () => {
    server.behaviour = () => ({ status: 409, headers: { 'x-amzn-errortype': 'IdempotencyTokenInUseException' }, body: '{"Message":"x"}' });
    const error = await thrown(client().send(new ListAccountsCommand({})));
    expect(error).toBeInstanceOf(IdempotencyTokenInUseException);
    expect(error.message).toBe('x');
  });

  test('F10: an error that nobody declared keeps its name, and is one of the service', async () => {
    server.behaviour = () => failure(400, 'UnrecognizedClientException', 'The security token is invalid.');
    const error = await thrown(client().send(new ListAccountsCommand({})));
    expect(error).toBeInstanceOf(ComputeOptimizerAutomationServiceException);
    expect(error).toMatchObject({
      name: 'UnrecognizedClientException', message: 'The security token is invalid.', $metadata: { httpStatusCode: 400 },
    });
  });

  test.each(['', '<html><body>503 Service Unavailable</body></html>'])('an error that is no JSON has its status (%s)', async (body) => {
    server.behaviour = () => ({ status: 503, body });
    const error = await thrown(client().send(new ListAccountsCommand({})));
    expect(error).toBeInstanceOf(Error);
    expect(error.$metadata?.httpStatusCode ?? error.$response?.statusCode).toBe(503);
  });

  test.each([
    ['ThrottlingException', 429, 3],
    ['InternalServerException', 500, 3],
    ['ServiceUnavailableException', 503, 3],
    ['IdempotencyTokenInUseException', 409, 1],
    ['OptInRequiredException', 403, 1],
  ])('the client itself repeats %s (%d) up to %d times', async (name, status, attempts) => {
    server.behaviour = () => failure(status, name);
    const error = await thrown(client({ maxAttempts: 3 }).send(new ListAccountsCommand({})));
    expect(error).toMatchObject({ name, $metadata: { attempts } });
    expect(server.received).toHaveLength(attempts);
  });

  test('an error can be made by hand, as tests with mocks do', () => {
    const error = new ThrottlingException({ message: 'slow down', $metadata: {} });
    expect(error).toMatchObject({ name: 'ThrottlingException', message: 'slow down', $fault: 'client' });
    expect(error).toBeInstanceOf(ComputeOptimizerAutomationServiceException);
    expect(ThrottlingException.name).toBe('ThrottlingException');
  });
});

describe('endpoints', () => {
  /** The host that a call goes to. */
  async function hostOf(config: ComputeOptimizerAutomationClientConfig): Promise<string> {
    const hosts: string[] = [];
    const requestHandler: any = {
      handle: async ({ protocol, hostname }: any) => {
        hosts.push(`${protocol}//${hostname}`);
        throw new Error('enough');
      },
    };
    const calling = client({ endpoint: undefined, ...config, requestHandler });
    const error = await thrown(calling.send(new ListAccountsCommand({})));
    return hosts[0] ?? error.message;
  }

  test.each([
    ['us-east-1', {}, 'https://aco-automation.us-east-1.amazonaws.com'],
    ['ap-northeast-3', {}, 'https://aco-automation.ap-northeast-3.amazonaws.com'],
    ['cn-north-1', {}, 'https://aco-automation.cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', {}, 'https://aco-automation.us-gov-west-1.amazonaws.com'],
    ['eusc-de-east-1', {}, 'https://aco-automation.eusc-de-east-1.amazonaws.eu'],
    ['us-east-1', { useFipsEndpoint: true }, 'https://aco-automation-fips.us-east-1.amazonaws.com'],
    ['us-east-1', { useDualstackEndpoint: true }, 'https://aco-automation.us-east-1.api.aws'],
    ['us-east-1', { useFipsEndpoint: true, useDualstackEndpoint: true }, 'https://aco-automation-fips.us-east-1.api.aws'],
    ['cn-north-1', { useDualstackEndpoint: true }, 'https://aco-automation.cn-north-1.api.amazonwebservices.com.cn'],
  ])('in %s with %j it is %s', async (region, config, host) => {
    expect(await hostOf({ region, ...config })).toEqual(host);
  });

  test.each([
    [{ useFipsEndpoint: true }, 'Invalid Configuration: FIPS and custom endpoint are not supported'],
    [{ useDualstackEndpoint: true }, 'Invalid Configuration: Dualstack and custom endpoint are not supported'],
  ])('fails on an endpoint of one\'s own together with %j', async (config, message) => {
    expect(await hostOf({ endpoint: server.url, ...config })).toBe(message);
  });

  test('the variables of the environment lead to an endpoint of one\'s own', async () => {
    const before = { ...process.env };
    try {
      process.env.AWS_ENDPOINT_URL = server.url;
      await client({ endpoint: undefined }).send(new ListAccountsCommand({}));
      expect(server.received).toHaveLength(1);
      process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
      process.env.AWS_ENDPOINT_URL_COMPUTE_OPTIMIZER_AUTOMATION = server.url;
      await client({ endpoint: undefined }).send(new ListAccountsCommand({}));
      expect(server.received).toHaveLength(2);
    } finally {
      process.env = before;
    }
  });

  test('fails without a Region', async () => {
    const error = await thrown(client({ region: async () => '' }).send(new ListAccountsCommand({})));
    expect(error.message).toMatch(/region/i);
  });
});

describe('configuration', () => {
  test('an extension changes Region and credentials before the first call', async () => {
    const extension = {
      configure(configuration: any) {
        configuration.setRegion(async () => 'us-west-2');
        configuration.setCredentials({ accessKeyId: 'AKIAOTHER', secretAccessKey: 'x' });
      },
    };
    await client({ extensions: [extension] }).send(new ListAccountsCommand({}));
    expect(server.received[0].headers.authorization).toMatch(/Credential=AKIAOTHER\/\d{8}\/us-west-2\/aco-automation/);
  });

  test('credentials are asked for, not kept', async () => {
    const credentials = jest.fn(async () => ({ accessKeyId: 'AKIAFUNCTION', secretAccessKey: 'x' }));
    await client({ credentials }).send(new ListAccountsCommand({}));
    expect(credentials).toHaveBeenCalled();
    expect(server.received[0].headers.authorization).toContain('AKIAFUNCTION');
  });

  test('the settings can be read back', async () => {
    const { config } = client({ useFipsEndpoint: true, endpoint: undefined });
    expect(await config.region()).toBe('eu-west-1');
    expect(await config.maxAttempts()).toBe(1);
    expect(config).toMatchObject({ apiVersion: '2025-09-22', serviceId: 'Compute Optimizer Automation' });
  });

  test('the client can be mocked like any other', async () => {
    const mock = mockClient(ComputeOptimizerAutomationClient);
    mock.on(AssociateAccountsCommand, { accountIds: [A] }).resolves({ accountIds: [A] });
    expect(await client().send(new AssociateAccountsCommand({ accountIds: [A] }))).toEqual({ accountIds: [A] });
    expect(mock.commandCalls(AssociateAccountsCommand)).toHaveLength(1);
    mock.restore();
  });
});
