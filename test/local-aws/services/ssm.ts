import { AwsError, type Authorization, type Call, type Environment, type Service } from '../core';

/** Where a parameter lives. */
export interface ParameterName {
  readonly accountId: string;
  readonly region: string;
  readonly name: string;
}

export interface Parameter extends ParameterName {
  readonly type: 'String' | 'StringList' | 'SecureString';
  readonly value: string;
  readonly version: number;
  readonly modifiedAt: Date;
}

/** What a new CDK CLI wants to find; the newest bootstrap template's version as of aws-cdk 2.1148. */
const BOOTSTRAP_VERSION = '32';
const BOOTSTRAP_PARAMETER = /^\/cdk-bootstrap\/[a-z0-9]{1,10}\/version$/;

/** SSM's parameter store: enough for the CDK CLI, `AWS::SSM::Parameter` and parameters of a template that are read from it. */
export class SsmService implements Service {
  public readonly name = 'ssm';
  public readonly operations = new Set(['DeleteParameter', 'GetParameter', 'GetParameters', 'PutParameter']);
  private readonly parameters = new Map<string, Parameter>();

  constructor(private readonly environment: Environment) {}

  public authorization(call: Call): readonly Authorization[] {
    const { Name, Names } = call.input;
    const names: string[] = Names ?? [Name ?? ''];
    return [{ action: `ssm:${call.operation}`, resources: names.map((name) => this.arn({ ...placeOf(call), name: plainName(name) })) }];
  }

  public async call(call: Call): Promise<unknown> {
    const { input } = call;
    const place = placeOf(call);
    switch (call.operation) {
      case 'PutParameter': return { Version: this.putByCall(call), Tier: 'Standard' };
      case 'DeleteParameter':
        this.existing({ ...place, name: input.Name });
        this.delete({ ...place, name: input.Name });
        return {};
      case 'GetParameters': {
        const names: string[] = input.Names;
        const find = (name: string) => this.get({ ...place, name: plainName(name) });
        return {
          Parameters: names.map(find).filter((found) => found !== undefined).map((found) => this.described(found)),
          InvalidParameters: names.filter((name) => find(name) === undefined),
        };
      }
      default: return { Parameter: this.described(this.existing({ ...place, name: plainName(input.Name) })) };
    }
  }

  /** A parameter, or the version parameter that `cdk bootstrap` leaves in every account and Region. */
  public get(place: ParameterName): Parameter | undefined {
    const stored = this.parameters.get(keyOf(place));
    if (stored !== undefined || !BOOTSTRAP_PARAMETER.test(place.name)) return stored;
    return { ...place, type: 'String', value: BOOTSTRAP_VERSION, version: 1, modifiedAt: new Date(this.environment.clock.now()) };
  }

  /** Creates or overwrites a parameter; answers its version. */
  public put(place: ParameterName, value: string, type: Parameter['type'] = 'String'): number {
    const version = (this.parameters.get(keyOf(place))?.version ?? 0) + 1;
    this.parameters.set(keyOf(place), {
      ...place, type, value, version, modifiedAt: new Date(this.environment.clock.now()),
    });
    return version;
  }

  public delete(place: ParameterName): void {
    this.parameters.delete(keyOf(place));
  }

  private putByCall(call: Call): number {
    const { Name, Value, Type, Overwrite } = call.input;
    const place = { ...placeOf(call), name: Name };
    if (this.parameters.has(keyOf(place)) && Overwrite !== true) {
      throw new AwsError('ParameterAlreadyExists', 'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.');
    }
    return this.put(place, Value, Type);
  }

  private existing(place: ParameterName): Parameter {
    const parameter = this.get(place);
    if (parameter === undefined) throw new AwsError('ParameterNotFound', '');
    return parameter;
  }

  private described(parameter: Parameter): unknown {
    return {
      Name: parameter.name,
      Type: parameter.type,
      Value: parameter.value,
      Version: parameter.version,
      LastModifiedDate: parameter.modifiedAt,
      ARN: this.arn(parameter),
      DataType: 'text',
    };
  }

  private arn({ accountId, region, name }: ParameterName): string {
    return `arn:${this.environment.partition}:ssm:${region}:${accountId}:parameter/${name.replace(/^\//, '')}`;
  }
}

function placeOf(call: Call): { accountId: string; region: string } {
  return { accountId: call.caller.accountId, region: call.region };
}

/** A name may be given as an ARN, and with a version after a colon. */
function plainName(name: string): string {
  const inArn = /^arn:.*:parameter(\/.+)$/.exec(name)?.[1];
  return (inArn ?? name).split(':')[0];
}

function keyOf({ accountId, region, name }: ParameterName): string {
  return `${accountId} ${region} ${name}`;
}
