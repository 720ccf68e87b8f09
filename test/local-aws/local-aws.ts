import type { CloudFormationEngine, EngineOptions } from './cloudformation/engine';
import { installCloudFormation } from './cloudformation/install';
import { AwsError } from './core';
import { EmbeddedAws } from './embedded-aws';
import { createEnvironment, type EnvironmentOptions } from './environment';
import { ProcessLambdaHost, type ProcessLambdaHostOptions } from './lambda-host-process';
import {
  organizationOf, readOrganizationFile, resolveOrganization, type OrganizationFile, type World,
} from './organization-file';
import { ComputeOptimizerAutomation, type ComputeOptimizerAutomationOptions } from './services/compute-optimizer-automation';
import { LambdaService } from './services/lambda';
import { Organizations, type OrganizationsOptions } from './services/organizations';
import { SecurityHub, type SecurityHubOptions } from './services/security-hub';
import { startWireServer } from './wire/server';

export interface LocalAwsOptions {
  /** Path of an organization file, or its content. Default: a small organization with ten accounts. */
  readonly organizationFile?: string | OrganizationFile;
  /** Default: any free port. */
  readonly port?: number;
  /** Clock, seed, and the settings of what nobody knows about AWS. */
  readonly environment?: EnvironmentOptions;
  readonly lambda?: Partial<Omit<ProcessLambdaHostOptions, 'endpointUrl' | 'environment'>>;
  readonly cloudFormation?: Pick<EngineOptions, 'customResources' | 'rollback'>;
  readonly organizations?: OrganizationsOptions;
  readonly securityHub?: SecurityHubOptions;
  readonly computeOptimizerAutomation?: ComputeOptimizerAutomationOptions;
}

/** A running embedded AWS with everything in it, and the objects behind it for whoever tests with it. */
export interface LocalAws {
  /** `http://127.0.0.1:<port>`: the endpoint of every service. */
  readonly url: string;
  readonly aws: EmbeddedAws;
  readonly world: World;
  readonly cloudFormation: CloudFormationEngine;
  readonly lambda: ProcessLambdaHost;
  readonly organizations: Organizations;
  readonly securityHub: SecurityHub;
  readonly computeOptimizerAutomation: ComputeOptimizerAutomation;
  /** The variables that lead the CDK CLI, the AWS CLI and SDKs here, as the administrator of an account. */
  env(accountId: string, region?: string): Record<string, string>;
  stop(): Promise<void>;
}

/** [D] Lambda renews the credentials of an environment before they end; sessions of this length need no renewal here. */
const FUNCTION_SESSION_SECONDS = 12 * 3600;

/** Starts an embedded AWS on 127.0.0.1, with Lambda functions in processes of their own. */
export async function startLocalAws(options: LocalAwsOptions = {}): Promise<LocalAws> {
  const world = worldOf(options.organizationFile);
  const environment = createEnvironment({ ...options.environment, partition: world.partition });
  const organizations = new Organizations(environment, world, options.organizations);
  const securityHub = new SecurityHub(environment, organizations, world, options.securityHub);
  const computeOptimizerAutomation = new ComputeOptimizerAutomation(
    environment, organizations, world, options.computeOptimizerAutomation);
  const aws = new EmbeddedAws({ environment, services: [organizations, securityHub, computeOptimizerAutomation] });
  addAccessRoles(aws, world);

  // functions and response URLs carry the address, so it has to be known first
  const server = await startWireServer((request) => aws.handle(request), options.port);
  const lambda = new ProcessLambdaHost({
    fetchCode: ({ bucket, key }) => codeOf(aws, bucket, key),
    credentialsFor: ({ accountId, roleArn, functionName }) => {
      const session = { accountId, roleName: roleArn.split('/').at(-1)!, sessionName: functionName };
      const keys = aws.credentials.issue({ ...session, durationSeconds: FUNCTION_SESSION_SECONDS });
      return { ...keys, sessionToken: keys.sessionToken! };
    },
    writeLog: (name, stream, message, timestamp, { accountId, region }) =>
      aws.logs.append({ accountId, region, name }, stream, [message], timestamp),
    ...options.lambda,
    environment,
    endpointUrl: server.url,
  });
  aws.register(new LambdaService(environment, lambda));
  const { engine } = installCloudFormation(aws, lambda, {
    ...options.cloudFormation,
    customResources: { responseUrlBase: server.url, ...options.cloudFormation?.customResources },
  });

  return {
    url: server.url,
    aws,
    world,
    cloudFormation: engine,
    lambda,
    organizations,
    securityHub,
    computeOptimizerAutomation,
    env: (accountId, region = defaultRegion(world)) => variables(aws, server.url, accountId, region),
    stop: async () => {
      await lambda.stop();
      await server.stop();
    },
  };
}

/** The account that one would work in first: the Security Hub administrator, or else the management account. */
export function defaultAccount(world: World): string {
  const [organization] = world.organizations;
  return organization?.delegatedAdministrators[0]?.accountId
    ?? organization?.managementAccountId
    ?? [...world.accounts.keys()][0]
    ?? '111111111111';
}

/** The first Region that has Security Hub. */
export function defaultRegion(world: World): string {
  return [...world.securityHub.keys()][0] ?? 'us-east-1';
}

function worldOf(file: LocalAwsOptions['organizationFile']): World {
  if (typeof file === 'string') return readOrganizationFile(file);
  return resolveOrganization(file ?? organizationOf({ accounts: 10, outside: 2, regions: ['us-east-1', 'eu-west-1'] }));
}

/** [D] Organizations User Guide: an account that was created in an organization has this role, which trusts the management account. */
function addAccessRoles({ iam }: EmbeddedAws, { partition, organizations, accounts }: World): void {
  const managers = new Map(organizations.map(({ id, managementAccountId }) => [id, managementAccountId]));
  for (const { id, joinedMethod, organizationId } of accounts.values()) {
    const manager = managers.get(organizationId ?? '');
    if (manager === undefined || manager === id || joinedMethod !== 'CREATED') continue;
    const roleName = 'OrganizationAccountAccessRole';
    iam.putRole({
      accountId: id,
      roleName,
      arn: `arn:${partition}:iam::${id}:role/${roleName}`,
      trustPolicy: { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: manager } } },
      managedPolicyArns: [`arn:${partition}:iam::aws:policy/AdministratorAccess`],
    });
  }
}

function codeOf({ s3 }: EmbeddedAws, bucket: string, key: string): Uint8Array {
  const code = s3.getObject(bucket, key);
  if (code === undefined) {
    const text = 'Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.';
    throw new AwsError('InvalidParameterValueException', text, 400);
  }
  return code;
}

function variables(aws: EmbeddedAws, url: string, accountId: string, region: string): Record<string, string> {
  const { accessKeyId, secretAccessKey } = aws.credentials.admin(accountId);
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // nothing of the machine's own configuration may lead a call to the real AWS
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CDK_DISABLE_VERSION_CHECK: 'true',
  };
}
