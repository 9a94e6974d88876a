import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Connection } from '../../src/client/connection.ts';
import { formatHash, hashBytes } from '../../src/formats/hash.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { addToStore, addToStoreNar } from '../../src/protocol/ops/adding.ts';
import {
  buildDerivation,
  buildPaths,
  buildPathsWithResults,
} from '../../src/protocol/ops/building.ts';
import { setOptions, verifyStore } from '../../src/protocol/ops/maintenance.ts';
import {
  queryDerivationOutputMap,
  queryDeriver,
  queryPathInfo,
  queryReferences,
  queryValidPaths,
} from '../../src/protocol/ops/queries.ts';
import {
  addBusybox,
  addDerivation,
  addText,
  addTree,
  chunked,
  connectTo,
  shellDerivation,
} from '../support/raw-client.ts';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { directory, file, narOf } from '../support/trees.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(30_000);

const MINORS = Array.from({ length: 21 }, (_, index) => 18 + index);

let shop: Workshop;
let daemon: TenonDaemon;
let bb: StorePath;

beforeAll(async () => {
  shop = createWorkshop();
  daemon = await startTenon(shop.store);
  bb = await addBusybox(shop, 'daemon');
});

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

const derivation = (name: string, script = 'echo $name > $out') =>
  shellDerivation(shop.store.storeDir, bb, { name, script, env: { name } });

const settings = {
  keepFailed: false,
  keepGoing: true,
  tryFallback: false,
  verbosity: 3,
  maxBuildJobs: 2,
  maxSilentSeconds: 0,
  wantsBuildOutput: true,
  buildCores: 1,
  useSubstitutes: true,
  overrides: new Map(),
};

const refusal = (words: string | RegExp) =>
  expect.objectContaining({
    code: 'client/daemon-refused',
    message: expect.stringMatching(words),
  });

describe.each(MINORS)('a client of protocol 1.%s', minor => {
  let connection: Connection;

  beforeAll(async () => {
    connection = await connectTo(shop.store, minor);
    await connection.call(setOptions, settings);
  });

  afterAll(() => connection[Symbol.dispose]());

  test('builds a derivation of its own', async () => {
    const drv = derivation(`own-${minor}`);
    const drvPath = await addDerivation(connection, drv);
    const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
    const said: string[] = [];
    const onMessage = (message: { kind: string }) => said.push(message.kind);
    await connection.call(buildPaths, { wanted, mode: 'normal' }, { onMessage });
    const out = drv.outputs.get('out')?.path ?? bb;
    expect(await connection.call(queryDeriver, out)).toBe(drvPath);
    expect(await connection.call(queryReferences, drvPath)).toEqual([bb]);
    expect(await connection.call(queryValidPaths, { paths: [out], substitute: false })).toEqual([
      out,
    ]);
    expect(await connection.call(queryPathInfo, out)).toMatchObject({
      deriver: drvPath,
      ultimate: true,
    });
    expect(said).toContain(minor >= 20 ? 'start' : 'next');
    if (minor >= 22)
      expect(await connection.call(queryDerivationOutputMap, drvPath)).toEqual(
        new Map([['out', out]]),
      );
  });

  test('builds a derivation without adding it', async () => {
    const drv = derivation(`basic-${minor}`);
    const { outputs } = drv;
    const drvPath = `${shop.store.storeDir}/${'0'.repeat(32)}-basic-${minor}.drv` as StorePath;
    const request = { drvPath, derivation: drv, mode: 'normal' } as const;
    const result = await connection.call(buildDerivation, request);
    expect(result).toMatchObject({ status: 'built', errorMessage: '' });
    const built = [...result.builtOutputs.values()].map(({ outPath }) => outPath);
    expect(built).toEqual(minor >= 28 ? [outputs.get('out')?.path] : []);
    expect(await connection.call(buildDerivation, request)).toMatchObject({
      status: 'already-valid',
    });
  });

  test('is told of a build that fails, and goes on', async () => {
    const drvPath = await addDerivation(
      connection,
      derivation(`fails-${minor}`, 'echo sorry; exit 3'),
    );
    const wanted = [{ kind: 'built', drvPath, outputs: ['out'] } as const];
    await expect(connection.call(buildPaths, { wanted, mode: 'normal' })).rejects.toEqual(
      refusal(/failed with exit code 3.*> sorry/s),
    );
    if (minor < 34) return;
    const [first] = await connection.call(buildPathsWithResults, { wanted, mode: 'normal' });
    expect(first).toMatchObject({ wanted: wanted[0], result: { status: 'permanent-failure' } });
  });

  test('adds trees, flat files and texts', async () => {
    const name = `of-${minor}`;
    const tree = await addTree(connection, name, directory({ inside: file('x') }));
    const text = await addText(connection, name, 'a text', [tree]);
    const content = { method: 'flat', algorithm: 'sha256' } as const;
    const flat = Buffer.from('flat');
    const body = chunked(minor >= 25 ? flat : narOf(file('flat')));
    const added = await connection.call(
      addToStore,
      { name, content, references: [], repair: false },
      { body },
    );
    const ca = async (path: StorePath) =>
      (await connection.call(queryPathInfo, path))?.contentAddress;
    expect(await ca(tree)).toMatch(/^fixed:r:sha256:/);
    expect(await ca(text)).toMatch(/^text:sha256:/);
    expect(await ca(added.path)).toBe(
      `fixed:${formatHash(hashBytes('sha256', flat), 'nix32', { prefix: true })}`,
    );
    expect(await connection.call(queryReferences, text)).toEqual([tree]);
  });

  test('adds a path with its NAR', async () => {
    const nar = narOf(file(`nar ${minor}`));
    const path = `${shop.store.storeDir}/${String(minor).padStart(32, '1')}-nar` as StorePath;
    const info = {
      deriver: undefined,
      narHash: hashBytes('sha256', nar),
      references: [bb],
      registeredAtUnix: 12_345,
      narSizeBytes: nar.length,
      ultimate: false,
      signatures: ['some-key:c2lnbmF0dXJl'],
      contentAddress: undefined,
    };
    const request = { path, info, repair: false, dontCheckSignatures: true };
    await connection.call(addToStoreNar, request, { body: chunked(nar, 50) });
    expect(await connection.call(queryPathInfo, path)).toEqual(info);
  });

  test('is refused what makes no sense, and goes on', async () => {
    const absent = `${shop.store.storeDir}/${'2'.repeat(32)}-absent` as StorePath;
    await expect(connection.call(queryReferences, absent)).rejects.toEqual(refusal('is not valid'));
    await expect(addText(connection, 'x', 'y', [absent])).rejects.toBeDefined();
    const wanted = [{ kind: 'opaque', path: absent } as const];
    await expect(connection.call(buildPaths, { wanted, mode: 'normal' })).rejects.toEqual(
      refusal('does not exist|is not valid'),
    );
    const request = { checkContents: false, repair: false };
    expect(await connection.call(verifyStore, request)).toBe(false);
  });
});
