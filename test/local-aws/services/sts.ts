import { AwsError, type Authorization, type Call, type Service } from '../core';
import type { Authorizer } from '../iam/authorizer';
import type { Credentials } from '../iam/credentials';
import type { Context } from '../iam/evaluator';
import type { IamStore } from '../iam/store';

/** STS: who am I, and may I be someone else. */
export class StsService implements Service {
  public readonly name = 'sts';
  public readonly operations = new Set(['AssumeRole', 'GetCallerIdentity']);

  constructor(
    private readonly credentials: Credentials,
    private readonly iam: IamStore,
    private readonly authorizer: Authorizer,
  ) {}

  /** [D] GetCallerIdentity needs no permission; AssumeRole is decided together with the trust policy, in the call itself. */
  public authorization(): readonly Authorization[] {
    return [];
  }

  public async call(call: Call): Promise<unknown> {
    return call.operation === 'AssumeRole' ? this.assumeRole(call) : this.callerIdentity(call);
  }

  private callerIdentity({ caller }: Call): unknown {
    return { UserId: userId(caller), Account: caller.accountId, Arn: caller.arn };
  }

  private assumeRole(call: Call): unknown {
    const { RoleArn, RoleSessionName, DurationSeconds, ExternalId, Policy } = call.input;
    const match = /^arn:[^:]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(RoleArn ?? '');
    if (match === null) throw new AwsError('ValidationError', `${RoleArn} is invalid`, 400);
    if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName ?? '')) {
      throw new AwsError('ValidationError', `1 validation error detected: Value '${RoleSessionName}' at 'roleSessionName' failed to satisfy constraint`, 400);
    }
    const [, accountId, roleName] = match;
    const context: Context = ExternalId === undefined ? {} : { 'sts:ExternalId': ExternalId };
    const refusal = this.authorizer.assumeRoleRefusal(call, RoleArn, this.iam.role(accountId, roleName), context);
    if (refusal !== undefined) throw new AwsError('AccessDenied', refusal, 403);
    const keys = this.credentials.issue({
      accountId,
      roleName,
      sessionName: RoleSessionName,
      durationSeconds: DurationSeconds,
      policies: Policy === undefined ? [] : [JSON.parse(Policy)],
    });
    return {
      Credentials: {
        AccessKeyId: keys.accessKeyId,
        SecretAccessKey: keys.secretAccessKey,
        SessionToken: keys.sessionToken,
        Expiration: keys.expiration,
      },
      AssumedRoleUser: {
        AssumedRoleId: userId({ roleName, sessionName: RoleSessionName }),
        Arn: `${RoleArn.split(':').slice(0, 2).join(':')}:sts::${accountId}:assumed-role/${roleName}/${RoleSessionName}`,
      },
    };
  }
}

/** A unique id in IAM's form, made from the role's name so that it is the same every time. */
function userId({ roleName, sessionName }: { roleName?: string; sessionName?: string }): string {
  if (roleName === undefined) return 'AIDALOCALAWSADMINUSER';
  const id = roleName.toUpperCase().replace(/[^A-Z2-7]/g, '').padEnd(17, 'A').slice(0, 17);
  return `AROA${id}:${sessionName}`;
}
