import { CfnParameter, Duration, Fn } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import {
  DroppedAccounts, ExistingMembers, FailureTolerance, MemberAccounts, RemovalLimit, type SecurityHubMembersProps,
} from '../../src';
import { MEMBERSHIP_ATTRIBUTES } from '../../src/private/contract/membership';
import type { Share } from '../../src/private/contract/properties';
import {
  parseSecurityHubMembers, SECURITY_HUB_MEMBERS_TYPE, type SecurityHubMembersTarget,
} from '../../src/private/contract/security-hub-members';
import { accountIds, newStack, propertiesOf } from '../stacks';

/** What CloudFormation makes of properties in an event: every scalar is a string, lists and maps keep their shape. */
function asInEvent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asInEvent);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asInEvent(member)]));
  }
  return String(value);
}

/** What the handler reads of what the construct writes. */
function received(props: SecurityHubMembersProps, resolved: object = {}): SecurityHubMembersTarget {
  const properties = JSON.parse(JSON.stringify({ ...propertiesOf(props), ...resolved }));
  return parseSecurityHubMembers(asInEvent(properties) as object);
}

const accountId = fc.stringMatching(/^[0-9]{12}$/);
const email = fc.stringMatching(/^[a-z0-9.+_-]{1,20}@[a-z0-9-]{1,20}\.[a-z]{2,10}$/);
const count = fc.nat();
// String() of a hundredth never has an exponent
const percentage = fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100);

const failureTolerance = fc.oneof(
  fc.constant<[FailureTolerance, Share]>([FailureTolerance.none(), { kind: 'none' }]),
  fc.constant<[FailureTolerance, Share]>([FailureTolerance.all(), { kind: 'all' }]),
  count.map<[FailureTolerance, Share]>((n) => [FailureTolerance.accounts(n), { kind: 'accounts', count: n }]),
  percentage.map<[FailureTolerance, Share]>((n) => [FailureTolerance.percentage(n), { kind: 'percentage', percentage: n }]),
);
const removalLimit = fc.oneof(
  fc.constant<[RemovalLimit, Share]>([RemovalLimit.unlimited(), { kind: 'all' }]),
  count.map<[RemovalLimit, Share]>((n) => [RemovalLimit.accounts(n), { kind: 'accounts', count: n }]),
  percentage.map<[RemovalLimit, Share]>((n) => [RemovalLimit.percentage(n), { kind: 'percentage', percentage: n }]),
);
const existingMembers = fc.constantFrom<[ExistingMembers, 'leave' | 'takeOver']>(
  [ExistingMembers.leave(), 'leave'], [ExistingMembers.takeOver(), 'takeOver'],
);
const dropped = fc.constantFrom<[DroppedAccounts, 'remove' | 'release']>(
  [DroppedAccounts.remove(), 'remove'], [DroppedAccounts.release(), 'release'],
);

describe('P5: the handler reads what the construct writes', () => {
  test('accounts of the organization, of any number', () => {
    const lists = fc.oneof(
      fc.uniqueArray(accountId, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 990, max: 1_060 }).map((length) => accountIds(length)),
    );
    fc.assert(fc.property(lists, (ids) => {
      const given = [...ids].reverse().concat(ids[0]);
      expect(received({ accounts: MemberAccounts.of(given) })).toMatchObject({
        accounts: [...ids].sort(), outsideAccounts: [],
      });
    }), { numRuns: 40 });
  });

  test('outside accounts', () => {
    const lists = fc.uniqueArray(fc.record({ accountId, email }), {
      minLength: 1, maxLength: 20, selector: (account) => account.accountId,
    });
    fc.assert(fc.property(lists, (accounts) => {
      expect(received({ accounts: MemberAccounts.outside([...accounts].reverse()) })).toMatchObject({
        accounts: [],
        outsideAccounts: [...accounts].sort((a, b) => (a.accountId < b.accountId ? -1 : 1)),
      });
    }), { numRuns: 40 });
  });

  test('every option', () => {
    const options = fc.record({
      failureTolerance,
      removalLimit,
      existingMembers,
      dropped,
      seconds: fc.integer({ min: 0, max: 900 }),
    });
    fc.assert(fc.property(options, ({ seconds, ...pairs }) => {
      const props = Object.fromEntries(Object.entries(pairs).map(([name, [value]]) => [name, value]));
      const expected = Object.fromEntries(Object.entries(pairs).map(([name, [, value]]) => [name, value]));
      expect(received({ accounts: MemberAccounts.of(['111122223333']), ...props, wait: Duration.seconds(seconds) })).toEqual({
        accounts: ['111122223333'], outsideAccounts: [], waitSeconds: seconds, ...expected,
      });
    }), { numRuns: 60 });
  });

  test('no option: the defaults that the documentation of the construct names', () => {
    expect(received({ accounts: MemberAccounts.of(['111122223333']) })).toEqual({
      accounts: ['111122223333'],
      outsideAccounts: [],
      failureTolerance: { kind: 'none' },
      removalLimit: { kind: 'percentage', percentage: 10 },
      existingMembers: 'leave',
      dropped: 'remove',
      waitSeconds: 600,
    });
  });

  test.each<[string, unknown]>([
    ['a list', ['444455556666', '111122223333']],
    ['a list with blanks, as people type them', [' 444455556666', '111122223333 ']],
    ['one text', '111122223333,444455556666'],
    ['lines of a text', '111122223333\n444455556666\n'],
  ])('K4: a token that resolves to %s', (_, Accounts) => {
    const accounts = MemberAccounts.of(Fn.split(',', Fn.importValue('Ids')));
    expect(received({ accounts }, { Accounts }).accounts).toEqual(['111122223333', '444455556666']);
  });

  test('K4: an element that resolves to several accounts', () => {
    const accounts = MemberAccounts.of(['777788889999', Fn.importValue('Ids')]);
    expect(received({ accounts }, { Accounts: ['777788889999', '111122223333,444455556666'] }).accounts)
      .toEqual(['111122223333', '444455556666', '777788889999']);
  });

  test('K4: a number that is a token', () => {
    const stack = newStack();
    const parameter = new CfnParameter(stack, 'Number', { type: 'Number' });
    const template = propertiesOf({ failureTolerance: FailureTolerance.accounts(parameter.valueAsNumber) }, stack);
    const resolved = JSON.parse(JSON.stringify(template).replace(/{"Fn::Join":\["",\["accounts:",{"Ref":"Number"}\]\]}/, '"accounts:7"'));

    expect(parseSecurityHubMembers(resolved).failureTolerance).toEqual({ kind: 'accounts', count: 7 });
  });
});

test('names that were released never change', () => {
  expect(SECURITY_HUB_MEMBERS_TYPE).toBe('Custom::SecurityHubMembers');
  expect(MEMBERSHIP_ATTRIBUTES).toEqual({ ledgerTableName: 'LedgerTableName' });
});
