import * as fc from 'fast-check';
import { TokenBucket } from '../../../lambda/runtime/token-bucket';
import { VirtualPlatform } from '../support/virtual-platform';

/** When each of `count` takers that all come at once got through. */
async function takeAll(platform: VirtualPlatform, bucket: TokenBucket, count: number): Promise<number[]> {
  const began = platform.monotonic();
  const times: number[] = [];
  const take = async () => {
    await bucket.take();
    times.push(platform.monotonic() - began);
  };
  await platform.run(Promise.all(Array.from({ length: count }, take)));
  return times;
}

describe('a bucket of 10 a second and burst 30', () => {
  test('lets the burst through at once and the rest one every 100 ms, in their order', async () => {
    const platform = new VirtualPlatform();
    const times = await takeAll(platform, new TokenBucket(platform, 10, 30), 35);
    expect(times).toEqual([...Array<number>(30).fill(0), 100, 200, 300, 400, 500]);
  });

  test('fills up while nobody comes, and not above the burst', async () => {
    const platform = new VirtualPlatform();
    const bucket = new TokenBucket(platform, 10, 30);
    await takeAll(platform, bucket, 30);
    await platform.wait(1000);
    expect(await takeAll(platform, bucket, 11)).toEqual([...Array<number>(10).fill(0), 100]);
    await platform.wait(3600_000);
    expect(await takeAll(platform, bucket, 31)).toEqual([...Array<number>(30).fill(0), 100]);
  });

  test('never lets more through than burst and rate allow, whenever the takers come', async () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 40, maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(pauses, async (gaps) => {
        const platform = new VirtualPlatform();
        const bucket = new TokenBucket(platform, 10, 30);
        const times: number[] = [];
        let at = 0;
        const takers = gaps.map((gap, index) => {
          at += index % 5 === 0 ? gap : 0;
          return platform.clock.sleep(at).then(() => bucket.take()).then(() => times.push(platform.monotonic()));
        });
        await platform.run(Promise.all(takers));
        times.sort((a, b) => a - b);
        for (let from = 0; from + 30 < times.length; from++) {
          for (let to = from + 30; to < times.length; to++) {
            const seconds = (times[to] - times[from]) / 1000;
            expect(to - from + 1).toBeLessThanOrEqual(30 + seconds * 10 + 1e-6);
          }
        }
      }),
      { numRuns: 25 },
    );
  });
});
