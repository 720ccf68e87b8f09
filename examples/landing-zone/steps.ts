/**
 * The versions of the list, each as one pull request leaves it behind.
 */
import accounts from './accounts.json';
import type { SecurityHubStackProps } from './security-hub-stack';

/** The delegated administrator for Security Hub, and the Region whose findings it collects. */
export const ADMINISTRATOR = { accountId: '222222222222', region: 'us-east-1' };

type Step = Pick<SecurityHubStackProps, 'members' | 'partners' | 'broken'>;

const { security, infrastructure, production, test, sandbox, acquired, legacy, suspended } = accounts;

const partners = [{ accountId: '777777777701', email: 'partner-logistics@example.com' }];

/** Everything but the sandboxes. Some are members already, some are suspended, and one belongs to somebody else. */
const initial = [security, infrastructure, production, test, acquired, legacy, suspended].flatMap(ids);

const joining = [sandbox['sandbox-01'], sandbox['sandbox-02'], sandbox['sandbox-03']];
const leaving = [test['booking-test'], test['routing-test']];
const changed = [...initial.filter((account) => !leaving.includes(account)), ...joining];

const platform = [security, infrastructure].flatMap(ids);
const workloads = changed.filter((account) => !platform.includes(account));

const STEPS: { readonly [name: string]: Step } = {
  /** The first deployment. */
  initial: { members: { Members: initial }, partners },

  /** Three accounts join, two leave. */
  changed: { members: { Members: changed }, partners },

  /** The construct gets another name, and the list is split in two. Nobody joins or leaves. */
  split: { members: { Platform: platform, Workloads: workloads }, partners },

  /** All sandboxes join, but something else in the stack fails. */
  broken: { members: { Platform: platform, Workloads: withSandboxes() }, partners, broken: true },

  /** All sandboxes join. */
  sandboxes: { members: { Platform: platform, Workloads: withSandboxes() }, partners },
};

export function step(name: string): Step {
  if (!(name in STEPS)) throw new Error(`there is no step ${JSON.stringify(name)}: take one of ${Object.keys(STEPS).join(', ')}`);
  return STEPS[name];
}

function ids(group: { readonly [name: string]: string }): string[] {
  return Object.values(group);
}

/** The sandboxes that are members already are given twice, which makes no difference. */
function withSandboxes(): string[] {
  return [...workloads, ...ids(sandbox)];
}
