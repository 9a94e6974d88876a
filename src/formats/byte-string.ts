/**
 * A string in which every char code is one byte (latin1). Names, paths, environment values and derivation texts are
 * byte strings, so input that is not UTF-8 survives, and `<` compares as Nix does.
 */
export type ByteString = string;

/** The bytes of a byte string; char codes above 255 lose their high bits. */
export function bytesOf(text: ByteString): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** The byte string with exactly these bytes. */
export function byteStringOf(bytes: Uint8Array): ByteString {
  return bufferOn(bytes).toString('latin1');
}

/** Unicode text as its UTF-8 bytes. */
export function encodeText(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The text that a byte string spells in UTF-8; what is not UTF-8 becomes U+FFFD. */
export function decodeText(bytes: ByteString): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The same memory with the methods of a buffer. */
export function bufferOn(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Orders byte strings, or any strings, by their code units: for `sort`. */
export function compareBytes(a: ByteString, b: ByteString): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}
