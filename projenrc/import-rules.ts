import { Component } from 'projen';
import type { TypeScriptProject } from 'projen/lib/typescript';

const NO_CDK = {
  paths: ['aws-cdk-lib', 'constructs'],
  patterns: ['aws-cdk-lib/*', '@aws-cdk/*'],
};

/**
 * Keeps the parts of the repository apart: who may import what.
 */
export class ImportRules extends Component {
  constructor(project: TypeScriptProject) {
    super(project);
    const eslint = project.eslint!;

    eslint.addRules({
      'import/no-restricted-paths': ['error', {
        zones: [
          {
            target: './src',
            from: ['./lambda', './test', './projenrc', './examples'],
            message: 'constructs are compiled on their own',
          },
          {
            target: './src/private/contract',
            from: './src',
            except: ['./private/contract'],
            message: 'the contract is bundled into the handlers',
          },
          {
            target: './lambda',
            from: './src',
            except: ['./private/contract'],
            message: 'of the constructs, handlers share the contract only',
          },
          {
            target: './lambda',
            from: ['./test', './projenrc', './examples'],
            message: 'handlers are what is shipped',
          },
          {
            target: './packages',
            from: ['./src', './lambda', './test', './projenrc', './examples'],
            message: 'a package that stands in for a published one stands on its own',
          },
          {
            target: './test/local-aws',
            from: ['./src', './lambda'],
            message: 'a model that shares code with what it tests proves nothing',
          },
        ],
      }],
    });

    // the CDK would end up in the bundles
    eslint.addOverride({
      files: ['src/private/contract/**', 'lambda/**'],
      rules: { 'no-restricted-imports': ['error', NO_CDK] },
    });

    // the planner is a pure function over plain data
    eslint.addOverride({
      files: ['lambda/membership/planner*', 'lambda/membership/planner*/**'],
      rules: {
        'no-restricted-imports': ['error', {
          paths: NO_CDK.paths,
          patterns: [...NO_CDK.patterns, '@aws-sdk/*', '@smithy/*'],
        }],
      },
    });
  }
}
