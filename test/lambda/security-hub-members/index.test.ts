import { ADMINISTRATOR, eventOf, REGION } from '../support/events';
import { jsonError, Loopback, type Reply } from '../support/loopback';
import { runScript } from '../support/plain-node';

/** As Lambda sets it for a function of this library, with everything else that could give credentials or regions. */
function environment({ url }: Loopback): NodeJS.ProcessEnv {
  return {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'AKIAFUNCTION',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'session-of-the-function',
    LEDGER_TABLE_NAME: 'TheLedger',
    AWS_ENDPOINT_URL: url,
    AWS_PROFILE: 'nobody',
    AWS_CONFIG_FILE: '/nowhere/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials',
  };
}

describe('the entry point', () => {
  let loopback: Loopback;

  beforeEach(async () => {
    loopback = await Loopback.start();
  });

  afterEach(() => loopback.stop());

  /** Delivers an event whose answer comes here; DynamoDB answers as told. */
  async function deliver(type: 'Create' | 'Delete', dynamodb: Reply) {
    loopback.behaviour = ({ method }) => (method === 'PUT' ? { status: 200 } : dynamodb);
    const { ResponseURL } = eventOf({ type, issuedAt: Date.now() - 5_000 });
    const url = String(ResponseURL).replace(/^https:\/\/[^/]*/, loopback.url);
    const ended = await runScript('deliver.ts', { ...eventOf({ type }), ResponseURL: url }, environment(loopback));
    const answers = loopback.received.filter(({ method }) => method === 'PUT').map(({ body }) => JSON.parse(body));
    return { ...ended, answers, calls: loopback.received.filter(({ method }) => method !== 'PUT') };
  }

  test('takes table, Region and credentials from the environment, and answers', async () => {
    const { answers, calls, output } = await deliver('Delete', jsonError('ResourceNotFoundException', 400, 'no table'));
    expect(answers).toMatchObject([{
      Status: 'SUCCESS',
      Reason: expect.stringContaining("the ledger table 'TheLedger' is gone"),
      Data: { LedgerTableName: 'TheLedger' },
    }]);
    expect(calls).toHaveLength(1);
    expect(JSON.parse(calls[0].body)).toMatchObject({ TableName: 'TheLedger', ConsistentRead: true });
    expect(calls[0].headers).toMatchObject({
      'x-amz-security-token': 'session-of-the-function',
      'authorization': expect.stringMatching(new RegExp(`Credential=AKIAFUNCTION/\\d{8}/${REGION}/dynamodb/`)),
    });
    expect(output.endsWith('\n')).toBe(true);
  }, 20_000);

  test('P9: logs one object a line, without the URL, the token or the key', async () => {
    const { output, errors } = await deliver('Create', jsonError('ResourceNotFoundException', 400, 'no table'));
    expect(output + errors).toContain('no ledger');
    for (const secret of ['X-Amz-Signature', 'session-of-the-function', 'AKIAFUNCTION', loopback.url]) {
      expect(output + errors).not.toContain(secret);
    }
  }, 20_000);

  test('P1: throws where nobody could be answered, so that Lambda tells', async () => {
    const { output } = await runScript('deliver.ts', { account: ADMINISTRATOR }, environment(loopback));
    expect(output).toContain('MalformedEvent');
    expect(loopback.received).toHaveLength(0);
  }, 20_000);
});
