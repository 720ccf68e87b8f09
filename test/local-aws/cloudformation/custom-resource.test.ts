import { Bench, custom, failing, FUNCTION_ARN, goodAnswer, inert, template, type Script } from './bench';
import { STAMPS, type CustomResourceRequest } from './custom-resource';

/** Answers as `script` says for one kind of request, and well to all others. */
function when(type: string, reply: ReturnType<Script>): Script {
  return (request) => (request.RequestType === type ? reply : { after: 1 });
}

describe('requests', () => {
  test('P5 Create carries every member, with all scalars as strings', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom({ Flag: true, Number: 5, List: [1, 'two'], Map: { Deep: false } }) }));
    const { request } = bench.engine.requests[0];
    expect(request).toEqual({
      RequestType: 'Create',
      ServiceToken: FUNCTION_ARN,
      ResponseURL: expect.stringMatching(/^https:\/\/localhost\/cloudformation-custom-resource-response-useast1\/arn%3Aaws%3Acloudformation/),
      StackId: bench.stack.stackId,
      RequestId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      LogicalResourceId: 'Thing',
      ResourceType: 'Custom::Thing',
      ResourceProperties: {
        ServiceToken: FUNCTION_ARN, ServiceTimeout: '600', Flag: 'true', Number: '5', List: ['1', 'two'], Map: { Deep: 'false' },
      },
    });
  });

  test('Update carries old properties and the physical id, Delete the id; each has its own request id', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom({ Value: 'a' }) }));
    await bench.deploy(template({ Thing: custom({ Value: 'b' }) }));
    await bench.destroy();
    const [, update, deletion] = bench.engine.requests.map(({ request }) => request);
    expect(update).toMatchObject({ RequestType: 'Update', PhysicalResourceId: 'id-of-Thing' });
    expect(update.ResourceProperties.Value).toBe('b');
    expect(update.OldResourceProperties!.Value).toBe('a');
    expect(deletion).toMatchObject({ RequestType: 'Delete', PhysicalResourceId: 'id-of-Thing' });
    expect(deletion.OldResourceProperties).toBeUndefined();
    expect(deletion.ResourceProperties.Value).toBe('b');
    expect(new Set(bench.engine.requests.map(({ request }) => request.RequestId)).size).toBe(3);
  });

  test('L2 an unchanged resource gets no request, whatever the types of its scalars', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom({ Flag: true, Number: 5 }) }));
    expect(await bench.deploy(template({ Thing: custom({ Flag: 'true', Number: '5' }), Other: inert() }))).toBe('UPDATE_COMPLETE');
    expect(bench.sent()).toEqual(['Create']);
  });

  test('a change of ServiceTimeout alone is a change', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom({ ServiceTimeout: 60 }) }));
    await bench.deploy(template({ Thing: custom({ ServiceTimeout: 61 }) }));
    expect(bench.sent()).toEqual(['Create', 'Update id-of-Thing']);
  });

  test('policies change without a request', async () => {
    const bench = new Bench();
    await bench.deploy(template({ Thing: custom() }));
    expect(await bench.deploy(template({ Thing: custom({}, { DeletionPolicy: 'Retain' }) }))).toBe('UPDATE_COMPLETE');
    expect(await bench.destroy()).toBe('DELETE_COMPLETE');
    expect(bench.sent()).toEqual(['Create']);
    expect(bench.history()).toContain('Thing: DELETE_SKIPPED');
  });

  test.each([
    [{ ServiceToken: `${FUNCTION_ARN}-gone` }, /^Function not found: /],
    [{ ServiceToken: FUNCTION_ARN.replace('us-east-1', 'eu-west-1') }, /^Invalid service token /],
    [{ ServiceTimeout: 0 }, /^Invalid ServiceTimeout/],
    [{ ServiceTimeout: 3601 }, /^Invalid ServiceTimeout/],
  ])('fails without a request: %j', async (properties, reason) => {
    const bench = new Bench();
    expect(await bench.deploy(template({ Thing: custom(properties) }))).toBe('ROLLBACK_COMPLETE');
    expect(bench.reason('Thing', 'CREATE_FAILED')).toMatch(reason);
    expect(bench.sent()).toEqual([]);
  });

  test('P12 fails when the event is larger than Lambda takes', async () => {
    const bench = new Bench();
    expect(await bench.deploy(template({ Thing: custom({ Text: 'x'.repeat(990_000) }) }))).toBe('CREATE_COMPLETE');
    expect(await bench.deploy(template({ Thing: custom({ Text: 'y'.repeat(990_000) }) }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.reason('Thing', 'UPDATE_FAILED')).toMatch(/payload is too large/);
    expect(bench.sent()).toEqual(['Create']);
  });

  test('fails when the service token changes, and leaves the resource alone', async () => {
    const bench = new Bench();
    const token = { 'Fn::GetAtt': ['Function', 'Arn'] };
    const handler = { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'other', Role: 'role', Code: { S3Bucket: 'b', S3Key: 'k' } } };
    await bench.deploy(template({ Function: handler, Thing: custom() }));
    expect(await bench.deploy(template({ Function: handler, Thing: custom({ ServiceToken: token }) }))).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(bench.reason('Thing', 'UPDATE_FAILED')).toBe('Modifying service token is not allowed.');
    expect(bench.sent()).toEqual(['Create']);
  });
});

describe('answers', () => {
  test('attributes reach other resources and outputs', async () => {
    const bench = new Bench();
    bench.host.script = () => ({ answer: { Data: { Name: 'value', Number: 3 } } });
    await bench.deploy(template(
      { Thing: custom(), Other: inert({ Name: { 'Fn::GetAtt': ['Thing', 'Name'] } }) },
      { Name: { Value: { 'Fn::Sub': '${Thing.Name}-${Thing}-${Thing.Number}' } } },
    ));
    expect(bench.output('Name')).toBe('value-id-of-Thing-3');
    expect(bench.stack.resources.get('Other')!.properties).toEqual({ Name: 'value' });
  });

  test('fails the resource that uses an attribute which the answer does not hold', async () => {
    const bench = new Bench();
    expect(await bench.deploy(template({ Thing: custom(), Other: inert({ Name: { 'Fn::GetAtt': ['Thing', 'Absent'] } }) }))).toBe('ROLLBACK_COMPLETE');
    expect(bench.reason('Other', 'CREATE_FAILED')).toMatch(/^CustomResource attribute error: Vendor response doesn't contain Absent key in object arn:aws:/);
    expect(bench.sent()).toEqual(['Create', 'Delete id-of-Thing']);
  });

  test('fails an output that uses an attribute which the answer does not hold', async () => {
    const bench = new Bench();
    expect(await bench.deploy(template({ Thing: custom() }, { Name: { Value: { 'Fn::GetAtt': 'Thing.Absent' } } }))).toBe('ROLLBACK_COMPLETE');
    expect(bench.reason('Stack', 'ROLLBACK_IN_PROGRESS')).toMatch(/Vendor response doesn't contain Absent key/);
  });

  test('L5 a failed Create is deleted with the id of its answer', async () => {
    const bench = new Bench();
    bench.host.script = when('Create', { answer: { Status: 'FAILED', Reason: 'because', PhysicalResourceId: 'mine' } });
    expect(await bench.deploy(template({ Thing: custom() }))).toBe('ROLLBACK_COMPLETE');
    const { RequestId } = bench.engine.requests[0].request;
    expect(bench.reason('Thing', 'CREATE_FAILED'))
      .toBe(`Received response status [FAILED] from custom resource. Message returned: because (RequestId: ${RequestId})`);
    expect(bench.sent()).toEqual(['Create', 'Delete mine']);
  });

  test.each([
    ['no id', { PhysicalResourceId: undefined }, 'Invalid PhysicalResourceId'],
    ['an empty id', { PhysicalResourceId: '' }, 'Invalid PhysicalResourceId'],
    ['an id of more than 1,024 bytes', { PhysicalResourceId: 'ü'.repeat(513) }, 'Invalid PhysicalResourceId'],
    ['a failure without an id', { Status: 'FAILED', Reason: 'hidden', PhysicalResourceId: undefined }, 'Invalid PhysicalResourceId'],
    ['more than 4,096 bytes', { Data: { Text: 'x'.repeat(4096) } }, 'Response object is too long.'],
    ['a reason that is null', { Status: 'FAILED', Reason: null }, 'Invalid response: Reason must be a string'],
    ['another status', { Status: 'success' }, 'Invalid response: Status must be SUCCESS or FAILED'],
  ])('P2 P3 fails on %s, and the Delete comes with an invented id', async (_, answer, reason) => {
    const bench = new Bench();
    bench.host.script = when('Create', { answer });
    expect(await bench.deploy(template({ Thing: custom() }))).toBe('ROLLBACK_COMPLETE');
    expect(bench.reason('Thing', 'CREATE_FAILED')).toBe(reason);
    expect(bench.sent()).toEqual(['Create', expect.stringMatching(/^Delete Stack-Thing-[A-Z0-9]{12}$/)]);
  });

  test('an answer of 4,096 bytes and an id of 1,024 are accepted', async () => {
    const bench = new Bench();
    bench.host.script = (request) => {
      const answer = { ...goodAnswer(request), PhysicalResourceId: 'i'.repeat(1024), Reason: '' };
      return { answer: { ...answer, Reason: 'x'.repeat(4096 - JSON.stringify(answer).length) } };
    };
    expect(await bench.deploy(template({ Thing: custom() }))).toBe('CREATE_COMPLETE');
    expect(bench.engine.requests[0].answers[0].body).toHaveLength(4096);
  });

  test.each([
    ['RequestId', { RequestId: 'other' }],
    ['StackId', { StackId: 'other' }],
    ['LogicalResourceId', { LogicalResourceId: 'other' }],
  ])('P4 an answer with another %s counts for nothing', async (_, answer) => {
    const bench = new Bench();
    bench.host.script = when('Create', { answer });
    expect(await bench.deploy(template({ Thing: custom() }))).toBe('ROLLBACK_COMPLETE');
    expect(bench.engine.requests[0]).toMatchObject({ outcome: { kind: 'timedOut' }, answers: [{ use: 'unusable' }] });
  });

  test('an answer that is no JSON counts for nothing, a good one after it does', async () => {
    const bench = new Bench();
    bench.host.script = (request) => {
      bench.clock.after(5000, () => bench.put(request.ResponseURL, JSON.stringify(goodAnswer(request))));
      return { body: 'Status: SUCCESS' };
    };
    expect(await bench.deploy(template({ Thing: custom() }))).toBe('CREATE_COMPLETE');
    expect(bench.engine.requests[0].answers.map(({ use }) => use)).toEqual(['unusable', 'first']);
  });

  test('gives up after ServiceTimeout and ignores what comes later', async () => {
    const bench = new Bench();
    bench.host.script = when('Create', { after: 70 });
    const start = bench.clock.now();
    expect(await bench.deploy(template({ Thing: custom({ ServiceTimeout: 60 }) }))).toBe('ROLLBACK_COMPLETE');
    const { RequestId } = bench.engine.requests[0].request;
    expect(bench.reason('Thing', 'CREATE_FAILED')).toMatch(`Please check your logs for requestId [${RequestId}].`);
    expect(bench.engine.requests[0].outcome).toEqual({ at: start + 60_000, kind: 'timedOut' });
    await bench.run(bench.clock.sleep(60_000));
    expect(bench.engine.requests[0].answers).toMatchObject([{ use: 'late', httpStatus: 200 }]);
    expect(bench.sent()).toEqual(['Create', expect.stringMatching(/^Delete Stack-Thing-[A-Z0-9]{12}$/)]);
  });

  test('waits an hour where no ServiceTimeout is given', async () => {
    const bench = new Bench();
    bench.host.script = when('Create', undefined);
    const start = bench.clock.now();
    await bench.deploy(template({ Thing: { Type: 'AWS::CloudFormation::CustomResource', Properties: { ServiceToken: FUNCTION_ARN } } }));
    expect(bench.engine.requests[0].outcome).toEqual({ at: start + 3_600_000, kind: 'timedOut' });
  });

  test('D9 second answers are taken, recorded and ignored', async () => {
    const bench = new Bench();
    bench.host.script = (request) => {
      bench.clock.after(2000, () => bench.put(request.ResponseURL, JSON.stringify({ ...goodAnswer(request), Status: 'FAILED' })));
      return { after: 1 };
    };
    expect(await bench.deploy(template({ Thing: custom(), Slow: failing([], { AfterSeconds: 9 }) }))).toBe('CREATE_COMPLETE');
    expect(bench.engine.requests[0].answers.map(({ use, httpStatus }) => [use, httpStatus])).toEqual([['first', 200], ['later', 200]]);
  });
});

describe('the response address', () => {
  async function addresses(options: object): Promise<URL[]> {
    const bench = new Bench({ customResources: options });
    bench.host.script = () => ({});
    await bench.deploy(template({ Thing: custom() }));
    await bench.deploy(template({ Thing: custom({ Changed: 1 }) }));
    return bench.engine.requests.map(({ request }) => new URL(request.ResponseURL));
  }

  test('has the form of SigV4 with the time of issue', async () => {
    const [url] = await addresses({ responseUrlBase: 'http://127.0.0.1:4566', responseUrlForm: 'sigv4' });
    expect(url.origin).toBe('http://127.0.0.1:4566');
    expect(url.searchParams.get('X-Amz-Date')).toBe('20260101T000000Z');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('7200');
    expect(url.searchParams.get('X-Amz-Signature')).toMatch(/^[0-9a-f]{64}$/);
  });

  test('has the form of SigV2 with the time of expiry', async () => {
    const [url] = await addresses({ responseUrlForm: 'sigv2' });
    expect(url.searchParams.get('Expires')).toBe(String(Date.UTC(2026, 0, 1, 2) / 1000));
    expect(url.searchParams.get('Signature')).toBeTruthy();
  });

  test('has no signature at all', async () => {
    const [url] = await addresses({ responseUrlForm: 'none' });
    expect(url.search).toBe('');
  });

  test('can repeat the second of the previous request, and lie two seconds apart in the wrong order', async () => {
    const dates = async (stamp: unknown) => (await addresses({ stamp })).map((url) => url.searchParams.get('X-Amz-Date'));
    expect(await dates(STAMPS.exact)).toEqual(['20260101T000000Z', '20260101T000000Z']);
    expect(await dates(STAMPS.skewed)).toEqual(['20260101T000001Z', '20251231T235959Z']);
    const bench = new Bench({ customResources: { stamp: STAMPS.sameSecond } });
    await bench.deploy(template({ Thing: custom() }));
    await bench.deploy(template({ Thing: custom({ Changed: 1 }) }));
    const seconds = bench.engine.requests.map(({ request }) => new URL(request.ResponseURL).searchParams.get('X-Amz-Date'));
    expect(bench.engine.requests[1].sentAt).toBeGreaterThanOrEqual(bench.engine.requests[0].sentAt + 1000);
    expect(seconds[1]).toBe(seconds[0]);
  });

  test('refuses a PUT after two hours, and one that is not as signed', async () => {
    const bench = new Bench();
    let request: CustomResourceRequest | undefined;
    bench.host.script = (received) => {
      request ??= received;
      return {};
    };
    await bench.deploy(template({ Thing: custom() }));
    const { ResponseURL } = request!;
    expect(bench.put(ResponseURL, '{}')).toBe(200);
    expect(bench.put(ResponseURL.replace('Signature=', 'Signature=0'), '{}')).toBe(403);
    expect(bench.put(ResponseURL.replace('Thing', 'Other'), '{}')).toBe(403);
    await bench.run(bench.clock.sleep(7_200_000));
    expect(bench.put(ResponseURL, '{}')).toBe(403);
    expect(bench.engine.requests[0].answers.map(({ use }) => use)).toEqual(['first', 'later', 'refused', 'refused']);
  });

  test('refuses a content type where SigV2 signs none', async () => {
    const bench = new Bench({ customResources: { responseUrlForm: 'sigv2' } });
    bench.host.script = () => ({});
    await bench.deploy(template({ Thing: custom() }));
    const { ResponseURL } = bench.engine.requests[0].request;
    const path = ResponseURL.slice(ResponseURL.indexOf('/', 8));
    expect(bench.engine.customResources.receive(path, '{}', { 'content-type': 'application/json' })).toBe(403);
    expect(bench.engine.customResources.receive(path, '{}', { 'content-type': '' })).toBe(200);
  });

  test('P7 can lose a PUT, or store it without saying so', async () => {
    const faults = ['lost', 'unconfirmed'] as const;
    const bench = new Bench({ customResources: { putFault: (_, count) => faults[count] } });
    const statuses: number[] = [];
    bench.host.script = (request) => {
      for (const second of [1, 2, 3]) {
        bench.clock.after(
          second * 1000, () => statuses.push(bench.put(request.ResponseURL, JSON.stringify(goodAnswer(request)))),
        );
      }
      return undefined;
    };
    expect(await bench.deploy(template({ Thing: custom() }))).toBe('CREATE_COMPLETE');
    expect(bench.engine.requests[0].outcome!.at - bench.engine.requests[0].sentAt).toBe(2000);
    await bench.run(bench.clock.sleep(5000));
    expect(statuses).toEqual([500, 500, 200]);
    expect(bench.engine.requests[0].answers.map(({ use }) => use)).toEqual(['lost', 'first', 'later']);
  });
});
