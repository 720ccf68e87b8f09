import type { AddressInfo } from 'node:net';
import { CreateTableCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import * as fc from 'fast-check';
import { DynamoDbTable, render } from '../../../lambda/runtime/dynamodb-table';
import { nodePlatform } from '../../../lambda/runtime/node-platform';
import { type Change, type Condition, type Key, type Table, TableMissing, type Value } from '../../../lambda/runtime/table';
import { clients } from '../support/loopback';
import { MemoryTable } from '../support/memory-table';
import { VirtualPlatform } from '../support/virtual-platform';

const TABLE = {
  TableName: 'Ledger',
  BillingMode: 'PAY_PER_REQUEST' as const,
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' as const },
    { AttributeName: 'sk', AttributeType: 'S' as const },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' as const },
    { AttributeName: 'sk', KeyType: 'RANGE' as const },
  ],
};

describe('with dynalite', () => {
  let server: ReturnType<typeof dynalite>;
  let client: DynamoDBClient;
  let table: DynamoDbTable;

  beforeAll(async () => {
    server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = clients({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }).dynamodb;
    await client.send(new CreateTableCommand(TABLE));
    table = new DynamoDbTable(client, 'Ledger', nodePlatform, Date.now() + 600_000);
    // the table takes a moment to become active
    while ((await table.get({ pk: 'p', sk: 's' }).catch((error) => error)) instanceof Error);
  });

  afterAll(async () => {
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  test('does what the table in memory does, for any operations', async () => {
    const key = fc.record({
      pk: fc.constantFrom('p', 'P', 'ü'),
      sk: fc.constantFrom('A#1', 'A#2', 'A#10', 'W#ü', 'W#😀', 'META'),
    });
    // reserved words among them
    const attribute = fc.constantFrom('epoch', 'status', 'name', 'ttl', 'size', 'a', 'b');
    const leaf = fc.oneof(
      fc.integer(),
      fc.constantFrom(0, -1, 1.5, Number.MAX_SAFE_INTEGER, Date.UTC(2026)),
      fc.constantFrom('', 'x', 'ü😀', '7'),
      fc.boolean(),
    );
    const value = fc.oneof(
      { weight: 4, arbitrary: leaf },
      { weight: 1, arbitrary: fc.array(leaf, { maxLength: 3 }) },
      { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('x', 'y'), leaf, { noNullPrototype: true }) },
    ) as fc.Arbitrary<Value>;
    const change: fc.Arbitrary<Change> = fc
      .tuple(
        fc.dictionary(attribute, fc.option(value, { nil: undefined, freq: 8 }), { noNullPrototype: true }),
        fc.uniqueArray(attribute, { maxLength: 2 }),
      )
      .map(([set, remove]) => ({ set, remove: remove.filter((name) => set[name] === undefined) }))
      .filter(({ set, remove }) => remove.length > 0 || Object.values(set).some((member) => member !== undefined));
    const condition: fc.Arbitrary<Condition | undefined> = fc.option(
      fc.record(
        {
          absent: fc.constant(true as const),
          equal: fc.dictionary(attribute, fc.option(value, { nil: undefined }), { noNullPrototype: true, maxKeys: 2 }),
          atMost: fc.record({ attribute, value: fc.integer({ min: -2, max: 2 }) }),
        },
        { requiredKeys: [] },
      ),
      { nil: undefined },
    );
    type Operation = (on: Table, run: string) => Promise<unknown>;
    const placed = ({ pk, sk }: Key, run: string) => ({ pk: `${run}${pk}`, sk });
    const operation: fc.Arbitrary<Operation> = fc.oneof(
      { weight: 1, arbitrary: key.map((at): Operation => (on, run) => on.get(placed(at, run))) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(key, fc.constantFrom('A#', 'A#1', 'W#', 'M', 'Z'))
          .map(([at, prefix]): Operation => (on, run) => on.query(`${run}${at.pk}`, prefix)),
      },
      {
        weight: 4,
        arbitrary: fc
          .tuple(key, change, condition)
          .map(([at, to, when]): Operation => (on, run) => on.update(placed(at, run), to, when)),
      },
    );

    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 25 }), async (operations) => {
        const memory = new MemoryTable();
        const run = `${runs++} `;
        for (const operate of operations) expect(await operate(table, run)).toEqual(await operate(memory, run));
        for (const item of memory.all()) expect(await table.get({ pk: item.pk, sk: item.sk })).toEqual(item);
      }),
      { numRuns: 25 },
    );
  }, 30_000);

  test('answers false where a condition fails, and leaves the item as it was', async () => {
    const key = { pk: 'conditional', sk: 's' };
    await expect(table.update(key, { set: { epoch: 3 } }, { absent: true })).resolves.toBe(true);
    await expect(table.update(key, { set: { epoch: 9 } }, { absent: true })).resolves.toBe(false);
    await expect(table.update(key, { set: { epoch: 2 } }, { atMost: { attribute: 'epoch', value: 2 } })).resolves.toBe(false);
    await expect(table.get(key)).resolves.toEqual({ ...key, epoch: 3 });
  });

  test('finds nothing where there is nothing', async () => {
    await expect(table.get({ pk: 'nothing', sk: 's' })).resolves.toBeUndefined();
    await expect(table.query('nothing', 'A#')).resolves.toEqual([]);
  });

  test('reads all pages of a partition', async () => {
    const sks = Array.from({ length: 6 }, (_, index) => `A#${index}`);
    await Promise.all(sks.map((sk) => table.update({ pk: 'large', sk }, { set: { accounts: 'x'.repeat(390_000) } })));
    // 1 MB a page
    expect((await table.query('large', 'A#')).map(({ sk }) => sk)).toEqual(sks);
  });

  test('holds as much as the table in memory, and no more', async () => {
    const memory = new MemoryTable();
    const write = (on: Table, bytes: number) => on.update({ pk: 'big', sk: 's' }, { set: { v: 'x'.repeat(bytes) } });
    for (const on of [table, memory]) {
      await expect(write(on, 409_000)).resolves.toBe(true);
      await expect(write(on, 410_000)).rejects.toMatchObject({ name: 'ValidationException' });
    }
  });

  test.each<[string, Change]>([
    ['nothing', {}],
    ['nothing but what is undefined', { set: { a: undefined } }],
    ['an attribute that it also removes', { set: { a: 1 }, remove: ['a'] }],
    ['the key', { set: { sk: 'other' } }],
  ])('refuses a change of %s, as the table in memory does', async (_words, change) => {
    for (const on of [table, new MemoryTable()]) {
      await expect(on.update({ pk: 'invalid', sk: 's' }, change)).rejects.toMatchObject({ name: 'ValidationException' });
    }
  });

  test('tells of a table that is missing, whatever is asked', async () => {
    const gone = new DynamoDbTable(client, 'NeverThere', nodePlatform, Date.now() + 60_000);
    await expect(gone.get({ pk: 'p', sk: 's' })).rejects.toBeInstanceOf(TableMissing);
    await expect(gone.query('p', 's')).rejects.toBeInstanceOf(TableMissing);
    await expect(gone.update({ pk: 'p', sk: 's' }, { set: { a: 1 } })).rejects.toBeInstanceOf(TableMissing);
  });

  test('fails on a value that only another program can have written', async () => {
    const Item = { pk: { S: 'foreign' }, sk: { S: 's' }, set: { SS: ['a'] } };
    await client.send(new PutItemCommand({ TableName: 'Ledger', Item }));
    await expect(table.get({ pk: 'foreign', sk: 's' })).rejects.toThrow('of a type that this release does not know: SS');
  });
});

describe('errors', () => {
  let platform: VirtualPlatform;
  let sent: number[];

  beforeEach(() => {
    platform = new VirtualPlatform();
    sent = [];
  });

  /** A table whose client fails as long as `failing` answers an error. */
  function failing(error: (at: number) => object | undefined, deadlineSeconds = 900): DynamoDbTable {
    const send = async () => {
      sent.push(platform.monotonic());
      const thrown = error(platform.monotonic());
      if (thrown !== undefined) throw thrown;
      return {};
    };
    return new DynamoDbTable({ send } as unknown as DynamoDBClient, 'Ledger', platform, platform.now() + deadlineSeconds * 1000);
  }

  function refusal(name: string, status = 400) {
    return Object.assign(new Error('words'), { name, $fault: 'client', $metadata: { httpStatusCode: status } });
  }

  const KEY = { pk: 'p', sk: 's' };

  test.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'])('%s is tried again', async (name) => {
    const table = failing((at) => (at < 20_000 ? refusal(name) : undefined));
    await expect(platform.run(table.update(KEY, { set: { a: 1 } }))).resolves.toBe(true);
    expect(sent.length).toBeGreaterThan(3);
  });

  test.each([
    ['throttling', () => refusal('ThrottlingException'), 'ThrottlingException'],
    ['a server error', () => Object.assign(new Error('x'), { name: 'InternalServerError', $fault: 'server' }), 'InternalServerError'],
    ['a reset', () => Object.assign(new Error('x'), { name: 'TimeoutError', code: 'ECONNRESET' }), 'TimeoutError'],
  ])('%s that does not end is given up after a minute', async (_words, error, name) => {
    await expect(platform.run(failing(error).get(KEY))).rejects.toMatchObject({ name });
    expect(platform.monotonic()).toBeLessThanOrEqual(60_000);
    expect(platform.monotonic()).toBeGreaterThan(30_000);
  });

  test('silence is given up after 5 s, and tried again', async () => {
    let calls = 0;
    const send = () => (++calls < 3 ? new Promise(() => undefined) : Promise.resolve({ Item: { pk: { S: 'p' }, sk: { S: 's' } } }));
    const table = new DynamoDbTable({ send } as unknown as DynamoDBClient, 'Ledger', platform, platform.now() + 900_000);
    await expect(platform.run(table.get(KEY))).resolves.toEqual(KEY);
    expect(platform.monotonic()).toBeGreaterThanOrEqual(10_000);
    expect(calls).toBe(3);
  });

  test.each(['ResourceNotFoundException', 'KMSAccessDeniedException', 'KMSDisabledException', 'KMSInvalidStateException', 'KMSNotFoundException'])(
    '%s means that the ledger is gone',
    async (name) => {
      await expect(platform.run(failing(() => refusal(name)).get(KEY))).rejects.toEqual(new TableMissing(name));
      expect(sent).toHaveLength(1);
    },
  );

  test.each([1, 2, 3, 4, 5, 6])('F7: AccessDenied is not tried again once it has lasted 20 s (seed %d)', async (seed) => {
    platform = new VirtualPlatform({ seed });
    await expect(platform.run(failing(() => refusal('AccessDeniedException')).get(KEY))).rejects.toBeInstanceOf(TableMissing);
    expect(sent.filter((at) => at >= 20_000).length).toBeLessThanOrEqual(1);
  });

  test('L12: AccessDenied is given 20 s, in which a policy may arrive', async () => {
    const table = failing((at) => (at < 15_000 ? refusal('AccessDeniedException') : undefined));
    await expect(platform.run(table.update(KEY, { set: { a: 1 } }))).resolves.toBe(true);
  });

  test('F7: AccessDenied that stays means that the ledger cannot be read', async () => {
    const table = failing(() => refusal('AccessDeniedException'));
    await expect(platform.run(table.get(KEY))).rejects.toEqual(new TableMissing('AccessDeniedException'));
    expect(platform.monotonic()).toBeLessThanOrEqual(60_000);
    expect(platform.monotonic()).toBeGreaterThanOrEqual(10_000);
  });

  test('a condition that fails is no reason to try again', async () => {
    const table = failing(() => refusal('ConditionalCheckFailedException'));
    await expect(platform.run(table.update(KEY, { set: { a: 1 } }))).resolves.toBe(false);
    expect(sent).toHaveLength(1);
  });

  test('any other refusal is thrown', async () => {
    await expect(platform.run(failing(() => refusal('ValidationException')).get(KEY))).rejects.toMatchObject({ name: 'ValidationException' });
    expect(sent).toHaveLength(1);
  });

  test('nothing is sent after the deadline', async () => {
    await expect(platform.run(failing(() => refusal('ThrottlingException'), 10).get(KEY))).rejects.toBeDefined();
    expect(platform.monotonic()).toBeLessThanOrEqual(10_000);
  });
});

describe('a read', () => {
  test('F8: is never stale', async () => {
    const inputs: unknown[] = [];
    const send = async ({ input }: { input: unknown }) => {
      inputs.push(input);
      return {};
    };
    const platform = new VirtualPlatform();
    const table = new DynamoDbTable({ send } as unknown as DynamoDBClient, 'Ledger', platform, platform.now() + 60_000);
    await platform.run(table.get({ pk: 'p', sk: 's' }));
    await platform.run(table.query('p', 'A#'));
    expect(inputs).toMatchObject([{ ConsistentRead: true }, { ConsistentRead: true }]);
  });
});

describe('an expression', () => {
  test('names every attribute by a placeholder, for any of them may be a reserved word', () => {
    expect(render({ set: { status: 'x', ttl: 5 }, remove: ['name'] }, { equal: { size: 1, data: undefined }, atMost: { attribute: 'epoch', value: 3 } })).toEqual({
      UpdateExpression: 'SET #status = :0, #ttl = :1 REMOVE #name',
      ConditionExpression: '#size = :2 AND attribute_not_exists(#data) AND (attribute_not_exists(#epoch) OR #epoch <= :3)',
      ExpressionAttributeNames: { '#status': 'status', '#ttl': 'ttl', '#name': 'name', '#size': 'size', '#data': 'data', '#epoch': 'epoch' },
      ExpressionAttributeValues: { ':0': { S: 'x' }, ':1': { N: '5' }, ':2': { N: '1' }, ':3': { N: '3' } },
    });
  });
});
