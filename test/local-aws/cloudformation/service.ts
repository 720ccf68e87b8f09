/**
 * CloudFormation's API over the engine: what the CDK CLI calls, and what a person with the AWS CLI needs besides.
 *
 * Sources: [M] calls of aws-cdk 2.1148.1 as recorded; [D] CloudFormation API reference; [R] error texts of real accounts.
 */
import { AwsError, type Call, type Environment, type Service } from '../core';
import { plan, type Plan, type ResourceChange } from './change-set';
import type { CloudFormationEngine, OnFailure, OperationOptions, StackInput } from './engine';
import type { Deployment, Place, Resource, Stack } from './model';
import { randomUuid } from './random';
import { parseTemplate, TemplateError, type ParameterValue, type Template } from './template';
import { InvalidToken, page } from '../services/paging';

/** [D] Quotas: a template in a request is at most 51,200 bytes; a larger one must lie in S3. */
const MAXIMUM_INLINE_TEMPLATE_BYTES = 51_200;
const PAGE_SIZE = 100;
const NO_CHANGES = 'The submitted information didn\'t contain changes. Submit different information to create a change set.';
/** What `cdk bootstrap` leaves; the newest template's version as of aws-cdk 2.1148. */
const BOOTSTRAP_STACK = 'CDKToolkit';
const BOOTSTRAP_VERSION = '32';

interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly type: 'CREATE' | 'UPDATE';
  readonly stack: Stack;
  readonly deployment: Deployment;
  readonly plan: Plan;
  readonly createdAt: number;
  readonly description?: string;
  readonly onFailure?: OnFailure;
  readonly includeNestedStacks: boolean;
  readonly importExistingResources: boolean;
  executionStatus: 'AVAILABLE' | 'UNAVAILABLE' | 'EXECUTE_COMPLETE';
}

export interface CloudFormationServiceOptions {
  /** Whether every account and Region has a CDKToolkit stack from the start; default true. */
  readonly bootstrapped?: boolean;
}

type Handler = (call: Call, place: Place) => unknown;

/** The service `cloudformation`. */
export class CloudFormationService implements Service {
  public readonly name = 'cloudformation';
  public readonly operations: ReadonlySet<string>;
  private readonly handlers: Readonly<Record<string, Handler>>;
  private readonly changeSets: ChangeSet[] = [];
  private readonly seeded = new Set<string>();

  private readonly environment: Environment;

  constructor(
    private readonly engine: CloudFormationEngine, private readonly options: CloudFormationServiceOptions = {},
  ) {
    this.environment = engine.environment;
    this.handlers = this.table();
    this.operations = new Set(Object.keys(this.handlers));
  }

  public async call(call: Call): Promise<unknown> {
    const place = { accountId: call.caller.accountId, region: call.region };
    if (this.options.bootstrapped !== false) this.seedOnce(place);
    const handler = this.handlers[call.operation];
    if (!handler) throw new AwsError('InvalidAction', `Could not find operation ${call.operation} for version 2010-05-15`);
    return handler(call, place);
  }

  /** Gives an account and Region the stack that `cdk bootstrap` would have made. */
  public seedBootstrapStack(place: Place, qualifier: string = 'hnb659fds'): void {
    const bucket = `cdk-${qualifier}-assets-${place.accountId}-${place.region}`;
    this.engine.seedStack(place, BOOTSTRAP_STACK, {
      BootstrapVersion: BOOTSTRAP_VERSION,
      BucketName: bucket,
      BucketDomainName: `${bucket}.s3.${place.region}.amazonaws.com`,
    });
  }

  private seedOnce(place: Place): void {
    const key = `${place.accountId}/${place.region}`;
    if (this.seeded.has(key)) return;
    this.seeded.add(key);
    this.seedBootstrapStack(place);
  }

  private table(): Record<string, Handler> {
    return {
      CancelUpdateStack: ({ input }, place) => this.engine.cancelUpdate(this.stack(place, input.StackName)),
      ContinueUpdateRollback: ({ input }, place) => {
        this.engine.continueUpdateRollback(this.stack(place, input.StackName), {
          resourcesToSkip: input.ResourcesToSkip, clientRequestToken: input.ClientRequestToken,
        });
        return {};
      },
      CreateChangeSet: async ({ input }, place) => this.createChangeSet(input, place),
      CreateStack: async ({ input }, place) => {
        const stackInput = await this.stackInput(input, place);
        checkCapabilities(parseTemplate(stackInput.templateBody), stackInput.capabilities ?? []);
        const stack = await this.engine.createStack(place, input.StackName, stackInput, operationOptions(input));
        stack.terminationProtection = isTrue(input.EnableTerminationProtection);
        return { StackId: stack.stackId };
      },
      DeleteChangeSet: ({ input }, place) => {
        const changeSet = this.findChangeSet(input, place);
        if (changeSet) this.changeSets.splice(this.changeSets.indexOf(changeSet), 1);
        return {}; // [R ministack 1625] no error for one that does not exist
      },
      DeleteStack: ({ input }, place) => {
        const stack = this.engine.findStack(place, input.StackName);
        if (!stack) return {}; // [D] deleting what does not exist succeeds
        stack.deletionMode = input.DeletionMode;
        this.engine.deleteStack(stack, {
          retainResources: input.RetainResources, clientRequestToken: input.ClientRequestToken, force: input.DeletionMode === 'FORCE_DELETE_STACK',
        });
        return {};
      },
      DescribeChangeSet: ({ input }, place) => this.describeChangeSet(this.changeSet(input, place), input),
      DescribeStackEvents: ({ input }, place) => {
        const stack = this.engine.findStack(place, input.StackName);
        if (!stack) throw new TemplateError(`Stack [${input.StackName}] does not exist`);
        const { items, NextToken } = this.page('events', [...stack.events].reverse(), input);
        return { StackEvents: items, NextToken };
      },
      DescribeStackResource: ({ input }, place) => {
        const stack = this.stack(place, input.StackName);
        const resource = resourcesOf(stack).find(({ logicalId }) => logicalId === input.LogicalResourceId);
        if (!resource) throw new TemplateError(`Resource ${input.LogicalResourceId} does not exist for stack ${input.StackName}`);
        return {
          StackResourceDetail: {
            ...inStack(stack),
            ...summary(resource),
            ...(resource.definition.Metadata ? { Metadata: JSON.stringify(resource.definition.Metadata) } : {}),
          },
        };
      },
      DescribeStackResources: ({ input }, place) => {
        const stack = input.StackName === undefined ? this.ownerOf(place, input.PhysicalResourceId) : this.stack(
          place, input.StackName,
        );
        const resources = resourcesOf(stack).filter(
          ({ logicalId }) => input.LogicalResourceId === undefined || logicalId === input.LogicalResourceId,
        );
        return {
          StackResources: resources.map((resource) => {
            const { LastUpdatedTimestamp, ...rest } = summary(resource);
            return { ...inStack(stack), ...rest, Timestamp: LastUpdatedTimestamp };
          }),
        };
      },
      DescribeStacks: ({ input }, place) => {
        const stacks = input.StackName === undefined
          ? this.engine.listStacks(place).filter(({ status }) => status !== 'DELETE_COMPLETE')
          : [this.stack(place, input.StackName)];
        const { items, NextToken } = this.page('stacks', stacks, input);
        return { Stacks: items.map((stack) => describeStack(stack)), NextToken };
      },
      ExecuteChangeSet: ({ input }, place) => this.executeChangeSet(this.changeSet(input, place), input),
      GetTemplate: ({ input }, place) => {
        const body = input.ChangeSetName === undefined
          ? this.stack(place, input.StackName).deployment?.body ?? '{}'
          : this.changeSet(input, place).deployment.body;
        return { TemplateBody: body, StagesAvailable: ['Original', 'Processed'] };
      },
      GetTemplateSummary: async ({ input }, place) => {
        const body = input.TemplateBody === undefined && input.TemplateURL === undefined
          ? this.stack(place, input.StackName).deployment?.body ?? '{}'
          : await this.templateBody(input, place);
        return summarizeTemplate(parseTemplate(body));
      },
      ListChangeSets: ({ input }, place) => {
        const stack = this.stack(place, input.StackName);
        return {
          Summaries: this.changeSets.filter((changeSet) => changeSet.stack === stack).map(
            (changeSet) => this.summarizeChangeSet(changeSet),
          ),
        };
      },
      ListExports: ({ input }, place) => {
        const { items, NextToken } = this.page('exports', this.engine.listExports(place), input);
        return {
          Exports: items.map(
            ({ stack, name, value }) => ({ ExportingStackId: stack.stackId, Name: name, Value: value }),
          ),
          NextToken,
        };
      },
      ListImports: ({ input }, place) => {
        const importers = this.engine.importers(place, input.ExportName);
        if (importers.length === 0) throw new TemplateError(`Export '${input.ExportName}' is not imported by any stack.`);
        return { Imports: importers };
      },
      ListStackResources: ({ input }, place) => {
        const { items, NextToken } = this.page('resources', resourcesOf(this.stack(place, input.StackName)), input);
        return { StackResourceSummaries: items.map(summary), NextToken };
      },
      ListStacks: ({ input }, place) => {
        const wanted: string[] = input.StackStatusFilter ?? [];
        const stacks = this.engine.listStacks(place).filter(
          ({ status }) => wanted.length === 0 || wanted.includes(status),
        );
        const { items, NextToken } = this.page('stacks', stacks, input);
        return { StackSummaries: items.map(summarizeStack), NextToken };
      },
      RollbackStack: ({ input }, place) => {
        const stack = this.stack(place, input.StackName);
        this.engine.rollbackStack(stack, { clientRequestToken: input.ClientRequestToken });
        return { StackId: stack.stackId };
      },
      UpdateStack: async ({ input }, place) => this.updateStack(input, place),
      UpdateTerminationProtection: ({ input }, place) => {
        const stack = this.stack(place, input.StackName);
        stack.terminationProtection = isTrue(input.EnableTerminationProtection);
        return { StackId: stack.stackId };
      },
      ValidateTemplate: async ({ input }, place) => {
        const { Parameters, Description, Capabilities, CapabilitiesReason } = summarizeTemplate(
          parseTemplate(await this.templateBody(input, place)),
        );
        return { Parameters, Description, Capabilities, CapabilitiesReason };
      },
    };
  }

  // ---------------------------------------------------------------------------------------------------------------------------- change sets

  private async createChangeSet(input: any, place: Place): Promise<unknown> {
    const existing = this.engine.findStack(place, input.StackName);
    const type = input.ChangeSetType ?? 'UPDATE';
    if (type === 'CREATE' && existing && existing.status !== 'REVIEW_IN_PROGRESS') {
      throw new TemplateError(`Stack [${input.StackName}] already exists and cannot be created again with the changeSet [${input.ChangeSetName}].`);
    }
    if (type === 'UPDATE' && (!existing || existing.status === 'REVIEW_IN_PROGRESS')) throw new TemplateError(`Stack [${input.StackName}] does not exist`);
    if (type !== 'CREATE' && type !== 'UPDATE') throw new TemplateError(`Change sets of type ${type} are not modelled`);
    if (type === 'UPDATE') this.engine.rejectUnlessUpdatable(existing!, { onFailure: 'DO_NOTHING' });
    this.rejectTakenName(input, place);
    const stackInput = await this.stackInput(input, place, existing);
    checkCapabilities(parseTemplate(stackInput.templateBody), stackInput.capabilities ?? []);
    const stack = existing ?? this.engine.newStack(place, input.StackName);
    let deployment: Deployment;
    try {
      deployment = await this.engine.prepare(stack, stackInput);
    } catch (error) {
      if (!existing) this.engine.forget(stack);
      throw error;
    }
    if (!existing) this.engine.review(stack);
    const changes = plan(
      stack, deployment, this.engine.liveScope(stack, deployment), (resourceType) => this.engine.provider(resourceType),
    );
    const changeSet: ChangeSet = {
      id: `arn:${this.environment.partition}:cloudformation:${place.region}:${place.accountId}:changeSet/${input.ChangeSetName}/${randomUuid(this.environment.random)}`,
      name: input.ChangeSetName,
      type,
      stack,
      deployment,
      plan: changes,
      createdAt: this.environment.clock.now(),
      description: input.Description,
      onFailure: input.OnStackFailure,
      includeNestedStacks: isTrue(input.IncludeNestedStacks),
      importExistingResources: isTrue(input.ImportExistingResources),
      executionStatus: changes.changed || type === 'CREATE' ? 'AVAILABLE' : 'UNAVAILABLE',
    };
    this.changeSets.push(changeSet);
    return { Id: changeSet.id, StackId: stack.stackId };
  }

  private rejectTakenName(input: any, place: Place): void {
    const taken = this.findChangeSet({ StackName: input.StackName, ChangeSetName: input.ChangeSetName }, place);
    if (taken?.executionStatus === 'EXECUTE_COMPLETE') {
      this.changeSets.splice(this.changeSets.indexOf(taken), 1);
    } else if (taken) {
      throw new AwsError('AlreadyExistsException', `ChangeSet [${input.ChangeSetName}] already exists`);
    }
  }

  private executeChangeSet(changeSet: ChangeSet, input: any): unknown {
    const { stack, deployment } = changeSet;
    if (changeSet.executionStatus !== 'AVAILABLE') {
      throw new AwsError('InvalidChangeSetStatus', `ChangeSet [${changeSet.id}] cannot be executed in its current status of [${statusOf(changeSet)}]`);
    }
    const onFailure = isTrue(input.DisableRollback) ? 'DO_NOTHING' : changeSet.onFailure;
    const options: OperationOptions = { onFailure, clientRequestToken: input.ClientRequestToken };
    if (changeSet.type === 'CREATE') {
      if (stack.status !== 'REVIEW_IN_PROGRESS') throw new TemplateError(`Stack:${stack.stackId} is in ${stack.status} state and can not be created.`);
      this.engine.startCreation(stack, deployment, options);
    } else {
      this.engine.rejectUnlessUpdatable(stack, options);
      this.engine.startUpdate(stack, deployment, options);
    }
    changeSet.executionStatus = 'EXECUTE_COMPLETE';
    stack.changeSetId = changeSet.id;
    // [D] "If you successfully execute a change set, CloudFormation deletes all change sets associated with the stack"
    for (const other of [...this.changeSets]) {
      if (other.stack === stack && other !== changeSet) this.changeSets.splice(this.changeSets.indexOf(other), 1);
    }
    return {};
  }

  private describeChangeSet(changeSet: ChangeSet, input: any): unknown {
    const { deployment } = changeSet;
    const { items, NextToken } = this.page('changes', changeSet.plan.changes, input);
    return {
      ...this.summarizeChangeSet(changeSet),
      Parameters: deployment.parameters.map(describeParameter),
      Capabilities: deployment.capabilities,
      NotificationARNs: deployment.notificationArns,
      Tags: deployment.tags,
      RollbackConfiguration: {},
      OnStackFailure: changeSet.onFailure,
      Changes: items.map((change) => describeChange(change, isTrue(input.IncludePropertyValues))),
      NextToken,
    };
  }

  private summarizeChangeSet(changeSet: ChangeSet): object {
    return {
      ChangeSetName: changeSet.name,
      ChangeSetId: changeSet.id,
      StackId: changeSet.stack.stackId,
      StackName: changeSet.stack.stackName,
      Description: changeSet.description,
      CreationTime: time(changeSet.createdAt),
      ExecutionStatus: changeSet.executionStatus,
      Status: statusOf(changeSet),
      StatusReason: statusOf(changeSet) === 'FAILED' ? NO_CHANGES : undefined,
      IncludeNestedStacks: changeSet.includeNestedStacks,
      ImportExistingResources: changeSet.importExistingResources,
    };
  }

  private findChangeSet(
    input: { readonly StackName?: string; readonly ChangeSetName: string },
    place: Place,
  ): ChangeSet | undefined {
    if (input.ChangeSetName.startsWith('arn:')) return this.changeSets.find(({ id }) => id === input.ChangeSetName);
    const stack = input.StackName === undefined ? undefined : this.engine.findStack(place, input.StackName);
    return this.changeSets.find((changeSet) => changeSet.stack === stack && changeSet.name === input.ChangeSetName);
  }

  private changeSet(input: any, place: Place): ChangeSet {
    const found = this.findChangeSet(input, place);
    if (!found) throw new AwsError('ChangeSetNotFound', `ChangeSet [${input.ChangeSetName}] does not exist`, 404);
    return found;
  }

  // --------------------------------------------------------------------------------------------------------------------------------- stacks

  private async updateStack(input: any, place: Place): Promise<unknown> {
    const stack = this.stack(place, input.StackName);
    const options = operationOptions(input);
    this.engine.rejectUnlessUpdatable(stack, options);
    const stackInput = await this.stackInput(input, place, stack);
    checkCapabilities(parseTemplate(stackInput.templateBody), stackInput.capabilities ?? []);
    const deployment = await this.engine.prepare(stack, stackInput);
    const { changed } = plan(
      stack, deployment, this.engine.liveScope(stack, deployment), (type) => this.engine.provider(type),
    );
    if (!changed) throw new TemplateError('No updates are to be performed.');
    this.engine.startUpdate(stack, deployment, options);
    return { StackId: stack.stackId };
  }

  private stack(place: Place, nameOrId: string): Stack {
    const stack = this.engine.findStack(place, nameOrId);
    if (!stack) throw new TemplateError(`Stack with id ${nameOrId} does not exist`);
    return stack;
  }

  private ownerOf(place: Place, physicalId: string): Stack {
    const owner = this.engine.listStacks(place).find(
      (stack) => [...stack.resources.values()].some((resource) => resource.physicalId === physicalId),
    );
    if (!owner) throw new TemplateError(`Stack for ${physicalId} does not exist`);
    return owner;
  }

  private async stackInput(input: any, place: Place, stack?: Stack): Promise<StackInput> {
    return {
      templateBody: await this.templateBody(input, place, stack),
      parameters: input.Parameters ?? [],
      tags: input.Tags ?? stack?.deployment?.tags ?? [],
      capabilities: input.Capabilities ?? [],
      notificationArns: input.NotificationARNs ?? stack?.deployment?.notificationArns ?? [],
      roleArn: input.RoleARN,
    };
  }

  private async templateBody(input: any, place: Place, stack?: Stack): Promise<string> {
    if (isTrue(input.UsePreviousTemplate) && stack?.deployment) return stack.deployment.body;
    if (input.TemplateURL !== undefined) return this.engine.fetchTemplate(input.TemplateURL, place);
    if (typeof input.TemplateBody !== 'string') throw new TemplateError('Either Template URL or Template Body must be specified.');
    if (Buffer.byteLength(input.TemplateBody) > MAXIMUM_INLINE_TEMPLATE_BYTES) {
      throw new TemplateError(`1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${MAXIMUM_INLINE_TEMPLATE_BYTES}`);
    }
    return input.TemplateBody;
  }

  private page<T>(
    name: string, items: readonly T[], input: { readonly NextToken?: string },
  ): { items: readonly T[]; NextToken?: string } {
    try {
      const { items: some, nextToken } = page(name, items, input.NextToken, PAGE_SIZE);
      return { items: some, NextToken: nextToken };
    } catch (error) {
      if (error instanceof InvalidToken) throw new TemplateError('Invalid NextToken');
      throw error;
    }
  }
}

// ------------------------------------------------------------------------------------------------------------------------------ descriptions

function describeStack(stack: Stack): object {
  const { deployment } = stack;
  return {
    StackId: stack.stackId,
    StackName: stack.stackName,
    ChangeSetId: stack.changeSetId,
    Description: deployment?.template.Description,
    Parameters: deployment?.parameters.map(describeParameter) ?? [],
    CreationTime: time(stack.createdAt),
    LastUpdatedTime: time(stack.changedAt),
    DeletionTime: time(stack.deletedAt),
    RollbackConfiguration: {},
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    DisableRollback: stack.disableRollback,
    NotificationARNs: deployment?.notificationArns ?? [],
    Capabilities: deployment?.capabilities ?? [],
    Outputs: stack.outputs.map(({ key, value, description, exportName }) => ({
      OutputKey: key, OutputValue: value, Description: description, ExportName: exportName,
    })),
    RoleARN: deployment?.roleArn,
    Tags: deployment?.tags ?? [],
    EnableTerminationProtection: stack.terminationProtection,
    ParentId: stack.parentId,
    RootId: stack.rootId,
    DeletionMode: stack.deletionMode,
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
  };
}

function summarizeStack(stack: Stack): object {
  return {
    StackId: stack.stackId,
    StackName: stack.stackName,
    TemplateDescription: stack.deployment?.template.Description,
    CreationTime: time(stack.createdAt),
    LastUpdatedTime: time(stack.changedAt),
    DeletionTime: time(stack.deletedAt),
    StackStatus: stack.status,
    StackStatusReason: stack.statusReason,
    ParentId: stack.parentId,
    RootId: stack.rootId,
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
  };
}

function describeParameter({ key, value, resolved, noEcho, fromStore }: ParameterValue): object {
  return {
    ParameterKey: key,
    ParameterValue: noEcho ? '****' : value,
    ...(fromStore ? { ResolvedValue: Array.isArray(resolved) ? resolved.join(',') : resolved } : {}),
  };
}

function describeChange(change: ResourceChange, withValues: boolean): object {
  const details = change.properties.map(({ name, before, after, recreates }) => ({
    Target: {
      Attribute: 'Properties',
      Name: name,
      RequiresRecreation: recreates ? 'Always' : 'Never',
      ...(withValues ? {
        Path: `/Properties/${name}`,
        BeforeValue: asJsonText(before),
        AfterValue: asJsonText(after),
        AttributeChangeType: before === undefined ? 'Add' : after === undefined ? 'Remove' : 'Modify',
      } : {}),
    },
    Evaluation: 'Static',
    ChangeSource: 'DirectModification',
  }));
  return {
    Type: 'Resource',
    ResourceChange: {
      PolicyAction: change.policyAction,
      Action: change.action,
      LogicalResourceId: change.logicalId,
      PhysicalResourceId: change.physicalId,
      ResourceType: change.type,
      Replacement: change.replacement,
      Scope: change.scope,
      Details: details,
      ...(withValues ? { BeforeContext: context(change.before), AfterContext: context(change.after) } : {}),
    },
  };
}

function context(properties: object | undefined): string | undefined {
  return properties && JSON.stringify({ Properties: properties });
}

function asJsonText(value: unknown): string | undefined {
  return typeof value === 'object' ? JSON.stringify(value) : value === undefined ? undefined : String(value);
}

function summarizeTemplate(template: Template) {
  const types = [...new Set(Object.values(template.Resources).map(({ Type }) => Type))];
  const capabilities = requiredCapabilities(template);
  return {
    Description: template.Description,
    Metadata: template.Metadata && JSON.stringify(template.Metadata),
    ResourceTypes: types,
    Parameters: Object.entries(template.Parameters).map(([key, definition]) => ({
      ParameterKey: key,
      DefaultValue: definition.Default === undefined ? undefined : String(definition.Default),
      ParameterType: definition.Type,
      NoEcho: String(definition.NoEcho ?? false) === 'true',
      Description: definition.Description,
      ParameterConstraints: definition.AllowedValues ? { AllowedValues: definition.AllowedValues } : {},
    })),
    Capabilities: capabilities,
    CapabilitiesReason: capabilities.length > 0 ? 'The following resource(s) require capabilities: IAM' : undefined,
  };
}

/** [D] "Acknowledging IAM resources in CloudFormation templates" */
function requiredCapabilities(template: Template): string[] {
  const iam = Object.values(template.Resources).filter(({ Type }) => /^AWS::IAM::(Role|Policy|ManagedPolicy|User|Group|InstanceProfile|AccessKey|UserToGroupAddition)$/.test(Type));
  if (iam.length === 0) return [];
  const named = iam.some(({ Properties = {} }) => ['RoleName', 'ManagedPolicyName', 'UserName', 'GroupName', 'InstanceProfileName'].some((name) => name in Properties));
  return [named ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM'];
}

function checkCapabilities(template: Template, given: readonly string[]): void {
  const missing = requiredCapabilities(template).filter((capability) => !given.includes(capability) && !given.includes('CAPABILITY_NAMED_IAM'));
  if (missing.length > 0) throw new AwsError('InsufficientCapabilitiesException', `Requires capabilities : [${missing.join(', ')}]`);
}

function resourcesOf(stack: Stack): Resource[] {
  return [
    ...stack.resources.values(), ...[...stack.gone.values()].filter(({ logicalId }) => !stack.resources.has(logicalId)),
  ];
}

function inStack(stack: Stack): object {
  return { StackId: stack.stackId, StackName: stack.stackName };
}

function summary(resource: Resource) {
  return {
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    LastUpdatedTimestamp: time(resource.changedAt),
    ResourceStatus: resource.status,
    ResourceStatusReason: resource.statusReason,
    DriftInformation: { StackResourceDriftStatus: 'NOT_CHECKED' },
  };
}

function statusOf(changeSet: ChangeSet): string {
  return changeSet.executionStatus === 'UNAVAILABLE' ? 'FAILED' : 'CREATE_COMPLETE';
}

function operationOptions(input: any): OperationOptions {
  return { onFailure: isTrue(input.DisableRollback) ? 'DO_NOTHING' : input.OnFailure, clientRequestToken: input.ClientRequestToken };
}

function isTrue(value: unknown): boolean {
  return String(value) === 'true';
}

function time(milliseconds: number): Date;
function time(milliseconds: number | undefined): Date | undefined;
function time(milliseconds: number | undefined): Date | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds);
}
