import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { ROOT } from './paths';

const PACKAGE_FOLDER = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/** The folder of the package that a bundled file comes from, or undefined for a file of this repository. */
export function packageFolder(input: string): string | undefined {
  return PACKAGE_FOLDER.exec(input)?.[1];
}

/** Licences and notices of the packages that the bundles contain, since the bundles themselves carry no comments. */
export async function thirdPartyNotices(metafiles: Metafile[]): Promise<string> {
  const folders = new Set<string>();
  for (const metafile of metafiles) {
    for (const output of Object.values(metafile.outputs)) {
      for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
        const folder = packageFolder(input);
        if (folder !== undefined && bytesInOutput > 0) {
          folders.add(folder);
        }
      }
    }
  }

  // one text for all packages that share it
  const packagesByText = new Map<string, string[]>();
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(ROOT, folder, 'package.json'), 'utf8'));
    const texts = [];
    for (const file of (await readdir(join(ROOT, folder))).sort()) {
      if (/^(licen[cs]e|notice|copying)/i.test(file)) {
        texts.push((await readFile(join(ROOT, folder, file), 'utf8')).replace(/\r\n/g, '\n').trim());
      }
    }
    const text = texts.join('\n\n') || `License: ${license}`;
    packagesByText.set(text, [...packagesByText.get(text) ?? [], `${name} ${version} (${license})`]);
  }

  const sections = [...packagesByText].map(([text, packages]) => `${packages.sort().join('\n')}\n\n${text}\n`);
  return [
    'The files in this folder contain code of these packages.\n',
    ...sections.sort(),
  ].join(`\n${'-'.repeat(80)}\n\n`);
}
