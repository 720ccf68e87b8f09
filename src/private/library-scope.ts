import { Stack } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';

/** Part of the logical ids of the function and of the ledger: never changes. */
const ID = 'CdkOrgMembership';

/** Where the shared resources of a construct are: in the outermost stack, because a construct may move into a nested one. */
export function libraryScope(scope: IConstruct): Construct {
  let stack = Stack.of(scope);
  while (stack.nestedStackParent !== undefined) stack = stack.nestedStackParent;
  return (stack.node.tryFindChild(ID) as Construct | undefined) ?? new Construct(stack, ID);
}
