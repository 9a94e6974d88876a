import { unsupportedVersion } from './errors.ts';

/**
 * Versions of the worker protocol (Nix: src/libstore/worker-protocol.hh). On the wire one word: major << 8 | minor.
 * The major has been 1 since 2006; what is on the wire depends on the smaller minor of the two sides.
 */

/** First word of a client: "nixc". */
export const CLIENT_MAGIC = 0x6e697863;
/** First word of a daemon: "dxio". */
export const DAEMON_MAGIC = 0x6478696f;
/** What Nix 2.24 to 2.34 speak: 1.38 without optional features. */
export const OWN_MINOR = 38;
/** Nix 2.0 speaks 1.20, and newer Nix refuses whatever is below 1.18. */
export const OLDEST_MINOR = 18;

const MAJOR = 1;

/** The word that announces 1.`minor`. */
export function versionWord(minor: number): number {
  return (MAJOR << 8) | minor;
}

/** The minor that both sides understand, from what one side speaks and the other side announced. */
export function negotiate(ownMinor: number, announced: number | bigint): number {
  if (announced < 0 || announced > 0xffff) throw unsupportedVersion(announced);
  const word = Number(announced);
  if (word >> 8 !== MAJOR) throw unsupportedVersion(word);
  return Math.min(ownMinor, word & 0xff);
}
