import type { Derivation, DerivationOutput } from '../../src/formats/derivation.ts';
import type { StorePath } from '../../src/formats/store-path.ts';

/** A path with a hash part of one repeated character, which no store has. */
export function fakePath(letter: string, name: string): StorePath {
  return `/nix/store/${letter.repeat(32)}-${name}` as StorePath;
}

export function inputAddressed(path: StorePath): DerivationOutput {
  return { path, hashAlgo: '', hash: '' };
}

/** Any derivation for pure code, which looks at the parts that matter to it. */
export function derivationWith(
  env: Readonly<Record<string, string>>,
  rest: Partial<Derivation> = {},
): Derivation {
  return {
    name: 'some',
    outputs: new Map([['out', inputAddressed(fakePath('0', 'some'))]]),
    inputDerivations: new Map(),
    inputSources: [],
    platform: 'x86_64-linux',
    builder: '/nix/store/bin/sh',
    args: [],
    env: new Map(Object.entries(env)),
    ...rest,
  };
}

/** The output of a derivation whose content is known. */
export const fixedOutput: ReadonlyMap<string, DerivationOutput> = new Map([
  ['out', { path: fakePath('1', 'some'), hashAlgo: 'sha256', hash: 'ab'.repeat(32) }],
]);
