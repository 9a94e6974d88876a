import type { Derivation } from '../formats/derivation.ts';
import type { PathInfo } from '../formats/path-info.ts';
import type { StorePath } from '../formats/store-path.ts';
import type { StoreDb } from './db.ts';
import { notValid, referenceCycle } from './errors.ts';
import { findInvalid, hashColumn } from './path-info.ts';

/** A path that is about to become valid; its tree is in place. */
export interface NewPath {
  readonly path: StorePath;
  readonly info: PathInfo;
  /** For a .drv: what it says. */
  readonly derivation?: Derivation | undefined;
}

/** What is valid already keeps its id, time and deriver. */
const UPSERT_PATH = `
  insert into ValidPaths (path, hash, registrationTime, deriver, narSize, ultimate, sigs, ca)
  values (?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (path) do update set narSize = excluded.narSize, hash = excluded.hash,
    ultimate = excluded.ultimate, sigs = excluded.sigs, ca = excluded.ca
  returning id`;

/** One statement for all references of a path, because there may be hundreds. */
const INSERT_REFERENCES = `
  insert or replace into Refs (referrer, reference)
  select ?, ValidPaths.id from json_each(?) join ValidPaths on ValidPaths.path = json_each.value`;

const INSERT_OUTPUT = 'insert or replace into DerivationOutputs (drv, id, path) values (?, ?, ?)';

/**
 * Makes `paths` valid, in one transaction. References must be valid or among `paths`, and free of cycles.
 *
 * Invariant: a path is valid exactly when its row is committed, so this comes after its tree is complete.
 */
export async function registerPaths(db: StoreDb, paths: readonly NewPath[]): Promise<void> {
  refuseCycles(paths);
  await db.transaction(() => {
    const ids = new Map(paths.map(entry => [entry.path, upsert(db, entry)]));
    for (const { path, info } of paths) {
      const references = [...new Set(info.references)];
      if (references.length === 0) continue;
      const found = db.run(INSERT_REFERENCES, ids.get(path) ?? 0, JSON.stringify(references));
      if (found !== references.length) throw notValid(findInvalid(db, references) ?? path);
    }
  });
}

function upsert(db: StoreDb, { path, info, derivation }: NewPath): number {
  const size = info.narSizeBytes === 0 ? null : info.narSizeBytes;
  const ultimate = info.ultimate ? 1 : null;
  const signatures = info.signatures.length === 0 ? null : info.signatures.join(' ');
  const contentAddress = info.contentAddress ?? null;
  const hash = hashColumn(info.narHash);
  const deriver = info.deriver ?? null;
  const row = db.get(
    UPSERT_PATH,
    ...[path, hash, info.registeredAtUnix, deriver, size, ultimate, signatures, contentAddress],
  );
  const id = Number(row?.id);
  for (const [name, output] of derivation?.outputs ?? [])
    if (output.path !== undefined) db.run(INSERT_OUTPUT, id, name, output.path);
  return id;
}

/** Depth-first over the references among the new paths; a self reference is no cycle. */
function refuseCycles(paths: readonly NewPath[]): void {
  if (paths.length < 2) return;
  const byPath = new Map(paths.map(entry => [entry.path, entry]));
  const state = new Map<StorePath, 'open' | 'done'>();
  const visit = (path: StorePath, from: StorePath): void => {
    if (state.get(path) === 'open') throw referenceCycle(path, from);
    if (state.get(path) === 'done') return;
    state.set(path, 'open');
    for (const reference of byPath.get(path)?.info.references ?? [])
      if (reference !== path && byPath.has(reference)) visit(reference, path);
    state.set(path, 'done');
  };
  for (const { path } of paths) visit(path, path);
}
