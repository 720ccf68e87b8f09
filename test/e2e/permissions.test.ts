/**
 * The role that the construct synthesizes, judged by what its handler really calls: nothing is missing from it, and nothing is idle in it.
 */
import { memberAccount, memberAccounts, organizationOf, outsideAccount, SECURITY_ACCOUNT } from '../local-aws/organization-file';
import { Life, REGION } from '../simulation/driver';
import { templateOf } from '../simulation/templates';

/** Refused by Security Hub; only Organizations tells that it is about to be closed. */
const CLOSING = memberAccount(3);
const OUTSIDE = outsideAccount(1);
const ORGANIZATION = organizationOf({
  accounts: 6,
  outside: 1,
  states: { [CLOSING]: 'PENDING_CLOSURE' },
  refusals: [{ accountId: CLOSING, processingResult: 'no' }],
});

const FIRST = { accounts: memberAccounts(3), outside: [OUTSIDE] };
const SECOND = { accounts: memberAccounts(2, 2), outside: [] };

/** A life that needs every permission, and what a person sees of it. */
async function live(forbidden?: string): Promise<{ life: Life; seen: unknown[] }> {
  const life = new Life({ organization: ORGANIZATION, ledger: 'dynamodb' });
  if (forbidden !== undefined) {
    life.aws.iam.setServiceControlPolicies(SECURITY_ACCOUNT, [
      { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }, { Effect: 'Deny', Action: forbidden, Resource: '*' }] },
    ]);
  }
  const seen: unknown[] = [];
  const look = (status: string) => {
    // what ListMembers shows, records of former members among it
    const records = [...life.securityHub.members(SECURITY_ACCOUNT, REGION).values()];
    const members = records.map(({ accountId, status: member }) => [accountId, member]);
    seen.push({ status, members, reason: withoutIds(life.lastAnswer().Reason) });
  };
  look(await life.deploy({ members: { Members: FIRST } }));
  look(await life.deploy({ members: { Members: SECOND } }));
  life.securityHub.disableHub(REGION, SECURITY_ACCOUNT);
  look(await life.deploy({ members: { Members: { ...SECOND, revision: 'no hub' } } }));
  life.securityHub.enableHub(REGION, SECURITY_ACCOUNT);
  look(await life.destroy());
  return { life, seen };
}

/** Request ids differ from life to life. */
function withoutIds(reason: string | undefined): string | undefined {
  return reason?.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>');
}

function actions(): string[] {
  const { Resources } = templateOf({ members: { Members: FIRST } }) as any;
  return Object.values<any>(Resources).filter(({ Type }) => Type === 'AWS::IAM::Role')
    .flatMap(({ Properties }) => Properties.Policies)
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .flatMap(({ Action }) => Action);
}

let unrestricted: unknown[];

beforeAll(async () => {
  unrestricted = (await live()).seen;
});

test('I1: the role allows every call', async () => {
  const { life, seen } = await live();

  const denied = life.aws.journal.entries.filter(({ answer }) => answer?.error?.code.includes('AccessDenied'));
  expect(denied.map(({ call }) => `${call.service}:${call.operation}`)).toEqual([]);
  expect(seen).toMatchObject([
    { status: 'CREATE_COMPLETE' }, { status: 'UPDATE_COMPLETE' }, { status: 'UPDATE_ROLLBACK_COMPLETE' }, { status: 'DELETE_COMPLETE' },
  ]);
  // two lives with the same permissions look the same, so a difference below comes from the permission
  expect(seen).toEqual(unrestricted);
});

// Lambda itself writes the log with the function's role, and no call of the handler's shows it
const CALLED = actions().filter((action) => !action.startsWith('logs:'));

test.each(CALLED)('I2: without %s something goes wrong that a person sees', async (action) => {
  const { seen } = await live(action);

  expect(seen).not.toEqual(unrestricted);
});

test('the role allows nothing beyond what is tried here', () => {
  expect(actions().map((action) => action.split(':')[0]).sort()).toEqual([
    ...Array(3).fill('dynamodb'), ...Array(2).fill('logs'), 'organizations', ...Array(7).fill('securityhub'),
  ]);
});
