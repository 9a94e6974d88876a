import type { ByteString } from '../../formats/byte-string.ts';
import { type Entry, listEntries, listInPortions } from '../../host/tree-files.ts';

/** Gives names, with turns given up on the way. */
type Listing = Generator<'more', ByteString[], void>;

/** How many names are read, or merged, in one turn: about a millisecond. */
const PORTION = 4096;
/** Directories above this size are read in portions; it is 20 to 40 bytes a name on tmpfs and ext4. */
const LARGE_BYTES = 64 * 1024;

/** The names in a directory in the order of a NAR, in many turns when it is large. */
export function* listSorted(path: ByteString, { sizeBytes }: Entry): Listing {
  if (sizeBytes <= LARGE_BYTES) return listEntries(path).sort();
  let runs: ByteString[][] = [];
  for (const names of listInPortions(path, PORTION)) {
    runs.push(names.sort());
    yield 'more';
  }
  while (runs.length > 1) {
    const merged: ByteString[][] = [];
    for (let at = 0; at < runs.length; at += 2)
      merged.push(yield* merge(runs[at] ?? [], runs[at + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}

/** Some names in a directory, in no order; none when it is empty. */
export function listSome(path: ByteString, { sizeBytes }: Entry): ByteString[] {
  if (sizeBytes <= LARGE_BYTES) return listEntries(path);
  for (const names of listInPortions(path, PORTION)) return names;
  return [];
}

function* merge(left: readonly ByteString[], right: readonly ByteString[]): Listing {
  const merged: ByteString[] = [];
  let [l, r] = [0, 0];
  while (merged.length < left.length + right.length) {
    const [a, b] = [left[l], right[r]];
    const takesLeft = b === undefined || (a !== undefined && a < b);
    merged.push((takesLeft ? a : b) ?? '');
    if (takesLeft) l++;
    else r++;
    if (merged.length % PORTION === 0) yield 'more';
  }
  return merged;
}
