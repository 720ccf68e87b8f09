/**
 * The embedded AWS for the checks in Python: serves on a free port, prints its address, and takes orders from standard input, one JSON
 * object a line: `reset` (a fresh world), `fault` (the next call of an operation is answered with an error) and `do` (something happens
 * in the world: a method of a model, or of the clock).
 */
import { createInterface } from 'node:readline';
import type { Timer } from '../local-aws/clock';
import { installCloudFormation } from '../local-aws/cloudformation/install';
import { AwsError, type Unknowns } from '../local-aws/core';
import { EmbeddedAws } from '../local-aws/embedded-aws';
import { InProcessLambdaHost } from '../local-aws/lambda-host-in-process';
import { organizationOf, resolveOrganization, SECURITY_ACCOUNT, type OrganizationOf } from '../local-aws/organization-file';
import { HandClock } from '../local-aws/services/bed';
import { ComputeOptimizerAutomation, type ComputeOptimizerAutomationOptions } from '../local-aws/services/compute-optimizer-automation';
import { LambdaService } from '../local-aws/services/lambda';
import { Organizations, type OrganizationsOptions } from '../local-aws/services/organizations';
import { SecurityHub, type SecurityHubOptions } from '../local-aws/services/security-hub';
import { startWireServer } from '../local-aws/wire/server';

interface Reset {
  readonly organization?: Partial<OrganizationOf>;
  readonly unknowns?: Partial<Unknowns>;
  readonly organizations?: OrganizationsOptions;
  readonly securityHub?: SecurityHubOptions;
  readonly automation?: ComputeOptimizerAutomationOptions;
}

interface FaultOrder {
  readonly service: string;
  readonly operation: string;
  readonly code: string;
  readonly message: string;
  /** Default 500. */
  readonly status?: number;
  readonly members?: Record<string, unknown>;
}

interface Happening {
  readonly model: 'organizations' | 'securityHub' | 'automation' | 'clock';
  readonly method: string;
  readonly arguments: readonly unknown[];
}

interface Order {
  readonly reset?: Reset;
  readonly fault?: FaultOrder;
  readonly do?: Happening;
}

/** What is longer than this guards against what hangs, and is never over. */
const LONGEST_WAIT = 60_000;

/** A clock that stands still: what takes a while on AWS is done at once. */
class PromptClock extends HandClock {
  public sleep(milliseconds: number = 0): Promise<void> {
    return new Promise((resolve) => void this.after(milliseconds, resolve));
  }

  public after(milliseconds: number = 0, action: () => void = () => undefined): Timer {
    if (milliseconds > LONGEST_WAIT) return { cancel: () => undefined };
    const immediate = setImmediate(action);
    return { cancel: () => clearImmediate(immediate) };
  }
}

function build(reset: Reset) {
  const clock = new PromptClock();
  const world = resolveOrganization(organizationOf({ accounts: 30, outside: 3, ...reset.organization }));
  const settled = { createdFor: 0, readsSettleAfter: 0, automationPendingFor: 0, clientTokenInUseFor: 0 };
  const unknowns = { ...settled, ...reset.unknowns };
  const aws = new EmbeddedAws({ environment: { clock, unknowns } });
  const organizations = new Organizations(aws.environment, world, { throttling: false, ...reset.organizations });
  const settings: SecurityHubOptions = { throttling: false, ...reset.securityHub };
  const securityHub = new SecurityHub(aws.environment, organizations, world, settings);
  const automation = new ComputeOptimizerAutomation(
    aws.environment, organizations, world, { throttling: false, ...reset.automation });
  for (const service of [organizations, securityHub, automation]) aws.register(service);
  // a function that answers what it is given
  const lambda = new InProcessLambdaHost({ environment: aws.environment, start: async ({ event }) => event });
  void lambda.putFunction(ECHO);
  aws.register(new LambdaService(aws.environment, lambda));
  installCloudFormation(aws, lambda);
  aws.iam.putRole(READER);
  return { aws, clock, organizations, securityHub, automation };
}

/** What is there to look at from the start. */
const READER = {
  accountId: SECURITY_ACCOUNT,
  roleName: 'Reader',
  arn: `arn:aws:iam::${SECURITY_ACCOUNT}:role/Reader`,
  trustPolicy: { Statement: { Effect: 'Allow' as const, Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } } },
  policies: [{ name: 'Read', document: { Statement: { Effect: 'Allow' as const, Action: 's3:GetObject', Resource: '*' } } }],
  managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
};
const ECHO = {
  accountId: SECURITY_ACCOUNT,
  region: 'us-east-1',
  functionName: 'Echo',
  functionArn: `arn:aws:lambda:us-east-1:${SECURITY_ACCOUNT}:function:Echo`,
  roleArn: READER.arn,
  handler: 'index.handler',
  runtime: 'nodejs24.x',
  timeoutSeconds: 900,
  memoryMegabytes: 128,
  environment: { NAME: 'value' },
  logGroupName: '/aws/lambda/Echo',
  code: { bucket: 'code', key: 'echo.zip' },
};

let current = build({});

function obey(order: Order): unknown {
  if (order.reset) {
    current = build(order.reset);
    // by the names that boto3 has for the services
    const { 'aco-automation': automation, ...others } = current.aws.operations();
    return { ...others, 'compute-optimizer-automation': automation };
  }
  if (order.fault) {
    const { service, operation, code, message, status = 500, members } = order.fault;
    const error = new AwsError(code, message, status, members);
    current.aws.setFaultHook((call) => {
      if (call.service !== service || call.operation !== operation) return undefined;
      current.aws.setFaultHook();
      return { kind: 'error', when: 'before', error };
    });
    return null;
  }
  if (order.do) {
    const { model, method, arguments: parameters } = order.do;
    const target = current[model] as unknown as Record<string, (...values: readonly unknown[]) => unknown>;
    target[method](...parameters);
    return null;
  }
  throw new Error('an order is reset, fault or do');
}

async function main(): Promise<void> {
  const server = await startWireServer((request) => current.aws.handle(request));
  console.log(JSON.stringify({ url: server.url }));
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify({ done: obey(JSON.parse(line) as Order) }));
  }
  await server.stop();
}

main().catch((error: Error) => {
  console.error(error);
  process.exit(1);
});
