import { type IResolvable, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * A text by which two values can be compared, and which a person can read.
 *
 * Two constructs that stand for the same resource, say two imports of one role, have different tokens or objects but the
 * same value. And the values of two different resources may look the same once they are resolved, because logical ids are
 * unique within a stack only; so a reference is compared by the path of its construct.
 */
export function comparable(scope: IConstruct, value: string): string {
  if (!Token.isUnresolved(value)) return value;
  const fragments = Tokenization.reverseString(value).mapTokens({ mapToken: (token) => described(scope, token) });
  return fragments.join({ join: (left, right) => `${left}${right}` });
}

function described(scope: IConstruct, token: IResolvable): string {
  if (Reference.isReference(token)) return `\${${token.target.node.path}.${token.displayName}}`;
  const resolved = Stack.of(scope).resolve(token);
  if (typeof resolved === 'string') return resolved;
  return typeof resolved.Ref === 'string' ? `\${${resolved.Ref}}` : JSON.stringify(resolved);
}
