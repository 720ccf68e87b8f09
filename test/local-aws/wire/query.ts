import type { AnswerContext, Codec, CommonErrors, DecodedRequest } from './codec';
import { text, utf8 } from './codec';
import type { ServiceDescriptor } from './descriptors';
import { queryOf } from './scope';
import { element, members } from './xml';
import { AwsError, type WireRequest, type WireResponse } from '../core';

const ERRORS: CommonErrors = {
  missingToken: { code: 'MissingAuthenticationToken', status: 403 },
  invalidToken: { code: 'InvalidClientTokenId', status: 403 },
  expiredToken: { code: 'ExpiredToken', status: 403 },
  accessDenied: { code: 'AccessDenied', status: 403 },
  unknownOperation: { code: 'InvalidAction', status: 400 },
};

/** AWS Query: form fields in, XML out. STS, CloudFormation and IAM speak it. */
export class QueryCodec implements Codec {
  public readonly errors = ERRORS;

  constructor(private readonly descriptor: ServiceDescriptor) {}

  public decode(request: WireRequest): DecodedRequest {
    const fields = request.method === 'GET' ? queryOf(request) : new URLSearchParams(text(request.body));
    const operation = fields.get('Action');
    if (operation === null) throw new AwsError('MissingAction', 'Missing Action', 400);
    const input: Record<string, unknown> = {};
    for (const [name, value] of fields) {
      if (name === 'Action' || name === 'Version' || name.startsWith('X-Amz-')) continue;
      assign(input, name.split('.').filter((part) => part !== 'member'), this.typed(name, value));
    }
    return { operation, input };
  }

  public output(output: unknown, { operation, requestId }: AnswerContext): WireResponse {
    const result = members((output ?? {}) as object);
    return this.xml(200, requestId, `<${operation}Response xmlns="${this.descriptor.namespace}">`
      + `<${operation}Result>${result}</${operation}Result>`
      + `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`);
  }

  public error(error: AwsError, { requestId }: AnswerContext): WireResponse {
    const type = error.status >= 500 ? 'Receiver' : 'Sender';
    return this.xml(error.status, requestId, `<ErrorResponse xmlns="${this.descriptor.namespace}">`
      + element('Error', { Type: type, Code: error.code, Message: error.message, ...error.members })
      + `<RequestId>${requestId}</RequestId></ErrorResponse>`);
  }

  private xml(status: number, requestId: string, body: string): WireResponse {
    return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body: utf8(body) };
  }

  private typed(name: string, value: string): unknown {
    const member = name.slice(name.lastIndexOf('.') + 1);
    const { booleans, integers, lists } = this.descriptor;
    if (booleans?.includes(member)) return value === 'true';
    if (integers?.includes(member)) return Number(value);
    // an empty list is sent as an empty field
    if (value === '' && lists?.includes(member)) return [];
    return value;
  }
}

/** Puts `value` at a path such as `Parameters`, `1`, `ParameterKey`: a number names a place in a list, from 1. */
function assign(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at: any = target;
  path.forEach((part, i) => {
    const key = Array.isArray(at) ? Number(part) - 1 : part;
    if (i === path.length - 1) at[key] = value;
    else at = at[key] ??= /^\d+$/.test(path[i + 1]) ? [] : {};
  });
}
