import * as fc from 'fast-check';
import { LONGEST_REASON } from '../../../lambda/runtime/answer';
import { endingWith, listed, WAYS_OUT } from '../../../lambda/runtime/reason';
import { accounts } from '../support/events';

describe('a list of accounts', () => {
  test.each([
    [0, ''],
    [1, '200000000001'],
    [5, '200000000001, 200000000002, 200000000003, 200000000004, 200000000005'],
    [6, '200000000001, 200000000002, 200000000003, 200000000004, 200000000005 and 1 more'],
    [10_000, '200000000001, 200000000002, 200000000003, 200000000004, 200000000005 and 9995 more'],
  ])('of %d reads %j', (count, text) => {
    expect(listed(accounts(count))).toBe(text);
  });
});

describe('a reason with an end', () => {
  test('is joined to it', () => {
    expect(endingWith('it failed', 'do this', 'or that')).toBe('it failed; do this; or that');
    expect(endingWith('it failed')).toBe('it failed');
  });

  test('gives way by bytes: to an end of other letters too', () => {
    const end = 'ä'.repeat(100);
    const reason = endingWith('x'.repeat(2000), end);
    expect(reason.endsWith(`x…; ${end}`)).toBe(true);
    expect(Buffer.byteLength(reason)).toBe(LONGEST_REASON);
  });

  test('gives way to it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 3000 }), (text) => {
        const reason = endingWith(text, WAYS_OUT);
        expect(reason.endsWith(WAYS_OUT)).toBe(true);
        expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(LONGEST_REASON);
      }),
    );
  });
});
