/**
 * The demo's own judge: whatever does not stand as it has to, it complains of. Nothing is deployed here; the records are made up.
 */
import { join } from 'node:path';
import type { Account, Standing } from '../../examples/landing-zone/demo/census';
import { broken, limitOf } from '../../examples/landing-zone/demo/promise';
import { expected, type Scene, SCENES, wantedBy } from '../../examples/landing-zone/demo/scenes';
import { type Played, Verifier } from '../../examples/landing-zone/demo/verify';
import { ADMINISTRATOR } from '../../examples/landing-zone/steps';
import type { LocalAws } from '../local-aws/local-aws';
import { readOrganizationFile } from '../local-aws/organization-file';
import type { MembershipChange } from '../local-aws/services/security-hub-world';

const WORLD = readOrganizationFile(join(__dirname, '../../examples/landing-zone/organization.json'));
const BEFORE = new Set(WORLD.securityHub.get(ADMINISTRATOR.region)!.administrators
  .find(({ accountId }) => accountId === ADMINISTRATOR.accountId)!.members.map(({ accountId }) => accountId));

/** A role of the deployed function. */
const OURS = 'arn:aws:sts::222222222222:assumed-role/SecurityHub-CdkOrgMembershipRole/function';

/** What the embedded AWS has on record of one scene. */
interface Records {
  changes: Partial<MembershipChange>[];
  writes: string[];
  outcomes: string[];
  status: string;
  mistakes: Error[];
}

/** A scene as it was played, and what can be altered of it. */
interface Take {
  readonly records: Records;
  readonly now: Map<string, Account>;
  code: number;
}

const joins = (accountId: string): Partial<MembershipChange> => ({ accountId, from: 'Created', to: 'Enabled', at: 1 });
const leaves = (accountId: string): Partial<MembershipChange> => ({ accountId, from: 'Enabled', to: 'Removed', at: 1 });

function standings(wanted: ReadonlySet<string>, some: ReadonlySet<string>): Map<string, Account> {
  const shown = [...WORLD.accounts.values()]
    .filter(({ id, organizationId }) => organizationId !== undefined || wanted.has(id) || some.has(id));
  return new Map(shown.map(({ id, name }) => [id, { id, name, standing: expected(id, wanted, BEFORE, some) }]));
}

/** Plays the scenes up to one as they should go, alters what came of that one, and answers the complaints about it. */
function complaintsAbout(scene: Scene, alter: (take: Take) => void = () => undefined): string[] {
  const records: Records = { changes: [], writes: [], outcomes: [], status: '', mistakes: [] };
  const local = stage(records);
  const some = new Set<string>();
  let last = standings(new Set(), some);
  const verifier = new Verifier(local, last);

  for (const each of SCENES) {
    const now = standings(wantedBy(each.leaves), some);
    for (const { id, standing } of now.values()) if (['added', 'invited'].includes(standing)) some.add(id);
    const [was, is] = [last, now].map(added);
    for (const id of each.passing ?? []) {
      some.add(id);
      now.set(id, { ...now.get(id)!, standing: 'removed' });
    }
    Object.assign(records, {
      changes: [
        ...[...is.filter((id) => !was.includes(id)), ...each.passing ?? []].map(joins),
        ...[...was.filter((id) => !is.includes(id)), ...each.passing ?? []].map(leaves),
      ],
      writes: Array(each.mostWrites).fill('CreateMembers'),
      outcomes: each.kill ? ['killed', 'returned'] : ['returned'],
      status: each.stackStatus,
      mistakes: [],
    });
    const take: Take = { records, now, code: each.stackStatus.includes('ROLLBACK') ? 1 : 0 };
    if (each === scene) alter(take);
    const run = { code: take.code, output: '', seconds: 1 };
    const complaints = verifier.wrong({ ...beginning, scene: each, run, last, now: take.now });
    if (each === scene) return complaints;
    expect(complaints).toEqual([]);
    last = now;
  }
  throw new Error('there is no such scene');
}

/** Everything on record belongs to the scene that is judged. */
const beginning: Pick<Played, 'since'> = { since: { call: 0, delivery: 0, instant: 0 } };

function stage(records: Records): LocalAws {
  const call = (operation: string) => ({ call: { service: 'securityhub', operation, caller: { arn: OURS } } });
  return {
    aws: {
      get mistakes() { return records.mistakes; },
      journal: { get entries() { return ['GetMembers', ...records.writes].map(call); } },
    },
    securityHub: { changes: () => records.changes },
    lambda: { get deliveries() { return records.outcomes.map((outcome) => ({ outcome })); } },
    cloudFormation: { listStacks: () => [{ status: records.status }] },
  } as unknown as LocalAws;
}

const added = (accounts: Map<string, Account>) => everyone(accounts, 'added').map(({ id }) => id);
const scene = (title: RegExp) => SCENES.find((each) => title.test(each.title))!;
const FIRST = scene(/first deployment/);
const CHANGED = scene(/three accounts join/i);
const RENAMED = scene(/renamed/);
const BROKEN = scene(/another resource fails/i);
const KILLED = scene(/dies/);
const DESTROYED = scene(/destroyed/);

/** The accounts that stand so, and the first of them. */
function everyone(now: Map<string, Account>, standing: Standing): Account[] {
  return [...now.values()].filter((account) => account.standing === standing);
}
const someone = (now: Map<string, Account>, standing: Standing) => everyone(now, standing)[0];
function stand(now: Map<string, Account>, account: Account, standing: Standing): void {
  now.set(account.id, { ...account, standing });
}

test.each(SCENES)('there is no complaint where everything is right: $title', (each) => {
  expect(complaintsAbout(each)).toEqual([]);
});

test.each<[string, Scene, (take: Take) => void, RegExp]>([
  ['one member too many', FIRST, ({ now }) => stand(now, someone(now, 'other'), 'added'), /is 'members, added by this stack' and has to be/],
  ['one member too few', FIRST, ({ now }) => stand(now, someone(now, 'added'), 'other'), /has to be 'members, added by this stack'/],
  ['a member from before that is gone', DESTROYED, ({ now }) => stand(now, someone(now, 'before'), 'removed'), /has to be 'members before, left alone'/],
  ['a member from before that counts as added', FIRST, ({ now }) => stand(now, someone(now, 'before'), 'added'), /has to be 'members before, left alone'/],
  ['a refused account that counts as added', FIRST, ({ now }) => stand(now, someone(now, 'refused'), 'added'), /has to be 'refused'/],
  ['a suspended account that counts as refused', FIRST, ({ now }) => stand(now, someone(now, 'skipped'), 'refused'), /has to be 'skipped'/],
  ['a partner without an invitation', FIRST, ({ now }) => stand(now, someone(now, 'invited'), 'other'), /has to be 'invited, outside/],
  ['one that stays when it was dropped', CHANGED, ({ now }) => stand(now, someone(now, 'removed'), 'added'), /has to be 'removed by this stack'/],
  ['one that is left behind', DESTROYED, ({ now }) => stand(now, someone(now, 'removed'), 'added'), /has to be 'removed by this stack'/],
])('it complains of %s', (_, each, alter, complaint) => {
  expect(complaintsAbout(each, alter)).toContainEqual(expect.stringMatching(complaint));
});

test('it complains of one that left and came back, although it stands as it has to', () => {
  const complaints = complaintsAbout(RENAMED, ({ records, now }) => {
    const { id } = someone(now, 'added');
    records.changes.push(leaves(id), joins(id));
  });

  expect(complaints).toEqual([expect.stringMatching(/joined on the way$/), expect.stringMatching(/left on the way$/)]);
});

test('it complains where nobody has passed through, although that cannot be seen afterwards', () => {
  const complaints = complaintsAbout(BROKEN, ({ records }) => { records.changes = []; });

  expect(complaints.filter((complaint) => complaint.endsWith('never joined'))).toHaveLength(BROKEN.passing!.length);
  expect(complaints.filter((complaint) => complaint.endsWith('never left'))).toHaveLength(BROKEN.passing!.length);
});

test.each(SCENES)('it complains of one write too many: $title', (each) => {
  expect(complaintsAbout(each, ({ records }) => void records.writes.push('DisassociateMembers'))).toEqual([
    `${each.mostWrites + 1} calls wrote to Security Hub, ${each.mostWrites} would have done`,
  ]);
});

test.each(SCENES)('it complains of another status of the stack: $title', (each) => {
  expect(complaintsAbout(each, ({ records }) => { records.status = 'UPDATE_FAILED'; })).toEqual([
    `the stack is UPDATE_FAILED instead of ${each.stackStatus}`,
  ]);
});

test.each<[string, Scene, (take: Take) => void, RegExp]>([
  ['a CLI that fails', CHANGED, (take) => { take.code = 1; }, /ended with exit code 1 instead of 0/],
  ['a CLI that hides a failure', BROKEN, (take) => { take.code = 0; }, /ended with exit code 0 instead of 1/],
  ['a function that dies', CHANGED, ({ records }) => { records.outcomes = ['timedOut']; }, /^1 runs of the function ended without returning/],
  ['a function that was to be killed and was not', KILLED, ({ records }) => { records.outcomes = ['returned']; }, /^0 runs/],
  ['a mistake of the AWS itself', CHANGED, ({ records }) => void records.mistakes.push(new Error('no such model')), /made a mistake/],
])('it complains of %s', (_, each, alter, complaint) => {
  expect(complaintsAbout(each, alter)).toEqual([expect.stringMatching(complaint)]);
});

describe('the promise', () => {
  const kept = { failures: 0, steps: 7, seconds: 59.9, limit: 60 };

  test.each<[string, string[], Record<string, string>, number]>([
    ['a visitor may have a slow machine', ['node', 'demo.ts'], {}, Infinity],
    ['--limit', ['node', 'demo.ts', '--limit'], {}, 60],
    ['CI', ['node', 'demo.ts'], { CI: 'true' }, 60],
  ])('is a minute where it is checked: %s', (_, options, variables, limit) => {
    expect(limitOf(options, variables)).toBe(limit);
  });

  test('is kept within the limit, and broken above it', () => {
    expect(broken(kept)).toEqual([]);
    expect(broken({ ...kept, seconds: 60.2 })).toEqual(['it took 61 seconds, and 60 are promised']);
    expect(broken({ ...kept, seconds: 600, limit: Infinity })).toEqual([]);
  });

  test('is broken by one step that left wrong members', () => {
    expect(broken({ ...kept, failures: 1 })).toEqual(['1 of 7 steps did not leave exactly the right members']);
  });
});
