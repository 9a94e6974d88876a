import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { privateEnvironment, storeLayout } from '../../src/config/layout.ts';
import { openStore } from '../../src/store/open.ts';

const ENOUGH_MS = 50;

const { signal } = new AbortController();

function createStore() {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-open-'));
  const layout = storeLayout(privateEnvironment(folder));
  const options = {
    layout,
    useWal: true,
    fsyncMetadata: false,
    allowSymlink: true,
    buildGroupId: undefined,
  };
  return { options, layout, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

/** What the last process does that leaves a database, and whoever comes behind one that died. */
function holdAlone(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec('pragma locking_mode = exclusive; begin immediate; commit');
  return db;
}

async function open({ options }: ReturnType<typeof createStore>, stop = signal): Promise<void> {
  const { db, bigLock } = await openStore(options, stop);
  db.close();
  bigLock[Symbol.dispose]();
}

test('openStore waits for a process that has the database for itself alone', async () => {
  using store = createStore();
  await open(store);
  const other = holdAlone(store.layout.dbFile);
  const opening = open(store);
  expect(await Promise.race([opening.catch(() => 'refused'), sleep(ENOUGH_MS, 'waits')])).toBe(
    'waits',
  );
  other.close();
  await opening;
});

test('openStore stops waiting when it is told to', async () => {
  using store = createStore();
  await open(store);
  using _other = holdAlone(store.layout.dbFile);
  await expect(open(store, AbortSignal.timeout(ENOUGH_MS))).rejects.toMatchObject({
    name: 'TimeoutError',
  });
});
