/**
 * Prints what real clients throw for each reply that a loopback server gives, and what the handler makes of it.
 *
 * Runs in a process of its own: inside jest, errors of Node.js itself belong to another realm, and the SDK wraps them beyond recognition.
 */
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateMembersCommand } from '@aws-sdk/client-securityhub';
import { clients, Loopback, type Reply } from './loopback';
import { errorName, refusedForSure, said, transient } from '../../../lambda/runtime/errors';

/** A reply to a request of one of the services; no reply: nobody listens. */
export interface ErrorCase {
  readonly service: 'securityhub' | 'dynamodb';
  readonly reply?: Reply;
  /** The caller gives up this many milliseconds after its request has arrived. */
  readonly abortAfter?: number;
}

export interface ErrorMeaning {
  readonly name: string;
  readonly said: string;
  /** `refused` or `open`, `transient` or `final`. */
  readonly meaning: string;
  readonly requests: number;
}

async function meaningOf({ service, reply, abortAfter }: ErrorCase): Promise<ErrorMeaning> {
  const caller = new AbortController();
  const loopback = await Loopback.start(() => {
    if (abortAfter !== undefined) setTimeout(() => caller.abort(), abortAfter);
    return reply!;
  });
  if (reply === undefined) await loopback.stop();
  const { securityHub, dynamodb } = clients(loopback);
  const abortSignal = caller.signal;
  const call = service === 'securityhub'
    ? securityHub.send(new CreateMembersCommand({ AccountDetails: [{ AccountId: '111122223333' }] }), { abortSignal })
    : dynamodb.send(new GetItemCommand({ TableName: 'T', Key: { pk: { S: 'p' } } }), { abortSignal });
  const error = await (call as Promise<unknown>).then(() => undefined, (thrown: unknown) => thrown);
  securityHub.destroy();
  dynamodb.destroy();
  if (reply !== undefined) await loopback.stop();
  return {
    name: errorName(error),
    said: said(error),
    meaning: `${refusedForSure(error) ? 'refused' : 'open'}, ${transient(error) ? 'transient' : 'final'}`,
    requests: loopback.received.length,
  };
}

async function main(): Promise<void> {
  const cases = JSON.parse(process.argv[2]) as ErrorCase[];
  process.stdout.write(JSON.stringify(await Promise.all(cases.map(meaningOf))));
}

void main();
