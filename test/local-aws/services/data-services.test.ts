import { Readable } from 'node:stream';
import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, DescribeLogGroupsCommand, FilterLogEventsCommand, paginateFilterLogEvents, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { BatchWriteItemCommand, CreateTableCommand, DeleteTableCommand, DescribeTableCommand, DynamoDBClient, GetItemCommand, ListTablesCommand, PutItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetBucketEncryptionCommand, GetBucketLocationCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, paginateListObjectsV2, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteParameterCommand, GetParameterCommand, GetParametersCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { EmbeddedAws } from '../embedded-aws';
import { type ClientConfiguration, type Entrance, WAYS_IN } from '../wire/clients';

const ACCOUNT = '111122223333';
const PLACE = { accountId: ACCOUNT, region: 'eu-west-1' };
const TABLE = {
  TableName: 'ledger',
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' as const }, { AttributeName: 'sk', AttributeType: 'S' as const }],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' as const }, { AttributeName: 'sk', KeyType: 'RANGE' as const }],
  BillingMode: 'PAY_PER_REQUEST' as const,
};

describe.each(WAYS_IN)('services, %s', (_, enter) => {
  let aws: EmbeddedAws;
  let entrance: Entrance;
  let config: ClientConfiguration;

  beforeEach(async () => {
    aws = new EmbeddedAws();
    entrance = await enter(aws);
    config = entrance.client(aws.credentials.admin(ACCOUNT));
  });
  afterEach(() => entrance.leave());

  describe('SSM', () => {
    test('parameters live in their account and Region', async () => {
      const client = new SSMClient(config);
      expect(await client.send(new PutParameterCommand({ Name: '/a', Value: '1', Type: 'String' }))).toMatchObject({ Version: 1 });
      await expect(client.send(new PutParameterCommand({ Name: '/a', Value: '2', Type: 'String' }))).rejects.toMatchObject({ name: 'ParameterAlreadyExists' });
      expect(await client.send(new PutParameterCommand({ Name: '/a', Value: '2', Type: 'String', Overwrite: true }))).toMatchObject({ Version: 2 });
      const { Parameter } = await client.send(new GetParameterCommand({ Name: '/a', WithDecryption: true }));
      expect(Parameter).toMatchObject({ Value: '2', Version: 2, Type: 'String', ARN: `arn:aws:ssm:eu-west-1:${ACCOUNT}:parameter/a`, LastModifiedDate: expect.any(Date) });
      await expect(new SSMClient({ ...config, region: 'us-east-1' }).send(new GetParameterCommand({ Name: '/a' }))).rejects.toMatchObject({ name: 'ParameterNotFound' });
      expect(await client.send(new GetParametersCommand({ Names: ['/a', '/b'] }))).toMatchObject({ Parameters: [{ Name: '/a' }], InvalidParameters: ['/b'] });
      await client.send(new DeleteParameterCommand({ Name: '/a' }));
      await expect(client.send(new DeleteParameterCommand({ Name: '/a' }))).rejects.toMatchObject({ name: 'ParameterNotFound' });
    });

    test('every account is bootstrapped', async () => {
      const { Parameter } = await new SSMClient(config).send(new GetParameterCommand({ Name: '/cdk-bootstrap/hnb659fds/version' }));
      expect(Number(Parameter!.Value)).toBeGreaterThanOrEqual(21);
    });
  });

  describe('S3', () => {
    const Bucket = `cdk-hnb659fds-assets-${ACCOUNT}-eu-west-1`;

    test('what the CLI does to publish an asset', async () => {
      const client = new S3Client(config);
      expect(await client.send(new GetBucketLocationCommand({ Bucket }))).toMatchObject({ LocationConstraint: 'eu-west-1' });
      const { ServerSideEncryptionConfiguration } = await client.send(new GetBucketEncryptionCommand({ Bucket }));
      expect(ServerSideEncryptionConfiguration!.Rules).toHaveLength(1);
      expect(await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'a b+ü.zip', MaxKeys: 1 }))).toMatchObject({ KeyCount: 0 });
      const Body = Uint8Array.from({ length: 70_000 }, (__, i) => i % 251);
      await client.send(new PutObjectCommand({ Bucket, Key: 'a b+ü.zip', Body, ContentType: 'application/zip' }));
      expect((await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'a b+ü.zip', MaxKeys: 1 }))).Contents).toMatchObject([{ Key: 'a b+ü.zip', Size: 70_000 }]);
      const got = await client.send(new GetObjectCommand({ Bucket, Key: 'a b+ü.zip' }));
      expect(got.ContentType).toBe('application/zip');
      expect(Buffer.from(await got.Body!.transformToByteArray()).equals(Buffer.from(Body))).toBe(true);
      expect(Buffer.from(aws.s3.getObject(Bucket, 'a b+ü.zip')!).equals(Buffer.from(Body))).toBe(true);
      expect(aws.s3.getByUrl(`http://127.0.0.1:4566/${Bucket}/a%20b%2B%C3%BC.zip`)).toHaveLength(70_000);
      expect(aws.s3.getByUrl(`https://${Bucket}.s3.eu-west-1.amazonaws.com/a%20b%2B%C3%BC.zip`)).toHaveLength(70_000);
      expect(await client.send(new HeadObjectCommand({ Bucket, Key: 'a b+ü.zip' }))).toMatchObject({ ContentLength: 70_000 });
    });

    test('a stream arrives whole, without the frames of its transport', async () => {
      await new S3Client(config).send(new PutObjectCommand({ Bucket, Key: 'k', Body: Readable.from([Buffer.from('hello '), Buffer.from('world')]), ContentLength: 11 }));
      expect(Buffer.from(aws.s3.getObject(Bucket, 'k')!).toString()).toBe('hello world');
    });

    test('errors', async () => {
      const client = new S3Client(config);
      await expect(client.send(new GetObjectCommand({ Bucket, Key: 'none' }))).rejects.toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
      await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'none' }))).rejects.toMatchObject({ name: 'NotFound' });
      await expect(client.send(new ListObjectsV2Command({ Bucket: 'nobody-made-me' }))).rejects.toMatchObject({ name: 'NoSuchBucket' });
      await expect(client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ExpectedBucketOwner: '444455556666' }))).rejects.toMatchObject({ name: 'AccessDenied' });
    });

    test('lists come in pages', async () => {
      for (const key of ['c', 'a', 'd', 'b']) aws.s3.putObject(Bucket, key, new Uint8Array());
      const keys: (string | undefined)[][] = [];
      const pages = paginateListObjectsV2({ client: new S3Client(config), pageSize: 3 }, { Bucket });
      for await (const page of pages) keys.push(page.Contents!.map(({ Key }) => Key));
      expect(keys).toEqual([['a', 'b', 'c'], ['d']]);
    });
  });

  describe('CloudWatch Logs', () => {
    const group = { ...PLACE, name: '/aws/lambda/f' };

    test('what the Lambda host writes, the CLI reads in pages', async () => {
      aws.logs.append(group, 's1', ['one', 'two ERROR'], 2000);
      aws.logs.append(group, 's2', ['zero'], 1000);
      aws.logs.append(group, 's2', ['three'], 3000);
      const messages: (string | undefined)[] = [];
      const client = new CloudWatchLogsClient(config);
      const pages = paginateFilterLogEvents({ client, pageSize: 3 }, { logGroupName: group.name });
      for await (const { events } of pages) messages.push(...events!.map(({ message }) => message));
      expect(messages).toEqual(['zero', 'one', 'two ERROR', 'three']);
      const filter = async (input: object) => {
        const { events } = await client.send(new FilterLogEventsCommand({ logGroupName: group.name, ...input }));
        return events!.map(({ message }) => message);
      };
      expect(await filter({ startTime: 2000, endTime: 3000 })).toEqual(['one', 'two ERROR']);
      expect(await filter({ filterPattern: 'ERROR' })).toEqual(['two ERROR']);
      expect(await filter({ filterPattern: '?ERROR ?zero' })).toEqual(['zero', 'two ERROR']);
      expect(await filter({ filterPattern: '"two ERROR"' })).toEqual(['two ERROR']);
      expect(await filter({ filterPattern: '-ERROR' })).toEqual(['zero', 'one', 'three']);
      expect(await filter({ logStreamNames: ['s2'] })).toEqual(['zero', 'three']);
    });

    test('groups and streams can be made and written to', async () => {
      const client = new CloudWatchLogsClient(config);
      await expect(client.send(new FilterLogEventsCommand({ logGroupName: 'g' }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
      await client.send(new CreateLogGroupCommand({ logGroupName: 'g' }));
      await expect(client.send(new CreateLogGroupCommand({ logGroupName: 'g' }))).rejects.toMatchObject({ name: 'ResourceAlreadyExistsException' });
      const put = new PutLogEventsCommand({ logGroupName: 'g', logStreamName: 's', logEvents: [{ message: 'm', timestamp: 5 }] });
      await expect(client.send(put)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
      await client.send(new CreateLogStreamCommand({ logGroupName: 'g', logStreamName: 's' }));
      await client.send(put);
      expect(aws.logs.lines({ ...PLACE, name: 'g' })).toMatchObject([{ message: 'm', timestamp: 5, logStreamName: 's' }]);
      expect((await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: 'g' }))).logGroups).toMatchObject([{ logGroupName: 'g', arn: `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:g:*` }]);
    });
  });

  describe('DynamoDB', () => {
    beforeEach(async () => {
      const unknown = { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } };
      await aws.dynamodb.createTable(PLACE, { ...TABLE, ...unknown });
    });

    test('a table that CloudFormation made is there at once, in its account and Region only', async () => {
      const { Table } = await new DynamoDBClient(config).send(new DescribeTableCommand({ TableName: 'ledger' }));
      expect(Table).toMatchObject({ TableStatus: 'ACTIVE', TableArn: `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/ledger` });
      expect((await new DynamoDBClient({ ...config, region: 'us-east-1' }).send(new ListTablesCommand({}))).TableNames).toEqual([]);
      expect((await new DynamoDBClient(entrance.client(aws.credentials.admin('444455556666'))).send(new ListTablesCommand({}))).TableNames).toEqual([]);
      await aws.dynamodb.deleteTable(PLACE, 'ledger');
      await aws.dynamodb.deleteTable(PLACE, 'ledger');
      await expect(new DynamoDBClient(config).send(new DescribeTableCommand({ TableName: 'ledger' }))).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    });

    test('conditions hold, and a failed one shows the item if asked to', async () => {
      const client = new DynamoDBClient(config);
      const Item = { pk: { S: 'a' }, sk: { S: 'b' }, n: { N: '1' } };
      const put = { TableName: 'ledger', Item, ConditionExpression: 'attribute_not_exists(pk)' };
      await client.send(new PutItemCommand(put));
      await expect(client.send(new PutItemCommand(put))).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', message: 'The conditional request failed' });
      await expect(client.send(new PutItemCommand({ ...put, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }))).rejects.toMatchObject({ Item });
      const update = new UpdateItemCommand({
        TableName: 'ledger',
        Key: { pk: { S: 'a' }, sk: { S: 'none' } },
        UpdateExpression: 'SET n = n + :one',
        ConditionExpression: 'n = :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      await expect(client.send(update)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item: undefined });
    });

    test('batches, queries in pages, and a look from outside', async () => {
      const client = new DynamoDBClient(config);
      const items = Array.from({ length: 25 }, (__, i) => ({ pk: { S: 'p' }, sk: { S: String(i).padStart(3, '0') } }));
      const ledger = items.map((Item) => ({ PutRequest: { Item } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { ledger } }));
      const query = { TableName: 'ledger', KeyConditionExpression: 'pk = :p AND begins_with(sk, :s)', ExpressionAttributeValues: { ':p': { S: 'p' }, ':s': { S: '01' } }, ConsistentRead: true, Limit: 6 };
      const first = await client.send(new QueryCommand(query));
      expect(first.Items).toHaveLength(6);
      const second = await client.send(new QueryCommand({ ...query, ExclusiveStartKey: first.LastEvaluatedKey }));
      expect(second.Items).toHaveLength(4);
      expect(await aws.dynamodb.items(PLACE, 'ledger')).toHaveLength(25);
    });

    test('updates of one item do not lose each other', async () => {
      const client = new DynamoDBClient(config);
      const Key = { pk: { S: 'a' }, sk: { S: 'b' } };
      await Promise.all(Array.from({ length: 20 }, () => client.send(new UpdateItemCommand({
        TableName: 'ledger', Key, UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': { N: '1' } },
      }))));
      expect((await client.send(new GetItemCommand({ TableName: 'ledger', Key, ConsistentRead: true }))).Item!.n).toEqual({ N: '20' });
    });

    test('tables can be made and deleted by a client', async () => {
      const client = new DynamoDBClient(config);
      await client.send(new CreateTableCommand({ ...TABLE, TableName: 'mine' }));
      await expect(client.send(new CreateTableCommand(TABLE))).rejects.toMatchObject({ name: 'ResourceInUseException' });
      const { TableDescription } = await client.send(new DeleteTableCommand({ TableName: 'ledger' }));
      expect(TableDescription).toMatchObject({ TableArn: `arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/ledger` });
    });
  });
});
