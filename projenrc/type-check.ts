import { Component } from 'projen';
import type { Task } from 'projen';
import { TypescriptConfig } from 'projen/lib/javascript';
import type { TypeScriptProject } from 'projen/lib/typescript';

/**
 * Checks the types of everything that jsii does not compile. jest and tsx only strip types; they find no mistake in them.
 */
export class TypeCheck extends Component {
  public readonly task: Task;

  constructor(project: TypeScriptProject) {
    super(project);

    // what runs in a Lambda function sees neither the test framework nor the CDK
    const lambda = new TypescriptConfig(project, {
      fileName: 'lambda/tsconfig.json',
      compilerOptions: { noEmit: true, rootDir: '..', types: ['node'] },
      include: ['**/*.ts'],
    });
    lambda.addExtends(project.tsconfig!);

    // an example reads like the code of a user: it imports the package by its name
    const examples = new TypescriptConfig(project, {
      fileName: 'examples/tsconfig.json',
      compilerOptions: {
        noEmit: true,
        rootDir: '..',
        types: ['node'],
        paths: { 'cdk-org-membership': ['../src/index.ts'] },
      },
      include: ['**/*.ts'],
      exclude: ['node_modules', '**/cdk.out'],
    });
    examples.addExtends(project.tsconfig!);

    // private packages are bundled from their sources
    const packages = new TypescriptConfig(project, {
      fileName: 'packages/tsconfig.json',
      compilerOptions: { noEmit: true, rootDir: '..', types: ['node'] },
      include: ['*/src/**/*.ts'],
    });
    packages.addExtends(project.tsconfig!);

    this.task = project.addTask('typecheck', {
      description: 'Check the types of tests, handlers, packages, examples and project configuration',
    });
    const others = [lambda.fileName, packages.fileName, examples.fileName];
    for (const config of ['test/tsconfig.json', ...others, 'projenrc/tsconfig.json']) {
      this.task.execArgs(['tsc', '--noEmit', '--project', config]);
    }
    for (const folder of ['lambda', 'packages', 'examples']) {
      project.gitignore.include(`/${folder}/`);
    }
  }
}
