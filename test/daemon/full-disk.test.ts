import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { hasCode } from '../../src/base/errors.ts';
import type { Connection } from '../../src/client/connection.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { addSignatures } from '../../src/protocol/ops/adding.ts';
import { buildPaths } from '../../src/protocol/ops/building.ts';
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
import { file } from '../support/trees.ts';
import { isRoot } from '../support/users.ts';
import { createWorkshop } from '../support/workshop.ts';

jest.setTimeout(60_000);

const MEGABYTE = 'x'.repeat(1 << 20);

(isRoot ? test : test.skip)('a daemon that finds its disk full says so, and ends', async () => {
  await using store = createStockStore();
  const fill = `mount -t tmpfs -o size=64k tmpfs ${store.root}/nix; head -c 99999 /dev/zero >${store.root}/nix/filler`;
  const script = `${fill} 2>/dev/null; exec "$@"`;
  const wrap = (argv: readonly string[]) =>
    ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...argv] as const;
  await expect(startTenon(store, { wrap })).rejects.toThrow(
    /Cannot open the store: .*no space left on its file system \(ENOSPC\)/,
  );
});

(isRoot ? describe : describe.skip)('on a full disk, which takes root to mount', () => {
  let store: StockStore;
  let daemon: TenonDaemon;
  let connection: Connection;
  let drvPath: StorePath;
  let bb: StorePath;

  beforeAll(async () => {
    store = createStockStore();
    const shop = createWorkshop(store);
    // The mount is seen by the daemon alone, which dies with it.
    const mount = `mount -t tmpfs -o size=16m tmpfs ${store.root}/nix && exec "$@"`;
    const wrap = (argv: readonly string[]) =>
      ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', mount, 'sh', ...argv] as const;
    daemon = await startTenon(store, { wrap });
    bb = await addBusybox(shop, 'daemon');
    connection = await connectTo(store);
    const script = 'echo > $out';
    drvPath = await addDerivation(
      connection,
      shellDerivation(store.storeDir, bb, { name: 'small', script }),
    );
  });

  afterAll(async () => {
    connection[Symbol.dispose]();
    await daemon[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });

  const filler = () => join(`/proc/${daemon.pid}/root`, store.root, 'nix/filler');
  const fill = () => {
    for (let sizeBytes = 1 << 20; sizeBytes > 0; )
      try {
        appendFileSync(filler(), Buffer.alloc(sizeBytes));
      } catch (error) {
        if (!hasCode(error, 'ENOSPC')) throw error;
        sizeBytes >>= 1;
      }
  };
  const build = async () => {
    const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
    await connection.call(buildPaths, { wanted, mode: 'normal' });
  };

  const requests = [
    { what: "add 'text' to the store", ask: () => addText(connection, 'text', 'x'.repeat(9000)) },
    { what: "add 'tree' to the store", ask: () => addTree(connection, 'tree', file(MEGABYTE)) },
    { what: "build '", ask: build },
    {
      what: "add signatures to '",
      ask: () => connection.call(addSignatures, { path: bb, signatures: [`key:${MEGABYTE}`] }),
    },
  ];

  test.each(requests)(
    'a client is told that the daemon cannot $what…, where, why, and what to do',
    async ({ what, ask }) => {
      fill();
      const told = await ask().then(String, String);
      expect(told).toContain(`Cannot ${what}`);
      expect(told).toMatch(
        /: (write|mkdir|sqlite) .*"[^"]*\/nix\/.*": no space left on its file system \(ENOSPC\)\n/,
      );
      expect(told).toMatch(/\(Free space there: "df -h [^"]*\/nix\/.*nix-collect-garbage/);
    },
  );

  test.each(requests)('once there is space again, the daemon can $what…', async ({ ask }) => {
    rmSync(filler(), { force: true });
    await ask();
  });
});
