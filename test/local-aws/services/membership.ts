/**
 * One account as an administrator of Security Hub sees it, now and a while ago.
 */
import type { MemberStatus } from '../organization-file';

/** What a read shows of a member. */
export interface MemberState {
  readonly status: MemberStatus;
  readonly email?: string;
  readonly invitedAt?: number;
  readonly updatedAt: number;
}

/** How the account came to its administrator. */
export type AddedBy = 'api' | 'preset' | 'thirdParty' | 'autoEnable';

interface Version {
  readonly at: number;
  readonly state?: MemberState;
}

/** The entry of one account in one administrator's list. It outlives its deletion, because stale reads still show it. */
export class Membership {
  public addedBy: AddedBy = 'preset';
  /** ARN of who added it through the API. */
  public addedByArn?: string;
  public addedAt: number = -Infinity;
  /** In the administrator's own organization: no invitation needed, none possible. */
  public inOrganization: boolean = true;
  public invitationId?: string;
  /** When `Created` turns into `Enabled` by itself. */
  public enablesAt?: number;
  private versions: Version[] = [];

  constructor(public readonly accountId: string) {}

  /** The truth, undefined when there is no entry (any more). */
  public get state(): MemberState | undefined {
    return this.versions[this.versions.length - 1]?.state;
  }

  /** What was true at an instant. */
  public stateAt(instant: number): MemberState | undefined {
    for (let i = this.versions.length - 1; i >= 0; i--) {
      if (this.versions[i].at <= instant) return this.versions[i].state;
    }
    return undefined;
  }

  /** Changes the truth. What no read can show any more (`forgetBefore`) is forgotten. */
  public change(at: number, state: MemberState | undefined, forgetBefore: number): void {
    this.versions.push({ at, state });
    let oldest = this.versions.length - 1;
    while (oldest > 0 && this.versions[oldest].at > forgetBefore) oldest--;
    if (oldest > 0) this.versions = this.versions.slice(oldest);
  }
}
