import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addPermRoot } from '../../src/protocol/ops/roots.ts';
import { addingLaws, addingManyLaws } from '../support/daemon-adding.ts';
import {
  buildingLaws,
  buildResultLaws,
  exitStatusLaws,
  outputMapLaws,
} from '../support/daemon-building.ts';
import { addText, connectTo } from '../support/daemon-objects.ts';
import { queryLaws } from '../support/daemon-queries.ts';
import { exportLaws, rootLaws, spaceLaws, verifyLaws } from '../support/daemon-upkeep.ts';
import { createStockStore, type StockStore } from '../support/stock-nix.ts';

/** Nix 2.8 speaks 1.34. */
const STOCK_MINOR = 34;
const MINORS = Array.from({ length: STOCK_MINOR - 18 + 1 }, (_, index) => index + 18);

let store: StockStore;
let daemon: AsyncDisposable;
beforeAll(async () => {
  store = createStockStore();
  daemon = await store.startDaemon();
});
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

const served = () => store;
const since = (first: number) => MINORS.filter(minor => minor >= first);

describe.each(MINORS)('the stock daemon, in 1.%i,', minor => {
  test('greets', async () => {
    using connection = await connectTo(store, minor);
    expect(connection).toMatchObject({
      minor,
      daemonVersion: minor >= 33 ? '2.8.0' : undefined,
      trusted: undefined,
    });
  });

  addingLaws(served, minor);
  queryLaws(served, minor);
  buildingLaws(served, minor);
  rootLaws(served, minor);
  verifyLaws(served, minor);
  spaceLaws(served, minor);
  exportLaws(served, minor);
});

describe.each(MINORS.filter(minor => minor < 26))('the stock daemon, in 1.%i,', minor =>
  exitStatusLaws(served, minor),
);
describe.each(since(22))('the stock daemon, in 1.%i,', minor => outputMapLaws(served, minor));
describe.each(since(32))('the stock daemon, in 1.%i,', minor => addingManyLaws(served, minor));
describe.each(since(34))('the stock daemon, in 1.%i,', minor => buildResultLaws(served, minor));

test('the client takes the version of the daemon, and asks for nothing newer', async () => {
  using connection = await connectTo(store, 38);
  const path = await addText(connection, 'rooted', 'rooted');

  expect(connection.minor).toBe(STOCK_MINOR);
  const call = connection.call(addPermRoot, { path, link: '/nowhere' });
  await expect(call).rejects.toMatchObject({ code: 'client/not-supported' });
});
