import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { byteStringOf } from '../../src/formats/byte-string.ts';
import {
  bool,
  boundedByteString,
  byteString,
  bytes,
  type Codec,
  decode,
  encode,
  listOf,
  mapOf,
  none,
  optionalStorePath,
  record,
  Sink,
  Source,
  since,
  storePath,
  text,
  time,
  uint64,
  word,
} from '../../src/formats/wire.ts';
import { anyByteString, anyBytes, anyStorePath } from './arbitraries.ts';
import { coded, cpuMs, DIALECT, hex, readInPieces } from './feed.ts';

const NOTE = '/nix/store/ha42hgz88l4lab3af6k2fgbhxbcgxm2n-note.txt';

/** Closes over codec and values, whose types belong together. */
function law<T>(name: string, codec: Codec<T>, values: fc.Arbitrary<T>) {
  const readsBack = (pieceBytes: number) => {
    const undone = fc.property(values, value => {
      const encoded = encode(codec, value, DIALECT);
      expect(encoded.length % 8).toBe(0);
      expect(readInPieces(from => codec.read(from), encoded, pieceBytes)).toEqual(value);
    });
    fc.assert(undone);
  };
  return { name, readsBack };
}

const laws = [
  law('word', word, fc.maxSafeNat()),
  law('uint64', uint64, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  law('bool', bool, fc.boolean()),
  law('time', time, fc.maxSafeInteger()),
  law('byteString', byteString, anyByteString),
  law('text', text, fc.string({ unit: 'binary' })),
  law(
    'bytes',
    bytes,
    anyBytes(50).map(value => Buffer.from(value)),
  ),
  law('storePath', storePath, anyStorePath),
  law('optionalStorePath', optionalStorePath, fc.option(anyStorePath, { nil: undefined })),
  law('listOf', listOf(byteString), fc.array(anyByteString)),
  law(
    'mapOf',
    mapOf(byteString, word),
    fc.array(fc.tuple(anyByteString, fc.nat())).map(pairs => new Map(pairs)),
  ),
  law('record', record({ a: word, b: byteString }), fc.record({ a: fc.nat(), b: anyByteString })),
];

describe('codecs', () => {
  test.each(laws)('$name reads what it wrote', ({ readsBack }) => {
    readsBack(1 << 20);
  });

  test.each(laws)('$name reads one byte at a time', ({ readsBack }) => {
    readsBack(1);
  });

  test.each([
    { name: 'a word', codec: word, value: 0x123456789abc, wire: 'bc9a785634120000' },
    { name: 'a negative time', codec: time, value: -2, wire: 'feffffffffffffff' },
    { name: 'true', codec: bool, value: true, wire: '0100000000000000' },
    { name: 'an empty string', codec: byteString, value: '', wire: '0000000000000000' },
    {
      name: 'a string with padding',
      codec: byteString,
      value: 'abc\xff',
      wire: '0400000000000000 616263ff00000000',
    },
    { name: 'no path', codec: optionalStorePath, value: undefined, wire: '0000000000000000' },
  ])('write $name as Nix does', ({ codec, value, wire }) => {
    const written = encode(codec as Codec<unknown>, value, DIALECT);
    expect(Buffer.from(written).toString('hex')).toBe(wire.replace(' ', ''));
  });

  test('write a map sorted by key', () => {
    const unsorted = new Map([
      ['b', 2],
      ['a', 1],
    ]);
    const written = encode(mapOf(byteString, word), unsorted, DIALECT);
    expect([...decode(mapOf(byteString, word), written, DIALECT).keys()]).toEqual(['a', 'b']);
  });

  test('read any word but zero as true', () => {
    expect(decode(bool, hex('0000000000000080'), DIALECT)).toBe(true);
  });

  test('keep bytes that are not UTF-8 as they are', () => {
    const latin = byteStringOf(hex('fffe80'));
    expect(decode(byteString, encode(byteString, latin, DIALECT), DIALECT)).toBe(latin);
  });

  test.each([
    {
      flaw: 'a number above 2^53',
      codec: word,
      wire: '0000000000002000',
      code: 'number-too-large',
    },
    { flaw: 'a time above 2^53', codec: time, wire: '0000000000002000', code: 'number-too-large' },
    {
      flaw: 'a length above 64 MiB',
      codec: byteString,
      wire: '0100000400000000',
      code: 'too-long',
    },
    {
      flaw: 'an absurd length',
      codec: byteString,
      wire: 'ffffffffffffffff',
      code: 'number-too-large',
    },
    {
      flaw: 'a length above the bound',
      codec: boundedByteString(3),
      wire: '0400000000000000 6162636400000000',
      code: 'too-long',
    },
    {
      flaw: 'padding that is not zero',
      codec: byteString,
      wire: '0100000000000000 6100000000000001',
      code: 'bad-padding',
    },
    {
      flaw: 'padding of bytes that is not zero',
      codec: bytes,
      wire: '0100000000000000 6101000000000000',
      code: 'bad-padding',
    },
    { flaw: 'half a word', codec: word, wire: '00000000', code: 'truncated' },
    {
      flaw: 'a string without its padding',
      codec: byteString,
      wire: '0100000000000000 61',
      code: 'truncated',
    },
    {
      flaw: 'an absurd count',
      codec: listOf(byteString),
      wire: '00000000ffff0000 0000000000000000',
      code: 'truncated',
    },
    {
      flaw: 'bytes after the value',
      codec: word,
      wire: '0000000000000000 00',
      code: 'left-over',
    },
    {
      flaw: 'a path of another store',
      codec: storePath,
      wire: '0400000000000000 2f746d7000000000',
      code: 'bad-store-path',
    },
    {
      flaw: 'a path of more than 4096 bytes',
      codec: storePath,
      wire: '0110000000000000',
      code: 'too-long',
    },
    { flaw: 'an empty path', codec: storePath, wire: '0000000000000000', code: 'bad-store-path' },
  ])('refuse $flaw', ({ codec, wire, code }) => {
    expect(() => decode(codec as Codec<unknown>, hex(wire), DIALECT)).toThrow(
      coded(`formats/${code}`),
    );
  });

  test('refuse a list of more than 64 MiB while it is read', () => {
    const source = new Source(DIALECT);
    const reading = listOf(bytes).read(source);
    source.push(encode(word, 1000, DIALECT));
    const megabytes = encode(bytes, new Uint8Array(16 << 20), DIALECT);
    const feed = () => {
      for (let count = 0; count < 5; count++) {
        source.push(megabytes);
        reading.next();
      }
    };
    expect(feed).toThrow(coded('formats/too-long'));
  });
});

describe('since', () => {
  const codec = record({ always: word, late: since(30, word, 7) });

  test.each([
    { minor: 30, wireBytes: 16, late: 3 },
    { minor: 29, wireBytes: 8, late: 7 },
  ])('takes $wireBytes bytes with minor $minor', ({ minor, wireBytes, late }) => {
    const dialect = { ...DIALECT, minor };
    const written = encode(codec, { always: 1, late: 3 }, dialect);
    expect(written.length).toBe(wireBytes);
    expect(decode(codec, written, dialect)).toEqual({ always: 1, late });
  });
});

describe('none', () => {
  test('takes no bytes', () => {
    expect(encode(none, undefined, DIALECT).length).toBe(0);
    expect(decode(none, new Uint8Array(), DIALECT)).toBeUndefined();
  });
});

describe('Source', () => {
  test('gives out what was pushed, however it was cut', () => {
    const cuts = fc.array(anyBytes(30));
    const takes = fc.array(fc.nat({ max: 40 }));
    const given = fc.property(cuts, takes, (chunks, counts) => {
      const source = new Source(DIALECT);
      const taken: Uint8Array[] = [];
      for (const [index, chunk] of chunks.entries()) {
        source.push(chunk);
        taken.push(source.takeUpTo(counts[index] ?? 0));
      }
      taken.push(source.take(source.available));
      expect(Buffer.concat(taken)).toEqual(Buffer.concat(chunks));
      expect(source.position).toBe(Buffer.concat(chunks).length);
    });
    fc.assert(given);
  });

  test('leaves views alone when more arrives', () => {
    const source = new Source(DIALECT);
    source.push(Buffer.from('abcd'));
    const view = source.take(2);
    for (let count = 0; count < 100; count++) source.push(Buffer.from('xy'));
    expect(Buffer.from(view).toString()).toBe('ab');
  });

  test('takes a chunk over without a copy when nothing is left of others', () => {
    const source = new Source(DIALECT);
    const chunk = new Uint8Array(100);
    source.push(chunk);
    expect(source.take(100).buffer).toBe(chunk.buffer);
  });

  test('is free of the chunks that were pushed once it is detached', () => {
    const source = new Source(DIALECT);
    const chunk = Buffer.from('abcd');
    source.push(chunk);
    source.detach();
    chunk.fill(0);
    expect(source.takeByteString(4)).toBe('abcd');
  });

  test('says that it is a bug to take more than there is', () => {
    const source = new Source(DIALECT);
    source.push(Buffer.from('abc'));
    expect(() => source.take(4)).toThrow(RangeError);
    expect(() => source.takeWord()).toThrow(RangeError);
  });

  test('joins ten thousand single bytes', () => {
    const source = new Source(DIALECT);
    for (let count = 0; count < 10_000; count++) source.push(Buffer.from([count & 0xff]));
    expect(source.take(10_000)[9_999]).toBe(9_999 & 0xff);
  });
});

describe('Sink', () => {
  test('never writes to what it gave out', () => {
    const sink = new Sink(DIALECT);
    sink.byteString('first');
    const first = sink.finish();
    const before = Buffer.from(first).toString('hex');
    for (let count = 0; count < 2000; count++) sink.byteString('later');
    expect(Buffer.from(first).toString('hex')).toBe(before);
    expect(sink.length).toBe(2000 * 16);
    expect(sink.finish().length).toBe(2000 * 16);
    expect(sink.length).toBe(0);
  });

  test('says that it is a bug to write what is not a whole number', () => {
    expect(() => new Sink(DIALECT).word(1.5)).toThrow(RangeError);
  });
});

test('a reader takes small requests faster than 200,000 a second', () => {
  const request = encode(record({ op: word, path: byteString }), { op: 1, path: NOTE }, DIALECT);
  const requests = Buffer.concat(Array.from({ length: 50_000 }, () => request));
  const source = new Source(DIALECT);
  const codec = record({ op: word, path: storePath });
  source.push(requests);

  const readAll = () => {
    while (source.available > 0) codec.read(source).next();
  };
  expect(cpuMs(readAll)).toBeLessThan(250);
});
