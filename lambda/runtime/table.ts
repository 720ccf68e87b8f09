/**
 * The ledger's table as the protocol needs it: consistent reads, and single-item updates under a condition.
 *
 * A condition that does not hold is an answer (`false`), not an error: the protocol expects it. Updates name the attributes they set or
 * remove and leave every other one alone, so that an older release keeps what a newer one wrote.
 */

export type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

export type Item = Key & { readonly [attribute: string]: Value };

/** Holds when every named part holds. */
export interface Condition {
  /** The item does not exist. */
  readonly absent?: true;
  /** These attributes have these values; `undefined` means that the item lacks the attribute. */
  readonly equal?: Readonly<Record<string, Value | undefined>>;
  /** This numeric attribute is missing or not above the value. */
  readonly atMost?: { readonly attribute: string; readonly value: number };
}

export interface Change {
  readonly set?: Readonly<Record<string, Value | undefined>>;
  readonly remove?: readonly string[];
}

export interface Table {
  readonly name: string;
  get(key: Key): Promise<Item | undefined>;
  /** All items of a partition whose sort key begins with `prefix`, in order. */
  query(pk: string, prefix: string): Promise<Item[]>;
  /** Applies `change`, creating the item where it is missing; false if the condition does not hold. */
  update(key: Key, change: Change, condition?: Condition): Promise<boolean>;
}

/** The table is not there: the stack that owned it has ended, or somebody removed it by hand. Or it is not for us: a policy denies it, or its key is off. */
export class TableMissing extends Error {
  public readonly name = 'TableMissing';

  /** The message is the name of DynamoDB's error. */
  public get gone(): boolean {
    return this.message === 'ResourceNotFoundException';
  }
}
