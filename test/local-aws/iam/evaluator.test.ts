import { evaluate, evaluateTrust, like, type PolicyDocument, type PolicyRequest, type Statement } from './evaluator';

const HUB = 'arn:aws:securityhub:eu-west-1:111122223333:hub/default';

function decide(statements: Partial<Statement>[], request: Partial<PolicyRequest> = {}) {
  const Statement = statements.map((statement) => ({ Effect: 'Allow' as const, Action: '*', Resource: '*', ...statement }));
  return evaluate([{ Statement }], { action: 'securityhub:CreateMembers', resource: HUB, context: {}, ...request });
}

describe('IAM policies', () => {
  test('nothing is allowed without a statement', () => {
    expect(evaluate([], { action: 'a:b', resource: '*', context: {} })).toBe('implicitDeny');
    expect(decide([])).toBe('implicitDeny');
  });

  test.each([
    ['securityhub:CreateMembers', 'allow'],
    ['SecurityHub:createmembers', 'allow'],
    ['securityhub:*Members', 'allow'],
    ['securityhub:CreateMember?', 'allow'],
    ['securityhub:CreateMember', 'implicitDeny'],
    ['securityhub:Get*', 'implicitDeny'],
  ])('action %s: %s', (Action, decision) => expect(decide([{ Action }])).toBe(decision));

  test.each([
    [HUB, 'allow'],
    ['arn:aws:securityhub:*:111122223333:hub/default', 'allow'],
    ['arn:aws:securityhub:eu-west-1:${aws:PrincipalAccount}:hub/default', 'allow'],
    ['arn:aws:securityhub:*:444455556666:hub/default', 'implicitDeny'],
    ['arn:aws:securityhub:eu-west-1:111122223333:HUB/default', 'implicitDeny'],
  ])('resource %s: %s', (Resource, decision) =>
    expect(decide([{ Resource }], { context: { 'aws:principalaccount': '111122223333' } })).toBe(decision));

  test('a call on all resources is not allowed by a statement on one', () => {
    expect(decide([{ Resource: HUB }], { resource: '*' })).toBe('implicitDeny');
  });

  test('NotAction and NotResource allow what they do not name', () => {
    expect(decide([{ Action: undefined, NotAction: 'iam:*' }])).toBe('allow');
    expect(decide([{ Action: undefined, NotAction: ['iam:*', 'securityhub:*'] }])).toBe('implicitDeny');
    expect(decide([{ Resource: undefined, NotResource: HUB }])).toBe('implicitDeny');
    expect(decide([{ Resource: undefined, NotResource: 'arn:aws:s3:::*' }])).toBe('allow');
  });

  test('an explicit deny wins, wherever it stands', () => {
    expect(decide([{}, { Effect: 'Deny', Action: 'securityhub:Create*' }])).toBe('explicitDeny');
    expect(decide([{ Effect: 'Deny', Action: 'securityhub:Create*' }, {}])).toBe('explicitDeny');
    expect(decide([{}, { Effect: 'Deny', Action: 'iam:*' }])).toBe('allow');
  });

  test('one statement instead of a list, and several policies', () => {
    const one: PolicyDocument = { Statement: { Effect: 'Allow', Action: 'x:y', Resource: '*' } };
    const other: PolicyDocument = { Statement: [{ Effect: 'Allow', Action: 'a:b', Resource: '*' }] };
    expect(evaluate([one, other], { action: 'a:b', resource: 'r', context: {} })).toBe('allow');
  });

  test.each<[Statement['Condition'], Record<string, string | string[]>, string]>([
    [{ StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } }, { 'aws:requestedregion': 'eu-west-1' }, 'allow'],
    [{ StringEquals: { 'aws:RequestedRegion': ['us-east-1', 'eu-west-1'] } }, { 'aws:requestedregion': 'eu-west-1' }, 'allow'],
    [{ StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }, { 'aws:requestedregion': 'eu-west-1' }, 'implicitDeny'],
    [{ StringEquals: { 'aws:RequestedRegion': 'us-east-1' } }, {}, 'implicitDeny'],
    [{ StringEqualsIfExists: { 'aws:RequestedRegion': 'us-east-1' } }, {}, 'allow'],
    [{ StringNotEquals: { 'aws:RequestedRegion': ['us-east-1', 'eu-west-1'] } }, { 'aws:requestedregion': 'eu-west-1' }, 'implicitDeny'],
    [{ StringNotEquals: { 'aws:RequestedRegion': 'us-east-1' } }, {}, 'allow'],
    [{ StringLike: { k: 'eu-*' } }, { k: 'eu-west-1' }, 'allow'],
    [{ StringNotLike: { k: 'eu-*' } }, { k: 'eu-west-1' }, 'implicitDeny'],
    [{ StringEqualsIgnoreCase: { k: 'ABC' } }, { k: 'abc' }, 'allow'],
    [{ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/R' } }, { 'aws:principalarn': 'arn:aws:iam::1:role/R' }, 'allow'],
    [{ ArnNotLike: { k: 'arn:aws:iam::*:role/R' } }, { k: 'arn:aws:iam::1:role/R' }, 'implicitDeny'],
    [{ Bool: { 'aws:SecureTransport': false } }, { 'aws:securetransport': 'true' }, 'implicitDeny'],
    [{ Bool: { 'aws:SecureTransport': 'true' } }, { 'aws:securetransport': 'true' }, 'allow'],
    [{ NumericLessThanEquals: { k: 5 } }, { k: '5' }, 'allow'],
    [{ NumericGreaterThan: { k: '5' } }, { k: '5' }, 'implicitDeny'],
    [{ DateGreaterThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } }, { 'aws:currenttime': '2026-06-01T00:00:00.000Z' }, 'allow'],
    [{ Null: { k: 'true' } }, {}, 'allow'],
    [{ Null: { k: true } }, { k: 'x' }, 'implicitDeny'],
    [{ 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'b'] }, 'allow'],
    [{ 'ForAllValues:StringEquals': { k: ['a'] } }, { k: ['a', 'b'] }, 'implicitDeny'],
    [{ 'ForAllValues:StringEquals': { k: ['a'] } }, {}, 'allow'],
    [{ 'ForAnyValue:StringLike': { k: ['a*'] } }, { k: ['b', 'ab'] }, 'allow'],
    [{ 'ForAnyValue:StringLike': { k: ['a*'] } }, {}, 'implicitDeny'],
    [{ StringEquals: { k: 'a', j: 'b' } }, { k: 'a' }, 'implicitDeny'],
    [{ StringEquals: { k: 'a' }, Bool: { j: 'true' } }, { k: 'a', j: 'true' }, 'allow'],
  ])('condition %j in %j: %s', (Condition, context, decision) => expect(decide([{ Condition }], { context })).toBe(decision));

  test('fails loudly on a condition operator that is not modelled', () => {
    expect(() => decide([{ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }], { context: { 'aws:sourceip': '10.0.0.1' } }))
      .toThrow("'IpAddress' is not modelled");
  });

  test('patterns take dots and line ends literally', () => {
    expect(like('a.c', 'abc')).toBe(false);
    expect(like('a*c', 'a\nc')).toBe(true);
    expect(like('arn:aws:s3:::b/${*}', 'arn:aws:s3:::b/${x}')).toBe(true);
  });
});

describe('trust policies', () => {
  const trust = (Principal: Statement['Principal'], Condition?: Statement['Condition']) =>
    evaluateTrust({ Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal, Condition } }, ['arn:aws:iam::1:root', '1'], 'sts:AssumeRole', { 'sts:externalid': 'e' });

  test.each<[Statement['Principal'], string]>([
    ['*', 'allow'],
    [{ AWS: '*' }, 'allow'],
    [{ AWS: 'arn:aws:iam::1:root' }, 'allow'],
    [{ AWS: ['2', '1'] }, 'allow'],
    [{ AWS: 'arn:aws:iam::2:root' }, 'implicitDeny'],
    [{ Service: 'lambda.amazonaws.com' }, 'implicitDeny'],
    [undefined, 'implicitDeny'],
  ])('principal %j: %s', (principal, decision) => expect(trust(principal)).toBe(decision));

  test('conditions count', () => {
    expect(trust('*', { StringEquals: { 'sts:ExternalId': 'e' } })).toBe('allow');
    expect(trust('*', { StringEquals: { 'sts:ExternalId': 'f' } })).toBe('implicitDeny');
  });
});
