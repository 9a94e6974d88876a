import { describe, expect, test } from '@jest/globals';
import { derivationOptions, isFixedOutput } from '../../src/build/derivation-options.ts';
import { derivationWith, fakePath, fixedOutput, inputAddressed } from './derivations.ts';

const structured = (attributes: unknown) =>
  derivationOptions(derivationWith({ __json: JSON.stringify(attributes) }));

describe('derivationOptions of an environment', () => {
  test('reads flags and lists', () => {
    const options = derivationOptions(
      derivationWith({
        __noChroot: '1',
        preferLocalBuild: '1',
        requiredSystemFeatures: ' kvm  big-parallel\n',
        impureEnvVars: 'http_proxy\thttps_proxy',
        passAsFile: 'script text',
        exportReferencesGraph: `graph ${fakePath('a', 'a')} other ${fakePath('b', 'b')}`,
      }),
    );
    expect(options).toMatchObject({
      structured: undefined,
      noChroot: true,
      preferLocalBuild: true,
      requiredSystemFeatures: ['kvm', 'big-parallel'],
      impureEnvVars: ['http_proxy', 'https_proxy'],
      passAsFile: ['script', 'text'],
      exportReferencesGraph: new Map([
        ['graph', [fakePath('a', 'a')]],
        ['other', [fakePath('b', 'b')]],
      ]),
    });
  });

  test('asks for nothing when nothing is set', () => {
    const options = derivationOptions(derivationWith({}));
    expect(options).toMatchObject({ noChroot: false, requiredSystemFeatures: [], passAsFile: [] });
    expect(options.checksOf('out')).toEqual({
      allowedReferences: undefined,
      allowedRequisites: undefined,
      disallowedReferences: [],
      disallowedRequisites: [],
      maxSizeBytes: undefined,
      maxClosureSizeBytes: undefined,
      requisitesIncludeSelf: false,
    });
  });

  test('takes only "1" for yes', () => {
    const options = derivationOptions(derivationWith({ __noChroot: 'true' }));
    expect(options.noChroot).toBe(false);
  });

  test('tells an empty list of allowed references from none', () => {
    const options = derivationOptions(derivationWith({ allowedReferences: '' }));
    expect(options.checksOf('out').allowedReferences).toEqual([]);
  });

  test('refuses a graph without a path', () => {
    const drv = derivationWith({ exportReferencesGraph: 'graph /a other' });
    expect(() => derivationOptions(drv)).toThrow(
      expect.objectContaining({ code: 'build/bad-attribute' }),
    );
  });
});

describe('derivationOptions of structured attributes', () => {
  test('reads them from the JSON, and nothing from the environment', () => {
    const drv = derivationWith({
      __json: JSON.stringify({ __noChroot: true, requiredSystemFeatures: ['kvm'] }),
      requiredSystemFeatures: 'other',
      passAsFile: 'script',
    });
    const options = derivationOptions(drv);
    expect(options.noChroot).toBe(true);
    expect(options.requiredSystemFeatures).toEqual(['kvm']);
    expect(options.passAsFile).toEqual([]);
  });

  test('takes a graph of one path or of several', () => {
    const graph = { one: '/a', several: ['/b', '/c'] };
    expect(structured({ exportReferencesGraph: graph }).exportReferencesGraph).toEqual(
      new Map([
        ['one', ['/a']],
        ['several', ['/b', '/c']],
      ]),
    );
  });

  test('reads the checks of each output', () => {
    const options = structured({
      outputChecks: { out: { maxSize: 10, allowedRequisites: [] }, dev: { maxClosureSize: 20 } },
    });
    expect(options.checksOf('out')).toMatchObject({
      maxSizeBytes: 10,
      maxClosureSizeBytes: undefined,
      allowedRequisites: [],
      requisitesIncludeSelf: true,
    });
    expect(options.checksOf('dev')).toMatchObject({ maxClosureSizeBytes: 20 });
    expect(options.checksOf('doc')).toMatchObject({ maxSizeBytes: undefined });
  });

  test('discards the references of those outputs that say so', () => {
    const discard = { out: true, dev: false, doc: 'yes' };
    expect(structured({ unsafeDiscardReferences: discard }).discardReferences).toEqual(
      new Set(['out']),
    );
  });

  test.each([
    { flaw: 'no JSON', json: '{' },
    { flaw: 'no object', json: '[]' },
    { flaw: 'null', json: 'null' },
    { flaw: 'a text where a list is wanted', json: '{"requiredSystemFeatures":"kvm"}' },
    { flaw: 'numbers in a list of texts', json: '{"impureEnvVars":[1]}' },
  ])('refuses $flaw', ({ json }) => {
    expect(() => derivationOptions(derivationWith({ __json: json }))).toThrow(
      expect.objectContaining({ code: 'build/bad-attribute' }),
    );
  });
});

describe('isFixedOutput', () => {
  test.each([
    { what: 'a hash that is known', outputs: fixedOutput, fixed: true },
    {
      what: 'no hash',
      outputs: new Map([['out', inputAddressed(fakePath('0', 'x'))]]),
      fixed: false,
    },
    {
      what: 'an impure hash',
      outputs: new Map([['out', { path: undefined, hashAlgo: 'sha256', hash: 'impure' }]]),
      fixed: false,
    },
    {
      what: 'another output as well',
      outputs: new Map([...fixedOutput, ['dev', inputAddressed(fakePath('0', 'x'))]]),
      fixed: false,
    },
  ])('is $fixed for $what', ({ outputs, fixed }) => {
    expect(isFixedOutput(derivationWith({}, { outputs }))).toBe(fixed);
  });
});
