import { createHasher, type Hash, type HashAlgorithm, type Hasher } from '../../formats/hash.ts';
import { readNar } from '../../formats/nar.ts';
import { Source } from '../../formats/wire.ts';
import { contentsTooLong, narTrailing, narTruncated } from './errors.ts';
import { hashTree } from './hash-tree.ts';
import type { Inbox } from './inbox.ts';
import type { Restored, TaskOf } from './messages.ts';
import { NewTree } from './new-tree.ts';
import { undisturbed, type Work } from './scheduler.ts';

/**
 * How many bytes of a NAR are read in one turn where they are not a file's contents: 90 empty files, which are
 * created in a millisecond or two.
 */
const STRUCTURE_BYTES = 16 * 1024;
/** The words and lengths of a NAR are the same in all dialects. */
const ANY_DIALECT = { storeDir: '', minor: 0 };

/** Writes a tree while its bytes arrive. When they are not in order, all that was written is removed again. */
export function* restoreTree(task: TaskOf<'restore'>, inbox: Inbox): Work<Restored> {
  const tree = new NewTree(task.target);
  try {
    if (task.serialisation === 'nar') return yield* restoreNar(task, inbox, tree);
    return yield* restoreFile(task, inbox, tree);
  } catch (error) {
    yield* undisturbed(tree.discard());
    throw error;
  }
}

function* restoreNar(task: TaskOf<'restore'>, inbox: Inbox, tree: NewTree): Work<Restored> {
  const intake = new Intake(inbox, task.maxBytes, [task.algorithm, 'sha256']);
  const source = new Source(ANY_DIALECT);
  const reading = readNar(source, tree);
  let isComplete = false;
  for (let span = yield* intake.next(); span !== undefined; span = yield* intake.next()) {
    let at = 0;
    while (at < span.length && !isComplete) {
      const piece = span.subarray(at, at + Math.max(STRUCTURE_BYTES, tree.missingBytes));
      at += piece.length;
      source.push(piece);
      isComplete = reading.next().done === true;
      yield 'more';
    }
    const extraBytes = isComplete ? span.length - at + source.available : 0;
    if (extraBytes > 0) throw narTrailing(extraBytes);
    source.detach();
  }
  if (!isComplete) throw narTruncated(intake.sizeBytes);
  // A NAR has one spelling only, so what arrived is the NAR of the result.
  return {
    hash: intake.digest(task.algorithm),
    narHash: intake.digest('sha256'),
    narSizeBytes: intake.sizeBytes,
  };
}

function* restoreFile(task: TaskOf<'restore'>, inbox: Inbox, tree: NewTree): Work<Restored> {
  const intake = new Intake(inbox, task.maxBytes, [task.algorithm]);
  tree.file('', false, 0);
  for (let span = yield* intake.next(); span !== undefined; span = yield* intake.next())
    tree.contents(span);
  tree.leave('');
  // The NAR has the size in front of the contents, so its hash cannot start before their end.
  const nar = { path: task.target, serialisation: 'nar', algorithm: 'sha256' } as const;
  const { hash: narHash, sizeBytes } = yield* hashTree(nar);
  return { hash: intake.digest(task.algorithm), narHash, narSizeBytes: sizeBytes };
}

/** Input that is counted and hashed as it comes in, once for each algorithm. */
class Intake {
  sizeBytes = 0;
  readonly #inbox: Inbox;
  readonly #maxBytes: number;
  readonly #hashers: ReadonlyMap<HashAlgorithm, Hasher>;
  readonly #digests = new Map<HashAlgorithm, Hash>();

  constructor(inbox: Inbox, maxBytes: number, algorithms: readonly HashAlgorithm[]) {
    this.#inbox = inbox;
    this.#maxBytes = maxBytes;
    this.#hashers = new Map(algorithms.map(algorithm => [algorithm, createHasher(algorithm)]));
  }

  *next(): Work<Uint8Array | undefined> {
    const span = yield* this.#inbox.next();
    if (span === undefined) return undefined;
    this.sizeBytes += span.length;
    if (this.sizeBytes > this.#maxBytes) throw contentsTooLong(this.#maxBytes);
    for (const hasher of this.#hashers.values()) {
      hasher.update(span);
      yield 'more';
    }
    return span;
  }

  digest(algorithm: HashAlgorithm): Hash {
    const hasher = this.#hashers.get(algorithm);
    if (hasher === undefined) throw new Error(`no ${algorithm} was computed`);
    const digest = this.#digests.get(algorithm) ?? hasher.digest();
    this.#digests.set(algorithm, digest);
    return digest;
  }
}
