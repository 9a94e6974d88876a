import type { TaskOf } from './messages.ts';
import type { Outbox } from './outbox.ts';
import type { Work } from './scheduler.ts';
import { Spool } from './spool.ts';
import { writeNar } from './write-nar.ts';

/** Sends the NAR of a tree, as fast as its consumer takes it. */
export function* dumpTree({ path }: TaskOf<'dump'>, outbox: Outbox): Work<undefined> {
  using spool = new Spool(function* (span, length) {
    while (!outbox.hasRoom) yield 'wait';
    return outbox.send(span, length);
  });
  yield* writeNar(path, spool);
  return undefined;
}
