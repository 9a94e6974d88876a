import { type Reading, Sink, type Source } from '../formats/wire.ts';
import { frameTooLong } from './errors.ts';

/**
 * Framed data, from client to daemon (Nix: src/libutil/serialise.hh `FramedSource`).
 *
 *   data = (length bytes)* 0          length > 0, no padding
 *
 * Where a frame ends means nothing. Nix sends frames of 32 KiB and takes any that a 32-bit length can hold.
 */

const LENGTH_BYTES = 8;
const FRAME_MAX_BYTES = 2 ** 32 - 1;

export const END_OF_FRAMES: Uint8Array = new Uint8Array(LENGTH_BYTES);

/** What goes before a frame's bytes. */
export function frameHeader(length: number): Uint8Array {
  const to = new Sink({ storeDir: '', minor: 0 });
  to.word(length);
  return to.finish();
}

/** Takes framed data apart, however it arrives. One reader for one run of frames. */
export class FrameReader {
  #left = 0;
  #ended = false;

  /** The bytes that come next, as a view of what arrived; undefined behind the last frame. */
  *read(from: Source): Reading<Uint8Array | undefined> {
    if (this.#left === 0 && !this.#ended) yield* this.#begin(from);
    if (this.#left > FRAME_MAX_BYTES) throw frameTooLong(this.#left);
    if (this.#ended) return undefined;
    if (from.available === 0) yield* from.needs(1);
    const view = from.takeUpTo(this.#left);
    this.#left -= view.length;
    return view;
  }

  /**
   * All of the data, when it has arrived in one frame of at most `maxBytes`, which is how small objects come. Nothing
   * is taken otherwise.
   */
  takeWhole(from: Source, maxBytes: number): Uint8Array | undefined {
    const length = from.peekWord(0) ?? Number.POSITIVE_INFINITY;
    if (length === 0 || length > maxBytes) return undefined;
    if (from.peekWord(LENGTH_BYTES + length) !== 0) return undefined;
    from.take(LENGTH_BYTES);
    const whole = from.take(length);
    from.take(LENGTH_BYTES);
    this.#ended = true;
    return whole;
  }

  *#begin(from: Source): Reading<void> {
    if (from.available < LENGTH_BYTES) yield* from.needs(LENGTH_BYTES);
    this.#left = Number(from.takeUint64());
    this.#ended = this.#left === 0;
  }
}
