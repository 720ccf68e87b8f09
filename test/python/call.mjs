// Makes calls with the JavaScript SDK for the checks in Python: one JSON object a line in, one out.
import { createInterface } from 'node:readline';
import * as automation from '@aws-sdk/client-compute-optimizer-automation';
import * as cloudformation from '@aws-sdk/client-cloudformation';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as lambda from '@aws-sdk/client-lambda';
import * as organizations from '@aws-sdk/client-organizations';
import * as s3 from '@aws-sdk/client-s3';
import * as securityhub from '@aws-sdk/client-securityhub';
import * as ssm from '@aws-sdk/client-ssm';
import * as sts from '@aws-sdk/client-sts';

const PACKAGES = {
  'compute-optimizer-automation': { module: automation, Client: automation.ComputeOptimizerAutomationClient },
  cloudformation: { module: cloudformation, Client: cloudformation.CloudFormationClient },
  dynamodb: { module: dynamodb, Client: dynamodb.DynamoDBClient },
  lambda: { module: lambda, Client: lambda.LambdaClient },
  logs: { module: logs, Client: logs.CloudWatchLogsClient },
  organizations: { module: organizations, Client: organizations.OrganizationsClient },
  s3: { module: s3, Client: s3.S3Client },
  securityhub: { module: securityhub, Client: securityhub.SecurityHubClient },
  ssm: { module: ssm, Client: ssm.SSMClient },
  sts: { module: sts, Client: sts.STSClient },
};

/** Streams and bytes as the text that they hold. */
async function plain(output) {
  const members = Object.entries(output).map(async ([name, value]) => {
    if (typeof value?.transformToString === 'function') return [name, await value.transformToString()];
    return [name, value instanceof Uint8Array ? Buffer.from(value).toString() : value];
  });
  return Object.fromEntries(await Promise.all(members));
}

/** In XML, an error lies in an envelope that the SDK shows as members; errors of the services that speak it have none of their own. */
function ownMembers(members) {
  return members.Error !== undefined || members.HostId !== undefined ? {} : members;
}

async function call({ url, service, operation, region, account, input }) {
  const { module, Client } = PACKAGES[service];
  const client = new Client({
    endpoint: url,
    region,
    credentials: { accessKeyId: account, secretAccessKey: 'any' },
    maxAttempts: 1,
    forcePathStyle: true,
  });
  if (operation === undefined) return endpointOf(client, input);
  try {
    const { $metadata, ...output } = await client.send(new module[`${operation}Command`](input));
    return { status: $metadata.httpStatusCode, output: await plain(output) };
  } catch (error) {
    if (!error.$metadata) throw error;
    // `__type` is the envelope of the protocol, not a member of the error
    const { $metadata, $fault, $response, $retryable, name, message, Message, __type, ...members } = error;
    // the SDK's word for an error without a text
    const text = message === 'UnknownError' ? '' : message;
    return { status: $metadata.httpStatusCode, error: name, message: text, members: ownMembers(members) };
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
