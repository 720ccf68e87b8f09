/**
 * Lambda's asynchronous delivery: at least once, in any order, with two retries, on an injected clock.
 *
 * Sources: [ASYNC] Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation"; [CONC] same,
 * "Configuring reserved concurrency"; [QUOTA] same, "Lambda quotas"; [ENV] same, "Using Lambda environment variables"; [INVOKE] Lambda API
 * Reference, Invoke; [I] inference.
 */
import type { Timer } from './clock';
import { AwsError } from './core';
import type { Environment } from './core';
import type { FunctionConfiguration, LambdaHost } from './lambda-host';

const MINUTE = 60_000;
/** An older event is discarded, unless the function says otherwise: 6 hours. [ASYNC] */
const MAXIMUM_EVENT_AGE = 6 * 60 * MINUTE;

/** One asynchronous invocation as Lambda's queue holds it. */
export interface QueuedEvent {
  /** The same for every delivery of the event, retries and duplicates included. */
  readonly awsRequestId: string;
  readonly functionArn: string;
  /** JSON; each delivery parses its own copy. */
  readonly payload: string;
  readonly queuedAt: number;
  /** Throttled deliveries; they are tried again and use up no attempt. */
  readonly throttles: number;
  /** Set when nothing more will be delivered. */
  readonly fate?: EventFate;
}

/**
 * How an event ended: a delivery returned; every attempt failed; it grew too old in the queue; the hook dropped it; its function was gone.
 */
export type EventFate = 'returned' | 'exhausted' | 'expired' | 'dropped' | 'functionDeleted';

/** One run of a function for one event. */
export interface Delivery {
  readonly event: QueuedEvent;
  /** 1 for the first delivery. */
  readonly attempt: number;
  /** True for a copy that `duplicateAfterMs` ordered. */
  readonly duplicate: boolean;
  /** The configuration that the run started with. */
  readonly configuration: FunctionConfiguration;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly outcome?: InvocationResult['outcome'];
  readonly error?: FunctionError;
}

/** What Lambda reports of a failed run. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** How a run ended. `payload` is JSON. */
export type InvocationResult =
  | { readonly outcome: 'returned'; readonly payload: string; readonly error?: undefined }
  | { readonly outcome: 'threw' | 'timedOut' | 'killed'; readonly error: FunctionError };

/** What a hook orders for one delivery. */
export interface DeliveryOrder {
  /** Extra milliseconds before this delivery: late, or overtaken by a younger event. */
  readonly delayMs?: number;
  /** Copies, each this many milliseconds after this delivery; 0 = at the same moment. */
  readonly duplicateAfterMs?: readonly number[];
  /** This delivery never happens and nothing follows it (copies do); an event may be deleted from the queue without being sent. [ASYNC] */
  readonly drop?: boolean;
}

export interface LambdaQueueOptions {
  /** Asked once for every delivery that is scheduled, copies excepted. */
  readonly delivery?: (event: QueuedEvent, attempt: number) => DeliveryOrder | undefined;
  /** Milliseconds before the first delivery; default 50. */
  readonly latencyMs?: number;
  /** Before the second and the third attempt; default one and two minutes. [ASYNC] */
  readonly retryDelaysMs?: readonly number[];
  /** Share of a retry's delay by which it may be shorter or longer; default 0.1: AWS states the delays as "about". [I] */
  readonly retryJitter?: number;
  /** First and longest wait of a throttled event; default 1 second and 5 minutes, doubling. [ASYNC] */
  readonly throttleDelaysMs?: readonly [number, number];
  /** Largest asynchronous payload in bytes; default 1 MB. It was {@link FORMER_ASYNC_PAYLOAD_LIMIT}. [QUOTA] */
  readonly payloadLimit?: number;
  /**
   * What copies of one event share; AWS does not say. `shared` (default, the harsher one): one message with a receive count, so that a
   * copy uses up an attempt, and as soon as one delivery returns no failed one is retried. `independent`: each copy has its own retries.
   */
  readonly copies?: 'shared' | 'independent';
}

/** 1 MB. [QUOTA] */
export const ASYNC_PAYLOAD_LIMIT = 1024 * 1024;
/** The limit of asynchronous payloads before it was raised: 256 KB. [QUOTA] */
export const FORMER_ASYNC_PAYLOAD_LIMIT = 256 * 1024;
/** Of a synchronous invocation: 6 MB. [QUOTA] */
export const SYNC_PAYLOAD_LIMIT = 6 * 1024 * 1024;

/** Variables that Lambda sets and no function may. [ENV] */
const RESERVED_VARIABLES: ReadonlySet<string> = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_LAMBDA_RUNTIME_API',
  'LAMBDA_TASK_ROOT',
  'LAMBDA_RUNTIME_DIR',
]);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A message in the queue: the event, or an independent copy of it. */
interface Message {
  readonly event: Mutable<QueuedEvent> & { outstanding: number; returned: boolean };
  deliveries: number;
  retries: number;
  returned: boolean;
}

/** Functions and their queue. Hosts say in {@link run} how a function runs. */
export abstract class QueuedLambdaHost implements LambdaHost {
  /** Every delivery in the order of its start, for invariant checks. */
  public readonly deliveries: readonly Delivery[] = [];
  /** Every event in the order in which it was queued. */
  public readonly events: readonly QueuedEvent[] = [];

  private readonly functions = new Map<string, FunctionConfiguration>();
  private readonly running = new Map<string, number>();
  private readonly timers = new Set<Timer>();
  private closed = false;

  constructor(
    protected readonly environment: Pick<Environment, 'clock' | 'random'>,
    private readonly queueOptions: LambdaQueueOptions,
  ) {}

  public async putFunction(configuration: FunctionConfiguration): Promise<void> {
    checkEnvironment(configuration.environment);
    this.functions.set(configuration.functionArn, configuration);
  }

  public async deleteFunction(functionArn: string): Promise<void> {
    this.functions.delete(unqualified(functionArn));
  }

  public getFunction(functionArnOrName: string): FunctionConfiguration | undefined {
    return this.functions.get(unqualified(functionArnOrName))
      ?? [...this.functions.values()].find(({ functionName }) => functionName === functionArnOrName);
  }

  /** Queues an event; throws the {@link AwsError} that Invoke answers when the function is unknown or the payload too large. */
  public invokeAsync(functionArn: string, event: unknown): QueuedEvent {
    const configuration = this.requireFunction(functionArn);
    const payload = serialized(event, this.queueOptions.payloadLimit ?? ASYNC_PAYLOAD_LIMIT, 'Event');
    const queued: Message['event'] = {
      awsRequestId: this.newRequestId(),
      functionArn: configuration.functionArn,
      payload,
      queuedAt: this.environment.clock.now(),
      throttles: 0,
      outstanding: 0,
      returned: false,
    };
    (this.events as QueuedEvent[]).push(queued);
    this.schedule({ event: queued, deliveries: 0, retries: 0, returned: false }, this.queueOptions.latencyMs ?? 50);
    return queued;
  }

  /** Runs a function once and answers its result, as invocation type RequestResponse: not queued, not recorded, not retried. */
  public async invoke(functionArn: string, event: unknown): Promise<InvocationResult & { awsRequestId: string }> {
    const configuration = this.requireFunction(functionArn);
    const payload = serialized(event, SYNC_PAYLOAD_LIMIT, 'RequestResponse');
    if (!this.hasRoom(configuration)) {
      const members = { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded', Type: 'User' };
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, members);
    }
    const awsRequestId = this.newRequestId();
    return { ...await this.counted(configuration, awsRequestId, payload, 1), awsRequestId };
  }

  /** True when no event waits or runs. */
  public idle(): boolean {
    return this.events.every(({ fate }) => fate !== undefined);
  }

  /** Delivers nothing any more. Runs that are under way go on. */
  public async stop(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
  }

  /** Runs the function once; never rejects, whatever the function does. */
  protected abstract run(
    configuration: FunctionConfiguration,
    awsRequestId: string,
    payload: string,
    attempt: number,
  ): Promise<InvocationResult>;

  /** Like the clock's `after`, but cancelled by {@link stop}. */
  protected after(milliseconds: number, action: () => void): Timer {
    const timer = this.environment.clock.after(milliseconds, () => {
      this.timers.delete(timer);
      action();
    });
    this.timers.add(timer);
    return { cancel: () => { this.timers.delete(timer); timer.cancel(); } };
  }

  private requireFunction(functionArn: string): FunctionConfiguration {
    const configuration = this.getFunction(functionArn);
    if (configuration) return configuration;
    throw new AwsError('ResourceNotFoundException', `Function not found: ${functionArn}`, 404, { Type: 'User' }); // [INVOKE]
  }

  private schedule(message: Message, delay: number): void {
    const attempt = ++message.deliveries;
    const order = this.queueOptions.delivery?.(message.event, attempt) ?? {};
    const first = delay + (order.delayMs ?? 0);
    if (order.drop) {
      this.settle(message, 'dropped');
    } else {
      this.enqueue(message, attempt, false, first);
    }
    for (const later of order.duplicateAfterMs ?? []) {
      if (this.queueOptions.copies === 'independent') {
        this.enqueue({ ...message }, attempt, true, first + later);
      } else {
        this.enqueue(message, ++message.deliveries, true, first + later);
      }
    }
  }

  private enqueue(message: Message, attempt: number, duplicate: boolean, delay: number, throttled = 0): void {
    message.event.outstanding++;
    delete message.event.fate;
    if (this.closed) return;
    this.after(delay, () => {
      message.event.outstanding--;
      this.deliver(message, attempt, duplicate, throttled);
    });
  }

  private deliver(message: Message, attempt: number, duplicate: boolean, throttled: number): void {
    const { event } = message;
    const configuration = this.functions.get(event.functionArn);
    if (!configuration) return this.settle(message, 'functionDeleted');
    if (this.expired(event, configuration, 0)) return this.settle(message, 'expired');
    if (message.returned && !duplicate) return this.settle(message, 'returned'); // a copy returned while this retry waited
    if (!this.hasRoom(configuration)) {
      event.throttles++;
      const [shortest, longest] = this.queueOptions.throttleDelaysMs ?? [1_000, 5 * MINUTE];
      return this.enqueue(message, attempt, duplicate, Math.min(shortest * 2 ** throttled, longest), throttled + 1);
    }
    event.outstanding++;
    const startedAt = this.environment.clock.now();
    const delivery: Mutable<Delivery> = { event, attempt, duplicate, configuration, startedAt };
    (this.deliveries as Delivery[]).push(delivery);
    void this.counted(configuration, event.awsRequestId, event.payload, attempt).then(({ outcome, error }) => {
      event.outstanding--;
      Object.assign(delivery, { endedAt: this.environment.clock.now(), outcome, error });
      this.ended(message, configuration, outcome === 'returned');
    });
  }

  private ended(message: Message, configuration: FunctionConfiguration, returned: boolean): void {
    message.returned ||= returned;
    message.event.returned ||= returned;
    if (message.returned) return this.settle(message, 'returned');
    if (message.deliveries > (configuration.maximumRetryAttempts ?? 2)) return this.settle(message, 'exhausted');
    const delays = this.queueOptions.retryDelaysMs ?? [MINUTE, 2 * MINUTE];
    const delay = delays[Math.min(message.retries++, delays.length - 1)];
    const jittered = delay * (1 + (this.queueOptions.retryJitter ?? 0.1) * (2 * this.environment.random() - 1));
    if (this.expired(message.event, configuration, jittered)) return this.settle(message, 'expired');
    this.schedule(message, jittered);
  }

  /** An event has met its fate when its last delivery has ended; one that returned outweighs the others. */
  private settle({ event }: Message, fate: EventFate): void {
    if (event.outstanding === 0) event.fate = event.returned ? 'returned' : fate;
  }

  private expired({ queuedAt }: QueuedEvent, { maximumEventAgeSeconds }: FunctionConfiguration, wait: number): boolean {
    const limit = maximumEventAgeSeconds === undefined ? MAXIMUM_EVENT_AGE : maximumEventAgeSeconds * 1_000;
    return this.environment.clock.now() + wait - queuedAt > limit;
  }

  /** Whether reserved concurrency lets the function run once more; 0 switches it off. [CONC] */
  private hasRoom({ functionArn, reservedConcurrency }: FunctionConfiguration): boolean {
    return (this.running.get(functionArn) ?? 0) < (reservedConcurrency ?? Infinity);
  }

  private async counted(
    configuration: FunctionConfiguration,
    awsRequestId: string,
    payload: string,
    attempt: number,
  ): Promise<InvocationResult> {
    const { functionArn } = configuration;
    this.running.set(functionArn, (this.running.get(functionArn) ?? 0) + 1);
    try {
      return await this.run(configuration, awsRequestId, payload, attempt);
    } finally {
      this.running.set(functionArn, this.running.get(functionArn)! - 1);
    }
  }

  /** A version 4 UUID of the seeded random numbers. */
  private newRequestId(): string {
    const digit = (from: number, span: number) => (from + Math.floor(this.environment.random() * span)).toString(16);
    return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (kind) => kind === 'x' ? digit(0, 16) : digit(8, 4));
  }
}

/** The function's ARN without version or alias: only $LATEST exists here. */
function unqualified(arn: string): string {
  return arn.startsWith('arn:') ? arn.split(':').slice(0, 7).join(':') : arn;
}

/** Refuses what CreateFunction and UpdateFunctionConfiguration refuse. [ENV] */
function checkEnvironment(variables: FunctionConfiguration['environment']): void {
  const refusal = 'Lambda was unable to configure your environment variables because the environment variables you have provided';
  const reserved = Object.keys(variables).filter((name) => RESERVED_VARIABLES.has(name));
  if (reserved.length > 0) {
    throw new AwsError('InvalidParameterValueException', `${refusal} contains reserved keys that are currently not supported `
      + `for modification. Reserved keys used in this request: ${reserved.join(', ')}`, 400, { Type: 'User' });
  }
  if (Buffer.byteLength(JSON.stringify(variables)) > 4 * 1024) {
    throw new AwsError('InvalidParameterValueException', `${refusal} exceeded the 4KB limit.`, 400, { Type: 'User' });
  }
}

function serialized(event: unknown, limit: number, invocationType: string): string {
  const payload = JSON.stringify(event ?? {});
  const size = Buffer.byteLength(payload);
  if (size > limit) {
    // [INVOKE] 413
    throw new AwsError(
      'RequestTooLargeException',
      `${size} byte payload is too large for the ${invocationType} invocation type (limit ${limit} bytes)`,
      413,
      { Type: 'User' },
    );
  }
  return payload;
}

/** The error of a run that Lambda ended at its time-out. */
export function timedOut(awsRequestId: string, timeoutSeconds: number): InvocationResult {
  const errorMessage = `RequestId: ${awsRequestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return { outcome: 'timedOut', error: { errorType: 'Sandbox.Timedout', errorMessage } };
}

/** The error of a run whose process ended before it answered. */
export function exited(awsRequestId: string, how: string): InvocationResult {
  const errorMessage = `RequestId: ${awsRequestId} Error: Runtime exited with error: ${how}`;
  return { outcome: 'killed', error: { errorType: 'Runtime.ExitError', errorMessage } };
}
