import type { AnswerContext, Codec, CommonErrors, DecodedRequest } from './codec';
import { text, utf8 } from './codec';
import type { ServiceDescriptor } from './descriptors';
import { AwsError, type WireRequest, type WireResponse } from '../core';

const ERRORS: CommonErrors = {
  missingToken: { code: 'MissingAuthenticationTokenException', status: 400 },
  invalidToken: { code: 'UnrecognizedClientException', status: 400 },
  expiredToken: { code: 'ExpiredTokenException', status: 400 },
  accessDenied: { code: 'AccessDeniedException', status: 400 },
  unknownOperation: { code: 'UnknownOperationException', status: 400 },
};

/** AWS JSON 1.0 and 1.1: the operation is in `X-Amz-Target`. */
export class JsonCodec implements Codec {
  public readonly errors = ERRORS;
  private readonly contentType: string;

  constructor(private readonly descriptor: ServiceDescriptor) {
    this.contentType = `application/x-amz-${descriptor.protocol}`;
  }

  public decode(request: WireRequest): DecodedRequest {
    const target = request.headers['x-amz-target'] ?? '';
    const dot = target.lastIndexOf('.');
    if (target.slice(0, Math.max(0, dot)) !== this.descriptor.targetPrefix) {
      throw new AwsError(ERRORS.unknownOperation.code, '', ERRORS.unknownOperation.status);
    }
    return { operation: target.slice(dot + 1), input: parseJson(request.body) };
  }

  public output(output: unknown, { requestId }: AnswerContext): WireResponse {
    return this.json(200, requestId, stringify(output ?? {}, epochSeconds));
  }

  public error(error: AwsError, { requestId }: AnswerContext): WireResponse {
    const message = error.message === '' ? {} : { [this.descriptor.messageMember ?? 'message']: error.message };
    const { descriptor } = this;
    const status = descriptor.statuses?.[error.code] ?? descriptor.defaultStatus ?? error.status;
    const type = (descriptor.errorNamespace ?? '') + error.code;
    return this.json(status, requestId, stringify({ __type: type, ...message, ...error.members }, epochSeconds));
  }

  private json(status: number, requestId: string, body: string): WireResponse {
    return { status, headers: { 'content-type': this.contentType, 'x-amzn-requestid': requestId }, body: utf8(body) };
  }
}

/** Reads a JSON body; an empty one is an empty object. */
export function parseJson(body: Uint8Array): any {
  if (body.length === 0) return {};
  try {
    return JSON.parse(text(body));
  } catch {
    throw new AwsError('SerializationException', 'The request body is no valid JSON', 400);
  }
}

/** Writes JSON with timestamps as `date` has them and binary members in Base64. */
export function stringify(value: unknown, date: (value: Date) => unknown): string {
  return JSON.stringify(value, function (this: any, key, written) {
    // by now toJSON has made text of a date, so look at the member itself
    const member = this[key];
    if (member instanceof Date) return date(member);
    if (member instanceof Uint8Array) return Buffer.from(member).toString('base64');
    return written;
  });
}

function epochSeconds(value: Date): number {
  return value.getTime() / 1000;
}
