/**
 * Handlers with the faults of real ones, from which the checks must protect: each does one thing wrong, and the conformance item that
 * catches it is named with it.
 *
 * The simple ones are what a first attempt looks like; the others are the shipped handler with one port spoilt.
 */
import { ListMembersCommand, type ListMembersCommandOutput } from '@aws-sdk/client-securityhub';
import { type Handler, type LifeOptions, type Ports, realHandler } from './driver';
import type { Invariant } from './invariants';
import type { ItemId } from './item-plays';
import { A, B } from './support';
import { sharedId } from './templates';
import { renderAnswer } from '../../lambda/runtime/answer';
import type { Condition, Item } from '../../lambda/runtime/table';
import { parseSecurityHubMembers } from '../../src/private/contract/security-hub-members';

export interface Planted {
  readonly name: string;
  /** The conformance item that must fail with it. */
  readonly item: ItemId;
  /** The invariant that must be breached in that item's play. */
  readonly caughtBy: Invariant;
  readonly handler: Handler;
  /** What it needs in its templates. */
  readonly edit?: LifeOptions['edit'];
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

/** Every member of the administrator, whoever added it. */
async function everyMember({ securityHub }: Ports): Promise<string[]> {
  const all: string[] = [];
  let NextToken: string | undefined;
  do {
    const command = new ListMembersCommand({ OnlyAssociated: false, NextToken });
    const page: ListMembersCommandOutput = await securityHub.send(command);
    all.push(...(page.Members ?? []).map(({ AccountId }) => AccountId!));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return all;
}

/** The function's role also allows this. */
const allowing = (action: string): Planted['edit'] => (resources) => {
  const [statement] = resources[sharedId('AWS::IAM::Role')].Properties.Policies[0].PolicyDocument.Statement;
  statement.Action = [...statement.Action, action];
};

/** Without those that were members before: so that the end of the stack does not remove them. */
const addOnly = (...accounts: string[]): Steps['create'] => (ports, wanted) => (
  add(ports, wanted.filter((account) => accounts.includes(account)))
);

function without(item: Item | undefined, attribute: string): Item | undefined {
  if (item === undefined) return undefined;
  const { [attribute]: _left, ...rest } = item;
  return rest as Item;
}

export const PLANTED: readonly Planted[] = [
  {
    name: 'removes unlisted members on Create',
    item: 'S7',
    caughtBy: 'untouched',
    edit: allowing('securityhub:ListMembers'),
    handler: simple({
      create: async (ports, wanted) => {
        const unlisted = (await everyMember(ports)).filter((account) => !wanted.includes(account));
        await addOnly(A, B)(ports, wanted);
        await removeAll(ports, unlisted);
      },
    }),
  },
  {
    name: 'removes every member on Delete',
    item: 'S7',
    caughtBy: 'untouched',
    edit: allowing('securityhub:ListMembers'),
    handler: simple({
      create: addOnly(A, B),
      remove: async (ports) => removeAll(ports, await everyMember(ports)),
    }),
  },
  {
    name: 'removes every listed member on Delete, whoever added it',
    item: 'S7',
    caughtBy: 'foreign',
    handler: simple({ create: addOnly(A, B) }),
  },
  {
    name: 'counts a refusal as success',
    item: 'S2',
    caughtBy: 'success',
    handler: simple({ create: addAtOnce }),
  },
  {
    name: 'sends 51 accounts',
    item: 'S1',
    caughtBy: 'fifty',
    handler: simple({ create: addAtOnce }),
  },
  {
    name: 'answers twice, with different bytes',
    item: 'P1',
    caughtBy: 'oneAnswer',
    handler: simple({
      answer: async ({ event, platform }, body) => {
        await platform.put(event.ResponseURL, body);
        await platform.put(event.ResponseURL, body.replace('{', '{ '));
      },
    }),
  },
  {
    name: 'never answers',
    item: 'P1',
    caughtBy: 'answered',
    handler: simple({ answer: async () => undefined }),
  },
  {
    name: 'takes the log stream for the physical id',
    item: 'P3',
    caughtBy: 'physicalId',
    handler: simple({ physicalId: ({ logStreamName }) => logStreamName }),
  },
  {
    name: 'remembers the last answered request only',
    item: 'W1',
    caughtBy: 'afterAnswer',
    handler: async (ports) => {
      const key = { pk: 'last', sk: 'answered' };
      if ((await ports.table.get(key))?.requestId === ports.event.RequestId) return;
      await simple()(ports);
      await ports.table.update(key, { set: { requestId: ports.event.RequestId } });
    },
  },
  {
    name: 'drops a claim because AWS says "already a member"',
    item: 'W4',
    caughtBy: 'converged',
    handler: spoilt(({ table }) => ({
      // forgets the calls of earlier attempts that had no answer
      table: { ...table, get: async (key) => without(await table.get(key), key.sk.startsWith('L#') ? 'intents' : '') },
    })),
  },
  {
    name: 'gives way by returning',
    item: 'W7',
    caughtBy: 'answered',
    handler: async (ports) => {
      const meta = await ports.table.get({ pk: `R#${ports.event.StackId}#${ports.event.LogicalResourceId}`, sk: 'META' });
      if (meta !== undefined && meta.holder !== '' && meta.requestId === ports.event.RequestId) return;
      await realHandler(ports);
    },
  },
  {
    name: 'leaves the response URL in the log',
    item: 'P9',
    caughtBy: 'secrets',
    handler: async (ports) => {
      ports.platform.log('info', 'event', { event: JSON.stringify(ports.event) });
      await realHandler(ports);
    },
  },
  {
    name: 'leaves e-mail addresses in a reason',
    item: 'P9',
    caughtBy: 'secrets',
    handler: simple({
      create: async ({ event }) => {
        throw new Error(`${event.ResourceProperties.OutsideAccounts[0]} was refused`);
      },
    }),
  },
  {
    name: 'removes before it adds',
    item: 'T36',
    caughtBy: 'foreign',
    handler: simple({
      update: async (ports, wanted, before) => {
        await removeAll(ports, before.filter((account) => !wanted.includes(account)));
        await add(ports, wanted.filter((account) => !before.includes(account)));
      },
    }),
  },
  {
    name: 'claims after the call instead of before',
    item: 'D3',
    caughtBy: 'claimed',
    handler: spoilt(({ table }) => ({
      table: {
        ...table,
        update: async (key, change, condition) => (key.sk.startsWith('L#') ? table.update(key, { ...change, set: { ...change.set, intents: [] } }, condition) : table.update(key, change, condition)),
      },
    })),
  },
  {
    name: 'writes under no condition',
    item: 'D2',
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
  },
  {
    name: 'keeps no record of what it was asked',
    item: 'D1',
    caughtBy: 'afterAnswer',
    handler: simple(),
  },
  {
    name: 'removes what another resource wants',
    item: 'L23',
    caughtBy: 'foreign',
    handler: spoilt(({ table, event }) => ({
      table: {
        ...table,
        query: async (pk, prefix) => (await table.query(pk, prefix)).filter(({ sk }) => prefix !== 'W#' || sk.endsWith(`#${event.LogicalResourceId}`)),
      },
    })),
  },
  {
    name: 'keeps its claims when it has removed',
    item: 'L1',
    caughtBy: 'deleted',
    handler: spoilt(({ table }) => ({
      table: {
        ...table,
        update: async (key, change, condition) => (
          change.set?.outcome === 'left' ? table.update(key, { ...change, set: { ...change.set, claim: 'ours' } }, condition) : table.update(key, change, condition)
        ),
      },
    })),
  },
];
