import type { AnswerContext, Codec, CommonErrors, DecodedRequest } from './codec';
import { utf8 } from './codec';
import { pathOf, queryOf } from './scope';
import { element, members } from './xml';
import { AwsError, type WireRequest, type WireResponse } from '../core';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

const ERRORS: CommonErrors = {
  missingToken: { code: 'AccessDenied', status: 403 },
  invalidToken: { code: 'InvalidAccessKeyId', status: 403 },
  expiredToken: { code: 'ExpiredToken', status: 400 },
  accessDenied: { code: 'AccessDenied', status: 403 },
  unknownOperation: { code: 'MethodNotAllowed', status: 405 },
};

/** S3's REST with XML, path style and virtual-hosted style: as much of it as asset upload and download need. */
export class S3Codec implements Codec {
  public readonly errors = ERRORS;

  public decode(request: WireRequest): DecodedRequest {
    const { bucket, key } = address(request);
    const query = queryOf(request);
    const input = { Bucket: bucket, ExpectedBucketOwner: request.headers['x-amz-expected-bucket-owner'] };
    if (key === '') return bucketOperation(request.method, query, input);
    switch (request.method) {
      case 'GET': return { operation: 'GetObject', input: { ...input, Key: key } };
      case 'HEAD': return { operation: 'HeadObject', input: { ...input, Key: key } };
      case 'DELETE': return { operation: 'DeleteObject', input: { ...input, Key: key } };
      case 'PUT': return {
        operation: 'PutObject',
        input: { ...input, Key: key, Body: bodyOf(request), ContentType: request.headers['content-type'] },
      };
      default: throw new AwsError(ERRORS.unknownOperation.code, 'The specified method is not allowed against this resource.', 405);
    }
  }

  public output(output: any, { operation, requestId }: AnswerContext): WireResponse {
    const headers: Record<string, string> = { 'x-amz-request-id': requestId, 'x-amz-id-2': requestId };
    switch (operation) {
      case 'GetObject':
      case 'HeadObject':
      case 'PutObject':
        if (output.ETag !== undefined) headers.etag = output.ETag;
        if (output.ContentType !== undefined) headers['content-type'] = output.ContentType;
        if (output.LastModified !== undefined) headers['last-modified'] = output.LastModified.toUTCString();
        if (output.ContentLength !== undefined) headers['content-length'] = String(output.ContentLength);
        return { status: 200, headers, body: output.Body ?? new Uint8Array() };
      case 'DeleteObject': return { status: 204, headers, body: new Uint8Array() };
      case 'HeadBucket': return {
        status: 200,
        headers: { ...headers, 'x-amz-bucket-region': output.BucketRegion },
        body: new Uint8Array(),
      };
      // us-east-1 is written as an empty element
      case 'GetBucketLocation': return xml(headers, 'LocationConstraint', output.LocationConstraint ?? '');
      case 'GetBucketEncryption': return xml(headers, 'ServerSideEncryptionConfiguration',
        output.ServerSideEncryptionConfiguration.Rules.map((rule: object) => element('Rule', rule)).join(''));
      case 'ListObjectsV2': {
        const { Contents, ...rest } = output;
        return xml(headers, 'ListBucketResult',
          members(rest) + Contents.map((object: object) => element('Contents', object)).join(''));
      }
      default: return { status: 200, headers, body: new Uint8Array() };
    }
  }

  public error(error: AwsError, { requestId, request }: AnswerContext): WireResponse {
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n${element('Error', {
      Code: error.code, Message: error.message, ...error.members, RequestId: requestId, HostId: requestId,
    })}`;
    return {
      status: error.status,
      headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId, 'x-amz-id-2': requestId },
      // an answer to HEAD has no body, so that clients see the status only
      body: request.method === 'HEAD' ? new Uint8Array() : utf8(body),
    };
  }
}

function bucketOperation(method: string, query: URLSearchParams, input: object): DecodedRequest {
  if (method === 'GET' && query.has('location')) return { operation: 'GetBucketLocation', input };
  if (method === 'GET' && query.has('encryption')) return { operation: 'GetBucketEncryption', input };
  if (method === 'GET' && query.get('list-type') === '2') {
    const maxKeys = query.get('max-keys');
    return {
      operation: 'ListObjectsV2',
      input: {
        ...input,
        Prefix: query.get('prefix') ?? undefined,
        ContinuationToken: query.get('continuation-token') ?? undefined,
        MaxKeys: maxKeys === null ? undefined : Number(maxKeys),
      },
    };
  }
  if (method === 'HEAD') return { operation: 'HeadBucket', input };
  if (method === 'PUT' && [...query.keys()].every((name) => name === 'x-id')) return { operation: 'CreateBucket', input };
  throw new AwsError(ERRORS.unknownOperation.code, 'The specified method is not allowed against this resource.', 405);
}

/** Bucket and key, from the path or, in virtual-hosted style, from the host. */
function address(request: WireRequest): { bucket: string; key: string } {
  const path = decodeURIComponent(pathOf(request)).replace(/^\//, '');
  const host = /^(.+)\.s3[.-]/.exec(request.host)?.[1];
  if (host !== undefined) return { bucket: host, key: path };
  const slash = path.indexOf('/');
  return slash < 0 ? { bucket: path, key: '' } : { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
}

function bodyOf(request: WireRequest): Uint8Array {
  const chunked = (request.headers['content-encoding'] ?? '').split(',').some((value) => value.trim() === 'aws-chunked');
  return chunked ? unchunk(Buffer.from(request.body)) : request.body;
}

/** Takes a body out of AWS's own chunks: `<hex length>[;chunk-signature=…]\r\n<bytes>\r\n`, the last one empty, trailers after it. */
function unchunk(body: Buffer): Uint8Array {
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const line = body.indexOf('\r\n', at);
    const length = line < 0 ? 0 : parseInt(body.toString('latin1', at, line), 16);
    if (!(length > 0)) break;
    chunks.push(body.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
  return Buffer.concat(chunks);
}

function xml(headers: Record<string, string>, name: string, content: string): WireResponse {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="${NAMESPACE}">${content}</${name}>`;
  return { status: 200, headers: { ...headers, 'content-type': 'application/xml' }, body: utf8(body) };
}
