import {
  checkRules, dependenciesOf, evaluateConditions, parseTemplate, rejectCircles, resolveDynamicReferences,
  resolveParameters, resolveValue, TemplateError, type GivenParameter, type Json, type Scope,
} from './template';

const RESOURCE = { Type: 'AWS::Some::Thing' };

const SCOPE: Scope = {
  parameters: { 'Name': 'name', 'List': ['a', 'b'], 'AWS::Region': 'eu-west-1', 'AWS::AccountId': '111111111111' },
  conditions: { Yes: true, No: false },
  mappings: { Map: { one: { two: 'three', list: ['x'] } } },
  ref: (id) => `ref-${id}`,
  attribute: (id, name) => (name === 'List' ? ['l1', 'l2'] : `${id}-${name}`),
  importValue: (name) => `import-${name}`,
};

describe('intrinsic functions', () => {
  test.each<[Json, Json | undefined]>([
    ['text', 'text'],
    [{ Ref: 'Name' }, 'name'],
    [{ Ref: 'Thing' }, 'ref-Thing'],
    [{ Ref: 'List' }, ['a', 'b']],
    [{ Ref: 'AWS::Region' }, 'eu-west-1'],
    [{ Ref: 'AWS::NoValue' }, undefined],
    [{ 'Fn::GetAtt': ['Thing', 'Arn'] }, 'Thing-Arn'],
    [{ 'Fn::GetAtt': 'Thing.Outputs.Id' }, 'Thing-Outputs.Id'],
    [{ 'Fn::GetAtt': ['Thing', { Ref: 'Name' }] }, 'Thing-name'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Name' }, 5]] }, 'a-name-5'],
    [{ 'Fn::Join': ['', { 'Fn::GetAtt': ['Thing', 'List'] }] }, 'l1l2'],
    [{ 'Fn::Split': [',', 'a,b,,c'] }, ['a', 'b', '', 'c']],
    [{ 'Fn::Select': [1, ['a', { Ref: 'Name' }]] }, 'name'],
    [{ 'Fn::Select': ['0', { 'Fn::Split': [':', 'x:y'] }] }, 'x'],
    [{ 'Fn::Sub': 'a ${Name} ${Thing} ${Thing.Outputs.X} ${AWS::AccountId} ${!Name}' }, 'a name ref-Thing Thing-Outputs.X 111111111111 ${Name}'],
    [{ 'Fn::Sub': ['${Own}-${Name}', { Own: { Ref: 'Thing' } }] }, 'ref-Thing-name'],
    [{ 'Fn::FindInMap': ['Map', 'one', { 'Fn::Join': ['', ['t', 'wo']] }] }, 'three'],
    [{ 'Fn::ImportValue': { 'Fn::Sub': '${Name}:x' } }, 'import-name:x'],
    [{ 'Fn::Base64': 'text' }, 'dGV4dA=='],
    [{ 'Fn::GetAZs': '' }, ['eu-west-1a', 'eu-west-1b', 'eu-west-1c']],
    [{ 'Fn::GetAZs': 'us-east-1' }, ['us-east-1a', 'us-east-1b', 'us-east-1c']],
    [{ 'Fn::If': ['Yes', 'a', { Ref: 'Name' }] }, 'a'],
    [{ 'Fn::If': ['No', 'a', { Ref: 'Name' }] }, 'name'],
    [{ a: { 'Fn::If': ['No', 'x', { Ref: 'AWS::NoValue' }] }, b: ['x', { Ref: 'AWS::NoValue' }, 'y'] }, { b: ['x', 'y'] }],
    [{ 'Fn::Equals': [{ Ref: 'Name' }, 'name'] }, true],
    [{ 'Fn::Equals': [true, 'true'] }, true],
    [{ 'Fn::Not': [{ Condition: 'Yes' }] }, false],
    [{ 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'No' }] }, false],
    [{ 'Fn::Or': [{ Condition: 'Yes' }, { Condition: 'No' }] }, true],
    [{ 'Fn::Contains': [['a', 'name'], { Ref: 'Name' }] }, true],
    // members of a policy statement that look like functions
    [{ Condition: { StringEquals: { key: { Ref: 'Name' } } } }, { Condition: { StringEquals: { key: 'name' } } }],
  ])('%j is %j', (value, expected) => {
    expect(resolveValue(value, SCOPE)).toEqual(expected);
  });

  test.each<[Json, RegExp]>([
    [{ 'Fn::Select': [5, ['a']] }, /nonexistent value at index 5/],
    [{ 'Fn::FindInMap': ['Map', 'one', 'absent'] }, /Unable to get mapping for Map::one::absent/],
    [{ 'Fn::Join': ['-', [{ Ref: 'List' }]] }, /must be a string/],
    [{ 'Fn::Join': ['-'] }, /list argument with two elements/],
    [{ 'Fn::GetAtt': 'Thing' }, /two non-empty parameters/],
    [{ 'Fn::Transform': 'x' }, /not supported/],
  ])('fails on %j', (value, message) => {
    expect(() => resolveValue(value, SCOPE)).toThrow(message);
  });

  test('dynamic references are read from the parameter store', async () => {
    const lookup = async (name: string) => (name === '/a/b' ? 'value' : undefined);
    expect(await resolveDynamicReferences({ x: ['{{resolve:ssm:/a/b}}!', '-{{resolve:ssm:/a/b:3}}-'] }, lookup)).toEqual({ x: ['value!', '-value-'] });
    await expect(resolveDynamicReferences({ x: '{{resolve:ssm:/absent}}' }, lookup)).rejects.toThrow('Parameter /absent not found.');
  });
});

describe('templates', () => {
  test.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /JSON not well-formed/],
    ['a list', [], /unsupported structure/],
    ['no resources', {}, /At least one Resources member/],
    ['an unknown section', { Resources: { A: RESOURCE }, Extra: 1 }, /Invalid template property or properties \[Extra\]/],
    ['a transform', { Resources: { A: RESOURCE }, Transform: 'AWS::Serverless-2016-10-31' }, /transforms are not supported/],
    ['a null', { Resources: { A: { ...RESOURCE, Properties: { x: [null] } } } }, /\[\/Resources\/A\/Properties\/x\/0\] 'null' values are not allowed/],
    ['a name with a dash', { Resources: { 'A-b': RESOURCE } }, /A-b is non alphanumeric/],
    ['no type', { Resources: { A: {} } }, /must contain a Type/],
    ['a custom type with a dot', { Resources: { A: { Type: 'Custom::a.b' } } }, /Unrecognized resource types: \[Custom::a.b\]/],
    ['an unknown attribute', { Resources: { A: { ...RESOURCE, Property: {} } } }, /Invalid template resource property 'Property'/],
    ['an unknown policy', { Resources: { A: { ...RESOURCE, DeletionPolicy: 'Keep' } } }, /unrecognized DeletionPolicy "Keep"/],
    ['a reference to nothing', { Resources: { A: { ...RESOURCE, Properties: { x: { Ref: 'B' } } } } }, /Unresolved resource dependencies \[B\] in the Resources block/],
    ['a substitution of nothing', { Resources: { A: { ...RESOURCE, Properties: { x: { 'Fn::Sub': '${B.Arn}' } } } } }, /dependencies \[B\]/],
    ['a dependency on nothing', { Resources: { A: { ...RESOURCE, DependsOn: ['B'] } } }, /dependencies \[B\]/],
    ['an output of nothing', { Resources: { A: RESOURCE }, Outputs: { O: { Value: { Ref: 'B' } } } }, /dependencies \[B\] in the Outputs block/],
    ['an output without value', { Resources: { A: RESOURCE }, Outputs: { O: {} } }, /must contain a Value/],
    ['an unknown condition', { Resources: { A: { ...RESOURCE, Condition: 'C' } } }, /unresolved condition dependency C/],
    ['an unknown condition inside', { Resources: { A: { ...RESOURCE, Properties: { x: { 'Fn::If': ['C', 1, 2] } } } } }, /unresolved condition dependency C/],
    ['more than a megabyte', { Resources: { A: { ...RESOURCE, Properties: { x: 'x'.repeat(1_000_000) } } } }, /may not exceed 1000000 bytes/],
  ])('fail with %s', (_, template, message) => {
    const parse = () => parseTemplate(typeof template === 'string' ? template : JSON.stringify(template));
    expect(parse).toThrow(TemplateError);
    expect(parse).toThrow(message);
  });

  test('dependencies come from references in the chosen branch, Sub, GetAtt and DependsOn', () => {
    const resources = Object.fromEntries(['A', 'B', 'C', 'D', 'E', 'F'].map((id) => [id, RESOURCE]));
    const definition = {
      ...RESOURCE,
      DependsOn: ['A', 'Inactive'],
      Properties: {
        sub: { 'Fn::Sub': ['${B} ${Own} ${!F}', { Own: { Ref: 'C' } }] }, att: [{ 'Fn::GetAtt': 'D.Arn' }], if: { 'Fn::If': ['No', { Ref: 'F' }, { Ref: 'E' }] },
      },
    };
    expect(dependenciesOf(definition, resources, { No: false }).sort()).toEqual(['A', 'B', 'C', 'D', 'E']);
  });

  test('circles are rejected', () => {
    expect(() => rejectCircles({ A: ['B'], B: ['C'], C: ['A'], D: ['A'], E: [] })).toThrow('Circular dependency between resources: [A, B, C, D]');
    expect(() => rejectCircles({ A: ['B'], B: ['C'], C: [] })).not.toThrow();
  });
});

describe('parameters', () => {
  const resolve = async (definition: object, given: readonly GivenParameter[] = [], previous: [
    string, string,
  ][] = []) => {
    const template = parseTemplate(JSON.stringify({ Resources: { A: RESOURCE }, Parameters: { P: definition } }));
    const before = previous.map(([key, value]) => ({ key, value, resolved: value, noEcho: false, fromStore: false }));
    const [parameter] = await resolveParameters(template, given, before, async (name) => ({ '/x': 'stored', '/l': 'a,b' })[name]);
    return parameter.resolved;
  };
  const given = (ParameterValue: string) => [{ ParameterKey: 'P', ParameterValue }];

  test.each<[string, object, GivenParameter[], unknown]>([
    ['a value', { Type: 'String' }, given('v'), 'v'],
    ['the default', { Type: 'String', Default: 'd' }, [], 'd'],
    ['a default that is a number', { Type: 'Number', Default: 5 }, [], '5'],
    ['an empty value', { Type: 'String', Default: 'd' }, given(''), ''],
    ['a list', { Type: 'CommaDelimitedList' }, given('a, b'), ['a', 'b']],
    ['a list of numbers', { Type: 'List<Number>' }, given('1,2'), ['1', '2']],
    ['an AWS type', { Type: 'AWS::EC2::VPC::Id' }, given('vpc-1'), 'vpc-1'],
    ['a stored parameter', { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/x' }, [], 'stored'],
    ['a stored list', { Type: 'AWS::SSM::Parameter::Value<List<String>>' }, given('/l'), ['a', 'b']],
    ['the name of a stored parameter', { Type: 'AWS::SSM::Parameter::Name' }, given('/x'), '/x'],
  ])('take %s', async (_, definition, values, expected) => {
    expect(await resolve(definition, values)).toEqual(expected);
  });

  test('keep the previous value when asked to, else the default', async () => {
    const previous = [{ ParameterKey: 'P', UsePreviousValue: true }];
    expect(await resolve({ Type: 'String', Default: 'd' }, previous, [['P', 'before']])).toBe('before');
    expect(await resolve({ Type: 'String', Default: 'd' }, previous)).toBe('d');
  });

  test.each<[string, object, GivenParameter[], RegExp]>([
    ['nothing given', { Type: 'String' }, [], /Parameters: \[P\] must have values/],
    ['an unknown name', { Type: 'String', Default: '' }, [{ ParameterKey: 'Q', ParameterValue: '' }], /Parameters: \[Q\] do not exist in the template/],
    ['a value that is not allowed', { Type: 'String', AllowedValues: ['a'] }, given('b'), /'P' must be one of AllowedValues/],
    ['a value that does not match', { Type: 'String', AllowedPattern: '\\d+' }, given('1a'), /match pattern/],
    ['a list element that does not match', { Type: 'CommaDelimitedList', AllowedPattern: '\\d+' }, given('1,b'), /match pattern/],
    ['no number', { Type: 'Number' }, given('x'), /be a number/],
    ['a value too small', { Type: 'Number', MinValue: 5 }, given('4'), /not less than 5/],
    ['a value too long', { Type: 'String', MaxLength: 2, ConstraintDescription: 'short' }, given('abc'), /failed to satisfy constraint: short/],
    ['a name that is not stored', { Type: 'AWS::SSM::Parameter::Value<String>' }, given('/absent'), /Unable to fetch parameters \[\/absent\]/],
  ])('fail with %s', async (_, definition, values, message) => {
    await expect(resolve(definition, values)).rejects.toThrow(message);
  });
});

describe('conditions and rules', () => {
  const template = parseTemplate(JSON.stringify({
    Resources: { A: RESOURCE },
    Conditions: { Both: { 'Fn::And': [{ Condition: 'IsEu' }, { Condition: 'IsEu' }] }, IsEu: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] } },
    // what the CDK writes
    Rules: {
      CheckBootstrapVersion: {
        Assertions: [{ Assert: { 'Fn::Not': [{ 'Fn::Contains': [['1', '2', '3', '4', '5'], { Ref: 'BootstrapVersion' }] }] }, AssertDescription: 'CDK bootstrap stack version 6 required.' }],
      },
    },
  }));

  test('conditions may use others', () => {
    expect(evaluateConditions(template, { 'AWS::Region': 'eu-west-1' })).toEqual({ Both: true, IsEu: true });
    expect(evaluateConditions(template, { 'AWS::Region': 'us-east-1' })).toEqual({ Both: false, IsEu: false });
  });

  test('rules are asserted', () => {
    expect(() => checkRules(template, { BootstrapVersion: '5' }, {})).toThrow(/version 6 required/);
    expect(() => checkRules(template, { BootstrapVersion: '30' }, {})).not.toThrow();
  });
});
