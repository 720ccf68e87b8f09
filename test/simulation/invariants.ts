/**
 * What must hold in every simulated life, whatever went wrong in it: design §7 and G1 to G7 of the ledger protocol, looked at from AWS's
 * side, the ledger's and CloudFormation's, never from the handler's own words alone.
 *
 * Some are checked at the very moment of an effect or an answer, the others when everything has come to rest.
 */
import { ACTIVE, PLACE, REGION, type Life } from './driver';
import type { StackSpec } from './templates';
import type { Item } from '../../lambda/runtime/table';
import { ACCOUNT_ID } from '../../src/private/contract/properties';
import type { CustomResourceRequest, RequestRecord } from '../local-aws/cloudformation/custom-resource';
import type { Stack } from '../local-aws/cloudformation/model';
import type { Call, JournalEntry } from '../local-aws/core';
import type { Invocation } from '../local-aws/lambda-host-in-process';
import { SECURITY_ACCOUNT } from '../local-aws/organization-file';

/** The invariants by name, in the words of a report. */
export const INVARIANTS = {
  oneAnswer: 'one answer body per RequestId',
  answered: 'every request is answered in time',
  notInProgress: 'nothing is in progress when everything has come to rest',
  untouched: 'accounts that nobody named are untouched',
  fifty: 'no call carries more than 50 accounts',
  cause: 'every mutating call has a cause in its event or in the ledger',
  afterAnswer: 'no mutating call after the answer, nor for a superseded request, nor when CloudFormation has stopped waiting',
  claimed: 'every account that a call of ours adds is claimed before (G6)',
  foreign: 'no member without a claim is removed, and none that a settled resource wants (G1)',
  success: 'SUCCESS of a Create or Update: every target account is in its goal state or reported by name (G3)',
  deleted: 'SUCCESS of a Delete: nothing of the resource is left (G4)',
  converged: 'at rest, the members added by a stack are those that it wants, or the residue is named (G7)',
  answerForm: 'an answer is at most 4,096 bytes of JSON, and names a reason when it is FAILED',
  physicalId: 'the physical id is the same over a resource\'s life, and no part of it is an accident of one run',
  secrets: 'no response URL, credential or e-mail address in a log line or a reason',
  noSelfMade: 'no mistake of a model',
} as const;

export type Invariant = keyof typeof INVARIANTS;

export interface Breach {
  readonly invariant: Invariant;
  readonly what: string;
}

const SECRETS = [/X-Amz-Signature/i, /[?&]Signature=/, /X-Amz-Credential/i, /cloudformation-custom-resource-response/, /[\w.+-]+@[\w-]+\.\w/, /session-token-of-/, /local-aws-signatures/];

export class Watch {
  private readonly found: Breach[] = [];
  /** Every account that a template has named. */
  private readonly named = new Set<string>();
  /** Accounts of resources that a template has said to retain. */
  private readonly retained = new Set<string>();
  /** Stacks and accounts that they have let go, and either the properties or an answer said so. */
  private readonly released = new Set<string>();
  /** Journal index at which a request was first answered. */
  private readonly answeredAt = new Map<string, number>();
  /** When a request was first admitted, where its response URL does not tell when it was issued. */
  private readonly admittedAt = new Map<string, number>();
  private readonly reasons: string[] = [];
  private readonly withoutLedger = new Set<string>();

  constructor(private readonly life: Life) {}

  /** A template is about to be deployed. */
  public asked(spec: StackSpec): void {
    for (const members of Object.values(spec.members)) {
      for (const account of [...members?.accounts ?? [], ...members?.outside ?? []]) {
        this.named.add(account);
        if (members?.retain) this.retained.add(account);
      }
    }
  }

  /** A mutating call of a handler has been sent, whatever becomes of it. */
  public sent(call: Call): void {
    const { customResources, ledger } = this.life.options;
    const invocation = this.life.invocationOf(call);
    if ((customResources?.responseUrlForm ?? 'sigv4') === 'sigv4' || ledger === 'dynamodb' || invocation === undefined) return;
    const { event, configuration }: Invocation = invocation;
    const items = this.life.tables.peek(configuration.environment.LEDGER_TABLE_NAME);
    const admitted = new LedgerView(items).admittedAt(event.RequestId);
    if (admitted !== undefined) this.admittedAt.set(event.RequestId, admitted);
  }

  /** A mutating call of a handler is about to take effect. */
  public beforeEffect(call: Call): void {
    const { life } = this;
    const invocation = life.invocationOf(call);
    if (invocation === undefined) return;
    const event: CustomResourceRequest = invocation.event;
    const accounts = accountsOf(call);
    const [now, before] = [event.RequestType === 'Delete' ? [] : targets(event.ResourceProperties), targets(event.OldResourceProperties)];
    const table = invocation.configuration.environment.LEDGER_TABLE_NAME;
    const unseen = life.options.ledger === 'dynamodb' || life.options.checks === 'atRest';
    const ledger = unseen ? undefined : new LedgerView(life.tables.peek(table));
    const truth = life.securityHub.members(SECURITY_ACCOUNT, call.region);

    for (const account of accounts) {
      const status = truth.get(account)?.status ?? 'absent';
      const what = `${call.operation} of ${account} (${status}) by ${event.RequestType} ${event.RequestId} of ${event.LogicalResourceId}`;
      if (!this.named.has(account)) this.breach('untouched', what);
      switch (call.operation) {
        case 'CreateMembers':
        case 'InviteMembers':
          if (!now.includes(account)) this.breach('cause', what);
          if (call.operation === 'CreateMembers' && !ACTIVE.has(status) && ledger?.claims(account) === false) this.breach('claimed', what);
          break;
        case 'DisassociateMembers':
        case 'DeleteMembers': {
          // deleting the leftover record of an outside account is the first step of adding it again
          const leftover = call.operation === 'DeleteMembers' && !ACTIVE.has(status) && now.includes(account);
          if (now.includes(account) && !leftover) this.breach('cause', `${what}, which the event wants`);
          if (!before.includes(account) && !leftover && event.RequestType !== 'Delete' && ledger?.claims(account) === false) this.breach('cause', what);
          if (ACTIVE.has(status) && ledger?.claims(account) === false) this.breach('foreign', `${what}: no claim`);
          const other = ACTIVE.has(status) ? ledger?.settledOthersWanting(account, event) : undefined;
          if (other !== undefined) this.breach('foreign', `${what}: ${other} wants it`);
          break;
        }
      }
    }
  }

  /** CloudFormation's bucket has got an answer. */
  public answered(body: string, status: number): void {
    let answer: { RequestId?: string; Status?: string; Reason?: string };
    try {
      answer = JSON.parse(body);
    } catch {
      return this.breach('answerForm', `not JSON: ${body.slice(0, 100)}`);
    }
    const record = this.life.requests.find(({ request }) => request.RequestId === answer.RequestId);
    if (record === undefined) return undefined;
    // with the stack's ledger went the recorded bytes; by then nobody listens
    if (record.outcome !== undefined && !this.hasLedger(record)) this.withoutLedger.add(body);
    if (answer.Reason !== undefined) this.reasons.push(answer.Reason);
    const { RequestId } = record.request;
    if (!this.answeredAt.has(RequestId)) this.answeredAt.set(RequestId, this.life.aws.journal.entries.length);
    // CloudFormation has acted on this very answer, now
    if (status === 200 && record.answers.at(-1)?.use === 'first' && answer.Status === 'SUCCESS') this.succeeded(record, answer.Reason ?? '');
    return undefined;
  }

  /** Everything that has been breached, once the life has come to rest. */
  public atTheEnd(): Breach[] {
    for (const record of this.life.requests) this.checkAnswers(record);
    this.checkPhysicalIds();
    for (const entry of this.life.writes()) this.checkCall(entry);
    for (const { text } of this.life.log) this.checkSecrets('log line', text);
    for (const reason of this.reasons) this.checkSecrets('reason', reason);
    for (const stack of this.life.engine.listStacks(PLACE)) this.checkStack(stack);
    for (const mistake of this.life.aws.mistakes) this.breach('noSelfMade', mistake.stack ?? mistake.message);
    return this.found;
  }

  // -- at an answer

  private succeeded({ request }: RequestRecord, reason: string): void {
    const { life } = this;
    const stack = this.rootOf(request.StackId);
    const name = [...stack?.resources.values() ?? []].find(({ type }) => type === 'AWS::DynamoDB::Table')?.physicalId;
    if (life.options.ledger === 'dynamodb' || name === undefined || !life.tables.has(name)) return;
    const ledger = new LedgerView(life.tables.peek(name));
    const truth = life.securityHub.members(SECURITY_ACCOUNT, REGION);
    const resource = `${request.StackId}#${request.LogicalResourceId}`;
    if (request.RequestType === 'Delete') {
      if (this.toldThatLedgerIsLost(reason)) return;
      if (ledger.wantsOf(resource).length > 0) this.breach('deleted', `${request.LogicalResourceId} still wants ${ledger.wantsOf(resource)}`);
      for (const account of ledger.claimedBy(resource)) {
        if (!ledger.wantedBy(account).some((other) => other !== resource)) this.breach('deleted', `${request.LogicalResourceId} still claims ${account}`);
      }
      // the table may go now; a member that stays although it was ours must be one that was to be let go, or be told of
      const told = request.ResourceProperties.Dropped === 'release' || reason !== '';
      for (const account of ledger.releasedBy(resource)) if (told) this.released.add(`${stack?.stackId} ${account}`);
      return;
    }
    if (request.ResourceProperties.Dropped === 'release') {
      for (const account of ledger.releasedBy(resource)) this.released.add(`${stack?.stackId} ${account}`);
    }
    for (const account of targets(request.ResourceProperties)) {
      if (ledger.claims(account)) this.released.delete(`${stack?.stackId} ${account}`);
      const status = truth.get(account)?.status;
      const row = ledger.row(account, resource);
      // seen in its goal state by a read after the last write, as G3 has it: one that showed how it was before that write
      if (status === 'Created' && life.shownOld.has(account)) continue;
      const reported = ['skipped', 'refused', 'pending'].includes(String(row?.outcome)) || reason.includes(account) || reason.startsWith('rolled back');
      if (!['Enabled', 'Invited'].includes(status ?? '') && !reported && !this.movedByOthers(account, rolesOf(stack))) {
        this.breach('success', `${request.RequestType} ${request.RequestId}: ${account} is ${status ?? 'absent'}, row ${JSON.stringify(row)}`);
      }
    }
  }

  /** Documented: who cannot use the ledger says so and leaves members alone. Only where the ledger really was lost. */
  private toldThatLedgerIsLost(text: string): boolean {
    return this.life.ledgerLost && /the ledger table '.*' (is gone|cannot be read or written)/.test(text);
  }

  /** The outermost stack, which has function and ledger. */
  private rootOf(id: string): Stack | undefined {
    const stacks = this.life.engine.listStacks(PLACE);
    const stack = stacks.find(({ stackId }) => stackId === id);
    return stack?.rootId === undefined ? stack : stacks.find(({ stackId }) => stackId === stack.rootId);
  }

  private hasLedger({ request }: RequestRecord): boolean {
    const stack = this.rootOf(request.StackId);
    const name = [...stack?.resources.values() ?? []].find(({ type }) => type === 'AWS::DynamoDB::Table')?.physicalId;
    return name !== undefined && this.life.tables.has(name);
  }

  // -- at rest

  private checkAnswers(record: RequestRecord): void {
    const { request, outcome, sentAt } = record;
    const answers = answersTo(record);
    const what = `${request.RequestType} ${request.RequestId} of ${request.LogicalResourceId}`;
    const bodies = answers.filter(({ body, use }) => use === 'first' || !this.withoutLedger.has(body)).map(({ body }) => body);
    if (new Set(bodies).size > 1) this.breach('oneAnswer', `${what}: ${answers.map(({ body }) => body).join(' | ')}`);
    // a retained resource is not waited for in a rollback: its function may go while it is created
    const gone = this.life.lambda.getFunction(request.ServiceToken) === undefined;
    if (outcome === undefined && !gone && !this.life.mayTimeOut) this.breach('answered', `${what}: still waited for`);
    if (outcome?.kind === 'timedOut' && !this.life.mayTimeOut) this.breach('answered', `${what}, sent at ${sentAt}: timed out`);
    for (const { body } of answers) {
      if (Buffer.byteLength(body) > 4096) this.breach('answerForm', `${what}: ${Buffer.byteLength(body)} bytes`);
      const { Status, Reason, Data } = JSON.parse(body);
      if (Status === 'FAILED' && !Reason) this.breach('answerForm', `${what}: FAILED without a reason`);
      if (Reason !== undefined && Buffer.byteLength(Reason) > 1024) this.breach('answerForm', `${what}: a reason of ${Buffer.byteLength(Reason)} bytes`);
      if (Status === 'SUCCESS' && Data?.LedgerTableName === undefined) this.breach('answerForm', `${what}: an attribute is missing`);
    }
  }

  private checkPhysicalIds(): void {
    const known = new Map<string, string>();
    for (const record of this.life.requests) {
      const { request } = record;
      const answers = answersTo(record);
      const resource = `${request.StackId}#${request.LogicalResourceId}`;
      for (const { body } of answers) {
        const { PhysicalResourceId: id } = JSON.parse(body);
        const what = `${request.RequestType} of ${request.LogicalResourceId} answers '${id}'`;
        if (id.includes('$LATEST') || id.includes(request.RequestId)) this.breach('physicalId', what);
        if (request.RequestType !== 'Create' && id !== request.PhysicalResourceId) this.breach('physicalId', `${what}, was sent '${request.PhysicalResourceId}'`);
        if (request.RequestType === 'Create' && known.has(resource) && known.get(resource) !== id) this.breach('physicalId', `${what}, before '${known.get(resource)}'`);
        if (request.RequestType === 'Create') known.set(resource, id);
      }
    }
  }

  private checkCall({ call, index, at }: JournalEntry): void {
    const event: CustomResourceRequest | undefined = this.life.invocationOf(call)?.event;
    if (event === undefined) return;
    const what = `${call.operation} by ${event.RequestType} ${event.RequestId} of ${event.LogicalResourceId}`;
    if (accountsOf(call).length > 50) this.breach('fifty', `${what}: ${accountsOf(call).length}`);
    const requests = this.life.requests;
    const place = requests.findIndex(({ request }) => request.RequestId === event.RequestId);
    const later = requests.slice(place + 1).filter(({ request: { StackId, LogicalResourceId } }) => (
      StackId === event.StackId && LogicalResourceId === event.LogicalResourceId
    ));
    for (const { request } of [requests[place], ...later]) {
      const answered = request && this.answeredAt.get(request.RequestId);
      if (answered !== undefined && index >= answered) this.breach('afterAnswer', `${what}, after ${request.RequestType} ${request.RequestId} was answered`);
    }
    // where the response URL does not tell when a request was issued, only its admission does
    const admitted = this.admittedAt.get(event.RequestId);
    const late = admitted === undefined ? 0 : admitted - requests[place].sentAt;
    if (requests[place] !== undefined && at >= requests[place].deadline + late) this.breach('afterAnswer', `${what}, after ServiceTimeout`);
  }

  private checkSecrets(where: string, text: string): void {
    const secret = SECRETS.find((pattern) => pattern.test(text));
    if (secret !== undefined) this.breach('secrets', `${where} matches ${secret}: ${text.slice(0, 300)}`);
  }

  private checkStack(stack: Stack): void {
    const { life } = this;
    if (stack.status.endsWith('_IN_PROGRESS')) this.breach('notInProgress', `${stack.stackName}: ${stack.status}`);
    for (const { logicalId, status } of stack.resources.values()) {
      if (status.endsWith('_IN_PROGRESS')) this.breach('notInProgress', `${stack.stackName} ${logicalId}: ${status}`);
    }
    if (life.options.ledger === 'dynamodb' || stack.rootId !== undefined) return;
    const tableName = [...stack.resources.values(), ...stack.gone.values()].find(({ type }) => type === 'AWS::DynamoDB::Table')?.physicalId;
    const hasLedger = tableName !== undefined && life.tables.has(tableName);
    const ledger = hasLedger ? new LedgerView(life.tables.peek(tableName)) : undefined;
    const truth = life.securityHub.members(SECURITY_ACCOUNT, REGION);
    const roles = rolesOf(stack);
    const family = life.engine.listStacks(PLACE)
      .filter(({ stackId, rootId }) => stackId === stack.stackId || rootId === stack.stackId);
    const live = family.flatMap(({ resources }) => [...resources.values()]).filter(({ type, status }) => type === 'Custom::SecurityHubMembers' && status !== 'DELETE_COMPLETE');
    const wanted = new Set(live.flatMap(({ properties, attempted }) => (
      [...targets(properties), ...targets(attempted)]
    )));
    const text = this.reasons.join('\n');

    for (const { accountId, status, addedByArn } of truth.values()) {
      const ours = ACTIVE.has(status) && roles.some((role) => addedByArn?.includes(role));
      if (!ours || wanted.has(accountId) || this.retained.has(accountId) || this.released.has(`${stack.stackId} ${accountId}`)) continue;
      if (text.includes(accountId) || this.unansweredIn(stack)) continue;
      if (ledger?.isNamed(accountId) || ledger?.isReleased(accountId)) continue;
      // a reason names five accounts, counts the others and tells how to read the ledger, which still claims them
      if (ledger?.claims(accountId) && /not settled: .* and \d+ more; what is on record: aws dynamodb scan/.test(text)) continue;
      // a rollback that could not read its own ledger cannot name what is in it; the claim stays for the next event
      if (ledger?.claims(accountId) && text.includes('rolled back as far as possible')) continue;
      if (this.toldThatLedgerIsLost(text)) continue;
      this.breach('converged', `${stack.stackName} (${stack.status}) has added ${accountId}, and nothing wants or names it`);
    }
    if (!['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE'].includes(stack.status)) return;
    for (const { properties, logicalId } of live) {
      for (const account of targets(properties)) {
        const status = truth.get(account)?.status;
        if (['Enabled', 'Invited'].includes(status ?? '') || ledger?.isReported(account) || text.includes(account) || this.movedByOthers(account, roles)) continue;
        this.breach('converged', `${stack.stackName} ${logicalId} (${stack.status}) wants ${account}, which is ${status ?? 'absent'}`);
      }
    }
  }

  /** A request of the stack was never answered in time, so its ledger tells the next one what is left. */
  private unansweredIn(stack: Stack): boolean {
    return this.life.requests.some(({ request, outcome }) => this.rootOf(request.StackId) === stack && outcome?.kind === 'timedOut');
  }

  /** Somebody else than this stack has moved the account in the course of this life. */
  private movedByOthers(account: string, roles: readonly string[]): boolean {
    return this.life.securityHub.changes().some((change) => change.accountId === account
      && (change.by === 'thirdParty' || (change.by === 'aws' && change.operation !== 'enabled') || !roles.some((role) => change.callerArn === undefined || change.callerArn.includes(role))));
  }

  private breach(invariant: Invariant, what: string): void {
    this.found.push({ invariant, what });
  }
}

/** A ledger as the checks need it: they read the items themselves, not through the handler's code. */
class LedgerView {
  private readonly byAccount = new Map<string, Item[]>();
  /** Accounts of the adds in lanes. */
  private readonly adding = new Set<string>();
  /** Wanted accounts by resource. */
  private readonly wants = new Map<string, ReadonlySet<string>>();

  constructor(private readonly items: readonly Item[]) {
    for (const item of items) {
      const account = String(item.account);
      if (item.account !== undefined) this.byAccount.set(account, [...this.rowsOf(account), item]);
      for (const { op, accounts } of intents(item)) if (op === 'add') accounts.forEach((each) => this.adding.add(each));
      if (item.sk.startsWith('W#')) this.wants.set(item.sk.slice(2), new Set(item.accounts ? String(item.accounts).split(' ') : []));
    }
  }

  public claims(account: string): boolean {
    return this.rowsOf(account).some(({ claim }) => claim !== 'none') || this.adding.has(account);
  }

  /** The resource that wants the account and whose last request was answered SUCCESS; none while its own request is being served. */
  public settledOthersWanting(account: string, event: CustomResourceRequest): string | undefined {
    const own = `${event.StackId}#${event.LogicalResourceId}`;
    return this.wantedBy(account).find((resource) => {
      const meta = this.items.find(({ pk, sk }) => pk === `R#${resource}` && sk === 'META');
      return resource !== own && meta?.state === 'answered' && meta.status === 'SUCCESS';
    });
  }

  public admittedAt(requestId: string): number | undefined {
    return this.items.find(({ sk, requestId: current }) => sk === 'META' && current === requestId)?.admittedAt as number | undefined;
  }

  public wantedBy(account: string): string[] {
    return [...this.wants].filter(([, accounts]) => accounts.has(account)).map(([resource]) => resource);
  }

  public wantsOf(resource: string): string[] {
    return [...this.wants.get(resource) ?? []];
  }

  public row(account: string, resource: string): Item | undefined {
    return this.rowsOf(account).find((item) => item.resource === resource);
  }

  /** What has been handed over is its taker's to end. */
  public claimedBy(resource: string): string[] {
    const rows = this.items.filter((item) => item.resource === resource && item.claim !== 'none' && item.handedOver !== true).map(({ account }) => String(account));
    const open = this.items.filter(({ sk }) => sk === `L#${resource}`).flatMap((item) => intents(item)).filter(({ op }) => op === 'add').flatMap(({ accounts }) => accounts);
    return [...new Set([...rows, ...open])];
  }

  public releasedBy(resource: string): string[] {
    return this.items.filter((item) => item.resource === resource && item.outcome === 'released').map(({ account }) => String(account));
  }

  /** The ledger says that the account could not be removed, and why. */
  public isNamed(account: string): boolean {
    return this.rowsOf(account).some(({ claim, outcome, reason }) => claim !== 'none' && (outcome === 'refused' || outcome === 'pending') && reason !== undefined);
  }

  public isReported(account: string): boolean {
    return this.rowsOf(account).some(({ outcome }) => ['refused', 'pending', 'skipped'].includes(String(outcome)));
  }

  public isReleased(account: string): boolean {
    return this.rowsOf(account).every(({ claim, handedOver }) => claim === 'none' && handedOver === undefined) && this.rowsOf(account).some(({ outcome }) => outcome === 'released' || outcome === 'already-member');
  }

  private rowsOf(account: string): Item[] {
    return this.byAccount.get(account) ?? [];
  }
}

/** How the callers of a stack's functions show. */
function rolesOf(stack: Stack | undefined): string[] {
  const resources = [...stack?.resources.values() ?? [], ...stack?.gone.values() ?? []];
  return resources.filter(({ type }) => type === 'AWS::IAM::Role').map(({ physicalId }) => `assumed-role/${physicalId}/`);
}

/** What was sent for a request; a test may send another event with the same address. */
function answersTo({ request, answers }: RequestRecord): RequestRecord['answers'] {
  return answers.filter(({ body }) => JSON.parse(body).RequestId === request.RequestId);
}

function intents(item: Item): { op: string; accounts: string[] }[] {
  if (!item.sk.startsWith('L#')) return [];
  return ((item.intents ?? []) as unknown as { op: string; accounts: string }[]).map(({ op, accounts }) => ({ op, accounts: accounts.split(' ') }));
}

/** The accounts that properties ask for, the administrator itself aside; read without the product's parser. */
function targets(properties: Readonly<Record<string, unknown>> | undefined): string[] {
  const words = [properties?.Accounts, properties?.OutsideAccounts].flatMap((list) => (Array.isArray(list) ? list : list === undefined ? [] : [list])).flatMap((text) => String(text).split(/[\s,]+/));
  const ids = words.flatMap((word) => (/^\d{13,}$/.test(word) && word.length % 12 === 0 ? word.match(/\d{12}/g)! : [word.split('=')[0]]));
  return ids.filter((id) => ACCOUNT_ID.test(id) && id !== SECURITY_ACCOUNT);
}

export function accountsOf({ input }: Call): string[] {
  return input.AccountIds ?? (input.AccountDetails ?? []).map(({ AccountId }: { AccountId: string }) => AccountId);
}

