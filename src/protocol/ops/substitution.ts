import type { ByteString } from '../../formats/byte-string.ts';
import type { DerivedPath } from '../../formats/derived-path.ts';
import type { StorePath } from '../../formats/store-path.ts';
import {
  bool,
  byteString,
  type Codec,
  listOf,
  mapOf,
  optionalStorePath,
  record,
  storePath,
  word,
} from '../../formats/wire.ts';
import { derivedPath } from '../derived-path.ts';
import type { Op } from '../op.ts';
import { optional } from '../words.ts';

/** What can be had without being built. */

type Paths = readonly StorePath[];

export interface SubstitutablePathInfo {
  readonly deriver: StorePath | undefined;
  readonly references: Paths;
  /** 0 when unknown, as is the next. */
  readonly downloadSizeBytes: number;
  readonly narSizeBytes: number;
}

export interface Missing {
  readonly willBuild: Paths;
  readonly willSubstitute: Paths;
  readonly unknown: Paths;
  readonly downloadSizeBytes: number;
  readonly narSizeBytes: number;
}

/** Path → content address, or an empty string. Paths only before 1.22. */
type SubstitutablePathInfosRequest = ReadonlyMap<StorePath, ByteString>;

const CONTENT_ADDRESSES_MINOR = 22;

const paths: Codec<Paths> = listOf(storePath);
const pathsWithAddresses = mapOf(storePath, byteString);

const substitutablePathInfo = record<SubstitutablePathInfo>({
  deriver: optionalStorePath,
  references: paths,
  downloadSizeBytes: word,
  narSizeBytes: word,
});

const infosRequest: Codec<SubstitutablePathInfosRequest> = {
  *read(from) {
    if (from.dialect.minor >= CONTENT_ADDRESSES_MINOR) return yield* pathsWithAddresses.read(from);
    return new Map((yield* paths.read(from)).map(path => [path, '']));
  },
  write(to, request) {
    if (to.dialect.minor >= CONTENT_ADDRESSES_MINOR) pathsWithAddresses.write(to, request);
    else paths.write(to, [...request.keys()]);
  },
};

/** Only clients before Nix 2.4 ask. */
export const hasSubstitutes: Op<StorePath, boolean> = {
  number: 3,
  name: 'HasSubstitutes',
  request: storePath,
  reply: bool,
};

export const querySubstitutablePathInfo: Op<StorePath, SubstitutablePathInfo | undefined> = {
  number: 21,
  name: 'QuerySubstitutablePathInfo',
  request: storePath,
  reply: optional(substitutablePathInfo),
};

export const querySubstitutablePathInfos: Op<
  SubstitutablePathInfosRequest,
  ReadonlyMap<StorePath, SubstitutablePathInfo>
> = {
  number: 30,
  name: 'QuerySubstitutablePathInfos',
  request: infosRequest,
  reply: mapOf(storePath, substitutablePathInfo),
};

export const querySubstitutablePaths: Op<Paths, Paths> = {
  number: 32,
  name: 'QuerySubstitutablePaths',
  request: paths,
  reply: paths,
};

export const queryMissing: Op<readonly DerivedPath[], Missing> = {
  number: 40,
  name: 'QueryMissing',
  request: listOf(derivedPath),
  reply: record<Missing>({
    willBuild: paths,
    willSubstitute: paths,
    unknown: paths,
    downloadSizeBytes: word,
    narSizeBytes: word,
  }),
};
