import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'http';
import type { AddressInfo } from 'net';
import { ConnectionReset, type WireRequest, type WireResponse } from '../core';

/** A running server. */
export interface WireServer {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Serves requests on 127.0.0.1; port 0 takes a free one. */
export async function startWireServer(
  handle: (request: WireRequest) => Promise<WireResponse>,
  port: number = 0,
): Promise<WireServer> {
  const server = createServer((request, response) => {
    answer(handle, request, response).catch(() => response.destroy());
  });
  await listen(server, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      // requests that hang, and connections that clients keep
      server.closeAllConnections();
    }),
  };
}

async function answer(
  handle: (request: WireRequest) => Promise<WireResponse>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { status, headers, body } = await handle(await toWire(request));
    const length = headers['content-length'] ?? String(body.length);
    response.writeHead(status, { ...headers, 'content-length': length }).end(body);
  } catch (error) {
    if (!(error instanceof ConnectionReset)) throw error;
    request.socket.destroy();
  }
}

async function toWire(request: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(',') : value ?? '';
  return {
    method: request.method ?? 'GET',
    host: request.headers.host ?? '',
    path: request.url ?? '/',
    headers,
    body: Buffer.concat(chunks),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
