/**
 * Every error that an operation declares, and what the operator then reads in the stack's events.
 */
import { ADMINISTRATOR, Deployment, type ErrorName, type Operation, REGION, ids } from './bench';
import declared from './declared-errors.json';
import { WAYS_OUT } from '../../../lambda/runtime/reason';

const [OLD, NEW] = ids(2);
type Type = 'create' | 'update' | 'delete';

interface Row {
  readonly operation: Operation;
  readonly error: ErrorName;
  readonly type: Type;
  readonly status: 'SUCCESS' | 'FAILED';
  /** `undefined`: nothing to tell. */
  readonly reason: string | undefined;
  /** How long AWS was asked again, at least and at most, in seconds. */
  readonly seconds: readonly [number, number];
}

const said = (operation: string, error: ErrorName) => `${operation} answered ${error}: words of AWS (request id r-1)`;
const inRegion = (operation: string) => `${operation} in ${REGION}`;

const TRANSIENT: readonly ErrorName[] = ['ThrottlingException', 'InternalServerException', 'ServiceUnavailableException'];
const IN_USE = 'IdempotencyTokenInUseException';
const CURES: Partial<Record<ErrorName, string>> = {
  AccessDeniedException: "allow the call to the handler's role, or lift the policy that denies it",
  ForbiddenException: 'see that Compute Optimizer has trusted access to the organization, and that no policy forbids the call',
  IdempotencyTokenInUseException: 'deploy again once AWS answers',
  InternalServerException: 'deploy again once AWS answers',
  ServiceUnavailableException: 'deploy again once AWS answers',
  ThrottlingException: 'deploy again once AWS answers',
};
const WRITE_CURES: Partial<Record<ErrorName, string>> = {
  ...CURES,
  IdempotentParameterMismatchException: 'deploy again: another deployment sends another client token',
  InvalidParameterValueException:
    'see that the account belongs to the organization and is enrolled in Compute Optimizer, and that Compute Optimizer has trusted access',
  OptInRequiredException:
    'see that the account of the stack is the administrator for Compute Optimizer, and that Automation is on in it',
  NotManagementAccountException:
    'see that the account of the stack is the administrator for Compute Optimizer, and that Automation is on in it',
};
const writing = (operation: string, error: ErrorName) => `${said(operation, error)}; ${WRITE_CURES[error]}`;
const reading = (operation: string, error: ErrorName) =>
  `${said(inRegion(operation), error)}; ${CURES[error] ?? 'correct the cause and deploy again'}`;
const joining = (account: string, reason: string) =>
  `1 of 1 account could not be made members in ${REGION}: ${account} (${reason})`;
const leaving = (account: string, reason: string) =>
  `1 account could not be removed in ${REGION}: ${account} (${reason})`;
const stuck = (text: string) => `${text}; ${WAYS_OUT}`;
const open = (text: string, ...of: readonly string[]) => `${text}; not settled: ${of.join(', ')}`;
const notOn = (words: string) =>
  `Compute Optimizer Automation is not on in account ${ADMINISTRATOR}: set enrollAdministrator, or turn it on there, ` +
  `and deploy again; AWS said ${words}`;
const optedOut = (words: string) =>
  `Compute Optimizer is not on in account ${ADMINISTRATOR}: opt in there first (UpdateEnrollmentStatus with ` +
  `includeMemberAccounts), and deploy again; AWS said ${words}`;
const notAdministrator = (words: string) =>
  `account ${ADMINISTRATOR} is neither the management account of an organization nor its delegated administrator for ` +
  `Compute Optimizer: deploy in one of them, or delegate it from the management account, and deploy again; AWS said ${words}`;
const notEnrolled = (cure: string, words: string) =>
  `Compute Optimizer Automation could not be switched on in account ${ADMINISTRATOR}: ${cure}; AWS said ${words}`;
const WITHIN_A_DAY =
  'if it was switched off there within the last 24 hours, deploy again once they have passed, else correct the cause';
const MAY_NOT =
  "allow the handler's role UpdateEnrollmentConfiguration, GetEnrollmentConfiguration and iam:CreateServiceLinkedRole, " +
  'or lift the policy that denies it';

const AT_ONCE = [0, 10] as const;
/** As long as a throttled or broken service is given. */
const PATIENT = [150, 240] as const;
/** As long as AWS is given to learn of a new administrator. */
const DELEGATION = [100, 130] as const;
/** Three deliveries of the event. */
const DELIVERIES = [500, 800] as const;

const row = (operation: Operation, error: ErrorName, type: Type, seconds: Row['seconds'], reason: string): Row => ({
  operation, error, type, status: 'FAILED', seconds, reason,
});
const silent = (of: Row): Row => ({ ...of, status: 'SUCCESS', reason: undefined });

const associating = (errors: readonly ErrorName[], at: Row['seconds']) =>
  errors.flatMap((error) => [
    row('AssociateAccounts', error, 'create', at, joining(OLD, writing('AssociateAccounts', error))),
    row('AssociateAccounts', error, 'update', at, joining(NEW, writing('AssociateAccounts', error))),
  ]);

/** A refused leave does not fail an Update: what it added stays, and what stays is named. */
const disassociating = (errors: readonly ErrorName[], at: Row['seconds'], reason = writing) =>
  errors.flatMap((error): Row[] => [
    { ...row('DisassociateAccounts', error, 'update', at, leaving(OLD, reason('DisassociateAccounts', error))), status: 'SUCCESS' },
    row('DisassociateAccounts', error, 'delete', at, stuck(leaving(OLD, reason('DisassociateAccounts', error)))),
  ]);

/** An error that ends the run, whatever it was to do. */
const stopping = (operation: Operation, error: ErrorName, at: Row['seconds'], reason: string) => [
  row(operation, error, 'create', at, open(reason, OLD)),
  row(operation, error, 'update', at, open(reason, OLD, NEW)),
];

const LIST = 'ListAccounts';
const ENROLL = 'UpdateEnrollmentConfiguration';
const LOOK = 'GetEnrollmentConfiguration';

const ROWS: readonly Row[] = [
  ...associating([...TRANSIENT, IN_USE], PATIENT),
  ...associating(
    ['InvalidParameterValueException', 'ForbiddenException', 'AccessDeniedException', 'IdempotentParameterMismatchException'], AT_ONCE),
  ...stopping('AssociateAccounts', 'OptInRequiredException', AT_ONCE, notOn(said('AssociateAccounts', 'OptInRequiredException'))),
  // R20: right after delegation a Create waits
  row('AssociateAccounts', 'NotManagementAccountException', 'create', DELEGATION,
    open(notAdministrator(said('AssociateAccounts', 'NotManagementAccountException')), OLD)),
  row('AssociateAccounts', 'NotManagementAccountException', 'update', AT_ONCE,
    open(notAdministrator(said('AssociateAccounts', 'NotManagementAccountException')), OLD, NEW)),

  ...disassociating(['ThrottlingException', IN_USE], PATIENT),
  ...disassociating(['InternalServerException', 'ServiceUnavailableException'], [200, 260], said),
  ...disassociating(
    ['InvalidParameterValueException', 'ForbiddenException', 'AccessDeniedException', 'IdempotentParameterMismatchException',
      'OptInRequiredException', 'NotManagementAccountException'], AT_ONCE),

  ...TRANSIENT.flatMap((error) => [
    ...stopping(LIST, error, PATIENT, reading(LIST, error)),
    row(LIST, error, 'delete', DELIVERIES, stuck(open(reading(LIST, error), OLD))),
  ]),
  ...(['InvalidParameterValueException', 'ForbiddenException', 'AccessDeniedException'] as const).flatMap((error) => [
    ...stopping(LIST, error, AT_ONCE, reading(LIST, error)),
    row(LIST, error, 'delete', AT_ONCE, stuck(open(reading(LIST, error), OLD))),
  ]),
  ...stopping(LIST, 'OptInRequiredException', AT_ONCE, notOn(said(inRegion(LIST), 'OptInRequiredException'))),
  row(LIST, 'NotManagementAccountException', 'create', DELEGATION,
    open(notAdministrator(said(inRegion(LIST), 'NotManagementAccountException')), OLD)),
  row(LIST, 'NotManagementAccountException', 'update', AT_ONCE,
    open(notAdministrator(said(inRegion(LIST), 'NotManagementAccountException')), OLD, NEW)),
  // nobody is listed, so nothing is left to remove
  silent(row(LIST, 'OptInRequiredException', 'delete', AT_ONCE, '')),
  silent(row(LIST, 'NotManagementAccountException', 'delete', AT_ONCE, '')),

  ...[...TRANSIENT, IN_USE as ErrorName].flatMap((error) => stopping(ENROLL, error, PATIENT, reading(ENROLL, error))),
  // C8
  ...(['InvalidParameterValueException', 'ForbiddenException'] as const).flatMap((error) =>
    stopping(ENROLL, error, AT_ONCE, notEnrolled(WITHIN_A_DAY, said(inRegion(ENROLL), error)))),
  ...(['ResourceNotFoundException', 'IdempotentParameterMismatchException'] as const).flatMap((error) =>
    stopping(ENROLL, error, AT_ONCE, reading(ENROLL, error))),
  ...stopping(ENROLL, 'AccessDeniedException', AT_ONCE, notEnrolled(MAY_NOT, said(inRegion(ENROLL), 'AccessDeniedException'))),
  ...stopping(ENROLL, 'OptInRequiredException', AT_ONCE, optedOut(said(inRegion(ENROLL), 'OptInRequiredException'))),
  row(ENROLL, 'NotManagementAccountException', 'create', DELEGATION,
    open(notAdministrator(said(inRegion(ENROLL), 'NotManagementAccountException')), OLD)),
  row(ENROLL, 'NotManagementAccountException', 'update', AT_ONCE,
    open(notAdministrator(said(inRegion(ENROLL), 'NotManagementAccountException')), OLD, NEW)),

  ...TRANSIENT.flatMap((error) => stopping(LOOK, error, [155, 250], reading(LOOK, error))),
  ...(['InvalidParameterValueException', 'ForbiddenException'] as const).flatMap((error) =>
    stopping(LOOK, error, AT_ONCE, reading(LOOK, error))),
  ...stopping(LOOK, 'AccessDeniedException', AT_ONCE, notEnrolled(MAY_NOT, said(inRegion(LOOK), 'AccessDeniedException'))),
  // a read of the time before, as long as it may be one
  ...(['OptInRequiredException', 'ResourceNotFoundException'] as const).flatMap((error) =>
    stopping(LOOK, error, [600, 620],
      `Compute Optimizer Automation is still 'Inactive' in account ${ADMINISTRATOR} after 600 s: deploy again to go on, or give it longer with wait`)),
];

const REFUSED = 'AssociateAccounts: AWS said: not this one';
const GENERAL = 'correct the cause, or allow for it with failureTolerance';
/** DescribeAccount looks for the cause of a refusal: what it cannot tell leaves the refusal as it is. */
const LOOKUP_ROWS: readonly { readonly error: string; readonly status: number; readonly cure: string }[] = [
  { error: 'AccountNotFoundException', status: 400, cure: 'it is no account of this organization: take it off the list' },
  { error: 'AccessDeniedException', status: 400, cure: GENERAL },
  { error: 'AWSOrganizationsNotInUseException', status: 400, cure: GENERAL },
  { error: 'InvalidInputException', status: 400, cure: GENERAL },
  { error: 'ServiceException', status: 500, cure: GENERAL },
  { error: 'TooManyRequestsException', status: 429, cure: GENERAL },
];

async function serve({ operation, error, type }: Pick<Row, 'operation' | 'error' | 'type'>) {
  const deployment = new Deployment();
  const { service, platform } = deployment;
  const enrolls = operation === ENROLL || operation === LOOK;
  const properties = (account: string) => ({ Accounts: [account], ...(enrolls ? { EnrollAdministrator: 'true' } : {}) });
  if (type !== 'create') expect((await deployment.create(properties(OLD))).Status).toBe('SUCCESS');
  if (enrolls) Object.assign(service, { enrollment: { status: 'Inactive' }, enrolling: [{ status: 'Pending' }] });
  service.breaks(operation, error);
  const began = platform.now();
  const answer = await deployment[type](properties(type === 'update' ? NEW : OLD));
  // a request comes a minute after the one before
  return { answer, seconds: (platform.now() - began) / 1000 - 60 };
}

describe('what the operator reads', () => {
  test.each(ROWS)('C5: $operation $error on $type: $status', async (of) => {
    const { answer, seconds } = await serve(of);
    expect([answer.Status, answer.Reason]).toEqual([of.status, of.reason]);
    expect(seconds).toBeGreaterThanOrEqual(of.seconds[0]);
    expect(seconds).toBeLessThanOrEqual(of.seconds[1]);
  });

  test.each(LOOKUP_ROWS)('R13: DescribeAccount $error', async ({ error, status, cure }) => {
    const deployment = new Deployment();
    deployment.service.unprocessed.set(NEW, 'not this one');
    deployment.service.faults.DescribeAccount = () => Object.assign(new Error('words of AWS'), {
      name: error, $fault: status < 500 ? 'client' : 'server', $metadata: { httpStatusCode: status },
    });
    const answer = await deployment.create({ Accounts: [OLD, NEW] });
    expect([answer.Status, answer.Reason]).toEqual([
      'FAILED', `1 of 2 accounts could not be made members in ${REGION}: ${NEW} (${REFUSED}; ${cure})`,
    ]);
  });

  // declared-errors.json is held against AWS's own model by test/python/test_declared_errors.py
  test.each(Object.entries(declared))('every error that %s declares has a row', (operation, errors) => {
    const rows = [...ROWS, ...LOOKUP_ROWS.map(({ error }) => ({ operation: 'DescribeAccount', error }))];
    const covered = rows.filter((of) => of.operation === operation).map(({ error }) => error);
    expect(covered).toEqual(expect.arrayContaining(errors));
  });
});
