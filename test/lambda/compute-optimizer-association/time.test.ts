import * as fc from 'fast-check';
import { type Operation, REGION, ScriptedAutomation } from './bench';
import type { AutomationApi } from '../../../lambda/compute-optimizer-association/api';
import { computeOptimizerAssociation } from '../../../lambda/compute-optimizer-association/resource';
import { handle } from '../../../lambda/runtime/handler';
import { accounts, eventOf } from '../support/events';
import { MemoryTable } from '../support/memory-table';
import { VirtualPlatform } from '../support/virtual-platform';

const SECOND = 1000;
const METHODS: Readonly<Record<string, Operation>> = {
  listAccounts: 'ListAccounts',
  associateAccounts: 'AssociateAccounts',
  disassociateAccounts: 'DisassociateAccounts',
  getEnrollmentConfiguration: 'GetEnrollmentConfiguration',
  enroll: 'UpdateEnrollmentConfiguration',
  describeAccount: 'DescribeAccount',
};
const OPERATIONS = Object.values(METHODS);

interface Scene {
  readonly type: 'Create' | 'Update' | 'Delete';
  readonly count: number;
  readonly refused: number;
  /** Automation is off in the administrator, and stays on its way. */
  readonly enrolling: boolean;
  /** Operations that give no answer any more, */
  readonly silent: readonly Operation[];
  /** from this long after the first delivery. */
  readonly afterSeconds: number;
  /** What any other call takes at most. */
  readonly slowSeconds: number;
  readonly lambdaSeconds: number;
  readonly serviceTimeoutSeconds: number;
  readonly waitSeconds: number;
  readonly seed: number;
}

/** An API that is slow, and some of whose calls give no answer from some moment on, until their caller gives up. */
function inTrouble<Api extends object>(api: Api, platform: VirtualPlatform, scene: Scene, began: number): Api {
  return new Proxy(api, {
    get(target, name) {
      const operation = METHODS[String(name)];
      const method = Reflect.get(target, name) as (...input: unknown[]) => unknown;
      return async (...input: unknown[]) => {
        const signal = input.at(-1) as AbortSignal;
        const elapsed = (platform.clock.now() - began) / SECOND;
        const isSilent = scene.silent.includes(operation) && elapsed >= scene.afterSeconds;
        await platform.sleep(isSilent ? 3600 * SECOND : scene.slowSeconds * SECOND * platform.random(), signal);
        if (signal.aborted) throw Object.assign(new Error('Request aborted'), { name: 'AbortError' });
        return method.apply(target, input);
      };
    },
  });
}

/** Delivers an event as Lambda does, until it is answered: how long each delivery took, and what was answered. */
async function live(scene: Scene) {
  const platform = new VirtualPlatform({ seed: scene.seed });
  const table = new MemoryTable();
  const service = new ScriptedAutomation(platform);
  const ids = accounts(scene.count);
  service.enroll([...ids, ...accounts(ids.length + 60).slice(-60)]);
  const properties = {
    Accounts: ids,
    Wait: String(scene.waitSeconds),
    RemovalLimit: 'all',
    EnrollAdministrator: 'true',
    ServiceTimeout: String(scene.serviceTimeoutSeconds),
  };
  const deliver = (event: object, wrap: <Api extends object>(api: Api) => Api) => {
    const automation = (region: string): AutomationApi => wrap(service.in(region));
    const resource = computeOptimizerAssociation({
      platform, table, automation, organizations: wrap(service), stackRegion: REGION, logGroupName: 'Log',
    });
    return handle(event, scene.lambdaSeconds * SECOND, platform, table, resource);
  };

  let before = 0;
  if (scene.type !== 'Create') {
    await platform.run(deliver(eventOf({ requestId: 'r0', properties, issuedAt: platform.now() }), (api) => api));
    before = platform.puts.length;
    await platform.wait(60 * SECOND);
  }
  for (const id of ids.slice(-scene.refused)) service.unprocessed.set(id, 'words of AWS');
  if (scene.enrolling) Object.assign(service, { enrollment: { status: 'Inactive' }, enrolling: [{ status: 'Pending' }] });
  const next = { ...properties, Accounts: [...ids.slice(Math.ceil(ids.length / 2)), ...accounts(ids.length + 60).slice(-60)], Region: 'eu-west-1' };
  const event = {
    ...eventOf({ type: scene.type, requestId: 'r1', issuedAt: platform.now(), properties: scene.type === 'Update' ? next : properties }),
    OldResourceProperties: properties,
  };
  const began = platform.clock.now();
  const spared: number[] = [];
  for (let attempt = 1; attempt <= 3 && platform.puts.length === before; attempt++) {
    if (attempt > 1) await platform.wait((attempt - 1) * 60 * SECOND);
    const start = platform.clock.now();
    await platform.run(deliver(event, (api) => inTrouble(api, platform, scene, began)).catch(() => undefined));
    spared.push(scene.lambdaSeconds - (platform.clock.now() - start) / SECOND);
  }
  return { answers: platform.answers().slice(before), spared };
}

const scene: fc.Arbitrary<Scene> = fc.record({
  silent: fc.uniqueArray(fc.constantFrom(...OPERATIONS), { minLength: 1, maxLength: 6 }),
  afterSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 280 })),
  slowSeconds: fc.constantFrom(0, 0, 1, 5, 19),
  type: fc.constantFrom('Create' as const, 'Update' as const, 'Delete' as const),
  count: fc.constantFrom(1, 3, 60, 120, 300),
  refused: fc.constantFrom(1, 10, 300),
  enrolling: fc.boolean(),
  lambdaSeconds: fc.constantFrom(60, 90, 120, 300),
  serviceTimeoutSeconds: fc.constantFrom(1200, 3000),
  waitSeconds: fc.constantFrom(0, 30, 600),
  seed: fc.nat(1_000_000),
});

describe('P8, F6: an upstream that falls silent', () => {
  test('whatever it is and whenever, each delivery ends 5 s before it would be killed, and one of three answers', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (drawn) => {
        const { answers, spared } = await live(drawn);
        expect(Math.min(...spared)).toBeGreaterThanOrEqual(5);
        expect(answers).toHaveLength(1);
        expect(answers[0].Status === 'SUCCESS' || answers[0].Reason !== '').toBe(true);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
