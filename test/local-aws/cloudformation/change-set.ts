/**
 * What a deployment would change in a stack.
 *
 * Source: [D] API reference, ResourceChange and ResourceChangeDetail; values that only the deployment will show are
 * `{{changeSet:KNOWN_AFTER_APPLY}}`, as AWS writes them.
 */
import { isDeepStrictEqual } from 'util';
import { dependencyGraph } from './deployer';
import type { Deployment, Output, Stack, Tag } from './model';
import type { ResourceProvider } from './resources';
import { active, resolveValue, type Json, type JsonObject, type ResourceDefinition, type Scope } from './template';

export interface PropertyChange {
  readonly name: string;
  readonly before?: Json;
  readonly after?: Json;
  readonly recreates: boolean;
}

export interface ResourceChange {
  readonly action: 'Add' | 'Modify' | 'Remove';
  readonly logicalId: string;
  readonly physicalId?: string;
  readonly type: string;
  readonly replacement?: 'True' | 'False';
  readonly scope: readonly string[];
  readonly properties: readonly PropertyChange[];
  readonly policyAction?: 'Delete' | 'Retain' | 'ReplaceAndDelete' | 'ReplaceAndRetain';
  readonly before?: JsonObject;
  readonly after?: JsonObject;
}

/** All changes, and whether there is any at all (outputs and tags count too). */
export interface Plan {
  readonly changes: readonly ResourceChange[];
  readonly changed: boolean;
}

const KNOWN_AFTER_APPLY = '{{changeSet:KNOWN_AFTER_APPLY}}';
const OWN_ATTRIBUTES = ['Metadata', 'CreationPolicy', 'UpdatePolicy', 'DeletionPolicy', 'UpdateReplacePolicy'] as const;

/** Compares a stack with a deployment; `live` sees the stack's resources as they are. */
export function plan(
  stack: Stack, deployment: Deployment, live: Scope, provider: (type: string) => ResourceProvider,
): Plan {
  const definitions = active(deployment.template.Resources, deployment.conditions);
  const dependencies = dependencyGraph(deployment);
  const changes = new Map<string, ResourceChange | undefined>();
  const scope: Scope = {
    ...live,
    ref: (id) => (changes.get(id)?.action === 'Add' || changes.get(id)?.replacement === 'True' ? KNOWN_AFTER_APPLY : live.ref(id)),
    attribute: (id, name) => (changes.get(id) && !keepsAttributes(
      changes.get(id)!, provider,
    ) ? KNOWN_AFTER_APPLY : live.attribute(id, name)),
  };
  const visit = (id: string): void => {
    if (changes.has(id)) return;
    dependencies[id].forEach(visit);
    changes.set(id, compare(stack, id, definitions[id], scope, provider(definitions[id].Type)));
  };
  Object.keys(definitions).forEach(visit);
  const removed = [...stack.resources.values()].filter(
    ({ logicalId }) => !(logicalId in definitions),
  ).map((resource): ResourceChange => ({
    action: 'Remove',
    logicalId: resource.logicalId,
    physicalId: resource.physicalId,
    type: resource.type,
    scope: [],
    properties: [],
    policyAction: (resource.definition.DeletionPolicy ?? 'Delete').startsWith('Retain') ? 'Retain' : 'Delete',
    before: resource.properties,
  }));
  const all = [...changes.values()].filter((change) => change !== undefined).concat(removed);
  return {
    changes: all,
    changed: all.length > 0 || !sameTags(stack.deployment?.tags ?? [], deployment.tags) || !sameOutputs(
      stack.outputs, deployment, scope,
    ),
  };
}

/** A native resource that is updated in place keeps its attributes; what a handler or a nested stack answers may change. */
function keepsAttributes(change: ResourceChange, provider: (type: string) => ResourceProvider): boolean {
  return change.action === 'Modify' && change.replacement !== 'True' && provider(change.type).answersAttributes !== true;
}

function compare(
  stack: Stack,
  logicalId: string,
  definition: ResourceDefinition,
  scope: Scope,
  provider: ResourceProvider,
): ResourceChange | undefined {
  const current = stack.resources.get(logicalId);
  const after = resolved(definition, scope, provider);
  if (!current || current.status === 'CREATE_FAILED') {
    return { action: 'Add', logicalId, type: definition.Type, scope: [], properties: [], after };
  }
  const scopes = OWN_ATTRIBUTES.filter(
    (attribute) => !isDeepStrictEqual(current.definition[attribute], definition[attribute]),
  );
  const properties = propertyChanges(current.properties, after, provider);
  if (properties.length === 0 && scopes.length === 0 && current.attempted === undefined) return undefined;
  const replaced = properties.some(({ recreates }) => recreates);
  return {
    action: 'Modify',
    logicalId,
    physicalId: current.physicalId,
    type: definition.Type,
    replacement: replaced ? 'True' : 'False',
    scope: properties.length > 0 ? ['Properties', ...scopes] : scopes,
    properties,
    ...(replaced ? { policyAction: (definition.UpdateReplacePolicy ?? 'Delete') === 'Retain' ? 'ReplaceAndRetain' : 'ReplaceAndDelete' } : {}),
    before: current.properties,
    after,
  };
}

function propertyChanges(before: JsonObject, after: JsonObject, provider: ResourceProvider): PropertyChange[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isDeepStrictEqual(before[name], after[name])).map((name) => ({
    name,
    before: before[name],
    after: after[name],
    recreates: provider.replaces?.(before, { ...before, [name]: after[name] }) ?? false,
  }));
}

/** What cannot be resolved yet (a missing attribute, an import) will show itself when the change set is executed. */
function resolved(definition: ResourceDefinition, scope: Scope, provider: ResourceProvider): JsonObject {
  const properties = Object.fromEntries(Object.entries(definition.Properties ?? {}).flatMap(([name, value]) => {
    const result = attempt(value, scope);
    return result === undefined ? [] : [[name, result]];
  }));
  return provider.normalise?.(properties) ?? properties;
}

function attempt(value: Json, scope: Scope): Json | undefined {
  try {
    return resolveValue(value, scope);
  } catch {
    return KNOWN_AFTER_APPLY;
  }
}

function sameTags(before: readonly Tag[], after: readonly Tag[]): boolean {
  const sorted = (tags: readonly Tag[]) => tags.map(({ Key, Value }) => `${Key}=${Value}`).sort();
  return isDeepStrictEqual(sorted(before), sorted(after));
}

function sameOutputs(before: readonly Output[], deployment: Deployment, scope: Scope): boolean {
  const after = Object.entries(
    active(deployment.template.Outputs, deployment.conditions),
  ).map(([key, output]): Output => ({
    key,
    value: String(attempt(output.Value, scope)),
    ...(output.Description === undefined ? {} : { description: output.Description }),
    ...(output.Export === undefined ? {} : { exportName: String(attempt(output.Export.Name, scope)) }),
  }));
  const byKey = (outputs: readonly Output[]) => Object.fromEntries(outputs.map((output) => [output.key, output]));
  return isDeepStrictEqual(byKey(before), byKey(after));
}
