import { type IPropertyInjector, type InjectionContext, PropertyInjectors } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { members, newStack, only } from './stacks';

/** Adds properties to all constructs of a class, as an organization's blueprint does. */
class Inject implements IPropertyInjector {
  constructor(readonly constructUniqueId: string, private readonly extra: object) {}

  public inject(originalProps: unknown, _context: InjectionContext): unknown {
    return { ...originalProps as object, ...this.extra };
  }
}

test('an injector reaches the function', () => {
  const stack = newStack();
  PropertyInjectors.of(stack).add(new Inject(lambda.Function.PROPERTY_INJECTION_ID, {
    reservedConcurrentExecutions: 5,
    tracing: lambda.Tracing.ACTIVE,
  }));
  members(stack, 'Members');

  expect(only(stack, 'AWS::Lambda::Function').Properties).toMatchObject({
    ReservedConcurrentExecutions: 5,
    TracingConfig: { Mode: 'Active' },
    Handler: 'index.handler',
  });
  // what the injected option needs is allowed, too
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: { Statement: [{ Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], Effect: 'Allow' }] },
  });
});

test('an injector reaches the log group', () => {
  const stack = newStack();
  PropertyInjectors.of(stack).add(new Inject(logs.LogGroup.PROPERTY_INJECTION_ID, {
    retention: logs.RetentionDays.TEN_YEARS,
  }));
  members(stack, 'Members');

  expect(only(stack, 'AWS::Logs::LogGroup').Properties.RetentionInDays).toBe(3653);
});
