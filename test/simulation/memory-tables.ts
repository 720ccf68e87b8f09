/**
 * The ledger's tables as the simulated CloudFormation makes them: in memory, with a hook at every operation of a handler.
 */
import { type Item, type Table, TableMissing } from '../../lambda/runtime/table';
import { MemoryTable, type TableOperation } from '../lambda/support/memory-table';
import type { TableStore } from '../local-aws/cloudformation/resources';

/**
 * What happens to one operation, as it looks behind the client's own retries: `late` is a request that was throttled, answered with an
 * internal error or not at all, and repeated; `repeat` is one whose answer was lost and that was therefore sent again; `unreachable` is one
 * that the client gave up, before or after the effect; `denied` is one that was refused until the client gave up.
 */
export type TableFault =
  | { readonly kind: 'late'; readonly milliseconds: number }
  | { readonly kind: 'repeat'; readonly milliseconds?: number }
  | { readonly kind: 'unreachable'; readonly when: 'before' | 'after' }
  | { readonly kind: 'denied' };

export type TableFaultHook = (operation: TableOperation) => TableFault | undefined;

/** How long the client goes on after a refused permission. */
const PERMISSION_PATIENCE = 20_000;

/** All tables of one embedded AWS, by name. */
export class MemoryTables implements TableStore {
  private readonly tables = new Map<string, MemoryTable>();

  public async createTable(
    place: { readonly accountId: string; readonly region: string },
    { TableName }: { readonly TableName: string },
  ): Promise<string> {
    const table = new MemoryTable(TableName);
    table.keepsOperations = false;
    this.tables.set(TableName, table);
    return `arn:aws:dynamodb:${place.region}:${place.accountId}:table/${TableName}`;
  }

  public async deleteTable(_place: unknown, tableName: string): Promise<void> {
    this.tables.get(tableName)?.drop();
    this.tables.delete(tableName);
  }

  /** What a restoration from point-in-time recovery makes: a table of that name with these items. */
  public restoreTable(tableName: string, items: readonly Item[]): void {
    const table = new MemoryTable(tableName);
    table.load(items);
    this.tables.set(tableName, table);
  }

  public has(tableName: string): boolean {
    return this.tables.has(tableName);
  }

  /** Every item of a table, for whoever looks at it from outside; none if there is no such table. */
  public items(tableName: string): Item[] {
    return this.tables.get(tableName)?.all() ?? [];
  }

  /** The same as they lie there, in no order, for checks that are made at every call. */
  public peek(tableName: string): readonly Item[] {
    return this.tables.get(tableName)?.peek() ?? [];
  }

  /** A table as a handler sees it. */
  public open(name: string, hook: TableFaultHook, sleep: (milliseconds: number) => Promise<void>): Table {
    const table = this.tables.get(name) ?? dropped(name);
    const served = async <T>(operation: TableOperation, serve: () => Promise<T>): Promise<T> => {
      const fault = hook(operation);
      switch (fault?.kind) {
        case undefined: return serve();
        case 'late':
          await sleep(fault.milliseconds);
          return serve();
        case 'repeat':
          await serve();
          if (fault.milliseconds !== undefined) await sleep(fault.milliseconds);
          return serve();
        case 'denied':
          await sleep(PERMISSION_PATIENCE);
          throw new TableMissing('AccessDeniedException');
        case 'unreachable':
          if (fault.when === 'after') await serve();
          throw unreachable();
      }
    };
    return {
      name,
      get: (key) => served({ kind: 'get', key }, () => table.get(key)),
      query: (pk, prefix) => served({ kind: 'query', key: { pk, sk: prefix } }, () => table.query(pk, prefix)),
      update: (key, change, condition) => served(
        { kind: 'update', key, change, condition },
        () => table.update(key, change, condition),
      ),
    };
  }
}

function dropped(name: string): MemoryTable {
  const table = new MemoryTable(name);
  table.drop();
  return table;
}

/** What the ledger's client throws when its patience is at an end. */
function unreachable(): Error {
  return Object.assign(new Error('DynamoDB gave no answer within 5 s'), { name: 'TimeoutError' });
}
