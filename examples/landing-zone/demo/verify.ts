/**
 * What has to be right after a scene. Each function answers what is not, in words.
 */
import { type Account, comingsAndGoings, hubCalls, LABELS, stackStatus } from './census';
import { expected, type Scene, wantedBy } from './scenes';
import type { CdkRun } from '../../../test/local-aws/cdk';
import type { LocalAws } from '../../../test/local-aws/local-aws';

type Accounts = ReadonlyMap<string, Account>;

/** Where the records of the embedded AWS stood when a scene began. */
export interface Since {
  readonly call: number;
  readonly delivery: number;
  readonly instant: number;
}

export function recordsOf(local: LocalAws): Since {
  const { aws: { journal, environment }, lambda } = local;
  return { call: journal.entries.length, delivery: lambda.deliveries.length, instant: environment.clock.now() };
}

export interface Played {
  readonly scene: Scene;
  readonly run: CdkRun;
  readonly since: Since;
  readonly last: Accounts;
  readonly now: Accounts;
}

/** Remembers who was a member before the first scene, and who has been one since. */
export class Verifier {
  private readonly before: ReadonlySet<string>;
  private readonly everMembers = new Set<string>();

  constructor(private readonly local: LocalAws, atFirst: Accounts) {
    this.before = new Set([...atFirst.values()].filter(({ standing }) => standing === 'before').map(({ id }) => id));
  }

  public wrong(played: Played): string[] {
    for (const { id, standing } of played.now.values()) if (standing === 'added' || standing === 'invited') this.everMembers.add(id);
    for (const id of played.scene.passing ?? []) this.everMembers.add(id);
    return [...this.standings(played), ...this.moves(played), ...this.costs(played), ...this.outcome(played)];
  }

  private standings({ scene, now }: Played): string[] {
    const wanted = wantedBy(scene.leaves);
    return [...now.values()].flatMap(({ id, name, standing }) => {
      const right = expected(id, wanted, this.before, this.everMembers);
      return standing === right ? [] : [`${name} (${id}) is '${LABELS[standing]}' and has to be '${LABELS[right]}'`];
    });
  }

  /** Who joined and left on the way: an account that leaves and comes back looks right afterwards, and is not. */
  private moves({ scene: { passing = [] }, since, last, now }: Played): string[] {
    const { joined, left } = comingsAndGoings(this.local, since.instant);
    return [...now.values()].flatMap(({ id, name }) => {
      const [was, is] = [last, now].map((accounts) => accounts.get(id)?.standing === 'added');
      const passes = passing.includes(id);
      const [joins, leaves] = [passes || (is && !was), passes || (was && !is)];
      return [
        ...(joined.has(id) === joins ? [] : [`${name} (${id}) ${joins ? 'never joined' : 'joined on the way'}`]),
        ...(left.has(id) === leaves ? [] : [`${name} (${id}) ${leaves ? 'never left' : 'left on the way'}`]),
      ];
    });
  }

  private costs({ scene: { mostWrites }, since }: Played): string[] {
    const writes = hubCalls(this.local, since.call).filter((call) => call.writes).length;
    return writes <= mostWrites ? [] : [`${writes} calls wrote to Security Hub, ${mostWrites} would have done`];
  }

  private outcome({ scene, run, since }: Played): string[] {
    const { aws, lambda } = this.local;
    const code = scene.stackStatus.includes('ROLLBACK') ? 1 : 0;
    const status = stackStatus(this.local);
    const died = lambda.deliveries.slice(since.delivery).filter(({ outcome }) => outcome !== 'returned').length;
    return [
      ...(run.code === code ? [] : [`the CLI ended with exit code ${run.code} instead of ${code}`]),
      ...(status === scene.stackStatus ? [] : [`the stack is ${status} instead of ${scene.stackStatus}`]),
      ...(died === (scene.kill ? 1 : 0) ? [] : [`${died} runs of the function ended without returning`]),
      ...aws.mistakes.map((mistake) => `the AWS on this machine made a mistake: ${mistake.stack}`),
    ];
  }
}
