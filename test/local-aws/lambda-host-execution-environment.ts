/**
 * One execution environment of a function: a process of its own with a Runtime API of its own, which runs one invocation at a time.
 *
 * Sources: [RAPI] Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" and "Understanding the Lambda execution
 * environment lifecycle"; [ENV] same, "Using Lambda environment variables".
 *
 * Lambda freezes an environment between invocations; this one goes on running. What a function left undone can therefore still happen here.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import type { Clock, Timer } from './clock';
import type { FunctionConfiguration, FunctionCredentials, WriteLog } from './lambda-host';
import { endLines, startLines } from './lambda-host-log';
import { exited, timedOut } from './lambda-queue';
import type { FunctionError, InvocationResult } from './lambda-queue';

export interface ExecutionEnvironmentOptions {
  readonly configuration: FunctionConfiguration;
  readonly credentials: FunctionCredentials;
  /** The folder with the unpacked code: working directory and LAMBDA_TASK_ROOT. */
  readonly taskRoot: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** Variables beyond Lambda's own and the function's. */
  readonly variables: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly initTimeoutMs: number;
  /** 32 hexadecimal digits, the last part of the log stream's name. */
  readonly id: string;
  readonly writeLog: WriteLog;
}

interface Running {
  readonly awsRequestId: string;
  readonly payload: string;
  readonly beforeHandOver: () => void;
  readonly resolve: (result: InvocationResult) => void;
  startedAt?: number;
  timer: Timer;
  /** How the invocation went, known before the process is free again or gone. */
  decided?: InvocationResult;
}

const RUNTIME_API = new RegExp(
  '^/2018-06-01/runtime/(?:(?<next>invocation/next)|(?<init>init/error)|invocation/(?<id>[^/]+)/(?<answer>response|error))$',
);

/** A running process and its Runtime API. */
export class ExecutionEnvironment {
  /** Starts the process; it initialises while the first invocation waits. */
  public static async start(options: ExecutionEnvironmentOptions): Promise<ExecutionEnvironment> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return new ExecutionEnvironment(options, server);
  }

  /** Settles when the process is gone and its output has been read. */
  public readonly gone: Promise<void>;
  public readonly pid: number | undefined;

  private readonly process: ChildProcess;
  private readonly logStreamName: string;
  private readonly createdAt: number;
  private initialised = false;
  private initDurationMs?: number;
  private running?: Running;
  private waiting?: ServerResponse;
  private dead = false;

  private constructor(private readonly options: ExecutionEnvironmentOptions, private readonly server: Server) {
    const { clock, command: [program, ...args], id, taskRoot } = options;
    this.createdAt = clock.now();
    this.logStreamName = `${new Date(this.createdAt).toISOString().slice(0, 10).replace(/-/g, '/')}/[$LATEST]${id}`;
    server.on('request', (request, response) => void this.serve(request, response));
    // standard input tells the bootstrap by its end that this process is gone
    this.process = spawn(program, args, { cwd: taskRoot, env: this.variables(), stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stdin!.on('error', () => undefined);
    this.pid = this.process.pid;
    this.readLines(this.process.stdout!);
    this.readLines(this.process.stderr!);
    this.gone = new Promise((resolve) => {
      let failure: string | undefined;
      this.process.once('error', (error) => { failure = error.message; });
      this.process.once('close', (code, signal) => {
        this.dead = true;
        this.server.close();
        this.server.closeAllConnections();
        const how = failure ?? (signal === null ? `exit status ${code}` : `signal: ${signal === 'SIGKILL' ? 'killed' : signal}`);
        if (this.running) this.conclude(this.running, this.running.decided ?? exited(this.running.awsRequestId, how));
        resolve();
      });
    });
  }

  /** True when the runtime waits for an event. */
  public get idle(): boolean {
    return !this.dead && this.running === undefined && this.waiting !== undefined;
  }

  /** Runs one invocation. `beforeHandOver` is called just before the function gets the event. */
  public invoke(awsRequestId: string, payload: string, beforeHandOver: () => void): Promise<InvocationResult> {
    return new Promise((resolve) => {
      const timer = this.options.clock.after(this.options.initTimeoutMs, () => this.end({
        outcome: 'timedOut',
        error: { errorType: 'Sandbox.Timedout', errorMessage: `RequestId: ${awsRequestId} Error: the runtime asked for no event` },
      }));
      this.running = { awsRequestId, payload, beforeHandOver, resolve, timer };
      this.handOver();
    });
  }

  /** Ends the process at once. An invocation that runs ends with Runtime.ExitError. */
  public kill(): void {
    this.dead = true;
    this.process.kill('SIGKILL');
  }

  /** What the function finds in `process.env`, and nothing else. [ENV] */
  private variables(): Record<string, string> {
    const { configuration: { environment, logging, ...configuration }, credentials, taskRoot } = this.options;
    return {
      AWS_LAMBDA_LOG_FORMAT: logging?.format ?? 'Text',
      ...logging?.format === 'JSON' && { AWS_LAMBDA_LOG_LEVEL: logging.applicationLogLevel ?? 'INFO' },
      LANG: 'en_US.UTF-8',
      PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
      TZ: ':UTC',
      ...environment,
      ...this.options.variables,
      _HANDLER: configuration.handler,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_DEFAULT_REGION: configuration.region,
      AWS_EXECUTION_ENV: `AWS_Lambda_${configuration.runtime}`,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(configuration.memoryMegabytes),
      AWS_LAMBDA_FUNCTION_NAME: configuration.functionName,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: configuration.logGroupName,
      AWS_LAMBDA_LOG_STREAM_NAME: this.logStreamName,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(this.server.address() as AddressInfo).port}`,
      AWS_REGION: configuration.region,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      LAMBDA_TASK_ROOT: taskRoot,
    };
  }

  /** The Runtime API. [RAPI] */
  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { id, answer, next, init } = RUNTIME_API.exec(request.url ?? '')?.groups ?? {};
    const body = await text(request);
    if (next) return this.next(response);
    if (init) {
      reply(response, 202, { status: 'OK' });
      return this.end({ outcome: 'threw', error: parsedError(body) });
    }
    if (!answer) return reply(response, 404, { errorType: 'NotFound', errorMessage: 'Unknown path' });
    const { running } = this;
    if (running?.startedAt === undefined || running.decided || id !== running.awsRequestId) {
      return reply(response, 400, { errorType: 'InvalidRequestID', errorMessage: 'Invalid request ID' });
    }
    running.decided = answer === 'response'
      ? { outcome: 'returned', payload: body }
      : { outcome: 'threw', error: parsedError(body) };
    reply(response, 202, { status: 'OK' });
  }

  /**
   * The runtime is free: that, not its answer, ends the invocation before. [RAPI] By then its output has been read as well: it was in the pipe
   * before the answer, and the answer came in an earlier turn of the event loop.
   */
  private next(response: ServerResponse): void {
    const { running, options: { clock } } = this;
    if (!this.initialised) {
      this.initialised = true;
      this.initDurationMs = clock.now() - this.createdAt;
    } else if (running?.decided) {
      this.conclude(running, running.decided);
    }
    this.waiting = response;
    this.handOver();
  }

  private handOver(): void {
    const { waiting, running } = this;
    if (!waiting || !running || running.startedAt !== undefined) return;
    const { configuration, clock } = this.options;
    this.waiting = undefined;
    running.timer.cancel();
    running.startedAt = clock.now();
    const limit = configuration.timeoutSeconds * 1_000;
    running.timer = clock.after(limit, () => this.end(timedOut(running.awsRequestId, configuration.timeoutSeconds)));
    startLines(configuration, running.awsRequestId, running.startedAt).forEach((line) => this.log(line));
    running.beforeHandOver();
    waiting.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': running.awsRequestId,
      'lambda-runtime-deadline-ms': String(running.startedAt + limit),
      'lambda-runtime-invoked-function-arn': configuration.functionArn,
    });
    waiting.end(running.payload);
  }

  /** Ends the process; the invocation is over when the process is gone, so that nothing of it can happen afterwards. */
  private end(result: InvocationResult): void {
    if (this.running) this.running.decided ??= result;
    this.kill();
  }

  private conclude(running: Running, result: InvocationResult): void {
    running.timer.cancel();
    this.running = undefined;
    const { configuration, clock } = this.options;
    const now = clock.now();
    const durationMs = now - (running.startedAt ?? now);
    endLines(configuration, running.awsRequestId, result, now, durationMs, this.initDurationMs)
      .forEach((line) => this.log(line));
    this.initDurationMs = undefined;
    running.resolve(result);
  }

  private readLines(stream: Readable): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      lines.forEach((line) => this.log(line));
    });
    stream.on('end', () => { if (rest !== '') this.log(rest); });
  }

  private log(line: string): void {
    if (line === '') return; // a log event has at least one character
    const { configuration, clock, writeLog } = this.options;
    // runtimes write a line feed inside a message as a carriage return, so that the message stays one log event
    writeLog(configuration.logGroupName, this.logStreamName, line.replace(/\r/g, '\n'), clock.now(), configuration);
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Runtimes call the stack `trace` or `stackTrace`. */
function parsedError(body: string): FunctionError {
  const { errorType, errorMessage, trace, stackTrace } = JSON.parse(body);
  return { errorType, errorMessage, trace: trace ?? stackTrace };
}
