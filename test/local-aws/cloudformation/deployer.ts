/**
 * The phases of a stack operation: apply a deployment, roll back to the last stable state, clean up, remove everything.
 *
 * Sources: [D] User Guide, "Understand stack updates" (clean-up phase, replacement), "Choose how to handle failures when provisioning
 * resources" (disabled rollback: a failure in one path does not affect the others), "DeletionPolicy" and "UpdateReplacePolicy";
 * [R] event texts as users report them.
 */
import { isDeepStrictEqual } from 'util';
import type { Environment } from '../core';
import {
  NotAttempted, Operation, ProvisioningFailure,
  type Deployment, type Output, type Provisioned, type Resource, type Settled, type Snapshot, type Stack,
} from './model';
import { randomUuid } from './random';
import type { ResourceProvider, ResourceRequest } from './resources';
import {
  active, dependenciesOf, resolveDynamicReferences, resolveValue, TemplateError,
  type Json, type JsonObject, type ParameterLookup, type RemovalBehaviour, type ResourceDefinition, type Scope,
} from './template';

/** What nobody knows about rollbacks, as switches. */
export interface RollbackOptions {
  /**
   * What a custom resource gets when its update had answered a new physical id and the stack rolls back: an Update sent to the old
   * or the new id or none, and whether the new id gets a Delete in the clean-up phase.
   */
  readonly replacement: { readonly update: 'none' | 'old' | 'new'; readonly deleteNew: boolean };
  /** Whether resources are put back after those that they need, or before. */
  readonly order: 'dependency' | 'reverse';
  /** [D] With rollback disabled, a resource whose update failed is put back "to its last known stable state". */
  readonly restoreFailedUpdates: boolean;
}

export const DEFAULT_ROLLBACK_OPTIONS: RollbackOptions = {
  replacement: { update: 'none', deleteNew: true },
  order: 'dependency',
  restoreFailedUpdates: true,
};

/** What the deployer needs of the engine. */
export interface Surroundings {
  readonly environment: Environment;
  readonly rollback: RollbackOptions;
  provider(type: string): ResourceProvider;
  parameterLookup(stack: Stack): ParameterLookup;
  /** The value of another stack's export; throws {@link TemplateError}. */
  importValue(stack: Stack, name: string): string;
  /** The reason why the outputs may not take effect: an export that exists elsewhere, or one in use that would change. */
  exportConflict(stack: Stack, outputs: readonly Output[]): string | undefined;
  /** The nested stack that a resource is. */
  nestedStack(resource: Resource): Stack | undefined;
}

const NEVER: Promise<void> = new Promise(() => undefined);
export const STACK_TYPE = 'AWS::CloudFormation::Stack';

/** Carries out the phases of operations on stacks. */
export class Deployer {
  constructor(private readonly around: Surroundings) {}

  // ------------------------------------------------------------------------------------------------------------------------ stack events

  public setStatus(stack: Stack, operation: Operation, status: string, reason?: string): void {
    stack.status = status;
    stack.statusReason = reason;
    this.event(stack, operation, {
      logicalId: stack.stackName, physicalId: stack.stackId, type: STACK_TYPE, status, statusReason: reason,
    });
  }

  private setResourceStatus(
    stack: Stack, operation: Operation, resource: Resource, status: string, reason?: string,
  ): void {
    resource.status = status;
    resource.statusReason = reason;
    resource.changedAt = this.now();
    this.event(stack, operation, resource);
  }

  private event(
    stack: Stack,
    operation: Operation,
    subject: Pick<Resource, 'logicalId' | 'physicalId' | 'type' | 'status' | 'statusReason'> & { readonly properties?: JsonObject },
  ): void {
    stack.events.push({
      EventId: randomUuid(this.around.environment.random),
      OperationId: operation.id,
      StackId: stack.stackId,
      StackName: stack.stackName,
      LogicalResourceId: subject.logicalId,
      PhysicalResourceId: subject.physicalId ?? '',
      ResourceType: subject.type,
      Timestamp: new Date(this.now()),
      ResourceStatus: subject.status,
      ...(subject.statusReason === undefined ? {} : { ResourceStatusReason: subject.statusReason }),
      ...(subject.properties === undefined ? {} : { ResourceProperties: JSON.stringify(subject.properties) }),
      ...(operation.token === undefined ? {} : { ClientRequestToken: operation.token }),
    });
  }

  private now(): number {
    return this.around.environment.clock.now();
  }

  // ----------------------------------------------------------------------------------------------------------------------------- applying

  /**
   * Brings every resource of a deployment to what the template says, independent ones at the same time. On success, what the template
   * no longer holds is marked for the clean-up phase and the outputs take effect; on failure the operation knows why.
   */
  public async apply(stack: Stack, deployment: Deployment, operation: Operation): Promise<boolean> {
    stack.stable ??= snapshot(stack);
    stack.deployment = deployment;
    const definitions = active(deployment.template.Resources, deployment.conditions);
    const dependencies = dependencyGraph(deployment);
    const imports = new Set<string>();
    const scope = this.scope(stack, deployment, imports);
    await inOrder(Object.keys(definitions), (id) => dependencies[id], async (id) =>
      !operation.isCancelled && this.applyResource(stack, id, definitions[id], dependencies[id], scope, operation));
    if (operation.isCancelled || hasFailed(operation)) return false;
    try {
      const outputs = this.outputs(deployment, scope);
      operation.reason = this.around.exportConflict(stack, outputs);
      if (operation.reason !== undefined) return false;
      stack.outputs = outputs;
    } catch (error) {
      operation.reason = (error as Error).message;
      return false;
    }
    stack.imports = imports;
    for (const [id, resource] of stack.resources) {
      if (id in definitions) continue;
      stack.resources.delete(id);
      stack.garbage.push({ resource, policy: deletionPolicy(resource.definition) });
    }
    return true;
  }

  private async applyResource(
    stack: Stack,
    id: string,
    definition: ResourceDefinition,
    dependsOn: readonly string[],
    scope: Scope,
    operation: Operation,
  ): Promise<boolean> {
    const provider = this.around.provider(definition.Type);
    const current = stack.resources.get(id);
    const usable = current && current.status !== 'CREATE_FAILED' && current.status !== 'DELETE_COMPLETE';
    let properties: JsonObject;
    try {
      properties = await this.properties(stack, definition, provider, scope);
    } catch (error) {
      const resource = current ?? this.newResource(id, definition, dependsOn, {});
      stack.resources.set(id, resource);
      this.setResourceStatus(stack, operation, resource, usable ? 'UPDATE_FAILED' : 'CREATE_FAILED', (error as Error).message);
      operation.fail(usable ? 'update' : 'create', id);
      return false;
    }
    if (operation.isCancelled) return false;
    if (!usable) return this.create(stack, this.newResource(id, definition, dependsOn, properties), operation);
    if (current.attempted === undefined && isDeepStrictEqual(current.properties, properties)) {
      return this.keep(stack, current, definition, dependsOn, operation);
    }
    if (provider.replaces?.(current.properties, properties)) {
      return this.replace(stack, current, this.newResource(id, definition, dependsOn, properties), operation);
    }
    return this.update(stack, current, definition, dependsOn, properties, operation);
  }

  /** Policies and metadata are CloudFormation's own: they change without a request to the resource. */
  private keep(
    stack: Stack,
    resource: Resource,
    definition: ResourceDefinition,
    dependsOn: readonly string[],
    operation: Operation,
  ): boolean {
    const same = isDeepStrictEqual({ ...resource.definition, Properties: {} }, { ...definition, Properties: {} });
    resource.definition = definition;
    resource.dependsOn = dependsOn;
    if (same) return true;
    this.setResourceStatus(stack, operation, resource, 'UPDATE_IN_PROGRESS');
    this.setResourceStatus(stack, operation, resource, 'UPDATE_COMPLETE');
    return true;
  }

  private async create(stack: Stack, resource: Resource, operation: Operation): Promise<boolean> {
    const before = stack.resources.get(resource.logicalId);
    const failedBefore = before?.physicalId === undefined ? undefined : before;
    if (failedBefore && this.around.environment.unknowns.retryWithoutRollback === 'deleteFirst') {
      if (!await this.delete(stack, failedBefore, operation)) return false;
    } else if (failedBefore) {
      stack.garbage.push({ resource: failedBefore, policy: 'Delete' });
    }
    stack.resources.set(resource.logicalId, resource);
    this.setResourceStatus(stack, operation, resource, 'CREATE_IN_PROGRESS');
    const settled = await this.perform(
      resource, operation, async (provider) => provider.create(this.request(stack, resource, operation)),
    );
    if (settled?.provisioned) {
      resource.physicalId = settled.provisioned.physicalId;
      resource.attributes = settled.provisioned.attributes;
      this.setResourceStatus(stack, operation, resource, 'CREATE_IN_PROGRESS', 'Resource creation Initiated');
      this.setResourceStatus(stack, operation, resource, 'CREATE_COMPLETE');
      return true;
    }
    resource.physicalId = settled?.failure?.physicalId;
    this.setResourceStatus(stack, operation, resource, 'CREATE_FAILED', settled?.failure?.message ?? 'Resource creation cancelled');
    operation.fail('create', resource.logicalId);
    return false;
  }

  private async update(
    stack: Stack,
    resource: Resource,
    definition: ResourceDefinition,
    dependsOn: readonly string[],
    properties: JsonObject,
    operation: Operation,
  ): Promise<boolean> {
    const old = { ...resource };
    resource.touched = true;
    this.setResourceStatus(stack, operation, resource, 'UPDATE_IN_PROGRESS');
    resource.definition = definition;
    resource.dependsOn = dependsOn;
    const request = { ...this.request(stack, resource, operation), properties };
    const settled = await this.perform(resource, operation, async (provider) =>
      provider.update(request, resource.physicalId!, resource.attempted ?? resource.properties));
    if (!settled?.provisioned) {
      if (settled?.failure instanceof NotAttempted) {
        resource.touched = old.touched;
      } else {
        resource.attempted = properties;
        adopt(resource, settled?.failure);
      }
      this.setResourceStatus(stack, operation, resource, 'UPDATE_FAILED', settled?.failure?.message ?? 'Resource update cancelled');
      operation.fail('update', resource.logicalId);
      return false;
    }
    this.accept(resource, properties, settled.provisioned);
    if (resource.physicalId !== old.physicalId) {
      const reason = 'Requested update required the creation of a new physical resource; hence creating one.';
      stack.garbage.push({ resource: old, policy: definition.UpdateReplacePolicy ?? 'Delete' });
      this.setResourceStatus(stack, operation, resource, 'UPDATE_IN_PROGRESS', reason);
    }
    this.setResourceStatus(stack, operation, resource, 'UPDATE_COMPLETE');
    return true;
  }

  private accept(resource: Resource, properties: JsonObject, { physicalId, attributes }: Provisioned): void {
    resource.properties = properties;
    resource.attempted = undefined;
    resource.physicalId = physicalId;
    resource.attributes = attributes;
  }

  /** Replacement that CloudFormation itself decides on, by type and property. */
  private async replace(stack: Stack, old: Resource, replacement: Resource, operation: Operation): Promise<boolean> {
    const reason = 'Requested update requires the creation of a new physical resource; hence creating one.';
    this.setResourceStatus(stack, operation, old, 'UPDATE_IN_PROGRESS', reason);
    const settled = await this.perform(
      replacement, operation, async (provider) => provider.create(this.request(stack, replacement, operation)),
    );
    if (!settled?.provisioned) {
      if (replacement.unfinished || settled?.failure?.physicalId !== undefined) {
        stack.garbage.push({ resource: { ...replacement, physicalId: settled?.failure?.physicalId }, policy: 'Delete' });
      }
      this.setResourceStatus(stack, operation, old, 'UPDATE_FAILED', settled?.failure?.message ?? 'Resource update cancelled');
      operation.fail('update', old.logicalId);
      return false;
    }
    this.accept(replacement, replacement.properties, settled.provisioned);
    stack.resources.set(old.logicalId, replacement);
    stack.garbage.push({ resource: old, policy: replacement.definition.UpdateReplacePolicy ?? 'Delete' });
    this.setResourceStatus(stack, operation, replacement, 'UPDATE_COMPLETE');
    return true;
  }

  /** Does something with a resource until it is done or the operation is cancelled (undefined; the work is then kept as unfinished). */
  private async perform(
    resource: Resource,
    operation: Operation,
    action: (provider: ResourceProvider) => Promise<Provisioned>,
  ): Promise<Settled | undefined> {
    const work = settle(action(this.around.provider(resource.type)));
    const settled = await Promise.race([work, operation.cancelled.then(() => undefined)]);
    if (!settled) resource.unfinished = work;
    return settled;
  }

  // ---------------------------------------------------------------------------------------------------------------------------- clean-up

  /** Deletes what was removed or replaced, in this stack and those nested in it. What cannot be deleted is reported and abandoned. [D] */
  public async finish(stack: Stack, operation: Operation): Promise<void> {
    for (const resource of stack.resources.values()) {
      const nested = this.around.nestedStack(resource);
      if (nested?.status.endsWith('_CLEANUP_IN_PROGRESS')) await this.finish(nested, operation);
    }
    const abandoned: string[] = [];
    const garbage = stack.garbage;
    await this.inReverse(garbage.map(({ resource }) => resource), async (resource) => {
      const { policy } = garbage.find((entry) => entry.resource === resource)!;
      if (!await this.deleteUnlessRetained(stack, resource, policy !== 'Retain' && policy !== 'RetainExceptOnCreate', operation)) abandoned.push(resource.logicalId);
      return true;
    });
    stack.garbage = [];
    stack.stable = undefined;
    for (const resource of stack.resources.values()) resource.touched = false;
    const final = stack.status.replace('_CLEANUP_IN_PROGRESS', '');
    this.setStatus(stack, operation, final, abandoned.length > 0 ? 'Update successful. One or more resources could not be deleted.' : undefined);
  }

  private async deleteUnlessRetained(
    stack: Stack, resource: Resource, really: boolean, operation: Operation,
  ): Promise<boolean> {
    if (really) return this.delete(stack, resource, operation);
    this.setResourceStatus(stack, operation, resource, 'DELETE_SKIPPED');
    return true;
  }

  private async delete(stack: Stack, resource: Resource, operation: Operation): Promise<boolean> {
    await this.conclude(resource);
    const physicalId = resource.physicalId;
    if (physicalId !== undefined) {
      this.setResourceStatus(stack, operation, resource, 'DELETE_IN_PROGRESS');
      const request = {
        ...this.request(stack, resource, operation),
        properties: resource.attempted ?? resource.properties,
        cancelled: NEVER,
      };
      const settled = await settle(
        this.around.provider(resource.type).delete(request, physicalId).then(() => ({ physicalId, attributes: {} })),
      );
      if (settled.failure) {
        this.setResourceStatus(stack, operation, resource, 'DELETE_FAILED', settled.failure.message);
        operation.fail('delete', resource.logicalId);
        return false;
      }
    }
    this.setResourceStatus(stack, operation, resource, 'DELETE_COMPLETE');
    return true;
  }

  /** Waits for work that was cancelled, as far as its provider lets one wait, and takes over what it left behind. */
  private async conclude(resource: Resource): Promise<Settled | undefined> {
    const settled = await resource.unfinished;
    resource.unfinished = undefined;
    if (settled?.provisioned) {
      resource.physicalId = settled.provisioned.physicalId;
      resource.attributes = settled.provisioned.attributes;
    } else {
      adopt(resource, settled?.failure);
    }
    return settled;
  }

  // ------------------------------------------------------------------------------------------------------------------- rollback of updates

  /** Puts every resource back to the last stable state; resources in `skip` are taken to be there already. False: some could not be. */
  public async restore(stack: Stack, operation: Operation, skip: ReadonlySet<string> = new Set()): Promise<boolean> {
    const stable = stack.stable!;
    const needs = (id: string): string[] => {
      const ids = [...stable.resources.keys()];
      if (this.around.rollback.order === 'dependency') return stable.resources.get(id)!.dependsOn.filter((other) => stable.resources.has(other));
      return ids.filter((other) => stable.resources.get(other)!.dependsOn.includes(id));
    };
    await inOrder([...stable.resources.keys()], needs, async (id) =>
      this.restoreResource(stack, stable.resources.get(id)!, operation, skip.has(id)));
    if (hasFailed(operation)) return false;
    for (const [id, resource] of stack.resources) {
      if (stable.resources.has(id)) continue;
      stack.resources.delete(id);
      stack.garbage.push({ resource, policy: resource.definition.DeletionPolicy === 'Retain' ? 'Retain' : 'Delete' });
    }
    stack.deployment = stable.deployment;
    stack.outputs = stable.outputs;
    return true;
  }

  private async restoreResource(stack: Stack, before: Resource, operation: Operation, skip: boolean): Promise<boolean> {
    const id = before.logicalId;
    const current = stack.resources.get(id);
    const put = (resource: Resource): void => void stack.resources.set(id, { ...resource, touched: false });
    if (skip) {
      const resource = { ...before };
      this.setResourceStatus(stack, operation, resource, 'UPDATE_COMPLETE');
      put(resource);
      return true;
    }
    const replaced = stack.garbage.find(
      ({ resource }) => resource.logicalId === id && resource.physicalId === before.physicalId,
    );
    if (replaced && current) return this.restoreReplaced(stack, before, current, put, operation);
    if (replaced) {
      // it had only left the template
      stack.garbage = stack.garbage.filter((entry) => entry !== replaced);
      put(before);
      return true;
    }
    if (!current || (!current.touched && !current.unfinished)) {
      put({ ...before, status: current?.status === 'UPDATE_FAILED' ? 'UPDATE_COMPLETE' : before.status });
      return true;
    }
    const inPlace = current.physicalId;
    const settled = await this.conclude(current);
    if (settled?.provisioned && settled.provisioned.physicalId !== inPlace) {
      // the cancelled update did replace after all
      stack.garbage.push({ resource: { ...current }, policy: 'Delete' });
      current.physicalId = inPlace;
    }
    return this.updateBack(stack, before, current, put, operation);
  }

  private async restoreReplaced(
    stack: Stack,
    before: Resource,
    current: Resource,
    put: (resource: Resource) => void,
    operation: Operation,
  ): Promise<boolean> {
    const provider = this.around.provider(before.type);
    const { update, deleteNew } = provider.custom ? this.around.rollback.replacement : { update: 'none', deleteNew: true };
    const forget = (physicalId: string | undefined): void => {
      stack.garbage = stack.garbage.filter(
        ({ resource }) => resource.logicalId !== before.logicalId || resource.physicalId !== physicalId,
      );
    };
    if (update === 'new') {
      if (!await this.updateBack(stack, before, { ...current }, put, operation)) return false;
      // the old resource is superfluous where the handler sticks to the new one
      if (stack.resources.get(before.logicalId)!.physicalId !== current.physicalId) forget(before.physicalId);
      if (!deleteNew) forget(current.physicalId);
      return true;
    }
    forget(before.physicalId);
    if (deleteNew) stack.garbage.push({ resource: current, policy: 'Delete' });
    if (update === 'old') return this.updateBack(stack, before, { ...current, physicalId: before.physicalId }, put, operation);
    const resource = { ...before };
    this.setResourceStatus(stack, operation, resource, 'UPDATE_COMPLETE');
    put(resource);
    return true;
  }

  /** [D] An update is rolled back by another Update with old and new properties exchanged. */
  private async updateBack(
    stack: Stack,
    before: Resource,
    current: Resource,
    put: (resource: Resource) => void,
    operation: Operation,
  ): Promise<boolean> {
    const old = { ...current };
    this.setResourceStatus(stack, operation, current, 'UPDATE_IN_PROGRESS');
    const request = { ...this.request(stack, current, operation), properties: before.properties };
    const settled = await settle(
      this.around.provider(before.type).update(request, current.physicalId!, current.attempted ?? current.properties),
    );
    if (settled.failure) {
      current.attempted = before.properties;
      adopt(current, settled.failure);
      this.setResourceStatus(stack, operation, current, 'UPDATE_FAILED', settled.failure.message);
      stack.resources.set(current.logicalId, current);
      operation.fail('update', current.logicalId);
      return false;
    }
    const { physicalId, attributes } = settled.provisioned;
    const resource = { ...before, physicalId, attributes };
    if (physicalId !== old.physicalId) stack.garbage.push({ resource: old, policy: 'Delete' });
    this.setResourceStatus(stack, operation, resource, 'UPDATE_COMPLETE');
    put(resource);
    return true;
  }

  /** With rollback disabled: puts back the resources whose update failed, and only them; they stay UPDATE_FAILED. */
  public async restoreFailedUpdates(stack: Stack, operation: Operation): Promise<void> {
    if (!this.around.rollback.restoreFailedUpdates) return;
    await Promise.all([...stack.resources.values()].map(async (current) => {
      // a nested stack keeps what it has achieved
      if (current.status !== 'UPDATE_FAILED' || current.attempted === undefined || current.type === STACK_TYPE) return;
      const { statusReason } = current;
      const put = (resource: Resource): void => {
        stack.resources.set(resource.logicalId, { ...resource, attempted: undefined });
      };
      if (await this.updateBack(stack, { ...current }, current, put, operation.nextPhase())) {
        Object.assign(stack.resources.get(current.logicalId)!, { status: 'UPDATE_FAILED', statusReason });
      }
    }));
  }

  // --------------------------------------------------------------------------------------------------------------------------- removing all

  /**
   * Deletes every resource of a stack, dependents first; what another resource that could not be deleted still needs is left alone.
   * `undoing` a creation deletes RetainExceptOnCreate too. [D]
   */
  public async remove(
    stack: Stack,
    operation: Operation,
    how: { readonly undoing: boolean; readonly retain?: ReadonlySet<string> },
  ): Promise<boolean> {
    const retained = (resource: Resource): boolean => {
      const policy = resource.definition.DeletionPolicy;
      return policy === 'Retain' || (policy === 'RetainExceptOnCreate' && !how.undoing) || (how.retain?.has(resource.logicalId) ?? false);
    };
    const garbage = stack.garbage.map(({ resource }) => resource);
    await this.inReverse([...stack.resources.values(), ...garbage], async (resource) => {
      if (!await this.deleteUnlessRetained(stack, resource, !retained(resource), operation)) return false;
      if (stack.resources.get(resource.logicalId) === resource) {
        stack.resources.delete(resource.logicalId);
        stack.gone.set(resource.logicalId, resource);
      }
      stack.garbage = stack.garbage.filter((entry) => entry.resource !== resource);
      return true;
    });
    return !hasFailed(operation);
  }

  private async inReverse(
    resources: readonly Resource[], act: (resource: Resource) => Promise<boolean>,
  ): Promise<void> {
    const dependents = ({ logicalId }: Resource) => resources.filter(({ dependsOn }) => dependsOn.includes(logicalId));
    await inOrder(resources, dependents, act);
  }

  // ------------------------------------------------------------------------------------------------------------------------------- values

  private async properties(
    stack: Stack, definition: ResourceDefinition, provider: ResourceProvider, scope: Scope,
  ): Promise<JsonObject> {
    const resolved = resolveValue(definition.Properties ?? {}, scope) as JsonObject;
    const properties = await resolveDynamicReferences(resolved, this.around.parameterLookup(stack));
    return provider.normalise?.(properties) ?? properties;
  }

  private outputs(deployment: Deployment, scope: Scope): Output[] {
    return Object.entries(active(deployment.template.Outputs, deployment.conditions)).map(([key, output]) => {
      const value = resolveValue(output.Value, scope);
      if (value === undefined || typeof value === 'object') {
        throw new TemplateError(`Template format error: The Value field of every Outputs member must evaluate to a String (${key})`);
      }
      return {
        key,
        value: String(value),
        ...(output.Description === undefined ? {} : { description: output.Description }),
        ...(output.Export === undefined ? {} : { exportName: String(resolveValue(output.Export.Name, scope)) }),
      };
    });
  }

  /** What intrinsic functions see of a stack while it is being deployed. Names of imports are added to `imports`. */
  public scope(stack: Stack, deployment: Deployment, imports: Set<string> = new Set()): Scope {
    const resource = (id: string): Resource => {
      const found = stack.resources.get(id);
      if (found?.physicalId === undefined) throw new TemplateError(`Unresolved resource dependencies [${id}] in the Resources block of the template`);
      return found;
    };
    return {
      parameters: pseudoAndTemplateParameters(stack, deployment, this.around.environment.partition),
      conditions: deployment.conditions,
      mappings: deployment.template.Mappings,
      ref: (id) => resource(id).physicalId!,
      attribute: (id, name) => this.attribute(stack, resource(id), name),
      importValue: (name) => {
        const value = this.around.importValue(stack, name);
        imports.add(name);
        return value;
      },
    };
  }

  private attribute(stack: Stack, resource: Resource, name: string): Json {
    if (name in resource.attributes) return resource.attributes[name];
    const provider = this.around.provider(resource.type);
    if (provider.inventedAttribute) return provider.inventedAttribute(resource.physicalId!, name);
    throw new TemplateError(provider.missingAttribute?.({ ...stack, logicalId: resource.logicalId }, name) ??
      `Template error: resource ${resource.logicalId} does not support attribute type ${name} in Fn::GetAtt`);
  }

  private request(stack: Stack, resource: Resource, operation: Operation): ResourceRequest {
    return {
      accountId: stack.accountId,
      region: stack.region,
      partition: this.around.environment.partition,
      stackId: stack.stackId,
      stackName: stack.stackName,
      logicalId: resource.logicalId,
      resourceType: resource.type,
      properties: resource.properties,
      cancelled: operation.cancelled,
      operation,
    };
  }

  private newResource(
    logicalId: string, definition: ResourceDefinition, dependsOn: readonly string[], properties: JsonObject,
  ): Resource {
    return {
      logicalId, type: definition.Type, status: 'CREATE_IN_PROGRESS', changedAt: this.now(), definition, dependsOn, properties, attributes: {}, touched: true,
    };
  }
}

/** Pseudo parameters and the template's own, for a stack that need not be deployed yet. */
export function pseudoAndTemplateParameters(
  stack: Pick<Stack, 'accountId' | 'region' | 'stackId' | 'stackName'>,
  deployment: Pick<Deployment, 'parameters' | 'notificationArns'>,
  partition: string,
): Record<string, string | string[]> {
  return {
    ...Object.fromEntries(deployment.parameters.map(({ key, resolved }) => [key, resolved])),
    'AWS::AccountId': stack.accountId,
    'AWS::NotificationARNs': [...deployment.notificationArns],
    'AWS::Partition': partition,
    'AWS::Region': stack.region,
    'AWS::StackId': stack.stackId,
    'AWS::StackName': stack.stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  };
}

/** The dependencies of the active resources of a deployment. */
export function dependencyGraph(deployment: Pick<Deployment, 'template' | 'conditions'>): Record<string, string[]> {
  const definitions = active(deployment.template.Resources, deployment.conditions);
  return Object.fromEntries(Object.entries(definitions).map(([id, definition]) =>
    [id, dependenciesOf(definition, definitions, deployment.conditions)]));
}

function snapshot(stack: Stack): Snapshot {
  const resources = new Map([...stack.resources].map(([id, resource]) => [id, { ...resource }]));
  return { deployment: stack.deployment, resources, outputs: stack.outputs };
}

function hasFailed(operation: Operation): boolean {
  return Object.values(operation.failed).some((ids) => ids.size > 0);
}

function deletionPolicy(definition: ResourceDefinition): RemovalBehaviour {
  return definition.DeletionPolicy ?? 'Delete';
}

/** [R aws-cdk 13527, 30012] A failed answer with another id: CloudFormation goes on with that one and forgets the old. */
function adopt(resource: Resource, failure: ProvisioningFailure | undefined): void {
  if (failure?.physicalId !== undefined) resource.physicalId = failure.physicalId;
}

async function settle(work: Promise<Provisioned>): Promise<Settled> {
  try {
    return { provisioned: await work };
  } catch (error) {
    return {
      failure: error instanceof ProvisioningFailure ? error : new ProvisioningFailure((error as Error).message),
    };
  }
}

/** Acts on every item after all that it needs have been acted on successfully, at the same time where it can. */
async function inOrder<T>(
  items: readonly T[], needs: (item: T) => readonly T[], act: (item: T) => Promise<boolean>,
): Promise<void> {
  const edges = withoutCircles(items, needs);
  const started = new Map<T, Promise<boolean>>();
  const start = async (item: T): Promise<boolean> => {
    const ready = await Promise.all(edges.get(item)!.map(visit));
    return ready.every(Boolean) && act(item);
  };
  const visit = async (item: T): Promise<boolean> => {
    if (!started.has(item)) started.set(item, start(item));
    return started.get(item)!;
  };
  await Promise.all(items.map(visit));
}

/** What each item needs. Old and new generations of resources can need each other in a circle; the edge that closes it is dropped. */
function withoutCircles<T>(items: readonly T[], needs: (item: T) => readonly T[]): Map<T, readonly T[]> {
  const edges = new Map<T, readonly T[]>();
  const open = new Set<T>();
  const visit = (item: T): void => {
    if (edges.has(item)) return;
    open.add(item);
    const kept = needs(item).filter((other) => !open.has(other));
    edges.set(item, kept);
    kept.forEach(visit);
    open.delete(item);
  };
  items.forEach(visit);
  return edges;
}
