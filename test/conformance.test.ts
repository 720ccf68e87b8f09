/**
 * Every conformance item that applies is named in the title of a test of the library.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ITEMS } from './conformance-items';
import { titlesOf } from './test-titles';

/** Tests of the AWS that the tests bring along say nothing of the library. */
const OF_THE_BED = join(__dirname, 'local-aws');
/** Its titles name items that a bad handler must fail, which is no test of the shipped one. */
const OF_THE_CHECKS = join(__dirname, 'simulation', 'planted.test.ts');

/** Tests in Python that look at what the library makes; the others there look at the bed. */
const IN_PYTHON = ['test_cfn_lint.py', 'test_ledger.py', 'test_templates.py'].map((name) => join(__dirname, 'python', name));

/** `test_k2_cfn_lint_is_clean` is titled "K2 cfn lint is clean". */
function pythonTitlesOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^def test_([a-z]+\d+)_(\w+)/gm)].map(([, id, words]) => `${id.toUpperCase()} ${words}`);
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (
    entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)]
  ));
}

/** Words of a title that can be ids: `L26a.update`, `contract_create_read`. */
function idsIn(title: string): string[] {
  return title.match(/[A-Za-z]\w*(?:\.[a-z]+)*/g) ?? [];
}

const files = [__dirname, join(__dirname, '..', 'projenrc')].flatMap(filesUnder)
  .filter((file) => file.endsWith('.test.ts') && !file.startsWith(OF_THE_BED));
const titles = files.filter((file) => file !== OF_THE_CHECKS && file !== __filename).flatMap(titlesOf);
const named = new Set([...titles, ...IN_PYTHON.flatMap(pythonTitlesOf)].flatMap(idsIn));
const checked = new Set(titlesOf(OF_THE_CHECKS).flatMap(idsIn));

test('no item is listed twice', () => {
  expect(new Set(ITEMS.map(({ id }) => id)).size).toBe(ITEMS.length);
});

test('titles are found at all, and none of the bed', () => {
  expect(titles.length).toBeGreaterThan(600);
  expect(named).toContain('L1');
  expect(titles.filter((title) => title.startsWith('the embedded AWS'))).toEqual([]);
});

test('titles are read with their tables, and only those of tests that run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'titles-'));
  try {
    writeFileSync(join(folder, 'rows.ts'), 'export const ROWS = [{ shows: \'A1\', name: \'one\' }, { shows: \'B2\', name: \'two\' }] as const;');
    writeFileSync(join(folder, 'example.test.ts'), `
      import { ROWS } from './rows';
      const filtered = ROWS.filter(({ name }) => name === 'one');
      describe('outer', () => {
        test('C3 it\\'s plain', () => undefined);
        test.each(['x', "y"])("D4 'quoted' %s", () => undefined);
        it.each([['p', { a: ')(' }], ['q', {}]] as const)('E5 %s', () => undefined);
      });
      test.each(ROWS.map((row) => [row.shows, row.name] as const))('%s: %s', () => undefined);
      test.each(ROWS)('$shows of $name', () => undefined);
      test.each(filtered.map(({ shows }) => [shows]))('F6 %s', () => undefined);
      test.each(Object.entries({ G7: 1, H8: 2 }))('%s in an object', () => undefined);
      test.skip('I9 skipped', () => undefined);
      describe.skip('J10', () => { test('K11', () => undefined); });
      const items = 'L12'; console.log(items, 'test(\\'M13\\')');
    `);
    expect(titlesOf(join(folder, 'example.test.ts'))).toEqual([
      'outer C3 it\'s plain', 'outer D4 \'quoted\' x', 'outer D4 \'quoted\' y', 'outer E5 p', 'outer E5 q',
      'A1: one', 'B2: two', 'A1 of one', 'B2 of two', 'F6 ', 'G7 in an object', 'H8 in an object',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const ASSERTS_WORK = 'contract_check_asserts_work';

test.each(ITEMS.filter(({ id, notYet }) => notYet === undefined && id !== ASSERTS_WORK))('$id: $text', ({ id }) => {
  expect(named).toContain(id);
});

test(`${ASSERTS_WORK} has tests`, () => {
  expect(checked).toContain(ASSERTS_WORK);
});

test('what does not apply says why', () => {
  expect(ITEMS.filter(({ notYet }) => notYet !== undefined && notYet.length < 5)).toEqual([]);
});
