import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Derivation, derivationPath, formatDerivation } from '../../src/formats/derivation.ts';
import { outputPathsOf } from '../../src/formats/derivation-hash.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { Derivations } from '../../src/store/derivations.ts';

let storeDir: string;

beforeAll(() => {
  storeDir = mkdtempSync(join(tmpdir(), 'tenon-drvs-'));
});

afterAll(() => {
  rmSync(storeDir, { recursive: true });
});

/** Writes a derivation that needs those before it, and gives its path. */
function write(
  name: string,
  inputs: readonly StorePath[],
  known: Derivations,
  ballast = '',
): StorePath {
  const none = { path: undefined, hashAlgo: '', hash: '' };
  const blank: Derivation = {
    name,
    outputs: new Map([['out', none]]),
    inputDerivations: new Map(inputs.map(input => [input, ['out']])),
    inputSources: [],
    platform: 'x86_64-linux',
    builder: '/none',
    args: [],
    env: new Map([
      ['out', ''],
      ['ballast', ballast],
    ]),
  };
  const path = outputPathsOf(storeDir, blank, known.hashOfInput).get('out');
  const drv: Derivation = {
    ...blank,
    outputs: new Map([['out', { ...none, path }]]),
    env: new Map([...blank.env, ['out', path ?? '']]),
  };
  const drvPath = derivationPath(storeDir, drv);
  writeFileSync(drvPath, formatDerivation(drv), 'latin1');
  return drvPath;
}

const all = () => new Derivations(storeDir, () => true);

describe('Derivations', () => {
  test('gives a derivation as it was written', () => {
    const drvPath = write('plain', [], all());
    expect(all().get(drvPath)).toMatchObject({ name: 'plain', builder: '/none' });
    expect(derivationPath(storeDir, all().get(drvPath))).toBe(drvPath);
  });

  test('gives none that is not valid, although it was once', () => {
    const valid = new Set<StorePath>();
    const derivations = new Derivations(storeDir, path => valid.has(path));
    const drvPath = write('fleeting', [], all());
    valid.add(drvPath);
    expect(derivations.get(drvPath).name).toBe('fleeting');
    valid.clear();
    expect(() => derivations.get(drvPath)).toThrow(
      expect.objectContaining({ code: 'store/not-valid' }),
    );
  });

  test('hashes the same, whether its inputs were hashed before or not', () => {
    const known = all();
    const left = write('left', [write('base', [], known)], known);
    const top = write('top', [left, write('right', [write('base', [], known)], known)], known);
    known.hashOfInput(left);
    expect(known.hashOfInput(top)).toEqual(all().hashOfInput(top));
  });

  test('hashes a chain of any length at once', () => {
    const known = all();
    let drvPath = write('link-0', [], known);
    for (let n = 1; n <= 5000; n++) drvPath = write(`link-${n}`, [drvPath], known);
    expect(all().hashOfInput(drvPath)).toEqual(known.hashOfInput(drvPath));
  });

  test('forgets what is oldest, and reads it again when it is needed', () => {
    const known = all();
    const first = write('first', [], known);
    const pattern = known.get(first);
    const big = 'x'.repeat(1 << 20);
    for (let n = 0; n < 70; n++) {
      const drv = { ...pattern, name: `big-${n}`, env: new Map([['big', big]]) };
      const drvPath = derivationPath(storeDir, drv);
      writeFileSync(drvPath, formatDerivation(drv), 'latin1');
      expect(known.get(drvPath).env.get('big')?.length).toBe(big.length);
      rmSync(drvPath);
    }
    rmSync(first);
    expect(() => known.get(first)).toThrow();
  });

  test('hashes each derivation a few times at most, also when it cannot remember all of them', () => {
    const known = all();
    const ballast = 'x'.repeat(1 << 20);
    let layer = [write('even-0', [], known, ballast), write('odd-0', [], known, ballast)];
    for (let n = 1; n < 40; n++)
      layer = ['even', 'odd'].map(name => write(`${name}-${n}`, layer, known, ballast));
    let asked = 0;
    const counting = new Derivations(storeDir, () => {
      asked += 1;
      if (asked > 2000) throw new Error('it is asked for ever');
      return true;
    });
    expect(counting.hashOfInput(layer[1] ?? (layer[0] as StorePath))).toBeDefined();
  });

  test('refuses to hash those that need each other', () => {
    const none = { path: undefined, hashAlgo: '', hash: '' };
    const [here, there] = ['0', '1'].map(c => `${storeDir}/${c.repeat(32)}-loop.drv` as StorePath);
    if (here === undefined || there === undefined) throw new Error('two paths');
    for (const [path, input] of [
      [here, there],
      [there, here],
    ] as const) {
      const drv: Derivation = {
        name: 'loop',
        outputs: new Map([
          ['out', { ...none, path: `${storeDir}/${'2'.repeat(32)}-loop` as StorePath }],
        ]),
        inputDerivations: new Map([[input, ['out']]]),
        inputSources: [],
        platform: 'x86_64-linux',
        builder: '/none',
        args: [],
        env: new Map(),
      };
      writeFileSync(path, formatDerivation(drv), 'latin1');
    }
    expect(() => all().hashOfInput(here)).toThrow(
      expect.objectContaining({ code: 'store/derivation-loop' }),
    );
  });

  test.each([
    { flaw: 'nonsense', text: 'Derive(nonsense' },
    { flaw: 'nothing', text: '' },
  ])('refuses $flaw', ({ flaw, text }) => {
    const drvPath = `${storeDir}/${'0'.repeat(32)}-${flaw}.drv` as StorePath;
    writeFileSync(drvPath, text);
    expect(() => all().get(drvPath)).toThrow(
      expect.objectContaining({ code: 'formats/bad-derivation' }),
    );
  });
});
