import { awscdk, github, javascript, JsonPatch, release, typescript } from 'projen';
import { HandlerBundle, ImportRules, NewestCdk, Scripts, TypeCheck } from './projenrc';

const HOMEPAGE = 'https://github.com/cdk-org-membership/cdk-org-membership';

/** Any release of the SDK that is not ancient: the clients are published one by one, under different numbers. */
const SDK = '^3.1000.0';

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-org-membership',
  description: 'AWS CDK constructs that make accounts members: of Security Hub, and of Compute Optimizer Automation',
  author: 'cdk-org-membership contributors',
  authorAddress: 'https://github.com/cdk-org-membership',
  authorOrganization: true,
  repositoryUrl: `${HOMEPAGE}.git`,
  license: 'Apache-2.0',
  stability: 'experimental',
  keywords: [
    'aws-cdk',
    'awscdk',
    'compute-optimizer',
    'custom-resource',
    'landing-zone',
    'security-hub',
  ],

  // the first release with Runtime.NODEJS_24_X; Node.js 22 ends in April 2027
  cdkVersion: '2.224.0',
  // what aws-cdk-lib 2.224.0 asks for
  constructsVersion: '10.0.5',
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.0',
  projenVersion: '0.103.25',
  packageManager: javascript.NodePackageManager.NPM,
  minNodeVersion: '20.0.0',
  workflowNodeVersion: '24',

  projenrcTs: true,
  runner: typescript.TypeScriptRunner.tsx(),
  sampleCode: false,
  lambdaAutoDiscover: false,
  integrationTestAutoDiscover: false,

  devDeps: [
    `@aws-sdk/client-cloudformation@${SDK}`,
    `@aws-sdk/client-cloudwatch-logs@${SDK}`,
    // ours, for as long as not every package registry has AWS's own: `@${SDK}` in place of the path is all that changes
    '@aws-sdk/client-compute-optimizer-automation@file:packages/client-compute-optimizer-automation',
    `@aws-sdk/client-dynamodb@${SDK}`,
    `@aws-sdk/client-lambda@${SDK}`,
    `@aws-sdk/client-organizations@${SDK}`,
    `@aws-sdk/client-s3@${SDK}`,
    `@aws-sdk/client-securityhub@${SDK}`,
    `@aws-sdk/client-ssm@${SDK}`,
    `@aws-sdk/client-sts@${SDK}`,
    '@smithy/node-http-handler@^4.0.0',
    '@smithy/protocol-http@^5.0.0',
    '@smithy/types@^4.0.0',
    // the release under the tag "latest" is older and cannot read what a new CDK writes
    'aws-cdk@2.1148.1',
    'aws-sdk-client-mock@^4.1.0',
    'cdk-nag@3.0.2',
    'dynalite@^4.0.0',
    // another minor version may write other bytes for the same handler
    'esbuild@~0.28.0',
    'fast-check@^4.0.0',
    'fflate@^0.8.0',
    'selfsigned@^5.0.0',
    'tsx@^4.20.0',
  ],

  publishToPypi: {
    distName: 'cdk-org-membership',
    module: 'cdk_org_membership',
    trustedPublishing: true,
  },
  publishToMaven: {
    javaPackage: 'io.github.cdkorgmembership',
    mavenGroupId: 'io.github.cdk-org-membership',
    mavenArtifactId: 'cdk-org-membership',
    mavenServerId: 'central-ossrh',
  },
  publishToNuget: {
    dotNetNamespace: 'CdkOrgMembership',
    packageId: 'CdkOrgMembership',
    trustedPublishing: true,
  },
  publishToGo: {
    moduleName: 'github.com/cdk-org-membership/cdk-org-membership-go',
    packageName: 'cdkorgmembership',
  },
  npmTrustedPublishing: true,
  defaultReleaseBranch: 'main',
  releaseTrigger: release.ReleaseTrigger.workflowDispatch(),
  bumpPackage: 'commit-and-tag-version@^12',

  githubOptions: {
    mergify: false,
    pullRequestLintOptions: {
      semanticTitleOptions: {
        types: ['build', 'chore', 'ci', 'docs', 'feat', 'fix', 'perf', 'refactor', 'revert', 'test'],
      },
    },
  },
  autoMerge: false,
  buildWorkflowOptions: { mutableBuild: false },
  depsUpgradeOptions: {
    cooldown: 5,
    workflowOptions: { schedule: javascript.UpgradeDependenciesSchedule.WEEKLY },
  },

  tsconfig: { compilerOptions: { types: ['node'] } },
  tsconfigDev: {
    compilerOptions: {
      types: ['jest', 'node'],
      paths: { 'cdk-org-membership': ['../src/index.ts'] },
    },
    include: ['../lambda/**/*.ts'],
    exclude: ['newest', '**/cdk.out'],
  },
  tsJestOptions: { transformOptions: { tsconfig: typescript.TsJestTsconfig.fromFile('<rootDir>/test/tsconfig.json') } },
  jestOptions: {
    jestVersion: '^30.0.0',
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    junitReporting: false,
    jestConfig: {
      // without this jest looks through node_modules, for seconds
      roots: ['<rootDir>/src', '<rootDir>/lambda', '<rootDir>/test', '<rootDir>/examples'],
      modulePathIgnorePatterns: ['<rootDir>/(?:assets|build|coverage|dist|lib)/', '/cdk\\.out/'],
      moduleNameMapper: { '^cdk-org-membership$': '<rootDir>/src/index.ts' },
      maxWorkers: 2,
      // no test depends on how fast the machine is
      testTimeout: 120_000,
      collectCoverage: false,
      collectCoverageFrom: ['src/**/*.ts', 'lambda/**/*.ts'],
      coverageProvider: 'v8',
    },
  },
  eslintOptions: {
    dirs: ['src'],
    devdirs: ['lambda', 'test', 'projenrc', 'examples', 'packages'],
    commandOptions: { fix: false, extraArgs: ['--max-warnings', '0'] },
    ignorePatterns: ['*.js', '*.d.ts', 'node_modules/', 'cdk.out/', 'coverage/', '!.projenrc.ts', '!projenrc/**/*.ts'],
  },

  gitignore: ['.jsii.tabl.json', 'cdk.out/', 'cdk.context.json', '.venv/', '__pycache__/', '.pytest_cache/', '.DS_Store'],
});

// projen itself asks for any version of these
project.addDevDeps(
  'eslint-import-resolver-typescript@^4.0.0',
  'eslint-plugin-import@^2.32.0',
  'jsii-diff@^1.134.0',
  'jsii-pacmak@^1.134.0',
);

project.package.addField('homepage', HOMEPAGE);
project.gitattributes.addAttributes('/rosetta/default.ts-fixture', 'linguist-generated');
project.package.addField('bugs', { url: `${HOMEPAGE}/issues` });

project.npmignore!.exclude(
  '/.ci/',
  '/CONTRIBUTING.md',
  '/SECURITY.md',
  '/docs/',
  '/examples/',
  '/packages/',
  '/rosetta/',
  'cdk.out/',
  'tsconfig.json',
  '*.tsbuildinfo',
);

// 1.13.0 asks for builds for other platforms that are not there, so that its lock file cannot be installed
project.package.addField('overrides', { 'unrs-resolver': '~1.12.2' });

const { bundleTask } = new HandlerBundle(project, {
  handlers: ['security-hub-members', 'compute-optimizer-association'],
  maxBytes: 450_000,
});
const typeCheck = new TypeCheck(project);
const newestCdk = new NewestCdk(project, { cdkVersion: '2.276.0', constructsVersion: '10.8.1' });
new ImportRules(project);
new Scripts(project, { bundleTask });

project.eslint!.addRules({
  // jest, tsx and tsc are told where this package is; the resolver of eslint is not
  'import/no-unresolved': ['error', { ignore: ['^cdk-org-membership$'] }],
  '@stylistic/max-len': ['error', {
    code: 120,
    ignoreComments: true,
    ignoreUrls: true,
    ignoreStrings: true,
    ignoreTemplateLiterals: true,
    ignoreRegExpLiterals: true,
  }],
  'import/order': ['error', {
    groups: ['builtin', 'external'],
    alphabetize: { order: 'asc', caseInsensitive: true },
  }],
});

// random numbers that a seed repeats are made of bits
project.eslint!.addOverride({ files: ['test/**'], rules: { 'no-bitwise': 'off' } });

// the examples of README.md and of the constructs' documentation must compile
project.postCompileTask.execArgs(['tsx', 'projenrc/tools/rosetta-fixture.ts']);
project.postCompileTask.execArgs(['jsii-rosetta', 'extract', '--strict']);

// all that is needed after `npm ci`; the library is compiled again if it is older than its sources
project.testTask.reset();
project.testTask.spawn(bundleTask);
project.testTask.spawn(project.compileTask, {
  condition: '[ ! -f .jsii ] || [ -n "$(find src README.md package.json tsconfig.json -newer .jsii -print -quit)" ]',
});
project.testTask.execArgs(['jest', '--ci'], { receiveArgs: true });
project.testTask.spawn(newestCdk.testTask);
project.testTask.spawn(project.eslint!.eslintTask);
project.testTask.spawn(typeCheck.task);
project.testTask.spawn(newestCdk.typeCheckTask);
project.addTask('coverage', {
  description: 'Run the tests and say which lines they leave out',
  execArgs: ['jest', '--ci', '--coverage'],
  receiveArgs: true,
});

const workflows = github.GitHub.of(project)!;

// what a change has to pass: the tests, and what needs more than Node.js
const gate = workflows.addWorkflow('gate');
gate.on({ pullRequest: {}, schedule: [{ cron: '0 5 * * 1' }], workflowDispatch: {} });
gate.addJob('gate', {
  runsOn: ['ubuntu-latest'],
  permissions: { contents: github.workflows.JobPermission.READ },
  timeoutMinutes: 60,
  steps: [
    github.WorkflowSteps.checkout(),
    { name: 'Setup Node.js', uses: 'actions/setup-node@v7.0.0', with: { 'node-version': '24' } },
    { name: 'Setup Python', uses: 'actions/setup-python@v6', with: { 'python-version': '3.13' } },
    {
      name: 'Run the gate',
      run: 'bash .ci/run',
      env: { SOAK_SEED: "${{ github.event_name == 'schedule' && github.run_id || '' }}" },
    },
  ],
});
workflows.tryFindWorkflow('build')!.file!.patch(
  // the build does not push what it changes
  JsonPatch.replace('/jobs/build/permissions/contents', 'read'),
);
workflows.tryFindWorkflow('release')!.file!.patch(
  // the jobs after it publish
  JsonPatch.replace('/jobs/release/permissions/contents', 'read'),
  // publishing tools know where their registry is
  JsonPatch.test('/jobs/release_npm/steps/9/env/NPM_DIST_TAG', 'latest'),
  JsonPatch.remove('/jobs/release_npm/steps/9/env/NPM_REGISTRY'),
);

project.synth();
