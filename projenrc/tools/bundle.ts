/**
 * Builds the handlers named on the command line: `lambda/<name>/index.ts` becomes `assets/<name>/index.js`, one file
 * that a Lambda function of Node.js 20, 22 or 24 runs as `index.handler`.
 *
 * The same input gives the same bytes on every machine, because they decide the asset hash that users see in their diffs.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import type { Metafile } from 'esbuild';
import { lambdaCredentials } from './lambda-credentials';
import { ASSETS, LAMBDA, metafileOf, METAFILES, ROOT } from './paths';
import { pureSchemas } from './pure-schemas';
import { thirdPartyNotices } from './third-party';

async function bundle(handler: string): Promise<Metafile> {
  const outfile = join(ASSETS, handler, 'index.js');
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [`./${LAMBDA}/${handler}/index.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    // a file named index.js without a package.json beside it is CommonJS in every runtime
    format: 'cjs',
    // ES modules can be tree-shaken: a third of the size
    mainFields: ['module', 'main'],
    external: [],
    minify: true,
    // class names are in log lines and stack traces
    keepNames: true,
    legalComments: 'none',
    charset: 'ascii',
    sourcemap: false,
    // no tsconfig.json of the surroundings has a say in the result
    tsconfigRaw: { compilerOptions: { target: 'es2022' } },
    plugins: [lambdaCredentials(), pureSchemas()],
    metafile: true,
    write: false,
    logLevel: 'warning',
  });

  const [file, ...others] = result.outputFiles;
  if (others.length > 0) {
    throw new Error(`the bundle of ${handler} must be one file`);
  }
  if (file.text.includes(ROOT)) {
    throw new Error(`the bundle of ${handler} contains the path of the folder it was built in`);
  }
  await mkdir(join(ROOT, ASSETS, handler), { recursive: true });
  await writeFile(join(ROOT, outfile), file.contents);
  const metafile = join(ROOT, metafileOf(handler));
  await mkdir(dirname(metafile), { recursive: true });
  await writeFile(metafile, JSON.stringify(result.metafile));
  return result.metafile;
}

async function main(handlers: string[]) {
  if (handlers.length === 0) {
    throw new Error('name at least one handler');
  }
  // all or nothing: a failed build must not leave a package that lacks a handler
  const metafiles = await Promise.all(handlers.map(bundle));
  await writeFile(join(ROOT, ASSETS, 'THIRD-PARTY-NOTICES.txt'), await thirdPartyNotices(metafiles));
  await removeAllBut(join(ROOT, ASSETS), [...handlers, 'THIRD-PARTY-NOTICES.txt']);
  await removeAllBut(join(ROOT, METAFILES), handlers.map((handler) => `${handler}.json`));
}

async function removeAllBut(folder: string, names: string[]) {
  for (const name of await readdir(folder)) {
    if (!names.includes(name)) {
      await rm(join(folder, name), { recursive: true });
    }
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
