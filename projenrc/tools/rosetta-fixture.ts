/**
 * Writes the code that surrounds the examples in README.md and in the constructs' documentation when they are compiled:
 * a stack, with everything imported that an example may name. The names of our own types come from the assembly.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths';

interface Assembly {
  readonly name: string;
  readonly types?: { [fqn: string]: { readonly name: string; readonly namespace?: string } };
}

const assembly: Assembly = JSON.parse(readFileSync(join(ROOT, '.jsii'), 'utf8'));
const names = Object.values(assembly.types ?? {})
  .filter(({ namespace }) => namespace === undefined)
  .map(({ name }) => name)
  .sort();

const fixture = `// generated from the assembly: run "npx projen post-compile"
import * as cdk from 'aws-cdk-lib';
import { App, Aws, CfnOutput, CfnParameter, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as organizations from 'aws-cdk-lib/aws-organizations';
import * as securityhub from 'aws-cdk-lib/aws-securityhub';
import { Construct } from 'constructs';
${names.length > 0 ? `import {\n${names.map((name) => `  ${name},\n`).join('')}} from '${assembly.name}';\n` : ''}
declare const app: App;

class Fixture extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);

    /// here
  }
}
`;

mkdirSync(join(ROOT, 'rosetta'), { recursive: true });
writeFileSync(join(ROOT, 'rosetta', 'default.ts-fixture'), fixture);
