import { ADMINISTRATOR, bed, MANAGEMENT, member, outsider, refused } from './bed';
import { MANAGEMENT_ACCOUNT, memberAccount, memberAccounts, outsideAccount, SECURITY_ACCOUNT } from '../organization-file';

const A = memberAccount(1);
const PRODUCTION = 'ou-org1-production';
const ROOT = 'r-org1';

/** Every page of a list. */
function pages<T>(list: (input: object) => { NextToken?: string } & T): T[] {
  const result: T[] = [];
  let NextToken: string | undefined;
  do {
    const answer = list({ NextToken });
    result.push(answer);
    ({ NextToken } = answer);
  } while (NextToken !== undefined);
  return result;
}

describe('who may call', () => {
  const reads = ['DescribeAccount', 'ListAccounts', 'ListRoots', 'ListAccountsForParent', 'ListParents', 'ListChildren',
    'ListOrganizationalUnitsForParent', 'ListDelegatedAdministrators', 'ListTagsForResource'];
  const input = { AccountId: A, ParentId: ROOT, ChildId: A, ChildType: 'ACCOUNT', ResourceId: A };

  test.each(reads)('%s: the management account or a delegated administrator', (operation) => {
    const { organizations } = bed();
    const call = (caller: { accountId: string }) => refused(() => organizations.dispatch({
      service: 'organizations', operation, region: 'us-east-1', caller: { accessKeyId: '', arn: '', ...caller }, input,
    }));
    expect(call(MANAGEMENT)).toBe('nothing');
    expect(call(ADMINISTRATOR)).toBe('nothing');
    expect(call(member(1))).toBe('AccessDeniedException 400');
    expect(call(outsider(1))).toBe('AWSOrganizationsNotInUseException 400');
    expect(call({ accountId: '123123123123' })).toBe('AWSOrganizationsNotInUseException 400');
  });

  test('DescribeOrganization: every account of it', () => {
    const { organizations } = bed();
    expect(organizations.describeOrganization(member(1))).toEqual({
      Organization: {
        Id: 'o-organization1',
        Arn: `arn:aws:organizations::${MANAGEMENT_ACCOUNT}:organization/o-organization1`,
        FeatureSet: 'ALL',
        MasterAccountArn: `arn:aws:organizations::${MANAGEMENT_ACCOUNT}:account/o-organization1/${MANAGEMENT_ACCOUNT}`,
        MasterAccountId: MANAGEMENT_ACCOUNT,
        MasterAccountEmail: 'management@example.com',
        AvailablePolicyTypes: [{ Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' }],
      },
    });
    expect(refused(() => organizations.describeOrganization(outsider(1)))).toBe('AWSOrganizationsNotInUseException 400');
  });

  test('unknown operations are told', async () => {
    const { organizations } = bed();
    const caller = { accessKeyId: '', arn: '', ...MANAGEMENT };
    await expect(organizations.call({ service: 'organizations', operation: 'CreateAccount', region: 'us-east-1', caller, input: {} }))
      .rejects.toMatchObject({ code: 'UnknownOperationException' });
  });
});

describe('accounts', () => {
  test('T11: are described with state, path and the day they joined', () => {
    expect(bed().organizations.describeAccount(MANAGEMENT, { AccountId: A })).toEqual({
      Account: {
        Id: A,
        Arn: `arn:aws:organizations::${MANAGEMENT_ACCOUNT}:account/o-organization1/${A}`,
        Email: `account-${A}@example.com`,
        Name: `account-${A}`,
        Status: 'ACTIVE',
        State: 'ACTIVE',
        Paths: [`o-organization1/r-org1/${PRODUCTION}/${A}/`],
        JoinedMethod: 'CREATED',
        JoinedTimestamp: Date.UTC(2024, 0, 1) / 1000,
      },
    });
  });

  test.each([
    ['both', { Status: 'SUSPENDED', State: 'CLOSED' }],
    ['stateOnly', { State: 'CLOSED' }],
    ['statusOnly', { Status: 'SUSPENDED' }],
  ] as const)('O13, R10: State and Status: %s', (accountStateMembers, expected) => {
    const { organizations } = bed({ unknowns: { accountStateMembers }, states: { [A]: 'CLOSED' } });
    const { Account } = organizations.describeAccount(MANAGEMENT, { AccountId: A });
    const shown = Object.entries(Account).filter(([name]) => name === 'Status' || name === 'State');
    expect(Object.fromEntries(shown)).toEqual(expected);
  });

  test('of other organizations and none are not found', () => {
    const { organizations } = bed();
    const describe_ = (AccountId: unknown) => refused(() => organizations.describeAccount(MANAGEMENT, { AccountId }));
    expect(describe_(outsideAccount(1))).toBe('AccountNotFoundException 400');
    expect(describe_('123123123123')).toBe('AccountNotFoundException 400');
    expect(describe_('12312312312')).toBe('InvalidInputException 400');
    expect(describe_(undefined)).toBe('InvalidInputException 400');
  });

  test('O12: come in pages of at most 20', () => {
    const { organizations } = bed({ accounts: 45 });
    const answers = pages((input) => organizations.listAccounts(MANAGEMENT, input));
    expect(answers.map((each) => each.Accounts.length)).toEqual([20, 20, 7]);
    expect(answers.flatMap((each) => each.Accounts.map((account) => account.Id)).sort())
      .toEqual([MANAGEMENT_ACCOUNT, SECURITY_ACCOUNT, ...memberAccounts(45)].sort());
    expect(pages((input) => organizations.listAccounts(MANAGEMENT, { ...input, MaxResults: 7 }))).toHaveLength(7);
  });

  test('O12: or with empty pages in between', () => {
    const { organizations } = bed({ accounts: 25, organizations: { emptyPages: true } });
    const answers = pages((input) => organizations.listAccounts(MANAGEMENT, input));
    expect(answers.map((each) => each.Accounts.length)).toEqual([0, 20, 0, 7]);
  });

  test.each([
    [{ MaxResults: 0 }], [{ MaxResults: 21 }], [{ MaxResults: '5' }], [{ MaxResults: 1.5 }], [{ NextToken: 'nonsense' }],
  ])('W3: refuses %j', (input) => {
    expect(refused(() => bed().organizations.listAccounts(MANAGEMENT, input))).toBe('InvalidInputException 400');
  });

  test('W3: a token of one list is none of another', () => {
    const { organizations } = bed();
    const { NextToken } = organizations.listAccountsForParent(MANAGEMENT, { ParentId: PRODUCTION, MaxResults: 1 });
    expect(refused(() => organizations.listAccounts(MANAGEMENT, { NextToken }))).toBe('InvalidInputException 400');
  });
});

describe('the tree', () => {
  test('has a root with organizational units and accounts', () => {
    const { organizations } = bed({ accounts: 4 });
    expect(organizations.listRoots(MANAGEMENT, {}).Roots).toMatchObject([{ Id: ROOT, Name: 'Root' }]);
    const units = organizations.listOrganizationalUnitsForParent(MANAGEMENT, { ParentId: ROOT }).OrganizationalUnits;
    expect(units).toMatchObject([
      { Id: PRODUCTION, Name: 'Production', Path: `o-organization1/r-org1/${PRODUCTION}/` },
      { Id: 'ou-org1-testing0', Name: 'Test' },
    ]);
    const accounts = (ParentId: string) =>
      organizations.listAccountsForParent(MANAGEMENT, { ParentId }).Accounts.map((each) => each.Id);
    expect([accounts(ROOT), accounts(PRODUCTION)]).toEqual([[MANAGEMENT_ACCOUNT, SECURITY_ACCOUNT], memberAccounts(2)]);
    const children = (ChildType: string) =>
      organizations.listChildren(MANAGEMENT, { ParentId: ROOT, ChildType }).Children.map((each) => each.Id);
    expect(children('ORGANIZATIONAL_UNIT')).toEqual([PRODUCTION, 'ou-org1-testing0']);
    expect(children('ACCOUNT')).toEqual([MANAGEMENT_ACCOUNT, SECURITY_ACCOUNT]);
    const parent = (ChildId: string) => organizations.listParents(MANAGEMENT, { ChildId }).Parents;
    expect(parent(A)).toEqual([{ Id: PRODUCTION, Type: 'ORGANIZATIONAL_UNIT' }]);
    expect(parent(PRODUCTION)).toEqual([{ Id: ROOT, Type: 'ROOT' }]);
  });

  test('O15: changes when an account moves', () => {
    const { organizations } = bed();
    organizations.move(A, ROOT);
    expect(organizations.listParents(MANAGEMENT, { ChildId: A }).Parents).toEqual([{ Id: ROOT, Type: 'ROOT' }]);
    expect(() => organizations.move(A, 'ou-org1-nowhere00')).toThrow('no parent');
  });

  test('W3: refuses what is not there', () => {
    const { organizations } = bed();
    const nowhere = { ParentId: 'ou-org1-nowhere00', ChildType: 'ACCOUNT' };
    expect(refused(() => organizations.listChildren(MANAGEMENT, nowhere))).toBe('ParentNotFoundException 400');
    expect(refused(() => organizations.listAccountsForParent(MANAGEMENT, nowhere))).toBe('ParentNotFoundException 400');
    expect(refused(() => organizations.listOrganizationalUnitsForParent(MANAGEMENT, nowhere))).toBe('ParentNotFoundException 400');
    expect(refused(() => organizations.listChildren(MANAGEMENT, { ParentId: ROOT, ChildType: 'X' }))).toBe('InvalidInputException 400');
    expect(refused(() => organizations.listAccountsForParent(MANAGEMENT, { ParentId: A }))).toBe('InvalidInputException 400');
    expect(refused(() => organizations.listParents(MANAGEMENT, { ChildId: outsideAccount(1) }))).toBe('ChildNotFoundException 400');
    expect(refused(() => organizations.listTagsForResource(MANAGEMENT, { ResourceId: outsideAccount(1) }))).toBe('TargetNotFoundException 400');
  });
});

test('delegated administrators are listed once, by service when asked', () => {
  const { organizations } = bed();
  organizations.registerDelegatedAdministrator(SECURITY_ACCOUNT, 'guardduty.amazonaws.com');
  organizations.registerDelegatedAdministrator(A, 'config.amazonaws.com');
  const ids = (input: object) =>
    organizations.listDelegatedAdministrators(MANAGEMENT, input).DelegatedAdministrators.map((each) => each.Id);
  expect(ids({})).toEqual([SECURITY_ACCOUNT, A]);
  expect(ids({ ServicePrincipal: 'securityhub.amazonaws.com' })).toEqual([SECURITY_ACCOUNT]);
  expect(ids({ ServicePrincipal: 'macie.amazonaws.com' })).toEqual([]);
  expect(refused(() => ids({ ServicePrincipal: 'no spaces' }))).toBe('InvalidInputException 400');
  organizations.deregisterDelegatedAdministrator(A, 'config.amazonaws.com');
  expect(ids({})).toEqual([SECURITY_ACCOUNT]);
});

describe('what happens', () => {
  test('accounts are suspended, come back, are closed', () => {
    const { organizations } = bed();
    const state = () => organizations.describeAccount(MANAGEMENT, { AccountId: A }).Account;
    organizations.suspend(A);
    expect(state()).toMatchObject({ State: 'SUSPENDED', Status: 'SUSPENDED' });
    organizations.reactivate(A);
    expect(state()).toMatchObject({ State: 'ACTIVE', Status: 'ACTIVE' });
    organizations.close(A, 'PENDING_CLOSURE');
    expect(state()).toMatchObject({ State: 'PENDING_CLOSURE', Status: 'PENDING_CLOSURE' });
    organizations.close(A);
    expect(state()).toMatchObject({ State: 'CLOSED', Status: 'SUSPENDED' });
  });

  test('accounts leave and join, and land in the root', () => {
    const { organizations } = bed();
    organizations.leave(A);
    expect(refused(() => organizations.describeAccount(MANAGEMENT, { AccountId: A }))).toBe('AccountNotFoundException 400');
    organizations.join(A);
    expect(organizations.listParents(MANAGEMENT, { ChildId: A }).Parents).toEqual([{ Id: ROOT, Type: 'ROOT' }]);
    expect(organizations.describeAccount(MANAGEMENT, { AccountId: A }).Account).toMatchObject({ JoinedMethod: 'INVITED' });
    expect(() => organizations.join(A)).toThrow('is in');
  });

  test('neither the management account nor a delegated administrator leaves', () => {
    const { organizations } = bed();
    expect(() => organizations.leave(MANAGEMENT_ACCOUNT)).toThrow('cannot leave');
    expect(() => organizations.leave(SECURITY_ACCOUNT)).toThrow('delegated administrator');
  });
});

test('L16: reads are throttled at the rate of their operation', () => {
  const { organizations, clock } = bed({ organizations: { throttling: true } });
  const call = () => refused(() => organizations.describeOrganization(member(1)));
  const burst = (n: number) => Array.from({ length: n }, call);
  expect(burst(3)).toEqual(['nothing', 'nothing', 'TooManyRequestsException 400']);
  clock.advance(1_000);
  expect(burst(2)).toEqual(['nothing', 'TooManyRequestsException 400']);
});

test('a call is authorised against the account, unit or root that it names', () => {
  const { organizations } = bed();
  const resources = (operation: string, input: object) => organizations.authorization({
    service: 'organizations', operation, region: 'us-east-1', caller: { accessKeyId: '', arn: '', ...MANAGEMENT }, input,
  });
  const arn = `arn:aws:organizations::${MANAGEMENT_ACCOUNT}`;
  expect(resources('DescribeAccount', { AccountId: A }))
    .toEqual([{ action: 'organizations:DescribeAccount', resources: [`${arn}:account/o-organization1/${A}`] }]);
  expect(resources('ListChildren', { ParentId: ROOT })[0].resources).toEqual([`${arn}:root/o-organization1/${ROOT}`]);
  expect(resources('ListParents', { ChildId: PRODUCTION })[0].resources).toEqual([`${arn}:ou/o-organization1/${PRODUCTION}`]);
  expect(resources('ListAccounts', {})[0].resources).toEqual(['*']);
});
