/**
 * What an error of an AWS call means, read from its name and shape and never from its text.
 */

interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly $fault?: 'client' | 'server';
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

/** The error's name, as the service's model has it. */
export function errorName(error: unknown): string {
  return (error as SdkError)?.name ?? 'Error';
}

/**
 * Whether AWS has said that it did not do what was asked. A 4xx says so. A reset, a time-out, a 5xx or an answer that cannot be read
 * leaves it open: the effect may have come, or may yet come.
 */
export function refusedForSure(error: unknown): boolean {
  const status = (error as SdkError)?.$metadata?.httpStatusCode;
  return (error as SdkError)?.$fault === 'client' && (status === undefined || (status >= 400 && status < 500));
}

/** Names that mean "slow down" or "try again" at any AWS service, by the SDK's own classification, and broken connections. */
const TRANSIENT = new Set([
  'ThrottlingException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'ProvisionedThroughputExceededException',
  'SlowDown',
  'RequestThrottledException',
  'RequestTimeout',
  'RequestTimeoutException',
  'TimeoutError',
  'AbortError',
  'InternalException',
  'InternalServerError',
  'InternalServerException',
  'ServiceException',
  'ServiceUnavailableException',
  'ServiceUnavailable',
  'TransactionInProgressException',
  'ConnectionReset',
]);

/** Whether the same request may well succeed a little later. */
export function transient(error: unknown): boolean {
  const { $metadata, $fault } = (error ?? {}) as SdkError;
  if (TRANSIENT.has(errorName(error))) return true;
  if (($metadata?.httpStatusCode ?? 0) >= 500 || $fault === 'server') return true;
  // no HTTP status at all: the connection broke, or the answer could not be read
  return $fault === undefined && ($metadata?.httpStatusCode === undefined || $metadata.httpStatusCode < 400);
}

/** Errors of our own, whose message is written for the person on call. */
const OURS = new Set(['Stop', 'OutOfTime', 'PropertyError', 'MalformedEvent', 'UnknownFormat']);

/** What AWS said, for a person: `Name: message (request id …)`, on one line, without e-mail addresses. */
export function said(error: unknown): string {
  const { message, $metadata } = (error ?? {}) as SdkError;
  if (OURS.has(errorName(error))) return withoutAddresses(oneLine(message ?? ''));
  const id = $metadata?.requestId ? ` (request id ${$metadata.requestId})` : '';
  return `${errorName(error)}: ${withoutAddresses(oneLine(message ?? 'no message'))}${id}`;
}

/** E-mail addresses never reach a log line or a reason. */
export function withoutAddresses(text: string): string {
  return text.replace(/[^\s@<>"'(),;:=]+@[^\s@<>"'(),;:]+/g, '(e-mail address)');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
