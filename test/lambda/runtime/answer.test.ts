import * as fc from 'fast-check';
import { type Answer, cutToBytes, LONGEST_REASON, renderAnswer } from '../../../lambda/runtime/answer';
import { accounts, LOGICAL_ID, STACK_ID } from '../support/events';

const ADDRESS = { StackId: STACK_ID, RequestId: '5b1e5c0e-0f3a-4f8e-9d43-1f6f2a0f9a11', LogicalResourceId: LOGICAL_ID };
const DATA = { LedgerTableName: 'Stack-Ledger-ABCDEFGHIJKL' };

function answer(members: Partial<Answer> = {}): Answer {
  return { status: 'FAILED', physicalId: 'security-hub-members-id', data: DATA, reason: 'why', ...members };
}

/** The answer's members, after it was found to be short enough and JSON. */
function read(text: string): any {
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
  return JSON.parse(text);
}

describe('an answer', () => {
  test('P4: echoes its request and holds every attribute', () => {
    expect(read(renderAnswer(ADDRESS, answer({ status: 'SUCCESS', reason: undefined })))).toEqual({
      Status: 'SUCCESS',
      PhysicalResourceId: 'security-hub-members-id',
      ...ADDRESS,
      Data: DATA,
    });
  });

  test('has a reason where it failed, even if nobody gave one', () => {
    expect(read(renderAnswer(ADDRESS, answer({ reason: undefined })))).toMatchObject({ Reason: 'no reason was given' });
  });

  test('may have a reason where it succeeded', () => {
    expect(read(renderAnswer(ADDRESS, answer({ status: 'SUCCESS', reason: 'one skipped' })))).toMatchObject({
      Status: 'SUCCESS',
      Reason: 'one skipped',
    });
  });

  test.each([1, 50, 500])('P2: fits with %d accounts in its reason', (count) => {
    const reason = `could not be made members: ${accounts(count).join(', ')}`;
    const { Reason, Data } = read(renderAnswer(ADDRESS, answer({ reason })));
    expect(Data).toEqual(DATA);
    expect(Reason).toContain(accounts(1)[0]);
    expect(Reason.endsWith('…')).toBe(count > 50);
  });

  test.each([
    ['letters', 'x'],
    ['umlauts', 'ö'],
    ['emoji of two code units', '😀'],
    ['quotes', '"'],
    ['backslashes', '\\'],
    ['control characters, six bytes each in JSON', '\u0001'],
    ['lone surrogates', '\ud800'],
  ])('P2: fits with 10 KB of %s', (_words, character) => {
    const reason = character.repeat(Math.ceil(10_240 / Buffer.byteLength(character)));
    const { Reason, Data } = read(renderAnswer(ADDRESS, answer({ reason })));
    expect(Data).toEqual(DATA);
    expect(Reason.endsWith('…')).toBe(true);
    expect(Reason.length).toBeGreaterThan(100);
  });

  test('P2: fits with any reason and the longest names, and is the beginning of the reason', () => {
    const stackId = `${STACK_ID.slice(0, 40)}${'s'.repeat(128)}/6a7b9c00-d3f1-11ee-a0b1-0e6f8c9d7e21`;
    const address = { ...ADDRESS, StackId: stackId, LogicalResourceId: 'L'.repeat(255) };
    const data = { LedgerTableName: 't'.repeat(255) };
    const physicalId = 'p'.repeat(1024);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 6000 }), (reason) => {
        const parsed = read(renderAnswer(address, answer({ reason, data, physicalId })));
        expect(parsed).toMatchObject({ Data: data, PhysicalResourceId: physicalId });
        const kept = parsed.Reason === reason ? reason : parsed.Reason.replace(/…$/u, '');
        expect(reason.startsWith(kept)).toBe(true);
        expect(Buffer.byteLength(parsed.Reason)).toBeLessThanOrEqual(LONGEST_REASON);
      }),
      { numRuns: 200 },
    );
  });

  test('P2: keeps of the reason what there is room for', () => {
    const data = { LedgerTableName: 'x'.repeat(3000) };
    const text = renderAnswer(ADDRESS, answer({ data, reason: 'r'.repeat(2000) }));
    expect(read(text).Data).toEqual(data);
    expect(Buffer.byteLength(text)).toBeGreaterThan(4096 - 64);
  });

  test('P2: never cuts data, even where nothing else is left to give way', () => {
    const data = { LedgerTableName: 'x'.repeat(5000) };
    const text = renderAnswer(ADDRESS, answer({ data, reason: 'r'.repeat(2000) }));
    expect(JSON.parse(text).Data).toEqual(data);
    expect(Buffer.byteLength(JSON.parse(text).Reason)).toBeLessThanOrEqual(64);
  });
});

describe('a text cut to bytes', () => {
  test.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, '…'],
    ['abcdef', 5, 'ab…'],
    ['ööö', 6, 'ööö'],
    ['öööö', 7, 'öö…'],
    ['öööö', 6, 'ö…'],
    ['😀😀', 7, '😀…'],
    ['😀😀', 6, '…'],
    ['', 0, ''],
  ])('%j in %d bytes is %j', (text, bytes, cut) => {
    expect(cutToBytes(text, bytes)).toBe(cut);
  });

  test('is not longer than it may be, and cut nowhere but at a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 3, max: 400 }), (text, bytes) => {
        const cut = cutToBytes(text, bytes);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
        if (cut === text) return;
        expect(cut.endsWith('…')).toBe(true);
        expect(text.startsWith(cut.slice(0, -1))).toBe(true);
        // one more character would not have fitted
        const next = [...text.slice(cut.length - 1)][0];
        expect(Buffer.byteLength(cut) + Buffer.byteLength(next)).toBeGreaterThan(bytes);
      }),
    );
  });
});
