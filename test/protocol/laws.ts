import { expect } from '@jest/globals';
import fc from 'fast-check';
import { type Codec, decode, encode, Source } from '../../src/formats/wire.ts';
import { STORE_DIR } from '../formats/feed.ts';

/** One for each layout that has ever changed, and those that Nix releases speak. */
export const MINORS = [18, 20, 21, 22, 23, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 37, 38];

const dialectOf = (minor: number) => ({ storeDir: STORE_DIR, minor });

/** In every version, a codec reads what it wrote, also byte by byte, and is not content with less. */
export function assertRoundTrips<T>(
  codec: Codec<T>,
  values: (minor: number) => fc.Arbitrary<T>,
): void {
  for (const minor of MINORS) {
    const law = fc.property(values(minor), value => {
      const encoded = encode(codec, value, dialectOf(minor));
      expect(encoded.length % 8).toBe(0);
      expect(decode(codec, encoded, dialectOf(minor))).toEqual(value);
      expect(readByteByByte(codec, encoded, minor)).toEqual(value);
    });
    fc.assert(law, { numRuns: 8 });
  }
}

function readByteByByte<T>(codec: Codec<T>, encoded: Uint8Array, minor: number): T {
  const source = new Source(dialectOf(minor));
  const reading = codec.read(source);
  let step = reading.next();
  for (const byte of encoded) {
    if (step.done === true) throw new Error('ended early');
    source.push(Uint8Array.of(byte));
    step = reading.next();
  }
  if (step.done !== true) throw new Error('wants more bytes');
  return step.value;
}

/** Words and strings as they are on the wire. */
export function wire(...parts: readonly (number | bigint | string)[]): Uint8Array {
  return Buffer.concat(parts.map(part => (typeof part === 'string' ? string(part) : word(part))));
}

function word(value: number | bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function string(value: string): Uint8Array {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([word(bytes.length), bytes, Buffer.alloc(-bytes.length & 7)]);
}
