/**
 * The ledger's tables in memory: the same conditions as DynamoDB's, none of its cost, and a hook before every operation.
 */
import { type Change, type Condition, type Item, type Key, type Table, TableMissing, type Value } from '../../lambda/runtime/table';
import type { TableStore } from '../local-aws/cloudformation/resources';

/** One operation of a handler on its ledger. */
export interface TableOperation {
  readonly kind: 'get' | 'query' | 'update';
  readonly key: Key;
  readonly change?: Change;
}

/**
 * What happens to one operation: `repeat` is a request whose answer was lost and that was therefore sent again, `unreachable` gives up
 * before or after the effect.
 */
export type TableFault = { readonly kind: 'repeat' } | { readonly kind: 'unreachable'; readonly when: 'before' | 'after' };

export type TableHook = (operation: TableOperation) => TableFault | undefined;

type Partition = Map<string, Item>;

/** All tables of one embedded AWS, by name. */
export class MemoryTables implements TableStore {
  private readonly tables = new Map<string, Map<string, Partition>>();

  public async createTable(place: { readonly accountId: string; readonly region: string }, definition: { readonly TableName: string }): Promise<string> {
    this.tables.set(definition.TableName, new Map());
    return `arn:aws:dynamodb:${place.region}:${place.accountId}:table/${definition.TableName}`;
  }

  public async deleteTable(_place: unknown, tableName: string): Promise<void> {
    this.tables.delete(tableName);
  }

  public has(tableName: string): boolean {
    return this.tables.has(tableName);
  }

  /** Every item of a table, for whoever looks at it from outside; none if there is no such table. */
  public items(tableName: string): Item[] {
    return [...this.tables.get(tableName)?.values() ?? []].flatMap((partition) => [...partition.values()]);
  }

  /** A table as a handler sees it. */
  public open(name: string, hook: TableHook = () => undefined): Table {
    const partition = (pk: string): Partition => {
      const table = this.tables.get(name);
      if (table === undefined) throw new TableMissing('ResourceNotFoundException');
      const existing = table.get(pk);
      if (existing !== undefined) return existing;
      const created: Partition = new Map();
      table.set(pk, created);
      return created;
    };
    const apply = (key: Key, change: Change, condition?: Condition): boolean => {
      const items = partition(key.pk);
      const before = items.get(key.sk);
      if (!holds(condition, before)) return false;
      items.set(key.sk, changed(key, before, change));
      return true;
    };
    const served = async <T>(operation: TableOperation, serve: () => T): Promise<T> => {
      const fault = hook(operation);
      if (fault?.kind === 'unreachable' && fault.when === 'before') throw unreachable();
      const result = serve();
      if (fault?.kind === 'unreachable') throw unreachable();
      return fault?.kind === 'repeat' ? serve() : result;
    };
    return {
      name,
      get: (key) => served({ kind: 'get', key }, () => partition(key.pk).get(key.sk)),
      query: (pk, prefix) => served({ kind: 'query', key: { pk, sk: prefix } }, () => (
        [...partition(pk).values()].filter((item) => item.sk.startsWith(prefix)).sort((a, b) => (a.sk < b.sk ? -1 : 1))
      )),
      update: (key, change, condition) => served({ kind: 'update', key, change }, () => apply(key, change, condition)),
    };
  }
}

function holds(condition: Condition | undefined, item: Item | undefined): boolean {
  if (condition?.absent && item !== undefined) return false;
  const { atMost } = condition ?? {};
  const limited = atMost && item?.[atMost.attribute];
  if (limited !== undefined && (limited as number) > atMost!.value) return false;
  return Object.entries(condition?.equal ?? {}).every(([attribute, value]) => JSON.stringify(item?.[attribute]) === JSON.stringify(value));
}

function changed(key: Key, before: Item | undefined, { set = {}, remove = [] }: Change): Item {
  const next: Record<string, Value> = { ...before, ...key };
  for (const [attribute, value] of Object.entries(set)) if (value !== undefined) next[attribute] = structuredClone(value);
  for (const attribute of remove) delete next[attribute];
  return Object.freeze(next) as unknown as Item;
}

/** What the ledger's client throws when its patience is at an end. */
function unreachable(): Error {
  return Object.assign(new Error('DynamoDB gave no answer within 5 s'), { name: 'TimeoutError' });
}
