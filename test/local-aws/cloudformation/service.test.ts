import { ACCOUNT, Bench, custom, inert, REGION, template } from './bench';
import { CloudFormationService } from './service';
import { AwsError, type Caller } from '../core';

const CALLER: Caller = { accountId: ACCOUNT, accessKeyId: 'key', arn: `arn:aws:iam::${ACCOUNT}:user/admin` };

class ServiceBench extends Bench {
  public readonly service = new CloudFormationService(this.engine);

  public async call(operation: string, input: object, caller: Caller = CALLER, region = REGION): Promise<any> {
    return this.run(this.service.call({ service: 'cloudformation', operation, region, caller, input }));
  }

  /** As the CLI deploys: change set, execution, then asking until the stack is settled. */
  public async change(type: 'CREATE' | 'UPDATE', body: object, more: object = {}): Promise<any> {
    const names = { StackName: 'Stack', ChangeSetName: 'cdk-deploy-change-set' };
    await this.call('DeleteChangeSet', names);
    await this.call('CreateChangeSet', { ...names, ChangeSetType: type, TemplateBody: JSON.stringify(body), ...more });
    return this.call('DescribeChangeSet', { ...names, IncludePropertyValues: true });
  }

  public async execute(more: object = {}): Promise<any> {
    await this.call('ExecuteChangeSet', { StackName: 'Stack', ChangeSetName: 'cdk-deploy-change-set', ClientRequestToken: 'token', ...more });
    await this.run(this.engine.settled(this.stack));
    return (await this.call('DescribeStacks', { StackName: 'Stack' })).Stacks[0];
  }
}

const failure = (code: string, message: string | RegExp, status = 400) => expect.objectContaining({
  code, status, message: typeof message === 'string' ? message : expect.stringMatching(message),
});

describe('change sets', () => {
  test('create a stack, which is in review until then', async () => {
    const bench = new ServiceBench();
    const changeSet = await bench.change('CREATE', template({ Thing: custom({ Value: 'a' }) }, { Id: { Value: { Ref: 'Thing' } } }));
    expect(changeSet).toMatchObject({
      Status: 'CREATE_COMPLETE',
      ExecutionStatus: 'AVAILABLE',
      Changes: [{ Type: 'Resource', ResourceChange: { Action: 'Add', LogicalResourceId: 'Thing', ResourceType: 'Custom::Thing' } }],
    });
    expect((await bench.call('DescribeStacks', { StackName: 'Stack' })).Stacks).toMatchObject([{ StackStatus: 'REVIEW_IN_PROGRESS' }]);
    expect(await bench.execute()).toMatchObject({
      StackStatus: 'CREATE_COMPLETE', Outputs: [{ OutputKey: 'Id', OutputValue: 'id-of-Thing' }], ChangeSetId: changeSet.ChangeSetId, StackId: changeSet.StackId,
    });
  });

  test('show what an update changes, property by property', async () => {
    const bench = new ServiceBench();
    const group = (LogGroupName: string) => ({ Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName } });
    await bench.change('CREATE', template({ Thing: custom({ Value: 'a' }), Group: group('/a'), Old: inert({}, { DeletionPolicy: 'Retain' }) }));
    await bench.execute();
    const { Changes } = await bench.change('UPDATE', template({
      Thing: custom({ Value: 'b' }), Group: group('/b'), New: inert({ Id: { 'Fn::GetAtt': ['Thing', 'Arn'] } }),
    }));
    const changes = Object.fromEntries(
      Changes.map(({ ResourceChange }: any) => [ResourceChange.LogicalResourceId, ResourceChange]),
    );
    expect(changes.Thing).toMatchObject({
      Action: 'Modify',
      Replacement: 'False',
      PhysicalResourceId: 'id-of-Thing',
      Scope: ['Properties'],
      Details: [{ Target: { Name: 'Value', BeforeValue: 'a', AfterValue: 'b', Path: '/Properties/Value', AttributeChangeType: 'Modify' } }],
    });
    expect(changes.Group).toMatchObject({ Action: 'Modify', Replacement: 'True', PolicyAction: 'ReplaceAndDelete' });
    expect(changes.New).toMatchObject({ Action: 'Add', AfterContext: JSON.stringify({ Properties: { Id: '{{changeSet:KNOWN_AFTER_APPLY}}' } }) });
    expect(changes.Old).toMatchObject({ Action: 'Remove', PolicyAction: 'Retain' });
  });

  test('without changes are FAILED and cannot be executed', async () => {
    const bench = new ServiceBench();
    const body = template({ Thing: custom({ Value: true }), Other: inert({ Of: { Ref: 'Thing' } }) }, { Id: { Value: { Ref: 'Thing' } } });
    await bench.change('CREATE', body);
    await bench.execute();
    expect(await bench.change('UPDATE', body)).toMatchObject({
      Status: 'FAILED',
      ExecutionStatus: 'UNAVAILABLE',
      Changes: [],
      StatusReason: 'The submitted information didn\'t contain changes. Submit different information to create a change set.',
    });
    await expect(bench.execute()).rejects.toEqual(failure('InvalidChangeSetStatus', /cannot be executed in its current status of \[FAILED\]/));
  });

  test('an output, a tag or a policy alone is a change', async () => {
    const bench = new ServiceBench();
    const resources = { Thing: inert() };
    await bench.change('CREATE', template(resources));
    await bench.execute();
    expect((await bench.change('UPDATE', template(resources, { New: { Value: 'x' } }))).Status).toBe('CREATE_COMPLETE');
    expect((await bench.change('UPDATE', template(resources), { Tags: [{ Key: 'k', Value: 'v' }] })).Status).toBe('CREATE_COMPLETE');
    const retained = await bench.change('UPDATE', template({ Thing: inert({}, { DeletionPolicy: 'Retain' }) }));
    expect(retained.Changes).toMatchObject([{ ResourceChange: { Action: 'Modify', Scope: ['DeletionPolicy'] } }]);
  });

  test('what a change of a handler\'s answer may change is among the changes', async () => {
    const bench = new ServiceBench();
    bench.host.script = () => ({ answer: { Data: { Name: 'n' } } });
    const body = (Value: string) => template({ Thing: custom({ Value }), Other: inert({ Of: { 'Fn::GetAtt': ['Thing', 'Name'] } }) });
    await bench.change('CREATE', body('a'));
    await bench.execute();
    const { Changes } = await bench.change('UPDATE', body('b'));
    expect(Changes.map(({ ResourceChange }: any) => ResourceChange.LogicalResourceId)).toEqual(['Thing', 'Other']);
  });

  test('are deleted without complaint when absent, and described with ChangeSetNotFound', async () => {
    const bench = new ServiceBench();
    const names = { StackName: 'Stack', ChangeSetName: 'absent' };
    expect(await bench.call('DeleteChangeSet', names)).toEqual({});
    await expect(bench.call('DescribeChangeSet', names)).rejects.toEqual(failure('ChangeSetNotFound', 'ChangeSet [absent] does not exist', 404));
  });

  test('fail for a stack that exists, does not exist, or may not be updated', async () => {
    const bench = new ServiceBench();
    await expect(bench.change('UPDATE', template({ Thing: inert() }))).rejects.toEqual(failure('ValidationError', 'Stack [Stack] does not exist'));
    await bench.change('CREATE', template({ Thing: inert() }));
    await bench.execute();
    await expect(bench.change('CREATE', template({ Thing: inert() }))).rejects.toEqual(failure('ValidationError', /already exists and cannot be created again/));
  });

  test('keep previous parameters, hide those without echo, and read templates by URL', async () => {
    const bench = new ServiceBench();
    const parameters = { Plain: { Type: 'String' }, Secret: { Type: 'String', NoEcho: true } };
    bench.templates.set('url', { Parameters: parameters, ...template({ Thing: custom({ Value: { Ref: 'Plain' } }) }) });
    const byUrl = { TemplateBody: undefined, TemplateURL: 'url' };
    await bench.change('CREATE', {}, {
      ...byUrl, Parameters: [{ ParameterKey: 'Plain', ParameterValue: 'p' }, { ParameterKey: 'Secret', ParameterValue: 's' }],
    });
    expect(await bench.execute()).toMatchObject({
      Parameters: [{ ParameterKey: 'Plain', ParameterValue: 'p' }, { ParameterKey: 'Secret', ParameterValue: '****' }],
    });
    const previous = Object.keys(parameters).map((ParameterKey) => ({ ParameterKey, UsePreviousValue: true }));
    expect((await bench.change('UPDATE', {}, { ...byUrl, Parameters: previous })).Status).toBe('FAILED');
  });

  test('L20 --no-rollback keeps a failed creation', async () => {
    const bench = new ServiceBench();
    bench.host.script = () => ({ answer: { Status: 'FAILED', Reason: 'no' } });
    await bench.change('CREATE', template({ Thing: custom() }));
    expect(await bench.execute({ DisableRollback: true })).toMatchObject({ StackStatus: 'CREATE_FAILED', DisableRollback: true });
    bench.host.script = () => ({});
    await bench.call('RollbackStack', { StackName: 'Stack' });
    await bench.run(bench.engine.settled(bench.stack));
    expect(bench.stack.status).toBe('ROLLBACK_COMPLETE');
  });
});

describe('stacks', () => {
  test('that do not exist', async () => {
    const bench = new ServiceBench();
    const absent = failure('ValidationError', 'Stack with id Absent does not exist');
    for (const operation of ['DescribeStacks', 'GetTemplate', 'DescribeStackResources', 'ListStackResources']) {
      await expect(bench.call(operation, { StackName: 'Absent' })).rejects.toEqual(absent);
    }
    await expect(bench.call('DescribeStackEvents', { StackName: 'Absent' })).rejects.toEqual(failure('ValidationError', 'Stack [Absent] does not exist'));
    expect(await bench.call('DeleteStack', { StackName: 'Absent' })).toEqual({});
    await expect(bench.call('Unheard', {})).rejects.toBeInstanceOf(AwsError);
  });

  test('that are deleted answer by ARN only', async () => {
    const bench = new ServiceBench();
    const { StackId } = await bench.call('CreateStack', { StackName: 'Stack', TemplateBody: JSON.stringify(template({ Thing: inert() })) });
    await bench.run(bench.engine.settled(bench.stack));
    await bench.call('DeleteStack', { StackName: 'Stack' });
    await bench.run(bench.engine.settled(bench.stack));
    await expect(bench.call('DescribeStacks', { StackName: 'Stack' })).rejects.toBeInstanceOf(AwsError);
    expect((await bench.call('DescribeStacks', { StackName: StackId })).Stacks).toMatchObject([{ StackStatus: 'DELETE_COMPLETE', DeletionTime: expect.any(Date) }]);
    const { StackEvents } = await bench.call('DescribeStackEvents', { StackName: StackId });
    expect(StackEvents[0]).toMatchObject({ ResourceStatus: 'DELETE_COMPLETE', LogicalResourceId: 'Stack', PhysicalResourceId: StackId });
    expect(StackEvents.at(-1)).toMatchObject({ ResourceStatus: 'CREATE_IN_PROGRESS', ResourceStatusReason: 'User Initiated' });
  });

  test('give their events newest first, in pages, with the token of the request', async () => {
    const bench = new ServiceBench();
    await bench.change('CREATE', template(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`Thing${i}`, inert()]))));
    await bench.execute();
    const first = await bench.call('DescribeStackEvents', { StackName: 'Stack' });
    expect(first.StackEvents).toHaveLength(100);
    expect(first.StackEvents[0]).toMatchObject({ ResourceStatus: 'CREATE_COMPLETE', ClientRequestToken: 'token', OperationId: expect.any(String) });
    const second = await bench.call('DescribeStackEvents', { StackName: 'Stack', NextToken: first.NextToken });
    expect(second).toMatchObject({ NextToken: undefined });
    expect(first.StackEvents.length + second.StackEvents.length).toBe(60 * 3 + 3);
    await expect(bench.call('DescribeStackEvents', { StackName: 'Stack', NextToken: 'x' })).rejects.toEqual(failure('ValidationError', 'Invalid NextToken'));
  });

  test('give their template as it was given, and their resources', async () => {
    const bench = new ServiceBench();
    const TemplateBody = JSON.stringify(template({ Thing: custom({}, { Metadata: { path: 'a/b' } }), Other: inert() }), null, 3);
    await bench.call('CreateStack', { StackName: 'Stack', TemplateBody });
    await bench.run(bench.engine.settled(bench.stack));
    expect((await bench.call('GetTemplate', { StackName: 'Stack', TemplateStage: 'Original' })).TemplateBody).toBe(TemplateBody);
    expect((await bench.call('DescribeStackResources', { StackName: 'Stack', LogicalResourceId: 'Thing' })).StackResources).toMatchObject([{
      LogicalResourceId: 'Thing', PhysicalResourceId: 'id-of-Thing', ResourceType: 'Custom::Thing', ResourceStatus: 'CREATE_COMPLETE', StackName: 'Stack',
    }]);
    expect((await bench.call('ListStackResources', { StackName: 'Stack' })).StackResourceSummaries).toHaveLength(2);
    expect((await bench.call('DescribeStackResource', { StackName: 'Stack', LogicalResourceId: 'Thing' })).StackResourceDetail.Metadata).toBe('{"path":"a/b"}');
  });

  test('UpdateStack without changes', async () => {
    const bench = new ServiceBench();
    const input = { StackName: 'Stack', TemplateBody: JSON.stringify(template({ Thing: inert() })) };
    await bench.call('CreateStack', input);
    await expect(bench.call('CreateStack', input)).rejects.toEqual(failure('AlreadyExistsException', 'Stack [Stack] already exists'));
    await bench.run(bench.engine.settled(bench.stack));
    await expect(bench.call('UpdateStack', input)).rejects.toEqual(failure('ValidationError', 'No updates are to be performed.'));
    await expect(bench.call('UpdateStack', { StackName: 'Stack', UsePreviousTemplate: true })).rejects.toEqual(failure('ValidationError', 'No updates are to be performed.'));
  });

  test('a template in the request is at most 51,200 bytes, and IAM needs a capability', async () => {
    const bench = new ServiceBench();
    const large = JSON.stringify(template({ Thing: inert({ Text: 'x'.repeat(51_200) }) }));
    await expect(bench.call('CreateStack', { StackName: 'Stack', TemplateBody: large })).rejects.toEqual(failure('ValidationError', /less than or equal to 51200/));
    const role = (properties: object) => JSON.stringify(template({ Role: { Type: 'AWS::IAM::Role', Properties: properties } }));
    const create = async (TemplateBody: string, Capabilities: string[] = []) => bench.call('CreateStack', { StackName: 'Stack', TemplateBody, Capabilities });
    await expect(create(role({}))).rejects.toEqual(failure('InsufficientCapabilitiesException', 'Requires capabilities : [CAPABILITY_IAM]'));
    await expect(create(role({ RoleName: 'r' }), ['CAPABILITY_IAM'])).rejects.toEqual(failure('InsufficientCapabilitiesException', 'Requires capabilities : [CAPABILITY_NAMED_IAM]'));
    expect(await create(role({ RoleName: 'r' }), ['CAPABILITY_NAMED_IAM'])).toMatchObject({ StackId: expect.any(String) });
  });

  test('exports and imports are listed', async () => {
    const bench = new ServiceBench();
    await bench.deploy(template({ Thing: inert() }, { Out: { Value: 'v', Export: { Name: 'shared' } } }));
    await expect(bench.call('ListImports', { ExportName: 'shared' })).rejects.toEqual(failure('ValidationError', /is not imported by any stack/));
    await bench.run(bench.engine.deploy('Consumer', template({ Thing: inert({ Value: { 'Fn::ImportValue': 'shared' } }) })));
    expect(await bench.call('ListExports', {})).toMatchObject({ Exports: [{ Name: 'shared', Value: 'v', ExportingStackId: bench.stack.stackId }] });
    expect(await bench.call('ListImports', { ExportName: 'shared' })).toEqual({ Imports: ['Consumer'] });
  });

  test('every account and Region has been bootstrapped', async () => {
    const bench = new ServiceBench();
    const { Stacks: [stack] } = await bench.call('DescribeStacks', { StackName: 'CDKToolkit' }, { ...CALLER, accountId: '222222222222' }, 'eu-west-1');
    expect(stack).toMatchObject({ StackStatus: 'CREATE_COMPLETE' });
    expect(stack.Outputs).toContainEqual(expect.objectContaining({ OutputKey: 'BucketName', OutputValue: 'cdk-hnb659fds-assets-222222222222-eu-west-1' }));
    expect(Number(stack.Outputs.find(({ OutputKey }: any) => OutputKey === 'BootstrapVersion').OutputValue)).toBeGreaterThanOrEqual(30);
  });

  test('templates are summarized and validated', async () => {
    const bench = new ServiceBench();
    const TemplateBody = JSON.stringify({ Description: 'text', Parameters: { P: { Type: 'String', Default: 'd' } }, ...template({ Thing: custom() }) });
    expect(await bench.call('GetTemplateSummary', { TemplateBody })).toMatchObject({
      Description: 'text', ResourceTypes: ['Custom::Thing'], Parameters: [{ ParameterKey: 'P', DefaultValue: 'd', ParameterType: 'String', NoEcho: false }],
    });
    await expect(bench.call('ValidateTemplate', { TemplateBody: '{}' })).rejects.toEqual(failure('ValidationError', /At least one Resources member/));
  });
});
