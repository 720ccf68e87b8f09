/**
 * What the tests of the simulation share.
 */
import type { Life } from './driver';
import { accountsOf } from './invariants';
import { logicalId, sharedId, templateOf } from './templates';
import { memberAccounts, outsideAccount, SECURITY_ACCOUNT } from '../local-aws/organization-file';

/** The first n accounts of the organization. */
export const some = (n: number, from: number = 1): string[] => memberAccounts(n, from);

export const A = some(1)[0];
export const B = some(1, 2)[0];
export const C = some(1, 3)[0];
export const D = some(1, 4)[0];
/** Accounts outside the organization. */
export const X = outsideAccount(1);
export const Y = outsideAccount(2);

/** Nothing is breached, and delivering every event again changes nothing. */
export async function expectClean(life: Life): Promise<void> {
  expect(await life.breaches()).toEqual([]);
  const [mark, members] = [life.mark(), life.members()];
  await life.replay();
  expect(life.writesSince(mark)).toEqual([]);
  expect(life.members()).toEqual(members);
  expect(await life.breaches()).toEqual([]);
}

/** Only what has happened so far is checked; events are not delivered again. */
export async function expectNoBreach(life: Life): Promise<void> {
  expect(await life.breaches()).toEqual([]);
}

/** The accounts of each call of an operation, in order. */
export function sent(life: Life, operation: string, since: number = 0): string[][] {
  return life.calls(operation)
    .filter(({ index }) => index >= since)
    .map(({ call }) => accountsOf(call));
}

/** Requests sent to a handler so far, by type. */
export function types(life: Life): string[] {
  return life.requests.map(({ request }) => request.RequestType);
}

/** A nested stack with members of its own, which share function and ledger with those of the outermost stack. */
export function nestedStack(life: Life, ...accounts: string[]): object {
  life.aws.s3.createBucket('templates', SECURITY_ACCOUNT, 'us-east-1');
  const spec = { members: { Members: { accounts } } };
  life.watch.asked(spec);
  const { [logicalId('Members')]: members } = templateOf(spec).Resources as Record<string, any>;
  const body = JSON.stringify({
    Parameters: { Token: { Type: 'String' } },
    Resources: { Inner: { ...members, Properties: { ...members.Properties, ServiceToken: { Ref: 'Token' } } } },
  });
  const key = `${accounts.join('-')}.json`;
  life.aws.s3.putObject('templates', key, Buffer.from(body));
  return {
    Type: 'AWS::CloudFormation::Stack',
    Properties: {
      TemplateURL: `https://s3.us-east-1.amazonaws.com/templates/${key}`,
      Parameters: { Token: { 'Fn::GetAtt': [sharedId('AWS::Lambda::Function'), 'Arn'] } },
    },
  };
}
