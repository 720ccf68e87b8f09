/**
 * The wire contract of `ComputeOptimizerAssociation`: what the construct writes into the template and the handler reads from the event.
 */
import { type MembershipProperties, type MembershipTarget, parseMembership } from './membership';
import { PropertyError, parseWord } from './properties';

/** The CloudFormation type of the resource. Never changes: CloudFormation would replace every resource. */
export const COMPUTE_OPTIMIZER_ASSOCIATION_TYPE = 'Custom::ComputeOptimizerAssociation';

/** Regions with an endpoint of Compute Optimizer Automation, as AWS's MCP server for Billing and Cost Management lists them. */
export const AUTOMATION_REGIONS: readonly string[] = [
  'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2', 'ca-central-1',
  'eu-central-1', 'eu-north-1', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'sa-east-1', 'us-east-1', 'us-east-2', 'us-west-1', 'us-west-2',
];

/** Called where the stack's Region has no endpoint and the properties name none. */
const FALLBACK_REGION = 'us-east-1';

/** What a Region is called. It becomes part of a host name, so nothing else may be in it. */
export const REGION_NAME = /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/;

export interface ComputeOptimizerAssociationProperties extends MembershipProperties {
  /** `true`, or `false` (default). */
  readonly EnrollAdministrator?: string;
  /** The Region whose endpoint is called; see {@link automationRegion} for the default. */
  readonly Region?: string;
}

export interface ComputeOptimizerAssociationTarget extends MembershipTarget {
  readonly enrollAdministrator: boolean;
  readonly region?: string;
}

/** Reads the properties of any release, of this event or of an older one. */
export function parseComputeOptimizerAssociation(
  properties: ComputeOptimizerAssociationProperties,
): ComputeOptimizerAssociationTarget {
  const { Region: region } = properties;
  if (region !== undefined && region !== '' && !REGION_NAME.test(String(region))) {
    throw new PropertyError(`'region' is ${JSON.stringify(region)}, which is no Region: give a name such as 'us-east-1'`);
  }
  return {
    ...parseMembership(properties),
    enrollAdministrator: parseWord('enrollAdministrator', properties.EnrollAdministrator, 'false', 'true') === 'true',
    ...(region === undefined || region === '' ? {} : { region }),
  };
}

/** The Region whose endpoint is called: the given one, else that of the stack where it has one. */
export function automationRegion({ region }: Pick<ComputeOptimizerAssociationTarget, 'region'>, stackRegion: string): string {
  return region ?? (AUTOMATION_REGIONS.includes(stackRegion) ? stackRegion : FALLBACK_REGION);
}
