/**
 * A server on this machine that answers as a test tells it, and the SDK's clients that talk to it.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { OrganizationsClient } from '@aws-sdk/client-organizations';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';

/** A request as it arrived. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/**
 * How a request is met: an answer, a connection that breaks before or in the middle of one, or silence. `truncated` promises more bytes than
 * it sends.
 */
export type Reply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | { readonly kind: 'reset' | 'silence' }
  | { readonly kind: 'truncated'; readonly body: string };

export type Behaviour = (request: Received, index: number) => Reply;

export class Loopback {
  public static async start(behaviour: Behaviour = () => ({ status: 200 })): Promise<Loopback> {
    let loopback: Loopback;
    const server = http.createServer((request, response) => void loopback.serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    loopback = new Loopback(server, behaviour);
    return loopback;
  }

  public readonly received: Received[] = [];
  public readonly url: string;

  private constructor(
    private readonly server: http.Server,
    public behaviour: Behaviour,
  ) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const received = {
      method: request.method!,
      path: request.url!,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    this.received.push(received);
    const reply = this.behaviour(received, this.received.length - 1);
    if ('status' in reply) {
      response.writeHead(reply.status, reply.headers).end(reply.body);
    } else if (reply.kind === 'reset') {
      request.socket.resetAndDestroy();
    } else if (reply.kind === 'truncated') {
      response.writeHead(200, { 'content-length': reply.body.length + 100 });
      response.write(reply.body, () => request.socket.destroy());
    }
  }
}

/** An error in the wire shape of Security Hub: restJson1 with the members `Message` and `Code`. [Security Hub service model] */
export function restJsonError(name: string, status: number, message: string): Reply {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'x-amzn-errortype': name,
      'x-amzn-requestid': 'f0f0f0f0-1111-2222-3333-444455556666',
    },
    body: JSON.stringify({ Message: message, Code: name }),
  };
}

/** An error in the wire shape of DynamoDB and Organizations: JSON 1.0 and 1.1 with `__type`. */
export function jsonError(name: string, status: number, message: string): Reply {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'REQUESTID' },
    body: JSON.stringify({ __type: `com.amazonaws.service#${name}`, message }),
  };
}

/** As the handler's own clients are made, with the loopback for an endpoint. */
export function clients({ url }: { readonly url: string }) {
  const options = {
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' },
    maxAttempts: 1,
  };
  return {
    securityHub: new SecurityHubClient(options),
    organizations: new OrganizationsClient(options),
    dynamodb: new DynamoDBClient(options),
  };
}
