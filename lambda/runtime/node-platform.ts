/**
 * The platform of a running Lambda function.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { withoutSecrets } from './errors';
import type { LogLevel, Platform } from './platform';

/** CloudFormation's bucket answers within milliseconds; a connection that stays silent is tried anew. */
const PUT_MILLISECONDS = 5_000;

export const nodePlatform: Platform = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  sleep: (milliseconds, cancel) =>
    new Promise((resolve) => {
      if (cancel?.aborted) return resolve();
      const timer = setTimeout(done, milliseconds);
      function done() {
        clearTimeout(timer);
        cancel?.removeEventListener('abort', done);
        resolve();
      }
      cancel?.addEventListener('abort', done);
    }),
  log,
  put,
};

function log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  // the function's JSON log format turns the object into members of the line, and its log level filters
  console[level]({ message, ...clean(fields) });
}

function clean(value: unknown): any {
  if (typeof value === 'string') return withoutSecrets(value);
  if (Array.isArray(value)) return value.map(clean);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, clean(member)]));
}

/** The presigned URL is made for a PUT without a content type. */
function put(url: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    const headers = { 'content-type': '', 'content-length': Buffer.byteLength(body) };
    const request = (target.protocol === 'http:' ? http : https).request(
      target,
      { method: 'PUT', headers, timeout: PUT_MILLISECONDS },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
        response.once('error', reject);
      },
    );
    request.once('timeout', () =>
      request.destroy(
        Object.assign(new Error("the answer's bucket is silent"), { name: 'TimeoutError', code: 'ETIMEDOUT' }),
      ),
    );
    request.once('error', reject);
    request.end(body);
  });
}
