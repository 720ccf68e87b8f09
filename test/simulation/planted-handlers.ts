/**
 * Handlers with the faults of real ones, from which the checks must protect: each does one thing wrong, and the conformance item that
 * catches it is named with it.
 *
 * The simple ones are what a first attempt looks like; the others are the shipped handler with one port spoilt.
 */
import { type Handler, type Life, type LifeOptions, type Ports, realHandler } from './driver';
import type { Invariant } from './invariants';
import { A, B, C, some, X } from './support';
import { renderAnswer } from '../../lambda/runtime/answer';
import type { Condition, Item } from '../../lambda/runtime/table';
import { parseSecurityHubMembers } from '../../src/private/contract/security-hub-members';
import type { LambdaQueueOptions } from '../local-aws/lambda-queue';
import { organizationOf } from '../local-aws/organization-file';

export interface Planted {
  readonly name: string;
  /** Conformance items that catch it. */
  readonly items: string;
  /** The invariant that must be breached. */
  readonly caughtBy: Invariant;
  readonly handler: Handler;
  readonly options?: LifeOptions;
  readonly play: (life: Life) => Promise<unknown>;
}

interface Steps {
  readonly create: (ports: Ports, wanted: string[]) => Promise<void>;
  readonly update: (ports: Ports, wanted: string[], before: string[]) => Promise<void>;
  readonly remove: (ports: Ports, accounts: string[]) => Promise<void>;
  readonly physicalId: (ports: Ports) => string;
  readonly answer: (ports: Ports, body: string) => Promise<void>;
}

const targets = (properties: object | undefined): string[] => {
  const { accounts, outsideAccounts } = parseSecurityHubMembers(properties ?? {});
  return [...accounts, ...outsideAccounts.map(({ accountId }) => accountId)];
};

async function inFifties(accounts: readonly string[], call: (chunk: string[]) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < accounts.length; i += 50) await call(accounts.slice(i, i + 50));
}

const add = async ({ api, platform }: Ports, accounts: string[]): Promise<void> => {
  await inFifties(accounts, async (chunk) => {
    const refused = await api.createMembers(chunk.map((accountId) => ({ accountId })));
    if (refused.length > 0) throw new Error(`${refused[0].accountId} was refused`);
  });
  await platform.sleep(5_000);
};
const removeAll = async ({ api }: Ports, accounts: string[]): Promise<void> => (
  inFifties(accounts, (chunk) => api.disassociateMembers(chunk))
);
/** One call for all of them, whatever it answers. */
const addAtOnce = async ({ api }: Ports, accounts: string[]): Promise<void> => {
  await api.createMembers(accounts.map((accountId) => ({ accountId })));
};

/** A handler as it is often written: it keeps no record, and does what the properties say. */
function simple(steps: Partial<Steps> = {}): Handler {
  const { create, update, remove, physicalId, answer }: Steps = {
    create: add,
    update: async (ports, wanted, before) => {
      await add(ports, wanted.filter((account) => !before.includes(account)));
      await removeAll(ports, before.filter((account) => !wanted.includes(account)));
    },
    remove: removeAll,
    physicalId: ({ event }) => event.PhysicalResourceId ?? `members-${event.LogicalResourceId}`,
    answer: async ({ event, platform }, body) => void await platform.put(event.ResponseURL, body),
    ...steps,
  };
  return async (ports) => {
    const { event, table } = ports;
    const data = { LedgerTableName: table.name };
    const respond = (status: 'SUCCESS' | 'FAILED', reason?: string) => answer(ports, renderAnswer(event, { status, reason, physicalId: physicalId(ports), data }));
    try {
      const wanted = targets(event.ResourceProperties);
      if (event.RequestType === 'Create') await create(ports, wanted);
      if (event.RequestType === 'Update') await update(ports, wanted, targets(event.OldResourceProperties));
      if (event.RequestType === 'Delete') await remove(ports, wanted);
      await respond('SUCCESS');
    } catch (error) {
      await respond('FAILED', (error as Error).message);
    }
  };
}

/** The shipped handler with some ports spoilt. */
function spoilt(spoil: (ports: Ports) => Partial<Ports>): Handler {
  return (ports) => realHandler({ ...ports, ...spoil(ports) });
}

const members = (accounts: readonly string[], more: object = {}) => ({ members: { Members: { accounts, ...more } } });
const create = (life: Life) => life.deploy(members([A, B]));
const createAndDestroy = async (life: Life) => {
  await create(life);
  await life.destroy();
};

/** One more copy of the first request of a type, two minutes later. */
function lateDuplicateOf(type: string): LambdaQueueOptions['delivery'] {
  return ({ payload }, attempt) => (
    JSON.parse(payload).RequestType === type && attempt === 1 ? { duplicateAfterMs: [120_000] } : undefined
  );
}

function without(item: Item | undefined, attribute: string): Item | undefined {
  if (item === undefined) return undefined;
  const { [attribute]: _left, ...rest } = item;
  return rest as Item;
}

export const PLANTED: readonly Planted[] = [
  {
    name: 'removes unlisted members on Create',
    items: 'S7 R32',
    caughtBy: 'untouched',
    options: { organization: organizationOf({ accounts: 6, members: [C] }) },
    handler: simple({
      create: async (ports, wanted) => {
        await add(ports, wanted);
        const present = await ports.api.getMembers(some(6));
        const unlisted = present.map(({ accountId }) => accountId).filter((account) => !wanted.includes(account));
        await removeAll(ports, unlisted);
      },
    }),
    play: create,
  },
  {
    name: 'removes every member on Delete',
    items: 'S7 R32',
    caughtBy: 'foreign',
    options: { organization: organizationOf({ accounts: 6, members: [A] }) },
    handler: simple({ create: (ports, wanted) => add(ports, wanted.filter((account) => account !== A)) }),
    play: createAndDestroy,
  },
  {
    name: 'counts a refusal as success',
    items: 'S2 R01',
    caughtBy: 'success',
    options: { organization: organizationOf({ accounts: 6, refusals: [{ accountId: B, processingResult: null }] }) },
    handler: simple({ create: addAtOnce }),
    play: create,
  },
  {
    name: 'sends 51 accounts',
    items: 'S1 R04',
    caughtBy: 'fifty',
    options: { organization: organizationOf({ accounts: 60 }), unknowns: { overFifty: 'unprocessed' } },
    handler: simple({ create: addAtOnce }),
    play: (life) => life.deploy(members(some(51))),
  },
  {
    name: 'answers twice, with different bytes',
    items: 'D1 P1',
    caughtBy: 'oneAnswer',
    handler: simple({
      answer: async ({ event, platform }, body) => {
        await platform.put(event.ResponseURL, body);
        await platform.put(event.ResponseURL, body.replace('{', '{ '));
      },
    }),
    play: create,
  },
  {
    name: 'never answers',
    items: 'P1',
    caughtBy: 'answered',
    handler: simple({ answer: async () => undefined }),
    play: create,
  },
  {
    name: 'takes the log stream for the physical id',
    items: 'P3 R08',
    caughtBy: 'physicalId',
    handler: simple({ physicalId: ({ logStreamName }) => logStreamName }),
    play: create,
  },
  {
    name: 'remembers the last answered request only',
    items: 'W1 D4 D8',
    caughtBy: 'afterAnswer',
    handler: async (ports) => {
      const key = { pk: 'last', sk: 'answered' };
      if ((await ports.table.get(key))?.requestId === ports.event.RequestId) return;
      await simple()(ports);
      await ports.table.update(key, { set: { requestId: ports.event.RequestId } });
    },
    options: { lambda: { delivery: lateDuplicateOf('Create') } },
    play: async (life) => {
      await create(life);
      await life.deploy(members([B, C]));
    },
  },
  {
    name: 'drops a claim because AWS says "already a member"',
    items: 'W4 S14 D3',
    caughtBy: 'converged',
    handler: spoilt(({ table }) => ({
      // forgets the calls of earlier attempts that had no answer
      table: { ...table, get: async (key) => without(await table.get(key), key.sk.startsWith('L#') ? 'intents' : '') },
    })),
    options: { unknowns: { readsSettleAfter: 100_000 } },
    play: async (life) => {
      life.atPoint = (point) => (point.operation === 'CreateMembers' && point.invocation.attempt === 1 ? { kind: 'killAfter' } : undefined);
      await create(life);
      await life.wait(300_000);
      await life.destroy();
    },
  },
  {
    name: 'gives way by returning',
    items: 'W7 D2',
    caughtBy: 'answered',
    handler: async (ports) => {
      const meta = await ports.table.get({ pk: `R#${ports.event.StackId}#${ports.event.LogicalResourceId}`, sk: 'META' });
      if (meta !== undefined && meta.holder !== '' && meta.requestId === ports.event.RequestId) return;
      await realHandler(ports);
    },
    options: {
      lambda: { delivery: (_, attempt) => (attempt === 1 ? { duplicateAfterMs: [500] } : undefined) },
      latency: 200,
      unknowns: { createdFor: 20_000 },
    },
    play: async (life) => {
      let killed = false;
      life.atPoint = (point) => {
        // the second copy has returned by then, so Lambda delivers no third
        if (killed || point.operation !== 'GetMembers' || point.at < point.invocation.event.SentAt + 5_000) return undefined;
        killed = true;
        return { kind: 'killBefore' };
      };
      await create(life);
    },
  },
  {
    name: 'leaves the response URL in the log',
    items: 'P9',
    caughtBy: 'secrets',
    handler: async (ports) => {
      ports.platform.log('info', 'event', { event: JSON.stringify(ports.event) });
      await realHandler(ports);
    },
    play: create,
  },
  {
    name: 'leaves e-mail addresses in a reason',
    items: 'P9',
    caughtBy: 'secrets',
    handler: simple({
      create: async ({ event }) => {
        throw new Error(`${event.ResourceProperties.OutsideAccounts[0]} was refused`);
      },
    }),
    play: (life) => life.deploy({ members: { Members: { outside: [X] } } }),
  },
  {
    name: 'removes before it adds, and forgets what was there before',
    items: 'R07 L7',
    caughtBy: 'foreign',
    options: { organization: organizationOf({ accounts: 6, members: [A] }) },
    handler: simple({
      create: (ports, wanted) => add(ports, wanted.filter((account) => account !== A)),
      update: async (ports, wanted, before) => {
        await removeAll(ports, before.filter((account) => !wanted.includes(account)));
        await add(ports, wanted.filter((account) => !before.includes(account)));
      },
    }),
    play: async (life) => {
      await create(life);
      await life.deploy(members([B, C]));
    },
  },
  {
    name: 'claims after the call instead of before',
    items: 'D3 R06',
    caughtBy: 'claimed',
    handler: spoilt(({ table }) => ({
      table: {
        ...table,
        update: async (key, change, condition) => (key.sk.startsWith('L#') ? table.update(key, { ...change, set: { ...change.set, intents: [] } }, condition) : table.update(key, change, condition)),
      },
    })),
    play: create,
  },
  {
    name: 'writes under no condition',
    items: 'W6 W15 D2',
    caughtBy: 'converged',
    handler: spoilt(({ table, platform }) => ({
      table: {
        ...table,
        update: async (key, change, condition?: Condition) => {
          await platform.sleep(1);
          await table.update(key, change);
          return condition !== undefined || true;
        },
      },
    })),
    options: {
      lambda: { delivery: (_, attempt) => (attempt === 1 ? { duplicateAfterMs: [0] } : undefined) },
      organization: organizationOf({ accounts: 6, refusals: [{ accountId: B, processingResult: 'no' }] }),
      latency: 300,
    },
    play: create,
  },
  {
    name: 'keeps no record of what it was asked',
    items: 'D1 D4 T04',
    caughtBy: 'afterAnswer',
    handler: simple(),
    options: { lambda: { delivery: lateDuplicateOf('Create') } },
    play: create,
  },
  {
    name: 'removes what another resource wants',
    items: 'L23 L21',
    caughtBy: 'foreign',
    handler: spoilt(({ table, event }) => ({
      table: {
        ...table,
        query: async (pk, prefix) => (await table.query(pk, prefix)).filter(({ sk }) => prefix !== 'W#' || sk.endsWith(`#${event.LogicalResourceId}`)),
      },
    })),
    play: async (life) => {
      await life.deploy({ members: { Members: { accounts: [A] }, Others: { accounts: [A, B] } } });
      await life.deploy({ members: { Members: { accounts: [A], revision: '2' }, Others: { accounts: [A, B] } } });
      await life.deploy({ members: { Members: { accounts: [A], revision: '2' } } });
      await life.deploy({ members: { Others: { accounts: [A, B] } } });
    },
  },
];
