import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Connection } from '../../src/client/connection.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { buildPaths } from '../../src/protocol/ops/building.ts';
import { isValidPath } from '../../src/protocol/ops/queries.ts';
import { findProcesses, holdingsOf, until } from '../support/processes.ts';
import {
  addBusybox,
  addDerivation,
  addText,
  connectTo,
  shellDerivation,
} from '../support/raw-client.ts';
import { type DaemonOptions, startReplaceable, type TenonDaemon } from '../support/tenon-daemon.ts';
import { leftoversIn } from '../support/witness.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(120_000);

const START_MS = 20_000;
const REPLACEMENTS = 4;
const launcher = join(import.meta.dirname, '../../src/tenon');
const BROKEN = 'max-jobs = very many\n';

let shop: Workshop;
let bb: StorePath;
let gate: string;

beforeEach(async () => {
  shop = createWorkshop();
  bb = await addBusybox(shop, 'local');
  gate = join(shop.store.root, 'gate');
  mkdirSync(gate);
});

afterEach(async () => {
  await shop[Symbol.asyncDispose]();
});

const start = (options: DaemonOptions = {}) =>
  startReplaceable(shop.store, { conf: [`sandbox-paths = /gate=${gate}`], ...options });

/** What systemd does: the socket is there before the daemon, and outlives it. */
const activate = `
  use IO::Socket::UNIX; use POSIX; $^F = 9;
  my $socket = IO::Socket::UNIX->new(Local => shift, Listen => 4096) or die;
  POSIX::dup2(fileno($socket), 3); $ENV{LISTEN_FDS} = 1; $ENV{LISTEN_PID} = $$; exec @ARGV;`;
const withSocket = (argv: readonly string[]) =>
  ['perl', '-e', activate, shop.store.socketPath, ...argv] as const;
const nixConf = () => join(shop.store.root, 'etc-daemon/nix.conf');
const generations = ({ pid }: TenonDaemon) => holdingsOf(pid).children;
const timesIn = (daemon: TenonDaemon, text: string) => daemon.log().split(text).length - 1;

async function replace(daemon: TenonDaemon): Promise<void> {
  const before = timesIn(daemon, 'info: replaced: ');
  process.kill(daemon.pid, 'SIGHUP');
  await until('it is replaced', () => timesIn(daemon, 'info: replaced: ') > before, START_MS);
}

async function build(connection: Connection, name: string, script = `echo ${name} > $out`) {
  const drv = shellDerivation(shop.store.storeDir, bb, { name, script });
  const drvPath = await addDerivation(connection, drv);
  const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
  await connection.call(buildPaths, { wanted, mode: 'normal' });
  return drv.outputs.get('out')?.path ?? bb;
}

/** Comes, builds and goes, again and again. Gives how often. */
async function customer(number: number, isOver: () => boolean): Promise<number> {
  for (let visits = 0; ; visits++) {
    if (isOver()) return visits;
    using connection = await connectTo(shop.store);
    const text = await addText(connection, 'text', `${number}-${visits}`);
    expect(await connection.call(isValidPath, text)).toBe(true);
    await build(connection, `built-${number}-${visits}`);
  }
}

async function stockCustomer(isOver: () => boolean): Promise<number> {
  for (let visits = 0; ; visits++) {
    if (isOver()) return visits;
    await shop.build(`run "stock-${visits}" {} "echo ${visits} > $out"`);
  }
}

describe('a daemon that is replaced again and again', () => {
  test.each([
    { whose: 'its own socket', wrap: undefined },
    { whose: 'a socket that systemd hands over', wrap: withSocket },
  ])('refuses nobody and cuts nobody off, on $whose', async ({ wrap }) => {
    await using daemon = await start(wrap === undefined ? {} : { wrap });
    using idle = await connectTo(shop.store);
    const patient = await connectTo(shop.store);
    const waiting = 'until test -e /gate/open; do sleep 0.02; done; echo > $out';
    const longBuild = build(patient, 'long', waiting);
    await until('it is under way', () => findProcesses(waiting).length > 0, START_MS);
    let isOver = false;
    const customers = [
      ...[1, 2, 3].map(number => customer(number, () => isOver)),
      stockCustomer(() => isOver),
    ];
    for (let times = 0; times < REPLACEMENTS; times++) await replace(daemon);
    isOver = true;
    const visits = await Promise.all(customers);
    expect(Math.min(...visits)).toBeGreaterThan(0);

    writeFileSync(join(gate, 'open'), '');
    expect(await idle.call(isValidPath, await longBuild)).toBe(true);
    await until(
      'the first and the last are left',
      () => generations(daemon).length === 2,
      START_MS,
    );
    for (const connection of [idle, patient]) connection[Symbol.dispose]();
    await until('one is left', () => generations(daemon).length === 1, START_MS);
    using late = await connectTo(shop.store);
    expect(await late.call(isValidPath, bb)).toBe(true);
    const verified = await shop.run(['nix-store', '--verify', '--check-contents'], 'local');
    expect(verified).toMatchObject({ status: 0, stderr: expect.not.stringContaining('error') });
  });

  test('reads nix.conf anew', async () => {
    await using daemon = await start();
    const wish = 'run "wish" { requiredSystemFeatures = [ "luck" ]; } "echo > $out"';
    expect(await shop.tryBuild(wish)).toMatchObject({ stderr: expect.stringContaining('luck') });
    appendFileSync(nixConf(), 'system-features = luck\n');
    await replace(daemon);
    expect(await shop.tryBuild(wish)).toMatchObject({ status: 0 });
  });

  test('goes on when nix.conf is broken by then, and is replaced once it is whole again', async () => {
    await using daemon = await start();
    using connection = await connectTo(shop.store);
    const before = generations(daemon);
    const whole = readFileSync(nixConf(), 'utf8');
    appendFileSync(nixConf(), BROKEN);
    process.kill(daemon.pid, 'SIGHUP');
    await until('it says so', () => timesIn(daemon, 'error: not replaced') === 1, START_MS);
    expect(daemon.log()).toContain('max-jobs');
    expect(generations(daemon)).toEqual(before);
    expect(await connection.call(isValidPath, await addText(connection, 'text', 'old'))).toBe(true);
    using _newcomer = await connectTo(shop.store);

    writeFileSync(nixConf(), whole);
    await replace(daemon);
  });
});

test('tenon daemon --check says whether nix.conf can be used', async () => {
  const check = () =>
    spawnSync(launcher, ['daemon', '--check'], { env: shop.store.env, encoding: 'utf8' });
  expect(check()).toMatchObject({ status: 0, stdout: '', stderr: '' });
  appendFileSync(join(shop.store.root, 'etc/nix.conf'), BROKEN);
  expect(check()).toMatchObject({ status: 2, stderr: expect.stringContaining('max-jobs') });
});

describe('the parent of a daemon', () => {
  test('ends with all of them, which serve to the end what they were asked for', async () => {
    const daemon = await start();
    const connections = [await connectTo(shop.store)];
    await replace(daemon);
    connections.push(await connectTo(shop.store));
    const waiting = 'until test -e /gate/open; do sleep 0.02; done; echo > $out';
    const scripts = connections.map((_, index) => `: ${index}; ${waiting}`);
    const builds = connections.map((connection, index) =>
      build(connection, `last-${index}`, scripts[index]),
    );
    for (const script of scripts)
      await until('both are under way', () => findProcesses(script).length > 0, START_MS);
    const stopped = daemon[Symbol.asyncDispose]();
    await until('both stop', () => timesIn(daemon, 'info: stopping') === 2, START_MS);
    writeFileSync(join(gate, 'open'), '');
    await Promise.all(builds);
    await stopped;
    for (const connection of connections) connection[Symbol.dispose]();
    expect(leftoversIn(shop.store)).toEqual([]);
  });

  test('is told with its daemon that the terminal is closed, and only replaces it', async () => {
    await using daemon = await start();
    using connection = await connectTo(shop.store);
    for (const pid of generations(daemon)) process.kill(pid, 'SIGHUP');
    await replace(daemon);
    expect(await connection.call(isValidPath, bb)).toBe(true);
  });

  test('takes all of them along when it is killed', async () => {
    const daemon = await start();
    using _client = await connectTo(shop.store);
    await replace(daemon);
    const all = generations(daemon);
    expect(all.length).toBe(2);
    await daemon.kill();
    const isAlive = (pid: number) => findProcesses('main.ts').includes(pid);
    await until('none is left', () => !all.some(isAlive), START_MS);
  });

  test('ends when the newest one dies, so that the service is started again', async () => {
    const daemon = await start();
    const [pid = 0] = generations(daemon);
    process.kill(pid, 'SIGKILL');
    await until('it ends', () => findProcesses('--keep').indexOf(daemon.pid) < 0, START_MS);
    await daemon[Symbol.asyncDispose]();
  });

  test('ends with the status of a daemon that cannot start', async () => {
    mkdirSync(join(shop.store.root, 'etc-daemon'), { recursive: true });
    await expect(start({ conf: [BROKEN] })).rejects.toThrow('max-jobs');
  });
});
