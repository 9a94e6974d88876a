import type { ByteString } from '../formats/byte-string.ts';
import {
  type ContentMethodAndAlgorithm,
  formatContentMethod,
  parseContentMethod,
} from '../formats/content-address.ts';
import { isHashAlgorithm } from '../formats/hash.ts';
import type { PathInfo } from '../formats/path-info.ts';
import type { StorePath } from '../formats/store-path.ts';
import {
  bool,
  byteString,
  type Codec,
  listOf,
  type Reading,
  type Sink,
  type Source,
  storePath,
  word,
} from '../formats/wire.ts';
import { badText, badWord, notInVersion } from './errors.ts';
import { keyedPathInfo } from './path-info.ts';

/**
 * Adding an object of which only the content is known (Nix: src/libstore/daemon.cc, `wopAddToStore`).
 *
 *   since 1.25  request = name method paths repair, framed           reply = keyed path info
 *   before      request = name fixed recursive algorithm, NAR        reply = path
 *
 * The framed body is the file itself for texts and flat files, and else a NAR; the older body always is a NAR, with one
 * file in it for flat ones. `fixed` is 0 for the NAR with SHA-256, and the next two words have no say then.
 */

export interface AddRequest {
  readonly name: ByteString;
  readonly content: ContentMethodAndAlgorithm;
  /** None before 1.25. */
  readonly references: readonly StorePath[];
  /** False before 1.25. */
  readonly repair: boolean;
}

export interface Added {
  readonly path: StorePath;
  /** Undefined before 1.25. */
  readonly info: PathInfo | undefined;
}

/** The first minor with the current layout. */
const METHODS_MINOR = 25;

const references = listOf(storePath);

export const addRequest: Codec<AddRequest> = {
  *read(from) {
    const name = yield* byteString.read(from);
    if (from.dialect.minor < METHODS_MINOR)
      return { name, content: yield* readOldMethod(from), references: [], repair: false };
    return {
      name,
      content: parseContentMethod(yield* byteString.read(from)),
      references: yield* references.read(from),
      repair: yield* bool.read(from),
    };
  },
  write(to, request) {
    to.byteString(request.name);
    if (to.dialect.minor < METHODS_MINOR) return writeOldMethod(to, request.content);
    to.byteString(formatContentMethod(request.content));
    references.write(to, request.references);
    bool.write(to, request.repair);
  },
};

export const added: Codec<Added> = {
  *read(from) {
    if (from.dialect.minor >= METHODS_MINOR) return yield* keyedPathInfo.read(from);
    return { path: yield* storePath.read(from), info: undefined };
  },
  write(to, { path, info }) {
    if (to.dialect.minor < METHODS_MINOR) return storePath.write(to, path);
    if (info === undefined) throw notInVersion('a path without its info', to.dialect.minor);
    keyedPathInfo.write(to, { path, info });
  },
};

export function addBodyForm(minor: number): 'framed' | 'inline-nar' {
  return minor >= METHODS_MINOR ? 'framed' : 'inline-nar';
}

function* readOldMethod(from: Source): Reading<ContentMethodAndAlgorithm> {
  const isFixed = yield* bool.read(from);
  const recursive = yield* word.read(from);
  const algorithm = yield* byteString.read(from);
  if (recursive > 1) throw badWord('ingestion method', recursive);
  if (!isFixed) return { method: 'nar', algorithm: 'sha256' };
  if (!isHashAlgorithm(algorithm)) throw badText('hash algorithm', algorithm);
  return { method: recursive === 1 ? 'nar' : 'flat', algorithm };
}

function writeOldMethod(to: Sink, { method, algorithm }: ContentMethodAndAlgorithm): void {
  if (method === 'text' || method === 'git')
    throw notInVersion(`adding by method "${method}"`, to.dialect.minor);
  const isFixed = method === 'flat' || algorithm !== 'sha256';
  bool.write(to, isFixed);
  bool.write(to, method === 'nar');
  to.byteString(algorithm);
}
