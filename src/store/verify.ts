import { mapLimit } from '../base/async.ts';
import { formatHash, hashesEqual } from '../formats/hash.ts';
import { isStorePath, type StorePath } from '../formats/store-path.ts';
import { lockFile } from '../host/file-lock.ts';
import { listNames } from '../host/store-files.ts';
import { findPathInfo, iterateValidPaths, listReferrers } from './path-info.ts';
import type { Store } from './store.ts';

const CHECKED_AT_ONCE = 2;
const DELETE_PATH = 'delete from ValidPaths where path = ?';

/** Tells a person what the verification found or did. */
export interface VerifyListener {
  note(text: string): void;
  error(text: string): void;
}

/**
 * Compares the database with the disk (Nix: LocalStore::verifyStore). Paths that vanished are taken out of the
 * database unless others refer to them. True when errors remain.
 */
export async function verifyStore(
  store: Store,
  options: { readonly checkContents: boolean; readonly signal: AbortSignal },
  listener: VerifyListener,
): Promise<boolean> {
  const { checkContents, signal } = options;
  listener.note('reading the Nix store...');
  using _noCollector = await lockFile(store.layout.gcLockFile, { mode: 'shared' }, signal);
  const present = presentPaths(store);
  listener.note('checking path existence...');
  const valid = [...iterateValidPaths(store.db)];
  let errors = await dropVanished(store, valid, { present, listener });
  if (checkContents) {
    listener.note('checking link hashes...');
    const links = listNames(store.layout.linksDir);
    const badLinks = await mapLimit(links, CHECKED_AT_ONCE, name =>
      isLinkModified(store, name, { signal, listener }),
    );
    errors ||= badLinks.includes(true);
    listener.note('checking store hashes...');
    const checked = valid.filter(path => present.has(path));
    const flaws = await mapLimit(checked, CHECKED_AT_ONCE, path =>
      isModified(store, path, { signal, listener }),
    );
    errors ||= flaws.includes(true);
  }
  return errors;
}

function presentPaths(store: Store): ReadonlySet<string> {
  const { storeDir } = store.layout;
  const paths = listNames(storeDir).map(name => `${storeDir}/${name}`);
  return new Set(paths.filter(path => isStorePath(storeDir, path)));
}

/** True when a path has vanished that others still refer to. */
async function dropVanished(
  store: Store,
  valid: readonly StorePath[],
  { present, listener }: { present: ReadonlySet<string>; listener: VerifyListener },
): Promise<boolean> {
  let errors = false;
  const vanished = new Set(valid.filter(path => !present.has(path)));
  const drop = async (path: StorePath): Promise<void> => {
    if (!vanished.delete(path)) return;
    for (const referrer of listReferrers(store.db, path))
      if (referrer !== path) await drop(referrer);
    const kept = listReferrers(store.db, path).filter(referrer => referrer !== path);
    if (kept.length > 0) {
      listener.error(`path '${path}' disappeared, but it still has valid referrers!`);
      errors = true;
      return;
    }
    listener.error(`path '${path}' disappeared, removing from database...`);
    await store.db.transaction(() => store.db.run(DELETE_PATH, path));
  };
  for (const path of [...vanished]) await drop(path);
  return errors;
}

/** A file that others are linked to has its own hash for a name. */
async function isLinkModified(
  store: Store,
  name: string,
  { signal, listener }: { signal: AbortSignal; listener: VerifyListener },
): Promise<boolean> {
  const file = `${store.layout.linksDir}/${name}`;
  const { hash } = await store.trees.hash(file, { algorithm: 'sha256', kind: 'nar', signal });
  const got = formatHash(hash, 'nix32');
  if (got === name) return false;
  listener.error(`link '${file}' was modified! expected hash '${name}', got '${got}'`);
  return true;
}

async function isModified(
  store: Store,
  path: StorePath,
  { signal, listener }: { signal: AbortSignal; listener: VerifyListener },
): Promise<boolean> {
  const info = findPathInfo(store.db, path);
  if (info === undefined) return false;
  const { hash } = await store.trees.hash(path, { algorithm: 'sha256', kind: 'nar', signal });
  if (hashesEqual(hash, info.narHash)) return false;
  const expected = formatHash(info.narHash, 'nix32', { prefix: true });
  const got = formatHash(hash, 'nix32', { prefix: true });
  listener.error(`path '${path}' was modified! expected hash '${expected}', got '${got}'`);
  return true;
}
