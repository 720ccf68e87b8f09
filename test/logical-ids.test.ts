import { NestedStack, RemovalPolicy } from 'aws-cdk-lib';
import { accountIds, members, newStack, resources, TYPE } from './stacks';
import { MemberAccounts } from '../src';

/**
 * Released logical ids never change. CloudFormation would delete the table with all claims, refuse another service token,
 * or delete the members resource and create it again.
 */
const IDS = {
  CdkOrgMembershipLedgerTable7963ABFD: 'AWS::DynamoDB::Table',
  CdkOrgMembershipSecurityHubMembersFunctionCC089F9D: 'AWS::Lambda::Function',
  CdkOrgMembershipSecurityHubMembersLogGroup787D0769: 'AWS::Logs::LogGroup',
  CdkOrgMembershipSecurityHubMembersRole3032434B: 'AWS::IAM::Role',
  MembersFEE56442: TYPE,
};

test('K7: logical ids are those that were released', () => {
  const stack = newStack();
  members(stack, 'Members');

  expect(Object.fromEntries(Object.entries(resources(stack)).map(([id, { Type }]) => [id, Type]))).toEqual(IDS);
});

test('K7: properties make no difference', () => {
  const stack = newStack('Another');
  members(stack, 'Members', {
    accounts: MemberAccounts.of(accountIds(1001)), revision: '2', removalPolicy: RemovalPolicy.RETAIN,
  });

  expect(Object.keys(resources(stack)).sort()).toEqual(Object.keys(IDS).sort());
});

test('K7: the ids of what is shared do not depend on who comes first, or from where', () => {
  const stack = newStack();
  members(new NestedStack(stack, 'Nested'), 'First');
  members(stack, 'Members');

  expect(Object.keys(resources(stack))).toEqual(expect.arrayContaining(Object.keys(IDS)));
});
