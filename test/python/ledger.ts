/**
 * A ledger as the product writes it, to be read with Python's clients: plays a life, serves the AWS that it went on in,
 * prints where the ledger is, and ends with its standard input.
 */
import { once } from 'node:events';
import { memberAccount, memberAccounts, organizationOf, outsideAccount, SECURITY_ACCOUNT } from '../local-aws/organization-file';
import { startWireServer } from '../local-aws/wire/server';
import { Life, REGION } from '../simulation/driver';

async function main(): Promise<void> {
  const life = new Life({
    ledger: 'dynamodb',
    organization: organizationOf({
      accounts: 6,
      outside: 1,
      members: [memberAccount(2)],
      states: { [memberAccount(3)]: 'SUSPENDED' },
      refusals: [{ accountId: memberAccount(4), processingResult: 'not this one' }],
    }),
  });
  const others = { accounts: [memberAccount(2)] };
  const members = (count: number) => ({
    accounts: memberAccounts(count), outside: [outsideAccount(1)], failureTolerance: 'accounts:1',
  });
  await life.deploy({ members: { Members: members(5), Others: others } });
  await life.deploy({ members: { Members: members(4), Others: others } });

  const server = await startWireServer((request) => life.aws.handle(request));
  console.log(JSON.stringify({ url: server.url, table: life.ledgerName(), account: SECURITY_ACCOUNT, region: REGION }));
  process.stdin.resume();
  await once(process.stdin, 'end');
  await server.stop();
}

main().catch((error: Error) => {
  console.error(error);
  process.exit(1);
});
