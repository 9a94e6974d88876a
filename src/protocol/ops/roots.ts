import type { ByteString } from '../../formats/byte-string.ts';
import type { StorePath } from '../../formats/store-path.ts';
import { byteString, listOf, none, record, storePath } from '../../formats/wire.ts';
import type { Op } from '../op.ts';
import { ack } from '../words.ts';

/** What keeps paths from being collected. */

export interface FoundRoot {
  /** Path of the symlink, or what the root is in braces. */
  readonly link: ByteString;
  readonly target: StorePath;
}

export interface PermRootRequest {
  readonly path: StorePath;
  readonly link: ByteString;
}

/** Lasts as long as the connection. */
export const addTempRoot: Op<StorePath, undefined> = {
  number: 11,
  name: 'AddTempRoot',
  request: storePath,
  reply: ack,
};

/** Takes the absolute path of a symlink, which need not exist yet. */
export const addIndirectRoot: Op<ByteString, undefined> = {
  number: 12,
  name: 'AddIndirectRoot',
  request: byteString,
  reply: ack,
};

export const syncWithGc: Op<undefined, undefined> = {
  number: 13,
  name: 'SyncWithGC',
  request: none,
  reply: ack,
};

export const findRoots: Op<undefined, readonly FoundRoot[]> = {
  number: 14,
  name: 'FindRoots',
  request: none,
  reply: listOf(record<FoundRoot>({ link: byteString, target: storePath })),
};

/** Replies the path of the link. */
export const addPermRoot: Op<PermRootRequest, ByteString> = {
  number: 47,
  name: 'AddPermRoot',
  since: 36,
  request: record<PermRootRequest>({ path: storePath, link: byteString }),
  reply: byteString,
};
