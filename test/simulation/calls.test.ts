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
    expect(all).toBeLessThanOrEqual(3 * chunks(n) + 2);
    expect(writes).toEqual([]);
  }, 60_000);

  test('L3 an update writes once for each 50 accounts that come, and once for each 50 that go', async () => {
    const d = Math.min(n, 60);
    const { status, all, writes } = await callsOf(() => life.deploy(members(some(n, d + 1))));
    expect(status).toBe('UPDATE_COMPLETE');
    expect(all).toBeLessThanOrEqual(3 * chunks(n) + 2 + 2 * chunks(d));
    expect(writes.filter((operation) => operation === 'CreateMembers')).toHaveLength(chunks(d));
    expect(writes.filter((operation) => operation === 'DisassociateMembers')).toHaveLength(chunks(d));
    expect(writes).toHaveLength(2 * chunks(d));
  }, 60_000);

  test('S6 a delete costs at most 2 calls for each 50', async () => {
    const { status, all, writes } = await callsOf(() => life.destroy());
    expect(status).toBe('DELETE_COMPLETE');
    expect(all).toBeLessThanOrEqual(2 * chunks(n));
    expect(writes).toHaveLength(chunks(n));
    expect(life.memberIds()).toEqual([]);
    expect(await life.breaches()).toEqual([]);
  }, 60_000);
});
