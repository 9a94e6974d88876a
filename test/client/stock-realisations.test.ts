import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectDaemon } from '../../src/client/connect.ts';
import { addTextToStore } from '../../src/protocol/ops/adding.ts';
import { queryRealisation, registerDrvOutput } from '../../src/protocol/ops/realisations.ts';
import { createStockStore, type StockStore } from '../support/stock-nix.ts';

let store: StockStore;
let daemon: AsyncDisposable;
beforeAll(async () => {
  store = createStockStore(['experimental-features = ca-derivations']);
  daemon = await store.startDaemon();
});
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

test.each([27, 30, 31, 34])('the stock daemon keeps realisations, in 1.%i', async minor => {
  using connection = await connectDaemon(store.socketPath, { storeDir: store.storeDir, minor });
  const id = `sha256:${String(minor).repeat(32)}!out`;
  const outPath = await connection.call(addTextToStore, {
    name: 'output',
    contents: `output ${minor}`,
    references: [],
  });
  const realisation = { id, outPath, signatures: [], dependentRealisations: new Map() };

  expect(await connection.call(queryRealisation, id)).toBeUndefined();
  await connection.call(registerDrvOutput, realisation);
  expect(await connection.call(queryRealisation, id)).toEqual({
    outPath,
    realisation: minor >= 31 ? realisation : undefined,
  });
});
