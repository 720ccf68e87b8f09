/**
 * What happens in the demo, why it matters, and how every account has to stand afterwards.
 */
import accounts from '../accounts.json';
import { step } from '../steps';
import type { Standing } from './census';

export interface Scene {
  readonly title: string;
  readonly why: string;
  /** The version of the app that is deployed, see `steps.ts`; absent: the stack is destroyed. */
  readonly deploy?: string;
  /** The version that the stack has afterwards; absent: there is no stack. */
  readonly leaves?: string;
  readonly stackStatus: string;
  /** Ends the function's process the moment Security Hub has added the accounts, before the function hears of it. */
  readonly kill?: boolean;
  /** Members that join and leave again within the scene. */
  readonly passing?: readonly string[];
  /** The most calls that may change something at Security Hub. */
  readonly mostWrites: number;
}

const { sandbox, suspended, acquired } = accounts;

/** Sandboxes that are in the list from the second deployment on. */
const JOINED_EARLY = ['sandbox-01', 'sandbox-02', 'sandbox-03'];
const lateSandboxes = Object.entries(sandbox).filter(([name]) => !JOINED_EARLY.includes(name)).map(([, id]) => id);

export const SCENES: readonly Scene[] = [
  {
    title: 'The first deployment',
    why: 'The list names 90 accounts and one partner. Some are members already, some cannot become members: each is accounted for, and '
      + 'one refusal does not keep the others out.',
    deploy: 'initial',
    leaves: 'initial',
    stackStatus: 'CREATE_COMPLETE',
    mostWrites: 4, // two chunks of at most 50, and CreateMembers and InviteMembers for the partner
  },
  {
    title: 'Deployed again, unchanged',
    why: 'Nothing has changed, so nothing may happen: not one call.',
    deploy: 'initial',
    leaves: 'initial',
    stackStatus: 'CREATE_COMPLETE',
    mostWrites: 0,
  },
  {
    title: 'Three accounts join, two leave',
    why: 'A change costs one call in each direction, however long the list is. Only accounts that this stack has added may leave.',
    deploy: 'changed',
    leaves: 'changed',
    stackStatus: 'UPDATE_COMPLETE',
    mostWrites: 2,
  },
  {
    title: 'The construct is renamed, and its list split in two',
    why: 'To CloudFormation, one resource is deleted and two are created. Nobody may leave for that, not even for a second. '
      + '(The one call that writes tries again what was refused before.)',
    deploy: 'split',
    leaves: 'split',
    stackStatus: 'UPDATE_COMPLETE',
    mostWrites: 1,
  },
  {
    title: 'Another resource fails',
    why: '25 sandboxes have just joined when something else in the stack fails. CloudFormation takes everything back, and so the '
      + 'sandboxes have to leave again, and nobody else.',
    deploy: 'broken',
    leaves: 'split',
    stackStatus: 'UPDATE_ROLLBACK_COMPLETE',
    passing: lateSandboxes,
    mostWrites: 3, // in, out, and one more try for what was refused before
  },
  {
    title: 'The function dies in the middle of an update',
    why: '25 sandboxes join, and the function is killed after Security Hub has added them and before it hears of it. Lambda delivers the '
      + 'event again. Nobody may be forgotten, or be taken for somebody else\'s member.',
    deploy: 'sandboxes',
    leaves: 'sandboxes',
    stackStatus: 'UPDATE_COMPLETE',
    kill: true,
    mostWrites: 2,
  },
  {
    title: 'The stack is destroyed',
    why: 'Those that this stack has added leave. Those that were members before are still members.',
    stackStatus: 'DELETE_COMPLETE',
    mostWrites: 6, // 105 claims in chunks of 50 for two constructs, and DisassociateMembers and DeleteMembers for the partner
  },
];

/** What the deployed version asks for. */
export function wantedBy(version: string | undefined): Set<string> {
  if (version === undefined) return new Set();
  const { members, partners } = step(version);
  return new Set([...Object.values(members).flat(), ...partners.map(({ accountId }) => accountId)]);
}

/** How an account has to stand: `wanted` by the deployed version, a member `before` the stack, a member thanks to it at `some` time. */
export function expected(
  accountId: string, wanted: ReadonlySet<string>, before: ReadonlySet<string>, some: ReadonlySet<string>,
): Standing {
  if (before.has(accountId)) return 'before';
  if (!wanted.has(accountId)) return some.has(accountId) ? 'removed' : 'other';
  if (Object.values(suspended).includes(accountId)) return 'skipped';
  if (accountId === acquired['acquired-studio']) return 'refused'; // a member of another company's Security Hub
  if (step('initial').partners.some((partner) => partner.accountId === accountId)) return 'invited';
  return 'added';
}
