import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ScaledClock } from './scaled-clock';

const clock = new ScaledClock(1000);

test('time passes faster, for timers as for the time of day', async () => {
  const started = clock.now();
  await clock.sleep(20_000);

  // 20 ms of the machine; a timer may end a millisecond early
  expect(clock.now() - started).toBeGreaterThanOrEqual(18_000);
});

test('a process with its variables has the same time', async () => {
  const code = `
    const began = [Date.now(), performance.now()];
    setTimeout((word) => console.log(JSON.stringify({
      word, began: began[0], slept: Date.now() - began[0], monotonic: performance.now() - began[1], fixed: +new Date(5), now: +new Date(),
    })), 20_000, 'passed');
  `;
  const before = clock.now();
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', code], { env: clock.variables() });
  const child = JSON.parse(stdout);

  expect(child).toMatchObject({ word: 'passed', fixed: 5 });
  expect(child.began).toBeGreaterThanOrEqual(before);
  expect(child.now).toBeLessThanOrEqual(clock.now());
  expect(child.slept).toBeGreaterThanOrEqual(18_000);
  expect(child.monotonic).toBeGreaterThanOrEqual(18_000);
});
