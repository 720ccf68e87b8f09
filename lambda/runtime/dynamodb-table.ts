/**
 * The ledger's table in DynamoDB.
 */
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { errorName, refusedForSure, transient } from './errors';
import { type Platform, within } from './platform';
import { retrying } from './retry';
import { type Change, type Condition, type Item, type Key, type Table, TableMissing, type Value } from './table';

/** What one request may take. */
const REQUEST_MILLISECONDS = 5_000;
/** How long the ledger may be unreachable or throttled before the run fails. */
const PATIENCE_SECONDS = 60;
/** How long a refused permission is given: policies take a while to reach every host. */
const PERMISSION_PATIENCE_MILLISECONDS = 20_000;

/** The table, or the key that it is encrypted with, is not there or not for us. */
const UNUSABLE = new Set([
  'ResourceNotFoundException',
  'AccessDeniedException',
  'KMSAccessDeniedException',
  'KMSDisabledException',
  'KMSInvalidStateException',
  'KMSNotFoundException',
]);

export class DynamoDbTable implements Table {
  constructor(
    private readonly client: DynamoDBClient,
    public readonly name: string,
    private readonly platform: Platform,
    private readonly deadline: number,
  ) {}

  public async get(key: Key): Promise<Item | undefined> {
    const { Item } = await this.request('GetItem', (abortSignal) =>
      this.client.send(new GetItemCommand({ TableName: this.name, Key: toAttributes(key), ConsistentRead: true }), {
        abortSignal,
      }),
    );
    return Item === undefined ? undefined : fromAttributes(Item);
  }

  public async query(pk: string, prefix: string): Promise<Item[]> {
    const items: Item[] = [];
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
    do {
      const page = await this.request('Query', (abortSignal) =>
        this.client.send(
          new QueryCommand({
            TableName: this.name,
            ConsistentRead: true,
            KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
            ExpressionAttributeValues: { ':pk': { S: pk }, ':prefix': { S: prefix } },
            ExclusiveStartKey,
          }),
          { abortSignal },
        ),
      );
      items.push(...(page.Items ?? []).map(fromAttributes));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    return items;
  }

  public async update(key: Key, change: Change, condition?: Condition): Promise<boolean> {
    const expressions = render(change, condition);
    try {
      await this.request('UpdateItem', (abortSignal) =>
        this.client.send(new UpdateItemCommand({ TableName: this.name, Key: toAttributes(key), ...expressions }), {
          abortSignal,
        }),
      );
      return true;
    } catch (error) {
      if (errorName(error) === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }

  private async request<T>(what: string, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const permittedBy = this.platform.monotonic() + PERMISSION_PATIENCE_MILLISECONDS;
    const retryable = (error: unknown) =>
      transient(error) || (errorName(error) === 'AccessDeniedException' && this.platform.monotonic() < permittedBy);
    try {
      return await retrying(
        this.platform,
        { deadline: this.deadline, patienceSeconds: PATIENCE_SECONDS, retryable },
        () => within(this.platform, REQUEST_MILLISECONDS, `DynamoDB ${what}`, send),
      );
    } catch (error) {
      if (UNUSABLE.has(errorName(error)) && refusedForSure(error)) throw new TableMissing(errorName(error));
      throw error;
    }
  }
}

/** Renders a change and its condition as DynamoDB expressions. Every name goes through a placeholder: any of them may be a reserved word. */
export function render(change: Change, condition: Condition = {}) {
  const names: Record<string, string> = {};
  const values: Record<string, AttributeValue> = {};
  const name = (attribute: string) => {
    names[`#${attribute}`] = attribute;
    return `#${attribute}`;
  };
  const value = (of: Value) => {
    const placeholder = `:${Object.keys(values).length}`;
    values[placeholder] = toAttribute(of);
    return placeholder;
  };

  const sets = Object.entries(change.set ?? {}).flatMap(([attribute, to]) =>
    to === undefined ? [] : [`${name(attribute)} = ${value(to)}`],
  );
  const removes = (change.remove ?? []).map(name);
  const conditions = [
    ...(condition.absent ? [`attribute_not_exists(${name('pk')})`] : []),
    ...Object.entries(condition.equal ?? {}).map(([attribute, is]) =>
      is === undefined ? `attribute_not_exists(${name(attribute)})` : `${name(attribute)} = ${value(is)}`,
    ),
    ...(condition.atMost === undefined
      ? []
      : [
        `(attribute_not_exists(${name(condition.atMost.attribute)}) OR ${name(condition.atMost.attribute)} <= ${value(condition.atMost.value)})`,
      ]),
  ];
  return {
    UpdateExpression: [
      sets.length > 0 ? `SET ${sets.join(', ')}` : '',
      removes.length > 0 ? `REMOVE ${removes.join(', ')}` : '',
    ]
      .filter(Boolean)
      .join(' '),
    ...(conditions.length > 0 ? { ConditionExpression: conditions.join(' AND ') } : {}),
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
  };
}

function toAttributes(members: Readonly<Record<string, Value | undefined>> | Key): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(members).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, toAttribute(value as Value)]],
    ),
  );
}

function toAttribute(value: Value): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(toAttribute) };
  return { M: toAttributes(value as Readonly<Record<string, Value>>) };
}

function fromAttributes(members: Record<string, AttributeValue>): Item {
  return Object.fromEntries(
    Object.entries(members).map(([key, value]) => [key, fromAttribute(value)]),
  ) as unknown as Item;
}

function fromAttribute(value: AttributeValue): Value {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.L !== undefined) return value.L.map(fromAttribute);
  if (value.M !== undefined) return fromAttributes(value.M);
  throw new Error(
    `the ledger holds an attribute of a type that this release does not know: ${Object.keys(value).join()}`,
  );
}
