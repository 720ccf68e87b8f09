/**
 * The whole handler of one construct in front of a scripted service: an event goes in, the answer to CloudFormation comes out.
 */
import { MemoryTable } from './memory-table';
import { VirtualPlatform } from './virtual-platform';
import { type Resource, handle } from '../../../lambda/runtime/handler';

export const ADMINISTRATOR = '111111111111';
export const REGION = 'us-east-1';
export const STACK = `arn:aws:cloudformation:${REGION}:${ADMINISTRATOR}:stack/Stack/7b3f`;
const MINUTE = 60_000;

export interface CfnAnswer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly Data: Readonly<Record<string, string>>;
}

export interface EventOptions {
  readonly logicalId?: string;
  readonly requestId?: string;
  readonly physicalId?: string;
  readonly stackId?: string;
  /** Seconds. */
  readonly serviceTimeout?: number;
}

export abstract class HandlerDeployment {
  public readonly platform = new VirtualPlatform();
  public readonly table = new MemoryTable('Ledger');
  /** How often Lambda delivered the last request. */
  public deliveries = 0;
  private requests = 0;
  private readonly physicalIds = new Map<string, string>();
  private readonly properties = new Map<string, object>();

  constructor(private readonly resourceType: string) {}

  public create(properties: object, options?: EventOptions): Promise<CfnAnswer> {
    return this.request('Create', properties, options);
  }

  public update(properties: object, options?: EventOptions): Promise<CfnAnswer> {
    return this.request('Update', properties, options);
  }

  public delete(properties: object, options?: EventOptions): Promise<CfnAnswer> {
    return this.request('Delete', properties, options);
  }

  /** One request, delivered up to three times. Requests are a minute apart. */
  public async request(
    type: string,
    properties: object,
    { logicalId = 'Members', requestId, physicalId, stackId = STACK, serviceTimeout = 1200 }: EventOptions = {},
  ): Promise<CfnAnswer> {
    await this.platform.wait(MINUTE);
    const id = requestId ?? `request-${++this.requests}`;
    const date = new Date(this.platform.now()).toISOString().replace(/[-:]|\.\d+/g, '');
    const known = physicalId ?? this.physicalIds.get(logicalId);
    const framed = { ServiceToken: 'arn', ServiceTimeout: String(serviceTimeout), ...properties };
    const event = {
      RequestType: type,
      RequestId: id,
      StackId: stackId,
      LogicalResourceId: logicalId,
      ResourceType: this.resourceType,
      ResponseURL: `https://answers.invalid/${id}?X-Amz-Date=${date}&X-Amz-Signature=secret`,
      ...(type === 'Create' ? {} : { PhysicalResourceId: known ?? 'unknown' }),
      ResourceProperties: framed,
      ...(type === 'Update' ? { OldResourceProperties: this.properties.get(logicalId) ?? framed } : {}),
    };
    this.properties.set(logicalId, framed);
    const before = this.platform.puts.length;
    for (this.deliveries = 1; ; this.deliveries++) {
      try {
        await this.platform.run(handle(event, 15 * MINUTE, this.platform, this.table, this.resource()));
        break;
      } catch (error) {
        if (this.deliveries === 3) throw error;
        await this.platform.wait(this.deliveries * MINUTE);
      }
    }
    const answers = this.platform.answers().slice(before) as CfnAnswer[];
    expect(answers).toHaveLength(1);
    this.physicalIds.set(logicalId, answers[0].PhysicalResourceId);
    return answers[0];
  }

  protected abstract resource(): Resource;
}

/** Account ids from `222222000000` on. */
export function ids(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `222222${String(index).padStart(6, '0')}`);
}
