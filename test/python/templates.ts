/**
 * Synthesizes a template for every way to use the constructs, into the folder that is named on the command line.
 */
import { App, CfnParameter, Duration, Fn, NestedStack, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as ssm from 'aws-cdk-lib/aws-ssm';
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
  Vpc: (scope) => ({
    handler: {
      vpc: ec2.Vpc.fromVpcAttributes(scope, 'Vpc', {
        vpcId: 'vpc-11111111', availabilityZones: ['eu-west-1a'], privateSubnetIds: ['subnet-11111111'],
      }),
    },
  }),
  Role: (scope) => ({
    handler: { role: iam.Role.fromRoleArn(scope, 'Role', 'arn:aws:iam::111122223333:role/handler') },
  }),
  LogGroup: (scope) => ({ handler: { logGroup: new logs.LogGroup(scope, 'Log') } }),
};

const app = new App({ outdir: process.argv[2], analyticsReporting: false });

for (const [id, use] of Object.entries(USES)) {
  const stack = new Stack(app, id);
  members(stack, 'Members', use(stack));
}

members(new NestedStack(new Stack(app, 'Outer'), 'Nested'), 'Members');

for (const name of ['initial', 'changed', 'split', 'sandboxes']) {
  const env = { account: '222222222222', region: 'us-east-1' };
  new SecurityHubStack(app, `LandingZone-${name}`, { env, ...step(name) });
}

app.synth();
