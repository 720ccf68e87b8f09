/**
 * One account as an administrator of Security Hub sees it, now and a while ago.
 */
import type { MemberStatus } from '../organization-file';
import { Timeline } from './timeline';

/** What a read shows of a member. */
export interface MemberState {
  readonly status: MemberStatus;
  readonly email?: string;
  readonly invitedAt?: number;
  readonly updatedAt: number;
}

/** How the account came to its administrator. */
export type AddedBy = 'api' | 'preset' | 'thirdParty' | 'autoEnable';

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
  private readonly timeline = new Timeline<MemberState>();

  constructor(public readonly accountId: string) {}

  /** The truth, undefined when there is no entry (any more). */
  public get state(): MemberState | undefined {
    return this.timeline.latest;
  }

  /** What was true at an instant. */
  public stateAt(instant: number): MemberState | undefined {
    return this.timeline.at(instant);
  }

  /** Changes the truth. What no read can show any more (`forgetBefore`) is forgotten. */
  public change(at: number, state: MemberState | undefined, forgetBefore: number): void {
    this.timeline.change(at, state, forgetBefore);
  }
}
