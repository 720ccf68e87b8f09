import {
  CfnOutput, CfnParameter, CfnResource, CustomResource, Duration, Fn, Lazy, MissingRemovalPolicies, NestedStack,
  RemovalPolicies, RemovalPolicy, ResolutionTypeHint, Stack, Token,
} from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { accountIds, members, newApp, newStack, only, propertiesOf, resources, type TemplateResource, TYPE } from './stacks';
import {
  DroppedAccounts, ExistingMembers, FailureTolerance, MemberAccounts, type OutsideAccount, RemovalLimit,
  SecurityHubMembers,
} from '../src';

describe('template', () => {
  test('one construct is five resources: function, role with inline policy, log group, table and the members', () => {
    const stack = newStack();
    members(stack, 'Members');

    expect(Object.values(resources(stack)).map((resource) => resource.Type).sort()).toEqual([
      'AWS::DynamoDB::Table', 'AWS::IAM::Role', 'AWS::Lambda::Function', 'AWS::Logs::LogGroup', TYPE,
    ]);
  });

  test('K6: a second construct adds one resource, which uses the same function', () => {
    const stack = newStack();
    members(stack, 'One');
    members(stack, 'Two');

    const all = Object.values(resources(stack));
    expect(all).toHaveLength(6);
    const [one, two] = all.filter((resource) => resource.Type === TYPE);
    expect(one.Properties.ServiceToken).toEqual(two.Properties.ServiceToken);
  });

  test('K6: two stacks of an app have a function each', () => {
    const app = newApp();
    const stacks = ['A', 'B'].map((id) => new Stack(app, id));
    for (const stack of stacks) members(stack, 'Members');

    for (const stack of stacks) only(stack, 'AWS::Lambda::Function');
  });

  test('the ledger has string keys pk and sk, no index and no name: else CloudFormation would replace it', () => {
    const stack = newStack();
    members(stack, 'Members');

    const { Properties, DeletionPolicy, UpdateReplacePolicy } = only(stack, 'AWS::DynamoDB::Table');
    expect(Properties).toEqual({
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'sk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    });
    expect({ DeletionPolicy, UpdateReplacePolicy }).toEqual({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
  });

  test('the log group keeps a year, and stays when the stack goes', () => {
    const stack = newStack();
    members(stack, 'Members');

    expect(only(stack, 'AWS::Logs::LogGroup')).toEqual({
      Type: 'AWS::Logs::LogGroup',
      Properties: { RetentionInDays: 365 },
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
  });

  test('the function knows its table and logs JSON into its group', () => {
    const stack = newStack();
    members(stack, 'Members');

    expect(only(stack, 'AWS::Lambda::Function').Properties).toMatchObject({
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      MemorySize: 512,
      Timeout: 900,
      Environment: { Variables: { LEDGER_TABLE_NAME: { Ref: expect.stringMatching(/^CdkOrgMembershipLedgerTable/) } } },
      LoggingConfig: {
        LogFormat: 'JSON',
        ApplicationLogLevel: 'INFO',
        LogGroup: { Ref: expect.stringMatching(/^CdkOrgMembershipSecurityHubMembersLogGroup/) },
      },
    });
  });

  test('the name of the ledger table is an attribute of the resource', () => {
    const stack = newStack();
    const { ledgerTableName } = members(stack, 'Members');

    const [[logicalId]] = Object.entries(resources(stack)).filter(([, resource]) => resource.Type === TYPE);
    expect(stack.resolve(ledgerTableName)).toEqual({ 'Fn::GetAtt': [logicalId, 'LedgerTableName'] });
  });
});

describe('properties', () => {
  test('only those that are set are in the template', () => {
    expect(propertiesOf({ accounts: MemberAccounts.of(['111122223333']) })).toEqual({
      ServiceToken: expect.anything(),
      ServiceTimeout: '1200',
      Accounts: ['111122223333'],
    });
  });

  test('each option is a property', () => {
    expect(propertiesOf({
      accounts: MemberAccounts.outside([{ accountId: '111122223333', email: 'owner@example.com' }]),
      failureTolerance: FailureTolerance.percentage(2.5),
      existingMembers: ExistingMembers.takeOver(),
      dropped: DroppedAccounts.release(),
      removalLimit: RemovalLimit.accounts(3),
      wait: Duration.minutes(2),
      revision: '2026-11-21',
    })).toEqual({
      ServiceToken: expect.anything(),
      ServiceTimeout: '1200',
      OutsideAccounts: ['111122223333=owner@example.com'],
      FailureTolerance: 'percentage:2.5',
      ExistingMembers: 'takeOver',
      Dropped: 'release',
      RemovalLimit: 'accounts:3',
      Wait: '120',
      Revision: '2026-11-21',
    });
  });

  test.each([
    ['failureTolerance', FailureTolerance.none(), 'none'],
    ['failureTolerance', FailureTolerance.all(), 'all'],
    ['failureTolerance', FailureTolerance.accounts(0), 'accounts:0'],
    ['failureTolerance', FailureTolerance.percentage(100), 'percentage:100'],
    ['removalLimit', RemovalLimit.unlimited(), 'all'],
    ['removalLimit', RemovalLimit.percentage(0), 'percentage:0'],
    ['existingMembers', ExistingMembers.leave(), 'leave'],
    ['dropped', DroppedAccounts.remove(), 'remove'],
    ['wait', Duration.seconds(0), '0'],
    ['wait', Duration.millis(2000), '2'],
    ['wait', Duration.minutes(15), '900'],
  ])('%s: %o becomes %s', (prop, value, expected) => {
    expect(propertiesOf({ [prop]: value })[prop[0].toUpperCase() + prop.slice(1)]).toBe(expected);
  });

  test('R30: order and repetition of account ids make no difference, and leading zeros stay', () => {
    expect(propertiesOf({ accounts: MemberAccounts.of(['444455556666', '000000000001', '444455556666']) }).Accounts)
      .toEqual(['000000000001', '444455556666']);
  });

  test('order and repetition of outside accounts make no difference', () => {
    const [a, b] = [{ accountId: '111122223333', email: 'a@example.com' }, { accountId: '444455556666', email: 'b@example.com' }];
    expect(propertiesOf({ accounts: MemberAccounts.outside([b, a, { ...b }]) }).OutsideAccounts)
      .toEqual(['111122223333=a@example.com', '444455556666=b@example.com']);
  });

  test('a list of up to 1,000 accounts is readable, a longer one is packed', () => {
    expect(propertiesOf({ accounts: MemberAccounts.of(accountIds(1000)) }).Accounts).toEqual(accountIds(1000));

    const packed: string[] = propertiesOf({ accounts: MemberAccounts.of(accountIds(1001)) }).Accounts;
    expect(packed).toHaveLength(21);
    expect(packed[0]).toBe(accountIds(50).join(''));
  });

  test('a list that the caller changes afterwards changes nothing', () => {
    const ids = ['111122223333'];
    const outside: OutsideAccount[] = [{ accountId: '111122223333', email: 'a@example.com' }];
    const inside = MemberAccounts.of(ids);
    const others = MemberAccounts.outside(outside);
    ids.push('444455556666');
    outside.length = 0;

    expect(propertiesOf({ accounts: inside }).Accounts).toEqual(['111122223333']);
    expect(propertiesOf({ accounts: others }).OutsideAccounts).toEqual(['111122223333=a@example.com']);
  });

  test('one MemberAccounts may be given to two constructs', () => {
    const accounts = MemberAccounts.of(['111122223333']);
    expect(propertiesOf({ accounts })).toMatchObject(propertiesOf({ accounts }));
  });
});

describe('time', () => {
  test.each([
    ['1 account', MemberAccounts.of(accountIds(1)), 20],
    ['500 accounts', MemberAccounts.of(accountIds(500)), 20],
    ['501 accounts', MemberAccounts.of(accountIds(501)), 50],
    ['500 accounts, one of them twice', MemberAccounts.of([...accountIds(500), ...accountIds(1)]), 20],
    ['a token', MemberAccounts.of([Fn.importValue('Id')]), 50],
    ['a token list', MemberAccounts.of(Fn.split(',', Fn.importValue('Ids'))), 50],
    ['outside accounts', MemberAccounts.outside([{ accountId: '111122223333', email: 'a@example.com' }]), 20],
    ['an outside token', MemberAccounts.outside([{ accountId: Fn.importValue('Id'), email: 'a@example.com' }]), 50],
  ])('CloudFormation waits for %s as long as the design says', (_, accounts, minutes) => {
    expect(propertiesOf({ accounts }).ServiceTimeout).toBe(String(minutes * 60));
  });

  test.each([1, 501])('P11: CloudFormation waits longer than one attempt of the function takes, for %d accounts', (count) => {
    const stack = newStack();
    members(stack, 'Members', { accounts: MemberAccounts.of(accountIds(count)) });

    const timeout = only(stack, 'AWS::Lambda::Function').Properties.Timeout;
    expect(Number(only(stack, TYPE).Properties.ServiceTimeout)).toBeGreaterThan(timeout);
  });

  test('a longer list may wait longer', () => {
    expect(propertiesOf({ accounts: MemberAccounts.of(accountIds(501)), wait: Duration.minutes(45) }).Wait).toBe('2700');
  });
});

describe('K4: tokens pass every check', () => {
  test('a list parameter', () => {
    const stack = newStack();
    const parameter = new CfnParameter(stack, 'Ids', { type: 'CommaDelimitedList' });
    expect(propertiesOf({ accounts: MemberAccounts.of(parameter.valueAsList) }, stack).Accounts).toEqual({ Ref: 'Ids' });
  });

  test('an SSM parameter that is a list', () => {
    const stack = newStack();
    const ids = ssm.StringListParameter.valueForTypedListParameter(stack, '/accounts');
    expect(propertiesOf({ accounts: MemberAccounts.of(ids) }, stack).Accounts)
      .toEqual({ Ref: expect.stringMatching(/^SsmParameterValueaccounts/) });
  });

  test('a text that is split', () => {
    expect(propertiesOf({ accounts: MemberAccounts.of(Fn.split(',', Fn.importValue('Ids'))) }).Accounts)
      .toEqual({ 'Fn::Split': [',', { 'Fn::ImportValue': 'Ids' }] });
  });

  test('the list attribute of another resource', () => {
    const stack = newStack();
    const source = new CustomResource(stack, 'Source', { serviceToken: 'arn' });
    expect(propertiesOf({ accounts: MemberAccounts.of(Token.asList(source.getAtt('Ids'))) }, stack).Accounts)
      .toEqual({ 'Fn::GetAtt': ['Source', 'Ids'] });
  });

  test('a list that is made at synthesis', () => {
    const ids: string[] = [];
    const accounts = MemberAccounts.of(Lazy.list({ produce: () => ids }));
    ids.push('111122223333');
    expect(propertiesOf({ accounts }).Accounts).toEqual(['111122223333']);
  });

  test('one element, after the literals and once', () => {
    const stack = newStack();
    const parameter = ssm.StringParameter.valueForStringParameter(stack, '/account');
    expect(propertiesOf({ accounts: MemberAccounts.of([parameter, '444455556666', parameter, '111122223333']) }, stack).Accounts)
      .toEqual(['111122223333', '444455556666', { Ref: expect.stringMatching(/^SsmParameterValueaccount/) }]);
  });

  test('an import', () => {
    expect(propertiesOf({ accounts: MemberAccounts.of([Fn.importValue('Id')]) }).Accounts).toEqual([{ 'Fn::ImportValue': 'Id' }]);
  });

  test.each([
    ['an element', (source: CfnResource) => [source.getAtt('AccountId').toString()]],
    ['a list', (source: CfnResource) => Token.asList(source.getAtt('AccountIds', ResolutionTypeHint.STRING_LIST))],
  ])('%s from another stack', (_, value) => {
    const app = newApp();
    const [producer, consumer] = [new Stack(app, 'Producer'), new Stack(app, 'Consumer')];
    const source = new CfnResource(producer, 'Source', { type: 'Custom::Source', properties: { ServiceToken: 'arn' } });
    members(consumer, 'Members', { accounts: MemberAccounts.of(value(source)) });

    expect(JSON.stringify(only(consumer, TYPE).Properties.Accounts)).toContain('Fn::ImportValue');
    expect(Object.keys(Template.fromStack(producer).toJSON().Outputs)).toHaveLength(1);
  });

  test('the id or the address of an outside account', () => {
    expect(propertiesOf({
      accounts: MemberAccounts.outside([
        { accountId: Fn.importValue('Id'), email: 'a@example.com' },
        { accountId: '111122223333', email: Fn.importValue('Email') },
        { accountId: '111122223333', email: Fn.importValue('SameEmail') },
        { accountId: '444455556666', email: 'b@example.com' },
      ]),
    }).OutsideAccounts).toEqual([
      '444455556666=b@example.com',
      { 'Fn::Join': ['', [{ 'Fn::ImportValue': 'Id' }, '=a@example.com']] },
      { 'Fn::Join': ['', ['111122223333=', { 'Fn::ImportValue': 'Email' }]] },
      { 'Fn::Join': ['', ['111122223333=', { 'Fn::ImportValue': 'SameEmail' }]] },
    ]);
  });

  test('numbers, the time to wait and the revision', () => {
    const stack = newStack();
    const number = new CfnParameter(stack, 'Number', { type: 'Number' });
    expect(propertiesOf({
      failureTolerance: FailureTolerance.accounts(number.valueAsNumber),
      removalLimit: RemovalLimit.percentage(number.valueAsNumber),
      wait: Duration.seconds(number.valueAsNumber),
      revision: number.valueAsString,
    }, stack)).toMatchObject({
      FailureTolerance: { 'Fn::Join': ['', ['accounts:', { Ref: 'Number' }]] },
      RemovalLimit: { 'Fn::Join': ['', ['percentage:', { Ref: 'Number' }]] },
      Wait: { Ref: 'Number' },
      Revision: { Ref: 'Number' },
    });
  });
});

describe('K5: fails at synthesis, with the path of the construct and the value', () => {
  const outside = (...accounts: [unknown, unknown][]) =>
    MemberAccounts.outside(accounts.map(([accountId, email]) => ({ accountId, email }) as OutsideAccount));

  const definingMembers = (props: object) => () =>
    void members(newStack('Landing', { env: { account: '999999999999', region: 'eu-west-1' } }), 'Members', props);

  test.each<[string, MemberAccounts, string]>([
    ['letters', MemberAccounts.of(['11112222333x']), '"11112222333x"'],
    ['11 digits', MemberAccounts.of(['11112222333']), '"11112222333"'],
    ['13 digits', MemberAccounts.of(['1111222233334']), '"1111222233334"'],
    ['24 digits', MemberAccounts.of(['111122223333444455556666']), '"111122223333444455556666"'],
    ['spaces', MemberAccounts.of([' 111122223333']), '" 111122223333"'],
    ['a line break', MemberAccounts.of(['111122223333\n']), '"111122223333\\n"'],
    ['dashes', MemberAccounts.of(['1111-2222-3333']), '"1111-2222-3333"'],
    ['other digits', MemberAccounts.of(['١١١١٢٢٢٢٣٣٣٣']), '"١١١١٢٢٢٢٣٣٣٣"'],
    ['nothing', MemberAccounts.of(['']), '""'],
    ['a number', MemberAccounts.of([111122223333 as unknown as string]), '111122223333'],
    ['undefined', MemberAccounts.of([undefined as unknown as string]), 'undefined'],
    ['a list within the list', MemberAccounts.of([['111122223333'] as unknown as string]), '["111122223333"]'],
    ['one bad id among good ones', MemberAccounts.of(['111122223333', '1']), '"1"'],
    ['two bad ids', MemberAccounts.of(['2', '1']), '"2", "1"'],
    ['six bad ids', MemberAccounts.of(['1', '2', '3', '4', '5', '6']), '"1", "2", "3", "4", "5" and 1 more'],
    ['a bad id of an outside account', outside(['1', 'a@example.com']), '"1"'],
  ])('an account id with %s', (_, accounts, value) => {
    expect(definingMembers({ accounts })).toThrow(
      `Landing/Members: 'accounts' holds ${value}: give account ids of 12 digits, as strings`,
    );
  });

  test.each<[string, unknown, string]>([
    ['without @', 'owner.example.com', '"owner.example.com"'],
    ['with two @', 'owner@home@example.com', '"owner@home@example.com"'],
    ['without a dot', 'owner@example', '"owner@example"'],
    ['with a space', 'the owner@example.com', '"the owner@example.com"'],
    ['with a comma', 'a,b@example.com', '"a,b@example.com"'],
    ['with an equals sign', 'a=b@example.com', '"a=b@example.com"'],
    ['that is empty', '', '""'],
    ['that is missing', undefined, 'undefined'],
    ['that is too long', `${'x'.repeat(53)}@example.com`, `"${'x'.repeat(53)}@example.com"`],
  ])('an e-mail address %s', (_, email, value) => {
    expect(definingMembers({ accounts: outside(['111122223333', email]) })).toThrow(
      `Landing/Members: 'accounts' holds ${value} as the e-mail address of account 111122223333: `
      + 'give the address of its root user, at most 64 characters',
    );
  });

  test('one account with two e-mail addresses', () => {
    expect(definingMembers({ accounts: outside(['111122223333', 'a@example.com'], ['111122223333', 'b@example.com']) })).toThrow(
      "Landing/Members: 'accounts' holds account 111122223333 with two e-mail addresses, \"a@example.com\" and \"b@example.com\": give one",
    );
  });

  test.each<[string, MemberAccounts]>([
    ['organization accounts', MemberAccounts.of(['111122223333', '999999999999'])],
    ['outside accounts', outside(['999999999999', 'a@example.com'])],
  ])("T37: the stack's own account among %s", (_, accounts) => {
    expect(definingMembers({ accounts })).toThrow(
      'Landing/Members: \'accounts\' holds "999999999999", the account of the stack: '
      + 'the administrator cannot be its own member, leave it out',
    );
  });

  test.each<[string, MemberAccounts]>([
    ['organization accounts', MemberAccounts.of([])],
    ['outside accounts', MemberAccounts.outside([])],
  ])('an empty list of %s', (_, accounts) => {
    expect(definingMembers({ accounts })).toThrow(
      "Landing/Members: 'accounts' is an empty list: name at least one account, or remove the construct",
    );
  });

  test('a token list among other elements', () => {
    const accounts = MemberAccounts.of([...Fn.split(',', Fn.importValue('Ids')), '111122223333']);
    expect(definingMembers({ accounts })).toThrow("Landing/Members: 'accounts' holds a token list among other elements");
  });

  test.each<[string, object, string]>([
    ['a negative number', { failureTolerance: FailureTolerance.accounts(-1) }, "'failureTolerance' is -1 accounts: give a whole number, 0 or more"],
    ['half an account', { removalLimit: RemovalLimit.accounts(1.5) }, "'removalLimit' is 1.5 accounts: give a whole number, 0 or more"],
    ['no number', { removalLimit: RemovalLimit.accounts('5' as unknown as number) }, "'removalLimit' is \"5\" accounts: give a whole number, 0 or more"],
    ['over 100 percent', { failureTolerance: FailureTolerance.percentage(101) }, "'failureTolerance' is 101 percent: give a number from 0 to 100"],
    ['under 0 percent', { removalLimit: RemovalLimit.percentage(-1) }, "'removalLimit' is -1 percent: give a number from 0 to 100"],
    ['next to nothing', { removalLimit: RemovalLimit.percentage(1e-9) }, "'removalLimit' is 1e-9 percent: give a number from 0 to 100"],
    ['a text', { removalLimit: RemovalLimit.percentage('10' as unknown as number) }, "'removalLimit' is \"10\" percent: give a number from 0 to 100"],
    ['NaN', { failureTolerance: FailureTolerance.percentage(NaN) }, "'failureTolerance' is null percent"],
    ['a long wait', { wait: Duration.seconds(901) }, "'wait' is 901 seconds: give whole seconds, at most 900 (CloudFormation waits 1200 for the resource)"],
    ['half a second', { wait: Duration.millis(500) }, "'wait' is 0.5 seconds: give whole seconds, at most 900"],
    ['a snapshot', { removalPolicy: RemovalPolicy.SNAPSHOT }, "'removalPolicy' is \"snapshot\": memberships have no snapshots"],
  ])('%s', (_, props, text) => {
    expect(definingMembers(props)).toThrow(`Landing/Members: ${text}`);
  });

  test('the account of the stack is not known: nothing to compare with', () => {
    expect(() => propertiesOf({ accounts: MemberAccounts.of(['999999999999']) })).not.toThrow();
  });
});

describe('P12: the list has to fit into an event, twice', () => {
  const LIMIT = 10_612;
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

  test(`${LIMIT} accounts of the organization fit`, () => {
    const { Accounts } = propertiesOf({ accounts: MemberAccounts.of(accountIds(LIMIT)) });
    expect(2 * bytes({ Accounts })).toBeLessThanOrEqual(262_144 - 6_144);
  });

  test('one more does not', () => {
    expect(() => propertiesOf({ accounts: MemberAccounts.of(accountIds(LIMIT + 1)) })).toThrow(
      /^Stack\/Members: 'accounts' holds 10613 accounts, and they take \d+ bytes .*: give about 10600 accounts at most, and the others in a second construct$/,
    );
  });

  test('1,590 outside accounts with the longest addresses fit', () => {
    const email = (id: string) => `${id}${'x'.repeat(40)}@example.com`;
    const accounts = (count: number) =>
      MemberAccounts.outside(accountIds(count).map((accountId) => ({ accountId, email: email(accountId) })));
    expect(email(accountIds(1)[0])).toHaveLength(64);

    expect(() => propertiesOf({ accounts: accounts(1_590) })).not.toThrow();
    expect(() => propertiesOf({ accounts: accounts(1_610) })).toThrow(/give about 1500 accounts at most/);
  });

  test('fewer fit beside a long revision', () => {
    expect(() => propertiesOf({ accounts: MemberAccounts.of(accountIds(10_600)), revision: 'x'.repeat(1_000) })).toThrow(/bytes/);
  });
});

describe('permissions', () => {
  interface Statement {
    readonly Sid: string;
    readonly Effect: string;
    readonly Action: string | string[];
    readonly Resource: unknown;
  }

  function statements(stack: Stack): Statement[] {
    const { Policies } = only(stack, 'AWS::IAM::Role').Properties;
    expect(Policies).toHaveLength(1);
    return Policies[0].PolicyDocument.Statement;
  }

  test('the role allows what the function calls, and nothing else', () => {
    const stack = newStack();
    members(stack, 'Members');

    expect(statements(stack)).toEqual([
      {
        Sid: 'SecurityHub',
        Effect: 'Allow',
        Action: [
          'securityhub:CreateMembers',
          'securityhub:DeleteMembers',
          'securityhub:DescribeHub',
          'securityhub:DescribeOrganizationConfiguration',
          'securityhub:DisassociateMembers',
          'securityhub:GetMembers',
          'securityhub:InviteMembers',
        ],
        Resource: {
          'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':securityhub:*:', { Ref: 'AWS::AccountId' }, ':hub/default']],
        },
      },
      {
        Sid: 'RefusedAccounts',
        Effect: 'Allow',
        Action: 'organizations:DescribeAccount',
        Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':organizations::*:account/o-*/*']] },
      },
      {
        Sid: 'Ledger',
        Effect: 'Allow',
        Action: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^CdkOrgMembershipLedgerTable/), 'Arn'] },
      },
      {
        Sid: 'Log',
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^CdkOrgMembershipSecurityHubMembersLogGroup/), 'Arn'] },
      },
    ]);
  });

  test('I3: no action has a wildcard', () => {
    const stack = newStack();
    members(stack, 'Members');

    expect(statements(stack).flatMap((statement) => statement.Action).filter((action) => action.includes('*'))).toEqual([]);
  });

  test('I4: nobody else may invoke the function', () => {
    const stack = newStack();
    members(stack, 'Members');

    Template.fromStack(stack).resourceCountIs('AWS::Lambda::Permission', 0);
    Template.fromStack(stack).resourceCountIs('AWS::Lambda::Url', 0);
  });

  test('L27: no property narrows them', () => {
    const roles = [
      {},
      { accounts: MemberAccounts.outside([{ accountId: '111122223333', email: 'a@example.com' }]) },
      { existingMembers: ExistingMembers.takeOver(), dropped: DroppedAccounts.release() },
      { failureTolerance: FailureTolerance.all(), removalLimit: RemovalLimit.accounts(0) },
      { removalPolicy: RemovalPolicy.RETAIN },
    ].map((props) => {
      const stack = newStack();
      members(stack, 'Members', props);
      return only(stack, 'AWS::IAM::Role');
    });
    for (const role of roles) expect(role).toEqual(roles[0]);
  });

  test('I5: permissions, table and log are there before the resource is created, and stay until it has been deleted', () => {
    const stack = newStack();
    members(stack, 'Members');
    const all = resources(stack);
    const [[logicalId]] = Object.entries(all).filter(([, resource]) => resource.Type === TYPE);

    expect([...dependencies(all, logicalId)].map((id) => all[id].Type).sort()).toEqual([
      'AWS::DynamoDB::Table', 'AWS::IAM::Role', 'AWS::Lambda::Function', 'AWS::Logs::LogGroup',
    ]);
  });
});

/** Everything that CloudFormation creates before a resource, and deletes after it. */
function dependencies(all: { readonly [logicalId: string]: TemplateResource }, logicalId: string): Set<string> {
  const found = new Set<string>();
  const visit = (id: string) => {
    const text = JSON.stringify([all[id].Properties, all[id].DependsOn]);
    for (const other of Object.keys(all)) {
      if (other !== id && !found.has(other) && text.includes(`"${other}"`)) {
        found.add(other);
        visit(other);
      }
    }
  };
  visit(logicalId);
  return found;
}

describe('L11: removal policy', () => {
  const policies = (stack: Stack) => {
    const { DeletionPolicy, UpdateReplacePolicy } = only(stack, TYPE);
    return [DeletionPolicy, UpdateReplacePolicy];
  };

  test.each<[string, RemovalPolicy | undefined, string[]]>([
    ['by default', undefined, ['Delete', 'Delete']],
    ['with DESTROY', RemovalPolicy.DESTROY, ['Delete', 'Delete']],
    ['with RETAIN', RemovalPolicy.RETAIN, ['Retain', 'Retain']],
    ['with RETAIN_ON_UPDATE_OR_DELETE', RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, ['RetainExceptOnCreate', 'Retain']],
  ])('%s', (_, removalPolicy, expected) => {
    const stack = newStack();
    members(stack, 'Members', { removalPolicy });
    expect(policies(stack)).toEqual(expected);
  });

  test('set on the construct', () => {
    const stack = newStack();
    members(stack, 'Members').applyRemovalPolicy(RemovalPolicy.RETAIN);
    expect(policies(stack)).toEqual(['Retain', 'Retain']);
  });

  test('set on a tree', () => {
    const stack = newStack();
    RemovalPolicies.of(members(stack, 'Members')).retain();
    expect(policies(stack)).toEqual(['Retain', 'Retain']);
  });

  test('set on a tree where there is none: there is one', () => {
    const stack = newStack();
    MissingRemovalPolicies.of(members(stack, 'Members')).retain();
    expect(policies(stack)).toEqual(['Delete', 'Delete']);
  });
});

describe('nested stacks', () => {
  test('K6, L18: function and ledger are in the outermost stack, where the construct may go to', () => {
    const stack = newStack();
    const nested = new NestedStack(new NestedStack(stack, 'Nested'), 'Deeper');
    members(nested, 'Members');
    members(stack, 'Beside');

    Template.fromStack(nested).resourceCountIs('AWS::Lambda::Function', 0);
    Template.fromStack(nested).resourceCountIs(TYPE, 1);
    for (const type of ['AWS::Lambda::Function', 'AWS::DynamoDB::Table', 'AWS::IAM::Role', 'AWS::Logs::LogGroup']) {
      Template.fromStack(stack).resourceCountIs(type, 1);
    }
    const { ServiceToken } = only(nested, TYPE).Properties;
    expect(ServiceToken).toEqual({ Ref: expect.stringMatching(/^referenceto.*SecurityHubMembersFunction/) });
  });

  test('a stack within another stack of the app is no nested stack', () => {
    const outer = newStack();
    const inner = new Stack(outer, 'Inner');
    members(inner, 'Members');
    new CfnResource(outer, 'Other', { type: 'AWS::CloudFormation::WaitConditionHandle' });

    Template.fromStack(inner).resourceCountIs('AWS::Lambda::Function', 1);
    Template.fromStack(outer).resourceCountIs('AWS::Lambda::Function', 0);
  });
});

test('escape hatches reach the resource', () => {
  const stack = newStack();
  const construct = members(stack, 'Members');
  (construct.node.defaultChild as CfnResource).addPropertyOverride('Revision', 'by hand');

  expect(only(stack, TYPE).Properties.Revision).toBe('by hand');
});

test('the ledger can be an output of the stack', () => {
  const stack = newStack();
  new CfnOutput(stack, 'Ledger', { value: members(stack, 'Members').ledgerTableName });

  expect(Template.fromStack(stack).toJSON().Outputs.Ledger.Value).toEqual({ 'Fn::GetAtt': [expect.anything(), 'LedgerTableName'] });
});

test('is a SecurityHubMembers', () => {
  expect(members(newStack(), 'Members')).toBeInstanceOf(SecurityHubMembers);
});
