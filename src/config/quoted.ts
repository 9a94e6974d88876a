import { type ByteString, decodeText } from '../formats/byte-string.ts';

const SHOWN_LENGTH = 120;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFFFD]/gu;
const CREDENTIALS = /\/\/[^/@\s]*@/g;

/** Bytes that somebody else chose, fit to be printed: short, without control characters and passwords in URLs. */
export function printable(bytes: ByteString): string {
  const text = decodeText(bytes.slice(0, 4 * SHOWN_LENGTH))
    .replace(UNPRINTABLE, '?')
    .replace(CREDENTIALS, '//…@');
  const isWhole = bytes.length <= 4 * SHOWN_LENGTH && text.length <= SHOWN_LENGTH;
  return isWhole ? text : `${text.slice(0, SHOWN_LENGTH)}…`;
}

export function quoted(bytes: ByteString): string {
  return `"${printable(bytes)}"`;
}
