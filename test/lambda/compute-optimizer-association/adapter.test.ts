import { ComputeOptimizerAutomationClient } from '@aws-sdk/client-compute-optimizer-automation';
import { type HttpHandler, type HttpRequest, HttpResponse } from '@smithy/protocol-http';
import * as fc from 'fast-check';
import { ADMINISTRATOR, ERRORS, type ErrorName, REGION, ScriptedAutomation, awsError, ids } from './bench';
import { AutomationMembership, clientToken, toJoin, toLeave } from '../../../lambda/compute-optimizer-association/adapter';
import { automationApi } from '../../../lambda/compute-optimizer-association/api';
import type { CallFailure, Live } from '../../../lambda/membership/service';
import { errorName, refusedForSure, said, transient } from '../../../lambda/runtime/errors';
import { VirtualPlatform } from '../support/virtual-platform';

const [A, B] = ['000000000012', '222222222222'];

describe('what ListAccounts shows means', () => {
  const associate = ['AssociateAccounts'];
  type Meaning = Omit<Live, 'status'>;
  const TABLE: readonly (readonly [mode: string, status: string, join: Meaning, leave: Live['kind']])[] = [
    ['AnyAllowed', 'Active', { kind: 'goal', steps: associate }, 'goal'],
    ['AnyAllowed', 'Pending', { kind: 'settling', steps: associate }, 'goal'],
    ['AnyAllowed', 'Inactive', { kind: 'absent', steps: associate }, 'goal'],
    ['AnyAllowed', 'Failed', { kind: 'absent', steps: associate }, 'goal'],
    ['NoneAllowed', 'Active', { kind: 'absent', steps: associate }, 'absent'],
    ['NoneAllowed', 'Pending', { kind: 'absent', steps: associate }, 'absent'],
    ['NoneAllowed', 'Inactive', { kind: 'absent', steps: associate }, 'absent'],
    ['NoneAllowed', 'Failed', { kind: 'absent', steps: associate }, 'absent'],
    // R09
    ['AnyAllowed', 'Hibernating', { kind: 'unknown', steps: [] }, 'goal'],
    ['NoneAllowed', 'Hibernating', { kind: 'unknown', steps: [] }, 'absent'],
    ['SomeAllowed', 'Active', { kind: 'unknown', steps: [] }, 'unknown'],
    ['', '', { kind: 'unknown', steps: [] }, 'unknown'],
  ];

  test.each(TABLE)('%s, %s', (organizationRuleMode, status, join, leave) => {
    const account = { accountId: A, status, organizationRuleMode };
    expect(toJoin(account)).toMatchObject(join);
    expect(toJoin(account).cure).toBeUndefined();
    expect(toLeave(account)).toMatchObject({ kind: leave, steps: [] });
  });

  test('nothing', () => {
    expect(toJoin(undefined)).toMatchObject({ kind: 'ineligible', steps: [], cure: expect.stringContaining('includeMemberAccounts') });
    expect(toLeave(undefined)).toEqual({ kind: 'absent', status: 'not listed', steps: [] });
  });
});

describe('C4, R27: client tokens', () => {
  const accounts = fc.uniqueArray(fc.stringMatching(/^[0-9]{12}$/), { maxLength: 50 }).map((list) => list.sort());
  const request = fc.tuple(fc.uuid(), fc.constantFrom('AssociateAccounts', 'DisassociateAccounts'), accounts);

  test('are 43 characters that AWS takes', () => {
    fc.assert(fc.property(request, (one) => /^[a-zA-Z0-9_-]{43}$/.test(clientToken(...one))));
  });

  test('are the same for the same event, operation and accounts, and for nothing else', () => {
    fc.assert(fc.property(request, request, (one, other) => {
      expect(clientToken(...one)).toBe(clientToken(...one));
      expect(clientToken(...one) === clientToken(...other)).toBe(JSON.stringify(one) === JSON.stringify(other));
    }));
  });

  test('differ for one account more, another operation, another event', () => {
    const own = clientToken('r-1', 'AssociateAccounts', [A]);
    expect(clientToken('r-1', 'AssociateAccounts', [A, B])).not.toBe(own);
    expect(clientToken('r-1', 'DisassociateAccounts', [A])).not.toBe(own);
    expect(clientToken('r-2', 'AssociateAccounts', [A])).not.toBe(own);
  });
});

/** The real client, and in place of the network what a test has AWS say. */
class Wire implements HttpHandler {
  public readonly metadata = { handlerProtocol: 'http/1.1' };
  public readonly requests: { readonly target: string; readonly body: unknown }[] = [];

  constructor(private readonly status: number, private readonly body: unknown) {}

  public async handle({ headers, body }: HttpRequest): Promise<{ response: HttpResponse }> {
    this.requests.push({ target: headers['x-amz-target'], body: JSON.parse(new TextDecoder().decode(body)) });
    const answer = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'r-7' };
    const bytes = new Uint8Array(Buffer.from(JSON.stringify(this.body)));
    return { response: new HttpResponse({ statusCode: this.status, headers: answer, body: bytes }) };
  }

  public updateHttpClientConfig(): void {
    // nothing can be configured
  }

  public httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  public api() {
    const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };
    const options = { region: REGION, credentials, maxAttempts: 1, requestHandler: this };
    return automationApi(new ComputeOptimizerAutomationClient(options));
  }
}

describe('R26: what is sent, and what is read of the answer', () => {
  const TARGET = 'ComputeOptimizerAutomationService';

  test('ListAccounts: the largest page, and the next one', async () => {
    const account = { accountId: A, status: 'Failed', statusReason: 'no', organizationRuleMode: 'AnyAllowed', lastUpdatedTimestamp: 1 };
    const wire = new Wire(200, { accounts: [account], nextToken: 'more' });
    const { lastUpdatedTimestamp: _time, ...read } = account;
    expect(await wire.api().listAccounts(undefined)).toEqual({ accounts: [read], nextToken: 'more' });
    await wire.api().listAccounts('more');
    expect(wire.requests).toEqual([
      { target: `${TARGET}.ListAccounts`, body: { maxResults: 1000 } },
      { target: `${TARGET}.ListAccounts`, body: { maxResults: 1000, nextToken: 'more' } },
    ]);
  });

  test.each([[{}], [{ accounts: [], nextToken: '' }], [{ accounts: null, nextToken: null }]])('ListAccounts: nobody and no next page, %j', async (body) => {
    expect(await new Wire(200, body).api().listAccounts(undefined)).toEqual({ accounts: [] });
  });

  test('ListAccounts: members that are missing are empty', async () => {
    expect((await new Wire(200, { accounts: [{}] }).api().listAccounts(undefined)).accounts).toEqual([
      { accountId: '', status: '', statusReason: undefined, organizationRuleMode: '' },
    ]);
  });

  test.each(['associateAccounts', 'disassociateAccounts'] as const)('%s: the accounts and our token; either list may be absent', async (method) => {
    const wire = new Wire(200, { accountIds: [A], errors: ['no'] });
    expect(await wire.api()[method]([A, B], 'token')).toEqual({ accountIds: [A], errors: ['no'] });
    const target = `${TARGET}.${method[0].toUpperCase()}${method.slice(1)}`;
    expect(wire.requests).toEqual([{ target, body: { accountIds: [A, B], clientToken: 'token' } }]);
    expect(await new Wire(200, {}).api()[method]([A], 't')).toEqual({ accountIds: [], errors: [] });
    expect(await new Wire(200, { accountIds: [A] }).api()[method]([A], 't')).toEqual({ accountIds: [A], errors: [] });
  });

  test('enrolment', async () => {
    const wire = new Wire(200, { status: 'Failed', statusReason: 'no', organizationRuleMode: 'NoneAllowed', lastUpdatedTimestamp: 1 });
    expect(await wire.api().enroll('token')).toEqual({ status: 'Failed', statusReason: 'no' });
    expect(await wire.api().getEnrollmentConfiguration()).toEqual({ status: 'Failed', statusReason: 'no' });
    expect(wire.requests).toEqual([
      { target: `${TARGET}.UpdateEnrollmentConfiguration`, body: { status: 'Active', clientToken: 'token' } },
      { target: `${TARGET}.GetEnrollmentConfiguration`, body: {} },
    ]);
    expect(await new Wire(200, {}).api().getEnrollmentConfiguration()).toEqual({ status: '', statusReason: undefined });
  });

  test.each(Object.entries(ERRORS))('W1: %s as AWS sends it', async (name, [, status]) => {
    const error = await new Wire(status, { __type: `x#${name}`, message: 'words of AWS' }).api().listAccounts(undefined).catch((caught) => caught);
    expect(errorName(error)).toBe(name);
    expect(said(error)).toBe(`${name}: words of AWS (request id r-7)`);
    expect(refusedForSure(error)).toBe(status < 500);
    const passes = ['ThrottlingException', 'InternalServerException', 'ServiceUnavailableException', 'IdempotencyTokenInUseException'];
    expect(transient(error)).toBe(passes.includes(name));
  });
});

describe('what an error of a call means', () => {
  function membership(enrolled: readonly string[] = ids(3)) {
    const platform = new VirtualPlatform();
    const service = new ScriptedAutomation(platform);
    service.enroll(enrolled);
    const adapter = new AutomationMembership({
      automation: (region) => service.in(region),
      organizations: service,
      platform,
      region: REGION,
      administrator: ADMINISTRATOR,
      enrollAdministrator: false,
      requestId: 'r-1',
      deadline: Infinity,
      waitSeconds: 600,
      patient: false,
    });
    return { adapter, service, platform };
  }

  const TABLE: readonly (readonly [error: ErrorName, join: CallFailure | 'cure', leave: CallFailure | 'cure', looked: CallFailure | 'cure'])[] = [
    ['ThrottlingException', 'retry', 'retry', 'retry'],
    ['InternalServerException', 'retry', 'retry', 'retry'],
    ['ServiceUnavailableException', 'retry', 'retry', 'retry'],
    ['IdempotencyTokenInUseException', 'retry', 'retry', 'retry'],
    ['InvalidParameterValueException', 'split', 'look', 'look'],
    ['OptInRequiredException', 'stop', 'look', 'cure'],
    ['NotManagementAccountException', 'stop', 'look', 'cure'],
    ['ForbiddenException', 'cure', 'cure', 'cure'],
    ['IdempotentParameterMismatchException', 'cure', 'cure', 'cure'],
    ['AccessDeniedException', 'refuse', 'refuse', 'refuse'],
    ['ResourceNotFoundException', 'refuse', 'refuse', 'refuse'],
  ];

  test.each(TABLE)('%s', (name, join, leave, looked) => {
    const { adapter } = membership();
    const judged = (step: string, hasLooked: boolean) => {
      const failure = adapter.judge(awsError(name), { step, attempt: 1, accounts: 50, looked: hasLooked });
      return typeof failure === 'object' ? 'cure' : failure;
    };
    expect([judged('AssociateAccounts', false), judged('DisassociateAccounts', false), judged('DisassociateAccounts', true)])
      .toEqual([join, leave, looked]);
  });

  test('the one account that spoils a call is refused with what helps', () => {
    const { adapter } = membership();
    const error = awsError('InvalidParameterValueException');
    const alone = { attempt: 1, accounts: 1 };
    const refusal = { refuse: expect.stringContaining('trusted access') };
    expect(adapter.judge(error, { ...alone, step: 'AssociateAccounts', looked: false })).toEqual(refusal);
    expect(adapter.judge(error, { ...alone, step: 'DisassociateAccounts', looked: true })).toEqual(refusal);
    expect(adapter.judge(error, { ...alone, step: 'DisassociateAccounts', looked: false })).toBe('look');
  });

  test('F10: an error that nobody knows is a refusal', async () => {
    const { adapter } = membership();
    const error = Object.assign(new Error('?'), { name: 'NewException', $fault: 'client', $metadata: { httpStatusCode: 400 } });
    expect(adapter.judge(error, { step: 'AssociateAccounts', attempt: 1, accounts: 1, looked: false })).toBe('refuse');
    expect(await adapter.explain(error)).toBe('NewException: ?');
  });

  test('accounts are sent in one order, whatever the order of the call', async () => {
    const { adapter, service, platform } = membership();
    const [one, two, three] = ids(3);
    const signal = new AbortController().signal;
    for (const order of [[three, one, two], [two, three, one]]) await platform.run(adapter.call('AssociateAccounts', order, signal));
    const [first, second] = service.calls;
    expect(first.accounts).toEqual([one, two, three]);
    expect([second.accounts, second.token]).toEqual([first.accounts, first.token]);
  });

  test('there are no other calls, and AWS keeps no members of its own', async () => {
    const { adapter, platform } = membership();
    const call = platform.run(adapter.call('CreateMembers', [A], new AbortController().signal));
    await expect(call).rejects.toThrow("'CreateMembers' is no call of Compute Optimizer Automation");
    expect(await adapter.keepsMembers()).toBeUndefined();
    expect(adapter.leaveSteps()).toEqual(['DisassociateAccounts']);
  });

  test('of many errors an account is told the first, and how many there are', async () => {
    const { adapter, service, platform } = membership(ids(6));
    for (const account of ids(5)) service.unprocessed.set(account, `reason ${account.slice(-1)}`);
    const { unprocessed } = await platform.run(adapter.call('AssociateAccounts', ids(6), new AbortController().signal));
    expect([...unprocessed.keys()]).toEqual(ids(5));
    expect(new Set(unprocessed.values())).toEqual(new Set(['AWS said: reason 0; reason 1; reason 2 and 2 more']));
  });
});
