/**
 * What must be true of every bundle, read from the bundle and from what esbuild says of it.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Metafile } from 'esbuild';
import { ASSETS, LAMBDA, metafileOf, ROOT } from '../../projenrc/tools/paths';

/** Folders with an entry point. */
const HANDLERS = readdirSync(join(ROOT, LAMBDA))
  .filter((name) => readdirSync(join(ROOT, LAMBDA), { recursive: true, encoding: 'utf8' }).includes(join(name, 'index.ts')));

/** What the SDK's search for credentials is made of. */
const SEARCH = /credential-provider|token-providers|nested-clients|client-sso|client-sts/;
const STAND_IN = 'lambda-credentials:@aws-sdk/credential-provider-node';

const folder = mkdtempSync(join(tmpdir(), 'bundles-'));

/** Builds all bundles in a copy of the sources at another place, in a process with other settings; answers the copy's folder. */
async function build(name: string, environment: Record<string, string>): Promise<string> {
  const copy = join(folder, name);
  mkdirSync(copy, { recursive: true });
  for (const each of [LAMBDA, 'src', 'projenrc', 'package.json']) cpSync(join(ROOT, each), join(copy, each), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'projenrc/tools/bundle.ts', ...HANDLERS], {
    cwd: copy, env: { PATH: process.env.PATH, ...environment },
  });
  return copy;
}

/** Every file of the built assets, by path. */
function assetsIn(copy: string): Map<string, Buffer> {
  const paths = readdirSync(join(copy, ASSETS), { recursive: true, encoding: 'utf8' });
  return new Map(paths.filter((path) => /\.\w+$/.test(path)).sort().map((path) => [path, readFileSync(join(copy, ASSETS, path))]));
}

let one: string;
let other: string;

beforeAll(async () => {
  one = await build('one', { TZ: 'UTC', LC_ALL: 'C' });
  other = await build('a/longer path/other', { TZ: 'Asia/Kathmandu', LC_ALL: 'tr_TR.UTF-8', NODE_ENV: 'production' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What tells the files apart in a line of a report. */
function digests(files: ReadonlyMap<string, Buffer>): Map<string, string> {
  return new Map([...files].map(([path, bytes]) => [path, createHash('sha256').update(bytes).digest('hex')]));
}

const bundleOf = (handler: string) => readFileSync(join(one, ASSETS, handler, 'index.js'), 'utf8');
const metafile = (handler: string): Metafile => JSON.parse(readFileSync(join(one, metafileOf(handler)), 'utf8'));

test('K8: two builds at different places have the same bytes, and they are those that this checkout ships', () => {
  const [first, second, shipped] = [one, other, ROOT].map((place) => digests(assetsIn(place)));

  expect([...first.keys()]).toEqual(['THIRD-PARTY-NOTICES.txt', ...HANDLERS.map((handler) => join(handler, 'index.js'))].sort());
  expect(second).toEqual(first);
  expect(shipped).toEqual(first);
});

describe.each(HANDLERS)('the bundle of %s', (handler) => {
  test('K8: requires nothing but modules of Node.js', () => {
    const outside = Object.values(metafile(handler).outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    const required = [...bundleOf(handler).matchAll(/\b(?:require|import)\(\s*(.*?)\s*\)/g)].map(([, what]) => what);
    const builtIn = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

    expect(outside.length).toBeGreaterThan(0);
    expect(outside.filter((path) => !builtIn.has(path))).toEqual([]);
    // a name that is computed when the function runs is unknown to esbuild
    expect(required.filter((what) => !builtIn.has(what.replace(/^(["'`])(.*)\1$/, '$2')))).toEqual([]);
    expect(required.length).toBeGreaterThan(0);
  });

  test('K8: holds nothing of the SDK\'s search for credentials but the stand-in', () => {
    const found = Object.keys(metafile(handler).inputs).filter((path) => SEARCH.test(path));

    expect(found).toEqual([STAND_IN]);
    // what the search would ask: a container's metadata, SSO, web identity
    const asks = ['AWS_CONTAINER_CREDENTIALS', 'GetRoleCredentials', 'AssumeRoleWithWebIdentity'];
    expect(asks.filter((text) => bundleOf(handler).includes(text))).toEqual([]);
  });

  test('K8: starts where nothing else is, and exports its handler', async () => {
    const alone = join(folder, 'alone', handler);
    mkdirSync(alone, { recursive: true });
    cpSync(join(one, ASSETS, handler, 'index.js'), join(alone, 'index.js'));
    const { stdout } = await promisify(execFile)(process.execPath, ['-p', 'typeof require("./index.js").handler'], {
      cwd: alone, env: { PATH: process.env.PATH, AWS_REGION: 'us-east-1', LEDGER_TABLE_NAME: 'Ledger' },
    });

    expect(stdout.trim()).toBe('function');
  });
});
