/**
 * The models of Organizations, Security Hub and Compute Optimizer Automation without HTTP, for their own tests, on a clock that stands still until it is told to go on.
 */
import type { Clock, Timer } from '../clock';
import type { Environment, Unknowns } from '../core';
import {
  MANAGEMENT_ACCOUNT, memberAccount, organizationOf, outsideAccount, resolveOrganization, SECURITY_ACCOUNT,
  type OrganizationOf,
} from '../organization-file';
import { DEFAULT_UNKNOWNS } from '../unknowns';
import { ComputeOptimizerAutomation, type ComputeOptimizerAutomationOptions } from './compute-optimizer-automation';
import { Organizations, type OrganizationsOptions, type Principal } from './organizations';
import { SecurityHub, type SecurityHubOptions } from './security-hub';

export const REGION = 'us-east-1';
export const ADMINISTRATOR: Principal = { accountId: SECURITY_ACCOUNT, arn: `arn:aws:iam::${SECURITY_ACCOUNT}:role/handler` };
export const MANAGEMENT: Principal = { accountId: MANAGEMENT_ACCOUNT };

/** The n-th member account as a caller. */
export function member(n: number): Principal {
  return { accountId: memberAccount(n) };
}

/** The n-th outside account as a caller. */
export function outsider(n: number): Principal {
  return { accountId: outsideAccount(n) };
}

/** A clock that a test moves by hand; the models themselves never wait. */
export class HandClock implements Clock {
  private time = Date.UTC(2026, 0, 1);

  public now(): number {
    return this.time;
  }

  public advance(milliseconds: number): void {
    this.time += milliseconds;
  }

  public sleep(): Promise<void> {
    throw new Error('the models do not sleep');
  }

  public after(): Timer {
    throw new Error('the models set no timers');
  }

  public hold<T>(work: Promise<T>): Promise<T> {
    return work;
  }
}

export interface BedOptions extends Partial<OrganizationOf> {
  readonly unknowns?: Partial<Unknowns>;
  readonly securityHub?: SecurityHubOptions;
  readonly organizations?: OrganizationsOptions;
  readonly automation?: ComputeOptimizerAutomationOptions;
}

/** AWS settles at once. */
const AT_ONCE: Partial<Unknowns> = {
  createdFor: 0, readsSettleAfter: 0, automationPendingFor: 0, clientTokenInUseFor: 0,
};

/** An organization of 60 accounts and 5 outside, where AWS settles at once and nothing is throttled, unless told otherwise. */
export function bed(options: BedOptions = {}) {
  const {
    unknowns, securityHub, organizations: organizationsOptions, automation: automationOptions, ...organization
  } = options;
  const clock = new HandClock();
  const environment: Environment = {
    clock,
    random: () => 0.5,
    partition: 'aws',
    unknowns: { ...DEFAULT_UNKNOWNS, ...AT_ONCE, ...unknowns },
  };
  const world = resolveOrganization(organizationOf({ accounts: 60, outside: 5, ...organization }));
  const organizations = new Organizations(environment, world, { throttling: false, ...organizationsOptions });
  const hub = new SecurityHub(environment, organizations, world, { throttling: false, ...securityHub });
  const automation = new ComputeOptimizerAutomation(
    environment, organizations, world, { throttling: false, ...automationOptions });
  const create = (...ids: string[]) => {
    const AccountDetails = ids.map((AccountId) => ({ AccountId }));
    return hub.createMembers(ADMINISTRATOR, REGION, { AccountDetails }).UnprocessedAccounts;
  };
  const invite = (...AccountIds: string[]) =>
    hub.inviteMembers(ADMINISTRATOR, REGION, { AccountIds }).UnprocessedAccounts;
  const disassociate = (...AccountIds: string[]) => hub.disassociateMembers(ADMINISTRATOR, REGION, { AccountIds });
  const remove = (...AccountIds: string[]) =>
    hub.deleteMembers(ADMINISTRATOR, REGION, { AccountIds }).UnprocessedAccounts;
  const read = (...AccountIds: string[]) => hub.getMembers(ADMINISTRATOR, REGION, { AccountIds });
  /** The status of one account as GetMembers shows it. */
  const shown = (id: string): string | undefined => read(id).Members[0]?.MemberStatus;
  /** The status of one account as it is. */
  const status = (id: string) => hub.members(SECURITY_ACCOUNT, REGION).get(id)?.status;
  const accept = (caller: Principal, administratorId: string = SECURITY_ACCOUNT) => {
    const { Invitations } = hub.listInvitations(caller, REGION, {});
    const InvitationId = Invitations.find((each) => each.AccountId === administratorId)?.InvitationId;
    return hub.acceptAdministratorInvitation(caller, REGION, { AdministratorId: administratorId, InvitationId });
  };
  const calls = { create, invite, disassociate, remove, read, shown, status, accept };
  return { clock, environment, world, organizations, hub, automation, ...calls };
}

/** What a call throws, as `Code status`. */
export function refused(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    const { code, status } = error as { code?: string; status?: number };
    if (code === undefined) throw error;
    return `${code} ${status}`;
  }
  return 'nothing';
}
