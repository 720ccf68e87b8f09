/**
 * The runtime that a function's process starts with: asks the Runtime API for events, runs the handler, posts what it returns or throws.
 *
 * It speaks the Runtime API of the Lambda Developer Guide ("Using the Lambda runtime API for custom runtimes"), so that AWS's own Runtime
 * Interface Client can take its place. Log lines and error types look like those of Lambda's Node.js runtime. Handlers answer with a promise or a
 * value; callbacks are not supported (Node.js 24 functions have none).
 */
import { existsSync, readFileSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const { env } = process;
const taskRoot = env.LAMBDA_TASK_ROOT;
const agent = new Agent({ keepAlive: true });
let requestId;

/** One exchange with the Runtime API. */
function exchange(method, path, body, headers = {}) {
  const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(':');
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, host, port, method, path: `/2018-06-01/runtime/${path}`, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const describe = (error) => error instanceof Error
  ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
  : { errorType: typeof error, errorMessage: String(error), trace: [] };

async function report(path, error) {
  const described = describe(error);
  const headers = { 'content-type': 'application/json', 'lambda-runtime-function-error-type': described.errorType };
  await exchange('POST', path, JSON.stringify(described), headers);
}

/** An error that carries one of the runtime's own error types. */
function runtimeError(name, message, cause) {
  const error = new Error(message, { cause });
  error.name = `Runtime.${name}`;
  if (cause instanceof Error) error.stack = cause.stack;
  return error;
}

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const JSON_LOGS = env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';

/** Errors inside a logged object show their name, message and stack instead of `{}`. */
const showErrors = (_, value) => value instanceof Error
  ? { errorType: value.constructor.name, errorMessage: value.message, stackTrace: (value.stack ?? '').split('\n'), ...value }
  : value;

function jsonLine(level, values) {
  const line = { timestamp: new Date().toISOString(), level, requestId };
  if (values.length === 1) {
    try {
      return JSON.stringify({ ...line, message: values[0] }, showErrors);
    } catch {
      return JSON.stringify({ ...line, message: format(values[0]) }); // circular, or a bigint
    }
  }
  const error = values.find((value) => value instanceof Error);
  const details = error && {
    errorType: error.constructor.name,
    errorMessage: error.message,
    stackTrace: (error.stack ?? '').split('\n'),
  };
  return JSON.stringify({ ...line, message: format(...values), ...details });
}

/** Writes at once: the line must be out before the answer is. Line feeds become carriage returns, so that a line is one log event. */
function write(line) {
  let rest = Buffer.from(`${line.replace(/\n/g, '\r')}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error; // the pipe is full
    }
  }
}

function patchConsole() {
  const lowest = Math.max(0, LEVELS.indexOf(env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()));
  for (const level of LEVELS) {
    const shown = LEVELS.indexOf(level) >= lowest;
    console[level.toLowerCase()] = (...values) => {
      if (!shown) return;
      write(JSON_LOGS ? jsonLine(level, values) : [new Date().toISOString(), requestId, level, format(...values)].join('\t'));
    };
  }
  console.log = console.info;
}

function logError(title, error) {
  if (JSON_LOGS) {
    console.error(error);
  } else {
    const { errorType, errorMessage, trace } = describe(error);
    console.error(title, `\t${JSON.stringify({ errorType, errorMessage, stack: trace })}`);
  }
}

/** The module and the path of the export in `folder/index.some.handler`. */
async function loadHandler() {
  const [, folder, file, path] = /^(.*\/)?([^/.]+)\.([^/]+)$/.exec(env._HANDLER) ?? [];
  if (!file) throw runtimeError('MalformedHandlerName', 'Bad handler');
  const base = join(taskRoot, folder ?? '', file);
  const extension = ['.js', '.mjs', '.cjs'].find((candidate) => existsSync(base + candidate));
  if (!extension) throw runtimeError('ImportModuleError', `Error: Cannot find module '${(folder ?? '') + file}'`);
  let module;
  try {
    module = isEcmaScriptModule(extension) ? await import(pathToFileURL(base + extension)) : createRequire(base)(base + extension);
  } catch (error) {
    throw error instanceof SyntaxError
      ? runtimeError('UserCodeSyntaxError', String(error), error)
      : error?.code?.endsWith('MODULE_NOT_FOUND') ? runtimeError('ImportModuleError', String(error), error) : error;
  }
  const handler = path.split('.').reduce((value, name) => value?.[name], module);
  if (typeof handler !== 'function') throw runtimeError('HandlerNotFound', `${env._HANDLER} is undefined or not exported`);
  return handler;
}

function isEcmaScriptModule(extension) {
  if (extension !== '.js') return extension === '.mjs';
  const description = join(taskRoot, 'package.json');
  return existsSync(description) && JSON.parse(readFileSync(description, 'utf8')).type === 'module';
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: requestId,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

/** What nobody caught ends the environment, as in Lambda's runtime, after it has been reported for the running invocation. */
function fatal(title, wrap, exitCode) {
  return (reason) => {
    const error = wrap(reason);
    logError(title, error);
    void report(requestId ? `invocation/${requestId}/error` : 'init/error', error).finally(() => process.exit(exitCode));
  };
}

// the host holds the other end; when the host is gone, so is the function
process.stdin.on('error', () => process.exit(1)).on('end', () => process.exit(1)).resume();

patchConsole();
process.on('uncaughtException', fatal('Uncaught Exception', (error) => error, 129));
process.on('unhandledRejection', fatal(
  'Unhandled Promise Rejection',
  (reason) => runtimeError('UnhandledPromiseRejection', String(reason), reason),
  128,
));

let handler;
try {
  handler = await loadHandler();
} catch (error) {
  logError('Init Error', error);
  await report('init/error', error);
  process.exit(1);
}

for (;;) {
  const { headers, body } = await exchange('GET', 'invocation/next');
  requestId = headers['lambda-runtime-aws-request-id'];
  try {
    const result = await handler(JSON.parse(body), contextOf(headers));
    await exchange('POST', `invocation/${requestId}/response`, JSON.stringify(result ?? null), { 'content-type': 'application/json' });
  } catch (error) {
    logError('Invoke Error', error);
    await report(`invocation/${requestId}/error`, error);
  }
}
