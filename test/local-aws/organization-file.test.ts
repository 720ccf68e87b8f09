import { join } from 'node:path';
import {
  MANAGEMENT_ACCOUNT, memberAccount, memberAccounts, organizationOf, outsideAccount, readOrganizationFile,
  resolveOrganization, SECURITY_ACCOUNT, type OrganizationFile, type OrganizationFileError,
} from './organization-file';

const DEMO = join(__dirname, '../../examples/landing-zone/organization.json');

function mistakes(file: OrganizationFile): readonly string[] {
  try {
    resolveOrganization(file);
  } catch (error) {
    return (error as OrganizationFileError).mistakes ?? [String(error)];
  }
  return [];
}

/** A small organization with something put in another place. */
function changed(change: (file: any) => void): OrganizationFile {
  const file = structuredClone(organizationOf({ accounts: 3, outside: 1 }));
  change(file);
  return file;
}

test('an organization for tests has its accounts, its administrator and its Regions', () => {
  const world = resolveOrganization(organizationOf({
    accounts: 120, outside: 2, regions: ['us-east-1', 'eu-west-1'], members: [memberAccount(1)],
  }));
  expect(world.accounts.size).toBe(124);
  expect([...world.accounts.values()].filter((each) => each.organizationId === undefined).map((each) => each.id))
    .toEqual([outsideAccount(1), outsideAccount(2)]);
  expect(world.organizations[0].managementAccountId).toBe(MANAGEMENT_ACCOUNT);
  expect([...world.securityHub.keys()]).toEqual(['us-east-1', 'eu-west-1']);
  expect(world.securityHub.get('us-east-1')!.administrators).toMatchObject([
    { accountId: SECURITY_ACCOUNT, organizationId: 'o-organization1', members: [{ accountId: memberAccount(1), status: 'Enabled' }] },
  ]);
});

test('an account has a name, an e-mail address and a state by default', () => {
  const world = resolveOrganization({ outsideAccounts: [{ id: '123456789012' }, { id: '210987654321', name: 'x' }] });
  expect(world.accounts.get('123456789012')).toEqual({
    id: '123456789012',
    name: 'account-123456789012',
    email: 'account-123456789012@example.com',
    state: 'ACTIVE',
    joinedMethod: 'CREATED',
    joined: Date.UTC(2024, 0, 1),
    tags: {},
    organizationId: undefined,
    parentId: undefined,
  });
  expect(world.accounts.get('210987654321')!.email).toBe('x@example.com');
});

test('the delegated administrator administers in each Region without being named there', () => {
  const file = changed((each) => { each.securityHub['ap-south-1'] = {}; });
  expect(resolveOrganization(file).securityHub.get('ap-south-1')!.administrators)
    .toMatchObject([{ accountId: SECURITY_ACCOUNT, organizationId: 'o-organization1', configuration: 'LOCAL' }]);
});

test('hubs can be on everywhere', () => {
  const world = resolveOrganization(organizationOf({ accounts: 3, hubs: 'all' }));
  expect(world.securityHub.get('us-east-1')!.hubs).toHaveLength(5);
});

test.each<[string, (file: any) => void, string]>([
  ['a number for an account id', (f) => { f.outsideAccounts[0].id = 123456789012; }, 'outsideAccounts[0].id: 123456789012 is not'],
  ['eleven digits', (f) => { f.outsideAccounts[0].id = '12345678901'; }, 'outsideAccounts[0].id: "12345678901" is not'],
  ['an account twice', (f) => { f.outsideAccounts[0].id = memberAccount(1); }, `outsideAccounts[0].id: "${memberAccount(1)}" is there twice`],
  ['an e-mail address twice', (f) => { f.outsideAccounts[0].email = 'Security@example.com'; }, 'belongs to 888888888888 already'],
  ['no e-mail address', (f) => { f.outsideAccounts[0].email = 'nobody'; }, 'outsideAccounts[0].email: "nobody" does not match'],
  ['an unknown state', (f) => { f.outsideAccounts[0].state = 'active'; }, 'outsideAccounts[0].state: "active" is none of'],
  ['no date', (f) => { f.outsideAccounts[0].joined = 'yesterday'; }, 'outsideAccounts[0].joined: "yesterday" is no'],
  ['a misspelt member', (f) => { f.outsideAccounts[0].mail = 'x'; }, 'outsideAccounts[0]: unknown member "mail"'],
  ['no management account', (f) => { delete f.organizations[0].managementAccount; }, 'organizations[0]: no managementAccount'],
  ['a bad unit id', (f) => { f.organizations[0].organizationalUnits[0].id = 'prod'; }, 'organizations[0].organizationalUnits[0].id: "prod"'],
  ['a unit twice', (f) => { f.organizations[0].organizationalUnits[1].id = 'ou-org1-production'; }, 'is there twice'],
  ['a stranger as delegated administrator',
    (f) => { f.organizations[0].delegatedAdministrators[0].accountId = outsideAccount(1); }, 'is no account of this organization'],
  ['the management account as delegated administrator',
    (f) => { f.organizations[0].delegatedAdministrators[0].accountId = MANAGEMENT_ACCOUNT; }, 'cannot be a delegated administrator'],
  ['an unknown member', (f) => { f.securityHub['us-east-1'].administrators[0].members = ['123123123123']; }, 'there is no account "123123123123"'],
  ['a member twice',
    (f) => { f.securityHub['us-east-1'].administrators[0].members = [memberAccount(1), memberAccount(1)]; }, 'is there twice'],
  ['an unknown status', (f) => {
    f.securityHub['us-east-1'].administrators[0].members = [{ accountId: memberAccount(1), status: 'ENABLED' }];
  }, '"ENABLED" is none of Created'],
  ['an administrator of itself', (f) => { f.securityHub['us-east-1'].administrators[0].members = [SECURITY_ACCOUNT]; }, 'member of itself'],
  ['two administrators of one account', (f) => {
    f.securityHub['us-east-1'].administrators[0].members = [memberAccount(1)];
    f.securityHub['us-east-1'].administrators.push({ accountId: outsideAccount(1), members: [memberAccount(1)] });
  }, 'is a member of both'],
  ['auto-enable under central configuration', (f) => {
    Object.assign(f.securityHub['us-east-1'].administrators[0], { autoEnable: true, configuration: 'CENTRAL' });
  }, 'autoEnable must be off'],
  ['central configuration without an organization', (f) => {
    f.securityHub['us-east-1'].administrators.push({ accountId: outsideAccount(1), configuration: 'CENTRAL' });
  }, 'only a delegated administrator'],
  ['a refusal of an unknown operation', (f) => {
    f.securityHub['us-east-1'].refusals = [{ accountId: memberAccount(1), processingResult: 'x', operations: ['GetMembers'] }];
  }, '"GetMembers" is none of'],
  ['two administrators of Compute Optimizer', (f) => {
    const servicePrincipal = 'compute-optimizer.amazonaws.com';
    f.organizations[0].delegatedAdministrators.push(
      { servicePrincipal, accountId: memberAccount(1) }, { servicePrincipal, accountId: memberAccount(2) });
  }, '"compute-optimizer.amazonaws.com" is there twice'],
  ['an unknown account enrolled in Compute Optimizer',
    (f) => { f.computeOptimizer.enrolled = ['123123123123']; }, 'computeOptimizer.enrolled[0]: there is no account "123123123123"'],
  ['an unknown account with Automation',
    (f) => { f.computeOptimizer.automation = ['123123123123']; }, 'computeOptimizer.automation[0].accountId: there is no account'],
  ['an account with Automation twice',
    (f) => { f.computeOptimizer.automation.push(MANAGEMENT_ACCOUNT); }, 'computeOptimizer.automation: "999999999999" is there twice'],
  ['an unknown status of Automation', (f) => {
    f.computeOptimizer.automation = [{ accountId: memberAccount(1), status: 'Enabled' }];
  }, '"Enabled" is none of Active, Inactive, Pending, Failed'],
  ['an unknown rule mode', (f) => {
    f.computeOptimizer.automation = [{ accountId: memberAccount(1), organizationRuleMode: 'Any' }];
  }, '"Any" is none of AnyAllowed, NoneAllowed'],
  ['an active account that has opted out', (f) => {
    f.computeOptimizer.automation = [{ accountId: memberAccount(1), optedOut: '2026-01-01' }];
  }, 'optedOut: only an Inactive account has opted out'],
  ['no instant of opting out', (f) => {
    f.computeOptimizer.automation = [{ accountId: memberAccount(1), status: 'Inactive', optedOut: 'then' }];
  }, 'computeOptimizer.automation[0].optedOut: "then" is no'],
  ['an unknown organization without trusted access',
    (f) => { f.computeOptimizer.withoutTrustedAccess = ['o-x']; }, 'computeOptimizer.withoutTrustedAccess[0]: "o-x" is none of'],
  ['an association refused in an unknown way', (f) => {
    f.computeOptimizer.refusals = [{ accountId: memberAccount(1), text: 'x', how: 'loudly' }];
  }, 'computeOptimizer.refusals[0].how: "loudly" is none of'],
  ['an association refused in an unknown operation', (f) => {
    f.computeOptimizer.refusals = [{ accountId: memberAccount(1), text: 'x', operations: ['ListAccounts'] }];
  }, '"ListAccounts" is none of AssociateAccounts'],
  ['a misspelt member of Compute Optimizer', (f) => { f.computeOptimizer.enroled = []; }, 'computeOptimizer: unknown member "enroled"'],
])('fails on %s', (_, change, expected) => {
  expect(mistakes(changed(change)).join('\n')).toContain(expected);
});

test('Compute Optimizer is nobody\'s without being described, and everybody\'s where it is', () => {
  const file = organizationOf({ accounts: 1 });
  expect(resolveOrganization({ ...file, computeOptimizer: undefined }).computeOptimizer)
    .toEqual({ enrolled: [], automation: [], withoutTrustedAccess: [], refusals: [] });
  expect(resolveOrganization({ ...file, computeOptimizer: {} }).computeOptimizer.enrolled).toHaveLength(3);
});

test('who has Automation is associated, but for those who administer it and those outside', () => {
  const { computeOptimizer } = resolveOrganization(organizationOf({
    accounts: 2,
    outside: 1,
    computeOptimizerAdministrator: SECURITY_ACCOUNT,
    computeOptimizer: {
      automation: [memberAccount(1), outsideAccount(1), { accountId: memberAccount(2), status: 'Failed', organizationRuleMode: 'NoneAllowed' }],
      refusals: [{ accountId: memberAccount(1), text: 'no' }],
    },
  }));
  expect(computeOptimizer.automation.map((each) => [each.accountId, each.status, each.organizationRuleMode])).toEqual([
    [MANAGEMENT_ACCOUNT, 'Active', 'NoneAllowed'],
    [SECURITY_ACCOUNT, 'Active', 'NoneAllowed'],
    [memberAccount(1), 'Active', 'AnyAllowed'],
    [outsideAccount(1), 'Active', 'NoneAllowed'],
    [memberAccount(2), 'Failed', 'NoneAllowed'],
  ]);
  expect(computeOptimizer.refusals).toEqual([{ accountId: memberAccount(1), text: 'no', how: 'errors', operations: ['AssociateAccounts'] }]);
});

test('fails on all mistakes at once', () => {
  const file = changed((each) => {
    each.outsideAccounts[0].state = 'x';
    each.securityHub['us-east-1'].hubs = ['5'];
  });
  expect(mistakes(file)).toHaveLength(2);
  expect(() => resolveOrganization(file)).toThrow(/^The organization file has 2 mistakes:\n {2}/);
});

test('the demo has 120 accounts: some members already, some suspended, one that belongs to another administrator', () => {
  const world = readOrganizationFile(DEMO);
  const inside = [...world.accounts.values()].filter((each) => each.organizationId !== undefined);
  expect(inside).toHaveLength(120);
  expect(inside.filter((each) => each.state !== 'ACTIVE')).toHaveLength(3);
  expect(world.organizations[0].units.length).toBeGreaterThan(5);
  const [own, other] = world.securityHub.get('us-east-1')!.administrators;
  expect(own.organizationId).toBe('o-landingzone');
  expect(own.members.filter((each) => each.status === 'Enabled')).toHaveLength(8);
  expect(world.accounts.get(other.members[0].accountId)!.organizationId).toBe('o-landingzone');
});

test('the members of an organization for tests are distinct and keep their zeros', () => {
  expect(new Set(memberAccounts(10_000)).size).toBe(10_000);
  expect(memberAccount(7)).toBe('000000000007');
});
