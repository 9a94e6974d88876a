import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashBytes } from '../../src/formats/hash.ts';
import type { PathInfo } from '../../src/formats/path-info.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { StoreDb } from '../../src/store/db.ts';
import { CREATE_SCHEMA } from '../../src/store/schema.ts';

/** An empty store database in a file of its own. */
export function createDatabase(): { readonly db: StoreDb; readonly file: string } & Disposable {
  const directory = mkdtempSync(join(tmpdir(), 'tenon-db-'));
  const file = join(directory, 'db.sqlite');
  const db = new StoreDb(file, { wal: true, synchronous: false });
  db.execute(CREATE_SCHEMA);
  const dispose = () => {
    db.close();
    rmSync(directory, { recursive: true });
  };
  return { db, file, [Symbol.dispose]: dispose };
}

export function fakePath(letter: string, name = 'some'): StorePath {
  return `/nix/store/${letter.repeat(32)}-${name}` as StorePath;
}

export function infoWith(changes: Partial<PathInfo> = {}): PathInfo {
  return {
    deriver: undefined,
    narHash: hashBytes('sha256', 'some'),
    references: [],
    registeredAtUnix: 1000,
    narSizeBytes: 120,
    ultimate: false,
    signatures: [],
    contentAddress: undefined,
    ...changes,
  };
}
