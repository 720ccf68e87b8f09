import type { PolicyDocument } from './evaluator';
import { managedPolicy } from './managed-policies';
import { AwsError } from '../core';

/** A role as IAM keeps it. */
export interface Role {
  readonly accountId: string;
  readonly roleName: string;
  readonly arn: string;
  readonly trustPolicy: PolicyDocument;
  /** Inline policies by name. */
  readonly inlinePolicies: ReadonlyMap<string, PolicyDocument>;
  readonly managedPolicyArns: ReadonlySet<string>;
}

/** A role to be created, or to take the place of one. */
export interface RoleDefinition {
  readonly accountId: string;
  readonly roleName: string;
  readonly arn: string;
  readonly trustPolicy: PolicyDocument;
  /** Inline policies of the role's own definition. Policies attached by {@link IamStore.putRolePolicy} stay. */
  readonly policies?: readonly { readonly name: string; readonly document: PolicyDocument }[];
  readonly managedPolicyArns?: readonly string[];
}

interface StoredRole {
  readonly definition: RoleDefinition;
  readonly attachedPolicies: Map<string, PolicyDocument>;
  readonly attachedManagedPolicyArns: Set<string>;
}

/** The roles that `cdk bootstrap` creates, with its default qualifier or another: administrators that their own account may assume. */
const BOOTSTRAP_ROLE = /^cdk-[a-z0-9]{1,10}-(deploy|file-publishing|image-publishing|lookup|cfn-exec)-role-\d{12}-[a-z0-9-]+$/;

/** Roles and policies of all accounts, as they stand now. CloudFormation's IAM resources write it, every call of a role reads it. */
export class IamStore {
  private readonly roles = new Map<string, StoredRole>();
  private readonly customerPolicies = new Map<string, PolicyDocument>();
  private readonly controlPolicies = new Map<string, readonly PolicyDocument[]>();

  constructor(private readonly partition: string = 'aws') {}

  /** Creates a role, or replaces its definition. */
  public putRole(definition: RoleDefinition): void {
    const key = keyOf(definition.accountId, definition.roleName);
    const existing = this.roles.get(key);
    this.roles.set(key, {
      definition,
      attachedPolicies: existing?.attachedPolicies ?? new Map(),
      attachedManagedPolicyArns: existing?.attachedManagedPolicyArns ?? new Set(),
    });
  }

  public deleteRole(arn: string): void {
    this.roles.delete(keyOfArn(arn));
  }

  /** Adds an inline policy to a role, as `AWS::IAM::Policy` and PutRolePolicy do. */
  public putRolePolicy(roleArn: string, policyName: string, document: PolicyDocument): void {
    this.stored(roleArn).attachedPolicies.set(policyName, document);
  }

  /** Takes an inline policy from a role; does nothing where either is gone. */
  public deleteRolePolicy(roleArn: string, policyName: string): void {
    this.roles.get(keyOfArn(roleArn))?.attachedPolicies.delete(policyName);
  }

  /** Creates a customer-managed policy, or replaces its document. */
  public putManagedPolicy(arn: string, document: PolicyDocument): void {
    this.customerPolicies.set(arn, document);
  }

  public deleteManagedPolicy(arn: string): void {
    this.customerPolicies.delete(arn);
  }

  public attachRolePolicy(roleArn: string, policyArn: string): void {
    this.stored(roleArn).attachedManagedPolicyArns.add(policyArn);
  }

  public detachRolePolicy(roleArn: string, policyArn: string): void {
    this.roles.get(keyOfArn(roleArn))?.attachedManagedPolicyArns.delete(policyArn);
  }

  /** Policies whose deny statements hold for everybody in an account, as service control policies do for member accounts. */
  public setServiceControlPolicies(accountId: string, documents: readonly PolicyDocument[]): void {
    this.controlPolicies.set(accountId, documents);
  }

  public serviceControlPolicies(accountId: string): readonly PolicyDocument[] {
    return this.controlPolicies.get(accountId) ?? [];
  }

  /** A role that was created, or one of the roles that `cdk bootstrap` leaves in every account. */
  public role(accountId: string, roleName: string): Role | undefined {
    const role = this.roles.get(keyOf(accountId, roleName));
    if (role === undefined) return BOOTSTRAP_ROLE.test(roleName) ? this.bootstrapRole(accountId, roleName) : undefined;
    const { definition } = role;
    return {
      accountId,
      roleName,
      arn: definition.arn,
      trustPolicy: definition.trustPolicy,
      inlinePolicies: new Map([
        ...(definition.policies ?? []).map(({ name, document }) => [name, document] as const),
        ...role.attachedPolicies,
      ]),
      managedPolicyArns: new Set([...definition.managedPolicyArns ?? [], ...role.attachedManagedPolicyArns]),
    };
  }

  /** All roles that were created, in the order of their creation. */
  public listRoles(accountId: string): Role[] {
    return [...this.roles.values()]
      .filter(({ definition }) => definition.accountId === accountId)
      .map(({ definition }) => this.role(accountId, definition.roleName)!);
  }

  /** The policies that decide what a role may do. A managed policy that nobody knows allows nothing. */
  public identityPolicies(role: Role): PolicyDocument[] {
    const managed = [...role.managedPolicyArns].map((arn) => this.customerPolicies.get(arn) ?? managedPolicy(arn));
    return [...role.inlinePolicies.values(), ...managed.filter((document) => document !== undefined)];
  }

  private stored(roleArn: string): StoredRole {
    const role = this.roles.get(keyOfArn(roleArn));
    if (role === undefined) {
      throw new AwsError('NoSuchEntity', `The role with name ${roleArn.split('/').at(-1)} cannot be found.`, 404);
    }
    return role;
  }

  private bootstrapRole(accountId: string, roleName: string): Role {
    return {
      accountId,
      roleName,
      arn: `arn:${this.partition}:iam::${accountId}:role/${roleName}`,
      trustPolicy: {
        Statement: {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { AWS: `arn:${this.partition}:iam::${accountId}:root` },
        },
      },
      inlinePolicies: new Map(),
      managedPolicyArns: new Set([`arn:${this.partition}:iam::aws:policy/AdministratorAccess`]),
    };
  }
}

function keyOf(accountId: string, roleName: string): string {
  return `${accountId}/${roleName}`;
}

/** A path is part of a role's ARN, but not of what tells roles apart. */
function keyOfArn(arn: string): string {
  return keyOf(arn.split(':')[4], arn.split('/').at(-1)!);
}
