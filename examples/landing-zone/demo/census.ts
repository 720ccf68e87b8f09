/**
 * How every account stands, read from the embedded AWS itself: its members, its organization, its journal of calls. Nothing that the
 * library says of its own work counts here.
 */
import type { LocalAws } from '../../../test/local-aws/local-aws';
import { ADMINISTRATOR } from '../steps';

/** The order is that of the table. */
export const STANDINGS = ['added', 'before', 'invited', 'skipped', 'refused', 'removed', 'other'] as const;
export type Standing = (typeof STANDINGS)[number];

export const LABELS: Readonly<Record<Standing, string>> = {
  added: 'members, added by this stack',
  before: 'members before, left alone',
  invited: 'invited, outside the organization',
  skipped: 'skipped',
  refused: 'refused',
  removed: 'removed by this stack',
  other: 'neither wanted nor members',
};

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly standing: Standing;
  /** What AWS says of it, where that explains the standing. */
  readonly why?: string;
}

/** One call of Security Hub by the deployed function. */
export interface HubCall {
  readonly operation: string;
  readonly writes: boolean;
}

const WRITES = ['CreateMembers', 'InviteMembers', 'DisassociateMembers', 'DeleteMembers'];
/** Functions of the library have this in the name of their role. */
const OURS = 'CdkOrgMembership';

/** Every account of the organization and every partner. `wanted`: what the deployed stack asks for. */
export function census(local: LocalAws, wanted: ReadonlySet<string>): Map<string, Account> {
  const { accountId: administrator, region } = ADMINISTRATOR;
  const members = local.securityHub.members(administrator, region);
  const refusals = lastRefusals(local);
  const former = formerMembers(local);

  const standing = (id: string, state: string): Pick<Account, 'standing' | 'why'> => {
    const member = members.get(id);
    if (member?.status === 'Enabled') return { standing: member.addedByArn?.includes(OURS) ? 'added' : 'before' };
    if (member?.status === 'Invited') return { standing: 'invited' };
    if (wanted.has(id) && state !== 'ACTIVE') return { standing: 'skipped', why: state };
    if (wanted.has(id) && refusals.has(id)) return { standing: 'refused', why: refusals.get(id) };
    return { standing: former.has(id) ? 'removed' : 'other' };
  };

  const shown = [...local.world.accounts.values()]
    .filter(({ id, organizationId }) => organizationId !== undefined || wanted.has(id) || members.has(id));
  return new Map(shown.map(({ id, name, state }) => [id, { id, name, ...standing(id, state) }]));
}

/** Accounts that the deployed function has removed, or whose invitation it has withdrawn. */
function formerMembers(local: LocalAws): Set<string> {
  const { accountId: administratorId, region } = ADMINISTRATOR;
  return new Set(local.securityHub.changes({ administratorId, region })
    .filter(({ from, callerArn }) => callerArn?.includes(OURS) && (from === 'Enabled' || from === 'Invited'))
    .map(({ accountId }) => accountId));
}

/** What CreateMembers last said of the accounts that it did not process. */
function lastRefusals(local: LocalAws): Map<string, string> {
  const refusals = new Map<string, string>();
  for (const { effect } of local.aws.journal.of('securityhub', 'CreateMembers')) {
    const output = effect && 'output' in effect ? effect.output : undefined;
    for (const { AccountId, ProcessingResult } of output?.UnprocessedAccounts ?? []) {
      refusals.set(AccountId, ProcessingResult ?? 'no reason given');
    }
  }
  return refusals;
}

/** The deployed function's calls of Security Hub from a place in the journal on. */
export function hubCalls(local: LocalAws, since: number): HubCall[] {
  return local.aws.journal.entries.slice(since)
    .filter(({ call }) => call.service === 'securityhub' && call.caller.arn.includes(OURS))
    .map(({ call: { operation } }) => ({ operation, writes: WRITES.includes(operation) }));
}

/** Who became a member, and who stopped being one, from an instant on; an account may do both. */
export function comingsAndGoings(local: LocalAws, since: number): Record<'joined' | 'left', Set<string>> {
  const { accountId: administratorId, region } = ADMINISTRATOR;
  const changes = local.securityHub.changes({ administratorId, region }).filter(({ at }) => at >= since);
  const joined = changes.filter(({ to }) => to === 'Enabled').map(({ accountId }) => accountId);
  const left = changes.filter(({ from, to }) => from === 'Enabled' && to !== 'Enabled').map(({ accountId }) => accountId);
  return { joined: new Set(joined), left: new Set(left) };
}

/** The status of the stack, also after it has been deleted. */
export function stackStatus(local: LocalAws): string {
  return local.cloudFormation.listStacks(ADMINISTRATOR)[0]?.status ?? 'not there';
}
