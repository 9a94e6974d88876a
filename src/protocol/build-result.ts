import type { ByteString } from '../formats/byte-string.ts';
import type { DerivedPath } from '../formats/derived-path.ts';
import { formatRealisation, parseRealisation, type Realisation } from '../formats/realisation.ts';
import {
  bool,
  byteString,
  type Codec,
  mapOf,
  record,
  since,
  text,
  time,
  word,
} from '../formats/wire.ts';
import { derivedPath } from './derived-path.ts';
import { choice, optional } from './words.ts';

/**
 * How a build ended (Nix: src/libstore/build-result.hh, worker-protocol.cc).
 *
 *   result = status text (times nonDeterministic start stop)1.29 (cpuUser cpuSystem)1.37 outputs1.28
 *   outputs = count (id realisation)*         cpuUser = cpuSystem = 0 | 1 microseconds
 */

/** In the order of their numbers. */
export const BUILD_STATUSES = [
  'built',
  'substituted',
  'already-valid',
  'permanent-failure',
  'input-rejected',
  'output-rejected',
  'transient-failure',
  'cached-failure',
  'timed-out',
  'misc-failure',
  'dependency-failed',
  'log-limit-exceeded',
  'not-deterministic',
  'resolves-to-already-valid',
  'no-substituters',
] as const;

export type BuildStatus = (typeof BUILD_STATUSES)[number];

export interface BuildResult {
  readonly status: BuildStatus;
  /** Empty on success. */
  readonly errorMessage: string;
  readonly timesBuilt: number;
  readonly isNonDeterministic: boolean;
  readonly startedAtUnix: number;
  readonly stoppedAtUnix: number;
  readonly cpuUserUs: number | undefined;
  readonly cpuSystemUs: number | undefined;
  /** By the id of the derivation's output. */
  readonly builtOutputs: ReadonlyMap<ByteString, Realisation>;
}

export interface KeyedBuildResult {
  readonly wanted: DerivedPath;
  readonly result: BuildResult;
}

/** As JSON, since 1.31. */
export const realisation: Codec<Realisation> = {
  *read(from) {
    return parseRealisation(from.dialect.storeDir, yield* byteString.read(from));
  },
  write: (to, value) => to.byteString(formatRealisation(value)),
};

/** Signed, as times are. */
const microseconds = time;

export const buildResult: Codec<BuildResult> = record<BuildResult>({
  status: choice('build status', BUILD_STATUSES),
  errorMessage: text,
  timesBuilt: since(29, word, 0),
  isNonDeterministic: since(29, bool, false),
  startedAtUnix: since(29, time, 0),
  stoppedAtUnix: since(29, time, 0),
  cpuUserUs: since(37, optional(microseconds), undefined),
  cpuSystemUs: since(37, optional(microseconds), undefined),
  builtOutputs: since(28, mapOf(byteString, realisation), new Map()),
});

export const keyedBuildResult: Codec<KeyedBuildResult> = record<KeyedBuildResult>({
  wanted: derivedPath,
  result: buildResult,
});
