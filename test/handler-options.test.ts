import { Fn, Lazy, NestedStack, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { members, newApp, newStack, only, resources } from './stacks';
import type { HandlerOptions } from '../src';
import { HandlerFunction } from '../src/private/handler-function';

const ROLE = 'arn:aws:iam::111122223333:role/handler';
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555';

function functionOf(stack: Stack) {
  return only(stack, 'AWS::Lambda::Function').Properties;
}

function policyOf(stack: Stack): { Sid?: string; Action: string | string[]; Resource: unknown }[] {
  return only(stack, 'AWS::IAM::Role').Properties.Policies[0].PolicyDocument.Statement;
}

function importedVpc(scope: Stack, id: string = 'Vpc', vpcId: string = 'vpc-11111111'): ec2.IVpc {
  return ec2.Vpc.fromVpcAttributes(scope, id, {
    vpcId,
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-11111111', 'subnet-22222222'],
    isolatedSubnetIds: ['subnet-33333333', 'subnet-44444444'],
  });
}

describe('runtime and log level', () => {
  test('are those of the function', () => {
    const stack = newStack();
    members(stack, 'Members', {
      handler: { runtime: lambda.Runtime.NODEJS_22_X, logLevel: lambda.ApplicationLogLevel.DEBUG },
    });

    expect(functionOf(stack)).toMatchObject({ Runtime: 'nodejs22.x', LoggingConfig: { ApplicationLogLevel: 'DEBUG' } });
  });
});

describe('a runtime that cannot start the function', () => {
  test.each([lambda.Runtime.PYTHON_3_13, lambda.Runtime.NODEJS_18_X, lambda.Runtime.PROVIDED_AL2023])('K5: $name is an error at synth', (runtime) => {
    expect(() => members(newStack(), 'Members', { handler: { runtime } })).toThrow(
      `Stack/Members: 'handler.runtime' is "${runtime.name}": give Node.js 20 or newer, such as Runtime.NODEJS_24_X`,
    );
  });

  test('K5: also where it is not the first construct that gives it', () => {
    const stack = newStack();
    members(stack, 'One');
    expect(() => members(stack, 'Two', { handler: { runtime: lambda.Runtime.PYTHON_3_13 } })).toThrow('Stack/Two: \'handler.runtime\' is "python3.13": give Node.js 20');
  });

  test.each(['nodejs20.x', 'nodejs26.x'])('%s is taken', (name) => {
    const stack = newStack();
    members(stack, 'Members', { handler: { runtime: new lambda.Runtime(name, lambda.RuntimeFamily.NODEJS) } });
    expect(functionOf(stack)).toMatchObject({ Runtime: name });
  });
});

describe('log group', () => {
  test('one that is given takes the place of ours', () => {
    const stack = newStack();
    const logGroup = new logs.LogGroup(stack, 'Log');
    members(stack, 'Members', { handler: { logGroup } });

    only(stack, 'AWS::Logs::LogGroup');
    expect(functionOf(stack).LoggingConfig.LogGroup).toEqual(stack.resolve(logGroup.logGroupName));
    expect(policyOf(stack).find(({ Sid }) => Sid === 'Log')?.Resource).toEqual(stack.resolve(logGroup.logGroupArn));
  });

  test('the role may write to one that is imported', () => {
    const stack = newStack('Stack', { env: { account: '999999999999', region: 'eu-west-1' } });
    members(stack, 'Members', { handler: { logGroup: logs.LogGroup.fromLogGroupName(stack, 'Log', '/landing-zone') } });

    Template.fromStack(stack).resourceCountIs('AWS::Logs::LogGroup', 0);
    expect(policyOf(stack).find(({ Sid }) => Sid === 'Log')?.Resource).toEqual({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':logs:eu-west-1:999999999999:log-group:/landing-zone:*']],
    });
  });
});

describe('role', () => {
  test('one that is imported is used as it is', () => {
    const stack = newStack();
    members(stack, 'Members', { handler: { role: iam.Role.fromRoleArn(stack, 'Role', ROLE) } });

    expect(functionOf(stack).Role).toBe(ROLE);
    expect(Object.values(resources(stack)).filter(({ Type }) => Type.startsWith('AWS::IAM::'))).toEqual([]);
  });

  test('one that is defined in the app is used as it is', () => {
    const stack = newStack();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    members(stack, 'Members', { handler: { role } });

    expect(functionOf(stack).Role).toEqual(stack.resolve(role.roleArn));
    expect(only(stack, 'AWS::IAM::Role').Properties.Policies).toBeUndefined();
    Template.fromStack(stack).resourceCountIs('AWS::IAM::Policy', 0);
  });

  test('I5: its policies stay until the resource has been deleted', () => {
    const stack = newStack();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(new iam.PolicyStatement({ actions: ['securityhub:GetMembers'], resources: ['*'] }));
    members(stack, 'Members', { handler: { role } });

    const policy = Object.keys(resources(stack)).find((id) => resources(stack)[id].Type === 'AWS::IAM::Policy');
    expect(only(stack, 'AWS::Lambda::Function').DependsOn).toContain(policy);
  });

  test('in a VPC it gets permissions for network interfaces, before the function is created', () => {
    const stack = newStack();
    const role = iam.Role.fromRoleArn(stack, 'Role', ROLE);
    members(stack, 'Members', { handler: { role, vpc: importedVpc(stack) } });

    const { Roles, PolicyDocument } = only(stack, 'AWS::IAM::Policy').Properties;
    expect(Roles).toEqual(['handler']);
    expect(PolicyDocument.Statement.map(({ Sid }: { Sid: string }) => Sid)).toEqual(['NetworkInterfaces']);
    const policy = Object.keys(resources(stack)).find((id) => resources(stack)[id].Type === 'AWS::IAM::Policy');
    expect(only(stack, 'AWS::Lambda::Function').DependsOn).toContain(policy);
  });

  test('in a VPC it gets nothing if it may not be changed', () => {
    const stack = newStack();
    const role = iam.Role.fromRoleArn(stack, 'Role', ROLE, { mutable: false });
    members(stack, 'Members', { handler: { role, vpc: importedVpc(stack) } });

    Template.fromStack(stack).resourceCountIs('AWS::IAM::Policy', 0);
  });
});

describe('VPC', () => {
  test('the function is in private subnets, with a security group of its own', () => {
    const stack = newStack();
    members(stack, 'Members', { handler: { vpc: importedVpc(stack) } });

    expect(functionOf(stack).VpcConfig).toEqual({
      SubnetIds: ['subnet-11111111', 'subnet-22222222'],
      SecurityGroupIds: [{ 'Fn::GetAtt': [expect.stringMatching(/SecurityGroup/), 'GroupId'] }],
    });
    Template.fromStack(stack).resourceCountIs('AWS::EC2::SecurityGroup', 1);
  });

  test('the function is in the subnets and security groups that are given', () => {
    const stack = newStack();
    members(stack, 'Members', {
      handler: {
        vpc: importedVpc(stack),
        vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
        securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-11111111')],
      },
    });

    expect(functionOf(stack).VpcConfig).toEqual({ SubnetIds: ['subnet-33333333', 'subnet-44444444'], SecurityGroupIds: ['sg-11111111'] });
  });

  test('our role allows network interfaces in a VPC only', () => {
    const [inside, outside] = [newStack(), newStack()];
    members(inside, 'Members', { handler: { vpc: importedVpc(inside) } });
    members(outside, 'Members');

    expect(policyOf(outside).map(({ Sid }) => Sid)).not.toContain('NetworkInterfaces');
    expect(policyOf(inside).find(({ Sid }) => Sid === 'NetworkInterfaces')).toMatchObject({
      Action: [
        'ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface',
        'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:UnassignPrivateIpAddresses',
      ],
      Resource: '*',
    });
  });

  test.each<[string, (stack: Stack) => HandlerOptions]>([
    ['vpcSubnets', () => ({ vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } })],
    ['securityGroups', (stack) => ({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-11111111')] })],
  ])('fails for %s without a VPC', (option, options) => {
    const stack = newStack();
    expect(() => members(stack, 'Members', { handler: options(stack) }))
      .toThrow(`Stack/Members: 'handler.${option}' needs 'handler.vpc': give both or none`);
  });
});

describe('encryption key', () => {
  const keyed = () => {
    const stack = newStack('Stack', { env: { account: '999999999999', region: 'eu-west-1' } });
    const encryptionKey = new kms.Key(stack, 'Key');
    members(stack, 'Members', { handler: { encryptionKey } });
    return { stack, keyArn: stack.resolve(encryptionKey.keyArn) as unknown };
  };

  test('encrypts the environment of the function, the ledger and our log group', () => {
    const { stack, keyArn } = keyed();

    expect(functionOf(stack).KmsKeyArn).toEqual(keyArn);
    expect(only(stack, 'AWS::DynamoDB::Table').Properties.SSESpecification)
      .toEqual({ KMSMasterKeyId: keyArn, SSEEnabled: true, SSEType: 'KMS' });
    expect(only(stack, 'AWS::Logs::LogGroup').Properties.KmsKeyId).toEqual(keyArn);
  });

  test('the role may use it', () => {
    const { stack, keyArn } = keyed();

    expect(policyOf(stack).find(({ Sid }) => Sid === 'EncryptionKey')).toEqual({
      Sid: 'EncryptionKey',
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      Resource: keyArn,
    });
  });

  test('CloudWatch Logs may use it for log groups of the account', () => {
    const { stack } = keyed();

    expect(only(stack, 'AWS::KMS::Key').Properties.KeyPolicy.Statement).toContainEqual({
      Effect: 'Allow',
      Principal: { Service: { 'Fn::Join': ['', ['logs.eu-west-1.', { Ref: 'AWS::URLSuffix' }]] } },
      Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
      Resource: '*',
      Condition: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': {
            'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':logs:eu-west-1:999999999999:log-group:*']],
          },
        },
      },
    });
  });

  test('of an import: its policy is left to its owner', () => {
    const stack = newStack();
    members(stack, 'Members', { handler: { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY) } });

    expect(functionOf(stack).KmsKeyArn).toBe(KEY);
    Template.fromStack(stack).resourceCountIs('AWS::KMS::Key', 0);
  });

  test('a log group that is given keeps its own encryption', () => {
    const stack = newStack();
    const encryptionKey = new kms.Key(stack, 'Key');
    members(stack, 'Members', { handler: { encryptionKey, logGroup: new logs.LogGroup(stack, 'Log') } });

    expect(only(stack, 'AWS::Logs::LogGroup').Properties.KmsKeyId).toBeUndefined();
    expect(only(stack, 'AWS::KMS::Key').Properties.KeyPolicy.Statement).toHaveLength(1);
  });
});

describe('K6: the first construct of a stack decides', () => {
  /** One value of each option, made in a scope: two scopes give two objects for the same thing. */
  const values: { [option in keyof Required<HandlerOptions>]: (scope: Stack) => HandlerOptions[option] } = {
    role: (scope) => iam.Role.fromRoleArn(scope, 'Role', ROLE),
    vpc: (scope) => importedVpc(scope),
    vpcSubnets: () => ({ subnetType: ec2.SubnetType.PRIVATE_ISOLATED }),
    securityGroups: (scope) => ['sg-11111111', 'sg-22222222'].map((id) => ec2.SecurityGroup.fromSecurityGroupId(scope, id, id)),
    logGroup: (scope) => logs.LogGroup.fromLogGroupName(scope, 'Log', '/landing-zone'),
    logLevel: () => lambda.ApplicationLogLevel.WARN,
    encryptionKey: (scope) => kms.Key.fromKeyArn(scope, 'Key', KEY),
    runtime: () => lambda.Runtime.NODEJS_22_X,
  };
  const options = Object.keys(values) as (keyof HandlerOptions)[];
  const all = (scope: Stack): HandlerOptions =>
    Object.fromEntries(options.map((option) => [option, values[option](scope)]));
  const alone = (option: keyof HandlerOptions, scope: Stack): HandlerOptions => ({ [option]: values[option](scope) });

  test('others may leave out all options', () => {
    const stack = newStack();
    members(stack, 'One', { handler: all(stack) });
    members(stack, 'Two');
    members(stack, 'Three', { handler: {} });

    expect(functionOf(stack).Runtime).toBe('nodejs22.x');
  });

  test.each(options)('others may repeat %s, with another object for the same thing', (option) => {
    const stack = newStack();
    members(stack, 'One', { handler: all(stack) });
    const nested = new NestedStack(stack, 'Nested');

    expect(() => members(nested, 'Two', { handler: alone(option, nested) })).not.toThrow();
  });

  test('others may repeat what is the default', () => {
    const stack = newStack();
    members(stack, 'One');

    expect(() => members(stack, 'Two', {
      handler: { runtime: lambda.Runtime.NODEJS_24_X, logLevel: lambda.ApplicationLogLevel.INFO },
    })).not.toThrow();
  });

  test('others may give security groups in another order', () => {
    const stack = newStack();
    const { vpc, securityGroups } = all(stack);
    members(stack, 'One', { handler: { vpc, securityGroups } });

    expect(() => members(stack, 'Two', { handler: { securityGroups: [...securityGroups!].reverse() } })).not.toThrow();
  });

  test.each<[keyof HandlerOptions, string, string]>([
    ['role', `"${ROLE}"`, 'none'],
    ['vpc', '"vpc-11111111"', 'none'],
    ['logGroup', '"arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/landing-zone:*"', 'none'],
    ['logLevel', '"WARN"', '"INFO"'],
    ['encryptionKey', `"${KEY}"`, 'none'],
    ['runtime', '"nodejs22.x"', '"nodejs24.x"'],
  ])('fails if another one adds %s, and names both constructs', (option, wanted, decided) => {
    const stack = newStack();
    members(stack, 'One');

    const shared = option === 'encryptionKey' ? 'ledger' : 'function';
    expect(() => members(stack, 'Two', { handler: alone(option, stack) })).toThrow(
      `Stack/Two: 'handler.${option}' is ${wanted}, but Stack/One, which shares the ${shared}, has ${decided}: `
      + 'give both the same, or omit it here',
    );
  });

  test.each<[string, (stack: Stack) => HandlerOptions, string]>([
    ['role', (stack) => ({ role: iam.Role.fromRoleArn(stack, 'Other', `${ROLE}-2`) }), `has "${ROLE}"`],
    ['vpc', (stack) => ({ vpc: importedVpc(stack, 'Other', 'vpc-22222222') }), 'has "vpc-11111111"'],
    ['vpcSubnets', () => ({ vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } }), 'has "subnet-33333333, subnet-44444444"'],
    ['securityGroups', (stack) => ({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Other', 'sg-11111111')] }), 'has "sg-11111111, sg-22222222"'],
    ['encryptionKey', (stack) => ({ encryptionKey: kms.Key.fromKeyArn(stack, 'Other', `${KEY}6`) }), `has "${KEY}"`],
  ])('fails if another one has another %s', (_, other, text) => {
    const stack = newStack();
    members(stack, 'One', { handler: all(stack) });

    expect(() => members(stack, 'Two', { handler: other(stack) })).toThrow(text);
  });

  test('fails for two resources of different stacks, although they look the same once resolved', () => {
    const app = newApp();
    const [a, b] = ['A', 'B'].map((id) => new kms.Key(new Stack(app, id), 'Key'));
    const stack = new Stack(app, 'Stack');
    members(stack, 'One', { handler: { encryptionKey: a } });

    expect(a.stack.resolve(a.keyArn)).toEqual(b.stack.resolve(b.keyArn));
    expect(() => members(stack, 'Two', { handler: { encryptionKey: b } }))
      .toThrow('Stack/Two: \'handler.encryptionKey\' is "${B/Key/Resource.Arn}", but Stack/One, which shares the ledger, has "${A/Key/Resource.Arn}"');
  });

  test('fails for two imports of different parameters', () => {
    const stack = newStack();
    const imported = (name: string) => iam.Role.fromRoleArn(stack, name, Stack.of(stack).formatArn({
      service: 'iam', region: '', resource: 'role', resourceName: name,
    }));
    members(stack, 'One', { handler: { role: imported('a') } });

    expect(() => members(stack, 'Two', { handler: { role: imported('b') } })).toThrow(
      "'handler.role' is \"arn:${AWS::Partition}:iam::${AWS::AccountId}:role/b\", but Stack/One",
    );
  });

  test('fails for two imports of different exports', () => {
    const stack = newStack();
    const imported = (name: string) => iam.Role.fromRoleArn(stack, name, Fn.importValue(name), { mutable: false });
    members(stack, 'One', { handler: { role: imported('a') } });

    expect(() => members(stack, 'Two', { handler: { role: imported('b') } }))
      .toThrow(/'handler.role' is .*ImportValue.*b.* has .*ImportValue.*a/);
  });

  test('others may repeat an option with a text that is made at synthesis', () => {
    const stack = newStack();
    const { vpc } = all(stack);
    members(stack, 'One', { handler: { vpc } });
    const lazy = { ...vpc!, vpcId: Lazy.string({ produce: () => vpc!.vpcId }) } as ec2.IVpc;

    expect(() => members(stack, 'Two', { handler: { vpc: lazy } })).not.toThrow();
  });

  describe('for the ledger, across construct types', () => {
    const otherType = { construct: 'OtherType', asset: 'security-hub-members', description: 'other', statements: () => [] };

    test('a type may leave out the key, and its function uses it nevertheless', () => {
      const stack = newStack();
      const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', KEY);
      members(stack, 'One', { handler: { encryptionKey } });
      HandlerFunction.obtain(stack, otherType);

      const functions = Object.values(resources(stack)).filter(({ Type }) => Type === 'AWS::Lambda::Function');
      expect(functions.map(({ Properties }) => Properties.KmsKeyArn)).toEqual([KEY, KEY]);
      only(stack, 'AWS::DynamoDB::Table');
    });

    test('fails if a type has another key, and names both constructs', () => {
      const stack = newStack();
      members(stack, 'One');

      expect(() => HandlerFunction.obtain(stack, otherType, { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY) }))
        .toThrow(`Stack: 'handler.encryptionKey' is "${KEY}", but Stack/One, which shares the ledger, has none`);
    });

    test('all other options may differ', () => {
      const stack = newStack();
      members(stack, 'One', { handler: { runtime: lambda.Runtime.NODEJS_22_X } });

      expect(() => HandlerFunction.obtain(stack, otherType, { runtime: lambda.Runtime.NODEJS_24_X })).not.toThrow();
    });
  });
});
