import { Component } from 'projen';
import type { Task } from 'projen';
import type { NodeProject } from 'projen/lib/javascript';

export interface HandlerBundleOptions {
  /** The folders under `lambda/` that have an entry point, `index.ts`. */
  readonly handlers: string[];

  /** What a bundle may weigh, in bytes. */
  readonly maxBytes: number;
}

/**
 * Bundles each handler, with everything it needs, into one file under `assets/`.
 */
export class HandlerBundle extends Component {
  public readonly bundleTask: Task;

  constructor(project: NodeProject, options: HandlerBundleOptions) {
    super(project);

    this.bundleTask = project.addTask('bundle', {
      description: 'Bundle the handlers: lambda/<name>/index.ts to assets/<name>/index.js',
      execArgs: ['tsx', 'projenrc/tools/bundle.ts', ...options.handlers],
    });
    project.preCompileTask.spawn(this.bundleTask);

    const report = project.addTask('bundle-report', {
      description: 'Print what the bundles contain; fail if one is too large',
    });
    report.spawn(this.bundleTask);
    report.execArgs(['tsx', 'projenrc/tools/bundle-report.ts', '--limit', String(options.maxBytes), ...options.handlers]);

    const check = project.addTask('package:check', {
      description: 'Check the list of files that would be published',
      execArgs: ['tsx', 'projenrc/tools/package-check.ts', ...options.handlers],
    });
    project.packageTask.prependSpawn(check);
    project.packageTask.prependSpawn(report);

    project.gitignore.exclude('/assets/', '/build/');
    project.npmignore?.exclude('/lambda/', '/build/');
    project.npmignore?.include('/assets/');
  }
}
