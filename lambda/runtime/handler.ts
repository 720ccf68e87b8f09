/**
 * Serves one delivery of a custom-resource request: admit → work → record → answer.
 *
 * | what happens | what CloudFormation gets |
 * |---|---|
 * | the request was decided before | the recorded bytes, no call |
 * | a newer request has been served | FAILED, no call |
 * | another attempt is at work | this one waits; out of time, it throws and Lambda delivers again |
 * | the ledger is gone | Delete: SUCCESS, nothing removed; else FAILED with the cure |
 * | it is too late for CloudFormation | FAILED, no call |
 * | time runs out with work left | Lambda delivers again; the third attempt answers FAILED |
 * | anything else | what the resource decides, recorded before it is sent |
 *
 * Only this file and what it calls know the protocol: a resource returns a {@link Decision} or throws.
 */
import { createHash } from 'node:crypto';
import { type Answer, renderAnswer } from './answer';
import { cure, said, transient, withoutSecrets } from './errors';
import { type Properties, type Request, parseRequest, returnAddress } from './event';
import { TIE_MILLISECONDS } from './order';
import { type Platform, Redeliver } from './platform';
import { WAYS_OUT, endingWith } from './reason';
import { LeaseLost, type Lease, UnknownFormat, admit } from './request-log';
import { type Table, TableMissing } from './table';

/** What a resource decides. */
export interface Decision {
  readonly status: 'SUCCESS' | 'FAILED';
  readonly reason?: string;
}

export interface Work {
  readonly request: Request;
  readonly lease: Lease;
  /** An Update to one of the last two property sets that were answered SUCCESS. */
  readonly rollback: boolean;
  /** Wall-clock time after which nothing new is started. */
  readonly deadline: number;
}

export interface Resource {
  /** A pure function of stack id, logical id and the identity property, known before the first call. */
  physicalId(request: Request): string;
  /** Every attribute, known before the first call or empty. */
  attributes(): Readonly<Record<string, string>>;
  /**
   * Does the work. Throws an error named `OutOfTime` where the next delivery shall continue. An error may carry `leaves`: words about what it leaves
   * open, which no cut may take away.
   */
  serve(work: Work): Promise<Decision>;
}

/** Kept free at the end of an invocation for recording and sending the answer. */
const ANSWERING_MILLISECONDS = 20_000;
/** The same, before CloudFormation stops waiting. */
const AGE_MARGIN_MILLISECONDS = 30_000;
/** Lambda delivers an asynchronous event three times, about one and two minutes apart. */
const DELIVERIES = 3;
const REDELIVERY_MILLISECONDS = 180_000;
/** Waits between tries to send the answer. */
const PUT_WAITS = [250, 500, 1000, 2000, 4000];

export async function handle(
  event: unknown,
  remainingMilliseconds: number,
  platform: Platform,
  table: Table,
  resource: Resource,
): Promise<void> {
  const started = platform.now();
  const endsAt = started + remainingMilliseconds - ANSWERING_MILLISECONDS;
  let request: Request;
  try {
    request = parseRequest(event);
  } catch (error) {
    return answerMalformed(event, platform, resource, error as Error);
  }
  platform.log('info', 'request', {
    type: request.type,
    requestId: request.requestId,
    stackId: request.stackId,
    logicalId: request.logicalId,
    issued: request.issued === undefined ? 'unknown' : new Date(request.issued.at).toISOString(),
  });
  if (request.issued === undefined) {
    platform.log('warn', 'the response URL tells no time: requests are ordered by their kind alone');
  }

  for (;;) {
    try {
      return await serve(request, endsAt, platform, table, resource);
    } catch (error) {
      // overtaken: the next admission tells by whom, and what is to be answered
      if (!(error instanceof LeaseLost)) throw error;
      platform.log('info', 'lease lost', { requestId: request.requestId });
    }
  }
}

async function serve(
  request: Request,
  endsAt: number,
  platform: Platform,
  table: Table,
  resource: Resource,
): Promise<void> {
  const fingerprint = fingerprintOf(request.properties);
  const physicalId =
    request.type === 'Create' ? resource.physicalId(request) : (request.physicalId ?? resource.physicalId(request));
  const data = resource.attributes();
  const answerWith = (decision: Decision) => render(request, { ...decision, physicalId, data });

  let lease: Lease;
  try {
    const admission = await admit({ table, platform, request, fingerprint, physicalId, data, deadline: endsAt });
    if (admission.kind === 'answered') return await send(platform, request, admission.body);
    lease = admission.lease;
  } catch (error) {
    const decision = withoutLedger(request, table, error);
    if (decision === undefined) throw error;
    platform.log('error', 'no ledger', { error: said(error) });
    return send(platform, request, answerWith(decision));
  }

  const beating = lease.keepBeating();
  try {
    const issuedAt = request.issued?.kind === 'X-Amz-Date' ? request.issued.at : lease.admittedAt;
    const tooLate = issuedAt + request.serviceTimeoutSeconds * 1000 - AGE_MARGIN_MILLISECONDS;
    const decision =
      platform.now() >= tooLate
        ? late(request, platform.now() - issuedAt)
        : await decide(
          {
            request,
            lease,
            deadline: Math.min(endsAt, tooLate),
            rollback: request.type === 'Update' && lease.returnsTo(fingerprint),
            // asked when the attempt has ended: would the next delivery still be in time?
            last: () => lease.attempt >= DELIVERIES || platform.now() + REDELIVERY_MILLISECONDS > tooLate,
          },
          resource,
          table,
        );
    const body = answerWith(decision);
    await lease.record(body, {
      status: decision.status,
      fingerprint,
      deleted: request.type === 'Delete' && decision.status === 'SUCCESS',
    });
    platform.log(decision.status === 'SUCCESS' ? 'info' : 'error', 'decided', {
      requestId: request.requestId,
      status: decision.status,
      reason: decision.reason,
    });
    await send(platform, request, body);
  } finally {
    await release(lease, platform);
    await beating;
  }
}

async function decide(work: Work & { last(): boolean }, resource: Resource, table: Table): Promise<Decision> {
  try {
    return await resource.serve(work);
  } catch (error) {
    if (error instanceof LeaseLost || error instanceof Redeliver) throw error;
    const gone = withoutLedger(work.request, table, error);
    if (gone !== undefined) return gone;
    const {
      name,
      message,
      $metadata,
      leaves,
    } = (error ?? {}) as Partial<Error> & {
      readonly $metadata?: unknown;
      readonly leaves?: string;
    };
    const outOfTime = name === 'OutOfTime';
    // a rollback or a Delete that fails leaves a stuck stack: a passing fault is better met by the next delivery
    const worthIt = outOfTime || (transient(error) && (work.rollback || work.request.type === 'Delete'));
    if (worthIt && !work.last()) throw new Redeliver(said(error));
    const why = outOfTime
      ? `${message}: what is done is on record, and the next deployment continues`
      : `${said(error)}${$metadata === undefined ? '' : `; ${cure(error)}`}`;
    const ends = leaves === undefined ? [] : [leaves];
    if (work.rollback) {
      return { status: 'SUCCESS', reason: endingWith(`rolled back as far as possible: ${why}`, ...ends) };
    }
    return { status: 'FAILED', reason: endingWith(why, ...ends, ...(work.request.type === 'Delete' ? [WAYS_OUT] : [])) };
  }
}

function late({ type }: Request, milliseconds: number): Decision {
  const reason = `the request reached the handler ${Math.round(milliseconds / 1000)} s after it was issued, too late to do anything for it: deploy again`;
  return { status: 'FAILED', reason: type === 'Delete' ? endingWith(reason, WAYS_OUT) : reason };
}

/** What to answer when the ledger cannot be used: a late event of a dead stack must hurt nobody, and a stack must be deletable. */
function withoutLedger(request: Request, table: Table, error: unknown): Decision | undefined {
  if (error instanceof UnknownFormat) {
    return {
      status: 'FAILED',
      reason: request.type === 'Delete' ? endingWith(error.message, WAYS_OUT) : error.message,
    };
  }
  if (!(error instanceof TableMissing)) return undefined;
  const what = error.gone
    ? `the ledger table '${table.name}' is gone (${error.message})`
    : `the ledger table '${table.name}' cannot be read or written (${error.message})`;
  if (request.type === 'Delete') {
    return { status: 'SUCCESS', reason: `${what}: no member was removed, since none is known to be ours` };
  }
  const mend = error.gone
    ? 'restore it under its name from its point-in-time recovery, or remove all constructs that share it from the stack, deploy, and add them again'
    : "allow it to the handler's role, lift the policy that denies it, or enable its key, and deploy again";
  const lost = error.gone ? `, and if the table is lost, with --resources-to-skip ${request.logicalId}` : '';
  return {
    status: 'FAILED',
    reason: `${what}: ${mend}; a rollback that fails for the same goes on with 'aws cloudformation continue-update-rollback'${lost}`,
  };
}

async function answerMalformed(event: unknown, platform: Platform, resource: Resource, error: Error): Promise<void> {
  platform.log('error', 'malformed event', { reason: error.message });
  const address = returnAddress(event);
  if (address === undefined) throw error;
  const physicalId = address.PhysicalResourceId ?? `malformed-${address.LogicalResourceId}`;
  const body = renderAnswer(address, {
    status: 'FAILED',
    physicalId,
    reason: error.message,
    data: resource.attributes(),
  });
  await put(platform, address.ResponseURL, body, address.RequestId);
}

function render(request: Request, answer: Answer): string {
  const reason = answer.reason === undefined ? undefined : withoutSecrets(answer.reason);
  return renderAnswer(
    { StackId: request.stackId, RequestId: request.requestId, LogicalResourceId: request.logicalId },
    { ...answer, reason },
  );
}

/**
 * Sends a decided answer. A Delete's is held back until nothing that CloudFormation issues after it can seem to have been issued together with it:
 * a retry of a failed Create is a Delete and a Create within a second, and a Create never beats a Delete of its own moment (order.ts).
 */
async function send(platform: Platform, request: Request, body: string): Promise<void> {
  const issuedAt = request.issued?.kind === 'X-Amz-Date' ? request.issued.at : platform.now();
  // never longer than that, whatever the clocks say
  const wait = Math.min(issuedAt + TIE_MILLISECONDS + 1000 - platform.now(), TIE_MILLISECONDS + 1000);
  if (request.type === 'Delete' && wait > 0) await platform.sleep(wait);
  await put(platform, request.responseUrl, body, request.requestId);
}

/** Sends the answer; throws where it may not have arrived, so that the redelivered event sends the recorded bytes. */
async function put(platform: Platform, url: string, body: string, requestId: string): Promise<void> {
  let last = 'no answer';
  for (let attempt = 0; ; attempt++) {
    try {
      const status = await platform.put(url, body);
      if (status < 300) return platform.log('info', 'answered', { requestId, bytes: Buffer.byteLength(body) });
      // an expired or unknown URL: nobody listens any more
      if (status >= 400 && status < 500) {
        return platform.log('error', 'CloudFormation no longer takes the answer', { requestId, status });
      }
      last = `HTTP ${status}`;
    } catch (error) {
      last = (error as { code?: string }).code ?? (error as Error).name;
    }
    platform.log('warn', 'the answer was not taken', { requestId, attempt: attempt + 1, error: last });
    if (attempt >= PUT_WAITS.length) throw new Redeliver(`the answer could not be sent: ${last}`);
    await platform.sleep(Math.ceil(PUT_WAITS[attempt] * (0.5 + platform.random() / 2)));
  }
}

async function release(lease: Lease, platform: Platform): Promise<void> {
  try {
    await lease.release();
  } catch (error) {
    // it then runs out by itself; what was decided stands
    platform.log('warn', 'the lease could not be given back', { error: (error as Error).name });
  }
}

/** Tells property sets apart: what CloudFormation adds for itself is left out. */
export function fingerprintOf(properties: Properties): string {
  const { ServiceToken: _token, ServiceTimeout: _timeout, ...own } = properties;
  return createHash('sha256').update(canonical(own)).digest('hex').slice(0, 32);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    return `{${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
