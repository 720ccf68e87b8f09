/**
 * Conformance items as scripts with their own expectations, played by the items' own tests with the shipped handler, and with a handler that
 * does wrong what the item asks for: then its expectations must fail.
 */
import type { Life, LifeOptions } from './driver';
import { A, B, C, D, expectClean, expectNoBreach, sent, some, types, X } from './support';
import type { LambdaQueueOptions } from '../local-aws/lambda-queue';
import { organizationOf } from '../local-aws/organization-file';

export interface ItemPlay {
  readonly says: string;
  readonly options?: LifeOptions;
  readonly play: (life: Life) => Promise<void>;
}

const members = (accounts: readonly string[], more: object = {}) => ({ members: { Members: { accounts, ...more } } });
const refusing = (accountId: string, processingResult: string) => (
  organizationOf({ accounts: 6, refusals: [{ accountId, processingResult }] })
);

/** Copies of the first delivery of each event of a type. */
function copiesOf(type: string, ...duplicateAfterMs: number[]): LambdaQueueOptions['delivery'] {
  return ({ payload }, attempt) => (
    JSON.parse(payload).RequestType === type && attempt === 1 ? { duplicateAfterMs } : undefined
  );
}

/** Time for every copy to be delivered and for every call to land. */
const everythingHasArrived = (life: Life) => life.wait(600_000);

export const ITEM_PLAYS = {
  S7: {
    says: 'members that the stack has not added stay, at its creation and at its end',
    options: { organization: organizationOf({ accounts: 6, members: [C, D] }) },
    play: async (life) => {
      expect(await life.deploy(members([A, B, D]))).toBe('CREATE_COMPLETE');
      expect(life.memberIds()).toEqual([A, B, C, D]);
      expect(sent(life, 'DisassociateMembers')).toEqual([]);
      expect(await life.destroy()).toBe('DELETE_COMPLETE');
      expect(life.memberIds()).toEqual([C, D]);
      await expectClean(life);
    },
  },
  S2: {
    says: 'an account that AWS refuses fails the resource, named with the words of AWS',
    options: { organization: refusing(B, 'not this one') },
    play: async (life) => {
      expect(await life.deploy(members([A, B]))).toBe('ROLLBACK_COMPLETE');
      const [{ answers: [{ body }] }] = life.requests;
      expect(JSON.parse(body)).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(`${B}.*not this one`) });
      expect(life.memberIds()).toEqual([]);
      await expectClean(life);
    },
  },
  S1: {
    says: '51 accounts go in two calls, and all become members',
    options: { organization: organizationOf({ accounts: 60 }), unknowns: { overFifty: 'unprocessed' } },
    play: async (life) => {
      expect(await life.deploy(members(some(51)))).toBe('CREATE_COMPLETE');
      expect(sent(life, 'CreateMembers').map(({ length }) => length).sort()).toEqual([1, 50]);
      expect(life.memberIds()).toEqual(some(51));
      await expectNoBreach(life);
    },
  },
  P1: {
    says: 'each request is answered, and once',
    play: async (life) => {
      expect(await life.deploy(members([A, B]))).toBe('CREATE_COMPLETE');
      expect(await life.deploy(members([B, C]))).toBe('UPDATE_COMPLETE');
      expect(await life.destroy()).toBe('DELETE_COMPLETE');
      expect(types(life)).toEqual(['Create', 'Update', 'Delete']);
      expect(life.requests.map(({ answers }) => answers.length)).toEqual([1, 1, 1]);
      await expectNoBreach(life);
    },
  },
  P3: {
    says: 'the physical id is the same a day later, in another log stream, and an Update replaces nothing',
    play: async (life) => {
      await life.deploy(members([A, B]));
      await life.wait(24 * 3600_000);
      expect(await life.deploy(members([B, C]))).toBe('UPDATE_COMPLETE');
      expect(types(life)).toEqual(['Create', 'Update']);
      const ids = life.requests.map(({ answers }) => JSON.parse(answers[0].body).PhysicalResourceId);
      expect(new Set(ids).size).toBe(1);
      expect(ids[0]).not.toContain('$LATEST');
      await expectClean(life);
    },
  },
  W1: {
    says: 'a copy of the Create that comes after an Update changes nothing',
    options: { lambda: { delivery: copiesOf('Create', 120_000) } },
    play: async (life) => {
      await life.deploy(members([A, B]));
      await life.deploy(members([B, C]));
      const mark = life.mark();
      await everythingHasArrived(life);
      expect(life.lambda.deliveries.length).toBeGreaterThan(2);
      expect(life.writesSince(mark)).toEqual([]);
      expect(life.memberIds()).toEqual([B, C]);
      await expectNoBreach(life);
    },
  },
  W7: {
    says: 'a copy that finds the first at work still answers when the first dies',
    options: {
      lambda: { delivery: (_, attempt) => (attempt === 1 ? { duplicateAfterMs: [500] } : undefined) },
      latency: 200,
      unknowns: { createdFor: 20_000 },
    },
    play: async (life) => {
      let killed = false;
      life.atPoint = (point) => {
        // a copy that gives way has returned by then, so Lambda delivers no third
        if (killed || point.operation !== 'GetMembers' || point.at < point.invocation.event.SentAt + 5_000) return undefined;
        killed = true;
        return { kind: 'killBefore' };
      };
      expect(await life.deploy(members([A, B]))).toBe('CREATE_COMPLETE');
      expect(killed).toBe(true);
      expect(life.memberIds()).toEqual([A, B]);
      await expectClean(life);
    },
  },
  W4: {
    says: '"already a member" after a call whose answer was lost voids no claim: the end of the stack removes the account',
    options: { unknowns: { readsSettleAfter: 50_000 } },
    play: async (life) => {
      life.atPoint = (point) => (point.operation === 'CreateMembers' && point.invocation.attempt === 1 ? { kind: 'killAfter' } : undefined);
      expect(await life.deploy(members([A, B]))).toBe('CREATE_COMPLETE');
      await everythingHasArrived(life);
      expect(await life.destroy()).toBe('DELETE_COMPLETE');
      expect(life.memberIds()).toEqual([]);
      await expectNoBreach(life);
    },
  },
  P9: {
    says: 'no log line and no reason tells a response URL or an e-mail address',
    options: {
      organization: organizationOf({ accounts: 6, outside: 1, refusals: [{ accountId: X, processingResult: `owner-of-${X}@example.com is taken` }] }),
    },
    play: async (life) => {
      await life.deploy({ members: { Members: { accounts: [A], outside: [X] } } });
      const reasons = life.requests.flatMap(({ answers }) => answers.map(({ body }) => JSON.parse(body).Reason ?? ''));
      expect(reasons.join()).toContain(X);
      expect(reasons.join()).not.toContain('@');
      expect(life.log.length).toBeGreaterThan(0);
      for (const { text } of life.log) expect(text).not.toMatch(/X-Amz-Signature|@example\.com/);
      await expectClean(life);
    },
  },
  T36: {
    says: '{A,B} to {C,D}: adds come before removes, and each account is called once',
    play: async (life) => {
      await life.deploy(members([A, B]));
      const mark = life.mark();
      expect(await life.deploy(members([C, D]))).toBe('UPDATE_COMPLETE');
      expect(life.writesSince(mark).map(({ call }) => call.operation)).toEqual(['CreateMembers', 'DisassociateMembers']);
      expect(life.memberIds()).toEqual([C, D]);
      await expectClean(life);
    },
  },
  D3: {
    says: 'what a killed attempt has added is ours: the end of the stack removes it',
    play: async (life) => {
      life.atPoint = (point) => (point.operation === 'CreateMembers' && point.invocation.attempt === 1 ? { kind: 'killAfter' } : undefined);
      expect(await life.deploy(members([A, B]))).toBe('CREATE_COMPLETE');
      expect(life.memberIds()).toEqual([A, B]);
      expect(await life.destroy()).toBe('DELETE_COMPLETE');
      expect(life.memberIds()).toEqual([]);
      await expectNoBreach(life);
    },
  },
  D2: {
    says: 'of two copies that arrive at once one works, and both answer the same',
    options: {
      lambda: { delivery: (_, attempt) => (attempt === 1 ? { duplicateAfterMs: [0] } : undefined) },
      organization: refusing(B, 'no'),
      latency: 300,
    },
    play: async (life) => {
      expect(await life.deploy(members([A, B]))).toBe('ROLLBACK_COMPLETE');
      await everythingHasArrived(life);
      expect(sent(life, 'CreateMembers')).toEqual([[A, B]]);
      expect(sent(life, 'DisassociateMembers')).toEqual([[A]]);
      expect(life.memberIds()).toEqual([]);
      await expectNoBreach(life);
    },
  },
  D1: {
    says: 'the same Create two minutes later has no second effect, and the same answer',
    options: { lambda: { delivery: copiesOf('Create', 120_000) } },
    play: async (life) => {
      expect(await life.deploy(members([A, B]))).toBe('CREATE_COMPLETE');
      await everythingHasArrived(life);
      const [{ answers }] = life.requests;
      expect(answers).toHaveLength(2);
      expect(answers[1].body).toBe(answers[0].body);
      expect(sent(life, 'CreateMembers')).toEqual([[A, B]]);
      await expectClean(life);
    },
  },
  L1: {
    says: 'create, update, delete: nothing of what is gone is claimed',
    play: async (life) => {
      const claimed = () => life.rows().filter(({ claim }) => claim === 'ours').map(({ account }) => account);
      await life.deploy({ members: { Members: { accounts: [A, B] }, Others: { accounts: [D] } } });
      expect(claimed()).toEqual([A, B, D]);
      await life.deploy({ members: { Members: { accounts: [B, C] }, Others: { accounts: [D] } } });
      expect(life.memberIds()).toEqual([B, C, D]);
      expect(await life.deploy({ members: { Others: { accounts: [D] } } })).toBe('UPDATE_COMPLETE');
      expect(claimed()).toEqual([D]);
      expect(life.memberIds()).toEqual([D]);
      await expectClean(life);
    },
  },
  L23: {
    says: 'of two resources that want an account one goes: the account stays',
    play: async (life) => {
      await life.deploy({ members: { Members: { accounts: [A] }, Others: { accounts: [A, B] } } });
      await life.deploy({ members: { Others: { accounts: [A, B] } } });
      expect(life.memberIds()).toEqual([A, B]);
      expect(sent(life, 'DisassociateMembers')).toEqual([]);
      expect(await life.destroy()).toBe('DELETE_COMPLETE');
      expect(life.memberIds()).toEqual([]);
      await expectClean(life);
    },
  },
} as const satisfies Record<string, ItemPlay>;

export type ItemId = keyof typeof ITEM_PLAYS;

export function itemPlay(id: ItemId): ItemPlay {
  return ITEM_PLAYS[id];
}
