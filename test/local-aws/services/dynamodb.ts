/// <reference path="./dynalite.d.ts" />
import { EventEmitter } from 'events';
import type { Server } from 'http';
import dynalite from 'dynalite';
import { AwsError, type Authorization, type Call, type Environment, type Service } from '../core';

/** Which tables are meant: every account and Region has its own. */
export interface TablePlace {
  readonly accountId: string;
  readonly region: string;
}

/** A table as `AWS::DynamoDB::Table` and CreateTable describe it. */
export interface TableDefinition {
  readonly TableName: string;
  readonly [member: string]: unknown;
}

/** The members of a table's definition that dynalite knows; the others are not kept. */
const TABLE_MEMBERS = [
  'TableName', 'AttributeDefinitions', 'KeySchema', 'BillingMode', 'ProvisionedThroughput', 'GlobalSecondaryIndexes',
  'LocalSecondaryIndexes',
];

const OPERATIONS = [
  'BatchGetItem', 'BatchWriteItem', 'CreateTable', 'DeleteItem', 'DeleteTable', 'DescribeTable', 'DescribeTimeToLive', 'GetItem',
  'ListTables', 'PutItem', 'Query', 'Scan', 'UpdateItem', 'UpdateTable',
];

/** DynamoDB by dynalite: conditions, expressions and consistency are its own. One instance an account and Region. */
export class DynamoDbService implements Service {
  public readonly name = 'dynamodb';
  public readonly operations = new Set(OPERATIONS);
  private readonly stores = new Map<string, Store>();

  constructor(private readonly environment: Environment) {}

  public authorization(call: Call): readonly Authorization[] {
    const { input, operation } = call;
    const action = `dynamodb:${operation}`;
    if (operation === 'ListTables') return [{ action, resources: ['*'] }];
    const names: string[] = input.RequestItems === undefined ? [input.TableName ?? ''] : Object.keys(input.RequestItems);
    const tables = names.map((name) => this.arn(placeOf(call), name));
    return [{ action, resources: input.IndexName === undefined ? tables : tables.map((arn) => `${arn}/index/${input.IndexName}`) }];
  }

  public call(call: Call): Promise<unknown> {
    return this.request(placeOf(call), call.operation, call.input);
  }

  /** Creates a table and waits until it can be used. Answers its ARN. */
  public async createTable(place: TablePlace, definition: TableDefinition): Promise<string> {
    const known = Object.fromEntries(TABLE_MEMBERS.map((member) => [member, definition[member]]));
    await this.request(place, 'CreateTable', known);
    while ((await this.describeTable(place, definition.TableName))?.TableStatus !== 'ACTIVE');
    return this.arn(place, definition.TableName);
  }

  /** Deletes a table and waits until it is gone; does nothing if it is. */
  public async deleteTable(place: TablePlace, tableName: string): Promise<void> {
    if (await this.describeTable(place, tableName) === undefined) return;
    await this.request(place, 'DeleteTable', { TableName: tableName });
    while (await this.describeTable(place, tableName) !== undefined);
  }

  /** A table's description, or nothing. */
  public async describeTable(place: TablePlace, tableName: string): Promise<any> {
    try {
      return (await this.request(place, 'DescribeTable', { TableName: tableName })).Table;
    } catch (error) {
      if (error instanceof AwsError && error.code === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  }

  /** All items of a table, for whoever looks at it from outside. */
  public async items(place: TablePlace, tableName: string): Promise<any[]> {
    const items: any[] = [];
    for (let start: unknown; ;) {
      const page = await this.request(place, 'Scan', { TableName: tableName, ExclusiveStartKey: start, ConsistentRead: true });
      items.push(...page.Items);
      start = page.LastEvaluatedKey;
      if (start === undefined) return items;
    }
  }

  private request(place: TablePlace, operation: string, input: any): Promise<any> {
    const key = `${place.accountId} ${place.region}`;
    let store = this.stores.get(key);
    if (store === undefined) this.stores.set(key, store = new Store(this.arn(place, '')));
    // dynalite takes many turns of the event loop, and none of them is time that passes
    return this.environment.clock.hold(store.request(operation, input));
  }

  private arn({ accountId, region }: TablePlace, tableName: string): string {
    return `arn:${this.environment.partition}:dynamodb:${region}:${accountId}:table/${tableName}`;
  }
}

/** One dynalite, driven through its request listener without a socket, one request after the other so that the order is repeatable. */
class Store {
  private readonly server: Server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly tableArnPrefix: string) {}

  public request(operation: string, input: any): Promise<any> {
    const result = this.last.then(() => this.run(operation, input));
    this.last = result.catch(() => undefined);
    return result;
  }

  private async run(operation: string, input: any): Promise<any> {
    try {
      return await this.ask(operation, input);
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== 'ConditionalCheckFailedException') throw error;
      if (input.ReturnValuesOnConditionCheckFailure !== 'ALL_OLD') throw error;
      // dynalite does not know this member yet
      const { Item } = await this.ask('GetItem', { TableName: input.TableName, Key: await this.keyOf(input), ConsistentRead: true });
      throw new AwsError(error.code, error.message, error.status, Item === undefined ? {} : { Item });
    }
  }

  private async keyOf(input: any): Promise<unknown> {
    if (input.Key !== undefined) return input.Key;
    const { Table } = await this.ask('DescribeTable', { TableName: input.TableName });
    const names: string[] = Table.KeySchema.map(({ AttributeName }: any) => AttributeName);
    return Object.fromEntries(names.map((name) => [name, input.Item[name]]));
  }

  private async ask(operation: string, input: any): Promise<any> {
    const { status, body } = await this.exchange(operation, JSON.stringify(input));
    if (status === 200) {
      // dynalite takes account and Region from the environment of the process
      const own = operation.endsWith('Table') ? body.replace(/arn:aws:dynamodb:[^:"]*:\d*:table\//g, this.tableArnPrefix) : body;
      return JSON.parse(own);
    }
    const { __type, message, Message, ...members } = JSON.parse(body);
    throw new AwsError(__type.replace(/^.*#/, ''), message ?? Message ?? '', status, members);
  }

  private exchange(operation: string, body: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve) => {
      const request = Object.assign(new EventEmitter(), {
        method: 'POST',
        url: '/',
        headers: {
          'authorization': 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=local',
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-date': '20260101T000000Z',
          'x-amz-target': `DynamoDB_20120810.${operation}`,
        },
      });
      const response = {
        statusCode: 200,
        setHeader: () => undefined,
        end: (answer: string) => resolve({ status: response.statusCode, body: answer }),
      };
      this.server.emit('request', request, response);
      request.emit('data', Buffer.from(body));
      request.emit('end');
    });
  }
}

function placeOf(call: Call): TablePlace {
  return { accountId: call.caller.accountId, region: call.region };
}
