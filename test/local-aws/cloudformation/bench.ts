/** What the tests of the engine stand on: a virtual clock, a Lambda host that answers by script, and templates in short. */
import type { CustomResourceRequest } from './custom-resource';
import { CloudFormationEngine, type EngineOptions } from './engine';
import type { Json, JsonObject } from './template';
import { VirtualClock } from '../clock';
import type { Environment, Unknowns } from '../core';
import { createEnvironment } from '../environment';
import type { FunctionConfiguration, LambdaHost } from '../lambda-host';

export const ACCOUNT = '111111111111';
export const REGION = 'us-east-1';
export const FUNCTION_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:handler`;

/** What a scripted handler does with a request: an answer (members are added to a good one), or nothing at all. */
export interface Reply {
  readonly after?: number;
  readonly answer?: Record<string, unknown>;
  /** Sent instead of the answer, as it stands. */
  readonly body?: string;
}

export type Script = (request: CustomResourceRequest) => Reply | undefined;

/** Answers SUCCESS after a second, with an id made of the logical id. */
export const succeed: Script = () => ({ after: 1 });

/** A Lambda host whose one handler is a script. */
export class ScriptedHost implements LambdaHost {
  public script: Script = succeed;
  public readonly functions = new Map<string, FunctionConfiguration>();
  /** Where answers are sent. */
  public answer?: (url: string, body: string) => number;

  constructor(private readonly environment: Environment) {}

  public async putFunction(configuration: FunctionConfiguration): Promise<void> {
    this.functions.set(configuration.functionArn, configuration);
  }

  public async deleteFunction(functionArn: string): Promise<void> {
    this.functions.delete(functionArn);
  }

  public getFunction(functionArn: string): FunctionConfiguration | undefined {
    return this.functions.get(functionArn) ?? (functionArn === FUNCTION_ARN ? {} as FunctionConfiguration : undefined);
  }

  public invokeAsync(_: string, event: unknown): void {
    const request = event as CustomResourceRequest;
    const reply = this.script(request);
    if (!reply) return;
    const body = reply.body ?? JSON.stringify({ ...goodAnswer(request), ...reply.answer });
    this.environment.clock.after((reply.after ?? 0) * 1000, () => this.answer?.(request.ResponseURL, body));
  }
}

export function goodAnswer(request: CustomResourceRequest): Record<string, unknown> {
  return {
    Status: 'SUCCESS',
    PhysicalResourceId: request.PhysicalResourceId ?? `id-of-${request.LogicalResourceId}`,
    StackId: request.StackId,
    RequestId: request.RequestId,
    LogicalResourceId: request.LogicalResourceId,
  };
}

/** An engine on a virtual clock, and how to drive it. */
export class Bench {
  public readonly clock = new VirtualClock();
  public readonly environment: Environment;
  public readonly host: ScriptedHost;
  public readonly engine: CloudFormationEngine;
  public readonly templates = new Map<string, object>();

  constructor(options: Partial<EngineOptions> & { readonly unknowns?: Partial<Unknowns> } = {}) {
    this.environment = createEnvironment({ clock: this.clock, unknowns: options.unknowns });
    this.host = new ScriptedHost(this.environment);
    this.engine = new CloudFormationEngine({
      environment: this.environment,
      lambda: this.host,
      fetchTemplate: async (url) => JSON.stringify(this.templates.get(url)),
      ...options,
    });
    this.host.answer = (url, body) => this.put(url, body);
  }

  /** PUTs an answer as a handler would. */
  public put(url: string, body: string): number {
    return this.engine.customResources.receive(url.slice(url.indexOf('/', 8)), body);
  }

  /** Lets time pass until `work` is done. */
  public async run<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => { done = true; };
    work.then(end, end);
    await this.clock.runUntil(() => done);
    if (!done) throw new Error('Nothing is left that could settle this');
    return work;
  }

  public async deploy(body: object, parameters?: Record<string, string>, options?: Parameters<CloudFormationEngine['deploy']>[3]): Promise<string> {
    return this.run(this.engine.deploy('Stack', body, parameters, options));
  }

  public async destroy(retainResources?: string[]): Promise<string> {
    return this.run(this.engine.destroy('Stack', { retainResources }));
  }

  public get stack() {
    return this.engine.listStacks({ accountId: ACCOUNT, region: REGION }).find(({ stackName }) => stackName === 'Stack')!;
  }

  public output(key: string): string | undefined {
    return this.stack.outputs.find((output) => output.key === key)?.value;
  }

  /** `logical id: status` of every event, oldest first; the stack's own under its name. */
  public history(stackName = 'Stack'): string[] {
    return this.engine.events(stackName).map((event) => `${event.LogicalResourceId}: ${event.ResourceStatus}`);
  }

  public reason(logicalId: string, status: string): string | undefined {
    return this.engine.events('Stack').filter((event) => event.LogicalResourceId === logicalId && event.ResourceStatus === status).pop()?.ResourceStatusReason;
  }

  /** Every request of a logical id: type and physical id. */
  public sent(logicalId?: string): string[] {
    return this.engine.requests.map(({ request }) => request)
      .filter((request) => logicalId === undefined || request.LogicalResourceId === logicalId)
      .map((request) => [request.RequestType, request.PhysicalResourceId].filter(Boolean).join(' '));
  }
}

/** A custom resource. */
export function custom(properties: JsonObject = {}, attributes: Record<string, unknown> = {}): object {
  return { Type: 'Custom::Thing', Properties: { ServiceToken: FUNCTION_ARN, ServiceTimeout: 600, ...properties }, ...attributes };
}

/** A resource that fails when told to. */
export function failing(on: string[], properties: JsonObject = {}, attributes: Record<string, unknown> = {}): object {
  return { Type: 'Test::Failing', Properties: { FailOn: on, ...properties }, ...attributes };
}

export function inert(properties: JsonObject = {}, attributes: Record<string, unknown> = {}): object {
  return { Type: 'AWS::Some::Thing', Properties: properties, ...attributes };
}

/** A template of resources and outputs. */
export function template(
  resources: Record<string, object>,
  outputs: Record<string, { Value: Json; Export?: object }> = {},
): object {
  return { Resources: resources, Outputs: outputs };
}
