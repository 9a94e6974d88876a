import type { Derivation, DerivationOutput } from '../formats/derivation.ts';
import {
  byteString,
  type Codec,
  listOf,
  mapOf,
  optionalStorePath,
  record,
  storePath,
} from '../formats/wire.ts';

/**
 * A derivation whose inputs are all store paths (Nix: src/libstore/derivations.cc, `BasicDerivation`). Its name is that
 * of the path which is sent along.
 */
export type BasicDerivation = Omit<Derivation, 'name' | 'inputDerivations'>;

const output = record<DerivationOutput>({
  path: optionalStorePath,
  hashAlgo: byteString,
  hash: byteString,
});

export const basicDerivation: Codec<BasicDerivation> = record<BasicDerivation>({
  outputs: mapOf(byteString, output),
  inputSources: listOf(storePath),
  platform: byteString,
  builder: byteString,
  args: listOf(byteString),
  env: mapOf(byteString, byteString),
});
