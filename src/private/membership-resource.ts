import { CustomResource, Duration, RemovalPolicy, Stack, Tokenization } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { MembershipProperties } from './contract/membership';
import { HandlerFunction, type HandlerDefinition } from './handler-function';
import { misuse, shown } from './validation';
import type { MemberAccounts } from '../member-accounts';
import type { MembershipOptions } from '../membership-options';

/** Up to this many accounts CloudFormation waits for the shorter time. */
const SHORT_LIST = 500;

/** What everything but waiting may take. */
const TIME_FOR_CALLS = Duration.minutes(5);

/** What Lambda accepts as an asynchronous event. It is 1 MB since 2025, but nobody says on which ways into Lambda. */
const EVENT_BYTES = 262_144;

/** What an event holds beside the two sets of properties, of which the response URL is the longest. */
const ENVELOPE_BYTES = 6_144;

/** An Update carries the properties twice, and the next version of this list may be as long as this one. */
const PROPERTIES_BYTES = (EVENT_BYTES - ENVELOPE_BYTES) / 2;

/** What one construct's resource has besides what all membership resources share. */
export interface MembershipDefinition {
  /** The CloudFormation type. */
  readonly resourceType: string;
  readonly handler: HandlerDefinition;
  /** Properties of its own. */
  readonly properties?: Readonly<Record<string, unknown>>;
  /** What this one may do besides what every construct of the type may. No removal may need it. */
  readonly statements?: (stack: Stack) => iam.PolicyStatement[];
}

/** The custom resource of a membership construct, with the function that answers for it. */
export function membershipResource(
  scope: Construct,
  definition: MembershipDefinition,
  props: MembershipOptions & { readonly accounts: MemberAccounts },
): CustomResource {
  if (props.removalPolicy === RemovalPolicy.SNAPSHOT) {
    throw misuse(scope, `'removalPolicy' is ${shown(props.removalPolicy)}: memberships have no snapshots, give another policy`);
  }
  const accounts = props.accounts._render(scope);
  const isShort = accounts.complete && accounts.count <= SHORT_LIST;
  const serviceTimeout = Duration.minutes(isShort ? 20 : 50);
  const properties = withoutUndefined({
    ...accounts.properties,
    ...definition.properties,
    FailureTolerance: props.failureTolerance?._render(scope),
    ExistingMembers: props.existingMembers?._render(),
    Dropped: props.dropped?._render(),
    RemovalLimit: props.removalLimit?._render(scope),
    Wait: props.wait && renderWait(scope, props.wait, serviceTimeout),
    Revision: props.revision,
  } satisfies MembershipProperties);
  checkFitsEvent(scope, properties, accounts.count);

  const handler = HandlerFunction.obtain(scope, definition.handler, props.handler);
  handler.allow(definition.statements?.(Stack.of(handler)) ?? []);
  return new CustomResource(scope, 'Resource', {
    resourceType: definition.resourceType,
    serviceToken: handler.serviceToken,
    serviceTimeout,
    properties,
    removalPolicy: props.removalPolicy,
  });
}

function checkFitsEvent(scope: Construct, properties: object, count: number): void {
  const bytes = Buffer.byteLength(JSON.stringify(properties));
  if (bytes <= PROPERTIES_BYTES) return;
  const fitting = Math.floor((count * PROPERTIES_BYTES) / bytes / 100) * 100;
  throw misuse(scope, `'accounts' holds ${count} accounts, and they take ${bytes} bytes where one Update event has room for `
    + `${PROPERTIES_BYTES} (old and new list in ${EVENT_BYTES} bytes): give about ${fitting} accounts at most, and the others in a second construct`);
}

function renderWait(scope: Construct, wait: Duration, serviceTimeout: Duration): string {
  const seconds = wait.toSeconds({ integral: false });
  if (wait.isUnresolved()) return Tokenization.stringifyNumber(seconds);
  const most = serviceTimeout.toSeconds() - TIME_FOR_CALLS.toSeconds();
  if (!Number.isInteger(seconds) || seconds > most) {
    throw misuse(scope, `'wait' is ${shown(seconds)} seconds: give whole seconds, at most ${most} `
      + `(CloudFormation waits ${serviceTimeout.toSeconds()} for the resource)`);
  }
  return String(seconds);
}

function withoutUndefined<T extends object>(properties: T): T {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as T;
}
