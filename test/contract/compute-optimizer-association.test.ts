import * as fc from 'fast-check';
import { ComputeOptimizerAssociation, type ComputeOptimizerAssociationProps, MemberAccounts } from '../../src';
import {
  AUTOMATION_REGIONS, automationRegion, COMPUTE_OPTIMIZER_ASSOCIATION_TYPE, type ComputeOptimizerAssociationTarget,
  parseComputeOptimizerAssociation,
} from '../../src/private/contract/compute-optimizer-association';
import { PropertyError } from '../../src/private/contract/properties';
import { only, newStack } from '../stacks';

const accounts = MemberAccounts.of(['111122223333', '000000000001']);

/** What the handler reads of what the construct writes; CloudFormation hands over every scalar as a string. */
function received(props: Partial<ComputeOptimizerAssociationProps>): ComputeOptimizerAssociationTarget {
  const stack = newStack();
  new ComputeOptimizerAssociation(stack, 'Automation', { accounts, ...props });
  return parseComputeOptimizerAssociation(only(stack, COMPUTE_OPTIMIZER_ASSOCIATION_TYPE).Properties);
}

test('the type is the one that was released', () => {
  expect(COMPUTE_OPTIMIZER_ASSOCIATION_TYPE).toBe('Custom::ComputeOptimizerAssociation');
});

describe('P5: the handler reads what the construct writes', () => {
  test('without options', () => {
    expect(received({})).toEqual({
      accounts: ['000000000001', '111122223333'],
      enrollAdministrator: false,
      failureTolerance: { kind: 'none' },
      existingMembers: 'leave',
      dropped: 'remove',
      removalLimit: { kind: 'percentage', percentage: 10 },
      waitSeconds: 600,
    });
  });

  test.each([true, false, undefined])('enrollAdministrator %s', (enrollAdministrator) => {
    expect(received({ enrollAdministrator }).enrollAdministrator).toBe(enrollAdministrator === true);
  });

  test('any Region that it lets through', () => {
    const name = fc.stringMatching(/^[a-z]{2,4}(-[a-z]{3,9}){1,2}-[1-9]$/);
    fc.assert(fc.property(fc.oneof(name, fc.constantFrom(...AUTOMATION_REGIONS)), (region) => {
      expect(received({ region }).region).toBe(region);
    }), { numRuns: 30 });
  });
});

describe('P5, P6: what comes in an event', () => {
  test.each([{}, { Region: '', EnrollAdministrator: '' }, { Unknown: 'x' }])('%j: defaults', (properties) => {
    const target = parseComputeOptimizerAssociation(properties);
    expect(target).toMatchObject({ accounts: [], enrollAdministrator: false });
    expect(target.region).toBeUndefined();
  });

  test.each(['1', 'yes', 'TRUE'])('EnrollAdministrator %j is neither', (EnrollAdministrator) => {
    expect(() => parseComputeOptimizerAssociation({ EnrollAdministrator })).toThrow(
      new PropertyError(`'enrollAdministrator' is "${EnrollAdministrator}": give one of 'false', 'true'`),
    );
  });

  test.each(['us-east-1.example.com', 'us-east-1/', 'US-EAST-1', 'us_east_1', 'us-east', '1', ['us-east-1', 'eu-west-1']])(
    'Region %j would make another host', (Region) => {
      expect(() => parseComputeOptimizerAssociation({ Region: Region as string })).toThrow(
        new PropertyError(`'region' is ${JSON.stringify(Region)}, which is no Region: give a name such as 'us-east-1'`),
      );
    },
  );
});

describe('which Region is called', () => {
  test('there are 17 with an endpoint, each once', () => {
    expect(new Set(AUTOMATION_REGIONS).size).toBe(17);
  });

  test.each([
    ['eu-west-1', 'eu-central-1', 'eu-west-1'],
    ['me-south-1', 'eu-central-1', 'me-south-1'],
    [undefined, 'eu-central-1', 'eu-central-1'],
    [undefined, 'me-south-1', 'us-east-1'],
  ])('given %s in a stack in %s: %s', (region, stackRegion, expected) => {
    expect(automationRegion({ region }, stackRegion)).toBe(expected);
  });
});
