/**
 * Prints what each bundle contains, package by package, and fails if one is larger than `--limit` bytes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Metafile } from 'esbuild';
import { metafileOf, ROOT } from './paths';
import { packageFolder } from './third-party';

const { values, positionals } = parseArgs({ options: { limit: { type: 'string' } }, allowPositionals: true });
const limit = Number(values.limit ?? NaN);
if (!Number.isInteger(limit)) {
  throw new Error('say the limit in bytes: --limit <bytes>');
}

let tooLarge = 0;
for (const handler of positionals) {
  const metafile: Metafile = JSON.parse(readFileSync(join(ROOT, metafileOf(handler)), 'utf8'));
  const [[path, output]] = Object.entries(metafile.outputs);

  const bytesByOrigin = new Map<string, number>();
  let accounted = 0;
  for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
    const origin = packageFolder(input)?.replace(/^.*node_modules\//, '')
      ?? input.replace(/^([^:/]+\/[^/]+)\/.*/, '$1/');
    bytesByOrigin.set(origin, (bytesByOrigin.get(origin) ?? 0) + bytesInOutput);
    accounted += bytesInOutput;
  }
  bytesByOrigin.set('(module wrappers)', output.bytes - accounted);

  console.log(path);
  const rows = [...bytesByOrigin].filter(([, bytes]) => bytes > 0);
  rows.sort(([a, x], [b, y]) => y - x || a.localeCompare(b));
  for (const [origin, bytes] of rows) {
    console.log(`${String(bytes).padStart(9)}  ${origin}`);
  }
  console.log(`${String(output.bytes).padStart(9)}  total, limit ${limit}\n`);
  if (output.bytes > limit) {
    console.error(`${path} is ${output.bytes - limit} bytes too large`);
    tooLarge += 1;
  }
}
process.exitCode = tooLarge > 0 ? 1 : 0;
