import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, type IConstruct } from 'constructs';
import { comparable } from './comparable';
import { libraryScope } from './library-scope';
import { misuse, shown } from './validation';

const ID = 'Ledger';

/**
 * The ledger: one DynamoDB table for all constructs of this library in an outermost stack.
 *
 * It is the only record of which accounts were added by us. CloudFormation replaces a table whose keys, local indexes or
 * name change, and a replaced table has lost them all: so keys, type and logical id never change, and there is no name.
 */
export class LedgerTable extends Construct {
  /** The ledger of the outermost stack of `scope`, encrypted with `encryptionKey`; an error if it is there with another key. */
  public static obtain(scope: IConstruct, encryptionKey?: kms.IKey): LedgerTable {
    const library = libraryScope(scope);
    const present = library.node.tryFindChild(ID) as LedgerTable | undefined;
    if (present === undefined) return new LedgerTable(library, ID, scope, encryptionKey);

    const wanted = encryptionKey && comparable(scope, encryptionKey.keyArn);
    const decided = present.encryptionKey && comparable(scope, present.encryptionKey.keyArn);
    if (wanted !== undefined && wanted !== decided) {
      throw misuse(scope, `'handler.encryptionKey' is ${shown(wanted)}, but ${present.decidedBy}, which shares the ledger, has `
        + `${decided === undefined ? 'none' : shown(decided)}: give both the same, or omit it here`);
    }
    return present;
  }

  public readonly table: dynamodb.ITable;
  public readonly encryptionKey?: kms.IKey;

  /** The path of the construct whose options the ledger has. */
  private readonly decidedBy: string;

  private constructor(library: Construct, id: string, decidedBy: IConstruct, encryptionKey?: kms.IKey) {
    super(library, id);
    this.decidedBy = decidedBy.node.path;
    this.encryptionKey = encryptionKey;
    this.table = new dynamodb.Table(this, 'Table', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
      timeToLiveAttribute: 'ttl',
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: encryptionKey && dynamodb.TableEncryption.CUSTOMER_MANAGED,
      encryptionKey,
      // without resources that want accounts it has nothing to tell: an account that no ledger claims is never removed
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
