import { Annotations, Aws, type CfnResource, Resource, type Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { MemberAccounts } from './member-accounts';
import type { MembershipOptions } from './membership-options';
import {
  AUTOMATION_REGIONS, COMPUTE_OPTIMIZER_ASSOCIATION_TYPE, REGION_NAME,
} from './private/contract/compute-optimizer-association';
import { MEMBERSHIP_ATTRIBUTES } from './private/contract/membership';
import type { HandlerDefinition } from './private/handler-function';
import { membershipResource } from './private/membership-resource';
import { misuse, shown } from './private/validation';

/**
 * Properties of `ComputeOptimizerAssociation`.
 */
export interface ComputeOptimizerAssociationProps extends MembershipOptions {
  /**
   * The accounts that shall be associated, all of them of the organization: `MemberAccounts.outside()` is an error.
   *
   * One construct takes about 10,600 accounts, because CloudFormation hands the old and the new list to the function in one
   * event of at most 256 KB. What is more is an error.
   */
  readonly accounts: MemberAccounts;

  /**
   * Whether Compute Optimizer Automation is switched on in the account of the stack, if it is off there.
   *
   * It stays on when the construct is deleted. Compute Optimizer itself has to be on there already. AWS does not let an
   * account switch Automation on within 24 hours after switching it off.
   *
   * @default false - if Automation is off in the account of the stack, the resource fails and says so
   */
  readonly enrollAdministrator?: boolean;

  /**
   * The Region whose endpoint of Compute Optimizer Automation is called.
   *
   * Accounts are enrolled as a whole, so the choice decides nothing but where the calls go, and it can be changed in place.
   * Automation has endpoints in 17 Regions; another name is only warned about, because AWS may have added it since. If AWS
   * turns out to keep associations by Region, a change fails before it does anything.
   *
   * @default - the Region of the stack, or us-east-1 if Automation has no endpoint there
   */
  readonly region?: string;
}

/**
 * A set of accounts in which Compute Optimizer Automation may act on the rules of the organization.
 *
 * Deploy it in the management account of the organization, or in its delegated administrator for Compute Optimizer. Compute
 * Optimizer has to be on there for the organization including its member accounts, and Automation has to be on in the account
 * of the stack, which `enrollAdministrator` sees to. An account that is not enrolled in Compute Optimizer is refused without a
 * call, and the reason says so.
 *
 * A Lambda function reads the accounts of the organization with `ListAccounts`, and leaves those alone that are associated
 * already. It associates the others with `AssociateAccounts`, 50 in a call, and waits until Automation is active in each. It
 * records each account in a DynamoDB table, the ledger, before it associates it. If AWS refuses a whole call because of one
 * account, the call is split until that account stands alone. Accounts that are suspended or about to be closed are skipped.
 *
 * An account that leaves the list is disassociated with `DisassociateAccounts`, but only if this construct has associated it
 * and no other construct in the stack wants it. So constructs may be renamed, split and merged, and their lists may overlap.
 *
 * The resource fails after all accounts have been tried, if more were refused than `failureTolerance` allows. It fails at once
 * if nothing can be done for any of them: the account of the stack is not the administrator, Automation is off in it, or the
 * Region has no endpoint. The reason tells what to do and names up to five accounts of each cause; the ledger has them all.
 * CloudFormation waits 20 minutes for lists of up to 500 accounts and 50 minutes for longer lists and lists with tokens.
 *
 * An update to one of the last two sets of properties that were deployed successfully is taken for CloudFormation's rollback:
 * it does what it can and does not fail for what AWS refuses.
 *
 * **Associating switches Automation on** in every account that has it off. From then on automation rules of the organization
 * apply there, and these **may delete EBS volumes**, after a snapshot, **and change the types of others**. Deleting the
 * construct disassociates the accounts that it has associated, see `removalPolicy`: rules of the organization no longer apply
 * to them, steps that are under way are completed. **Automation stays on** in those accounts, and in the account of the stack,
 * until somebody switches it off there.
 *
 * Rules of the organization (`AWS::ComputeOptimizer::AutomationRule`) fail if they come before the accounts they name are
 * associated: let them depend on the construct.
 *
 * @example
 *
 * const association = new ComputeOptimizerAssociation(this, 'Automation', {
 *   accounts: MemberAccounts.of(['111122223333', '444455556666']),
 *   enrollAdministrator: true,
 * });
 *
 * const rule = new cdk.CfnResource(this, 'Volumes', {
 *   type: 'AWS::ComputeOptimizer::AutomationRule',
 *   properties: {
 *     Name: 'newer-volume-types',
 *     RuleType: 'OrganizationRule',
 *     RecommendedActionTypes: ['UpgradeEbsVolumeType'],
 *     OrganizationConfiguration: { RuleApplyOrder: 'BeforeAccountRules', AccountIds: ['111122223333', '444455556666'] },
 *     Priority: '0.5',
 *     Schedule: { ScheduleExpression: 'cron(0 3 ? * SUN *)', ScheduleExpressionTimezone: 'UTC', ExecutionWindowInMinutes: 60 },
 *     Status: 'Active',
 *   },
 * });
 * rule.node.addDependency(association);
 *
 * @see https://docs.aws.amazon.com/compute-optimizer/latest/ug/automation.html
 */
export class ComputeOptimizerAssociation extends Resource {
  /**
   * The name of the DynamoDB table in which the construct records which accounts it has associated, since when, and which were
   * refused and why. All constructs of this library in a stack share it.
   *
   * @attribute
   */
  public readonly ledgerTableName: string;

  constructor(scope: Construct, id: string, props: ComputeOptimizerAssociationProps) {
    super(scope, id);
    if (props.accounts._render(this).properties.OutsideAccounts !== undefined) {
      throw misuse(this, "'accounts' is given with MemberAccounts.outside, but only accounts of the organization can be associated: use MemberAccounts.of");
    }
    this.checkRegion(props.region);

    const resource = membershipResource(this, {
      resourceType: COMPUTE_OPTIMIZER_ASSOCIATION_TYPE,
      handler: HANDLER,
      properties: {
        EnrollAdministrator: props.enrollAdministrator ? 'true' : undefined,
        Region: props.region,
      },
      statements: props.enrollAdministrator ? enrollmentStatements : undefined,
    }, props);
    // what `applyRemovalPolicy` and escape hatches of users expect to find
    this.node.defaultChild = resource.node.defaultChild as CfnResource;
    this.ledgerTableName = resource.getAttString(MEMBERSHIP_ATTRIBUTES.ledgerTableName);
  }

  private checkRegion(region: string | undefined): void {
    if (region === undefined || Token.isUnresolved(region)) return;
    if (!REGION_NAME.test(region)) {
      throw misuse(this, `'region' is ${shown(region)}, which is no Region: give a name such as 'us-east-1'`);
    }
    if (AUTOMATION_REGIONS.includes(region)) return;
    Annotations.of(this).addWarningV2('cdk-org-membership:automationRegion',
      `'region' is ${shown(region)}, where Compute Optimizer Automation had no endpoint when this release was made: if the deployment fails, give one of ${AUTOMATION_REGIONS.join(', ')}`);
  }
}

const HANDLER: HandlerDefinition = {
  construct: 'ComputeOptimizerAssociation',
  asset: 'compute-optimizer-association',
  description: `${COMPUTE_OPTIMIZER_ASSOCIATION_TYPE} of cdk-org-membership`,
  statements: (stack) => [
    new iam.PolicyStatement({
      sid: 'Automation',
      actions: [
        'aco-automation:AssociateAccounts',
        'aco-automation:DisassociateAccounts',
        'aco-automation:ListAccounts',
      ],
      // these actions know neither a resource nor a condition key
      resources: ['*'],
    }),
    new iam.PolicyStatement({
      sid: 'RefusedAccounts',
      actions: ['organizations:DescribeAccount'],
      // the ARN of an account holds the ids of the management account and of the organization, which nobody has told us
      resources: [stack.formatArn({
        service: 'organizations', region: '', account: '*', resource: 'account', resourceName: 'o-*/*',
      })],
    }),
  ],
};

/** What switching Automation on in the account of the stack needs. */
function enrollmentStatements(stack: Stack): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      sid: 'Enrollment',
      actions: ['aco-automation:GetEnrollmentConfiguration', 'aco-automation:UpdateEnrollmentConfiguration'],
      // these actions know neither a resource nor a condition key
      resources: ['*'],
    }),
    new iam.PolicyStatement({
      sid: 'EnrollmentRole',
      actions: ['iam:CreateServiceLinkedRole'],
      resources: [stack.formatArn({
        service: 'iam',
        region: '',
        account: Aws.ACCOUNT_ID,
        resource: 'role',
        resourceName: 'aws-service-role/aco-automation.amazonaws.com/AWSServiceRoleForComputeOptimizerAutomation',
      })],
      conditions: { StringEquals: { 'iam:AWSServiceName': 'aco-automation.amazonaws.com' } },
    }),
  ];
}
