import { createHasher } from '../../formats/hash.ts';
import { ReferenceScanner } from '../../formats/references.ts';
import { canonicalise, OwnerCheck } from './canonical.ts';
import { spoolInto } from './hash-tree.ts';
import type { Settled, TaskOf } from './messages.ts';
import type { Work } from './scheduler.ts';
import { writeNar } from './write-nar.ts';

/** Makes what a builder left canonical, and finds its NAR hash and references, in one walk. */
export function* settleTree(task: TaskOf<'settle'>): Work<Settled> {
  const owners = new OwnerCheck(task.uidRange, task.inodes);
  const hasher = createHasher('sha256');
  const scanner = new ReferenceScanner(task.candidates);
  using spool = spoolInto(hasher, scanner);
  yield* writeNar(task.path, spool, found => {
    if (owners.accept(found)) canonicalise(found.path, found.entry);
  });
  return {
    narHash: hasher.digest(),
    narSizeBytes: spool.sizeBytes,
    references: [...scanner.found],
    inodes: owners.inodes,
  };
}
