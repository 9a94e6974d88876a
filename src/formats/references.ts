import { type ByteString, bufferOn } from './byte-string.ts';
import { NIX32_DIGITS, NOT_A_DIGIT } from './nix32.ts';
import { HASH_PART_LENGTH } from './store-path.ts';

/**
 * Finds which store paths a NAR refers to, by their hash parts, in any place and any spelling around them
 * (Nix: src/libstore/references.cc). The search looks at the last byte of a window first: one outside the alphabet
 * lets it skip the whole window. Measured on one core of the test machine: 5 GB/s on binaries and prose, 0.7 GB/s on
 * hexadecimal digits, 0.2 GB/s where every byte is of the alphabet.
 */

const WINDOW = HASH_PART_LENGTH;
/** The filter knows the first three digits of every candidate. */
const FILTER_SIZE = 1 << 15;
const FILTER_MASK = FILTER_SIZE - 1;

/** Looks for hash parts in bytes that arrive in pieces; a match may lie across pieces. */
export class ReferenceScanner {
  /** The candidates seen so far. */
  readonly found: Set<ByteString> = new Set();
  readonly #candidates: ReadonlySet<ByteString>;
  readonly #filter = new Uint8Array(FILTER_SIZE);
  /** The last bytes before the next piece, too few for a match. */
  readonly #seam = Buffer.alloc(2 * (WINDOW - 1));
  #seamLength = 0;

  constructor(hashParts: Iterable<ByteString>) {
    this.#candidates = new Set(hashParts);
    for (const part of this.#candidates)
      this.#filter[filterKey(part.charCodeAt(0), part.charCodeAt(1), part.charCodeAt(2))] = 1;
  }

  update(chunk: Uint8Array): void {
    if (this.found.size === this.#candidates.size) return;
    const bytes = bufferOn(chunk);
    const head = bytes.subarray(0, WINDOW - 1);
    this.#seam.set(head, this.#seamLength);
    this.#scan(this.#seam, this.#seamLength + head.length);
    this.#scan(bytes, bytes.length);
    this.#keepTail(bytes, this.#seamLength + head.length);
  }

  /** Keeps the last bytes of the stream, out of the chunk or, when that is short, of the seam with it. */
  #keepTail(bytes: Buffer, seamEnd: number): void {
    const [from, end] = bytes.length < WINDOW ? [this.#seam, seamEnd] : [bytes, bytes.length];
    const start = Math.max(0, end - (WINDOW - 1));
    from.copy(this.#seam, 0, start, end);
    this.#seamLength = end - start;
  }

  /** Invariant: the bytes from `start` to before `checked` are of the alphabet. */
  #scan(bytes: Buffer, end: number): void {
    let start = 0;
    let checked = 0;
    while (start + WINDOW <= end) {
      const windowEnd = start + WINDOW;
      let at = windowEnd - 1;
      while (at >= checked && NIX32_DIGITS[bytes[at] ?? 0] !== NOT_A_DIGIT) at--;
      start = at < checked ? this.#scanRun(bytes, start, end) : at + 1;
      checked = Math.max(start, windowEnd);
    }
  }

  /** Matches from `start`, where a whole window is of the alphabet, up to the first byte that is not; returns what follows it. */
  #scanRun(bytes: Buffer, start: number, end: number): number {
    const filter = this.#filter;
    const digits = NIX32_DIGITS;
    let key = filterKey(0, bytes[start] ?? 0, bytes[start + 1] ?? 0);
    let next = start + WINDOW;
    for (; ; next++) {
      key = ((key << 5) | (digits[bytes[next - WINDOW + 2] ?? 0] ?? 0)) & FILTER_MASK;
      if (filter[key] !== 0) this.#match(bytes, next - WINDOW);
      if (next >= end || digits[bytes[next] ?? 0] === NOT_A_DIGIT) return next + 1;
    }
  }

  #match(bytes: Buffer, start: number): void {
    const part = bytes.toString('latin1', start, start + WINDOW);
    if (this.#candidates.has(part)) this.found.add(part);
  }
}

function filterKey(first: number, second: number, third: number): number {
  const high = ((NIX32_DIGITS[first] ?? 0) << 10) | ((NIX32_DIGITS[second] ?? 0) << 5);
  return (high | (NIX32_DIGITS[third] ?? 0)) & FILTER_MASK;
}
