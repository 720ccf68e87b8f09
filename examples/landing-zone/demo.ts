/**
 * `npm run demo`: deploys, changes, breaks and destroys the landing zone with the unmodified CDK CLI, against an AWS on this machine.
 *
 * After each step it asks that AWS, and not the library, how every account stands, and ends with exit code 1 where one stands wrong.
 * `npm run demo -- --verbose` shows what the CLI prints; `--limit`, and the variable `CI`, make it fail where it takes longer than promised.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import recommended from 'aws-cdk-lib/recommended-feature-flags.json';
import { census } from './demo/census';
import { broken, limitOf } from './demo/promise';
import { announce, complain, conclude, introduce, tell } from './demo/report';
import { type Scene, SCENES, wantedBy } from './demo/scenes';
import { dim, endProgress, showProgress } from './demo/terminal';
import { recordsOf, Verifier } from './demo/verify';
import { SecurityHubStack } from './security-hub-stack';
import { ADMINISTRATOR, step } from './steps';
import { cdk, type CdkRun } from '../../test/local-aws/cdk';
import { type LocalAws, startLocalAws } from '../../test/local-aws/local-aws';
import { ScaledClock } from '../../test/local-aws/scaled-clock';

/**
 * Time passes this much faster in the demo's AWS and for the functions that run in it, so that nobody waits 45 seconds until the lease
 * of a killed function has run out. The functions are those that are shipped, with all their waits: only their clock is faster.
 */
const SPEED = 20;
/** Lambda delivers an event again about a minute after its function died. Here it is a third of that: one second of yours. */
const REDELIVERY_MILLISECONDS = [20_000, 120_000];

const verbose = process.argv.includes('--verbose');
const limit = limitOf(process.argv, process.env);

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'landing-zone-'));
  const clock = new ScaledClock(SPEED);
  const local = await startLocalAws({
    organizationFile: join(__dirname, 'organization.json'),
    environment: { clock },
    lambda: { extraVariables: clock.variables(), retryDelaysMs: REDELIVERY_MILLISECONDS },
  });
  try {
    introduce(local, SPEED);
    synthesize(folder);
    const started = Date.now();
    const failures = await play(local, folder);
    const conclusion = { failures, steps: SCENES.length, seconds: (Date.now() - started) / 1000, limit };
    conclude(conclusion);
    process.exitCode = broken(conclusion).length > 0 ? 1 : 0;
  } finally {
    await local.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every version of the app at once: the CLI gets finished assemblies, which saves it a process for each deployment. */
function synthesize(folder: string): void {
  const { accountId: account, region } = ADMINISTRATOR;
  for (const version of new Set(SCENES.flatMap(({ deploy }) => deploy ?? []))) {
    const app = new App({ context: recommended, outdir: join(folder, version) });
    new SecurityHubStack(app, 'SecurityHub', { env: { account, region }, ...step(version) });
    app.synth();
  }
}

/** Plays all scenes, whatever comes of them, and answers how many went wrong. */
async function play(local: LocalAws, folder: string): Promise<number> {
  let last = census(local, new Set());
  let assembly = '';
  let failures = 0;
  const verifier = new Verifier(local, last);

  for (const [index, scene] of SCENES.entries()) {
    announce(index + 1, scene);
    const since = recordsOf(local);
    if (scene.kill) killAtNextAdd(local);
    if (scene.deploy !== undefined) assembly = join(folder, scene.deploy);
    const run = await runCli(local, folder, scene, assembly);
    const now = census(local, wantedBy(scene.leaves));
    const played = { scene, run, since, last, now };
    tell(local, played);
    const wrong = verifier.wrong(played);
    if (wrong.length > 0) {
      failures++;
      complain(wrong, run.output);
    }
    last = now;
  }
  return failures;
}

async function runCli(local: LocalAws, folder: string, { deploy }: Scene, assembly: string): Promise<CdkRun> {
  const command = deploy === undefined ? ['destroy', '--force'] : ['deploy', '--require-approval', 'never'];
  const run = await cdk(local, [...command, '--app', assembly], {
    ...ADMINISTRATOR,
    cwd: folder,
    onOutput: verbose ? (text) => void process.stdout.write(dim(text)) : showProgress,
  });
  if (!verbose) endProgress();
  return run;
}

/** Ends the function the instant its next CreateMembers reaches Security Hub: the accounts are added, and nobody is told. */
function killAtNextAdd(local: LocalAws): void {
  local.aws.setFaultHook(({ service, operation }) => {
    if (service === 'securityhub' && operation === 'CreateMembers') {
      local.aws.setFaultHook();
      local.lambda.killRunning();
    }
    return undefined;
  });
}

void main();
