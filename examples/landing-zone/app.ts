/**
 * The stack of the Security Hub administrator account: who is a member, in which Region.
 *
 * `cdk deploy -c step=<name>` deploys another version of the list, as the next pull requests would; see `steps.ts`.
 */
import { App } from 'aws-cdk-lib';
import recommended from 'aws-cdk-lib/recommended-feature-flags.json';
import { SecurityHubStack } from './security-hub-stack';
import { ADMINISTRATOR, step } from './steps';

// the feature flags that `cdk init` writes into cdk.json
const app = new App({ context: recommended });

new SecurityHubStack(app, 'SecurityHub', {
  env: { account: ADMINISTRATOR.accountId, region: ADMINISTRATOR.region },
  ...step(app.node.tryGetContext('step') ?? 'initial'),
});
