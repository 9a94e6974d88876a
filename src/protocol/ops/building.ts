import type { DerivedPath } from '../../formats/derived-path.ts';
import type { StorePath } from '../../formats/store-path.ts';
import { listOf, record, storePath } from '../../formats/wire.ts';
import { type BasicDerivation, basicDerivation } from '../basic-derivation.ts';
import {
  type BuildResult,
  buildResult,
  type KeyedBuildResult,
  keyedBuildResult,
} from '../build-result.ts';
import { derivedPath } from '../derived-path.ts';
import type { Op } from '../op.ts';
import { ack, choice } from '../words.ts';

/** Making paths valid. */

export type BuildMode = 'normal' | 'repair' | 'check';

export interface BuildRequest {
  readonly wanted: readonly DerivedPath[];
  readonly mode: BuildMode;
}

export interface BuildDerivationRequest {
  readonly drvPath: StorePath;
  readonly derivation: BasicDerivation;
  readonly mode: BuildMode;
}

const mode = choice<BuildMode>('build mode', ['normal', 'repair', 'check']);
const buildRequest = record<BuildRequest>({ wanted: listOf(derivedPath), mode });

export const buildPaths: Op<BuildRequest, undefined> = {
  number: 9,
  name: 'BuildPaths',
  request: buildRequest,
  reply: ack,
};

export const ensurePath: Op<StorePath, undefined> = {
  number: 10,
  name: 'EnsurePath',
  request: storePath,
  reply: ack,
};

export const buildDerivation: Op<BuildDerivationRequest, BuildResult> = {
  number: 36,
  name: 'BuildDerivation',
  request: record<BuildDerivationRequest>({
    drvPath: storePath,
    derivation: basicDerivation,
    mode,
  }),
  reply: buildResult,
};

export const buildPathsWithResults: Op<BuildRequest, readonly KeyedBuildResult[]> = {
  number: 46,
  name: 'BuildPathsWithResults',
  since: 34,
  request: buildRequest,
  reply: listOf(keyedBuildResult),
};
