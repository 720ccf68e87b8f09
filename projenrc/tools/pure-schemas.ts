import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

const SCHEMA_FILES = /[\\/]node_modules[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/][^\\/]+\.js$/;
const CONSTANT = /^const (_\w+) = ("[^"\\]*");$/gm;
const COMPUTED_KEY = /\[(_\w+)\]:/g;

/**
 * Lets esbuild drop the schemas of the operations that a handler does not call.
 *
 * An SDK client describes every operation with literals such as `{ [_h]: ["POST", "/members/get", 200] }`, where `_h` is
 * a string constant of the same file. esbuild takes a computed key for a possible side effect and keeps all of them, with
 * everything they refer to: for Security Hub 160 kB. Writing the constant's value in its place means the same.
 */
export function pureSchemas(): Plugin {
  return {
    name: 'pure-schemas',
    setup(build) {
      build.onLoad({ filter: SCHEMA_FILES }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const constants = new Map<string, string>();
        for (const [, name, value] of source.matchAll(CONSTANT)) {
          constants.set(name, value);
        }
        return {
          contents: source.replace(COMPUTED_KEY, (key, name: string) =>
            constants.has(name) ? `${constants.get(name)}:` : key),
          loader: 'js',
        };
      });
    },
  };
}
