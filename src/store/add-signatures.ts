import type { StorePath } from '../formats/store-path.ts';
import type { StoreDb } from './db.ts';
import { notValid } from './errors.ts';
import { findPathInfo } from './path-info.ts';

const UPDATE_SIGNATURES = 'update ValidPaths set sigs = ? where path = ?';
const SIGNATURE = /^[^\s:]+:[A-Za-z0-9+/=]+$/;

/** Adds signatures to those that a valid path has. Whoever trusts a key checks them when the path is copied. */
export async function addSignatures(
  db: StoreDb,
  path: StorePath,
  signatures: readonly string[],
): Promise<void> {
  await db.transaction(() => {
    const info = findPathInfo(db, path);
    if (info === undefined) throw notValid(path);
    const wellFormed = signatures.filter(signature => SIGNATURE.test(signature));
    const all = new Set([...info.signatures, ...wellFormed]);
    db.run(UPDATE_SIGNATURES, [...all].sort().join(' '), path);
  });
}
