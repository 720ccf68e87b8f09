import { eventOf, REGION } from '../support/events';
import { jsonError, Loopback } from '../support/loopback';
import { runScript } from '../support/plain-node';

test('the entry point takes table, Region and credentials from the environment, and answers', async () => {
  const loopback = await Loopback.start(({ method }) =>
    method === 'PUT' ? { status: 200 } : jsonError('ResourceNotFoundException', 400, 'no table'));
  const { ResponseURL } = eventOf({ type: 'Delete', issuedAt: Date.now() - 5_000 });
  const url = String(ResponseURL).replace(/^https:\/\/[^/]*/, loopback.url);
  const { output, errors } = await runScript('deliver.ts', { ...eventOf({ type: 'Delete' }), ResponseURL: url }, {
    HANDLER_NAME: 'compute-optimizer-association',
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'AKIAFUNCTION',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'session-of-the-function',
    LEDGER_TABLE_NAME: 'TheLedger',
    AWS_ENDPOINT_URL: loopback.url,
  });
  await loopback.stop();
  const [call, answer] = loopback.received;
  expect(JSON.parse(call.body)).toMatchObject({ TableName: 'TheLedger' });
  expect(JSON.parse(answer.body)).toMatchObject({
    Status: 'SUCCESS',
    Reason: expect.stringContaining("the ledger table 'TheLedger' is gone"),
    Data: { LedgerTableName: 'TheLedger' },
  });
  // P9
  for (const secret of ['X-Amz-Signature', 'session-of-the-function', 'AKIAFUNCTION']) expect(output + errors).not.toContain(secret);
}, 20_000);
