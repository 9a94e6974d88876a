import { hasCode } from '../base/errors.ts';
import { byteStringOf } from '../formats/byte-string.ts';
import {
  type ContentAddress,
  type ContentMethodAndAlgorithm,
  contentAddressPath,
  formatContentAddress,
} from '../formats/content-address.ts';
import {
  DERIVATION_MAX_BYTES,
  DERIVATION_SUFFIX,
  type Derivation,
  isDerivationPath,
  parseDerivation,
} from '../formats/derivation.ts';
import { checkDerivation } from '../formats/derivation-hash.ts';
import { type Hash, hashBytes } from '../formats/hash.ts';
import { narOfFile } from '../formats/nar.ts';
import type { PathInfo } from '../formats/path-info.ts';
import { type StorePath, storePathName } from '../formats/store-path.ts';
import { entryKind, exists, moveTree } from '../host/store-files.ts';
import { derivationTooLong, gitNotSupported, notOneFile } from './errors.ts';
import { findPathInfo } from './path-info.ts';
import type { NewPath } from './register.ts';
import type { Store } from './store.ts';
import type { TempRoots } from './temp-roots.ts';
import { temporaryAddPath } from './temporary.ts';
import { writeFlatFile } from './trees/flat-file.ts';

/** Up to this size contents are kept in memory and written by the event loop, which takes microseconds. */
export const SMALL_BYTES = 64 << 10;

const NO_PIECES: AsyncIterator<Uint8Array, undefined> = {
  next: () => Promise.resolve({ done: true, value: undefined }),
};

/** Contents that decide their own path. */
export interface NewContent extends ContentMethodAndAlgorithm {
  readonly name: string;
  readonly references: readonly StorePath[];
  /** Write the contents again, even when the path is valid. */
  readonly repair: boolean;
  /** A flat object may come in a NAR all the same, from old clients. */
  readonly serialisation: 'flat' | 'nar';
}

/** For whom a path is added: its temporary roots, and whether it is still there. */
export interface Adder {
  readonly tempRoots: TempRoots;
  readonly signal: AbortSignal;
}

export interface Added {
  readonly path: StorePath;
  readonly info: PathInfo;
}

interface Settled {
  readonly contentAddress: ContentAddress;
  readonly narHash: Hash;
  readonly narSizeBytes: number;
}

/**
 * Adds contents under the path that follows from them (Nix: LocalStore::addToStoreFromDump). What is valid already
 * stays as it is. `body` is all of the contents, or is read to its end, whatever happens to be wrong with it.
 */
export async function addContent(
  store: Store,
  content: NewContent,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  adder: Adder,
): Promise<Added> {
  if (content.method === 'git') throw gitNotSupported(content.name);
  const isDerivation = content.method === 'text' && content.name.endsWith(DERIVATION_SUFFIX);
  const isWhole = body instanceof Uint8Array;
  const pieces = isWhole ? NO_PIECES : body[Symbol.asyncIterator]();
  const start = isWhole
    ? { bytes: body, ended: true }
    : await gather(pieces, isDerivation ? DERIVATION_MAX_BYTES : SMALL_BYTES);
  if (start.ended && content.serialisation === 'flat')
    return await addFile(store, content, start.bytes, adder);
  if (isDerivation) throw derivationTooLong(content.name, DERIVATION_MAX_BYTES);
  const known = start.ended ? await findSmallTree(store, content, start.bytes, adder) : undefined;
  if (known !== undefined) return known;
  store.requireValid(content.references);
  return await addTree(store, content, joined(start.bytes, pieces), adder);
}

/** The valid path with just these contents. Evaluators add the same sources again and again. */
async function findSmallTree(
  store: Store,
  content: NewContent,
  nar: Uint8Array,
  { tempRoots }: Adder,
): Promise<Added | undefined> {
  const { method, algorithm, repair } = content;
  if (method !== 'nar' || repair) return undefined;
  const contentAddress = { method, hash: hashBytes(algorithm, nar) };
  const path = contentAddressPath(store.layout.storeDir, contentAddress, content);
  await tempRoots.add(path);
  const info = findPathInfo(store.db, path);
  return info === undefined ? undefined : { path, info };
}

/** Adds one small file, whose contents are at hand. */
export async function addFile(
  store: Store,
  content: NewContent,
  bytes: Uint8Array,
  { tempRoots, signal }: Adder,
): Promise<Added> {
  const contentAddress = {
    method: content.method,
    hash: hashBytes(content.algorithm, bytes),
  };
  const path = contentAddressPath(store.layout.storeDir, contentAddress, content);
  await tempRoots.add(path);
  // To look for the file first costs less than to ask the database, and what is new is most of what comes.
  const known = content.repair || !exists(path) ? undefined : findPathInfo(store.db, path);
  if (known !== undefined) return { path, info: known };
  store.requireValid(content.references);
  const derivation = content.method === 'text' ? readDerivation(store, path, bytes) : undefined;
  const lock = await store.lockPaths([path], signal);
  try {
    const beaten = isCreated(path, bytes)
      ? undefined
      : await replace(store, path, { content, bytes });
    if (beaten !== undefined) return { path, info: beaten };
    const nar = narOfFile(bytes);
    const narHash = hashBytes('sha256', nar);
    const info = infoOf(content, { contentAddress, narHash, narSizeBytes: nar.length });
    return await registered(store, { path, info, derivation });
  } finally {
    // The client's answer goes first, and has not to wait for the removal of a file.
    setImmediate(() => lock[Symbol.dispose]());
  }
}

/** There rarely is anything in the way, so nobody looks before. */
function isCreated(path: StorePath, bytes: Uint8Array): boolean {
  try {
    writeFlatFile(path, bytes);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** What is in the way is not valid, or has become so just before the lock was taken: then it stays. */
async function replace(
  store: Store,
  path: StorePath,
  { content, bytes }: { content: NewContent; bytes: Uint8Array },
): Promise<PathInfo | undefined> {
  const beaten = content.repair ? undefined : findPathInfo(store.db, path);
  if (beaten !== undefined) return beaten;
  await store.trees.remove(path);
  writeFlatFile(path, bytes);
  return undefined;
}

/** Restores a tree or a big file beside the store paths, and moves it to its own path once that is known. */
async function addTree(
  store: Store,
  content: NewContent,
  body: AsyncIterable<Uint8Array>,
  { tempRoots, signal }: Adder,
): Promise<Added> {
  const temporary = temporaryAddPath(store.layout.storeDir);
  await tempRoots.add(temporary);
  const settled = await restoreContent(store, content, { body, temporary, signal });
  try {
    const path = contentAddressPath(store.layout.storeDir, settled.contentAddress, content);
    await tempRoots.add(path);
    using _lock = await store.lockPaths([path], signal);
    const known = content.repair ? undefined : findPathInfo(store.db, path);
    if (known !== undefined) {
      await store.trees.remove(temporary);
      return { path, info: known };
    }
    if (entryKind(path) !== undefined) await store.trees.remove(path);
    moveTree(temporary, path);
    const info = infoOf(content, settled);
    return await registered(store, { path, info });
  } catch (error) {
    await store.trees.remove(temporary);
    throw error;
  }
}

async function registered(store: Store, entry: NewPath): Promise<Added> {
  const [added = entry] = await store.register([entry]);
  return added;
}

async function restoreContent(
  store: Store,
  { method, algorithm, serialisation }: NewContent,
  from: { body: AsyncIterable<Uint8Array>; temporary: StorePath; signal: AbortSignal },
): Promise<Settled> {
  const { body, temporary, signal } = from;
  const restored = await store.trees.restoreFrom(body, temporary, {
    kind: serialisation,
    algorithm: method === 'nar' || serialisation === 'flat' ? algorithm : 'sha256',
    signal,
  });
  const { narHash, narSizeBytes } = restored;
  if (method === 'nar' || serialisation === 'flat')
    return { contentAddress: { method, hash: restored.hash }, narHash, narSizeBytes };
  if (entryKind(temporary) !== 'file') {
    await store.trees.remove(temporary);
    throw notOneFile(temporary);
  }
  const { hash } = await store.trees.hash(temporary, { algorithm, kind: 'flat', signal });
  return { contentAddress: { method, hash }, narHash, narSizeBytes };
}

/** A derivation must say where its outputs really go; other texts may say what they like. */
function readDerivation(store: Store, path: StorePath, bytes: Uint8Array): Derivation | undefined {
  if (!isDerivationPath(path)) return undefined;
  const name = storePathName(path).slice(0, -DERIVATION_SUFFIX.length);
  const derivation = parseDerivation(store.layout.storeDir, name, byteStringOf(bytes));
  checkDerivation(store.layout.storeDir, derivation, store.derivations.hashOfInput);
  return derivation;
}

function infoOf(content: NewContent, settled: Settled): PathInfo {
  return {
    deriver: undefined,
    narHash: settled.narHash,
    narSizeBytes: settled.narSizeBytes,
    references: content.references,
    registeredAtUnix: 0,
    ultimate: false,
    signatures: [],
    contentAddress: formatContentAddress(settled.contentAddress),
  };
}

/** The first bytes of a body: all of it when it ends within `maxBytes`. */
async function gather(
  pieces: AsyncIterator<Uint8Array>,
  maxBytes: number,
): Promise<{ bytes: Uint8Array; ended: boolean }> {
  const parts: Uint8Array[] = [];
  for (let sizeBytes = 0; sizeBytes <= maxBytes; ) {
    const { value, done } = await pieces.next();
    if (done) return { bytes: Buffer.concat(parts), ended: true };
    parts.push(value);
    sizeBytes += value.length;
  }
  return { bytes: Buffer.concat(parts), ended: false };
}

async function* joined(
  start: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield start;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
