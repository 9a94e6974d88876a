import type { ByteString } from './byte-string.ts';
import { isDerivationPath } from './derivation.ts';
import { badDerivedPath } from './errors.ts';
import { parseStorePath, type StorePath } from './store-path.ts';
import type { Dialect } from './wire.ts';

/**
 * What a client wants to have, as one string (Nix: src/libstore/derived-path.cc, path-with-outputs.cc):
 *
 *   since 1.30  path | path "!*" | path "!" output { "," output }     a path alone is wanted as it is
 *   before      path | path "!" output { "," output }                 a derivation alone means all its outputs
 *
 * Outputs of outputs, `path!out!out`, belong to dynamic derivations and are refused.
 */

export type DerivedPath =
  | { readonly kind: 'opaque'; readonly path: StorePath }
  | {
      readonly kind: 'built';
      readonly drvPath: StorePath;
      readonly outputs: 'all' | readonly ByteString[];
    };

const EXPLICIT_ALL_MINOR = 30;
const MAX_LENGTH = 64 << 10;
const OUTPUT_NAME = /^[0-9a-zA-Z+._?=-]+$/;

export function parseDerivedPath({ storeDir, minor }: Dialect, text: ByteString): DerivedPath {
  if (text.length > MAX_LENGTH) throw badDerivedPath(text, 'it is too long');
  if (text.includes('!')) return parseBuilt(storeDir, minor, text);
  const path = parseStorePath(storeDir, text);
  return minor < EXPLICIT_ALL_MINOR && isDerivationPath(path)
    ? { kind: 'built', drvPath: path, outputs: 'all' }
    : { kind: 'opaque', path };
}

/** Throws when the version has no way to ask for a derivation's file alone. */
export function formatDerivedPath(
  { minor }: Pick<Dialect, 'minor'>,
  wanted: DerivedPath,
): ByteString {
  const explicit = minor >= EXPLICIT_ALL_MINOR;
  if (wanted.kind === 'opaque') {
    if (!explicit && isDerivationPath(wanted.path))
      throw badDerivedPath(
        wanted.path,
        'this version of the protocol cannot ask for a derivation itself',
      );
    return wanted.path;
  }
  if (wanted.outputs !== 'all') return `${wanted.drvPath}!${wanted.outputs.join(',')}`;
  return explicit ? `${wanted.drvPath}!*` : wanted.drvPath;
}

function parseBuilt(storeDir: ByteString, minor: number, text: ByteString): DerivedPath {
  const [path = '', names = '', nested] = text.split('!', 3);
  if (nested !== undefined) throw badDerivedPath(text, 'outputs of outputs are not supported');
  const drvPath = parseStorePath(storeDir, path);
  if (!isDerivationPath(drvPath)) throw badDerivedPath(text, 'only derivations have outputs');
  if (names === '*' && minor >= EXPLICIT_ALL_MINOR)
    return { kind: 'built', drvPath, outputs: 'all' };
  const outputs = names.split(',');
  if (!outputs.every(output => OUTPUT_NAME.test(output)))
    throw badDerivedPath(text, 'an output has no proper name');
  return { kind: 'built', drvPath, outputs };
}
