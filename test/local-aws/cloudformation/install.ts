/** Puts CloudFormation into an embedded AWS. */
import { CloudFormationEngine, type EngineOptions } from './engine';
import { CloudFormationService, type CloudFormationServiceOptions } from './service';
import { TemplateError } from './template';
import type { EmbeddedAws } from '../embedded-aws';
import type { LambdaHost } from '../lambda-host';

export interface CloudFormation {
  readonly engine: CloudFormationEngine;
  readonly service: CloudFormationService;
}

/**
 * Creates the engine over the embedded AWS's own IAM, DynamoDB, SSM, Logs and S3, registers the service, and takes the answers of
 * custom resources.
 */
export function installCloudFormation(
  aws: EmbeddedAws,
  lambda: LambdaHost,
  options: Partial<EngineOptions> & CloudFormationServiceOptions = {},
): CloudFormation {
  const engine = new CloudFormationEngine({
    environment: aws.environment,
    lambda,
    stores: { iam: aws.iam, tables: aws.dynamodb, parameters: aws.ssm, logs: aws.logs },
    fetchTemplate: async (url) => {
      const body = aws.s3.getByUrl(url);
      if (body === undefined) throw new TemplateError('S3 error: The specified key does not exist.');
      return Buffer.from(body).toString('utf8');
    },
    ...options,
  });
  const service = new CloudFormationService(engine, options);
  aws.register(service);
  aws.setCustomResourceAnswerReceiver(
    (pathAndQuery, body, headers) => engine.customResources.receive(pathAndQuery, body, headers),
  );
  return { engine, service };
}
