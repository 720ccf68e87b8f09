/**
 * The embedded AWS for the checks in Python: serves on a free port, prints its address, and takes orders from standard input, one JSON
 * object a line: `reset` (a fresh world), `fault` (the next call of an operation is answered with an error) and `do` (something happens
 * in the world: a method of a model, or of the clock).
 */
import { createInterface } from 'node:readline';
import { AwsError, type Unknowns } from '../local-aws/core';
import { EmbeddedAws } from '../local-aws/embedded-aws';
import { organizationOf, resolveOrganization, type OrganizationOf } from '../local-aws/organization-file';
import { HandClock } from '../local-aws/services/bed';
import { ComputeOptimizerAutomation, type ComputeOptimizerAutomationOptions } from '../local-aws/services/compute-optimizer-automation';
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

function build(reset: Reset) {
  const clock = new HandClock();
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
  return { aws, clock, organizations, securityHub, automation };
}

let current = build({});

function obey(order: Order): unknown {
  if (order.reset) {
    current = build(order.reset);
    const { organizations, securityHub, automation } = current;
    // by the names that boto3 has for the services
    return {
      'organizations': [...organizations.operations],
      'securityhub': [...securityHub.operations],
      'compute-optimizer-automation': [...automation.operations],
    };
  }
  if (order.fault) {
    const { service, operation, code, message, members } = order.fault;
    const error = new AwsError(code, message, 500, members);
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
