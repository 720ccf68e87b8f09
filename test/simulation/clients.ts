/**
 * SDK clients for simulated invocations. Making a client, and signing, take longer than everything else that a call does; so all lives share
 * one client of each kind, and each call says which AWS it goes to and whose keys it carries. Signatures are not checked there anyway.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { OrganizationsClient } from '@aws-sdk/client-organizations';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import type { HttpRequest, HttpResponse } from '@smithy/protocol-http';
import type { HttpHandlerOptions } from '@smithy/types';
import type { EmbeddedAws } from '../local-aws/embedded-aws';
import { InProcessHandler } from '../local-aws/wire/in-process-handler';

export interface Keys {
  readonly accessKeyId: string;
  readonly sessionToken: string;
}

/** Where a call goes, and in whose name. */
interface Destination {
  readonly aws: EmbeddedAws;
  readonly region: string;
  readonly keys: Keys;
}

interface Sender {
  send(command: any, options?: any): Promise<any>;
}

const SERVICES = {
  securityhub: SecurityHubClient,
  organizations: OrganizationsClient,
  dynamodb: DynamoDBClient,
} as const;

type Clients = { readonly [S in keyof typeof SERVICES]: InstanceType<typeof SERVICES[S]> };

const shared = new Map<string, Sender>();

/** The clients of one invocation. */
export function clientsOf(aws: EmbeddedAws, region: string, keys: Keys): Clients {
  const destination: Destination = { aws, region, keys };
  return Object.fromEntries(Object.keys(SERVICES).map((service) => [service, {
    send: (command: unknown, options: object = {}) => (
      sharedClient(service as keyof Clients, region).send(command, { ...options, destination })
    ),
  }])) as unknown as Clients;
}

function sharedClient(service: keyof Clients, region: string): Sender {
  const key = `${service} ${region}`;
  const existing = shared.get(key);
  if (existing !== undefined) return existing;
  const created: Sender = new SERVICES[service]({
    region,
    maxAttempts: 1,
    credentials: { accessKeyId: 'of the invocation', secretAccessKey: 'none' },
    // nothing depends on the host: the keys' scope says which service is meant
    endpointProvider: () => ({ url: new URL(`https://${service}.${region}.amazonaws.com`) }),
    signer: { sign: async (request) => request },
    requestHandler: {
      metadata: { handlerProtocol: 'http/1.1' },
      handle: (request: HttpRequest, options: HttpHandlerOptions = {}) => delivered(service, request, options),
    },
  });
  shared.set(key, created);
  return created;
}

/** Sends a request to the AWS that its call is for, with the keys that it carries. */
function delivered(
  service: string,
  request: HttpRequest,
  options: HttpHandlerOptions & { readonly destination?: Destination },
): Promise<{ response: HttpResponse }> {
  const { aws, region, keys } = options.destination!;
  request.headers.authorization = `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/20260101/${region}/${service}/aws4_request`;
  request.headers['x-amz-security-token'] = keys.sessionToken;
  return new InProcessHandler(aws).handle(request, options);
}
