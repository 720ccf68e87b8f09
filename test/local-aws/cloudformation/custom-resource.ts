/**
 * The custom-resource protocol from CloudFormation's side: requests to a Lambda function, a presigned address for the answer, and
 * what CloudFormation makes of it.
 *
 * Sources: [D] User Guide, "Custom resource reference" (request and response objects), AWS::CloudFormation::CustomResource
 * (ServiceTimeout); [D CDK] README of aws-cdk-lib/core, "Custom resources"; [R] reports from real accounts, named where used.
 */
import { createHmac } from 'crypto';
import type { Environment } from '../core';
import type { LambdaHost } from '../lambda-host';
import { inventedName, NotAttempted, ProvisioningFailure, type Provisioned } from './model';
import { randomUuid } from './random';
import type { ResourceProvider, ResourceRequest } from './resources';
import type { Json, JsonObject } from './template';

export type RequestType = 'Create' | 'Update' | 'Delete';

/** The event that a handler gets. */
export interface CustomResourceRequest {
  readonly RequestType: RequestType;
  readonly ServiceToken: string;
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceType: string;
  readonly ResourceProperties: JsonObject;
  readonly OldResourceProperties?: JsonObject;
}

/**
 * What became of one PUT: `first` is the answer that CloudFormation acted on, `later` came after it, `late` came when CloudFormation had
 * given up or stopped waiting, `unusable` cannot be attributed to the request, `refused` was not accepted by S3, `lost` was not stored.
 */
export type AnswerUse = 'first' | 'later' | 'late' | 'unusable' | 'refused' | 'lost';

export interface AnswerRecord {
  readonly at: number;
  readonly body: string;
  readonly httpStatus: number;
  readonly use: AnswerUse;
}

/** One request and everything that came of it. */
export interface RequestRecord {
  readonly request: CustomResourceRequest;
  readonly sentAt: number;
  /** When CloudFormation gives up. */
  readonly deadline: number;
  readonly answers: AnswerRecord[];
  outcome?: { readonly at: number; readonly kind: 'success' | 'failed' | 'timedOut' | 'cancelled' };
}

/** The form of the address's signature; public samples show both, and handlers may not rely on either. */
export type ResponseUrlForm = 'sigv4' | 'sigv2' | 'none';

/** What happens to one PUT: `lost` answers 500 and stores nothing, `unconfirmed` stores the answer and answers 500. */
export type PutFault = 'lost' | 'unconfirmed';

export interface CustomResourceOptions {
  /** Scheme, host and port before the path of the response address. */
  readonly responseUrlBase: string;
  readonly responseUrlForm: ResponseUrlForm;
  /** Milliseconds since the epoch that the address is stamped with (in whole seconds). See {@link STAMPS}. */
  readonly stamp: (now: number, request: { readonly index: number; readonly previous?: number }) => number;
  /**
   * What happens to a request that is under way when another resource fails. `abandon`: CloudFormation deletes with an invented id at once
   * [R coverage roadmap 1814]; `wait`: it waits for the answer first. Documentation does not say.
   */
  readonly afterCancellation: 'abandon' | 'wait';
  /** Decides over each PUT; `count` is the number of PUTs for this request before it. */
  readonly putFault?: (record: RequestRecord, count: number) => PutFault | undefined;
  /** Bytes that Lambda accepts in an asynchronous invocation. [D] Lambda quotas: 1 MB */
  readonly maximumEventBytes: number;
}

/** Ways to stamp response addresses. `previous` is the stamp of the resource's previous request. */
export const STAMPS = {
  exact: (now: number): number => now,
  /** Repeats the previous second while it is no more than two seconds ago. */
  sameSecond: (now: number, { previous }: {
    previous?: number;
  }): number => (previous !== undefined && now - previous <= 2000 ? previous : now),
  /** One second late, one second early, in turn: two seconds between clocks. */
  skewed: (now: number, { index }: { index: number }): number => now + (index % 2 === 0 ? 1000 : -1000),
} as const;

export const DEFAULT_CUSTOM_RESOURCE_OPTIONS: CustomResourceOptions = {
  responseUrlBase: 'https://localhost',
  responseUrlForm: 'sigv4',
  stamp: STAMPS.exact,
  afterCancellation: 'abandon',
  maximumEventBytes: 1024 * 1024,
};

/** [D] "The response object … total size … cannot exceed 4096 bytes" */
const MAXIMUM_ANSWER_BYTES = 4096;
/** [D] PhysicalResourceId: "a non-empty string … can be up to 1 KB in size" */
const MAXIMUM_PHYSICAL_ID_BYTES = 1024;
/** [D] ServiceTimeout: 1 to 3600 seconds, default 3600. */
const MAXIMUM_SERVICE_TIMEOUT_SECONDS = 3600;
/** Seen in public samples as X-Amz-Expires. */
const RESPONSE_URL_SECONDS = 7200;

interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId?: Json;
  readonly Data?: JsonObject;
}

interface Waiting extends RequestRecord {
  readonly key: string;
  /** Query of the response address; an answer must come with it. */
  readonly query: string;
  readonly expiresAt: number;
  readonly decide: (result: Provisioned | ProvisioningFailure, kind: 'success' | 'failed' | 'timedOut' | 'cancelled') => void;
}

/** Provider for `Custom::*` and `AWS::CloudFormation::CustomResource`. */
export class CustomResources implements ResourceProvider {
  /** Every request that was ever sent, in order. */
  public readonly requests: RequestRecord[] = [];
  public readonly custom = true;
  public readonly answersAttributes = true;
  private readonly waiting = new Map<string, Waiting>();
  private readonly lastStamp = new Map<string, number>();

  constructor(
    private readonly environment: Environment,
    private readonly lambda: LambdaHost,
    public options: CustomResourceOptions = DEFAULT_CUSTOM_RESOURCE_OPTIONS,
  ) {}

  public normalise(properties: JsonObject): JsonObject {
    return scalarsAsStrings(properties) as JsonObject;
  }

  public async create(request: ResourceRequest): Promise<Provisioned> {
    return this.send(request, 'Create');
  }

  public async update(request: ResourceRequest, physicalId: string, oldProperties: JsonObject): Promise<Provisioned> {
    // [R aws-cdk 4 and others] the text of the failed event
    if (oldProperties.ServiceToken !== request.properties.ServiceToken) throw new NotAttempted('Modifying service token is not allowed.');
    return this.send(request, 'Update', physicalId, oldProperties);
  }

  public async delete(request: ResourceRequest, physicalId: string): Promise<void> {
    await this.send(request, 'Delete', physicalId);
  }

  /** [R] The reason that CloudFormation gives a resource that uses an attribute which the answer did not hold. */
  public missingAttribute(resource: Pick<ResourceRequest, 'region' | 'stackId' | 'logicalId'>, name: string): string {
    const object = `${resource.stackId}|${resource.logicalId}|${randomUuid(this.environment.random)}`;
    return `CustomResource attribute error: Vendor response doesn't contain ${name} key in object ${object} in S3 bucket ` +
      `cloudformation-custom-resource-storage-${resource.region.replace(/-/g, '')}`;
  }

  /** Takes the PUT of an answer and gives its HTTP status. `pathAndQuery` is all that follows the host. */
  public receive(
    pathAndQuery: string, body: string | Uint8Array, headers: Readonly<Record<string, string | undefined>> = {},
  ): number {
    const content = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
    const [path, query = ''] = pathAndQuery.split('?', 2);
    const record = this.waiting.get(decodeURIComponent(path.slice(path.lastIndexOf('/') + 1)));
    if (!record) return 403;
    const now = this.environment.clock.now();
    const note = (httpStatus: number, use: AnswerUse): number => {
      record.answers.push({ at: now, body: content, httpStatus, use });
      return httpStatus;
    };
    if (query !== record.query || now >= record.expiresAt || !contentTypeFits(this.options.responseUrlForm, headers)) return note(403, 'refused');
    const fault = this.options.putFault?.(record, record.answers.length);
    if (fault === 'lost') return note(500, 'lost');
    const httpStatus = fault === 'unconfirmed' ? 500 : 200;
    if (record.outcome) return note(httpStatus, record.outcome.kind === 'success' || record.outcome.kind === 'failed' ? 'later' : 'late');
    const verdict = judge(record.request, content);
    if (verdict === undefined) return note(httpStatus, 'unusable');
    note(httpStatus, 'first');
    record.decide(verdict, verdict instanceof ProvisioningFailure ? 'failed' : 'success');
    return httpStatus;
  }

  private async send(
    request: ResourceRequest, type: RequestType, physicalId?: string, oldProperties?: JsonObject,
  ): Promise<Provisioned> {
    const functionArn = this.serviceToken(request);
    const timeout = serviceTimeout(request.properties);
    const requestId = randomUuid(this.environment.random);
    const address = this.responseAddress(request, requestId);
    const event: CustomResourceRequest = {
      RequestType: type,
      ServiceToken: functionArn,
      ResponseURL: address.url,
      StackId: request.stackId,
      RequestId: requestId,
      LogicalResourceId: request.logicalId,
      ...(physicalId === undefined ? {} : { PhysicalResourceId: physicalId }),
      ResourceType: request.resourceType,
      ResourceProperties: request.properties,
      ...(oldProperties === undefined ? {} : { OldResourceProperties: oldProperties }),
    };
    const bytes = Buffer.byteLength(JSON.stringify(event));
    if (bytes > this.options.maximumEventBytes) {
      throw new NotAttempted(`${bytes} byte payload is too large for the Event invocation type (limit ${this.options.maximumEventBytes} bytes)`);
    }
    const result = await this.exchange(event, timeout, address, request.cancelled);
    if (!(result instanceof ProvisioningFailure)) return result;
    // [R empire 918] a Create whose answer brings no id gets an invented one, and that is what its Delete is sent with
    const invented = type === 'Create' ? inventedName(this.environment.random, request.stackName, request.logicalId) : undefined;
    throw new ProvisioningFailure(result.message, result.physicalId ?? invented);
  }

  private exchange(
    request: CustomResourceRequest,
    timeoutSeconds: number,
    address: ResponseAddress,
    cancelled: Promise<void>,
  ): Promise<Provisioned | ProvisioningFailure> {
    const { clock } = this.environment;
    return new Promise((resolve) => {
      const sentAt = clock.now();
      const deadline = sentAt + timeoutSeconds * 1000;
      const record: Waiting = {
        request,
        sentAt,
        deadline,
        answers: [],
        key: address.key,
        query: address.query,
        expiresAt: address.expiresAt,
        decide: (result, kind) => {
          if (record.outcome) return;
          record.outcome = { at: clock.now(), kind };
          timer.cancel();
          resolve(result);
        },
      };
      const timer = clock.after(timeoutSeconds * 1000, () => record.decide(new ProvisioningFailure(noAnswer(request.RequestId)), 'timedOut'));
      if (this.options.afterCancellation === 'abandon') {
        void cancelled.then(() => record.decide(new ProvisioningFailure('cancelled'), 'cancelled'));
      }
      this.requests.push(record);
      this.waiting.set(address.key, record);
      // the handler gets its own copy, as it would over the wire
      this.lambda.invokeAsync(request.ServiceToken, JSON.parse(JSON.stringify(request)));
    });
  }

  private serviceToken(request: ResourceRequest): string {
    const token = request.properties.ServiceToken;
    if (typeof token !== 'string') throw new NotAttempted('Missing ServiceToken property of custom resource'); // own text
    const match = /^arn:[\w-]+:lambda:([\w-]+):\d{12}:function:/.exec(token);
    // [D] "The service token must be from the same Region in which you are creating the stack"
    if (!match || match[1] !== request.region) throw new NotAttempted(`Invalid service token ${token}: not a Lambda function in ${request.region}`);
    if (!this.lambda.getFunction(token)) {
      throw new NotAttempted(`Function not found: ${token} (Service: Lambda, Status Code: 404, Error Code: ResourceNotFoundException)`);
    }
    return token;
  }

  private responseAddress(request: ResourceRequest, requestId: string): ResponseAddress {
    const resource = `${request.stackId}|${request.logicalId}`;
    const previous = this.lastStamp.get(resource);
    const stamp = Math.floor(
      this.options.stamp(this.environment.clock.now(), { index: this.requests.length, previous }) / 1000,
    ) * 1000;
    this.lastStamp.set(resource, stamp);
    const key = `${resource}|${requestId}`;
    const query = signedQuery(this.options.responseUrlForm, key, stamp, request.region);
    const bucket = `cloudformation-custom-resource-response-${request.region.replace(/-/g, '')}`;
    const url = `${this.options.responseUrlBase}/${bucket}/${encodeURIComponent(key)}${query && `?${query}`}`;
    return { key, query, url, expiresAt: stamp + RESPONSE_URL_SECONDS * 1000 };
  }
}

interface ResponseAddress {
  readonly key: string;
  readonly query: string;
  readonly url: string;
  readonly expiresAt: number;
}

/** What an answer means; undefined when it cannot be attributed to the request, so that CloudFormation goes on waiting. */
function judge(request: CustomResourceRequest, body: string): Provisioned | ProvisioningFailure | undefined {
  if (Buffer.byteLength(body) > MAXIMUM_ANSWER_BYTES) return new ProvisioningFailure('Response object is too long.');
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(body);
  } catch {
    return undefined;
  }
  // [D] "RequestId + StackId identify a request"; all three must be copied verbatim
  if (typeof answer !== 'object' || answer === null) return undefined;
  const copied = ['StackId', 'RequestId', 'LogicalResourceId'] as const;
  if (copied.some((member) => answer[member] !== request[member])) return undefined;
  return meaning(request, answer);
}

function meaning(request: CustomResourceRequest, answer: Record<string, unknown>): Provisioned | ProvisioningFailure {
  if (answer.Status !== 'SUCCESS' && answer.Status !== 'FAILED') return new ProvisioningFailure('Invalid response: Status must be SUCCESS or FAILED');
  // [D] Reason "must be a string" where present, so null is not allowed
  if ('Reason' in answer && typeof answer.Reason !== 'string') return new ProvisioningFailure('Invalid response: Reason must be a string');
  const { Status, Reason, PhysicalResourceId: id, Data } = answer as unknown as Answer;
  if (typeof id !== 'string' || id === '' || Buffer.byteLength(id) > MAXIMUM_PHYSICAL_ID_BYTES) return new ProvisioningFailure('Invalid PhysicalResourceId');
  if (Status === 'FAILED') {
    const message = `Received response status [FAILED] from custom resource. Message returned: ${Reason ?? ''} (RequestId: ${request.RequestId})`;
    return new ProvisioningFailure(message, id);
  }
  if (Data !== undefined && Data !== null && (typeof Data !== 'object' || Array.isArray(Data))) {
    return new ProvisioningFailure('Invalid response: Data must be an object', id);
  }
  return { physicalId: id, attributes: Data ?? {} };
}

/** [R] The text that CloudFormation shows since 2024. */
function noAnswer(requestId: string): string {
  return `CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [${requestId}]. If you are using ` +
    'the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.';
}

function serviceTimeout(properties: JsonObject): number {
  const given = properties.ServiceTimeout;
  if (given === undefined) return MAXIMUM_SERVICE_TIMEOUT_SECONDS;
  const seconds = Number(given);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAXIMUM_SERVICE_TIMEOUT_SECONDS) {
    throw new NotAttempted(`Invalid ServiceTimeout ${JSON.stringify(given)}: 1 to ${MAXIMUM_SERVICE_TIMEOUT_SECONDS} seconds`);
  }
  return seconds;
}

/** [D CDK; R coverage roadmap 1037] Scalars reach a handler as strings, whatever their type in the template. */
function scalarsAsStrings(value: Json): Json {
  if (Array.isArray(value)) return value.map(scalarsAsStrings);
  if (typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, scalarsAsStrings(member)]));
  return String(value);
}

function signedQuery(form: ResponseUrlForm, key: string, stamp: number, region: string): string {
  if (form === 'none') return '';
  const signature = createHmac('sha256', 'embedded').update(`${key} ${stamp}`);
  if (form === 'sigv2') {
    const expires = stamp / 1000 + RESPONSE_URL_SECONDS;
    return `AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=${expires}&Signature=${encodeURIComponent(signature.digest('base64'))}`;
  }
  const date = new Date(stamp).toISOString().replace(/[-:]/g, '').replace('.000', '');
  const credential = encodeURIComponent(`AKIAIOSFODNN7EXAMPLE/${date.slice(0, 8)}/${region}/s3/aws4_request`);
  return `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=${date}&X-Amz-SignedHeaders=host&X-Amz-Expires=${RESPONSE_URL_SECONDS}` +
    `&X-Amz-Credential=${credential}&X-Amz-Signature=${signature.digest('hex')}`;
}

/** A SigV2 signature covers the content type, and CloudFormation signs an empty one. [D] S3 "Signing and authenticating REST requests" */
function contentTypeFits(form: ResponseUrlForm, headers: Readonly<Record<string, string | undefined>>): boolean {
  return form !== 'sigv2' || !headers['content-type'];
}
