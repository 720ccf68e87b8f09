import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the compiler says about the package: what users of all languages see. */
const ASSEMBLY = join(__dirname, '../.jsii');

interface Docs {
  readonly summary?: string;
  readonly default?: string;
  readonly example?: string;
  readonly see?: string;
}

interface Member {
  readonly name: string;
  readonly docs?: Docs;
  readonly type?: object;
  readonly optional?: boolean;
  readonly immutable?: boolean;
  readonly overrides?: string;
  readonly parameters?: readonly Member[];
  readonly returns?: { readonly type: object };
}

interface Type {
  readonly name: string;
  readonly fqn: string;
  readonly kind: 'class' | 'enum' | 'interface';
  readonly datatype?: boolean;
  readonly base?: string;
  readonly docs?: Docs;
  readonly initializer?: { readonly parameters?: readonly (Member & { readonly type: { readonly fqn?: string } })[] };
  readonly properties?: readonly Member[];
  readonly methods?: readonly Member[];
}

const assembly: { docs: { stability: string }; types: Record<string, Type> } = existsSync(ASSEMBLY)
  ? JSON.parse(readFileSync(ASSEMBLY, 'utf8'))
  : { docs: { stability: '' }, types: {} };
const types = Object.values(assembly.types);
const structs = types.filter(({ datatype }) => datatype);
const constructs = types.filter(({ base }) => base === 'aws-cdk-lib.Resource');

/** Every place where a type is named, such as `HandlerOptions.role`, with the reference. */
const references = types.flatMap((type) => [
  ...type.initializer?.parameters ?? [],
  ...type.properties ?? [],
  ...(type.methods ?? []).flatMap((method) => [
    { name: `${method.name}()`, type: method.returns?.type },
    ...method.parameters ?? [],
  ]),
].map(({ name, type: reference }) => ({ place: `${type.name}.${name}`, text: JSON.stringify(reference ?? {}) })));

// the compiler has to run first, as it does in `npm test`
(types.length > 0 ? describe : describe.skip)('public surface', () => {
  test('names are those that were released', () => {
    expect(Object.fromEntries(types.map(({ name, properties = [], methods = [] }) =>
      [name, [...properties, ...methods].map((member) => member.name).sort()]))).toEqual({
      ComputeOptimizerAssociation: ['ledgerTableName'],
      ComputeOptimizerAssociationProps: ['accounts', 'enrollAdministrator', 'region'],
      DroppedAccounts: ['release', 'remove'],
      ExistingMembers: ['leave', 'takeOver'],
      FailureTolerance: ['accounts', 'all', 'none', 'percentage'],
      HandlerOptions: [
        'encryptionKey', 'logGroup', 'logLevel', 'role', 'runtime', 'securityGroups', 'vpc', 'vpcSubnets',
      ],
      MemberAccounts: ['of', 'outside'],
      MembershipOptions: [
        'dropped', 'existingMembers', 'failureTolerance', 'handler', 'removalLimit', 'removalPolicy', 'revision', 'wait',
      ],
      OutsideAccount: ['accountId', 'email'],
      RemovalLimit: ['accounts', 'percentage', 'unlimited'],
      SecurityHubMembers: ['ledgerTableName'],
      SecurityHubMembersProps: ['accounts'],
    });
  });

  test('is experimental', () => {
    expect(assembly.docs.stability).toBe('experimental');
  });

  test('everything has a description', () => {
    const missing = types.flatMap(({ name, docs, properties = [], methods = [] }) => [
      ...docs?.summary ? [] : [name],
      ...[...properties, ...methods]
        .filter((member) => !member.docs?.summary && !member.overrides)
        .map((member) => `${name}.${member.name}`),
    ]);
    expect(missing).toEqual([]);
  });

  test('every optional property says what its default is', () => {
    const missing = structs.flatMap(({ name, properties = [] }) => properties
      .filter((property) => property.optional && (!property.docs?.default || property.docs.default.includes('undefined')))
      .map((property) => `${name}.${property.name}`));
    expect(missing).toEqual([]);
  });

  test('properties are read-only', () => {
    const writable = types.flatMap(({ name, properties = [] }) => properties
      .filter(({ immutable }) => !immutable).map((property) => `${name}.${property.name}`));
    expect(writable).toEqual([]);
  });

  test.each([
    ['unions', /"union"/],
    ['intersections', /"intersection"/],
    ['any', /"primitive":"(?:any|json)"/],
    ['low-level CloudFormation types', /"fqn":"[^"]*\.Cfn/],
    ['tokens and custom resources', /"fqn":"[^"]*\.(?:IResolvable|Token|CustomResource)"/],
  ])('there are no %s', (_, pattern) => {
    expect(references.length).toBeGreaterThan(30);
    expect(references.filter(({ text }) => pattern.test(text)).map(({ place }) => place)).toEqual([]);
  });

  test('other resources are taken as constructs, not as ARNs', () => {
    expect(references.filter(({ place }) => /arns?$/i.test(place)).map(({ place }) => place)).toEqual([]);
  });

  test('a construct takes scope, id and properties of its own, has an example and a link', () => {
    expect(constructs.map(({ name }) => name)).toEqual(['ComputeOptimizerAssociation', 'SecurityHubMembers']);
    for (const { name, fqn, docs, initializer } of constructs) {
      expect(initializer?.parameters?.map((parameter) => parameter.name)).toEqual(['scope', 'id', 'props']);
      expect(initializer?.parameters?.[2].type.fqn).toBe(`${fqn}Props`);
      expect(docs?.example).toContain(`new ${name}(`);
      expect(docs?.see).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
    }
  });

  test('other classes cannot be subclassed or constructed', () => {
    const open = types.filter((type) => type.kind === 'class' && type.initializer && !constructs.includes(type));
    expect(open.map(({ name }) => name)).toEqual([]);
  });
});
