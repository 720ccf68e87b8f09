/**
 * The first call of an SDK client loads parts of itself, which takes turns of the event loop that a virtual clock would take for idleness:
 * so the first calls are made before any time passes.
 */
import { DescribeAccountCommand, OrganizationsClient } from '@aws-sdk/client-organizations';
import { GetMembersCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import { HttpResponse } from '@smithy/protocol-http';

let done: Promise<void> | undefined;

/** Makes one good and one refused call with each client, once in a process. */
export function warmUp(): Promise<void> {
  return (done ??= callAll());
}

async function callAll(): Promise<void> {
  for (const statusCode of [200, 400]) {
    const requestHandler = {
      metadata: { handlerProtocol: 'http/1.1' },
      handle: async () => ({ response: new HttpResponse({ statusCode, headers: {}, body: new TextEncoder().encode('{}') }) }),
    };
    const configuration = {
      region: 'us-east-1', credentials: { accessKeyId: 'AKIA', secretAccessKey: 'none' }, maxAttempts: 1, requestHandler,
    };
    await new SecurityHubClient(configuration).send(new GetMembersCommand({ AccountIds: [] })).catch(() => undefined);
    await new OrganizationsClient(configuration).send(new DescribeAccountCommand({ AccountId: '' })).catch(() => undefined);
  }
}
