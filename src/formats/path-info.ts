import type { ByteString } from './byte-string.ts';
import type { Hash } from './hash.ts';
import type { StorePath } from './store-path.ts';

/** What a store knows of a valid path (Nix: src/libstore/path-info.hh, `UnkeyedValidPathInfo`). */
export interface PathInfo {
  readonly deriver: StorePath | undefined;
  /** SHA-256. */
  readonly narHash: Hash;
  readonly references: readonly StorePath[];
  readonly registeredAtUnix: number;
  readonly narSizeBytes: number;
  /** Built there, not copied from elsewhere. */
  readonly ultimate: boolean;
  readonly signatures: readonly ByteString[];
  readonly contentAddress: ByteString | undefined;
}
