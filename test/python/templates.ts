/**
 * Synthesizes a template for every way to use the constructs, once without feature flags and once with those that `cdk init` turns on, into
 * folders of the one that is named on the command line.
 */
import { join } from 'node:path';
import { App, CfnParameter, Duration, Fn, NestedStack, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import recommended from 'aws-cdk-lib/recommended-feature-flags.json';
import { SecurityHubStack } from '../../examples/landing-zone/security-hub-stack';
import { step } from '../../examples/landing-zone/steps';
import {
  DroppedAccounts, ExistingMembers, FailureTolerance, MemberAccounts, RemovalLimit, type SecurityHubMembersProps,
} from '../../src';
import { accountIds, members } from '../stacks';

const USES: { readonly [stack: string]: (scope: Stack) => Partial<SecurityHubMembersProps> } = {
  Default: () => ({}),
  Options: () => ({
    failureTolerance: FailureTolerance.percentage(5),
    existingMembers: ExistingMembers.takeOver(),
    dropped: DroppedAccounts.release(),
    removalLimit: RemovalLimit.accounts(3),
    wait: Duration.minutes(1),
    revision: '2026-11-21',
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  }),
  Outside: () => ({ accounts: MemberAccounts.outside([{ accountId: '111122223333', email: 'owner@example.com' }]) }),
  Longest: () => ({ accounts: MemberAccounts.of(accountIds(10_600)) }),
  ListParameter: (scope) => ({
    accounts: MemberAccounts.of(new CfnParameter(scope, 'Ids', { type: 'CommaDelimitedList' }).valueAsList),
  }),
  SsmParameter: (scope) => ({
    accounts: MemberAccounts.of(ssm.StringListParameter.valueForTypedListParameter(scope, '/accounts')),
  }),
  Import: () => ({ accounts: MemberAccounts.of(Fn.split(',', Fn.importValue('Ids'))) }),
  Key: (scope) => ({ handler: { encryptionKey: new kms.Key(scope, 'Key', { enableKeyRotation: true }) } }),
  Vpc: (scope) => ({ handler: { vpc: vpcOf(scope) } }),
  SecurityGroups: (scope) => {
    const vpc = vpcOf(scope);
    const securityGroups = [new ec2.SecurityGroup(scope, 'Group', { vpc, allowAllOutbound: true, description: 'Handler' })];
    return { handler: { vpc, securityGroups, vpcSubnets: { subnets: vpc.privateSubnets } } };
  },
  Role: (scope) => ({
    handler: { role: iam.Role.fromRoleArn(scope, 'Role', 'arn:aws:iam::111122223333:role/handler') },
  }),
  RoleOfTheStack: (scope) => ({
    handler: {
      role: new iam.Role(scope, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }),
      vpc: vpcOf(scope),
      encryptionKey: new kms.Key(scope, 'Key', { enableKeyRotation: true }),
    },
  }),
  LogGroup: (scope) => ({ handler: { logGroup: new logs.LogGroup(scope, 'Log') } }),
  LogLevel: () => ({ handler: { logLevel: lambda.ApplicationLogLevel.DEBUG } }),
  Runtime: () => ({ handler: { runtime: lambda.Runtime.NODEJS_22_X } }),
  Everything: (scope) => ({
    handler: {
      vpc: vpcOf(scope),
      encryptionKey: new kms.Key(scope, 'Key', { enableKeyRotation: true }),
      logGroup: new logs.LogGroup(scope, 'Log'),
      logLevel: lambda.ApplicationLogLevel.WARN,
      runtime: lambda.Runtime.NODEJS_22_X,
    },
  }),
};

function vpcOf(scope: Stack): ec2.IVpc {
  return ec2.Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId: 'vpc-11111111', availabilityZones: ['eu-west-1a'], privateSubnetIds: ['subnet-11111111'],
  });
}

function synthesize(folder: string, context: Record<string, unknown>): void {
  const app = new App({ outdir: folder, analyticsReporting: false, context });
  for (const [id, use] of Object.entries(USES)) {
    const stack = new Stack(app, id);
    members(stack, 'Members', use(stack));
  }
  const outer = new Stack(app, 'Outer');
  members(outer, 'Members');
  members(new NestedStack(outer, 'Nested'), 'Members');
  for (const name of ['initial', 'changed', 'split', 'broken', 'sandboxes']) {
    const env = { account: '222222222222', region: 'us-east-1' };
    new SecurityHubStack(app, `LandingZone-${name}`, { env, ...step(name) });
  }
  app.synth();
}

synthesize(join(process.argv[2], 'plain'), {});
synthesize(join(process.argv[2], 'flagged'), recommended);
