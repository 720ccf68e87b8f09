import * as fc from 'fast-check';
import {
  allowed,
  EMAIL,
  parseAccountIds,
  parseOutsideAccounts,
  parseSeconds,
  parseShare,
  parseWord,
  PropertyError,
  renderAccountIds,
  renderOutsideAccounts,
  renderShare,
  type Share,
} from '../../src/private/contract/properties';
import { accountIds } from '../stacks';

const accountId = fc.stringMatching(/^[0-9]{12}$/);
const email = fc.stringMatching(/^[a-z0-9.+_'-]{1,20}@[a-z0-9-]{1,20}\.[a-z]{2,10}$/);
const separator = fc.constantFrom(',', ' ', ', ', '\n', '\t', ' ,, ', '\r\n');
const none: Share = { kind: 'none' };

/** The error that `work` throws; fails if it is none of ours. */
function errorOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(PropertyError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

function sortedSet(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort();
}

describe('account ids', () => {
  test('P5: are read as they were written, sorted and without repeats, in any order and number', () => {
    const lists = fc.oneof(
      fc.array(accountId, { maxLength: 30 }),
      fc.integer({ min: 995, max: 1100 }).map((count) => accountIds(count)),
    );
    fc.assert(fc.property(lists, fc.nat(), (ids, turn) => {
      const turned = [...ids.slice(turn % (ids.length + 1)), ...ids.slice(0, turn % (ids.length + 1))];
      expect(parseAccountIds('accounts', renderAccountIds(turned))).toEqual(sortedSet(ids));
      expect(renderAccountIds(turned)).toEqual(renderAccountIds(sortedSet(ids)));
    }), { numRuns: 60 });
  });

  test.each([
    [1, 1],
    [1000, 1000],
    [1001, 21],
    [10_000, 200],
  ])('%d stand on %d lines', (count, lines) => {
    const rendered = renderAccountIds(accountIds(count));
    expect(rendered).toHaveLength(lines);
    expect(parseAccountIds('accounts', rendered)).toEqual(accountIds(count));
  });

  test('P12: 10,000 old and 10,000 new ones leave room in an event of 256 kB', () => {
    const rendered = renderAccountIds(accountIds(10_000));
    expect(Buffer.byteLength(JSON.stringify({ old: rendered, own: rendered }))).toBeLessThan(250_000);
  });

  test('P5: a token may resolve to one text, in place of a list or within it, whatever separates the ids', () => {
    const words = fc.array(fc.tuple(accountId, separator), { maxLength: 20 });
    fc.assert(fc.property(words, separator, (pairs, before) => {
      const text = before + pairs.map(([id, after]) => id + after).join('');
      const expected = sortedSet(pairs.map(([id]) => id));
      expect(parseAccountIds('accounts', text)).toEqual(expected);
      expect(parseAccountIds('accounts', [text, text])).toEqual(expected);
    }));
  });

  test('R30: keep their leading zeros', () => {
    expect(parseAccountIds('accounts', ['000000000001', '000000000000'])).toEqual(['000000000000', '000000000001']);
  });

  test.each([undefined, '', [], [''], ' , '])('P5: %j holds none', (value) => {
    expect(parseAccountIds('accounts', value)).toEqual([]);
  });

  test.each(['11111111111', '1111111111111', '11111111111a', '1111-1111-1111', 'abcdefghijkl', '１１１１１１１１１１１１', '1.1111111111', '+11111111111',
    '11111111111111111111111', '1111111111111111111111111', '11111111111111111111111a', '{{resolve:ssm:accounts}}'])('fails: %j is none', (word) => {
    expect(errorOf(() => parseAccountIds('accounts', ['111111111111', word]))).toBe(
      `'accounts' holds ${JSON.stringify(word)}, which is no account id: give 12 digits`,
    );
  });

  test.each([111111111111, true, null, { Ref: 'Accounts' }, ['111111111111']])('fails: %j is no text', (element) => {
    expect(errorOf(() => parseAccountIds('accounts', [element]))).toBe(`'accounts' holds ${JSON.stringify(element)}: give text`);
  });

  test('fails or answers ids only, whatever it is given', () => {
    fc.assert(fc.property(fc.oneof(fc.anything(), fc.string(), fc.array(fc.string())), (value) => {
      try {
        for (const id of parseAccountIds('accounts', value)) expect(id).toMatch(/^[0-9]{12}$/);
      } catch (error) {
        expect(error).toBeInstanceOf(PropertyError);
      }
    }));
  });
});

describe('outside accounts', () => {
  test('P5: are read as they were written, sorted and without repeats', () => {
    const lists = fc.uniqueArray(fc.record({ accountId, email }), { selector: ({ accountId: id }) => id });
    fc.assert(fc.property(lists, (list) => {
      const sorted = [...list].sort((a, b) => (a.accountId < b.accountId ? -1 : 1));
      expect(parseOutsideAccounts('accounts', renderOutsideAccounts([...list].reverse().concat(list)))).toEqual(sorted);
      expect(parseOutsideAccounts('accounts', renderOutsideAccounts(list).join(', '))).toEqual(sorted);
    }));
  });

  test('keep the case of their addresses', () => {
    expect(parseOutsideAccounts('accounts', '111122223333=Root+Aws@Example.com')).toEqual([
      { accountId: '111122223333', email: 'Root+Aws@Example.com' },
    ]);
  });

  test.each([
    ['11112222333=root@example.com', "'accounts' holds \"11112222333\", which is no account id: give 12 digits"],
    ['root@example.com', "'accounts' holds \"(an e-mail address)\", which is no account id: give 12 digits"],
    ['=root@example.com', "'accounts' holds \"\", which is no account id: give 12 digits"],
    ['root@example.com=111122223333', "'accounts' holds \"(an e-mail address)\", which is no account id: give 12 digits"],
    ['111122223333', "'accounts' holds no usable e-mail address for account 111122223333"],
    ['111122223333=', "'accounts' holds no usable e-mail address for account 111122223333"],
    ['111122223333=root@localhost', "'accounts' holds no usable e-mail address for account 111122223333"],
    ['111122223333=root@example.com=root@example.com', "'accounts' holds no usable e-mail address for account 111122223333"],
    [
      '111122223333=root@example.com,111122223333=other@example.com',
      "'accounts' names account 111122223333 with two different e-mail addresses",
    ],
  ])('fails: %s', (text, message) => {
    expect(errorOf(() => parseOutsideAccounts('accounts', text))).toBe(message);
  });

  test('P9: no error quotes an address, whatever is wrong', () => {
    const broken = fc.tuple(fc.stringMatching(/^[0-9a-z]{0,13}$/), email, fc.constantFrom('', '=', '==', '@')).map(
      ([id, address, between]) => [`${id}${between}${address}`, address] as const,
    );
    fc.assert(fc.property(broken, ([word, address]) => {
      let message = '';
      try {
        parseOutsideAccounts('accounts', [word, `111122223333=other-${address}`, `111122223333=${address}`]);
      } catch (error) {
        ({ message } = error as Error);
      }
      expect(message).not.toBe('');
      expect(message).not.toContain('@');
    }));
  });

  test.each(['a@b.co', 'first.last+tag@sub.example.co.uk', "o'brien@example.com", `${'x'.repeat(52)}@example.com`])('accept %s', (address) => {
    expect(EMAIL.test(address)).toBe(true);
  });

  // [Organizations API reference, CreateAccount: 6 to 64 characters]
  test.each(['a@b.c', 'a.b.co', '@b.co', 'a@.', 'a@b@c.co', 'a b@c.co', 'a@b,c.co', 'a=b@c.co', `${'x'.repeat(53)}@example.com`])(
    'refuse %s',
    (address) => {
      expect(EMAIL.test(address)).toBe(false);
    },
  );
});

describe('a share', () => {
  const hundredths = fc.integer({ min: 0, max: 10_000 });
  const shares = fc.oneof(
    fc.constantFrom<Share>({ kind: 'none' }, { kind: 'all' }),
    fc.nat().map((count): Share => ({ kind: 'accounts', count })),
    hundredths.map((n): Share => ({ kind: 'percentage', percentage: n / 100 })),
  );

  test('P5: is read as it was written', () => {
    fc.assert(fc.property(shares, (share) => {
      expect(parseShare('failureTolerance', renderShare(share), none)).toEqual(share);
    }));
  });

  test.each([undefined, ''])('P5: %j means the default', (value) => {
    expect(parseShare('removalLimit', value, { kind: 'percentage', percentage: 10 })).toEqual({ kind: 'percentage', percentage: 10 });
  });

  test.each(['some', 'None', 'accounts', 'accounts:', 'accounts:-1', 'accounts:1.5', 'accounts:1e3', 'accounts:5:6', 'percentage:101',
    'percentage:100.01', 'percentage:-1', 'percentage:10%', 'percentage:.5', 'percentage:1:2', '5', 'all:5', ' all'])('fails: %j', (text) => {
    expect(errorOf(() => parseShare('failureTolerance', text, none))).toBe(
      `'failureTolerance' is ${JSON.stringify(text)}, which is none of 'none', 'all', 'accounts:<number>' and 'percentage:<0 to 100>'`,
    );
  });

  test('allows none, all, or a number of accounts, whatever their total', () => {
    fc.assert(fc.property(fc.nat(), fc.nat(), (total, count) => {
      expect(allowed(none, total)).toBe(0);
      expect(allowed({ kind: 'all' }, total)).toBeGreaterThanOrEqual(total);
      expect(allowed({ kind: 'accounts', count }, total)).toBe(count);
    }));
  });

  test('allows a percentage of the total, rounded down: never more than was meant', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 10_000 }), hundredths, (total, n) => {
      expect(allowed({ kind: 'percentage', percentage: n / 100 }, total)).toBeLessThanOrEqual((total * n) / 10_000);
    }));
  });

  test('allows a whole percentage exactly', () => {
    const whole = fc.integer({ min: 0, max: 100 });
    fc.assert(fc.property(fc.integer({ min: 0, max: 10_000 }), whole, (total, percentage) => {
      expect(allowed({ kind: 'percentage', percentage }, total)).toBe(Number((BigInt(total) * BigInt(percentage)) / 100n));
    }));
  });

  test('allows a percentage with decimals exactly', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 10_000 }), hundredths, (total, n) => {
      expect(allowed({ kind: 'percentage', percentage: n / 100 }, total)).toBe(Number((BigInt(total) * BigInt(n)) / 10_000n));
    }), { examples: [[375, 1840]] });
  });
});

describe('seconds', () => {
  test.each([
    ['600', 600],
    ['0', 0],
    [' ', undefined],
    [600, 600],
    [undefined, 42],
    ['', 42],
  ])('P5: %j', (value, seconds) => {
    if (seconds === undefined) errorOf(() => parseSeconds('wait', value, 42));
    else expect(parseSeconds('wait', value, 42)).toBe(seconds);
  });

  test.each(['1.5', '-1', '1e3', '10 minutes', 'PT10M', true, null, ['600', '600'], {}])('fails: %j', (value) => {
    expect(errorOf(() => parseSeconds('wait', value, 42))).toBe(`'wait' is ${JSON.stringify(value)}: give whole seconds`);
  });
});

describe('a word', () => {
  test.each([
    ['remove', 'remove'],
    ['release', 'release'],
    [undefined, 'remove'],
    ['', 'remove'],
  ])('P5: %j means %s', (value, word) => {
    expect(parseWord('dropped', value, 'remove', 'release')).toBe(word);
  });

  test.each(['Remove', 'retain', 'false', 'true', false, 0, null, ['remove']])('fails: %j', (value) => {
    expect(errorOf(() => parseWord('dropped', value, 'remove', 'release'))).toBe(
      `'dropped' is ${JSON.stringify(value)}: give one of 'remove', 'release'`,
    );
  });
});
