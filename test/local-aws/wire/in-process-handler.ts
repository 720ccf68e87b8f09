import { Readable } from 'stream';
import { HttpResponse, type HttpHandler, type HttpRequest } from '@smithy/protocol-http';
import type { HttpHandlerOptions } from '@smithy/types';
import { utf8 } from './codec';
import { queryOf } from './scope';
import type { Clock } from '../clock';
import { ConnectionReset, EndpointMissing, type WireRequest, type WireResponse } from '../core';

export interface InProcessHandlerOptions {
  /** Milliseconds on the clock after which a call without an answer fails; none by default. */
  readonly requestTimeout?: number;
}

interface Target {
  readonly environment: { readonly clock: Clock };
  handle(request: WireRequest): Promise<WireResponse>;
}

/** The `requestHandler` of an SDK client that leads into an embedded AWS of the same process: no socket, no thread, no time. */
export class InProcessHandler implements HttpHandler {
  public readonly metadata = { handlerProtocol: 'http/1.1' };

  constructor(private readonly aws: Target, private readonly options: InProcessHandlerOptions = {}) {}

  public async handle(
    request: HttpRequest,
    { abortSignal }: HttpHandlerOptions = {},
  ): Promise<{ response: HttpResponse }> {
    const wireRequest = await toWire(request);
    const answer = this.aws.handle(wireRequest).catch(asInNode);
    const response = await this.unlessGivenUp(answer, abortSignal as AbortSignal | undefined);
    const { status, headers } = response;
    return {
      response: new HttpResponse({ statusCode: status, headers: { ...headers }, body: bodyFor(wireRequest, response) }),
    };
  }

  public updateHttpClientConfig(): void {
    // nothing can be configured
  }

  public httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  private unlessGivenUp<T>(answer: Promise<T>, abortSignal: AbortSignal | undefined): Promise<T> {
    const { requestTimeout } = this.options;
    if (requestTimeout === undefined && abortSignal === undefined) return answer;
    return new Promise<T>((resolve, reject) => {
      const abort = () => reject(named('AbortError', 'Request aborted'));
      // the SDK retries an error of this name
      const timer = requestTimeout === undefined ? undefined : this.aws.environment.clock.after(requestTimeout, () =>
        reject(named('TimeoutError', `No answer within ${requestTimeout} ms`)));
      if (abortSignal?.aborted) return abort();
      abortSignal?.addEventListener('abort', abort);
      const done = () => {
        timer?.cancel();
        abortSignal?.removeEventListener('abort', abort);
      };
      answer.then(resolve, reject).finally(done);
    });
  }
}

/** A connection that fails, as the SDK's own handler for Node.js reports it: only what may be a time-out gets another name. */
function asInNode(error: unknown): never {
  if (error instanceof EndpointMissing) {
    const { code, syscall, hostname } = error;
    throw Object.assign(new Error(error.message), { code, syscall, hostname });
  }
  if (!(error instanceof ConnectionReset)) throw error;
  throw Object.assign(named('TimeoutError', error.message), { code: error.code });
}

async function toWire(request: HttpRequest): Promise<WireRequest> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) query.append(name, one);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name.toLowerCase()] = value;
  return {
    method: request.method,
    host: request.port === undefined ? request.hostname : `${request.hostname}:${request.port}`,
    path: query.size === 0 ? request.path : `${request.path}?${query}`,
    headers,
    body: await bytesOf(request.body),
  };
}

async function bytesOf(body: unknown): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === 'string') return utf8(body);
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** The SDK wants a stream where an operation's output is one, which is GetObject's; bytes are cheaper everywhere else. */
function bodyFor(request: WireRequest, { headers, body }: WireResponse): Uint8Array | Readable {
  const isObject = request.method === 'GET' && headers.etag !== undefined && !queryOf(request).has('list-type');
  // a copy, because the SDK gives the array another prototype
  return isObject ? Readable.from([Buffer.from(body)]) : new Uint8Array(body);
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
