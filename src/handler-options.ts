import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';

/**
 * Options of the Lambda function that works for the constructs of one type in a stack.
 *
 * All constructs of a type share one function, also those in nested stacks. The first construct decides; the others
 * repeat its options or leave them out, and anything else is an error. Options can be changed later: the function is
 * updated in place.
 */
export interface HandlerOptions {
  /**
   * The execution role of the function.
   *
   * The role is used as it is: it has to trust Lambda and to allow the calls of the policy under the link below. Only
   * permissions for network interfaces are added, and only if there is a `vpc`; `role.withoutPolicyUpdates()` keeps these
   * out, too.
   *
   * The policies of the role have to stay until the constructs are deleted.
   *
   * @default - a role with one inline policy that allows what the function calls
   *
   * @see https://github.com/cdk-org-membership/cdk-org-membership/blob/main/docs/handler-role.md
   */
  readonly role?: iam.IRole;

  /**
   * The VPC that the function runs in.
   *
   * From there it has to reach the endpoints of the service it manages, of DynamoDB, and of Amazon S3, where
   * CloudFormation waits for its answer; without the last, a deployment ends in a time-out. It asks Organizations, which
   * is reached over the internet in most Regions, why an account was refused; without it, accounts that are suspended or
   * about to be closed may count as refused instead of skipped.
   *
   * @default - no VPC
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets of `vpc` that the function runs in.
   *
   * @default - the private subnets of `vpc`
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the function in `vpc`.
   *
   * @default - a new security group that allows all outbound traffic
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * The log group of the function.
   *
   * @default - a log group that keeps its events for one year and stays when the stack is deleted, or when its first
   * deployment is rolled back, because it may hold the only record of accounts that could not be added or removed
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * The least severe messages that the function logs.
   *
   * Which accounts were refused or skipped is logged at `WARN`, a decision that failed at `ERROR`. Above these levels the
   * log does not tell.
   *
   * @default ApplicationLogLevel.INFO
   */
  readonly logLevel?: lambda.ApplicationLogLevel;

  /**
   * The key that encrypts the environment of the function, the ledger table and the log group of the function.
   *
   * The ledger is shared by all constructs of this library in a stack, so this option is compared across their types. A
   * `logGroup` of yours keeps its own encryption. The policy of a key that is defined in the same app is extended so that
   * CloudWatch Logs may use it; for an imported key you do that yourself.
   *
   * @default - the keys that AWS owns
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The runtime of the function: Node.js 20 or newer.
   *
   * @default Runtime.NODEJS_24_X
   */
  readonly runtime?: lambda.Runtime;
}
