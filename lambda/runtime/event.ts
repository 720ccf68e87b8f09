/**
 * A CloudFormation custom-resource request, checked and without its secret.
 */

export type RequestType = 'Create' | 'Update' | 'Delete';

export type Properties = Readonly<Record<string, unknown>>;

export interface Request {
  readonly type: RequestType;
  readonly requestId: string;
  readonly stackId: string;
  readonly logicalId: string;
  /** The id that CloudFormation knows; absent on Create. On Delete it may be one that CloudFormation invented. */
  readonly physicalId?: string;
  readonly properties: Properties;
  /** Of an Update: the properties before it, if the event has them. */
  readonly oldProperties?: Properties;
  /** Where the answer goes. A presigned URL is a credential: it is never logged. */
  readonly responseUrl: string;
  /** When CloudFormation issued the request, as far as the URL tells. */
  readonly issued?: IssueTime;
  /** Seconds that CloudFormation waits for the answer. */
  readonly serviceTimeoutSeconds: number;
}

/** A time read from the response URL. Times of different kinds cannot be compared. */
export interface IssueTime {
  readonly kind: 'X-Amz-Date' | 'Expires';
  readonly at: number;
}

/** CloudFormation's default and maximum for `ServiceTimeout`, in seconds. */
const LONGEST_SERVICE_TIMEOUT = 3600;

/** An event that is no custom-resource request; answered where it says how. */
export class MalformedEvent extends Error {
  public readonly name = 'MalformedEvent';
}

/** The members that an answer needs, as far as the event has them. */
export interface ReturnAddress {
  readonly RequestId: string;
  readonly StackId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResponseURL: string;
}

export function returnAddress(event: unknown): ReturnAddress | undefined {
  const { RequestId, StackId, LogicalResourceId, PhysicalResourceId, ResponseURL } = (event ?? {}) as Record<
    string,
    unknown
  >;
  if (
    ![RequestId, StackId, LogicalResourceId, ResponseURL].every((member) => typeof member === 'string' && member !== '')
  ) {
    return undefined;
  }
  return {
    RequestId: RequestId as string,
    StackId: StackId as string,
    LogicalResourceId: LogicalResourceId as string,
    ResponseURL: ResponseURL as string,
    ...(typeof PhysicalResourceId === 'string' && PhysicalResourceId !== '' ? { PhysicalResourceId } : {}),
  };
}

export function parseRequest(event: unknown): Request {
  const address = returnAddress(event);
  if (address === undefined) {
    throw new MalformedEvent('the event is no CloudFormation custom-resource request: members are missing');
  }
  const { RequestType: type, ResourceProperties: properties, OldResourceProperties: oldProperties } =
    event as Record<string, unknown>;
  if (type !== 'Create' && type !== 'Update' && type !== 'Delete') {
    throw new MalformedEvent(
      `the event's RequestType is ${JSON.stringify(type)}, which is none of 'Create', 'Update' and 'Delete'`,
    );
  }
  if (type === 'Update' && address.PhysicalResourceId === undefined) {
    throw new MalformedEvent('the Update event has no PhysicalResourceId');
  }
  const ownProperties = (properties ?? {}) as Properties;
  return {
    type,
    requestId: address.RequestId,
    stackId: address.StackId,
    logicalId: address.LogicalResourceId,
    physicalId: address.PhysicalResourceId,
    properties: ownProperties,
    ...(type === 'Update' && oldProperties ? { oldProperties: oldProperties as Properties } : {}),
    responseUrl: address.ResponseURL,
    issued: issueTime(address.ResponseURL),
    serviceTimeoutSeconds: serviceTimeout(ownProperties.ServiceTimeout),
  };
}

/**
 * The time at which CloudFormation issued a request: `X-Amz-Date` of a SigV4 URL, else `Expires` of a SigV2 one (its lifetime is taken to be
 * constant, so it orders requests of its own kind). Undocumented: an aid, with a fallback in `order.ts`.
 */
export function issueTime(responseUrl: string): IssueTime | undefined {
  const query = responseUrl.slice(responseUrl.indexOf('?') + 1);
  const parameters = new URLSearchParams(query);
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(parameters.get('X-Amz-Date') ?? '');
  if (date) {
    const [year, month, day, hour, minute, second] = date.slice(1).map(Number);
    return { kind: 'X-Amz-Date', at: Date.UTC(year, month - 1, day, hour, minute, second) };
  }
  const expires = parameters.get('Expires') ?? '';
  return /^\d{9,11}$/.test(expires) ? { kind: 'Expires', at: Number(expires) * 1000 } : undefined;
}

function serviceTimeout(value: unknown): number {
  const seconds = Number(value);
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_SERVICE_TIMEOUT
    ? seconds
    : LONGEST_SERVICE_TIMEOUT;
}
