/**
 * What the demo prints.
 */
import { type Account, hubCalls, LABELS, stackStatus, type Standing, STANDINGS } from './census';
import { broken, type Conclusion } from './promise';
import type { Scene } from './scenes';
import { bold, cyan, dim, green, red, rule, wrapped, yellow } from './terminal';
import type { Played } from './verify';
import type { CdkRun } from '../../../test/local-aws/cdk';
import type { LocalAws } from '../../../test/local-aws/local-aws';

type Accounts = ReadonlyMap<string, Account>;

const PAINTS: Partial<Record<Standing, (text: string) => string>> = {
  added: green, before: cyan, skipped: yellow, refused: red,
};
/** Columns before the counts. */
const LABEL = 36;

export function introduce(local: LocalAws, speed: number): void {
  const { accounts, organizations: [organization] } = local.world;
  const count = [...accounts.values()].filter(({ organizationId }) => organizationId === organization.id).length;
  console.log(`\n${bold('cdk-org-membership: a landing zone, deployed with the unmodified CDK CLI')}\n`);
  console.log(wrapped(`An AWS with an organization of ${count} accounts runs on this machine (${local.url}); nothing leaves it. The Lambda `
    + `function is the one that is shipped, in a process of its own. Time passes ${speed} times as fast there. `
    + 'What you see after each step is what that AWS says of itself.', 0));
}

export function announce(number: number, { title, why, deploy }: Scene): void {
  console.log(`\n${rule()}\n${bold(`${number}  ${title}`)}   ${dim(deploy === undefined ? '$ cdk destroy' : `$ cdk deploy -c step=${deploy}`)}`);
  console.log(`${wrapped(why, 3)}\n`);
}

export function tell(local: LocalAws, { scene, run, since, last, now }: Played): void {
  console.log(dim(`   ${'accounts'.padEnd(LABEL)}${'now'.padStart(5)}${'change'.padStart(9)}`));
  for (const standing of STANDINGS) {
    const [was, is] = [last, now].map((accounts) => of(accounts, standing).length);
    if (was > 0 || is > 0) console.log(`   ${row(standing, was, is, named(now, standing))}`);
  }
  for (const { id, name, why } of of(now, 'refused')) {
    if (last.get(id)?.standing !== 'refused') console.log(`\n${wrapped(`AWS refuses ${name}: "${why}"`, 3)}`);
  }

  const calls = hubCalls(local, since.call);
  const writes = calls.filter((call) => call.writes).map(({ operation }) => operation);
  const kinds = [...new Set(writes)].map((kind) => `${writes.filter((each) => each === kind).length} ${kind}`);
  const status = stackStatus(local);
  console.log([
    '',
    `   Security Hub   ${plural(calls.length, 'call')}, ${writes.length} of them to change something${kinds.length > 0 ? `: ${kinds.join(', ')}` : ''}`,
    ...(scene.kill ? ['   Lambda         killed in the middle, then delivered the event again'] : []),
    `   stack          ${status.includes('ROLLBACK') ? yellow(status) : green(status)} ${dim(`after ${run.seconds.toFixed(1)} s`)}`,
    ...failure(run),
  ].join('\n'));
}

export function complain(wrong: readonly string[], output: string): void {
  console.log(`\n${wrong.map((each) => red(`   ✗ ${each}`)).join('\n')}\n\n${output}`);
}

export function conclude(conclusion: Conclusion): void {
  const { steps, seconds } = conclusion;
  const complaints = broken(conclusion);
  console.log(`\n${rule()}`);
  console.log(complaints.length > 0 ? complaints.map((each) => red(bold(`✗ ${each}`))).join('\n') : [
    `${green('✓')} ${bold(`all ${steps} steps left exactly the right members`)}, in ${Math.round(seconds)} seconds`,
    '',
    '  the code   examples/landing-zone/security-hub-stack.ts',
    '  by hand    npm run local-aws -- examples/landing-zone/organization.json',
    '',
  ].join('\n'));
}

function row(standing: Standing, was: number, is: number, names: string): string {
  const change = is === was ? '' : `${is > was ? '+' : '−'}${Math.abs(is - was)}`;
  const paint = PAINTS[standing] ?? ((text: string) => text);
  return `${paint(LABELS[standing].padEnd(LABEL))}${bold(String(is).padStart(5))}${change.padStart(9)}${names && `   ${dim(names)}`}`;
}

function of(accounts: Accounts, standing: Standing): Account[] {
  return [...accounts.values()].filter((account) => account.standing === standing);
}

/** A few names, where they tell something. */
function named(accounts: Accounts, standing: Standing): string {
  if (standing === 'added' || standing === 'removed' || standing === 'other') return '';
  const all = of(accounts, standing).map(({ name, why }) => standing === 'skipped' ? `${name} ${why}` : name);
  return all.slice(0, 3).join(', ') + (all.length > 3 ? ', …' : '');
}

function failure({ code, output }: CdkRun): string[] {
  const reason = /CREATE_FAILED\s*\|[^|]*\| (.*)/.exec(output)?.[1];
  return code === 0 || reason === undefined ? [] : [`   the CLI says   ${reason.trim()}`];
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
