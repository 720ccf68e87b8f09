/**
 * Sends one answer as the handler does, and prints the HTTP status or what went wrong.
 *
 * In a process of its own: only at its start does Node.js read which issuers it shall trust.
 */
import { nodePlatform } from '../../../lambda/runtime/node-platform';

async function main(): Promise<void> {
  const { url, body } = JSON.parse(process.argv[2]) as { url: string; body: string };
  const outcome = await nodePlatform.put(url, body).catch((error: { code?: string }) => error.code);
  process.stdout.write(String(outcome));
}

void main();
