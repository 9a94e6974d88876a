import { expect } from '@jest/globals';
import { type Dialect, type Reading, Source } from '../../src/formats/wire.ts';

export const STORE_DIR = '/nix/store';
export const DIALECT: Dialect = { storeDir: STORE_DIR, minor: 38 };

/** Runs a reader on bytes that arrive in pieces of `size`, and fails unless it ends exactly with the last of them. */
export function readInPieces<T>(
  read: (from: Source) => Reading<T>,
  bytes: Uint8Array,
  size: number,
): T {
  const source = new Source(DIALECT);
  const reading = read(source);
  let step = reading.next();
  for (let at = 0; at < bytes.length; at += size) {
    if (step.done === true) throw new Error(`ended ${bytes.length - at} bytes early`);
    source.push(bytes.subarray(at, at + size));
    step = reading.next();
  }
  if (step.done !== true) throw new Error('wants more bytes');
  if (source.available > 0) throw new Error(`left ${source.available} bytes`);
  return step.value;
}

/** Bytes out of hexadecimal digits with spaces and line breaks at will. */
export function hex(text: string): Uint8Array {
  return Buffer.from(text.replace(/\s/g, ''), 'hex');
}

/** Matches an error of this code. */
export function coded(code: string): unknown {
  return expect.objectContaining({ code });
}

/** The processor time that `work` takes, which other programs on the machine add little to. */
export function cpuMs(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
