import { ACCOUNT, Bench, custom, failing, FUNCTION_ARN, goodAnswer, inert, REGION, template, type Script } from './bench';

/** Answers by request type; types that are not named get a good answer after a second. */
function byType(replies: Partial<Record<string, ReturnType<Script>>>): Script {
  return ({ RequestType }) => (RequestType in replies ? replies[RequestType] : { after: 1 });
}

/** Answers by logical id. */
function byId(replies: Record<string, Script>): Script {
  return (request) => (replies[request.LogicalResourceId] ?? (() => ({ after: 1 })))(request);
}

const needs = (...ids: string[]) => ({ DependsOn: ids });

describe('order', () => {
  test('independent resources run at the same time, dependent ones one after another', async () => {
    const bench = new Bench();
    bench.host.script = () => ({ after: 10 });
    await bench.deploy(template({ A: custom(), B: custom(), C: custom({}, needs('A', 'B')), D: custom({ After: { Ref: 'C' } }) }));
    const start = bench.engine.requests[0].sentAt;
    const sent = Object.fromEntries(
      bench.engine.requests.map(({ request, sentAt }) => [request.LogicalResourceId, (sentAt - start) / 1000]),
    );
    expect(sent).toEqual({ A: 0, B: 0, C: 10, D: 20 });
  });

  test('deletion goes the other way', async () => {
    const bench = new Bench();
    bench.host.script = () => ({ after: 10 });
    await bench.deploy(template({ A: custom(), B: custom({}, needs('A')), C: custom() }));
    const before = bench.engine.requests.length;
    expect(await bench.destroy()).toBe('DELETE_COMPLETE');
    const deletions = bench.engine.requests.slice(before);
    expect(deletions.map(({ request }) => request.LogicalResourceId).sort()).toEqual(['A', 'B', 'C']);
    const [a, b, c] = ['A', 'B', 'C'].map((id) => deletions.find(({ request }) => request.LogicalResourceId === id)!.sentAt);
    expect(a - b).toBe(10_000);
    expect(c).toBe(b);
  });

  test('L1 L2 the events of a life, and none for an unchanged template', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom({ Value: 1 }) }));
    await bench.deploy(template({ Thing: custom({ Value: 1 }) }));
    await bench.deploy(template({ Thing: custom({ Value: 2 }) }));
    await bench.destroy();
    expect(bench.history()).toEqual([
      'Stack: CREATE_IN_PROGRESS', 'Thing: CREATE_IN_PROGRESS', 'Thing: CREATE_IN_PROGRESS', 'Thing: CREATE_COMPLETE', 'Stack: CREATE_COMPLETE',
      'Stack: UPDATE_IN_PROGRESS', 'Stack: UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'Stack: UPDATE_COMPLETE',
      'Stack: UPDATE_IN_PROGRESS', 'Thing: UPDATE_IN_PROGRESS', 'Thing: UPDATE_COMPLETE', 'Stack: UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'Stack: UPDATE_COMPLETE',
      'Stack: DELETE_IN_PROGRESS', 'Thing: DELETE_IN_PROGRESS', 'Thing: DELETE_COMPLETE', 'Stack: DELETE_COMPLETE',
    ]);
    expect(new Set(bench.engine.events('Stack').map(({ EventId }) => EventId)).size).toBe(17);
    expect(new Set(bench.engine.events('Stack').map(({ OperationId }) => OperationId)).size).toBe(4);
  });
});

describe('cancellation', () => {
  const resources = template({ Thing: custom(), Other: failing(['Create'], { AfterSeconds: 5 }) });

  test('L9 D5 another failure cancels a Create that is under way, and a Delete with an invented id follows at once', async () => {
    const bench = new Bench();
    bench.host.script = byType({ Create: { after: 100 } });
    expect(await bench.deploy(resources)).toBe('ROLLBACK_COMPLETE');
    expect(bench.reason('Thing', 'CREATE_FAILED')).toBe('Resource creation cancelled');
    expect(bench.reason('Other', 'CREATE_FAILED')).toBe('Told to fail');
    expect(bench.reason('Stack', 'ROLLBACK_IN_PROGRESS')).toBe('The following resource(s) failed to create: [Other, Thing]. Rollback requested by user.');
    expect(bench.sent()).toEqual(['Create', expect.stringMatching(/^Delete Stack-Thing-[A-Z0-9]{12}$/)]);
    const [create, deletion] = bench.engine.requests;
    expect(create.outcome).toMatchObject({ kind: 'cancelled' });
    expect(deletion.sentAt - create.sentAt).toBeLessThan(6000);
    await bench.run(bench.clock.sleep(200_000));
    expect(create.answers).toMatchObject([{ use: 'late' }]);
    expect(bench.stack.status).toBe('ROLLBACK_COMPLETE');
  });

  test('L9 the other way to see it: the rollback waits for the Create and uses its id', async () => {
    const bench = new Bench({ customResources: { afterCancellation: 'wait' } });
    bench.host.script = byType({ Create: { after: 100 } });
    expect(await bench.deploy(resources)).toBe('ROLLBACK_COMPLETE');
    expect(bench.sent()).toEqual(['Create', 'Delete id-of-Thing']);
    const [create, deletion] = bench.engine.requests;
    expect(deletion.sentAt - create.sentAt).toBe(100_000);
  });

  test('resources that were not begun are left alone', async () => {
    const bench = new Bench();
    expect(await bench.deploy(template({ Other: failing(['Create']), Thing: custom({}, needs('Other')) }))).toBe('ROLLBACK_COMPLETE');
    expect(bench.sent()).toEqual([]);
    expect(bench.history().filter((line) => line.startsWith('Thing'))).toEqual([]);
  });

  test('nothing is sent once another resource could not even be resolved', async () => {
    const bench = new Bench();
    const unresolvable = inert({ Value: { 'Fn::ImportValue': 'absent' } });
    expect(await bench.deploy(template({ Bad: unresolvable, Thing: custom() }))).toBe('ROLLBACK_COMPLETE');
    expect(bench.sent()).toEqual([]);
  });

  test('an Update under way is cancelled and rolled back by another, with properties exchanged', async () => {
    const bench = new Bench();
    const other = (FailOn: string[]) => failing(FailOn, { AfterSeconds: 5, Value: FailOn.length });
    await bench.deploy(template({ Thing: custom({ Value: 'a' }), Other: other([]) }));
    bench.host.script = ({ ResourceProperties }) => ({ after: ResourceProperties.Value === 'b' ? 100 : 1 });
    expect(await bench.deploy(template({ Thing: custom({ Value: 'b' }), Other: other(['Update']) }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.reason('Thing', 'UPDATE_FAILED')).toBe('Resource update cancelled');
    expect(bench.sent('Thing')).toEqual(['Create', 'Update id-of-Thing', 'Update id-of-Thing']);
    const [, , back] = bench.engine.requests;
    expect([back.request.OldResourceProperties!.Value, back.request.ResourceProperties.Value]).toEqual(['b', 'a']);
    expect(back.sentAt - bench.engine.requests[1].sentAt).toBeLessThan(6000);
  });

  test('deleting a stack cancels its creation', async () => {
    const bench = new Bench();
    bench.host.script = byType({ Create: { after: 100 } });
    const created = bench.engine.deploy('Stack', template({ Thing: custom() }));
    await bench.run(bench.clock.sleep(5000));
    expect(await bench.destroy()).toBe('DELETE_COMPLETE');
    await created;
    expect(bench.sent()).toEqual(['Create', expect.stringMatching(/^Delete Stack-Thing-/)]);
    expect(bench.history().filter((line) => line.startsWith('Stack'))).toEqual([
      'Stack: CREATE_IN_PROGRESS', 'Stack: DELETE_IN_PROGRESS', 'Stack: DELETE_COMPLETE',
    ]);
  });

  test('cancelling an update rolls it back', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom({ Value: 'a' }) }));
    bench.host.script = ({ ResourceProperties }) => ({ after: ResourceProperties.Value === 'b' ? 100 : 1 });
    const updated = bench.engine.deploy('Stack', template({ Thing: custom({ Value: 'b' }) }));
    await bench.run(bench.clock.sleep(5000));
    bench.engine.cancelUpdate(bench.stack);
    expect(await bench.run(updated)).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.stack.resources.get('Thing')!.properties.Value).toBe('a');
  });
});

describe('updates', () => {
  test('L7 a failed Update is rolled back by another with properties exchanged', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom({ Value: 'a' }) }));
    bench.host.script = ({ ResourceProperties }) => (ResourceProperties.Value === 'b' ? { answer: { Status: 'FAILED', Reason: 'no b' } } : {});
    expect(await bench.deploy(template({ Thing: custom({ Value: 'b' }) }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    const [, , back] = bench.engine.requests;
    expect(back.request).toMatchObject({ RequestType: 'Update', PhysicalResourceId: 'id-of-Thing' });
    expect([back.request.OldResourceProperties!.Value, back.request.ResourceProperties.Value]).toEqual(['b', 'a']);
    expect(bench.reason('Stack', 'UPDATE_ROLLBACK_IN_PROGRESS')).toBe('The following resource(s) failed to update: [Thing]. ');
    // what follows starts from the old properties
    expect(await bench.deploy(template({ Thing: custom({ Value: 'a' }), Other: inert() }))).toBe('UPDATE_COMPLETE');
    expect(bench.engine.requests).toHaveLength(3);
  });

  test('L8 another failure after a finished Update rolls it back', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom({ Value: 'a' }) }));
    expect(await bench.deploy(template({ Thing: custom({ Value: 'b' }), New: failing(['Create'], {}, needs('Thing')) }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.sent('Thing')).toEqual(['Create', 'Update id-of-Thing', 'Update id-of-Thing']);
    expect(bench.history().slice(-5)).toEqual([
      'Thing: UPDATE_IN_PROGRESS', 'Thing: UPDATE_COMPLETE', 'Stack: UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', 'New: DELETE_COMPLETE',
      'Stack: UPDATE_ROLLBACK_COMPLETE',
    ]);
  });

  test('a rolled-back update keeps what it had removed and deletes what it had created', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Old: custom() }));
    expect(await bench.deploy(template({ New: custom(), Bad: failing(['Create'], { AfterSeconds: 5 }) }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.sent()).toEqual(['Create', 'Create', 'Delete id-of-New']);
    expect([...bench.stack.resources.keys()]).toEqual(['Old']);
  });

  test('a failed Update with another id: that one is adopted, the old one forgotten', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom({ Value: 'a' }) }));
    bench.host.script = ({ ResourceProperties }) =>
      (ResourceProperties.Value === 'b' ? { answer: { Status: 'FAILED', Reason: 'no', PhysicalResourceId: 'log-stream' } } : {});
    expect(await bench.deploy(template({ Thing: custom({ Value: 'b' }) }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    await bench.destroy();
    expect(bench.sent()).toEqual(['Create', 'Update id-of-Thing', 'Update log-stream', 'Delete log-stream']);
  });

  test('a removed resource is deleted in the clean-up phase, after everything else', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Old: custom() }));
    bench.host.script = () => ({ after: 10 });
    expect(await bench.deploy(template({ New: custom() }))).toBe('UPDATE_COMPLETE');
    expect(bench.history().slice(-7)).toEqual([
      'New: CREATE_IN_PROGRESS', 'New: CREATE_IN_PROGRESS', 'New: CREATE_COMPLETE', 'Stack: UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
      'Old: DELETE_IN_PROGRESS', 'Old: DELETE_COMPLETE', 'Stack: UPDATE_COMPLETE',
    ]);
  });

  test('L10 a Delete that fails in the clean-up phase is reported, and the resource abandoned', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Old: custom(), Needed: inert() }));
    bench.host.script = byType({ Delete: { answer: { Status: 'FAILED', Reason: 'stuck' } } });
    expect(await bench.deploy(template({ New: inert() }))).toBe('UPDATE_COMPLETE');
    expect(bench.reason('Old', 'DELETE_FAILED')).toMatch(/stuck/);
    expect(bench.stack.statusReason).toBe('Update successful. One or more resources could not be deleted.');
    expect(await bench.destroy()).toBe('DELETE_COMPLETE');
    expect(bench.sent('Old')).toEqual(['Create', 'Delete id-of-Old']);
  });

  test('L12 a policy and a resource that needs it roll back in the order of dependency, or the other way', async () => {
    for (const [order, expected] of [['dependency', ['First', 'Second']], ['reverse', ['Second', 'First']]] as const) {
      const bench = new Bench({ rollback: { order } });
      const things = (Value: string) => ({ First: custom({ Value }), Second: custom({ Value }, needs('First')) });
      await bench.deploy(template(things('a')));
      const before = bench.engine.requests.length;
      expect(await bench.deploy(template({ ...things('b'), Bad: failing(['Create'], {}, needs('Second')) }))).toBe('UPDATE_ROLLBACK_COMPLETE');
      const back = bench.engine.requests.slice(before + 2).map(({ request }) => request.LogicalResourceId);
      expect(back).toEqual(expected);
    }
  });

  test('fails when the type of a logical id changes', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom() }));
    await expect(bench.deploy(template({ Thing: inert() }))).rejects.toThrow(/Update of resource type is not permitted.*\[Thing\]/);
    expect(bench.stack.status).toBe('CREATE_COMPLETE');
  });

  test('L17 a stack that was rolled back must go before it can be created again', async () => {
    const bench = new Bench();
    expect(await bench.deploy(template({ Thing: failing(['Create']) }))).toBe('ROLLBACK_COMPLETE');
    await expect(bench.engine.updateStack(bench.stack, { templateBody: JSON.stringify(template({ Thing: inert() })) }))
      .rejects.toThrow(/is in ROLLBACK_COMPLETE state and can not be updated/);
    expect(await bench.deploy(template({ Thing: inert() }))).toBe('CREATE_COMPLETE');
  });
});

describe('replacement', () => {
  const replacing: Script = ({ RequestType, PhysicalResourceId, ResourceProperties }) =>
    ({ after: 1, answer: { PhysicalResourceId: RequestType === 'Delete' ? PhysicalResourceId : `id-${ResourceProperties.Value}` } });

  async function replaced(options: ConstructorParameters<typeof Bench>[0], bad?: object): Promise<Bench> {
    const bench = new Bench(options);
    bench.host.script = replacing;
    await bench.deploy(template({ Thing: custom({ Value: 'a' }) }));
    await bench.deploy(template({ Thing: custom({ Value: 'b' }), ...(bad ? { Bad: bad } : {}) }));
    return bench;
  }

  test('L4 the old id gets its Delete in the clean-up phase', async () => {
    const bench = await replaced({});
    expect(bench.stack.status).toBe('UPDATE_COMPLETE');
    expect(bench.sent()).toEqual(['Create', 'Update id-a', 'Delete id-a']);
    expect(bench.engine.requests[2].request.ResourceProperties.Value).toBe('a');
    expect(bench.stack.resources.get('Thing')!.physicalId).toBe('id-b');
    expect(bench.history().slice(-4)).toEqual([
      'Stack: UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'Thing: DELETE_IN_PROGRESS', 'Thing: DELETE_COMPLETE', 'Stack: UPDATE_COMPLETE',
    ]);
  });

  const bad = failing(['Create'], {}, needs('Thing'));

  test.each([
    ['none', true, ['Delete id-b'], 'id-a'],
    ['none', false, [], 'id-a'],
    ['old', true, ['Update id-a', 'Delete id-b'], 'id-a'],
    ['old', false, ['Update id-a'], 'id-a'],
    ['new', true, ['Update id-b', 'Delete id-b'], 'id-a'],
    ['new', false, ['Update id-b'], 'id-a'],
  ] as const)('rolls back with an Update to %s and Delete of the new id %s', async (update, deleteNew, sent, physicalId) => {
    const bench = await replaced({ rollback: { replacement: { update, deleteNew } } }, bad);
    expect(bench.stack.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.sent('Thing').slice(2)).toEqual(sent);
    expect(bench.stack.resources.get('Thing')).toMatchObject({ physicalId, properties: { Value: 'a' } });
    expect(await bench.destroy()).toBe('DELETE_COMPLETE');
    expect(bench.sent('Thing').pop()).toBe(`Delete ${physicalId}`);
  });

  test('where the handler keeps the new id in the rollback Update, the old one is deleted', async () => {
    const bench = new Bench({ rollback: { replacement: { update: 'new', deleteNew: true } } });
    bench.host.script = (request) => (request.PhysicalResourceId === 'id-b' ? {} : replacing(request));
    await bench.deploy(template({ Thing: custom({ Value: 'a' }) }));
    await bench.deploy(template({ Thing: custom({ Value: 'b' }), Bad: bad }));
    expect(bench.sent('Thing')).toEqual(['Create', 'Update id-a', 'Update id-b', 'Delete id-a']);
    expect(bench.stack.resources.get('Thing')!.physicalId).toBe('id-b');
  });

  test('a cancelled Update that replaced after all leaves nothing behind where CloudFormation waits for it', async () => {
    const bench = new Bench({ customResources: { afterCancellation: 'wait' } });
    bench.host.script = (request) => ({ ...replacing(request), after: request.ResourceProperties.Value === 'b' ? 60 : 1 });
    await bench.deploy(template({ Thing: custom({ Value: 'a' }) }));
    expect(await bench.deploy(template({ Thing: custom({ Value: 'b' }), Bad: failing(['Create'], { AfterSeconds: 5 }) }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.sent('Thing')).toEqual(['Create', 'Update id-a', 'Update id-a', 'Delete id-b']);
  });

  test('a replacement that times out and is rolled back keeps the old id', async () => {
    const bench = new Bench();
    bench.host.script = (request) => (request.ResourceProperties.Value === 'b' ? undefined : replacing(request));
    await bench.deploy(template({ Thing: custom({ Value: 'a' }) }));
    expect(await bench.deploy(template({ Thing: custom({ Value: 'b' }) }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.sent()).toEqual(['Create', 'Update id-a', 'Update id-a']);
  });

  test('native types are replaced by the properties that AWS names', async () => {
    const bench = new Bench();
    const group = (LogGroupName: string, RetentionInDays: number) => ({ Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName, RetentionInDays } } });
    await bench.deploy(template(group('/a', 1)));
    await bench.deploy(template(group('/a', 7)));
    expect(bench.history()).not.toContain('Group: DELETE_COMPLETE');
    await bench.deploy(template(group('/b', 7), { Arn: { Value: { 'Fn::GetAtt': ['Group', 'Arn'] } } }));
    expect(bench.history()).toContain('Group: DELETE_COMPLETE');
    expect(bench.output('Arn')).toBe(`arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/b:*`);
  });
});

describe('rollbacks that fail', () => {
  /** A stack whose rollback Update is refused once. */
  async function stuck(): Promise<Bench> {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom({ Value: 'a' }), After: custom({ Value: 'a' }, needs('Thing')) }));
    bench.host.script = byId({
      Thing: ({ OldResourceProperties }) => (OldResourceProperties?.Value === 'b' ? { answer: { Status: 'FAILED', Reason: 'no way back' } } : {}),
    });
    await bench.deploy(template({ Thing: custom({ Value: 'b' }), After: custom({ Value: 'b' }, needs('Thing')), Bad: failing(['Create'], {}, needs('After')) }));
    return bench;
  }

  test('end in UPDATE_ROLLBACK_FAILED, and what needs the resource is not touched', async () => {
    const bench = await stuck();
    expect(bench.stack.status).toBe('UPDATE_ROLLBACK_FAILED');
    expect(bench.stack.statusReason).toBe('The following resource(s) failed to update: [Thing]. ');
    expect(bench.sent('After')).toEqual(['Create', 'Update id-of-After']);
    await expect(bench.deploy(template({ Thing: custom() }))).rejects.toThrow(/is in UPDATE_ROLLBACK_FAILED state and can not be updated/);
  });

  test('can be continued', async () => {
    const bench = await stuck();
    bench.host.script = () => ({});
    bench.engine.continueUpdateRollback(bench.stack);
    expect(await bench.run(bench.engine.settled(bench.stack))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.sent('After')).toEqual(['Create', 'Update id-of-After', 'Update id-of-After']);
    expect(bench.stack.resources.get('Thing')!.properties.Value).toBe('a');
  });

  test('can be continued without the resource', async () => {
    const bench = await stuck();
    const before = bench.sent('Thing').length;
    expect(() => bench.engine.continueUpdateRollback(bench.stack, { resourcesToSkip: ['After'] })).toThrow(/cannot be skipped/);
    bench.engine.continueUpdateRollback(bench.stack, { resourcesToSkip: ['Thing'] });
    expect(await bench.run(bench.engine.settled(bench.stack))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.sent('Thing')).toHaveLength(before);
  });

  test('go on with the id that the refused rollback Update answered', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom({ Value: 'a' }) }));
    const refused = { answer: { Status: 'FAILED', Reason: 'no', PhysicalResourceId: 'other' } };
    bench.host.script = ({ OldResourceProperties }) => (OldResourceProperties?.Value === 'b' ? refused : {});
    const bad = failing(['Create'], {}, needs('Thing'));
    expect(await bench.deploy(template({ Thing: custom({ Value: 'b' }), Bad: bad }))).toBe('UPDATE_ROLLBACK_FAILED');
    bench.host.script = () => ({});
    bench.engine.continueUpdateRollback(bench.stack);
    await bench.run(bench.engine.settled(bench.stack));
    expect(bench.sent('Thing')).toEqual(['Create', 'Update id-of-Thing', 'Update id-of-Thing', 'Update other']);
  });

  test('of a creation end in ROLLBACK_FAILED; deleting again tries again', async () => {
    const bench = new Bench();
    bench.host.script = byType({ Delete: { answer: { Status: 'FAILED', Reason: 'stuck' } } });
    expect(await bench.deploy(template({ Thing: custom(), Bad: failing(['Create'], {}, needs('Thing')) }))).toBe('ROLLBACK_FAILED');
    expect(bench.stack.statusReason).toBe('The following resource(s) failed to delete: [Thing]. ');
    bench.host.script = () => ({});
    expect(await bench.destroy()).toBe('DELETE_COMPLETE');
    expect(bench.sent()).toEqual(['Create', 'Delete id-of-Thing', 'Delete id-of-Thing']);
  });
});

describe('deletion', () => {
  test('L10 a failed Delete blocks what it needs; the second deletion takes up from there', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Needed: custom(), Thing: custom({}, needs('Needed')), Free: custom() }));
    bench.host.script = byId({ Thing: () => ({ answer: { Status: 'FAILED', Reason: 'repair me' } }) });
    expect(await bench.destroy()).toBe('DELETE_FAILED');
    expect(bench.stack.statusReason).toBe('The following resource(s) failed to delete: [Thing]. ');
    expect(bench.reason('Thing', 'DELETE_FAILED')).toMatch(/repair me/);
    expect([...bench.stack.resources.keys()]).toEqual(['Needed', 'Thing']);
    bench.host.script = () => ({});
    expect(await bench.destroy()).toBe('DELETE_COMPLETE');
    expect(bench.sent('Free')).toEqual(['Create', 'Delete id-of-Free']);
    expect(bench.sent('Thing')).toEqual(['Create', 'Delete id-of-Thing', 'Delete id-of-Thing']);
  });

  test('a resource can be retained once its deletion has failed, not before', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom() }));
    await expect(bench.destroy(['Thing'])).rejects.toThrow(/only when the current stack state is DELETE_FAILED/);
    bench.host.script = byType({ Delete: { answer: { Status: 'FAILED', Reason: 'no' } } });
    expect(await bench.destroy()).toBe('DELETE_FAILED');
    expect(await bench.destroy(['Thing'])).toBe('DELETE_COMPLETE');
    expect(bench.sent()).toEqual(['Create', 'Delete id-of-Thing']);
  });

  test('a Delete that is not answered fails after ServiceTimeout', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom({ ServiceTimeout: 30 }) }));
    bench.host.script = () => undefined;
    expect(await bench.destroy()).toBe('DELETE_FAILED');
    expect(bench.engine.requests[1].outcome!.at - bench.engine.requests[1].sentAt).toBe(30_000);
  });

  test.each([
    ['Retain', 'kept', 'kept', 'kept'],
    ['RetainExceptOnCreate', 'kept', 'kept', 'gone'],
    ['Delete', 'gone', 'gone', 'gone'],
  ])('L11 DeletionPolicy %s: stack deleted %s, resource removed %s, creation rolled back %s', async (DeletionPolicy, deleted, removed, rolledBack) => {
    const outcome = (bench: Bench) => (bench.sent('Thing').some((request) => request.startsWith('Delete')) ? 'gone' : 'kept');
    const thing = custom({}, { DeletionPolicy });
    const [first, second, third] = [new Bench(), new Bench(), new Bench()];
    await first.deploy(template({ Thing: thing }));
    await first.destroy();
    await second.deploy(template({ Thing: thing }));
    await second.deploy(template({ Other: inert() }));
    await third.deploy(template({ Thing: thing, Bad: failing(['Create'], {}, needs('Thing')) }));
    expect([first, second, third].map(outcome)).toEqual([deleted, removed, rolledBack]);
  });

  test.each([
    ['Retain', ['Create']],
    ['RetainExceptOnCreate', ['Create', 'Delete id-of-Thing']],
    ['Delete', ['Create', 'Delete id-of-Thing']],
  ])('L11 DeletionPolicy %s of a resource that an update had added and rolls back', async (DeletionPolicy, sent) => {
    const bench = new Bench();
    await bench.deploy(template({ Old: inert() }));
    const thing = custom({}, { DeletionPolicy });
    const bad = failing(['Create'], {}, needs('Thing'));
    expect(await bench.deploy(template({ Old: inert(), Thing: thing, Bad: bad }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.sent()).toEqual(sent);
  });

  test('a name is free again once its resource is deleted', async () => {
    const bench = new Bench();
    const group = template({ Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/a' } } });
    await bench.deploy(group);
    await bench.destroy();
    expect(await bench.deploy(group)).toBe('CREATE_COMPLETE');
  });

  test('UpdateReplacePolicy keeps what was replaced', async () => {
    const bench = new Bench();
    const group = (LogGroupName: string) => ({ Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName }, UpdateReplacePolicy: 'Retain' });
    await bench.deploy(template({ Group: group('/a') }));
    await bench.deploy(template({ Group: group('/b') }));
    expect(bench.history()).toContain('Group: DELETE_SKIPPED');
    // what was kept is in the way of another with that name
    expect(await bench.deploy(template({ Group: group('/b'), Other: group('/a') }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.reason('Other', 'CREATE_FAILED')).toMatch(/already exists/);
  });

  test('termination protection', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: inert() }));
    bench.stack.terminationProtection = true;
    await expect(bench.destroy()).rejects.toThrow('Stack [Stack] cannot be deleted while TerminationProtection is enabled');
  });
});

describe('L20 without rollback', () => {
  const keep = { onFailure: 'DO_NOTHING' } as const;

  test('a failed creation stays, and independent resources are finished', async () => {
    const bench = new Bench();
    bench.host.script = () => ({ after: 60 });
    expect(await bench.deploy(template({ Bad: failing(['Create']), Thing: custom() }), {}, keep)).toBe('CREATE_FAILED');
    expect(bench.stack.resources.get('Thing')!.status).toBe('CREATE_COMPLETE');
    expect(bench.sent()).toEqual(['Create']);
    await expect(bench.deploy(template({ Thing: custom() }))).rejects.toThrow(/please use the disable-rollback parameter/);
    expect(await bench.deploy(template({ Thing: custom(), Good: inert() }), {}, keep)).toBe('UPDATE_COMPLETE');
    expect(bench.sent()).toEqual(['Create']);
  });

  test.each([
    ['deleteFirst', ['Create', 'Delete failed-id', 'Create']],
    ['createFirst', ['Create', 'Create', 'Delete failed-id']],
  ] as const)('a failed Create is repeated, %s', async (retryWithoutRollback, sent) => {
    const bench = new Bench({ unknowns: { retryWithoutRollback } });
    bench.host.script = () => ({ answer: { Status: 'FAILED', Reason: 'no', PhysicalResourceId: 'failed-id' } });
    expect(await bench.deploy(template({ Thing: custom() }), {}, keep)).toBe('CREATE_FAILED');
    bench.host.script = () => ({});
    expect(await bench.deploy(template({ Thing: custom() }), {}, keep)).toBe('UPDATE_COMPLETE');
    expect(bench.sent()).toEqual(sent);
    expect(bench.stack.resources.get('Thing')).toMatchObject({ physicalId: 'id-of-Thing', status: 'CREATE_COMPLETE' });
  });

  test('a failed update keeps what succeeded, puts back what failed, and can be rolled back later', async () => {
    const bench = new Bench();
    const things = (Value: string) => template({ Good: custom({ Value }), Thing: custom({ Value }) });
    await bench.deploy(things('a'));
    bench.host.script = byId({
      Thing: ({ ResourceProperties }) => (ResourceProperties.Value === 'b' ? { answer: { Status: 'FAILED', Reason: 'no b' } } : {}),
    });
    expect(await bench.deploy(things('b'), {}, keep)).toBe('UPDATE_FAILED');
    expect(bench.sent('Thing')).toEqual(['Create', 'Update id-of-Thing', 'Update id-of-Thing']);
    expect(bench.sent('Good')).toEqual(['Create', 'Update id-of-Good']);
    expect(bench.stack.resources.get('Thing')!.status).toBe('UPDATE_FAILED');
    bench.engine.rollbackStack(bench.stack);
    expect(await bench.run(bench.engine.settled(bench.stack))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.sent('Good')).toEqual(['Create', 'Update id-of-Good', 'Update id-of-Good']);
    expect(bench.stack.resources.get('Good')!.properties.Value).toBe('a');
  });

  test('a failed creation can be rolled back later', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Bad: failing(['Create']), Thing: custom() }), {}, keep);
    bench.engine.rollbackStack(bench.stack);
    expect(await bench.run(bench.engine.settled(bench.stack))).toBe('ROLLBACK_COMPLETE');
    expect(bench.sent()).toEqual(['Create', 'Delete id-of-Thing']);
  });
});

describe('exports and imports', () => {
  const producer = (value: string) => template({ Thing: inert() }, { Out: { Value: value, Export: { Name: 'shared' } } });
  const consumer = template({ Thing: custom({ Value: { 'Fn::ImportValue': 'shared' } }) });

  async function linked(): Promise<Bench> {
    const bench = new Bench();
    await bench.deploy(producer('one'));
    await bench.run(bench.engine.deploy('Consumer', consumer));
    return bench;
  }

  test('an import gets the value of the export', async () => {
    const bench = await linked();
    expect(bench.engine.requests[0].request.ResourceProperties.Value).toBe('one');
  });

  test('fails where there is no such export', async () => {
    const bench = new Bench();
    expect(await bench.deploy(consumer)).toBe('ROLLBACK_COMPLETE');
    expect(bench.reason('Thing', 'CREATE_FAILED')).toBe('No export named shared found.');
  });

  test('an export in use cannot be changed or removed', async () => {
    const bench = await linked();
    expect(await bench.deploy(producer('two'))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.reason('Stack', 'UPDATE_ROLLBACK_IN_PROGRESS')).toBe('Export shared cannot be updated as it is in use by Consumer');
    expect(await bench.deploy(template({ Thing: inert() }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.reason('Stack', 'UPDATE_ROLLBACK_IN_PROGRESS')).toBe('Export shared cannot be deleted as it is in use by Consumer');
    expect(bench.output('Out')).toBe('one');
  });

  test('a stack whose export is in use is not deleted until the import is gone', async () => {
    const bench = await linked();
    expect(await bench.destroy()).toBe('CREATE_COMPLETE');
    expect(bench.stack.statusReason).toBe('Export shared cannot be deleted as it is in use by Consumer');
    await bench.run(bench.engine.destroy('Consumer'));
    expect(await bench.destroy()).toBe('DELETE_COMPLETE');
  });

  test('fails where the name is taken', async () => {
    const bench = await linked();
    expect(await bench.run(bench.engine.deploy('Second', producer('x')))).toBe('ROLLBACK_COMPLETE');
    expect(bench.engine.events('Second').find(({ ResourceStatus }) => ResourceStatus === 'ROLLBACK_IN_PROGRESS')!.ResourceStatusReason)
      .toMatch('Export with name shared is already exported by stack Stack.');
  });

  test('accounts and Regions do not see each other', async () => {
    const bench = await linked();
    const place = { accountId: '222222222222', region: REGION };
    expect(await bench.run(bench.engine.deploy('Stack', producer('other'), {}, { place }))).toBe('CREATE_COMPLETE');
    expect(bench.engine.listExports(place)).toMatchObject([{ value: 'other' }]);
    expect(bench.engine.listStacks(place)[0].stackId).toMatch('arn:aws:cloudformation:us-east-1:222222222222:stack/Stack/');
  });
});

describe('L18 nested stacks', () => {
  const nested = (url: string, Parameters: object = {}, attributes: object = {}) =>
    ({ Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: url, Parameters }, ...attributes });
  const child = (properties: Record<string, string>) => ({
    Parameters: { Value: { Type: 'String' } },
    ...template({ Thing: custom({ Value: { Ref: 'Value' }, ...properties }) }, { Id: { Value: { Ref: 'Thing' } } }),
  });

  test('get parameters, give outputs, and are deleted with their parent', async () => {
    const bench = new Bench();
    bench.templates.set('url', child({}));
    const parent = template({ Nested: nested('url', { Value: 'v' }) }, { Id: { Value: { 'Fn::GetAtt': ['Nested', 'Outputs.Id'] } } });
    expect(await bench.deploy(parent)).toBe('CREATE_COMPLETE');
    expect(bench.output('Id')).toBe('id-of-Thing');
    const { request } = bench.engine.requests[0];
    expect(request.ResourceProperties.Value).toBe('v');
    expect(request.StackId).toMatch(/:stack\/Stack-Nested-[A-Z0-9]{12}\//);
    expect(await bench.destroy()).toBe('DELETE_COMPLETE');
    expect(bench.sent()).toEqual(['Create', 'Delete id-of-Thing']);
    expect(bench.engine.listStacks({ accountId: ACCOUNT, region: REGION }).map(({ status }) => status)).toEqual(['DELETE_COMPLETE', 'DELETE_COMPLETE']);
  });

  test('that fail to be created fail their parent, and are deleted by its rollback', async () => {
    const bench = new Bench();
    bench.templates.set('url', child({}));
    bench.host.script = byType({ Create: { answer: { Status: 'FAILED', Reason: 'no', PhysicalResourceId: 'x' } } });
    expect(await bench.deploy(template({ Nested: nested('url', { Value: 'v' }) }))).toBe('ROLLBACK_COMPLETE');
    expect(bench.reason('Nested', 'CREATE_FAILED')).toMatch(/^Embedded stack arn:.* was not successfully created: The following resource\(s\) failed to create: \[Thing\]\. $/);
    expect(bench.sent()).toEqual(['Create', 'Delete x']);
  });

  test('are cancelled with their parent', async () => {
    const bench = new Bench();
    bench.templates.set('url', child({}));
    bench.host.script = byType({ Create: { after: 100 } });
    expect(await bench.deploy(template({ Nested: nested('url', { Value: 'v' }), Bad: failing(['Create'], { AfterSeconds: 5 }) }))).toBe('ROLLBACK_COMPLETE');
    expect(bench.sent()).toEqual(['Create', expect.stringMatching(/^Delete Stack-Nested-[A-Z0-9]{12}-Thing-[A-Z0-9]{12}$/)]);
  });

  test('that were updated roll back when their parent does, and clean up only when it does', async () => {
    const bench = new Bench();
    bench.templates.set('one', { ...child({}), ...template({ Thing: custom({ Value: { Ref: 'Value' } }), Old: custom() }) });
    bench.templates.set('two', child({}));
    await bench.deploy(template({ Nested: nested('one', { Value: 'a' }) }));
    const bad = failing(['Create'], {}, needs('Nested'));
    expect(await bench.deploy(template({ Nested: nested('two', { Value: 'b' }), Bad: bad }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.sent('Old')).toEqual(['Create']);
    expect(bench.sent('Thing')).toEqual(['Create', 'Update id-of-Thing', 'Update id-of-Thing']);
    expect(await bench.deploy(template({ Nested: nested('two', { Value: 'b' }), Slow: failing([], { AfterSeconds: 60 }) }))).toBe('UPDATE_COMPLETE');
    expect(bench.sent('Old')).toEqual(['Create', 'Delete id-of-Old']);
    const [deletion] = bench.engine.requests.slice(-1);
    expect(deletion.sentAt).toBeGreaterThan(bench.engine.requests.at(-2)!.sentAt + 50_000);
  });

  test('whose new template cannot be used stay as they are', async () => {
    const bench = new Bench();
    bench.templates.set('url', child({}));
    bench.templates.set('broken', {});
    await bench.deploy(template({ Nested: nested('url', { Value: 'a' }) }));
    expect(await bench.deploy(template({ Nested: nested('broken') }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    const [childStack] = bench.engine.listStacks({ accountId: ACCOUNT, region: REGION });
    expect(childStack.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.sent()).toEqual(['Create']);
  });

  test('whose update fails are rolled back', async () => {
    const bench = new Bench();
    bench.templates.set('url', child({}));
    await bench.deploy(template({ Nested: nested('url', { Value: 'a' }) }));
    bench.host.script = ({ ResourceProperties }) => (ResourceProperties.Value === 'b' ? { answer: { Status: 'FAILED', Reason: 'no' } } : {});
    expect(await bench.deploy(template({ Nested: nested('url', { Value: 'b' }) }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    const [childStack] = bench.engine.listStacks({ accountId: ACCOUNT, region: REGION });
    expect(childStack.status).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(childStack.resources.get('Thing')!.properties.Value).toBe('a');
  });
});

describe('native resources', () => {
  test('a function can be deployed, changed and used as service token', async () => {
    const bench = new Bench();
    const handler = (Timeout: number) => ({
      Type: 'AWS::Lambda::Function',
      Properties: {
        Role: 'arn:aws:iam::111111111111:role/r',
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Timeout,
        Code: { S3Bucket: 'bucket', S3Key: 'key' },
        Environment: { Variables: { TABLE: 'table', NUMBER: 5 } },
        LoggingConfig: { LogGroup: 'group', LogFormat: 'JSON' },
        ReservedConcurrentExecutions: 2,
      },
    });
    const retries = { Type: 'AWS::Lambda::EventInvokeConfig', Properties: { FunctionName: { Ref: 'Handler' }, Qualifier: '$LATEST', MaximumRetryAttempts: 1 } };
    const token = { ServiceToken: { 'Fn::GetAtt': ['Handler', 'Arn'] } };
    await bench.deploy(template({ Handler: handler(60), Retries: retries, Thing: custom(token) }));
    const [configuration] = [...bench.host.functions.values()];
    expect(configuration).toMatchObject({
      functionName: expect.stringMatching(/^Stack-Handler-[A-Z0-9]{12}$/),
      accountId: ACCOUNT,
      region: REGION,
      timeoutSeconds: 60,
      memoryMegabytes: 128,
      environment: { TABLE: 'table', NUMBER: '5' },
      logGroupName: 'group',
      logging: { format: 'JSON' },
      reservedConcurrency: 2,
      maximumRetryAttempts: 1,
    });
    await bench.deploy(template({ Handler: handler(90), Retries: retries, Thing: custom(token) }));
    expect([...bench.host.functions.values()]).toMatchObject([{ timeoutSeconds: 90, maximumRetryAttempts: 1 }]);
    expect(bench.sent()).toEqual(['Create']);
    await bench.destroy();
    expect(bench.host.functions.size).toBe(0);
  });

  test('a wait condition that nobody signals fails after its time-out', async () => {
    const bench = new Bench();
    const wait = { Type: 'AWS::CloudFormation::WaitCondition', Properties: { Handle: 'x', Timeout: '30' } };
    const start = bench.clock.now();
    expect(await bench.deploy(template({ Wait: wait }))).toBe('ROLLBACK_COMPLETE');
    expect(bench.reason('Wait', 'CREATE_FAILED')).toBe('WaitCondition timed out. Received 0 conditions when expecting 1');
    expect(bench.clock.now() - start).toBeLessThan(31_000);
  });

  test('unknown types are inert, with any attribute', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: inert() }, {
      Id: { Value: { Ref: 'Thing' } }, Arn: { Value: { 'Fn::GetAtt': ['Thing', 'Arn'] } }, Other: { Value: { 'Fn::GetAtt': ['Thing', 'Other'] } },
    }));
    expect(bench.output('Id')).toMatch(/^Stack-Thing-[A-Z0-9]{12}$/);
    expect(bench.output('Arn')).toBe(`arn:aws:some:${REGION}:${ACCOUNT}:thing/${bench.output('Id')}`);
    expect(bench.output('Other')).toBe(`${bench.output('Id')}.Other`);
  });

  test('a hook makes any native resource fail', async () => {
    const bench = new Bench();
    bench.engine.nativeResources.failures = (action, { logicalId }) => (action === 'delete' && logicalId === 'Thing' ? 'in use' : undefined);
    await bench.deploy(template({ Thing: inert() }));
    expect(await bench.destroy()).toBe('DELETE_FAILED');
    bench.engine.nativeResources.failures = undefined;
    expect(await bench.destroy()).toBe('DELETE_COMPLETE');
  });
});

test('many resources answer in the same instant, and the events are the same every time', async () => {
  const run = async () => {
    const bench = new Bench();
    bench.host.script = (request) => ({ after: 1, answer: goodAnswer(request) });
    await bench.deploy(template(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`Thing${i}`, custom({ ServiceToken: FUNCTION_ARN })]))));
    return bench.engine.events('Stack');
  };
  expect(await run()).toEqual(await run());
});
