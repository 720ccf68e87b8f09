import * as fc from 'fast-check';
import { type Decision, fingerprintOf, handle, type Resource, type Work } from '../../../lambda/runtime/handler';
import { OutOfTime, Redeliver } from '../../../lambda/runtime/platform';
import { WAYS_OUT } from '../../../lambda/runtime/reason';
import { BEAT_MILLISECONDS, requestLogKey } from '../../../lambda/runtime/request-log';
import { TableMissing } from '../../../lambda/runtime/table';
import { VirtualClock } from '../../local-aws/clock';
import { eventOf, type EventOptions, LOGICAL_ID, SECRET, STACK_ID } from '../support/events';
import { MemoryTable } from '../support/memory-table';
import { runOn, VirtualPlatform } from '../support/virtual-platform';

const NOON = Date.UTC(2026, 0, 1, 12);
const LAMBDA_TIMEOUT = 900_000;
const DONE: Decision = { status: 'SUCCESS' };

let clock: VirtualClock;
let table: MemoryTable;
/** What was served, in order. */
let works: Work[];
let serve: (work: Work) => Promise<Decision>;
let seeds: number;

beforeEach(() => {
  clock = new VirtualClock(NOON);
  table = new MemoryTable('TheLedger');
  works = [];
  serve = async () => DONE;
  seeds = 1;
});

const resource: Resource = {
  physicalId: ({ stackId, logicalId }) => `computed-${logicalId}-${stackId.length}`,
  attributes: () => ({ LedgerTableName: table.name }),
  serve: (work) => {
    works.push(work);
    return serve(work);
  },
};

/** One delivery of an event to a process of its own. */
function delivery(event: unknown, { remaining = LAMBDA_TIMEOUT, of = resource } = {}) {
  const platform = new VirtualPlatform({ clock, seed: seeds++ });
  const ended = handle(event, remaining, platform, table, of);
  ended.catch(() => undefined);
  return { platform, ended, began: clock.now() };
}

/** The same, to its end: what it sent, or what it threw. */
async function deliver(event: unknown, options: { readonly remaining?: number; readonly of?: Resource } = {}) {
  const { platform, ended, began } = delivery(event, options);
  const thrown = await runOn(clock, ended).then(() => undefined, (error: Error) => error);
  return { platform, thrown, answers: platform.answers(), took: clock.now() - began };
}

function request(options: EventOptions = {}) {
  return eventOf({ issuedAt: NOON, ...options });
}

function outOfTimeAt(deadline: number): Promise<never> {
  return clock.sleep(deadline - clock.now()).then(() => {
    throw new OutOfTime('time ran out before CreateMembers was called for 7 accounts');
  });
}

describe('P1: every event gets one answer', () => {
  test.each(['Create', 'Update', 'Delete'] as const)('%s', async (type) => {
    const { answers, thrown } = await deliver(request({ type, requestId: 'r7' }));
    expect(thrown).toBeUndefined();
    expect(answers).toEqual([{
      Status: 'SUCCESS',
      PhysicalResourceId: type === 'Create' ? `computed-${LOGICAL_ID}-${STACK_ID.length}` : 'physical-id',
      StackId: STACK_ID,
      RequestId: 'r7',
      LogicalResourceId: LOGICAL_ID,
      Data: { LedgerTableName: 'TheLedger' },
    }]);
    expect(works).toHaveLength(1);
  });

  test('P6: malformed, where it says how', async () => {
    const { answers, platform } = await deliver({ ...request({ type: 'Create' }), RequestType: 'Upsert' });
    expect(answers).toEqual([{
      Status: 'FAILED',
      Reason: 'the event\'s RequestType is "Upsert", which is none of \'Create\', \'Update\' and \'Delete\'',
      PhysicalResourceId: `malformed-${LOGICAL_ID}`,
      StackId: STACK_ID,
      RequestId: 'request-1',
      LogicalResourceId: LOGICAL_ID,
      Data: { LedgerTableName: 'TheLedger' },
    }]);
    expect(platform.puts[0].url).toBe(request().ResponseURL);
    expect(works).toHaveLength(0);
    expect(table.operations).toHaveLength(0);
  });

  test('P6: malformed, with the physical id that it brings', async () => {
    const { answers } = await deliver({ ...request({ type: 'Delete', physicalId: 'known' }), RequestType: 'Remove' });
    expect(answers).toMatchObject([{ Status: 'FAILED', PhysicalResourceId: 'known' }]);
  });

  test('malformed and without an address throws, and is never served', async () => {
    const { answers, thrown } = await deliver({ hello: 'world' });
    expect(thrown).toMatchObject({ name: 'MalformedEvent' });
    expect(answers).toEqual([]);
    expect(works).toHaveLength(0);
  });

  test('whatever the resource throws', async () => {
    const anything = fc.oneof(
      fc.object(),
      fc.string().map((message) => new Error(message)),
      fc.record({ name: fc.string(), message: fc.string(), $fault: fc.constantFrom('client', 'server') }),
    );
    await fc.assert(
      fc.asyncProperty(anything, fc.constantFrom('Create' as const, 'Update' as const), async (thrown, type) => {
        table = new MemoryTable('TheLedger');
        serve = async () => {
          throw thrown;
        };
        const { answers, platform } = await deliver(request({ type, issuedAt: clock.now() }));
        expect(answers).toMatchObject([{ Status: 'FAILED', Reason: expect.stringMatching(/./) }]);
        expect(Buffer.byteLength(platform.puts[0].body)).toBeLessThanOrEqual(4096);
      }),
      { numRuns: 60 },
    );
  });
});

describe('P1: an error that is no object', () => {
  test.each(['', 'text', 5, undefined, null, Symbol('s')])('%p is answered too', async (thrown) => {
    serve = async () => {
      throw thrown;
    };
    expect((await deliver(request())).answers).toMatchObject([{ Status: 'FAILED' }]);
  });
});

describe('P3: the physical id', () => {
  test('is known before the first call, and the same over a life', async () => {
    serve = () => Promise.reject(new Error('no'));
    const create = await deliver(request({ type: 'Create', requestId: 'r1' }));
    const { PhysicalResourceId: physicalId } = create.answers[0];
    const update = await deliver(request({ type: 'Update', requestId: 'r2', physicalId, issuedAt: NOON + 60_000 }));
    const remove = await deliver(request({ type: 'Delete', requestId: 'r3', physicalId, issuedAt: NOON + 120_000 }));
    expect([update, remove].map(({ answers }) => answers[0].PhysicalResourceId)).toEqual([physicalId, physicalId]);
    expect(physicalId).not.toBe('');
    expect(Buffer.byteLength(physicalId)).toBeLessThanOrEqual(1024);
  });

  test('D6: is the one that a Delete brings, even one that CloudFormation has invented', async () => {
    const { answers } = await deliver(request({ type: 'Delete', physicalId: 'Stack-Members-1ABCDEF' }));
    expect(answers[0].PhysicalResourceId).toBe('Stack-Members-1ABCDEF');
  });

  test('is computed for a Delete that brings none', async () => {
    const { PhysicalResourceId: _none, ...event } = request({ type: 'Delete' });
    expect((await deliver(event)).answers[0].PhysicalResourceId).toMatch(/^computed-/);
  });
});

describe('a resource that asks for another delivery', () => {
  test('W7: gets it: nothing is recorded or sent, and the lease is given back', async () => {
    serve = () => Promise.reject(new Redeliver('later'));
    const { thrown, answers } = await deliver(request());
    expect(thrown).toEqual(new Redeliver('later'));
    expect(answers).toEqual([]);
    const meta = await table.get({ pk: requestLogKey(STACK_ID, LOGICAL_ID), sk: 'META' });
    expect(meta).toMatchObject({ state: 'working', holder: '' });
    expect(meta).not.toHaveProperty('answer');
  });
});

describe('the record of a Delete', () => {
  const meta = () => table.get({ pk: requestLogKey(STACK_ID, LOGICAL_ID), sk: 'META' });

  test('W15: stays as a mark for a while where it succeeded', async () => {
    await deliver(request({ type: 'Delete' }));
    expect(await meta()).toMatchObject({ status: 'SUCCESS', ttl: expect.any(Number) });
  });

  test('L10: stays for good where it failed, for the resource is still there', async () => {
    serve = async () => ({ status: 'FAILED', reason: 'no' });
    await deliver(request({ type: 'Delete' }));
    expect(await meta()).toMatchObject({ status: 'FAILED' });
    expect(await meta()).not.toHaveProperty('ttl');
  });

  test.each(['Create', 'Update'] as const)('is not mistaken for that of another request (%s)', async (type) => {
    await deliver(request({ type }));
    expect(await meta()).not.toHaveProperty('ttl');
  });
});

describe('delivery', () => {
  test.each([2, 3])('D1: %d times in a row has one effect and one answer, byte by byte', async (times) => {
    const bodies: string[] = [];
    for (let index = 0; index < times; index++) {
      const { platform } = await deliver(request());
      bodies.push(...platform.puts.map(({ body }) => body));
    }
    expect(new Set(bodies).size).toBe(1);
    expect(bodies).toHaveLength(times);
    expect(works).toHaveLength(1);
  });

  test('D2: twice at a time has one effect, and the same bytes', async () => {
    serve = () => clock.sleep(60_000).then(() => DONE);
    const [one, other] = [delivery(request()), delivery(request())];
    await runOn(clock, Promise.all([one.ended, other.ended]));
    expect(works).toHaveLength(1);
    expect(one.platform.puts.map(({ body }) => body)).toEqual(other.platform.puts.map(({ body }) => body));
  });

  test.each(['Update', 'Delete'] as const)('D7, D8: of a finished %s does nothing again', async (type) => {
    const event = request({ type });
    const first = await deliver(event);
    const again = await deliver(event);
    expect(works).toHaveLength(1);
    expect(again.platform.puts[0].body).toBe(first.platform.puts[0].body);
  });

  test('W7: that has to wait too long throws, and sends nothing', async () => {
    serve = () => clock.sleep(3600_000).then(() => DONE);
    delivery(request(), { remaining: 7200_000 });
    const copy = await deliver(request(), { remaining: 120_000 });
    expect(copy.thrown).toBeInstanceOf(Redeliver);
    expect(copy.answers).toEqual([]);
    expect(copy.took).toBeLessThanOrEqual(100_000);
  });

  test('W1: of an older request does nothing, and says so', async () => {
    await deliver(request({ type: 'Update', requestId: 'newer', issuedAt: NOON + 60_000 }));
    const { answers } = await deliver(request({ requestId: 'late' }));
    expect(answers).toMatchObject([{ Status: 'FAILED', Reason: expect.stringContaining('a newer request'), RequestId: 'late' }]);
    expect(works).toHaveLength(1);
  });

  test('D5: of a Delete while a Create works stops that one, which is then answered as superseded', async () => {
    serve = async ({ request: { type }, lease }) => {
      for (let second = 0; type === 'Create' && second < 600; second++) {
        await clock.sleep(1000);
        await lease.beat();
      }
      return DONE;
    };
    const create = delivery(request({ requestId: 'r1' }));
    await runOn(clock, clock.sleep(5000));
    const remove = delivery(request({ type: 'Delete', requestId: 'r2', issuedAt: NOON + 5000 }));
    await runOn(clock, Promise.all([create.ended, remove.ended]));
    expect(create.platform.answers()).toMatchObject([{ Status: 'FAILED', RequestId: 'r1' }]);
    expect(remove.platform.answers()).toMatchObject([{ Status: 'SUCCESS', RequestId: 'r2' }]);
    expect(clock.now() - NOON).toBeLessThan(15_000);
  });

  test('keeps its lease by beating while the resource works, and gives it back', async () => {
    serve = () => clock.sleep(4 * BEAT_MILLISECONDS + 1).then(() => DONE);
    await deliver(request());
    const beats = table.operations.flatMap(({ change }) => change?.set?.beat ?? []);
    expect(beats).toEqual([0, 1, 2, 3, 4]);
    expect(await table.get({ pk: requestLogKey(STACK_ID, LOGICAL_ID), sk: 'META' })).toMatchObject({ holder: '', state: 'answered' });
  });

  test('ends well when the lease cannot be given back', async () => {
    table.before = ({ change }) => {
      if (change?.set?.holder === '') throw new Error('reset');
    };
    const { thrown, answers, platform } = await deliver(request());
    expect(thrown).toBeUndefined();
    expect(answers).toHaveLength(1);
    expect(platform.lines).toContainEqual(expect.objectContaining({ level: 'warn', message: 'the lease could not be given back' }));
  });
});

describe('sending the answer', () => {
  test.each([1, 2, 3, 4])('P7: fails %d times, then works', async (failures) => {
    const { platform, ended } = delivery(request());
    platform.putScript.push(...Array.from({ length: failures }, (_, index) => (index % 2 ? 500 : Object.assign(new Error('x'), { code: 'ECONNRESET' }))));
    await runOn(clock, ended);
    expect(platform.puts).toHaveLength(failures + 1);
    expect(new Set(platform.puts.map(({ body }) => body)).size).toBe(1);
    expect(platform.lines.filter(({ level }) => level === 'warn')).toHaveLength(failures);
    expect(works).toHaveLength(1);
  });

  test('P7: that always fails throws, so that Lambda delivers again; then the same bytes are sent', async () => {
    const first = delivery(request());
    first.platform.putScript.push(...Array<number>(50).fill(503));
    await expect(runOn(clock, first.ended)).rejects.toThrow(new Redeliver('the answer could not be sent: HTTP 503'));
    expect(first.platform.puts).toHaveLength(6);
    const second = await deliver(request());
    expect(second.platform.puts.map(({ body }) => body)).toEqual([first.platform.puts[0].body]);
    expect(works).toHaveLength(1);
  });

  test('P7: waits ever longer, with jitter', async () => {
    const { platform, ended } = delivery(request());
    platform.putScript.push(500, 500, 500, 500, 500);
    await runOn(clock, ended);
    const waits = platform.puts.slice(1).map(({ at }, index) => at - platform.puts[index].at);
    [250, 500, 1000, 2000, 4000].forEach((most, index) => {
      expect(waits[index]).toBeGreaterThanOrEqual(most / 2);
      expect(waits[index]).toBeLessThanOrEqual(most);
    });
  });

  test('P7: is sent again where the bucket says that it is elsewhere', async () => {
    const { platform, ended } = delivery(request());
    platform.putScript.push(307);
    await runOn(clock, ended);
    expect(platform.puts).toHaveLength(2);
  });

  test.each([400, 403, 404])('P7: ends where the URL is no longer taken (%d)', async (status) => {
    const { platform, ended } = delivery(request());
    platform.putScript.push(status);
    await runOn(clock, ended);
    expect(platform.puts).toHaveLength(1);
    expect(platform.lines).toContainEqual(expect.objectContaining({ level: 'error', message: 'CloudFormation no longer takes the answer', status }));
  });

  test('D9: whose answer was lost is repeated with the same bytes', async () => {
    const { platform, ended } = delivery(request());
    platform.putScript.push(500);
    await runOn(clock, ended);
    expect(platform.puts.map(({ body }) => body)).toEqual([platform.puts[0].body, platform.puts[0].body]);
  });

  test('W9: happens after it is recorded', async () => {
    let recordedAt = Infinity;
    table.after = ({ change }) => {
      if (change?.set?.answer !== undefined) recordedAt = table.operations.length;
    };
    const { platform, ended } = delivery(request());
    platform.putScript.push('silence');
    void ended;
    await runOn(clock, clock.sleep(1000));
    expect(platform.puts).toHaveLength(1);
    expect(recordedAt).toBeLessThan(Infinity);
    const items = table.all();
    expect(items.find(({ sk }) => sk === 'META')).toMatchObject({ answer: platform.puts[0].body, state: 'answered' });
  });

  test('W9: does not happen where it could not be recorded', async () => {
    table.before = ({ change }) => {
      if (change?.set?.answer !== undefined) throw new Error('reset');
    };
    const { thrown, answers } = await deliver(request());
    expect(thrown).toBeDefined();
    expect(answers).toEqual([]);
  });

  test('L20: of a Delete waits until no Create can seem to be of its moment', async () => {
    const remove = await deliver(request({ type: 'Delete', requestId: 'r1' }));
    expect(remove.platform.puts[0].at - NOON).toBeGreaterThanOrEqual(3000);
    const create = await deliver(request({ type: 'Create', requestId: 'r2', issuedAt: clock.now() }));
    expect(create.answers).toMatchObject([{ Status: 'SUCCESS' }]);
  });

  test('F12: of a Delete does not wait for a wall clock that is an hour behind', async () => {
    const { platform, ended } = delivery(request({ type: 'Delete', issuedAt: NOON + 3600_000 }));
    await runOn(clock, ended);
    expect(platform.puts[0].at - NOON).toBeLessThanOrEqual(10_000);
  });
});

describe('time', () => {
  test('P8: leaves 20 s for the answer', async () => {
    await deliver(request({ properties: { ServiceTimeout: '3600' } }), { remaining: LAMBDA_TIMEOUT });
    expect(works[0].deadline).toBe(NOON + LAMBDA_TIMEOUT - 20_000);
  });

  test('P8: ends with what CloudFormation waits, counted from the issue time', async () => {
    await deliver(request({ properties: { ServiceTimeout: '600' }, issuedAt: NOON - 120_000 }));
    expect(works[0].deadline).toBe(NOON - 120_000 + 600_000 - 30_000);
  });

  test.each(['SigV2', 'timeless'] as const)('counts from the first admission where the URL is %s', async (urlForm) => {
    await deliver(request({ properties: { ServiceTimeout: '600' }, urlForm }));
    expect(works[0].deadline).toBe(NOON + 570_000);
  });

  test('P8: that runs out is used on by the next delivery, and the third one answers, at least 5 s before it is killed', async () => {
    serve = ({ deadline }) => outOfTimeAt(deadline);
    for (const attempt of [1, 2]) {
      const { thrown, answers } = await deliver(request(), { remaining: 120_000 });
      expect(thrown).toBeInstanceOf(Redeliver);
      expect(answers).toEqual([]);
      expect(works).toHaveLength(attempt);
      await runOn(clock, clock.sleep(60_000));
    }
    const { answers, took } = await deliver(request(), { remaining: 120_000 });
    expect(answers).toMatchObject([{
      Status: 'FAILED',
      Reason: 'time ran out before CreateMembers was called for 7 accounts: what is done is on record, and the next deployment continues',
    }]);
    expect(took).toBeLessThanOrEqual(115_000);
    expect(works.map(({ lease }) => lease.attempt)).toEqual([1, 2, 3]);
  });

  test('W11: that leaves no room for another delivery makes the first one answer', async () => {
    serve = ({ deadline }) => outOfTimeAt(deadline);
    const { answers } = await deliver(request({ properties: { ServiceTimeout: '300' } }), { remaining: 280_000 });
    expect(answers).toMatchObject([{ Status: 'FAILED' }]);
  });

  test('W11: that is too late for CloudFormation makes no call, and says how late it is', async () => {
    const { answers } = await deliver(request({ properties: { ServiceTimeout: '600' }, issuedAt: NOON - 571_000 }));
    expect(works).toHaveLength(0);
    expect(answers).toMatchObject([{
      Status: 'FAILED',
      Reason: 'the request reached the handler 571 s after it was issued, too late to do anything for it: deploy again',
    }]);
  });

  test('W11: that is too late for a Delete names the ways out', async () => {
    const { answers } = await deliver(request({ type: 'Delete', properties: { ServiceTimeout: '600' }, issuedAt: NOON - 571_000 }));
    expect(answers[0].Reason.endsWith(WAYS_OUT)).toBe(true);
  });

  test('W11: that has passed while nobody could answer ends in a record, not a call', async () => {
    serve = () => Promise.reject(new Redeliver('later'));
    const event = request({ properties: { ServiceTimeout: '600' } });
    await deliver(event);
    await runOn(clock, clock.sleep(580_000));
    const { answers } = await deliver(event);
    expect(works).toHaveLength(1);
    expect(answers).toMatchObject([{ Status: 'FAILED' }]);
  });
});

describe('an error of the resource', () => {
  const CURE = "allow the call to the handler's role, or lift the policy that denies it";
  const passing = Object.assign(new Error('slow down'), { name: 'ThrottlingException', $fault: 'client' });
  const final = Object.assign(new Error('Account 1 is managed'), { name: 'AccessDeniedException', $fault: 'client', $metadata: { httpStatusCode: 403, requestId: 'q1' } });

  test('fails a Create with what AWS said', async () => {
    serve = () => Promise.reject(final);
    const { answers } = await deliver(request());
    expect(answers).toMatchObject([{ Status: 'FAILED', Reason: `AccessDeniedException: Account 1 is managed (request id q1); ${CURE}` }]);
  });

  test('names the accounts that it leaves open', async () => {
    serve = () => Promise.reject(Object.assign(new Error('no'), { name: 'Stop', leaves: 'not settled: 111122223333, 444455556666' }));
    const { answers } = await deliver(request());
    expect(answers[0].Reason).toBe('no; not settled: 111122223333, 444455556666');
  });

  test('D6: that blocks a Delete names the ways out, however long it is', async () => {
    serve = () => Promise.reject(Object.assign(new Error('x'.repeat(5000)), { ...final, name: 'AccessDeniedException' }));
    const { answers } = await deliver(request({ type: 'Delete' }));
    expect(answers[0]).toMatchObject({ Status: 'FAILED' });
    expect(answers[0].Reason.endsWith(`; ${WAYS_OUT}`)).toBe(true);
  });

  test('that passes makes a Delete try again, and not a Create', async () => {
    serve = () => Promise.reject(passing);
    expect((await deliver(request({ type: 'Delete' }))).thrown).toBeInstanceOf(Redeliver);
    expect((await deliver(request({ requestId: 'r2', logicalId: 'Other' }))).answers).toMatchObject([{ Status: 'FAILED' }]);
  });

  test.each(['Stop', 'PropertyError'])('that does not pass (%s) is answered at once, on Delete too', async (name) => {
    serve = () => Promise.reject(Object.assign(new Error('do this'), { name }));
    const { answers } = await deliver(request({ type: 'Delete' }));
    expect(answers).toMatchObject([{ Status: 'FAILED', Reason: `do this; ${WAYS_OUT}` }]);
  });

  describe('D15: in a rollback', () => {
    beforeEach(async () => {
      await deliver(request({ requestId: 'r1', properties: { Accounts: ['1'] } }));
      serve = () => Promise.reject(new Error('no'));
      await deliver(request({ type: 'Update', requestId: 'r2', properties: { Accounts: ['2'] }, issuedAt: NOON + 60_000 }));
      works = [];
    });
    const rollback = () => request({ type: 'Update', requestId: 'r3', properties: { Accounts: ['1'] }, issuedAt: NOON + 120_000 });

    test('is known by the properties, whose own additions do not count', async () => {
      serve = async () => DONE;
      const { ServiceToken: _token, ...others } = rollback().ResourceProperties as Record<string, unknown>;
      await deliver({ ...rollback(), ResourceProperties: { ...others, ServiceToken: 'another', ServiceTimeout: '99' } });
      expect(works).toMatchObject([{ rollback: true }]);
    });

    test('fails nothing, and says what is left', async () => {
      serve = () => Promise.reject(final);
      const { answers } = await deliver(rollback());
      expect(answers).toMatchObject([{
        Status: 'SUCCESS',
        Reason: `rolled back as far as possible: AccessDeniedException: Account 1 is managed (request id q1); ${CURE}`,
      }]);
    });

    test('that passes is met by the next delivery', async () => {
      serve = () => Promise.reject(passing);
      expect((await deliver(rollback())).thrown).toBeInstanceOf(Redeliver);
      serve = async () => DONE;
      expect((await deliver(rollback())).answers).toMatchObject([{ Status: 'SUCCESS' }]);
    });

    test('that does not pass (Stop) is answered at once', async () => {
      serve = () => Promise.reject(Object.assign(new Error('do this'), { name: 'Stop' }));
      expect((await deliver(rollback())).answers).toMatchObject([{ Status: 'SUCCESS' }]);
    });

    test('is no rollback where the resource is deleted: a Delete that fails says so', async () => {
      serve = () => Promise.reject(final);
      const { answers } = await deliver({ ...rollback(), RequestType: 'Delete' });
      expect(works).toMatchObject([{ rollback: false }]);
      expect(answers).toMatchObject([{ Status: 'FAILED' }]);
    });

    test('is no rollback where the properties are new', async () => {
      serve = async () => DONE;
      await deliver(request({ type: 'Update', requestId: 'r3', properties: { Accounts: ['3'] }, issuedAt: NOON + 120_000 }));
      expect(works).toMatchObject([{ rollback: false }]);
    });
  });
});

describe('a ledger that is not there', () => {
  beforeEach(() => table.drop());

  test.each(['Create', 'Update'] as const)('fails a %s with the cure, without a call', async (type) => {
    const { answers } = await deliver(request({ type }));
    expect(works).toHaveLength(0);
    expect(answers).toMatchObject([{
      Status: 'FAILED',
      Reason: expect.stringMatching(
        /^the ledger table 'TheLedger' is gone \(ResourceNotFoundException\): restore it under its name .*continue-update-rollback.*--resources-to-skip \w+$/,
      ),
      Data: { LedgerTableName: 'TheLedger' },
    }]);
  });

  test('lets a Delete succeed, which removes nothing and says so', async () => {
    const { answers } = await deliver(request({ type: 'Delete' }));
    expect(works).toHaveLength(0);
    expect(answers).toMatchObject([{
      Status: 'SUCCESS',
      Reason: "the ledger table 'TheLedger' is gone (ResourceNotFoundException): no member was removed, since none is known to be ours",
    }]);
  });

  test('since the middle of the work does the same', async () => {
    table = new MemoryTable('TheLedger');
    serve = async () => {
      table.drop();
      throw new TableMissing('ResourceNotFoundException');
    };
    const first = await deliver(request({ type: 'Delete' }));
    const answers = first.answers.length > 0 ? first.answers : (await deliver(request({ type: 'Delete' }))).answers;
    expect(answers).toMatchObject([{ Status: 'SUCCESS' }]);
  });
});

describe('a ledger that can be read only in part', () => {
  // a role without dynamodb:Query
  beforeEach(() => {
    serve = async () => {
      throw new TableMissing('AccessDeniedException');
    };
  });

  test.each(['Create', 'Update'] as const)('fails a %s with the cure, and the record says so', async (type) => {
    const { platform, answers } = await deliver(request({ type }));
    expect(answers).toMatchObject([{
      Status: 'FAILED',
      Reason: expect.stringMatching(/^the ledger table 'TheLedger' cannot be read or written \(AccessDeniedException\): allow it to the handler's role/),
    }]);
    const meta = await table.get({ pk: requestLogKey(STACK_ID, LOGICAL_ID), sk: 'META' });
    expect(meta).toMatchObject({ answer: platform.puts[0].body });
  });

  test('lets a Delete succeed', async () => {
    const { answers } = await deliver(request({ type: 'Delete' }));
    expect(answers).toMatchObject([{ Status: 'SUCCESS', Reason: expect.stringContaining('no member was removed') }]);
  });
});

describe('a ledger of a newer release', () => {
  beforeEach(() => table.load([{ pk: requestLogKey(STACK_ID, LOGICAL_ID), sk: 'META', v: 2, holder: '', epoch: 1, requestId: 'r0' }]));

  test('fails an Update', async () => {
    const { answers } = await deliver(request({ type: 'Update' }));
    expect(answers).toMatchObject([{
      Status: 'FAILED',
      Reason: 'the ledger was written by a newer release (format 2, this one knows 1): deploy with that release or a newer one',
    }]);
    expect(works).toHaveLength(0);
  });

  test('D6: fails a Delete with the ways out', async () => {
    const { answers } = await deliver(request({ type: 'Delete' }));
    expect(answers[0].Reason.endsWith(WAYS_OUT)).toBe(true);
  });
});

describe('a ledger that cannot be reached', () => {
  test('throws, so that Lambda delivers again', async () => {
    table.before = () => {
      throw Object.assign(new Error('DynamoDB GetItem gave no answer within 5 s'), { name: 'TimeoutError' });
    };
    const { thrown, answers } = await deliver(request());
    expect(thrown).toMatchObject({ name: 'TimeoutError' });
    expect(answers).toEqual([]);
  });
});

describe('P9: the log', () => {
  const EMAIL = 'root+audit@sub.example.com';
  const TOKEN = 'IQoJb3JpZ2luX2VjEJrsessiontoken';

  function secretsIn(platform: VirtualPlatform): string[] {
    const text = JSON.stringify(platform.lines);
    return [SECRET, EMAIL, 'sub.example.com', TOKEN, 'AKIA'].filter((secret) => text.includes(secret));
  }

  test('has no response URL, e-mail address or token, whatever happens', async () => {
    const message = fc.array(
      fc.constantFrom(EMAIL, `<${EMAIL}>`, ` ${EMAIL},`, `x-amz-security-token:${TOKEN}`, `X-Amz-Security-Token=${TOKEN}`, 'why', '\n', String(request().ResponseURL)),
      { maxLength: 5 },
    ).map((parts) => parts.join(' '));
    const outcome = fc.oneof(
      message.map((reason) => async (): Promise<Decision> => ({ status: 'FAILED', reason })),
      fc.tuple(message, fc.constantFrom('Stop', 'OutOfTime', 'ThrottlingException', 'X')).map(([text, name]) => async () => {
        throw Object.assign(new Error(text), { name });
      }),
    );
    const put = fc.oneof(fc.constantFrom(200, 403, 500), message.map((text) => new Error(text)));
    const puts = fc.array(put, { maxLength: 7 });
    const type = fc.constantFrom('Create' as const, 'Update' as const, 'Delete' as const, 'Upsert' as const);
    const form = fc.constantFrom('SigV4' as const, 'SigV2' as const, 'timeless' as const);
    await fc.assert(
      fc.asyncProperty(outcome, puts, type, form, fc.boolean(), async (serving, script, kind, urlForm, gone) => {
        table = new MemoryTable('TheLedger');
        if (gone) table.drop();
        serve = serving;
        const event = { ...request({ urlForm, issuedAt: clock.now() }), RequestType: kind };
        for (let attempt = 0; attempt < 3; attempt++) {
          const { platform, ended } = delivery(event);
          platform.putScript.push(...script);
          await runOn(clock, ended).catch(() => undefined);
          expect(secretsIn(platform)).toEqual([]);
          expect(JSON.stringify(platform.answers())).not.toContain(TOKEN);
          expect(JSON.stringify(platform.answers())).not.toContain('sub.example.com');
        }
      }),
      { numRuns: 60 },
    );
  });

  test('tells what was asked, what was decided, and that it was answered', async () => {
    serve = async () => ({ status: 'FAILED', reason: 'why' });
    const { platform } = await deliver(request({ requestId: 'r1' }));
    expect(platform.lines).toMatchObject([
      { level: 'info', message: 'request', type: 'Create', requestId: 'r1', stackId: STACK_ID, logicalId: LOGICAL_ID, issued: '2026-01-01T12:00:00.000Z' },
      { level: 'error', message: 'decided', requestId: 'r1', status: 'FAILED', reason: 'why' },
      { level: 'info', message: 'answered', requestId: 'r1' },
    ]);
  });

  test('warns where the URL tells no time', async () => {
    const { platform } = await deliver(request({ urlForm: 'timeless' }));
    expect(platform.lines).toContainEqual(expect.objectContaining({ level: 'warn', message: 'the response URL tells no time: requests are ordered by their kind alone' }));
  });
});

describe('the fingerprint of properties', () => {
  test('does not know the order of members, and leaves out what CloudFormation adds', () => {
    expect(fingerprintOf({ a: { x: '1', y: ['2', '3'] }, b: '4' })).toBe(
      fingerprintOf({ ServiceTimeout: '5', b: '4', ServiceToken: 't', a: { y: ['2', '3'], x: '1' } }),
    );
  });

  test('tells different properties apart', () => {
    const value = fc.jsonValue({ maxDepth: 2 });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), fc.dictionary(fc.string(), value), (a, b) => {
        const own = ({ ServiceToken: _token, ServiceTimeout: _timeout, ...others }: Record<string, unknown>) => others;
        const sorted = (object: unknown): unknown =>
          Array.isArray(object) ? object.map(sorted)
            : object !== null && typeof object === 'object'
              ? Object.entries(object).sort(([x], [y]) => (x < y ? -1 : 1)).map(([key, member]) => ['member', key, sorted(member)])
              : object;
        const same = JSON.stringify(sorted(own(a))) === JSON.stringify(sorted(own(b)));
        expect(fingerprintOf(a) === fingerprintOf(b)).toBe(same);
      }),
    );
  });
});
