import { join } from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, type IConstruct } from 'constructs';
import { comparable } from './comparable';
import { ENVIRONMENT } from './contract/environment';
import { LedgerTable } from './ledger-table';
import { libraryScope } from './library-scope';
import { misuse, shown } from './validation';
import type { HandlerOptions } from '../handler-options';

/** Lambda's maximum. What takes longer goes on in the next delivery of the event. */
export const HANDLER_TIMEOUT = Duration.minutes(15);

/** The oldest runtime that the bundles are made for. */
const OLDEST_NODE = 20;

/** What the handler of one construct type is. */
export interface HandlerDefinition {
  /** The name of the construct class, which is part of logical ids: never changes. */
  readonly construct: string;

  /** The folder of the bundle under `assets/`. */
  readonly asset: string;

  readonly description: string;

  /**
   * The calls to the services that the construct manages.
   *
   * CloudFormation updates a role before the resources that need it. So nothing here may depend on the properties of a
   * construct: a narrower policy would take away what the removal of the last accounts still needs.
   */
  statements(stack: Stack): iam.PolicyStatement[];
}

/** What the options of a function come to, each in a form to compare and to show. */
type Decision = { readonly [option in keyof HandlerOptions]: string };

/**
 * The function that answers CloudFormation for all constructs of one type in an outermost stack.
 *
 * CloudFormation never lets a custom resource change its service token. So the path of this construct, which decides the
 * function's logical id, never changes, and options are changed in place.
 *
 * The custom resource refers to the function, the function to role, log group and table: so all of them are there before
 * the first event and stay until the last one has been answered.
 */
export class HandlerFunction extends Construct {
  /** The function for constructs of this type; an error if it is there and has other options. */
  public static obtain(scope: IConstruct, definition: HandlerDefinition, options: HandlerOptions = {}) {
    const library = libraryScope(scope);
    const ledger = LedgerTable.obtain(scope, options.encryptionKey);
    const present = library.node.tryFindChild(definition.construct) as HandlerFunction | undefined;
    if (present === undefined) return new HandlerFunction(library, definition, scope, ledger, options);
    present.checkSame(scope, options);
    return present;
  }

  /** What custom resources name as their service token. */
  public readonly serviceToken: string;

  private readonly decidedBy: string;
  private readonly decision: Decision;
  private readonly vpc?: ec2.IVpc;
  /** What the role of our own may do; absent with the role of somebody else. */
  private policy?: iam.PolicyDocument;
  private readonly allowed = new Set<string>();

  private constructor(
    library: Construct,
    definition: HandlerDefinition,
    decidedBy: IConstruct,
    ledger: LedgerTable,
    options: HandlerOptions,
  ) {
    super(library, definition.construct);
    checkNetwork(decidedBy, options, options.vpc);
    checkRuntime(decidedBy, options);

    const runtime = options.runtime ?? lambda.Runtime.NODEJS_24_X;
    const logLevel = options.logLevel ?? lambda.ApplicationLogLevel.INFO;
    this.decidedBy = decidedBy.node.path;
    this.decision = decide(decidedBy, { ...options, runtime, logLevel }, options.vpc);
    this.vpc = options.vpc;

    const logGroup = options.logGroup ?? this.logGroup(ledger.encryptionKey);
    const role = options.role ?? this.role(definition, ledger, logGroup, options.vpc);
    const handler = new lambda.Function(this, 'Function', {
      description: definition.description,
      code: lambda.Code.fromAsset(join(__dirname, '..', '..', 'assets', definition.asset)),
      handler: 'index.handler',
      runtime,
      // x86_64, the default: there are Regions without the other
      timeout: HANDLER_TIMEOUT,
      memorySize: 512,
      role,
      vpc: options.vpc,
      vpcSubnets: options.vpcSubnets,
      securityGroups: options.securityGroups,
      logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      applicationLogLevelV2: logLevel,
      environment: { [ENVIRONMENT.ledgerTableName]: ledger.table.tableName },
      environmentEncryption: ledger.encryptionKey,
    });
    if (options.role !== undefined && options.vpc !== undefined) {
      // Lambda checks these permissions when it creates the function
      const { policyDependable } = options.role.addToPrincipalPolicy(networkInterfaces());
      if (policyDependable !== undefined) handler.node.addDependency(policyDependable);
    }
    this.serviceToken = handler.functionArn;
  }

  /**
   * Allows calls that not every construct needs: as soon as one of those that share the function does. Statements are told apart by their `sid`.
   * A role that was passed in is used as it is.
   */
  public allow(statements: readonly iam.PolicyStatement[]): void {
    for (const statement of statements) {
      if (this.allowed.has(statement.sid!)) continue;
      this.allowed.add(statement.sid!);
      this.policy?.addStatements(statement);
    }
  }

  private checkSame(scope: IConstruct, options: HandlerOptions): void {
    checkNetwork(scope, options, options.vpc ?? this.vpc);
    checkRuntime(scope, options);
    for (const [option, wanted] of Object.entries(decide(scope, options, options.vpc ?? this.vpc))) {
      const decided = this.decision[option as keyof HandlerOptions];
      if (wanted !== decided) {
        throw misuse(scope, `'handler.${option}' is ${shown(wanted)}, but ${this.decidedBy}, which shares the function, has `
          + `${decided === undefined ? 'none' : shown(decided)}: give both the same, or omit it here`);
      }
    }
  }

  private logGroup(encryptionKey?: kms.IKey): logs.ILogGroup {
    const { partition, region, account, urlSuffix } = Stack.of(this);
    encryptionKey?.addToResourcePolicy(new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(`logs.${region}.${urlSuffix}`)],
      actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
      resources: ['*'],
      // not the name of our log group: key and group would need each other
      conditions: {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` },
      },
    }));
    return new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_YEAR,
      encryptionKey,
      // when CloudFormation abandons a resource whose removal failed, the table may go with it: the log names what is left
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  private role(definition: HandlerDefinition, ledger: LedgerTable, logGroup: logs.ILogGroup, vpc?: ec2.IVpc) {
    const statements = [
      ...definition.statements(Stack.of(this)),
      new iam.PolicyStatement({
        sid: 'Ledger',
        actions: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
        resources: [ledger.table.tableArn],
      }),
      new iam.PolicyStatement({
        sid: 'Log',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    ];
    if (ledger.encryptionKey !== undefined) {
      statements.push(new iam.PolicyStatement({
        sid: 'EncryptionKey',
        // DynamoDB uses the key of a table in the name of its caller
        actions: [
          'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo',
        ],
        resources: [ledger.encryptionKey.keyArn],
      }));
    }
    if (vpc !== undefined) statements.push(networkInterfaces());
    this.policy = new iam.PolicyDocument({ statements, minimize: false });
    const role = new iam.Role(this, 'Role', {
      description: `Execution role of the function: ${definition.description}`,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      // inline, so that no deployment has a role without its policy; a feature flag would merge and sort the statements
      inlinePolicies: { Handler: this.policy },
    });
    // its ARN makes the function depend on it; given the role itself, the CDK would add what cfn-lint calls redundant (W3005)
    return iam.Role.fromRoleArn(this, 'RoleByArn', role.roleArn);
  }
}

/** What a function in a VPC needs. */
function networkInterfaces(): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'NetworkInterfaces',
    actions: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    // the describing actions know no resources, and Lambda does not tag the interfaces that it creates
    resources: ['*'],
  });
}

function checkNetwork(scope: IConstruct, options: HandlerOptions, vpc?: ec2.IVpc): void {
  if (vpc !== undefined) return;
  for (const option of ['vpcSubnets', 'securityGroups'] as const) {
    if (options[option] !== undefined) throw misuse(scope, `'handler.${option}' needs 'handler.vpc': give both or none`);
  }
}

/** With another runtime the function cannot start, and a deployment waits for its answer until CloudFormation gives up. */
function checkRuntime(scope: IConstruct, { runtime }: HandlerOptions): void {
  if (runtime === undefined) return;
  const [, version] = /^nodejs(\d+)\.x$/.exec(runtime.name) ?? [];
  if (version === undefined || Number(version) < OLDEST_NODE) {
    throw misuse(scope, `'handler.runtime' is ${shown(runtime.name)}: give Node.js ${OLDEST_NODE} or newer, such as Runtime.NODEJS_24_X`);
  }
}

/** The given options, each in a form to compare and to show. */
function decide(scope: IConstruct, options: HandlerOptions, vpc?: ec2.IVpc): Decision {
  const decision: { -readonly [option in keyof HandlerOptions]: string } = {};
  const comparableList = (values: string[]) => values.map((value) => comparable(scope, value)).sort().join(', ');

  if (options.role) decision.role = comparable(scope, options.role.roleArn);
  if (options.vpc) decision.vpc = comparable(scope, options.vpc.vpcId);
  if (options.vpcSubnets && vpc) decision.vpcSubnets = comparableList(vpc.selectSubnets(options.vpcSubnets).subnetIds);
  if (options.securityGroups) {
    decision.securityGroups = comparableList(options.securityGroups.map((group) => group.securityGroupId));
  }
  if (options.logGroup) decision.logGroup = comparable(scope, options.logGroup.logGroupArn);
  if (options.logLevel) decision.logLevel = options.logLevel;
  if (options.runtime) decision.runtime = options.runtime.name;
  return decision;
}
