/**
 * The handler of `Custom::SecurityHubMembers`.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { OrganizationsClient } from '@aws-sdk/client-organizations';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { securityHubApi } from './api';
import { securityHubMembers } from './resource';
import { ENVIRONMENT } from '../../src/private/contract/environment';
import { clientOptions } from '../runtime/clients';
import { DynamoDbTable } from '../runtime/dynamodb-table';
import { handle } from '../runtime/handler';
import { nodePlatform } from '../runtime/node-platform';

const region = process.env.AWS_REGION!;
const logGroupName = process.env.AWS_LAMBDA_LOG_GROUP_NAME!;
const dynamodb = new DynamoDBClient(clientOptions(region));
const api = securityHubApi(
  new SecurityHubClient(clientOptions(region)),
  new OrganizationsClient(clientOptions(region)),
);

export async function handler(event: unknown, context: { getRemainingTimeInMillis(): number }): Promise<void> {
  const remaining = context.getRemainingTimeInMillis();
  const table = new DynamoDbTable(
    dynamodb,
    process.env[ENVIRONMENT.ledgerTableName]!,
    nodePlatform,
    nodePlatform.now() + remaining - 5_000,
  );
  await handle(
    event,
    remaining,
    nodePlatform,
    table,
    securityHubMembers({ platform: nodePlatform, table, api, region, logGroupName }),
  );
}
