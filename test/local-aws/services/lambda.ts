/**
 * Lambda's own API, as far as people and the CDK CLI use it: invoking a function by hand and looking at its configuration.
 *
 * Sources: [INVOKE] Lambda API Reference, Invoke; [GET] same, GetFunction and GetFunctionConfiguration; [IAM] Service Authorization
 * Reference, AWS Lambda.
 */
import { AwsError } from '../core';
import type { Authorization, Call, Environment, Service } from '../core';
import type { FunctionConfiguration, LambdaHost } from '../lambda-host';
import type { QueuedLambdaHost } from '../lambda-queue';

/** The operations [IAM] authorises under another name. */
const ACTIONS: Readonly<Record<string, string>> = { Invoke: 'lambda:InvokeFunction' };

/** The service `lambda`. */
export class LambdaService implements Service {
  public readonly name = 'lambda';
  public readonly operations = new Set(['GetFunction', 'GetFunctionConfiguration', 'Invoke']);

  constructor(
    private readonly environment: Pick<Environment, 'partition'>,
    private readonly host: LambdaHost & Pick<QueuedLambdaHost, 'invoke'>,
  ) {}

  public authorization(call: Call): readonly Authorization[] {
    return [{ action: ACTIONS[call.operation] ?? `lambda:${call.operation}`, resources: [this.arnOf(call)] }];
  }

  public async call(call: Call): Promise<unknown> {
    const arn = this.arnOf(call);
    const configuration = this.host.getFunction(arn);
    if (!configuration) {
      throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404, { Type: 'User' });
    }
    switch (call.operation) {
      case 'Invoke': return this.invoke(configuration, call.input);
      case 'GetFunctionConfiguration': return described(configuration);
      default: {
        const { reservedConcurrency: reserved } = configuration;
        return {
          Configuration: described(configuration),
          Code: { RepositoryType: 'S3' },
          ...reserved !== undefined && { Concurrency: { ReservedConcurrentExecutions: reserved } },
        };
      }
    }
  }

  private async invoke({ functionArn }: FunctionConfiguration, { InvocationType, Payload }: any): Promise<unknown> {
    const event = parsed(Payload);
    switch (InvocationType ?? 'RequestResponse') {
      case 'DryRun': return { StatusCode: 204 };
      case 'Event':
        this.host.invokeAsync(functionArn, event);
        return { StatusCode: 202 };
      case 'RequestResponse': {
        const result = await this.host.invoke(functionArn, event);
        const answer = { StatusCode: 200, ExecutedVersion: '$LATEST' };
        if (result.outcome === 'returned') return { ...answer, Payload: result.payload };
        return { ...answer, FunctionError: 'Unhandled', Payload: JSON.stringify(result.error) };
      }
      default: {
        const message = `Unsupported invocation type: ${InvocationType}`;
        throw new AwsError('InvalidParameterValueException', message, 400, { Type: 'User' });
      }
    }
  }

  /** A function is named by its ARN, by account and name, or by its name alone; version and alias are left out: only $LATEST exists. */
  private arnOf({ caller, region, input: { FunctionName } }: Call): string {
    const parts = String(FunctionName).split(':');
    if (parts[0] === 'arn') return parts.slice(0, 7).join(':');
    const [accountId, name] = parts[1] === 'function' ? [parts[0], parts[2]] : [caller.accountId, parts[0]];
    return `arn:${this.environment.partition}:lambda:${region}:${accountId}:function:${name}`;
  }
}

function parsed(payload: Uint8Array | string | undefined): unknown {
  const text = typeof payload === 'string' ? payload : Buffer.from(payload ?? []).toString();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = `Could not parse request body into json: ${(error as Error).message}`;
    throw new AwsError('InvalidRequestContentException', message, 400, { Type: 'User' });
  }
}

/** [GET] */
function described(configuration: FunctionConfiguration): object {
  const { environment, logging, logGroupName } = configuration;
  return {
    FunctionName: configuration.functionName,
    FunctionArn: configuration.functionArn,
    Runtime: configuration.runtime,
    Role: configuration.roleArn,
    Handler: configuration.handler,
    Timeout: configuration.timeoutSeconds,
    MemorySize: configuration.memoryMegabytes,
    Version: '$LATEST',
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
    ...Object.keys(environment).length > 0 && { Environment: { Variables: environment } },
    LoggingConfig: {
      LogFormat: logging?.format ?? 'Text',
      LogGroup: logGroupName,
      ...logging?.format === 'JSON' && {
        ApplicationLogLevel: logging.applicationLogLevel ?? 'INFO',
        SystemLogLevel: logging.systemLogLevel ?? 'INFO',
      },
    },
  };
}
