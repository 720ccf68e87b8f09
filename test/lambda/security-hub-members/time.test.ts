import * as fc from 'fast-check';
import { type Operation, REGION, ScriptedHub } from './bench';
import { handle } from '../../../lambda/runtime/handler';
import type { SecurityHubApi } from '../../../lambda/security-hub-members/api';
import { securityHubMembers } from '../../../lambda/security-hub-members/resource';
import { accounts, eventOf } from '../support/events';
import { MemoryTable } from '../support/memory-table';
import { VirtualPlatform } from '../support/virtual-platform';

const SECOND = 1000;
const OPERATIONS: readonly Operation[] = [
  'GetMembers',
  'CreateMembers',
  'InviteMembers',
  'DisassociateMembers',
  'DeleteMembers',
  'DescribeOrganizationConfiguration',
  'DescribeAccount',
  'DescribeHub',
];

interface Trouble {
  /** Operations that give no answer any more, */
  readonly silent: readonly Operation[];
  /** from this long after the first delivery. */
  readonly afterSeconds: number;
  /** What any other call takes at most. */
  readonly slowSeconds: number;
}

interface Scene extends Trouble {
  readonly type: 'Create' | 'Update' | 'Delete';
  readonly count: number;
  readonly outside: number;
  readonly refused: number;
  readonly lambdaSeconds: number;
  readonly serviceTimeoutSeconds: number;
  readonly waitSeconds: number;
  readonly seed: number;
}

/** An API that is slow, and some of whose calls give no answer from some moment on, until their caller gives up. */
function inTrouble(hub: ScriptedHub, platform: VirtualPlatform, trouble: Trouble, began: number): SecurityHubApi {
  const methodOf = (operation: Operation) => operation[0].toLowerCase() + operation.slice(1);
  const operations = new Map(OPERATIONS.map((operation) => [methodOf(operation), operation]));
  const elapsed = () => (platform.clock.now() - began) / SECOND;
  return new Proxy(hub, {
    get(target, name) {
      const operation = operations.get(String(name));
      const method = Reflect.get(target, name) as (...input: unknown[]) => unknown;
      if (operation === undefined) return method;
      return async (...input: unknown[]) => {
        const signal = input.at(-1) as AbortSignal;
        const isSilent = trouble.silent.includes(operation) && elapsed() >= trouble.afterSeconds;
        await platform.sleep(isSilent ? 3600 * SECOND : trouble.slowSeconds * SECOND * platform.random(), signal);
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
  const hub = new ScriptedHub(platform);
  const ids = accounts(scene.count);
  const outside = ids.slice(0, scene.outside);
  outside.forEach((id) => hub.outside.add(id));
  const properties = {
    Accounts: ids.slice(scene.outside),
    OutsideAccounts: outside.map((id) => `${id}=owner@example.com`),
    Wait: String(scene.waitSeconds),
    RemovalLimit: 'all',
    ServiceTimeout: String(scene.serviceTimeoutSeconds),
  };
  const deliver = (event: object, api: SecurityHubApi) => {
    const resource = securityHubMembers({ platform, table, api, region: REGION, logGroupName: 'Log' });
    return handle(event, scene.lambdaSeconds * SECOND, platform, table, resource);
  };

  let before = 0;
  if (scene.type !== 'Create') {
    await platform.run(deliver(eventOf({ requestId: 'r0', properties, issuedAt: platform.now() }), hub));
    before = platform.puts.length;
    await platform.wait(60 * SECOND);
  }
  hub.unprocessed.CreateMembers = new Map(ids.slice(-scene.refused).map((id) => [id, 'words of AWS']));
  const kept = scene.type === 'Update' ? ids.slice(Math.ceil(ids.length / 2)).filter((id) => !outside.includes(id)) : ids;
  const event = eventOf({
    type: scene.type,
    requestId: 'r1',
    issuedAt: platform.now(),
    properties: scene.type === 'Update' ? { ...properties, Accounts: [...kept, ...accounts(ids.length + 60).slice(-60)], OutsideAccounts: [] } : properties,
  });
  const api = inTrouble(hub, platform, scene, platform.clock.now());
  const spared: number[] = [];
  for (let attempt = 1; attempt <= 3 && platform.puts.length === before; attempt++) {
    if (attempt > 1) await platform.wait((attempt - 1) * 60 * SECOND);
    const began = platform.clock.now();
    await platform.run(deliver(event, api).catch(() => undefined));
    spared.push(scene.lambdaSeconds - (platform.clock.now() - began) / SECOND);
  }
  return { answers: platform.answers().slice(before), spared };
}

const scene: fc.Arbitrary<Scene> = fc
  .record({
    silent: fc.uniqueArray(fc.constantFrom(...OPERATIONS), { minLength: 1, maxLength: 8 }),
    afterSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 280 })),
    slowSeconds: fc.constantFrom(0, 0, 1, 5, 19),
    type: fc.constantFrom('Create' as const, 'Update' as const, 'Delete' as const),
    count: fc.constantFrom(1, 3, 60, 120, 300),
    outside: fc.constantFrom(0, 1, 60),
    refused: fc.constantFrom(0, 1, 10, 300),
    lambdaSeconds: fc.constantFrom(60, 90, 120, 300),
    serviceTimeoutSeconds: fc.constantFrom(1200, 3000),
    waitSeconds: fc.constantFrom(0, 30, 600),
    seed: fc.nat(1_000_000),
  })
  .map((drawn) => ({
    ...drawn,
    outside: Math.min(drawn.outside, drawn.count - 1),
    refused: Math.min(drawn.refused, drawn.count),
  }));

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

  test.each(OPERATIONS)('%s alone, from the beginning', async (operation) => {
    for (const type of ['Create', 'Update', 'Delete'] as const) {
      const { answers, spared } = await live({
        silent: [operation],
        afterSeconds: 0,
        slowSeconds: 0,
        type,
        count: 60,
        outside: 2,
        refused: 3,
        lambdaSeconds: 900,
        serviceTimeoutSeconds: 1200,
        waitSeconds: 600,
        seed: 1,
      });
      expect(Math.min(...spared)).toBeGreaterThanOrEqual(5);
      expect(answers).toHaveLength(1);
    }
  });
});
