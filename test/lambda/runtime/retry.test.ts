import * as fc from 'fast-check';
import { backoff, retrying } from '../../../lambda/runtime/retry';
import { VirtualPlatform } from '../support/virtual-platform';

const THROTTLED = Object.assign(new Error('slow down'), { name: 'ThrottlingException', $fault: 'client' });
const REFUSED = Object.assign(new Error('no'), { name: 'AccessDeniedException', $fault: 'client', $metadata: { httpStatusCode: 403 } });

/** A request that fails while `failing` says so, and when each was sent. */
function request(platform: VirtualPlatform, failing: (attempt: number, at: number) => Error | undefined) {
  const began = platform.monotonic();
  const sentAt: number[] = [];
  const send = async () => {
    sentAt.push(platform.monotonic() - began);
    const error = failing(sentAt.length, platform.monotonic() - began);
    if (error !== undefined) throw error;
    return 'done';
  };
  return { send, sentAt };
}

function options(platform: VirtualPlatform, patienceSeconds = 60, deadlineSeconds = 600) {
  return { deadline: platform.now() + deadlineSeconds * 1000, patienceSeconds };
}

describe('a request', () => {
  test('that succeeds is sent once', async () => {
    const platform = new VirtualPlatform();
    const { send, sentAt } = request(platform, () => undefined);
    await expect(platform.run(retrying(platform, options(platform), send))).resolves.toBe('done');
    expect(sentAt).toEqual([0]);
  });

  test('that is refused is sent once', async () => {
    const platform = new VirtualPlatform();
    const { send, sentAt } = request(platform, () => REFUSED);
    await expect(platform.run(retrying(platform, options(platform), send))).rejects.toBe(REFUSED);
    expect(sentAt).toHaveLength(1);
  });

  test('is sent again when the caller says that its error is worth it', async () => {
    const platform = new VirtualPlatform();
    const { send, sentAt } = request(platform, (attempt) => (attempt < 3 ? REFUSED : undefined));
    await platform.run(retrying(platform, { ...options(platform), retryable: (error) => error === REFUSED }, send));
    expect(sentAt).toHaveLength(3);
  });

  test.each([1, 2, 3, 4, 5])('F4: that is throttled for 30 s succeeds after it (seed %d)', async (seed) => {
    const platform = new VirtualPlatform({ seed });
    const { send, sentAt } = request(platform, (_, at) => (at < 30_000 ? THROTTLED : undefined));
    await expect(platform.run(retrying(platform, options(platform), send))).resolves.toBe('done');
    expect(sentAt.at(-1)).toBeLessThanOrEqual(50_000);
    expect(sentAt.length).toBeLessThan(25);
  });

  test.each([1, 2, 3, 4, 5])('F4: that is throttled for ever fails with the last error when the patience ends (seed %d)', async (seed) => {
    const platform = new VirtualPlatform({ seed });
    const { send } = request(platform, () => THROTTLED);
    await expect(platform.run(retrying(platform, options(platform), send))).rejects.toBe(THROTTLED);
    expect(platform.monotonic()).toBeLessThanOrEqual(60_000);
    expect(platform.monotonic()).toBeGreaterThan(30_000);
  });

  test('is not sent after the deadline', async () => {
    const platform = new VirtualPlatform();
    const { send, sentAt } = request(platform, () => THROTTLED);
    await expect(platform.run(retrying(platform, options(platform, 600, 10), send))).rejects.toBe(THROTTLED);
    expect(sentAt.at(-1)).toBeLessThanOrEqual(10_000);
  });

  test('P8: is not sent where it could outlast the deadline', async () => {
    const platform = new VirtualPlatform();
    const { send, sentAt } = request(platform, () => undefined);
    const deadline = platform.now() + 10_000;
    const within = (requestMilliseconds: number) => (
      platform.run(retrying(platform, { deadline, patienceSeconds: 60, requestMilliseconds }, send))
    );
    await expect(within(10_001)).rejects.toMatchObject({ name: 'OutOfTime' });
    expect(sentAt).toEqual([]);
    await expect(within(10_000)).resolves.toBe('done');
  });

  test('F12: is tried for as long as it should be when the wall clock jumps', async () => {
    const platform = new VirtualPlatform();
    const { send } = request(platform, (attempt) => {
      if (attempt === 3) platform.wallClockError = -3600_000;
      return THROTTLED;
    });
    await expect(platform.run(retrying(platform, options(platform), send))).rejects.toBe(THROTTLED);
    expect(platform.monotonic()).toBeLessThanOrEqual(60_000);
  });
});

describe('the wait before a retry', () => {
  test('is a random part of a bound that doubles up to 20 s', () => {
    const bounds = [1, 2, 3, 4, 5, 6, 7, 50].map((attempt) => backoff(attempt, 0.999999));
    expect(bounds).toEqual([500, 1000, 2000, 4000, 8000, 16000, 20000, 20000]);
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), chance, (attempt, random) => {
        const wait = backoff(attempt, random);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(20_000);
        expect(Number.isInteger(wait)).toBe(true);
      }),
    );
  });
});
