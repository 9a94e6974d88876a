import type { ByteString } from './byte-string.ts';
import { badContentAddress, referencesNotAllowed } from './errors.ts';
import { formatHash, type Hash, type HashAlgorithm, isHashAlgorithm, parseHash } from './hash.ts';
import { fixedPath, type StorePath, sourcePath, textPath } from './store-path.ts';

/**
 * Content addresses (Nix: src/libstore/content-address.cc): the `ca` of path infos, narinfo files and the database.
 *
 *   contentAddress = method ":" nix32          parsed in any base
 *   method = "text:sha256" | "fixed:" ["r:" | "git:"] algorithm
 *
 * In derivations the method stands without `fixed:`.
 */

/** How an object is turned into the bytes that are hashed; a text is one file that may have references. */
export type ContentMethod = 'text' | 'flat' | 'nar' | 'git';

/** What an object contains, from which its path follows. */
export interface ContentAddress {
  readonly method: ContentMethod;
  readonly hash: Hash;
}

/** How an object is to be addressed, before its hash is known. */
export interface ContentMethodAndAlgorithm {
  readonly method: ContentMethod;
  readonly algorithm: HashAlgorithm;
}

/** What, beside its contents, decides the path of an object. */
export interface AddressedObject {
  readonly name: ByteString;
  /** Without the object itself. */
  readonly references: readonly StorePath[];
  /** Whether the object refers to itself. */
  readonly hasSelf?: boolean;
}

const PREFIXES = { text: 'text:', flat: 'fixed:', nar: 'fixed:r:', git: 'fixed:git:' } as const;
const DERIVATION_PREFIXES = { text: 'text:', flat: '', nar: 'r:', git: 'git:' } as const;
const GIT_ALGORITHMS: readonly HashAlgorithm[] = ['sha1', 'sha256'];

export function parseContentAddress(text: ByteString): ContentAddress {
  const { method, rest } = splitMethod(text, PREFIXES);
  const hash = parseHash(rest);
  checkAlgorithm(text, method, hash.algorithm);
  return { method, hash };
}

export function formatContentAddress({ method, hash }: ContentAddress): ByteString {
  return PREFIXES[method] + formatHash(hash, 'nix32', { prefix: true });
}

/** Reads `fixed:r:sha256` and the like: the argument of AddToStore. */
export function parseContentMethod(text: ByteString): ContentMethodAndAlgorithm {
  return parseMethod(text, PREFIXES);
}

export function formatContentMethod({ method, algorithm }: ContentMethodAndAlgorithm): ByteString {
  return PREFIXES[method] + algorithm;
}

/** Reads `r:sha256` and the like: the hash algorithm of a derivation's output. */
export function parseOutputMethod(text: ByteString): ContentMethodAndAlgorithm {
  return parseMethod(text, DERIVATION_PREFIXES);
}

/** The path of the object with this content. Throws when its method does not allow the references. */
export function contentAddressPath(
  storeDir: ByteString,
  { method, hash }: ContentAddress,
  { name, references, hasSelf = false }: AddressedObject,
): StorePath {
  if (method === 'text' && !hasSelf) return textPath(storeDir, references, hash, name);
  if (method === 'nar' && hash.algorithm === 'sha256')
    return sourcePath(storeDir, { others: references, self: hasSelf }, hash, name);
  if (method === 'text' || references.length > 0 || hasSelf) throw referencesNotAllowed(name);
  return fixedPath(storeDir, DERIVATION_PREFIXES[method], hash, name);
}

function parseMethod(
  text: ByteString,
  prefixes: Readonly<Record<ContentMethod, string>>,
): ContentMethodAndAlgorithm {
  const { method, rest } = splitMethod(text, prefixes);
  if (!isHashAlgorithm(rest)) throw badContentAddress(text, 'it names no known hash algorithm');
  checkAlgorithm(text, method, rest);
  return { method, algorithm: rest };
}

/** Flat comes last, because its prefix is the beginning of others. */
function splitMethod(
  text: ByteString,
  prefixes: Readonly<Record<ContentMethod, string>>,
): { method: ContentMethod; rest: ByteString } {
  for (const method of ['text', 'nar', 'git', 'flat'] as const)
    if (text.startsWith(prefixes[method]))
      return { method, rest: text.slice(prefixes[method].length) };
  throw badContentAddress(text, 'it starts with neither "text:" nor "fixed:"');
}

function checkAlgorithm(text: ByteString, method: ContentMethod, algorithm: HashAlgorithm): void {
  if (method === 'text' && algorithm !== 'sha256')
    throw badContentAddress(text, 'a text is hashed with sha256');
  if (method === 'git' && !GIT_ALGORITHMS.includes(algorithm))
    throw badContentAddress(text, 'git hashes with sha1 or sha256');
}
