import { AwsError, ConnectionReset, EndpointMissing } from './core';
import type {
  Call, Caller, Environment, Fault, FaultHook, JournalEntry, Service, WireRequest, WireResponse,
} from './core';
import { createEnvironment, type EnvironmentOptions } from './environment';
import { describeFault, truncated, underFault } from './faults';
import { Authorizer } from './iam/authorizer';
import { Credentials } from './iam/credentials';
import { IamStore } from './iam/store';
import { failure, Journal } from './journal';
import { DynamoDbService } from './services/dynamodb';
import { IamService } from './services/iam';
import { LogsService } from './services/logs';
import { S3Service } from './services/s3';
import { SsmService } from './services/ssm';
import { StsService } from './services/sts';
import { type AnswerContext, type Codec, type ErrorName, text } from './wire/codec';
import { codecFor } from './wire/codecs';
import { credentialScope, type CredentialScope, pathOf } from './wire/scope';

/** Takes an answer of a custom resource, PUT to a response URL's path (query included), and says the HTTP status. */
export type CustomResourceAnswerReceiver = (
  pathAndQuery: string,
  body: string,
  headers: Readonly<Record<string, string>>,
) => number;

export interface EmbeddedAwsOptions {
  readonly environment?: Environment | EnvironmentOptions;
  /** Services besides those that are always there. */
  readonly services?: readonly Service[];
}

/** Where response URLs of custom resources lead: a bucket in S3. */
const ANSWER_PATH = /^\/cloudformation-custom-resource-response-/;

/** Who PUTs to a response URL: the URL itself is the permission. */
const ANONYMOUS: Caller = { accountId: 'anonymous', accessKeyId: '', arn: 'anonymous' };

/** An AWS in memory: every request is decoded, authorised, journaled, offered to the fault hook, served and encoded here. */
export class EmbeddedAws {
  public readonly environment: Environment;
  public readonly journal = new Journal();
  /** What went wrong in a model itself: a test that finds anything here has found nothing else. */
  public readonly mistakes: Error[] = [];
  public readonly credentials: Credentials;
  public readonly iam: IamStore;
  public readonly ssm: SsmService;
  public readonly s3: S3Service;
  public readonly logs: LogsService;
  public readonly dynamodb: DynamoDbService;

  private readonly services = new Map<string, Service>();
  private readonly authorizer: Authorizer;
  private faultHook?: FaultHook;
  private receiveAnswer?: CustomResourceAnswerReceiver;
  private requests = 0;

  constructor(options: EmbeddedAwsOptions = {}) {
    this.environment = createEnvironment(options.environment);
    const { clock, partition } = this.environment;
    this.credentials = new Credentials(clock, partition);
    this.iam = new IamStore(partition);
    this.authorizer = new Authorizer(this.iam, this.credentials, clock);
    this.ssm = new SsmService(this.environment);
    this.s3 = new S3Service(this.environment);
    this.logs = new LogsService(this.environment);
    this.dynamodb = new DynamoDbService(this.environment);
    const sts = new StsService(this.credentials, this.iam, this.authorizer);
    const always: Service[] = [sts, new IamService(this.iam), this.ssm, this.s3, this.logs, this.dynamodb];
    for (const service of [...always, ...options.services ?? []]) this.register(service);
  }

  /** Adds a service, or puts another in its place. */
  public register(service: Service): void {
    this.services.set(service.name, service);
  }

  /** The operations that are modelled, by service. */
  public operations(): Record<string, string[]> {
    return Object.fromEntries([...this.services.values()].map(({ name, operations = [] }) => [name, [...operations]]));
  }

  /** Sets who is asked for a fault before every call; nobody without an argument. */
  public setFaultHook(hook?: FaultHook): void {
    this.faultHook = hook;
  }

  /** Sets who takes the answers of custom resources. */
  public setCustomResourceAnswerReceiver(receive: CustomResourceAnswerReceiver): void {
    this.receiveAnswer = receive;
  }

  /**
   * Serves one request. Throws {@link ConnectionReset} where a fault cuts the connection, {@link EndpointMissing} where there is nothing to
   * connect to; never settles where a fault lets it hang.
   */
  public async handle(request: WireRequest): Promise<WireResponse> {
    const requestId = requestIdOf(this.requests++);
    const scope = credentialScope(request);
    // a response URL may be presigned or not: it is told by its path
    if (ANSWER_PATH.test(request.path)) return this.handleAnswer(request, requestId);
    const codec = codecFor(scope?.service ?? '', request);
    const context: AnswerContext = { request, requestId };
    if ((request.headers['content-type'] ?? '').includes('cbor')) {
      // [M] no client of today insists on CBOR; 415 makes the day visible on which one does
      return { status: 415, headers: { 'content-type': 'text/plain' }, body: new TextEncoder().encode('CBOR is not modelled') };
    }
    let call: Call;
    let service: Service;
    // a name that does not exist is found out before anything is sent, so nothing is journaled
    const regions = this.services.get(scope?.service ?? '')?.servedRegions;
    if (scope !== undefined && regions?.has(scope.region) === false) throw new EndpointMissing(hostOf(request, scope));
    try {
      const caller = this.identify(scope, codec);
      const { operation, input } = codec.decode(request);
      service = this.serviceOf(scope!.service, operation, codec);
      call = { service: service.name, operation, region: scope!.region, caller, input };
    } catch (error) {
      return codec.error(this.asAwsError(error), context);
    }
    return this.serve(call, { ...context, operation: call.operation }, codec, async (entry) => {
      this.authorize(service, call, codec);
      this.journal.reach(entry, this.environment.clock.now());
      return service.call(call);
    });
  }

  /** An answer to CloudFormation: a PUT that S3 takes without looking at the caller. */
  private handleAnswer(request: WireRequest, requestId: string): Promise<WireResponse> {
    const body = text(request.body);
    const input = { Key: pathOf(request).slice(1), Body: body };
    const call: Call = { service: 's3', operation: 'PutCustomResourceAnswer', region: 'us-east-1', caller: ANONYMOUS, input };
    return this.serve(call, { request, requestId, operation: call.operation }, codecFor('s3', request), async (entry) => {
      this.journal.reach(entry, this.environment.clock.now());
      if (request.method !== 'PUT') throw new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);
      const status = this.receiveAnswer?.(request.path, body, request.headers) ?? 403;
      if (status >= 500) throw new AwsError('InternalError', 'We encountered an internal error. Please try again.', status);
      if (status >= 400) throw new AwsError('AccessDenied', 'Request has expired', status);
      return {};
    });
  }

  private async serve(
    call: Call,
    context: AnswerContext,
    codec: Codec,
    effect: (entry: JournalEntry) => Promise<unknown>,
  ): Promise<WireResponse> {
    const { clock } = this.environment;
    const entry = this.journal.open(call, clock.now());
    const fault: Fault | undefined = this.faultHook?.(call, entry.index);
    if (fault !== undefined) entry.fault = describeFault(fault);
    try {
      const output = await underFault(fault, clock, async () => {
        try {
          const result = await effect(entry);
          entry.effect = { output: result };
          return result;
        } catch (error) {
          entry.effect = failure(this.asAwsError(error));
          throw error;
        }
      });
      const response = codec.output(output, context);
      if (fault?.kind === 'garbage') return { ...response, body: truncated(response.body) };
      entry.answer = { output };
      return response;
    } catch (error) {
      if (error instanceof ConnectionReset) throw error;
      const answered = this.asAwsError(error);
      const response = codec.error(answered, context);
      entry.answer = failure({ code: answered.code, message: answered.message, status: response.status });
      return response;
    }
  }

  private identify(scope: CredentialScope | undefined, codec: Codec): Caller {
    const { errors } = codec;
    if (scope === undefined) throw named(errors.missingToken, 'Request is missing Authentication Token');
    const identity = this.credentials.identify(scope.accessKeyId, scope.sessionToken);
    switch (identity.kind) {
      case 'caller': return identity.caller;
      case 'expired': throw named(errors.expiredToken, 'The security token included in the request is expired');
      case 'unknown': throw named(errors.invalidToken, 'The security token included in the request is invalid.');
    }
  }

  private serviceOf(name: string, operation: string, codec: Codec): Service {
    const service = this.services.get(name);
    if (service === undefined || service.operations?.has(operation) === false) {
      throw named(codec.errors.unknownOperation, `The embedded AWS does not model ${name}:${operation}`);
    }
    return service;
  }

  private authorize(service: Service, call: Call, codec: Codec): void {
    const needed = service.authorization?.(call) ?? [{ action: `${call.service}:${call.operation}`, resources: ['*'] }];
    const refusal = this.authorizer.refusal(call, needed);
    if (refusal?.kind === 'roleGone') throw named(codec.errors.invalidToken, 'The security token included in the request is invalid.');
    if (refusal?.kind === 'denied') throw named(codec.errors.accessDenied, refusal.message);
  }

  /** Anything else than an {@link AwsError} is a mistake of a model. Its status is 400, because clients would retry a 500 for minutes. */
  private asAwsError(error: unknown): AwsError {
    if (error instanceof AwsError) return error;
    const mistake = error instanceof Error ? error : new Error(String(error));
    if (!this.mistakes.includes(mistake)) this.mistakes.push(mistake);
    return new AwsError('EmbeddedAwsMistake', mistake.stack ?? mistake.message, 400);
  }
}

function named({ code, status }: ErrorName, message: string): AwsError {
  return new AwsError(code, message, status);
}

/** The host that has no address: the one of the request, unless that is the embedded AWS's own. */
function hostOf({ host }: WireRequest, { service, region }: CredentialScope): string {
  return host.includes(service) ? host : `${service}.${region}.amazonaws.com`;
}

/** A request id that is the same in every run. */
function requestIdOf(index: number): string {
  return `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}
