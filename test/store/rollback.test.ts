import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { privateEnvironment, storeLayout } from '../../src/config/layout.ts';
import { backUp, findBackup } from '../../src/store/backup.ts';
import type { StoreDb } from '../../src/store/db.ts';
import { openStore } from '../../src/store/open.ts';
import { lossOf, replacedFile, restoreSteps } from '../../src/store/rollback.ts';

const { signal } = new AbortController();
const ROLLBACK = new URL('../../src/store/rollback.ts', import.meta.url).href;
const BACKUP = new URL('../../src/store/backup.ts', import.meta.url).href;
const LAYOUT = new URL('../../src/config/layout.ts', import.meta.url).href;
const NOON_MS = Date.UTC(2026, 10, 21, 12);

let folder: string;
let layout: ReturnType<typeof storeLayout>;
let open: Awaited<ReturnType<typeof openStore>> | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-rollback-'));
  layout = storeLayout(privateEnvironment(folder));
  const db = await start();
  add(db, 'a');
  add(db, 'b', ['a']);
  add(db, 'c', ['b']);
});

afterEach(() => {
  stop();
  rmSync(folder, { recursive: true });
});

async function start(): Promise<StoreDb> {
  open = await openStore(
    { layout, useWal: true, fsyncMetadata: false, allowSymlink: true, buildGroupId: undefined },
    signal,
  );
  return open.db;
}

function stop(): void {
  open?.db.close();
  open?.bigLock[Symbol.dispose]();
  open = undefined;
}

const pathOf = (letter: string) => `${layout.storeDir}/${letter.repeat(32)}-x`;

function add(db: StoreDb, letter: string, references: readonly string[] = [], hash = letter): void {
  db.run(
    'insert into ValidPaths (path, hash, registrationTime, narSize) values (?, ?, 1, 1)',
    pathOf(letter),
    hash,
  );
  for (const other of references)
    db.run(
      `insert into Refs select a.id, b.id from ValidPaths a, ValidPaths b where a.path = ? and b.path = ?`,
      pathOf(letter),
      pathOf(other),
    );
}

const remove = (db: StoreDb, letter: string) =>
  db.run('delete from ValidPaths where path = ?', pathOf(letter));
const make = (version = '1.0.0', nowMs = NOON_MS) =>
  backUp(layout, { useWal: true, version, nowMs });

function theBackup() {
  const backup = findBackup(layout);
  if (backup === undefined) throw new Error('there is no backup');
  return backup;
}

function restore() {
  const steps = restoreSteps(layout, theBackup());
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Which paths are valid, as a word of their letters; throws when the database is damaged. */
function valid(file = layout.dbFile): string {
  const db = new DatabaseSync(file);
  try {
    expect(db.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    expect(db.prepare('pragma foreign_key_check').all()).toEqual([]);
    const rows = db.prepare('select path from ValidPaths order by path').all();
    return rows.map(({ path }) => String(path).slice(layout.storeDir.length + 1)[0]).join('');
  } finally {
    db.close();
  }
}

/** What a version with a later schema does. */
function migrate(db: StoreDb): void {
  db.execute('alter table ValidPaths add column mood text; create table Moods (id integer)');
  writeFileSync(layout.schemaFile, '11');
}

describe('a backup', () => {
  test('has what is in a database that is being written to, and only its owner may read it', async () => {
    await make();
    add(open?.db ?? (await start()), 'd');
    expect(valid(theBackup().dbFile)).toBe('abc');
    expect(theBackup()).toMatchObject({
      version: '1.0.0',
      madeAt: '20261121T120000Z',
      schema: '10',
    });
    expect(statSync(join(theBackup().directory, '..')).mode & 0o777).toBe(0o700);
  });

  test('takes the place of the one before', async () => {
    await make();
    const { directory } = theBackup();
    await make('2.0.0', NOON_MS + 1000);
    expect(theBackup()).toMatchObject({ version: '2.0.0' });
    expect(existsSync(directory)).toBe(false);
  });

  test('is not made of a store without a database', async () => {
    rmSync(layout.schemaFile);
    expect(await make()).toBeUndefined();
    expect(findBackup(layout)).toBeUndefined();
  });
});

describe('a rollback', () => {
  test('goes back across a change of the schema', async () => {
    await make();
    migrate(open?.db ?? (await start()));
    await expect(start()).rejects.toMatchObject({ code: 'store/schema-too-new' });
    stop();
    expect(lossOf(layout, theBackup(), true)).toEqual({ paths: [], unreadable: undefined });
    expect(restore().paths).toEqual([]);
    expect(valid()).toBe('abc');
    expect(readFileSync(layout.schemaFile, 'utf8')).toBe('10');
    await start();
  });

  test('names what was registered since, and keeps the database that has it', async () => {
    await make();
    const db = open?.db ?? (await start());
    add(db, 'd', ['a']);
    expect(lossOf(layout, theBackup(), true).paths).toEqual([pathOf('d')]);
    stop();
    restore();
    expect(valid()).toBe('abc');
    expect(valid(replacedFile(layout))).toBe('abcd');
  });

  test('brings nothing back that was deleted since', async () => {
    await make();
    const db = open?.db ?? (await start());
    for (const letter of ['c', 'b']) remove(db, letter);
    stop();
    expect(restore().paths).toEqual([]);
    expect(valid()).toBe('a');
  });

  test('drops what was made anew with other contents, and all that refers to it', async () => {
    await make();
    const db = open?.db ?? (await start());
    for (const letter of ['c', 'b']) remove(db, letter);
    add(db, 'b', ['a'], 'other');
    add(db, 'c', ['b']);
    stop();
    expect(restore().paths).toEqual([pathOf('b'), pathOf('c')]);
    expect(valid()).toBe('a');
  });

  test('goes by the trees that are there when the database cannot be read', async () => {
    await make();
    stop();
    for (const letter of ['a', 'c']) writeFileSync(pathOf(letter), '');
    writeFileSync(layout.dbFile, 'no database at all');
    expect(lossOf(layout, theBackup(), true).unreadable).toContain('not a database');
    restore();
    expect(valid()).toBe('a');
    expect(readFileSync(replacedFile(layout), 'utf8')).toBe('no database at all');
  });
});

/** A process that is killed after so many steps. */
function dieAfter(steps: number): void {
  const script = `
    import { storeLayout, privateEnvironment } from '${LAYOUT}';
    import { findBackup } from '${BACKUP}';
    import { restoreSteps } from '${ROLLBACK}';
    const layout = storeLayout(privateEnvironment(${JSON.stringify(folder)}));
    const steps = restoreSteps(layout, findBackup(layout));
    for (let count = 0; count < ${steps}; count++) steps.next();
    process.kill(process.pid, 'SIGKILL');`;
  const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  expect(spawnSync(process.execPath, argv)).toMatchObject({ signal: 'SIGKILL' });
}

const STEPS = ['settled', 'prepared', 'kept', 'marked', 'moved', 'done'];

describe('a rollback that is killed', () => {
  test.each(STEPS.map((step, index) => ({ step, count: index + 1 })))(
    'once it has $step, leaves one database or the other, or refuses; and ends when it is run again',
    async ({ count }) => {
      await make();
      const db = open?.db ?? (await start());
      add(db, 'd', ['a']);
      migrate(db);
      stop();
      dieAfter(count);
      expect(['abcd', 'abc']).toContain(valid());
      const schema = readFileSync(layout.schemaFile, 'utf8');
      const wasRestored = valid() === 'abc';
      if (schema === '11') expect(wasRestored).toBe(false);
      if (schema === '10') expect(wasRestored).toBe(true);
      if (schema !== '10' && schema !== '11')
        await expect(start()).rejects.toMatchObject({ code: 'store/rollback-unfinished' });
      if (schema !== '10') await expect(start()).rejects.toMatchObject({ check: 'store.schema' });
      restore();
      expect(valid()).toBe('abc');
      expect(valid(replacedFile(layout))).toBe('abcd');
      await start();
    },
  );
});
