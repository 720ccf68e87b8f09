import { HandClock, refused } from './bed';
import { ClientTokens, type ClientTokensOptions } from './client-tokens';
import { AwsError } from '../core';

const DAY = 24 * 3_600_000;

function tokens(options: Partial<ClientTokensOptions> = {}) {
  const clock = new HandClock();
  let served = 0;
  const store = new ClientTokens(clock, {
    lifetime: DAY,
    inUseFor: () => 0,
    keepsRefusals: () => false,
    inUse: () => new AwsError('InUse', '', 409),
    mismatch: () => new AwsError('Mismatch', '', 409),
    ...options,
  });
  const call = (token: string, parameters: string, answer: () => unknown = () => `answer ${++served}`) =>
    store.once(token, parameters, answer);
  return { clock, call };
}

test('a repeated call has the first answer, until its token is forgotten', () => {
  const { clock, call } = tokens();
  expect(call('t', 'p')).toBe('answer 1');
  expect(call('t', 'p')).toBe('answer 1');
  clock.advance(DAY - 1);
  expect(call('t', 'p')).toBe('answer 1');
  clock.advance(1);
  expect(call('t', 'p')).toBe('answer 2');
});

test('a repetition does not make the token younger', () => {
  const { clock, call } = tokens();
  call('t', 'p');
  clock.advance(DAY - 1);
  call('t', 'p');
  clock.advance(1);
  expect(call('t', 'p')).toBe('answer 2');
});

test('fails on other parameters, also while the first call is under way', () => {
  const { clock, call } = tokens({ inUseFor: () => 100 });
  call('t', 'p');
  expect(refused(() => call('t', 'q'))).toBe('Mismatch 409');
  expect(refused(() => call('t', 'p'))).toBe('InUse 409');
  clock.advance(100);
  expect(call('t', 'p')).toBe('answer 1');
  expect(refused(() => call('t', 'q'))).toBe('Mismatch 409');
});

test.each([[false, 'answer 1'], [true, 'refused again']])('what a refusal leaves behind (kept: %s)', (kept, expected) => {
  const { call } = tokens({ keepsRefusals: () => kept });
  const refuse = () => { throw new AwsError('No', 'no', 400); };
  expect(refused(() => call('t', 'p', refuse))).toBe('No 400');
  if (kept) expect(refused(() => call('t', 'p'))).toBe('No 400');
  else expect(call('t', 'p')).toBe(expected);
});

test('a mistake of a model is never kept', () => {
  const { call } = tokens({ keepsRefusals: () => true });
  expect(() => call('t', 'p', () => { throw new Error('mistake'); })).toThrow('mistake');
  expect(call('t', 'p')).toBe('answer 1');
});
