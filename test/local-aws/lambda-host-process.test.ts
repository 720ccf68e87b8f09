import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { RealClock } from './clock';
import { AwsError } from './core';
import type { FunctionConfiguration } from './lambda-host';
import { ProcessLambdaHost } from './lambda-host-process';
import type { ProcessInvocation, ProcessLambdaHostOptions } from './lambda-host-process';

const FUNCTION: FunctionConfiguration = {
  functionName: 'handler',
  functionArn: 'arn:aws:lambda:eu-west-1:111111111111:function:handler',
  region: 'eu-west-1',
  accountId: '111111111111',
  roleArn: 'arn:aws:iam::111111111111:role/handler',
  handler: 'index.handler',
  runtime: 'nodejs22.x',
  timeoutSeconds: 60,
  memoryMegabytes: 256,
  environment: { GREETING: 'hello' },
  logGroupName: '/aws/lambda/handler',
  code: { bucket: 'assets', key: 'index.js' },
};

const HANG = 'exports.handler = () => new Promise(() => setInterval(() => 0, 1e6));';

jest.setTimeout(60_000); // processes start slowly on a busy machine

const hosts: ProcessLambdaHost[] = [];
afterEach(async () => { await Promise.all(hosts.splice(0).map((host) => host.stop())); });

/** A host with one function whose zip holds `files`. */
async function bed(
  files: Record<string, string>,
  configuration: Partial<FunctionConfiguration> = {},
  options: Partial<ProcessLambdaHostOptions> = {},
) {
  const clock = new RealClock();
  const lines: string[] = [];
  const invocations: ProcessInvocation[] = [];
  let fetched = 0;
  const host = new ProcessLambdaHost({
    environment: { clock, random: Math.random },
    endpointUrl: 'http://127.0.0.1:4566',
    credentialsFor: () => ({ accessKeyId: 'AKID', secretAccessKey: 'SECRET', sessionToken: 'TOKEN' }),
    fetchCode: ({ key }) => {
      fetched++;
      if (key === 'missing.zip') throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
      if (key === 'broken.zip') return strToU8('no zip');
      return zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));
    },
    writeLog: (_group, _stream, message) => lines.push(message),
    onInvocation: (invocation) => invocations.push(invocation),
    latencyMs: 0,
    retryDelaysMs: [10, 10],
    ...options,
  });
  hosts.push(host);
  await host.putFunction({ ...FUNCTION, ...configuration });
  return {
    host,
    lines,
    invocations,
    fetched: () => fetched,
    answer: async (event: unknown = {}) => {
      const result = await host.invoke(FUNCTION.functionArn, event);
      return result.outcome === 'returned' ? JSON.parse(result.payload) : result.error;
    },
    untilIdle: () => until(() => host.idle()),
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a function', () => {
  test.each([
    ['CommonJS', { 'index.js': 'exports.handler = async (event) => ({ got: event.n, require: typeof require });' }, 'function'],
    ['.mjs', { 'index.mjs': 'export const handler = async (event) => ({ got: event.n, require: typeof require });' }, 'undefined'],
    ['an ES module by package.json', {
      'package.json': '{"type":"module"}',
      'index.js': 'export const handler = async (event) => ({ got: event.n, require: typeof require });',
    }, 'undefined'],
  ])('runs as %s', async (_, files, required) => {
    const { answer } = await bed(files);
    expect(await answer({ n: 7 })).toEqual({ got: 7, require: required });
  });

  test('a handler in a folder and inside an object', async () => {
    const { answer } = await bed(
      { 'src/main.js': 'exports.api = { run: () => 5 };' },
      { handler: 'src/main.api.run' },
    );
    expect(await answer()).toBe(5);
  });

  test('finds its own environment and nothing of the host\'s', async () => {
    process.env.OF_THE_HOST = 'secret';
    try {
      const { answer } = await bed(
        { 'index.js': 'exports.handler = async () => ({ env: process.env, cwd: process.cwd() });' },
        {},
        { extraVariables: { NODE_EXTRA_CA_CERTS: '/dev/null' } },
      );
      const { env, cwd } = await answer();
      expect(Object.keys(env).sort()).toEqual([
        'AWS_ACCESS_KEY_ID', 'AWS_DEFAULT_REGION', 'AWS_ENDPOINT_URL', 'AWS_EXECUTION_ENV', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
        'AWS_LAMBDA_FUNCTION_NAME', 'AWS_LAMBDA_FUNCTION_VERSION', 'AWS_LAMBDA_INITIALIZATION_TYPE', 'AWS_LAMBDA_LOG_FORMAT',
        'AWS_LAMBDA_LOG_GROUP_NAME', 'AWS_LAMBDA_LOG_STREAM_NAME', 'AWS_LAMBDA_RUNTIME_API', 'AWS_REGION', 'AWS_SECRET_ACCESS_KEY',
        'AWS_SESSION_TOKEN', 'GREETING', 'LAMBDA_TASK_ROOT', 'LANG', 'NODE_EXTRA_CA_CERTS', 'PATH', 'TZ', '_HANDLER',
      ]);
      expect(env).toMatchObject({
        AWS_ACCESS_KEY_ID: 'AKID',
        AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
        AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
        AWS_REGION: 'eu-west-1',
        AWS_SECRET_ACCESS_KEY: 'SECRET',
        AWS_SESSION_TOKEN: 'TOKEN',
        GREETING: 'hello',
        LAMBDA_TASK_ROOT: cwd,
      });
    } finally {
      delete process.env.OF_THE_HOST;
    }
  });

  test('finds no package of the host', async () => {
    const { answer } = await bed({ 'index.js': 'require("fflate"); exports.handler = async () => 1;' });
    expect(await answer()).toMatchObject({ errorType: 'Runtime.ImportModuleError', errorMessage: expect.stringContaining('fflate') });
  });

  test('gets its context', async () => {
    const { answer, invocations } = await bed({
      'index.js': 'exports.handler = async (event, context) => ({ ...context, remaining: context.getRemainingTimeInMillis() });',
    });
    const context = await answer();
    expect(context).toMatchObject({
      awsRequestId: invocations[0].awsRequestId,
      functionName: 'handler',
      invokedFunctionArn: FUNCTION.functionArn,
      logGroupName: '/aws/lambda/handler',
      memoryLimitInMB: '256',
    });
    expect(context.remaining).toBeGreaterThan(0);
    expect(context.remaining).toBeLessThanOrEqual(60_000);
  });

  test('a warm process is used again, one invocation at a time', async () => {
    const { answer } = await bed({
      'index.js': `let count = 0; let together = 0;
        exports.handler = async ({ wait }) => {
          count++; together++;
          await new Promise((resolve) => setTimeout(resolve, wait));
          return { pid: process.pid, count, together: together-- };
        };`,
    });
    const [first, second] = await Promise.all([answer({ wait: 20 }), answer({ wait: 20 })]);
    expect(first.pid).not.toBe(second.pid);
    const third = await answer({ wait: 0 });
    expect(third.count).toBe(2);
    expect([first, second, third].map(({ together }) => together)).toEqual([1, 1, 1]);
  });

  test('new code and environment are used from the next invocation on, the old process is gone', async () => {
    const { host, answer, fetched } = await bed({
      'index.js': 'exports.handler = async () => ({ pid: process.pid, greeting: process.env.GREETING });',
    });
    const before = await answer();
    await host.putFunction({ ...FUNCTION, environment: { GREETING: 'moin' } });
    const after = await answer();
    expect([before.greeting, after.greeting]).toEqual(['hello', 'moin']);
    expect(after.pid).not.toBe(before.pid);
    expect(fetched()).toBe(1);
    await until(() => !alive(before.pid));
    await host.deleteFunction(FUNCTION.functionArn);
    await until(() => !alive(after.pid));
  });

  test('a process that is busy while its function changes ends with its invocation', async () => {
    const { host, answer, invocations } = await bed({
      'index.js': 'exports.handler = ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, process.pid));',
    });
    const busy = answer({ ms: 100 });
    await until(() => invocations.length === 1);
    await host.putFunction({ ...FUNCTION, environment: {} });
    const pid = await busy; // it was not disturbed
    expect(pid).toBe(invocations[0].pid);
    expect(await answer({ ms: 0 })).not.toBe(pid);
    await until(() => !alive(pid));
  });

  test.each([
    ['a handler that is not exported', 'exports.other = 1;', 'Runtime.HandlerNotFound'],
    ['code that does not parse', 'exports.handler = (;', 'Runtime.UserCodeSyntaxError'],
    ['code that throws at once', 'throw new RangeError("at start");', 'RangeError'],
    [
      'a rejection that nobody handles',
      'exports.handler = () => { Promise.reject(new Error("lost")); return new Promise(() => setInterval(() => 0, 1e6)); };',
      'Runtime.UnhandledPromiseRejection',
    ],
    [
      'an exception outside of the handler',
      'exports.handler = () => new Promise(() => setTimeout(() => { throw new EvalError("late"); }, 1));',
      'EvalError',
    ],
    ['a process that exits', 'exports.handler = () => process.exit(3);', 'Runtime.ExitError'],
  ])('fails with %s, and the next invocation gets a new process', async (_, code, errorType) => {
    const { answer, host } = await bed({ 'index.js': code });
    expect(await answer()).toMatchObject({ errorType });
    expect(await answer()).toMatchObject({ errorType });
    expect(host.invocations).toEqual([]);
  });
});

describe('delivery', () => {
  test('retries after a throw with the same request id, in the same process', async () => {
    const { host, untilIdle, invocations } = await bed({
      'index.js': 'let n = 0; exports.handler = async () => { if (++n < 3) throw new TypeError(`no ${n}`); };',
    });
    const event = host.invokeAsync(FUNCTION.functionArn, { a: 1 });
    await untilIdle();
    expect(host.deliveries.map(({ outcome, error }) => [outcome, error?.errorType, error?.errorMessage])).toEqual([
      ['threw', 'TypeError', 'no 1'], ['threw', 'TypeError', 'no 2'], ['returned', undefined, undefined],
    ]);
    expect(invocations.map(({ awsRequestId, attempt }) => [awsRequestId, attempt]))
      .toEqual([1, 2, 3].map((attempt) => [event.awsRequestId, attempt]));
    expect(new Set(invocations.map(({ pid }) => pid)).size).toBe(1);
  });

  test('kills the process at the time-out', async () => {
    const { host, untilIdle, invocations, lines } = await bed(
      { 'index.js': HANG },
      { timeoutSeconds: 0.2, maximumRetryAttempts: 0 },
    );
    host.invokeAsync(FUNCTION.functionArn, {});
    await untilIdle();
    expect(host.deliveries[0]).toMatchObject({ outcome: 'timedOut', error: { errorType: 'Sandbox.Timedout' } });
    expect(alive(invocations[0].pid!)).toBe(false);
    expect(lines).toContainEqual(expect.stringMatching(/Task timed out after 0\.20 seconds$/));
    expect(lines.at(-1)).toMatch(/^REPORT RequestId: .*Status: timeout$/);
  });

  test('a blocked event loop does not save a process from its time-out', async () => {
    const { host, untilIdle } = await bed(
      { 'index.js': 'exports.handler = () => { for (;;); };' },
      { timeoutSeconds: 0.2, maximumRetryAttempts: 0 },
    );
    host.invokeAsync(FUNCTION.functionArn, {});
    await untilIdle();
    expect(host.deliveries[0].outcome).toBe('timedOut');
  });

  test('D3 kills a running handler and delivers the event again', async () => {
    const { host, untilIdle, invocations } = await bed({
      'index.js': HANG,
    }, { maximumRetryAttempts: 1 });
    host.invokeAsync(FUNCTION.functionArn, {});
    await until(() => host.invocations.length === 1);
    expect(host.killRunning('arn:aws:lambda:eu-west-1:111111111111:function:other')).toBe(0);
    expect(host.killRunning(FUNCTION.functionArn)).toBe(1);
    await until(() => host.invocations[0]?.attempt === 2);
    host.invocations[0].kill();
    await untilIdle();
    expect(host.deliveries.map(({ outcome }) => outcome)).toEqual(['killed', 'killed']);
    expect(host.deliveries[0].error).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringContaining('signal: killed'),
    });
    expect(new Set(invocations.map(({ pid }) => pid)).size).toBe(2);
  });

  test('D3 kills the next invocation that is asked for', async () => {
    const { host, untilIdle } = await bed({
      'index.js': 'exports.handler = ({ name }) => name === "wait" && new Promise(() => setInterval(() => 0, 1e6));',
    });
    const killed = host.killNext(({ event }) => event.name === 'wait');
    host.invokeAsync(FUNCTION.functionArn, { name: 'other' });
    await untilIdle();
    host.invokeAsync(FUNCTION.functionArn, { name: 'wait' });
    expect((await killed).attempt).toBe(1);
    await until(() => host.invocations.some(({ attempt }) => attempt === 2)); // only the first is killed
    expect(host.deliveries.map(({ outcome }) => outcome)).toEqual(['returned', 'killed', undefined]);
  });

  test('D2 copies of an event run at the same time in processes of their own', async () => {
    const { host, untilIdle, invocations } = await bed(
      { 'index.js': 'exports.handler = () => new Promise((resolve) => setTimeout(resolve, 100));' },
      {},
      { delivery: () => ({ duplicateAfterMs: [0] }) },
    );
    host.invokeAsync(FUNCTION.functionArn, {});
    await until(() => invocations.length === 2);
    await untilIdle();
    expect(host.deliveries.map(({ outcome }) => outcome)).toEqual(['returned', 'returned']);
    expect(new Set(invocations.map(({ pid }) => pid)).size).toBe(2);
  });
});

describe('the log', () => {
  test('has Lambda\'s lines around the function\'s', async () => {
    const { answer, lines, invocations } = await bed({
      'index.js': `exports.handler = async () => {
        console.log('first %d', 1); console.error('two\\nlines'); console.debug({ a: 1 });
        process.stderr.write('raw'.repeat(50000) + '\\n'); process.stdout.write('no line feed');
      };`,
    });
    await answer();
    const id = invocations[0].awsRequestId;
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
    const fields = lines.map((line) => line.split('\t'));
    expect(lines[0]).toBe(`START RequestId: ${id} Version: $LATEST`);
    expect(fields.filter(([first]) => time.test(first)).map(([, ...rest]) => rest)).toEqual([
      [id, 'INFO', 'first 1'], [id, 'ERROR', 'two\nlines'], [id, 'DEBUG', '{ a: 1 }'],
    ]);
    expect(lines).toContain('raw'.repeat(50000));
    expect(lines.at(-2)).toBe(`END RequestId: ${id}`);
    expect(lines.at(-1)).toMatch(new RegExp(
      `^REPORT RequestId: ${id}\tDuration: [\\d.]+ ms\tBilled Duration: \\d+ ms\tMemory Size: 256 MB\tInit Duration: [\\d.]+ ms$`,
    ));
  });

  test('shows an error and its stack', async () => {
    const { answer, lines } = await bed({ 'index.js': 'exports.handler = async () => { throw new RangeError("too far"); };' });
    await answer();
    const [, , level, title, details] = lines.find((line) => line.includes('Invoke Error'))!.split('\t');
    expect([level, title.trim()]).toEqual(['ERROR', 'Invoke Error']);
    expect(JSON.parse(details)).toMatchObject({ errorType: 'RangeError', errorMessage: 'too far', stack: expect.arrayContaining([]) });
    expect(lines.at(-1)).toMatch(/\tStatus: error$/);
  });

  test('as JSON has one object a line, from the configured level on', async () => {
    const { answer, lines, invocations } = await bed({
      'index.js': `exports.handler = async () => {
        console.log('hidden'); console.warn({ a: 1 }); console.error('broken', new RangeError('too far'));
        const circular = {}; circular.self = circular; console.warn(circular); console.warn({ error: new TypeError('inside') });
      };`,
    }, { logging: { format: 'JSON', applicationLogLevel: 'WARN' } });
    await answer();
    const requestId = invocations[0].awsRequestId;
    const timestamp = expect.any(String);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { time: expect.any(String), type: 'platform.start', record: { requestId, version: '$LATEST' } },
      { timestamp, level: 'WARN', requestId, message: { a: 1 } },
      {
        timestamp,
        level: 'ERROR',
        requestId,
        message: expect.stringMatching(/^broken RangeError: too far/),
        errorType: 'RangeError',
        errorMessage: 'too far',
        stackTrace: expect.any(Array),
      },
      { timestamp, level: 'WARN', requestId, message: expect.stringContaining('[Circular') },
      {
        timestamp,
        level: 'WARN',
        requestId,
        message: { error: { errorType: 'TypeError', errorMessage: 'inside', stackTrace: expect.any(Array) } },
      },
      {
        time: expect.any(String),
        type: 'platform.report',
        record: { requestId, status: 'success', metrics: expect.objectContaining({ memorySizeMB: 256 }) },
      },
    ]);
  });

  test('as JSON leaves out Lambda\'s own lines below the system log level', async () => {
    const { answer, lines } = await bed(
      { 'index.js': 'exports.handler = async () => console.log("shown");' },
      { logging: { format: 'JSON', systemLogLevel: 'WARN' } },
    );
    await answer();
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(['shown']);
  });

  test('late output of one invocation does not end another', async () => {
    const { answer, lines } = await bed({
      'index.js': `let open; let leftover;
        exports.handler = async ({ n }) => {
          if (n === 1) {
            leftover = new Promise((resolve) => { open = resolve; }).then(() => console.log('late'));
          } else {
            open();
            await leftover;
          }
          return n;
        };`,
    });
    expect(await answer({ n: 1 })).toBe(1);
    expect(await answer({ n: 2 })).toBe(2);
    expect(lines.filter((line) => line.startsWith('END'))).toHaveLength(2);
    expect(lines.findIndex((line) => line.endsWith('late'))).toBeGreaterThan(lines.findIndex((line) => line.startsWith('END')));
  });
});

describe('the host', () => {
  test.each([
    ['is missing', 'missing.zip', 'NoSuchKey'],
    ['is no zip', 'broken.zip', 'InvalidParameterValueException'],
  ])('fails to create a function whose code %s', async (_, key, code) => {
    await expect(bed({}, { code: { bucket: 'assets', key } })).rejects.toMatchObject({ code });
  });

  test('fails to create a function with a reserved or too large environment', async () => {
    await expect(bed({}, { environment: { AWS_REGION: 'x' } })).rejects.toMatchObject({
      code: 'InvalidParameterValueException',
      message: expect.stringContaining('Reserved keys used in this request: AWS_REGION'),
    });
    await expect(bed({}, { environment: { A: 'x'.repeat(4096) } })).rejects.toMatchObject({ code: 'InvalidParameterValueException' });
  });

  test('starts another runtime on request', async () => {
    const { answer } = await bed({ 'index.js': '' }, {}, {
      runtimeCommand: ({ handler }) => [process.execPath, '-e', `
        const base = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/invocation/';
        (async () => { for (;;) {
          const next = await fetch(base + 'next');
          const event = await next.json();
          const id = next.headers.get('lambda-runtime-aws-request-id');
          await fetch(base + id + '/response', { method: 'POST', body: JSON.stringify({ own: ${JSON.stringify(handler)}, event }) });
        } })();`],
    });
    expect(await answer({ n: 1 })).toEqual({ own: 'index.handler', event: { n: 1 } });
  });

  test('fails when the runtime cannot be started', async () => {
    const { answer } = await bed({ 'index.js': '' }, {}, { runtimeCommand: () => ['/no/such/program'] });
    expect(await answer()).toMatchObject({ errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('ENOENT') });
  });

  test('gives up a runtime that never asks for an event', async () => {
    const { answer } = await bed({ 'index.js': '' }, {}, {
      runtimeCommand: () => [process.execPath, '-e', 'setInterval(() => 0, 1e6)'],
      initTimeoutMs: 100,
    });
    expect(await answer()).toMatchObject({ errorType: 'Sandbox.Timedout' });
  });

  test('leaves no process and no folder behind', async () => {
    const { host, invocations } = await bed({ 'index.js': HANG });
    host.invokeAsync(FUNCTION.functionArn, {});
    host.invokeAsync(FUNCTION.functionArn, {});
    await until(() => invocations.length === 2);
    const idle = host.invoke(FUNCTION.functionArn, {}); // still starting
    await host.stop();
    expect((await idle).outcome).toBe('killed');
    expect(invocations.map(({ pid }) => alive(pid!))).toEqual(invocations.map(() => false));
    expect(host.deliveries.map(({ outcome }) => outcome)).toEqual(['killed', 'killed']);
    expect((await host.invoke(FUNCTION.functionArn, {})).outcome).toBe('killed');
  });

  test('stops only when a process that was just being started is gone', async () => {
    let release = () => undefined as void;
    const { host } = await bed({ 'index.js': HANG }, {}, {
      credentialsFor: () => new Promise((resolve) => {
        release = () => resolve({ accessKeyId: 'AKID', secretAccessKey: 'SECRET', sessionToken: 'TOKEN' });
      }),
    });
    const run = host.invoke(FUNCTION.functionArn, {});
    let stopped = false;
    const stopping = host.stop().then(() => { stopped = true; });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(stopped).toBe(false);
    release();
    await stopping;
    expect((await run).outcome).toBe('killed');
  });

  test('a function ends when the host dies without stopping it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lambda-test-'));
    await writeFile(join(folder, 'index.js'), 'exports.handler = () => 1;');
    let asked = false;
    const api = createServer(() => { asked = true; }); // no event ever comes
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    const runtime = spawn(process.execPath, [join(__dirname, 'lambda-bootstrap.mjs')], {
      env: {
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(api.address() as AddressInfo).port}`,
        LAMBDA_TASK_ROOT: folder,
        _HANDLER: 'index.handler',
      },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await until(() => asked);
    const ended = new Promise((resolve) => runtime.once('exit', resolve));
    runtime.stdin.end(); // what the kernel does to the pipe of a dead host
    expect(await ended).toBe(1);
    api.closeAllConnections();
    api.close();
    await rm(folder, { recursive: true });
  });

  test('removes the unpacked code when it stops', async () => {
    const { host, answer } = await bed({ 'index.js': 'exports.handler = async () => process.cwd();' });
    const folder = await answer();
    expect(existsSync(folder)).toBe(true);
    await host.stop();
    expect(existsSync(folder)).toBe(false);
  });
});
