import { chmodSync, copyFileSync, mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Report } from '../../src/doctor/report.ts';
import { testAsRoot } from '../support/as-root.ts';
import { runProgram } from '../support/run-program.ts';
import { createStockStore, type StockStore } from '../support/stock-nix.ts';
import { type DaemonOptions, startTenon } from '../support/tenon-daemon.ts';
import { asUser, person } from '../support/users.ts';

const tenon = join(import.meta.dirname, '../../src/tenon');
const LIMIT_MS = 60_000;

let store: StockStore;
beforeEach(() => {
  store = createStockStore();
});
afterEach(async () => await store[Symbol.asyncDispose]());

interface Asking {
  readonly env?: Readonly<Record<string, string>>;
  readonly wrap?: (argv: readonly string[]) => readonly string[];
}

/** What the doctor finds about the daemon of the test's store. */
async function ask({ env = {}, wrap = argv => argv }: Asking = {}) {
  const variables = Object.entries({ ...store.env, ...env }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const argv = [
    tenon,
    'doctor',
    '--json',
    'daemon',
    'access.group',
    'net.proxy',
    'store.ownership',
  ];
  const outcome = await runProgram(['env', '-i', ...variables, ...wrap(argv)], {
    timeoutMs: LIMIT_MS,
  });
  const { checks } = JSON.parse(outcome.stdout) as Report;
  return checks.filter(({ status }) => status !== 'pass' && status !== 'skip');
}

async function askAbout(options: DaemonOptions, asking: Asking = {}) {
  await using _daemon = await startTenon(store, options);
  return await ask(asking);
}

describe('a daemon', () => {
  test('is well as it is', async () => {
    expect(await askAbout({})).toEqual([]);
  });

  test('daemon.nofile: that may open few files only', async () => {
    const found = await askAbout({
      wrap: ([...argv]) => ['prlimit', '--nofile=1024:1024', ...argv],
    });
    expect(found).toMatchObject([
      { id: 'daemon.nofile', evidence: [{ value: 'open files: 1024, at most 1024' }] },
    ]);
  });

  test('daemon.version-skew: whose program was replaced', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tenon-node-'));
    const copy = join(folder, 'node');
    copyFileSync(process.execPath, copy);
    chmodSync(copy, 0o755);
    try {
      await using _daemon = await startTenon(store, { wrap: ([, ...argv]) => [copy, ...argv] });
      expect(await ask()).toEqual([]);
      unlinkSync(copy);
      expect(await ask()).toMatchObject([
        { id: 'daemon.version-skew', cause: 'its program was replaced while it ran' },
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('daemon.version-skew: that is another Nix', async () => {
    await using _daemon = await store.startDaemon();
    expect(await ask()).toMatchObject([
      { id: 'daemon.version-skew', evidence: [{ value: '2.8.0' }, { source: 'tenon --version' }] },
    ]);
  });

  test('net.proxy: that knows no proxy', async () => {
    const env = { https_proxy: 'http://127.0.0.1:9' };
    expect(await askAbout({}, { env })).toMatchObject([{ id: 'net.proxy' }]);
    const wrap = (argv: readonly string[]) =>
      ['env', 'https_proxy=x', ...argv] as [string, ...string[]];
    expect(await askAbout({ wrap }, { env })).toEqual([]);
  });

  test('daemon.alive: that says nothing', async () => {
    const server = createServer(() => undefined).listen(store.socketPath);
    try {
      expect(await ask()).toMatchObject([
        { id: 'daemon.alive', cause: 'somebody listens, and says nothing' },
      ]);
    } finally {
      server.close();
    }
  });

  test('daemon.alive: that is gone', async () => {
    await using daemon = await startTenon(store);
    await daemon.kill();
    expect(await ask()).toMatchObject([
      { id: 'daemon.alive', cause: 'the socket is left from a daemon that is gone' },
    ]);
  });
});

describe('an ordinary user', () => {
  const asPerson = (argv: readonly string[]) => asUser(person, argv);

  testAsRoot('access.group: is told which folder is closed', async () => {
    chmodSync(store.root, 0o711);
    await using _daemon = await startTenon(store);
    expect(await ask({ wrap: asPerson })).toEqual([]);
    chmodSync(store.socketPath, 0o660);
    expect(await ask({ wrap: asPerson })).toMatchObject([
      {
        id: 'access.group',
        evidence: [{ source: store.socketPath, value: 'owner 0, group 0, mode 0660' }],
        cause: 'it is closed to everybody but its owner',
      },
    ]);
  });

  testAsRoot('access.group: is told that the daemon refuses them', async () => {
    chmodSync(store.root, 0o711);
    const conf = ['allowed-users = root'];
    expect(await askAbout({ conf }, { wrap: asPerson })).toMatchObject([{ id: 'access.group' }]);
  });
});
