import {
  AccessDeniedException, AssociateAccountsCommand, ComputeOptimizerAutomationClient, DisassociateAccountsCommand,
  GetEnrollmentConfigurationCommand, InvalidParameterValueException, ListAccountsCommand, paginateListAccounts,
  UpdateEnrollmentConfigurationCommand,
} from '@aws-sdk/client-compute-optimizer-automation';
import { ListRootsCommand, OrganizationsClient } from '@aws-sdk/client-organizations';
import { ComputeOptimizerAutomation } from './compute-optimizer-automation';
import { Organizations } from './organizations';
import { AwsError } from '../core';
import { EmbeddedAws } from '../embedded-aws';
import type { PolicyDocument } from '../iam/evaluator';
import {
  MANAGEMENT_ACCOUNT, memberAccount, memberAccounts, organizationOf, resolveOrganization,
  type ComputeOptimizerDescription,
} from '../organization-file';
import { type Entrance, WAYS_IN } from '../wire/clients';

const A = memberAccount(1);
const B = memberAccount(2);
const ROLE = { accountId: MANAGEMENT_ACCOUNT, roleName: 'Handler' };
const ROLE_ARN = `arn:aws:iam::${MANAGEMENT_ACCOUNT}:role/Handler`;

describe.each(WAYS_IN)('Compute Optimizer Automation, %s', (way, enter) => {
  let aws: EmbeddedAws;
  let automation: ComputeOptimizerAutomation;
  let entrance: Entrance;
  let client: ComputeOptimizerAutomationClient;

  async function start(computeOptimizer?: ComputeOptimizerDescription, accounts: number = 5): Promise<void> {
    aws = new EmbeddedAws({
      environment: { unknowns: { automationPendingFor: 0, readsSettleAfter: 0, clientTokenInUseFor: 0 } },
    });
    const world = resolveOrganization(organizationOf({ accounts, computeOptimizer }));
    const organizations = new Organizations(aws.environment, world, { throttling: false });
    automation = new ComputeOptimizerAutomation(aws.environment, organizations, world, { throttling: false });
    aws.register(organizations);
    aws.register(automation);
    entrance = await enter(aws);
    client = new ComputeOptimizerAutomationClient(entrance.client(aws.credentials.admin(MANAGEMENT_ACCOUNT)));
  }

  afterEach(async () => {
    expect(aws.mistakes).toEqual([]);
    await entrance.leave();
  });

  test('W1: every operation goes there and back', async () => {
    await start();
    const associated = await client.send(new AssociateAccountsCommand({ accountIds: [A, B] }));
    const $metadata = { httpStatusCode: 200, requestId: expect.any(String) };
    expect(associated).toMatchObject({ accountIds: [A, B], $metadata });
    expect(associated.errors).toBeUndefined();
    const { accounts, nextToken } = await client.send(new ListAccountsCommand({ maxResults: 3 }));
    expect(accounts).toMatchObject([
      { accountId: MANAGEMENT_ACCOUNT, status: 'Active', lastUpdatedTimestamp: new Date('2025-01-01') },
      { status: 'Inactive' },
      { accountId: A, status: 'Active', organizationRuleMode: 'AnyAllowed', lastUpdatedTimestamp: expect.any(Date) },
    ]);
    expect(nextToken).toEqual(expect.any(String));
    expect(await client.send(new GetEnrollmentConfigurationCommand())).toMatchObject({ status: 'Active' });
    expect(await client.send(new DisassociateAccountsCommand({ accountIds: [A] }))).toMatchObject({ accountIds: [A] });
    expect(await client.send(new UpdateEnrollmentConfigurationCommand({ status: 'Inactive' }))).toMatchObject({ status: 'Inactive' });
    expect(automation.account(A)).toMatchObject({ status: 'Active', organizationRuleMode: 'NoneAllowed' });
    expect(aws.journal.of('aco-automation', 'AssociateAccounts')).toMatchObject([
      { call: { input: { accountIds: [A, B], clientToken: expect.stringMatching(/^[0-9a-f-]{36}$/) } } },
    ]);
  });

  test('C9: the paginator sees 2,500 accounts on three pages', async () => {
    await start(undefined, 2_500);
    const sizes: number[] = [];
    const paginator = paginateListAccounts({ client, pageSize: 1_000 }, {});
    for await (const { accounts } of paginator) sizes.push(accounts!.length);
    expect(sizes).toEqual([1_000, 1_000, 502]);
  });

  test('W1: refusals and injected errors have class, text and status', async () => {
    await start();
    const associate = (...accountIds: string[]) => client.send(new AssociateAccountsCommand({ accountIds }));
    await expect(associate(A, '123456789012')).rejects.toBeInstanceOf(InvalidParameterValueException);
    await expect(associate(...memberAccounts(51))).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
    aws.setFaultHook(() => ({ kind: 'error', when: 'after', error: new AwsError('ServiceUnavailableException', 'later') }));
    await expect(associate(A)).rejects.toMatchObject({
      name: 'ServiceUnavailableException', message: 'later', $metadata: { httpStatusCode: 503 },
    });
    expect(automation.account(A).organizationRuleMode).toBe('AnyAllowed');
  });

  test('F3: a call whose answer was lost has its effect, and its token finds the answer', async () => {
    await start();
    const command = () => new AssociateAccountsCommand({ accountIds: [A], clientToken: 'token' });
    aws.setFaultHook((_call, index) => index === 0 ? { kind: 'reset', when: 'after' } : undefined);
    await expect(client.send(command())).rejects.toThrow('socket hang up');
    const changes = automation.changes().length;
    expect(await client.send(command())).toMatchObject({ accountIds: [A] });
    expect(automation.changes()).toHaveLength(changes);
  });

  describe('a Region without an endpoint', () => {
    test.each(['eu-south-1', 'ap-east-1', 'us-gov-west-1', 'cn-north-1'])('C11: %s fails at once, as a connection does', async (region) => {
      await start();
      const configuration = entrance.client(aws.credentials.admin(MANAGEMENT_ACCOUNT), region);
      const lost = new ComputeOptimizerAutomationClient(configuration);
      const call = lost.send(new AssociateAccountsCommand({ accountIds: [A] }));
      const error = await call.catch((each: unknown) => each as any);
      expect(error.message).toMatch(way === 'in process'
        ? new RegExp(`^getaddrinfo ENOTFOUND aco-automation.${region}.amazonaws.com`) : /socket hang up$/);
      if (way === 'in process') expect(error.code).toBe('ENOTFOUND');
      expect(error.$metadata?.httpStatusCode).toBeUndefined();
      expect(aws.journal.entries).toEqual([]);
      expect(automation.log).toEqual([]);
    });

    test('is one of this service only', async () => {
      await start();
      const { client: configure } = entrance;
      expect(automation.servedRegions.has('eu-south-1')).toBe(false);
      const other = new OrganizationsClient(configure(aws.credentials.admin(MANAGEMENT_ACCOUNT), 'eu-south-1'));
      expect((await other.send(new ListRootsCommand({}))).Roots).toHaveLength(1);
    });
  });

  describe('roles', () => {
    const allow = (...Action: string[]): PolicyDocument => ({ Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });
    const linked: PolicyDocument = {
      Statement: [{
        Effect: 'Allow',
        Action: 'iam:CreateServiceLinkedRole',
        Resource: 'arn:aws:iam::*:role/aws-service-role/aco-automation.amazonaws.com/AWSServiceRoleForComputeOptimizerAutomation',
        Condition: { StringLike: { 'iam:AWSServiceName': 'aco-automation.amazonaws.com' } },
      }],
    };

    beforeEach(async () => {
      await start({ automation: [{ accountId: MANAGEMENT_ACCOUNT, status: 'Inactive' }] });
      aws.iam.putRole({ ...ROLE, arn: ROLE_ARN, trustPolicy: { Statement: [] } });
      client = new ComputeOptimizerAutomationClient(entrance.client(aws.credentials.issue({ ...ROLE, sessionName: 's' })));
    });

    test('I1: need the action by its own prefix', async () => {
      const list = () => client.send(new ListAccountsCommand({}));
      await expect(list()).rejects.toBeInstanceOf(AccessDeniedException);
      await expect(list()).rejects.toMatchObject({
        message: expect.stringContaining('aco-automation:ListAccounts'), $metadata: { httpStatusCode: 403 },
      });
      aws.iam.putRolePolicy(ROLE_ARN, 'p', allow('compute-optimizer:*', 'compute-optimizer-automation:*'));
      await expect(list()).rejects.toBeInstanceOf(AccessDeniedException);
      aws.iam.putRolePolicy(ROLE_ARN, 'p', allow('aco-automation:ListAccounts'));
      await expect(list()).rejects.toMatchObject({ name: 'OptInRequiredException' });
    });

    test('I1: need the service-linked role to switch Automation on, and not again', async () => {
      const enroll = () => client.send(new UpdateEnrollmentConfigurationCommand({ status: 'Active' }));
      aws.iam.putRolePolicy(ROLE_ARN, 'p', allow('aco-automation:*'));
      await expect(enroll()).rejects.toMatchObject({ message: expect.stringContaining('iam:CreateServiceLinkedRole') });
      const otherService = JSON.parse(JSON.stringify(linked).replaceAll('"aco-automation.amazonaws.com"', '"compute-optimizer.amazonaws.com"'));
      aws.iam.putRolePolicy(ROLE_ARN, 'q', otherService);
      await expect(enroll()).rejects.toBeInstanceOf(AccessDeniedException);
      aws.iam.putRolePolicy(ROLE_ARN, 'q', linked);
      expect(await enroll()).toMatchObject({ status: 'Active' });
      aws.iam.putRolePolicy(ROLE_ARN, 'q', { Statement: [] });
      expect(await enroll()).toMatchObject({ status: 'Active' });
    });
  });
});
