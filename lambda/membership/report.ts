/**
 * What CloudFormation, and through it the person on call, is told about a run.
 */
import { chunks } from './calls';
import type { Report } from './engine';
import { LONGEST_REASON } from '../runtime/answer';
import type { Decision } from '../runtime/handler';
import type { Platform } from '../runtime/platform';
import { endingWith, listed, NAMED, WAYS_OUT } from '../runtime/reason';

export interface Telling {
  readonly type: 'Create' | 'Update' | 'Delete';
  readonly rollback: boolean;
  readonly wanted: number;
  readonly region: string;
  readonly ledgerTableName: string;
  readonly logGroupName: string;
}

/** An error with the accounts that were still to be done. */
type Unsettling = Error & { readonly unsettled?: readonly string[] };

/** Outcomes of which the person on call is told by name. */
const TOLD: ReadonlySet<string> = new Set(['refused', 'pending', 'skipped', 'staying']);
/** Ids on one log line: well below its limit of 256 KB. */
const LOGGED = 1000;
/** Groups of a reason, the largest first. */
const GROUPS = 3;

/** The command that prints who is in which state, for which resource, since when and why; any AWS CLI of version 2 runs it. */
export function ledgerCommand(tableName: string): string {
  const columns = ['account', 'claim', 'outcome', 'logicalId', 'since', 'reason'].map((column) => `${column}.S`).join();
  return `aws dynamodb scan --table-name ${tableName} --query 'Items[?account].[${columns}]' --output text`;
}

/** Tells, with an error that has ended a run early, of which accounts it leaves open what becomes of them; the log has them all (W16). */
export function leavingOpen(platform: Platform, error: Unsettling, tableName: string): Unsettling {
  const { unsettled = [] } = error;
  if (unsettled.length === 0) return error;
  for (const accounts of chunks(unsettled, LOGGED)) platform.log('warn', 'accounts', { outcome: 'not settled', accounts });
  const rest = unsettled.length > NAMED ? `; what is on record: ${ledgerCommand(tableName)}` : '';
  return Object.assign(error, { leaves: `not settled: ${listed(unsettled)}${rest}` });
}

export function decisionOf(report: Report, telling: Telling): Decision {
  const { accounts, residue, overLimit } = report;
  const short = [...accounts.keys()].filter((account) => {
    const { outcome } = accounts.get(account)!;
    return (outcome === 'refused' || outcome === 'pending') && !residue.has(account);
  });
  const sentences: string[] = [];
  if (short.length > 0) {
    sentences.push(
      `${short.length} of ${numbered(telling.wanted)} could not be made members in ${telling.region}: ${groups(report, short)}`,
    );
  }
  if (overLimit !== undefined) {
    sentences.push(
      `${numbered(overLimit.leaving)} would be removed, but removalLimit allows ${overLimit.limit}: ` +
        'nothing was removed; raise removalLimit to let this through',
    );
  }
  if (residue.size > 0) {
    sentences.push(
      `${numbered(residue.size)} could not be removed in ${telling.region}: ${groups(report, [...residue])}`,
    );
  }
  if (report.staying.size > 0) {
    sentences.push(
      `${numbered(report.staying.size)} ${report.staying.size === 1 ? 'stays a member' : 'stay members'} in ${telling.region}: ${groups(report, [...report.staying])}`,
    );
  }
  sentences.push(...skipped(report));

  const failed = fails(report, telling);
  const out = failed && telling.type === 'Delete' ? [WAYS_OUT] : [];
  const text = sentences.join('; ');
  const cut = isCut(report) || Buffer.byteLength([text, ...out].join('; ')) > LONGEST_REASON;
  const rest = [
    `all of them: ${ledgerCommand(telling.ledgerTableName)}`,
    // a first deployment that is rolled back takes its ledger along, but never its log (docs/adr/0015)
    ...(failed && telling.type === 'Create' ? [`or in log group '${telling.logGroupName}'`] : []),
  ];
  const reason = endingWith(text, ...(cut ? rest : []), ...out);
  return { status: failed ? 'FAILED' : 'SUCCESS', reason: reason === '' ? undefined : reason };
}

/** Writes every account that fell short to the log, whole: the reason is short, and the ledger may go with its stack (W16). */
export function logShortfall(platform: Platform, report: Report): void {
  const groupsByReason = new Map<string, { outcome: string; reason?: string; accounts: string[] }>();
  for (const [account, { outcome, reason }] of report.accounts) {
    if (!TOLD.has(outcome)) continue;
    const key = `${outcome} ${reason}`;
    const group = groupsByReason.get(key) ?? { outcome, reason, accounts: [] };
    group.accounts.push(account);
    groupsByReason.set(key, group);
  }
  for (const { accounts, ...group } of groupsByReason.values()) {
    for (const part of chunks(accounts, LOGGED)) platform.log('warn', 'accounts', { ...group, accounts: part });
  }
}

/** Whether the reason leaves accounts out. */
function isCut({ accounts }: Report): boolean {
  const counts = new Map<string, number>();
  for (const { outcome, reason } of accounts.values()) {
    if (!TOLD.has(outcome)) continue;
    counts.set(`${outcome} ${reason}`, (counts.get(`${outcome} ${reason}`) ?? 0) + 1);
  }
  return counts.size > GROUPS || [...counts.values()].some((count) => count > NAMED);
}

/** A rollback never fails; what an Update could not remove is named, but only a Delete fails for it. */
function fails({ shortfall }: Report, { rollback, type }: Telling): boolean {
  if (shortfall === undefined || rollback) return false;
  return shortfall !== 'residue' || type === 'Delete';
}

/** `reason: account, account and n more`, the commonest reason first. */
function groups(report: Report, accounts: readonly string[]): string {
  const byReason = new Map<string, string[]>();
  for (const account of accounts) {
    const reason = report.accounts.get(account)?.reason ?? 'no reason is known';
    byReason.set(reason, [...(byReason.get(reason) ?? []), account]);
  }
  const sorted = [...byReason].sort(([, a], [, b]) => b.length - a.length);
  const told = sorted.slice(0, GROUPS).map(([reason, of]) => `${listed(of)} (${reason})`);
  return [...told, ...(sorted.length > GROUPS ? [`and ${sorted.length - GROUPS} more reasons`] : [])].join(', ');
}

function skipped(report: Report): string[] {
  const accounts = [...report.accounts].filter(([, { outcome }]) => outcome === 'skipped').map(([account]) => account);
  return accounts.length === 0 ? [] : [`skipped: ${groups(report, accounts)}`];
}

function numbered(count: number): string {
  return `${count} account${count === 1 ? '' : 's'}`;
}
