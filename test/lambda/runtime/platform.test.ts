import { within } from '../../../lambda/runtime/platform';
import { VirtualPlatform } from '../support/virtual-platform';

describe('work within a time', () => {
  test('settles as it does', async () => {
    const platform = new VirtualPlatform();
    await expect(platform.run(within(platform, 1000, 'x', async () => 'done'))).resolves.toBe('done');
    const failure = new Error('no');
    await expect(platform.run(within(platform, 1000, 'x', () => Promise.reject(failure)))).rejects.toBe(failure);
    expect(platform.monotonic()).toBe(0);
  });

  test('F6: that hangs is given up, and told so', async () => {
    const platform = new VirtualPlatform();
    let signal: AbortSignal | undefined;
    const work = within(platform, 20_000, 'GetMembers', (given) => {
      signal = given;
      return new Promise(() => undefined);
    });
    await expect(platform.run(work)).rejects.toMatchObject({
      name: 'TimeoutError',
      message: 'GetMembers gave no answer within 20 s',
    });
    expect(platform.monotonic()).toBe(20_000);
    expect(signal!.aborted).toBe(true);
  });

  test('whose end comes too late is ignored', async () => {
    const platform = new VirtualPlatform();
    const work = within(platform, 1000, 'x', async () => {
      await platform.sleep(1500);
      throw new Error('nobody hears this');
    });
    await expect(platform.run(work)).rejects.toMatchObject({ name: 'TimeoutError' });
    await platform.wait(1000);
  });

  test('cancels its timer when it has ended', async () => {
    const platform = new VirtualPlatform();
    const sleep = jest.spyOn(platform, 'sleep');
    await platform.run(within(platform, 60_000, 'x', async () => 'done'));
    expect(sleep.mock.calls).toMatchObject([[60_000, { aborted: true }]]);
  });

  test('leaves no timer behind', async () => {
    const platform = new VirtualPlatform();
    await platform.run(within(platform, 60_000, 'x', () => platform.sleep(10)));
    await platform.wait(100_000);
    expect(platform.monotonic()).toBe(100_010);
  });
});
