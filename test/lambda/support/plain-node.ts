/**
 * Runs a script of the tests in a Node.js process of its own.
 */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

export interface Ended {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs `test/lambda/support/<script>` with the arguments, as JSON, and environment variables of its own. */
export function runScript(script: string, argument: unknown, environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const files = ['--import', 'tsx', resolve(__dirname, script), JSON.stringify(argument)];
  const { NODE_OPTIONS: _options, ...inherited } = process.env;
  return new Promise((ended) => {
    const env = { ...inherited, TSX_TSCONFIG_PATH: resolve(__dirname, '../../tsconfig.json'), ...environment };
    execFile(process.execPath, files, { env }, (error, output, errors) => {
      ended({ status: error === null ? 0 : Number(error.code ?? 1), output, errors });
    });
  });
}
