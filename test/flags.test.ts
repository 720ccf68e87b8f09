import { App, NestedStack, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import recommended from 'aws-cdk-lib/recommended-feature-flags.json';
import { members } from './stacks';
import { ComputeOptimizerAssociation, MemberAccounts, type SecurityHubMembersProps } from '../src';

const ROLE = 'arn:aws:iam::111122223333:role/handler';
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555';

/** What is synthesized in an app with these feature flags, less what the app adds itself. */
function synthesized(flags: object, props: (stack: Stack) => Partial<SecurityHubMembersProps>): unknown {
  const app = new App({ analyticsReporting: false, context: { 'aws:cdk:disable-asset-staging': true, ...flags } });
  const stack = new Stack(app, 'Stack');
  const options = props(stack);
  members(stack, 'Members', options);
  members(new NestedStack(stack, 'Nested'), 'Inner');
  new ComputeOptimizerAssociation(stack, 'Automation', {
    accounts: MemberAccounts.of(['111122223333']), enrollAdministrator: true, handler: options.handler,
  });
  return Template.fromStack(stack).toJSON();
}

test('there are feature flags to test with', () => {
  expect(Object.keys(recommended).length).toBeGreaterThan(50);
});

test.each<[string, (stack: Stack) => Partial<SecurityHubMembersProps>]>([
  ['without options', () => ({})],
  ['with a role', (stack) => ({ handler: { role: iam.Role.fromRoleArn(stack, 'Role', ROLE) } })],
  ['with a key', (stack) => ({ handler: { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY) } })],
])('K1: the template %s is the same without feature flags and with all that are recommended', (_, props) => {
  expect(synthesized(recommended, props)).toEqual(synthesized({}, props));
});

test('K1: the template', () => {
  // the names of assets change with every change of a handler
  const template = JSON.stringify(synthesized({}, () => ({}))).replace(/[0-9a-f]{64}/g, '<hash>');
  expect(JSON.parse(template)).toMatchSnapshot();
});
