/**
 * Evaluation of IAM policies: identity policies, trust policies and the deny statements of service control policies.
 *
 * Source: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements" ([D]). Not evaluated: resource policies,
 * permissions boundaries, tag conditions.
 */

export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: Statement | readonly Statement[];
}

type OneOrMany = string | readonly string[];

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: OneOrMany;
  readonly NotAction?: OneOrMany;
  readonly Resource?: OneOrMany;
  readonly NotResource?: OneOrMany;
  readonly Principal?: '*' | Readonly<Record<string, OneOrMany>>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany | boolean | number>>>>;
}

/** Condition keys and their values, keys in lower case. */
export type Context = Readonly<Record<string, OneOrMany>>;

export interface PolicyRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

export type Decision = 'allow' | 'explicitDeny' | 'implicitDeny';

/** Decides over identity policies: an explicit deny wins, and nothing is allowed that no statement allows. */
export function evaluate(policies: readonly PolicyDocument[], request: PolicyRequest): Decision {
  return decide(policies, (statement) => applies(statement, request));
}

/** Decides over a trust policy: `principals` are all names that the caller goes by. */
export function evaluateTrust(
  policy: PolicyDocument,
  principals: readonly string[],
  action: string,
  context: Context,
): Decision {
  return decide([policy], (statement) => matchesPrincipal(statement, principals)
    && matchesAction(statement, action)
    && matchesCondition(statement, context));
}

function decide(policies: readonly PolicyDocument[], matches: (statement: Statement) => boolean): Decision {
  let decision: Decision = 'implicitDeny';
  for (const policy of policies) {
    for (const statement of list(policy.Statement)) {
      if (!matches(statement)) continue;
      if (statement.Effect === 'Deny') return 'explicitDeny';
      decision = 'allow';
    }
  }
  return decision;
}

function applies(statement: Statement, request: PolicyRequest): boolean {
  return matchesAction(statement, request.action)
    && matchesResource(statement, request)
    && matchesCondition(statement, request.context);
}

function matchesAction(statement: Statement, action: string): boolean {
  // actions are not case-sensitive
  const matches = (patterns: OneOrMany) =>
    list(patterns).some((pattern) => like(pattern.toLowerCase(), action.toLowerCase()));
  if (statement.Action !== undefined) return matches(statement.Action);
  return statement.NotAction !== undefined && !matches(statement.NotAction);
}

function matchesResource(statement: Statement, { resource, context }: PolicyRequest): boolean {
  const matches = (patterns: OneOrMany) =>
    list(patterns).some((pattern) => like(withVariables(pattern, context), resource));
  if (statement.Resource !== undefined) return matches(statement.Resource);
  return statement.NotResource !== undefined && !matches(statement.NotResource);
}

function matchesPrincipal(statement: Statement, principals: readonly string[]): boolean {
  if (statement.Principal === undefined) return false;
  if (statement.Principal === '*') return true;
  return list(statement.Principal.AWS ?? []).some((principal) => principal === '*' || principals.includes(principal));
}

function matchesCondition(statement: Statement, context: Context): boolean {
  return Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, value]) => {
      const expected = list(value).map((one) => withVariables(String(one), context));
      return holds(operator, expected, context[key.toLowerCase()]);
    }));
}

/** Whether one line of a condition holds for the value that the request has, if it has one. */
function holds(operatorText: string, expected: readonly string[], actual: OneOrMany | undefined): boolean {
  const [, set, name, ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operatorText)!;
  if (name === 'Null') return expected.includes(String(actual === undefined));
  const positive = name.replace('Not', '');
  const negated = positive !== name;
  const compare = OPERATORS[positive];
  if (compare === undefined) throw new Error(`condition operator '${operatorText}' is not modelled`);
  // a missing key fails a positive operator and passes a negative one
  if (actual === undefined) return ifExists !== undefined || negated || set === 'ForAllValues';
  const one = (value: string) => expected.some((candidate) => compare(value, candidate)) !== negated;
  return set === 'ForAllValues' ? list(actual).every(one) : list(actual).some(one);
}

type Compare = (actual: string, expected: string) => boolean;

const OPERATORS: Readonly<Record<string, Compare | undefined>> = {
  StringEquals: (actual, expected) => actual === expected,
  StringEqualsIgnoreCase: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  StringLike: (actual, expected) => like(expected, actual),
  ArnEquals: (actual, expected) => like(expected, actual),
  ArnLike: (actual, expected) => like(expected, actual),
  Bool: (actual, expected) => actual.toLowerCase() === expected.toLowerCase(),
  NumericEquals: (actual, expected) => Number(actual) === Number(expected),
  NumericLessThan: (actual, expected) => Number(actual) < Number(expected),
  NumericLessThanEquals: (actual, expected) => Number(actual) <= Number(expected),
  NumericGreaterThan: (actual, expected) => Number(actual) > Number(expected),
  NumericGreaterThanEquals: (actual, expected) => Number(actual) >= Number(expected),
  DateLessThan: (actual, expected) => Date.parse(actual) < Date.parse(expected),
  DateGreaterThan: (actual, expected) => Date.parse(actual) > Date.parse(expected),
};

function withVariables(pattern: string, context: Context): string {
  if (!pattern.includes('${')) return pattern;
  return pattern.replace(/\$\{([^}]+)\}/g, (variable, name: string) => {
    const value = context[name.toLowerCase()];
    return typeof value === 'string' ? value : variable;
  });
}

const PATTERNS = new Map<string, RegExp>();

/** Whether `text` matches a pattern with `*` and `?`. */
export function like(pattern: string, text: string): boolean {
  if (pattern === '*' || pattern === text) return true;
  if (!/[*?]/.test(pattern)) return false;
  let compiled = PATTERNS.get(pattern);
  if (compiled === undefined) {
    const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
    PATTERNS.set(pattern, compiled = new RegExp(`^${source}$`, 's'));
  }
  return compiled.test(text);
}

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}
