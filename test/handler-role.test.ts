import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { members, newStack, only } from './stacks';

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | string[];
}

test('the documented policy for roles of users has the statements that the library would make', () => {
  const stack = newStack();
  members(stack, 'Members', {
    handler: {
      encryptionKey: new kms.Key(stack, 'Key'),
      vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
        vpcId: 'vpc-11111111', availabilityZones: ['eu-west-1a'], privateSubnetIds: ['subnet-11111111'],
      }),
    },
  });
  const ours: Statement[] = only(stack, 'AWS::IAM::Role').Properties.Policies[0].PolicyDocument.Statement;

  const document = readFileSync(join(__dirname, '../docs/handler-role.md'), 'utf8');
  const documented: Statement[] = JSON.parse(/```json\n(.*?)```/s.exec(document)![1]).Statement;

  const essence = ({ Sid, Effect, Action }: Statement) => ({ Sid, Effect, Action });
  expect(documented.map(essence)).toEqual(ours.map(essence));
});
