import * as fc from 'fast-check';
import {
  type Cell,
  type Claim,
  type Decision,
  type PlanOptions,
  decide,
  plan,
} from '../../../lambda/membership/planner';
import type { Live } from '../../../lambda/membership/service';

const KINDS = ['goal', 'settling', 'absent', 'started', 'suspended', 'ineligible', 'unknown'] as const;
/** Of these, no call leads on. */
const STUCK: ReadonlySet<Live['kind']> = new Set(['suspended', 'ineligible', 'unknown']);
const CLAIMS: readonly Claim[] = ['none', 'ours', 'takenOver'];
const EXISTING = ['leave', 'takeOver'] as const;
const DROPPED = ['remove', 'release'] as const;
const BOTH = [false, true] as const;
const ACCOUNT = '000000000001';

function live(kind: Live['kind']): Live {
  const steps = STUCK.has(kind) ? [] : [`steps-${kind}`];
  return { kind, status: `status-${kind}`, steps, ...(kind === 'ineligible' ? { cure: 'sign up first' } : {}) };
}

/** One cell of the tables with the options that it is decided under. */
interface Case {
  readonly cell: Cell;
  readonly kind: Live['kind'] | 'unread';
  readonly options: PlanOptions;
  readonly excluded: boolean;
}

function* everyCase(): Generator<Case> {
  for (const wanted of BOTH) {
    for (const wantedByOthers of BOTH) {
      for (const kind of [...KINDS, 'unread' as const]) {
        for (const claim of CLAIMS) {
          for (const mayLand of BOTH) {
            for (const presumed of BOTH) {
              for (const justLeft of BOTH) {
                for (const undone of BOTH) {
                  for (const existingMembers of EXISTING) {
                    for (const dropped of DROPPED) {
                      for (const excluded of BOTH) {
                        yield {
                          kind,
                          excluded,
                          cell: {
                            account: ACCOUNT,
                            wanted,
                            wantedByOthers,
                            claim,
                            mayLand,
                            presumed,
                            justLeft,
                            undone,
                            ...(kind === 'unread' ? {} : { live: live(kind) }),
                          },
                          options: {
                            existingMembers,
                            dropped,
                            removalLimit: Infinity,
                            excluded: new Map(excluded ? [[ACCOUNT, 'never a member']] : []),
                          },
                        };
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}

/** A row of the tables: where it holds, and what is done. Rows do not overlap, so their order says nothing. */
interface TableRow {
  readonly name: string;
  readonly holds: (one: Case) => boolean;
  readonly expected: Decision | 'throws';
}

const join = (kind: Live['kind']): Decision => ({ action: 'join', steps: [`steps-${kind}`] });

/** Accounts that are wanted. */
const WANTED: readonly TableRow[] = [
  { name: 'excluded', holds: (o) => o.excluded, expected: { action: 'skip', reason: 'never a member' } },
  { name: 'not read', holds: (o) => !o.excluded && o.kind === 'unread', expected: 'throws' },
  {
    name: 'goal, left a moment ago, and no claim is proven',
    holds: (o) => at(o, 'goal') && leftUnproven(o),
    expected: join('goal'),
  },
  {
    name: 'goal, not claimed, existing members are taken over',
    holds: (o) => at(o, 'goal') && o.cell.claim === 'none' && !leftUnproven(o) && takesOver(o),
    expected: { action: 'takeOver' },
  },
  {
    name: 'goal, not claimed, existing members are left alone',
    holds: (o) => at(o, 'goal') && o.cell.claim === 'none' && !leftUnproven(o) && !takesOver(o),
    expected: { action: 'keep' },
  },
  { name: 'goal, ours', holds: (o) => at(o, 'goal') && o.cell.claim === 'ours' && !leftUnproven(o), expected: { action: 'keep' } },
  {
    name: 'goal, taken over',
    holds: (o) => at(o, 'goal') && o.cell.claim === 'takenOver' && !leftUnproven(o) && takesOver(o),
    expected: { action: 'keep' },
  },
  {
    name: 'goal, taken over, but no longer to be',
    holds: (o) => at(o, 'goal') && o.cell.claim === 'takenOver' && !leftUnproven(o) && !takesOver(o),
    expected: { action: 'letGo' },
  },
  { name: 'settling', holds: (o) => at(o, 'settling') && !o.cell.justLeft, expected: { action: 'await' } },
  {
    name: 'settling, left a moment ago',
    holds: (o) => at(o, 'settling') && o.cell.justLeft,
    expected: join('settling'),
  },
  { name: 'absent', holds: (o) => at(o, 'absent'), expected: join('absent') },
  { name: 'started', holds: (o) => at(o, 'started'), expected: join('started') },
  {
    name: 'suspended',
    holds: (o) => at(o, 'suspended'),
    expected: { action: 'skip', reason: "suspended: AWS reports member status 'status-suspended'" },
  },
  {
    name: 'ineligible',
    holds: (o) => at(o, 'ineligible'),
    expected: { action: 'refuse', reason: 'sign up first' },
  },
  {
    name: 'unknown (R09)',
    holds: (o) => at(o, 'unknown'),
    expected: {
      action: 'refuse',
      reason: "AWS reports member status 'status-unknown', which this release does not know",
    },
  },
];

/** Accounts that are not wanted any more. */
const UNWANTED: readonly TableRow[] = [
  { name: 'not claimed', holds: (o) => o.cell.claim === 'none', expected: { action: 'none' } },
  {
    name: 'another resource wants it',
    holds: (o) => o.cell.claim !== 'none' && o.cell.wantedByOthers,
    expected: { action: 'handOver' },
  },
  { name: 'released', holds: (o) => alone(o) && !mayLeave(o), expected: { action: 'letGo' } },
  {
    name: 'an add had no answer',
    holds: (o) => alone(o) && mayLeave(o) && (o.cell.mayLand || o.cell.presumed),
    expected: { action: 'resolve' },
  },
  {
    name: 'proven',
    holds: (o) => alone(o) && mayLeave(o) && !o.cell.mayLand && !o.cell.presumed,
    expected: { action: 'leave' },
  },
];

function at(one: Case, kind: Live['kind']): boolean {
  return !one.excluded && one.kind === kind;
}

/** The read may show what was before the removal, and nothing says that an add came after it (protocol 3.6). */
function leftUnproven({ cell }: Case): boolean {
  return cell.justLeft && (cell.claim === 'none' || cell.presumed);
}

function takesOver({ options }: Case): boolean {
  return options.existingMembers === 'takeOver';
}

function alone({ cell }: Case): boolean {
  return cell.claim !== 'none' && !cell.wantedByOthers;
}

/** The properties allow that the account leaves. */
function mayLeave(one: Case): boolean {
  const ours = one.cell.claim === 'ours' || (takesOver(one) && !one.cell.undone);
  return ours && (one.options.dropped === 'remove' || one.cell.undone || one.cell.presumed);
}

describe('the tables', () => {
  const all = [...everyCase()];
  const decided = (one: Case) => {
    try {
      return decide(one.cell, one.options);
    } catch {
      return 'throws';
    }
  };

  test('every cell is in exactly one row', () => {
    expect(all).toHaveLength(2 * 2 * 8 * 3 * 2 ** 7);
    for (const one of all) {
      const rows = (one.cell.wanted ? WANTED : UNWANTED).filter((row) => row.holds(one));
      expect([rows.length, one]).toEqual([1, one]);
    }
  });

  test.each(WANTED)('wanted: $name', ({ holds, expected }) => {
    const cells = all.filter((one) => one.cell.wanted && holds(one));
    expect(cells).not.toHaveLength(0);
    for (const one of cells) expect([one, decided(one)]).toEqual([one, expected]);
  });

  test.each(UNWANTED)('not wanted: $name', ({ holds, expected }) => {
    const cells = all.filter((one) => !one.cell.wanted && holds(one));
    expect(cells).not.toHaveLength(0);
    for (const one of cells) expect([one, decided(one)]).toEqual([one, expected]);
  });

  test('an ineligible account without a cure is refused with what AWS reports', () => {
    const one = all.find(({ cell, kind, excluded }) => cell.wanted && kind === 'ineligible' && !excluded)!;
    const cell = { ...one.cell, live: { kind: 'ineligible', status: 'barred', steps: [] } } as const;
    expect(decide(cell, one.options)).toEqual({ action: 'refuse', reason: "AWS reports 'barred'" });
  });

  test('an account that was not read is a mistake that is named', () => {
    const one = all.find(({ cell, kind, excluded }) => cell.wanted && kind === 'unread' && !excluded)!;
    expect(() => decide(one.cell, one.options)).toThrow(`no live state was read for wanted account ${ACCOUNT}`);
  });
});

describe('plans', () => {
  const cellOf = (account: string): fc.Arbitrary<Cell> =>
    fc.record({
      account: fc.constant(account),
      wanted: fc.boolean(),
      wantedByOthers: fc.boolean(),
      claim: fc.constantFrom(...CLAIMS),
      mayLand: fc.boolean(),
      presumed: fc.boolean(),
      live: fc.constantFrom(...KINDS).map(live),
      justLeft: fc.boolean(),
      undone: fc.boolean(),
    });
  const cells = fc
    .integer({ min: 0, max: 12 })
    .chain((size) => fc.tuple(...Array.from({ length: size }, (_, i) => cellOf(String(i).padStart(12, '0')))));
  const optionsFor = (removalLimit: fc.Arbitrary<number>): fc.Arbitrary<PlanOptions> =>
    fc.record({
      existingMembers: fc.constantFrom(...EXISTING),
      dropped: fc.constantFrom(...DROPPED),
      removalLimit,
      excluded: fc
        .subarray(Array.from({ length: 12 }, (_, i) => String(i).padStart(12, '0')))
        .map((accounts) => new Map(accounts.map((account) => [account, 'excluded']))),
    });
  const options = optionsFor(fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constant(Infinity)));
  const takesAway = ({ action }: Decision) => action === 'leave' || action === 'resolve';

  const holds = (property: (planned: ReturnType<typeof plan>, of: readonly Cell[], under: PlanOptions) => void) =>
    fc.assert(fc.property(cells, options, (of, under) => property(plan(of, under), of, under)), { numRuns: 500 });

  test('every account is decided, once', () => {
    holds(({ decisions }, of) => {
      expect([...decisions.keys()].sort()).toEqual(of.map(({ account }) => account).sort());
    });
  });

  test('nobody leaves without a claim (R32)', () => {
    holds(({ decisions }, of) => {
      for (const cell of of.filter(({ claim, wanted }) => claim === 'none' && !wanted)) {
        expect(decisions.get(cell.account)).toEqual({ action: 'none' });
      }
    });
  });

  test('nobody leaves whom this resource wants, or another one', () => {
    holds(({ decisions }, of) => {
      for (const cell of of.filter(({ wanted, wantedByOthers }) => wanted || wantedByOthers)) {
        const { action } = decisions.get(cell.account)!;
        expect(['leave', 'resolve']).not.toContain(action);
        if (!cell.wanted) expect(action).toBe(cell.claim === 'none' ? 'none' : 'handOver');
      }
    });
  });

  test('nobody leaves who is to be released, or was taken over and is not any more', () => {
    holds(({ decisions }, of, { dropped, existingMembers }) => {
      for (const cell of of) {
        if ((dropped === 'release' && !cell.undone && !cell.presumed) || (cell.claim === 'takenOver' && existingMembers === 'leave')) {
          expect(takesAway(decisions.get(cell.account)!)).toBe(false);
        }
      }
    });
  });

  test('an excluded account never joins, is never refused and never taken over', () => {
    holds(({ decisions }, of, { excluded }) => {
      for (const cell of of.filter(({ account, wanted }) => wanted && excluded.has(account))) {
        expect(decisions.get(cell.account)).toEqual({ action: 'skip', reason: 'excluded' });
      }
    });
  });

  test('no call is made for an account that is ineligible, suspended, or in a state that this release does not know', () => {
    holds(({ decisions }, of) => {
      for (const cell of of.filter(({ wanted, live: state }) => wanted && state!.steps.length === 0)) {
        expect(['skip', 'refuse']).toContain(decisions.get(cell.account)!.action);
      }
    });
  });

  test('over the limit nobody leaves, and all else is as without one', () => {
    holds((planned, of, under) => {
      const unlimited = plan(of, { ...under, removalLimit: Infinity });
      expect(unlimited.overLimit).toBeUndefined();
      const leaving = of.filter(
        ({ account, undone }) => takesAway(unlimited.decisions.get(account)!) && !undone,
      ).length;
      expect(planned.overLimit).toEqual(
        leaving > under.removalLimit ? { leaving, limit: under.removalLimit } : undefined,
      );
      for (const [account, decision] of unlimited.decisions) {
        const held = planned.overLimit !== undefined && takesAway(decision);
        expect(planned.decisions.get(account)).toEqual(held ? { action: 'none' } : decision);
      }
    });
  });

  test('who joined in the request before does not count', () => {
    fc.assert(
      fc.property(cells, optionsFor(fc.constant(0)), (of, under) => {
        const undoing = of.map((cell) => ({ ...cell, undone: true }));
        expect(plan(undoing, under).overLimit).toBeUndefined();
      }),
    );
  });

  test('the order of the accounts does not matter, and nothing is changed', () => {
    fc.assert(
      fc.property(cells, options, fc.nat(), (of, under, by) => {
        const frozen = of.map((cell) => Object.freeze(cell));
        const turned = [...frozen.slice(by % (of.length || 1)), ...frozen.slice(0, by % (of.length || 1))].reverse();
        const sorted = (planned: ReturnType<typeof plan>) => [[...planned.decisions].sort(), planned.overLimit];
        expect(sorted(plan(turned, under))).toEqual(sorted(plan(frozen, under)));
      }),
    );
  });

  test('no account, no plan', () => {
    const empty = plan([], { existingMembers: 'leave', dropped: 'remove', removalLimit: 0, excluded: new Map() });
    expect(empty).toEqual({ decisions: new Map() });
  });
});
