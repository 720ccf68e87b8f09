import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { OrganizationsClient, ListRootsCommand } from '@aws-sdk/client-organizations';
import { CreateMembersCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { Credentials } from './credentials';
import { VirtualClock } from '../clock';
import type { Call } from '../core';
import { EmbeddedAws } from '../embedded-aws';
import type { PolicyDocument, Statement } from './evaluator';
import { inProcess } from '../wire/clients';

const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const ROLE = { accountId: ACCOUNT, roleName: 'Handler' };
const ARN = `arn:aws:iam::${ACCOUNT}:role/path/Handler`;

function allow(Action: Statement['Action'], Resource: Statement['Resource'] = '*'): PolicyDocument {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] };
}

function trusting(AWS: string): PolicyDocument {
  return { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS } }] };
}

describe('access keys', () => {
  const credentials = new Credentials(new VirtualClock());

  test.each(['111122223333', '000000000001', '999999999999'])('every account has an administrator: %s', (accountId) => {
    const keys = credentials.admin(accountId);
    expect(keys.accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(credentials.identify(keys.accessKeyId)).toEqual({
      kind: 'caller', caller: { accountId, accessKeyId: keys.accessKeyId, arn: `arn:aws:iam::${accountId}:user/admin` },
    });
    expect(credentials.identify(accountId)).toMatchObject({ kind: 'caller', caller: { accountId } });
  });

  test.each(['', 'AKIAIOSFODNN7EXAMPLE', 'AKIALOCALAWS77777777', 'AKIALOCALAWSAAAA', '1111222233334'])('%p belongs to nobody', (key) =>
    expect(credentials.identify(key)).toEqual({ kind: 'unknown' }));

  test('session keys need their token, and end', async () => {
    const clock = new VirtualClock();
    const own = new Credentials(clock);
    const keys = own.issue({ ...ROLE, sessionName: 's', durationSeconds: 900 });
    expect(own.identify(keys.accessKeyId)).toEqual({ kind: 'unknown' });
    expect(own.identify(keys.accessKeyId, 'other')).toEqual({ kind: 'unknown' });
    expect(own.identify(keys.accessKeyId, keys.sessionToken)).toMatchObject({
      kind: 'caller', caller: { ...ROLE, sessionName: 's', arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Handler/s` },
    });
    let late = false;
    clock.after(900_000, () => { late = true; });
    await clock.runUntil(() => late);
    expect(own.identify(keys.accessKeyId, keys.sessionToken)).toEqual({ kind: 'expired' });
  });
});

describe('calls with a role\'s keys', () => {
  let aws: EmbeddedAws;
  let config: ReturnType<typeof inProcess>;

  beforeEach(() => {
    aws = new EmbeddedAws();
    aws.iam.putRole({ ...ROLE, arn: ARN, trustPolicy: { Statement: [] } });
    config = inProcess(aws, aws.credentials.issue({ ...ROLE, sessionName: 's' }));
  });

  const put = () => new SSMClient(config).send(new PutParameterCommand({ Name: '/a', Value: '1', Type: 'String', Overwrite: true }));

  test('are refused in AWS\'s words where no policy allows them', async () => {
    await expect(put()).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/Handler/s is not authorized to perform: ssm:PutParameter on resource: `
        + `arn:aws:ssm:eu-west-1:${ACCOUNT}:parameter/a because no identity-based policy allows the ssm:PutParameter action`,
    });
    expect(aws.journal.entries).toMatchObject([{ reached: false, answer: { error: { code: 'AccessDeniedException' } } }]);
  });

  test('follow the role as it stands at that moment', async () => {
    aws.iam.putRolePolicy(ARN, 'p', allow('ssm:PutParameter', `arn:aws:ssm:*:${ACCOUNT}:parameter/a`));
    await expect(put()).resolves.toBeDefined();
    aws.iam.deleteRolePolicy(ARN, 'p');
    await expect(put()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    aws.iam.putRole({ ...ROLE, arn: ARN, trustPolicy: { Statement: [] }, policies: [{ name: 'inline', document: allow('ssm:*') }] });
    await expect(put()).resolves.toBeDefined();
    aws.iam.deleteRole(ARN);
    await expect(put()).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  });

  test('know managed policies, of AWS and of the customer', async () => {
    const policyArn = `arn:aws:iam::${ACCOUNT}:policy/mine`;
    aws.iam.attachRolePolicy(ARN, policyArn);
    await expect(put()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    aws.iam.putManagedPolicy(policyArn, allow('ssm:*'));
    await expect(put()).resolves.toBeDefined();
    aws.iam.detachRolePolicy(ARN, policyArn);
    await expect(put()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    aws.iam.attachRolePolicy(ARN, 'arn:aws:iam::aws:policy/AdministratorAccess');
    await expect(put()).resolves.toBeDefined();
  });

  test('are denied by an explicit deny, and by a service control policy, which also binds administrators', async () => {
    aws.iam.putRolePolicy(ARN, 'p', allow('*'));
    aws.iam.putRolePolicy(ARN, 'q', { Statement: { Effect: 'Deny', Action: 'ssm:Put*', Resource: '*' } });
    await expect(put()).rejects.toThrow('with an explicit deny in an identity-based policy');
    aws.iam.deleteRolePolicy(ARN, 'q');
    aws.iam.setServiceControlPolicies(ACCOUNT, [{ Statement: { Effect: 'Deny', Action: 'ssm:Put*', Resource: '*' } }]);
    await expect(put()).rejects.toThrow('with an explicit deny in a service control policy');
    config = inProcess(aws, aws.credentials.admin(ACCOUNT));
    await expect(put()).rejects.toThrow('with an explicit deny in a service control policy');
    config = inProcess(aws, aws.credentials.admin(OTHER));
    await expect(put()).resolves.toBeDefined();
  });

  test('can be limited to Regions', async () => {
    aws.iam.putRolePolicy(ARN, 'p', {
      Statement: { Effect: 'Allow', Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } } },
    });
    await expect(put()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(new SSMClient({ ...config, region: 'us-east-1' }).send(new GetParameterCommand({ Name: '/x' }))).rejects.toMatchObject({ name: 'ParameterNotFound' });
  });

  test('are refused in each protocol\'s own shape', async () => {
    const service = (name: string) => ({ name, call: async (_: Call) => ({}) });
    aws.register(service('securityhub'));
    aws.register(service('organizations'));
    const create = new CreateMembersCommand({ AccountDetails: [] });
    await expect(new SecurityHubClient(config).send(create)).rejects.toMatchObject({
      name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 }, message: expect.stringContaining('because no identity-based policy allows the securityhub:CreateMembers action'),
    });
    await expect(new OrganizationsClient(config).send(new ListRootsCommand({}))).rejects.toMatchObject({
      name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 }, message: expect.stringContaining('organizations:ListRoots'),
    });
    await expect(new DynamoDBClient(config).send(new GetItemCommand({ TableName: 't', Key: {} }))).rejects.toMatchObject({
      name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 }, message: expect.stringContaining(`arn:aws:dynamodb:eu-west-1:${ACCOUNT}:table/t`),
    });
  });

  test('need no permission to ask who they are', async () => {
    expect(await new STSClient(config).send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: ACCOUNT, Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Handler/s`,
    });
  });
});

describe('AssumeRole', () => {
  let aws: EmbeddedAws;
  beforeEach(() => { aws = new EmbeddedAws(); });

  const assume = (config: object, RoleArn: string, more: object = {}) =>
    new STSClient(config).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session', ...more }));
  const admin = (accountId: string) => inProcess(aws, aws.credentials.admin(accountId));
  const withKeys = ({ Credentials: keys }: Awaited<ReturnType<typeof assume>>) => ({
    ...admin(ACCOUNT),
    credentials: {
      accessKeyId: keys!.AccessKeyId!,
      secretAccessKey: keys!.SecretAccessKey!,
      sessionToken: keys!.SessionToken!,
    },
  });

  test('into another account that trusts the caller\'s', async () => {
    const policies = [{ name: 'p', document: allow('ssm:*') }];
    aws.iam.putRole({ ...ROLE, arn: ARN, trustPolicy: trusting(`arn:aws:iam::${OTHER}:root`), policies });
    const answer = await assume(admin(OTHER), ARN);
    expect(answer.AssumedRoleUser).toMatchObject({ Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Handler/session` });
    const identity = await new STSClient(withKeys(answer)).send(new GetCallerIdentityCommand({}));
    expect(identity).toMatchObject({ Account: ACCOUNT });
    await expect(assume(admin('777788889999'), ARN)).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
  });

  test('asks for the external id that the role asks for', async () => {
    const trustPolicy: PolicyDocument = {
      Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: OTHER }, Condition: { StringEquals: { 'sts:ExternalId': 'e' } } },
    };
    aws.iam.putRole({ ...ROLE, arn: ARN, trustPolicy });
    await expect(assume(admin(OTHER), ARN)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(assume(admin(OTHER), ARN, { ExternalId: 'e' })).resolves.toBeDefined();
  });

  test('by a role: its own policy must allow it, unless a role of the same account trusts it by name', async () => {
    const caller = { accountId: ACCOUNT, roleName: 'Caller' };
    const callerArn = `arn:aws:iam::${ACCOUNT}:role/Caller`;
    aws.iam.putRole({ ...caller, arn: callerArn, trustPolicy: { Statement: [] } });
    const config = inProcess(aws, aws.credentials.issue({ ...caller, sessionName: 'c' }));
    aws.iam.putRole({ ...ROLE, arn: ARN, trustPolicy: trusting(`arn:aws:iam::${ACCOUNT}:root`) });
    await expect(assume(config, ARN)).rejects.toThrow('because no identity-based policy allows the sts:AssumeRole action');
    aws.iam.putRole({ ...ROLE, arn: ARN, trustPolicy: trusting(callerArn) });
    await expect(assume(config, ARN)).resolves.toBeDefined();
    aws.iam.putRole({ ...ROLE, arn: ARN, trustPolicy: trusting(`arn:aws:iam::${ACCOUNT}:root`) });
    aws.iam.putRolePolicy(callerArn, 'p', allow('sts:AssumeRole', ARN));
    await expect(assume(config, ARN)).resolves.toBeDefined();
  });

  test('the roles of cdk bootstrap are there, for their own account', async () => {
    const arn = `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-deploy-role-${ACCOUNT}-eu-west-1`;
    const config = withKeys(await assume(admin(ACCOUNT), arn));
    await expect(new SSMClient(config).send(new PutParameterCommand({ Name: '/a', Value: '1', Type: 'String' }))).resolves.toBeDefined();
    await expect(assume(admin(OTHER), arn)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('a session policy narrows the role', async () => {
    aws.iam.putRole({ ...ROLE, arn: ARN, trustPolicy: trusting(ACCOUNT), policies: [{ name: 'p', document: allow('*') }] });
    const config = withKeys(await assume(admin(ACCOUNT), ARN, { Policy: JSON.stringify(allow('ssm:GetParameter')) }));
    await expect(new SSMClient(config).send(new PutParameterCommand({ Name: '/a', Value: '1', Type: 'String' })))
      .rejects.toThrow('because no session policy allows the ssm:PutParameter action');
  });
});
