import { describe, expect, test } from '@jest/globals';
import type { Derivation } from '../../src/formats/derivation.ts';
import {
  checkDerivation,
  drvOutputId,
  hashModulo,
  outputPathsOf,
} from '../../src/formats/derivation-hash.ts';
import { formatHash } from '../../src/formats/hash.ts';
import { parseStorePath } from '../../src/formats/store-path.ts';
import { coded, STORE_DIR } from './feed.ts';
import { goldenDerivation, goldenDerivations, goldenHash } from './golden-derivations.ts';

const OTHER = parseStorePath(STORE_DIR, `${STORE_DIR}/gwina1sjk7g95wq6fxc6b7s1hza53h74-hello`);

/** A golden derivation with another path for an output, or another value of a variable. */
function changed(
  name: string,
  { output, variable }: { output?: string; variable?: [string, string | undefined] },
): Derivation {
  const { drv } = goldenDerivation(name);
  const outputs = new Map(drv.outputs);
  const env = new Map(drv.env);
  const before = drv.outputs.get(output ?? '');
  if (output !== undefined && before !== undefined) outputs.set(output, { ...before, path: OTHER });
  if (variable?.[1] !== undefined) env.set(variable[0], variable[1]);
  else if (variable !== undefined) env.delete(variable[0]);
  return { ...drv, outputs, env };
}

describe('drvOutputId', () => {
  test.each([
    { name: 'simple', id: '595072af4f49a7e6e3c199450fd82e69e589fd048130ced35ea820a92858d271' },
    { name: 'esc', id: '2fbd276cef14e27cdc7db1007ce296d9e770519e875a94d3e5a06239b22492bb' },
    { name: 'multi', id: '0f03f77ae6fd101fd3390c626f0bfbaf5cf6773268f3df8900e54c3cffc89e53' },
    { name: 'fixed.txt', id: '94ea7ded2ea0c4739d821f4d3a36224f66b7d362dc87c30cf11fbc3063a1559a' },
    { name: 'fixedrec', id: '07d89957be9f6a7db81236fd7ce3506cfa1364907577bd33c2f8f782d6bc21b6' },
    { name: 'dep', id: '551025d7afd7badfeffbb4894b7b1734dffed84a61ee915c523cd5d7382dd618' },
    { name: 'caf', id: 'b38c556096d615eb5a99ab7cac19cd46c4ec3ea62bcd9f7c81e16f8827bb21e7' },
    { name: 'caself', id: 'c18bcf7a6bb57d241e4072eb0ae45cb3dd41d924c0e68ca95b3fb774e208995a' },
  ])('of $name', ({ name, id }) => {
    const { drv } = goldenDerivation(name);
    for (const output of drv.outputs.keys())
      expect(drvOutputId(drv, output, goldenHash)).toBe(`sha256:${id}!${output}`);
  });

  test('refuses an output that is not there', () => {
    const { drv } = goldenDerivation('simple');
    expect(() => drvOutputId(drv, 'dev', goldenHash)).toThrow(coded('formats/no-such-output'));
  });
});

describe('outputPathsOf', () => {
  const known = goldenDerivations.filter(({ drv }) => drv.outputs.get('out')?.path !== undefined);

  test.each(known)('gives $drv.name the paths that Nix gave it', ({ drv }) => {
    const written = [...drv.outputs].map(([name, { path }]) => [name, path]);
    expect([...outputPathsOf(STORE_DIR, drv, goldenHash)]).toEqual(written);
  });

  test('fills in what a derivation does not say yet', () => {
    const { drv } = goldenDerivation('dep');
    const written = drv.outputs.get('out')?.path;
    const blank = {
      ...drv,
      outputs: new Map([['out', { path: undefined, hashAlgo: '', hash: '' }]]),
      env: new Map(drv.env).set('out', ''),
    };
    expect(outputPathsOf(STORE_DIR, blank, goldenHash).get('out')).toBe(written);
  });

  test.each(['caf', 'cadep', 'impure'])('gives %s none before it is built', name => {
    expect(outputPathsOf(STORE_DIR, goldenDerivation(name).drv, goldenHash).size).toBe(0);
  });

  test('makes one of two inputs that are the same but for how they are made', () => {
    const { drv } = goldenDerivation('dep');
    const [, simple, fixed] = [...drv.inputDerivations.keys()];
    if (simple === undefined || fixed === undefined) throw new Error('dep lacks inputs');
    const hashOfInput = () => goldenHash(fixed);
    const both = {
      ...drv,
      inputDerivations: new Map([
        [simple, ['out']],
        [fixed, ['out']],
      ]),
    };
    const one = { ...drv, inputDerivations: new Map([[fixed, ['out']]]) };
    expect(outputPathsOf(STORE_DIR, both, hashOfInput)).toEqual(
      outputPathsOf(STORE_DIR, one, hashOfInput),
    );
  });
});

describe('hashModulo', () => {
  test('of a fixed derivation depends on its output alone', () => {
    const { drv } = goldenDerivation('fixed.txt');
    const other = { ...drv, builder: '/bin/bash', args: [] };
    const options = { maskOutputs: false, hashOfInput: goldenHash };
    expect(hashModulo(other, options)).toEqual(hashModulo(drv, options));
  });

  test.each([
    { name: 'simple', deferred: false },
    { name: 'fixed.txt', deferred: false },
    { name: 'caf', deferred: true },
    { name: 'cadep', deferred: true },
    { name: 'impure', deferred: true },
  ])('of $name is deferred: $deferred', ({ name, deferred }) => {
    expect(goldenHash(goldenDerivation(name).path).deferred).toBe(deferred);
  });

  test('of an impure derivation is that of a word', () => {
    const hash = goldenHash(goldenDerivation('impure').path).hashes.get('out');
    expect(hash && formatHash(hash, 'base16')).toMatch(/^ddffc26775f6/);
  });

  test('refuses an input without the output that is needed', () => {
    const { drv } = goldenDerivation('dep');
    const inputDerivations = new Map([...drv.inputDerivations.keys()].map(path => [path, ['no']]));
    const options = { maskOutputs: true, hashOfInput: goldenHash };
    expect(() => hashModulo({ ...drv, inputDerivations }, options)).toThrow(
      coded('formats/no-such-output'),
    );
  });
});

describe('checkDerivation', () => {
  test.each(goldenDerivations)('accepts $drv.name', ({ drv }) => {
    expect(() => checkDerivation(STORE_DIR, drv, goldenHash)).not.toThrow();
  });

  test('accepts structured attributes without variables for the outputs', () => {
    const { drv } = goldenDerivation('structured');
    const env = new Map([['__json', drv.env.get('__json') ?? '']]);
    const blank = { ...drv, env, outputs: new Map(drv.outputs) };
    const outputs = new Map(
      [...outputPathsOf(STORE_DIR, blank, goldenHash)].map(([name, path]) => [
        name,
        { path, hashAlgo: '', hash: '' },
      ]),
    );
    expect(() => checkDerivation(STORE_DIR, { ...blank, outputs }, goldenHash)).not.toThrow();
  });

  test.each([
    { flaw: 'another path', name: 'simple', change: { output: 'out' }, code: 'incorrect-output' },
    {
      flaw: 'another path of a second output',
      name: 'multi',
      change: { output: 'lib' },
      code: 'incorrect-output',
    },
    {
      flaw: 'another path than its hash says',
      name: 'fixed.txt',
      change: { output: 'out' },
      code: 'incorrect-output',
    },
    {
      flaw: 'a variable that is not the path',
      name: 'simple',
      change: { variable: ['out', '/tmp/x'] as [string, string] },
      code: 'incorrect-variable',
    },
    {
      flaw: 'no variable',
      name: 'fixed.txt',
      change: { variable: ['out', undefined] as [string, undefined] },
      code: 'incorrect-variable',
    },
  ])('refuses $flaw', ({ name, change, code }) => {
    expect(() => checkDerivation(STORE_DIR, changed(name, change), goldenHash)).toThrow(
      coded(`formats/${code}`),
    );
  });

  test('says what Nix says', () => {
    expect(() =>
      checkDerivation(STORE_DIR, changed('simple', { output: 'out' }), goldenHash),
    ).toThrow(
      /^derivation '\/nix\/store\/\S+-simple\.drv' has incorrect output '\S+-hello', should be '\S+-simple'$/,
    );
  });

  test('refuses paths for outputs that depend on what gets built', () => {
    const { drv } = goldenDerivation('cadep');
    const outputs = new Map([['out', { path: OTHER, hashAlgo: '', hash: '' }]]);
    expect(() => checkDerivation(STORE_DIR, { ...drv, outputs }, goldenHash)).toThrow(
      coded('formats/bad-derivation'),
    );
  });
});
