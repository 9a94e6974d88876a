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
    ultimate = excluded.ultimate, sigs = excluded.sigs, ca = excluded.ca`;

const SELECT_ID = 'select id from ValidPaths where path = ?';

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
  const [only] = paths;
  if (paths.length === 1 && only !== undefined && isOneRow(only))
    return await db.retry(() => upsert(db, only));
  await db.transaction(() => {
    for (const entry of paths) upsert(db, entry);
    for (const entry of paths) relate(db, entry);
  });
}

/** A single statement is a transaction of its own. */
function isOneRow({ info, derivation }: NewPath): boolean {
  return info.references.length === 0 && derivation === undefined;
}

function upsert(db: StoreDb, { path, info }: NewPath): void {
  const size = info.narSizeBytes === 0 ? null : info.narSizeBytes;
  const ultimate = info.ultimate ? 1 : null;
  const signatures = info.signatures.length === 0 ? null : info.signatures.join(' ');
  const contentAddress = info.contentAddress ?? null;
  const hash = hashColumn(info.narHash);
  const deriver = info.deriver ?? null;
  db.run(
    UPSERT_PATH,
    ...[path, hash, info.registeredAtUnix, deriver, size, ultimate, signatures, contentAddress],
  );
}

/** Writes down what a path refers to, and what a derivation makes. All rows of paths are there already. */
function relate(db: StoreDb, entry: NewPath): void {
  if (isOneRow(entry)) return;
  const { path, info, derivation } = entry;
  const id = Number(db.get(SELECT_ID, path)?.id);
  for (const [name, output] of derivation?.outputs ?? [])
    if (output.path !== undefined) db.run(INSERT_OUTPUT, id, name, output.path);
  const references = [...new Set(info.references)];
  if (references.length === 0) return;
  const found = db.run(INSERT_REFERENCES, id, JSON.stringify(references));
  if (found !== references.length) throw notValid(findInvalid(db, references) ?? path);
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
