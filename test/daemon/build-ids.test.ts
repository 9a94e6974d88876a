import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { findProcesses, until } from '../support/processes.ts';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { amongTestUsers, buildGroup, buildUsers, isRoot, person } from '../support/users.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(60_000);

const FIRST = 0x34000000;
const SLOT = 65536;
const SHOW_IDS = 'run "ids" {} "cat /proc/self/uid_map /proc/self/gid_map > $out"';

(isRoot ? describe : describe.skip)('auto-allocate-uids, which takes root', () => {
  let shop: Workshop;
  let gate: string;

  beforeEach(() => {
    shop = createWorkshop();
    gate = join(shop.store.root, 'gate');
    mkdirSync(gate);
    chmodSync(gate, 0o777);
  });

  afterEach(async () => {
    await shop[Symbol.asyncDispose]();
  });

  const start = (...conf: readonly string[]): Promise<TenonDaemon> =>
    startTenon(shop.store, {
      conf: ['auto-allocate-uids = true', `sandbox-paths = /gate=${gate}`, ...conf],
      wrap: argv => amongTestUsers(shop.store, argv),
    });
  const mapsOf = (path: string) => readFileSync(path, 'utf8').trim().split(/\s+/).map(Number);
  const waiting = (name: string) =>
    `run "${name}" {} "touch /gate/${name}; until test -e /gate/open; do sleep 0.02; done; cat /proc/self/uid_map > $out"`;
  const isWaiting = (name: string) => () => existsSync(join(gate, name));
  const openGate = () => writeFileSync(join(gate, 'open'), '');

  test('builds in a sandbox under an id that no account has', async () => {
    await using _daemon = await start();
    expect(mapsOf(await shop.build(SHOW_IDS))).toEqual([1000, FIRST, 1, 100, FIRST, 1]);
    expect(existsSync(join(shop.store.stateDir, 'userpool2/slot-0'))).toBe(true);
  });

  test('gives each build an id of its own', async () => {
    await using _daemon = await start();
    const builds = ['one', 'two'].map(name => shop.build(waiting(name)));
    for (const name of ['one', 'two']) await until(`${name} runs`, isWaiting(name), 30_000);
    openGate();
    const uids = (await Promise.all(builds)).map(out => mapsOf(out)[1]);
    expect(uids.toSorted()).toEqual([FIRST, FIRST + SLOT]);
  });

  test('builds without a sandbox as a member of the build group, and leaves no process', async () => {
    await using _daemon = await start('sandbox = false', `build-users-group = ${buildGroup}`);
    // Builders reach the store by its path, through a folder that is private otherwise.
    chmodSync(shop.store.root, 0o755);
    const seconds = `${process.pid}333`;
    const script = `(setsid sleep ${seconds} &); grep -E '^[UG]id:' /proc/self/status > $out`;
    const ids = readFileSync(await shop.build(`run "plain" {} "${script}"`), 'utf8');
    expect(ids).toMatch(new RegExp(`^Uid:\\t${FIRST}\\t.*\\nGid:\\t${buildUsers.gid}\\t`, 'u'));
    expect(findProcesses(`sleep\0${seconds}`)).toEqual([]);
  });

  test.each([
    { conf: [`start-id = ${person.uid}`], why: "clashes with existing user account 'tenonperson'" },
    { conf: ['id-count = 65535'], why: '"id-count" is 65535' },
    { conf: ['start-id = 4294900000'], why: 'below 2^32' },
    { conf: ['sandbox = false'], why: 'the group in "build-users-group" does not exist' },
  ])('refuses to build with $conf', async ({ conf, why }) => {
    await using _daemon = await start(...conf);
    expect(await shop.tryBuild(SHOW_IDS)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(why),
    });
  });
});
