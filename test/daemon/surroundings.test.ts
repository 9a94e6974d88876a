import { existsSync, lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { StorePath } from '../../src/formats/store-path.ts';
import { isValidPath } from '../../src/protocol/ops/queries.ts';
import { addText, addTree, connectTo } from '../support/raw-client.ts';
import { startTenon } from '../support/tenon-daemon.ts';
import { directory, file } from '../support/trees.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(60_000);

/** What a machine may have in store for a daemon. */

let shop: Workshop;

beforeEach(() => {
  shop = createWorkshop();
});

afterEach(async () => {
  await shop[Symbol.asyncDispose]();
});

const verifies = async () => {
  const { status, stderr } = await shop.run(['nix-store', '--verify', '--check-contents'], 'local');
  expect(stderr).not.toMatch(/error|disappeared|modified/);
  expect(status).toBe(0);
};
const inShell = (script: string) => (argv: readonly string[]) =>
  ['sh', '-c', script, 'sh', ...argv] as const;
const modeOf = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);

test('objects that are named like unfinished ones survive a restart', async () => {
  const paths: StorePath[] = [];
  {
    await using _daemon = await startTenon(shop.store);
    using connection = await connectTo(shop.store);
    for (const name of ['tenon-add', 'tenon-build', 'my-tenon-add', 'my-tenon-build'])
      paths.push(await addText(connection, name, name));
    paths.push(await addTree(connection, 'tenon-build', directory({ inside: file('x') })));
  }
  await using _daemon = await startTenon(shop.store);
  using connection = await connectTo(shop.store);
  for (const path of paths) {
    expect(await connection.call(isValidPath, path)).toBe(true);
    expect(existsSync(path)).toBe(true);
  }
  await verifies();
});

test('a strict umask keeps nobody from the store', async () => {
  await using _daemon = await startTenon(shop.store, { wrap: inShell('umask 077; exec "$@"') });
  const built = await shop.build('run "built" {} "umask > $out"');
  const { storeDir, stateDir, socketPath } = shop.store;
  expect(modeOf(built)).toBe('444');
  expect(modeOf(socketPath)).toBe('666');
  for (const path of [storeDir, stateDir, join(stateDir, 'db'), join(stateDir, 'gcroots')])
    expect({ path, mode: modeOf(path) }).toEqual({ path, mode: expect.stringMatching(/[75]5$/) });
  expect(modeOf(join(stateDir, 'db/db.sqlite'))).toBe('644');
  expect(await shop.ask(['cat', built])).toBe('0022');
});

test('a log that nobody reads any more does not end the daemon', async () => {
  // Only Bash can give the reader of a pipe a life of its own.
  const script = 'exec "$@" > >(head -n 1) 2>&1';
  const wrap = (argv: readonly string[]) => ['bash', '-c', script, 'bash', ...argv] as const;
  await using _daemon = await startTenon(shop.store, { wrap });
  for (const n of [1, 2, 3]) {
    using connection = await connectTo(shop.store);
    expect(await addText(connection, 'text', `${n}`)).toContain('-text');
    await sleep(20);
  }
});

describe('another process in the database', () => {
  test('that writes for a while holds up writers, but nobody who reads', async () => {
    await using _daemon = await startTenon(shop.store);
    using reader = await connectTo(shop.store);
    using writer = await connectTo(shop.store);
    const known = await addText(writer, 'known', 'known');
    const db = new DatabaseSync(join(shop.store.stateDir, 'db/db.sqlite'));
    db.exec('begin immediate');
    let isAdded = false;
    const adding = addText(writer, 'new', 'new').then(path => {
      isAdded = true;
      return path;
    });
    for (let turn = 0; turn < 20; turn++) {
      const started = performance.now();
      expect(await reader.call(isValidPath, known)).toBe(true);
      expect(performance.now() - started).toBeLessThan(300);
      await sleep(20);
    }
    expect(isAdded).toBe(false);
    db.exec('rollback');
    db.close();
    expect(await reader.call(isValidPath, await adding)).toBe(true);
  });

  test.each([
    { journal: 'a WAL', conf: [] },
    { journal: 'no WAL', conf: ['use-sqlite-wal = false'] },
  ])(
    'and another, all the time, harm neither a start nor a client, with $journal',
    async ({ conf }) => {
      writeFileSync(
        join(shop.store.root, 'etc/nix.conf'),
        ['build-users-group =', 'substituters =', 'sandbox = false', ...conf, ''].join('\n'),
      );
      let done = false;
      const others = ['one', 'two'].map(async name => {
        for (let turn = 0; !done; turn++) {
          const file = join(shop.store.root, `${name}-${turn}`);
          writeFileSync(file, file);
          await shop.ask(['nix-store', '--add', file], 'local');
        }
      });
      try {
        for (let start = 0; start < 6; start++) {
          await using _daemon = await startTenon(shop.store, { conf });
          using connection = await connectTo(shop.store);
          for (let turn = 0; turn < 40; turn++) {
            const path = await addText(connection, `text-${start}-${turn}`, 'text');
            expect(await connection.call(isValidPath, path)).toBe(true);
          }
        }
      } finally {
        done = true;
        await Promise.all(others);
      }
      await verifies();
    },
  );
});

describe('a derivation', () => {
  test('with more environment than the kernel takes fails, and says so', async () => {
    await using _daemon = await startTenon(shop.store);
    const big = 'builtins.concatStringsSep "" (builtins.genList (n: "0123456789") 20000)';
    const { status, stderr } = await shop.tryBuild(`run "big" { big = ${big}; } "echo > $out"`);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/big.drv.*Argument list too long/);
    expect(
      await shop.build(
        `run "big" { big = ${big}; passAsFile = [ "big" ]; } "wc -c < $bigPath > $out"`,
      ),
    ).toContain('-big');
  });

  test('of a platform or with features that are missing is refused', async () => {
    await using _daemon = await startTenon(shop.store);
    const { stderr } = await shop.tryBuild(
      'run "other" { system = "riscv64-linux"; requiredSystemFeatures = [ "quantum" ]; } "echo > $out"',
    );
    expect(stderr).toMatch(
      /a 'riscv64-linux' with features \{quantum\} is required to build '.*-other.drv'/,
    );
  });
});
