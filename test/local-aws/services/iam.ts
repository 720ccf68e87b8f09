import { AwsError, type Call, type Service } from '../core';
import type { IamStore, Role } from '../iam/store';

/** IAM, to look at: roles are made by CloudFormation and can be read by hand. */
export class IamService implements Service {
  public readonly name = 'iam';
  public readonly operations = new Set([
    'GetRole', 'GetRolePolicy', 'ListAttachedRolePolicies', 'ListRolePolicies', 'ListRoles',
  ]);

  constructor(private readonly store: IamStore) {}

  public async call({ operation, caller, input }: Call): Promise<unknown> {
    if (operation === 'ListRoles') {
      return { Roles: this.store.listRoles(caller.accountId).map(described), IsTruncated: false };
    }
    const role = this.store.role(caller.accountId, input.RoleName);
    if (role === undefined) throw noSuchEntity(`The role with name ${input.RoleName} cannot be found.`);
    switch (operation) {
      case 'GetRole': return { Role: described(role) };
      case 'ListRolePolicies': return { PolicyNames: [...role.inlinePolicies.keys()], IsTruncated: false };
      case 'ListAttachedRolePolicies': return {
        AttachedPolicies: [...role.managedPolicyArns].map((arn) => ({ PolicyName: arn.split('/').at(-1), PolicyArn: arn })),
        IsTruncated: false,
      };
      default: {
        const document = role.inlinePolicies.get(input.PolicyName);
        if (document === undefined) throw noSuchEntity(`The role policy with name ${input.PolicyName} cannot be found.`);
        return { RoleName: input.RoleName, PolicyName: input.PolicyName, PolicyDocument: encoded(document) };
      }
    }
  }
}

function described({ roleName, arn, trustPolicy }: Role): unknown {
  const path = arn.slice(arn.indexOf('/'), arn.lastIndexOf('/') + 1);
  return { RoleName: roleName, Arn: arn, Path: path, AssumeRolePolicyDocument: encoded(trustPolicy) };
}

/** [D] "Policies returned by this operation are URL-encoded" */
function encoded(document: object): string {
  return encodeURIComponent(JSON.stringify(document));
}

function noSuchEntity(message: string): AwsError {
  return new AwsError('NoSuchEntity', message, 404);
}
