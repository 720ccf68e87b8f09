/**
 * Runs the unmodified CDK CLI against an embedded AWS.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { LocalAws } from './local-aws';

export interface CdkRun {
  readonly code: number | null;
  /** What it printed, to both streams, in order. */
  readonly output: string;
  readonly seconds: number;
}

export interface CdkOptions {
  readonly accountId: string;
  /** Default: the organization file's first Region with Security Hub. */
  readonly region?: string;
  /** Default: the working directory. */
  readonly cwd?: string;
  /** Take the place of the administrator's variables, such as the keys of an assumed role. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Gets the output as it comes. */
  readonly onOutput?: (text: string) => void;
}

const CLI = join(dirname(require.resolve('aws-cdk/package.json')), 'bin', 'cdk');

/** Runs `cdk <args>` as the administrator of an account. A finished assembly as `--app` saves the CLI a process. */
export function cdk(local: LocalAws, args: readonly string[], options: CdkOptions): Promise<CdkRun> {
  const { accountId, region, cwd, variables, onOutput } = options;
  const { PATH, HOME } = process.env;
  const started = Date.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args, '--no-notices', '--no-color', '--ci'], {
      cwd,
      env: { PATH, HOME, NODE_NO_WARNINGS: '1', ...local.env(accountId, region), ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        onOutput?.(text);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output, seconds: (Date.now() - started) / 1000 }));
  });
}
