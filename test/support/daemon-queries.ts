import { expect, test } from '@jest/globals';
import { hashPart, parseStorePath } from '../../src/formats/store-path.ts';
import * as queries from '../../src/protocol/ops/queries.ts';
import * as substitution from '../../src/protocol/ops/substitution.ts';
import { addText, connectTo } from './daemon-objects.ts';
import type { StockStore } from './stock-nix.ts';

/** Asking what is there. */
export function queryLaws(served: () => StockStore, minor: number): void {
  test('answers queries', async () => {
    using daemon = await connectTo(served(), minor);
    const path = await addText(daemon, 'queried', `queried ${minor}`);
    const missing = parseStorePath(
      served().storeDir,
      `${served().storeDir}/${'0'.repeat(32)}-missing`,
    );
    const wanted = [{ kind: 'opaque', path: missing } as const];

    expect(await daemon.call(queries.isValidPath, missing)).toBe(false);
    expect(await daemon.call(queries.queryPathInfo, missing)).toBeUndefined();
    expect(await daemon.call(queries.queryPathFromHashPart, hashPart(path))).toBe(path);
    expect(await daemon.call(queries.queryPathFromHashPart, '1'.repeat(32))).toBeUndefined();
    const valid = { paths: [path, missing], substitute: false };
    expect(await daemon.call(queries.queryValidPaths, valid)).toEqual([path]);
    expect(await daemon.call(queries.queryAllValidPaths, undefined)).toContain(path);
    expect(await daemon.call(queries.queryReferrers, path)).toEqual([]);
    expect(await daemon.call(queries.queryDeriver, path)).toBeUndefined();
    expect(await daemon.call(queries.queryValidDerivers, path)).toEqual([]);
    expect(await daemon.call(substitution.querySubstitutablePaths, [missing])).toEqual([]);
    expect(await daemon.call(substitution.querySubstitutablePathInfo, missing)).toBeUndefined();
    expect(
      await daemon.call(substitution.querySubstitutablePathInfos, new Map([[missing, '']])),
    ).toEqual(new Map());
    expect(await daemon.call(substitution.queryMissing, wanted)).toEqual({
      willBuild: [],
      willSubstitute: [],
      unknown: [missing],
      downloadSizeBytes: 0,
      narSizeBytes: 0,
    });
  });
}
