/** What a stack is made of, as the engine keeps it. */
import { randomString } from './random';
import type { Json, JsonObject, ParameterValue, RemovalBehaviour, ResourceDefinition, Template } from './template';

/** Where a stack lives. */
export interface Place {
  readonly accountId: string;
  readonly region: string;
}

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** What a stack is deployed from: the template with everything that is known before the first resource is touched. */
export interface Deployment {
  readonly body: string;
  readonly template: Template;
  readonly parameters: readonly ParameterValue[];
  readonly conditions: Readonly<Record<string, boolean>>;
  readonly tags: readonly Tag[];
  readonly capabilities: readonly string[];
  readonly notificationArns: readonly string[];
  readonly roleArn?: string;
}

/** One physical resource of a stack. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  physicalId?: string;
  status: string;
  statusReason?: string;
  changedAt: number;
  definition: ResourceDefinition;
  /** Logical ids of the resources that this one needs. */
  dependsOn: readonly string[];
  /** Resolved properties of the last Create or Update that succeeded (of the Create, if none did). */
  properties: JsonObject;
  /** Properties of an Update that was sent and did not succeed. */
  attempted?: JsonObject;
  attributes: JsonObject;
  /** Changed since the stack was last stable. */
  touched: boolean;
  /** Work that was cancelled and may still be running; it settles before anything else is done with the resource. */
  unfinished?: Promise<Settled>;
}

/** What a provider made of a resource. */
export interface Provisioned {
  readonly physicalId: string;
  readonly attributes: JsonObject;
}

/** How an action on a resource ended. */
export type Settled =
  | { readonly provisioned: Provisioned; readonly failure?: undefined }
  | { readonly provisioned?: undefined; readonly failure: ProvisioningFailure };

/** A resource could not be created, updated or deleted; the message is the event's reason. */
export class ProvisioningFailure extends Error {
  /**
   * @param physicalId what exists nevertheless, if anything: it is deleted on rollback of a Create, adopted after an Update
   */
  constructor(message: string, public readonly physicalId?: string) {
    super(message);
  }
}

/** A failure before anything was done: there is nothing to undo. */
export class NotAttempted extends ProvisioningFailure {}

/** A physical resource that goes in the clean-up phase. */
export interface Garbage {
  readonly resource: Resource;
  readonly policy: RemovalBehaviour;
}

export interface Output {
  readonly key: string;
  readonly value: string;
  readonly description?: string;
  readonly exportName?: string;
}

/** The state that a rollback returns to. A stack that has never been deployed has no `deployment`. */
export interface Snapshot {
  readonly deployment?: Deployment;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly outputs: readonly Output[];
}

export interface StackEvent {
  readonly EventId: string;
  readonly OperationId: string;
  readonly StackId: string;
  readonly StackName: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId: string;
  readonly ResourceType: string;
  readonly Timestamp: Date;
  readonly ResourceStatus: string;
  readonly ResourceStatusReason?: string;
  readonly ResourceProperties?: string;
  readonly ClientRequestToken?: string;
}

export interface Stack extends Place {
  readonly stackId: string;
  readonly stackName: string;
  readonly createdAt: number;
  readonly parentId?: string;
  readonly rootId?: string;
  changedAt?: number;
  deletedAt?: number;
  status: string;
  statusReason?: string;
  /** Absent until the first change set or creation is executed. */
  deployment?: Deployment;
  resources: Map<string, Resource>;
  /** Resources that are gone, by logical id: they are still described. */
  readonly gone: Map<string, Resource>;
  garbage: Garbage[];
  /** Present from the start of an operation until the stack is stable again. */
  stable?: Snapshot;
  outputs: readonly Output[];
  /** Names of the exports of other stacks that this one uses. */
  imports: Set<string>;
  /** Oldest first. */
  readonly events: StackEvent[];
  disableRollback: boolean;
  terminationProtection: boolean;
  changeSetId?: string;
  deletionMode?: string;
}

/** One create, update, delete or rollback of a stack; it can be cancelled, with everything that it has under way. */
export class Operation {
  public readonly failed = { create: new Set<string>(), update: new Set<string>(), delete: new Set<string>() };
  /** Why the stack itself fails, apart from its resources. */
  public reason?: string;
  public readonly cancelled: Promise<void>;
  public isCancelled = false;
  /** Another operation takes over the stack as it is. */
  public superseded = false;
  private announce!: () => void;

  constructor(public readonly id: string, public readonly disableRollback: boolean, public readonly token?: string) {
    this.cancelled = new Promise((resolve) => { this.announce = resolve; });
  }

  public cancel(reason?: string): void {
    if (this.isCancelled) return;
    this.isCancelled = true;
    this.reason ??= reason;
    this.announce();
  }

  /** Notes a resource's failure; unless rollback is disabled, everything else is cancelled. */
  public fail(kind: 'create' | 'update' | 'delete', logicalId: string): void {
    this.failed[kind].add(logicalId);
    if (!this.disableRollback && kind !== 'delete') this.cancel();
  }

  /** The same request's next phase: nothing failed yet, nothing cancelled. */
  public nextPhase(): Operation {
    return new Operation(this.id, this.disableRollback, this.token);
  }

  /** The status reason that AWS shows for the stack. */
  public describeFailure(): string {
    const sentences = Object.entries(this.failed)
      .filter(([, ids]) => ids.size > 0)
      .map(([kind, ids]) => `The following resource(s) failed to ${kind}: [${[...ids].join(', ')}]. `);
    return (this.reason ?? '') + sentences.join('');
  }
}

/** The name that CloudFormation invents: stack, logical id and a random suffix. [D] User Guide, "Name type" */
export function inventedName(random: () => number, stackName: string, logicalId: string, maximumLength = 255): string {
  const suffix = randomString(random, 12, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789');
  const head = `${stackName}-${logicalId}`;
  return `${head.slice(0, maximumLength - suffix.length - 1)}-${suffix}`;
}

/** A pseudo parameter or property as text. */
export function asText(value: Json | undefined): string | undefined {
  return value === undefined || typeof value === 'object' ? undefined : String(value);
}
