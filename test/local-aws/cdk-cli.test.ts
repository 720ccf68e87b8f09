import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, CustomResource, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { cdk as runCdk } from './cdk';
import { type LocalAws, startLocalAws } from './local-aws';
import { SECURITY_ACCOUNT } from './organization-file';

const PLACE = { accountId: SECURITY_ACCOUNT, region: 'us-east-1' };

const HANDLER = `
export async function handler(event) {
  const { RequestType, ResourceProperties, StackId, RequestId, LogicalResourceId } = event;
  console.log('I was asked to ' + RequestType);
  const failed = RequestType !== 'Delete' && ResourceProperties.Fail === 'true';
  const answer = { StackId, RequestId, LogicalResourceId, PhysicalResourceId: 'custom', Data: { Said: ResourceProperties.Say } };
  const status = failed ? { Status: 'FAILED', Reason: 'I was told to fail' } : { Status: 'SUCCESS' };
  await fetch(event.ResponseURL, { method: 'PUT', headers: { 'content-type': '' }, body: JSON.stringify({ ...answer, ...status }) });
}
`;

describe('the unmodified CDK CLI', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cdk-cli-'));
  let local: LocalAws;

  beforeAll(async () => {
    writeFileSync(join(folder, 'index.mjs'), HANDLER);
    local = await startLocalAws();
  });
  afterAll(async () => {
    await local.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Synthesizes the app; the CLI gets the finished assembly, which saves it a process. */
  function synthesize(say: string, fail: boolean): string {
    const outdir = join(folder, `${say}-${fail}`);
    const app = new App({ outdir, analyticsReporting: false });
    const stack = new Stack(app, 'Tiny', { env: { account: PLACE.accountId, region: PLACE.region } });
    const logGroup = new logs.LogGroup(stack, 'Log', { logGroupName: '/tiny' });
    const handler = new lambda.Function(stack, 'Handler', {
      runtime: lambda.Runtime.NODEJS_20_X,
      handler: 'index.handler',
      code: lambda.Code.fromAsset(folder, { exclude: ['*', '!index.mjs'] }),
      logGroup,
    });
    new dynamodb.Table(stack, 'Table', {
      tableName: 'tiny',
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    }).grantReadData(handler);
    new iam.Role(stack, 'Role', { roleName: 'tiny', assumedBy: new iam.AccountRootPrincipal() })
      .addToPolicy(new iam.PolicyStatement({ actions: ['ssm:GetParameter'], resources: ['*'] }));
    new sqs.Queue(stack, 'Inert');
    const custom = new CustomResource(stack, 'Custom', {
      serviceToken: handler.functionArn, properties: { Say: say, Fail: String(fail) },
    });
    new ssm.StringParameter(stack, 'Parameter', { parameterName: '/tiny', stringValue: custom.getAttString('Said') });
    new CfnOutput(stack, 'Said', { value: custom.getAttString('Said') });
    app.synth();
    return outdir;
  }

  const cdk = (...args: string[]) => runCdk(local, args, { ...PLACE, cwd: folder });
  const deploy = (assembly: string) => cdk('deploy', '--app', assembly, '--require-approval', 'never');
  const parameter = () => local.aws.ssm.get({ ...PLACE, name: '/tiny' })?.value;

  test('deploys, compares, deploys again, fails with the function\'s log, and destroys', async () => {
    const first = synthesize('hello', false);
    const created = await deploy(first);
    expect(created).toMatchObject({ code: 0, output: expect.stringContaining('Tiny.Said = hello') });
    expect(parameter()).toBe('hello');
    expect(await local.aws.dynamodb.describeTable(PLACE, 'tiny')).toMatchObject({ TableStatus: 'ACTIVE' });
    expect(local.aws.iam.identityPolicies(local.aws.iam.role(PLACE.accountId, 'tiny')!)).toMatchObject([
      { Statement: [{ Action: 'ssm:GetParameter', Effect: 'Allow' }] },
    ]);

    expect(await deploy(first)).toMatchObject({ code: 0, output: expect.stringContaining('no changes') });

    const second = synthesize('goodbye', false);
    const compared = await cdk('diff', '--app', second, '--fail');
    expect(compared).toMatchObject({ code: 1, output: expect.stringContaining('goodbye') });
    expect(await deploy(second)).toMatchObject({ code: 0 });
    expect(parameter()).toBe('goodbye');
    expect(await cdk('diff', '--app', second, '--fail')).toMatchObject({ code: 0 });

    const failed = await deploy(synthesize('nothing', true));
    expect(failed.code).toBe(1);
    expect(failed.output).toContain('I was told to fail');
    expect(failed.output).toContain('I was asked to Update');
    expect(parameter()).toBe('goodbye');
    expect(local.cloudFormation.findStack(PLACE, 'Tiny')).toMatchObject({ status: 'UPDATE_ROLLBACK_COMPLETE' });

    expect(await cdk('destroy', '--app', second, '--force')).toMatchObject({ code: 0 });
    expect(parameter()).toBeUndefined();
    expect(local.aws.iam.listRoles(PLACE.accountId).map(({ roleName }) => roleName)).not.toContain('tiny');
    expect(local.aws.logs.lines({ ...PLACE, name: '/tiny' }).map(({ message }) => message).join()).toContain('I was asked to Delete');
    expect(local.aws.mistakes).toEqual([]);
  }, 120_000);
});
