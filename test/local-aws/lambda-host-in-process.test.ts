import { VirtualClock } from './clock';
import type { FunctionConfiguration } from './lambda-host';
import { InProcessLambdaHost, whileRunning } from './lambda-host-in-process';
import type { Invocation, InProcessLambdaHostOptions } from './lambda-host-in-process';
import { FORMER_ASYNC_PAYLOAD_LIMIT } from './lambda-queue';

const FUNCTION: FunctionConfiguration = {
  functionName: 'handler',
  functionArn: 'arn:aws:lambda:eu-west-1:111111111111:function:handler',
  region: 'eu-west-1',
  accountId: '111111111111',
  roleArn: 'arn:aws:iam::111111111111:role/handler',
  handler: 'index.handler',
  runtime: 'nodejs22.x',
  timeoutSeconds: 900,
  memoryMegabytes: 256,
  environment: {},
  logGroupName: '/aws/lambda/handler',
  code: { bucket: 'assets', key: 'handler.zip' },
};

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

async function bed(
  start: (invocation: Invocation, clock: VirtualClock) => Promise<unknown>,
  { seed = 1, ...options }: Partial<InProcessLambdaHostOptions> & { seed?: number } = {},
  configuration: Partial<FunctionConfiguration> = {},
) {
  const clock = new VirtualClock();
  const begin = clock.now();
  const host = new InProcessLambdaHost({
    environment: { clock, random: pseudoRandom(seed) },
    start: (invocation) => start(invocation, clock),
    latencyMs: 0,
    retryJitter: 0,
    ...options,
  });
  await host.putFunction({ ...FUNCTION, ...configuration });
  return {
    host,
    clock,
    begin,
    invoke: (event: unknown = {}) => host.invokeAsync(FUNCTION.functionArn, event),
    untilIdle: () => clock.runUntil(() => host.idle()),
    /** Start and end of every delivery, in seconds since the beginning, and its outcome. */
    history: () => host.deliveries.map(({ startedAt, endedAt, outcome }) => [
      (startedAt - begin) / SECOND,
      endedAt === undefined ? undefined : (endedAt - begin) / SECOND,
      outcome,
    ]),
  };
}

/** A linear congruential generator: good enough to vary, the same for a seed. */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

const throws = async () => { throw new TypeError('no'); };
const forever = () => new Promise<never>(() => undefined);

describe('delivery', () => {
  test('runs the function once when it returns', async () => {
    const { host, invoke, untilIdle, history } = await bed(async () => ({ done: true }));
    const event = invoke({ a: 1 });
    expect(await untilIdle()).toBe(true);
    expect(history()).toEqual([[0, 0, 'returned']]);
    expect(event.fate).toBe('returned');
    expect(host.deliveries[0].event).toBe(event);
  });

  test('retries after one and two minutes when the function throws, with the same request id and a fresh event', async () => {
    const seen: Invocation[] = [];
    const { invoke, untilIdle, history, host } = await bed(async (invocation) => {
      seen.push(invocation);
      invocation.event.list.push('dirty');
      return throws();
    });
    const event = invoke({ list: [] });
    await untilIdle();
    expect(history()).toEqual([[0, 0, 'threw'], [60, 60, 'threw'], [180, 180, 'threw']]);
    expect(event.fate).toBe('exhausted');
    expect(new Set(seen.map(({ context }) => context.awsRequestId))).toEqual(new Set([event.awsRequestId]));
    expect(seen.map((invocation) => invocation.event)).toEqual([{ list: ['dirty'] }, { list: ['dirty'] }, { list: ['dirty'] }]);
    expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(host.deliveries[0].error).toMatchObject({ errorType: 'TypeError', errorMessage: 'no' });
  });

  test('jitters the delays of retries from the seed', async () => {
    const starts = async (seed: number) => {
      const { invoke, untilIdle, history } = await bed(throws, { seed, retryJitter: 0.1 });
      invoke();
      await untilIdle();
      return history().map(([start]) => start as number);
    };
    const [, second, third] = await starts(1);
    expect(Math.abs(second - 60)).toBeLessThanOrEqual(6);
    expect(Math.abs(third - second - 120)).toBeLessThanOrEqual(12);
    expect(await starts(1)).toEqual([0, second, third]);
    expect(await starts(2)).not.toEqual([0, second, third]);
  });

  test('honours MaximumRetryAttempts', async () => {
    const { invoke, untilIdle, history } = await bed(throws, {}, { maximumRetryAttempts: 0 });
    const event = invoke();
    await untilIdle();
    expect(history()).toHaveLength(1);
    expect(event.fate).toBe('exhausted');
  });

  test('stops retrying when an attempt returns', async () => {
    const { invoke, untilIdle, history } = await bed(async ({ attempt }) => attempt < 2 ? throws() : {});
    const event = invoke();
    await untilIdle();
    expect(history()).toEqual([[0, 0, 'threw'], [60, 60, 'returned']]);
    expect(event.fate).toBe('returned');
  });

  test('D1 delivers copies one after the other without any error', async () => {
    const { invoke, untilIdle, history, host } = await bed(async (_, clock) => clock.sleep(SECOND), {
      delivery: () => ({ duplicateAfterMs: [5 * SECOND, 10 * SECOND] }),
    });
    invoke();
    await untilIdle();
    expect(history()).toEqual([[0, 1, 'returned'], [5, 6, 'returned'], [10, 11, 'returned']]);
    expect(host.deliveries.map(({ duplicate }) => duplicate)).toEqual([false, true, true]);
  });

  test('D2 delivers a copy while the first delivery runs', async () => {
    let together = 0;
    const { invoke, untilIdle, host } = await bed(async (_, clock) => {
      together = Math.max(together, host.invocations.length);
      await clock.sleep(SECOND);
    }, { delivery: () => ({ duplicateAfterMs: [0] }) });
    invoke();
    await untilIdle();
    expect(together).toBe(2);
  });

  test('W7 does not retry a failed copy when another has returned, unless copies are independent', async () => {
    const run = async (copies: 'shared' | 'independent') => {
      const { invoke, untilIdle, history } = await bed(
        async ({ attempt }, clock) => {
          await clock.sleep(attempt === 1 ? 10 * SECOND : SECOND);
          if (attempt === 1) throw new Error('died');
        },
        { copies, delivery: (_, attempt) => attempt === 1 ? { duplicateAfterMs: [SECOND] } : {} },
      );
      invoke();
      await untilIdle();
      return history().map(([, , outcome]) => outcome);
    };
    expect(await run('shared')).toEqual(['threw', 'returned']);
    // both copies are first attempts with retries of their own
    expect(await run('independent')).toEqual(['threw', 'threw', 'returned', 'returned']);
  });

  test('W7 a retry that waits is dropped when a copy returns', async () => {
    const { invoke, untilIdle, history } = await bed(
      ({ attempt }) => attempt === 1 ? throws() : Promise.resolve({}),
      { delivery: (_, attempt) => attempt === 1 ? { duplicateAfterMs: [SECOND] } : {} },
    );
    const event = invoke();
    await untilIdle();
    expect(history()).toEqual([[0, 0, 'threw'], [1, 1, 'returned']]);
    expect(event.fate).toBe('returned');
  });

  test('an event has returned if one of its independent copies has', async () => {
    let runs = 0;
    const { invoke, untilIdle, history } = await bed(
      () => ++runs === 1 ? Promise.resolve({}) : throws(),
      { copies: 'independent', delivery: () => ({ duplicateAfterMs: [SECOND] }) },
      { maximumRetryAttempts: 0 },
    );
    const event = invoke();
    await untilIdle();
    expect(history()).toEqual([[0, 0, 'returned'], [1, 1, 'threw']]);
    expect(event.fate).toBe('returned');
  });

  test('W11 a copy uses up one of the three attempts', async () => {
    const { invoke, untilIdle, history } = await bed(throws, {
      delivery: (_, attempt) => attempt === 1 ? { duplicateAfterMs: [SECOND] } : {},
    });
    const event = invoke();
    await untilIdle();
    expect(history().map(([start]) => start)).toEqual([0, 1, 60]);
    expect(event.fate).toBe('exhausted');
  });

  test('W2 delivers an event for the first time after a younger one', async () => {
    const order: string[] = [];
    const { invoke, untilIdle } = await bed(async ({ event }) => void order.push(event.name), {
      delivery: ({ payload }) => payload.includes('first') ? { delayMs: 10 * MINUTE } : {},
    });
    invoke({ name: 'first' });
    invoke({ name: 'second' });
    await untilIdle();
    expect(order).toEqual(['second', 'first']);
  });

  test('drops an event', async () => {
    const { invoke, untilIdle, history } = await bed(throws, { delivery: (_, attempt) => ({ drop: attempt === 2 }) });
    const event = invoke();
    await untilIdle();
    expect(history()).toHaveLength(1);
    expect(event.fate).toBe('dropped');
  });

  test('a copy outlives the dropped original', async () => {
    const { invoke, untilIdle, history } = await bed(async () => ({}), {
      delivery: () => ({ drop: true, duplicateAfterMs: [SECOND] }),
    });
    const event = invoke();
    await untilIdle();
    expect(history()).toEqual([[1, 1, 'returned']]);
    expect(event.fate).toBe('returned');
  });

  test('discards an event that grows older than the function allows', async () => {
    const { invoke, untilIdle, history } = await bed(throws, {}, { maximumEventAgeSeconds: 100 });
    const event = invoke();
    await untilIdle();
    expect(history().map(([start]) => start)).toEqual([0, 60]);
    expect(event.fate).toBe('expired');
  });

  test('discards the events of a deleted function, and refuses new ones', async () => {
    const { host, invoke, untilIdle } = await bed(throws);
    const event = invoke();
    await host.deleteFunction(FUNCTION.functionArn);
    await untilIdle();
    expect(event.fate).toBe('functionDeleted');
    expect(() => invoke()).toThrow(expect.objectContaining({ code: 'ResourceNotFoundException', status: 404 }));
  });

  test('runs an event with the configuration of the moment', async () => {
    const { host, clock, invoke, untilIdle } = await bed(throws);
    invoke();
    await clock.runUntil(() => host.deliveries.length === 1);
    await host.putFunction({ ...FUNCTION, environment: { CODE: 'new' } });
    await untilIdle();
    expect(host.deliveries.map(({ configuration }) => configuration.environment)).toEqual([{}, { CODE: 'new' }, { CODE: 'new' }]);
  });
});

describe('limits', () => {
  test('throttles a function with reserved concurrency 0 with back-off for six hours, in silence', async () => {
    const { clock, begin, invoke, untilIdle, history } = await bed(async () => ({}), {}, { reservedConcurrency: 0 });
    const event = invoke();
    await untilIdle();
    expect(history()).toEqual([]);
    expect(event.fate).toBe('expired');
    // 1 + 2 + 4 + … + 256 seconds, then every five minutes
    expect(event.throttles).toBe(9 + Math.floor((6 * 60 * 60 - 511) / 300) + 1);
    expect(clock.now() - begin).toBeGreaterThan(6 * 60 * MINUTE);
  });

  test('holds events back while the reserved concurrency is used up', async () => {
    let most = 0;
    const { host, invoke, untilIdle, history } = await bed(async (_, clock) => {
      most = Math.max(most, host.invocations.length);
      await clock.sleep(10 * SECOND);
    }, {}, { reservedConcurrency: 1 });
    invoke();
    invoke();
    await untilIdle();
    expect(most).toBe(1);
    expect(history()).toEqual([[0, 10, 'returned'], [15, 25, 'returned']]);
  });

  test('P12 refuses a payload above 1 MB, or above the former 256 KB', async () => {
    const { invoke, untilIdle } = await bed(async () => ({}));
    invoke('x'.repeat(1024 * 1024 - 2));
    expect(await untilIdle()).toBe(true);
    const tooLarge = expect.objectContaining({ code: 'RequestTooLargeException', status: 413 });
    expect(() => invoke('x'.repeat(1024 * 1024 - 1))).toThrow(tooLarge);
    const former = await bed(async () => ({}), { payloadLimit: FORMER_ASYNC_PAYLOAD_LIMIT });
    expect(() => former.invoke('x'.repeat(256 * 1024 - 1))).toThrow(tooLarge);
  });
});

describe('an invocation', () => {
  test('is killed at the time-out, cut off, and delivered again', async () => {
    const effects: string[] = [];
    const seen: Invocation[] = [];
    const { invoke, untilIdle, history, host } = await bed(async (invocation, clock) => {
      seen.push(invocation);
      await whileRunning(invocation, async () => void effects.push('before'));
      await whileRunning(invocation, () => clock.sleep(invocation.attempt === 1 ? 5 * SECOND : SECOND));
      await whileRunning(invocation, async () => void effects.push('after'));
    }, {}, { timeoutSeconds: 3 });
    invoke();
    await untilIdle();
    expect(history()).toEqual([[0, 3, 'timedOut'], [63, 64, 'returned']]);
    expect(effects).toEqual(['before', 'before', 'after']);
    expect(seen.map((invocation) => invocation.isKilled())).toEqual([true, false]);
    expect(seen.map(({ killed }) => killed.aborted)).toEqual([true, false]);
    expect(host.deliveries[0].error!.errorMessage).toMatch(/Task timed out after 3\.00 seconds/);
  });

  test('what it does and answers after the time-out is ignored', async () => {
    let effect = false;
    const { clock, invoke, untilIdle, history } = await bed(async (invocation, time) => {
      await time.sleep(5 * SECOND); // no port: nothing stops it
      void whileRunning(invocation, async () => { effect = true; });
    }, {}, { timeoutSeconds: 3, maximumRetryAttempts: 0 });
    const event = invoke();
    await untilIdle();
    await clock.runUntil(() => false);
    expect(history()).toEqual([[0, 3, 'timedOut']]);
    expect(event.fate).toBe('exhausted');
    expect(effect).toBe(false);
  });

  test('D3 is killed at any moment and delivered again', async () => {
    const { host, clock, invoke, untilIdle, history } = await bed(
      ({ attempt }) => attempt === 1 ? forever() : Promise.resolve({}),
    );
    invoke();
    await clock.runUntil(() => host.invocations.length === 1);
    const [victim] = host.invocations;
    expect(host.kill(victim)).toBe(true);
    expect(victim.isKilled()).toBe(true);
    expect(host.kill(victim)).toBe(false);
    await untilIdle();
    expect(history()).toEqual([[0, 0, 'killed'], [60, 60, 'returned']]);
    expect(host.deliveries[0].error!.errorType).toBe('Runtime.ExitError');
  });

  test('stands still once it has returned', async () => {
    const late: string[] = [];
    const { clock, invoke, untilIdle } = await bed(async (invocation, time) => {
      void whileRunning(invocation, () => time.sleep(SECOND)).then(() => late.push('heartbeat'));
    });
    invoke();
    await untilIdle();
    await clock.runUntil(() => false);
    expect(late).toEqual([]);
  });

  test('knows its function, remaining time, credentials and log', async () => {
    const logged: unknown[] = [];
    let context: unknown;
    const { begin, invoke, untilIdle } = await bed(async (invocation, clock) => {
      await clock.sleep(250);
      context = {
        ...invocation.context,
        remaining: invocation.context.getRemainingTimeInMillis(),
        key: invocation.credentials.accessKeyId,
      };
      invocation.log('hello');
    }, {
      credentialsFor: ({ roleArn }) => ({ accessKeyId: `key of ${roleArn}`, secretAccessKey: 's', sessionToken: 't' }),
      writeLog: (...line) => logged.push(line),
    });
    const event = invoke();
    await untilIdle();
    expect(context).toMatchObject({
      awsRequestId: event.awsRequestId,
      functionName: 'handler',
      invokedFunctionArn: FUNCTION.functionArn,
      logGroupName: '/aws/lambda/handler',
      remaining: 900 * SECOND - 250,
      key: `key of ${FUNCTION.roleArn}`,
    });
    expect(event.awsRequestId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(logged).toEqual([['/aws/lambda/handler', expect.stringContaining('[$LATEST]'), 'hello', begin + 250, FUNCTION]]);
  });

  test('answers a synchronous invocation, and is throttled at once', async () => {
    const { host } = await bed(async ({ event }) => ({ twice: event.n * 2 }));
    expect(await host.invoke('handler', { n: 2 })).toMatchObject({ outcome: 'returned', payload: '{"twice":4}' });
    await host.putFunction({ ...FUNCTION, reservedConcurrency: 0 });
    await expect(host.invoke('handler', {})).rejects.toMatchObject({ code: 'TooManyRequestsException', status: 429 });
    expect(host.deliveries).toEqual([]);
  });

  test('no event is delivered after stop', async () => {
    const { host, clock, invoke, history } = await bed(async () => ({}));
    invoke();
    await host.stop();
    await clock.runUntil(() => false);
    expect(history()).toEqual([]);
  });
});
