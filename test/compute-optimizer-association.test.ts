import { CfnParameter, CfnResource, Duration, Fn, NestedStack, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { accountIds, members, newStack, only, resources } from './stacks';
import {
  ComputeOptimizerAssociation, type ComputeOptimizerAssociationProps as Props, DroppedAccounts, ExistingMembers,
  FailureTolerance, MemberAccounts, RemovalLimit,
} from '../src';

const TYPE = 'Custom::ComputeOptimizerAssociation';

/** Defines an association with an unimportant list, unless `props` has another. */
function associate(scope: Stack, id: string, props: Partial<Props> = {}): ComputeOptimizerAssociation {
  return new ComputeOptimizerAssociation(scope, id, { accounts: MemberAccounts.of(['111122223333']), ...props });
}

function propertiesOf(props: Partial<Props>, stack = newStack()) {
  associate(stack, 'Automation', props);
  return only(stack, TYPE).Properties;
}

interface Statement {
  readonly Sid: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

function statements(stack: Stack): Statement[] {
  return only(stack, 'AWS::IAM::Role').Properties.Policies[0].PolicyDocument.Statement;
}

describe('template', () => {
  test('one construct is five resources: function, role with inline policy, log group, table and the association', () => {
    const stack = newStack();
    associate(stack, 'Automation');
    expect(Object.values(resources(stack)).map((resource) => resource.Type).sort()).toEqual([
      'AWS::DynamoDB::Table', 'AWS::IAM::Role', 'AWS::Lambda::Function', 'AWS::Logs::LogGroup', TYPE,
    ]);
  });

  test('the ledger is shared with constructs of another type, the function is not', () => {
    const stack = newStack();
    associate(stack, 'Automation');
    members(stack, 'Members');
    only(stack, 'AWS::DynamoDB::Table');
    Template.fromStack(stack).resourceCountIs('AWS::Lambda::Function', 2);
  });

  test('K6: a second construct uses the same function', () => {
    const stack = newStack();
    associate(stack, 'One');
    associate(stack, 'Two');
    const [one, two] = Object.values(resources(stack)).filter((resource) => resource.Type === TYPE);
    expect(one.Properties.ServiceToken).toEqual(two.Properties.ServiceToken);
    only(stack, 'AWS::Lambda::Function');
  });

  test('K7: logical ids are those that were released', () => {
    const stack = newStack();
    associate(stack, 'Automation', { enrollAdministrator: true, region: 'us-east-1' });
    expect(Object.fromEntries(Object.entries(resources(stack)).map(([id, { Type }]) => [id, Type]))).toEqual({
      Automation91D552CA: TYPE,
      CdkOrgMembershipComputeOptimizerAssociationFunctionA22F8C12: 'AWS::Lambda::Function',
      CdkOrgMembershipComputeOptimizerAssociationLogGroupF7ED3FAE: 'AWS::Logs::LogGroup',
      CdkOrgMembershipComputeOptimizerAssociationRole82DA3419: 'AWS::IAM::Role',
      CdkOrgMembershipLedgerTable7963ABFD: 'AWS::DynamoDB::Table',
    });
  });

  test('the name of the ledger table is an attribute of the resource', () => {
    const stack = newStack();
    const { ledgerTableName } = associate(stack, 'Automation');
    expect(stack.resolve(ledgerTableName)).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Automation/), 'LedgerTableName'] });
  });

  test('escape hatches reach the resource', () => {
    const stack = newStack();
    (associate(stack, 'Automation').node.defaultChild as CfnResource).addPropertyOverride('Revision', 'by hand');
    expect(only(stack, TYPE).Properties.Revision).toBe('by hand');
  });

  test('L18: in a nested stack', () => {
    const stack = newStack();
    associate(new NestedStack(stack, 'Nested'), 'Automation');
    only(stack, 'AWS::Lambda::Function');
  });
});

describe('properties', () => {
  test('only those that are set are in the template', () => {
    const frame = { ServiceToken: expect.anything(), ServiceTimeout: '1200', Accounts: ['111122223333'] };
    expect(propertiesOf({})).toEqual(frame);
    expect(propertiesOf({ enrollAdministrator: false })).toEqual(frame);
  });

  test('each option is a property', () => {
    expect(propertiesOf({
      accounts: MemberAccounts.of(['444455556666', '111122223333']),
      enrollAdministrator: true,
      region: 'eu-west-1',
      failureTolerance: FailureTolerance.percentage(2.5),
      existingMembers: ExistingMembers.takeOver(),
      dropped: DroppedAccounts.release(),
      removalLimit: RemovalLimit.accounts(3),
      wait: Duration.minutes(2),
      revision: '2026-11-21',
    })).toEqual({
      ServiceToken: expect.anything(),
      ServiceTimeout: '1200',
      Accounts: ['111122223333', '444455556666'],
      EnrollAdministrator: 'true',
      Region: 'eu-west-1',
      FailureTolerance: 'percentage:2.5',
      ExistingMembers: 'takeOver',
      Dropped: 'release',
      RemovalLimit: 'accounts:3',
      Wait: '120',
      Revision: '2026-11-21',
    });
  });

  test('K4: tokens pass every check', () => {
    const stack = newStack();
    const region = new CfnParameter(stack, 'Where');
    const properties = propertiesOf({
      accounts: MemberAccounts.of(Fn.split(',', Fn.importValue('Ids'))), region: region.valueAsString,
    }, stack);
    expect(properties).toMatchObject({
      Accounts: { 'Fn::Split': [',', { 'Fn::ImportValue': 'Ids' }] }, Region: { Ref: 'Where' }, ServiceTimeout: '3000',
    });
  });

  test.each<[string, RemovalPolicy | undefined, string]>([
    ['by default', undefined, 'Delete'],
    ['with RETAIN', RemovalPolicy.RETAIN, 'Retain'],
  ])('L11: removal policy %s', (_, removalPolicy, expected) => {
    const stack = newStack();
    associate(stack, 'Automation', { removalPolicy });
    expect(only(stack, TYPE).DeletionPolicy).toBe(expected);
  });
});

describe('K5: fails at synthesis, with the path of the construct and the value', () => {
  const defining = (props: object) => () =>
    void associate(newStack('Landing', { env: { account: '999999999999', region: 'eu-west-1' } }), 'Automation', props);

  test('accounts outside the organization', () => {
    const accounts = MemberAccounts.outside([{ accountId: '111122223333', email: 'owner@example.com' }]);
    expect(defining({ accounts })).toThrow(
      "Landing/Automation: 'accounts' is given with MemberAccounts.outside, but only accounts of the organization can be associated: use MemberAccounts.of",
    );
  });

  test("T37: the stack's own account", () => {
    expect(defining({ accounts: MemberAccounts.of(['999999999999']) })).toThrow(
      'Landing/Automation: \'accounts\' holds "999999999999", the account of the stack',
    );
  });

  test.each(['', 'Frankfurt', 'eu', 'eu-central-1 ', 'eu-central-1.example.com', 'EU-CENTRAL-1'])('a region %j that is none', (region) => {
    expect(defining({ region })).toThrow(
      `Landing/Automation: 'region' is ${JSON.stringify(region)}, which is no Region: give a name such as 'us-east-1'`,
    );
  });

  test('P12: a list that does not fit into an event twice', () => {
    expect(defining({ accounts: MemberAccounts.of(accountIds(11_000)) })).toThrow("Landing/Automation: 'accounts' holds 11000 accounts");
  });
});

describe('a region without an endpoint, as far as this release knows', () => {
  const warnings = (region: string | undefined) => {
    const stack = newStack();
    associate(stack, 'Automation', { region });
    return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ id, entry }) => `${id}: ${String(entry.data)}`);
  };

  test.each(['me-south-1', 'us-gov-west-1', 'ap-southeast-17'])('%s: a warning that names those that have one', (region) => {
    expect(warnings(region)).toEqual([expect.stringContaining(
      `/Stack/Automation: 'region' is "${region}", where Compute Optimizer Automation had no endpoint when this release was made: `
      + 'if the deployment fails, give one of ap-northeast-1, ',
    )]);
  });

  test.each(['us-east-1', 'sa-east-1', undefined, Fn.importValue('Region')])('%s: none', (region) => {
    expect(warnings(region)).toEqual([]);
  });
});

describe('permissions', () => {
  const AUTOMATION = {
    Sid: 'Automation',
    Effect: 'Allow',
    Action: ['aco-automation:AssociateAccounts', 'aco-automation:DisassociateAccounts', 'aco-automation:ListAccounts'],
    Resource: '*',
  };
  const ENROLLMENT = [
    {
      Sid: 'Enrollment',
      Effect: 'Allow',
      Action: ['aco-automation:GetEnrollmentConfiguration', 'aco-automation:UpdateEnrollmentConfiguration'],
      Resource: '*',
    },
    {
      Sid: 'EnrollmentRole',
      Effect: 'Allow',
      Action: 'iam:CreateServiceLinkedRole',
      Resource: {
        'Fn::Join': ['', [
          'arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' },
          ':role/aws-service-role/aco-automation.amazonaws.com/AWSServiceRoleForComputeOptimizerAutomation',
        ]],
      },
      Condition: { StringEquals: { 'iam:AWSServiceName': 'aco-automation.amazonaws.com' } },
    },
  ];
  const SIDS = ['Automation', 'RefusedAccounts', 'Ledger', 'Log'];

  test('the role allows what the function calls, action by action, and nothing else', () => {
    const stack = newStack();
    associate(stack, 'Automation');
    expect(statements(stack).map(({ Sid }) => Sid)).toEqual(SIDS);
    expect(statements(stack)[0]).toEqual(AUTOMATION);
    // I3
    expect(statements(stack).flatMap(({ Action }) => Action).filter((action) => action.includes('*'))).toEqual([]);
  });

  test('switching Automation on in the administrator needs more, its one role included', () => {
    const stack = newStack();
    associate(stack, 'Automation', { enrollAdministrator: true });
    expect(statements(stack).slice(SIDS.length)).toEqual(ENROLLMENT);
  });

  test.each(['first', 'last'])('it is enough that the %s of the constructs that share the function does so', (which) => {
    const stack = newStack();
    ['first', 'second', 'last'].forEach((id) => associate(stack, id, { enrollAdministrator: id === which }));
    expect(statements(stack).map(({ Sid }) => Sid)).toEqual([...SIDS, 'Enrollment', 'EnrollmentRole']);
  });

  test('several of them do: it is allowed once', () => {
    const stack = newStack();
    ['One', 'Two'].forEach((id) => associate(stack, id, { enrollAdministrator: true }));
    expect(statements(stack)).toHaveLength(SIDS.length + 2);
  });

  test('a role that was passed in is used as it is', () => {
    const stack = newStack();
    const role = new iam.Role(stack, 'Mine', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    associate(stack, 'Automation', { enrollAdministrator: true, handler: { role } });
    Template.fromStack(stack).resourceCountIs('AWS::IAM::Policy', 0);
    expect(only(stack, 'AWS::IAM::Role').Properties.Policies).toBeUndefined();
  });

  test('L27: no other property narrows them', () => {
    const roles = [{}, { region: 'eu-west-1' }, { dropped: DroppedAccounts.release() }, { removalPolicy: RemovalPolicy.RETAIN }].map((props) => {
      const stack = newStack();
      associate(stack, 'Automation', props);
      return only(stack, 'AWS::IAM::Role');
    });
    for (const role of roles) expect(role).toEqual(roles[0]);
  });

  test('K6: constructs of another type do not share them', () => {
    const stack = newStack();
    associate(stack, 'Automation', { enrollAdministrator: true });
    members(stack, 'Members');
    const roles = Object.values(resources(stack)).filter(({ Type }) => Type === 'AWS::IAM::Role');
    const policies: Statement[][] = roles.map(({ Properties }) => Properties.Policies[0].PolicyDocument.Statement);
    const sids = policies.map((policy) => policy.map(({ Sid }) => Sid));
    expect(sids).toEqual([[...SIDS, 'Enrollment', 'EnrollmentRole'], ['SecurityHub', 'RefusedAccounts', 'Ledger', 'Log']]);
  });
});

test('a rule of the organization that depends on the construct waits for the association', () => {
  const stack = newStack();
  const association = associate(stack, 'Automation');
  // as the example of the construct has it; a CDK that checks templates checks this
  const rule = new CfnResource(stack, 'Volumes', {
    type: 'AWS::ComputeOptimizer::AutomationRule',
    properties: {
      Name: 'newer-volume-types',
      RuleType: 'OrganizationRule',
      RecommendedActionTypes: ['UpgradeEbsVolumeType'],
      OrganizationConfiguration: { RuleApplyOrder: 'BeforeAccountRules', AccountIds: ['111122223333'] },
      Priority: '0.5',
      Schedule: { ScheduleExpression: 'cron(0 3 ? * SUN *)', ScheduleExpressionTimezone: 'UTC', ExecutionWindowInMinutes: 60 },
      Status: 'Active',
    },
  });
  rule.node.addDependency(association);
  const [logicalId] = Object.entries(resources(stack)).find(([, { Type }]) => Type === TYPE)!;
  expect(only(stack, 'AWS::ComputeOptimizer::AutomationRule').DependsOn).toEqual([logicalId]);
});
