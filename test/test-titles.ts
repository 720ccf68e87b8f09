/**
 * The titles of tests as they stand in the code, read with TypeScript's own parser: what a test is called, `describe` by `describe`, with the
 * rows of its table put in where the code tells them. Nothing is run.
 *
 * What cannot be read off the code (a filtered table, the result of a function) has no title, so an item is never taken for tested that is
 * not; tests that are skipped have none either.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as ts from 'typescript';

/** A literal, as far as the code tells it. */
type Value = string | readonly Value[] | { readonly [name: string]: Value } | undefined;
type Scope = ReadonlyMap<string, Value>;

interface Source {
  readonly file: string;
  readonly root: ts.SourceFile;
}

interface TestCall {
  readonly kind: string;
  readonly table?: ts.Expression;
  readonly skipped: boolean;
}

const SKIPPING = new Set(['skip', 'todo', 'failing']);
const parsed = new Map<string, Source>();

export function titlesOf(file: string): string[] {
  const source = parse(file);
  const titles: string[] = [];
  const visit = (node: ts.Node, outer: string): void => {
    const found = ts.isCallExpression(node) ? testCall(node) : undefined;
    if (found === undefined) return node.forEachChild((child) => visit(child, outer));
    if (found.skipped) return undefined;
    const [title, body] = (node as ts.CallExpression).arguments;
    const own = rendered(source, title, found.table).map((each) => `${outer}${each}`);
    if (found.kind !== 'describe') return void titles.push(...own);
    for (const each of own) body?.forEachChild((child) => visit(child, `${each} `));
    return undefined;
  };
  visit(source.root, '');
  return titles;
}

function parse(file: string): Source {
  const known = parsed.get(file);
  if (known !== undefined) return known;
  const root = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const source = { file, root };
  parsed.set(file, source);
  return source;
}

/** `test('…')`, `describe.only('…')`, `it.each(table)('…')`. */
function testCall({ expression }: ts.CallExpression): TestCall | undefined {
  const each = ts.isCallExpression(expression) ? expression : undefined;
  const callee = each === undefined ? expression : each.expression;
  const words = wordsOf(callee);
  if (words === undefined || !['describe', 'test', 'it'].includes(words[0])) return undefined;
  const isEach = words.at(-1) === 'each';
  // `test.each(table)` alone is no test, only its call is
  if (isEach !== (each !== undefined)) return undefined;
  return { kind: words[0], table: each?.arguments[0], skipped: words.some((word) => SKIPPING.has(word)) };
}

function wordsOf(expression: ts.Expression): string[] | undefined {
  if (ts.isIdentifier(expression)) return [expression.text];
  if (!ts.isPropertyAccessExpression(expression)) return undefined;
  const before = wordsOf(expression.expression);
  return before && [...before, expression.name.text];
}

function rendered(source: Source, title: ts.Expression | undefined, table: ts.Expression | undefined): string[] {
  const words = title && valueOf(source, title, new Map());
  if (typeof words !== 'string') return [];
  if (table === undefined) return [words];
  const rows = valueOf(source, table, new Map());
  // a table that the code does not tell: its title stands, without what the rows would put in
  return Array.isArray(rows) ? rows.map((row: Value) => filled(words, row)) : [filled(words, undefined)];
}

function filled(title: string, row: Value): string {
  const cells = Array.isArray(row) ? [...row] : [row];
  const counted = title.replace(/%[sdifjoOp]/g, () => shown(cells.shift()));
  return counted.replace(/\$(\w+)/g, (_, name: string) => shown(memberOf(row, name)));
}

function shown(value: Value): string {
  return typeof value === 'string' ? value : '';
}

function memberOf(value: Value, name: string): Value {
  return typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, Value>)[name] : undefined;
}

function valueOf(source: Source, node: ts.Expression, scope: Scope): Value {
  if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans
      .map(({ expression, literal }) => shown(valueOf(source, expression, scope)) + literal.text);
    return node.head.text + spans.join('');
  }
  if (ts.isAsExpression(node) || ts.isParenthesizedExpression(node) || ts.isSatisfiesExpression(node)) {
    return valueOf(source, node.expression, scope);
  }
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap((element) => elementsOf(source, element, scope));
  if (ts.isObjectLiteralExpression(node)) return objectOf(source, node, scope);
  if (ts.isIdentifier(node)) return scope.has(node.text) ? scope.get(node.text) : constant(source, node.text);
  if (ts.isPropertyAccessExpression(node)) return memberOf(valueOf(source, node.expression, scope), node.name.text);
  return ts.isCallExpression(node) ? resultOf(source, node, scope) : undefined;
}

function elementsOf(source: Source, element: ts.Expression, scope: Scope): readonly Value[] {
  if (!ts.isSpreadElement(element)) return [valueOf(source, element, scope)];
  const spread = valueOf(source, element.expression, scope);
  return Array.isArray(spread) ? spread : [];
}

function objectOf(source: Source, node: ts.ObjectLiteralExpression, scope: Scope): Value {
  const members: Record<string, Value> = {};
  for (const property of node.properties) {
    if (ts.isSpreadAssignment(property)) {
      const spread = valueOf(source, property.expression, scope);
      if (typeof spread === 'object' && !Array.isArray(spread)) Object.assign(members, spread);
    } else if (ts.isShorthandPropertyAssignment(property)) {
      members[property.name.text] = scope.get(property.name.text);
    } else if (property.name !== undefined && !ts.isComputedPropertyName(property.name)) {
      const { initializer } = property as ts.PropertyAssignment;
      members[property.name.text] = ts.isPropertyAssignment(property) ? valueOf(source, initializer, scope) : undefined;
    }
  }
  return members;
}

/** What is understood of functions: `table.map(row => …)`, and entries, keys and values of an object. */
function resultOf(source: Source, { expression, arguments: [given] }: ts.CallExpression, scope: Scope): Value {
  if (!ts.isPropertyAccessExpression(expression) || given === undefined) return undefined;
  const called = expression.name.text;
  if (expression.expression.getText(source.root) === 'Object') {
    const object = valueOf(source, given, scope);
    if (typeof object !== 'object' || Array.isArray(object)) return undefined;
    switch (called) {
      case 'entries': return Object.entries(object);
      case 'keys': return Object.keys(object);
      case 'values': return Object.values(object);
      default: return undefined;
    }
  }
  const table = valueOf(source, expression.expression, scope);
  if (called !== 'map' || !Array.isArray(table)) return undefined;
  if (!ts.isArrowFunction(given) || ts.isBlock(given.body)) return undefined;
  const { body, parameters: [parameter] } = given;
  const inner = (row: Value) => (parameter === undefined ? scope : bound(parameter.name, row, scope));
  return table.map((row: Value) => valueOf(source, body, inner(row)));
}

function bound(name: ts.BindingName, value: Value, scope: Scope): Scope {
  if (ts.isIdentifier(name)) return new Map([...scope, [name.text, value]]);
  let inner = scope;
  name.elements.forEach((element, index) => {
    if (ts.isOmittedExpression(element)) return;
    const key = ts.isObjectBindingPattern(name) ? (element.propertyName ?? element.name).getText() : undefined;
    const part = key === undefined ? (Array.isArray(value) ? value[index] : undefined) : memberOf(value, key);
    inner = bound(element.name, part, inner);
  });
  return inner;
}

/** A `const` of the file, or one that it imports from another file of the project. */
function constant(source: Source, name: string): Value {
  for (const statement of source.root.statements) {
    if (ts.isVariableStatement(statement)) {
      const { declarations } = statement.declarationList;
      const declaration = declarations.find((each) => ts.isIdentifier(each.name) && each.name.text === name);
      if (declaration?.initializer !== undefined) return valueOf(source, declaration.initializer, new Map());
    }
    const imported = ts.isImportDeclaration(statement) ? importOf(statement, name) : undefined;
    const file = imported && fileOf(source, imported.from);
    if (file !== undefined) return constant(parse(file), imported!.name);
  }
  return undefined;
}

function importOf(declaration: ts.ImportDeclaration, name: string): { name: string; from: string } | undefined {
  const { importClause, moduleSpecifier } = declaration;
  const bindings = importClause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return undefined;
  const element = bindings.elements.find((each) => each.name.text === name);
  const from = (moduleSpecifier as ts.StringLiteral).text;
  return element && { name: (element.propertyName ?? element.name).text, from };
}

function fileOf({ file }: Source, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return ['.ts', '/index.ts'].map((end) => join(dirname(file), `${specifier}${end}`)).find((each) => existsSync(each));
}
