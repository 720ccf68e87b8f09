import { isDeepStrictEqual } from 'node:util';
import { CreateMembersCommand } from '@aws-sdk/client-securityhub';
import * as fc from 'fast-check';
import { refusedForSure, said, transient, withoutSecrets } from '../../../lambda/runtime/errors';
import type { ErrorCase, ErrorMeaning } from '../support/error-meanings';
import { clients, jsonError, Loopback, restJsonError } from '../support/loopback';
import { runScript } from '../support/plain-node';

/** Name, status, and what it means. */
const OF_SECURITY_HUB: readonly (readonly [string, number, string])[] = [
  ['InvalidInputException', 400, 'refused, final'],
  ['InvalidAccessException', 401, 'refused, final'],
  ['AccessDeniedException', 403, 'refused, final'],
  ['ResourceNotFoundException', 404, 'refused, final'],
  ['ResourceConflictException', 409, 'refused, final'],
  ['LimitExceededException', 429, 'refused, transient'],
  ['InternalException', 500, 'open, transient'],
  // not in the model
  ['ThrottlingException', 429, 'refused, transient'],
  ['TooManyRequestsException', 429, 'refused, transient'],
  ['ServiceUnavailable', 503, 'open, transient'],
  ['ExpiredTokenException', 403, 'refused, final'],
  ['SomethingNewException', 400, 'refused, final'],
  ['SomethingNewException', 500, 'open, transient'],
  ['SomethingNewException', 599, 'open, transient'],
];
const OF_DYNAMODB: readonly (readonly [string, number, string])[] = [
  ['ConditionalCheckFailedException', 400, 'refused, final'],
  ['ResourceNotFoundException', 400, 'refused, final'],
  ['ProvisionedThroughputExceededException', 400, 'refused, transient'],
  ['RequestLimitExceeded', 400, 'refused, transient'],
  ['ThrottlingException', 400, 'refused, transient'],
  ['InternalServerError', 500, 'open, transient'],
  ['ValidationException', 400, 'refused, final'],
];
const HTML = { 'content-type': 'text/html' };
const OF_CONNECTIONS: Readonly<Record<string, Omit<ErrorCase, 'service'>>> = {
  'F3: a connection that is reset': { reply: { kind: 'reset' } },
  'F6: silence that the caller ends': { reply: { kind: 'silence' }, abortAfter: 50 },
  'F9: an answer that ends in the middle': { reply: { kind: 'truncated', body: '{"UnprocessedAcc' } },
  'F9: a complete answer that is no JSON': { reply: { status: 200, body: '{"UnprocessedAcc' } },
  'F9: a server error that is no JSON': { reply: { status: 502, headers: HTML, body: '<html>Bad Gateway</html>' } },
  'a server that nobody runs': {},
};

describe('errors of real clients', () => {
  const cases: ErrorCase[] = [
    ...OF_SECURITY_HUB.map(([name, status]): ErrorCase => ({ service: 'securityhub', reply: restJsonError(name, status, 'AWS’s words') })),
    ...OF_DYNAMODB.map(([name, status]): ErrorCase => ({ service: 'dynamodb', reply: jsonError(name, status, 'words') })),
    ...Object.values(OF_CONNECTIONS).flatMap((reply) => [
      { service: 'securityhub' as const, ...reply },
      { service: 'dynamodb' as const, ...reply },
    ]),
  ];
  let meanings: ErrorMeaning[];
  const meaningOf = (service: ErrorCase['service'], reply: ErrorCase['reply']) => (
    meanings[cases.findIndex((each) => each.service === service && isDeepStrictEqual(each.reply, reply))]
  );

  beforeAll(async () => {
    const { output, errors } = await runScript('error-meanings.ts', cases);
    if (output === '') throw new Error(errors);
    meanings = JSON.parse(output);
  }, 30_000);

  test.each(OF_SECURITY_HUB)('F5, F10: %s with status %d is %s', (name, status, means) => {
    expect(meaningOf('securityhub', restJsonError(name, status, 'AWS’s words'))).toEqual({
      name,
      said: `${name}: AWS’s words (request id f0f0f0f0-1111-2222-3333-444455556666)`,
      meaning: means,
      requests: 1,
    });
  });

  test.each(OF_DYNAMODB)('%s of DynamoDB with status %d is %s', (name, status, means) => {
    expect(meaningOf('dynamodb', jsonError(name, status, 'words'))).toMatchObject({ name, meaning: means, requests: 1 });
  });

  test.each(Object.keys(OF_CONNECTIONS))('%s leaves open what has happened, and is worth another request', (title) => {
    const { reply } = OF_CONNECTIONS[title];
    for (const service of ['securityhub', 'dynamodb'] as const) {
      // one request per call: what more were sent would be unknown to the ledger (W4)
      expect(meaningOf(service, reply)).toMatchObject({ meaning: 'open, transient', requests: reply === undefined ? 0 : 1 });
    }
  });
});

describe('a call', () => {
  test('W6: is never sent once its window has closed', async () => {
    const loopback = await Loopback.start();
    const { securityHub } = clients(loopback);
    const command = new CreateMembersCommand({ AccountDetails: [] });
    const call = securityHub.send(command, { abortSignal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect(loopback.received).toHaveLength(0);
    securityHub.destroy();
    await loopback.stop();
  });
});

describe('errors of our own', () => {
  test.each(['Stop', 'OutOfTime', 'PropertyError', 'MalformedEvent', 'UnknownFormat'])('%s speaks for itself', (name) => {
    const error = Object.assign(new Error('do\n  this'), { name });
    expect(said(error)).toBe('do this');
    expect(refusedForSure(error)).toBe(false);
  });

  test.each(['Stop', 'PropertyError', 'UnknownFormat'])('%s is not worth another request', (name) => {
    expect(transient(Object.assign(new Error('do this'), { name }))).toBe(false);
  });

  test.each([undefined, null, 'text', 5, {}])('F10: %j in place of an error is told without failing', (thrown) => {
    expect(said(thrown)).toBe('Error: no message');
    expect(refusedForSure(thrown)).toBe(false);
  });
});

describe('errors whose parts contradict each other', () => {
  test.each([
    ['a server fault without a status', { $fault: 'server' }, false, true],
    ['a client fault without a status', { $fault: 'client' }, true, false],
    ['a client fault with a server status', { $fault: 'client', $metadata: { httpStatusCode: 500 } }, false, true],
    ['a client fault in a success', { $fault: 'client', $metadata: { httpStatusCode: 200 } }, false, false],
    ['a server fault with a client status', { $fault: 'server', $metadata: { httpStatusCode: 400 } }, false, true],
    ['a status alone', { $metadata: { httpStatusCode: 400 } }, false, false],
  ])('%s: open unless AWS has clearly refused', (_words, members, refused, again) => {
    const error = Object.assign(new Error('words'), { name: 'SomethingNew' }, members);
    expect(refusedForSure(error)).toBe(refused);
    expect(transient(error)).toBe(again);
  });
});

describe('P9: what AWS said', () => {
  test('has no e-mail address', () => {
    const error = Object.assign(new Error('account 111122223333 (root@example.com, "a.b+c@sub.example.co.uk") exists'), { name: 'X' });
    expect(said(error)).toBe('X: account 111122223333 ((e-mail address), "(e-mail address)") exists');
  });

  test('has no e-mail address of any form that Organizations accepts', () => {
    const address = fc.stringMatching(/^[a-zA-Z0-9.!#$%&'*+/?^_`{|}~-]{1,20}@[a-z0-9-]{1,20}(\.[a-z]{2,5}){1,2}$/);
    const around = fc.constantFrom(' ', '"', '<', '>', '(', ')', ',', ';', ':', '=', '\n', '');
    fc.assert(
      fc.property(address, around, around, (email, before, after) => {
        const text = withoutSecrets(`the address${before}${email}${after}is taken`);
        expect(text).not.toContain('@');
        expect(text).not.toContain(email.split('@')[1]);
        if (before !== '') expect(text.startsWith(`the address${before}(`)).toBe(true);
      }),
    );
  });

  test('is one line', () => {
    expect(said(Object.assign(new Error('a\r\n\tb  c '), { name: 'X' }))).toBe('X: a b c');
  });

  test('has no session token, which AWS quotes where a signature is wrong', () => {
    const message = [
      'The request signature we calculated does not match. The Canonical String for this request should have been',
      "'POST /members host:securityhub.us-east-1.amazonaws.com x-amz-security-token:IQoJb3JpZ2luX2VjEJr//////// x'",
    ].join(' ');
    expect(said(Object.assign(new Error(message), { name: 'InvalidSignatureException' }))).not.toContain('IQoJb3JpZ2luX2Vj');
  });
});
