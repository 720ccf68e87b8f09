import { Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { renderShare, type Share } from './contract/properties';
import { misuse, shown } from './validation';

/** Checks a share and writes it as a property. A number that is a token is checked by the handler. */
export function renderCheckedShare(scope: IConstruct, property: string, share: Share): string {
  switch (share.kind) {
    case 'accounts':
      if (Token.isUnresolved(share.count)) return `accounts:${Tokenization.stringifyNumber(share.count)}`;
      if (!Number.isSafeInteger(share.count) || share.count < 0) {
        throw misuse(scope, `'${property}' is ${shown(share.count)} accounts: give a whole number, 0 or more`);
      }
      break;
    case 'percentage':
      if (Token.isUnresolved(share.percentage)) return `percentage:${Tokenization.stringifyNumber(share.percentage)}`;
      // the pattern keeps out what JavaScript writes with an exponent, which the handler does not read
      if (typeof share.percentage !== 'number' || share.percentage > 100 || !/^\d+(\.\d+)?$/.test(String(share.percentage))) {
        throw misuse(scope, `'${property}' is ${shown(share.percentage)} percent: give a number from 0 to 100`);
      }
      break;
  }
  return renderShare(share);
}
