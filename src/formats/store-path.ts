import { type ByteString, compareBytes } from './byte-string.ts';
import { badStorePath, badStorePathName } from './errors.ts';
import { foldHash, formatHash, type Hash, hashBytes } from './hash.ts';
import { encodeNix32 } from './nix32.ts';

/**
 * Store paths and how they are computed (Nix: src/libstore/path.cc, store-api.cc, manual "Store path").
 *
 *   path = storeDir "/" hashPart "-" name
 *   hashPart = nix32 of sha256(type ":" hash ":" storeDir ":" name), folded to 20 bytes
 *
 * Nix 2.8 takes any name that starts with a dot, 2.19 none; this takes those of 2.21 and later.
 */

declare const storePathBrand: unique symbol;

/** The full path of a store object, checked. */
export type StorePath = ByteString & { readonly [storePathBrand]: true };

/** What a text or NAR refers to, besides itself. */
export interface References {
  readonly others: readonly StorePath[];
  readonly self: boolean;
}

export const HASH_PART_LENGTH = 32;
const HASH_PART_BYTES = 20;
const NAME_MAX_LENGTH = 211;
/** What Linux takes for a path. */
export const PATH_MAX_LENGTH = 4096;
const SLASH = 0x2f;
const BASE_NAME = /^[0-9a-df-np-sv-z]{32}-(?!\.\.?(?:-|$))[0-9a-zA-Z+._?=-]{1,211}$/;
const NAME = /^[0-9a-zA-Z+._?=-]*$/;
const DOTS_ONLY = /^\.\.?(?:-|$)/;

/** Reads the path of a store object itself, after removing `//`, `.` and `..` as Nix does. */
export function parseStorePath(storeDir: ByteString, text: ByteString): StorePath {
  if (isStorePath(storeDir, text)) return text;
  if (text.length > PATH_MAX_LENGTH) throw badStorePath(text, 'it is too long');
  if (text.charCodeAt(0) !== SLASH) throw badStorePath(text, 'it is not absolute');
  const path = canonical(text);
  if (isStorePath(storeDir, path)) return path;
  throw badStorePath(text, flawOf(storeDir, path));
}

/** Whether `text` is, to the byte, the path of an object of this store. */
export function isStorePath(storeDir: ByteString, text: ByteString): text is StorePath {
  const start = storeDir.length + 1;
  return (
    text.charCodeAt(start - 1) === SLASH &&
    text.startsWith(storeDir) &&
    BASE_NAME.test(text.slice(start))
  );
}

/** The store path that `text` is, or lies below; undefined when it lies elsewhere. */
export function pathInside(storeDir: ByteString, text: ByteString): StorePath | undefined {
  const end = text.indexOf('/', storeDir.length + 1);
  const path = end < 0 ? text : text.slice(0, end);
  return isStorePath(storeDir, path) ? path : undefined;
}

/** Reads `<hash part>-<name>`, the form in narinfo files and realisations. */
export function parseBaseName(storeDir: ByteString, text: ByteString): StorePath {
  const path = `${storeDir}/${text}`;
  if (isStorePath(storeDir, path)) return path;
  throw badStorePath(text, flawOf(storeDir, path));
}

/** `<hash part>-<name>`. */
export function baseName(path: StorePath): ByteString {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function hashPart(path: StorePath): ByteString {
  const start = path.lastIndexOf('/') + 1;
  return path.slice(start, start + HASH_PART_LENGTH);
}

export function storePathName(path: StorePath): ByteString {
  return path.slice(path.lastIndexOf('/') + 1 + HASH_PART_LENGTH + 1);
}

/** The formula that all others go through. For scratch paths, `hash` is all zeroes. */
export function makeStorePath(
  storeDir: ByteString,
  type: ByteString,
  hash: Hash,
  name: ByteString,
): StorePath {
  const flaw = nameFlaw(name);
  if (flaw !== undefined) throw badStorePathName(name, flaw);
  const inner = formatHash(hash, 'base16', { prefix: true });
  const { digest } = hashBytes('sha256', `${type}:${inner}:${storeDir}:${name}`);
  return `${storeDir}/${encodeNix32(foldHash(digest, HASH_PART_BYTES))}-${name}` as StorePath;
}

/** A text: derivations and `builtins.toFile`. `hash` is the SHA-256 of its bytes. */
export function textPath(
  storeDir: ByteString,
  references: readonly StorePath[],
  hash: Hash,
  name: ByteString,
): StorePath {
  return makeStorePath(storeDir, typeWith('text', { others: references, self: false }), hash, name);
}

/** Sources and content-addressed outputs. `hash` is the SHA-256 of the NAR, modulo self references. */
export function sourcePath(
  storeDir: ByteString,
  references: References,
  hash: Hash,
  name: ByteString,
): StorePath {
  return makeStorePath(storeDir, typeWith('source', references), hash, name);
}

/** Everything else with a known hash. `prefix` is `""` for a flat file, `r:` for a NAR, `git:` for a git tree. */
export function fixedPath(
  storeDir: ByteString,
  prefix: '' | 'r:' | 'git:',
  hash: Hash,
  name: ByteString,
): StorePath {
  const text = `fixed:out:${prefix}${formatHash(hash, 'base16', { prefix: true })}:`;
  return makeStorePath(storeDir, 'output:out', hashBytes('sha256', text), name);
}

/** Output `output` of a derivation called `drvName`; `hash` is the derivation's, modulo fixed outputs and masked. */
export function outputPath(
  storeDir: ByteString,
  output: ByteString,
  hash: Hash,
  drvName: ByteString,
): StorePath {
  return makeStorePath(storeDir, `output:${output}`, hash, outputPathName(drvName, output));
}

/** The name of output `output` of a derivation called `drvName`. */
export function outputPathName(drvName: ByteString, output: ByteString): ByteString {
  return output === 'out' ? drvName : `${drvName}-${output}`;
}

function typeWith(type: 'text' | 'source', { others, self }: References): ByteString {
  const sorted = [...others].sort(compareBytes);
  return [type, ...sorted, ...(self ? ['self'] : [])].join(':');
}

/** The absolute path without empty, `.` and `..` components. */
function canonical(text: ByteString): ByteString {
  const parts: string[] = [];
  for (const part of text.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function flawOf(storeDir: ByteString, path: ByteString): string {
  if (!path.startsWith(`${storeDir}/`)) return `it is not below "${storeDir}"`;
  const base = path.slice(storeDir.length + 1);
  if (base.includes('/')) return `it is not directly below "${storeDir}"`;
  if (!/^[0-9a-df-np-sv-z]{32}-/.test(base))
    return 'it does not start with a hash of 32 characters';
  return nameFlaw(base.slice(HASH_PART_LENGTH + 1)) ?? 'it is malformed';
}

function nameFlaw(name: ByteString): string | undefined {
  if (name === '') return 'its name is empty';
  if (name.length > NAME_MAX_LENGTH) return `its name has more than ${NAME_MAX_LENGTH} characters`;
  if (!NAME.test(name)) return 'its name has a forbidden character';
  return DOTS_ONLY.test(name) ? 'its name starts with a component of dots only' : undefined;
}
