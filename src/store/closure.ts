import type { StorePath } from '../formats/store-path.ts';
import type { StoreDb } from './db.ts';

const SELECT_CLOSURE = `
  with recursive closure(id) as (
    select ValidPaths.id from json_each(?) as start join ValidPaths on ValidPaths.path = start.value
    union
    select Refs.reference from closure join Refs on Refs.referrer = closure.id
  )
  select path, narSize from closure join ValidPaths on ValidPaths.id = closure.id order by path`;

/** A member of a closure with the size of its NAR. */
export interface ClosureMember {
  readonly path: StorePath;
  readonly narSizeBytes: number;
}

/** The valid ones among `starts` and all that they refer to, directly or not, sorted by path. */
export function closureOf(db: StoreDb, starts: Iterable<StorePath>): readonly ClosureMember[] {
  return db.all(SELECT_CLOSURE, JSON.stringify([...starts])).map(row => ({
    path: row.path as StorePath,
    narSizeBytes: Number(row.narSize ?? 0),
  }));
}
