import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Connection } from '../../src/client/connection.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { buildPaths } from '../../src/protocol/ops/building.ts';
import { isValidPath, queryAllValidPaths, queryPathInfo } from '../../src/protocol/ops/queries.ts';
import {
  addBusybox,
  addDerivation,
  addText,
  addTree,
  connectTo,
  shellDerivation,
} from '../support/raw-client.ts';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { directory, file } from '../support/trees.ts';
import { Witness } from '../support/witness.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(60_000);

const CLIENTS = 200;

let shop: Workshop;
let daemon: TenonDaemon;
let bb: StorePath;

beforeAll(async () => {
  shop = createWorkshop();
  daemon = await startTenon(shop.store, { conf: ['max-jobs = 1'] });
  bb = await addBusybox(shop, 'daemon');
});

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

type Errand = (connection: Connection, number: number) => Promise<void>;

async function build(connection: Connection, name: string): Promise<void> {
  const drv = shellDerivation(shop.store.storeDir, bb, { name, script: `echo ${name} > $out` });
  const drvPath = await addDerivation(connection, drv);
  const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
  await connection.call(buildPaths, { wanted, mode: 'normal' });
  const out = drv.outputs.get('out')?.path ?? '';
  expect(readFileSync(out, 'utf8')).toBe(`${name}\n`);
}

/** What a client may want. */
const ERRANDS: readonly Errand[] = [
  (connection, number) => build(connection, `own-${number}`),
  connection => build(connection, 'shared'),
  async connection => {
    const info = await connection.call(queryPathInfo, bb);
    expect(info?.references).toEqual([]);
    expect(await connection.call(queryAllValidPaths, undefined)).toContain(bb);
  },
  async (connection, number) => {
    const path = await addText(connection, `text-${number}`, `${number}`);
    expect(await connection.call(isValidPath, path)).toBe(true);
  },
  async (connection, number) => {
    const tree = directory({ file: file(`${number}`.repeat(50_000)) });
    const path = await addTree(connection, `tree-${number}`, tree);
    expect(await connection.call(isValidPath, path)).toBe(true);
  },
];

test(`${CLIENTS} clients at once are all served`, async () => {
  using witness = await Witness.arrive(shop.store, daemon);
  const numbers = [...Array(CLIENTS).keys()];
  const connections = await Promise.all(numbers.map(() => connectTo(shop.store)));

  const outcomes = await Promise.allSettled(
    connections.map((connection, number) => ERRANDS[number % ERRANDS.length]?.(connection, number)),
  );

  const failures = outcomes.filter(({ status }) => status === 'rejected');
  expect(failures).toEqual([]);
  for (const connection of connections) connection[Symbol.dispose]();
  await witness.expectNoHarm();
});

test('clients that come and go all the time are all served', async () => {
  using witness = await Witness.arrive(shop.store, daemon);
  const comeAndGo = async (number: number) => {
    for (let turn = 0; turn < 20; turn++) {
      using connection = await connectTo(shop.store);
      await addText(connection, `guest-${number}-${turn}`, 'hello');
    }
  };
  await Promise.all([...Array(50).keys()].map(comeAndGo));
  await witness.expectNoHarm();
});

test('clients that add the same at the same time all get the same path', async () => {
  using witness = await Witness.arrive(shop.store, daemon);
  const tree = directory({ big: file('same'.repeat(200_000)), small: file('same') });
  const add = async () => {
    using connection = await connectTo(shop.store);
    const path = await addTree(connection, 'same-tree', tree);
    return [path, await addText(connection, 'same-text', 'same', [path])];
  };
  const added = await Promise.all(Array.from({ length: 40 }, add));
  expect(new Set(added.map(paths => paths.join())).size).toBe(1);
  await witness.expectNoHarm();
});

test('real clients at once build the same and their own', async () => {
  const text = (number: number) =>
    `run "real-${number % 2 === 0 ? number : 'shared'}" {} "sleep 0.1; echo > $out"`;
  const ended = await Promise.all([...Array(24).keys()].map(number => shop.tryBuild(text(number))));
  expect(ended.filter(({ status }) => status !== 0)).toEqual([]);
  const verified = await shop.run(['nix-store', '--verify', '--check-contents'], 'local');
  expect(verified).toMatchObject({ status: 0, stderr: expect.not.stringContaining('error') });
});
