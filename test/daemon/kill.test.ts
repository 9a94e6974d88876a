import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import type { Connection } from '../../src/client/connection.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { buildPaths } from '../../src/protocol/ops/building.ts';
import { findProcesses, until } from '../support/processes.ts';
import {
  addBusybox,
  addDerivation,
  addText,
  addTree,
  connectTo,
  shellDerivation,
} from '../support/raw-client.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { startTenon } from '../support/tenon-daemon.ts';
import { directory, file, type Tree } from '../support/trees.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

const ROUNDS = 50;
const VERIFY_EVERY = 10;
const LONGEST_ROUND_MS = 500;
const CONF = ['max-jobs = 4'];

jest.setTimeout(240_000);

const seed = Number(process.env.TENON_SEED ?? Date.now() % 1_000_000);

test(`a daemon that is killed ${ROUNDS} times harms nothing (TENON_SEED=${seed})`, async () => {
  const random = seededRandom(seed);
  await using shop = createWorkshop();
  const bb = await addBusybox(shop, 'local');
  const told = new Set<string>();
  for (let round = 1; round <= ROUNDS; round++) {
    await using daemon = await startTenon(shop.store, { conf: CONF });
    expect(leftovers(shop)).toEqual([]);
    const clients = work(shop, { bb, random, told });
    await sleep(random() * LONGEST_ROUND_MS);
    await daemon.kill();
    await until('no builder runs', () => findProcesses(shop.store.storeDir).length === 0);
    await Promise.all(clients);
    if (round % VERIFY_EVERY === 0) await verify(shop, told);
  }
  expect(told.size).toBeGreaterThan(ROUNDS);
});

interface Work {
  readonly bb: StorePath;
  readonly random: () => number;
  /** What a client was told to be valid. */
  readonly told: Set<string>;
}

/** Clients who build and upload until their daemon is gone. */
function work(shop: Workshop, { bb, random, told }: Work): readonly Promise<void>[] {
  const untilGone = async (step: (connection: Connection, name: string) => Promise<void>) => {
    const id = Math.floor(random() * 1e9);
    try {
      using connection = await connectTo(shop.store);
      for (let turn = 0; ; turn++) await step(connection, `n${id}-${turn}`);
    } catch {
      // The daemon was killed, which is what this is about.
    }
  };
  return [
    untilGone(async (connection, name) => {
      const script =
        'mkdir $out; for n in 1 2 3; do head -c 100000 /dev/zero > $out/$n; done; echo $out > $dev';
      const drv = shellDerivation(shop.store.storeDir, bb, {
        name,
        script,
        outputs: ['dev', 'out'],
      });
      const drvPath = await addDerivation(connection, drv);
      told.add(drvPath);
      const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
      await connection.call(buildPaths, { wanted, mode: 'normal' });
      for (const { path } of drv.outputs.values()) told.add(path ?? '');
    }),
    untilGone(async (connection, name) => {
      told.add(await addTree(connection, name, someTree(random)));
    }),
    untilGone(async (connection, name) => {
      told.add(await addText(connection, name, `text of ${name}`));
    }),
    untilGone(async (connection, name) => {
      const drv = shellDerivation(shop.store.storeDir, bb, {
        name,
        script: 'sleep 60 & sleep 61; wait',
      });
      const drvPath = await addDerivation(connection, drv);
      const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
      await connection.call(buildPaths, { wanted, mode: 'normal' });
    }),
  ];
}

function someTree(random: () => number): Tree {
  const files = Array.from({ length: 30 }, (_, index) => {
    const contents = String(random()).repeat(Math.ceil(random() * 2000));
    return [`file-${index}`, file(contents)] as const;
  });
  return directory({ inside: directory(Object.fromEntries(files)), link: file('', true) });
}

/** What only a daemon that runs may have. */
function leftovers(shop: Workshop): readonly string[] {
  const { storeDir, stateDir } = shop.store;
  return [
    ...readdirSync(storeDir).filter(name => name.includes('-tenon-')),
    ...readdirSync(join(stateDir, 'temproots')),
    ...namesIn(join(stateDir, 'builds')),
  ];
}

function namesIn(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // nothing has been built yet
  }
}

/** Hashes every valid path with stock Nix, and looks for all that clients rely on. */
async function verify(shop: Workshop, told: ReadonlySet<string>): Promise<void> {
  const { status, stderr } = await shop.run(['nix-store', '--verify', '--check-contents'], 'local');
  expect(stderr).not.toMatch(/error|modified|disappeared/);
  expect(status).toBe(0);
  const valid = new Set(
    (await shop.ask(['nix-store', '--query', '--requisites', ...told], 'local')).split('\n'),
  );
  expect([...told].filter(path => !valid.has(path))).toEqual([]);
}
