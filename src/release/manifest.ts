import { type ByteString, bufferOn } from '../formats/byte-string.ts';
import { blake2b, hashBytes } from '../formats/hash.ts';

/** The line of a Manifest for a file that is fetched (GLEP 74). */
export function formatDist(name: string, bytes: ByteString): string {
  const sha512 = hashBytes('sha512', bytes).digest;
  const hashes = `BLAKE2B ${hex(blake2b(bytes))} SHA512 ${hex(sha512)}`;
  return `DIST ${name} ${bytes.length} ${hashes}\n`;
}

function hex(digest: Uint8Array): string {
  return bufferOn(digest).toString('hex');
}
