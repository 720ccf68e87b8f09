import type { IConstruct } from 'constructs';

/** How many bad values one error names. */
const NAMED = 5;

/** An error about the use of a construct: the text says where in the tree, what is wrong and what to do. */
export function misuse(scope: IConstruct, text: string): Error {
  return new Error(`${scope.node.path}: ${text}`);
}

/** A value as an error shows it. */
export function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

/** The first few values as an error shows them, and how many more there are. */
export function shownList(values: readonly unknown[]): string {
  const named = values.slice(0, NAMED).map(shown).join(', ');
  return values.length > NAMED ? `${named} and ${values.length - NAMED} more` : named;
}
