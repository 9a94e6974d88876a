import type { ByteString } from './byte-string.ts';
import { badNix32 } from './errors.ts';

/**
 * Nix's base 32 (Nix: src/libutil/hash.cc): the bytes as a little-endian number, its five-bit digits written from
 * the most significant one down. No `e`, `o`, `t`, `u`.
 */
const ALPHABET = '0123456789abcdfghijklmnpqrsvwxyz';

export const NOT_A_DIGIT = 0xff;
/** The value of each byte as a digit. */
export const NIX32_DIGITS: Uint8Array = digitTable();

/** How many characters `sizeBytes` bytes take. */
export function nix32Length(sizeBytes: number): number {
  return Math.ceil((sizeBytes * 8) / 5);
}

export function encodeNix32(bytes: Uint8Array): ByteString {
  let text = '';
  for (let digit = nix32Length(bytes.length) - 1; digit >= 0; digit--) {
    const bit = digit * 5;
    const at = bit >> 3;
    const pair = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    text += ALPHABET[(pair >> (bit & 7)) & 31];
  }
  return text;
}

/** Throws `formats/bad-nix32` on a foreign character, or when the digits do not fill whole bytes. */
export function decodeNix32(text: ByteString): Uint8Array {
  const size = (text.length * 5) >> 3;
  if (nix32Length(size) !== text.length) throw badNix32(text, 'its length fits no number of bytes');
  const bytes = new Uint8Array(size);
  for (let digit = 0; digit < text.length; digit++) {
    const value = NIX32_DIGITS[text.charCodeAt(text.length - 1 - digit)] ?? NOT_A_DIGIT;
    if (value === NOT_A_DIGIT) throw badNix32(text, 'it has a character outside the alphabet');
    const at = (digit * 5) >> 3;
    const pair = value << ((digit * 5) & 7);
    bytes[at] = (bytes[at] ?? 0) | pair;
    if (at + 1 < size) bytes[at + 1] = pair >> 8;
    else if (pair > 0xff) throw badNix32(text, 'it has bits beyond the last byte');
  }
  return bytes;
}

function digitTable(): Uint8Array {
  const table = new Uint8Array(256).fill(NOT_A_DIGIT);
  for (let digit = 0; digit < ALPHABET.length; digit++) table[ALPHABET.charCodeAt(digit)] = digit;
  return table;
}
