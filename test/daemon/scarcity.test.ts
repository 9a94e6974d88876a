import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Connection } from '../../src/client/connection.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { buildPaths } from '../../src/protocol/ops/building.ts';
import { isValidPath } from '../../src/protocol/ops/queries.ts';
import { until } from '../support/processes.ts';
import {
  addBusybox,
  addDerivation,
  addText,
  addTree,
  connectTo,
  shellDerivation,
} from '../support/raw-client.ts';
import { createStockStore, type StockStore } from '../support/stock-nix.ts';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { directory, file } from '../support/trees.ts';
import { isRoot } from '../support/users.ts';
import { createWorkshop } from '../support/workshop.ts';

jest.setTimeout(60_000);

const MIB = 2 ** 20;
const maybe = isRoot ? describe : describe.skip;

maybe('a store on a full disk, which takes root to mount', () => {
  let store: StockStore;
  let daemon: TenonDaemon;
  let connection: Connection;
  let bb: StorePath;

  beforeAll(async () => {
    store = createStockStore();
    const shop = createWorkshop(store);
    // The mount is seen by the daemon alone, which dies with it.
    const mount = `mount -t tmpfs -o size=40m tmpfs ${store.root}/nix && exec "$@"`;
    const wrap = (argv: readonly string[]) =>
      ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', mount, 'sh', ...argv] as const;
    daemon = await startTenon(store, { wrap });
    bb = await addBusybox(shop, 'daemon');
    connection = await connectTo(store);
  });

  afterAll(async () => {
    connection[Symbol.dispose]();
    await daemon[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });

  const big = (letter: string) => file(letter.repeat(60 * MIB));
  const build = async (name: string, script: string) => {
    const drv = shellDerivation(store.storeDir, bb, { name, script });
    const drvPath = await addDerivation(connection, drv);
    const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
    await connection.call(buildPaths, { wanted, mode: 'normal' });
  };
  const isServed = async (name: string) => {
    const path = await addText(connection, name, name);
    return await connection.call(isValidPath, path);
  };

  test('refuses what is too large, gives the space back and goes on', async () => {
    for (const letter of ['a', 'b', 'c']) {
      await expect(addTree(connection, letter, big(letter))).rejects.toThrow(/ENOSPC|No space/i);
      expect(await isServed(`after-${letter}`)).toBe(true);
    }
    const fits = directory({ inside: file('x'.repeat(20 * MIB)) });
    expect(await connection.call(isValidPath, await addTree(connection, 'fits', fits))).toBe(true);
  });

  test('lets a build fail that fills it, and the next one succeed', async () => {
    const fill = 'head -c 60000000 /dev/zero > $out';
    await expect(build('filling', fill)).rejects.toThrow(/failed|ENOSPC/);
    await expect(
      build('filling-2', `echo > $out; head -c 60000000 /dev/zero > /build/x`),
    ).rejects.toThrow(/failed|ENOSPC/);
    // What a build leaves is removed after the answer.
    await until('there is space again', () => isServed('space').catch(() => false));
    await build('small', 'echo > $out');
    expect(await isServed('after-builds')).toBe(true);
  });
});

maybe('a daemon with few descriptors, which takes root to limit', () => {
  test('serves those who are there, and everybody once there is room again', async () => {
    const store = createStockStore();
    const shop = createWorkshop(store);
    const wrap = (argv: readonly string[]) => ['prlimit', '--nofile=120:120', ...argv] as const;
    await using _daemon = await startTenon(store, { wrap });
    const bb = await addBusybox(shop, 'daemon');
    using first = await connectTo(store);
    const crowd = await Promise.allSettled(Array.from({ length: 200 }, () => connectTo(store)));
    expect(crowd.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(20);

    expect(await first.call(isValidPath, bb)).toBe(true);
    const drv = shellDerivation(store.storeDir, bb, { name: 'crowded', script: 'echo > $out' });
    await addDerivation(first, drv).catch(() => undefined); // may fail, must not harm
    for (const outcome of crowd)
      if (outcome.status === 'fulfilled') outcome.value[Symbol.dispose]();

    using late = await connectTo(store);
    const drvPath = await addDerivation(late, drv);
    const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
    await late.call(buildPaths, { wanted, mode: 'normal' });
    await shop[Symbol.asyncDispose]();
  });
});
