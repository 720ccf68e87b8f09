import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { members, newStack, only } from './stacks';
import { ComputeOptimizerAssociation, type HandlerOptions, MemberAccounts } from '../src';

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Condition?: unknown;
}

/** Everything that any options of the constructs may need. */
function options(stack: Stack): HandlerOptions {
  return {
    encryptionKey: new kms.Key(stack, 'Key'),
    vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-11111111', availabilityZones: ['eu-west-1a'], privateSubnetIds: ['subnet-11111111'],
    }),
  };
}

test.each<[string, (stack: Stack) => void]>([
  ['SecurityHubMembers', (stack) => void members(stack, 'Members', { handler: options(stack) })],
  ['ComputeOptimizerAssociation', (stack) => void new ComputeOptimizerAssociation(stack, 'Automation', {
    accounts: MemberAccounts.of(['111122223333']), enrollAdministrator: true, handler: options(stack),
  })],
])('the documented policy for roles of users has the statements that the library would make: %s', (construct, define) => {
  const stack = newStack();
  define(stack);
  const ours: Statement[] = only(stack, 'AWS::IAM::Role').Properties.Policies[0].PolicyDocument.Statement;

  const document = readFileSync(join(__dirname, '../docs/handler-role.md'), 'utf8');
  const [, section] = document.split(`## \`${construct}\``);
  const documented: Statement[] = JSON.parse(/```json\n(.*?)```/s.exec(section)![1]).Statement;

  const essence = ({ Sid, Effect, Action, Condition }: Statement) => ({ Sid, Effect, Action, Condition });
  expect(documented.map(essence)).toEqual(ours.map(essence));
});
