/**
 * Late, doubled and lost deliveries and answers: conformance groups P and D, and the clock (F12, F13).
 */
import { Life, type LifeOptions } from './driver';
import { A, B, C, X, expectClean, expectNoBreach, some, types } from './support';
import { failing, logicalId } from './templates';
import { STAMPS } from '../local-aws/cloudformation/custom-resource';
import { AwsError } from '../local-aws/core';
import type { QueuedEvent } from '../local-aws/lambda-queue';
import { organizationOf } from '../local-aws/organization-file';

const members = (accounts: readonly string[], more: object = {}) => ({ members: { Members: { accounts, ...more } } });
const typeOf = ({ payload }: QueuedEvent): string => JSON.parse(payload).RequestType;

/** Copies of the events of one type. */
function copies(type: string, ...duplicateAfterMs: number[]): LifeOptions['lambda'] {
  return { delivery: (event, attempt) => (typeOf(event) === type && attempt === 1 ? { duplicateAfterMs } : undefined) };
}

const FORMS = [
  ['sigv4, exact', { responseUrlForm: 'sigv4', stamp: STAMPS.exact }],
  ['sigv4, equal seconds', { responseUrlForm: 'sigv4', stamp: STAMPS.sameSecond }],
  ['sigv4, 2 s between clocks', { responseUrlForm: 'sigv4', stamp: STAMPS.skewed }],
  ['sigv2', { responseUrlForm: 'sigv2', stamp: STAMPS.exact }],
  ['no time at all', { responseUrlForm: 'none', stamp: STAMPS.exact }],
] as const;

describe.each(FORMS)('response URLs: %s', (_, customResources) => {
  test.each([[[5_000]], [[5_000, 90_000]], [[0]], [[0, 0]], [[700]]])('D1 D2 D7 D8 copies %j ms after the first delivery: one effect, one answer', async (after) => {
    for (const type of ['Create', 'Update', 'Delete']) {
      const life = new Life({ customResources, lambda: copies(type, ...after), latency: 300 });
      expect(await life.deploy(members([A, B]))).toBe('CREATE_COMPLETE');
      expect(await life.deploy(members([B, C]))).toBe('UPDATE_COMPLETE');
      expect(life.memberIds()).toEqual([B, C]);
      await expectClean(life);
      expect(await life.destroy()).toBe('DELETE_COMPLETE');
      expect(life.memberIds()).toEqual([]);
      await expectNoBreach(life);
    }
  });

  test('L7 L8 W1 an update is rolled back, a late copy of the failed one changes nothing', async () => {
    const life = new Life({
      customResources, lambda: { delivery: (event, attempt) => (typeOf(event) === 'Update' && attempt === 1 ? { duplicateAfterMs: [400_000] } : undefined) },
    });
    await life.deploy(members([A, B]));
    const status = await life.deploy({ ...members([B, C]), resources: { Bad: failing(['Create'], 20, { DependsOn: [logicalId('Members')] }) } });
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    await expectNoBreach(life);
    expect(life.memberIds()).toEqual([A, B]);
  });
});

test('D4 W2 a Create that is first delivered after its Delete was answered does nothing', async () => {
  const life = new Life({
    lambda: { delivery: (event, attempt) => (typeOf(event) === 'Create' && JSON.parse(event.payload).LogicalResourceId === logicalId('Members') && attempt === 1 ? { delayMs: 400_000 } : undefined) },
    mayTimeOut: true,
  });
  // the stack gives up: another resource fails meanwhile, and the other members keep the function alive
  const status = await life.deploy({ members: { Members: { accounts: [A] }, Others: { accounts: [B], retain: true } }, resources: { Bad: failing(['Create'], 30) } });
  expect(status).toBe('ROLLBACK_COMPLETE');
  expect(life.memberIds()).toEqual([B]);
  await expectNoBreach(life);
});

test('D4 a late duplicate of a Create after the resource was removed does not bring its accounts back', async () => {
  const life = new Life({ lambda: copies('Create', 600_000) });
  await life.deploy({ members: { Members: { accounts: [A] }, Others: { accounts: [B] } } });
  await life.deploy({ members: { Others: { accounts: [B] } } });
  await expectNoBreach(life);
  expect(life.memberIds()).toEqual([B]);
});

test('W1 an Update that is overtaken by its own rollback does nothing when it arrives', async () => {
  let updates = 0;
  const life = new Life({
    lambda: { delivery: (event, attempt) => (typeOf(event) === 'Update' && attempt === 1 && ++updates === 1 ? { delayMs: 1_500_000 } : undefined) },
    mayTimeOut: true,
  });
  await life.deploy(members([A]));
  expect(await life.deploy(members([B]))).toBe('UPDATE_ROLLBACK_COMPLETE');
  await expectNoBreach(life);
  expect(types(life)).toEqual(['Create', 'Update', 'Update']);
  expect(life.memberIds()).toEqual([A]);
});

/** A deployment whose last request is of a type, after an undisturbed beginning. */
const ENDING_WITH = {
  Create: { before: async () => undefined, play: (life: Life) => life.deploy(members([A, B])), status: 'CREATE_COMPLETE', left: [A, B] },
  Update: {
    before: (life: Life) => life.deploy(members([A, B])), play: (life: Life) => life.deploy(members([B, C])), status: 'UPDATE_COMPLETE', left: [B, C],
  },
  Delete: { before: (life: Life) => life.deploy(members([A, B])), play: (life: Life) => life.destroy(), status: 'DELETE_COMPLETE', left: [] },
} as const;

describe.each(Object.entries(ENDING_WITH))('D3 the first attempt at a %s', (_type, { before, play, status, left }) => {
  test('is killed after each call and each operation on the ledger: the second completes it', async () => {
    let killed = true;
    let k = 0;
    for (; killed; k++) {
      const life = new Life();
      await before(life);
      let points = 0;
      let unanswered = false;
      killed = false;
      life.atPoint = ({ kind, invocation }) => {
        if (kind === 'put' || invocation.attempt > 1 || points++ !== k) return undefined;
        killed = true;
        // after a Delete's answer the function goes, and nothing is delivered again
        unanswered = life.requests.at(-1)!.answers.length === 0;
        return { kind: 'killAfter' };
      };
      expect({ k, status: await play(life) }).toEqual({ k, status });
      expect(life.memberIds()).toEqual(left);
      await life.settle();
      const ends = life.lambda.deliveries.slice(-2).map(({ attempt, outcome }) => `${attempt} ${outcome}`);
      if (unanswered) expect(ends).toEqual(['1 killed', '2 returned']);
      if (left.length === 0) continue;
      // what the killed attempt has added is still known to be ours
      expect(await life.destroy()).toBe('DELETE_COMPLETE');
      expect({ k, left: life.memberIds() }).toEqual({ k, left: [] });
      await expectClean(life);
    }
    // at least admission, lease, wants, lane, rows, the calls and their announcements
    expect(k).toBeGreaterThan(12);
  });
});

test('D3 W11 two attempts are killed, the third answers', async () => {
  const life = new Life({ atPoint: ({ operation, invocation }) => (operation === 'GetMembers' && invocation.attempt < 3 ? { kind: 'killAfter' } : undefined) });
  expect(await life.deploy(members([A, B]))).toBe('CREATE_COMPLETE');
  expect(life.lambda.deliveries).toHaveLength(3);
  await expectClean(life);
});

test('D5 a Delete with an invented id arrives while Create is running: it ends clean', async () => {
  for (let seconds = 1; seconds < 14; seconds++) {
    const life = new Life({ seed: seconds, unknowns: { createdFor: 10_000 }, latency: 500 });
    expect(await life.deploy({ ...members([A, B]), resources: { Bad: failing(['Create'], seconds) } })).toBe('ROLLBACK_COMPLETE');
    expect(life.memberIds()).toEqual([]);
    await expectNoBreach(life);
  }
});

test.each(['AWSCDK::CustomResourceProviderFramework::CREATE_FAILED', 'Stack-Members-1ABCDEF', 'x'])('D6 a Delete with the id %s succeeds and touches nobody else', async (PhysicalResourceId) => {
  const life = new Life({ organization: organizationOf({ accounts: 6, members: [C] }) });
  await life.deploy({ members: { Members: { accounts: [A, C] }, Others: { accounts: [B] } } });
  const request = life.requests.map((record) => record.request).find(({ LogicalResourceId }) => LogicalResourceId === logicalId('Members'))!;
  await life.wait(10_000);
  await life.redeliver({ ...request, RequestId: 'delete', RequestType: 'Delete', PhysicalResourceId, ResponseURL: request.ResponseURL.replace(/X-Amz-Date=\d+T\d+Z/, 'X-Amz-Date=20260101T001000Z') });
  expect(JSON.parse(life.aws.journal.of('s3').at(-1)!.call.input.Body)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId });
  expect(life.memberIds()).toEqual([B, C]);
});

test.each(['lost', 'unconfirmed'] as const)('P7 D9 the answer is %s 1 to 4 times: the same bytes arrive in the end', async (fault) => {
  for (let times = 1; times <= 4; times++) {
    const life = new Life({ customResources: { putFault: (_, count) => (count < times ? fault : undefined) } });
    expect(await life.deploy(members([A]))).toBe('CREATE_COMPLETE');
    await expectNoBreach(life);
    expect(life.requests[0].answers).toHaveLength(times + 1);
  }
});

test('P7 W9 the answer never arrives: every attempt fails, so that Lambda delivers again', async () => {
  const life = new Life({ customResources: { putFault: () => 'lost' }, mayTimeOut: true });
  await life.deploy(members([A]), { onFailure: 'DO_NOTHING' });
  expect(life.lambda.deliveries.map(({ outcome }) => outcome)).toEqual(['threw', 'threw', 'threw']);
  expect(life.log.some(({ text }) => text.includes('the answer was not taken'))).toBe(true);
});

test('P1 P4 P5 P6 odd events get exactly one answer each, with what identifies them copied', async () => {
  const life = new Life();
  await life.deploy(members([A], { raw: { Unknown: { deep: [1, true] }, Wait: '30', FailureTolerance: 'none' } }));
  expect(life.memberIds()).toEqual([A]);
  const [{ request }] = life.requests;
  for (const change of [{ RequestType: 'Upsert' }, { RequestType: undefined }, { RequestType: 'Update', PhysicalResourceId: undefined }]) {
    const before = life.aws.journal.of('s3').length;
    const event = { ...request, RequestId: `odd-${String(change.RequestType)}`, ...change };
    await life.redeliver(JSON.parse(JSON.stringify(event)));
    const answers = life.aws.journal.of('s3').slice(before).map(({ call }) => JSON.parse(call.input.Body));
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatchObject({ Status: 'FAILED', StackId: request.StackId, RequestId: event.RequestId, LogicalResourceId: request.LogicalResourceId, Reason: expect.any(String) });
  }
});

test('P2 answers stay small with 1, 50 and 500 refused accounts, and with a 10 KB error', async () => {
  for (const n of [1, 50, 500]) {
    const life = new Life({ organization: organizationOf({ accounts: n, refusals: some(n).map((accountId) => ({ accountId, processingResult: `no: ${'x'.repeat(300)}` })) }) });
    expect(await life.deploy(members(some(n)))).toBe('ROLLBACK_COMPLETE');
    await expectNoBreach(life);
  }
  const life = new Life({
    atPoint: ({ operation }) => (operation === 'CreateMembers' ? { kind: 'fault', fault: { kind: 'error', when: 'before', error: new AwsError('BrandNewException', 'é'.repeat(5_000), 400) } } : undefined),
  });
  expect(await life.deploy(members([A]))).toBe('ROLLBACK_COMPLETE');
  await expectNoBreach(life);
});

test('P3 P9 the physical id is constant over Create, Update and Delete, and no line of the log or of a reason tells a secret', async () => {
  const life = new Life({ organization: organizationOf({ accounts: 6, outside: 2, refusals: [{ accountId: X, processingResult: 'address owner@example.com is taken' }] }) });
  await life.deploy({ members: { Members: { accounts: [A], outside: [X], failureTolerance: 'all' } } });
  await life.deploy({ members: { Members: { accounts: [B], outside: [X], failureTolerance: 'all' } } });
  await life.destroy();
  expect(new Set(life.requests.map(({ answers }) => JSON.parse(answers[0].body).PhysicalResourceId)).size).toBe(1);
  expect(JSON.parse(life.requests[0].answers[0].body).Reason).toContain(X);
  await expectNoBreach(life);
});

test('P8 AWS hangs on every call: FAILED in time, with a clean end', async () => {
  const life = new Life({ atPoint: ({ kind }) => (kind === 'call' ? { kind: 'fault', fault: { kind: 'hang', when: 'before' } } : undefined) });
  expect(await life.deploy(members([A]))).toMatch(/^ROLLBACK_(COMPLETE|FAILED)$/);
  for (const { invocation } of life.points) expect(invocation.isKilled()).toBe(false);
  await expectNoBreach(life);
});

test('P8 P11 F4 throttled for ever: every request is answered before CloudFormation gives up', async () => {
  const life = new Life();
  await life.deploy(members([A, B]));
  life.atPoint = ({ kind }) => (kind === 'call' ? { kind: 'fault', fault: { kind: 'error', when: 'before', error: new AwsError('LimitExceededException', 'Rate exceeded', 429) } } : undefined);
  expect(await life.deploy(members([B, C]))).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(await life.destroy()).toBe('DELETE_FAILED');
  life.atPoint = undefined;
  expect(await life.destroy()).toBe('DELETE_COMPLETE');
  expect(life.memberIds()).toEqual([]);
  await expectNoBreach(life);
});

test('P11 P12 the largest event is below what Lambda takes, and its function may run no longer than CloudFormation waits', async () => {
  const life = new Life({ organization: organizationOf({ accounts: 1_000 }), checks: 'atRest' });
  await life.deploy(members(some(1_000)));
  const [{ request }] = life.requests;
  const largest = JSON.stringify({ ...request, OldResourceProperties: request.ResourceProperties });
  expect(Buffer.byteLength(largest)).toBeLessThan(262_144);
  const { timeoutSeconds } = life.lambda.getFunction(request.ServiceToken)!;
  expect(Number(request.ResourceProperties.ServiceTimeout)).toBeGreaterThanOrEqual(timeoutSeconds);
});

test('L15 two stacks, each with a ledger of its own, do not see one another', async () => {
  const life = new Life({ latency: 200 });
  await life.run(Promise.all([life.startDeploy(members([A]), { stack: 'First' }), life.startDeploy(members([B]), { stack: 'Second' })]));
  expect(life.memberIds()).toEqual([A, B]);
  expect(life.rows('First').map(({ account }) => account)).toEqual([A]);
  expect(life.rows('Second').map(({ account }) => account)).toEqual([B]);
  await life.destroy({ stack: 'First' });
  expect(life.memberIds()).toEqual([B]);
  await expectNoBreach(life);
});
