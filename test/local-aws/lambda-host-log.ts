/**
 * The lines that Lambda itself writes to a function's log.
 *
 * Sources: [LOG] Lambda Developer Guide, "Log and monitor Node.js Lambda functions"; [SYSTEM] same, "System log level event mapping" and the
 * Telemetry API's event schema. The memory that was used is not known here, so that REPORT lines leave it out.
 */
import type { FunctionConfiguration } from './lambda-host';
import type { InvocationResult } from './lambda-queue';

const STATUS = { returned: 'success', threw: 'error', timedOut: 'timeout', killed: 'error' } as const;

/** Before the event is handed over. */
export function startLines({ logging }: FunctionConfiguration, awsRequestId: string, now: number): string[] {
  if (logging?.format !== 'JSON') return [`START RequestId: ${awsRequestId} Version: $LATEST`];
  return showsPlatform(logging) ? [platform(now, 'platform.start', { requestId: awsRequestId, version: '$LATEST' })] : [];
}

/** After the invocation has ended. `initDurationMs` is set for the first invocation of an environment. */
export function endLines(
  { logging, memoryMegabytes }: FunctionConfiguration,
  awsRequestId: string,
  { outcome, error }: InvocationResult,
  now: number,
  durationMs: number,
  initDurationMs?: number,
): string[] {
  const failure = outcome === 'timedOut' || outcome === 'killed'
    ? [`${new Date(now).toISOString()} ${error.errorMessage.replace(/^RequestId: (\S+) Error: /, '$1 ')}`]
    : [];
  const billedDurationMs = Math.ceil(durationMs);
  const status = STATUS[outcome];
  if (logging?.format === 'JSON') {
    const metrics = { durationMs, billedDurationMs, memorySizeMB: memoryMegabytes, initDurationMs };
    const report = platform(now, 'platform.report', { requestId: awsRequestId, metrics, status });
    return showsPlatform(logging) ? [...failure, report] : failure;
  }
  const report = [
    `REPORT RequestId: ${awsRequestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${billedDurationMs} ms`,
    `Memory Size: ${memoryMegabytes} MB`,
    ...initDurationMs === undefined ? [] : [`Init Duration: ${initDurationMs.toFixed(2)} ms`],
    ...status === 'success' ? [] : [`Status: ${status}`],
  ];
  return [...failure, `END RequestId: ${awsRequestId}`, report.join('\t')];
}

/** Both platform events are of level INFO. [SYSTEM] */
function showsPlatform({ systemLogLevel = 'INFO' }: NonNullable<FunctionConfiguration['logging']>): boolean {
  return systemLogLevel !== 'WARN';
}

function platform(now: number, type: string, record: object): string {
  return JSON.stringify({ time: new Date(now).toISOString(), type, record });
}
