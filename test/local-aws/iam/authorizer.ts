import type { Authorization, Call, Caller } from '../core';
import type { Credentials } from './credentials';
import { evaluate, evaluateTrust, type Context, type Decision } from './evaluator';
import type { IamStore, Role } from './store';
import type { Clock } from '../clock';

/** Why a call may not be made: the caller's role is gone, or a policy says no. */
export type Refusal =
  | { readonly kind: 'roleGone' }
  | { readonly kind: 'denied'; readonly message: string };

/** Decides whether a caller may make a call, by the policies as they stand at this moment. */
export class Authorizer {
  constructor(
    private readonly store: IamStore,
    private readonly credentials: Credentials,
    private readonly clock: Clock,
  ) {}

  /** The reason why the call is refused; none if it is allowed. */
  public refusal(call: Call, authorizations: readonly Authorization[]): Refusal | undefined {
    const role = this.roleOf(call.caller);
    if (call.caller.roleName !== undefined && role === undefined) return { kind: 'roleGone' };
    for (const { action, resources, context } of authorizations) {
      for (const resource of resources) {
        const message = this.denial(call, role, action, resource, context);
        if (message !== undefined) return { kind: 'denied', message };
      }
    }
    return undefined;
  }

  /** The reason why a role may not be assumed; none if it may. */
  public assumeRoleRefusal(call: Call, roleArn: string, role: Role | undefined, context: Context): string | undefined {
    const { caller } = call;
    const action = 'sts:AssumeRole';
    // a role that does not exist and one that does not trust the caller look the same. [D] API reference AssumeRole
    const refused = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${roleArn}`;
    if (role === undefined) return refused;
    const own = this.roleOf(caller);
    const names = [caller.arn, ...(own === undefined ? [] : [own.arn])];
    const account = [caller.accountId, caller.arn.replace(/^(arn:[^:]+):.*$/, `$1:iam::${caller.accountId}:root`)];
    const full = { ...this.globalContext(call), ...lowered(context) };
    const trust = (principals: string[]) => evaluateTrust(role.trustPolicy, principals, action, full);
    if (trust([...names, ...account]) !== 'allow') return refused;
    // a trust policy of the same account that names the caller itself suffices; otherwise the caller's own policies must allow it too
    const suffices = role.accountId === caller.accountId && trust(names) === 'allow';
    return suffices ? undefined : this.denial(call, own, action, roleArn, context);
  }

  private denial(
    call: Call,
    role: Role | undefined,
    action: string,
    resource: string,
    own: Context = {},
  ): string | undefined {
    const { caller } = call;
    const request = { action, resource, context: { ...this.globalContext(call), ...lowered(own) } };
    const user = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource}`;
    if (evaluate(this.store.serviceControlPolicies(caller.accountId), request) === 'explicitDeny') {
      return `${user} with an explicit deny in a service control policy`;
    }
    if (role === undefined) return undefined;
    const identity = evaluate(this.store.identityPolicies(role), request);
    if (identity !== 'allow') return `${user} ${reason(identity, 'an identity-based policy', 'identity-based policy', action)}`;
    const session = this.credentials.sessionPolicies(caller.accessKeyId);
    if (session.length === 0) return undefined;
    const narrowed = evaluate(session, request);
    return narrowed === 'allow' ? undefined : `${user} ${reason(narrowed, 'a session policy', 'session policy', action)}`;
  }

  private roleOf(caller: Caller): Role | undefined {
    return caller.roleName === undefined ? undefined : this.store.role(caller.accountId, caller.roleName);
  }

  private globalContext(call: Call): Context {
    const { caller } = call;
    return {
      'aws:principalaccount': caller.accountId,
      'aws:principalarn': this.roleOf(caller)?.arn ?? caller.arn,
      'aws:requestedregion': call.region,
      'aws:securetransport': 'true',
      'aws:currenttime': new Date(this.clock.now()).toISOString(),
    };
  }
}

/** [D] IAM User Guide, "Troubleshoot access denied error messages" */
function reason(decision: Decision, aPolicy: string, policy: string, action: string): string {
  return decision === 'explicitDeny' ? `with an explicit deny in ${aPolicy}` : `because no ${policy} allows the ${action} action`;
}

function lowered(context: Context): Context {
  return Object.fromEntries(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
}
