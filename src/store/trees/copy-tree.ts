import { readTarget } from '../../host/tree-files.ts';
import { isExecutable, OwnerCheck } from './canonical.ts';
import type { TaskOf } from './messages.ts';
import { NewTree } from './new-tree.ts';
import { undisturbed, type Work } from './scheduler.ts';
import { Spool } from './spool.ts';
import { type Found, walk } from './walk.ts';

/** Writes a canonical copy that shares no inode with what a builder left, and removes it when that fails. */
export function* copyTree({ from, to, uidRange }: TaskOf<'copy'>): Work<undefined> {
  const owners = new OwnerCheck(uidRange, []);
  const tree = new NewTree(to);
  using spool = new Spool(function* (span, length) {
    tree.contents(span.subarray(0, length));
    yield 'more';
    return span;
  });
  try {
    for (const visit of walk(from)) {
      if (visit === 'more') yield visit;
      else if (visit.kind === 'left') tree.leave(visit.inside);
      else {
        owners.accept(visit);
        yield* copyEntry(visit, tree, spool);
        yield 'more';
      }
    }
    return undefined;
  } catch (error) {
    yield* undisturbed(tree.discard());
    throw error;
  }
}

function* copyEntry({ kind, path, inside, entry }: Found, tree: NewTree, spool: Spool): Work<void> {
  if (kind === 'directory') tree.directory(inside);
  else if (kind === 'symlink') tree.symlink(inside, readTarget(path));
  else {
    tree.file(inside, isExecutable(entry), entry.sizeBytes);
    yield* spool.file(path, entry.sizeBytes);
    yield* spool.flush();
    tree.leave(inside);
  }
}
