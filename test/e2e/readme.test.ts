import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const SOURCES = ['lambda', 'src', 'test/local-aws/services/processing-results.ts'].map(sourcesOf).join('\n')
  // texts that go on in the next line, and values in them
  .replace(/['`]\s*\+\s*['`]/g, '')
  .replace(/\$\{[^}]*\}/g, '…')
  .replace(/\\'/g, '\'');

function sourcesOf(path: string): string {
  const full = join(ROOT, path);
  if (path.endsWith('.ts')) return readFileSync(full, 'utf8');
  return readdirSync(full, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts')).map((file) => readFileSync(join(full, file), 'utf8')).join('\n');
}

/** Sentences in the first column of the tables under a heading. */
function sentencesUnder(heading: string): string[] {
  const section = README.split(`\n## ${heading}\n`)[1].split('\n## ')[0];
  return [...section.matchAll(/^\| `([^|]+?)`[^|]*\|/gm)].map(([, sentence]) => sentence);
}

test('there are sentences to look for', () => {
  expect(sentencesUnder('Troubleshooting').length).toBeGreaterThan(12);
});

test.each(sentencesUnder('Troubleshooting'))('the code says what the README explains: %s', (sentence) => {
  // values differ, and so do the quotes around them
  const parts = sentence.split(/…|"[^"]*"|'Created'/).map((part) => part.trim()).filter((part) => part.length > 3);

  expect(parts.length).toBeGreaterThan(0);
  expect(parts.filter((part) => !SOURCES.includes(part))).toEqual([]);
});

test('the README lists the findings of cdk-nag, and their acknowledgements, as docs/cdk-nag.md does', () => {
  const findings = (text: string) => [...text.matchAll(/^\| `(AwsSolutions.+?)` \|/gm)].map(([, id]) => id);
  const acknowledged = (text: string) => [...text.matchAll(/id: '(AwsSolutions.+?)'/g)].map(([, id]) => id);
  const page = readFileSync(join(ROOT, 'docs/cdk-nag.md'), 'utf8');

  expect(findings(README)).toHaveLength(3);
  expect(findings(README)).toEqual(findings(page));
  expect(acknowledged(README)).toEqual(acknowledged(page));
});

test('no link of the documentation is dead', () => {
  const pages = [
    'README.md', 'docs/operating-security-hub-members.md', 'docs/operating-compute-optimizer-association.md', 'docs/design.md',
    'docs/cdk-nag.md', 'docs/handler-role.md', 'docs/adr/0016-automation-client.md',
  ];
  const dead = pages.flatMap((page) => {
    const links = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)/g)].map(([, path]) => path);
    return links.filter((path) => path !== '' && !exists(join(ROOT, page, '..', path))).map((path) => `${page}: ${path}`);
  });

  expect(dead).toEqual([]);
});

function exists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR';
  }
}
