import { randomBytes as cryptoRandomBytes } from 'node:crypto';

/** Bytes that nobody can guess. */
export function randomBytes(count: number): Uint8Array {
  return cryptoRandomBytes(count);
}
