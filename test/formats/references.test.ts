import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesOf } from '../../src/formats/byte-string.ts';
import { encodeNix32 } from '../../src/formats/nix32.ts';
import { ReferenceScanner } from '../../src/formats/references.ts';
import { cpuMs } from './feed.ts';

const HELLO = 'gwina1sjk7g95wq6fxc6b7s1hza53h74';
const NOTE = 'ha42hgz88l4lab3af6k2fgbhxbcgxm2n';

const anyHashPart = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(encodeNix32);
const anyHashParts = fc.uniqueArray(anyHashPart, { minLength: 1, maxLength: 8 });

/** Looks for `hashParts` in `text`, which arrives in pieces. */
function scan(hashParts: readonly string[], text: string, pieceBytes = text.length + 1) {
  const scanner = new ReferenceScanner(hashParts);
  const bytes = bytesOf(text);
  for (let at = 0; at < bytes.length; at += pieceBytes)
    scanner.update(bytes.subarray(at, at + pieceBytes));
  return [...scanner.found].sort();
}

describe('ReferenceScanner', () => {
  test.each([
    { where: 'at the start', text: `${HELLO}-hello` },
    { where: 'at the end', text: `/nix/store/${HELLO}` },
    { where: 'alone', text: HELLO },
    { where: 'between letters of the alphabet', text: `abc${HELLO}xyz` },
    { where: 'after another one that is not wanted', text: NOTE + HELLO },
    { where: 'after most of itself', text: HELLO.slice(0, 31) + HELLO },
    { where: 'between zeroes', text: `\0${HELLO}\0` },
    { where: 'twice', text: `${HELLO} ${HELLO}` },
  ])('finds one $where', ({ text }) => {
    expect(scan([HELLO], text)).toEqual([HELLO]);
  });

  test.each([
    { what: 'nothing', text: '' },
    { what: 'half of one', text: HELLO.slice(0, 31) },
    { what: 'one in two halves', text: `${HELLO.slice(0, 16)}\n${HELLO.slice(16)}` },
    { what: 'one in capitals', text: HELLO.toUpperCase() },
    { what: 'one with another last character', text: `${HELLO.slice(0, 31)}0` },
    { what: 'one with another first character', text: `0${HELLO.slice(1)}` },
    { what: 'another one', text: NOTE },
  ])('does not take $what for one', ({ text }) => {
    expect(scan([HELLO], text)).toEqual([]);
  });

  test('finds what a plain search finds, however the bytes are cut', () => {
    const noise = fc.oneof(
      anyHashPart,
      fc.stringMatching(/^[0-9a-z]{0,40}$/),
      fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes).toString('latin1')),
    );
    const agree = fc.property(
      anyHashParts,
      fc.array(fc.tuple(noise, fc.nat())),
      fc.integer({ min: 1, max: 80 }),
      (parts, pieces, pieceBytes) => {
        const text = pieces
          .map(([filler, pick]) => filler + (pick % 3 === 0 ? parts[pick % parts.length] : ''))
          .join('');
        const expected = parts.filter(part => text.includes(part)).sort();
        expect(scan(parts, text, pieceBytes)).toEqual(expected);
      },
    );
    fc.assert(agree, { numRuns: 500 });
  });

  test('finds one that arrives byte by byte', () => {
    expect(scan([HELLO, NOTE], `x${HELLO}y${NOTE}`, 1)).toEqual([HELLO, NOTE].sort());
  });

  test.each([
    { data: 'zeroes', bytes: Buffer.alloc(16 << 20) },
    { data: 'prose', bytes: Buffer.alloc(16 << 20, 'The quick brown fox jumps over it. ') },
    { data: 'near misses', bytes: Buffer.alloc(16 << 20, `${HELLO.slice(0, 31)}e`) },
  ])('goes through $data at more than 100 MB/s', ({ bytes }) => {
    const scanner = new ReferenceScanner([HELLO]);
    const scanAll = () => {
      for (let at = 0; at < bytes.length; at += 65_536)
        scanner.update(bytes.subarray(at, at + 65_536));
    };
    expect(cpuMs(scanAll)).toBeLessThan(160);
  });
});
