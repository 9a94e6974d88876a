import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Connection } from '../../src/client/connection.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { buildPaths } from '../../src/protocol/ops/building.ts';
import { isValidPath } from '../../src/protocol/ops/queries.ts';
import { addTempRoot } from '../../src/protocol/ops/roots.ts';
import { until } from '../support/processes.ts';
import {
  addBusybox,
  addDerivation,
  addText,
  addTree,
  connectTo,
  shellDerivation,
} from '../support/raw-client.ts';
import { createStockStore } from '../support/stock-nix.ts';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { directory, file } from '../support/trees.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(30_000);

/** A stock collector works on the store's files while tenon's daemon serves clients. */

let shop: Workshop;
let daemon: TenonDaemon;

beforeAll(async () => {
  shop = createWorkshop(createStockStore());
  daemon = await startTenon(shop.store, { conf: ['max-jobs = 2'] });
});

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

const collect = () => shop.ask(['nix-store', '--gc'], 'local');

/** Nix 2.8 throws past a running thread when a process vanishes while its collector looks at it in /proc. */
const CRASHED = /^terminate called without an active exception/m;

/** As `collect`, on a machine where processes come and go. A collector that crashes has deleted nothing yet. */
async function collectAmongOthers(): Promise<void> {
  const { status, stderr } = await shop.run(['nix-store', '--gc'], 'local');
  if (status !== 0 && !CRASHED.test(stderr)) throw new Error(`nix-store --gc: ${stderr}`);
}

async function verify(): Promise<void> {
  const verified = await shop.run(['nix-store', '--verify', '--check-contents'], 'local');
  expect(verified).toMatchObject({
    status: 0,
    stderr: expect.not.stringMatching(/error|disappeared/),
  });
}

async function isAlive(connection: Connection, path: StorePath): Promise<boolean> {
  return existsSync(path) && (await connection.call(isValidPath, path));
}

describe('a path', () => {
  test('that a client has added lives as long as the client', async () => {
    using other = await connectTo(shop.store);
    using connection = await connectTo(shop.store);
    const text = await addText(connection, 'text', 'held by who added it');
    const tree = await addTree(connection, 'tree', directory({ inside: file('x') }));
    await collect();
    expect(await isAlive(other, text)).toBe(true);
    expect(await isAlive(other, tree)).toBe(true);
    connection[Symbol.dispose]();
    await until(
      'the roots are gone',
      () => readdirSync(join(shop.store.stateDir, 'temproots')).length === 0,
    );
    await collect();
    expect(await isAlive(other, text)).toBe(false);
    expect(await isAlive(other, tree)).toBe(false);
  });

  test('that a client names as a temporary root lives as long as the client', async () => {
    using connection = await connectTo(shop.store);
    const path = await addBusybox(shop, 'local');
    await connection.call(addTempRoot, path);
    await collect();
    expect(await isAlive(connection, path)).toBe(true);
  });
});

test('a build that runs keeps its derivation, its inputs, its locks and what it has made so far', async () => {
  using connection = await connectTo(shop.store);
  const bb = await addBusybox(shop, 'daemon');
  const script =
    'mkdir $out; echo half > $out/half; echo working; sleep 2; cat $out/half > $out/whole';
  const drv = shellDerivation(shop.store.storeDir, bb, { name: 'slow', script });
  const drvPath = await addDerivation(connection, drv);
  const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
  const started = Promise.withResolvers<void>();
  const onMessage = (message: { kind: string }) => {
    if (message.kind === 'result') started.resolve();
  };
  const building = connection.call(buildPaths, { wanted, mode: 'normal' }, { onMessage });
  await started.promise;
  await collect();
  await building;
  const out = drv.outputs.get('out')?.path ?? drvPath;
  expect(readFileSync(join(out, 'whole'), 'utf8')).toBe('half\n');
  expect(await isAlive(connection, drvPath)).toBe(true);
  await verify();
});

describe('while a collector decides', () => {
  /** A collector that has found all roots, and waits to be told to go on. */
  async function startCollector() {
    const fifo = join(shop.store.root, 'go-on');
    if (!existsSync(fifo)) execFileSync('mkfifo', [fifo]);
    const env = { ...shop.store.env, NIX_REMOTE: 'local', _NIX_TEST_GC_SYNC: fifo };
    const child = spawn('nix-store', ['--gc'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', chunk => {
      said += chunk;
    });
    const ended = once(child, 'close').then(([status]) => status);
    const socket = join(shop.store.stateDir, 'gc-socket/socket');
    await until('the collector listens', () => existsSync(socket) && said.includes('finding'));
    return { goOn: () => writeFileSync(fifo, ''), ended };
  }

  test('what a client adds survives, be it new or garbage until now', async () => {
    const garbage = await shop.ask(['nix-store', '--add', 'run.nix'], 'local');
    const collector = await startCollector();
    using connection = await connectTo(shop.store);
    await connection.call(addTempRoot, garbage as StorePath);
    const text = await addText(connection, 'during', 'added during a collection');
    const tree = await addTree(connection, 'during', directory({ inside: file('x') }));
    collector.goOn();
    expect(await collector.ended).toBe(0);
    for (const path of [garbage as StorePath, text, tree])
      expect(await isAlive(connection, path)).toBe(true);
    await verify();
  });

  test('what a client builds survives', async () => {
    const bb = await addBusybox(shop, 'local');
    const collector = await startCollector();
    using connection = await connectTo(shop.store);
    await connection.call(addTempRoot, bb);
    const drv = shellDerivation(shop.store.storeDir, bb, {
      name: 'during',
      script: 'echo hi > $out',
    });
    const drvPath = await addDerivation(connection, drv);
    const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
    await connection.call(buildPaths, { wanted, mode: 'normal' });
    collector.goOn();
    expect(await collector.ended).toBe(0);
    expect(await isAlive(connection, drv.outputs.get('out')?.path ?? bb)).toBe(true);
    await verify();
  });
});

test('collections and clients at the same time harm neither', async () => {
  const bb = await addBusybox(shop, 'daemon');
  await shop.ask(
    ['nix-store', '--add-root', join(shop.store.root, 'bb-root'), '--realise', bb],
    'local',
  );
  let done = false;
  const collecting = (async () => {
    while (!done) await collectAmongOthers();
  })();
  const work = async (name: string) => {
    using connection = await connectTo(shop.store);
    for (let turn = 0; turn < 15; turn++) {
      const tag = `${name}-${turn}`;
      const drv = shellDerivation(shop.store.storeDir, bb, {
        name: tag,
        script: `echo ${tag} > $out`,
      });
      const drvPath = await addDerivation(connection, drv);
      await addTree(connection, tag, directory({ inside: file(tag) }));
      const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
      await connection.call(buildPaths, { wanted, mode: 'normal' });
      expect(readFileSync(drv.outputs.get('out')?.path ?? '', 'utf8')).toBe(`${tag}\n`);
    }
  };
  await Promise.all(['one', 'two', 'three'].map(work)).finally(() => {
    done = true;
  });
  await collecting;
  await verify();
});
