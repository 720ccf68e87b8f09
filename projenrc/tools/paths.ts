import { join, resolve } from 'node:path';

/** The folder of the repository. */
export const ROOT = resolve(__dirname, '..', '..');

/** Where the handlers' entry points are. */
export const LAMBDA = 'lambda';

/** Where the bundles go; this folder is in the published package. */
export const ASSETS = 'assets';

/** What esbuild says about each bundle; not published. */
export const METAFILES = join('build', 'bundle');

export const metafileOf = (handler: string) => join(METAFILES, `${handler}.json`);
