import { expect, test } from '@jest/globals';
import { connectDaemon } from '../../src/client/connect.ts';
import type { ShownMessage } from '../../src/client/connection.ts';
import { derivationPath } from '../../src/formats/derivation.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { RESULT, VERBOSITY } from '../../src/protocol/log-types.ts';
import * as building from '../../src/protocol/ops/building.ts';
import * as queries from '../../src/protocol/ops/queries.ts';
import { queryMissing } from '../../src/protocol/ops/substitution.ts';
import type { ClientSettings } from '../../src/protocol/set-options.ts';
import { addDerivation, connectTo } from './daemon-objects.ts';
import { shellDerivation } from './shell-derivation.ts';
import type { StockStore } from './stock-nix.ts';

const SETTINGS: ClientSettings = {
  keepFailed: false,
  keepGoing: true,
  tryFallback: false,
  verbosity: VERBOSITY.info,
  maxBuildJobs: 1,
  maxSilentSeconds: 0,
  wantsBuildOutput: true,
  buildCores: 1,
  useSubstitutes: false,
  overrides: new Map([['timeout', '60']]),
};

/** Building derivations without a sandbox. */
export function buildingLaws(served: () => StockStore, minor: number): void {
  test('builds, and tells about it', async () => {
    using daemon = await connectTo(served(), minor);
    const script = `echo line; echo a > $out; echo b > $doc`;
    const outputs = ['doc', 'out'];
    const drv = shellDerivation(served().storeDir, { name: `built-${minor}`, script, outputs });
    const drvPath = await addDerivation(daemon, served().storeDir, drv);
    const [doc, out] = [...drv.outputs.values()].map(({ path }) => path as StorePath);
    const messages: ShownMessage[] = [];

    const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
    expect((await daemon.call(queryMissing, wanted)).willBuild).toEqual([drvPath]);
    const request = { wanted, mode: 'normal' } as const;
    await daemon.call(building.buildPaths, request, { onMessage: m => messages.push(m) });
    expect(messages).toContainEqual(
      minor >= 20
        ? expect.objectContaining({ kind: 'result', type: RESULT.buildLogLine, fields: ['line'] })
        : expect.objectContaining({ kind: 'next', text: expect.stringContaining(drvPath) }),
    );
    const built = await daemon.call(queries.queryDerivationOutputs, drvPath);
    expect(new Set(built)).toEqual(new Set([doc, out]));
    expect(await daemon.call(queries.queryDerivationOutputNames, drvPath)).toEqual(outputs);
    const info = await daemon.call(queries.queryPathInfo, out as StorePath);
    expect(info).toMatchObject({ deriver: drvPath, ultimate: true });
  });

  test('builds a derivation that is not in the store', async () => {
    using daemon = await connectTo(served(), minor);
    const drv = shellDerivation(served().storeDir, {
      name: `sent-${minor}`,
      script: 'echo > $out',
    });
    const drvPath = derivationPath(served().storeDir, drv);
    const { name: _name, inputDerivations: _inputs, ...derivation } = drv;

    const request = { drvPath, derivation, mode: 'normal' } as const;
    const result = await daemon.call(building.buildDerivation, request);
    expect(result).toMatchObject({ status: 'built', errorMessage: '' });
    expect(result.timesBuilt).toBe(minor >= 29 ? 1 : 0);
    expect(result.startedAtUnix > 0).toBe(minor >= 29);
    expect([...result.builtOutputs.values()].map(({ outPath }) => outPath)).toEqual(
      minor >= 28 ? [drv.outputs.get('out')?.path] : [],
    );
  });

  test('says why a build failed, and goes on', async () => {
    using daemon = await connectTo(served(), minor);
    const drv = shellDerivation(served().storeDir, { name: `fails-${minor}`, script: 'exit 3' });
    const drvPath = await addDerivation(daemon, served().storeDir, drv);
    const wanted = [{ kind: 'built', drvPath, outputs: ['out'] } as const];

    const build = daemon.call(building.buildPaths, { wanted, mode: 'normal' });
    await expect(build).rejects.toMatchObject({
      code: 'client/daemon-refused',
      message: expect.stringContaining('failed with exit code 3'),
    });
    expect(await daemon.call(queries.isValidPath, drvPath)).toBe(true);
  });
}

/** Exit statuses for clients, which went out of use with 1.26. */
export function exitStatusLaws(served: () => StockStore, minor: number): void {
  test('gives a build that failed the status 100', async () => {
    using daemon = await connectTo(served(), minor);
    const drv = shellDerivation(served().storeDir, { name: `status-${minor}`, script: 'exit 3' });
    const drvPath = await addDerivation(daemon, served().storeDir, drv);
    const wanted = [{ kind: 'built', drvPath, outputs: ['out'] } as const];

    const build = daemon.call(building.buildPaths, { wanted, mode: 'normal' });
    await expect(build).rejects.toMatchObject({ cause: { status: 100 } });
  });
}

/** What exists since 1.22. */
export function outputMapLaws(served: () => StockStore, minor: number): void {
  test('tells outputs by name', async () => {
    using daemon = await connectTo(served(), minor);
    const script = 'echo > $out';
    const drv = shellDerivation(served().storeDir, { name: `map-${minor}`, script });
    const drvPath = await addDerivation(daemon, served().storeDir, drv);

    const outputs = await daemon.call(queries.queryDerivationOutputMap, drvPath);
    expect(outputs).toEqual(new Map([['out', drv.outputs.get('out')?.path]]));
  });
}

/** What exists since 1.34. */
export function buildResultLaws(served: () => StockStore, minor: number): void {
  test('tells how each build ended', async () => {
    using daemon = await connectDaemon(served().socketPath, {
      storeDir: served().storeDir,
      settings: SETTINGS,
      minor,
    });
    const good = shellDerivation(served().storeDir, {
      name: `good-${minor}`,
      script: 'echo > $out',
    });
    const bad = shellDerivation(served().storeDir, { name: `bad-${minor}`, script: 'exit 4' });
    const drvPaths = [
      await addDerivation(daemon, served().storeDir, good),
      await addDerivation(daemon, served().storeDir, bad),
    ];
    const wanted = drvPaths.map(drvPath => ({ kind: 'built', drvPath, outputs: 'all' }) as const);

    const request = { wanted, mode: 'normal' } as const;
    const results = await daemon.call(building.buildPathsWithResults, request);
    const statuses = new Map(
      results.map(({ wanted, result }) => [
        wanted.kind === 'built' ? wanted.drvPath : undefined,
        result.status,
      ]),
    );
    expect(statuses).toEqual(
      new Map([
        [drvPaths[0], 'built'],
        [drvPaths[1], 'permanent-failure'],
      ]),
    );
  });
}
