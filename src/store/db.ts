import { backup, DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../base/errors.ts';
import { named } from '../host/system-error.ts';

const SQLITE_BUSY = 5;
const SQLITE_PROTOCOL = 15;
const RETRY_MS = { first: 1, last: 50 };
/** Without a WAL readers have to wait for writers, and so does the event loop. */
const ALL_PAGES = 0x7fff_ffff;
const NO_WAL_TIMEOUT_MS = 60_000;

type Value = string | number | bigint | null;
type Row = Record<string, Value>;

/**
 * The store's SQLite database. Reads are synchronous and never wait: the journal is a WAL. Writes go through
 * `transaction`, which never blocks the event loop either: a lock that another process holds is tried again later.
 */
export class StoreDb {
  readonly #file: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string, options: { wal: boolean; synchronous: boolean }) {
    this.#file = file;
    this.#db = options.wal
      ? new DatabaseSync(file, { timeout: 0 })
      : new DatabaseSync(withDotfileLocks(file), { timeout: NO_WAL_TIMEOUT_MS });
    try {
      this.#db.exec(`pragma foreign_keys = 1;
      pragma synchronous = ${options.synchronous ? 'normal' : 'off'};
      pragma wal_autocheckpoint = 40000`);
      const wanted = options.wal ? 'wal' : 'truncate';
      if (this.get('pragma main.journal_mode')?.journal_mode !== wanted)
        this.#db.exec(`pragma main.journal_mode = ${wanted}`);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The first row, or undefined. Columns are read by name. */
  get(sql: string, ...values: Value[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  all(sql: string, ...values: Value[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  iterate(sql: string, ...values: Value[]): Iterable<Row> {
    return this.#statement(sql).iterate(...values) as Iterable<Row>;
  }

  /** Executes one statement and gives the number of rows that it changed. */
  run(sql: string, ...values: Value[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  /** Executes several statements that take no values, such as a schema. */
  execute(sql: string): void {
    this.#db.exec(sql);
  }

  /** Runs `work` in one write transaction: all of it is committed, or nothing. `work` may run several times. */
  async transaction<T>(work: () => T): Promise<T> {
    return await this.retry(() => this.#attempt(work));
  }

  /** Runs one statement that writes, or a transaction, and again as long as another process holds the database. */
  async retry<T>(work: () => T): Promise<T> {
    return await retryWhileBusy(this.#file, work);
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #attempt<T>(work: () => T): T {
    this.#statement('begin immediate').run();
    try {
      const result = work();
      this.#statement('commit').run();
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#statement('rollback').run();
      throw error;
    }
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/**
 * Copies a database that may be in use, as it is at one moment. The copy is one file, whatever the journal of the other
 * one; it is not synced.
 */
export async function copyDatabase(file: string, to: string, { wal }: { wal: boolean }) {
  const timeout = NO_WAL_TIMEOUT_MS;
  const source = new DatabaseSync(wal ? file : withDotfileLocks(file), { readOnly: true, timeout });
  try {
    // All pages in one step: with fewer it would begin again whenever somebody writes.
    await backup(source, to, { rate: ALL_PAGES });
  } finally {
    source.close();
  }
  foldJournal(to);
}

export type WholeDatabase = DatabaseSync;

/** A database of one file, which nobody else has open. */
export function openWhole(file: string): WholeDatabase {
  return new DatabaseSync(file);
}

/** The name under which SQLite only reads a database that may be in use. */
export function readOnlyName(file: string, wal: boolean): string {
  const separator = wal ? '?' : '&';
  return `${wal ? uri(file) : withDotfileLocks(file)}${separator}mode=ro`;
}

/** Brings all that is in a database's journal into its file. Nobody else may have it open. */
export function foldJournal(file: string): void {
  const db = openWhole(file);
  try {
    db.exec('pragma wal_checkpoint(truncate); pragma journal_mode = delete');
  } finally {
    db.close();
  }
}

/** Works with the database, again as long as another process holds it. */
export async function retryWhileBusy<T>(file: string, work: () => T): Promise<T> {
  for (let waitMs = RETRY_MS.first; ; waitMs = Math.min(waitMs * 2, RETRY_MS.last)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw named(error, file);
    }
    await sleep(waitMs * (0.5 + Math.random()));
  }
}

/** Without a WAL stock Nix locks the database by another file, and not with fcntl(2): whoever does not is not heard. */
function withDotfileLocks(file: string): string {
  return `${uri(file)}?vfs=unix-dotfile`;
}

function uri(file: string): string {
  return `file:${file.split('/').map(encodeURIComponent).join('/')}`;
}

function isBusy(error: unknown): boolean {
  if (!hasCode(error, 'ERR_SQLITE_ERROR')) return false;
  const number = (error as { errcode?: number }).errcode ?? 0;
  return (number & 0xff) === SQLITE_BUSY || (number & 0xff) === SQLITE_PROTOCOL;
}
