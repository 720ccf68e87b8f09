/**
 * What an error of an AWS call means, read from its name and shape and never from its text.
 */

interface SdkError {
  readonly name?: string;
  readonly message?: string;
  /** Which call it answers, where the caller has noted it. */
  readonly asked?: string;
  /** Of a broken connection: ECONNRESET, ENOTFOUND, … */
  readonly code?: string;
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
  'IdempotencyTokenInUseException',
  'ConnectionReset',
]);

/** Whether the same request may well succeed a little later: errors that say so, 5xx, broken connections, answers that cannot be read. */
export function transient(error: unknown): boolean {
  const { $metadata, $fault, code, name } = (error ?? {}) as SdkError;
  if (TRANSIENT.has(errorName(error)) || $metadata?.httpStatusCode === 429) return true;
  if (($metadata?.httpStatusCode ?? 0) >= 500 || $fault === 'server') return true;
  return $fault === undefined && (typeof code === 'string' || name === 'SyntaxError');
}

/** Notes on an error which call it answers, for {@link said}. */
export function answering(asked: string, error: unknown): unknown {
  return error instanceof Error ? Object.assign(error, { asked }) : error;
}

/** What helps against an error that AWS answers, in a few words. */
export function cure(error: unknown): string {
  if (errorName(error) === 'AccessDeniedException') {
    return "allow the call to the handler's role, or lift the policy that denies it";
  }
  if (errorName(error) === 'LimitExceededException') {
    return 'a rate or a quota is used up: deploy again later, or free what the message names';
  }
  return transient(error) ? 'deploy again once AWS answers' : 'correct the cause and deploy again';
}

/** Errors of our own, whose message is written for the person on call. */
const OURS = new Set(['Stop', 'OutOfTime', 'PropertyError', 'MalformedEvent', 'UnknownFormat']);

/** What AWS said, for a person: `Name: message (request id …)`, on one line, without secrets. */
export function said(error: unknown): string {
  const { message, $metadata, asked } = (error ?? {}) as SdkError;
  if (OURS.has(errorName(error))) return withoutSecrets(oneLine(message ?? ''));
  const id = $metadata?.requestId ? ` (request id ${$metadata.requestId})` : '';
  return `${asked === undefined ? '' : `${asked}${$metadata?.httpStatusCode === undefined ? ': ' : ' answered '}`}${errorName(error)}: ${withoutSecrets(oneLine(message ?? 'no message'))}${id}`;
}

/** Addresses, tokens and signatures never reach a log line or a reason: some errors of AWS quote what was sent. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/[^\s@<>"(),;:=]*@[^\s@<>"'(),;:=]+/g, '(e-mail address)')
    .replace(
      /(x-amz-security-token\s*[:=]\s*|X-Amz-(?:Signature|Security-Token|Credential)=|[?&](?:Signature|AWSAccessKeyId)=)[^\s&,"']+/gi,
      '$1(secret)',
    );
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
