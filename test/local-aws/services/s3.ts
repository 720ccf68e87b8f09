import { createHash } from 'crypto';
import { AwsError, type Authorization, type Call, type Environment, type Service } from '../core';

interface StoredObject {
  readonly body: Uint8Array;
  readonly contentType?: string;
  readonly etag: string;
  readonly modifiedAt: Date;
}

interface Bucket {
  readonly owner: string;
  readonly region: string;
  readonly objects: Map<string, StoredObject>;
}

/** The bucket that `cdk bootstrap` leaves in every account and Region. */
const ASSET_BUCKET = /^cdk-[a-z0-9]{1,10}-assets-(\d{12})-([a-z0-9-]+)$/;

const ACTIONS: Readonly<Record<string, string>> = {
  GetBucketEncryption: 's3:GetEncryptionConfiguration',
  HeadBucket: 's3:ListBucket',
  HeadObject: 's3:GetObject',
  ListObjectsV2: 's3:ListBucket',
};

/** S3 in memory: asset upload by the CLI; templates and code are read from it. */
export class S3Service implements Service {
  public readonly name = 's3';
  public readonly operations = new Set([
    'CreateBucket', 'DeleteObject', 'GetBucketEncryption', 'GetBucketLocation', 'GetObject', 'HeadBucket', 'HeadObject',
    'ListObjectsV2', 'PutObject',
  ]);

  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly environment: Environment) {}

  public authorization({ operation, input }: Call): readonly Authorization[] {
    const path = input.Key === undefined ? input.Bucket : `${input.Bucket}/${input.Key}`;
    return [{ action: ACTIONS[operation] ?? `s3:${operation}`, resources: [`arn:${this.environment.partition}:s3:::${path}`] }];
  }

  public async call(call: Call): Promise<unknown> {
    const { operation, input, caller } = call;
    if (operation === 'CreateBucket') return this.createBucket(input.Bucket, caller.accountId, call.region);
    const bucket = this.existing(input.Bucket);
    if (input.ExpectedBucketOwner !== undefined && input.ExpectedBucketOwner !== bucket.owner) {
      throw new AwsError('AccessDenied', 'Access Denied', 403);
    }
    switch (operation) {
      case 'GetBucketLocation': return { LocationConstraint: bucket.region === 'us-east-1' ? undefined : bucket.region };
      case 'GetBucketEncryption': return {
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
        },
      };
      case 'ListObjectsV2': return list(input, bucket);
      case 'HeadBucket': return { BucketRegion: bucket.region };
      case 'PutObject': return { ETag: this.putObject(input.Bucket, input.Key, input.Body, input.ContentType) };
      case 'DeleteObject':
        bucket.objects.delete(input.Key);
        return {};
      default: {
        const { body, ...object } = read(bucket, input.Key);
        return {
          ETag: object.etag,
          LastModified: object.modifiedAt,
          ContentType: object.contentType ?? 'binary/octet-stream',
          ContentLength: body.length,
          ...(operation === 'GetObject' ? { Body: body } : {}),
        };
      }
    }
  }

  /** Creates an empty bucket; does nothing if the account owns it already. */
  public createBucket(name: string, owner: string, region: string): void {
    const existing = this.find(name);
    if (existing === undefined) this.buckets.set(name, { owner, region, objects: new Map() });
    else if (existing.owner !== owner) throw new AwsError('BucketAlreadyExists', 'The requested bucket name is not available.', 409);
  }

  /** The bytes of an object, or nothing. */
  public getObject(bucket: string, key: string): Uint8Array | undefined {
    return this.find(bucket)?.objects.get(key)?.body;
  }

  /** Stores an object and answers its ETag. */
  public putObject(bucket: string, key: string, body: Uint8Array, contentType?: string): string {
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    this.existing(bucket).objects.set(key, {
      body, contentType, etag, modifiedAt: new Date(this.environment.clock.now()),
    });
    return etag;
  }

  /** The bytes that an URL such as CloudFormation's TemplateURL names, in path style or virtual-hosted style. */
  public getByUrl(url: string): Uint8Array | undefined {
    const { hostname, pathname } = new URL(url);
    const path = decodeURIComponent(pathname).slice(1);
    const bucket = /^(.+)\.s3[.-]/.exec(hostname)?.[1];
    if (bucket !== undefined) return this.getObject(bucket, path);
    const slash = path.indexOf('/');
    return slash < 0 ? undefined : this.getObject(path.slice(0, slash), path.slice(slash + 1));
  }

  private find(name: string): Bucket | undefined {
    const preset = this.buckets.has(name) ? null : ASSET_BUCKET.exec(name);
    if (preset !== null) this.buckets.set(name, { owner: preset[1], region: preset[2], objects: new Map() });
    return this.buckets.get(name);
  }

  private existing(name: string): Bucket {
    const bucket = this.find(name);
    if (bucket === undefined) {
      throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
    }
    return bucket;
  }
}

function read(bucket: Bucket, key: string): StoredObject {
  const object = bucket.objects.get(key);
  if (object === undefined) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404, { Key: key });
  return object;
}

function list(input: any, bucket: Bucket): unknown {
  const prefix = input.Prefix ?? '';
  const limit = input.MaxKeys ?? 1000;
  const keys = [...bucket.objects.keys()].sort()
    .filter((key) => key.startsWith(prefix))
    .filter((key) => input.ContinuationToken === undefined || key > input.ContinuationToken);
  const page = keys.slice(0, limit);
  const truncated = keys.length > page.length;
  return {
    Name: input.Bucket,
    Prefix: prefix,
    MaxKeys: limit,
    KeyCount: page.length,
    IsTruncated: truncated,
    NextContinuationToken: truncated ? page.at(-1) : undefined,
    Contents: page.map((key) => {
      const { body, etag, modifiedAt } = bucket.objects.get(key)!;
      return { Key: key, LastModified: modifiedAt, ETag: etag, Size: body.length, StorageClass: 'STANDARD' };
    }),
  };
}
