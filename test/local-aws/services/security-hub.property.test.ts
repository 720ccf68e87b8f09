import fc from 'fast-check';
import { bed, refused, REGION } from './bed';
import type { Unknowns } from '../core';
import { MANAGEMENT_ACCOUNT, memberAccounts, outsideAccount, SECURITY_ACCOUNT } from '../organization-file';
import { UNKNOWN_CHOICES } from '../unknowns';

/** Few accounts, so that sequences meet themselves. */
const MEMBERS = memberAccounts(2);
const ACCOUNTS = [...MEMBERS, MANAGEMENT_ACCOUNT, SECURITY_ACCOUNT, outsideAccount(1), outsideAccount(2)];
const ADMINISTRATORS = [SECURITY_ACCOUNT, outsideAccount(1), outsideAccount(2)];

const account = fc.constantFrom(...ACCOUNTS);
const accounts = fc.array(account, { minLength: 1, maxLength: 4 });
const administrator = fc.constantFrom(...ADMINISTRATORS);

type Bed = ReturnType<typeof bed>;
interface Step {
  readonly name: string;
  readonly run: (bed: Bed) => void;
}

function create({ hub }: Bed, by: string, ids: readonly string[]): void {
  hub.createMembers({ accountId: by }, REGION, { AccountDetails: ids.map((AccountId) => ({ AccountId })) });
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ by: administrator, ids: accounts }).map(({ by, ids }) => ({
    name: `${by} creates ${ids}`,
    run: (world: Bed) => create(world, by, ids),
  })),
  fc.record({ by: administrator, id: account }).map(({ by, id }) => ({
    name: `${by} recruits ${id}`,
    run: (world: Bed) => {
      create(world, by, [id]);
      world.hub.inviteMembers({ accountId: by }, REGION, { AccountIds: [id] });
      world.accept({ accountId: id }, by);
    },
  })),
  ...(['inviteMembers', 'disassociateMembers', 'deleteMembers'] as const).map((operation) =>
    fc.record({ by: administrator, ids: accounts }).map(({ by, ids }) => ({
      name: `${by} ${operation} ${ids}`,
      run: ({ hub }: Bed) => void hub[operation]({ accountId: by }, REGION, { AccountIds: ids }),
    }))),
  fc.record({ by: account, of: administrator }).map(({ by, of }) => ({
    name: `${by} accepts ${of}`,
    run: ({ accept }: Bed) => void accept({ accountId: by }, of),
  })),
  fc.record({ by: account, of: accounts }).map(({ by, of }) => ({
    name: `${by} declines ${of}`,
    run: ({ hub }: Bed) => void hub.declineInvitations({ accountId: by }, REGION, { AccountIds: of }),
  })),
  account.map((by) => ({
    name: `${by} disassociates itself`,
    run: ({ hub }: Bed) => void hub.disassociateFromAdministratorAccount({ accountId: by }, REGION),
  })),
  account.map((by) => ({ name: `${by} enables`, run: ({ hub }: Bed) => void hub.enableSecurityHub({ accountId: by }, REGION, {}) })),
  account.map((by) => ({ name: `${by} disables`, run: ({ hub }: Bed) => void hub.disableSecurityHub({ accountId: by }, REGION) })),
  fc.constantFrom(...MEMBERS).map((id) => ({
    name: `${id} leaves or joins`,
    run: ({ organizations }: Bed) =>
      organizations.organizationIdOf(id) === undefined ? organizations.join(id) : organizations.leave(id),
  })),
  account.map((id) => ({
    name: `${id} is suspended or comes back`,
    run: ({ organizations }: Bed) =>
      organizations.stateOf(id) === 'ACTIVE' ? organizations.suspend(id) : organizations.reactivate(id),
  })),
  fc.integer({ min: 1, max: 5_000 }).map((ms) => ({ name: `${ms} ms pass`, run: ({ clock }: Bed) => clock.advance(ms) })),
);

/** One setting of every choice. */
const unknowns: fc.Arbitrary<Partial<Unknowns>> = fc.record({
  ...Object.fromEntries(Object.entries(UNKNOWN_CHOICES)
    .map(([name, settings]) => [name, fc.constantFrom<string>(...settings)])),
  createdFor: fc.constantFrom(0, 1_000),
  readsSettleAfter: fc.constantFrom(0, 1_000),
}) as fc.Arbitrary<Partial<Unknowns>>;

function run(steps: readonly Step[], settings: Partial<Unknowns>, check: (bed: Bed) => void): void {
  const world = bed({ accounts: 2, outside: 2, hubs: 'all', unknowns: settings });
  for (const each of steps) {
    refused(() => each.run(world));
    check(world);
  }
}

const sequence = fc.array(step, { minLength: 1, maxLength: 40 });

function enabled({ hub }: Bed): [string, string][] {
  return ADMINISTRATORS.flatMap((by) => [...hub.members(by, REGION).values()]
    .filter((each) => each.status === 'Enabled').map((each): [string, string] => [each.accountId, by]));
}

test('no account is ever a member of two administrators, or of itself', () => {
  fc.assert(fc.property(sequence, unknowns, (steps, settings) => run(steps, settings, (world) => {
    const members = enabled(world).map(([id]) => id);
    expect(members).toEqual([...new Set(members)]);
    expect(enabled(world).filter(([id, by]) => id === by)).toEqual([]);
  })), { numRuns: 300 });
});

test('no administrator of members is itself a member of another', () => {
  fc.assert(fc.property(sequence, unknowns, (steps, settings) => run(steps, settings, (world) => {
    const administrators = new Set(enabled(world).map(([, by]) => by));
    expect(enabled(world).filter(([id]) => administrators.has(id))).toEqual([]);
  })), { numRuns: 300 });
});

test('an active member has Security Hub on, and knows the same administrator as the administrator knows members', () => {
  fc.assert(fc.property(sequence, unknowns, (steps, settings) => run(steps, settings, (world) => {
    for (const [id, by] of enabled(world)) {
      expect(world.hub.hub(id, REGION)).toBeDefined();
      expect(world.hub.getAdministratorAccount({ accountId: id }, REGION).Administrator?.AccountId).toBe(by);
    }
  })), { numRuns: 200 });
});

test('the log alone tells every status, and reads show it once they have settled', () => {
  fc.assert(fc.property(sequence, unknowns, (steps, settings) => run(steps, settings, ({ hub, clock }) => {
    for (const by of ADMINISTRATORS) {
      const told = new Map<string, string | undefined>();
      for (const each of hub.changes({ administratorId: by })) {
        expect(told.get(each.accountId)).toBe(each.from);
        told.set(each.accountId, each.to);
      }
      for (const id of ACCOUNTS) expect(hub.members(by, REGION).get(id)?.status).toBe(told.get(id));
    }
    expect(hub.changes().every((each) => each.at <= clock.now())).toBe(true);
  })), { numRuns: 200 });
});

test('what no call and nobody named does not change', () => {
  fc.assert(fc.property(sequence, unknowns, (steps, settings) => {
    const touched = new Set(steps.flatMap((each) => each.name.match(/\d{12}/g) ?? []));
    run(steps, settings, ({ hub }) => {
      expect(hub.log.filter((each) => !touched.has(each.accountId) && !touched.has(each.administratorId))).toEqual([]);
    });
  }), { numRuns: 100 });
});
