import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, NestedStack, Stack, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ComputeOptimizerAssociation, type HandlerOptions, MemberAccounts } from '../../src';
import { members, newApp } from '../stacks';

const DOCUMENT = readFileSync(join(__dirname, '../../docs/cdk-nag.md'), 'utf8');

/** The findings that the document lists, in its order: hubs, accounts, and the one of actions that know no resource. */
const [HUBS, ACCOUNTS, ANYTHING, ...OTHERS] = [...DOCUMENT.matchAll(/^\| `(.+?)` \|/gm)].map(([, id]) => id);

const ENV = { account: '999999999999', region: 'eu-west-1' };

function emptyStack(env?: typeof ENV): Stack {
  const app = newApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return new Stack(app, 'Stack', { env });
}

function checkedStack(options: (stack: Stack) => HandlerOptions, env?: typeof ENV): Stack {
  const stack = emptyStack(env);
  members(stack, 'Members', { handler: options(stack) });
  members(stack, 'More', { handler: {} });
  return stack;
}

/** The rules that are broken, with the resource that breaks them; synthesis fails if and only if there are any. */
function findings(stack: Stack): string[] {
  const app = stack.node.root as App;
  let failure: unknown;
  try {
    app.synth();
  } catch (error) {
    failure = error;
  }
  const report = JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8')) as {
    pluginReports: { violations: { ruleName: string; violatingConstructs: { constructPath: string }[] }[] }[];
  };
  const found = report.pluginReports.flatMap(({ violations }) => violations)
    .flatMap(({ ruleName, violatingConstructs }) => violatingConstructs.map(({ constructPath }) => `${constructPath} ${ruleName}`))
    .sort();
  expect(failure !== undefined).toBe(found.length > 0);
  return found;
}

function inVpc(stack: Stack): HandlerOptions {
  return {
    vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-11111111', availabilityZones: ['eu-west-1a'], privateSubnetIds: ['subnet-11111111'],
    }),
  };
}

/** Adds an association to a stack. */
function withAssociation(stack: Stack): Stack {
  new ComputeOptimizerAssociation(stack, 'Automation', {
    accounts: MemberAccounts.of(['111122223333']), enrollAdministrator: true,
  });
  return stack;
}

const ROLE = 'Stack/CdkOrgMembership/SecurityHubMembers/Role/Resource';
const OTHER_ROLE = 'Stack/CdkOrgMembership/ComputeOptimizerAssociation/Role/Resource';

test('K3: the document lists three findings', () => {
  expect(OTHERS).toEqual([]);
  expect(ANYTHING).toBeDefined();
});

test.each<[string, typeof ENV | undefined]>([
  ['without an environment', undefined],
  ['with an environment', ENV],
])('K3: a stack %s has the findings that the document lists, and no others', (_, env) => {
  expect(findings(checkedStack(() => ({}), env))).toEqual([`${ROLE} ${ACCOUNTS}`, `${ROLE} ${HUBS}`]);
});

test('K3: in a VPC there is one more', () => {
  expect(findings(checkedStack(inVpc))).toEqual([`${ROLE} ${ANYTHING}`, `${ROLE} ${ACCOUNTS}`, `${ROLE} ${HUBS}`]);
});

test('K3: an association has those that the document lists for it', () => {
  expect(findings(withAssociation(checkedStack(() => ({}))))).toEqual([
    `${OTHER_ROLE} ${ANYTHING}`, `${OTHER_ROLE} ${ACCOUNTS}`, `${ROLE} ${ACCOUNTS}`, `${ROLE} ${HUBS}`,
  ]);
});

test.each<[string, (stack: Stack) => HandlerOptions]>([
  ['a key', (stack) => ({ encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }) })],
  ['a log group', (stack) => ({ logGroup: new logs.LogGroup(stack, 'Log') })],
])('K3: %s of its own adds none', (_, options) => {
  expect(findings(checkedStack(options))).toEqual([`${ROLE} ${ACCOUNTS}`, `${ROLE} ${HUBS}`]);
});

test.each<[string, (stack: Stack) => iam.IRole]>([
  ['from another stack', (stack) => iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::999999999999:role/handler')],
  ['of the same stack', (stack) => new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') })],
])('K3: with a role %s there are none, for it is not ours', (_, role) => {
  expect(findings(checkedStack((stack) => ({ role: role(stack) })))).toEqual([]);
});

test('K3: with a role of the same stack in a VPC, the one of the VPC is the role\'s', () => {
  const role = (stack: Stack) => new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });

  expect(findings(checkedStack((stack) => ({ ...inVpc(stack), role: role(stack) })))).toEqual([
    `Stack/Role/DefaultPolicy/Resource ${ANYTHING}`,
  ]);
});

test('K3: in a nested stack the findings are those of the outermost one', () => {
  const stack = emptyStack();
  members(new NestedStack(stack, 'Nested'), 'Members');

  expect(findings(stack)).toEqual([`${ROLE} ${ACCOUNTS}`, `${ROLE} ${HUBS}`]);
});

test('K3: with the acknowledgements of the document there is nothing left to report', () => {
  const stack = withAssociation(checkedStack(inVpc));
  const [, acknowledgements] = /\.acknowledge\((.*?)\n\);/s.exec(DOCUMENT)!;
  const entries = [...acknowledgements.matchAll(/id: '(.+?)',\s+reason: '(.+?)',/g)].map(([, id, reason]) => ({ id, reason }));
  expect(entries.map(({ id }) => id)).toEqual([HUBS, ACCOUNTS, ANYTHING]);
  Validations.of(stack.node.findChild('CdkOrgMembership')).acknowledge(...entries);

  expect(() => (stack.node.root as App).synth()).not.toThrow();
});
