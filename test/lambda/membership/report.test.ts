import * as fc from 'fast-check';
import type { AccountReport, Report } from '../../../lambda/membership/engine';
import type { Outcome } from '../../../lambda/membership/ledger';
import { decisionOf, leavingOpen, ledgerCommand, logShortfall, type Telling } from '../../../lambda/membership/report';
import { LONGEST_REASON } from '../../../lambda/runtime/answer';
import { WAYS_OUT } from '../../../lambda/runtime/reason';
import { account, accounts } from '../support/events';
import { VirtualPlatform } from '../support/virtual-platform';

type Entries = readonly (readonly [readonly string[], Outcome, string?])[];

function report(entries: Entries, members: Partial<Report> = {}): Report {
  const all = entries.flatMap(([ids, outcome, reason]) =>
    ids.map((id): [string, AccountReport] => [id, { outcome, ...(reason === undefined ? {} : { reason }) }]),
  );
  return { accounts: new Map(all), residue: new Set(), staying: new Set(), ...members };
}

function telling(members: Partial<Telling> = {}): Telling {
  return { type: 'Update', rollback: false, wanted: 120, region: 'eu-west-1', ledgerTableName: 'TheLedger', logGroupName: 'TheLog', ...members };
}

const DENIED = 'AccessDeniedException: no (request id q1)';
const refused = (ids: readonly string[], reason = DENIED, more: Entries = []) =>
  report([[ids, 'refused', reason], ...more], { shortfall: 'refused' });
const residue = (ids: readonly string[], reason = DENIED) =>
  report([[ids, 'refused', reason]], { shortfall: 'residue', residue: new Set(ids) });

describe('a run that did what was asked', () => {
  test.each(['Create', 'Update', 'Delete'] as const)('says nothing (%s)', (type) => {
    const done = report([[accounts(3), 'joined'], [accounts(2, 10), 'already-member'], [accounts(2, 20), 'left']]);
    expect(decisionOf(done, telling({ type }))).toEqual({ status: 'SUCCESS', reason: undefined });
  });

  test('R12: names accounts that were skipped', () => {
    const skipped = report([
      [accounts(4), 'joined'],
      [[account(9)], 'skipped', 'it is the administrator itself, which cannot be its own member'],
      [accounts(2, 10), 'skipped', 'the account is SUSPENDED in AWS Organizations'],
    ]);
    expect(decisionOf(skipped, telling())).toEqual({
      status: 'SUCCESS',
      reason:
        'skipped: 200000000010, 200000000011 (the account is SUSPENDED in AWS Organizations), ' +
        '200000000009 (it is the administrator itself, which cannot be its own member)',
    });
  });
});

describe('a run in which accounts were refused', () => {
  test('R03: fails with the account, the reason, the Region and the number', () => {
    expect(decisionOf(refused([account(7)]), telling({ type: 'Create' }))).toEqual({
      status: 'FAILED',
      reason: `1 of 120 accounts could not be made members in eu-west-1: 200000000007 (${DENIED})`,
    });
  });

  test('E2 W16: a first deployment that is rolled back takes its ledger along, so the log is named, too', () => {
    const many = refused(accounts(6));
    const { reason } = decisionOf(many, telling({ type: 'Create' }));
    expect(reason).toMatch(/; all of them: aws dynamodb scan .* --output text; or in log group 'TheLog'$/);
    expect(decisionOf(many, telling()).reason).not.toContain('TheLog');
  });

  test('E2: says where all of them are also where it is the length of the reasons that leaves some out', () => {
    const long = (letter: string) => letter.repeat(500);
    const told = refused([account(1)], long('a'), [[[account(2)], 'refused', long('b')], [[account(3)], 'refused', long('c')]]);
    expect(decisionOf(told, telling()).reason).toMatch(/; all of them: aws dynamodb scan .* --output text$/);
  });

  test('R02: groups them by reason, the commonest first, those still pending among them', () => {
    const mixed = refused([account(1)], 'one', [
      [accounts(3, 10), 'refused', 'three'],
      [accounts(2, 20), 'pending', "still 'Created' after 600 s"],
      [[account(30)], 'refused', 'another'],
      [[account(40)], 'refused', 'yet another'],
    ]);
    const { reason } = decisionOf(mixed, telling());
    expect(reason).toContain(
      '8 of 120 accounts could not be made members in eu-west-1: 200000000010, 200000000011, 200000000012 (three), ' +
        "200000000020, 200000000021 (still 'Created' after 600 s), 200000000001 (one), and 2 more reasons",
    );
  });

  test('R01: names an account without a reason too', () => {
    const silent = report([[[account(1)], 'refused']], { shortfall: 'refused' });
    expect(decisionOf(silent, telling()).reason).toContain('200000000001 (no reason is known)');
  });

  test('fits into one list of 5; of more it names 5, and how to read the others', () => {
    expect(decisionOf(refused(accounts(5)), telling()).reason).not.toContain('aws dynamodb');
    const { reason } = decisionOf(refused(accounts(6)), telling());
    expect(reason).toContain('200000000005 and 1 more (');
    expect(reason).toContain(`; all of them: ${ledgerCommand('TheLedger')}`);
  });

  test('R23: of 1,000 with reasons of their own still says how to read them', () => {
    const many = report(
      accounts(1000).map((id) => [[id], 'refused', `reason ${id} ${'x'.repeat(500)}`] as const),
      { shortfall: 'refused' },
    );
    const { reason } = decisionOf(many, telling());
    expect(reason!.endsWith(`all of them: ${ledgerCommand('TheLedger')}`)).toBe(true);
    expect(Buffer.byteLength(reason!)).toBeLessThanOrEqual(LONGEST_REASON);
  });

  test('succeeds where the tolerance allows them, and names them all the same', () => {
    const tolerated = { ...refused([account(7)]), shortfall: undefined };
    const decision = decisionOf(tolerated, telling());
    expect(decision.status).toBe('SUCCESS');
    expect(decision.reason).toContain('200000000007');
  });

  test('D15: does not fail a rollback', () => {
    expect(decisionOf(refused([account(7)]), telling({ rollback: true }))).toMatchObject({
      status: 'SUCCESS',
      reason: expect.stringContaining('200000000007'),
    });
  });
});

describe('a run in which accounts could not be removed', () => {
  test('L10: fails a Delete, with the ways out', () => {
    const { status, reason } = decisionOf(residue([account(7), account(8)]), telling({ type: 'Delete', wanted: 0 }));
    expect(status).toBe('FAILED');
    expect(reason).toBe(
      `2 accounts could not be removed in eu-west-1: 200000000007, 200000000008 (${DENIED}); ${WAYS_OUT}`,
    );
  });

  test('L26: does not fail an Update, and says what stays', () => {
    const { status, reason } = decisionOf(residue(accounts(2)), telling());
    expect(status).toBe('SUCCESS');
    expect(reason).toContain('2 accounts could not be removed in eu-west-1');
    expect(reason).not.toContain(WAYS_OUT);
  });

  test('are not counted as accounts that could not be added', () => {
    expect(decisionOf(residue(accounts(2)), telling()).reason).not.toContain('made members');
  });

  test('L26: names those that AWS keeps', () => {
    const kept = report([[accounts(2), 'released', 'central configuration is on']], { staying: new Set(accounts(2)) });
    expect(decisionOf(kept, telling({ type: 'Delete' }))).toEqual({
      status: 'SUCCESS',
      reason: '2 accounts stay members in eu-west-1: 200000000001, 200000000002 (central configuration is on)',
    });
  });
});

describe('a run that would remove too many', () => {
  test('L25: fails, and says how to let it through', () => {
    const tooMany = report([[accounts(30), 'joined']], {
      shortfall: 'removalLimit',
      overLimit: { leaving: 40, limit: 12 },
    });
    expect(decisionOf(tooMany, telling())).toEqual({
      status: 'FAILED',
      reason:
        '40 accounts would be removed, but removalLimit allows 12: nothing was removed; raise removalLimit to let this through',
    });
  });
});

describe('any report', () => {
  const outcome = fc.constantFrom<Outcome>('joined', 'already-member', 'left', 'skipped', 'refused', 'pending', 'released');
  const entry = fc.record({
    outcome,
    reason: fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 600 }), { nil: undefined }),
    residue: fc.boolean(),
  });
  const drawn = fc.array(entry, { maxLength: 40 }).map((entries): Report => ({
    accounts: new Map(entries.map(({ outcome: is, reason }, index) => [account(index), { outcome: is, reason }])),
    residue: new Set(entries.flatMap((each, index) => (each.residue && each.outcome === 'refused' ? [account(index)] : []))),
    staying: new Set(entries.flatMap((each, index) => (each.outcome === 'released' ? [account(index)] : []))),
  }));
  const shortfall = fc.constantFrom(undefined, 'refused' as const, 'removalLimit' as const, 'residue' as const);
  const type = fc.constantFrom('Create' as const, 'Update' as const, 'Delete' as const);

  test('P2: is told in 1,024 bytes, without line breaks of ours or a stack trace', () => {
    fc.assert(
      fc.property(drawn, shortfall, type, fc.boolean(), (told, short, kind, rollback) => {
        const { status, reason = '' } = decisionOf({ ...told, shortfall: short }, telling({ type: kind, rollback }));
        expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(LONGEST_REASON);
        expect(reason).not.toMatch(/\n\s+at /);
        if (rollback || short === undefined) expect(status).toBe('SUCCESS');
        if (status === 'FAILED' && kind === 'Delete') expect(reason.endsWith(WAYS_OUT)).toBe(true);
      }),
    );
  });

  test('W16: is in the log account by account', () => {
    fc.assert(
      fc.property(drawn, (told) => {
        const platform = new VirtualPlatform();
        logShortfall(platform, told);
        const logged = platform.lines.flatMap((line) => (line.accounts as string[]).map((id) => `${id} ${line.outcome}`));
        const short = [...told.accounts]
          .filter(([, { outcome: is }]) => ['refused', 'pending', 'skipped'].includes(is))
          .map(([id, { outcome: is }]) => `${id} ${is}`);
        expect(logged.sort()).toEqual(short.sort());
      }),
    );
  });

  test('W16: is in the log in lines that CloudWatch Logs takes', () => {
    const platform = new VirtualPlatform();
    logShortfall(platform, refused(accounts(10_000)));
    expect(platform.lines).toHaveLength(10);
    for (const line of platform.lines) expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThan(256 * 1024);
  });
});

describe('an error that ends a run early', () => {
  const platform = new VirtualPlatform();
  const unsettled = (count: number) => Object.assign(new Error('no'), { unsettled: accounts(count) });

  test('names the accounts that it leaves open', () => {
    expect(leavingOpen(platform, unsettled(2), 'Ledger')).toMatchObject({ message: 'no', leaves: `not settled: ${accounts(2).join(', ')}` });
  });

  test('E2: says where the rest is on record', () => {
    expect(leavingOpen(platform, unsettled(6), 'Ledger')).toMatchObject({
      leaves: `not settled: ${accounts(5).join(', ')} and 1 more; what is on record: ${ledgerCommand('Ledger')}`,
    });
  });

  test('W16: names them all in the log', () => {
    const fresh = new VirtualPlatform();
    leavingOpen(fresh, unsettled(1500), 'Ledger');
    expect(fresh.lines.flatMap((line) => line.accounts)).toEqual(accounts(1500));
  });

  test('leaves nothing open where nothing was begun', () => {
    expect(leavingOpen(platform, unsettled(0), 'Ledger')).not.toHaveProperty('leaves');
  });
});

test('the ledger command can be pasted into a shell', () => {
  expect(ledgerCommand('Stack-Ledger-1A')).toBe(
    "aws dynamodb scan --table-name Stack-Ledger-1A --query 'Items[?account].[account.S,claim.S,outcome.S,logicalId.S,since.S,reason.S]' --output text",
  );
});
