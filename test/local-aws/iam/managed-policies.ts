import type { PolicyDocument } from './evaluator';

const ALL: PolicyDocument = { Statement: { Effect: 'Allow', Action: '*', Resource: '*' } };

const WRITE_LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

/** The AWS-managed policies that are known, by what follows `:aws:policy/` in their ARN. [D] AWS Managed Policy Reference */
export const MANAGED_POLICIES: Readonly<Record<string, PolicyDocument | undefined>> = {
  'AdministratorAccess': ALL,
  'service-role/AWSLambdaBasicExecutionRole': { Statement: { Effect: 'Allow', Action: WRITE_LOGS, Resource: '*' } },
  'service-role/AWSLambdaVPCAccessExecutionRole': {
    Statement: {
      Effect: 'Allow',
      Action: [
        ...WRITE_LOGS,
        'ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface',
        'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:UnassignPrivateIpAddresses',
      ],
      Resource: '*',
    },
  },
  'AWSXRayDaemonWriteAccess': {
    Statement: {
      Effect: 'Allow',
      Action: [
        'xray:GetSamplingRules', 'xray:GetSamplingStatisticSummaries', 'xray:GetSamplingTargets',
        'xray:PutTelemetryRecords', 'xray:PutTraceSegments',
      ],
      Resource: '*',
    },
  },
};

/** The document of an AWS-managed policy. */
export function managedPolicy(arn: string): PolicyDocument | undefined {
  return MANAGED_POLICIES[arn.replace(/^arn:[^:]+:iam::aws:policy\//, '')];
}
