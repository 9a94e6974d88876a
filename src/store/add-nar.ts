import { contentAddressPath, parseContentAddress } from '../formats/content-address.ts';
import {
  DERIVATION_MAX_BYTES,
  DERIVATION_SUFFIX,
  type Derivation,
  isDerivationPath,
  parseDerivation,
} from '../formats/derivation.ts';
import { checkDerivation } from '../formats/derivation-hash.ts';
import { formatHash, type Hash, hashesEqual } from '../formats/hash.ts';
import type { PathInfo } from '../formats/path-info.ts';
import { isSignedByAny, type PublicKey } from '../formats/signature.ts';
import { type StorePath, storePathName } from '../formats/store-path.ts';
import { entryKind, moveTree, readSmallFile } from '../host/store-files.ts';
import type { Adder } from './add-content.ts';
import {
  derivationUnreadable,
  falseContentAddress,
  importMismatch,
  missingSignature,
  selfReferenceNotSupported,
} from './errors.ts';
import type { Store } from './store.ts';

import { temporaryAddPath } from './temporary.ts';

/** A path that a client sends with all that should be registered about it. */
export interface IncomingPath {
  readonly path: StorePath;
  readonly info: PathInfo;
  readonly repair: boolean;
}

/** The keys whose signatures count, or undefined when no signature is needed. */
export type RequiredKeys = readonly PublicKey[] | undefined;

/**
 * Adds a path with its NAR (Nix: LocalStore::addToStore). What is valid already stays as it is, and the NAR is read
 * all the same. Throws, with nothing added, when the NAR is not what was announced or nobody vouches for it.
 */
export async function addNar(
  store: Store,
  incoming: IncomingPath,
  nar: AsyncIterable<Uint8Array>,
  { tempRoots, signal, keys }: Adder & { readonly keys: RequiredKeys },
): Promise<void> {
  const { path, info, repair } = incoming;
  checkClaims(store, incoming, keys);
  await tempRoots.add(path);
  if (!repair && store.isValid(path)) return await drain(nar);
  store.requireValid(info.references.filter(reference => reference !== path));
  const temporary = temporaryAddPath(store.layout.storeDir);
  await tempRoots.add(temporary);
  const restored = await store.trees.restoreFrom(nar, temporary, {
    kind: 'nar',
    algorithm: 'sha256',
    signal,
  });
  try {
    checkArrived(incoming, restored);
    await checkContentAddress(store, incoming, { temporary, narHash: restored.narHash, signal });
    const derivation = readDerivation(store, path, temporary);
    using _lock = await store.lockPaths([path], signal);
    if (!repair && store.isValid(path)) return;
    if (entryKind(path) !== undefined) await store.trees.remove(path);
    moveTree(temporary, path);
    await store.register([{ path, info, derivation }]);
  } finally {
    if (entryKind(temporary) !== undefined) await store.trees.remove(temporary);
  }
}

/** Refuses what nobody vouches for before anything is written. */
function checkClaims(store: Store, { path, info }: IncomingPath, keys: RequiredKeys): void {
  const addressed = info.contentAddress !== undefined && hasOwnAddress(store, path, info);
  if (info.contentAddress !== undefined && !addressed) throw falseContentAddress(path);
  if (keys === undefined || addressed) return;
  if (!isSignedByAny(keys, { path, ...info })) throw missingSignature(path);
}

/** Whether the path follows from its claimed content address and references. */
function hasOwnAddress(store: Store, path: StorePath, info: PathInfo): boolean {
  const address = parseContentAddress(info.contentAddress ?? '');
  const references = info.references.filter(reference => reference !== path);
  const hasSelf = references.length !== info.references.length;
  const name = storePathName(path);
  return contentAddressPath(store.layout.storeDir, address, { name, references, hasSelf }) === path;
}

function checkArrived(
  { path, info }: IncomingPath,
  arrived: { narHash: Hash; narSizeBytes: number },
): void {
  const { narHash, narSizeBytes } = arrived;
  if (!hashesEqual(narHash, info.narHash))
    throw importMismatch('hash', path, { specified: shown(info.narHash), got: shown(narHash) });
  if (info.narSizeBytes !== 0 && narSizeBytes !== info.narSizeBytes)
    throw importMismatch('size', path, {
      specified: String(info.narSizeBytes),
      got: String(narSizeBytes),
    });
}

async function checkContentAddress(
  store: Store,
  { path, info }: IncomingPath,
  arrived: { temporary: StorePath; narHash: Hash; signal: AbortSignal },
): Promise<void> {
  if (info.contentAddress === undefined) return;
  if (info.references.includes(path)) throw selfReferenceNotSupported(path);
  const { temporary, narHash, signal } = arrived;
  const { method, hash } = parseContentAddress(info.contentAddress);
  const kind = method === 'nar' ? 'nar' : 'flat';
  const { algorithm } = hash;
  const got =
    kind === 'nar' && algorithm === 'sha256'
      ? narHash
      : (await store.trees.hash(temporary, { algorithm, kind, signal })).hash;
  if (!hashesEqual(got, hash))
    throw importMismatch('ca hash', path, { specified: shown(hash), got: shown(got) });
}

function readDerivation(store: Store, path: StorePath, file: string): Derivation | undefined {
  if (!isDerivationPath(path)) return undefined;
  const text = readSmallFile(file, DERIVATION_MAX_BYTES);
  if (text === undefined) throw derivationUnreadable(path);
  const name = storePathName(path).slice(0, -DERIVATION_SUFFIX.length);
  const derivation = parseDerivation(store.layout.storeDir, name, text);
  checkDerivation(store.layout.storeDir, derivation, store.derivations.hashOfInput);
  return derivation;
}

async function drain(nar: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _chunk of nar);
}

function shown(hash: Hash): string {
  return formatHash(hash, 'nix32', { prefix: true });
}
