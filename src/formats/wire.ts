import { type ByteString, bufferOn, compareBytes } from './byte-string.ts';
import { badPadding, leftOver, numberTooLarge, tooLong, truncated } from './errors.ts';
import { PATH_MAX_LENGTH, parseStorePath, type StorePath } from './store-path.ts';

/**
 * The primitives of NARs and of the worker protocol (Nix: src/libutil/serialise.cc). All is in 64-bit words, little
 * endian:
 *
 *   string = length, bytes, zeroes up to a multiple of 8
 *   list   = count, item*            map = count, (key, value)*, sorted by key
 *
 * Readers are generators over a `Source`: they pause when bytes are missing, and whoever runs them pushes more. One
 * file, because a source, a sink and the codecs are of use only together.
 */

export interface Dialect {
  readonly storeDir: ByteString;
  /** Negotiated minor of the protocol version. */
  readonly minor: number;
}

/** Yields whenever more bytes must be pushed to the source, and returns the value. */
export type Reading<T> = Generator<void, T, void>;

export interface Codec<T> {
  read(from: Source): Reading<T>;
  write(to: Sink, value: T): void;
}

const WORD_BYTES = 8;
const STRING_MAX_BYTES = 64 << 20;
/** More than 500,000 store paths. */
const LIST_MAX_BYTES = 64 << 20;
const HIGH_WORD = 2 ** 32;
const SAFE_HIGH = 2 ** 21;
const EMPTY: Buffer = Buffer.alloc(0);
const SLAB_BYTES = 4096;

/**
 * Bytes that arrived and are not read yet, always contiguous. A chunk is taken over without a copy when nothing is
 * left of those before, so it must not change after it was pushed; views that were handed out stay as they are.
 */
export class Source {
  /** Set again once the handshake has negotiated it. */
  dialect: Dialect;
  #buffer = EMPTY;
  #start = 0;
  #end = 0;
  /** Whether the memory after `#end` is ours to fill. */
  #growing = false;
  #pushed = 0;

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  get available(): number {
    return this.#end - this.#start;
  }

  /** How many bytes were taken since the beginning. */
  get position(): number {
    return this.#pushed - this.available;
  }

  push(chunk: Uint8Array): void {
    this.#pushed += chunk.length;
    if (this.#start === this.#end) this.#takeOver(chunk);
    else this.#append(chunk);
  }

  /** Copies what is unread, after which the chunks that were pushed may change. */
  detach(): void {
    const unread = Buffer.from(this.#buffer.subarray(this.#start, this.#end));
    this.#takeOver(unread);
  }

  /** Pauses until `count` bytes are available. */
  *needs(count: number): Reading<void> {
    while (this.#end - this.#start < count) yield;
  }

  /** The next word, as far as a number can hold it. */
  takeWord(): number {
    const at = this.#advance(WORD_BYTES);
    const low = this.#buffer.readUInt32LE(at);
    const high = this.#buffer.readUInt32LE(at + 4);
    if (high === 0) return low;
    if (high < SAFE_HIGH) return high * HIGH_WORD + low;
    throw numberTooLarge(this.#buffer.readBigUInt64LE(at));
  }

  /** The word that starts `offset` bytes further on, which is not taken; undefined when it is not all there. */
  peekWord(offset: number): number | undefined {
    const at = this.#start + offset;
    if (this.#end - at < WORD_BYTES) return undefined;
    return this.#buffer.readUInt32LE(at + 4) * HIGH_WORD + this.#buffer.readUInt32LE(at);
  }

  takeUint64(): bigint {
    return this.#buffer.readBigUInt64LE(this.#advance(WORD_BYTES));
  }

  takeInt64(): bigint {
    return this.#buffer.readBigInt64LE(this.#advance(WORD_BYTES));
  }

  /** The next `count` bytes, as a view. */
  take(count: number): Uint8Array {
    const at = this.#advance(count);
    return this.#buffer.subarray(at, at + count);
  }

  /** What is available of the next `count` bytes, as a view. */
  takeUpTo(count: number): Uint8Array {
    return this.take(Math.min(count, this.#end - this.#start));
  }

  takeByteString(count: number): ByteString {
    const at = this.#advance(count);
    return this.#buffer.toString('latin1', at, at + count);
  }

  takeText(count: number): string {
    const at = this.#advance(count);
    return this.#buffer.toString('utf8', at, at + count);
  }

  /** Passes the zeroes behind a string of `length` bytes, or finds out that they are none. */
  takePadding(length: number): boolean {
    const count = -length & (WORD_BYTES - 1);
    const at = this.#advance(count);
    for (let offset = 0; offset < count; offset++)
      if (this.#buffer[at + offset] !== 0) return false;
    return true;
  }

  #advance(count: number): number {
    const at = this.#start;
    if (this.#end - at < count) throw new RangeError(`took ${count} of ${this.available} bytes`);
    this.#start = at + count;
    return at;
  }

  #takeOver(chunk: Uint8Array): void {
    this.#buffer = bufferOn(chunk);
    this.#start = 0;
    this.#end = chunk.length;
    this.#growing = false;
  }

  #append(chunk: Uint8Array): void {
    const end = this.#end + chunk.length;
    if (!this.#growing || end > this.#buffer.length) {
      const unread = this.#buffer.subarray(this.#start, this.#end);
      this.#takeOver(Buffer.allocUnsafe(2 * unread.length + chunk.length));
      this.#buffer.set(unread);
      this.#end = unread.length;
      this.#growing = true;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }
}

/** Bytes on their way out. What `finish` returned is never written to again. */
export class Sink {
  dialect: Dialect;
  #buffer = EMPTY;
  #start = 0;
  #end = 0;

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  put(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#buffer.set(bytes, at);
  }

  word(value: number | bigint): void {
    const at = this.#grow(WORD_BYTES);
    if (typeof value === 'bigint') this.#buffer.writeBigInt64LE(BigInt.asIntN(64, value), at);
    else if (Number.isSafeInteger(value)) {
      this.#buffer.writeInt32LE(value | 0, at);
      this.#buffer.writeInt32LE(Math.floor(value / HIGH_WORD) | 0, at + 4);
    } else throw new RangeError(`${value} is not a whole number`);
  }

  /** A string with its length and padding. */
  byteString(value: ByteString): void {
    this.word(value.length);
    const at = this.#grow(value.length);
    this.#buffer.write(value, at, value.length, 'latin1');
    this.pad(value.length);
  }

  /** The zeroes behind a string of `length` bytes. */
  pad(length: number): void {
    const count = -length & (WORD_BYTES - 1);
    const at = this.#grow(count);
    this.#buffer.fill(0, at, at + count);
  }

  /** The bytes since the last call. */
  finish(): Uint8Array {
    const bytes = this.#buffer.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return bytes;
  }

  #grow(count: number): number {
    const at = this.#end;
    if (at + count > this.#buffer.length) return this.#move(count);
    this.#end = at + count;
    return at;
  }

  /** Goes on in fresh memory, with room for as much again. */
  #move(count: number): number {
    const written = this.#buffer.subarray(this.#start, this.#end);
    const size = Math.max(SLAB_BYTES, 2 * (written.length + count));
    this.#buffer = Buffer.allocUnsafeSlow(size);
    this.#buffer.set(written);
    this.#start = 0;
    this.#end = written.length + count;
    return written.length;
  }
}

/** A whole number of any meaning: at least 0, at most 2^53 - 1. */
export const word: Codec<number> = {
  *read(from) {
    if (from.available < WORD_BYTES) yield* from.needs(WORD_BYTES);
    return from.takeWord();
  },
  write: (to, value) => to.word(value),
};

export const uint64: Codec<bigint> = {
  *read(from) {
    if (from.available < WORD_BYTES) yield* from.needs(WORD_BYTES);
    return from.takeUint64();
  },
  write: (to, value) => to.word(value),
};

/** False is zero, true is any other word. */
export const bool: Codec<boolean> = {
  *read(from) {
    if (from.available < WORD_BYTES) yield* from.needs(WORD_BYTES);
    return from.takeUint64() !== 0n;
  },
  write: (to, value) => to.word(value ? 1 : 0),
};

/** Seconds since 1970, negative before. */
export const time: Codec<number> = {
  *read(from) {
    if (from.available < WORD_BYTES) yield* from.needs(WORD_BYTES);
    const seconds = from.takeInt64();
    if (BigInt.asIntN(54, seconds) !== seconds) throw numberTooLarge(seconds);
    return Number(seconds);
  },
  write: (to, value) => to.word(value),
};

export const byteString: Codec<ByteString> = boundedByteString(STRING_MAX_BYTES);

const pathText = boundedByteString(PATH_MAX_LENGTH);

/** A byte string of at most `maxBytes`. */
export function boundedByteString(maxBytes: number): Codec<ByteString> {
  return {
    *read(from) {
      const length = yield* stringLength(from, maxBytes);
      const value = from.takeByteString(length);
      if (!from.takePadding(length)) throw badPadding(value);
      return value;
    },
    write: (to, value) => to.byteString(value),
  };
}

/** Text for people, UTF-8 on the wire; what is not UTF-8 becomes U+FFFD. */
export const text: Codec<string> = {
  *read(from) {
    const length = yield* stringLength(from, STRING_MAX_BYTES);
    const value = from.takeText(length);
    if (!from.takePadding(length)) throw badPadding(value);
    return value;
  },
  write: (to, value) => bytes.write(to, Buffer.from(value, 'utf8')),
};

/** A string as a view of its bytes. */
export const bytes: Codec<Uint8Array> = {
  *read(from) {
    const length = yield* stringLength(from, STRING_MAX_BYTES);
    const value = from.take(length);
    if (!from.takePadding(length)) throw badPadding(bufferOn(value).toString('latin1'));
    return value;
  },
  write(to, value) {
    to.word(value.length);
    to.put(value);
    to.pad(value.length);
  },
};

export const storePath: Codec<StorePath> = {
  *read(from) {
    return parseStorePath(from.dialect.storeDir, yield* pathText.read(from));
  },
  write: (to, value) => to.byteString(value),
};

/** An empty string stands for undefined. */
export const optionalStorePath: Codec<StorePath | undefined> = {
  *read(from) {
    const value = yield* pathText.read(from);
    return value === '' ? undefined : parseStorePath(from.dialect.storeDir, value);
  },
  write: (to, value) => to.byteString(value ?? ''),
};

/** Items in their order; at most 64 MiB together, so that no count makes a reader run out of memory. */
export function listOf<T>(item: Codec<T>): Codec<readonly T[]> {
  return {
    *read(from) {
      const count = yield* word.read(from);
      const end = from.position + LIST_MAX_BYTES;
      const items: T[] = [];
      for (let index = 0; index < count; index++) {
        items.push(yield* item.read(from));
        if (from.position > end)
          throw tooLong(from.position - end + LIST_MAX_BYTES, LIST_MAX_BYTES);
      }
      return items;
    },
    write(to, items) {
      to.word(items.length);
      for (const value of items) item.write(to, value);
    },
  };
}

/** Written sorted by key. */
export function mapOf<Key extends string, Value>(
  key: Codec<Key>,
  value: Codec<Value>,
): Codec<ReadonlyMap<Key, Value>> {
  const entries = listOf<readonly [Key, Value]>({
    *read(from) {
      return [yield* key.read(from), yield* value.read(from)];
    },
    write(to, [name, content]) {
      key.write(to, name);
      value.write(to, content);
    },
  });
  return {
    *read(from) {
      return new Map(yield* entries.read(from));
    },
    write: (to, map) =>
      entries.write(
        to,
        [...map].sort(([a], [b]) => compareBytes(a, b)),
      ),
  };
}

/** The fields one after the other, in the order in which they are listed. */
export function record<T extends object>(
  fields: {
    readonly [Name in keyof T]-?: Codec<T[Name]>;
  },
): Codec<T> {
  const names = Object.keys(fields) as (keyof T)[];
  return {
    *read(from) {
      const value: Partial<T> = {};
      for (const name of names) value[name] = yield* fields[name].read(from);
      return value as T;
    },
    write(to, value) {
      for (const name of names) fields[name].write(to, value[name]);
    },
  };
}

/** A field that exists from protocol 1.`minor` on, and reads as `otherwise` before. */
export function since<T>(minor: number, codec: Codec<T>, otherwise: T): Codec<T> {
  return {
    *read(from) {
      return from.dialect.minor >= minor ? yield* codec.read(from) : otherwise;
    },
    write(to, value) {
      if (to.dialect.minor >= minor) codec.write(to, value);
    },
  };
}

/** Nothing at all. */
export const none: Codec<undefined> = {
  // biome-ignore lint/correctness/useYield: a reading that never needs bytes.
  *read() {
    return undefined;
  },
  write: () => undefined,
};

/** Reads a value from bytes that hold it and nothing else. */
export function decode<T>(codec: Codec<T>, encoded: Uint8Array, dialect: Dialect): T {
  const source = new Source(dialect);
  source.push(encoded);
  const reading = codec.read(source).next();
  if (reading.done !== true) throw truncated(encoded.length);
  if (source.available > 0) throw leftOver(source.available);
  return reading.value;
}

export function encode<T>(codec: Codec<T>, value: T, dialect: Dialect): Uint8Array {
  const sink = new Sink(dialect);
  codec.write(sink, value);
  return sink.finish();
}

/** The length of a string, once it is here with its padding. */
function* stringLength(from: Source, maxBytes: number): Reading<number> {
  if (from.available < WORD_BYTES) yield* from.needs(WORD_BYTES);
  const length = from.takeWord();
  if (length > maxBytes) throw tooLong(length, maxBytes);
  const padded = length + (-length & (WORD_BYTES - 1));
  if (from.available < padded) yield* from.needs(padded);
  return length;
}
