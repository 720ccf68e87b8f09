/**
 * Custom-resource events as CloudFormation sends them.
 */
import { type Request, parseRequest } from '../../../lambda/runtime/event';

export const ADMINISTRATOR = '111111111111';
export const REGION = 'us-east-1';
export const STACK_ID = `arn:aws:cloudformation:${REGION}:${ADMINISTRATOR}:stack/Stack/6a7b9c00-d3f1-11ee-a0b1-0e6f8c9d7e21`;
export const LOGICAL_ID = 'Members7A4B1C2D';
/** What no log line may hold. */
export const SECRET = 'c0ffee5ec7e7';

/** The forms in which public samples show a response URL: SigV4 since 2020, SigV2 before, and one that tells no time. */
export type UrlForm = 'SigV4' | 'SigV2' | 'timeless';

/** Where the answer goes: a presigned URL, which is a credential. */
export function responseUrl(issuedAt: number, form: UrlForm = 'SigV4'): string {
  const object = `${encodeURIComponent(STACK_ID)}%7C${LOGICAL_ID}`;
  const base = `https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/${object}%7C0e4f`;
  switch (form) {
    case 'SigV4': {
      const date = new Date(issuedAt).toISOString().replace(/[-:]|\.\d{3}/g, '');
      return `${base}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=${date}&X-Amz-SignedHeaders=host&X-Amz-Expires=7200&X-Amz-Credential=AKIA%2Fs3&X-Amz-Signature=${SECRET}`;
    }
    case 'SigV2':
      return `${base}?AWSAccessKeyId=AKIA&Expires=${Math.floor(issuedAt / 1000) + 7200}&Signature=${SECRET}`;
    case 'timeless':
      return `${base}?token=${SECRET}`;
  }
}

export interface EventOptions {
  readonly type?: 'Create' | 'Update' | 'Delete';
  readonly requestId?: string;
  readonly logicalId?: string;
  readonly physicalId?: string;
  readonly properties?: object;
  readonly issuedAt?: number;
  readonly urlForm?: UrlForm;
}

/** An event; an Update or Delete has a physical id unless it says otherwise. */
export function eventOf(options: EventOptions = {}): Record<string, unknown> {
  const {
    type = 'Create',
    requestId = 'request-1',
    logicalId = LOGICAL_ID,
    physicalId = type === 'Create' ? undefined : 'physical-id',
    properties = {},
    issuedAt = Date.UTC(2026, 0, 1),
    urlForm,
  } = options;
  return {
    RequestType: type,
    ServiceToken: `arn:aws:lambda:${REGION}:${ADMINISTRATOR}:function:handler`,
    ResponseURL: responseUrl(issuedAt, urlForm),
    StackId: STACK_ID,
    RequestId: requestId,
    LogicalResourceId: logicalId,
    ResourceType: 'Custom::SecurityHubMembers',
    ResourceProperties: { ServiceToken: 'arn', ServiceTimeout: '1200', ...properties },
    ...(physicalId === undefined ? {} : { PhysicalResourceId: physicalId }),
    ...(type === 'Update' ? { OldResourceProperties: {} } : {}),
  };
}

export function requestOf(options: EventOptions = {}): Request {
  return parseRequest(eventOf(options));
}

/** The n-th of a series of account ids, from 1. */
export function account(n: number): string {
  return String(200_000_000_000 + n);
}

/** The first `count` of that series. */
export function accounts(count: number, from: number = 1): string[] {
  return Array.from({ length: count }, (_, index) => account(from + index));
}
