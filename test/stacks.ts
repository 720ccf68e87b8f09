import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { MemberAccounts, SecurityHubMembers, type SecurityHubMembersProps } from '../src';

export const TYPE = 'Custom::SecurityHubMembers';

/** A resource as it stands in a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties: { readonly [name: string]: any };
  readonly DependsOn?: string | string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export function newApp(context: Record<string, unknown> = {}): App {
  return new App({
    analyticsReporting: false,
    context: {
      // assets are named after their content, but not copied
      'aws:cdk:disable-asset-staging': true,
      // a CDK that checks templates fails if there is something to report
      '@aws-cdk/core:validateAgainstDefaultRules': true,
      ...context,
    },
  });
}

export function newStack(id: string = 'Stack', props?: StackProps): Stack {
  return new Stack(newApp(), id, props);
}

/** `count` account ids in ascending order. */
export function accountIds(count: number, first: number = 100_000_000_000): string[] {
  return Array.from({ length: count }, (_, index) => String(first + index));
}

/** Defines members with an unimportant list, unless `props` has another. */
export function members(scope: Stack, id: string, props: Partial<SecurityHubMembersProps> = {}): SecurityHubMembers {
  return new SecurityHubMembers(scope, id, { accounts: MemberAccounts.of(['111122223333']), ...props });
}

export function resources(stack: Stack): { readonly [logicalId: string]: TemplateResource } {
  return Template.fromStack(stack).toJSON().Resources;
}

/** The only resource of a type. */
export function only(stack: Stack, type: string): TemplateResource {
  const found = Object.values(resources(stack)).filter((resource) => resource.Type === type);
  expect(found).toHaveLength(1);
  return found[0];
}

/** The properties of the only members resource of a stack with these props. */
export function propertiesOf(props: Partial<SecurityHubMembersProps>, stack: Stack = newStack()): TemplateResource['Properties'] {
  members(stack, 'Members', props);
  return only(stack, TYPE).Properties;
}
