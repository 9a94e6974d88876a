import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Connection } from '../../src/client/connection.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { buildPaths } from '../../src/protocol/ops/building.ts';
import { hello, wire } from '../support/attack.ts';
import { findProcesses, until } from '../support/processes.ts';
import {
  addBusybox,
  addDerivation,
  addTree,
  connectTo,
  shellDerivation,
} from '../support/raw-client.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { directory, file } from '../support/trees.ts';
import { Witness } from '../support/witness.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(60_000);

const MIB = 2 ** 20;
const seed = Number(process.env.TENON_SEED ?? Date.now() % 1_000_000);

let shop: Workshop;
let daemon: TenonDaemon;
let witness: Witness;
let bb: StorePath;

beforeAll(async () => {
  shop = createWorkshop();
  daemon = await startTenon(shop.store, { conf: ['max-jobs = 2', 'compress-build-log = false'] });
  bb = await addBusybox(shop, 'daemon');
  witness = await Witness.arrive(shop.store, daemon);
});

afterAll(async () => {
  witness[Symbol.dispose]();
  await daemon[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

/** The daemon's resident memory. */
function memoryBytes(): number {
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'));
  return Number(rss?.[1] ?? 0) * 1024;
}

/** A client who asks and never reads an answer. */
function askWithoutReading(bytes: Uint8Array): Socket {
  const socket = createConnection(shop.store.socketPath);
  socket.pause();
  socket.on('error', () => undefined); // closed by either side
  socket.write(bytes);
  return socket;
}

/** The slowest of the witness's questions over a while. */
async function slowestAnswerMs(overMs: number): Promise<number> {
  const deadline = Date.now() + overMs;
  let slowest = 0;
  while (Date.now() < deadline) {
    slowest = Math.max(slowest, await witness.ask());
    await sleep(5);
  }
  return slowest;
}

describe('a client that never reads', () => {
  test('does not fill the memory with its answers, nor hold up others', async () => {
    const path = `${shop.store.storeDir}/${'0'.repeat(32)}-x`;
    const question = wire(23); // QueryAllValidPaths
    const before = memoryBytes();
    const requests = Buffer.concat(Array(MIB / question.length).fill(question));
    const sockets = Array.from({ length: 4 }, () =>
      askWithoutReading(wire(hello(), requests, 1, path)),
    );
    expect(await slowestAnswerMs(1_500)).toBeLessThan(500);
    expect(memoryBytes() - before).toBeLessThan(100 * MIB);
    for (const socket of sockets) socket.destroy();
    await witness.expectNoHarm();
  });

  test('of a NAR of 100 MB does the same', async () => {
    using connection = await connectTo(shop.store);
    const big = await addTree(connection, 'big', file('0123456789abcdef'.repeat(100 * 65_536)));
    const before = memoryBytes();
    const sockets = Array.from({ length: 4 }, () => askWithoutReading(wire(hello(), 38, big)));
    expect(await slowestAnswerMs(1_500)).toBeLessThan(500);
    expect(memoryBytes() - before).toBeLessThan(100 * MIB);
    for (const socket of sockets) socket.destroy();
    connection[Symbol.dispose]();
    await witness.expectNoHarm();
  });

  test('of a long log does the same, and its build dies with it', async () => {
    using connection = await connectTo(shop.store);
    const drv = shellDerivation(shop.store.storeDir, bb, {
      name: 'noisy',
      script: 'yes "a line of noise" | head -c 20000000; sleep 100',
    });
    const drvPath = await addDerivation(connection, drv);
    connection[Symbol.dispose]();
    const before = memoryBytes();
    const socket = askWithoutReading(wire(hello(), 9, 1, `${drvPath}!*`, 0));
    await until('the build starts', () => findProcesses('a line of noise').length > 0);
    expect(await slowestAnswerMs(2_000)).toBeLessThan(500);
    expect(memoryBytes() - before).toBeLessThan(150 * MIB);
    socket.destroy();
    await until('the builder is gone', () => findProcesses('a line of noise').length === 0);
    await witness.expectNoHarm();
  });
});

/** A client who uploads and builds until its connection breaks. */
async function workUntilGone(connection: Connection, name: string): Promise<void> {
  const { storeDir } = shop.store;
  const contents = file(name.repeat(20_000));
  const tree = directory(Object.fromEntries(['a', 'b', 'c', 'd'].map(key => [key, contents])));
  const script =
    'mkdir $out; echo "started"; sleep 0.05; head -c 200000 /dev/zero > $out/file; sleep 0.05';
  for (let turn = 0; ; turn++) {
    await addTree(connection, `${name}-${turn}`, tree);
    const drv = shellDerivation(storeDir, bb, { name: `${name}-${turn}`, script });
    const drvPath = await addDerivation(connection, drv);
    const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
    await connection.call(buildPaths, { wanted, mode: 'normal' });
  }
}

describe('clients that die', () => {
  test(`at random moments harm nobody (TENON_SEED=${seed})`, async () => {
    const random = seededRandom(seed);
    const isGone = () => findProcesses(`PATH=${bb}`).length === 0;
    for (let round = 0; round < 8; round++) {
      const clients = await Promise.all(Array.from({ length: 6 }, () => connectTo(shop.store)));
      const working = clients.map((connection, index) =>
        workUntilGone(connection, `r${seed}-${round}-${index}`).catch(() => undefined),
      );
      for (const connection of clients) {
        await sleep(random() * 60);
        connection[Symbol.dispose]();
      }
      await Promise.all(working);
      await until('no builder is left', isGone, 1_500);
    }
    await witness.expectNoHarm();
  });
});
