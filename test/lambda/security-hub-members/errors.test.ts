/**
 * Every error that an operation declares, and what the operator then reads in the stack's events.
 */
import { ADMINISTRATOR, Deployment, ERRORS, type ErrorName, type Operation, REGION, ids } from './bench';
import { WAYS_OUT } from '../../../lambda/runtime/reason';

const [OLD, NEW] = ids(2);
type Type = 'create' | 'update' | 'delete';

interface Row {
  readonly operation: Operation;
  readonly error: ErrorName;
  readonly type: Type;
  /** Accounts outside the organization: only for them InviteMembers and DeleteMembers are called. */
  readonly outside?: true;
  readonly status: 'SUCCESS' | 'FAILED';
  /** `undefined`: nothing to tell. */
  readonly reason: string | undefined;
  /** How long AWS was asked again, at least and at most, in seconds. */
  readonly seconds: readonly [number, number];
}

const words = (error: ErrorName) => `${error}: words of AWS (request id r-1)`;
const joining = (account: string, error: ErrorName) =>
  `1 of 1 accounts could not be made members in ${REGION}: ${account} (${words(error)})`;
const leaving = (account: string, error: ErrorName) =>
  `1 accounts could not be removed in ${REGION}: ${account} (${words(error)})`;
const stuck = (text: string) => `${text}; ${WAYS_OUT}`;
const notAdministrator = (error: ErrorName) =>
  `account ${ADMINISTRATOR} is not the Security Hub administrator in ${REGION}: delegate it from the management account ` +
  `(EnableOrganizationAdminAccount) and deploy again; AWS said ${words(error)}`;
const hubOff = (error: ErrorName) =>
  `Security Hub is not enabled in account ${ADMINISTRATOR} in ${REGION}: enable it there (AWS::SecurityHub::Hub) ` +
  `and deploy again; AWS said ${words(error)}`;
const open = (text: string, ...of: readonly string[]) => `${text}; not settled: ${of.join(', ')}`;

const AT_ONCE = [0, 10] as const;
/** As long as a throttled or broken service is given. */
const PATIENT = [150, 240] as const;
/** As long as AWS is given to learn of a new administrator. */
const DELEGATION = [100, 130] as const;

const failed = (operation: Operation, error: ErrorName, type: Type, seconds: Row['seconds'], reason: string): Row => ({
  operation,
  error,
  type,
  status: 'FAILED',
  seconds,
  reason,
});
const outside = (row: Row): Row => ({ ...row, outside: true });
const succeeded = (row: Row): Row => ({ ...row, status: 'SUCCESS' });
const silent = (row: Row): Row => ({ ...row, status: 'SUCCESS', reason: undefined });

function rowsOfJoining(operation: 'CreateMembers' | 'InviteMembers', errors: readonly ErrorName[], at: Row['seconds']) {
  const where = operation === 'InviteMembers' ? outside : (row: Row) => row;
  return errors.flatMap((error) => [
    where(failed(operation, error, 'create', at, joining(OLD, error))),
    where(failed(operation, error, 'update', at, joining(NEW, error))),
  ]);
}

function rowsOfReading(operation: Operation, errors: readonly ErrorName[], at: Row['seconds']) {
  return errors.flatMap((error) => [
    failed(operation, error, 'create', at, open(words(error), OLD)),
    failed(operation, error, 'update', at, open(words(error), OLD, NEW)),
  ]);
}

/** A refused leave does not fail an Update: what it added stays, and what stays is named. */
function rowsOfLeaving(operation: Operation, errors: readonly ErrorName[], at: Row['seconds']) {
  const where = operation === 'DeleteMembers' ? outside : (row: Row) => row;
  return errors.flatMap((error) => [
    where(succeeded(failed(operation, error, 'update', at, leaving(OLD, error)))),
    where(failed(operation, error, 'delete', at, stuck(leaving(OLD, error)))),
  ]);
}

const ROWS: readonly Row[] = [
  ...rowsOfJoining('CreateMembers', ['InternalException', 'LimitExceededException', 'ResourceConflictException'], PATIENT),
  ...rowsOfJoining('CreateMembers', ['InvalidInputException', 'AccessDeniedException'], AT_ONCE),
  failed('CreateMembers', 'InvalidAccessException', 'update', AT_ONCE,
    open(notAdministrator('InvalidAccessException'), OLD, NEW)),

  ...rowsOfJoining('InviteMembers', ['InternalException', 'LimitExceededException'], PATIENT),
  ...rowsOfJoining('InviteMembers', ['InvalidInputException', 'ResourceNotFoundException'], AT_ONCE),

  ...rowsOfReading('GetMembers', ['InternalException', 'LimitExceededException'], PATIENT),
  ...rowsOfReading('GetMembers', ['InvalidInputException'], AT_ONCE),
  failed('GetMembers', 'InvalidAccessException', 'create', DELEGATION,
    open(notAdministrator('InvalidAccessException'), OLD)),
  failed('GetMembers', 'InvalidAccessException', 'update', AT_ONCE,
    open(notAdministrator('InvalidAccessException'), OLD, NEW)),
  // three deliveries of the event
  failed('GetMembers', 'InternalException', 'delete', [500, 800], stuck(open(words('InternalException'), OLD))),
  failed('GetMembers', 'InvalidInputException', 'delete', AT_ONCE, stuck(open(words('InvalidInputException'), OLD))),
  // nobody is listed, so nothing is left to remove
  silent(failed('GetMembers', 'InvalidAccessException', 'delete', AT_ONCE, '')),
  silent(failed('GetMembers', 'ResourceNotFoundException', 'delete', AT_ONCE, '')),
  failed('GetMembers', 'ResourceNotFoundException', 'create', [600, 610],
    `1 of 1 accounts could not be made members in ${REGION}: ${OLD} (still 'not listed' after 600 s)`),

  ...rowsOfReading('DescribeOrganizationConfiguration', ['InternalException', 'LimitExceededException'], PATIENT),
  ...rowsOfReading('DescribeOrganizationConfiguration', ['InvalidInputException'], AT_ONCE),
  failed('DescribeOrganizationConfiguration', 'InvalidAccessException', 'create', DELEGATION,
    open(notAdministrator('InvalidAccessException'), OLD)),
  failed('DescribeOrganizationConfiguration', 'InvalidAccessException', 'update', AT_ONCE,
    open(notAdministrator('InvalidAccessException'), OLD, NEW)),
  // a removal needs none of it
  ...(Object.keys(ERRORS) as ErrorName[]).map((error) =>
    silent(failed('DescribeOrganizationConfiguration', error, 'delete', AT_ONCE, ''))),

  ...rowsOfLeaving('DisassociateMembers', ['InternalException'], [200, 260]),
  ...rowsOfLeaving('DisassociateMembers', ['LimitExceededException'], PATIENT),
  ...rowsOfLeaving('DisassociateMembers',
    ['InvalidInputException', 'InvalidAccessException', 'ResourceNotFoundException', 'AccessDeniedException'], AT_ONCE),

  // disassociated and so no member any more, whatever becomes of the record
  ...(['InternalException', 'InvalidAccessException', 'ResourceNotFoundException'] as const).flatMap((error) => [
    outside(silent(failed('DeleteMembers', error, 'update', [0, 120], ''))),
    outside(silent(failed('DeleteMembers', error, 'delete', [0, 120], ''))),
  ]),
];

/** DescribeHub tells a hub that is off from an administrator that is none; it is asked when GetMembers is refused. */
const HUB_ROWS: readonly { readonly error: ErrorName; readonly reason: string }[] = [
  { error: 'InvalidAccessException', reason: hubOff('InvalidAccessException') },
  { error: 'ResourceNotFoundException', reason: hubOff('InvalidAccessException') },
  { error: 'InternalException', reason: words('InvalidAccessException') },
  { error: 'LimitExceededException', reason: words('InvalidAccessException') },
  { error: 'InvalidInputException', reason: words('InvalidAccessException') },
];

async function serve({ operation, error, type, outside: standalone }: Omit<Row, 'status' | 'reason' | 'seconds'>) {
  const deployment = new Deployment();
  const { hub, platform } = deployment;
  const properties = (account: string) =>
    standalone ? { OutsideAccounts: [`${account}=owner@example.com`] } : { Accounts: [account] };
  if (standalone) for (const account of [OLD, NEW]) hub.outside.add(account);
  if (type !== 'create') expect((await deployment.create(properties(OLD))).Status).toBe('SUCCESS');
  hub.breaks(operation, error);
  if (operation === 'DescribeHub') hub.breaks('GetMembers', 'InvalidAccessException');
  const began = platform.now();
  const answer = await deployment[type](properties(type === 'update' ? NEW : OLD));
  // a request comes a minute after the one before
  return { answer, hub, seconds: (platform.now() - began) / 1000 - 60 };
}

describe('what the operator reads', () => {
  test.each(ROWS)('$operation $error on $type: $status', async (row) => {
    const { answer, seconds } = await serve(row);
    expect([answer.Status, answer.Reason]).toEqual([row.status, row.reason]);
    expect(seconds).toBeGreaterThanOrEqual(row.seconds[0]);
    expect(seconds).toBeLessThanOrEqual(row.seconds[1]);
  });

  test.each(HUB_ROWS)('S3: DescribeHub $error', async ({ error, reason }) => {
    const { answer } = await serve({ operation: 'DescribeHub', error, type: 'update' });
    expect([answer.Status, answer.Reason]).toEqual(['FAILED', open(reason, OLD, NEW)]);
  });

  test('InviteMembers InvalidAccessException: the invitation is refused to somebody who is no administrator any more', async () => {
    const { answer } = await serve({
      operation: 'InviteMembers',
      error: 'InvalidAccessException',
      type: 'update',
      outside: true,
    });
    expect(answer.Status).toBe('FAILED');
    expect(answer.Reason).toContain(notAdministrator('InvalidAccessException'));
  });

  test('every error of the model has a row', () => {
    const DECLARED: Partial<Record<Operation, readonly ErrorName[]>> = {
      CreateMembers: [
        'InternalException', 'InvalidInputException', 'LimitExceededException', 'InvalidAccessException',
        'ResourceConflictException', 'AccessDeniedException',
      ],
      GetMembers: [
        'InternalException', 'InvalidInputException', 'InvalidAccessException', 'LimitExceededException',
        'ResourceNotFoundException',
      ],
      InviteMembers: [
        'InternalException', 'InvalidInputException', 'LimitExceededException', 'ResourceNotFoundException',
      ],
      DisassociateMembers: [
        'InternalException', 'InvalidInputException', 'InvalidAccessException', 'LimitExceededException',
        'ResourceNotFoundException', 'AccessDeniedException',
      ],
      DescribeOrganizationConfiguration: [
        'InternalException', 'InvalidInputException', 'InvalidAccessException', 'LimitExceededException',
      ],
    };
    for (const [operation, errors] of Object.entries(DECLARED)) {
      const covered = ROWS.filter((row) => row.operation === operation).map(({ error }) => error);
      expect([operation, covered]).toEqual([operation, expect.arrayContaining([...errors])]);
    }
  });
});

describe('what it should read', () => {
  // a refused account is not looked at again
  test.failing.each(['InvalidInputException', 'LimitExceededException'] as const)(
    'D8: DeleteMembers %s: disassociated, so no member any more',
    async (error) => {
      const { answer } = await serve({ operation: 'DeleteMembers', error, type: 'delete', outside: true });
      expect(answer.Status).toBe('SUCCESS');
    },
  );

  // GetMembers is patient, CreateMembers is not
  test.failing('S12, R20: CreateMembers is patient with a new administrator on Create', async () => {
    const { seconds } = await serve({ operation: 'CreateMembers', error: 'InvalidAccessException', type: 'create' });
    expect(seconds).toBeGreaterThanOrEqual(DELEGATION[0]);
  });

  // the runtime does not take HTTP 429 of a read for a passing fault
  test.failing('F4: a Delete whose last read is throttled is delivered again', async () => {
    const { seconds } = await serve({ operation: 'GetMembers', error: 'LimitExceededException', type: 'delete' });
    expect(seconds).toBeGreaterThanOrEqual(500);
  });

  test.failing.each(['CreateMembers', 'GetMembers', 'DisassociateMembers'] as const)(
    'E2: the reason names the call: %s',
    async (operation) => {
      const { answer } = await serve({ operation, error: 'InvalidInputException', type: 'update' });
      expect(answer.Reason).toContain(operation);
    },
  );

  // the ledger and the report say "joined" after the first of the two steps
  test.failing('T24: an account that was created but could not be invited is not settled', async () => {
    const { answer } = await serve({
      operation: 'InviteMembers',
      error: 'InvalidAccessException',
      type: 'create',
      outside: true,
    });
    expect(answer.Reason).toContain(`not settled: ${OLD}`);
  });
});
