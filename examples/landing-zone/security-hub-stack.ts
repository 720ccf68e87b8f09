import { CfnOutput, CfnResource, Stack, type StackProps } from 'aws-cdk-lib';
import { FailureTolerance, MemberAccounts, type OutsideAccount, SecurityHubMembers } from 'cdk-org-membership';
import type { Construct } from 'constructs';

export interface SecurityHubStackProps extends StackProps {
  /** Accounts of the organization, in one construct for each name. */
  readonly members: { readonly [construct: string]: string[] };

  /** Companies that let us look at their accounts: they get an invitation. */
  readonly partners: OutsideAccount[];

  /** Adds a resource that cannot be created, so that CloudFormation takes everything back. */
  readonly broken?: boolean;
}

export class SecurityHubStack extends Stack {
  constructor(scope: Construct, id: string, { members, partners, broken, ...props }: SecurityHubStackProps) {
    super(scope, id, props);

    const constructs = Object.entries(members).map(([name, accountIds]) => new SecurityHubMembers(this, name, {
      accounts: MemberAccounts.of(accountIds),
      // an account that we have just bought may still belong to the Security Hub of its former owner
      failureTolerance: FailureTolerance.accounts(1),
    }));

    new SecurityHubMembers(this, 'Partners', {
      accounts: MemberAccounts.outside(partners),
    });

    new CfnOutput(this, 'Ledger', {
      description: 'The table that tells who owns which membership, and why an account was refused',
      value: constructs[0].ledgerTableName,
    });

    if (broken) {
      // a resource type of the AWS on this machine; elsewhere it is any other mistake in the same deployment
      const failing = new CfnResource(this, 'Broken', {
        type: 'Test::Failing',
        properties: { FailOn: ['Create'], Reason: 'Somebody made a mistake in another part of the stack' },
      });
      failing.node.addDependency(...constructs);
    }
  }
}
