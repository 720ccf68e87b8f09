import { NodeHttpHandler } from '@smithy/node-http-handler';
import { InProcessHandler } from './in-process-handler';
import { startWireServer, type WireServer } from './server';
import type { EmbeddedAws } from '../embedded-aws';
import type { Keys } from '../iam/credentials';

/** The part of an SDK client's configuration that leads it into an embedded AWS. */
export interface ClientConfiguration {
  readonly region: string;
  readonly credentials: Keys;
  readonly requestHandler: any;
  readonly endpoint?: string;
  readonly forcePathStyle?: true;
  readonly maxAttempts: number;
}

/** Configuration of SDK clients that call an embedded AWS of the same process. */
export function inProcess(aws: EmbeddedAws, keys: Keys, region: string = 'eu-west-1'): ClientConfiguration {
  return { region, credentials: keys, requestHandler: new InProcessHandler(aws), maxAttempts: 1 };
}

/** Configuration of SDK clients that call an embedded AWS over a socket. */
export function overSocket(server: WireServer, keys: Keys, region: string = 'eu-west-1'): ClientConfiguration {
  return {
    region,
    credentials: keys,
    requestHandler: new NodeHttpHandler(),
    endpoint: server.url,
    forcePathStyle: true,
    maxAttempts: 1,
  };
}

/** An embedded AWS that was entered: clients are configured with `client`. */
export interface Entrance {
  client(keys: Keys, region?: string): ClientConfiguration;
  leave(): Promise<void>;
}

/** Both ways into an embedded AWS, for tests that run with each. */
export const WAYS_IN: readonly (readonly [string, (aws: EmbeddedAws) => Promise<Entrance>])[] = [
  ['in process', async (aws) => ({
    client: (keys, region) => inProcess(aws, keys, region),
    leave: async () => undefined,
  })],
  ['over a socket', async (aws) => {
    const server = await startWireServer((request) => aws.handle(request));
    return { client: (keys, region) => overSocket(server, keys, region), leave: () => server.stop() };
  }],
];
