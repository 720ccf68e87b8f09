/**
 * Runs functions inside the test's own process on the injected clock: thousands of invocations a second, always in the same order.
 *
 * A promise cannot be killed. A "killed" invocation (time-out, crash test) is therefore only *cut off*: the host ignores what it does from
 * then on, and whoever runs the handler must cut off its effects. **Every port through which the handler reaches the world (service calls, the
 * ledger, the PUT to the response URL, sleep, timers) must go through {@link whileRunning}**, or do the same: once the invocation has ended it
 * starts nothing and never settles, so that the handler hangs for ever like a process that is gone. A call already sent may still land.
 */
import type { Environment } from './core';
import type { FunctionConfiguration, FunctionCredentials, WriteLog } from './lambda-host';
import { exited, QueuedLambdaHost, timedOut } from './lambda-queue';
import type { FunctionError, InvocationResult, LambdaQueueOptions } from './lambda-queue';

/** Lambda's context object, as far as handlers may use it. */
export interface LambdaContext {
  readonly awsRequestId: string;
  readonly functionName: string;
  readonly invokedFunctionArn: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  getRemainingTimeInMillis(): number;
}

/** One run of a function. */
export interface Invocation {
  /** This run's own copy of the event. */
  readonly event: any;
  readonly context: LambdaContext;
  readonly configuration: FunctionConfiguration;
  readonly credentials: FunctionCredentials;
  /** 1 for the first delivery of the event. The real Lambda does not tell the handler; for tests only. */
  readonly attempt: number;
  /** Aborted when the invocation is killed, at its time-out or by {@link InProcessLambdaHost.kill}. */
  readonly killed: AbortSignal;
  /** Aborted when the invocation is over, killed or not: Lambda freezes the environment, so what was left running stands still. */
  readonly ended: AbortSignal;
  isKilled(): boolean;
  /** Writes one line to the function's log; lines of an ended invocation are lost. */
  log(line: string): void;
}

export interface InProcessLambdaHostOptions extends LambdaQueueOptions {
  readonly environment: Pick<Environment, 'clock' | 'random'>;
  /** Runs the handler: its promise is the handler's result. */
  readonly start: (invocation: Invocation) => Promise<unknown>;
  /** Credentials of the function's role, asked for every invocation. */
  readonly credentialsFor?: (configuration: FunctionConfiguration) => FunctionCredentials;
  readonly writeLog?: WriteLog;
}

/** The Lambda host of the in-process driver. */
export class InProcessLambdaHost extends QueuedLambdaHost {
  private readonly active = new Map<Invocation, (result: InvocationResult) => void>();

  constructor(private readonly options: InProcessLambdaHostOptions) {
    super(options.environment, options);
  }

  /** The invocations that run now. */
  public get invocations(): readonly Invocation[] {
    return [...this.active.keys()];
  }

  /** Kills a running invocation at this very moment, as if its process had died: Lambda delivers the event again. False if it has ended. */
  public kill(invocation: Invocation): boolean {
    const finish = this.active.get(invocation);
    finish?.(exited(invocation.context.awsRequestId, 'signal: killed'));
    return finish !== undefined;
  }

  protected run(
    configuration: FunctionConfiguration,
    awsRequestId: string,
    payload: string,
    attempt: number,
  ): Promise<InvocationResult> {
    const { clock } = this.environment;
    const killed = new AbortController();
    const ended = new AbortController();
    const { timeoutSeconds, logGroupName } = configuration;
    const deadline = clock.now() + timeoutSeconds * 1_000;
    const day = new Date(clock.now()).toISOString().slice(0, 10).replace(/-/g, '/');
    const logStreamName = `${day}/[$LATEST]in-process`;
    const invocation: Invocation = {
      event: JSON.parse(payload),
      context: {
        awsRequestId,
        functionName: configuration.functionName,
        invokedFunctionArn: configuration.functionArn,
        logGroupName,
        logStreamName,
        getRemainingTimeInMillis: () => Math.max(0, deadline - clock.now()),
      },
      configuration,
      credentials: this.options.credentialsFor?.(configuration) ?? NO_CREDENTIALS,
      attempt,
      killed: killed.signal,
      ended: ended.signal,
      isKilled: () => killed.signal.aborted,
      log: (line) => {
        if (ended.signal.aborted) return;
        this.options.writeLog?.(logGroupName, logStreamName, line, clock.now(), configuration);
      },
    };
    return new Promise((resolve) => {
      const finish = (result: InvocationResult) => {
        this.active.delete(invocation);
        timeout.cancel();
        if (result.outcome === 'timedOut' || result.outcome === 'killed') killed.abort(OVER);
        ended.abort(OVER);
        resolve(result);
      };
      const timeout = this.after(timeoutSeconds * 1_000, () => finish(timedOut(awsRequestId, timeoutSeconds)));
      this.active.set(invocation, finish);
      settle(() => this.options.start(invocation)).then(finish, (error) => finish({ outcome: 'threw', error: described(error) }));
    });
  }
}

/**
 * Runs `action` for an invocation and passes on what it answers, but only while the invocation runs: afterwards `action` is not started and the
 * returned promise never settles.
 */
export function whileRunning<T>(invocation: Pick<Invocation, 'ended'>, action: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (invocation.ended.aborted) return;
    action().then(
      (value) => { if (!invocation.ended.aborted) resolve(value); },
      (error) => { if (!invocation.ended.aborted) reject(error); },
    );
  });
}

/** Why signals of an invocation are aborted; an error made for each would cost more than the abort. */
const OVER = 'the invocation is over';

const NO_CREDENTIALS: FunctionCredentials = { accessKeyId: '', secretAccessKey: '', sessionToken: '' };

async function settle(start: () => Promise<unknown>): Promise<InvocationResult> {
  return { outcome: 'returned', payload: JSON.stringify(await start() ?? null) };
}

function described(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') };
}
