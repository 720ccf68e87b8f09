import fc from 'fast-check';
import { bed, refused } from './bed';
import type { ComputeOptimizerAutomation } from './compute-optimizer-automation';
import { AwsError, type Unknowns } from '../core';
import { MANAGEMENT_ACCOUNT, memberAccounts, outsideAccount, SECURITY_ACCOUNT } from '../organization-file';
import { AUTOMATION_CHOICES } from '../unknowns';

/** Few accounts, tokens and Regions, so that sequences meet themselves. */
const MEMBERS = memberAccounts(3);
const ACCOUNTS = [...MEMBERS, MANAGEMENT_ACCOUNT, SECURITY_ACCOUNT, outsideAccount(1)];
const REGIONS = ['us-east-1', 'eu-west-1'];

/** [B] the errors that each operation declares, by the methods that serve it. */
const STANDARD = [
  'InvalidParameterValueException', 'ForbiddenException', 'OptInRequiredException', 'ThrottlingException', 'AccessDeniedException',
  'InternalServerException', 'ServiceUnavailableException',
];
const TOKENS = ['IdempotentParameterMismatchException', 'IdempotencyTokenInUseException'];
const DECLARED: Readonly<Record<string, readonly string[]>> = {
  associateAccounts: [...STANDARD, ...TOKENS, 'NotManagementAccountException'],
  disassociateAccounts: [...STANDARD, ...TOKENS, 'NotManagementAccountException'],
  listAccounts: [...STANDARD, 'NotManagementAccountException'],
  getEnrollmentConfiguration: [...STANDARD, 'ResourceNotFoundException'],
  updateEnrollmentConfiguration: [...STANDARD, ...TOKENS, 'ResourceNotFoundException', 'NotManagementAccountException'],
};

const account = fc.constantFrom(...ACCOUNTS);
const accounts = fc.array(account, { minLength: 1, maxLength: 4 });
const caller = fc.oneof(
  { weight: 3, arbitrary: fc.constant(MANAGEMENT_ACCOUNT) },
  { weight: 2, arbitrary: fc.constantFrom(SECURITY_ACCOUNT, MEMBERS[0]) },
);
const region = fc.constantFrom(...REGIONS);
const clientToken = fc.constantFrom(undefined, 's', 't');

type Bed = ReturnType<typeof bed>;
interface Step {
  readonly name: string;
  /** The call that it makes, if it makes one. */
  readonly operation?: string;
  readonly run: (bed: Bed) => unknown;
}

const calls = (['associateAccounts', 'disassociateAccounts'] as const).map((operation) =>
  fc.record({ by: caller, at: region, ids: accounts, token: clientToken }).map(({ by, at, ids, token }): Step => ({
    name: `${by} ${operation} ${ids} ${at} ${token}`,
    operation,
    run: ({ automation }) => automation[operation]({ accountId: by }, at, { accountIds: ids, clientToken: token }),
  })));

const step: fc.Arbitrary<Step> = fc.oneof(
  ...calls,
  fc.record({ by: account, at: region, status: fc.constantFrom('Active', 'Inactive'), token: clientToken }).map(
    ({ by, at, status, token }): Step => ({
      name: `${by} wants to be ${status} ${token}`,
      operation: 'updateEnrollmentConfiguration',
      run: ({ automation }) =>
        automation.updateEnrollmentConfiguration({ accountId: by }, at, { status, clientToken: token }),
    })),
  fc.record({ by: caller, at: region }).map(({ by, at }): Step => ({
    name: `${by} lists`,
    operation: 'listAccounts',
    run: ({ automation }) => automation.listAccounts({ accountId: by }, at, { maxResults: 2 }),
  })),
  fc.record({ by: account, at: region }).map(({ by, at }): Step => ({
    name: `${by} looks`,
    operation: 'getEnrollmentConfiguration',
    run: ({ automation }) => automation.getEnrollmentConfiguration({ accountId: by }, at),
  })),
  fc.record({ id: fc.constantFrom(...MEMBERS), what: fc.constantFrom('associateAccount', 'disassociateAccount', 'optIn', 'optOut') }).map(
    ({ id, what }): Step => ({
      name: `${what} of ${id}`,
      run: ({ automation, organizations }) => {
        const impossible = what === 'associateAccount' && organizations.organizationIdOf(id) === undefined;
        if (!impossible) automation[what as 'optIn'](id);
      },
    })),
  fc.record({ id: fc.constantFrom(...MEMBERS), how: fc.constantFrom('errors', 'wholeCall', 'silent', 'failed', undefined) }).map(
    ({ id, how }): Step => ({
      name: `${id} is refused: ${how}`,
      run: ({ automation }) => how === undefined ? automation.stopRefusing(id) : automation.refuse(id, 'no', how as 'errors'),
    })),
  fc.constantFrom(...MEMBERS).map((id): Step => ({
    name: `${id} leaves or joins`,
    run: ({ organizations }) =>
      organizations.organizationIdOf(id) === undefined ? organizations.join(id) : organizations.leave(id),
  })),
  fc.constantFrom(...MEMBERS).map((id): Step => ({
    name: `${id} is suspended or comes back`,
    run: ({ organizations }) =>
      organizations.stateOf(id) === 'ACTIVE' ? organizations.suspend(id) : organizations.reactivate(id),
  })),
  fc.constantFrom(1, 400, 3_000, 24 * 3_600_000).map((ms): Step => ({ name: `${ms} ms pass`, run: ({ clock }) => clock.advance(ms) })),
);

/** One setting of every choice. */
const unknowns: fc.Arbitrary<Partial<Unknowns>> = fc.record({
  ...Object.fromEntries(Object.entries(AUTOMATION_CHOICES)
    .map(([name, settings]) => [name, fc.constantFrom<string>(...settings)])),
  automationPendingFor: fc.constantFrom(0, 2_000),
  readsSettleAfter: fc.constantFrom(0, 500),
  clientTokenInUseFor: fc.constantFrom(0, 500),
}) as fc.Arbitrary<Partial<Unknowns>>;

function start(settings: Partial<Unknowns>): Bed {
  return bed({
    accounts: 3,
    outside: 1,
    computeOptimizerAdministrator: SECURITY_ACCOUNT,
    computeOptimizer: { enrolled: ACCOUNTS.filter((each) => each !== MEMBERS[2]) },
    unknowns: settings,
  });
}

function run(steps: readonly Step[], settings: Partial<Unknowns>, check: (bed: Bed, step: Step) => void): void {
  const world = start(settings);
  for (const each of steps) {
    refused(() => each.run(world));
    check(world, each);
  }
}

const sequence = fc.array(step, { minLength: 1, maxLength: 40 });

function standsOf(automation: ComputeOptimizerAutomation) {
  return ACCOUNTS.map((each) => {
    const { status, organizationRuleMode, regions } = automation.account(each);
    return [each, status, organizationRuleMode, [...regions].sort()];
  });
}

test('W2: operations answer no errors but those that they declare', () => {
  fc.assert(fc.property(sequence, unknowns, (steps, settings) => {
    const world = start(settings);
    for (const { operation, run: act } of steps) {
      try {
        act(world);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        expect(DECLARED[operation!]).toContain(error.code);
      }
    }
  }), { numRuns: 300 });
});

test('only accounts of the organization are ever associated', () => {
  fc.assert(fc.property(sequence, unknowns, (steps, settings) => run(steps, settings, (world) => {
    const { automation, organizations } = world;
    const outside = (id: string) => organizations.organizationIdOf(id) === undefined;
    expect(automation.associatedAccounts().filter(outside)).toEqual([]);
    // neither the caller nor the management account associates itself; the administrator is a member to the management account
    const byApi = automation.changes({ by: 'api', operation: 'AssociateAccounts' }).map((each) => each.accountId);
    expect(byApi.filter((each) => !MEMBERS.includes(each) && each !== SECURITY_ACCOUNT)).toEqual([]);
  })), { numRuns: 200 });
});

test('a call that is refused changes nothing', () => {
  fc.assert(fc.property(sequence, unknowns, (steps, settings) => {
    const world = start(settings);
    for (const each of steps) {
      const before = standsOf(world.automation);
      const isRefused = refused(() => each.run(world)) !== 'nothing';
      if (isRefused) expect(standsOf(world.automation)).toEqual(before);
    }
  }), { numRuns: 200 });
});

test('who is in accountIds is as the operation makes it, and nobody else is changed by the call', () => {
  fc.assert(fc.property(sequence, unknowns, (steps, settings) => {
    const world = start(settings);
    for (const { operation, name, run: act } of steps) {
      const before = world.automation.log.length;
      let answer: unknown;
      refused(() => { answer = act(world); });
      if (answer === undefined || (operation !== 'associateAccounts' && operation !== 'disassociateAccounts')) continue;
      const { accountIds = [] } = answer as { accountIds?: string[] };
      const calledOnly = world.automation.log.slice(before).filter((each) => each.by === 'api');
      expect(calledOnly.every((each) => accountIds.includes(each.accountId))).toBe(true);
      expect(accountIds.every((each) => name.includes(each))).toBe(true);
    }
  }), { numRuns: 200 });
});

test('the log alone tells every status and rule mode, and reads show them once they have settled', () => {
  fc.assert(fc.property(sequence, unknowns, (steps, settings) => run(steps, settings, ({ automation, clock }) => {
    const told = new Map(ACCOUNTS.map((each) => [each, 'Inactive/NoneAllowed']));
    for (const each of [MANAGEMENT_ACCOUNT, SECURITY_ACCOUNT]) told.set(each, 'Active/NoneAllowed');
    for (const each of automation.changes()) {
      expect(told.get(each.accountId)).toBe(`${each.fromStatus}/${each.fromMode}`);
      told.set(each.accountId, `${each.toStatus}/${each.toMode}`);
      expect(each.at).toBeLessThanOrEqual(clock.now());
    }
    for (const id of ACCOUNTS) {
      const { status, organizationRuleMode } = automation.account(id);
      expect(`${status}/${organizationRuleMode}`).toBe(told.get(id));
    }
  })), { numRuns: 200 });
});

test('once everything has settled, a read is the truth', () => {
  fc.assert(fc.property(sequence, unknowns, (steps, settings) => {
    const world = start(settings);
    for (const each of steps) refused(() => each.run(world));
    world.clock.advance(10_000);
    const { automation } = world;
    for (const id of ACCOUNTS) {
      if (refused(() => automation.getEnrollmentConfiguration({ accountId: id }, REGIONS[0])) !== 'nothing') continue;
      const shown = REGIONS.map((at) => automation.getEnrollmentConfiguration({ accountId: id }, at));
      const { status, regions } = automation.account(id);
      const inRegion = (at: string) => regions.includes('global') || regions.includes(at);
      expect(shown.map((each) => [each.status, each.organizationRuleMode]))
        .toEqual(REGIONS.map((at) => [status, inRegion(at) ? 'AnyAllowed' : 'NoneAllowed']));
      expect(status).not.toBe('Pending');
    }
  }), { numRuns: 200 });
});

test('C4: within 24 hours a repeated call with its token changes nothing and has the same answer', () => {
  fc.assert(fc.property(sequence, calls[0], calls[1], unknowns, (steps, associating, disassociating, settings) => {
    const world = start({ ...settings, clientTokenInUseFor: 0, refusedClientToken: 'kept' });
    const { automation } = world;
    const repeat = (operation: 'associateAccounts' | 'disassociateAccounts', token: string) => () => {
      const input = { accountIds: MEMBERS.slice(0, 2), clientToken: token };
      return JSON.stringify(automation[operation]({ accountId: MANAGEMENT_ACCOUNT }, REGIONS[0], input));
    };
    const outcome = (call: () => string) => {
      try {
        return call();
      } catch (error) {
        return (error as AwsError).code;
      }
    };
    const first = [outcome(repeat('associateAccounts', 'mine-a')), outcome(repeat('disassociateAccounts', 'mine-d'))];
    for (const each of [...steps, associating, disassociating]) {
      if (!each.name.endsWith('ms pass') && !each.name.includes('wants')) refused(() => each.run(world));
    }
    const before = standsOf(automation);
    expect([outcome(repeat('associateAccounts', 'mine-a')), outcome(repeat('disassociateAccounts', 'mine-d'))]).toEqual(first);
    expect(standsOf(automation)).toEqual(before);
  }), { numRuns: 200 });
});

test('what no call and nobody named does not change', () => {
  fc.assert(fc.property(sequence, unknowns, (steps, settings) => {
    const touched = new Set(steps.flatMap((each) => each.name.match(/\d{12}/g) ?? []));
    run(steps, settings, ({ automation }) => {
      expect(automation.log.filter((each) => !touched.has(each.accountId))).toEqual([]);
    });
  }), { numRuns: 100 });
});
