import type { WireRequest } from '../core';

/** Who signed a request, for which service and Region: the SigV4 credential scope. */
export interface CredentialScope {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  readonly sessionToken?: string;
}

/** Reads the credential scope from the Authorization header or a presigned query. The signature itself is not checked. */
export function credentialScope(request: WireRequest): CredentialScope | undefined {
  const header = /Credential=([^,\s]+)/.exec(request.headers.authorization ?? '')?.[1];
  if (header !== undefined) return parse(header, request.headers['x-amz-security-token']);
  if (!request.path.includes('X-Amz-Credential=')) return undefined;
  const query = queryOf(request);
  return parse(query.get('X-Amz-Credential') ?? '', query.get('X-Amz-Security-Token') ?? undefined);
}

/** The query parameters of a request. */
export function queryOf(request: WireRequest): URLSearchParams {
  const mark = request.path.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : request.path.slice(mark + 1));
}

/** The path of a request without its query, still percent-encoded. */
export function pathOf(request: WireRequest): string {
  const mark = request.path.indexOf('?');
  return mark < 0 ? request.path : request.path.slice(0, mark);
}

function parse(credential: string, sessionToken: string | undefined): CredentialScope | undefined {
  // the key id comes first and the other four parts are fixed, so count from the end
  const parts = credential.split('/');
  if (parts.length < 5) return undefined;
  const [, region, service] = parts.slice(-4);
  return { accessKeyId: parts.slice(0, -4).join('/'), region, service, sessionToken };
}
