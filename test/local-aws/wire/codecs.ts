import type { Codec } from './codec';
import { DESCRIPTORS, type ServiceDescriptor } from './descriptors';
import { JsonCodec } from './json';
import { QueryCodec } from './query';
import { RestJsonCodec } from './rest-json';
import { S3Codec } from './s3';
import type { WireRequest } from '../core';

const CODECS = new Map(DESCRIPTORS.map((descriptor) => [descriptor.name, create(descriptor)]));

/** The codec of a service, or one that can at least word an error as the client expects it. */
export function codecFor(service: string, request: WireRequest): Codec {
  return CODECS.get(service) ?? create({ name: service, protocol: guess(request), namespace: '' });
}

function create(descriptor: ServiceDescriptor): Codec {
  switch (descriptor.protocol) {
    case 'query': return new QueryCodec(descriptor);
    case 'json-1.0':
    case 'json-1.1': return new JsonCodec(descriptor);
    case 'rest-json': return new RestJsonCodec(descriptor);
    case 's3': return new S3Codec();
  }
}

function guess(request: WireRequest): ServiceDescriptor['protocol'] {
  const contentType = request.headers['content-type'] ?? '';
  if (request.headers['x-amz-target'] !== undefined) return contentType.includes('json-1.0') ? 'json-1.0' : 'json-1.1';
  return contentType.startsWith('application/x-www-form-urlencoded') ? 'query' : 'rest-json';
}
