/**
 * What CloudFormation, and through it the person on call, is told about a run.
 */
import type { Report } from './engine';
import { type Decision, WAYS_OUT } from '../runtime/handler';

export interface Telling {
  readonly type: 'Create' | 'Update' | 'Delete';
  readonly rollback: boolean;
  readonly wanted: number;
  readonly region: string;
  readonly ledgerTableName: string;
}

/** Accounts of each group that are named in a reason; the rest stands in the ledger. */
const NAMED = 5;
/** Groups of a reason, the largest first. */
const GROUPS = 3;

/** The command that prints who is in which state, since when and why; it works with any AWS CLI of version 2. */
export function ledgerCommand(tableName: string): string {
  return `aws dynamodb scan --table-name ${tableName} --query 'Items[?account].[account.S,claim.S,outcome.S,since.S,reason.S]' --output text`;
}

export function decisionOf(report: Report, telling: Telling): Decision {
  const short = [...report.accounts].filter(
    ([account, { outcome }]) => (outcome === 'refused' || outcome === 'pending') && !report.residue.has(account),
  );
  const sentences = [
    ...(short.length === 0
      ? []
      : [
        `${short.length} of ${telling.wanted} accounts could not be made members in ${telling.region}: ${groups(
          report,
          short.map(([account]) => account),
        )}`,
      ]),
    ...(report.overLimit === undefined
      ? []
      : [
        `${report.overLimit.leaving} accounts would be removed, but removalLimit allows ${report.overLimit.limit}: nothing was removed; raise removalLimit to let this through`,
      ]),
    ...(report.residue.size === 0
      ? []
      : [
        `${report.residue.size} accounts could not be removed in ${telling.region}: ${groups(report, [...report.residue])}`,
      ]),
    ...skipped(report),
  ];
  const cut =
    short.length + report.residue.size > NAMED ? [`all of them: ${ledgerCommand(telling.ledgerTableName)}`] : [];
  const text = [...sentences, ...cut].join('; ');
  const failed =
    report.shortfall !== undefined &&
    !telling.rollback &&
    !(report.shortfall === 'residue' && telling.type !== 'Delete');
  if (!failed) return { status: 'SUCCESS', reason: text === '' ? undefined : text };
  return { status: 'FAILED', reason: telling.type === 'Delete' ? `${WAYS_OUT}. ${text}` : text };
}

/** `reason: account, account and n more`, the commonest reason first. */
function groups(report: Report, accounts: readonly string[]): string {
  const byReason = new Map<string, string[]>();
  for (const account of accounts) {
    const reason = report.accounts.get(account)?.reason ?? 'no reason is known';
    byReason.set(reason, [...(byReason.get(reason) ?? []), account]);
  }
  const sorted = [...byReason].sort(([, a], [, b]) => b.length - a.length);
  const told = sorted.slice(0, GROUPS).map(([reason, of]) => `${list(of)} (${reason})`);
  return [...told, ...(sorted.length > GROUPS ? [`and ${sorted.length - GROUPS} more reasons`] : [])].join(', ');
}

function skipped(report: Report): string[] {
  const accounts = [...report.accounts].filter(([, { outcome }]) => outcome === 'skipped').map(([account]) => account);
  return accounts.length === 0 ? [] : [`skipped: ${groups(report, accounts)}`];
}

function list(accounts: readonly string[]): string {
  return accounts.length <= NAMED
    ? accounts.join(', ')
    : `${accounts.slice(0, NAMED).join(', ')} and ${accounts.length - NAMED} more`;
}
