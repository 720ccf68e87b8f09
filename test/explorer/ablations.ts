/**
 * Handlers that lack one repair of the protocol each: the real one, with one of its ports bent. Every one must be caught.
 */
import type { Serve } from './playbook';
import { handle } from '../../lambda/runtime/handler';
import type { Platform } from '../../lambda/runtime/platform';
import type { Item, Table } from '../../lambda/runtime/table';
import type { SecurityHubApi } from '../../lambda/security-hub-members/api';
import { securityHubMembers } from '../../lambda/security-hub-members/resource';

interface Ports {
  readonly event: Record<string, unknown>;
  readonly platform: Platform;
  readonly table: Table;
  readonly api: SecurityHubApi;
}

export interface Ablation {
  readonly name: string;
  /** The scenario in which it shows. */
  readonly scenario: string;
  /** What it breaks. */
  readonly breaks: RegExp;
  readonly serve: (api: SecurityHubApi) => Serve;
}

function bent(name: string, scenario: string, breaks: RegExp, bend: (ports: Ports) => Partial<Ports>): Ablation {
  return {
    name,
    scenario,
    breaks,
    serve: (api) => (event, remaining, platform, table) => {
      const ports = { event: event as Record<string, unknown>, platform, table, api };
      const next = { ...ports, ...bend(ports) };
      return handle(
        next.event,
        remaining,
        next.platform,
        next.table,
        securityHubMembers({ ...next, region: 'us-east-1', logGroupName: 'Log' }),
      );
    },
  };
}

const withTable = (table: Table, change: Partial<Table>): Table => ({
  name: table.name,
  get: (key) => table.get(key),
  query: (pk, prefix) => table.query(pk, prefix),
  update: (key, update, condition) => table.update(key, update, condition),
  ...change,
});

export const ABLATIONS: readonly Ablation[] = [
  bent('remembers only the last answer', 'an Update is redelivered', /G2/, ({ table }) => ({
    table: withTable(table, {
      get: async (key) => (key.sk.startsWith('ANS#') ? undefined : table.get(key)),
      update: async (key, change, condition) =>
        key.sk.startsWith('ANS#') ? true : table.update(key, change, condition),
    }),
  })),
  bent('cannot tell which request is newer', 'a late Create after its Delete', /G4|G6/, ({ event }) => ({
    event: { ...event, ResponseURL: String(event.ResponseURL).replace(/X-Amz-Date=\w+/, '') },
  })),
  {
    name: 'gives way by returning',
    scenario: 'a copy and a crash',
    breaks: /G2: nobody will ever answer/,
    serve: (api) => async (event, remaining, platform, table) => {
      const { RequestId, StackId, LogicalResourceId } = event as Record<string, string>;
      const meta = await table.get({ pk: `R#${StackId}#${LogicalResourceId}`, sk: 'META' });
      if (meta?.requestId === RequestId && meta.state === 'working' && meta.holder !== '') return;
      await handle(
        event,
        remaining,
        platform,
        table,
        securityHubMembers({ platform, table, api, region: 'us-east-1', logGroupName: 'Log' }),
      );
    },
  },
  bent('forgets the calls of an attempt that died', 'crash after a call', /G4|G6/, ({ table }) => ({
    table: withTable(table, {
      get: async (key) => {
        const item = await table.get(key);
        return key.sk.startsWith('L#') && item !== undefined ? ({ ...item, intents: [] } as unknown as Item) : item;
      },
    }),
  })),
  bent('takes a broken connection for a refusal', 'a broken connection after the effect', /G4|G6/, ({ api }) => ({
    api: {
      ...api,
      createMembers: (accounts, signal) =>
        api.createMembers(accounts, signal).catch((error: Error) => {
          throw Object.assign(error, {
            name: 'TooManyRequestsException',
            $fault: 'client',
            $metadata: { httpStatusCode: 429 },
          });
        }),
    },
  })),
  bent('writes rows without a fence', 'a Delete races its Create', /G4|G6/, ({ table }) => ({
    table: withTable(table, {
      update: (key, change, condition) =>
        table.update(key, change, condition?.atMost === undefined ? condition : undefined),
    }),
  })),
  bent('does not wait for what is on the wire', 'a call on the wire outlives its sender', /G4|G6/, ({ platform }) => ({
    platform: {
      ...platform,
      sleep: (milliseconds, cancel) => platform.sleep(milliseconds > 20_000 ? 1 : milliseconds, cancel),
    },
  })),
  bent('records after it has sent', 'answers are recorded before they are sent', /G2/, ({ platform, table }) => {
    let later: (() => Promise<unknown>) | undefined;
    return {
      table: withTable(table, {
        update: async (key, change, condition) => {
          if (change.set?.answer === undefined) return table.update(key, change, condition);
          later = () => table.update(key, change, condition);
          return true;
        },
      }),
      platform: {
        ...platform,
        put: async (url, body) => {
          const status = await platform.put(url, body);
          await later?.();
          return status;
        },
      },
    };
  }),
  bent(
    'does not ask who else wants an account',
    'one resource removes what another begins to want',
    /G3/,
    ({ event, table }) => ({
      table: withTable(table, {
        query: async (pk, prefix) => {
          const items = await table.query(pk, prefix);
          return prefix === 'W#'
            ? items.filter((item) => item.sk.endsWith(`#${String(event.LogicalResourceId)}`))
            : items;
        },
      }),
    }),
  ),
  bent(
    'does not see that another resource is removing',
    'one resource removes what another begins to want',
    /G3/,
    ({ table }) => ({
      table: withTable(table, { query: async (pk, prefix) => (prefix === 'L#' ? [] : table.query(pk, prefix)) }),
    }),
  ),
  bent(
    'looks at the wants before it marks what it hands over',
    'two resources give up one account',
    /G4/,
    ({ table }) => {
      let marks: (() => Promise<unknown>)[] = [];
      return {
        table: withTable(table, {
          update: async (key, change, condition) => {
            if (change.set?.handedOver !== true) return table.update(key, change, condition);
            marks.push(() => table.update(key, change, condition));
            return true;
          },
          query: async (pk, prefix) => {
            const items = await table.query(pk, prefix);
            for (const mark of marks.splice(0)) await mark();
            return items;
          },
        }),
      };
    },
  ),
];
