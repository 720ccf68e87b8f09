/**
 * Runs the shipped bundles: each function in processes of its own, from the code zip in S3, with the function's environment and nothing else.
 *
 * It needs the real clock: the time-out and `getRemainingTimeInMillis()` are those of the machine. For short tests, shorten the retries
 * (`retryDelaysMs`) instead of the clock.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { unzipSync } from 'fflate';
import { AwsError } from './core';
import type { Environment } from './core';
import type { FunctionConfiguration, FunctionCredentials, WriteLog } from './lambda-host';
import { ExecutionEnvironment } from './lambda-host-execution-environment';
import { exited, QueuedLambdaHost } from './lambda-queue';
import type { InvocationResult, LambdaQueueOptions } from './lambda-queue';

/** One run of a function in its process. */
export interface ProcessInvocation {
  readonly event: any;
  readonly awsRequestId: string;
  readonly attempt: number;
  readonly configuration: FunctionConfiguration;
  readonly pid: number | undefined;
  /** Ends the process at once (SIGKILL), as a crash of Lambda's would. */
  kill(): void;
}

export interface ProcessLambdaHostOptions extends LambdaQueueOptions {
  readonly environment: Pick<Environment, 'clock' | 'random'>;
  /** Reads a code zip; throws the {@link AwsError} that S3 answers. */
  readonly fetchCode: (code: FunctionConfiguration['code']) => Promise<Uint8Array> | Uint8Array;
  /** Credentials of the function's role, asked for every new process. They have to outlive it: a process cannot take new ones. */
  readonly credentialsFor: (configuration: FunctionConfiguration) => Promise<FunctionCredentials> | FunctionCredentials;
  /** AWS_ENDPOINT_URL of the functions. */
  readonly endpointUrl: string;
  /** More variables for every function, for example NODE_EXTRA_CA_CERTS. */
  readonly extraVariables?: Readonly<Record<string, string>>;
  readonly writeLog?: WriteLog;
  /** Called just before a function gets its event. */
  readonly onInvocation?: (invocation: ProcessInvocation) => void;
  /** Program and arguments of the runtime; default: Node.js with `lambda-bootstrap.mjs`. It has to speak Lambda's Runtime API. */
  readonly runtimeCommand?: (configuration: FunctionConfiguration) => readonly string[];
  /** Longest start of a process; default 60 seconds: longer than Lambda's 10, as a test machine may be busy. */
  readonly initTimeoutMs?: number;
}

interface PlannedKill {
  readonly predicate: (invocation: ProcessInvocation) => boolean;
  readonly afterMs: number;
  readonly resolve: (invocation: ProcessInvocation) => void;
}

const STOPPED = 'the host has stopped';

/** The Lambda host of the HTTP driver. */
export class ProcessLambdaHost extends QueuedLambdaHost {
  private readonly environments = new Map<ExecutionEnvironment, FunctionConfiguration>();
  private readonly active = new Set<ProcessInvocation>();
  private readonly taskRoots = new Map<string, Promise<string>>();
  private readonly starting = new Set<Promise<ExecutionEnvironment>>();
  private plannedKills: PlannedKill[] = [];
  private stopped = false;

  constructor(private readonly options: ProcessLambdaHostOptions) {
    super(options.environment, options);
  }

  /** The invocations whose function has its event. */
  public get invocations(): readonly ProcessInvocation[] {
    return [...this.active];
  }

  /** Also reads the code, as Lambda does: a missing or broken zip fails here. */
  public async putFunction(configuration: FunctionConfiguration): Promise<void> {
    await this.taskRoot(configuration.code);
    await super.putFunction(configuration);
    this.retire(configuration.functionArn);
  }

  public async deleteFunction(functionArn: string): Promise<void> {
    await super.deleteFunction(functionArn);
    this.retire(functionArn);
  }

  /** Kills the next invocation that satisfies `predicate`, `afterMs` after it got its event. Resolves when that has been done. */
  public killNext(predicate: (invocation: ProcessInvocation) => boolean, afterMs = 0): Promise<ProcessInvocation> {
    return new Promise((resolve) => this.plannedKills.push({ predicate, afterMs, resolve }));
  }

  /** Kills what runs now, of one function or of all, and answers how many invocations that were. */
  public killRunning(functionArn?: string): number {
    const victims = this.invocations
      .filter(({ configuration }) => functionArn === undefined || configuration.functionArn === functionArn);
    victims.forEach((invocation) => invocation.kill());
    return victims.length;
  }

  /** Ends every process that this host started and removes the unpacked code. */
  public async stop(): Promise<void> {
    this.stopped = true;
    await super.stop();
    await Promise.allSettled(this.starting);
    const processes = [...this.environments.keys()];
    processes.forEach((process) => process.kill());
    await Promise.all(processes.map(({ gone }) => gone));
    const folders = await Promise.allSettled(this.taskRoots.values());
    await Promise.all(folders.map((folder) => folder.status === 'fulfilled' && rm(folder.value, { recursive: true, force: true })));
  }

  protected async run(
    configuration: FunctionConfiguration,
    awsRequestId: string,
    payload: string,
    attempt: number,
  ): Promise<InvocationResult> {
    if (this.stopped) return exited(awsRequestId, STOPPED);
    let environment: ExecutionEnvironment;
    try {
      environment = this.warm(configuration) ?? await this.cold(configuration);
    } catch (error) {
      const { name, message } = error as Error;
      return { outcome: 'threw', error: { errorType: name, errorMessage: message } };
    }
    if (this.stopped) {
      environment.kill();
      return exited(awsRequestId, STOPPED);
    }
    const { pid } = environment;
    const invocation: ProcessInvocation = {
      event: JSON.parse(payload), awsRequestId, attempt, configuration, pid, kill: () => environment.kill(),
    };
    try {
      return await environment.invoke(awsRequestId, payload, () => {
        this.active.add(invocation);
        this.options.onInvocation?.(invocation);
        this.killAsPlanned(invocation);
      });
    } finally {
      this.active.delete(invocation);
      // a configuration that was replaced meanwhile is not used again
      if (this.getFunction(configuration.functionArn) !== configuration) environment.kill();
    }
  }

  private warm(configuration: FunctionConfiguration): ExecutionEnvironment | undefined {
    return [...this.environments].find(([environment, its]) => its === configuration && environment.idle)?.[0];
  }

  private async cold(configuration: FunctionConfiguration): Promise<ExecutionEnvironment> {
    const starting = this.start(configuration);
    this.starting.add(starting);
    try {
      return await starting;
    } finally {
      this.starting.delete(starting);
    }
  }

  private async start(configuration: FunctionConfiguration): Promise<ExecutionEnvironment> {
    const { clock } = this.environment;
    const environment = await ExecutionEnvironment.start({
      configuration,
      credentials: await this.options.credentialsFor(configuration),
      taskRoot: await this.taskRoot(configuration.code),
      command: (this.options.runtimeCommand ?? defaultRuntime)(configuration),
      variables: { ...this.options.extraVariables, AWS_ENDPOINT_URL: this.options.endpointUrl },
      clock,
      initTimeoutMs: this.options.initTimeoutMs ?? 60_000,
      id: Array.from({ length: 32 }, () => Math.floor(this.environment.random() * 16).toString(16)).join(''),
      writeLog: (...line) => this.options.writeLog?.(...line),
    });
    this.environments.set(environment, configuration);
    void environment.gone.then(() => this.environments.delete(environment));
    return environment;
  }

  /** Ends the idle processes of a function; busy ones end with their invocation. */
  private retire(functionArn: string): void {
    for (const [environment, configuration] of this.environments) {
      if (configuration.functionArn === functionArn && environment.idle) environment.kill();
    }
  }

  private killAsPlanned(invocation: ProcessInvocation): void {
    const planned = this.plannedKills.find(({ predicate }) => predicate(invocation));
    if (!planned) return;
    this.plannedKills = this.plannedKills.filter((other) => other !== planned);
    this.after(planned.afterMs, () => {
      invocation.kill();
      planned.resolve(invocation);
    });
  }

  /** The folder with the unpacked code; assets are named by their content, so a key is read once. */
  private taskRoot(code: FunctionConfiguration['code']): Promise<string> {
    const name = `${code.bucket}/${code.key}`;
    const known = this.taskRoots.get(name);
    if (known) return known;
    const unpacking = this.unpack(code);
    this.taskRoots.set(name, unpacking);
    unpacking.catch(() => this.taskRoots.delete(name));
    return unpacking;
  }

  private async unpack(code: FunctionConfiguration['code']): Promise<string> {
    const files = unzipped(await this.options.fetchCode(code));
    const root = await mkdtemp(join(tmpdir(), 'lambda-task-'));
    for (const [name, bytes] of Object.entries(files)) {
      const path = join(root, name);
      if (name.endsWith('/') || !path.startsWith(root + sep)) continue; // a folder's own entry, or one outside
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
    }
    return root;
  }
}

/** Node.js as this process runs on, with the heap that Lambda gives it: nine tenths of the function's memory. */
function defaultRuntime({ memoryMegabytes }: FunctionConfiguration): readonly string[] {
  return [process.execPath, `--max-old-space-size=${Math.floor(memoryMegabytes * 0.9)}`, join(__dirname, 'lambda-bootstrap.mjs')];
}

function unzipped(zip: Uint8Array): Record<string, Uint8Array> {
  try {
    return unzipSync(zip);
  } catch {
    throw new AwsError('InvalidParameterValueException', 'Could not unzip uploaded file. Please check your file, then try to upload again.');
  }
}
