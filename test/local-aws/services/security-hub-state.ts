/**
 * What Security Hub keeps for each Region: hubs, administrators with their members, delegations.
 */
import type { MemberStatus, QuotaDescription, RefusableOperation } from '../organization-file';
import type { Membership } from './membership';

/** Security Hub of one account in one Region. */
export interface HubSnapshot {
  readonly enabledAt: number;
  /** `membership`: switched on because the account became a member. */
  readonly enabledBy: 'preset' | 'owner' | 'membership';
  readonly defaultStandards: boolean;
}

export interface Hub extends HubSnapshot {
  autoEnableControls: boolean;
  controlFindingGenerator: string;
}

/** How many members of an administrator stand how, kept so that a call costs no more the more members there are. */
interface Tally {
  /** What the member quota counts. */
  counted: number;
  byInvitation: number;
  invited: number;
  enabled: number;
}

/** An account that administers, or may, with its list of members. */
export interface Administration {
  readonly accountId: string;
  readonly members: Map<string, Membership>;
  readonly tally: Tally;
  readonly quotas: Required<QuotaDescription>;
  readonly selfManaged: Set<string>;
  autoEnable: boolean;
  autoEnableStandards: 'NONE' | 'DEFAULT';
  configuration: 'CENTRAL' | 'LOCAL';
}

interface Delegation {
  readonly accountId: string;
  readonly since: number;
}

interface Refusal {
  readonly processingResult: string | null;
  readonly operations: readonly RefusableOperation[];
}

export interface Regional {
  readonly name: string;
  readonly hubs: Map<string, Hub>;
  readonly administrations: Map<string, Administration>;
  /** Delegated administrators by organization. */
  readonly delegations: Map<string, Delegation>;
  /** The administrator that an account belongs to: of no two at a time. */
  readonly belongsTo: Map<string, string>;
  readonly refusals: Map<string, Refusal>;
}

/** Members for the quota: whoever is or may yet become active [I]. */
export const COUNTED: readonly MemberStatus[] = ['Created', 'Invited', 'Enabled'];

/** Makes a change to an entry and keeps the tally right. */
export function retally(administration: Administration, membership: Membership, change: () => void): void {
  tallyUp(administration.tally, membership, -1);
  change();
  tallyUp(administration.tally, membership, 1);
}

function tallyUp(tally: Tally, { state, inOrganization }: Membership, by: 1 | -1): void {
  if (!state || !COUNTED.includes(state.status)) return;
  tally.counted += by;
  if (!inOrganization) tally.byInvitation += by;
  if (state.status === 'Invited') tally.invited += by;
  if (state.status === 'Enabled') tally.enabled += by;
}
