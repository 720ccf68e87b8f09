import { Component, JsonFile } from 'projen';
import type { Task } from 'projen';
import { TypescriptConfig } from 'projen/lib/javascript';
import type { TypeScriptProject } from 'projen/lib/typescript';

export interface NewestCdkOptions {
  /** The newest version of `aws-cdk-lib` that the library is tested with. */
  readonly cdkVersion: string;

  /** The version of `constructs` that goes with it. */
  readonly constructsVersion: string;
}

/**
 * Runs the tests of the constructs a second time, with the newest CDK in place of the oldest one that we support.
 *
 * Both versions are installed. `test/newest/` holds what needs the newest (cdk-nag, for one) and what makes jest and tsc
 * find it under the usual names.
 */
export class NewestCdk extends Component {
  public readonly testTask: Task;
  public readonly typeCheckTask: Task;

  constructor(project: TypeScriptProject, options: NewestCdkOptions) {
    super(project);

    project.addDevDeps(
      `aws-cdk-lib-newest@npm:aws-cdk-lib@${options.cdkVersion}`,
      `constructs-newest@npm:constructs@${options.constructsVersion}`,
    );
    // npm would refuse to install them beside the oldest versions, which it takes for their peers
    project.package.addField('overrides', {
      ...project.package.manifest.overrides,
      'aws-cdk-lib-newest': { constructs: '$constructs' },
      'cdk-nag': { 'aws-cdk-lib': '$aws-cdk-lib', 'constructs': '$constructs' },
    });

    const folder = 'test/newest';
    const jestConfig = new JsonFile(project, `${folder}/jest.config.json`, {
      obj: () => ({
        ...project.jest!.config,
        rootDir: '../..',
        testMatch: ['<rootDir>/test/*.test.ts', `<rootDir>/${folder}/**/*.test.ts`],
        testPathIgnorePatterns: project.jest!.config.testPathIgnorePatterns
          .filter((pattern: string) => !pattern.includes(folder)),
        moduleNameMapper: {
          ...project.jest!.config.moduleNameMapper,
          '^aws-cdk-lib(/.*)?$': 'aws-cdk-lib-newest$1',
          '^constructs(/.*)?$': 'constructs-newest$1',
        },
      }),
    });
    project.jest!.addIgnorePattern(`<rootDir>/${folder}/`);

    const modules = '../../node_modules';
    const tsconfig = new TypescriptConfig(project, {
      fileName: `${folder}/tsconfig.json`,
      compilerOptions: {
        noEmit: true,
        rootDir: '../..',
        types: ['jest', 'node'],
        paths: {
          'cdk-org-membership': ['../../src/index.ts'],
          'aws-cdk-lib': [`${modules}/aws-cdk-lib-newest`],
          'aws-cdk-lib/*': [`${modules}/aws-cdk-lib-newest/*`],
          'constructs': [`${modules}/constructs-newest`],
        },
      },
      include: ['**/*.ts', '../*.test.ts', '../../src/**/*.ts'],
    });
    tsconfig.addExtends(project.tsconfig!);

    this.testTask = project.addTask('test:newest', {
      description: `Run the tests of the constructs with aws-cdk-lib ${options.cdkVersion}`,
      execArgs: ['jest', '--ci', '--passWithNoTests', '--config', jestConfig.path],
      receiveArgs: true,
    });
    this.typeCheckTask = project.addTask('typecheck:newest', {
      description: `Check the types against aws-cdk-lib ${options.cdkVersion}`,
      execArgs: ['tsc', '--project', tsconfig.fileName],
    });
  }
}
