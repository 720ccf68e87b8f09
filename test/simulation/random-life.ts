/**
 * A random life of one or two stacks: what is deployed, what goes wrong, in which order things arrive, and what nobody knows of AWS, all
 * from one seed.
 */
import { Life, type LifeOptions, type Order, type Point, REGION } from './driver';
import type { Breach } from './invariants';
import { some } from './support';
import { CONSTRUCT_IDS, type ConstructId, failing, logicalId, type MembersSpec, type StackSpec } from './templates';
import { STAMPS } from '../local-aws/cloudformation/custom-resource';
import { AwsError, type Unknowns } from '../local-aws/core';
import { seededRandom } from '../local-aws/environment';
import type { LambdaQueueOptions } from '../local-aws/lambda-queue';
import { organizationOf, outsideAccount, SECURITY_ACCOUNT } from '../local-aws/organization-file';
import { UNKNOWN_CHOICES } from '../local-aws/unknowns';

export interface RandomLife {
  readonly seed: number;
  /** What was done, and how it ended. */
  readonly story: readonly string[];
  readonly breaches: readonly Breach[];
}

/** Chances of one life; some lives are quiet in one respect and wild in another. */
interface Mood {
  readonly faults: number;
  readonly kills: number;
  readonly duplicates: number;
  readonly late: number;
}

class Dice {
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed * 7919 + 17);
    for (let i = 0; i < 8; i++) this.random();
  }

  public chance(probability: number): boolean {
    return this.random() < probability;
  }

  public below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  public one<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  public subset<T>(items: readonly T[], probability: number): T[] {
    return items.filter(() => this.chance(probability));
  }
}

const ACCOUNTS = some(6);
const OUTSIDE = [outsideAccount(1), outsideAccount(2)];
const OPERATIONS = 5;

export async function randomLife(seed: number): Promise<RandomLife> {
  const dice = new Dice(seed);
  const mood: Mood = {
    faults: dice.one([0, 0, 0.02, 0.08]),
    kills: dice.one([0, 0, 0.01, 0.03]),
    duplicates: dice.one([0, 0, 0.3]),
    late: dice.one([0, 0, 0.2]),
  };
  const life = new Life(optionsOf(seed, dice, mood));
  const story: string[] = [];
  life.atPoint = (point) => fault(point, dice, mood);
  for (let i = 0, count = 1 + dice.below(OPERATIONS); i < count; i++) {
    if (dice.chance(0.25)) story.push(outOfBand(life, dice));
    const stack = dice.chance(0.15) ? 'Second' : 'Stack';
    const destroying = i > 0 && dice.chance(0.2);
    const spec = destroying ? undefined : specOf(dice);
    story.push(`${stack}: ${spec === undefined ? 'destroy' : JSON.stringify(spec)}`);
    try {
      story.push(spec === undefined ? await life.destroy({ stack }) : await life.deploy(spec, { stack }));
    } catch (error) {
      // a stack in a state that refuses the operation; nothing has happened
      if ((error as { name?: string }).name !== 'ValidationError') throw error;
      story.push((error as Error).message);
    }
    if (life.stack(stack)?.status.endsWith('ROLLBACK_FAILED')) break;
  }
  return { seed, story, breaches: await life.breaches() };
}

function optionsOf(seed: number, dice: Dice, mood: Mood): LifeOptions {
  const choices = Object.entries(UNKNOWN_CHOICES).map(([name, settings]) => (
    [name, dice.chance(0.7) ? undefined : dice.one(settings as readonly string[])]
  ));
  const unknowns: Partial<Unknowns> = {
    ...Object.fromEntries(choices.filter(([, setting]) => setting !== undefined)),
    createdFor: dice.one([0, 3_000, 20_000]),
    readsSettleAfter: dice.one([0, 500, 15_000]),
  };
  const delivery: LambdaQueueOptions['delivery'] = () => ({
    ...(dice.chance(mood.duplicates) ? { duplicateAfterMs: [dice.one([0, 1_000, 30_000, 300_000, 3_000_000])] } : {}),
    ...(dice.chance(mood.late) ? { delayMs: dice.one([1_000, 30_000, 600_000, 1_800_000]) } : {}),
  });
  const stamps = [STAMPS.exact, STAMPS.exact, STAMPS.sameSecond];
  return {
    seed,
    unknowns,
    latency: dice.one([0, 50, 800]),
    // several faults at once are more than three deliveries can bear
    mayTimeOut: mood.faults > 0 || mood.kills > 0 || mood.late > 0 || mood.duplicates > 0,
    lambda: { delivery, copies: dice.one(['shared', 'independent']) },
    customResources: {
      responseUrlForm: dice.one(['sigv4', 'sigv4', 'sigv2']),
      stamp: dice.one(stamps),
      afterCancellation: dice.one(['abandon', 'wait']),
    },
    organization: organizationOf({
      accounts: 6,
      outside: 2,
      members: dice.subset(ACCOUNTS, 0.15),
      states: Object.fromEntries(dice.subset(ACCOUNTS, 0.05).map((account) => [account, 'SUSPENDED' as const])),
      refusals: dice.subset(ACCOUNTS, 0.1).map((accountId) => ({
        accountId, processingResult: dice.one(['not this one', null]), operations: dice.one([['CreateMembers'], ['DisassociateMembers']] as const),
      })),
    }),
  };
}

function specOf(dice: Dice): StackSpec {
  const ids = dice.subset(CONSTRUCT_IDS, 0.4);
  const members = Object.fromEntries((ids.length === 0 ? [CONSTRUCT_IDS[0]] : ids).map((id): [string, MembersSpec] => {
    const accounts = dice.subset(ACCOUNTS, 0.5);
    return [id, {
      accounts: accounts.length === 0 ? [ACCOUNTS[0]] : accounts,
      outside: dice.chance(0.2) ? dice.subset(OUTSIDE, 0.6) : [],
      failureTolerance: dice.one([undefined, undefined, 'all', 'accounts:1']),
      existingMembers: dice.one([undefined, undefined, 'takeOver']),
      dropped: dice.one([undefined, undefined, undefined, 'release']),
      wait: dice.one([60, 120, undefined]),
      retain: dice.chance(0.05),
      revision: dice.chance(0.2) ? String(dice.below(100)) : undefined,
    }];
  }));
  const [firstId] = Object.keys(members) as ConstructId[];
  const after = dice.chance(0.5) ? { DependsOn: [logicalId(firstId)] } : {};
  return { members, ...(dice.chance(0.25) ? { resources: { Bad: failing(['Create', 'Update'], dice.below(20), after) } } : {}) };
}

function fault(point: Point, dice: Dice, mood: Mood): Order | undefined {
  if (dice.chance(mood.kills)) {
    return dice.chance(0.3) ? { kind: 'landsAfter', milliseconds: dice.below(50_000) } : { kind: dice.one(['killBefore', 'killAfter']) };
  }
  if (!dice.chance(mood.faults)) return undefined;
  if (point.kind === 'ledger') return { kind: 'table', fault: dice.one([{ kind: 'repeat' }, { kind: 'repeat' }, { kind: 'unreachable', when: dice.one(['before', 'after']) }]) };
  const when = dice.one(['before', 'after'] as const);
  return dice.one<Order>([
    { kind: 'fault', fault: { kind: 'reset', when } },
    { kind: 'fault', fault: { kind: 'hang', when } },
    { kind: 'fault', fault: { kind: 'garbage', when: 'after' } },
    { kind: 'fault', fault: { kind: 'delay', milliseconds: dice.below(30_000) } },
    { kind: 'fault', fault: { kind: 'error', when, error: new AwsError('InternalException', 'ordered', 500) } },
    { kind: 'fault', fault: { kind: 'error', when: 'before', error: new AwsError('LimitExceededException', 'Rate exceeded', 429) } },
    { kind: 'fault', fault: { kind: 'error', when: 'before', error: new AwsError('AccessDeniedException', 'ordered', 403) } },
    { kind: 'fault', fault: { kind: 'error', when: 'before', error: new AwsError('BrandNewException', 'ordered', 400) } },
  ]);
}

/** Somebody else does something in Security Hub or in the organization. */
function outOfBand({ securityHub, organizations }: Life, dice: Dice): string {
  const account = dice.one(ACCOUNTS);
  const active = securityHub.members(SECURITY_ACCOUNT, REGION).get(account)?.status;
  switch (dice.below(6)) {
    case 0:
      if (active === undefined || active === 'Removed') securityHub.addMember(REGION, SECURITY_ACCOUNT, account);
      return `somebody else adds ${account}`;
    case 1:
      securityHub.removeMember(REGION, SECURITY_ACCOUNT, account, dice.one(['disassociate', 'delete']));
      return `somebody else removes ${account}`;
    case 2:
      securityHub.refuse(REGION, account, 'not any more', dice.one([['CreateMembers'], ['DisassociateMembers']]));
      return `AWS refuses ${account} from now on`;
    case 3:
      securityHub.setCentralConfiguration(REGION, SECURITY_ACCOUNT, dice.chance(0.5));
      return 'central configuration is switched';
    case 4:
      if (organizations.stateOf(account) === 'ACTIVE') organizations.suspend(account);
      return `${account} is suspended`;
    default:
      for (const each of ACCOUNTS) securityHub.stopRefusing(REGION, each);
      return 'AWS refuses nobody any more';
  }
}
