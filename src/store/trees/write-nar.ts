import type { ByteString } from '../../formats/byte-string.ts';
import { NarWriter } from '../../formats/nar.ts';
import { Sink } from '../../formats/wire.ts';
import { readTarget } from '../../host/tree-files.ts';
import { isExecutable } from './canonical.ts';
import type { Work } from './scheduler.ts';
import type { Spool } from './spool.ts';
import { type Found, walk } from './walk.ts';

/** The words and lengths of a NAR are the same in all dialects. */
const ANY_DIALECT = { storeDir: '', minor: 0 };

/** Writes the NAR of a tree; `prepare` is called with each entry before it is read. */
export function* writeNar(
  top: ByteString,
  spool: Spool,
  prepare?: (found: Found) => void,
): Work<void> {
  const sink = new Sink(ANY_DIALECT);
  const writer = new NarWriter(sink);
  for (const visit of walk(top)) {
    if (visit === 'more') yield visit;
    else if (visit.kind === 'left') writer.leave(visit.inside);
    else {
      prepare?.(visit);
      writeStart(writer, visit);
      yield* spool.put(sink.finish());
      if (visit.kind === 'file') {
        yield* spool.file(visit.path, visit.entry.sizeBytes);
        writer.leave(visit.inside);
      }
      yield 'more';
    }
  }
  yield* spool.put(sink.finish());
  yield* spool.flush();
}

function writeStart(writer: NarWriter, { kind, path, inside, entry }: Found): void {
  if (kind === 'directory') writer.directory(inside);
  else if (kind === 'symlink') writer.symlink(inside, readTarget(path));
  else writer.file(inside, isExecutable(entry), entry.sizeBytes);
}
