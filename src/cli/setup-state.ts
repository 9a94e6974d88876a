import { dirname, join } from 'node:path';
import { hasCode, messageOf } from '../base/errors.ts';
import type { Installation } from '../doctor/context.ts';
import { tryLockExisting } from '../host/file-lock.ts';
import type { Host } from '../host/host.ts';
import { readHistory } from '../setup/journal.ts';
import { places } from '../setup/places.ts';

const UNREADABLE = ['setup/bad-journal', 'setup/unknown-action'];

/** What the journal of setup says. Takes root, and looks only. */
export async function readInstallation(host: Host): Promise<Installation> {
  const file = places.journal;
  try {
    const { installed, open } = await readHistory(host, file);
    if (open !== undefined) {
      if (isBusy(host.at(join(dirname(file), 'lock')))) return { state: 'running' };
      const done = open.entries.filter(({ isApplied }) => isApplied).length;
      return { state: 'unfinished', file, done, planned: open.todo.size };
    }
    return installed.length === 0 ? { state: 'none' } : { state: 'whole' };
  } catch (error) {
    if (!UNREADABLE.some(code => hasCode(error, code))) throw error;
    return { state: 'unreadable', file, reason: messageOf(error) };
  }
}

function isBusy(lock: string): boolean {
  const held = tryLockExisting(lock);
  if (held === 'held') return true;
  if (held !== 'missing') held[Symbol.dispose]();
  return false;
}
