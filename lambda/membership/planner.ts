/**
 * What to do with each account: a pure function of what is wanted, what is live, and what the ledger says. It knows no AWS.
 *
 * Wanted accounts, by live state (columns: what the ledger claims):
 *
 * | live       | not claimed                                                  | claimed                   |
 * |------------|--------------------------------------------------------------|---------------------------|
 * | goal       | keep, unclaimed (`takeOver`: claim)                          | keep (taken over, and no longer to be: let go) |
 * | settling   | wait for it                                                  | wait for it               |
 * | absent     | join                                                         | join again                |
 * | started    | join                                                         | join                      |
 * | suspended  | skip                                                         | skip                      |
 * | ineligible | refuse with the cure, without a call                         | the same; the claim stays |
 * | unknown    | refuse, without a call                                       | refuse, without a call    |
 *
 * Where we have removed an account so recently that a read may still show it (goal without a proven claim, settling): join.
 *
 * Accounts that are not wanted any more:
 *
 * | situation                                     | action                                             |
 * |-----------------------------------------------|----------------------------------------------------|
 * | not claimed                                   | nothing, ever                                      |
 * | another resource wants it                     | hand the claim over                                |
 * | taken over, and `leave` or being undone       | let go                                             |
 * | `dropped: release`, neither undone nor open   | let go                                             |
 * | an add had no answer                          | wait until it cannot land any more, look, decide   |
 * | otherwise                                     | leave, within the removal limit                    |
 */
import type { Live } from './service';

/** What the ledger says of an account: nothing, that our add was accepted (or presumed), or that it was a member before and taken over. */
export type Claim = 'none' | 'ours' | 'takenOver';

export interface Cell {
  readonly account: string;
  readonly wanted: boolean;
  /** Another resource of this ledger wants it. */
  readonly wantedByOthers: boolean;
  readonly claim: Claim;
  /** An add of ours has had no answer and may still land. */
  readonly mayLand: boolean;
  /** Our only claim is an add without an answer. */
  readonly presumed: boolean;
  /** What the last read shows; absent where none was needed. */
  readonly live?: Live;
  /** We removed it so recently that a read may still show it. */
  readonly justLeft: boolean;
  /** The claim was made in the request before this one, which failed or is rolled back: what ends it undoes rather than drops. */
  readonly undone: boolean;
}

export interface PlanOptions {
  readonly existingMembers: 'leave' | 'takeOver';
  readonly dropped: 'remove' | 'release';
  /** Most removals, or Infinity. */
  readonly removalLimit: number;
  /** Accounts that are never members, with the reason. */
  readonly excluded: ReadonlyMap<string, string>;
}

export type Decision =
  | { readonly action: 'join'; readonly steps: readonly string[] }
  | { readonly action: 'await' }
  | { readonly action: 'keep' }
  | { readonly action: 'takeOver' }
  | { readonly action: 'skip'; readonly reason: string }
  | { readonly action: 'refuse'; readonly reason: string }
  | { readonly action: 'leave' }
  | { readonly action: 'handOver' }
  | { readonly action: 'letGo' }
  | { readonly action: 'resolve' }
  | { readonly action: 'none' };

export interface Plan {
  readonly decisions: ReadonlyMap<string, Decision>;
  /** Set when more accounts would leave than the limit allows: then none does. */
  readonly overLimit?: { readonly leaving: number; readonly limit: number };
}

export function decide(cell: Cell, options: PlanOptions): Decision {
  return cell.wanted ? decideWanted(cell, options) : decideUnwanted(cell, options);
}

function decideWanted(cell: Cell, options: PlanOptions): Decision {
  const excluded = options.excluded.get(cell.account);
  if (excluded !== undefined) return { action: 'skip', reason: excluded };
  const live = cell.live;
  if (live === undefined) throw new Error(`no live state was read for wanted account ${cell.account}`);
  switch (live.kind) {
    case 'goal':
      if (cell.justLeft && (cell.claim === 'none' || cell.presumed)) return { action: 'join', steps: live.steps };
      if (cell.claim === 'none' && options.existingMembers === 'takeOver') return { action: 'takeOver' };
      if (cell.claim === 'takenOver' && options.existingMembers === 'leave') return { action: 'letGo' };
      return { action: 'keep' };
    case 'settling':
      return cell.justLeft ? { action: 'join', steps: live.steps } : { action: 'await' };
    case 'absent':
    case 'started':
      return { action: 'join', steps: live.steps };
    case 'suspended':
      return { action: 'skip', reason: `suspended: AWS reports member status '${live.status}'` };
    case 'ineligible':
      return { action: 'refuse', reason: live.cure ?? `AWS reports '${live.status}'` };
    case 'unknown':
      return {
        action: 'refuse',
        reason: `AWS reports member status '${live.status}', which this release does not know`,
      };
  }
}

function decideUnwanted(cell: Cell, options: PlanOptions): Decision {
  if (cell.claim === 'none') return { action: 'none' };
  if (cell.wantedByOthers) return { action: 'handOver' };
  if (cell.claim === 'takenOver' && (options.existingMembers === 'leave' || cell.undone)) return { action: 'letGo' };
  // an add without an answer belongs to a request that has never ended: it is undone, and claimed until it cannot land any more (G6)
  if (options.dropped === 'release' && !cell.undone && !cell.presumed) return { action: 'letGo' };
  return { action: cell.mayLand || cell.presumed ? 'resolve' : 'leave' };
}

/** Decides for every account, then holds all removals back if they are more than the limit. */
export function plan(cells: readonly Cell[], options: PlanOptions): Plan {
  const decisions = new Map(cells.map((cell) => [cell.account, decide(cell, options)]));
  const leaving = cells.filter((cell) => {
    const action = decisions.get(cell.account)!.action;
    return (action === 'leave' || action === 'resolve') && !cell.undone;
  }).length;
  if (leaving <= options.removalLimit) return { decisions };
  for (const [account, decision] of decisions) {
    if (decision.action === 'leave' || decision.action === 'resolve') decisions.set(account, { action: 'none' });
  }
  return { decisions, overLimit: { leaving, limit: options.removalLimit } };
}
