/**
 * The handler of `Custom::ComputeOptimizerAssociation`.
 */
import { ComputeOptimizerAutomationClient } from '@aws-sdk/client-compute-optimizer-automation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { OrganizationsClient } from '@aws-sdk/client-organizations';
import { automationApi } from './api';
import { computeOptimizerAssociation } from './resource';
import { ENVIRONMENT } from '../../src/private/contract/environment';
import { organizationsApi } from '../membership/organization';
import { clientOptions } from '../runtime/clients';
import { DynamoDbTable } from '../runtime/dynamodb-table';
import { handle } from '../runtime/handler';
import { nodePlatform } from '../runtime/node-platform';

const stackRegion = process.env.AWS_REGION!;
const logGroupName = process.env.AWS_LAMBDA_LOG_GROUP_NAME!;
const dynamodb = new DynamoDBClient(clientOptions(stackRegion));
const organizations = organizationsApi(new OrganizationsClient(clientOptions(stackRegion)));
const automation = (region: string) => automationApi(new ComputeOptimizerAutomationClient(clientOptions(region)));

export async function handler(event: unknown, context: { getRemainingTimeInMillis(): number }): Promise<void> {
  const remaining = context.getRemainingTimeInMillis();
  const table = new DynamoDbTable(
    dynamodb,
    process.env[ENVIRONMENT.ledgerTableName]!,
    nodePlatform,
    nodePlatform.now() + remaining - 5_000,
  );
  const surroundings = { platform: nodePlatform, table, logGroupName };
  await handle(
    event,
    remaining,
    nodePlatform,
    table,
    computeOptimizerAssociation({ ...surroundings, automation, organizations, stackRegion }),
  );
}
