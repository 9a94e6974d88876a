import type { ByteString } from '../../formats/byte-string.ts';
import type { Hash } from '../../formats/hash.ts';
import type { PathInfo } from '../../formats/path-info.ts';
import type { StorePath } from '../../formats/store-path.ts';
import {
  bool,
  boundedByteString,
  byteString,
  type Codec,
  listOf,
  mapOf,
  none,
  optionalStorePath,
  record,
  since,
  storePath,
} from '../../formats/wire.ts';
import type { Op } from '../op.ts';
import { pathInfo, sha256 } from '../path-info.ts';
import { optional } from '../words.ts';

/** What is in the store, and how it hangs together. */

type Paths = readonly StorePath[];

export interface ValidPathsRequest {
  readonly paths: Paths;
  /** Whether to fetch what is missing first. */
  readonly substitute: boolean;
}

/** Hash parts have 32 characters; a few more are let through so that the daemon can say what is wrong. */
const HASH_PART_MAX_LENGTH = 1024;

const paths: Codec<Paths> = listOf(storePath);

export const isValidPath: Op<StorePath, boolean> = {
  number: 1,
  name: 'IsValidPath',
  request: storePath,
  reply: bool,
};

/** Only clients before Nix 2.4 ask. */
export const queryPathHash: Op<StorePath, Hash> = {
  number: 4,
  name: 'QueryPathHash',
  request: storePath,
  reply: sha256,
};

/** Only clients before Nix 2.4 ask. */
export const queryReferences: Op<StorePath, Paths> = {
  number: 5,
  name: 'QueryReferences',
  request: storePath,
  reply: paths,
};

export const queryReferrers: Op<StorePath, Paths> = {
  number: 6,
  name: 'QueryReferrers',
  request: storePath,
  reply: paths,
};

export const queryDeriver: Op<StorePath, StorePath | undefined> = {
  number: 18,
  name: 'QueryDeriver',
  request: storePath,
  reply: optionalStorePath,
};

export const queryDerivationOutputs: Op<StorePath, Paths> = {
  number: 22,
  name: 'QueryDerivationOutputs',
  request: storePath,
  reply: paths,
};

export const queryAllValidPaths: Op<undefined, Paths> = {
  number: 23,
  name: 'QueryAllValidPaths',
  request: none,
  reply: paths,
};

/** Undefined when the path is not valid. */
export const queryPathInfo: Op<StorePath, PathInfo | undefined> = {
  number: 26,
  name: 'QueryPathInfo',
  request: storePath,
  reply: optional(pathInfo),
};

export const queryDerivationOutputNames: Op<StorePath, readonly ByteString[]> = {
  number: 28,
  name: 'QueryDerivationOutputNames',
  request: storePath,
  reply: listOf(byteString),
};

export const queryPathFromHashPart: Op<ByteString, StorePath | undefined> = {
  number: 29,
  name: 'QueryPathFromHashPart',
  request: boundedByteString(HASH_PART_MAX_LENGTH),
  reply: optionalStorePath,
};

/** Those of the paths that are valid. */
export const queryValidPaths: Op<ValidPathsRequest, Paths> = {
  number: 31,
  name: 'QueryValidPaths',
  request: record<ValidPathsRequest>({ paths, substitute: since(27, bool, false) }),
  reply: paths,
};

export const queryValidDerivers: Op<StorePath, Paths> = {
  number: 33,
  name: 'QueryValidDerivers',
  request: storePath,
  reply: paths,
};

/** By name of the output; undefined for a path that cannot be known before the build. */
export const queryDerivationOutputMap: Op<
  StorePath,
  ReadonlyMap<ByteString, StorePath | undefined>
> = {
  number: 41,
  name: 'QueryDerivationOutputMap',
  since: 22,
  request: storePath,
  reply: mapOf(byteString, optionalStorePath),
};
