/**
 * Templates for the simulation: synthesized once from the real constructs, then varied in the JSON, because a synthesis takes longer than
 * a simulated life.
 */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { MemberAccounts, SecurityHubMembers } from '../../src';
import { renderAccountIds } from '../../src/private/contract/properties';

/** The resources that the simulation can put into a stack, by construct id. */
export const CONSTRUCT_IDS = ['Members', 'Others', 'Renamed', 'Thirds'] as const;
/** Further ones, where many are needed: `Numbered1` to `Numbered50`. */
export type NumberedId = `Numbered${number}`;
export type ConstructId = typeof CONSTRUCT_IDS[number] | NumberedId;

const NUMBERED_IDS = Array.from({ length: 50 }, (_, index): NumberedId => `Numbered${index + 1}`);

/** The properties of one resource in the form that the contract has, and what the template says around them. */
export interface MembersSpec {
  readonly accounts?: readonly string[];
  /** Account ids; their addresses are made up. */
  readonly outside?: readonly string[];
  readonly failureTolerance?: string;
  readonly existingMembers?: 'leave' | 'takeOver';
  readonly dropped?: 'remove' | 'release';
  readonly removalLimit?: string;
  readonly wait?: number;
  readonly revision?: string;
  readonly serviceTimeout?: number;
  readonly retain?: boolean;
  readonly dependsOn?: readonly string[];
  /** Properties as they stand, for misuse. */
  readonly raw?: Readonly<Record<string, unknown>>;
}

export interface StackSpec {
  readonly members: Readonly<Partial<Record<ConstructId, MembersSpec>>>;
  /** Further resources, by logical id. */
  readonly resources?: Readonly<Record<string, object>>;
  /** Changes the finished template. */
  readonly edit?: (resources: Record<string, any>) => void;
}

interface TemplateResource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

interface Synthesized {
  readonly shared: Readonly<Record<string, TemplateResource>>;
  /** By construct id, with a short list and with a long one. */
  readonly members: Readonly<Record<string, {
    readonly logicalId: string;
    readonly short: TemplateResource;
    readonly long: TemplateResource;
  }>>;
}

const TYPE = 'Custom::SecurityHubMembers';
/** From here on CloudFormation waits longer. */
const LONG = 501;
let cached: Synthesized | undefined;
let cachedNumbered: Synthesized | undefined;

function synthesized(): Synthesized {
  return (cached ??= synthesize(CONSTRUCT_IDS));
}

/** The resource of a construct id. */
function synthesizedMembers(id: ConstructId): Synthesized['members'][string] {
  return synthesized().members[id] ?? (cachedNumbered ??= synthesize(NUMBERED_IDS)).members[id];
}

function synthesize(constructIds: readonly ConstructId[]): Synthesized {
  const resources = (count: number): Record<string, TemplateResource> => {
    const stack = new Stack(new App({ analyticsReporting: false, context: { 'aws:cdk:disable-asset-staging': true } }), 'Stack');
    const ids = Array.from({ length: count }, (_, index) => String(index + 1).padStart(12, '0'));
    for (const id of constructIds) new SecurityHubMembers(stack, id, { accounts: MemberAccounts.of(ids) });
    return Template.fromStack(stack).toJSON().Resources;
  };
  const [short, long] = [resources(1), resources(LONG)];
  const ofType = Object.entries(short).filter(([, { Type }]) => Type === TYPE);
  return {
    shared: Object.fromEntries(Object.entries(short).filter(([, { Type }]) => Type !== TYPE)),
    members: Object.fromEntries(constructIds.map((id) => {
      // a logical id is the construct's id and eight characters
      const [name, found] = ofType.find(([each]) => each.slice(0, -8) === id)!;
      return [id, { logicalId: name, short: found, long: long[name] }];
    })),
  };
}

export function logicalId(id: ConstructId): string {
  return synthesizedMembers(id).logicalId;
}

/** The logical id of the only shared resource of a type, such as the ledger's table. */
export function sharedId(type: string): string {
  return Object.entries(synthesized().shared).find(([, { Type }]) => Type === type)![0];
}

/** The template of a stack. A stack without members has none of the library's resources, as the constructs have it. */
export function templateOf(spec: StackSpec): { Resources: Record<string, object> } {
  const entries = Object.entries(spec.members) as [ConstructId, MembersSpec][];
  const template = {
    Resources: {
      ...(entries.length === 0 ? {} : synthesized().shared),
      ...Object.fromEntries(entries.map(([id, members]) => [logicalId(id), resource(id, members)])),
      // CloudFormation takes no empty template
      ...(spec.resources ?? (entries.length === 0 ? { Placeholder: { Type: 'AWS::CloudFormation::WaitConditionHandle', Properties: {} } } : {})),
    },
  };
  if (spec.edit === undefined) return template;
  const edited = structuredClone(template);
  spec.edit(edited.Resources);
  return edited;
}

function resource(id: ConstructId, spec: MembersSpec): object {
  const { accounts = [], outside = [], retain, dependsOn } = spec;
  const { short, long } = synthesizedMembers(id);
  const base = accounts.length + outside.length >= LONG ? long : short;
  const { Accounts: _accounts, ...properties } = base.Properties;
  const given = {
    Accounts: accounts.length === 0 ? undefined : renderAccountIds(accounts),
    OutsideAccounts: outside.length === 0 ? undefined : outside.map((account) => `${account}=${emailOf(account)}`),
    FailureTolerance: spec.failureTolerance,
    ExistingMembers: spec.existingMembers,
    Dropped: spec.dropped,
    RemovalLimit: spec.removalLimit,
    Wait: spec.wait,
    Revision: spec.revision,
    ServiceTimeout: spec.serviceTimeout ?? properties.ServiceTimeout,
    ...spec.raw,
  };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const policy = retain ? 'Retain' : undefined;
  return {
    ...base,
    Properties: { ...properties, ...present },
    ...(policy === undefined ? {} : { DeletionPolicy: policy, UpdateReplacePolicy: policy }),
    ...(dependsOn === undefined ? {} : { DependsOn: dependsOn }),
  };
}

export function emailOf(account: string): string {
  return `owner-of-${account}@example.com`;
}

/** A resource that fails as told, after `seconds`. */
export function failing(on: readonly ('Create' | 'Update' | 'Delete')[], seconds: number = 0, more: object = {}): object {
  return { Type: 'Test::Failing', Properties: { FailOn: on, AfterSeconds: seconds, Revision: String(seconds) }, ...more };
}

