import { formatHash, type Hash, parseHash } from '../formats/hash.ts';
import type { PathInfo } from '../formats/path-info.ts';
import type { StorePath } from '../formats/store-path.ts';
import type { StoreDb } from './db.ts';

const SELECT_VALID = 'select id from ValidPaths where path = ?';

const SELECT_FIRST_INVALID = `
  select value as path from json_each(?)
  where not exists (select 1 from ValidPaths where ValidPaths.path = value) limit 1`;

/** One statement, because each takes the database's lock of its own. */
const SELECT_PATH = `
  select hash, registrationTime, deriver, narSize, ultimate, sigs, ca,
    (select group_concat(path, ' ') from Refs
       join ValidPaths as target on target.id = Refs.reference
       where Refs.referrer = ValidPaths.id) as refs
  from ValidPaths where path = ?`;

const SELECT_REFERRERS = `
  select source.path as path
  from Refs join ValidPaths as source on source.id = Refs.referrer
  where Refs.reference = (select id from ValidPaths where path = ?) order by source.path`;

const SELECT_DERIVERS = `
  select drv.path as path
  from DerivationOutputs as output join ValidPaths as drv on drv.id = output.drv
  where output.path = ? order by drv.path`;

const SELECT_BY_PREFIX = 'select path from ValidPaths where path >= ? order by path limit 1';

const SELECT_OUTPUTS = `
  select output.id as name, output.path as path
  from DerivationOutputs as output join ValidPaths as drv on drv.id = output.drv
  where drv.path = ? order by output.id`;

export function isValidPath(db: StoreDb, path: StorePath): boolean {
  return db.get(SELECT_VALID, path) !== undefined;
}

/** The first of the paths that is not valid. One query for all, because closures have hundreds. */
export function findInvalid(db: StoreDb, paths: readonly StorePath[]): StorePath | undefined {
  if (paths.length === 0) return undefined;
  return db.get(SELECT_FIRST_INVALID, JSON.stringify(paths))?.path as StorePath | undefined;
}

/** What the store knows of `path`, or undefined when it is not valid. */
export function findPathInfo(db: StoreDb, path: StorePath): PathInfo | undefined {
  const row = db.get(SELECT_PATH, path);
  if (row === undefined) return undefined;
  const { hash, registrationTime, deriver, narSize, ultimate, sigs, ca, refs } = row;
  return {
    deriver: deriver === null ? undefined : (deriver as StorePath),
    narHash: parseHash(String(hash)),
    references: words(refs).sort() as StorePath[],
    registeredAtUnix: Number(registrationTime),
    narSizeBytes: Number(narSize ?? 0),
    ultimate: Number(ultimate ?? 0) === 1,
    signatures: words(sigs),
    contentAddress: ca === null || ca === '' ? undefined : String(ca),
  };
}

/** The valid paths that refer to `path`, itself included when it refers to itself. */
export function listReferrers(db: StoreDb, path: StorePath): readonly StorePath[] {
  return paths(db.all(SELECT_REFERRERS, path));
}

/** The valid derivations that have `path` as an output. */
export function listDerivers(db: StoreDb, path: StorePath): readonly StorePath[] {
  return paths(db.all(SELECT_DERIVERS, path));
}

/** The outputs of a valid derivation whose paths are known, by name. */
export function findDerivationOutputs(db: StoreDb, drvPath: StorePath): Map<string, StorePath> {
  const rows = db.all(SELECT_OUTPUTS, drvPath);
  return new Map(rows.map(row => [String(row.name), row.path as StorePath]));
}

/** The valid path whose name starts with this hash part. */
export function findByHashPart(
  db: StoreDb,
  storeDir: string,
  hashPart: string,
): StorePath | undefined {
  const prefix = `${storeDir}/${hashPart}`;
  const found = db.get(SELECT_BY_PREFIX, prefix)?.path;
  return typeof found === 'string' && found.startsWith(`${prefix}-`)
    ? (found as StorePath)
    : undefined;
}

/** Every valid path, read from the database row by row. */
export function* iterateValidPaths(db: StoreDb): Iterable<StorePath> {
  for (const row of db.iterate('select path from ValidPaths')) yield row.path as StorePath;
}

/** The form of a NAR hash in the database. */
export function hashColumn(hash: Hash): string {
  return formatHash(hash, 'base16', { prefix: true });
}

function paths(rows: readonly Record<string, unknown>[]): StorePath[] {
  return rows.map(row => row.path as StorePath);
}

function words(text: unknown): string[] {
  return typeof text === 'string' && text !== '' ? text.split(' ') : [];
}
