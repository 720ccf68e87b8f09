/**
 * Compute Optimizer Automation as the engine sees it: what ListAccounts shows, which calls lead where, what its errors mean.
 *
 * | ListAccounts shows | to join | to leave |
 * |---|---|---|
 * | AnyAllowed, Active | goal | there |
 * | AnyAllowed, Pending | on its way: AWS switches Automation on | there |
 * | AnyAllowed, Inactive or Failed | AssociateAccounts | there |
 * | NoneAllowed, whatever its status | AssociateAccounts | gone |
 * | nothing of the account | refused: it is not enrolled in Compute Optimizer | gone |
 * | a mode that nobody knows | refused | there |
 * | a status that nobody knows | refused | by its mode |
 *
 * ListAccounts has no filter: each look is at the whole organization, a thousand accounts a page, and nothing is asked per account.
 */
import { createHash } from 'node:crypto';
import type { AutomationApi, Dealt, Enrollment, ListedAccount } from './api';
import { AUTOMATION_REGIONS } from '../../src/private/contract/compute-optimizer-association';
import { pause } from '../membership/calls';
import { OrganizationLookup, type OrganizationsApi } from '../membership/organization';
import {
  type CallAnswer,
  type CallFailure,
  type Cause,
  type FailedCall,
  type Live,
  type MembershipService,
  type Purpose,
  Stop,
} from '../membership/service';
import { answering, errorName, oneLine, said, transient, withoutSecrets } from '../runtime/errors';
import { type Platform, within } from '../runtime/platform';
import { listed as named } from '../runtime/reason';
import { retrying } from '../runtime/retry';
import { TokenBucket } from '../runtime/token-bucket';

export interface AutomationOptions {
  /** The service's API in a Region. */
  readonly automation: (region: string) => AutomationApi;
  readonly organizations: OrganizationsApi;
  readonly platform: Platform;
  readonly region: string;
  /** Of an Update that changes the Region: where associations were made before, and the accounts of that time. */
  readonly before?: { readonly region: string; readonly accounts: readonly string[] };
  readonly administrator: string;
  readonly enrollAdministrator: boolean;
  /** Part of every client token. */
  readonly requestId: string;
  readonly deadline: number;
  /** How long to wait until Automation is on in the administrator. */
  readonly waitSeconds: number;
  /** On Create: right after delegation AWS may answer for a while as if the caller were no administrator. */
  readonly patient: boolean;
}

/** "You can specify up to 50 account IDs"; said of AssociateAccounts, and the other is given the same. [API reference] */
const ACCOUNTS_PER_CALL = 50;
/** "5 API calls per second" per account and Region is what Compute Optimizer publishes; for Automation nothing is. [endpoints and quotas] */
const RATE = { perSecond: 5, burst: 5 };
/** What one read may take. */
const READ_MILLISECONDS = 20_000;
const READ_PATIENCE_SECONDS = 180;
/** How long a name that does not resolve is tried: long enough for a resolver that falters, short for a Region without an endpoint. */
const NAME_PATIENCE_MILLISECONDS = 4_000;
/** This long a Create waits for AWS to know its new administrator. */
const DELEGATION_PATIENCE_MILLISECONDS = 120_000;
/** After Automation has been switched on, AWS may for a while answer as if it were off. */
const ENROLLMENT_PATIENCE_MILLISECONDS = 60_000;
const ENROLLMENT_LOOK_MILLISECONDS = 5_000;
/** How often a failed enrolment is looked at before the failure stands: reads may still show an earlier one. */
const FAILURE_LOOKS = 3;
/** Words of AWS that a refusal carries. */
const WORDS = 3;

const ENROLL = 'UpdateEnrollmentConfiguration';
const LOOK_AT_ENROLLMENT = 'GetEnrollmentConfiguration';

const NOT_ENROLLED =
  'it is not enrolled in Compute Optimizer: enable Compute Optimizer for the organization including its member accounts ' +
  '(UpdateEnrollmentStatus with includeMemberAccounts), or leave the account out';
const NO_ACCESS =
  'see that the account belongs to the organization and is enrolled in Compute Optimizer, and that Compute Optimizer has trusted access';
const FORBIDDEN = 'see that Compute Optimizer has trusted access to the organization, and that no policy forbids the call';
const NO_ADMINISTRATOR =
  'see that the account of the stack is the administrator for Compute Optimizer, and that Automation is on in it';
const MISMATCH = 'deploy again: another deployment sends another client token';
const MAY_NOT_ENROLL =
  `allow the handler's role ${ENROLL}, ${LOOK_AT_ENROLLMENT} and iam:CreateServiceLinkedRole, or lift the policy that denies it`;
/** The documented reason to refuse it. [API reference, UpdateEnrollmentConfiguration] */
const ENROLLMENT_REFUSED =
  'if it was switched off there within the last 24 hours, deploy again once they have passed, else correct the cause';

/** Answers to an administrator that is none, or not yet: to leave, it has nobody. */
const NOBODY = new Set(['OptInRequiredException', 'NotManagementAccountException']);

export class AutomationMembership implements MembershipService {
  public readonly name = 'compute-optimizer-automation';
  public readonly joinSteps = ['AssociateAccounts'];
  public readonly claimingSteps = new Set(['AssociateAccounts']);
  public readonly clearingSteps = new Set<string>();
  public readonly accountsPerCall = ACCOUNTS_PER_CALL;
  /** An account that has left the organization makes AWS refuse the whole DisassociateAccounts. */
  public readonly looksBeforeLeaving = true;
  private readonly api: AutomationApi;
  private readonly bucket: TokenBucket;
  private readonly organization: OrganizationLookup;
  /** Until then a Create waits for AWS to know its administrator. */
  private readonly delegatedBy: number;
  /** Until then AWS may not know yet that Automation is on; 0 before it has been switched on. */
  private enrolledBy = 0;
  private hasComparedRegions = false;
  /** What the last look has shown. */
  private seen: ReadonlyMap<string, ListedAccount> = new Map();

  constructor(private readonly options: AutomationOptions) {
    const { platform, organizations: api, deadline, patient } = options;
    this.api = options.automation(options.region);
    this.bucket = new TokenBucket(platform, RATE.perSecond, RATE.burst);
    this.organization = new OrganizationLookup({
      api,
      platform,
      deadline,
      managementAccount: 'it is the management account, which nobody can associate',
      foreign: 'take it off the list',
    });
    this.delegatedBy = patient ? platform.monotonic() + DELEGATION_PATIENCE_MILLISECONDS : 0;
  }

  public leaveSteps(): readonly string[] {
    return ['DisassociateAccounts'];
  }

  public async beforeJoining(): Promise<void> {
    // what has to hold, the first look has told
  }

  public async observe(accounts: readonly string[], purpose: Purpose): Promise<Map<string, Live>> {
    this.seen = purpose === 'join' ? await this.listToJoin() : await this.listToLeave();
    if (purpose === 'join') await this.compareRegions(accounts);
    const liveOf = purpose === 'join' ? toJoin : toLeave;
    return new Map(accounts.map((account) => [account, liveOf(this.seen.get(account))]));
  }

  public async call(step: string, accounts: readonly string[], signal: AbortSignal): Promise<CallAnswer> {
    // in one order, so that the same accounts are the same request
    const sorted = [...accounts].sort();
    const token = clientToken(this.options.requestId, step, sorted);
    await this.bucket.take();
    switch (step) {
      case 'AssociateAccounts':
        return answerFor(sorted, await this.api.associateAccounts(sorted, token, signal));
      case 'DisassociateAccounts':
        return answerFor(sorted, await this.api.disassociateAccounts(sorted, token, signal));
      default:
        throw new Error(`'${step}' is no call of Compute Optimizer Automation`);
    }
  }

  public judge(error: unknown, { step, accounts, looked }: FailedCall): CallFailure {
    const leaving = step === 'DisassociateAccounts';
    switch (errorName(error)) {
      case 'InvalidParameterValueException':
        // one account to which the administrator has no access makes AWS refuse all of them
        if (accounts === 1 && (looked || !leaving)) return { refuse: NO_ACCESS };
        return leaving ? 'look' : 'split';
      case 'OptInRequiredException':
      case 'NotManagementAccountException':
        if (leaving) return looked ? { refuse: NO_ADMINISTRATOR } : 'look';
        return this.mayPass(error) ? 'retry' : 'stop';
      case 'ForbiddenException':
        return { refuse: FORBIDDEN };
      case 'IdempotentParameterMismatchException':
        return { refuse: MISMATCH };
      default:
        return transient(error) ? 'retry' : 'refuse';
    }
  }

  public async keepsMembers(): Promise<string | undefined> {
    return undefined;
  }

  public async causes(accounts: readonly string[]): Promise<Map<string, Cause>> {
    const causes = await this.organization.causes(accounts);
    for (const account of accounts) {
      const { status, statusReason } = this.seen.get(account) ?? {};
      if (status !== 'Failed' || causes.has(account)) continue;
      const reason = statusReason ? withoutSecrets(oneLine(statusReason)) : 'AWS gives no reason';
      causes.set(account, {
        kind: 'other',
        words: `Automation failed in the account (${reason}): correct the cause there and deploy again`,
      });
    }
    return causes;
  }

  public async explain(error: unknown): Promise<string> {
    const { administrator, enrollAdministrator } = this.options;
    switch (errorName(error)) {
      case 'OptInRequiredException':
        return enrollAdministrator
          ? `Compute Optimizer is not on in account ${administrator}: opt in there first (UpdateEnrollmentStatus with includeMemberAccounts), and deploy again; AWS said ${said(error)}`
          : `Compute Optimizer Automation is not on in account ${administrator}: set enrollAdministrator, or turn it on there, and deploy again; AWS said ${said(error)}`;
      case 'NotManagementAccountException':
        return `account ${administrator} is neither the management account of an organization nor its delegated administrator for Compute Optimizer: deploy in one of them, or delegate it from the management account, and deploy again; AWS said ${said(error)}`;
      default:
        return said(error);
    }
  }

  // -- looking

  /** Switches Automation on in the administrator where it has to be on and is not. */
  private async listToJoin(): Promise<Map<string, ListedAccount>> {
    const { region, enrollAdministrator } = this.options;
    try {
      return await this.list(region, this.api);
    } catch (error) {
      const mayEnroll = errorName(error) === 'OptInRequiredException' && enrollAdministrator && this.enrolledBy === 0;
      if (!mayEnroll) throw await this.ending(error);
    }
    await this.enroll();
    try {
      return await this.list(region, this.api);
    } catch (error) {
      throw await this.ending(error);
    }
  }

  private async listToLeave(): Promise<Map<string, ListedAccount>> {
    try {
      return await this.list(this.options.region, this.api);
    } catch (error) {
      // Automation is off, or the administrator has moved: then this account has nobody, and nothing is left to remove
      if (NOBODY.has(errorName(error))) return new Map();
      throw await this.ending(error);
    }
  }

  private async list(region: string, api: AutomationApi): Promise<Map<string, ListedAccount>> {
    const accounts = new Map<string, ListedAccount>();
    let nextToken: string | undefined;
    do {
      const token = nextToken;
      const page = await this.send('ListAccounts', region, (signal) => api.listAccounts(token, signal));
      for (const account of page.accounts) accounts.set(account.accountId, account);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return accounts;
  }

  /**
   * Before anything is done in another Region than before: no source says whether an association holds in all Regions. Where it does not, what was
   * associated in the old Region could not be removed from the new one, so the Region must not change.
   */
  private async compareRegions(accounts: readonly string[]): Promise<void> {
    const { before, region } = this.options;
    if (before === undefined || before.region === region || this.hasComparedRegions) return;
    const then = await this.listBefore(before.region);
    const ours = [...new Set([...accounts, ...before.accounts])].sort();
    const onlyThere = (now: ReadonlyMap<string, ListedAccount>) =>
      ours.filter((account) => isAssociated(then.get(account)) && !isAssociated(now.get(account)));
    // one that somebody associated between the two looks is seen by another look
    if (onlyThere(this.seen).length > 0) this.seen = await this.listToJoin();
    const remaining = onlyThere(this.seen);
    if (remaining.length > 0) {
      throw new Stop(
        `associations belong to a Region: ${named(remaining)} ${remaining.length === 1 ? 'is' : 'are'} associated in ${before.region} and not in ${region}, where nobody could remove them: keep region ${before.region}, or use a second construct in another stack for ${region}`,
      );
    }
    this.hasComparedRegions = true;
  }

  private async listBefore(region: string): Promise<Map<string, ListedAccount>> {
    try {
      return await this.list(region, this.options.automation(region));
    } catch (error) {
      const name = errorName(error);
      if (NOBODY.has(name) || error instanceof Unresolved) return new Map();
      if (name !== 'AccessDeniedException' && name !== 'ForbiddenException') throw error;
      // a policy closes the Region, which is a reason to leave it: what is there, AWS would not let us remove either
      this.options.platform.log('warn', 'the Region of before could not be read', { region, error: said(error) });
      return new Map();
    }
  }

  // -- the administrator's own enrolment

  private async enroll(): Promise<void> {
    const { region, administrator, platform, waitSeconds, requestId } = this.options;
    const token = clientToken(requestId, ENROLL, []);
    const until = platform.monotonic() + waitSeconds * 1000;
    platform.log('info', 'switching Automation on', { account: administrator });
    let enrollment: Enrollment;
    try {
      enrollment = await this.send(ENROLL, region, (signal) => this.api.enroll(token, signal));
    } catch (error) {
      throw await this.enrollmentRefused(error);
    }
    for (let failures = 0; enrollment.status !== 'Active';) {
      failures = enrollment.status === 'Failed' ? failures + 1 : 0;
      const { status, statusReason } = enrollment;
      if (failures >= FAILURE_LOOKS) {
        const reason = statusReason ? withoutSecrets(oneLine(statusReason)) : 'AWS gives no reason';
        throw new Stop(`Compute Optimizer Automation could not be switched on in account ${administrator}: ${reason}; correct the cause and deploy again`);
      }
      if (platform.monotonic() >= until) {
        throw new Stop(`Compute Optimizer Automation is still '${status}' in account ${administrator} after ${waitSeconds} s: deploy again to go on, or give it longer with wait`);
      }
      await pause(this.options, ENROLLMENT_LOOK_MILLISECONDS);
      enrollment = await this.lookAtEnrollment();
    }
    this.enrolledBy = platform.monotonic() + ENROLLMENT_PATIENCE_MILLISECONDS;
  }

  private async lookAtEnrollment(): Promise<Enrollment> {
    try {
      const { region } = this.options;
      return await this.send(LOOK_AT_ENROLLMENT, region, (signal) => this.api.getEnrollmentConfiguration(signal));
    } catch (error) {
      // a read that still shows the time before
      const name = errorName(error);
      if (name === 'OptInRequiredException' || name === 'ResourceNotFoundException') return { status: 'Inactive' };
      throw name === 'AccessDeniedException' ? this.notEnrolled(error, MAY_NOT_ENROLL) : await this.ending(error);
    }
  }

  private async enrollmentRefused(error: unknown): Promise<unknown> {
    switch (errorName(error)) {
      case 'InvalidParameterValueException':
      case 'ForbiddenException':
        return this.notEnrolled(error, ENROLLMENT_REFUSED);
      case 'AccessDeniedException':
        return this.notEnrolled(error, MAY_NOT_ENROLL);
      default:
        return this.ending(error);
    }
  }

  private notEnrolled(error: unknown, cure: string): Stop {
    const { administrator } = this.options;
    return new Stop(
      `Compute Optimizer Automation could not be switched on in account ${administrator}: ${cure}; AWS said ${said(error)}`,
    );
  }

  // -- sending

  /** One request that is repeated while its error may pass. */
  private async send<T>(what: string, region: string, request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { platform, deadline } = this.options;
    const began = platform.monotonic();
    const retryable = (error: unknown) =>
      isUnresolved(error)
        ? platform.monotonic() - began < NAME_PATIENCE_MILLISECONDS
        : transient(error) || this.mayPass(error);
    const patienceSeconds = READ_PATIENCE_SECONDS;
    const limits = { deadline, requestMilliseconds: READ_MILLISECONDS, patienceSeconds, retryable };
    try {
      return await retrying(platform, limits, async () => {
        await this.bucket.take();
        return within(platform, READ_MILLISECONDS, what, request);
      });
    } catch (error) {
      throw isUnresolved(error) ? new Unresolved(unresolved(region, error)) : answering(`${what} in ${region}`, error);
    }
  }

  /** Whether an error of this service, other than those of any service, passes by itself. */
  private mayPass(error: unknown): boolean {
    const now = this.options.platform.monotonic();
    switch (errorName(error)) {
      case 'NotManagementAccountException':
        return now < this.delegatedBy;
      case 'OptInRequiredException':
        return now < this.enrolledBy;
      default:
        return false;
    }
  }

  /** An error that ends the run, in words for the person on call where the general ones say too little. */
  private async ending(error: unknown): Promise<unknown> {
    if (NOBODY.has(errorName(error))) return new Stop(await this.explain(error));
    if (errorName(error) === 'ForbiddenException') return new Stop(`${said(error)}; ${FORBIDDEN}`);
    return error;
  }

}

/** A Region whose endpoint has no address. */
class Unresolved extends Stop {}

function unresolved(region: string, error: unknown): string {
  const what = `Compute Optimizer Automation cannot be found in Region '${region}' (${(error as Error).message})`;
  return AUTOMATION_REGIONS.includes(region)
    ? `${what}: see that the function's network resolves and reaches that name, and deploy again`
    : `${what}: set region to one that has it, which are ${AUTOMATION_REGIONS.join(', ')}`;
}

/** The host of a Region without an endpoint has no address. */
function isUnresolved(error: unknown): boolean {
  return (error as { readonly code?: unknown } | undefined)?.code === 'ENOTFOUND';
}

function isAssociated(account: ListedAccount | undefined): boolean {
  return account?.organizationRuleMode === 'AnyAllowed';
}

/** What an account is to a resource that wants it; `undefined` where ListAccounts does not show it. */
export function toJoin(account: ListedAccount | undefined): Live {
  if (account === undefined) return { kind: 'ineligible', status: 'not listed', steps: [], cure: NOT_ENROLLED };
  const { status, organizationRuleMode: mode } = account;
  const steps = ['AssociateAccounts'];
  if (!['AnyAllowed', 'NoneAllowed'].includes(mode)) return { kind: 'unknown', status: mode, steps: [] };
  if (!['Active', 'Pending', 'Inactive', 'Failed'].includes(status)) return { kind: 'unknown', status, steps: [] };
  if (mode === 'NoneAllowed') return { kind: 'absent', status: `${status}, ${mode}`, steps };
  if (status === 'Active') return { kind: 'goal', status, steps };
  return { kind: status === 'Pending' ? 'settling' : 'absent', status, steps };
}

/** What an account is to a resource that does not want it any more. */
export function toLeave(account: ListedAccount | undefined): Live {
  const mode = account?.organizationRuleMode ?? 'not listed';
  switch (mode) {
    case 'AnyAllowed':
      return { kind: 'goal', status: mode, steps: [] };
    case 'NoneAllowed':
    case 'not listed':
      return { kind: 'absent', status: mode, steps: [] };
    default:
      return { kind: 'unknown', status: mode, steps: [] };
  }
}

/**
 * The same for every delivery of one request, operation and set of accounts, and another one for any other: so AWS never sees one token with two
 * requests, and a request of an event is never taken for one of another event. 43 characters.
 */
export function clientToken(requestId: string, step: string, sortedAccounts: readonly string[]): string {
  return createHash('sha256').update([requestId, step, ...sortedAccounts].join('\n')).digest('base64url');
}

/** The answer names who was dealt with; what it says of the others need not say of whom. */
function answerFor(accounts: readonly string[], { accountIds, errors }: Dealt): CallAnswer {
  const done = new Set(accountIds);
  const others = accounts.filter((account) => !done.has(account));
  return { unprocessed: new Map(others.map((account) => [account, wordsFor(account, errors)])) };
}

/** What AWS said of an account, or if it named nobody, of all of them. */
function wordsFor(account: string, errors: readonly string[]): string {
  const own = errors.filter((text) => text.includes(account));
  const texts = [...new Set(own.length > 0 ? own : errors)].filter((text) => text !== '');
  if (texts.length === 0) return '';
  const more = texts.length > WORDS ? ` and ${texts.length - WORDS} more` : '';
  return `AWS said: ${withoutSecrets(oneLine(texts.slice(0, WORDS).join('; ')))}${more}`;
}
