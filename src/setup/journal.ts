import { dirname, join } from 'node:path';
import { hasCode } from '../base/errors.ts';
import type { FileLock } from '../host/file-lock.ts';
import { tryLockFile } from '../host/file-lock.ts';
import type { Host } from '../host/host.ts';
import type { Step } from './action.ts';
import { badJournal, journalBusy, noJournal } from './errors.ts';

/**
 * What setup did to a host, one JSON record a line, appended and on disk before and after each action. It lies outside
 * the store, so that it outlives it.
 *
 *   begin   the steps of a plan, and which of them are to do
 *   apply   an action is about to run, and how to undo it
 *   applied, reverted
 *   commit  the plan is done; or rollback: all of it is undone
 *
 * A killed writer leaves at most one torn line at the end, which counts as not written.
 */
type JournalRecord =
  | {
      readonly record: 'begin';
      readonly schemaVersion: number;
      readonly tool: string;
      readonly steps: readonly Step[];
      readonly todo: readonly string[];
    }
  | { readonly record: 'apply'; readonly id: string; readonly undo: unknown }
  | { readonly record: 'applied' | 'reverted'; readonly id: string }
  | { readonly record: 'commit' | 'rollback' };

/** An action that ran, or may have run, and is not undone. */
export interface Entry {
  readonly step: Step;
  readonly undo: unknown;
  readonly isApplied: boolean;
}

/** A plan that was begun and neither done nor undone. */
export interface Transaction {
  readonly steps: readonly Step[];
  readonly todo: ReadonlySet<string>;
  readonly entries: readonly Entry[];
}

export interface History {
  /** What earlier plans did, in order, with the undo that leads back to the time before setup. */
  readonly installed: readonly Entry[];
  readonly open: Transaction | undefined;
}

const SCHEMA_VERSION = 1;

/** What the journal says; reading needs no lock and changes nothing. */
export async function readHistory(host: Host, file: string): Promise<History> {
  return replay(parseJournal(file, wholeLines((await host.readText(file)) ?? '')));
}

/** The journal while one setup or uninstall writes it. */
export class Journal implements AsyncDisposable {
  readonly #host: Host;
  readonly #file: string;
  readonly #lock: FileLock;
  #history: History;

  private constructor(host: Host, file: string, open: { lock: FileLock; history: History }) {
    this.#host = host;
    this.#file = file;
    this.#lock = open.lock;
    this.#history = open.history;
  }

  /** Takes the journal, and cuts off the line that a killed writer left half written. */
  static async take(host: Host, file: string): Promise<Journal> {
    const folder = dirname(file);
    const made = await makeFolders(host, file);
    try {
      const lock = tryLockFile(host.at(join(folder, 'lock')), { mode: 'exclusive' });
      if (lock === undefined) throw journalBusy(file);
      const text = await host.readText(file);
      const whole = wholeLines(text ?? '');
      if (text !== undefined && whole !== text) await host.writeText(file, whole, 0o600);
      return new Journal(host, file, { lock, history: await readHistory(host, file) });
    } catch (error) {
      for (const each of made.toReversed()) await host.removeEmpty(each);
      const isSaid = hasCode(error, 'setup/busy') || hasCode(error, 'setup/bad-journal');
      throw isSaid ? error : noJournal(file, error);
    }
  }

  get history(): History {
    return this.#history;
  }

  /** Throws `setup/no-journal` when it cannot be written: without it nothing may be done. */
  async begin(tool: string, steps: readonly Step[], todo: readonly string[]): Promise<void> {
    try {
      await this.write({ record: 'begin', schemaVersion: SCHEMA_VERSION, tool, steps, todo });
    } catch (error) {
      throw noJournal(this.#file, error);
    }
  }

  /** The record is on disk when this returns. */
  async write(record: JournalRecord): Promise<void> {
    await this.#host.append(this.#file, `${escapeUnicode(JSON.stringify(record))}\n`);
    this.#history = advance(this.#history, record);
  }

  /**
   * Writes what need not be on disk, because doing it again does no harm: that something was undone. A full disk keeps
   * nobody from giving space back.
   */
  async tryWrite(
    record: JournalRecord & { readonly record: 'reverted' | 'rollback' },
  ): Promise<void> {
    try {
      await this.write(record);
    } catch (error) {
      if (!hasCode(error, 'ENOSPC')) throw error;
      this.#history = advance(this.#history, record);
    }
  }

  /** Lets go of the journal. One that holds nothing any more goes away, with what was kept next to it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const folder = dirname(this.#file);
    if (this.#history.installed.length === 0 && this.#history.open === undefined) {
      await this.#host.removeTree(folder);
      await this.#host.removeEmpty(dirname(folder));
    }
    this.#lock[Symbol.dispose]();
  }
}

const NOTHING: History = { installed: [], open: undefined };

function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

function replay(records: readonly JournalRecord[]): History {
  return records.reduce(advance, NOTHING);
}

/** What is known after one more record. */
function advance(history: History, record: JournalRecord): History {
  const { installed, open } = history;
  switch (record.record) {
    case 'begin':
      return { installed, open: { steps: record.steps, todo: new Set(record.todo), entries: [] } };
    case 'apply':
      return { installed, open: open && withEntry(open, record.id, record.undo) };
    case 'applied':
      return { installed, open: open && markApplied(open, record.id) };
    case 'reverted':
      return withoutEntry(history, record.id);
    case 'commit':
      return { installed: merge(installed, open?.entries ?? []), open: undefined };
    case 'rollback':
      return { installed, open: undefined };
    default:
      return record satisfies never;
  }
}

/** The first undo of a transaction is the true one: a resumed action no longer sees the host as it was. */
function withEntry(open: Transaction, id: string, undo: unknown): Transaction {
  const step = open.steps.find(each => each.id === id);
  if (step === undefined || open.entries.some(entry => entry.step.id === id)) return open;
  return { ...open, entries: [...open.entries, { step, undo, isApplied: false }] };
}

function markApplied(open: Transaction, id: string): Transaction {
  const entries = open.entries.map(entry =>
    entry.step.id === id ? { ...entry, isApplied: true } : entry,
  );
  return { ...open, entries };
}

/** A rollback undoes the open plan; only an uninstall, which has none, undoes what is installed. */
function withoutEntry({ installed, open }: History, id: string): History {
  const without = (entries: readonly Entry[]) => entries.filter(({ step }) => step.id !== id);
  if (open === undefined) return { installed: without(installed), open };
  return { installed, open: { ...open, entries: without(open.entries) } };
}

function merge(installed: readonly Entry[], added: readonly Entry[]): readonly Entry[] {
  const isNew = ({ step }: Entry) =>
    !step.isPassing && !installed.some(entry => entry.step.id === step.id);
  const renewed = installed.map(entry => {
    const again = added.find(({ step }) => step.id === entry.step.id);
    return again === undefined ? entry : { ...entry, step: again.step };
  });
  return [...renewed, ...added.filter(isNew)];
}

/** Gives those that were missing. Throws `setup/no-journal`. */
async function makeFolders(host: Host, file: string): Promise<readonly string[]> {
  const folder = dirname(file);
  const made: string[] = [];
  try {
    for (const each of [dirname(folder), folder]) {
      if ((await host.look(each)) !== undefined) continue;
      await host.makeDirectory(each, 0o755);
      made.push(each);
    }
  } catch (error) {
    for (const each of made.toReversed()) await host.removeEmpty(each);
    throw noJournal(file, error);
  }
  return made;
}

/** Files are byte strings; JSON may hold any character. */
function escapeUnicode(json: string): string {
  return json.replace(
    /[\u0080-\uffff]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function parseJournal(file: string, text: string): readonly JournalRecord[] {
  const lines = text.split('\n').filter(Boolean);
  return lines.map((line, index) => parseRecord(file, line, index + 1));
}

function parseRecord(file: string, line: string, number: number): JournalRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw badJournal(file, `line ${number} is damaged`);
  }
  if (!isRecord(value)) throw badJournal(file, `line ${number} is no record of this version`);
  return value;
}

const ID_RECORDS = ['apply', 'applied', 'reverted'];
const PLAIN_RECORDS = ['commit', 'rollback'];

function isRecord(value: unknown): value is JournalRecord {
  if (typeof value !== 'object' || value === null || !('record' in value)) return false;
  const { record } = value;
  if (record === 'begin') return 'schemaVersion' in value && value.schemaVersion === SCHEMA_VERSION;
  if (ID_RECORDS.includes(String(record))) return 'id' in value && typeof value.id === 'string';
  return PLAIN_RECORDS.includes(String(record));
}
