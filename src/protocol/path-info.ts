import type { ByteString } from '../formats/byte-string.ts';
import { formatHash, type Hash, parseHash } from '../formats/hash.ts';
import type { PathInfo } from '../formats/path-info.ts';
import type { StorePath } from '../formats/store-path.ts';
import {
  bool,
  byteString,
  type Codec,
  listOf,
  optionalStorePath,
  record,
  storePath,
  time,
  word,
} from '../formats/wire.ts';

/** Path infos on the wire (Nix: src/libstore/path-info.cc, `UnkeyedValidPathInfo`; all of it since 1.16). */

export interface KeyedPathInfo {
  readonly path: StorePath;
  readonly info: PathInfo;
}

/** SHA-256 in base 16 without prefix. Read in any form, as Nix does. */
export const sha256: Codec<Hash> = {
  *read(from) {
    return parseHash(yield* byteString.read(from), 'sha256');
  },
  write: (to, hash) => to.byteString(formatHash(hash, 'base16')),
};

/** An empty string stands for undefined. */
const optionalByteString: Codec<ByteString | undefined> = {
  *read(from) {
    const value = yield* byteString.read(from);
    return value === '' ? undefined : value;
  },
  write: (to, value) => to.byteString(value ?? ''),
};

export const pathInfo: Codec<PathInfo> = record<PathInfo>({
  deriver: optionalStorePath,
  narHash: sha256,
  references: listOf(storePath),
  registeredAtUnix: time,
  narSizeBytes: word,
  ultimate: bool,
  signatures: listOf(byteString),
  contentAddress: optionalByteString,
});

/** The path in front. This is also what precedes each NAR in AddMultipleToStore. */
export const keyedPathInfo: Codec<KeyedPathInfo> = record<KeyedPathInfo>({
  path: storePath,
  info: pathInfo,
});
