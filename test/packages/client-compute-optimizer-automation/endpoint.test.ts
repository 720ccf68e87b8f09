import { endpointOf } from '../../../packages/client-compute-optimizer-automation/src/endpoint';

const SUPPORTED = { supportsFIPS: true, supportsDualStack: true };
let supported = SUPPORTED;

// every partition of today has both kinds of endpoints
jest.mock('@aws-sdk/core/client', () => ({
  ...jest.requireActual('@aws-sdk/core/client'),
  partition: () => ({ ...supported, dnsSuffix: 'example.com', dualStackDnsSuffix: 'example.aws' }),
}));

const BOTH = { Region: 'xx-east-1', UseFIPS: true, UseDualStack: true };
const FIPS = { Region: 'xx-east-1', UseFIPS: true };
const DUAL_STACK = { Region: 'xx-east-1', UseDualStack: true };

afterEach(() => { supported = SUPPORTED; });

test.each([
  [{ Region: 'xx-east-1' }, 'https://aco-automation.xx-east-1.example.com/'],
  [FIPS, 'https://aco-automation-fips.xx-east-1.example.com/'],
  [DUAL_STACK, 'https://aco-automation.xx-east-1.example.aws/'],
  [BOTH, 'https://aco-automation-fips.xx-east-1.example.aws/'],
  [{ Region: 'xx-east-1', Endpoint: 'http://127.0.0.1:1/path' }, 'http://127.0.0.1:1/path'],
])('of %j is %s', (parameters, url) => {
  expect(endpointOf(parameters).url.href).toBe(url);
});

test.each([
  [BOTH, { supportsFIPS: false }, 'FIPS and DualStack are enabled, but this partition does not support one or both'],
  [BOTH, { supportsDualStack: false }, 'FIPS and DualStack are enabled, but this partition does not support one or both'],
  [FIPS, { supportsFIPS: false }, 'FIPS is enabled but this partition does not support FIPS'],
  [DUAL_STACK, { supportsDualStack: false }, 'DualStack is enabled but this partition does not support DualStack'],
])('fails on %j in a partition with %j', (parameters, lacking, message) => {
  supported = { ...SUPPORTED, ...lacking };
  expect(() => endpointOf(parameters)).toThrow(message);
});

test.each([[FIPS, { supportsDualStack: false }], [DUAL_STACK, { supportsFIPS: false }]])(
  '%j does not mind a partition with %j', (parameters, lacking) => {
    supported = { ...SUPPORTED, ...lacking };
    expect(() => endpointOf(parameters)).not.toThrow();
  });

test.each([
  [{}, 'Invalid Configuration: Missing Region'],
  [{ Endpoint: 'http://127.0.0.1', UseFIPS: true }, 'Invalid Configuration: FIPS and custom endpoint are not supported'],
  [{ Endpoint: 'http://127.0.0.1', UseDualStack: true }, 'Invalid Configuration: Dualstack and custom endpoint are not supported'],
])('fails on %j', (parameters, message) => {
  expect(() => endpointOf(parameters)).toThrow(message);
});
