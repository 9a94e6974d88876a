import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Realisation } from '../../src/formats/realisation.ts';
import { decode } from '../../src/formats/wire.ts';
import type { AddRequest } from '../../src/protocol/add-to-store.ts';
import type { Op } from '../../src/protocol/op.ts';
import * as adding from '../../src/protocol/ops/adding.ts';
import * as building from '../../src/protocol/ops/building.ts';
import * as maintenance from '../../src/protocol/ops/maintenance.ts';
import * as queries from '../../src/protocol/ops/queries.ts';
import * as realisations from '../../src/protocol/ops/realisations.ts';
import * as roots from '../../src/protocol/ops/roots.ts';
import * as substitution from '../../src/protocol/ops/substitution.ts';
import {
  anyByteString,
  anyName,
  anyStorePath,
  anyStorePaths,
  hashOf,
} from '../formats/arbitraries.ts';
import { STORE_DIR } from '../formats/feed.ts';
import {
  anyBasicDerivation,
  anyDrvOutputId,
  anyDrvPath,
  anyKeyedPathInfo,
  anyOptionalPath,
  anyPathInfo,
  anyRealisation,
  anySettings,
  buildResults,
  derivedPaths,
} from './arbitraries.ts';
import { assertRoundTrips, wire } from './laws.ts';

type Values<T> = fc.Arbitrary<T> | ((minor: number) => fc.Arbitrary<T>);

/** An op with what may be asked and replied, the types tied together. */
function law<Request, Reply>(
  op: Op<Request, Reply>,
  requests: Values<Request>,
  replies: Values<Reply>,
) {
  const at = <T>(values: Values<T>) => (typeof values === 'function' ? values : () => values);
  return {
    name: op.name,
    number: op.number,
    roundTrip: () => {
      assertRoundTrips(op.request, at(requests));
      assertRoundTrips(op.reply, at(replies));
    },
  };
}

const nothing = fc.constant(undefined);
const sizes = { downloadSizeBytes: fc.maxSafeNat(), narSizeBytes: fc.maxSafeNat() };
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const mode = fc.constantFrom('normal' as const, 'repair' as const, 'check' as const);

const anySubstitutable = fc.record({
  deriver: anyOptionalPath,
  references: anyStorePaths,
  ...sizes,
});

const addRequests = (minor: number): fc.Arbitrary<AddRequest> =>
  fc.record({
    name: anyName,
    content: fc.oneof(
      fc.record({
        method: fc.constantFrom('flat' as const, 'nar' as const),
        algorithm: fc.constantFrom(
          'md5' as const,
          'sha1' as const,
          'sha256' as const,
          'sha512' as const,
        ),
      }),
      fc.constant(
        minor >= 25
          ? ({ method: 'text', algorithm: 'sha256' } as const)
          : ({ method: 'nar', algorithm: 'sha256' } as const),
      ),
    ),
    references: minor >= 25 ? anyStorePaths : fc.constant([]),
    repair: minor >= 25 ? fc.boolean() : fc.constant(false),
  });

const registerRequests = (minor: number): fc.Arbitrary<Realisation> =>
  minor >= 31
    ? anyRealisation
    : anyRealisation.map(known => ({ ...known, signatures: [], dependentRealisations: new Map() }));

const knownOutputs = (minor: number): fc.Arbitrary<realisations.KnownOutput | undefined> =>
  fc.option(
    anyRealisation.map(known => ({
      outPath: known.outPath,
      realisation: minor >= 31 ? known : undefined,
    })),
    { nil: undefined },
  );

const buildRequests = (minor: number): fc.Arbitrary<building.BuildRequest> =>
  fc.record({ wanted: fc.array(derivedPaths(minor), { maxLength: 4 }), mode });

const mapOf = <Key, Value>(keys: fc.Arbitrary<Key>, values: fc.Arbitrary<Value>) =>
  fc.array(fc.tuple(keys, values), { maxLength: 3 }).map(entries => new Map(entries));

const laws = [
  law(queries.isValidPath, anyStorePath, fc.boolean()),
  law(substitution.hasSubstitutes, anyStorePath, fc.boolean()),
  law(
    queries.queryPathHash,
    anyStorePath,
    hashOf('sha256').map(hash => ({ ...hash, digest: Buffer.from(hash.digest) })),
  ),
  law(queries.queryReferences, anyStorePath, anyStorePaths),
  law(queries.queryReferrers, anyStorePath, anyStorePaths),
  law(adding.addToStore, addRequests, minor =>
    minor >= 25 ? anyKeyedPathInfo : fc.record({ path: anyStorePath, info: nothing }),
  ),
  law(
    adding.addTextToStore,
    fc.record({ name: anyName, contents: anyByteString, references: anyStorePaths }),
    anyStorePath,
  ),
  law(building.buildPaths, buildRequests, nothing),
  law(building.ensurePath, anyStorePath, nothing),
  law(roots.addTempRoot, anyStorePath, nothing),
  law(roots.addIndirectRoot, anyByteString, nothing),
  law(roots.syncWithGc, nothing, nothing),
  law(
    roots.findRoots,
    nothing,
    fc.array(fc.record({ link: anyByteString, target: anyStorePath }), { maxLength: 3 }),
  ),
  law(adding.exportPath, anyStorePath, nothing),
  law(queries.queryDeriver, anyStorePath, anyOptionalPath),
  law(maintenance.setOptions, anySettings, nothing),
  law(
    maintenance.collectGarbage,
    fc.record({
      action: fc.constantFrom('return-live', 'return-dead', 'delete-dead', 'delete-specific'),
      paths: anyStorePaths,
      ignoreLiveness: fc.boolean(),
      maxFreedBytes: uint64,
    }),
    fc.record({ paths: fc.array(anyByteString, { maxLength: 3 }), freedBytes: uint64 }),
  ),
  law(
    substitution.querySubstitutablePathInfo,
    anyStorePath,
    fc.option(anySubstitutable, { nil: undefined }),
  ),
  law(queries.queryDerivationOutputs, anyDrvPath, anyStorePaths),
  law(queries.queryAllValidPaths, nothing, anyStorePaths),
  law(queries.queryPathInfo, anyStorePath, fc.option(anyPathInfo, { nil: undefined })),
  law(adding.importPaths, nothing, anyStorePaths),
  law(queries.queryDerivationOutputNames, anyDrvPath, fc.array(anyByteString, { maxLength: 3 })),
  law(queries.queryPathFromHashPart, anyByteString, anyOptionalPath),
  law(
    substitution.querySubstitutablePathInfos,
    minor => mapOf(anyStorePath, minor >= 22 ? anyByteString : fc.constant('')),
    mapOf(anyStorePath, anySubstitutable),
  ),
  law(
    queries.queryValidPaths,
    minor =>
      fc.record({
        paths: anyStorePaths,
        substitute: minor >= 27 ? fc.boolean() : fc.constant(false),
      }),
    anyStorePaths,
  ),
  law(substitution.querySubstitutablePaths, anyStorePaths, anyStorePaths),
  law(queries.queryValidDerivers, anyStorePath, anyStorePaths),
  law(maintenance.optimiseStore, nothing, nothing),
  law(
    maintenance.verifyStore,
    fc.record({ checkContents: fc.boolean(), repair: fc.boolean() }),
    fc.boolean(),
  ),
  law(
    building.buildDerivation,
    fc.record({ drvPath: anyDrvPath, derivation: anyBasicDerivation, mode }),
    buildResults,
  ),
  law(
    adding.addSignatures,
    fc.record({ path: anyStorePath, signatures: fc.array(anyByteString, { maxLength: 3 }) }),
    nothing,
  ),
  law(adding.narFromPath, anyStorePath, nothing),
  law(
    adding.addToStoreNar,
    anyKeyedPathInfo.chain(keyed =>
      fc.record({
        path: fc.constant(keyed.path),
        info: fc.constant(keyed.info),
        repair: fc.boolean(),
        dontCheckSignatures: fc.boolean(),
      }),
    ),
    nothing,
  ),
  law(
    substitution.queryMissing,
    minor => fc.array(derivedPaths(minor), { maxLength: 4 }),
    fc.record({
      willBuild: anyStorePaths,
      willSubstitute: anyStorePaths,
      unknown: anyStorePaths,
      ...sizes,
    }),
  ),
  law(queries.queryDerivationOutputMap, anyDrvPath, mapOf(anyName, anyOptionalPath)),
  law(realisations.registerDrvOutput, registerRequests, nothing),
  law(realisations.queryRealisation, anyDrvOutputId, knownOutputs),
  law(
    adding.addMultipleToStore,
    fc.record({ repair: fc.boolean(), dontCheckSignatures: fc.boolean() }),
    nothing,
  ),
  law(adding.addBuildLog, anyByteString, nothing),
  law(building.buildPathsWithResults, buildRequests, minor =>
    fc.array(fc.record({ wanted: derivedPaths(minor), result: buildResults(minor) }), {
      maxLength: 2,
    }),
  ),
  law(roots.addPermRoot, fc.record({ path: anyStorePath, link: anyByteString }), anyByteString),
];

const PATH = `${STORE_DIR}/ha42hgz88l4lab3af6k2fgbhxbcgxm2n-note.txt`;

describe('ops', () => {
  test.each(laws)('$name reads in every version what it wrote', ({ roundTrip }) => {
    roundTrip();
  });

  test('have numbers of their own', () => {
    const numbers = laws.map(({ number }) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
    const modules = [adding, building, maintenance, queries, realisations, roots, substitution];
    expect(modules.flatMap(module => Object.values(module))).toHaveLength(numbers.length);
  });

  test.each([
    { op: queries.isValidPath, request: wire('/etc/passwd'), flaw: 'a path elsewhere' },
    { op: queries.isValidPath, request: wire(`${PATH}/x`), flaw: 'a path inside an object' },
    { op: queries.isValidPath, request: wire(2n ** 63n), flaw: 'an absurd length' },
    { op: queries.queryValidPaths, request: wire(2 ** 40, PATH), flaw: 'fewer paths than counted' },
    {
      op: queries.queryPathFromHashPart,
      request: wire('h'.repeat(2000)),
      flaw: 'a long hash part',
    },
    { op: building.buildPaths, request: wire(1, PATH, 3), flaw: 'an unknown mode' },
    { op: building.buildPaths, request: wire(1, `${PATH}!out`, 0), flaw: 'outputs of a file' },
    {
      op: maintenance.collectGarbage,
      request: wire(4, 0, 0, 0, 0, 0, 0),
      flaw: 'an unknown action',
    },
    {
      op: adding.addToStore,
      request: wire('x', 'fixed:rot13', 0, 0),
      flaw: 'an unknown algorithm',
    },
    { op: adding.addToStore, request: wire('x', 'fixed:sha256', 0), flaw: 'a missing word' },
    { op: realisations.registerDrvOutput, request: wire('{}'), flaw: 'no realisation' },
  ])('$op.name refuses $flaw', ({ op, request }) => {
    expect(() => decode<unknown>(op.request, request, { storeDir: STORE_DIR, minor: 38 })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(formats|protocol)\//) }),
    );
  });

  test.each([
    { request: wire('x', 1, 2, 'sha256'), flaw: 'an unknown ingestion method' },
    { request: wire('x', 1, 1, 'rot13'), flaw: 'an unknown algorithm' },
  ])('AddToStore before 1.25 refuses $flaw', ({ request }) => {
    expect(() =>
      decode(adding.addToStore.request, request, { storeDir: STORE_DIR, minor: 24 }),
    ).toThrow(expect.objectContaining({ code: expect.stringMatching(/^protocol\/bad-/) }));
  });

  test('AddToStore before 1.25 takes an object that is not fixed for a NAR with SHA-256', () => {
    const request = wire('x', 0, 0, 'ignored');
    const { content } = decode(adding.addToStore.request, request, {
      storeDir: STORE_DIR,
      minor: 24,
    });
    expect(content).toEqual({ method: 'nar', algorithm: 'sha256' });
  });

  test.each([
    { minor: 18, add: 'inline-nar', addNar: 'inline-nar' },
    { minor: 20, add: 'inline-nar', addNar: 'inline-nar' },
    { minor: 21, add: 'inline-nar', addNar: 'pulled' },
    { minor: 22, add: 'inline-nar', addNar: 'pulled' },
    { minor: 23, add: 'inline-nar', addNar: 'framed' },
    { minor: 24, add: 'inline-nar', addNar: 'framed' },
    { minor: 25, add: 'framed', addNar: 'framed' },
    { minor: 38, add: 'framed', addNar: 'framed' },
  ])('send bodies in 1.$minor as $add and $addNar', ({ minor, add, addNar }) => {
    expect(adding.addToStore.body?.(minor)).toBe(add);
    expect(adding.addToStoreNar.body?.(minor)).toBe(addNar);
  });
});
