import { Component } from 'projen';
import type { Task } from 'projen';
import type { TypeScriptProject } from 'projen/lib/typescript';

/**
 * Programs that people run by hand. They are started from their TypeScript sources.
 */
export class Scripts extends Component {
  constructor(project: TypeScriptProject, options: { readonly bundleTask: Task }) {
    super(project);

    const demo = project.addTask('demo', {
      description: 'Deploy the landing-zone example to an AWS that runs on this machine',
    });
    demo.spawn(options.bundleTask);
    demo.execArgs(['tsx', '--tsconfig', 'examples/tsconfig.json', 'examples/landing-zone/demo.ts'], { receiveArgs: true });

    const localAws = project.addTask('local-aws', {
      description: 'Start the AWS of the tests, to deploy to it by hand',
    });
    // what is deployed to it needs the bundle
    localAws.spawn(options.bundleTask);
    localAws.execArgs(['tsx', '--tsconfig', 'test/tsconfig.json', 'test/local-aws/main.ts'], { receiveArgs: true });

    project.addTask('soak', {
      description: 'Simulate random lives of stacks for as long as asked, and check the invariants',
      execArgs: ['tsx', '--tsconfig', 'test/tsconfig.json', 'test/soak.ts'],
      receiveArgs: true,
    });

    project.addTask('explore', {
      description: 'Search every order of events of the small scenarios: --preemptions N, --scenario TEXT, --most HISTORIES',
      execArgs: ['tsx', '--tsconfig', 'test/tsconfig.json', 'test/explorer/main.ts'],
      receiveArgs: true,
    });
  }
}
