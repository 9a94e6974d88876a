import type { ByteString } from '../formats/byte-string.ts';
import type { StorePath } from '../formats/store-path.ts';
import {
  bool,
  byteString,
  type Codec,
  listOf,
  type Reading,
  type Source,
  storePath,
  uint64,
} from '../formats/wire.ts';
import { choice } from './words.ts';

/**
 * Garbage collection (Nix: src/libstore/gc-store.hh).
 *
 *   request = action paths ignoreLiveness maxFreed 0 0 0          reply = paths freed 0
 */

export interface GcRequest {
  readonly action: 'return-live' | 'return-dead' | 'delete-dead' | 'delete-specific';
  /** What to delete when the action says so. */
  readonly paths: readonly StorePath[];
  /** No daemon allows it. */
  readonly ignoreLiveness: boolean;
  /** Deleting stops when so much is freed; 2^64 - 1 for no limit. */
  readonly maxFreedBytes: bigint;
}

export interface GcReply {
  /** What was found or deleted, by full path. Not all of it has to be a store path. */
  readonly paths: readonly ByteString[];
  readonly freedBytes: bigint;
}

const OBSOLETE_WORDS = 3;

const action = choice('garbage collection', [
  'return-live',
  'return-dead',
  'delete-dead',
  'delete-specific',
]);
const storePaths = listOf(storePath);
const byteStrings = listOf(byteString);

export const gcRequest: Codec<GcRequest> = {
  *read(from) {
    const request = {
      action: yield* action.read(from),
      paths: yield* storePaths.read(from),
      ignoreLiveness: yield* bool.read(from),
      maxFreedBytes: yield* uint64.read(from),
    };
    yield* skipWords(from, OBSOLETE_WORDS);
    return request;
  },
  write(to, request) {
    action.write(to, request.action);
    storePaths.write(to, request.paths);
    bool.write(to, request.ignoreLiveness);
    to.word(request.maxFreedBytes);
    for (let count = 0; count < OBSOLETE_WORDS; count++) to.word(0);
  },
};

export const gcReply: Codec<GcReply> = {
  *read(from) {
    const reply = { paths: yield* byteStrings.read(from), freedBytes: yield* uint64.read(from) };
    yield* skipWords(from, 1);
    return reply;
  },
  write(to, reply) {
    byteStrings.write(to, reply.paths);
    to.word(reply.freedBytes);
    to.word(0);
  },
};

function* skipWords(from: Source, count: number): Reading<void> {
  for (let index = 0; index < count; index++) yield* uint64.read(from);
}
