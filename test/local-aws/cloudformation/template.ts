/**
 * CloudFormation templates: parsing, validation, parameters, conditions, intrinsic functions and the dependencies they imply.
 *
 * Sources: [D] CloudFormation User Guide, "Template reference" (sections, intrinsic functions, parameter types); error texts marked [R]
 * are as users of real accounts report them.
 */
import { AwsError } from '../core';

export type Json = string | number | boolean | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface ParameterDefinition {
  readonly Type: string;
  readonly Default?: string | number | boolean;
  readonly AllowedValues?: readonly (string | number)[];
  readonly AllowedPattern?: string;
  readonly MinLength?: number | string;
  readonly MaxLength?: number | string;
  readonly MinValue?: number | string;
  readonly MaxValue?: number | string;
  readonly NoEcho?: boolean | string;
  readonly Description?: string;
  readonly ConstraintDescription?: string;
}

export type RemovalBehaviour = 'Delete' | 'Retain' | 'RetainExceptOnCreate' | 'Snapshot';

export interface ResourceDefinition {
  readonly Type: string;
  readonly Properties?: JsonObject;
  readonly DependsOn?: string | string[];
  readonly Condition?: string;
  readonly DeletionPolicy?: RemovalBehaviour;
  readonly UpdateReplacePolicy?: RemovalBehaviour;
  readonly Metadata?: JsonObject;
  readonly CreationPolicy?: JsonObject;
  readonly UpdatePolicy?: JsonObject;
}

export interface OutputDefinition {
  readonly Value: Json;
  readonly Description?: string;
  readonly Condition?: string;
  readonly Export?: { readonly Name: Json };
}

interface Rule {
  readonly RuleCondition?: Json;
  readonly Assertions: readonly { readonly Assert: Json; readonly AssertDescription?: string }[];
}

export interface Template {
  readonly Description?: string;
  readonly Metadata?: JsonObject;
  readonly Parameters: Readonly<Record<string, ParameterDefinition>>;
  readonly Mappings: Readonly<Record<string, Record<string, Record<string, Json>>>>;
  readonly Conditions: Readonly<Record<string, Json>>;
  readonly Rules: Readonly<Record<string, Rule>>;
  readonly Resources: Readonly<Record<string, ResourceDefinition>>;
  readonly Outputs: Readonly<Record<string, OutputDefinition>>;
}

/** A parameter as a stack holds it: `value` as given (for SSM types the parameter's name), `resolved` as `Ref` sees it. */
export interface ParameterValue {
  readonly key: string;
  readonly value: string;
  readonly resolved: string | string[];
  readonly noEcho: boolean;
  readonly fromStore: boolean;
}

/** A parameter as a caller gives it. */
export interface GivenParameter {
  readonly ParameterKey: string;
  readonly ParameterValue?: string;
  readonly UsePreviousValue?: boolean | string;
}

/** Reads an SSM parameter; undefined when there is none. */
export type ParameterLookup = (name: string) => Promise<string | undefined>;

/** What intrinsic functions are evaluated against. Functions that need a resource throw {@link TemplateError} while it has no value. */
export interface Scope {
  /** Template parameters and pseudo parameters. */
  readonly parameters: Readonly<Record<string, string | string[]>>;
  readonly conditions: Readonly<Record<string, boolean>>;
  readonly mappings: Template['Mappings'];
  ref(logicalId: string): Json;
  attribute(logicalId: string, name: string): Json;
  importValue(name: string): Json;
}

/** A template, or a value in it, that CloudFormation does not accept: `ValidationError` where a call is answered with it. */
export class TemplateError extends AwsError {
  constructor(message: string) {
    super('ValidationError', message);
  }
}

/** What `Ref: AWS::NoValue` gives: the property or list element disappears. */
const NO_VALUE = Symbol('AWS::NoValue');
type Resolved = Json | typeof NO_VALUE;

const PSEUDO_PARAMETERS = new Set(['AWS::AccountId', 'AWS::NotificationARNs', 'AWS::NoValue', 'AWS::Partition', 'AWS::Region', 'AWS::StackId',
  'AWS::StackName', 'AWS::URLSuffix']);
const SECTIONS = new Set(['AWSTemplateFormatVersion', 'Description', 'Metadata', 'Parameters', 'Mappings', 'Conditions', 'Rules', 'Resources',
  'Outputs', 'Transform', 'Hooks']);
const RESOURCE_ATTRIBUTES = new Set(['Type', 'Properties', 'DependsOn', 'Condition', 'DeletionPolicy', 'UpdateReplacePolicy', 'Metadata',
  'CreationPolicy', 'UpdatePolicy']);
const REMOVAL_BEHAVIOURS = new Set(['Delete', 'Retain', 'RetainExceptOnCreate', 'Snapshot']);

/** [D] CloudFormation quotas: body in S3 at most 1 MB. */
const MAXIMUM_TEMPLATE_BYTES = 1_000_000;

// ---------------------------------------------------------------------------------------------------------------- parsing and validation

/** Parses and validates a JSON template; throws {@link TemplateError}. */
export function parseTemplate(body: string): Template {
  if (Buffer.byteLength(body) > MAXIMUM_TEMPLATE_BYTES) throw new TemplateError(`Template may not exceed ${MAXIMUM_TEMPLATE_BYTES} bytes in size.`);
  const raw = parseJson(body);
  const unknown = Object.keys(raw).filter((section) => !SECTIONS.has(section));
  if (unknown.length > 0) throw new TemplateError(`Invalid template property or properties [${unknown.join(', ')}]`);
  if (raw.Transform !== undefined) throw new TemplateError('Template format error: transforms are not supported by the embedded AWS');
  rejectNulls(raw, '');
  const template = {
    Description: raw.Description,
    Metadata: raw.Metadata,
    Parameters: raw.Parameters ?? {},
    Mappings: raw.Mappings ?? {},
    Conditions: raw.Conditions ?? {},
    Rules: raw.Rules ?? {},
    Resources: raw.Resources ?? {},
    Outputs: raw.Outputs ?? {},
  } as unknown as Template;
  validate(template);
  return template;
}

function parseJson(body: string): Record<string, unknown> {
  let raw: unknown;
  try {
    raw = JSON.parse(body);
  } catch {
    throw new TemplateError('Template format error: JSON not well-formed.');
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw new TemplateError('Template format error: unsupported structure.');
  return raw as Record<string, unknown>;
}

function rejectNulls(value: unknown, path: string): void {
  if (value === null) throw new TemplateError(`[${path}] 'null' values are not allowed in templates`);
  if (typeof value !== 'object') return;
  for (const [key, member] of Object.entries(value)) rejectNulls(member, `${path}/${key}`);
}

function validate(template: Template): void {
  const resources = Object.entries(template.Resources);
  if (resources.length === 0) throw new TemplateError('Template format error: At least one Resources member must be defined.');
  for (const [id, definition] of resources) validateResource(id, definition);
  validateReferences(template, Object.values(template.Resources), 'Resources');
  for (const [id, output] of Object.entries(template.Outputs)) {
    if (output.Value === undefined) throw new TemplateError(`Template format error: Every Outputs member must contain a Value object (${id})`);
  }
  validateReferences(template, Object.values(template.Outputs), 'Outputs');
}

function validateResource(id: string, definition: ResourceDefinition): void {
  if (!/^[A-Za-z0-9]{1,255}$/.test(id)) throw new TemplateError(`Template format error: Resource name ${id} is non alphanumeric.`);
  if (typeof definition?.Type !== 'string') throw new TemplateError(`Template format error: [/Resources/${id}] Every Resources object must contain a Type member.`);
  // [D] AWS::CloudFormation::CustomResource: "Custom::" and up to 60 characters of alphanumerics and _@-
  if (definition.Type.startsWith('Custom::') && !/^Custom::[A-Za-z0-9_@-]{1,60}$/.test(definition.Type)) {
    throw new TemplateError(`Template format error: Unrecognized resource types: [${definition.Type}]`);
  }
  const unknown = Object.keys(definition).filter((attribute) => !RESOURCE_ATTRIBUTES.has(attribute));
  if (unknown.length > 0) throw new TemplateError(`Invalid template resource property '${unknown[0]}'`);
  for (const attribute of ['DeletionPolicy', 'UpdateReplacePolicy'] as const) {
    const value = definition[attribute];
    if (value !== undefined && !REMOVAL_BEHAVIOURS.has(value)) {
      throw new TemplateError(`Template error: resource ${id} has an unrecognized ${attribute} ${JSON.stringify(value)}`);
    }
  }
}

function validateReferences(
  template: Template,
  members: readonly { readonly Condition?: string; readonly DependsOn?: string | string[] }[],
  block: string,
): void {
  const resources = new Set<string>();
  const conditions = new Set<string>();
  for (const member of members) {
    for (const name of referencedNames(member as Json, (condition) => void conditions.add(condition))) {
      if (!(name in template.Parameters) && !PSEUDO_PARAMETERS.has(name)) resources.add(name);
    }
    asList(member.DependsOn).forEach((name) => resources.add(name));
    if (member.Condition !== undefined) conditions.add(member.Condition);
  }
  const unresolved = [...resources].filter((name) => !(name in template.Resources));
  if (unresolved.length > 0) {
    throw new TemplateError(`Template format error: Unresolved resource dependencies [${unresolved.join(', ')}] in the ${block} block of the template`);
  }
  const undefinedCondition = [...conditions].find((name) => !(name in template.Conditions));
  if (undefinedCondition !== undefined) {
    throw new TemplateError(`Template error: unresolved condition dependency ${undefinedCondition} in Fn::If or Condition of the ${block} block`);
  }
}

// ------------------------------------------------------------------------------------------------------------- parameters and conditions

/** Gives every parameter its value: given, previous, or default; SSM types are read through `lookup`. Throws {@link TemplateError}. */
export async function resolveParameters(
  template: Template,
  given: readonly GivenParameter[],
  previous: readonly ParameterValue[],
  lookup: ParameterLookup,
): Promise<ParameterValue[]> {
  const superfluous = given.map((parameter) => parameter.ParameterKey).filter((key) => !(key in template.Parameters));
  if (superfluous.length > 0) throw new TemplateError(`Parameters: [${superfluous.join(', ')}] do not exist in the template`);
  const values = Object.entries(template.Parameters).map(
    ([key, definition]) => [key, givenValue(key, definition, given, previous)] as const,
  );
  const missing = values.filter(([, value]) => value === undefined).map(([key]) => key);
  if (missing.length > 0) throw new TemplateError(`Parameters: [${missing.join(', ')}] must have values`);
  return Promise.all(
    values.map(async ([key, value]) => resolveParameter(key, template.Parameters[key], value!, lookup)),
  );
}

function givenValue(
  key: string,
  definition: ParameterDefinition,
  given: readonly GivenParameter[],
  previous: readonly ParameterValue[],
): string | undefined {
  const entry = given.find((parameter) => parameter.ParameterKey === key);
  if (entry && String(entry.UsePreviousValue ?? false) === 'true') {
    return previous.find((parameter) => parameter.key === key)?.value ?? scalar(definition.Default);
  }
  return entry?.ParameterValue ?? scalar(definition.Default);
}

function scalar(value: string | number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

async function resolveParameter(
  key: string, definition: ParameterDefinition, value: string, lookup: ParameterLookup,
): Promise<ParameterValue> {
  const noEcho = String(definition.NoEcho ?? false) === 'true';
  const stored = /^AWS::SSM::Parameter::Value<(.+)>$/.exec(definition.Type);
  if (!stored) {
    checkConstraints(key, definition, value);
    return { key, value, resolved: isListType(definition.Type) ? splitList(value) : value, noEcho, fromStore: false };
  }
  const content = await lookup(value);
  if (content === undefined) throw new TemplateError(`Unable to fetch parameters [${value}] from parameter store for this account.`); // [R]
  return { key, value, resolved: isListType(stored[1]) ? splitList(content) : content, noEcho, fromStore: true };
}

function isListType(type: string): boolean {
  return type === 'CommaDelimitedList' || type.startsWith('List<');
}

function splitList(value: string): string[] {
  return value === '' ? [] : value.split(',').map((element) => element.trim());
}

function checkConstraints(key: string, definition: ParameterDefinition, value: string): void {
  const values = isListType(definition.Type) ? splitList(value) : [value];
  const fail = (what: string): never => {
    throw new TemplateError(definition.ConstraintDescription
      ? `Parameter ${key} failed to satisfy constraint: ${definition.ConstraintDescription}`
      : `Parameter '${key}' must ${what}`);
  };
  if (definition.AllowedValues) {
    const allowed = definition.AllowedValues.map(String);
    if (values.some((element) => !allowed.includes(element))) fail('be one of AllowedValues');
  }
  if (definition.AllowedPattern !== undefined && values.some((element) => !new RegExp(`^(?:${definition.AllowedPattern})$`).test(element))) {
    fail(`match pattern ${definition.AllowedPattern}`);
  }
  if (definition.Type.includes('Number') && values.some((element) => element.trim() === '' || !Number.isFinite(Number(element)))) fail('be a number');
  if (definition.MinLength !== undefined && value.length < Number(definition.MinLength)) fail(`contain at least ${definition.MinLength} characters`);
  if (definition.MaxLength !== undefined && value.length > Number(definition.MaxLength)) fail(`contain at most ${definition.MaxLength} characters`);
  if (definition.MinValue !== undefined && Number(value) < Number(definition.MinValue)) fail(`be a number not less than ${definition.MinValue}`);
  if (definition.MaxValue !== undefined && Number(value) > Number(definition.MaxValue)) fail(`be a number not greater than ${definition.MaxValue}`);
}

/** Evaluates the Conditions section; a condition may use others. */
export function evaluateConditions(template: Template, parameters: Scope['parameters']): Record<string, boolean> {
  const results: Record<string, boolean> = {};
  const open = new Set<string>();
  const conditions = new Proxy(results, {
    get: (_, name) => evaluate(String(name)),
  });
  const scope: Scope = { ...staticScope(template, parameters), conditions };
  const evaluate = (name: string): boolean => {
    if (name in results) return results[name];
    if (!(name in template.Conditions)) throw new TemplateError(`Template error: unresolved condition dependency ${name}`);
    if (open.has(name)) throw new TemplateError(`Template error: circular dependency between conditions: [${[...open].join(', ')}]`);
    open.add(name);
    results[name] = truth(resolve(template.Conditions[name], scope));
    open.delete(name);
    return results[name];
  };
  Object.keys(template.Conditions).forEach(evaluate);
  return results;
}

/** Throws {@link TemplateError} where an assertion of the Rules section does not hold (the CDK's check of the bootstrap version is one). */
export function checkRules(template: Template, parameters: Scope['parameters'], conditions: Scope['conditions']): void {
  const scope = { ...staticScope(template, parameters), conditions };
  for (const [name, rule] of Object.entries(template.Rules)) {
    if (rule.RuleCondition !== undefined && !truth(resolve(rule.RuleCondition, scope))) continue;
    const broken = rule.Assertions.find((assertion) => !truth(resolve(assertion.Assert, scope)));
    if (broken) throw new TemplateError(`Template validation error: rule ${name} failed: ${broken.AssertDescription ?? 'assertion does not hold'}`);
  }
}

function staticScope(template: Template, parameters: Scope['parameters']): Omit<Scope, 'conditions'> {
  const unavailable = (name: string): never => {
    throw new TemplateError(`Template error: resource ${name} cannot be used in the Conditions or Rules block of the template`);
  };
  return {
    parameters, mappings: template.Mappings, ref: unavailable, attribute: unavailable, importValue: unavailable,
  };
}

/** The resources and outputs whose condition holds. */
export function active<T extends { readonly Condition?: string }>(members: Readonly<Record<string, T>>, conditions: Scope['conditions']): Record<string, T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, member]) => member.Condition === undefined || conditions[member.Condition]),
  );
}

// ---------------------------------------------------------------------------------------------------------------------------- dependencies

/** The active resources that `definition` depends on, by reference or by DependsOn. A DependsOn of an inactive resource counts for nothing. [D] */
export function dependenciesOf(
  definition: ResourceDefinition,
  resources: Readonly<Record<string, ResourceDefinition>>,
  conditions: Scope['conditions'],
): string[] {
  const names = new Set(asList(definition.DependsOn));
  for (const part of [definition.Properties, definition.Metadata]) {
    if (part) for (const name of referencedNames(part, (condition) => conditions[condition])) names.add(name);
  }
  return [...names].filter((name) => name in resources);
}

/** Throws {@link TemplateError} if the dependencies of the resources form a circle. */
export function rejectCircles(dependencies: Readonly<Record<string, readonly string[]>>): void {
  let open = Object.keys(dependencies);
  for (;;) {
    const blocked = open.filter((id) => dependencies[id].some((dependency) => open.includes(dependency)));
    if (blocked.length === open.length) break;
    open = blocked;
  }
  if (open.length > 0) throw new TemplateError(`Circular dependency between resources: [${open.join(', ')}]`);
}

/** Names in Ref, Fn::GetAtt and Fn::Sub; of an Fn::If only the chosen branch where `choose` knows the condition. */
function referencedNames(value: Json, choose: (condition: string) => boolean | undefined): Set<string> {
  const names = new Set<string>();
  const visit = (node: Json): void => {
    if (Array.isArray(node)) return node.forEach((element) => visit(element));
    if (typeof node !== 'object') return;
    if (isIntrinsic(node, 'Ref')) {
      names.add(String(node.Ref));
    } else if (isIntrinsic(node, 'Fn::GetAtt')) {
      names.add(attributeReference(node['Fn::GetAtt'])[0]);
    } else if (isIntrinsic(node, 'Fn::Sub')) {
      const [pattern, variables] = subArguments(node['Fn::Sub']);
      for (const name of subNames(pattern)) if (!(name in variables)) names.add(name.split('.')[0]);
      visit(variables);
    } else if (isIntrinsic(node, 'Fn::If')) {
      const [condition, whenTrue, whenFalse] = node['Fn::If'] as Json[];
      const chosen = choose(String(condition));
      if (chosen !== false) visit(whenTrue);
      if (chosen !== true) visit(whenFalse);
    } else {
      for (const member of Object.values(node) as Json[]) visit(member);
    }
  };
  visit(value);
  return names;
}

// --------------------------------------------------------------------------------------------------------------------- intrinsic functions

/** Evaluates every intrinsic function in a value; members that become AWS::NoValue disappear. */
export function resolveValue(value: Json, scope: Scope): Json | undefined {
  const resolved = resolve(value, scope);
  return resolved === NO_VALUE ? undefined : resolved;
}

function resolve(value: Json, scope: Scope): Resolved {
  if (Array.isArray(value)) {
    return value.map((element) => resolve(element, scope)).filter(
      (element): element is Json => element !== NO_VALUE,
    );
  }
  if (typeof value !== 'object') return value;
  const keys = Object.keys(value);
  if (keys.length === 1 && (keys[0] === 'Ref' || keys[0] === 'Condition' || keys[0].startsWith('Fn::'))) {
    if (keys[0] === 'Condition' && typeof value.Condition !== 'string') return resolveMembers(value, scope);
    const intrinsic = INTRINSICS[keys[0]];
    if (!intrinsic) throw new TemplateError(`Template error: ${keys[0]} is not supported by the embedded AWS`);
    return intrinsic(value[keys[0]], scope);
  }
  return resolveMembers(value, scope);
}

function resolveMembers(value: JsonObject, scope: Scope): Json {
  const result: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const resolved = resolve(member, scope);
    if (resolved !== NO_VALUE) result[key] = resolved;
  }
  return result;
}

type Intrinsic = (argument: Json, scope: Scope) => Resolved;

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  'Ref': (argument, scope) => reference(String(argument), scope),
  'Condition': (argument, scope) => scope.conditions[String(argument)],
  'Fn::GetAtt': (argument, scope) => {
    const [id, name] = attributeReference(argument);
    return scope.attribute(id, text(resolve(name, scope), 'Fn::GetAtt'));
  },
  'Fn::Join': (argument, scope) => {
    const [delimiter, elements] = pair(argument, 'Fn::Join');
    return list(resolve(elements, scope), 'Fn::Join').map((element) => text(element, 'Fn::Join')).join(String(delimiter));
  },
  'Fn::Split': (argument, scope) => {
    const [delimiter, source] = pair(argument, 'Fn::Split');
    return text(resolve(source, scope), 'Fn::Split').split(String(delimiter));
  },
  'Fn::Select': (argument, scope) => {
    const [index, elements] = pair(argument, 'Fn::Select');
    const position = Number(resolve(index, scope));
    const selected = list(resolve(elements, scope), 'Fn::Select')[position];
    if (selected === undefined) throw new TemplateError(`Template error: Fn::Select cannot select nonexistent value at index ${position}`);
    return selected;
  },
  'Fn::Sub': (argument, scope) => {
    const [template, variables] = subArguments(argument);
    const own = resolveMembers(variables, scope) as JsonObject;
    return template.replace(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      return text(substitution(name.trim(), own, scope), 'Fn::Sub');
    });
  },
  'Fn::FindInMap': (argument, scope) => {
    const [map, first, second] = (argument as Json[]).slice(0, 3).map((part) => text(resolve(part, scope), 'Fn::FindInMap'));
    const found = scope.mappings[map]?.[first]?.[second];
    if (found === undefined) throw new TemplateError(`Template error: Unable to get mapping for ${map}::${first}::${second}`);
    return found;
  },
  'Fn::ImportValue': (argument, scope) => scope.importValue(text(resolve(argument, scope), 'Fn::ImportValue')),
  'Fn::Base64': (argument, scope) => Buffer.from(text(resolve(argument, scope), 'Fn::Base64')).toString('base64'),
  'Fn::GetAZs': (argument, scope) => {
    const region = text(resolve(argument, scope), 'Fn::GetAZs') || String(scope.parameters['AWS::Region']);
    return ['a', 'b', 'c'].map((zone) => region + zone);
  },
  'Fn::If': (argument, scope) => {
    const [condition, whenTrue, whenFalse] = argument as Json[];
    return resolve(scope.conditions[String(condition)] ? whenTrue : whenFalse, scope);
  },
  'Fn::Equals': (argument, scope) => {
    const [left, right] = pair(argument, 'Fn::Equals').map((side) => resolve(side, scope));
    return comparable(left) === comparable(right);
  },
  'Fn::Not': (argument, scope) => !truth(resolve((argument as Json[])[0], scope)),
  'Fn::And': (argument, scope) => (argument as Json[]).every((part) => truth(resolve(part, scope))),
  'Fn::Or': (argument, scope) => (argument as Json[]).some((part) => truth(resolve(part, scope))),
  'Fn::Contains': (argument, scope) => {
    const [elements, wanted] = pair(argument, 'Fn::Contains').map((side) => resolve(side, scope));
    return list(elements, 'Fn::Contains').map(comparable).includes(comparable(wanted));
  },
};

function reference(name: string, scope: Scope): Resolved {
  if (name === 'AWS::NoValue') return NO_VALUE;
  return name in scope.parameters ? scope.parameters[name] : scope.ref(name);
}

function substitution(name: string, variables: JsonObject, scope: Scope): Resolved {
  if (name in variables) return variables[name];
  const dot = name.indexOf('.');
  return dot < 0 ? reference(name, scope) : scope.attribute(name.slice(0, dot), name.slice(dot + 1));
}

function subNames(template: string): string[] {
  return [...template.matchAll(/\$\{([^!}][^}]*)\}/g)].map((match) => match[1].trim());
}

function subArguments(argument: Json): [string, JsonObject] {
  return Array.isArray(argument) ? [String(argument[0]), (argument[1] ?? {}) as JsonObject] : [String(argument), {}];
}

function attributeReference(argument: Json): [string, Json] {
  if (Array.isArray(argument) && argument.length === 2) return [String(argument[0]), argument[1]];
  const dot = String(argument).indexOf('.');
  if (typeof argument !== 'string' || dot < 1) {
    throw new TemplateError('Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute');
  }
  return [argument.slice(0, dot), argument.slice(dot + 1)];
}

function pair(argument: Json, name: string): [Json, Json] {
  if (!Array.isArray(argument) || argument.length !== 2) throw new TemplateError(`Template error: ${name} requires a list argument with two elements`);
  return [argument[0], argument[1]];
}

function list(value: Resolved, name: string): Json[] {
  if (!Array.isArray(value)) throw new TemplateError(`Template error: ${name} requires a list`);
  return value;
}

function text(value: Resolved, name: string): string {
  if (typeof value === 'symbol' || typeof value === 'object') throw new TemplateError(`Template error: every value of ${name} must be a string`);
  return String(value);
}

function truth(value: Resolved): boolean {
  return value === true || value === 'true';
}

/** Scalars are compared by their text, as CloudFormation does. */
function comparable(value: Resolved): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function isIntrinsic(value: Json, name: string): value is JsonObject {
  return typeof value === 'object' && !Array.isArray(value) && name in value && Object.keys(value).length === 1;
}

function asList(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

const DYNAMIC_REFERENCE = /\{\{resolve:ssm:([^:}]+)(?::\d+)?\}\}/g;

/** Replaces `{{resolve:ssm:name}}` and `{{resolve:ssm:name:version}}` in every string of a value. */
export async function resolveDynamicReferences<T extends Json>(value: T, lookup: ParameterLookup): Promise<T> {
  const names = new Set<string>();
  const collect = (node: Json): void => {
    if (typeof node === 'string') for (const match of node.matchAll(DYNAMIC_REFERENCE)) names.add(match[1]);
    else if (typeof node === 'object') for (const member of Object.values(node) as Json[]) collect(member);
  };
  collect(value);
  if (names.size === 0) return value;
  const contents = new Map<string, string>();
  for (const name of names) {
    const content = await lookup(name);
    if (content === undefined) throw new TemplateError(`Parameter ${name} not found.`);
    contents.set(name, content);
  }
  const replace = (node: Json): Json => {
    if (typeof node === 'string') return node.replace(DYNAMIC_REFERENCE, (_, name: string) => contents.get(name)!);
    if (Array.isArray(node)) return node.map(replace);
    if (typeof node === 'object') return Object.fromEntries(Object.entries(node).map(([key, member]) => [key, replace(member)]));
    return node;
  };
  return replace(value) as T;
}
