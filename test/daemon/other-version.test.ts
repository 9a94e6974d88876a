import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Connection } from '../../src/client/connection.ts';
import { parseStorePath } from '../../src/formats/store-path.ts';
import { buildPaths } from '../../src/protocol/ops/building.ts';
import { isValidPath } from '../../src/protocol/ops/queries.ts';
import { findProcesses, until } from '../support/processes.ts';
import { edit, installProgram } from '../support/program-copy.ts';
import { addTree, connectTo } from '../support/raw-client.ts';
import { startReplaceable, type TenonDaemon } from '../support/tenon-daemon.ts';
import { directory, file } from '../support/trees.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(120_000);

const START_MS = 20_000;
const FETCHED = 'from the store';
/** More than the event loop does by itself. */
const someTree = (text: string) =>
  directory({ program: file(text.repeat(50_000), true), more: directory({ one: file('1') }) });
const waiting = 'until test -e /gate/open; do sleep 0.02; done; echo through > $out';

let shop: Workshop;
let gate: string;
let program: string;
let daemon: TenonDaemon | undefined;

beforeEach(async () => {
  shop = createWorkshop();
  gate = join(shop.store.root, 'gate');
  mkdirSync(gate);
  program = join(shop.store.root, 'program');
  await installProgram(program, '1.0.0');
});

afterEach(async () => {
  // Who waits for a daemon that never answers is let go.
  await daemon?.kill();
  await shop[Symbol.asyncDispose]();
});

async function start(): Promise<TenonDaemon> {
  const conf = [`sandbox-paths = /gate=${gate}`];
  daemon = await startReplaceable(shop.store, { program, conf });
  return daemon;
}

async function replace({ pid, log }: TenonDaemon): Promise<void> {
  process.kill(pid, 'SIGHUP');
  await until('it is replaced', () => log().includes('info: replaced: '), START_MS);
}

async function build(connection: Connection, text: string): Promise<string> {
  const { storeDir } = shop.store;
  const drvPath = parseStorePath(storeDir, await shop.instantiate(text, 'local'));
  const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
  await connection.call(buildPaths, { wanted, mode: 'normal' });
  return await shop.ask(['nix-store', '--query', '--outputs', drvPath], 'local');
}

/** All that takes more than the process itself: its threads, its sandbox, and its own builder. */
async function useEverything(connection: Connection, text: string): Promise<void> {
  const tree = await addTree(connection, `tree-${text}`, someTree(text));
  expect(await connection.call(isValidPath, tree)).toBe(true);
  const script = `mkdir $out; seq 20000 > $out/numbers; echo ${text} > $out/text`;
  const built = await build(connection, `run "built-${text}" {} "${script}"`);
  expect(readFileSync(join(built, 'text'), 'utf8')).toBe(`${text}\n`);
  const fetched = await build(
    connection,
    `derivation { name = "fetched-${text}"; system = "builtin"; builder = "builtin:fetchurl";
      url = "file://\${builtins.toFile "here" "${FETCHED}"}"; outputHashMode = "flat";
      outputHashAlgo = "sha256"; outputHash = builtins.hashString "sha256" "${FETCHED}"; }`,
  );
  expect(readFileSync(fetched, 'utf8')).toBe(FETCHED);
}

/** Another version, whose threads and helper are asked in other words. */
async function installOther(): Promise<void> {
  await installProgram(program, '2.0.0');
  for (const name of ['worker', 'tree-thread', 'messages'])
    edit(join(program, `src/store/trees/${name}.ts`), "'start'", "'begin'");
  edit(join(program, 'src/build/fetchurl-program.ts'), 'process.env', 'process.env.ANOTHER');
}

describe('a daemon whose program is replaced by another version', () => {
  test('serves to the end with its own parts, beside the other one', async () => {
    const first = await start();
    using old = await connectTo(shop.store);
    const longBuild = build(old, `run "long" {} "${waiting}"`);
    await until('it is under way', () => findProcesses(waiting).length > 0, START_MS);
    await installOther();
    let isOver = false;
    const customers = [1, 2].map(async number => {
      for (let visits = 0; ; visits++) {
        if (isOver) return visits;
        using connection = await connectTo(shop.store);
        await addTree(connection, 'visit', someTree(`${number}-${visits}`));
      }
    });
    using another = await connectTo(shop.store);
    await replace(first);
    await useEverything(another, 'before');
    isOver = true;
    expect(Math.min(...(await Promise.all(customers)))).toBeGreaterThan(0);

    using fresh = await connectTo(shop.store);
    const versions = [old, another, fresh].map(({ daemonVersion = '' }) => daemonVersion);
    expect(versions.map(version => version.split('-')[0])).toEqual(['1.0.0', '1.0.0', '2.0.0']);
    await addTree(fresh, 'after', someTree('after'));
    writeFileSync(join(gate, 'open'), '');
    expect(readFileSync(await longBuild, 'utf8')).toBe('through\n');
    const verified = await shop.run(['nix-store', '--verify', '--check-contents'], 'local');
    expect(verified).toMatchObject({ status: 0, stderr: expect.not.stringContaining('error') });
  });

  test('needs nothing of its program, and be it gone', async () => {
    await start();
    using connection = await connectTo(shop.store);
    rmSync(program, { recursive: true });
    await useEverything(connection, 'gone');
    using _newcomer = await connectTo(shop.store);
  });
});
