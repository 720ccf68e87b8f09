/**
 * Short stories that the crash-point search repeats with a fault at every point.
 *
 * Each begins with an undisturbed part and tells where the disturbed part begins. None of them needs a particular end: after a fault, the
 * invariants say what may have happened.
 */
import type { Life, LifeOptions } from './driver';
import { A, B, C, D, nestedStack, some, X, Y } from './support';
import { failing, logicalId } from './templates';
import { organizationOf, SECURITY_ACCOUNT } from '../local-aws/organization-file';

export interface Scenario {
  readonly name: string;
  readonly options?: LifeOptions;
  /** Without faults. */
  readonly before?: (life: Life) => Promise<unknown>;
  /** With a fault at one point. */
  readonly play: (life: Life) => Promise<unknown>;
  /** The members in the end, where no fault has been injected. */
  readonly members: readonly string[];
}

const members = (accounts: readonly string[], more: object = {}) => ({ members: { Members: { accounts, ...more } } });
const refusing = (...accounts: string[]) => organizationOf({
  accounts: 6, outside: 3, refusals: accounts.map((accountId) => ({ accountId, processingResult: 'not this one' })),
});
const SMALL = organizationOf({ accounts: 6, outside: 3 });

const TOLD: readonly Scenario[] = [
  {
    name: 'create',
    play: (life) => life.deploy(members([A, B])),
    members: [A, B],
  },
  {
    name: 'update that adds and drops',
    before: (life) => life.deploy(members([A, B])),
    play: (life) => life.deploy(members([B, C])),
    members: [B, C],
  },
  {
    name: 'update that changes nothing',
    before: (life) => life.deploy(members([A, B])),
    play: (life) => life.deploy(members([A, B], { revision: '2' })),
    members: [A, B],
  },
  {
    name: 'delete',
    before: (life) => life.deploy(members([A, B])),
    play: (life) => life.destroy(),
    members: [],
  },
  {
    name: 'create that AWS refuses in part, and its undoing',
    options: { organization: refusing(B) },
    play: (life) => life.deploy(members([A, B])),
    members: [],
  },
  {
    name: 'update that AWS refuses in part, and its rollback',
    options: { organization: refusing(C) },
    before: (life) => life.deploy(members([A, B])),
    play: (life) => life.deploy(members([B, C, D])),
    members: [A, B],
  },
  {
    name: 'update that another resource undoes',
    before: (life) => life.deploy(members([A, B])),
    play: (life) => life.deploy({ ...members([B, C]), resources: { Bad: failing(['Create'], 0, { DependsOn: [logicalId('Members')] }) } }),
    members: [A, B],
  },
  {
    name: 'release that another resource undoes, and the end of the stack',
    before: (life) => life.deploy(members([A, B])),
    play: async (life) => {
      await life.deploy({ ...members([B], { dropped: 'release' }), resources: { Bad: failing(['Create'], 0, { DependsOn: [logicalId('Members')] }) } });
      await life.destroy();
    },
    members: [],
  },
  {
    name: 'create while another resource fails',
    options: { unknowns: { createdFor: 6_000 }, latency: 300 },
    play: (life) => life.deploy({ ...members([A, B]), resources: { Bad: failing(['Create'], 3) } }),
    members: [],
  },
  {
    name: 'accounts outside the organization',
    play: async (life) => {
      await life.deploy({ members: { Members: { accounts: [A], outside: [X] } } });
      await life.deploy({ members: { Members: { accounts: [A], outside: [Y] } } });
    },
    members: [A, Y],
  },
  {
    name: 'outside account that had left, and destruction',
    options: {
      organization: organizationOf({ accounts: 6, outside: 3, members: [{ accountId: X, status: 'Resigned', email: 'former@example.com' }] }),
    },
    play: async (life) => {
      await life.deploy({ members: { Members: { outside: [X] } } });
      await life.destroy();
    },
    members: [],
  },
  {
    name: 'central configuration switched on, then delete',
    before: async (life) => {
      await life.deploy(members([A, B]));
      life.securityHub.setCentralConfiguration('us-east-1', SECURITY_ACCOUNT, true);
    },
    play: (life) => life.destroy(),
    members: [A, B],
  },
  {
    name: 'removal that AWS refuses',
    before: async (life) => {
      await life.deploy(members([A, B]));
      life.securityHub.refuse('us-east-1', A, null, ['DisassociateMembers']);
    },
    play: (life) => life.deploy(members([B], { wait: 30 })),
    members: [A, B],
  },
  {
    name: 'members that were there before, taken over and let go',
    options: { organization: organizationOf({ accounts: 6, outside: 3, members: [A] }) },
    play: async (life) => {
      await life.deploy(members([A, B], { existingMembers: 'takeOver' }));
      await life.deploy(members([B], { existingMembers: 'takeOver', dropped: 'release' }));
    },
    members: [A, B],
  },
  {
    name: 'take-over that another resource undoes, and the end of the stack',
    options: { organization: organizationOf({ accounts: 6, members: [A] }) },
    before: (life) => life.deploy(members([A, B])),
    play: async (life) => {
      await life.deploy({ ...members([A, B], { existingMembers: 'takeOver' }), resources: { Bad: failing(['Create'], 0, { DependsOn: [logicalId('Members')] }) } });
      await life.destroy();
    },
    members: [A],
  },
  {
    name: 'removal limit that stops an update, and its rollback',
    before: (life) => life.deploy(members([A, B, C], { removalLimit: 'accounts:1' })),
    play: (life) => life.deploy(members([C, D], { removalLimit: 'accounts:1' })),
    members: [A, B, C],
  },
  {
    name: 'exchange of 51 accounts for 51 others',
    options: { organization: organizationOf({ accounts: 102 }), unknowns: { createdFor: 0, readsSettleAfter: 0 } },
    before: (life) => life.deploy(members(some(51), { removalLimit: 'all' })),
    play: (life) => life.deploy(members(some(51, 52), { removalLimit: 'all' })),
    members: some(51, 52),
  },
  {
    name: 'create that is tried again without a rollback',
    options: { organization: refusing(B) },
    play: async (life) => {
      await life.deploy(members([A, B]), { onFailure: 'DO_NOTHING' });
      life.securityHub.stopRefusing('us-east-1', B);
      await life.deploy(members([A, B]), { onFailure: 'DO_NOTHING' });
    },
    members: [A, B],
  },
  {
    name: 'ledger deleted by hand, then update and delete',
    before: async (life) => {
      await life.deploy(members([A, B]));
      await life.loseLedger();
    },
    play: async (life) => {
      await life.deploy(members([A, C]));
      await life.destroy();
    },
    members: [A, B],
  },
];

/** Stories of accounts that change hands. */
const TOLD_OF_MOVES: readonly Scenario[] = [
  {
    name: 'two resources that overlap, and one is removed',
    options: { latency: 100 },
    before: (life) => life.deploy({ members: { Members: { accounts: [A, B] }, Others: { accounts: [B, C] } } }),
    play: (life) => life.deploy({ members: { Others: { accounts: [B, C] } } }),
    members: [B, C],
  },
  {
    name: 'renaming',
    before: (life) => life.deploy(members([A, B])),
    play: (life) => life.deploy({ members: { Renamed: { accounts: [A, B] } } }),
    members: [A, B],
  },
  {
    name: 'split in two at once',
    options: { latency: 100 },
    before: (life) => life.deploy(members([A, B])),
    play: (life) => life.deploy({ members: { Members: { accounts: [A] }, Others: { accounts: [B] } } }),
    members: [A, B],
  },
  {
    name: 'merge of two into one',
    before: (life) => life.deploy({ members: { Members: { accounts: [A] }, Others: { accounts: [B] } } }),
    play: (life) => life.deploy(members([A, B])),
    members: [A, B],
  },
  {
    name: 'retained, then taken out of the template',
    before: (life) => life.deploy({ members: { Members: { accounts: [A, B] }, Others: { accounts: [C] } } }),
    play: async (life) => {
      await life.deploy({ members: { Members: { accounts: [A, B], retain: true }, Others: { accounts: [C] } } });
      await life.deploy({ members: { Others: { accounts: [B, C] } } });
      await life.destroy();
    },
    members: [A, B],
  },
  {
    name: 'nested stack whose list changes',
    before: (life) => life.deploy({ ...members([A, B]), resources: { Nested: nestedStack(life, B, C) } }),
    play: (life) => life.deploy({ ...members([A]), resources: { Nested: nestedStack(life, C, D) } }),
    members: [A, C, D],
  },
  {
    name: 'move to another stack in three steps, and the end of that stack',
    before: (life) => life.deploy(members([A, B, C]), { stack: 'Old' }),
    play: async (life) => {
      await life.deploy(members([A, B]), { stack: 'New' });
      await life.deploy(members([C], { dropped: 'release' }), { stack: 'Old' });
      await life.deploy(members([A, B], { existingMembers: 'takeOver' }), { stack: 'New' });
      await life.destroy({ stack: 'New' });
    },
    members: [C],
  },
];

const inSmallOrganization = (scenario: Scenario): Scenario => (
  { ...scenario, options: { organization: SMALL, ...scenario.options } }
);

export const SCENARIOS = TOLD.map(inSmallOrganization);
export const MOVES = TOLD_OF_MOVES.map(inSmallOrganization);
