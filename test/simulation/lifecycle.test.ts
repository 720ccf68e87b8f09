/**
 * Stacks from their first deployment to their last: conformance group L over the real handler.
 */
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { Life } from './driver';
import { A, B, C, D, X, expectClean, expectNoBreach, nestedStack, sent, some, types } from './support';
import { failing, logicalId, sharedId, templateOf } from './templates';
import { MANAGEMENT_ACCOUNT, organizationOf, SECURITY_ACCOUNT } from '../local-aws/organization-file';
import { inProcess } from '../local-aws/wire/clients';

const WITHOUT_DELAY = { createdFor: 0, readsSettleAfter: 0 };

describe('one resource', () => {
  test('L1 create, deploy again, update, destroy', async () => {
    const life = new Life();
    expect(await life.deploy({ members: { Members: { accounts: [A, B, C] } } })).toBe('CREATE_COMPLETE');
    expect(life.memberIds()).toEqual([A, B, C]);
    expect(await life.deploy({ members: { Members: { accounts: [B, C, D] } } })).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([B, C, D]);
    await expectClean(life);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
    await expectClean(life);
  });

  test('L1 the same over DynamoDB instead of the ledger in memory', async () => {
    const life = new Life({ ledger: 'dynamodb' });
    expect(await life.deploy({ members: { Members: { accounts: [A, B], outside: [X] }, Others: { accounts: [B, C] } } })).toBe('CREATE_COMPLETE');
    expect(life.memberIds()).toEqual([A, B, C, X]);
    expect(await life.deploy({ members: { Members: { accounts: [B, D], outside: [X] } } })).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([B, D, X]);
    expect(await life.deploy({ members: { Members: { accounts: [A] } }, resources: { Bad: failing(['Create'], 60) } })).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.memberIds()).toEqual([B, D, X]);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
    expect(await life.breaches()).toEqual([]);
  }, 20_000);

  test('L2 a second identical deployment sends nothing; a forced Update with equal accounts makes no mutating call (T04)', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A, B] } } });
    const requests = life.requests.length;
    await life.deploy({ members: { Members: { accounts: [B, A] } } });
    expect(life.requests).toHaveLength(requests);
    const mark = life.mark();
    expect(await life.deploy({ members: { Members: { accounts: [A, B], revision: '2' } } })).toBe('UPDATE_COMPLETE');
    expect(types(life)).toEqual(['Create', 'Update']);
    expect(life.writesSince(mark)).toEqual([]);
    await expectClean(life);
  });

  test('L3 one account of n more, one less: only the difference is called (T33, T36)', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A] } } });
    let mark = life.mark();
    await life.deploy({ members: { Members: { accounts: [A, B] } } });
    expect(sent(life, 'CreateMembers', mark)).toEqual([[B]]);
    expect(sent(life, 'DisassociateMembers', mark)).toEqual([]);
    mark = life.mark();
    await life.deploy({ members: { Members: { accounts: [B] } } });
    expect(sent(life, 'CreateMembers', mark)).toEqual([]);
    expect(sent(life, 'DisassociateMembers', mark)).toEqual([[A]]);
    mark = life.mark();
    await life.deploy({ members: { Members: { accounts: [C, D] } } });
    expect(life.writesSince(mark).map(({ call }) => call.operation)).toEqual(['CreateMembers', 'DisassociateMembers']);
    await expectClean(life);
  });

  test('L4 T06 R08 nothing in the properties replaces the resource, so no overlap is ever deleted', async () => {
    const life = new Life();
    const specs = [
      { accounts: [A, B] }, { accounts: [C], outside: [X] }, { accounts: [C], dropped: 'release' }, { accounts: [C], existingMembers: 'takeOver' },
      { accounts: [C, D], wait: 60, failureTolerance: 'all', removalLimit: 'none', revision: 'x' },
    ] as const;
    for (const spec of specs) await life.deploy({ members: { Members: spec } });
    expect(types(life)).toEqual(['Create', 'Update', 'Update', 'Update', 'Update']);
    expect(new Set(life.requests.map(({ answers }) => JSON.parse(answers[0].body).PhysicalResourceId)).size).toBe(1);
    await expectClean(life);
  });

  test('L5 L6 R05 a create that AWS refuses in part is undone: ROLLBACK_COMPLETE, and nothing is left', async () => {
    const accounts = some(30);
    const life = new Life({
      organization: organizationOf({ accounts: 30, refusals: some(3, 28).map((accountId) => ({ accountId, processingResult: 'not this one' })) }),
    });
    expect(await life.deploy({ members: { Members: { accounts } } })).toBe('ROLLBACK_COMPLETE');
    expect(sent(life, 'CreateMembers').flat()).toEqual(accounts);
    expect(sent(life, 'DisassociateMembers')).toEqual([some(27)]);
    expect(life.memberIds()).toEqual([]);
    await expectClean(life);
  });

  test('L7 R07 a failing update is rolled back to the old accounts', async () => {
    const life = new Life({ organization: organizationOf({ accounts: 12, refusals: [{ accountId: C, processingResult: 'no' }] }) });
    await life.deploy({ members: { Members: { accounts: [A, B] } } });
    expect(await life.deploy({ members: { Members: { accounts: [B, C, D] } } })).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(types(life)).toEqual(['Create', 'Update', 'Update']);
    expect(life.memberIds()).toEqual([A, B]);
    await expectClean(life);
  });

  test('L8 another resource fails after our update: the old accounts come back', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A, B] } } });
    const status = await life.deploy({
      members: { Members: { accounts: [B, C] } },
      resources: { Bad: failing(['Create'], 0, { DependsOn: [logicalId('Members')] }) },
    });
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.memberIds()).toEqual([A, B]);
    await expectClean(life);
  });

  test.each(['abandon', 'wait'] as const)('L9 D5 another resource fails while ours is in progress (%s): nothing is left', async (afterCancellation) => {
    for (const seconds of [1, 2, 3, 5, 8]) {
      const life = new Life({ customResources: { afterCancellation }, unknowns: { createdFor: 6_000 }, latency: 400 });
      const status = await life.deploy({ members: { Members: { accounts: [A, B] } }, resources: { Bad: failing(['Create'], seconds) } });
      expect(status).toBe('ROLLBACK_COMPLETE');
      await expectClean(life);
      expect(life.memberIds()).toEqual([]);
    }
  });

  test('L9 another resource fails while our update is in progress', async () => {
    for (const seconds of [1, 2, 4, 8]) {
      const life = new Life({ unknowns: { createdFor: 6_000 }, latency: 400 });
      await life.deploy({ members: { Members: { accounts: [A, B] } } });
      const status = await life.deploy({ members: { Members: { accounts: [B, C] } }, resources: { Bad: failing(['Create'], seconds) } });
      expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
      await expectClean(life);
      expect(life.memberIds()).toEqual([A, B]);
    }
  });

  test('L10 a Delete that fails in an update is abandoned and the event says why; in a destroy it says the ways out, and works after the repair', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A] }, Others: { accounts: [B] } } });
    life.securityHub.refuse('us-east-1', B, null, ['DisassociateMembers']);
    life.securityHub.refuse('us-east-1', A, null, ['DisassociateMembers']);
    expect(await life.deploy({ members: { Members: { accounts: [A] } } })).toBe('UPDATE_COMPLETE');
    const abandoned = life.engine.events('Stack', { accountId: SECURITY_ACCOUNT, region: 'us-east-1' }).find(({ ResourceStatus }) => ResourceStatus === 'DELETE_FAILED');
    expect(abandoned?.ResourceStatusReason).toContain(B);
    expect(life.memberIds()).toEqual([A, B]);

    expect(await life.destroy()).toBe('DELETE_FAILED');
    expect(life.lastAnswer('Delete').Reason).toMatch(/RETAIN.*retain this resource/s);
    expect(life.lastAnswer('Delete').Reason).toContain(A);
    life.securityHub.stopRefusing('us-east-1', A);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([B]);
    expect(await life.breaches()).toEqual([]);
  });

  test('L10 the second way out: the resource is retained', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A] } } });
    life.securityHub.refuse('us-east-1', A, null, ['DisassociateMembers']);
    expect(await life.destroy()).toBe('DELETE_FAILED');
    expect(await life.destroy({ retainResources: [logicalId('Members')] })).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([A]);
    expect(await life.breaches()).toEqual([]);
  });

  test('L11 T21 with RETAIN no Delete is sent and nothing is called', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A], retain: true }, Others: { accounts: [A, B] } } });
    const mark = life.mark();
    await life.deploy({ members: { Others: { accounts: [A, B] } } });
    expect(life.callsSince(mark)).toEqual([]);
    // what was retained stays wanted, so the other resource does not remove it
    await life.deploy({ members: { Others: { accounts: [B] } } });
    expect(life.memberIds()).toEqual([A, B]);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([A]);
    await expectClean(life);
  });

  test('L13 a resource removed from the template is put back later: the same accounts are members again', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A] }, Others: { accounts: [B] } } });
    await life.deploy({ members: { Others: { accounts: [B] } } });
    expect(life.memberIds()).toEqual([B]);
    await life.deploy({ members: { Members: { accounts: [A, C] }, Others: { accounts: [B] } } });
    expect(life.memberIds()).toEqual([A, B, C]);
    await expectClean(life);
  });

  test.each([
    ['the account is dropped', { Members: { accounts: [B] } }, { Members: { accounts: [B, C] } }],
    ['the resource is removed', { Others: { accounts: [B] } }, { Members: { accounts: [A, C] }, Others: { accounts: [B] } }],
  ])('L13 %s, somebody adds the account again, and the next deployment and the end of the stack leave it', async (_, without, next) => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A] }, Others: { accounts: [B] } } });
    await life.deploy({ members: without });
    expect(life.memberIds()).toEqual([B]);
    // for five minutes a read may still show what we have removed ourselves
    await life.wait(301_000);
    life.securityHub.addMember('us-east-1', SECURITY_ACCOUNT, A);
    await life.wait(60_000);
    const mark = life.mark();
    expect(await life.deploy({ members: next })).toBe('UPDATE_COMPLETE');
    expect(sent(life, 'CreateMembers', mark)).toEqual([[C]]);
    expect(life.memberIds()).toEqual([A, B, C]);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([A]);
    await expectClean(life);
  });

  test('L17 after ROLLBACK_COMPLETE the stack can be deployed again', async () => {
    const life = new Life({ organization: organizationOf({ accounts: 12, refusals: [{ accountId: B, processingResult: 'no' }] }) });
    expect(await life.deploy({ members: { Members: { accounts: [A, B] } } })).toBe('ROLLBACK_COMPLETE');
    life.securityHub.stopRefusing('us-east-1', B);
    expect(await life.deploy({ members: { Members: { accounts: [A, B] } } })).toBe('CREATE_COMPLETE');
    expect(life.memberIds()).toEqual([A, B]);
    await expectClean(life);
  });

  test.each(['deleteFirst', 'createFirst'] as const)('L20 --no-rollback, then retry (%s)', async (retryWithoutRollback) => {
    const life = new Life({
      organization: organizationOf({ accounts: 12, refusals: [{ accountId: B, processingResult: 'no' }] }),
      unknowns: { retryWithoutRollback },
    });
    expect(await life.deploy({ members: { Members: { accounts: [A, B] } } }, { onFailure: 'DO_NOTHING' })).toBe('CREATE_FAILED');
    expect(life.memberIds()).toEqual([A]);
    life.securityHub.stopRefusing('us-east-1', B);
    const status = await life.deploy({ members: { Members: { accounts: [A, B] } } }, { onFailure: 'DO_NOTHING' });
    const breaches = await life.breaches();
    if (retryWithoutRollback === 'deleteFirst') {
      expect(status).toBe('UPDATE_COMPLETE');
      expect(life.memberIds()).toEqual([A, B]);
      expect(breaches).toEqual([]);
    } else {
      // a Delete of the failed one after the Create of the new one has the same id: it empties the new one, in the open (docs/adr/0002)
      expect(status).toBe('UPDATE_COMPLETE');
      // B has been named by the Create that failed; that A is gone, nobody says
      expect(breaches).toEqual([{ invariant: 'converged', what: expect.stringMatching(`wants ${A}, which is Removed`) }]);
      expect(life.memberIds()).toEqual([]);
      const known = breaches.length;
      await life.deploy({ members: { Members: { accounts: [A, B], revision: '2' } } });
      expect(life.memberIds()).toEqual([A, B]);
      expect((await life.breaches()).slice(known)).toEqual([]);
    }
  });

  test('L27 the removal of the last construct but one still works while the role is updated before', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A] }, Others: { accounts: [B] } } });
    expect(await life.deploy({ members: { Others: { accounts: [B] } } })).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([B]);
    // the last one goes with function, role and table
    expect(await life.deploy({ members: {} })).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
    await expectClean(life);
  });
});

describe('where and with which permissions', () => {
  const withoutCreating = (resources: Record<string, any>) => {
    const [statement] = resources[sharedId('AWS::IAM::Role')].Properties.Policies[0].PolicyDocument.Statement;
    statement.Action = statement.Action.filter((action: string) => action !== 'securityhub:CreateMembers');
  };

  test('L12 the role loses a permission in the update that needs it: all of it is rolled back', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A, B] } } });
    expect(await life.deploy({ members: { Members: { accounts: [B, C] } }, edit: withoutCreating })).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.requests.map(({ answers }) => JSON.parse(answers[0].body).Reason).join()).toContain('AccessDenied');
    expect(life.memberIds()).toEqual([A, B]);
    await expectClean(life);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
  });

  /** What CreateMembers needs lies in a policy of its own, which grants `action` instead once it changes. */
  const policyOfItsOwn = (action: string, more: object) => (resources: Record<string, any>) => {
    withoutCreating(resources);
    const statement = { Effect: 'Allow', Action: [action], Resource: '*' };
    const properties = {
      PolicyName: 'creating', PolicyDocument: { Version: '2012-10-17', Statement: [statement] }, Roles: [{ Ref: sharedId('AWS::IAM::Role') }],
    };
    resources.Creating = { Type: 'AWS::IAM::Policy', Properties: properties, ...more };
  };

  test('L12 the policy changes before the resource, in an update that is rolled back: the update is denied, the old accounts stay', async () => {
    const life = new Life();
    const before = (action: string) => (resources: Record<string, any>) => {
      policyOfItsOwn(action, {})(resources);
      resources[logicalId('Members')].DependsOn = ['Creating'];
    };
    expect(await life.deploy({ members: { Members: { accounts: [A, B] } }, edit: before('securityhub:CreateMembers') })).toBe('CREATE_COMPLETE');
    const mark = life.mark();
    expect(await life.deploy({ members: { Members: { accounts: [B, C] } }, edit: before('securityhub:DescribeHub') })).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.requests.flatMap(({ answers }) => answers.map(({ body }) => JSON.parse(body).Reason)).join()).toMatch(/AccessDenied/);
    expect(life.writesSince(mark).every(({ effect }) => effect?.error !== undefined)).toBe(true);
    expect(life.memberIds()).toEqual([A, B]);
    await expectClean(life);
  });

  test('L12 the policy changes after the resource, in an update that is rolled back: what could not be added again is named', async () => {
    const life = new Life();
    const after = (action: string) => policyOfItsOwn(action, { DependsOn: [logicalId('Members')] });
    // the policy comes after the resource, so the role has what the creation needs from the beginning
    expect(await life.deploy({ members: { Members: { accounts: [A, B] } } })).toBe('CREATE_COMPLETE');
    expect(await life.deploy({ members: { Members: { accounts: [A, B] } }, edit: after('securityhub:CreateMembers') })).toBe('UPDATE_COMPLETE');
    expect(await life.deploy({
      members: { Members: { accounts: [B, C] } },
      edit: after('securityhub:DescribeHub'),
      resources: { Bad: failing(['Create'], 0, { DependsOn: ['Creating'] }) },
    })).toBe('UPDATE_ROLLBACK_COMPLETE');
    // CloudFormation rolls the resource back before the policy that it needs
    expect(life.lastAnswer('Update')).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringMatching(`${A}.*AccessDeniedException`) });
    expect(life.memberIds()).toEqual([B]);
    expect(life.rows().find(({ account }) => account === A)).toMatchObject({ outcome: 'refused' });
    await expectNoBreach(life);
    // the policy is as it was by now: a new revision is all that it takes
    expect(await life.deploy({ members: { Members: { accounts: [A, B], revision: '2' } }, edit: after('securityhub:CreateMembers') })).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([A, B]);
    await expectClean(life);
  });

  test('L18 resources in a nested stack share function and ledger of the outermost one', async () => {
    const life = new Life();
    const nested = (...accounts: string[]) => nestedStack(life, ...accounts);
    const members = { Members: { accounts: [A, B] } };
    expect(await life.deploy({ members, resources: { Nested: nested(B, C) } })).toBe('CREATE_COMPLETE');
    expect(life.memberIds()).toEqual([A, B, C]);
    expect(await life.deploy({ members, resources: { Nested: nested(B, D) } })).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([A, B, D]);
    expect(await life.deploy({ members, resources: { Nested: nested(C), Bad: failing(['Create'], 0, { DependsOn: ['Nested'] }) } })).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.memberIds()).toEqual([A, B, D]);
    await expectClean(life);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
    await expectNoBreach(life);
  });

  test('L19 somebody deploys into the administrator account with a role assumed from the management account', async () => {
    const life = new Life();
    const { aws } = life;
    aws.iam.putRole({
      accountId: SECURITY_ACCOUNT,
      roleName: 'Deployer',
      arn: `arn:aws:iam::${SECURITY_ACCOUNT}:role/Deployer`,
      trustPolicy: { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: MANAGEMENT_ACCOUNT } } },
      managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
    });
    const manager = new STSClient(inProcess(aws, aws.credentials.admin(MANAGEMENT_ACCOUNT), 'us-east-1'));
    const role = { RoleArn: `arn:aws:iam::${SECURITY_ACCOUNT}:role/Deployer`, RoleSessionName: 'deployment' };
    const { Credentials } = await manager.send(new AssumeRoleCommand(role));
    const keys = {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    };
    const spec = { members: { Members: { accounts: [A] } } };
    life.watch.asked(spec);
    await new CloudFormationClient(inProcess(aws, keys, 'us-east-1')).send(new CreateStackCommand({
      StackName: 'Stack', TemplateBody: JSON.stringify(templateOf(spec)), Capabilities: ['CAPABILITY_IAM'],
    }));
    await life.wait(60_000);
    expect(life.stack()!.status).toBe('CREATE_COMPLETE');
    expect(life.memberIds()).toEqual([A]);
    await expectClean(life);
  });
});

describe('several resources', () => {
  test('L15 two stacks name the same account: the one that added it removes it', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A, B] } } }, { stack: 'First' });
    await life.deploy({ members: { Members: { accounts: [B, C] } } }, { stack: 'Second' });
    expect(life.memberIds()).toEqual([A, B, C]);
    await life.destroy({ stack: 'Second' });
    expect(life.memberIds()).toEqual([A, B]);
    await life.destroy({ stack: 'First' });
    expect(life.memberIds()).toEqual([]);
    expect(await life.breaches()).toEqual([]);
  });

  test('L16 T20 R24 50 resources at once, some of several calls, under throttling', async () => {
    const life = new Life({
      organization: organizationOf({ accounts: 300 }),
      securityHub: { throttling: { perSecond: 1, burst: 2 } },
      latency: 200,
      checks: 'atRest',
    });
    // the first two have 51 accounts each, the others two or three of their own and one of their neighbour's
    const accounts = (n: number) => (n <= 2 ? some(51, 51 * n - 50) : some(4, 100 + 3 * (n - 2)));
    const members = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`Numbered${index + 1}`, { accounts: accounts(index + 1) }]));
    const all = [...new Set(Object.values(members).flatMap((each) => each.accounts))].sort();
    expect(await life.deploy({ members })).toBe('CREATE_COMPLETE');
    expect(life.requests).toHaveLength(50);
    // all were sent before the first was answered
    const firstAnswer = Math.min(...life.requests.map(({ outcome }) => outcome!.at));
    expect(life.requests.every(({ sentAt }) => sentAt < firstAnswer)).toBe(true);
    expect(life.memberIds()).toEqual(all);
    expect(life.calls().some(({ answer }) => answer?.error?.code === 'LimitExceededException')).toBe(true);
    await expectNoBreach(life);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
    await expectNoBreach(life);
  }, 60_000);

  test('L21 the construct is renamed: nobody is removed', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A, B] } } });
    const mark = life.mark();
    expect(await life.deploy({ members: { Renamed: { accounts: [A, B] } } })).toBe('UPDATE_COMPLETE');
    expect(life.writesSince(mark)).toEqual([]);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
    await expectClean(life);
  });

  test('L21 a renaming that is rolled back removes nobody either', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A, B] } } });
    const mark = life.mark();
    const status = await life.deploy({
      members: { Renamed: { accounts: [A, B] } }, resources: { Bad: failing(['Create'], 0, { DependsOn: [logicalId('Renamed')] }) },
    });
    expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.writesSince(mark)).toEqual([]);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
    await expectClean(life);
  });

  test.each([
    ['the new one first', { Others: { accounts: [B], dependsOn: [] }, Members: { accounts: [A], dependsOn: ['Others'] } }],
    ['the old one first', { Members: { accounts: [A] }, Others: { accounts: [B], dependsOn: ['Members'] } }],
    ['both at once', { Members: { accounts: [A] }, Others: { accounts: [B] } }],
  ] as const)('L22 the list is split in two, %s: B is never gone in the end', async (_, split) => {
    const life = new Life({ latency: 50 });
    await life.deploy({ members: { Members: { accounts: [A, B] } } });
    const members = Object.fromEntries(Object.entries(split).map(([id, spec]) => [
      id, { ...spec, dependsOn: (('dependsOn' in spec ? spec.dependsOn : []) as readonly string[]).map((other) => logicalId(other as 'Members')) },
    ]));
    const mark = life.mark();
    expect(await life.deploy({ members })).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([A, B]);
    if (_ === 'the new one first') expect(life.writesSince(mark)).toEqual([]);
    await expectClean(life);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
  });

  test('L22 two resources are merged into one: nobody is removed', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A] }, Others: { accounts: [B] } } });
    const mark = life.mark();
    await life.deploy({ members: { Members: { accounts: [A, B] } } });
    expect(life.writesSince(mark)).toEqual([]);
    expect(life.memberIds()).toEqual([A, B]);
    await expectClean(life);
    await life.destroy();
    expect(life.memberIds()).toEqual([]);
  });

  test('L23 two resources overlap and one is deleted: only what the other does not want goes', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A, B] }, Others: { accounts: [B, C] } } });
    expect(life.memberIds()).toEqual([A, B, C]);
    await life.deploy({ members: { Others: { accounts: [B, C] } } });
    expect(life.memberIds()).toEqual([B, C]);
    await expectClean(life);
    await life.destroy();
    expect(life.memberIds()).toEqual([]);
  });

  test('L23 overlapping resources are destroyed together', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const life = new Life({ seed, latency: 300 });
      await life.deploy({
        members: { Members: { accounts: [A, B] }, Others: { accounts: [A, B, C] }, Thirds: { accounts: [B] } },
      });
      expect(await life.destroy()).toBe('DELETE_COMPLETE');
      expect(life.memberIds()).toEqual([]);
      await expectClean(life);
    }
  });

  test.each([
    ['some accounts', { Members: { accounts: [C], dropped: 'release' } }, [C]],
    ['the whole construct', { Members: { accounts: [A, B, C], dropped: 'release' } }, []],
  ] as const)('L24 %s moved to another stack in the three steps of the README: nobody is removed, and the new stack removes them in the end', async (_, released, left) => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A, B, C] } } }, { stack: 'Old' });
    const mark = life.mark();
    const moved = some(3).filter((account) => !(left as readonly string[]).includes(account));
    // 1. a construct in the new stack, which leaves them alone
    expect(await life.deploy({ members: { Members: { accounts: moved } } }, { stack: 'New' })).toBe('CREATE_COMPLETE');
    // 2. the old stack lets them go
    expect(await life.deploy({ members: released }, { stack: 'Old' })).toBe('UPDATE_COMPLETE');
    if (left.length === 0) expect(await life.destroy({ stack: 'Old' })).toBe('DELETE_COMPLETE');
    // 3. the new one takes them over
    expect(await life.deploy({ members: { Members: { accounts: moved, existingMembers: 'takeOver' } } }, { stack: 'New' })).toBe('UPDATE_COMPLETE');
    expect(life.writesSince(mark)).toEqual([]);
    expect(life.memberIds()).toEqual([A, B, C]);
    expect(life.rows('New').map(({ account, claim }) => [account, claim])).toEqual(moved.map((account) => [account, 'takenOver']));
    await expectClean(life);
    expect(await life.destroy({ stack: 'New' })).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual(left);
    await expectNoBreach(life);
  });

  test('L24 a release that is rolled back is none: destroying the stack removes what it has added', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A, B] } } });
    const mark = life.mark();
    const released = { members: { Members: { accounts: [B], dropped: 'release' as const } } };
    const bad = { Bad: failing(['Create'], 0, { DependsOn: [logicalId('Members')] }) };
    expect(await life.deploy({ ...released, resources: bad })).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.writesSince(mark)).toEqual([]);
    await expectClean(life);
    expect(await life.destroy()).toBe('DELETE_COMPLETE');
    expect(life.memberIds()).toEqual([]);
    expect(await life.breaches()).toEqual([]);
  });

  test('L7 L24 what joined in a failed update leaves in its rollback, also where the old properties release', async () => {
    const life = new Life({ organization: organizationOf({ accounts: 12, refusals: [{ accountId: C, processingResult: 'no' }] }) });
    await life.deploy({ members: { Members: { accounts: [A], dropped: 'release' } } });
    expect(await life.deploy({ members: { Members: { accounts: [B, C] } } })).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.memberIds()).toEqual([A]);
  });

  test('R32 members that were there before are never removed', async () => {
    const life = new Life({ organization: organizationOf({ accounts: 12, members: [A, D] }) });
    await life.deploy({ members: { Members: { accounts: [A, B] } } });
    expect(sent(life, 'CreateMembers')).toEqual([[B]]);
    await life.deploy({ members: { Members: { accounts: [C] } } });
    expect(life.memberIds()).toEqual([A, C, D]);
    await life.destroy();
    expect(life.memberIds()).toEqual([A, D]);
    await expectClean(life);
  });
});

describe('rollbacks that could get stuck', () => {
  test('L25 more removals than removalLimit: UPDATE_ROLLBACK_COMPLETE, and nothing was removed', async () => {
    const life = new Life({ organization: organizationOf({ accounts: 40 }) });
    await life.deploy({ members: { Members: { accounts: some(30), removalLimit: 'accounts:5' } } });
    const mark = life.mark();
    expect(await life.deploy({ members: { Members: { accounts: some(24), removalLimit: 'accounts:5' } } })).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.writesSince(mark)).toEqual([]);
    expect(await life.deploy({ members: { Members: { accounts: some(25), removalLimit: 'accounts:5' } } })).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual(some(25));
    await expectClean(life);
  });

  test('L25 what joined in the failed update does not count towards removalLimit when it is rolled back', async () => {
    const life = new Life({ organization: organizationOf({ accounts: 60, refusals: [{ accountId: some(1, 60)[0], processingResult: 'no' }] }) });
    await life.deploy({ members: { Members: { accounts: some(2), removalLimit: 'none' } } });
    expect(await life.deploy({ members: { Members: { accounts: some(60), removalLimit: 'none' } } })).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.memberIds()).toEqual(some(2));
    await expectClean(life);
  });

  test('L25 a refusal in the rollback itself ends in UPDATE_ROLLBACK_COMPLETE and names the account', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A, B] } } });
    const deploying = life.startDeploy({
      members: { Members: { accounts: [B] } }, resources: { Bad: failing(['Create'], 120, { DependsOn: [logicalId('Members')] }) },
    });
    life.clock.after(60_000, () => life.securityHub.refuse('us-east-1', A, 'no more'));
    expect(await life.run(deploying)).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(life.memberIds()).toEqual([B]);
    expect(life.lastAnswer('Update')).toMatchObject({ Status: 'SUCCESS', Reason: expect.stringContaining(A) });
    await expectClean(life);
  });

  test('L25 an outage of Security Hub during update and rollback ends in UPDATE_ROLLBACK_COMPLETE', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A, B] } } });
    life.atPoint = (point) => (point.kind === 'call' ? { kind: 'fault', fault: { kind: 'reset', when: 'before' } } : undefined);
    expect(await life.deploy({ members: { Members: { accounts: [B, C] } } })).toBe('UPDATE_ROLLBACK_COMPLETE');
    life.atPoint = undefined;
    expect(await life.deploy({ members: { Members: { accounts: [B, C] } } })).toBe('UPDATE_COMPLETE');
    expect(life.memberIds()).toEqual([B, C]);
    await expectClean(life);
  });
});

describe('AWS\'s contract tests for CloudFormation types', () => {
  test('contract_create_delete contract_delete_read contract_delete_list an organization is afterwards as it was before', async () => {
    const life = new Life({ organization: organizationOf({ accounts: 12, members: [D], hubs: 'all' }) });
    const before = life.members();
    await life.deploy({ members: { Members: { accounts: [A, B] } } });
    await life.destroy();
    expect(life.members()).toEqual(before);
    await expectClean(life);
  });

  test('contract_create_read contract_create_list contract_update_read contract_update_list the service shows what was asked, each account once', async () => {
    const life = new Life({ unknowns: WITHOUT_DELAY, organization: organizationOf({ accounts: 120 }) });
    await life.deploy({ members: { Members: { accounts: some(60) } } });
    const list = () => Array.from(life.securityHub.members(SECURITY_ACCOUNT, 'us-east-1').values()).filter(({ status }) => status === 'Enabled').map(({ accountId }) => accountId);
    expect(list().sort()).toEqual(some(60));
    await life.deploy({ members: { Members: { accounts: some(60, 5) } } });
    expect(list().sort()).toEqual(some(60, 5));
    await expectClean(life);
  });

  test('contract_delete_create contract_delete_delete after destroy the same accounts can be members again; a Delete again is SUCCESS without a call', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A], outside: [X] }, Others: { accounts: [B] } } });
    await life.deploy({ members: { Others: { accounts: [B] } } });
    const deletion = life.requests.find(({ request }) => request.RequestType === 'Delete')!;
    const mark = life.mark();
    await life.redeliver({ ...deletion.request, RequestId: 'another-delete' });
    expect(life.callsSince(mark).map(({ call }) => call.operation)).toEqual([]);
    await life.deploy({ members: { Members: { accounts: [A], outside: [X] }, Others: { accounts: [B] } } });
    expect(life.members()).toEqual({ [A]: 'Enabled', [B]: 'Enabled', [X]: 'Invited' });
    await expectClean(life);
    await life.destroy();
    await life.deploy({ members: { Members: { accounts: [A], outside: [X] } } });
    expect(life.members()).toEqual({ [A]: 'Enabled', [X]: 'Invited' });
  });

  test.each([0, 400])('contract_create_create two resources create one account at once: it is added once, and stays until neither wants it (latency %i ms)', async (latency) => {
    for (let seed = 0; seed < 5; seed++) {
      const life = new Life({ latency, seed });
      expect(await life.deploy({ members: { Members: { accounts: [A] }, Others: { accounts: [A] } } })).toBe('CREATE_COMPLETE');
      const joined = life.securityHub.changes({ accountId: A, to: 'Created' });
      expect(joined).toHaveLength(1);
      // each says what became of it, and at least one of them claims it
      expect(life.rows()).toHaveLength(2);
      expect(life.rows().every(({ outcome }) => outcome === 'joined' || outcome === 'already-member')).toBe(true);
      expect(life.rows().some(({ claim }) => claim === 'ours')).toBe(true);
      await expectClean(life);
      expect(await life.deploy({ members: { Others: { accounts: [A] } } })).toBe('UPDATE_COMPLETE');
      expect(life.memberIds()).toEqual([A]);
      expect(await life.destroy()).toBe('DELETE_COMPLETE');
      expect(life.memberIds()).toEqual([]);
      await expectClean(life);
    }
  });

  test('contract_update_without_create an Update of a resource that nobody knows adds what it wants and removes nothing', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A] }, Others: { accounts: [B] } } });
    const [{ request }] = life.requests;
    const { ResourceProperties: properties } = request;
    life.watch.asked({ members: { Members: { accounts: [C] } } });
    const mark = life.mark();
    await life.redeliver({
      ...request,
      RequestId: 'stray',
      RequestType: 'Update',
      LogicalResourceId: 'NeverCreated',
      PhysicalResourceId: 'never-created',
      OldResourceProperties: { ...properties, Accounts: [A, B] },
      ResourceProperties: { ...properties, Accounts: [C] },
    });
    const answer = JSON.parse(life.aws.journal.of('s3').at(-1)!.call.input.Body);
    expect(answer).toMatchObject({ RequestId: 'stray', Status: 'SUCCESS', PhysicalResourceId: 'never-created' });
    expect(life.writesSince(mark).map(({ call }) => call.operation)).toEqual(['CreateMembers']);
    expect(life.memberIds()).toEqual([A, B, C]);
    // what it has added is claimed, so its Delete can remove it
    expect(life.rows().find(({ account }) => account === C)).toMatchObject({ claim: 'ours', outcome: 'joined', logicalId: 'NeverCreated' });
  });

  test('contract_update_without_create T06 an Update with an unknown physical id does what its properties say and keeps that id', async () => {
    const life = new Life();
    await life.deploy({ members: { Members: { accounts: [A] }, Others: { accounts: [B] } } });
    const { request } = life.requests.find(({ request: { LogicalResourceId } }) => LogicalResourceId === logicalId('Members'))!;
    await life.redeliver({ ...request, RequestId: 'stray', RequestType: 'Update', PhysicalResourceId: 'unknown', OldResourceProperties: request.ResourceProperties });
    expect(life.memberIds()).toEqual([A, B]);
    expect(JSON.stringify(life.aws.journal.of('s3').at(-1)!.call.input)).toContain('unknown');
  });

});
