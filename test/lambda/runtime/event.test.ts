import * as fc from 'fast-check';
import { issueTime, MalformedEvent, parseRequest, returnAddress } from '../../../lambda/runtime/event';
import { eventOf, LOGICAL_ID, responseUrl, STACK_ID } from '../support/events';

const ISSUED = Date.UTC(2026, 10, 21, 4, 5, 6);

describe('a well-formed event', () => {
  test('P4: is read member by member', () => {
    const properties = { Accounts: ['111122223333'], ServiceTimeout: '1200' };
    const event = eventOf({ type: 'Update', physicalId: 'id', requestId: 'r', properties, issuedAt: ISSUED });
    expect(parseRequest(event)).toEqual({
      type: 'Update',
      requestId: 'r',
      stackId: STACK_ID,
      logicalId: LOGICAL_ID,
      physicalId: 'id',
      properties: { ServiceToken: 'arn', ...properties },
      oldProperties: {},
      responseUrl: event.ResponseURL,
      issued: { kind: 'X-Amz-Date', at: ISSUED },
      serviceTimeoutSeconds: 1200,
    });
  });

  test('P6: may hold members that nobody knows', () => {
    expect(parseRequest({ ...eventOf(), NewMember: { of: 'tomorrow' } })).toEqual(parseRequest(eventOf()));
  });

  test('has no physical id on Create', () => {
    expect(parseRequest(eventOf({ type: 'Create' })).physicalId).toBeUndefined();
    expect(parseRequest({ ...eventOf({ type: 'Create' }), PhysicalResourceId: '' }).physicalId).toBeUndefined();
  });

  test('D6: has whatever physical id CloudFormation invents on Delete', () => {
    expect(parseRequest(eventOf({ type: 'Delete', physicalId: 'Stack_Members_1AB2' })).physicalId).toBe('Stack_Members_1AB2');
  });

  test('an Update has the properties before it, if they are there; other requests have none', () => {
    const OldResourceProperties = { Accounts: ['444455556666'] };
    const old = (type: 'Create' | 'Update' | 'Delete', more: object = { OldResourceProperties }) =>
      parseRequest({ ...eventOf({ type, physicalId: 'id' }), ...more }).oldProperties;
    expect([old('Create'), old('Update'), old('Delete'), old('Update', { OldResourceProperties: undefined })]).toEqual([
      undefined, OldResourceProperties, undefined, undefined,
    ]);
  });

  test('P5: may lack its properties', () => {
    const { ResourceProperties, ...event } = eventOf();
    expect(ResourceProperties).toBeDefined();
    expect(parseRequest(event)).toMatchObject({ properties: {}, serviceTimeoutSeconds: 3600 });
  });

  test.each([
    ['1', 1],
    ['3600', 3600],
    [900, 900],
    ['3601', 3600],
    ['0', 3600],
    ['-5', 3600],
    ['1.5', 3600],
    ['', 3600],
    ['soon', 3600],
    [undefined, 3600],
    [null, 3600],
    [['60', '61'], 3600],
  ])('P5: its ServiceTimeout %j is %d s', (ServiceTimeout, seconds) => {
    expect(parseRequest(eventOf({ properties: { ServiceTimeout } })).serviceTimeoutSeconds).toBe(seconds);
  });
});

describe('a malformed event', () => {
  const members = ['RequestId', 'StackId', 'LogicalResourceId', 'ResponseURL'];

  test.each(members.flatMap((member) => [undefined, '', 5, null, {}].map((value) => ({ member, value }))))(
    'P1: fails without an address where $member is $value',
    ({ member, value }) => {
      const event = { ...eventOf(), [member]: value };
      expect(returnAddress(event)).toBeUndefined();
      expect(() => parseRequest(event)).toThrow(MalformedEvent);
    },
  );

  test.each([undefined, null, 'Upsert', 'create', '', 7, {}])('P6: fails with its RequestType %j', (RequestType) => {
    const event = { ...eventOf(), RequestType };
    expect(() => parseRequest(event)).toThrow(/RequestType is .*none of 'Create', 'Update' and 'Delete'/);
    expect(returnAddress(event)).toBeDefined();
  });

  test('P1: fails as an Update without a physical id', () => {
    const { PhysicalResourceId, ...event } = eventOf({ type: 'Update' });
    expect(PhysicalResourceId).toBeDefined();
    expect(() => parseRequest(event)).toThrow('the Update event has no PhysicalResourceId');
  });

  test('P1: whatever it is, it fails as malformed or is a request', () => {
    fc.assert(
      fc.property(fc.anything(), (event) => {
        try {
          parseRequest(event);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedEvent);
        }
      }),
    );
  });

  test('P1: whatever its members are, it fails as malformed or is a request', () => {
    const member = fc.option(fc.oneof(fc.string(), fc.constant('Create'), fc.anything()));
    const event = fc.record(
      Object.fromEntries(Object.keys(eventOf({ type: 'Update' })).map((name) => [name, member])),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(event, (candidate) => {
        try {
          expect(typeof parseRequest(candidate).requestId).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedEvent);
        }
      }),
    );
  });
});

describe('the issue time', () => {
  test('is the X-Amz-Date of a SigV4 URL', () => {
    expect(issueTime(responseUrl(ISSUED, 'SigV4'))).toEqual({ kind: 'X-Amz-Date', at: ISSUED });
  });

  test('is the Expires of a SigV2 URL, in milliseconds', () => {
    expect(issueTime(responseUrl(ISSUED, 'SigV2'))).toEqual({ kind: 'Expires', at: ISSUED + 7_200_000 });
  });

  test.each([
    responseUrl(ISSUED, 'timeless'),
    'https://bucket.example/key',
    'https://bucket.example/key?X-Amz-Date=yesterday&X-Amz-Expires=7200',
    'https://bucket.example/key?X-Amz-Date=20261121T040506',
    'https://bucket.example/key?Expires=never',
    'https://bucket.example/key?Expires=12345678',
    'no URL at all',
    '',
  ])('is unknown in %j', (url) => {
    expect(issueTime(url)).toBeUndefined();
  });

  test('of SigV4 is taken where a URL has both', () => {
    expect(issueTime(`${responseUrl(ISSUED, 'SigV4')}&Expires=1795000000`)?.kind).toBe('X-Amz-Date');
  });

  test('keeps the order of the times from which URLs are made, to the second', () => {
    const second = fc.integer({ min: Date.UTC(2020) / 1000, max: Date.UTC(2100) / 1000 });
    fc.assert(
      fc.property(second, second, fc.constantFrom('SigV4' as const, 'SigV2' as const), (a, b, form) => {
        const [first, other] = [a, b].map((at) => issueTime(responseUrl(at * 1000, form))!.at);
        expect(other - first).toBe((b - a) * 1000);
      }),
    );
  });
});
