import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MINORS } from '../protocol/laws.ts';
import { addingLaws, addingManyLaws } from '../support/daemon-adding.ts';
import { buildingLaws, buildResultLaws, outputMapLaws } from '../support/daemon-building.ts';
import { connectTo } from '../support/daemon-objects.ts';
import { queryLaws } from '../support/daemon-queries.ts';
import { rootLaws, verifyLaws } from '../support/daemon-upkeep.ts';
import { createStockStore, type StockStore } from '../support/stock-nix.ts';
import { startTenon } from '../support/tenon-daemon.ts';

/** What the stock daemon does for a client in any version, ours does as well. */

let store: StockStore;
let daemon: AsyncDisposable;
beforeAll(async () => {
  store = createStockStore();
  daemon = await startTenon(store, { conf: ['sandbox = false'] });
});
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

const served = () => store;
const since = (first: number) => MINORS.filter(minor => minor >= first);

describe.each(MINORS)('our daemon, in 1.%i,', minor => {
  test('greets', async () => {
    using connection = await connectTo(store, minor);
    expect(connection.minor).toBe(minor);
    expect(connection.trusted).toBe(minor >= 35 ? true : undefined);
  });

  addingLaws(served, minor);
  queryLaws(served, minor);
  buildingLaws(served, minor);
  rootLaws(served, minor);
  verifyLaws(served, minor);
});

describe.each(since(22))('our daemon, in 1.%i,', minor => outputMapLaws(served, minor));
describe.each(since(32))('our daemon, in 1.%i,', minor => addingManyLaws(served, minor));
describe.each(since(34))('our daemon, in 1.%i,', minor => buildResultLaws(served, minor));

test('stock Nix finds nothing wrong with the store', async () => {
  const verify = ['nix-store', '--verify', '--check-contents'] as const;
  const { status, stderr } = await store.nix(verify, { env: { NIX_REMOTE: 'local' } });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(stderr).not.toMatch(/error|differs|disappeared/);
});
