import { OrganizationsClient } from '@aws-sdk/client-organizations';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { type HttpHandler, type HttpRequest, HttpResponse } from '@smithy/protocol-http';
import { awsError, ERRORS, type ErrorName, ScriptedHub, ids } from './bench';
import type { Live } from '../../../lambda/membership/service';
import { errorName, refusedForSure, said, transient } from '../../../lambda/runtime/errors';
import { SecurityHubMembership, liveOf } from '../../../lambda/security-hub-members/adapter';
import { securityHubApi } from '../../../lambda/security-hub-members/api';
import { VirtualPlatform } from '../support/virtual-platform';

const [A, B] = ['000000000012', '222222222222'];

describe('what a status means (S8: whatever its case)', () => {
  const create = ['CreateMembers'];
  const invite = ['InviteMembers'];
  const TABLE: readonly (readonly [status: string | undefined, inside: Omit<Live, 'status'>, outside: Omit<Live, 'status'>])[] = [
    ['Enabled', { kind: 'goal', steps: create }, { kind: 'goal', steps: [...create, ...invite] }],
    ['Associated', { kind: 'goal', steps: create }, { kind: 'goal', steps: [...create, ...invite] }],
    ['Created', { kind: 'settling', steps: create }, { kind: 'started', steps: invite }],
    ['Invited', { kind: 'started', steps: create }, { kind: 'goal', steps: [...create, ...invite] }],
    [
      'Removed',
      { kind: 'absent', steps: create },
      { kind: 'absent', steps: ['DeleteMembers', ...create, ...invite] },
    ],
    [
      'Resigned',
      { kind: 'absent', steps: create },
      { kind: 'absent', steps: ['DeleteMembers', ...create, ...invite] },
    ],
    ['Deleted', { kind: 'absent', steps: create }, { kind: 'absent', steps: [...create, ...invite] }],
    [undefined, { kind: 'absent', steps: create }, { kind: 'absent', steps: [...create, ...invite] }],
    ['AccountSuspended', { kind: 'suspended', steps: [] }, { kind: 'suspended', steps: [] }],
    // R09
    ['EmailVerificationInProgress', { kind: 'unknown', steps: [] }, { kind: 'unknown', steps: [] }],
    ['', { kind: 'unknown', steps: [] }, { kind: 'unknown', steps: [] }],
  ];

  test.each(TABLE)('%s', (status, inside, outside) => {
    for (const word of status === undefined ? [undefined] : [status, status.toUpperCase(), status.toLowerCase()]) {
      expect(liveOf(word, false)).toEqual({ ...inside, status: word ?? 'not listed' });
      expect(liveOf(word, true)).toEqual({ ...outside, status: word ?? 'not listed' });
    }
  });
});

/** Real clients, and in place of the network what a test has AWS say. */
class Wire implements HttpHandler {
  public readonly metadata = { handlerProtocol: 'http/1.1' };
  public readonly requests: { readonly method: string; readonly path: string; readonly body: any }[] = [];

  constructor(private readonly status: number, private readonly body: unknown, private readonly code?: string) {}

  public async handle({ method, path, body }: HttpRequest): Promise<{ response: HttpResponse }> {
    const text = body === undefined ? '' : new TextDecoder().decode(body);
    this.requests.push({ method, path, body: text === '' ? undefined : JSON.parse(text) });
    const headers: Record<string, string> = { 'content-type': 'application/json', 'x-amzn-requestid': 'r-7' };
    if (this.code !== undefined) headers['x-amzn-errortype'] = this.code;
    return { response: new HttpResponse({ statusCode: this.status, headers, body: bytes(this.body) }) };
  }

  public updateHttpClientConfig(): void {
    // nothing can be configured
  }

  public httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  public api() {
    const options = {
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' },
      maxAttempts: 1,
      requestHandler: this,
    };
    return securityHubApi(new SecurityHubClient(options), new OrganizationsClient(options));
  }
}

function bytes(body: unknown): Uint8Array {
  return body === undefined ? new Uint8Array() : new Uint8Array(Buffer.from(JSON.stringify(body)));
}

describe('requests and answers', () => {
  test('CreateMembers sends AccountId, and Email where there is one (T01, R21, R30: ids stay texts)', async () => {
    const wire = new Wire(200, {});
    expect(await wire.api().createMembers([{ accountId: A }, { accountId: B, email: 'b@example.com' }])).toEqual([]);
    expect(wire.requests).toEqual([
      {
        method: 'POST',
        path: '/members',
        body: { AccountDetails: [{ AccountId: A }, { AccountId: B, Email: 'b@example.com' }] },
      },
    ]);
  });

  test('CreateMembers answers UnprocessedAccounts, with and without ProcessingResult (R01)', async () => {
    const wire = new Wire(200, { UnprocessedAccounts: [{ AccountId: A, ProcessingResult: 'no' }, { AccountId: B }] });
    expect(await wire.api().createMembers([{ accountId: A }])).toEqual([
      { accountId: A, processingResult: 'no' },
      { accountId: B, processingResult: '' },
    ]);
  });

  test.each([
    ['inviteMembers', '/members/invite'],
    ['deleteMembers', '/members/delete'],
  ] as const)('%s', async (operation, path) => {
    const wire = new Wire(200, { UnprocessedAccounts: [{ AccountId: B, ProcessingResult: 'no' }] });
    expect(await wire.api()[operation]([A, B])).toEqual([{ accountId: B, processingResult: 'no' }]);
    expect(wire.requests).toEqual([{ method: 'POST', path, body: { AccountIds: [A, B] } }]);
  });

  test('DisassociateMembers answers nothing', async () => {
    const wire = new Wire(200, undefined);
    await wire.api().disassociateMembers([A, B]);
    expect(wire.requests).toEqual([{ method: 'POST', path: '/members/disassociate', body: { AccountIds: [A, B] } }]);
  });

  test('GetMembers answers ids and statuses; who is not listed is no member', async () => {
    const wire = new Wire(200, {
      Members: [{ AccountId: A, MemberStatus: 'Enabled', Email: 'a@example.com' }, {}],
      UnprocessedAccounts: [{ AccountId: B, ProcessingResult: 'not a member' }],
    });
    expect(await wire.api().getMembers([A, B])).toEqual([
      { accountId: A, status: 'Enabled' },
      { accountId: '', status: '' },
    ]);
    expect(wire.requests).toEqual([{ method: 'POST', path: '/members/get', body: { AccountIds: [A, B] } }]);
  });

  test.each([
    [{ OrganizationConfiguration: { ConfigurationType: 'CENTRAL' } }, { central: true, memberLimitReached: false }],
    [{ OrganizationConfiguration: { ConfigurationType: 'LOCAL' } }, { central: false, memberLimitReached: false }],
    [{ MemberAccountLimitReached: true }, { central: false, memberLimitReached: true }],
    [{}, { central: false, memberLimitReached: false }],
  ])('DescribeOrganizationConfiguration %j', async (body, expected) => {
    expect(await new Wire(200, body).api().describeOrganizationConfiguration()).toEqual(expected);
  });

  test.each([
    ['both', { State: 'PENDING_CLOSURE', Status: 'SUSPENDED' }, 'PENDING_CLOSURE'],
    ['State only', { State: 'SUSPENDED' }, 'SUSPENDED'],
    ['Status only', { Status: 'SUSPENDED' }, 'SUSPENDED'],
    ['neither', {}, ''],
  ])('R10: DescribeAccount answers State or Status: %s', async (_name, members, state) => {
    const api = new Wire(200, { Account: members }).api();
    expect(await api.describeAccount(A)).toEqual({ state, isManagementAccount: false });
  });

  test('the management account is known by its ARN', async () => {
    const arn = (management: string) => `arn:aws:organizations::${management}:account/o-abc/${A}`;
    const ask = (Arn: string) => new Wire(200, { Account: { Arn, State: 'ACTIVE' } }).api().describeAccount(A);
    expect((await ask(arn(A))).isManagementAccount).toBe(true);
    expect((await ask(arn(B))).isManagementAccount).toBe(false);
  });

  test.each(Object.keys(ERRORS) as ErrorName[])('%s as it comes over the wire is what the tests throw', async (name) => {
    const [, status] = ERRORS[name];
    const wire = new Wire(status, { Message: 'words of AWS', Code: name }, name);
    const error = await wire.api().getMembers([A]).catch((thrown: unknown) => thrown);
    const thrown = awsError(name);
    expect(errorName(error)).toBe(name);
    expect(said(error)).toBe(said(thrown).replace('r-1', 'r-7'));
    expect([refusedForSure(error), transient(error)]).toEqual([refusedForSure(thrown), transient(thrown)]);
    expect(wire.requests).toHaveLength(1); // no retry inside the SDK
  });
});

describe('how members are added and removed', () => {
  function membership(outside: readonly string[] = []) {
    const platform = new VirtualPlatform();
    const hub = new ScriptedHub(platform);
    const options = {
      api: hub,
      platform,
      region: 'us-east-1',
      administrator: '111111111111',
      outside: new Map(outside.map((account) => [account, `${account}@example.com`])),
      deadline: Infinity,
      patient: false,
    };
    return { hub, platform, service: new SecurityHubMembership(options) };
  }

  test('S6, R29: organization accounts are disassociated, others are deleted after that', () => {
    const { service } = membership();
    expect(service.leaveSteps(false)).toEqual(['DisassociateMembers']);
    expect(service.leaveSteps(true)).toEqual(['DisassociateMembers', 'DeleteMembers']);
  });

  test('W13: the steps that lead to a membership are claimed, and come in this order', () => {
    const { service } = membership();
    expect(service.joinSteps).toEqual(['DeleteMembers', 'CreateMembers', 'InviteMembers']);
    expect([...service.claimingSteps]).toEqual(['DeleteMembers', 'CreateMembers']);
  });

  test('a call that is none', async () => {
    const { service, platform } = membership();
    const call = service.call('Befriend', [A], new AbortController().signal);
    await expect(platform.run(call)).rejects.toThrow("'Befriend' is no call of Security Hub membership");
  });

  test('S1: reads are in chunks of 50, and every account asked for is in the answer', async () => {
    const { service, platform, hub } = membership();
    const all = Array.from({ length: 120 }, (_, index) => String(index).padStart(12, '0'));
    hub.members.set(all[119], 'Enabled');
    const live = await platform.run(service.observe(all, 'join'));
    expect(hub.calls.map((call) => call.accounts.length).sort()).toEqual([20, 50, 50]);
    expect([...live.keys()]).toEqual(all);
    expect([...live.values()].filter(({ kind }) => kind === 'goal')).toHaveLength(1);
  });

  test('ten calls a second after a burst of 30', async () => {
    const { service, platform } = membership();
    const began = platform.now();
    const signal = new AbortController().signal;
    await platform.run(Promise.all(Array.from({ length: 80 }, () => service.call('CreateMembers', [A], signal))));
    expect(platform.now() - began).toBe(5_000);
  });

  test.each([
    ['AccountNotFoundException', 'foreign', { kind: 'skip', words: 'the account is SUSPENDED in AWS Organizations' }],
    ['AccessDeniedException', undefined, undefined],
  ])('lookups that end with %s say of their account: %s, and of those after it: %s', async (name, kind, expected) => {
    const { service, platform, hub } = membership();
    // more than are looked up at once
    const foreign = ids(20);
    hub.organization.set(B, { state: 'SUSPENDED', isManagementAccount: false });
    hub.faults.DescribeAccount = ({ accounts: [account] }) =>
      account === B ? undefined : Object.assign(new Error('no'), { name, $fault: 'client', $metadata: {} });
    const causes = await platform.run(service.causes([...foreign, B]));
    expect(new Set(foreign.map((account) => causes.get(account)?.kind))).toEqual(new Set([kind]));
    expect(causes.get(B)).toEqual(expected);
  });

  test('accounts outside the organization are not looked up there', async () => {
    const { service, platform, hub } = membership([A]);
    expect(await platform.run(service.causes([A]))).toEqual(new Map());
    expect(hub.calls).toEqual([]);
  });
});
