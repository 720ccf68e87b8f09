/**
 * Resource providers: what CloudFormation does to create, update and delete a resource of a type.
 *
 * Types without a provider here are inert: they get a physical id and whatever attribute is asked of them. Attributes, names and
 * replacing properties are as in [D] the CloudFormation template reference of each type ("Return values", "Update requires").
 */
import type { Environment } from '../core';
import type { PolicyDocument } from '../iam/evaluator';
import type { IamStore } from '../iam/store';
import type { FunctionConfiguration, LambdaHost } from '../lambda-host';
import { asText, inventedName, ProvisioningFailure, type Operation, type Place, type Provisioned } from './model';
import { randomUuid } from './random';
import type { Json, JsonObject } from './template';
import type { DynamoDbService, TableDefinition } from '../services/dynamodb';
import type { LogsService } from '../services/logs';
import type { Parameter, SsmService } from '../services/ssm';

/** One thing to do with one resource. */
export interface ResourceRequest extends Place {
  readonly partition: string;
  readonly stackId: string;
  readonly stackName: string;
  readonly logicalId: string;
  readonly resourceType: string;
  /** Resolved properties (for a Delete: those that the resource stands at). */
  readonly properties: JsonObject;
  /** Settles when CloudFormation no longer waits for this. */
  readonly cancelled: Promise<void>;
  /** What the request is part of. */
  readonly operation: Operation;
}

/** How resources of a type are made. Failures are thrown as {@link ProvisioningFailure}. */
export interface ResourceProvider {
  /** True for custom resources: only their handler knows whether an update replaces. */
  readonly custom?: boolean;
  /** True where attributes are answered, so that any update may change them. */
  readonly answersAttributes?: boolean;
  /** Properties in the form in which they are compared and sent. */
  normalise?(properties: JsonObject): JsonObject;
  /** Whether the change needs a new physical resource. */
  replaces?(oldProperties: JsonObject, newProperties: JsonObject): boolean;
  create(request: ResourceRequest): Promise<Provisioned>;
  update(request: ResourceRequest, physicalId: string, oldProperties: JsonObject): Promise<Provisioned>;
  delete(request: ResourceRequest, physicalId: string): Promise<void>;
  /** The reason given where an attribute is used that the resource does not have. */
  missingAttribute?(resource: Pick<ResourceRequest, 'region' | 'stackId' | 'logicalId'>, name: string): string;
  /** An attribute made up for a type that is not modelled. */
  inventedAttribute?(physicalId: string, name: string): Json;
}

/** What native resources are made in. A store that is absent makes its types inert. */
export interface ResourceStores {
  /** What is put here is what a role may do at that moment of the deployment. */
  readonly iam?: Pick<IamStore,
  'putRole' | 'deleteRole' | 'putRolePolicy' | 'deleteRolePolicy' | 'putManagedPolicy' | 'deleteManagedPolicy' | 'attachRolePolicy' | 'detachRolePolicy'>;
  readonly tables?: TableStore;
  readonly parameters?: Pick<SsmService, 'get' | 'put' | 'delete'>;
  readonly logs?: Pick<LogsService, 'createGroup' | 'deleteGroup'>;
}

/** Where DynamoDB tables are made. */
export type TableStore = Pick<DynamoDbService, 'createTable' | 'deleteTable'>;

export type Action = 'create' | 'update' | 'delete';

/** Tells a native resource to fail: the reason, or undefined. */
export type FailureHook = (action: Action, request: ResourceRequest) => string | undefined;

/** How a native type differs from an inert one. */
interface NativeType {
  /** Property that names the resource; a name is invented where it is absent. */
  readonly nameProperty?: string;
  readonly maximumNameLength?: number;
  /** Properties whose change needs a new resource. */
  readonly replacing?: readonly string[];
  /** Physical id (`Ref`), from the name; default: the name itself. */
  readonly physicalId?: (request: ResourceRequest, name: string) => string;
  /** Attributes of `Fn::GetAtt`; absent = any attribute is made up. */
  readonly attributes?: (request: ResourceRequest, name: string) => JsonObject;
  /** Creates it, or (with `old`) brings it to the new properties; may add attributes. */
  readonly put?: (request: ResourceRequest, name: string, old?: JsonObject) => Promise<JsonObject | void>;
  readonly remove?: (request: ResourceRequest, name: string) => Promise<void>;
}

const NEVER: Promise<void> = new Promise(() => undefined);

/** Providers for every type but custom resources and nested stacks. */
export class NativeResources {
  /** Asked before every action on a native resource, so that a test can make another resource fail. */
  public failures?: FailureHook;
  /** Milliseconds that one action on a native resource takes. */
  public duration = 100;
  private readonly types: Readonly<Record<string, NativeType>>;
  /** Names that templates gave and that are taken: `account/region/type/name`. */
  private readonly taken = new Set<string>();

  constructor(private readonly environment: Environment, lambda: LambdaHost, stores: ResourceStores) {
    this.types = nativeTypes(environment, lambda, stores);
  }

  /** The provider of one type. */
  public provider(type: string): ResourceProvider {
    const native = this.types[type] ?? {};
    return {
      replaces: (before, after) => [native.nameProperty, ...native.replacing ?? []].some(
        (property) => property !== undefined && differ(before[property], after[property]),
      ),
      create: async (request) => this.create(native, request),
      update: async (request, physicalId, before) => this.update(native, request, physicalId, before),
      delete: async (request, physicalId) => this.delete(native, request, physicalId),
      ...(native.attributes ? {} : { inventedAttribute: (physicalId: string, name: string) => `${physicalId}.${name}` }),
    };
  }

  private async create(native: NativeType, request: ResourceRequest): Promise<Provisioned> {
    await this.act('create', request);
    const given = native.nameProperty && asText(request.properties[native.nameProperty]);
    const name = given ?? inventedName(
      this.environment.random, request.stackName, request.logicalId, native.maximumNameLength ?? 255,
    );
    const key = takenKey(request, name);
    if (given !== undefined && this.taken.has(key)) {
      // [R] the text of AWS's resource handlers
      throw new ProvisioningFailure(`Resource of type '${request.resourceType}' with identifier '{"/properties/${native.nameProperty}":"${name}"}' already exists.`);
    }
    const added = await native.put?.(request, name);
    this.taken.add(key);
    return {
      physicalId: native.physicalId?.(request, name) ?? name,
      attributes: this.attributes(native, request, name, added),
    };
  }

  private async update(
    native: NativeType, request: ResourceRequest, physicalId: string, before: JsonObject,
  ): Promise<Provisioned> {
    await this.act('update', request);
    const name = nameOf(native, physicalId);
    const added = await native.put?.(request, name, before);
    return { physicalId, attributes: this.attributes(native, request, name, added) };
  }

  private async delete(native: NativeType, request: ResourceRequest, physicalId: string): Promise<void> {
    await this.act('delete', request);
    const name = nameOf(native, physicalId);
    await native.remove?.(request, name);
    this.taken.delete(takenKey(request, name));
  }

  private attributes(native: NativeType, request: ResourceRequest, name: string, added: JsonObject | void): JsonObject {
    return { ...native.attributes?.(request, name) ?? { Arn: inertArn(request, name) }, ...added ?? {} };
  }

  private async act(action: Action, request: ResourceRequest): Promise<void> {
    await this.environment.clock.sleep(this.duration);
    const reason = this.failures?.(action, request);
    if (reason !== undefined) throw new ProvisioningFailure(reason);
    if (request.resourceType === 'Test::Failing') await failAsTold(this.environment, action, request);
    if (request.resourceType === 'AWS::CloudFormation::WaitCondition' && action === 'create') await waitInVain(this.environment, request);
  }
}

function takenKey(request: ResourceRequest, name: string): string {
  return `${request.accountId}/${request.region}/${request.resourceType}/${name}`;
}

/** Physical ids that are not the name itself end in it. */
function nameOf(native: NativeType, physicalId: string): string {
  return native.physicalId ? physicalId.slice(Math.max(physicalId.lastIndexOf('/'), physicalId.lastIndexOf(':')) + 1) : physicalId;
}

function differ(before: Json | undefined, after: Json | undefined): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

function inertArn(request: ResourceRequest, name: string): string {
  const [, service = 'service', kind = 'resource'] = request.resourceType.split('::');
  return `arn:${request.partition}:${service.toLowerCase()}:${request.region}:${request.accountId}:${kind.toLowerCase()}/${name}`;
}

// -------------------------------------------------------------------------------------------------------------------- failing on purpose

/**
 * `Test::Failing` has these properties: `FailOn` (a list of Create, Update, Delete), `AfterSeconds` (how long each action takes) and
 * `Reason`. Cancelling cuts the wait short.
 */
async function failAsTold(environment: Environment, action: Action, request: ResourceRequest): Promise<void> {
  const { FailOn = [], AfterSeconds = 0, Reason = 'Told to fail' } = request.properties;
  await sleepUnless(environment, Number(AfterSeconds) * 1000, action === 'delete' ? NEVER : request.cancelled);
  const failing = (Array.isArray(FailOn) ? FailOn : [FailOn]).map((name) => String(name).toLowerCase());
  if (failing.includes(action)) throw new ProvisioningFailure(String(Reason));
}

/** [D] AWS::CloudFormation::WaitCondition: nobody signals here, so it fails after `Timeout` seconds unless `Count` is 0. */
async function waitInVain(environment: Environment, request: ResourceRequest): Promise<void> {
  const count = Number(request.properties.Count ?? 1);
  if (count === 0) return;
  await sleepUnless(environment, Number(request.properties.Timeout ?? 0) * 1000, request.cancelled);
  throw new ProvisioningFailure(`WaitCondition timed out. Received 0 conditions when expecting ${count}`);
}

function sleepUnless(environment: Environment, milliseconds: number, cancelled: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = environment.clock.after(milliseconds, resolve);
    void cancelled.then(() => {
      timer.cancel();
      resolve();
    });
  });
}

// ------------------------------------------------------------------------------------------------------------------------- native types

function nativeTypes(environment: Environment, lambda: LambdaHost, stores: ResourceStores): Record<string, NativeType> {
  return {
    ...lambdaTypes(lambda),
    ...(stores.iam ? iamTypes(environment, stores.iam) : {}),
    ...(stores.tables ? { 'AWS::DynamoDB::Table': tableType(stores.tables) } : {}),
    ...(stores.parameters ? { 'AWS::SSM::Parameter': parameterType(stores.parameters) } : {}),
    'AWS::Logs::LogGroup': logGroupType(stores.logs),
    'AWS::S3::Bucket': {
      nameProperty: 'BucketName',
      attributes: ({ partition, region }, name) => ({
        Arn: `arn:${partition}:s3:::${name}`,
        DomainName: `${name}.s3.amazonaws.com`,
        RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
        DualStackDomainName: `${name}.s3.dualstack.${region}.amazonaws.com`,
        WebsiteURL: `http://${name}.s3-website-${region}.amazonaws.com`,
      }),
    },
    'AWS::SQS::Queue': {
      nameProperty: 'QueueName',
      maximumNameLength: 80,
      physicalId: ({ region, accountId }, name) => `https://sqs.${region}.amazonaws.com/${accountId}/${name}`,
      attributes: ({ partition, region, accountId }, name) => ({
        Arn: `arn:${partition}:sqs:${region}:${accountId}:${name}`,
        QueueName: name,
        QueueUrl: `https://sqs.${region}.amazonaws.com/${accountId}/${name}`,
      }),
    },
    'AWS::SNS::Topic': {
      nameProperty: 'TopicName',
      physicalId: ({ partition, region, accountId }, name) => `arn:${partition}:sns:${region}:${accountId}:${name}`,
      attributes: ({ partition, region, accountId }, name) => ({ TopicArn: `arn:${partition}:sns:${region}:${accountId}:${name}`, TopicName: name }),
    },
  };
}

function iamTypes(environment: Environment, iam: NonNullable<ResourceStores['iam']>): Record<string, NativeType> {
  const roleArn = ({ partition, accountId, properties }: ResourceRequest, name: string) =>
    `arn:${partition}:iam::${accountId}:role${asText(properties.Path) ?? '/'}${name}`;
  const policyArn = ({ partition, accountId, properties }: ResourceRequest, name: string) =>
    `arn:${partition}:iam::${accountId}:policy${asText(properties.Path) ?? '/'}${name}`;
  // AWS::IAM::Policy names roles, not ARNs
  const namedRoles = (request: ResourceRequest, properties: JsonObject) => strings(properties.Roles).map((name) =>
    `arn:${request.partition}:iam::${request.accountId}:role/${name}`);
  return {
    'AWS::IAM::Role': {
      nameProperty: 'RoleName',
      maximumNameLength: 64,
      replacing: ['Path'],
      attributes: (request, name) => ({ Arn: roleArn(request, name), RoleId: `AROA${identifier(roleArn(request, name))}` }),
      put: async (request, name) => {
        const { AssumeRolePolicyDocument, Policies = [], ManagedPolicyArns } = request.properties;
        iam.putRole({
          accountId: request.accountId,
          roleName: name,
          arn: roleArn(request, name),
          trustPolicy: document(AssumeRolePolicyDocument),
          policies: (Policies as JsonObject[]).map(
            (policy) => ({ name: String(policy.PolicyName), document: document(policy.PolicyDocument) }),
          ),
          managedPolicyArns: strings(ManagedPolicyArns),
        });
      },
      remove: async (request, name) => iam.deleteRole(roleArn(request, name)),
    },
    'AWS::IAM::Policy': {
      put: async (request, _, old) => {
        const name = String(request.properties.PolicyName);
        const roles = namedRoles(request, request.properties);
        for (const role of roles) iam.putRolePolicy(role, name, document(request.properties.PolicyDocument));
        for (const role of old ? namedRoles(request, old) : []) {
          if (!roles.includes(role) || old!.PolicyName !== name) iam.deleteRolePolicy(role, String(old!.PolicyName));
        }
      },
      remove: async (request) => {
        const name = String(request.properties.PolicyName);
        for (const role of namedRoles(request, request.properties)) iam.deleteRolePolicy(role, name);
      },
    },
    'AWS::IAM::ManagedPolicy': {
      nameProperty: 'ManagedPolicyName',
      maximumNameLength: 128,
      replacing: ['Path', 'Description'],
      physicalId: policyArn,
      attributes: (request, name) => ({ PolicyArn: policyArn(request, name), PolicyId: `ANPA${identifier(policyArn(request, name))}` }),
      put: async (request, name, old) => {
        const arn = policyArn(request, name);
        iam.putManagedPolicy(arn, document(request.properties.PolicyDocument));
        const roles = namedRoles(request, request.properties);
        for (const role of roles) iam.attachRolePolicy(role, arn);
        for (const role of old ? namedRoles(request, old) : []) {
          if (!roles.includes(role)) iam.detachRolePolicy(role, arn);
        }
      },
      remove: async (request, name) => {
        const arn = policyArn(request, name);
        for (const role of namedRoles(request, request.properties)) iam.detachRolePolicy(role, arn);
        iam.deleteManagedPolicy(arn);
      },
    },
    'AWS::IAM::AccessKey': { put: async () => ({ SecretAccessKey: randomUuid(environment.random) }) },
  };
}

function document(value: Json | undefined): PolicyDocument {
  return (value ?? { Statement: [] }) as unknown as PolicyDocument;
}

function lambdaTypes(lambda: LambdaHost): Record<string, NativeType> {
  const functionArn = ({ partition, region, accountId }: ResourceRequest, name: string) =>
    `arn:${partition}:lambda:${region}:${accountId}:function:${name.split(':').pop()}`;
  const configureInvocation = async (request: ResourceRequest, settings: Pick<FunctionConfiguration, 'maximumRetryAttempts' | 'maximumEventAgeSeconds'>) => {
    const configuration = lambda.getFunction(functionArn(request, String(request.properties.FunctionName)));
    if (configuration) await lambda.putFunction({ ...configuration, ...settings });
  };
  return {
    'AWS::Lambda::Function': {
      nameProperty: 'FunctionName',
      maximumNameLength: 64,
      replacing: ['PackageType'],
      attributes: (request, name) => ({ Arn: functionArn(request, name) }),
      put: async (request, name) => lambda.putFunction(
        functionConfiguration(request, name, functionArn(request, name), lambda),
      ),
      remove: async (request, name) => lambda.deleteFunction(functionArn(request, name)),
    },
    'AWS::Lambda::EventInvokeConfig': {
      replacing: ['FunctionName', 'Qualifier'],
      put: async (request) => configureInvocation(request, {
        maximumRetryAttempts: optionalNumber(request.properties.MaximumRetryAttempts),
        maximumEventAgeSeconds: optionalNumber(request.properties.MaximumEventAgeInSeconds),
      }),
      remove: async (request) => configureInvocation(
        request, { maximumRetryAttempts: undefined, maximumEventAgeSeconds: undefined },
      ),
    },
    'AWS::Lambda::Permission': { replacing: ['Action', 'FunctionName', 'Principal', 'SourceArn', 'SourceAccount'] },
    'AWS::Lambda::Version': {
      replacing: ['FunctionName', 'Description'],
      physicalId: (request) => `${functionArn(request, String(request.properties.FunctionName))}:1`,
      attributes: (request) => ({ FunctionArn: `${functionArn(request, String(request.properties.FunctionName))}:1`, Version: '1' }),
    },
  };
}

function functionConfiguration(
  request: ResourceRequest, name: string, functionArn: string, lambda: LambdaHost,
): FunctionConfiguration {
  const { properties } = request;
  const code = (properties.Code ?? {}) as JsonObject;
  if (typeof code.S3Bucket !== 'string' || typeof code.S3Key !== 'string') {
    throw new ProvisioningFailure('The embedded AWS runs functions whose code lies in S3 only: give Code.S3Bucket and Code.S3Key');
  }
  const logging = properties.LoggingConfig as JsonObject | undefined;
  const variables = ((properties.Environment as JsonObject | undefined)?.Variables ?? {}) as JsonObject;
  const before = lambda.getFunction(functionArn);
  return {
    functionName: name,
    functionArn,
    region: request.region,
    accountId: request.accountId,
    roleArn: String(properties.Role),
    handler: asText(properties.Handler) ?? 'index.handler',
    runtime: asText(properties.Runtime) ?? 'nodejs24.x',
    timeoutSeconds: Number(properties.Timeout ?? 3), // [D] defaults of AWS::Lambda::Function
    memoryMegabytes: Number(properties.MemorySize ?? 128),
    environment: Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, String(value)])),
    logGroupName: asText(logging?.LogGroup) ?? `/aws/lambda/${name}`,
    code: { bucket: code.S3Bucket, key: code.S3Key },
    reservedConcurrency: optionalNumber(properties.ReservedConcurrentExecutions),
    maximumRetryAttempts: before?.maximumRetryAttempts,
    maximumEventAgeSeconds: before?.maximumEventAgeSeconds,
    ...(logging ? {
      logging: {
        format: logging.LogFormat === 'JSON' ? 'JSON' as const : 'Text' as const,
        applicationLogLevel: asText(logging.ApplicationLogLevel),
        systemLogLevel: asText(logging.SystemLogLevel),
      },
    } : {}),
  };
}

function tableType(tables: TableStore): NativeType {
  const arn = ({ partition, region, accountId }: ResourceRequest, name: string) => `arn:${partition}:dynamodb:${region}:${accountId}:table/${name}`;
  return {
    nameProperty: 'TableName',
    replacing: ['KeySchema', 'LocalSecondaryIndexes'],
    attributes: (request, name) => ({
      Arn: arn(request, name),
      ...(request.properties.StreamSpecification ? { StreamArn: `${arn(request, name)}/stream/${request.logicalId}` } : {}),
    }),
    put: async ({ accountId, region, properties }, name, old) => {
      const definition = { ...properties, TableName: name } as unknown as TableDefinition;
      if (!old) await tables.createTable({ accountId, region }, definition);
    },
    remove: async (request, name) => {
      // [D] DeletionProtectionEnabled
      if (String(request.properties.DeletionProtectionEnabled ?? false) === 'true') {
        throw new ProvisioningFailure(`Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first. (table ${name})`);
      }
      await tables.deleteTable({ accountId: request.accountId, region: request.region }, name);
    },
  };
}

function parameterType(parameters: NonNullable<ResourceStores['parameters']>): NativeType {
  const type = ({ properties }: ResourceRequest) => (asText(properties.Type) ?? 'String') as Parameter['type'];
  const value = ({ properties }: ResourceRequest) => asText(properties.Value) ?? '';
  return {
    nameProperty: 'Name',
    replacing: ['Type'],
    attributes: (request) => ({ Type: type(request), Value: value(request) }),
    put: async (request, name) => {
      parameters.put({ accountId: request.accountId, region: request.region, name }, value(request), type(request));
    },
    remove: async ({ accountId, region }, name) => parameters.delete({ accountId, region, name }),
  };
}

function logGroupType(logs: ResourceStores['logs']): NativeType {
  return {
    nameProperty: 'LogGroupName',
    attributes: ({ partition, region, accountId }, name) => ({ Arn: `arn:${partition}:logs:${region}:${accountId}:log-group:${name}:*` }),
    put: async ({ accountId, region, properties }, name, old) => {
      if (!old) logs?.createGroup({ accountId, region, name }, optionalNumber(properties.RetentionInDays));
    },
    remove: async ({ accountId, region }, name) => logs?.deleteGroup({ accountId, region, name }),
  };
}

function strings(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function optionalNumber(value: Json | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** A stable pseudo-random identifier of the length that IAM uses. */
function identifier(seed: string): string {
  return Buffer.from(seed).toString('hex').toUpperCase().slice(-16);
}
