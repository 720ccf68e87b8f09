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
    region, credentials: keys, requestHandler: new NodeHttpHandler(), endpoint: server.url, forcePathStyle: true, maxAttempts: 1,
  };
}

/** Runs the same tests with both ways into an embedded AWS. */
export const WAYS_IN = [
  { way: 'in process', enter: async (aws: EmbeddedAws) => ({ server: undefined as WireServer | undefined, client: (keys: Keys, region?: string) => inProcess(aws, keys, region) }) },
  {
    way: 'over a socket',
    enter: async (aws: EmbeddedAws) => {
      const server: WireServer | undefined = await startWireServer((request) => aws.handle(request));
      return { server, client: (keys: Keys, region?: string) => overSocket(server, keys, region) };
    },
  },
] as const;
