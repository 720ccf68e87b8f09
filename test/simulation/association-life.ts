/**
 * Whole lives of stacks with a `ComputeOptimizerAssociation`: the real handler with its real clients against the embedded AWS, on a virtual clock.
 *
 * As `driver.ts`, which plays Security Hub, but for another service: what must hold is checked at every effect, and when all is at rest.
 */
import { setMaxListeners } from 'node:events';
import { ComputeOptimizerAutomationClient, ListAccountsCommand } from '@aws-sdk/client-compute-optimizer-automation';
import { OrganizationsClient } from '@aws-sdk/client-organizations';
import { HttpResponse } from '@smithy/protocol-http';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { MemoryTables, type TableFault } from './memory-tables';
import { warmUp } from './warm-up';
import { automationApi } from '../../lambda/compute-optimizer-association/api';
import { computeOptimizerAssociation } from '../../lambda/compute-optimizer-association/resource';
import { organizationsApi } from '../../lambda/membership/organization';
import { handle } from '../../lambda/runtime/handler';
import { nodePlatform } from '../../lambda/runtime/node-platform';
import type { Platform } from '../../lambda/runtime/platform';
import type { Item, Table } from '../../lambda/runtime/table';
import { ComputeOptimizerAssociation, MemberAccounts } from '../../src';
import { ENVIRONMENT } from '../../src/private/contract/environment';
import { renderAccountIds } from '../../src/private/contract/properties';
import { VirtualClock } from '../local-aws/clock';
import type { RequestRecord } from '../local-aws/cloudformation/custom-resource';
import type { CloudFormationEngine } from '../local-aws/cloudformation/engine';
import { installCloudFormation } from '../local-aws/cloudformation/install';
import type { Call, Fault, JournalEntry, Service, Unknowns } from '../local-aws/core';
import { EmbeddedAws } from '../local-aws/embedded-aws';
import { createEnvironment, seededRandom } from '../local-aws/environment';
import { InProcessLambdaHost, type Invocation, whileRunning } from '../local-aws/lambda-host-in-process';
import { MANAGEMENT_ACCOUNT, organizationOf, type OrganizationFile, resolveOrganization } from '../local-aws/organization-file';
import { ComputeOptimizerAutomation } from '../local-aws/services/compute-optimizer-automation';
import { Organizations } from '../local-aws/services/organizations';
import { InProcessHandler } from '../local-aws/wire/in-process-handler';

const REGION = 'us-east-1';
const START = Date.UTC(2026, 0, 1);
const SERVICE = 'aco-automation';
const TYPE = 'Custom::ComputeOptimizerAssociation';
const IDS = ['Automation', 'Other', 'Renamed'] as const;
const MUTATING: ReadonlySet<string> = new Set(['AssociateAccounts', 'DisassociateAccounts', 'UpdateEnrollmentConfiguration']);

export type AssociationId = typeof IDS[number];

/** Properties of one resource as the contract has them. */
export interface AssociationSpec {
  readonly accounts: readonly string[];
  readonly raw?: Readonly<Record<string, string>>;
}

export type AssociationStack = Readonly<Partial<Record<AssociationId, AssociationSpec>>>;

/** A place in a life at which something can go wrong. */
export interface AssociationPoint {
  readonly index: number;
  /** An operation of the service or of the ledger, or PUT. */
  readonly operation: string;
  readonly kind: 'call' | 'ledger' | 'put';
}

export type AssociationOrder =
  | { readonly kind: 'killBefore' | 'killAfter' }
  | { readonly kind: 'landsAfter'; readonly milliseconds: number }
  | { readonly kind: 'fault'; readonly fault: Fault };

export interface AssociationLifeOptions {
  readonly organization?: OrganizationFile;
  readonly unknowns?: Partial<Unknowns>;
  readonly administrator?: string;
  readonly region?: string;
  readonly seed?: number;
  readonly atPoint?: (point: AssociationPoint) => AssociationOrder | undefined;
}

let synthesized: Readonly<Record<string, any>> | undefined;

/** The real constructs, synthesized once; their properties are then written by hand. */
function resourcesOfLibrary(): Readonly<Record<string, any>> {
  if (synthesized !== undefined) return synthesized;
  const app = new App({ analyticsReporting: false, context: { 'aws:cdk:disable-asset-staging': true } });
  const stack = new Stack(app, 'Stack');
  const accounts = MemberAccounts.of(['000000000001']);
  for (const id of IDS) new ComputeOptimizerAssociation(stack, id, { accounts, enrollAdministrator: true });
  return (synthesized = Template.fromStack(stack).toJSON().Resources);
}

/** The logical id of a construct's resource. */
export function associationId(id: AssociationId): string {
  const found = Object.entries(resourcesOfLibrary()).find(([name, { Type }]) => name.startsWith(id) && Type === TYPE);
  return found![0];
}

/** The function's role without one statement, to be put into a template in its place. */
export function roleWithout(sid: string): Record<string, object> {
  const [name, role] = Object.entries(resourcesOfLibrary()).find(([, { Type }]) => Type === 'AWS::IAM::Role')!;
  const edited = structuredClone(role);
  const document = edited.Properties.Policies[0].PolicyDocument;
  const kept = document.Statement.filter(({ Sid }: { readonly Sid: string }) => Sid !== sid);
  if (kept.length === document.Statement.length) throw new Error(`the role has no statement ${sid}`);
  document.Statement = kept;
  return { [name]: edited };
}

function templateOf(spec: AssociationStack, more: Record<string, object>): { Resources: Record<string, object> } {
  const shared = Object.entries(resourcesOfLibrary()).filter(([, { Type }]) => Type !== TYPE);
  const own = Object.entries(spec).map(([id, { accounts, raw }]) => {
    const name = associationId(id as AssociationId);
    const { ServiceToken, ServiceTimeout } = resourcesOfLibrary()[name].Properties;
    const properties = { ServiceToken, ServiceTimeout, Accounts: renderAccountIds(accounts), ...raw };
    return [name, { ...resourcesOfLibrary()[name], Properties: properties }] as const;
  });
  return { Resources: { ...Object.fromEntries([...shared, ...own]), ...more } };
}

export class AssociationLife {
  public readonly clock = new VirtualClock(START);
  public readonly aws: EmbeddedAws;
  public readonly engine: CloudFormationEngine;
  public readonly lambda: InProcessLambdaHost;
  public readonly organizations: Organizations;
  public readonly automation: ComputeOptimizerAutomation;
  public readonly tables = new MemoryTables();
  public readonly points: AssociationPoint[] = [];
  public readonly logged: string[] = [];
  /** What should never have happened. */
  public readonly breaches: string[] = [];
  public atPoint: AssociationLifeOptions['atPoint'];
  private readonly place: { readonly accountId: string; readonly region: string };
  private readonly random: () => number;
  private readonly invocations = new Map<string, Invocation>();
  private readonly putters: Invocation[] = [];
  private readonly answered = new Set<string>();

  constructor(options: AssociationLifeOptions = {}) {
    const world = resolveOrganization(options.organization ?? organizationOf({ accounts: 12 }));
    const { clock } = this;
    const environment = createEnvironment({ clock, seed: 1, unknowns: options.unknowns, partition: world.partition });
    this.place = { accountId: options.administrator ?? MANAGEMENT_ACCOUNT, region: options.region ?? REGION };
    this.random = seededRandom(options.seed ?? 1);
    this.atPoint = options.atPoint;
    this.organizations = new Organizations(environment, world);
    this.automation = new ComputeOptimizerAutomation(environment, this.organizations, world);
    this.aws = new EmbeddedAws({ environment, services: [this.organizations, this.watched()] });
    this.lambda = new InProcessLambdaHost({
      environment,
      start: (invocation) => this.start(invocation),
      credentialsFor: ({ accountId, roleArn, functionName }) => {
        const role = { accountId, roleName: roleArn.split('/').at(-1)!, sessionName: functionName, durationSeconds: 43_200 };
        const keys = this.aws.credentials.issue(role);
        return { ...keys, sessionToken: keys.sessionToken! };
      },
    });
    const { iam, ssm, logs } = this.aws;
    const stores = { iam, tables: this.tables, parameters: ssm, logs };
    this.engine = installCloudFormation(this.aws, this.lambda, { stores }).engine;
    this.aws.setCustomResourceAnswerReceiver((path, body, headers) => {
      const status = this.engine.customResources.receive(path, body, headers);
      this.answered.add(JSON.parse(Buffer.from(body).toString()).RequestId);
      return status;
    });
    this.aws.setFaultHook((call) => this.onCall(call));
  }

  // -- what a person does

  public async deploy(spec: AssociationStack, more: Readonly<Record<string, object>> = {}, stack: string = 'Stack'): Promise<string> {
    await this.wait(10_000);
    return this.run(this.engine.deploy(stack, templateOf(spec, more), {}, { place: this.place }));
  }

  public async destroy(stack: string = 'Stack'): Promise<string> {
    await this.wait(10_000);
    return this.run(this.engine.destroy(stack, { place: this.place }));
  }

  public wait(milliseconds: number): Promise<void> {
    return this.run(this.clock.sleep(milliseconds));
  }

  /** Lets time pass until nothing is left to be delivered and no call can land any more. */
  public async settle(): Promise<void> {
    await warm();
    await this.clock.runUntil(() => this.lambda.idle(), this.clock.now() + 8 * 3600_000);
    await this.wait(180_000);
  }

  /** Delivers every event once more: none of them may change anything. */
  public async replay(): Promise<void> {
    for (const { functionArn, payload } of [...this.lambda.events]) {
      if (this.lambda.getFunction(functionArn) === undefined) continue;
      this.lambda.invokeAsync(functionArn, JSON.parse(payload));
      await this.settle();
    }
  }

  // -- what can be seen

  public associated(): string[] {
    return this.automation.associatedAccounts().filter((account) => account !== this.place.accountId).sort();
  }

  public calls(operation?: string): JournalEntry[] {
    return this.aws.journal.of(SERVICE, operation).filter(({ call }) => call.caller.roleName !== undefined);
  }

  public writes(): JournalEntry[] {
    return this.calls().filter(({ call }) => MUTATING.has(call.operation));
  }

  public get requests(): readonly RequestRecord[] {
    return this.engine.requests;
  }

  /** The reasons of all answers, in order. */
  public reasons(): string[] {
    return this.requests.flatMap(({ answers }) => answers.slice(0, 1).map(({ body }) => String(JSON.parse(body).Reason ?? '')));
  }

  /** What has been breached until now, with all at rest. */
  public async check(): Promise<string[]> {
    await this.settle();
    const found = [...this.breaches, ...this.aws.mistakes.map(String)];
    for (const { request, answers } of this.requests) {
      if (new Set(answers.map(({ body }) => body)).size > 1) found.push(`two answers to ${request.RequestId}`);
      if (answers.length === 0) found.push(`no answer to ${request.RequestType} ${request.RequestId}`);
    }
    const mismatches = this.calls().filter(({ effect }) => JSON.stringify(effect ?? {}).includes('IdempotentParameterMismatch'));
    if (mismatches.length > 0) found.push('a token was sent with two lists');
    const secret = this.logged.find((line) => /X-Amz-Signature|session-token|cloudformation-custom-resource-response/.test(line));
    if (secret !== undefined) found.push(`a secret in the log: ${secret}`);
    return found;
  }

  private async run<T>(work: Promise<T>): Promise<T> {
    await warm();
    let done = false;
    const end = () => { done = true; };
    work.then(end, end);
    if (!await this.clock.runUntil(() => done)) throw new Error('nothing is left that could settle this');
    return work;
  }

  // -- the handler and its ports

  private start(invocation: Invocation): Promise<unknown> {
    this.invocations.set(invocation.credentials.accessKeyId, invocation);
    setMaxListeners(0, invocation.ended);
    const platform = this.platform(invocation);
    const table = this.table(invocation);
    const { credentials, configuration } = invocation;
    const requestHandler = new InProcessHandler(this.aws);
    const clientIn = (region: string) => ({ region, credentials, maxAttempts: 1, requestHandler });
    const resource = computeOptimizerAssociation({
      platform,
      table,
      automation: (region) =>
        guarded(invocation, automationApi(new ComputeOptimizerAutomationClient(clientIn(region)))),
      organizations: guarded(invocation, organizationsApi(new OrganizationsClient(clientIn(configuration.region)))),
      stackRegion: configuration.region,
      logGroupName: 'Log',
    });
    return handle(invocation.event, invocation.context.getRemainingTimeInMillis(), platform, table, resource);
  }

  private platform(invocation: Invocation): Platform {
    const { clock } = this;
    return {
      now: () => clock.now(),
      monotonic: () => clock.now() - START,
      random: () => this.random(),
      sleep: (milliseconds, cancel) => whileRunning(invocation, () => new Promise<void>((resolve) => {
        if (cancel?.aborted) return resolve();
        const signals = cancel === undefined ? [invocation.ended] : [cancel, invocation.ended];
        const done = () => {
          timer.cancel();
          for (const signal of signals) signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = clock.after(milliseconds, done);
        for (const signal of signals) signal.addEventListener('abort', done);
      })),
      log: (...line) => this.write(...line),
      put: (url, body) => whileRunning(invocation, async () => {
        const { host, pathname, search } = new URL(url);
        this.putters.push(invocation);
        const request = { method: 'PUT', host, path: pathname + search, headers: { 'content-type': '' }, body: Buffer.from(body) };
        return (await this.aws.handle(request)).status;
      }),
    };
  }

  private write(...line: Parameters<Platform['log']>): void {
    const [level] = line;
    const original = console[level];
    console[level] = (record: unknown) => { this.logged.push(JSON.stringify(record)); };
    try {
      nodePlatform.log(...line);
    } finally {
      console[level] = original;
    }
  }

  private table(invocation: Invocation): Table {
    const name = invocation.configuration.environment[ENVIRONMENT.ledgerTableName];
    const table = this.tables.open(name, ({ kind, key }): TableFault | undefined => {
      const order = this.order('ledger', `${kind} ${key.sk.split('#')[0]}`);
      if (order?.kind === 'killBefore' || order?.kind === 'killAfter') this.lambda.kill(invocation);
      return order?.kind === 'killBefore' ? { kind: 'unreachable', when: 'before' } : undefined;
    }, (milliseconds) => this.clock.sleep(milliseconds));
    return guarded(invocation, table);
  }

  // -- what goes wrong, and what must not

  private onCall(call: Call): Fault | undefined {
    const isPut = call.operation === 'PutCustomResourceAnswer';
    const invocation = isPut ? this.putters.shift() : this.invocations.get(call.caller.accessKeyId);
    if (invocation === undefined || (call.service !== SERVICE && !isPut)) return undefined;
    if (MUTATING.has(call.operation) && this.answered.has(invocation.event.RequestId)) {
      this.breaches.push(`${call.operation} after the answer to ${invocation.event.RequestId}`);
    }
    const order = this.order(isPut ? 'put' : 'call', isPut ? 'PUT' : call.operation);
    switch (order?.kind) {
      case 'killBefore':
        this.lambda.kill(invocation);
        return { kind: 'hang', when: 'before' };
      case 'killAfter':
        this.lambda.kill(invocation);
        return undefined;
      case 'landsAfter':
        this.lambda.kill(invocation);
        return { kind: 'delay', milliseconds: order.milliseconds };
      case 'fault': return order.fault;
      default: return undefined;
    }
  }

  private order(kind: AssociationPoint['kind'], operation: string): AssociationOrder | undefined {
    const point: AssociationPoint = { index: this.points.length, operation, kind };
    this.points.push(point);
    return this.atPoint?.(point);
  }

  private watched(): Service {
    const { automation } = this;
    return {
      name: automation.name,
      operations: automation.operations,
      servedRegions: automation.servedRegions,
      authorization: (call) => automation.authorization(call),
      call: async (call) => {
        this.beforeEffect(call);
        return automation.dispatch(call);
      },
    };
  }

  /** Nobody is associated without a claim, and nobody disassociated without one, or whom another resource wants. */
  private beforeEffect({ caller, operation, input }: Call): void {
    const invocation = this.invocations.get(caller.accessKeyId);
    if (invocation === undefined || !MUTATING.has(operation)) return;
    const ids: string[] = input.accountIds ?? [];
    const { ResourceProperties, RequestType, LogicalResourceId } = invocation.event;
    const items = this.tables.items(invocation.configuration.environment[ENVIRONMENT.ledgerTableName]);
    const wanted: readonly string[] = RequestType === 'Delete' ? [] : ResourceProperties.Accounts;
    if (ids.length > 50) this.breaches.push(`${operation} of ${ids.length} accounts`);
    for (const id of ids) {
      const what = `${operation} of ${id} by ${RequestType} of ${LogicalResourceId}`;
      const isAssociated = this.automation.account(id).regions.length > 0;
      if (operation === 'AssociateAccounts') {
        if (!wanted.includes(id)) this.breaches.push(`${what}, which does not want it`);
        if (!isAssociated && !isClaimed(items, id)) this.breaches.push(`${what}, without a claim`);
      } else {
        if (wanted.includes(id)) this.breaches.push(`${what}, which wants it`);
        if (isAssociated && !isClaimed(items, id)) this.breaches.push(`${what}, without a claim`);
      }
    }
  }
}

function isClaimed(items: readonly Item[], account: string): boolean {
  return items.some((item) => {
    if (item.account === account) return item.claim !== 'none';
    const intents = (item.sk.startsWith('L#') ? item.intents ?? [] : []) as unknown as readonly { readonly op: string; readonly accounts: string }[];
    return intents.some(({ op, accounts }) => op === 'add' && accounts.includes(account));
  });
}

/** A port whose calls end with the invocation. */
function guarded<Port extends object>(invocation: Invocation, port: Port): Port {
  const entries = Object.entries(port).map(([name, member]) => [
    name,
    typeof member !== 'function' ? member : (...input: unknown[]) => whileRunning(invocation, async () => (
      // a process that has died on the way to the socket sends nothing
      invocation.ended.aborted ? undefined : member(...input)
    )),
  ]);
  return Object.fromEntries(entries);
}

let warmed: Promise<unknown> | undefined;

/** As `warm-up.ts`, with this service's client. */
function warm(): Promise<unknown> {
  return (warmed ??= Promise.all([warmUp(), ...[200, 400].map((statusCode) => {
    const answer = { statusCode, headers: {}, body: new TextEncoder().encode('{}') };
    const serve = async () => ({ response: new HttpResponse(answer) });
    const requestHandler = { metadata: { handlerProtocol: 'http/1.1' }, handle: serve };
    const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'none' };
    const configuration = { region: REGION, credentials, maxAttempts: 1, requestHandler };
    const client = new ComputeOptimizerAutomationClient(configuration);
    return client.send(new ListAccountsCommand({})).catch(() => undefined);
  })]));
}
