/**
 * Sends one step for many accounts: announced in the ledger, in waves of a few calls, each chunk tried whatever became of the others.
 *
 * A call is announced before it is made and cannot start after its window; an answer that is missing stays announced. What AWS said
 * is the result, account by account; whether it is true, a later read decides.
 */
import type { Intent, Ledger } from './ledger';
import { type MembershipService, Stop } from './service';
import { answering, cure, refusedForSure, said } from '../runtime/errors';
import { OutOfTime, type Platform, within } from '../runtime/platform';
import { backoff } from '../runtime/retry';

export interface World {
  readonly platform: Platform;
  readonly ledger: Ledger;
  readonly service: MembershipService;
  readonly requestId: string;
  /** Wall-clock time after which nothing new is started. */
  readonly deadline: number;
}

/** What AWS said of one account. */
export type Result =
  | ({ readonly kind: 'accepted' } & Partial<Objection>)
  /** Seen to be gone while removing. */
  | { readonly kind: 'gone' }
  /** Named in an answer as not processed, or refused together with its call. */
  | ({ readonly kind: 'refused' } & Objection)
  /** No answer came: the call may have had its effect, or may yet have it. */
  | ({ readonly kind: 'unanswered' } & Objection);

export interface Objection {
  /** What AWS said. */
  readonly reason: string;
  /** What to do, as far as what AWS said tells. */
  readonly cure?: string;
}

/** The words of an objection, with the cure of a closer look in place of the general one. */
export function objection({ reason, cure: general }: Objection, found: string | undefined = general): string {
  return found === undefined ? reason : `${reason}; ${found}`;
}

export interface Sending {
  readonly op: Intent['op'];
  readonly step: string;
  readonly accounts: readonly string[];
  /** Called after the announcement and before the call: answers the accounts to leave out. */
  readonly spare?: (accounts: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Called with what AWS accepted before the announcement is taken back. */
  readonly accepted?: (accounts: readonly string[]) => Promise<void>;
}

/** From the announcement of a call to the closing of its socket. */
export const CALL_MILLISECONDS = 20_000;
/** Calls under way at once: well within the documented burst of 30, with room for other resources. */
const CALLS_AT_ONCE = 8;
/** Without any success for this long, an error that is worth a retry counts as a refusal. */
const PATIENCE_MILLISECONDS = 180_000;

interface Chunk {
  readonly accounts: readonly string[];
  readonly attempt: number;
  readonly notBefore: number;
  /** A read has already taken out the accounts that were gone. */
  readonly looked?: boolean;
}

/** What one call led to: results, and chunks to send again. */
interface Verdict {
  readonly results?: ReadonlyMap<string, Result>;
  readonly again?: readonly Chunk[];
  /** AWS said something else than "later". */
  readonly progress: boolean;
}

export async function sendAll(world: World, sending: Sending): Promise<Map<string, Result>> {
  const { platform, ledger, service, deadline } = world;
  const results = new Map<string, Result>();
  let waiting: Chunk[] = chunks(sending.accounts, service.accountsPerCall).map((accounts) => ({
    accounts,
    attempt: 1,
    notBefore: 0,
  }));
  let lastProgress = platform.monotonic();

  while (waiting.length > 0) {
    const now = platform.monotonic();
    const ready = waiting.filter((chunk) => chunk.notBefore <= now).slice(0, CALLS_AT_ONCE);
    if (ready.length === 0) {
      await pause(world, Math.min(...waiting.map((chunk) => chunk.notBefore)) - now);
      continue;
    }
    if (platform.now() + CALL_MILLISECONDS > deadline) {
      throw new OutOfTime(`time ran out before ${sending.step} was called for ${remaining(waiting)} accounts`);
    }
    waiting = waiting.filter((chunk) => !ready.includes(chunk));

    const closes = platform.monotonic() + CALL_MILLISECONDS;
    const until = platform.now() + CALL_MILLISECONDS;
    const intents = ready.map(({ accounts }): Intent => ({
      op: sending.op,
      accounts,
      requestId: world.requestId,
      until,
    }));
    await ledger.announce(intents);
    const spared =
      sending.spare === undefined ? new Set<string>() : await sending.spare(ready.flatMap((chunk) => chunk.accounts));

    const patient = platform.monotonic() - lastProgress < PATIENCE_MILLISECONDS;
    const settled = await Promise.allSettled(
      ready.map(async (chunk, index): Promise<Verdict> => {
        const accounts = chunk.accounts.filter((account) => !spared.has(account));
        return accounts.length === 0
          ? { results: new Map(), progress: true }
          : callOnce(world, sending, { ...chunk, accounts }, intents[index], closes, patient);
      }),
    );
    const verdicts = settled.flatMap((verdict) => (verdict.status === 'fulfilled' ? [verdict.value] : []));
    for (const verdict of verdicts) {
      for (const [account, result] of verdict.results ?? []) results.set(account, result);
      waiting.push(...(verdict.again ?? []));
      if (verdict.progress) lastProgress = platform.monotonic();
    }
    const accepted = verdicts.flatMap((verdict) =>
      [...(verdict.results ?? [])].filter(([, result]) => result.kind === 'accepted').map(([account]) => account),
    );
    // a removal stays announced until it has been seen: meanwhile nobody else may trust a read that still shows the member
    if (accepted.length > 0 && sending.op === 'remove') {
      ledger.leaveOpen({ op: 'remove', accounts: accepted, requestId: world.requestId, until });
    }
    try {
      if (accepted.length > 0) await sending.accepted?.(accepted);
    } catch (error) {
      // not written down: the announcement stays, and with it the claim
      ledger.leaveOpen({ op: sending.op, accounts: accepted, requestId: world.requestId, until });
      throw error;
    }
    // a call that stops the run does so after every other call has been awaited and written down
    const stopped = settled.find((verdict) => verdict.status === 'rejected');
    if (stopped !== undefined) throw (stopped as PromiseRejectedResult).reason;
  }
  return results;
}

async function callOnce(
  world: World,
  { op, step }: Sending,
  chunk: Chunk,
  intent: Intent,
  closes: number,
  patient: boolean,
): Promise<Verdict> {
  const { platform, ledger, service } = world;
  const left = closes - platform.monotonic();
  // the window has closed while the announcement was written (a pause, a slow ledger): the call is not made under it
  if (left <= 0) return { again: [{ ...chunk, notBefore: platform.monotonic() }], progress: false };
  try {
    const { unprocessed } = await within(platform, left, step, (signal) => service.call(step, chunk.accounts, signal));
    const results = new Map(chunk.accounts.map((account) => [account, resultOf(op, step, unprocessed.get(account))]));
    return { results, progress: true };
  } catch (caught) {
    const error = answering(step, caught);
    const sure = refusedForSure(error);
    platform.log(sure ? 'info' : 'warn', 'call failed', {
      step,
      accounts: chunk.accounts.length,
      error: said(error),
      answered: sure,
    });
    if (!sure) ledger.leaveOpen({ ...intent, accounts: chunk.accounts });
    return judged(world, { op, step, error, chunk, sure, patient });
  }
}

async function judged(
  world: World,
  {
    op,
    step,
    error,
    chunk,
    sure,
    patient,
  }: { op: Intent['op']; step: string; error: unknown; chunk: Chunk; sure: boolean; patient: boolean },
): Promise<Verdict> {
  const { platform, service } = world;
  const all = (result: Result, progress: boolean) => ({
    results: new Map(chunk.accounts.map((account) => [account, result])),
    progress,
  });
  // a removal without an answer is decided by a read, later: calling again could remove what somebody else has just added
  if (!sure && op === 'remove') return all({ kind: 'unanswered', reason: said(error) }, false);
  const failure = await service.judge(error, {
    step,
    attempt: chunk.attempt,
    accounts: chunk.accounts.length,
    looked: chunk.looked === true,
  });
  if (failure === 'retry' && patient) {
    const notBefore = platform.monotonic() + backoff(chunk.attempt, platform.random());
    return { again: [{ ...chunk, attempt: chunk.attempt + 1, notBefore }], progress: false };
  }
  if (failure === 'stop') throw new Stop(await service.explain(error));
  // none of them is gone, and still the call fails: one of those that are there spoils it
  const splits = failure === 'split' || (failure === 'look' && chunk.looked === true);
  if (splits && chunk.accounts.length > 1) {
    return {
      again: chunks(chunk.accounts, Math.ceil(chunk.accounts.length / 2)).map((accounts) => ({ ...chunk, accounts })),
      progress: true,
    };
  }
  if (failure === 'look' && !chunk.looked) {
    const live = await service.observe(chunk.accounts, 'leave');
    const there = chunk.accounts.filter((account) => live.get(account)!.kind !== 'absent');
    const gone = new Map<string, Result>(
      chunk.accounts.filter((account) => !there.includes(account)).map((account) => [account, { kind: 'gone' }]),
    );
    return there.length === 0
      ? { results: gone, progress: true }
      : { results: gone, again: [{ ...chunk, accounts: there, looked: true }], progress: true };
  }
  const what = typeof failure === 'object' ? failure.refuse : cure(error);
  return all({ kind: sure ? 'refused' : 'unanswered', reason: said(error), cure: what }, failure !== 'retry');
}

function resultOf(op: Sending['op'], step: string, words: string | undefined): Result {
  if (words === undefined) return { kind: 'accepted' };
  return {
    kind: 'refused',
    // an entry without words is a refusal all the same (R01)
    reason: `${step}: ${words === '' ? 'AWS did not process the account and gave no reason' : words}`,
    cure: op === 'remove' ? 'correct the cause and deploy again' : 'correct the cause, or allow for it with failureTolerance',
  };
}

/** Waits, unless that would outlast the attempt. */
export async function pause(
  { platform, deadline }: Pick<World, 'platform' | 'deadline'>,
  milliseconds: number,
): Promise<void> {
  if (milliseconds <= 0) return;
  if (platform.now() + milliseconds > deadline) throw new OutOfTime('time ran out while waiting for AWS');
  await platform.sleep(milliseconds);
}

export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function remaining(waiting: readonly Chunk[]): number {
  return waiting.reduce((sum, chunk) => sum + chunk.accounts.length, 0);
}
