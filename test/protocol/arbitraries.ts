import fc from 'fast-check';
import { isDerivationPath } from '../../src/formats/derivation.ts';
import type { DerivedPath } from '../../src/formats/derived-path.ts';
import type { PathInfo } from '../../src/formats/path-info.ts';
import type { Realisation } from '../../src/formats/realisation.ts';
import { parseStorePath, type StorePath } from '../../src/formats/store-path.ts';
import type { BasicDerivation } from '../../src/protocol/basic-derivation.ts';
import { BUILD_STATUSES, type BuildResult } from '../../src/protocol/build-result.ts';
import type { ErrorReport } from '../../src/protocol/error-report.ts';
import type { Field, Message } from '../../src/protocol/messages.ts';
import type { KeyedPathInfo } from '../../src/protocol/path-info.ts';
import type { ClientSettings } from '../../src/protocol/set-options.ts';
import {
  anyByteString,
  anyBytes,
  anyDerivation,
  anyName,
  anyStorePath,
  anyStorePaths,
  hashOf,
} from '../formats/arbitraries.ts';
import { STORE_DIR } from '../formats/feed.ts';

/** Values of the protocol that say the same in version 1.`minor` as they do here. */

const anyText = fc.string({ unit: 'grapheme', maxLength: 30 });
const someText = anyByteString.filter(text => text !== '');
const seconds = fc.integer({ min: -(2 ** 40), max: 2 ** 40 });
const none = fc.constant(undefined);

export const anyOptionalPath = fc.option(anyStorePath, { nil: undefined });

export const anyDrvPath: fc.Arbitrary<StorePath> = anyStorePath.map(path =>
  parseStorePath(STORE_DIR, `${path}.drv`),
);

export const anyPathInfo: fc.Arbitrary<PathInfo> = fc.record({
  deriver: anyOptionalPath,
  narHash: hashOf('sha256').map(({ algorithm, digest }) => ({
    algorithm,
    digest: Buffer.from(digest),
  })),
  references: anyStorePaths,
  registeredAtUnix: seconds,
  narSizeBytes: fc.maxSafeNat(),
  ultimate: fc.boolean(),
  signatures: fc.array(anyByteString, { maxLength: 3 }),
  contentAddress: fc.option(someText, { nil: undefined }),
});

export const anyKeyedPathInfo: fc.Arbitrary<KeyedPathInfo> = fc.record({
  path: anyStorePath,
  info: anyPathInfo,
});

export const anyDrvOutputId = fc
  .tuple(hashOf('sha256'), anyName)
  .map(([{ digest }, output]) => `sha256:${Buffer.from(digest).toString('hex')}!${output}`);

export const anyRealisation: fc.Arbitrary<Realisation> = fc.record({
  id: anyDrvOutputId,
  outPath: anyStorePath,
  signatures: fc.array(fc.string({ unit: 'grapheme-ascii' }), { maxLength: 2 }),
  dependentRealisations: fc
    .array(fc.tuple(anyDrvOutputId, anyStorePath), { maxLength: 2 })
    .map(entries => new Map(entries)),
});

export const derivedPaths = (minor: number): fc.Arbitrary<DerivedPath> =>
  fc.oneof(
    fc.record({
      kind: fc.constant('opaque' as const),
      path: anyStorePath.filter(path => minor >= 30 || !isDerivationPath(path)),
    }),
    fc.record({
      kind: fc.constant('built' as const),
      drvPath: anyDrvPath,
      outputs: fc.oneof(
        fc.constant('all' as const),
        fc.uniqueArray(anyName, { minLength: 1, maxLength: 3 }),
      ),
    }),
  );

export const buildResults = (minor: number): fc.Arbitrary<BuildResult> => {
  const cpu = minor >= 37 ? fc.option(seconds, { nil: undefined }) : none;
  const entries = fc.array(
    anyRealisation.map(value => [value.id, value] as const),
    { maxLength: 2 },
  );
  return fc.record({
    status: fc.constantFrom(...BUILD_STATUSES),
    errorMessage: anyText,
    timesBuilt: minor >= 29 ? fc.nat() : fc.constant(0),
    isNonDeterministic: minor >= 29 ? fc.boolean() : fc.constant(false),
    startedAtUnix: minor >= 29 ? seconds : fc.constant(0),
    stoppedAtUnix: minor >= 29 ? seconds : fc.constant(0),
    cpuUserUs: cpu,
    cpuSystemUs: cpu,
    builtOutputs: minor >= 28 ? entries.map(list => new Map(list)) : fc.constant(new Map()),
  });
};

export const anyBasicDerivation: fc.Arbitrary<BasicDerivation> = anyDerivation.map(
  ({ name: _name, inputDerivations: _inputs, ...rest }) => rest,
);

export const anySettings: fc.Arbitrary<ClientSettings> = fc.record({
  keepFailed: fc.boolean(),
  keepGoing: fc.boolean(),
  tryFallback: fc.boolean(),
  verbosity: fc.nat({ max: 7 }),
  maxBuildJobs: fc.nat(),
  maxSilentSeconds: fc.nat(),
  wantsBuildOutput: fc.boolean(),
  buildCores: fc.nat(),
  useSubstitutes: fc.boolean(),
  overrides: fc
    .array(fc.tuple(anyByteString, anyByteString), { maxLength: 4 })
    .map(entries => new Map(entries)),
});

const errorReports = (minor: number): fc.Arbitrary<ErrorReport> =>
  fc.record({
    level: minor >= 26 ? fc.nat({ max: 7 }) : fc.constant(0),
    message: anyText,
    trace: minor >= 26 ? fc.array(anyText, { maxLength: 3 }) : fc.constant([]),
    status: minor >= 26 ? fc.constant(1) : fc.nat({ max: 255 }),
  });

const anyWord = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map(word => (word <= Number.MAX_SAFE_INTEGER ? Number(word) : word));

const anyFields: fc.Arbitrary<readonly Field[]> = fc.array(fc.oneof(anyWord, anyByteString), {
  maxLength: 4,
});

const kind = <Kind extends string>(value: Kind) => fc.constant(value);

/** What every version can say. */
export const plainMessages = (minor: number): fc.Arbitrary<Message> =>
  fc.oneof(
    fc.record({ kind: kind('next'), text: anyText }),
    fc.record({ kind: kind('read'), maxBytes: fc.nat() }),
    fc.record({ kind: kind('write'), bytes: anyBytes(40).map(bytes => Buffer.from(bytes)) }),
    fc.record({ kind: kind('last') }),
    fc.record({ kind: kind('error'), error: errorReports(minor) }),
  );

/** What exists since 1.20. */
export const anyActivityMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    kind: kind('start'),
    id: anyWord,
    level: fc.nat({ max: 7 }),
    type: fc.nat(),
    text: anyText,
    fields: anyFields,
    parent: anyWord,
  }),
  fc.record({ kind: kind('stop'), id: anyWord }),
  fc.record({ kind: kind('result'), id: anyWord, type: fc.nat(), fields: anyFields }),
);
