import { getEventListeners } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { nodePlatform } from '../../../lambda/runtime/node-platform';
import { Loopback } from '../support/loopback';
import { runScript } from '../support/plain-node';

describe('a PUT', () => {
  let loopback: Loopback;

  beforeEach(async () => {
    loopback = await Loopback.start();
  });

  afterEach(() => loopback.stop());

  test('carries the bytes, their number, and an empty content type', async () => {
    const body = JSON.stringify({ Reason: 'vier Konten fehlen – „Übergröße“ 😀' });
    await expect(nodePlatform.put(`${loopback.url}/bucket/key?X-Amz-Signature=s%2F%3D`, body)).resolves.toBe(200);
    const [received] = loopback.received;
    expect(received).toMatchObject({ method: 'PUT', path: '/bucket/key?X-Amz-Signature=s%2F%3D', body });
    // the signature of the URL covers the content type; the length is required by S3, chunks are not understood
    expect(received.headers).toMatchObject({ 'content-type': '', 'content-length': String(Buffer.byteLength(body)) });
    expect(received.headers['transfer-encoding']).toBeUndefined();
    expect(loopback.received).toHaveLength(1);
  });

  test.each([200, 204, 301, 307, 400, 403, 404, 500, 503])('answers the status %d', async (status) => {
    loopback.behaviour = () => ({ status, headers: { location: loopback.url }, body: 'words' });
    await expect(nodePlatform.put(loopback.url, '{}')).resolves.toBe(status);
    expect(loopback.received).toHaveLength(1);
  });

  test('D9: fails when the connection breaks after the bytes have arrived', async () => {
    loopback.behaviour = () => ({ kind: 'reset' });
    await expect(nodePlatform.put(loopback.url, '{}')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(loopback.received).toHaveLength(1);
  });

  test('fails when the answer ends in the middle', async () => {
    loopback.behaviour = () => ({ kind: 'truncated', body: 'x' });
    await expect(nodePlatform.put(loopback.url, '{}')).rejects.toThrow();
  });

  test('fails when nobody listens', async () => {
    const nobody = await Loopback.start();
    await nobody.stop();
    await expect(nodePlatform.put(nobody.url, '{}')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('fails when its URL is none', async () => {
    await expect(nodePlatform.put('not a URL', '{}')).rejects.toThrow();
  });
});

describe('a PUT to a server that says nothing', () => {
  test('ends, and closes its socket', async () => {
    const { script, closed, server } = await silentServer();
    await expect(script).resolves.toMatchObject({ status: 0, output: 'ETIMEDOUT' });
    await closed;
    server.close();
  }, 20_000);

  async function silentServer() {
    const server = http.createServer();
    const closed = new Promise<void>((resolve) => {
      server.on('connection', (socket) => socket.on('close', () => resolve()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { server, closed, script: runScript('put.ts', { url, body: '{}' }) };
  }
});

describe('P10: a PUT over TLS', () => {
  let directory: string;
  let server: https.Server;
  let received: string[];
  let url: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'put-'));
    const issuer = await generate([{ name: 'commonName', value: 'An issuer' }], {
      extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
    });
    const bucket = await generate([{ name: 'commonName', value: 'localhost' }], {
      ca: { key: issuer.private, cert: issuer.cert },
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    });
    writeFileSync(join(directory, 'issuer.pem'), issuer.cert);
    received = [];
    server = https.createServer({ key: bucket.private, cert: bucket.cert }, (request, response) => {
      request.on('data', (chunk) => received.push(String(chunk))).on('end', () => response.end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `https://localhost:${(server.address() as AddressInfo).port}/key`;
  });

  afterAll(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  test('is not sent to a server that nobody vouches for', async () => {
    await expect(runScript('put.ts', { url, body: 'the answer' })).resolves.toMatchObject({
      output: expect.stringMatching(/CERT|SIGNATURE|SELF_SIGNED/),
    });
    expect(received).toEqual([]);
  }, 20_000);

  test('is sent to a server whose issuer is trusted', async () => {
    const trusting = { NODE_EXTRA_CA_CERTS: join(directory, 'issuer.pem') };
    await expect(runScript('put.ts', { url, body: 'the answer' }, trusting)).resolves.toMatchObject({ output: '200' });
    expect(received).toEqual(['the answer']);
  }, 20_000);

  test('is not sent to a trusted server of another name', async () => {
    received.length = 0;
    const trusting = { NODE_EXTRA_CA_CERTS: join(directory, 'issuer.pem') };
    const other = url.replace('localhost', '127.0.0.1');
    await expect(runScript('put.ts', { url: other, body: 'the answer' }, trusting)).resolves.toMatchObject({
      output: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    expect(received).toEqual([]);
  }, 20_000);
});

describe('the monotonic clock', () => {
  test('F12: does not jump with the wall clock', () => {
    const wall = jest.spyOn(Date, 'now').mockReturnValue(0);
    const began = nodePlatform.monotonic();
    expect(nodePlatform.now()).toBe(0);
    wall.mockReturnValue(3600_000);
    expect(nodePlatform.now()).toBe(3600_000);
    expect(nodePlatform.monotonic() - began).toBeLessThan(60_000);
    wall.mockRestore();
    expect(nodePlatform.monotonic()).toBeGreaterThan(0);
  });
});

describe('a sleep', () => {
  test('ends at once when it is cancelled, or was before', async () => {
    const cancel = new AbortController();
    const sleeping = nodePlatform.sleep(3600_000, cancel.signal);
    cancel.abort();
    await sleeping;
    await nodePlatform.sleep(3600_000, cancel.signal);
  });

  test('leaves no listener behind: one signal may cancel hundreds of them', async () => {
    const cancel = new AbortController();
    for (let beat = 0; beat < 3; beat++) await nodePlatform.sleep(1, cancel.signal);
    expect(getEventListeners(cancel.signal, 'abort')).toHaveLength(0);
  });

  test('takes its time otherwise', async () => {
    const began = nodePlatform.monotonic();
    await nodePlatform.sleep(30, new AbortController().signal);
    // timers may fire a fraction of a millisecond early
    expect(nodePlatform.monotonic() - began).toBeGreaterThanOrEqual(28);
  });
});

describe('P9: a log line', () => {
  test.each(['debug', 'info', 'warn', 'error'] as const)('of level %s is one object without secrets', (level) => {
    const write = jest.spyOn(console, level).mockImplementation(() => undefined);
    nodePlatform.log(level, 'said', { error: 'account of root@example.com exists', count: 3, ids: ['111122223333'] });
    expect(write.mock.calls).toEqual([[
      { message: 'said', error: 'account of (e-mail address) exists', count: 3, ids: ['111122223333'] },
    ]]);
    write.mockRestore();
  });

  test('has no secrets in lists and deeper members either', () => {
    const write = jest.spyOn(console, 'info').mockImplementation(() => undefined);
    nodePlatform.log('info', 'said', { list: ['root@example.com'], map: { of: { mail: 'root@example.com' } } });
    expect(JSON.stringify(write.mock.calls)).not.toContain('@');
    write.mockRestore();
  });
});
