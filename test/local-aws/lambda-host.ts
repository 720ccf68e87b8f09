/**
 * The seam between CloudFormation and Lambda: functions are created, changed and invoked here. Two implementations: processes that run
 * the shipped bundles (`lambda-host-process.ts`) and an in-process one on the virtual clock (`lambda-host-in-process.ts`).
 */

/** What `AWS::Lambda::Function` says of a function, with every intrinsic resolved. */
export interface FunctionConfiguration {
  readonly functionName: string;
  readonly functionArn: string;
  readonly region: string;
  readonly accountId: string;
  readonly roleArn: string;
  readonly handler: string;
  readonly runtime: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logGroupName: string;
  /** Where the code zip lies in the embedded S3. */
  readonly code: { readonly bucket: string; readonly key: string };
  /** `ReservedConcurrentExecutions`; absent = unreserved. */
  readonly reservedConcurrency?: number;
  /** `MaximumRetryAttempts` of the asynchronous configuration; Lambda's default is 2. */
  readonly maximumRetryAttempts?: number;
  /** `MaximumEventAgeInSeconds` of the asynchronous configuration; Lambda's default is 6 hours. */
  readonly maximumEventAgeSeconds?: number;
  /** `LoggingConfig`; absent = text. */
  readonly logging?: {
    readonly format: 'Text' | 'JSON';
    readonly applicationLogLevel?: string;
    readonly systemLogLevel?: string;
  };
}

/** Credentials of a function's role. */
export interface FunctionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Takes one line of a function's log. Account and Region are those of `configuration`. */
export type WriteLog = (
  logGroupName: string,
  stream: string,
  message: string,
  timestamp: number,
  configuration: FunctionConfiguration,
) => void;

export interface LambdaHost {
  /** Creates or replaces the configuration. Invocations that run keep the code and environment they started with. */
  putFunction(configuration: FunctionConfiguration): Promise<void>;
  deleteFunction(functionArn: string): Promise<void>;
  getFunction(functionArnOrName: string): FunctionConfiguration | undefined;
  /** Queues an event. At least once, in any order, with Lambda's two retries after about one and two minutes. */
  invokeAsync(functionArn: string, event: unknown): void;
}
