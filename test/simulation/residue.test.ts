/**
 * What is left to read when a removal has failed and the ledger goes in the same clean-up (W16), with everything around it.
 */
import { Life, PLACE } from './driver';
import { A, B, expectNoBreach } from './support';
import { logicalId } from './templates';

test('W16 L10 the last construct goes, and the ledger with it, while AWS refuses a removal: event and log name the account', async () => {
  const life = new Life();
  await life.deploy({ members: { Members: { accounts: [A, B], wait: 30 } } });
  const table = life.ledgerName()!;
  const logGroup = [...life.stack()!.resources.values()].find(({ type }) => type === 'AWS::Logs::LogGroup')!.physicalId!;
  life.securityHub.refuse(PLACE.region, A, null, ['DisassociateMembers']);

  expect(await life.deploy({ members: {} })).toBe('UPDATE_COMPLETE');

  expect(life.tables.has(table)).toBe(false);
  expect(life.memberIds()).toEqual([A]);
  const failures = life.engine.events('Stack', PLACE).filter(({ ResourceStatus }) => ResourceStatus === 'DELETE_FAILED');
  expect(failures.map(({ LogicalResourceId }) => LogicalResourceId)).toEqual([logicalId('Members')]);
  expect(failures[0].ResourceStatusReason).toContain(A);
  expect(failures[0].ResourceStatusReason).not.toContain(B);

  const lines = life.log.map(({ text }) => JSON.parse(text)).filter(({ message }) => message === 'accounts');
  expect(lines).toEqual([expect.objectContaining({ outcome: 'refused', accounts: [A] })]);
  expect(life.aws.logs.hasGroup({ ...PLACE, name: logGroup })).toBe(true);
  await expectNoBreach(life);
});
