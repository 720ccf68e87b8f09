import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import accounts from '../../examples/landing-zone/accounts.json';
import { SecurityHubStack } from '../../examples/landing-zone/security-hub-stack';
import { step } from '../../examples/landing-zone/steps';
import { TYPE } from '../stacks';

const ORGANIZATION = readFileSync(join(__dirname, '../../examples/landing-zone/organization.json'), 'utf8');

/** The accounts of each construct in one step. */
function synthesized(name: string): Record<string, string[]> {
  const stack = new SecurityHubStack(new App({ context: { 'aws:cdk:disable-asset-staging': true } }), 'SecurityHub', {
    env: { account: '222222222222', region: 'us-east-1' },
    ...step(name),
  });
  const resources = Template.fromStack(stack).findResources(TYPE);
  return Object.fromEntries(Object.entries(resources)
    .map(([id, { Properties }]) => [id.slice(0, -8), Properties.Accounts ?? Properties.OutsideAccounts]));
}

function organizationAccounts(name: string): string[] {
  const { Partners, ...others } = synthesized(name);
  expect(Partners).toEqual(['777777777701=partner-logistics@example.com']);
  return Object.values(others).flat().sort();
}

const without = (a: string[], b: string[]) => a.filter((id) => !b.includes(id));

test('the first deployment wants everything but the sandboxes', () => {
  expect(organizationAccounts('initial')).toHaveLength(90);
});

test('then three accounts join and two leave', () => {
  const [before, after] = [organizationAccounts('initial'), organizationAccounts('changed')];

  expect(without(after, before)).toEqual(['600000000001', '600000000002', '600000000003']);
  expect(without(before, after)).toEqual(['500000000035', '500000000036']);
});

test('L21, L22: then the construct is renamed and split, for the same accounts', () => {
  expect(Object.keys(synthesized('changed')).sort()).toEqual(['Members', 'Partners']);
  expect(Object.keys(synthesized('split')).sort()).toEqual(['Partners', 'Platform', 'Workloads']);
  expect(organizationAccounts('split')).toEqual(organizationAccounts('changed'));
});

test.each(['broken', 'sandboxes'])('then all sandboxes join: %s', (name) => {
  expect(without(organizationAccounts(name), organizationAccounts('split'))).toHaveLength(25);
});

test('fails for an unknown step, and names those that there are', () => {
  expect(() => step('other')).toThrow('there is no step "other": take one of initial, changed, split, broken, sandboxes');
});

test('every account of the inventory is in the organization', () => {
  const ids = Object.values(accounts).flatMap((group) => Object.values<string>(group));

  expect(ids.filter((id) => !ORGANIZATION.includes(`"${id}"`))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});
