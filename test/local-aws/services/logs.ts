import { AwsError, type Authorization, type Call, type Environment, type Service } from '../core';

/** Which log group is meant. */
export interface LogGroupName {
  readonly accountId: string;
  readonly region: string;
  readonly name: string;
}

export interface LogEvent {
  readonly eventId: string;
  readonly logStreamName: string;
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
}

interface LogGroup extends LogGroupName {
  readonly createdAt: number;
  readonly streams: Map<string, number>;
  readonly events: LogEvent[];
  retentionInDays?: number;
}

/** [D] API reference FilterLogEvents: at most 10,000 events a page. */
const MAX_EVENTS = 10_000;

/** CloudWatch Logs: the Lambda host writes a function's lines, the CLI reads them after a failure. */
export class LogsService implements Service {
  public readonly name = 'logs';
  public readonly operations = new Set([
    'CreateLogGroup', 'CreateLogStream', 'DeleteLogGroup', 'DeleteRetentionPolicy', 'DescribeLogGroups', 'DescribeLogStreams',
    'FilterLogEvents', 'GetLogEvents', 'PutLogEvents', 'PutRetentionPolicy',
  ]);

  private readonly groups = new Map<string, LogGroup>();
  private events = 0;

  constructor(private readonly environment: Environment) {}

  public authorization(call: Call): readonly Authorization[] {
    const { logGroupName = '', logStreamName } = nameOf(call.input);
    const group = this.arn({ ...placeOf(call), name: logGroupName });
    const resource = call.operation === 'DescribeLogGroups' ? this.arn({ ...placeOf(call), name: '' })
      : logStreamName === undefined ? `${group}:*` : `${group}:log-stream:${logStreamName}`;
    return [{ action: `logs:${call.operation}`, resources: [resource] }];
  }

  public async call(call: Call): Promise<unknown> {
    const input = nameOf(call.input);
    const name = { ...placeOf(call), name: input.logGroupName };
    switch (call.operation) {
      case 'CreateLogGroup':
        if (this.groups.has(keyOf(name))) throw alreadyExists('log group');
        this.createGroup(name);
        return {};
      case 'DescribeLogGroups': return this.describeGroups(call);
      case 'DeleteLogGroup':
        this.existing(name);
        this.deleteGroup(name);
        return {};
      case 'PutRetentionPolicy':
        this.existing(name).retentionInDays = input.retentionInDays;
        return {};
      case 'DeleteRetentionPolicy':
        delete this.existing(name).retentionInDays;
        return {};
      case 'CreateLogStream': {
        const { streams } = this.existing(name);
        if (streams.has(input.logStreamName)) throw alreadyExists('log stream');
        streams.set(input.logStreamName, this.environment.clock.now());
        return {};
      }
      case 'PutLogEvents':
        this.stream(this.existing(name), input.logStreamName);
        for (const { message, timestamp } of input.logEvents) {
          this.append(name, input.logStreamName, [message], timestamp);
        }
        return { nextSequenceToken: String(this.events) };
      case 'DescribeLogStreams': {
        const { streams } = this.existing(name);
        const shown = [...streams].filter(([stream]) => stream.startsWith(input.logStreamNamePrefix ?? ''));
        return { logStreams: shown.map(([logStreamName, creationTime]) => ({ logStreamName, creationTime })) };
      }
      case 'GetLogEvents': {
        const group = this.existing(name);
        this.stream(group, input.logStreamName);
        const events = group.events
          .filter((event) => event.logStreamName === input.logStreamName && within(event, input));
        return {
          events: events.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
          nextForwardToken: `f/${events.length}`,
          nextBackwardToken: 'b/0',
        };
      }
      default: return this.filter(name, input);
    }
  }

  /** Creates a log group; does nothing if it exists. */
  public createGroup(name: LogGroupName, retentionInDays?: number): void {
    if (this.groups.has(keyOf(name))) return;
    this.groups.set(keyOf(name), {
      ...name, createdAt: this.environment.clock.now(), streams: new Map(), events: [], retentionInDays,
    });
  }

  public deleteGroup(name: LogGroupName): void {
    this.groups.delete(keyOf(name));
  }

  public hasGroup(name: LogGroupName): boolean {
    return this.groups.has(keyOf(name));
  }

  /** Adds lines to a stream, creating group and stream where they are missing. */
  public append(
    name: LogGroupName,
    stream: string,
    lines: readonly string[],
    timestamp: number = this.environment.clock.now(),
  ): void {
    this.createGroup(name);
    const group = this.groups.get(keyOf(name))!;
    if (!group.streams.has(stream)) group.streams.set(stream, timestamp);
    for (const message of lines) {
      group.events.push({
        eventId: String(this.events++).padStart(56, '0'),
        logStreamName: stream,
        timestamp,
        ingestionTime: this.environment.clock.now(),
        message,
      });
    }
  }

  /** All lines of a group, oldest first. */
  public lines(name: LogGroupName): LogEvent[] {
    return [...this.groups.get(keyOf(name))?.events ?? []];
  }

  private filter(name: LogGroupName, input: any): unknown {
    const wanted = this.existing(name).events.filter((event) =>
      within(event, input)
      && (input.logStreamNames === undefined || input.logStreamNames.includes(event.logStreamName))
      && event.logStreamName.startsWith(input.logStreamNamePrefix ?? '')
      && matches(event.message, input.filterPattern ?? ''));
    const sorted = [...wanted].sort((a, b) => a.timestamp - b.timestamp);
    const start = Number(input.nextToken ?? 0);
    const end = start + Math.min(input.limit ?? MAX_EVENTS, MAX_EVENTS);
    return {
      events: sorted.slice(start, end),
      searchedLogStreams: [],
      nextToken: end < sorted.length ? String(end) : undefined,
    };
  }

  private describeGroups(call: Call): unknown {
    const { accountId, region } = placeOf(call);
    const { logGroupNamePrefix = '', limit = 50, nextToken = '0' } = call.input;
    const groups = [...this.groups.values()]
      .filter((group) => group.accountId === accountId && group.region === region)
      .filter((group) => group.name.startsWith(logGroupNamePrefix))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const end = Number(nextToken) + limit;
    return {
      logGroups: groups.slice(Number(nextToken), end).map((group) => ({
        logGroupName: group.name,
        creationTime: group.createdAt,
        retentionInDays: group.retentionInDays,
        arn: `${this.arn(group)}:*`,
        logGroupArn: this.arn(group),
        storedBytes: 0,
      })),
      nextToken: end < groups.length ? String(end) : undefined,
    };
  }

  private existing(name: LogGroupName): LogGroup {
    const group = this.groups.get(keyOf(name));
    if (group === undefined) throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    return group;
  }

  private stream(group: LogGroup, name: string): void {
    if (!group.streams.has(name)) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
  }

  private arn({ accountId, region, name }: LogGroupName): string {
    return `arn:${this.environment.partition}:logs:${region}:${accountId}:log-group:${name}`;
  }
}

function alreadyExists(what: string): AwsError {
  return new AwsError('ResourceAlreadyExistsException', `The specified ${what} already exists`);
}

/** A group may be named by its ARN. */
function nameOf(input: any): any {
  const name = input.logGroupName ?? input.logGroupIdentifier?.replace(/^arn:.*:log-group:/, '').replace(/:\*$/, '');
  return { ...input, logGroupName: name };
}

function within({ timestamp }: LogEvent, { startTime, endTime }: { startTime?: number; endTime?: number }): boolean {
  return (startTime === undefined || timestamp >= startTime) && (endTime === undefined || timestamp < endTime);
}

/** Plain filter patterns: every term must occur, `?term` any of them, `-term` none. [D] Filter pattern syntax, unstructured events */
function matches(message: string, pattern: string): boolean {
  const terms = pattern.match(/[?-]?"[^"]*"|\S+/g) ?? [];
  const bare = (term: string) => term.replace(/^[?-]/, '').replace(/^"|"$/g, '');
  const optional = terms.filter((term) => term.startsWith('?'));
  return (optional.length === 0 || optional.some((term) => message.includes(bare(term))))
    && terms.filter((term) => !term.startsWith('?')).every((term) => message.includes(bare(term)) !== term.startsWith('-'));
}

function placeOf(call: Call): { accountId: string; region: string } {
  return { accountId: call.caller.accountId, region: call.region };
}

function keyOf({ accountId, region, name }: LogGroupName): string {
  return `${accountId} ${region} ${name}`;
}
