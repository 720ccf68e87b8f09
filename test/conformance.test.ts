/**
 * Every conformance item that applies is named in the title of a test.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ITEMS } from './conformance-items';

/** Titles of tests: the first argument of `describe`, `test`, `it` and their tables' rows, and names of Python tests with their docstrings. */
const TITLE = /(?:\b(?:describe|test|it)(?:\.\w+)*\((?:[^'"`]*\)\()?\s*|^\s*(?:items|name): )(['"`])(?<title>(?:\\.|(?!\1).)*)\1/gm;
const PYTHON = /def (?<title>test_\w+)|"""(?<words>[^"]*)"""/g;

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (
    entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)]
  ));
}

function titles(): string[] {
  const folders = [__dirname, join(__dirname, '..', 'projenrc')];
  return folders.flatMap(filesUnder).flatMap((file) => {
    if (file.endsWith('.py')) return [...readFileSync(file, 'utf8').matchAll(PYTHON)].map(({ groups }) => groups!.title ?? groups!.words);
    const hasTitles = file.endsWith('.test.ts') || file.endsWith('planted-handlers.ts');
    return hasTitles ? [...readFileSync(file, 'utf8').matchAll(TITLE)].map(({ groups }) => groups!.title) : [];
  });
}

const named = new Set(titles().flatMap((title) => title.split(/[^\w]+/)));

test('no item is listed twice', () => {
  expect(new Set(ITEMS.map(({ id }) => id)).size).toBe(ITEMS.length);
});

test('titles are found at all', () => {
  expect(titles().length).toBeGreaterThan(300);
  expect(named).toContain('L1');
});

test.each(ITEMS.filter(({ notYet }) => notYet === undefined))('$id: $text', ({ id }) => {
  expect(named).toContain(id);
});
