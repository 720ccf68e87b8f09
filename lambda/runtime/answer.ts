/**
 * The answer to CloudFormation: at most 4,096 bytes of JSON, the same bytes for every delivery of one request.
 */
import type { ReturnAddress } from './event';

export interface Answer {
  readonly status: 'SUCCESS' | 'FAILED';
  readonly physicalId: string;
  /** One sentence, or a few. Required for FAILED; on SUCCESS it shows in the stack's events. */
  readonly reason?: string;
  /** Every attribute of the resource, empty where unknown: a missing one fails the stack. */
  readonly data: Readonly<Record<string, string>>;
}

/** CloudFormation refuses a longer body. */
const LONGEST_BODY = 4096;
/** CloudFormation's events show about this much, in bytes. */
export const LONGEST_REASON = 1024;

/** Renders the answer; a reason that is too long is cut at a character, data never. */
export function renderAnswer(
  address: Pick<ReturnAddress, 'StackId' | 'RequestId' | 'LogicalResourceId'>,
  answer: Answer,
): string {
  const body = (reason: string | undefined) =>
    JSON.stringify({
      Status: answer.status,
      ...(reason === undefined ? {} : { Reason: reason }),
      PhysicalResourceId: answer.physicalId,
      StackId: address.StackId,
      RequestId: address.RequestId,
      LogicalResourceId: address.LogicalResourceId,
      Data: answer.data,
    });
  if (answer.reason === undefined) return body(answer.status === 'FAILED' ? 'no reason was given' : undefined);
  for (let limit = LONGEST_REASON; ; limit -= 64) {
    const text = body(cutToBytes(answer.reason, limit));
    if (Buffer.byteLength(text) <= LONGEST_BODY || limit <= 64) return text;
  }
}

/** The longest beginning of `text` of at most `bytes` bytes, with an ellipsis where something was cut off. */
export function cutToBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let size = Buffer.byteLength('…');
  let kept = '';
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) break;
    kept += character;
  }
  return `${kept}…`;
}
