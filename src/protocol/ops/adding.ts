import type { ByteString } from '../../formats/byte-string.ts';
import type { PathInfo } from '../../formats/path-info.ts';
import type { StorePath } from '../../formats/store-path.ts';
import {
  bool,
  byteString,
  type Codec,
  listOf,
  none,
  record,
  storePath,
  word,
} from '../../formats/wire.ts';
import { type Added, type AddRequest, addBodyForm, added, addRequest } from '../add-to-store.ts';
import type { BodyForm, Op } from '../op.ts';
import { keyedPathInfo } from '../path-info.ts';
import { ack } from '../words.ts';

/** Objects on their way into the store and out of it. */

export interface AddTextRequest {
  readonly name: ByteString;
  readonly contents: ByteString;
  readonly references: readonly StorePath[];
}

export interface AddNarRequest {
  readonly path: StorePath;
  readonly info: PathInfo;
  readonly repair: boolean;
  /** Only trusted clients are listened to. */
  readonly dontCheckSignatures: boolean;
}

export interface AddMultipleRequest {
  readonly repair: boolean;
  readonly dontCheckSignatures: boolean;
}

export interface AddSignaturesRequest {
  readonly path: StorePath;
  readonly signatures: readonly ByteString[];
}

const FRAMED_NAR_MINOR = 23;
const PULLED_NAR_MINOR = 21;

const framed = (): BodyForm => 'framed';

const addNarRequest: Codec<AddNarRequest> = {
  *read(from) {
    const { path, info } = yield* keyedPathInfo.read(from);
    const repair = yield* bool.read(from);
    return { path, info, repair, dontCheckSignatures: yield* bool.read(from) };
  },
  write(to, request) {
    keyedPathInfo.write(to, request);
    bool.write(to, request.repair);
    bool.write(to, request.dontCheckSignatures);
  },
};

/** The word behind it told whether to sign. */
const exportRequest: Codec<StorePath> = {
  *read(from) {
    const path = yield* storePath.read(from);
    yield* word.read(from);
    return path;
  },
  write(to, path) {
    storePath.write(to, path);
    to.word(0);
  },
};

export const addToStore: Op<AddRequest, Added> = {
  number: 7,
  name: 'AddToStore',
  request: addRequest,
  body: addBodyForm,
  reply: added,
};

/** What clients before Nix 2.4 have instead of adding by the method "text". */
export const addTextToStore: Op<AddTextRequest, StorePath> = {
  number: 8,
  name: 'AddTextToStore',
  request: record<AddTextRequest>({
    name: byteString,
    contents: byteString,
    references: listOf(storePath),
  }),
  reply: storePath,
};

/** The object and its metadata come as `write` messages before the reply. */
export const exportPath: Op<StorePath, undefined> = {
  number: 16,
  name: 'ExportPath',
  request: exportRequest,
  reply: ack,
};

/** Replies what was imported. */
export const importPaths: Op<undefined, readonly StorePath[]> = {
  number: 27,
  name: 'ImportPaths',
  request: none,
  body: () => 'pulled',
  reply: listOf(storePath),
};

export const addSignatures: Op<AddSignaturesRequest, undefined> = {
  number: 37,
  name: 'AddSignatures',
  request: record<AddSignaturesRequest>({ path: storePath, signatures: listOf(byteString) }),
  reply: ack,
};

/** The reply is a bare NAR. */
export const narFromPath: Op<StorePath, undefined> = {
  number: 38,
  name: 'NarFromPath',
  request: storePath,
  reply: none,
};

export const addToStoreNar: Op<AddNarRequest, undefined> = {
  number: 39,
  name: 'AddToStoreNar',
  request: addNarRequest,
  body: narBodyForm,
  reply: none,
};

/** The body is a count and, for each object, `keyedPathInfo` and the NAR. */
export const addMultipleToStore: Op<AddMultipleRequest, undefined> = {
  number: 44,
  name: 'AddMultipleToStore',
  since: 32,
  request: record<AddMultipleRequest>({ repair: bool, dontCheckSignatures: bool }),
  body: framed,
  reply: none,
};

/** Takes the base name of the derivation's path; the body is the log. */
export const addBuildLog: Op<ByteString, undefined> = {
  number: 45,
  name: 'AddBuildLog',
  since: 32,
  request: byteString,
  body: framed,
  reply: ack,
};

function narBodyForm(minor: number): BodyForm {
  if (minor >= FRAMED_NAR_MINOR) return 'framed';
  return minor >= PULLED_NAR_MINOR ? 'pulled' : 'inline-nar';
}
