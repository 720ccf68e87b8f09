import type { AnswerContext, Codec, CommonErrors, DecodedRequest } from './codec';
import { utf8 } from './codec';
import type { ServiceDescriptor } from './descriptors';
import { parseJson, stringify } from './json';
import { pathOf, queryOf } from './scope';
import { AwsError, type WireRequest, type WireResponse } from '../core';

/** One operation of a REST service and where its members travel when not in the JSON body. */
export interface Route {
  readonly method: string;
  /** `{Name}` stands for one percent-encoded segment. */
  readonly path: string;
  readonly operation: string;
  readonly query?: Readonly<Record<string, 'string' | 'integer' | 'boolean' | 'list'>>;
  /** Member to header. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The member that is the whole body. */
  readonly payload?: string;
  readonly output?: {
    readonly status?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly payload?: string;
  };
}

const ERRORS: CommonErrors = {
  missingToken: { code: 'MissingAuthenticationTokenException', status: 403 },
  invalidToken: { code: 'UnrecognizedClientException', status: 403 },
  expiredToken: { code: 'ExpiredTokenException', status: 403 },
  accessDenied: { code: 'AccessDeniedException', status: 403 },
  unknownOperation: { code: 'UnknownOperationException', status: 404 },
};

/** REST with JSON bodies: Security Hub and Lambda. */
export class RestJsonCodec implements Codec {
  public readonly errors = ERRORS;
  private readonly routes: readonly (Route & { readonly pattern: RegExp })[];

  constructor(private readonly descriptor: ServiceDescriptor) {
    this.routes = (descriptor.routes ?? []).map((route) => ({ ...route, pattern: patternOf(route.path) }));
  }

  public decode(request: WireRequest): DecodedRequest {
    const path = pathOf(request);
    for (const route of this.routes) {
      const match = route.method === request.method ? route.pattern.exec(path) : null;
      if (match !== null) return { operation: route.operation, input: bind(route, match, request) };
    }
    throw new AwsError(ERRORS.unknownOperation.code, '', ERRORS.unknownOperation.status);
  }

  public output(output: unknown, { requestId, operation }: AnswerContext): WireResponse {
    const binding = this.routes.find((route) => route.operation === operation)?.output;
    const members: Record<string, any> = { ...(output as object | undefined) };
    const headers: Record<string, string> = { 'content-type': 'application/json', 'x-amzn-requestid': requestId };
    for (const [member, header] of Object.entries(binding?.headers ?? {})) {
      if (members[member] !== undefined) headers[header] = String(members[member]);
      delete members[member];
    }
    const status = binding?.status === undefined ? 200 : members[binding.status] ?? 200;
    if (binding?.payload === undefined) return { status, headers, body: utf8(stringify(members, isoDate)) };
    const payload = members[binding.payload] ?? '';
    return { status, headers, body: typeof payload === 'string' ? utf8(payload) : payload };
  }

  public error(error: AwsError, { requestId }: AnswerContext): WireResponse {
    const status = this.descriptor.statuses?.[error.code] ?? error.status;
    const members = {
      ...(error.message === '' ? {} : { [this.descriptor.messageMember ?? 'message']: error.message }),
      ...(this.descriptor.name === 'securityhub' ? { Code: error.code } : {}),
      ...error.members,
    };
    return {
      status,
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.code },
      body: utf8(stringify(members, isoDate)),
    };
  }
}

function bind(route: Route, match: RegExpExecArray, request: WireRequest): Record<string, unknown> {
  const input: Record<string, unknown> = route.payload === undefined
    ? parseJson(request.body)
    : { [route.payload]: request.body };
  for (const [name, value] of Object.entries(match.groups ?? {})) input[name] = decodeURIComponent(value);
  for (const [member, header] of Object.entries(route.headers ?? {})) {
    if (request.headers[header] !== undefined) input[member] = request.headers[header];
  }
  if (route.query === undefined) return input;
  const query = queryOf(request);
  for (const [name, type] of Object.entries(route.query)) {
    const values = query.getAll(name);
    // members of these services begin with a capital, not all of their query parameters do
    if (values.length > 0) input[name[0].toUpperCase() + name.slice(1)] = fromText(type, values);
  }
  return input;
}

function fromText(type: 'string' | 'integer' | 'boolean' | 'list', values: string[]): unknown {
  switch (type) {
    case 'integer': return Number(values[0]);
    case 'boolean': return values[0] === 'true';
    case 'list': return values;
    default: return values[0];
  }
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}/?$`);
}

function isoDate(value: Date): string {
  return value.toISOString();
}
