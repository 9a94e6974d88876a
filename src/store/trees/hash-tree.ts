import { createHasher, type Hasher } from '../../formats/hash.ts';
import { getEntry } from '../../host/tree-files.ts';
import { notAFile } from './errors.ts';
import type { Hashed, TaskOf } from './messages.ts';
import type { Work } from './scheduler.ts';
import { Spool } from './spool.ts';
import { writeNar } from './write-nar.ts';

/** Hashes a serialisation of what stands at a path. */
export function* hashTree(task: Omit<TaskOf<'hash'>, 'kind'>): Work<Hashed> {
  const hasher = createHasher(task.algorithm);
  using spool = spoolInto(hasher);
  if (task.serialisation === 'nar') yield* writeNar(task.path, spool);
  else yield* readFlat(task.path, spool);
  return { hash: hasher.digest(), sizeBytes: spool.sizeBytes };
}

/** A spool whose bytes all these take. */
export function spoolInto(...takers: readonly Pick<Hasher, 'update'>[]): Spool {
  return new Spool(function* (span, length) {
    for (const taker of takers) {
      taker.update(span.subarray(0, length));
      yield 'more';
    }
    return span;
  });
}

function* readFlat(path: string, spool: Spool): Work<void> {
  const { kind, sizeBytes } = getEntry(path);
  if (kind !== 'file') throw notAFile(path);
  yield* spool.file(path, sizeBytes);
  yield* spool.flush();
}
