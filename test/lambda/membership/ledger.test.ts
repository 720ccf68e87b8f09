import { Bench, SCOPE, STACK, accounts } from './bench';
import { type Intent, type RowChange, SETTLING_MILLISECONDS, scopeKey } from '../../../lambda/membership/ledger';
import { LeaseLost } from '../../../lambda/runtime/request-log';

const [A, B, C] = accounts(3);
const ours = (account: string, more: Partial<RowChange> = {}): RowChange => ({
  account,
  claim: 'ours',
  outcome: 'joined',
  ...more,
});
const intent = (op: Intent['op'], of: readonly string[], until: number): Intent => ({
  op,
  accounts: of,
  requestId: 'request-1',
  until,
});

describe('items', () => {
  test('have the keys of the protocol, and names that a person understands', async () => {
    const bench = new Bench();
    const { ledger } = await bench.open();
    await bench.run(ledger.writeWants([A, B]));
    await bench.run(ledger.announce([intent('add', [A, B], 1)]));
    await bench.run(ledger.writeRows([ours(A, { reason: 'why' })]));
    const pk = `S#${SCOPE.service}#${SCOPE.administrator}#${SCOPE.region}`;
    const since = new Date(bench.platform.now()).toISOString();
    expect(bench.table.all().filter((item) => item.pk === pk)).toEqual([
      {
        pk,
        sk: `A#${A}#${STACK}#A`,
        account: A,
        claim: 'ours',
        outcome: 'joined',
        reason: 'why',
        resource: `${STACK}#A`,
        logicalId: 'A',
        since,
        requestId: 'request-1',
        epoch: 1,
      },
      {
        pk,
        sk: `L#${STACK}#A`,
        intents: [{ op: 'add', accounts: `${A} ${B}`, requestId: 'request-1', until: 1 }],
        epoch: 1,
      },
      { pk, sk: `W#${STACK}#A`, accounts: `${A} ${B}`, epoch: 1 },
    ]);
    expect(scopeKey(SCOPE)).toBe(pk);
    expect(ledger.name).toBe('Ledger');
  });

  test('10,000 accounts that are wanted, and announced, are far below 400 kB', async () => {
    const bench = new Bench();
    const { ledger } = await bench.open();
    const all = accounts(10_000);
    await bench.run(ledger.writeWants(all));
    await bench.run(ledger.announce([intent('add', all, 1)]));
    for (const sk of [`W#${bench.resource()}`, `L#${bench.resource()}`]) {
      expect(Buffer.byteLength(JSON.stringify(bench.item(sk)))).toBeLessThan(200_000);
    }
    expect((await bench.run(ledger.wants())).own).toEqual(all);
  });

  test('keep what a newer release has written into them (L14)', async () => {
    const bench = new Bench();
    const { ledger } = await bench.open();
    const future = { future: { of: ['things'] } };
    const keys = [`A#${A}#${bench.resource()}`, `L#${bench.resource()}`, `W#${bench.resource()}`];
    bench.table.load(keys.map((sk) => ({ pk: scopeKey(SCOPE), sk, ...future })));
    await bench.run(ledger.takeLane());
    await bench.run(ledger.writeWants([A]));
    await bench.run(ledger.announce([intent('add', [A], 1)]));
    await bench.run(ledger.writeRows([ours(A)]));
    for (const sk of keys) expect(bench.item(sk)).toMatchObject({ ...future, epoch: 1 });
  });

  test('a row that has ended expires, and does not any more once it is claimed again', async () => {
    const bench = new Bench();
    const { ledger } = await bench.open();
    const ttl = () => bench.item(`A#${A}#${bench.resource()}`)!.ttl;
    await bench.run(ledger.writeRows([{ account: A, claim: 'none', outcome: 'left' }]));
    expect(ttl()).toBe(Math.floor(bench.platform.now() / 1000) + 7 * 24 * 3600);
    await bench.run(ledger.writeRows([ours(A)]));
    expect(ttl()).toBeUndefined();
  });

  test('what a row no longer has is taken out of it', async () => {
    const bench = new Bench();
    const { ledger } = await bench.open();
    await bench.run(ledger.writeRows([ours(A, { reason: 'why', outside: true, handedOver: true })]));
    expect(bench.row(A)).toMatchObject({ reason: 'why', outside: true, handedOver: true });
    const [row] = await bench.run(ledger.writeRows([ours(A)]));
    expect(bench.row(A)).toEqual({ ...row, pk: scopeKey(SCOPE), sk: `A#${A}#${bench.resource()}` });
    expect(Object.keys(row)).not.toContain('reason');
  });
});

describe('fences', () => {
  test.each([
    ['a row', (ledger: any) => ledger.writeRows([ours(A, { outcome: 'pending' })])],
    ['wants', (ledger: any) => ledger.writeWants([C])],
    ['an announcement', (ledger: any) => ledger.announce([intent('add', [C], 1)])],
    ['a lane that is taken', (ledger: any) => ledger.takeLane()],
  ])('W6: %s of an earlier attempt does not overwrite a later one', async (_name, write) => {
    const bench = new Bench();
    const earlier = await bench.open();
    const later = await bench.open({ type: 'Update' });
    expect(later.lease.epoch).toBe(earlier.lease.epoch + 1);
    await bench.run(later.ledger.takeLane());
    await bench.run(later.ledger.writeWants([B]));
    await bench.run(later.ledger.writeRows([ours(A)]));
    const before = bench.table.all();
    await expect(bench.run(write(earlier.ledger))).rejects.toThrow(LeaseLost);
    expect(bench.table.all()).toEqual(before);
  });

  test('a later attempt overwrites an earlier one', async () => {
    const bench = new Bench();
    const earlier = await bench.open();
    await bench.run(earlier.ledger.writeRows([ours(A)]));
    const later = await bench.open({ type: 'Update' });
    const [row] = await bench.run(later.ledger.writeRows([ours(A, { outcome: 'pending' })]));
    expect(bench.row(A)).toMatchObject({ outcome: 'pending', epoch: 2, requestId: 'request-2' });
    expect([later.ledger.wrote(row), earlier.ledger.wrote(row)]).toEqual([true, false]);
  });
});

describe('lanes', () => {
  test('what an attempt left open is taken over by the next, with its times', async () => {
    const bench = new Bench();
    const first = await bench.open();
    await bench.run(first.ledger.announce([intent('add', [A, B], 1000), intent('remove', [C], 2000)]));
    const second = await bench.open({ type: 'Update' });
    expect(await bench.run(second.ledger.takeLane())).toEqual(new Set([A, B, C]));
    expect([...second.ledger.mayLand('add')]).toEqual([
      [A, 1000 + SETTLING_MILLISECONDS],
      [B, 1000 + SETTLING_MILLISECONDS],
    ]);
    expect([...second.ledger.mayLand('remove')]).toEqual([[C, 2000 + SETTLING_MILLISECONDS]]);
    expect([A, C].map((account) => second.ledger.hasOpenAdd(account))).toEqual([true, false]);
  });

  test('of two calls for one account the later one counts', async () => {
    const bench = new Bench();
    const { ledger } = await bench.open();
    ledger.leaveOpen(intent('add', [A, B], 2000));
    ledger.leaveOpen(intent('add', [A], 1000));
    expect([...ledger.mayLand('add').values()]).toEqual([
      2000 + SETTLING_MILLISECONDS,
      2000 + SETTLING_MILLISECONDS,
    ]);
  });

  test('stay small however often a call has no answer', async () => {
    const bench = new Bench();
    const { ledger } = await bench.open();
    for (let time = 1; time <= 50; time++) ledger.leaveOpen(intent('add', [A, B], time));
    await bench.run(ledger.announce([]));
    expect(bench.lane()).toMatchObject([{ accounts: `${A} ${B}`, until: 50 }]);
  });

  test('what is settled is taken out, account by account, and nothing is written where nothing was open', async () => {
    const bench = new Bench();
    const { ledger } = await bench.open();
    ledger.leaveOpen(intent('add', [A, B], 1));
    ledger.leaveOpen(intent('remove', [A], 1));
    await bench.run(ledger.settle('add', new Set([A])));
    expect(bench.lane()).toMatchObject([
      { op: 'add', accounts: B },
      { op: 'remove', accounts: A },
    ]);
    const operations = bench.table.operations.length;
    await bench.run(ledger.settle('add', new Set([A, C])));
    await bench.run(ledger.settle('touch', new Set([A, B])));
    expect(bench.table.operations).toHaveLength(operations);
    await bench.run(ledger.settle('add', new Set([B])));
    await bench.run(ledger.settle('remove', new Set([A])));
    expect(bench.lane()).toEqual([]);
  });

  test('are tidied once', async () => {
    const bench = new Bench();
    const { ledger } = await bench.open();
    await bench.run(ledger.announce([intent('add', [A], 1)]));
    await bench.run(ledger.tidyLane());
    expect(bench.lane()).toEqual([]);
    const operations = bench.table.operations.length;
    await bench.run(ledger.tidyLane());
    expect(bench.table.operations).toHaveLength(operations);
  });

  test('tell what others are about to remove', async () => {
    const bench = new Bench();
    const mine = await bench.open();
    const other = await bench.open({ logicalId: 'B' });
    await bench.run(mine.ledger.announce([intent('remove', [A], 1)]));
    await bench.run(other.ledger.announce([intent('remove', [B], 2), intent('add', [C], 3)]));
    expect([...(await bench.run(mine.ledger.othersRemoving()))]).toEqual([[B, 2 + SETTLING_MILLISECONDS]]);
  });
});

describe('several resources', () => {
  test('wants of others, and our own', async () => {
    const bench = new Bench();
    const mine = await bench.open();
    const other = await bench.open({ logicalId: 'B' });
    // one id is the beginning of the other
    const third = await bench.open({ logicalId: 'AB' });
    await bench.run(mine.ledger.writeWants([A]));
    await bench.run(other.ledger.writeWants([A, B]));
    await bench.run(third.ledger.writeWants([C]));
    expect(await bench.run(mine.ledger.wants())).toEqual({ own: [A], others: new Set([A, B, C]) });
    await bench.run(other.ledger.writeWants([]));
    expect(await bench.run(mine.ledger.wants())).toEqual({ own: [A], others: new Set([C]) });
  });

  test('rows that others have handed over are seen, while they claim anything', async () => {
    const bench = new Bench();
    const mine = await bench.open();
    const other = await bench.open({ logicalId: 'B' });
    await bench.run(mine.ledger.writeRows([ours(A)]));
    await bench.run(
      other.ledger.writeRows([
        ours(A),
        ours(B, { handedOver: true }),
        { account: C, claim: 'none', outcome: 'left', handedOver: true },
      ]),
    );
    const { own, handedOver } = await bench.run(mine.ledger.rows());
    expect([...own.keys()]).toEqual([A]);
    expect(handedOver.map(({ account, logicalId }) => [account, logicalId])).toEqual([[B, 'B']]);
  });

  test('a write whose answer was lost is repeated: it finds what it has written, and counts', async () => {
    const bench = new Bench();
    const mine = await bench.open();
    const other = await bench.open({ logicalId: 'B' });
    const [row] = await bench.run(mine.ledger.writeRows([ours(A, { handedOver: true })]));
    expect(await bench.run(mine.ledger.takeBack(row))).toBe(true);
    expect(await bench.run(mine.ledger.takeBack(row))).toBe(true);
    const [handed] = await bench.run(other.ledger.writeRows([ours(A, { handedOver: true })]));
    expect(await bench.run(mine.ledger.endHandedOver([handed]))).toBe(1);
    expect(await bench.run(mine.ledger.endHandedOver([handed]))).toBe(1);
    expect(await bench.run(other.ledger.takeBack(handed))).toBe(false);
  });

  test('a claim that was handed over is ended by whoever removed the account', async () => {
    const bench = new Bench();
    const mine = await bench.open();
    const other = await bench.open({ logicalId: 'B' });
    await bench.run(other.ledger.writeRows([ours(A, { handedOver: true, reason: 'another resource wants it' })]));
    const { handedOver } = await bench.run(mine.ledger.rows());
    expect(await bench.run(mine.ledger.endHandedOver(handedOver))).toBe(1);
    expect(bench.row(A, 'B')).toMatchObject({ claim: 'none', outcome: 'left', requestId: 'request-1' });
    expect(bench.row(A, 'B')!.handedOver).toBeUndefined();
    expect(bench.row(A, 'B')!.reason).toBeUndefined();
  });

  test.each([
    ['taken back', ours(A)],
    ['handed over anew', ours(A, { handedOver: true })],
  ])('but not where the holder has %s the account meanwhile', async (_name, change) => {
    const bench = new Bench();
    const mine = await bench.open();
    const other = await bench.open({ logicalId: 'B' });
    await bench.run(other.ledger.writeRows([ours(A, { handedOver: true })]));
    const { handedOver } = await bench.run(mine.ledger.rows());
    const again = await bench.open({ logicalId: 'B', type: 'Update' });
    await bench.run(again.ledger.writeRows([change]));
    expect(await bench.run(mine.ledger.endHandedOver(handedOver))).toBe(0);
    expect(bench.row(A, 'B')).toMatchObject({ claim: 'ours', requestId: 'request-3' });
  });
});
