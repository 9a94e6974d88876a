import { readdirSync, readFileSync } from 'node:fs';
import { type Derivation, parseDerivation } from '../../src/formats/derivation.ts';
import { type DerivationHash, hashModulo } from '../../src/formats/derivation-hash.ts';
import { parseBaseName, type StorePath, storePathName } from '../../src/formats/store-path.ts';
import { STORE_DIR } from './feed.ts';

/** The .drv files that Nix 2.8.0 and 2.34.8 wrote for a set of expressions, under their own names. */
const DIRECTORY = new URL('../golden/derivations/', import.meta.url);

export interface GoldenDerivation {
  readonly path: StorePath;
  readonly text: string;
  readonly drv: Derivation;
}

export const goldenDerivations: readonly GoldenDerivation[] = readdirSync(DIRECTORY).map(file => {
  const path = parseBaseName(STORE_DIR, file);
  const text = readFileSync(new URL(file, DIRECTORY), 'latin1');
  const name = storePathName(path).slice(0, -'.drv'.length);
  return { path, text, drv: parseDerivation(STORE_DIR, name, text) };
});

export function goldenDerivation(name: string): GoldenDerivation {
  const found = goldenDerivations.find(({ drv }) => drv.name === name);
  if (found === undefined) throw new Error(`there is no golden derivation "${name}"`);
  return found;
}

/** The hash of a golden derivation, out of all of them. */
export function goldenHash(path: StorePath): DerivationHash {
  const found = goldenDerivations.find(golden => golden.path === path);
  if (found === undefined) throw new Error(`there is no golden derivation at ${path}`);
  return hashModulo(found.drv, { maskOutputs: false, hashOfInput: goldenHash });
}
