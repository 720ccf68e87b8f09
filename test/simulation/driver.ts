/**
 * Whole lives of stacks in one process: the real handler with real SDK clients against the embedded AWS, on a virtual clock with a seed.
 *
 * Every way by which a handler reaches the world is a {@link Point}: a call, a ledger operation, the sending of the answer. They are numbered
 * in the order in which they happen, and a test may order a fault at any of them. A killed invocation does nothing any more; a call of
 * its that is under way still lands.
 */
import { setMaxListeners } from 'node:events';
import type { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { clientsOf } from './clients';
import { accountsOf, type Breach, Watch } from './invariants';
import { MemoryTables, type TableFault } from './memory-tables';
import { type StackSpec, templateOf } from './templates';
import { warmUp } from './warm-up';
import { DynamoDbTable } from '../../lambda/runtime/dynamodb-table';
import { handle } from '../../lambda/runtime/handler';
import { nodePlatform } from '../../lambda/runtime/node-platform';
import type { Platform } from '../../lambda/runtime/platform';
import type { Item, Table } from '../../lambda/runtime/table';
import { type SecurityHubApi, securityHubApi } from '../../lambda/security-hub-members/api';
import { securityHubMembers } from '../../lambda/security-hub-members/resource';
import { ENVIRONMENT } from '../../src/private/contract/environment';
import type { TableOperation } from '../lambda/support/memory-table';
import { VirtualClock } from '../local-aws/clock';
import type { CustomResourceOptions, CustomResourceRequest, RequestRecord } from '../local-aws/cloudformation/custom-resource';
import type { CloudFormationEngine, OperationOptions } from '../local-aws/cloudformation/engine';
import { installCloudFormation } from '../local-aws/cloudformation/install';
import type { Stack } from '../local-aws/cloudformation/model';
import type { Call, Fault, JournalEntry, Service, Unknowns } from '../local-aws/core';
import { EmbeddedAws } from '../local-aws/embedded-aws';
import { createEnvironment, seededRandom } from '../local-aws/environment';
import { InProcessLambdaHost, type Invocation, whileRunning } from '../local-aws/lambda-host-in-process';
import type { LambdaQueueOptions } from '../local-aws/lambda-queue';
import { organizationOf, type OrganizationFile, resolveOrganization, SECURITY_ACCOUNT } from '../local-aws/organization-file';
import { Organizations } from '../local-aws/services/organizations';
import { SecurityHub, type SecurityHubOptions } from '../local-aws/services/security-hub';

export const REGION = 'us-east-1';
export const PLACE = { accountId: SECURITY_ACCOUNT, region: REGION };
/** Where a life begins. */
export const START = Date.UTC(2026, 0, 1);

const BETWEEN_DEPLOYMENTS = 10_000;

/** What a handler is given: everything that it may reach the world by. */
export interface Ports {
  readonly event: any;
  readonly remainingMilliseconds: number;
  readonly platform: Platform;
  readonly table: Table;
  readonly api: SecurityHubApi;
  readonly region: string;
  readonly logStreamName: string;
  /** For a handler that makes other calls than the shipped one. */
  readonly securityHub: SecurityHubClient;
}

export type Handler = (ports: Ports) => Promise<unknown>;

/** The handler as it is shipped. */
export const realHandler: Handler = ({ event, remainingMilliseconds, platform, table, api, region }) => (
  handle(event, remainingMilliseconds, platform, table, securityHubMembers({ platform, table, api, region, logGroupName: 'Log' }))
);

/** A place in a life at which something can go wrong. */
export interface Point {
  readonly index: number;
  readonly kind: 'call' | 'ledger' | 'put';
  /** `CreateMembers`, `update META`, `PUT`. */
  readonly operation: string;
  readonly invocation: Invocation;
  readonly at: number;
}

/**
 * What happens at a point. `killBefore`, `killAfter`: the process dies before, or after the effect. `landsAfter`: it dies with the request
 * on the wire, which takes effect that many milliseconds later. Others are faults of the connection or of the service.
 */
export type Order =
  | { readonly kind: 'killBefore' | 'killAfter' }
  | { readonly kind: 'landsAfter'; readonly milliseconds: number }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'table'; readonly fault: TableFault }
  /** This one answer shows members with a status that nobody knows. */
  | { readonly kind: 'status'; readonly name: string }
  /** This one answer shows what was true so many milliseconds before; up to {@link OLDEST_READ}. */
  | { readonly kind: 'stale'; readonly milliseconds: number };

/** A read may be this old: what was done shows within a minute after its call is over (T1 of docs/adr/0004), however late reads settle. */
export const OLDEST_READ = 59_000;

export interface LifeOptions {
  readonly seed?: number;
  /** Default: 12 accounts in the organization and 3 outside. */
  readonly organization?: OrganizationFile;
  readonly unknowns?: Partial<Unknowns>;
  readonly securityHub?: SecurityHubOptions;
  readonly customResources?: Partial<CustomResourceOptions>;
  readonly lambda?: Partial<LambdaQueueOptions>;
  readonly handler?: Handler;
  /** Changes every template, such as for a handler that needs other permissions. */
  readonly edit?: StackSpec['edit'];
  /** `dynamodb`: the real client and dynalite in place of tables in memory; slow. */
  readonly ledger?: 'memory' | 'dynamodb';
  /** Most milliseconds that one ledger operation or call takes, at random; default 0. */
  readonly latency?: number;
  /** Asked at every point. */
  readonly atPoint?: (point: Point, life: Life) => Order | undefined;
  /** `atRest`: the ledger is not looked at at every call, which takes long with thousands of accounts. */
  readonly checks?: 'always' | 'atRest';
  /** A request may end without any answer: more goes wrong than three deliveries can bear. */
  readonly mayTimeOut?: boolean;
}

/** One line of a function's log. */
export interface LogLine {
  readonly at: number;
  readonly text: string;
}

export class Life {
  public readonly clock = new VirtualClock(START);
  public readonly aws: EmbeddedAws;
  public readonly engine: CloudFormationEngine;
  public readonly lambda: InProcessLambdaHost;
  public readonly organizations: Organizations;
  public readonly securityHub: SecurityHub;
  public readonly tables = new MemoryTables();
  public readonly points: Point[] = [];
  public readonly log: LogLine[] = [];
  /** Accounts that a read has shown as they were before. */
  public readonly shownOld = new Set<string>();
  public readonly watch: Watch;
  public latency: number;
  public atPoint?: LifeOptions['atPoint'];
  private readonly random: () => number;
  private readonly invocations = new Map<string, Invocation>();
  /** Whose PUT the next anonymous call is. */
  private readonly putters: Invocation[] = [];
  /** What is ordered for the answer of a call. */
  private readonly answerOrders = new WeakMap<Call, Order>();
  /** What the answer that is being made calls every status. */
  private strangeStatus?: string;
  /** A function could not use its ledger, or somebody has deleted it: members that it knew stay then, unnamed, as documented. */
  private ledgerWasLost = false;

  constructor(public readonly options: LifeOptions = {}) {
    const world = resolveOrganization(options.organization ?? organizationOf({ accounts: 12, outside: 3 }));
    const seed = options.seed ?? 1;
    this.random = seededRandom(seed + 1);
    this.latency = options.latency ?? 0;
    this.atPoint = options.atPoint;
    const { unknowns } = options;
    const environment = createEnvironment({ clock: this.clock, seed, unknowns, partition: world.partition });
    this.organizations = new Organizations(environment, world);
    const { statusName } = options.securityHub ?? {};
    this.securityHub = new SecurityHub(environment, this.organizations, world, {
      ...options.securityHub,
      statusName: (status) => this.strangeStatus ?? statusName?.(status) ?? status,
    });
    this.securityHub.remembers = OLDEST_READ;
    this.watch = new Watch(this);
    this.aws = new EmbeddedAws({ environment, services: [this.organizations, this.watched(this.securityHub)] });
    this.lambda = new InProcessLambdaHost({
      environment,
      start: (invocation) => this.start(invocation),
      credentialsFor: ({ accountId, roleArn, functionName }) => {
        const keys = this.aws.credentials.issue({ accountId, roleName: roleArn.split('/').at(-1)!, sessionName: functionName, durationSeconds: 43_200 });
        return { ...keys, sessionToken: keys.sessionToken! };
      },
      ...options.lambda,
    });
    const { iam, ssm, logs, dynamodb } = this.aws;
    const tables = options.ledger === 'dynamodb' ? dynamodb : this.tables;
    this.engine = installCloudFormation(this.aws, this.lambda, {
      stores: { iam, tables, parameters: ssm, logs },
      customResources: options.customResources,
    }).engine;
    this.aws.setCustomResourceAnswerReceiver((path, body, headers) => {
      const status = this.engine.customResources.receive(path, body, headers);
      this.watch.answered(body, status);
      return status;
    });
    this.aws.setFaultHook((call) => this.onCall(call));
  }

  // -- what a person does

  /** Deploys a stack and waits for its end. Nobody does so within seconds of the last time. */
  public async deploy(spec: StackSpec, options: OperationOptions & { readonly stack?: string } = {}): Promise<string> {
    await this.wait(BETWEEN_DEPLOYMENTS);
    return this.run(this.startDeploy(spec, options));
  }

  /** Begins a deployment; time passes only in {@link run}. */
  public startDeploy(spec: StackSpec, options: OperationOptions & { readonly stack?: string } = {}): Promise<string> {
    this.watch.asked(spec);
    const template = templateOf(this.options.edit === undefined ? spec : { edit: this.options.edit, ...spec });
    return this.engine.deploy(options.stack ?? 'Stack', template, {}, { place: PLACE, ...options });
  }

  public async destroy(
    options: { readonly stack?: string; readonly retainResources?: readonly string[] } = {},
  ): Promise<string> {
    await this.wait(BETWEEN_DEPLOYMENTS);
    return this.run(this.startDestroy(options));
  }

  public startDestroy({ stack = 'Stack', retainResources }: { readonly stack?: string; readonly retainResources?: readonly string[] } = {}): Promise<string> {
    return this.engine.destroy(stack, { place: PLACE, retainResources });
  }

  /** Lets time pass until `work` is done. */
  public async run<T>(work: Promise<T>): Promise<T> {
    await warmUp();
    let done = false;
    const end = () => { done = true; };
    work.then(end, end);
    if (!await this.clock.runUntil(() => done)) throw new Error('nothing is left that could settle this');
    return work;
  }

  /** Lets time pass. */
  public wait(milliseconds: number): Promise<void> {
    return this.run(this.clock.sleep(milliseconds));
  }

  /** Lets time pass until Lambda has nothing left to deliver and no call can land any more. */
  public async settle(): Promise<void> {
    await warmUp();
    await this.clock.runUntil(() => this.lambda.idle(), this.clock.now() + 8 * 3600_000);
    await this.wait(180_000);
  }

  /** Settles and answers what has been breached in this life. */
  public async breaches(): Promise<Breach[]> {
    await this.settle();
    return this.watch.atTheEnd();
  }

  /** Somebody deletes a stack's ledger by hand. */
  public async loseLedger(stack: string = 'Stack'): Promise<void> {
    this.ledgerWasLost = true;
    await this.tables.deleteTable(undefined, this.ledgerName(stack)!);
  }

  // -- what can be seen

  public get ledgerLost(): boolean {
    return this.ledgerWasLost;
  }

  /** Accounts that are members of the administrator, or on their way, with their status: the truth, whatever reads show. */
  public members(): Record<string, string> {
    const members = [...this.securityHub.members(SECURITY_ACCOUNT, REGION).values()];
    const active = members.filter(({ status }) => ACTIVE.has(status));
    return Object.fromEntries(active.map(({ accountId, status }) => [accountId, status] as const).sort());
  }

  public memberIds(): string[] {
    return Object.keys(this.members());
  }

  public stack(name: string = 'Stack'): Stack | undefined {
    return this.engine.listStacks(PLACE).find(({ stackName }) => stackName === name);
  }

  /** The items of a stack's ledger. */
  public ledger(stack: string = 'Stack'): Item[] {
    const name = this.ledgerName(stack);
    return name === undefined ? [] : this.tables.items(name);
  }

  public ledgerName(stack: string = 'Stack'): string | undefined {
    return [...this.stack(stack)?.resources.values() ?? []].find(({ type }) => type === 'AWS::DynamoDB::Table')?.physicalId;
  }

  /** The account rows of a stack's ledger, by account. */
  public rows(stack: string = 'Stack'): Item[] {
    return this.ledger(stack).filter(({ account }) => account !== undefined);
  }

  /** Requests to handlers, with their answers. */
  public get requests(): readonly RequestRecord[] {
    return this.engine.requests;
  }

  /** What the last request of a type was answered. */
  public lastAnswer(type?: CustomResourceRequest['RequestType']): { readonly Status: string; readonly Reason?: string; readonly PhysicalResourceId: string } {
    const record = [...this.requests].reverse().find(({ request, answers }) => (
      answers.length > 0 && (type === undefined || request.RequestType === type)
    ));
    return JSON.parse(record!.answers[0].body);
  }

  /** Calls of handlers to Security Hub, in order; of one operation, or all. */
  public calls(operation?: string): JournalEntry[] {
    return this.aws.journal.of('securityhub', operation).filter(({ call }) => call.caller.roleName !== undefined);
  }

  /** Calls that change something. */
  public writes(): JournalEntry[] {
    return this.calls().filter(({ call }) => MUTATING.has(call.operation));
  }

  /** The journal's length, to look at what comes after. */
  public mark(): number {
    return this.aws.journal.entries.length;
  }

  public writesSince(mark: number): JournalEntry[] {
    return this.writes().filter(({ index }) => index >= mark);
  }

  public callsSince(mark: number): JournalEntry[] {
    return this.calls().filter(({ index }) => index >= mark);
  }

  /** Who made a call. */
  public invocationOf(call: Call): Invocation | undefined {
    return this.invocations.get(call.caller.accessKeyId);
  }

  public get mayTimeOut(): boolean {
    return this.options.mayTimeOut ?? false;
  }

  /** Delivers every event once more, oldest first: none of them may change anything. */
  public async replay(): Promise<void> {
    for (const { functionArn, payload } of [...this.lambda.events]) {
      if (this.lambda.getFunction(functionArn) === undefined) continue;
      this.lambda.invokeAsync(functionArn, JSON.parse(payload));
      await this.settle();
    }
  }

  /** Delivers one event again, whatever became of it. */
  public async redeliver(event: unknown): Promise<void> {
    this.lambda.invokeAsync((event as CustomResourceRequest).ServiceToken, event);
    await this.settle();
  }

  // -- the handler and its ports

  private start(invocation: Invocation): Promise<unknown> {
    this.invocations.set(invocation.credentials.accessKeyId, invocation);
    // every sleep of an invocation ends with it
    setMaxListeners(0, invocation.ended);
    const platform = this.platform(invocation);
    const { region } = invocation.configuration;
    return (this.options.handler ?? realHandler)({
      event: invocation.event,
      remainingMilliseconds: invocation.context.getRemainingTimeInMillis(),
      platform,
      table: this.table(invocation, platform),
      api: this.api(invocation),
      region,
      logStreamName: invocation.context.logStreamName,
      securityHub: clientsOf(this.aws, region, invocation.credentials).securityhub,
    });
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
      log: (level, message, fields) => this.write(level, message, fields),
      put: (url, body) => whileRunning(invocation, () => this.put(invocation, url, body)),
    };
  }

  /** Writes through the shipped logger, so that what it hides is hidden by it. */
  private write(...line: Parameters<Platform['log']>): void {
    const [level] = line;
    const original = console[level];
    console[level] = (record: unknown) => { this.log.push({ at: this.clock.now(), text: JSON.stringify(record) }); };
    try {
      nodePlatform.log(...line);
    } finally {
      console[level] = original;
    }
  }

  private api(invocation: Invocation): SecurityHubApi {
    const { region } = invocation.configuration;
    const { credentials } = invocation;
    const { securityhub, organizations } = clientsOf(this.aws, region, credentials);
    const api = securityHubApi(securityhub, organizations);
    return Object.fromEntries(Object.entries(api).map(([name, call]) => [
      name,
      (...input: unknown[]) => whileRunning(invocation, async () => {
        await this.travel();
        // a process that has died on the way to the socket sends nothing
        if (invocation.ended.aborted) return undefined;
        return (call as (...input: unknown[]) => Promise<unknown>)(...input);
      }),
    ])) as unknown as SecurityHubApi;
  }

  private table(invocation: Invocation, platform: Platform): Table {
    const name = invocation.configuration.environment[ENVIRONMENT.ledgerTableName];
    if (this.options.ledger === 'dynamodb') {
      const { region } = invocation.configuration;
      const { credentials, context } = invocation;
      const client = clientsOf(this.aws, region, credentials).dynamodb;
      const deadline = platform.now() + context.getRemainingTimeInMillis() - 5_000;
      return guarded(invocation, new DynamoDbTable(client, name, platform, deadline));
    }
    const table = this.tables.open(name, (operation) => this.onTable(invocation, operation), platform.sleep);
    return guarded(invocation, table, () => this.travel());
  }

  private async put(invocation: Invocation, url: string, body: string): Promise<number> {
    const { host, pathname, search } = new URL(url);
    this.putters.push(invocation);
    const response = await this.aws.handle({ method: 'PUT', host, path: pathname + search, headers: { 'content-type': '' }, body: Buffer.from(body) });
    return response.status;
  }

  private async travel(): Promise<void> {
    if (this.latency > 0) await this.clock.sleep(Math.floor(this.random() * this.latency));
  }

  // -- faults

  private watched(service: SecurityHub): Service {
    return {
      name: service.name,
      operations: service.operations,
      authorization: (call) => service.authorization(call),
      call: async (call) => {
        if (call.caller.roleName !== undefined && MUTATING.has(call.operation)) this.watch.beforeEffect(call);
        const order = this.answerOrders.get(call);
        if (order?.kind === 'status') this.strangeStatus = order.name;
        if (order?.kind === 'stale') {
          service.readsLag = order.milliseconds;
          for (const account of accountsOf(call)) this.shownOld.add(account);
        }
        try {
          return service.dispatch(call);
        } finally {
          this.strangeStatus = undefined;
          service.readsLag = 0;
        }
      },
    };
  }

  private onCall(call: Call): Fault | undefined {
    const isPut = call.operation === 'PutCustomResourceAnswer';
    const invocation = isPut ? this.putters.shift() : this.invocationOf(call);
    if (invocation === undefined) return undefined;
    if (MUTATING.has(call.operation)) this.watch.sent(call);
    const isLedger = call.service === 'dynamodb';
    const kind = isPut ? 'put' : isLedger ? 'ledger' : 'call';
    const order = this.order(invocation, kind, isPut ? 'PUT' : isLedger ? ledgerOperation(call) : call.operation);
    // behind the retries of its client a denied ledger may be as good as lost
    if (isLedger && isDenied(order)) this.ledgerWasLost = true;
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
      case 'status':
      case 'stale':
        this.answerOrders.set(call, order);
        return undefined;
      default: return undefined;
    }
  }

  private onTable(invocation: Invocation, operation: TableOperation): TableFault | undefined {
    const order = this.order(invocation, 'ledger', `${operation.kind} ${operation.key.sk.split('#')[0]}`);
    switch (order?.kind) {
      case 'killBefore':
        this.lambda.kill(invocation);
        return { kind: 'unreachable', when: 'before' };
      case 'killAfter':
      case 'landsAfter':
        this.lambda.kill(invocation);
        return undefined;
      case 'table':
        if (order.fault.kind === 'denied') this.ledgerWasLost = true;
        return order.fault;
      default: return undefined;
    }
  }

  private order(invocation: Invocation, kind: Point['kind'], operation: string): Order | undefined {
    const point: Point = { index: this.points.length, kind, operation, invocation, at: this.clock.now() };
    this.points.push(point);
    return this.atPoint?.(point, this);
  }
}

/** Member, or on its way. */
export const ACTIVE: ReadonlySet<string> = new Set(['Created', 'Invited', 'Enabled']);
/** Calls that change who is a member. */
export const MUTATING: ReadonlySet<string> = new Set(['CreateMembers', 'InviteMembers', 'DisassociateMembers', 'DeleteMembers']);

function isDenied(order: Order | undefined): boolean {
  return order?.kind === 'fault' && order.fault.kind === 'error' && order.fault.error.code === 'AccessDeniedException';
}

/** A request to DynamoDB as {@link Point} names it. */
function ledgerOperation({ operation, input }: Call): string {
  const kind = operation.replace('Item', '').toLowerCase();
  const key: string = kind === 'query' ? input.ExpressionAttributeValues[':prefix'].S : input.Key.sk.S;
  return `${kind} ${key.split('#')[0]}`;
}

function guarded(invocation: Invocation, table: Table, travel: () => Promise<void> = async () => undefined): Table {
  const through = <T>(action: () => Promise<T>) => whileRunning(invocation, async () => {
    await travel();
    return invocation.ended.aborted ? undefined as T : action();
  });
  return {
    name: table.name,
    get: (...input) => through(() => table.get(...input)),
    query: (...input) => through(() => table.query(...input)),
    update: (...input) => through(() => table.update(...input)),
  };
}
