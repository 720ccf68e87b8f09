/**
 * How many calls a deployment costs when AWS settles at once (S1, R04, T32).
 */
import { Life } from './driver';
import { some } from './support';
import type { MembersSpec } from './templates';
import { organizationOf } from '../local-aws/organization-file';

const SIZES = [1, 50, 51, 120, 1_000, 10_000];
const SETTLED = { createdFor: 0, readsSettleAfter: 0 };
const members = (accounts: readonly string[], more: MembersSpec = {}) => ({ members: { Members: { accounts, removalLimit: 'all', ...more } } });
const chunks = (n: number) => Math.ceil(n / 50);

describe.each(SIZES)('%i accounts', (n) => {
  const accounts = some(n);
  // adds come before removes, so at the quota itself nothing could be exchanged
  const administrator = { quotas: { members: 20_000 } };
  const life = new Life({ organization: organizationOf({ accounts: n + 60, administrator }), unknowns: SETTLED, checks: n > 1_000 ? 'atRest' : 'always' });

  interface Cost {
    readonly status: string;
    readonly all: number;
    readonly writes: string[];
    readonly most: number;
  }

  async function callsOf(work: () => Promise<string>): Promise<Cost> {
    const mark = life.mark();
    const status = await work();
    const writes = life.writesSince(mark);
    return {
      status,
      all: life.callsSince(mark).length,
      writes: writes.map(({ call }) => call.operation),
      most: Math.max(0, ...writes.map(({ call: { input } }) => (input.AccountIds ?? input.AccountDetails).length)),
    };
  }

  test('S1 R04 a create costs at most 3 calls for each 50, and 2 more', async () => {
    const { status, all, writes, most } = await callsOf(() => life.deploy(members(accounts)));
    expect(status).toBe('CREATE_COMPLETE');
    expect(all).toBeLessThanOrEqual(3 * chunks(n) + 2);
    expect(writes).toHaveLength(chunks(n));
    expect(most).toBe(Math.min(50, n));
    expect(life.memberIds()).toHaveLength(n);
  }, 60_000);

  test('T04 an update that changes nothing writes nothing', async () => {
    const { status, all, writes } = await callsOf(() => life.deploy(members(accounts, { revision: '2' })));
    expect(status).toBe('UPDATE_COMPLETE');
    // nothing has to be added, so nothing is read but the members
    expect(all).toBe(chunks(n));
    expect(writes).toEqual([]);
  }, 60_000);

  const d = Math.min(n, 60);

  // The budget of a create or an update, `3⌈N/50⌉ + 2`, is for one direction: each account is looked at, added, and looked at again, and the
  // organization's configuration is read once. An update that also drops accounts takes two calls more for each 50 of them, the budget of a
  // delete: there is no way to remove an account and to see that it is gone in less.
  test('L3 an update that adds and drops costs one look at all, one at the configuration, and two calls for each 50 that come or go', async () => {
    const { status, all, writes } = await callsOf(() => life.deploy(members(some(n, d + 1))));
    expect(status).toBe('UPDATE_COMPLETE');
    expect(all).toBe(chunks(n) + 1 + 2 * chunks(d) + 2 * chunks(d));
    expect(writes.filter((operation) => operation === 'CreateMembers')).toHaveLength(chunks(d));
    expect(writes.filter((operation) => operation === 'DisassociateMembers')).toHaveLength(chunks(d));
    expect(writes).toHaveLength(2 * chunks(d));
  }, 60_000);

  test('S1 L3 an update that adds costs at most 3 calls for each 50, and 2 more, and writes once for each 50 that come', async () => {
    const { status, all, writes, most } = await callsOf(() => life.deploy(members(some(n + d))));
    expect(status).toBe('UPDATE_COMPLETE');
    expect(all).toBeLessThanOrEqual(3 * chunks(n + d) + 2);
    expect(all).toBe(chunks(n + d) + 1 + 2 * chunks(d));
    expect(writes).toEqual(Array(chunks(d)).fill('CreateMembers'));
    expect(most).toBe(Math.min(50, d));
  }, 60_000);

  test('S6 a delete costs at most 2 calls for each 50', async () => {
    const { status, all, writes } = await callsOf(() => life.destroy());
    expect(status).toBe('DELETE_COMPLETE');
    expect(all).toBeLessThanOrEqual(2 * chunks(n + d));
    expect(writes).toHaveLength(chunks(n + d));
    expect(life.memberIds()).toEqual([]);
    expect(await life.breaches()).toEqual([]);
  }, 60_000);
});
