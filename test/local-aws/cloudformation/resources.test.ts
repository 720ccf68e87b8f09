import { ACCOUNT, Bench, failing, REGION, template } from './bench';
import { IamStore } from '../iam/store';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/r`;
const PLACE = { accountId: ACCOUNT, region: REGION };
const allow = (Action: string) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });

describe('IAM', () => {
  const role = (action: string) => ({
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: 'r',
      AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }] },
      Policies: [{ PolicyName: 'inline', PolicyDocument: allow(action) }],
    },
  });
  const policy = (action: string) => ({
    Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'extra', PolicyDocument: allow(action), Roles: [{ Ref: 'Role' }] },
  });
  const managed = { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: allow('m:m'), Roles: [{ Ref: 'Role' }] } };

  function actions(iam: IamStore): string[] {
    const found = iam.role(ACCOUNT, 'r');
    if (!found) return [];
    const statements = iam.identityPolicies(found).flatMap(({ Statement }: any) => Statement);
    return statements.map(({ Action }: any) => Action).sort();
  }

  test('L12 a role may do what the deployment says at that moment, and again what it said before after a rollback', async () => {
    const iam = new IamStore();
    const bench = new Bench({ stores: { iam } });
    const capabilities = { capabilities: ['CAPABILITY_NAMED_IAM'] };
    await bench.deploy(template({ Role: role('a:a'), Policy: policy('b:b'), Managed: managed }), {}, capabilities);
    expect(actions(iam)).toEqual(['a:a', 'b:b', 'm:m']);
    const seen: string[][] = [];
    bench.engine.nativeResources.failures = (action, { logicalId }) => {
      if (logicalId === 'Bad') seen.push(actions(iam));
      return action === 'create' ? 'no' : undefined;
    };
    const bad = failing([], {}, { DependsOn: ['Policy', 'Role'] });
    const shrunk = template({ Role: role('A:A'), Policy: policy('B:B'), Managed: managed, Bad: bad });
    expect(await bench.deploy(shrunk)).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(seen).toEqual([['A:A', 'B:B', 'm:m']]);
    expect(actions(iam)).toEqual(['a:a', 'b:b', 'm:m']);
    await bench.deploy(template({ Role: role('a:a') }));
    expect(actions(iam)).toEqual(['a:a']);
    expect(iam.role(ACCOUNT, 'r')!.arn).toBe(ROLE);
    await bench.destroy();
    expect(actions(iam)).toEqual([]);
  });
});

describe('data', () => {
  function stores() {
    const log: unknown[] = [];
    const note = (...entry: unknown[]) => void log.push(entry);
    const values = new Map<string, string>();
    return {
      log,
      tables: {
        createTable: async (place: object, definition: object) => {
          note('createTable', place, definition);
          return 'arn';
        },
        deleteTable: async (place: object, name: string) => note('deleteTable', place, name),
      },
      parameters: {
        get: ({ name }: { name: string }) => (values.has(name) ? { value: values.get(name) } as never : undefined),
        put: ({ name }: { name: string }, value: string) => values.set(name, value).size,
        delete: ({ name }: { name: string }) => void values.delete(name),
      },
      logs: {
        createGroup: (group: object, days?: number) => note('createGroup', group, days),
        deleteGroup: (group: object) => note('deleteGroup', group),
      },
      values,
    };
  }

  test('tables are created, changed in place or replaced by their keys, retained and deleted as their policies say', async () => {
    const { tables, log } = stores();
    const bench = new Bench({ stores: { tables } });
    const table = (key: string, properties: object = {}, attributes: object = {}) => ({
      Type: 'AWS::DynamoDB::Table', Properties: { KeySchema: [{ AttributeName: key, KeyType: 'HASH' }], ...properties }, ...attributes,
    });
    const names = () => log.map(([operation]: any) => operation);
    await bench.deploy(template({ Table: table('pk') }, { Arn: { Value: { 'Fn::GetAtt': ['Table', 'Arn'] } } }));
    const name = bench.stack.resources.get('Table')!.physicalId;
    expect(log).toEqual([['createTable', PLACE, { KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }], TableName: name }]]);
    expect(bench.output('Arn')).toBe(`arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`);
    await bench.deploy(template({ Table: table('pk', { TimeToLiveSpecification: { Enabled: true, AttributeName: 'ttl' } }) }));
    expect(names()).toEqual(['createTable']);
    await bench.deploy(template({ Table: table('other') }));
    expect(names()).toEqual(['createTable', 'createTable', 'deleteTable']);
    await bench.deploy(template({ Table: table('other', { DeletionProtectionEnabled: true }) }));
    expect(await bench.destroy()).toBe('DELETE_FAILED');
    expect(await bench.destroy(['Table'])).toBe('DELETE_COMPLETE');
    expect(names()).toHaveLength(3);
    await bench.deploy(template({ Table: table('pk', {}, { DeletionPolicy: 'Retain' }) }));
    expect(await bench.destroy()).toBe('DELETE_COMPLETE');
    expect(names()).toEqual(['createTable', 'createTable', 'deleteTable', 'createTable']);
  });

  test('parameters and log groups are kept where others read them', async () => {
    const { parameters, logs, log, values } = stores();
    const bench = new Bench({ stores: { parameters, logs } });
    const producer = (Value: string) => template({
      Parameter: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/a/b', Type: 'String', Value } },
      Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/group', RetentionInDays: 7 } },
    }, { Type: { Value: { 'Fn::GetAtt': ['Parameter', 'Type'] } } });
    await bench.deploy(producer('one'));
    await bench.deploy(producer('two'));
    expect(bench.output('Type')).toBe('String');
    expect(log).toEqual([['createGroup', { ...PLACE, name: '/group' }, 7]]);
    const reader = {
      Parameters: { Given: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/a/b' } },
      ...template({ Thing: { Type: 'AWS::Some::Thing', Properties: { Given: { Ref: 'Given' }, Dynamic: '{{resolve:ssm:/a/b}}' } } }),
    };
    await bench.run(bench.engine.deploy('Reader', reader));
    const [stack] = bench.engine.listStacks(PLACE);
    expect(stack.resources.get('Thing')!.properties).toEqual({ Given: 'two', Dynamic: 'two' });
    await bench.destroy();
    expect([...values.keys()]).toEqual([]);
    expect(log.at(-1)).toEqual(['deleteGroup', { ...PLACE, name: '/group' }]);
  });
});
