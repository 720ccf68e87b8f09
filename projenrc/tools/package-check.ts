/**
 * Checks what would be published: everything that a user needs, and nothing else.
 */
import { execFileSync } from 'node:child_process';
import { ROOT } from './paths';

const handlers = process.argv.slice(2);

const REQUIRED = [
  '.jsii',
  'API.md',
  'LICENSE',
  'NOTICE',
  'README.md',
  'package.json',
  'lib/index.js',
  'lib/index.d.ts',
  'assets/THIRD-PARTY-NOTICES.txt',
  ...handlers.map((handler) => `assets/${handler}/index.js`),
];

const ALLOWED = [
  /^(?:\.jsii|\.jsii\.tabl\.json|API\.md|CHANGELOG\.md|LICENSE|NOTICE|README\.md|package\.json)$/,
  /^lib\/(?:[^/]+\/)*[^/]+\.(?:js|d\.ts)$/,
  /^assets\/THIRD-PARTY-NOTICES\.txt$/,
  /^assets\/[^/]+\/index\.js$/,
];

const [{ files }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: ROOT,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  stdio: ['ignore', 'pipe', 'inherit'],
})) as [{ files: { path: string; size: number }[] }];
const paths = files.map(({ path }) => path);

const missing = REQUIRED.filter((path) => !paths.includes(path));
const unexpected = paths.filter((path) => !ALLOWED.some((pattern) => pattern.test(path)));
const unexpectedBundles = paths.filter((path) => {
  const handler = /^assets\/([^/]+)\/index\.js$/.exec(path)?.[1];
  return handler !== undefined && !handlers.includes(handler);
});

for (const path of missing) console.error(`missing from the package: ${path}`);
for (const path of [...unexpected, ...unexpectedBundles]) console.error(`does not belong in the package: ${path}`);
if (missing.length + unexpected.length + unexpectedBundles.length > 0) {
  process.exit(1);
}
const bytes = files.reduce((sum, { size }) => sum + size, 0);
console.log(`the package has ${files.length} files, ${Math.round(bytes / 1000)} kB`);
