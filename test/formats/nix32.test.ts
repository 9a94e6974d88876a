import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeNix32, encodeNix32, nix32Length } from '../../src/formats/nix32.ts';
import { anyBytes } from './arbitraries.ts';
import { coded, hex } from './feed.ts';

describe('encodeNix32', () => {
  test.each([
    { bytes: '', text: '' },
    { bytes: '00', text: '00' },
    { bytes: 'ff', text: '7z' },
    { bytes: '0001', text: '0080' },
    { bytes: 'd41d8cd98f00b204e9800998ecf8427e', text: '3y8bwfr609h3lh9ch0izcqq7fl' },
  ])('writes $bytes as $text', ({ bytes, text }) => {
    expect(encodeNix32(hex(bytes))).toBe(text);
  });

  test('is undone by decodeNix32', () => {
    const undone = fc.property(anyBytes(70), bytes => {
      const text = encodeNix32(bytes);
      expect(text.length).toBe(nix32Length(bytes.length));
      expect(decodeNix32(text)).toEqual(bytes);
    });
    fc.assert(undone);
  });
});

describe('decodeNix32', () => {
  test.each([
    { text: '0', flaw: 'a length that fits no bytes' },
    { text: '0e', flaw: 'a letter outside the alphabet' },
    { text: '0A', flaw: 'a capital' },
    { text: '0\xff', flaw: 'a byte above ASCII' },
    { text: '0\u0130', flaw: 'a character above one byte' },
    { text: '80', flaw: 'bits beyond the last byte' },
    { text: 'z'.repeat(26), flaw: 'bits beyond 16 bytes' },
  ])('refuses $flaw', ({ text }) => {
    expect(() => decodeNix32(text)).toThrow(coded('formats/bad-nix32'));
  });
});
