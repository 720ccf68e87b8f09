/**
 * The ledger's table in memory, as strict as DynamoDB: what the service would refuse is refused here.
 *
 * `dynamodb-table.test.ts` holds it against the real client and dynalite, operation by operation.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type Change,
  type Condition,
  type Item,
  type Key,
  type Table,
  TableMissing,
  type Value,
} from '../../../lambda/runtime/table';

/** One operation on a {@link MemoryTable}. */
export interface TableOperation {
  readonly kind: 'get' | 'query' | 'update';
  /** For a query, `sk` is the prefix. */
  readonly key: Key;
  readonly change?: Change;
  readonly condition?: Condition;
}

/** Runs before or after an operation takes effect; what it throws is what the caller gets. */
export type TableHook = (operation: TableOperation) => void | Promise<void>;

/** A request that DynamoDB would refuse, whatever the items are. */
export class ValidationException extends Error {
  public readonly name = 'ValidationException';
}

/** Bytes of an item, names and values. [DynamoDB developer guide, constraints] */
const LARGEST_ITEM = 400 * 1024;

export class MemoryTable implements Table {
  /** Every operation that took effect or was answered, in order. */
  public readonly operations: TableOperation[] = [];
  /** Whether {@link operations} are kept: copying each takes a while where millions are made. */
  public keepsOperations = true;
  public before?: TableHook;
  public after?: TableHook;
  private items = new Map<string, Item>();
  private dropped = false;

  constructor(public readonly name: string = 'Ledger') {}

  /** From now on every operation throws {@link TableMissing}. */
  public drop(): void {
    this.items.clear();
    this.dropped = true;
  }

  public async get(key: Key): Promise<Item | undefined> {
    return this.served({ kind: 'get', key }, () => this.items.get(placeOf(key)));
  }

  public async query(pk: string, prefix: string): Promise<Item[]> {
    return this.served({ kind: 'query', key: { pk, sk: prefix } }, () =>
      inOrder([...this.items.values()].filter((item) => item.pk === pk && item.sk.startsWith(prefix))),
    );
  }

  public async update(key: Key, change: Change, condition: Condition = {}): Promise<boolean> {
    validate(change);
    return this.served({ kind: 'update', key, change, condition }, () => {
      const item = this.items.get(placeOf(key));
      if (!holds(condition, item)) return false;
      const next = changed(key, item, change);
      if (sizeOf(next) > LARGEST_ITEM) throw new ValidationException('item size has exceeded the maximum allowed size');
      this.items.set(placeOf(key), next);
      return true;
    });
  }

  /** Every item, ordered by key, for a test to look at or to begin with. */
  public all(): Item[] {
    return structuredClone(inOrder([...this.items.values()]));
  }

  /** The same without copies, for whoever only reads. */
  public peek(): readonly Item[] {
    return [...this.items.values()];
  }

  /** Puts items as they are, over those with the same keys. */
  public load(items: readonly Item[]): void {
    for (const item of items) this.items.set(placeOf(item), structuredClone(item));
  }

  private async served<T>(operation: TableOperation, serve: () => T): Promise<T> {
    await this.before?.(operation);
    if (this.dropped) throw new TableMissing('ResourceNotFoundException');
    const answer = structuredClone(serve());
    if (this.keepsOperations) this.operations.push(structuredClone(operation));
    await this.after?.(operation);
    return answer;
  }
}

function placeOf({ pk, sk }: Key): string {
  return `${pk}\u0000${sk}`;
}

/** As DynamoDB sorts keys: by the bytes of their UTF-8, not by UTF-16 code units. */
function inOrder(items: readonly Item[]): Item[] {
  const keyed = items.map((item) => ({ item, place: Buffer.from(placeOf(item)) }));
  return keyed.sort((a, b) => Buffer.compare(a.place, b.place)).map(({ item }) => item);
}

/** [DynamoDB API reference, UpdateItem and expressions] */
function validate({ set = {}, remove = [] }: Change): void {
  const names = [...Object.keys(set).filter((name) => set[name] !== undefined), ...remove];
  if (names.length === 0) throw new ValidationException('the update expression is empty');
  if (new Set(names).size < names.length) throw new ValidationException('two document paths overlap with each other');
  if (names.includes('pk') || names.includes('sk')) throw new ValidationException('the key cannot be updated');
  if (Object.values(set).some((value) => typeof value === 'number' && !Number.isFinite(value))) {
    throw new ValidationException('a number is not finite');
  }
}

function holds({ absent, equal = {}, atMost }: Condition, item: Item | undefined): boolean {
  if (absent && item !== undefined) return false;
  if (atMost !== undefined && item?.[atMost.attribute] !== undefined) {
    // values of different types are never ordered
    const value = item[atMost.attribute];
    if (typeof value !== 'number' || value > atMost.value) return false;
  }
  return Object.entries(equal).every(([attribute, value]) => isDeepStrictEqual(item?.[attribute], value));
}

function changed(key: Key, item: Item | undefined, { set = {}, remove = [] }: Change): Item {
  const next: Record<string, Value> = { ...item, pk: key.pk, sk: key.sk };
  for (const [attribute, value] of Object.entries(set)) {
    if (value !== undefined) next[attribute] = structuredClone(value);
  }
  for (const attribute of remove) delete next[attribute];
  return next as Item;
}

/** [DynamoDB developer guide, item sizes and formats] */
function sizeOf(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return Math.ceil(String(value).length / 2) + 1;
  if (typeof value === 'boolean') return 1;
  if (Array.isArray(value)) return value.reduce((sum: number, element: Value) => sum + sizeOf(element) + 1, 3);
  return Object.entries(value).reduce((sum, [name, member]) => sum + Buffer.byteLength(name) + sizeOf(member) + 1, 3);
}
