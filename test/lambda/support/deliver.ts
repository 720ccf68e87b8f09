/**
 * Delivers one event to the shipped entry point, and prints what it threw, if anything.
 *
 * In a process of its own: the entry point reads the environment and makes its clients when it is loaded, as in Lambda.
 */

/** Which handler it is: the name of its folder. */
const NAME = process.env.HANDLER_NAME ?? 'security-hub-members';

async function main(): Promise<void> {
  const { handler } = await import(`../../../lambda/${NAME}/index`);
  const ended = handler(JSON.parse(process.argv[2]), { getRemainingTimeInMillis: () => 60_000 });
  const thrown = await ended.then(() => '', (error: Error) => `${error.name}: ${error.message}`);
  process.stdout.write(`\n${thrown}`);
}

void main();
