// Makes calls with the JavaScript SDK for the checks in Python: one JSON object a line in, one out.
import { createInterface } from 'node:readline';
import * as automation from '@aws-sdk/client-compute-optimizer-automation';
import * as organizations from '@aws-sdk/client-organizations';
import * as securityhub from '@aws-sdk/client-securityhub';

const PACKAGES = {
  'compute-optimizer-automation': { module: automation, Client: automation.ComputeOptimizerAutomationClient },
  organizations: { module: organizations, Client: organizations.OrganizationsClient },
  securityhub: { module: securityhub, Client: securityhub.SecurityHubClient },
};

async function call({ url, service, operation, region, account, input }) {
  const { module, Client } = PACKAGES[service];
  const client = new Client({
    endpoint: url,
    region,
    credentials: { accessKeyId: account, secretAccessKey: 'any' },
    maxAttempts: 1,
  });
  if (operation === undefined) return endpointOf(client, input);
  try {
    const { $metadata, ...output } = await client.send(new module[`${operation}Command`](input));
    return { status: $metadata.httpStatusCode, output };
  } catch (error) {
    if (!error.$metadata) throw error;
    // `__type` is the envelope of the protocol, not a member of the error
    const { $metadata, $fault, $response, $retryable, name, message, Message, __type, ...members } = error;
    return { status: $metadata.httpStatusCode, error: name, message, members };
  } finally {
    client.destroy();
  }
}

/** Where a client would send its requests, and nothing is sent. */
function endpointOf(client, parameters) {
  try {
    return { url: client.config.endpointProvider(parameters).url.href };
  } catch ({ message }) {
    return { error: message };
  } finally {
    client.destroy();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await call(JSON.parse(line))));
}
