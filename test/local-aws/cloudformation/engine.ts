/**
 * The CloudFormation engine: all stacks of all accounts and Regions, and what can be done with them.
 *
 * `service.ts` offers it as CloudFormation's API; tests that need no CLI use {@link CloudFormationEngine.deploy} and
 * {@link CloudFormationEngine.destroy} directly. Everything happens on the environment's clock.
 */
import { AwsError, type Environment } from '../core';
import type { LambdaHost } from '../lambda-host';
import {
  CustomResources, DEFAULT_CUSTOM_RESOURCE_OPTIONS, type CustomResourceOptions, type RequestRecord,
} from './custom-resource';
import { DEFAULT_ROLLBACK_OPTIONS, dependencyGraph, Deployer, pseudoAndTemplateParameters, STACK_TYPE, type RollbackOptions, type Surroundings } from './deployer';
import {
  Operation, ProvisioningFailure,
  type Deployment, type Output, type Place, type Provisioned, type Stack, type StackEvent, type Tag,
} from './model';
import { randomUuid } from './random';
import { NativeResources, type ResourceProvider, type ResourceRequest, type ResourceStores } from './resources';
import {
  checkRules, evaluateConditions, parseTemplate, rejectCircles, resolveParameters, TemplateError,
  type GivenParameter, type JsonObject, type ParameterLookup, type Scope,
} from './template';

/** What a stack is to be deployed from. */
export interface StackInput {
  readonly templateBody: string;
  readonly parameters?: readonly GivenParameter[];
  readonly tags?: readonly Tag[];
  readonly capabilities?: readonly string[];
  readonly notificationArns?: readonly string[];
  readonly roleArn?: string;
}

/** What a failed create or update leads to. */
export type OnFailure = 'ROLLBACK' | 'DO_NOTHING' | 'DELETE';

export interface OperationOptions {
  readonly onFailure?: OnFailure;
  readonly clientRequestToken?: string;
}

export interface DeletionOptions {
  /** Resources to leave alone; only for a stack whose deletion has failed. */
  readonly retainResources?: readonly string[];
  readonly clientRequestToken?: string;
  /** Leaves alone what could not be deleted before. */
  readonly force?: boolean;
}

export interface EngineOptions {
  readonly environment: Environment;
  readonly lambda: LambdaHost;
  readonly stores?: ResourceStores;
  /** Reads a template that lies in the embedded S3, for nested stacks and change sets. */
  readonly fetchTemplate?: (url: string, place: Place) => Promise<string>;
  readonly customResources?: Partial<CustomResourceOptions>;
  readonly rollback?: Partial<RollbackOptions>;
}

const DEFAULT_PLACE: Place = { accountId: '111111111111', region: 'us-east-1' };
const UPDATABLE = new Set(['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE', 'IMPORT_COMPLETE', 'IMPORT_ROLLBACK_COMPLETE']);

/** Creates, updates, rolls back and deletes stacks. */
export class CloudFormationEngine {
  public readonly customResources: CustomResources;
  public readonly nativeResources: NativeResources;
  public readonly environment: Environment;
  private readonly stores: ResourceStores;
  private readonly fetch: (url: string, place: Place) => Promise<string>;
  private readonly stacks: Stack[] = [];
  private readonly underWay = new Map<Stack, { readonly operation: Operation; readonly end: Promise<void> }>();
  private readonly deployer: Deployer;
  private readonly nested: ResourceProvider;

  constructor(options: EngineOptions) {
    this.environment = options.environment;
    this.stores = options.stores ?? {};
    this.fetch = options.fetchTemplate ?? (async (url) => { throw new TemplateError(`S3 error: cannot read ${url}`); });
    this.customResources = new CustomResources(
      options.environment, options.lambda, { ...DEFAULT_CUSTOM_RESOURCE_OPTIONS, ...options.customResources },
    );
    this.nativeResources = new NativeResources(options.environment, options.lambda, this.stores);
    this.deployer = new Deployer(this.surroundings({ ...DEFAULT_ROLLBACK_OPTIONS, ...options.rollback }));
    this.nested = this.nestedStacks();
  }

  // ------------------------------------------------------------------------------------------------------------------------ for the tests

  /**
   * Deploys as the CLI does: creates the stack, or updates it; deletes one that was never created before creating it again.
   * @returns the status in the end
   */
  public async deploy(
    stackName: string,
    template: object | string,
    parameters: Readonly<Record<string, string>> = {},
    options: Partial<StackInput> & OperationOptions & { readonly place?: Place } = {},
  ): Promise<string> {
    const place = options.place ?? DEFAULT_PLACE;
    const input: StackInput = {
      ...options,
      templateBody: typeof template === 'string' ? template : JSON.stringify(template),
      parameters: Object.entries(parameters).map(
        ([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }),
      ),
    };
    let stack = this.findStack(place, stackName);
    if (stack && (stack.status === 'ROLLBACK_COMPLETE' || stack.status === 'ROLLBACK_FAILED')) {
      await this.destroy(stackName, { place });
      stack = this.findStack(place, stackName);
    }
    stack = stack
      ? await this.updateStack(stack, input, options)
      : await this.createStack(place, stackName, input, options);
    return this.settled(stack);
  }

  /** Deletes a stack and gives its status in the end. A stack that does not exist counts as deleted. */
  public async destroy(
    stackName: string,
    options: { readonly place?: Place; readonly retainResources?: readonly string[] } = {},
  ): Promise<string> {
    const stack = this.findStack(options.place ?? DEFAULT_PLACE, stackName);
    if (!stack) return 'DELETE_COMPLETE';
    this.deleteStack(stack, { retainResources: options.retainResources });
    return this.settled(stack);
  }

  /** Events of the newest stack of that name, oldest first. */
  public events(stackName: string, place: Place = DEFAULT_PLACE): readonly StackEvent[] {
    return this.newest(place, stackName)?.events ?? [];
  }

  /** Every custom-resource request that was sent, with its answers. */
  public get requests(): readonly RequestRecord[] {
    return this.customResources.requests;
  }

  /** Waits until a stack has nothing under way. */
  public async settled(stack: Stack): Promise<string> {
    while (this.underWay.has(stack)) await this.underWay.get(stack)!.end;
    return stack.status;
  }

  // -------------------------------------------------------------------------------------------------------------------------------- reading

  /** The live stack of that name, or the stack of that ARN in whatever state. */
  public findStack(place: Place, nameOrId: string): Stack | undefined {
    return this.stacks.find((stack) => sameNamed(stack, place, nameOrId) && (nameOrId.startsWith('arn:') || stack.status !== 'DELETE_COMPLETE'));
  }

  /** All stacks of an account and Region, deleted ones too, newest first. */
  public listStacks(place: Place): Stack[] {
    return this.stacks.filter((stack) => isIn(stack, place)).reverse();
  }

  public listExports(place: Place): { readonly stack: Stack; readonly name: string; readonly value: string }[] {
    return this.listStacks(place).flatMap((stack) => stack.outputs.flatMap(({ exportName, value }) =>
      (exportName === undefined ? [] : [{ stack, name: exportName, value }])));
  }

  /** Names of the stacks that import an export. */
  public importers(place: Place, exportName: string): string[] {
    return this.listStacks(place).filter((stack) => stack.imports.has(exportName) && stack.status !== 'DELETE_COMPLETE').map((stack) => stack.stackName);
  }

  public async fetchTemplate(url: string, place: Place): Promise<string> {
    return this.fetch(url, place);
  }

  private newest(place: Place, nameOrId: string): Stack | undefined {
    return this.listStacks(place).find((stack) => sameNamed(stack, place, nameOrId));
  }

  // ----------------------------------------------------------------------------------------------------------------------------- operations

  /** Registers a stack without resources: what a change set of type CREATE, or a creation, begins with. */
  public newStack(place: Place, stackName: string, parent?: Stack): Stack {
    if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(stackName)) {
      throw new TemplateError(`1 validation error detected: Value '${stackName}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`);
    }
    const { partition, clock, random } = this.environment;
    const stack: Stack = {
      ...place,
      stackId: `arn:${partition}:cloudformation:${place.region}:${place.accountId}:stack/${stackName}/${randomUuid(random)}`,
      stackName,
      createdAt: clock.now(),
      ...(parent ? { parentId: parent.stackId, rootId: parent.rootId ?? parent.stackId } : {}),
      status: 'REVIEW_IN_PROGRESS',
      resources: new Map(),
      gone: new Map(),
      garbage: [],
      outputs: [],
      imports: new Set(),
      events: [],
      disableRollback: false,
      terminationProtection: false,
    };
    this.stacks.push(stack);
    return stack;
  }

  /** Takes back a registration. */
  public forget(stack: Stack): void {
    this.stacks.splice(this.stacks.indexOf(stack), 1);
  }

  /** Registers a finished stack without resources, such as what `cdk bootstrap` leaves. */
  public seedStack(place: Place, stackName: string, outputs: Readonly<Record<string, string>>): void {
    const stack = this.newStack(place, stackName);
    stack.outputs = Object.entries(outputs).map(([key, value]) => ({ key, value }));
    stack.deployment = {
      body: '{}',
      template: { Parameters: {}, Mappings: {}, Conditions: {}, Rules: {}, Resources: {}, Outputs: {} },
      parameters: [],
      conditions: {},
      tags: [],
      capabilities: [],
      notificationArns: [],
    };
    this.deployer.setStatus(stack, this.operation({}), 'CREATE_COMPLETE');
  }

  /** Notes that a stack waits for its first change set to be executed. */
  public review(stack: Stack): void {
    this.deployer.setStatus(stack, this.operation({}), 'REVIEW_IN_PROGRESS', 'User Initiated');
  }

  /** Everything that is known before the first resource is touched; throws {@link TemplateError}. */
  public async prepare(stack: Pick<Stack, 'accountId' | 'region' | 'stackId' | 'stackName' | 'deployment'>, input: StackInput): Promise<Deployment> {
    const template = parseTemplate(input.templateBody);
    const previous = stack.deployment?.parameters ?? [];
    const parameters = await resolveParameters(template, input.parameters ?? [], previous, this.parameterLookup(stack));
    const notificationArns = input.notificationArns ?? [];
    const values = pseudoAndTemplateParameters(stack, { parameters, notificationArns }, this.environment.partition);
    const conditions = evaluateConditions(template, values);
    checkRules(template, values, conditions);
    const deployment: Deployment = {
      body: input.templateBody,
      template,
      parameters,
      conditions,
      tags: input.tags ?? [],
      capabilities: input.capabilities ?? [],
      notificationArns,
      roleArn: input.roleArn ?? stack.deployment?.roleArn,
    };
    rejectCircles(dependencyGraph(deployment));
    rejectOtherTypes(stack.deployment, deployment);
    return deployment;
  }

  /** Starts the creation of a stack; the returned stack is under way. */
  public async createStack(
    place: Place, stackName: string, input: StackInput, options: OperationOptions = {},
  ): Promise<Stack> {
    if (this.findStack(place, stackName)) throw new AwsError('AlreadyExistsException', `Stack [${stackName}] already exists`);
    const stack = this.newStack(place, stackName);
    try {
      const deployment = await this.prepare(stack, input);
      this.startCreation(stack, deployment, options);
    } catch (error) {
      this.forget(stack);
      throw error;
    }
    return stack;
  }

  /** Starts the creation of a registered stack. */
  public startCreation(stack: Stack, deployment: Deployment, options: OperationOptions = {}): void {
    const operation = this.operation(options);
    stack.disableRollback = operation.disableRollback;
    this.run(stack, operation, async () => {
      this.deployer.setStatus(stack, operation, 'CREATE_IN_PROGRESS', 'User Initiated');
      if (await this.deployer.apply(stack, deployment, operation)) return this.completeCreation(stack, operation);
      if (operation.superseded) return undefined;
      if (operation.disableRollback) return this.deployer.setStatus(stack, operation, 'CREATE_FAILED', operation.describeFailure());
      return this.undoCreation(stack, operation, options.onFailure === 'DELETE');
    });
  }

  private completeCreation(stack: Stack, operation: Operation): void {
    stack.stable = undefined;
    for (const resource of stack.resources.values()) resource.touched = false;
    this.deployer.setStatus(stack, operation, 'CREATE_COMPLETE');
  }

  private async undoCreation(stack: Stack, operation: Operation, deleteStack: boolean): Promise<void> {
    const [inProgress, complete, failed] = deleteStack
      ? ['DELETE_IN_PROGRESS', 'DELETE_COMPLETE', 'DELETE_FAILED']
      : ['ROLLBACK_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED'];
    this.deployer.setStatus(stack, operation, inProgress, `${operation.describeFailure()}Rollback requested by user.`);
    const phase = operation.nextPhase();
    const done = await this.deployer.remove(stack, phase, { undoing: true });
    stack.outputs = [];
    if (done) stack.stable = undefined;
    if (done && deleteStack) stack.deletedAt = this.environment.clock.now();
    this.deployer.setStatus(stack, phase, done ? complete : failed, done ? undefined : phase.describeFailure());
  }

  /** Starts the update of a stack. Throws `ValidationError` where its state does not allow that. */
  public async updateStack(stack: Stack, input: StackInput, options: OperationOptions = {}): Promise<Stack> {
    this.rejectUnlessUpdatable(stack, options);
    const deployment = await this.prepare(stack, input);
    this.rejectUnlessUpdatable(stack, options);
    this.startUpdate(stack, deployment, options);
    return stack;
  }

  public rejectUnlessUpdatable(stack: Stack, { onFailure }: OperationOptions = {}): void {
    if (UPDATABLE.has(stack.status)) return;
    if (stack.status !== 'UPDATE_FAILED' && stack.status !== 'CREATE_FAILED') {
      throw new TemplateError(`Stack:${stack.stackId} is in ${stack.status} state and can not be updated.`);
    }
    if (onFailure === 'DO_NOTHING') return;
    throw new TemplateError(`This stack is currently in a non-terminal [${stack.status}] state. To update the stack from this state, please use the ` +
      'disable-rollback parameter with update-stack API. To rollback to the last known good state, use the rollback-stack API'); // [R]
  }

  /** Starts the update of a stack to a prepared deployment. */
  public startUpdate(stack: Stack, deployment: Deployment, options: OperationOptions = {}): void {
    const operation = this.operation(options);
    stack.disableRollback = operation.disableRollback;
    stack.changedAt = this.environment.clock.now();
    this.run(stack, operation, async () => {
      this.deployer.setStatus(stack, operation, 'UPDATE_IN_PROGRESS', 'User Initiated');
      if (await this.deployer.apply(stack, deployment, operation)) {
        this.deployer.setStatus(stack, operation, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
        return this.deployer.finish(stack, operation);
      }
      if (!operation.disableRollback) return this.rollBack(stack, operation);
      await this.deployer.restoreFailedUpdates(stack, operation);
      return this.deployer.setStatus(stack, operation, 'UPDATE_FAILED', operation.describeFailure());
    });
  }

  private async rollBack(stack: Stack, operation: Operation, skip?: ReadonlySet<string>): Promise<void> {
    this.deployer.setStatus(stack, operation, 'UPDATE_ROLLBACK_IN_PROGRESS', operation.describeFailure() || undefined);
    const phase = operation.nextPhase();
    if (!await this.deployer.restore(stack, phase, skip)) {
      return this.deployer.setStatus(stack, phase, 'UPDATE_ROLLBACK_FAILED', phase.describeFailure());
    }
    this.deployer.setStatus(stack, phase, 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS');
    return this.deployer.finish(stack, phase);
  }

  /** RollbackStack: brings a stack whose rollback was disabled back to its last stable state. */
  public rollbackStack(stack: Stack, options: OperationOptions = {}): void {
    if (stack.status !== 'CREATE_FAILED' && stack.status !== 'UPDATE_FAILED') {
      throw new TemplateError(`Stack:${stack.stackId} is in ${stack.status} state and can not be rolled back.`);
    }
    const operation = this.operation({ clientRequestToken: options.clientRequestToken });
    const created = stack.stable?.deployment !== undefined;
    this.run(stack, operation, async () =>
      (created ? this.rollBack(stack, operation) : this.undoCreation(stack, operation, false)));
  }

  /** ContinueUpdateRollback: tries again what a rollback could not put back, but for the resources to skip. */
  public continueUpdateRollback(
    stack: Stack,
    options: { readonly resourcesToSkip?: readonly string[]; readonly clientRequestToken?: string } = {},
  ): void {
    if (stack.status !== 'UPDATE_ROLLBACK_FAILED') {
      throw new TemplateError(`Stack:${stack.stackId} is in ${stack.status} state and can not continue its update rollback.`);
    }
    const skip = new Set(options.resourcesToSkip);
    const wrong = [...skip].filter((id) => stack.resources.get(id)?.status !== 'UPDATE_FAILED');
    if (wrong.length > 0) throw new TemplateError(`The following resources cannot be skipped because they are not in UPDATE_FAILED state: [${wrong.join(', ')}]`);
    const operation = this.operation(options);
    this.run(stack, operation, async () => this.rollBack(stack, operation, skip));
  }

  /** CancelUpdateStack: an update that is under way is rolled back. */
  public cancelUpdate(stack: Stack): void {
    const current = this.underWay.get(stack);
    if (stack.status !== 'UPDATE_IN_PROGRESS' || !current) {
      throw new TemplateError('CancelUpdateStack cannot be called from current stack status');
    }
    current.operation.cancel('User Initiated');
  }

  /** Starts the deletion of a stack. Throws `ValidationError` where its state does not allow that; deleting twice is not an error. */
  public deleteStack(
    stack: Stack,
    options: DeletionOptions = {},
  ): void {
    if (stack.status === 'DELETE_COMPLETE' || stack.status === 'DELETE_IN_PROGRESS') return;
    if (stack.terminationProtection) {
      throw new TemplateError(`Stack [${stack.stackName}] cannot be deleted while TerminationProtection is enabled`);
    }
    const running = this.underWay.get(stack);
    if (running && stack.status !== 'CREATE_IN_PROGRESS') {
      throw new TemplateError(`Stack [${stack.stackName}] cannot be deleted while in status ${stack.status}`);
    }
    if (options.retainResources?.length && stack.status !== 'DELETE_FAILED') {
      throw new TemplateError(`Invalid operation on stack [${stack.stackId}]: Specify resources to retain only when the current stack state is DELETE_FAILED.`);
    }
    if (this.keptByImporters(stack)) return;
    const operation = this.operation(options);
    if (running) running.operation.superseded = true;
    running?.operation.cancel();
    this.run(stack, operation, async () => this.remove(stack, operation, options), running?.end);
  }

  private async remove(stack: Stack, operation: Operation, options: DeletionOptions): Promise<void> {
    if (stack.status === 'DELETE_COMPLETE') return;
    this.deployer.setStatus(stack, operation, 'DELETE_IN_PROGRESS', 'User Initiated');
    const failedBefore = options.force ? [...stack.resources.values()].filter(({ status }) => status === 'DELETE_FAILED') : [];
    const retain = new Set([...options.retainResources ?? [], ...failedBefore.map(({ logicalId }) => logicalId)]);
    const done = await this.deployer.remove(stack, operation, { undoing: false, retain });
    if (!done) return this.deployer.setStatus(stack, operation, 'DELETE_FAILED', operation.describeFailure());
    stack.outputs = [];
    stack.imports = new Set();
    stack.stable = undefined;
    stack.deletedAt = this.environment.clock.now();
    this.deployer.setStatus(stack, operation, 'DELETE_COMPLETE');
  }

  /** [R aws-cdk 604] A stack whose export is in use keeps its status; the reason says who uses it. */
  private keptByImporters(stack: Stack): boolean {
    const used = stack.outputs.find(
      ({ exportName }) => exportName !== undefined && this.importers(stack, exportName).length > 0,
    );
    if (!used) return false;
    const users = this.importers(stack, used.exportName!).join(' and ');
    this.deployer.setStatus(stack, this.operation({}), stack.status, `Export ${used.exportName} cannot be deleted as it is in use by ${users}`);
    return true;
  }

  // ------------------------------------------------------------------------------------------------------------------------------ internals

  private operation({ onFailure, clientRequestToken }: OperationOptions): Operation {
    return new Operation(randomUuid(this.environment.random), onFailure === 'DO_NOTHING', clientRequestToken);
  }

  private run(stack: Stack, operation: Operation, work: () => void | Promise<void>, after?: Promise<void>): void {
    const end = (async () => {
      if (after) await after;
      await work();
      if (this.underWay.get(stack)?.operation === operation) this.underWay.delete(stack);
    })();
    this.underWay.set(stack, { operation, end });
  }

  private parameterLookup(place: Place): ParameterLookup {
    const { accountId, region } = place;
    return async (name) => this.stores.parameters?.get({ accountId, region, name })?.value;
  }

  private surroundings(rollback: RollbackOptions): Surroundings {
    return {
      environment: this.environment,
      rollback,
      provider: (type) => this.provider(type),
      parameterLookup: (stack) => this.parameterLookup(stack),
      importValue: (stack, name) => {
        const found = this.listExports(stack).find((entry) => entry.name === name);
        if (!found) throw new TemplateError(`No export named ${name} found.`);
        return found.value;
      },
      exportConflict: (stack, outputs) => this.exportConflict(stack, outputs),
      nestedStack: ({ physicalId }) => this.stacks.find(({ stackId }) => stackId === physicalId),
    };
  }

  /** What intrinsic functions see of a stack as it is now. */
  public liveScope(stack: Stack, deployment: Deployment): Scope {
    return this.deployer.scope(stack, deployment);
  }

  /** How resources of a type are made. */
  public provider(type: string): ResourceProvider {
    if (type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource') return this.customResources;
    return type === STACK_TYPE ? this.nested : this.nativeResources.provider(type);
  }

  /** [D] "You can't delete a stack if another stack references one of its outputs"; nor modify or remove the output value. */
  private exportConflict(stack: Stack, outputs: readonly Output[]): string | undefined {
    const exports = this.listExports(stack);
    for (const { exportName } of outputs) {
      const other = exports.find((entry) => entry.name === exportName && entry.stack !== stack);
      if (other) return `Export with name ${exportName} is already exported by stack ${other.stack.stackName}. `;
    }
    for (const { exportName, value } of stack.outputs) {
      if (exportName === undefined) continue;
      const after = outputs.find((output) => output.exportName === exportName);
      const users = this.importers(stack, exportName);
      if (after?.value === value || users.length === 0) continue;
      return `Export ${exportName} cannot be ${after ? 'updated' : 'deleted'} as it is in use by ${users.join(' and ')}`;
    }
    return undefined;
  }

  // -------------------------------------------------------------------------------------------------------------------------- nested stacks

  /**
   * A nested stack's update stays undecided (clean-up pending) until the root has succeeded or rolls back. [D] "Use nested stacks to
   * create reusable templates": clean-up and rollback are the root stack's.
   */
  private nestedStacks(): ResourceProvider {
    const find = (stackId: string): Stack => this.stacks.find((stack) => stack.stackId === stackId)!;
    const provisioned = (child: Stack): Provisioned => ({
      physicalId: child.stackId,
      attributes: Object.fromEntries(child.outputs.map(({ key, value }) => [`Outputs.${key}`, value])),
    });
    const operationFor = ({ operation, cancelled }: ResourceRequest): Operation => {
      const own = operation.nextPhase();
      void cancelled.then(() => own.cancel());
      return own;
    };
    const create = async (request: ResourceRequest): Promise<Provisioned> => {
      const parent = find(request.stackId);
      const input = await this.nestedInput(request, parent);
      const child = this.newStack(parent, nestedName(this.environment.random, request), parent);
      const operation = operationFor(request);
      this.deployer.setStatus(child, operation, 'CREATE_IN_PROGRESS', 'User Initiated');
      try {
        if (await this.deployer.apply(child, await this.prepare(child, input), operation)) {
          this.completeCreation(child, operation);
          return provisioned(child);
        }
      } catch (error) {
        operation.reason = (error as Error).message;
      }
      this.deployer.setStatus(child, operation, 'CREATE_FAILED', operation.describeFailure());
      throw new ProvisioningFailure(`Embedded stack ${child.stackId} was not successfully created: ${operation.describeFailure()}`, child.stackId);
    };
    const apply = async (request: ResourceRequest, child: Stack): Promise<void> => {
      const operation = operationFor(request);
      child.changedAt = this.environment.clock.now();
      this.deployer.setStatus(child, operation, 'UPDATE_IN_PROGRESS', 'User Initiated');
      try {
        const deployment = await this.prepare(child, await this.nestedInput(request, child));
        if (await this.deployer.apply(child, deployment, operation)) {
          return this.deployer.setStatus(child, operation, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
        }
      } catch (error) {
        operation.reason = (error as Error).message;
      }
      this.deployer.setStatus(child, operation, 'UPDATE_FAILED', operation.describeFailure());
      throw new ProvisioningFailure(`Embedded stack ${child.stackId} was not successfully updated: ${operation.describeFailure()}`);
    };
    const restore = async (request: ResourceRequest, child: Stack): Promise<void> => {
      const operation = operationFor(request);
      this.deployer.setStatus(child, operation, 'UPDATE_ROLLBACK_IN_PROGRESS');
      if (!child.stable) return this.deployer.setStatus(child, operation, 'UPDATE_ROLLBACK_COMPLETE'); // its update failed before it began
      if (await this.deployer.restore(child, operation)) {
        return this.deployer.setStatus(child, operation, 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS');
      }
      this.deployer.setStatus(child, operation, 'UPDATE_ROLLBACK_FAILED', operation.describeFailure());
      throw new ProvisioningFailure(`Embedded stack ${child.stackId} was not successfully rolled back: ${operation.describeFailure()}`);
    };
    return {
      answersAttributes: true,
      create,
      update: async (request, physicalId) => {
        const child = find(physicalId);
        await (find(request.stackId).status.startsWith('UPDATE_ROLLBACK') ? restore : apply)(request, child);
        return provisioned(child);
      },
      delete: async (request, physicalId) => {
        const child = find(physicalId);
        await this.remove(child, request.operation.nextPhase(), {});
        if (child.status !== 'DELETE_COMPLETE') {
          throw new ProvisioningFailure(`Embedded stack ${child.stackId} was not successfully deleted: ${child.statusReason}`);
        }
      },
    };
  }

  private async nestedInput({ properties }: ResourceRequest, place: Place): Promise<StackInput> {
    const parameters = Object.entries((properties.Parameters ?? {}) as JsonObject);
    return {
      templateBody: await this.fetch(String(properties.TemplateURL), place),
      parameters: parameters.map(([ParameterKey, value]) => ({
        ParameterKey, ParameterValue: Array.isArray(value) ? value.join(',') : String(value),
      })),
      tags: properties.Tags as unknown as Tag[] | undefined,
    };
  }
}

function sameNamed(stack: Stack, place: Place, nameOrId: string): boolean {
  return isIn(stack, place) && (stack.stackName === nameOrId || stack.stackId === nameOrId);
}

function isIn(stack: Stack, place: Place): boolean {
  return stack.accountId === place.accountId && stack.region === place.region;
}

function nestedName(random: () => number, { stackName, logicalId }: ResourceRequest): string {
  const suffix = randomUuid(random).replace(/-/g, '').slice(0, 12).toUpperCase();
  return `${stackName}-${logicalId}`.slice(0, 115) + `-${suffix}`;
}

/** [R] A logical id keeps its type for life. */
function rejectOtherTypes(before: Deployment | undefined, after: Deployment): void {
  if (!before) return;
  const changed = Object.entries(after.template.Resources)
    .filter(([id, { Type }]) => id in before.template.Resources && before.template.Resources[id].Type !== Type)
    .map(([id]) => id);
  if (changed.length > 0) {
    throw new TemplateError(`Update of resource type is not permitted. The new template modifies resource type of the following resources: [${changed.join(', ')}]`);
  }
}
