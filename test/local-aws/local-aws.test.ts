import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { AssociateAccountsCommand, ComputeOptimizerAutomationClient } from '@aws-sdk/client-compute-optimizer-automation';
import { ListRootsCommand, OrganizationsClient } from '@aws-sdk/client-organizations';
import { CreateMembersCommand, GetMembersCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { defaultAccount, defaultRegion, type LocalAws, startLocalAws } from './local-aws';
import { MANAGEMENT_ACCOUNT, memberAccount, organizationOf, outsideAccount, SECURITY_ACCOUNT } from './organization-file';
import { text, utf8 } from './wire/codec';

describe('a started embedded AWS', () => {
  let local: LocalAws;
  beforeAll(async () => {
    local = await startLocalAws({ organizationFile: organizationOf({ accounts: 3, outside: 1, regions: ['eu-west-1'] }) });
  });
  afterAll(() => local.stop());

  function config(accountId: string) {
    const { AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION } = local.env(accountId);
    return {
      endpoint: AWS_ENDPOINT_URL,
      region: AWS_REGION,
      credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
      maxAttempts: 1,
    };
  }

  test('the environment leads to the account and Region that one would work in first', () => {
    expect(defaultAccount(local.world)).toBe(SECURITY_ACCOUNT);
    expect(defaultRegion(local.world)).toBe('eu-west-1');
    expect(local.env(SECURITY_ACCOUNT)).toMatchObject({ AWS_ENDPOINT_URL: local.url, AWS_REGION: 'eu-west-1' });
    expect(local.env(SECURITY_ACCOUNT, 'us-east-2')).toMatchObject({ AWS_REGION: 'us-east-2', AWS_DEFAULT_REGION: 'us-east-2' });
  });

  test('the organization file is what the services show', async () => {
    const { Roots } = await new OrganizationsClient(config(MANAGEMENT_ACCOUNT)).send(new ListRootsCommand({}));
    expect(Roots).toHaveLength(1);
    const hub = new SecurityHubClient(config(SECURITY_ACCOUNT));
    const AccountDetails = [{ AccountId: memberAccount(1) }, { AccountId: SECURITY_ACCOUNT }];
    const { UnprocessedAccounts } = await hub.send(new CreateMembersCommand({ AccountDetails }));
    expect(UnprocessedAccounts).toMatchObject([{ AccountId: SECURITY_ACCOUNT }]);
    const getMembers = new GetMembersCommand({ AccountIds: [memberAccount(2)] });
    await expect(new SecurityHubClient(config(memberAccount(1))).send(getMembers))
      .rejects.toMatchObject({ name: 'InvalidAccessException', $metadata: { httpStatusCode: 401 } });
    expect(local.aws.journal.of('securityhub', 'CreateMembers')).toHaveLength(1);
  });

  test('Compute Optimizer Automation is there too, and its model can be looked at', async () => {
    const automation = new ComputeOptimizerAutomationClient(config(MANAGEMENT_ACCOUNT));
    const { accountIds } = await automation.send(new AssociateAccountsCommand({ accountIds: [memberAccount(1)] }));
    expect(accountIds).toEqual([memberAccount(1)]);
    expect(local.computeOptimizerAutomation.associatedAccounts()).toEqual([memberAccount(1)]);
  });

  test('every account is bootstrapped', async () => {
    const client = new CloudFormationClient(config(memberAccount(2)));
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'CDKToolkit' }));
    expect(Stacks![0].Outputs!.map(({ OutputKey }) => OutputKey)).toContain('BucketName');
  });

  test('the management account gets into the accounts that were created in the organization, and nobody else', async () => {
    const assume = (by: string, into: string) => new STSClient(config(by)).send(new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${into}:role/OrganizationAccountAccessRole`, RoleSessionName: 'session',
    }));
    await expect(assume(MANAGEMENT_ACCOUNT, memberAccount(1))).resolves.toBeDefined();
    await expect(assume(SECURITY_ACCOUNT, memberAccount(1))).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(assume(MANAGEMENT_ACCOUNT, outsideAccount(1))).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(assume(MANAGEMENT_ACCOUNT, MANAGEMENT_ACCOUNT)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('roles can be read by hand', async () => {
    const ask = async (fields: Record<string, string>) => {
      const authorization = `AWS4-HMAC-SHA256 Credential=${memberAccount(1)}/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x`;
      const body = utf8(new URLSearchParams({ Version: '2010-05-08', ...fields }).toString());
      const answer = await local.aws.handle({ method: 'POST', host: 'localhost', path: '/', headers: { authorization }, body });
      return { status: answer.status, body: text(answer.body) };
    };
    local.aws.iam.putRolePolicy(`arn:aws:iam::${memberAccount(1)}:role/OrganizationAccountAccessRole`, 'extra', { Statement: [] });
    const RoleName = 'OrganizationAccountAccessRole';
    expect(await ask({ Action: 'ListRoles' })).toMatchObject({ body: expect.stringContaining(`<RoleName>${RoleName}</RoleName>`) });
    expect(await ask({ Action: 'GetRole', RoleName })).toMatchObject({ body: expect.stringContaining('<Path>/</Path>') });
    expect(await ask({ Action: 'ListRolePolicies', RoleName })).toMatchObject({ body: expect.stringContaining('<member>extra</member>') });
    expect(await ask({ Action: 'ListAttachedRolePolicies', RoleName })).toMatchObject({ body: expect.stringContaining('AdministratorAccess') });
    expect(await ask({ Action: 'GetRolePolicy', RoleName, PolicyName: 'extra' })).toMatchObject({ body: expect.stringContaining('%7B%22Statement%22%3A%5B%5D%7D') });
    expect(await ask({ Action: 'GetRolePolicy', RoleName, PolicyName: 'none' })).toMatchObject({ status: 404, body: expect.stringContaining('NoSuchEntity') });
    expect(await ask({ Action: 'GetRole', RoleName: 'none' })).toMatchObject({ status: 404, body: expect.stringContaining('NoSuchEntity') });
  });

  test('no model made a mistake', () => expect(local.aws.mistakes).toEqual([]));
});

test('fails with the mistakes of an organization file', async () => {
  const organizationFile = { organizations: [{ managementAccount: { id: '1' } }] };
  await expect(startLocalAws({ organizationFile })).rejects.toThrow('The organization file has a mistake');
});
