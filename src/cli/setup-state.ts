import { dirname, join } from 'node:path';
import { hasCode, messageOf } from '../base/errors.ts';
import type { SetupState } from '../doctor/context.ts';
import { tryLockExisting } from '../host/file-lock.ts';
import type { Tools } from '../setup/action.ts';
import { readHistory } from '../setup/journal.ts';
import { findLosses } from '../setup/losses.ts';
import { places } from '../setup/places.ts';

const UNREADABLE = ['setup/bad-journal', 'setup/unknown-action'];

/** What the journal of setup says, and what is left of that. Takes root, and looks only. */
export async function readSetupState(tools: Tools): Promise<SetupState> {
  const { host } = tools;
  const file = places.journal;
  try {
    const { installed, open } = await readHistory(host, file);
    if (open !== undefined) {
      if (isBusy(host.at(join(dirname(file), 'lock')))) return { state: 'running' };
      const done = open.entries.filter(({ isApplied }) => isApplied).length;
      return { state: 'unfinished', file, done, planned: open.todo.size };
    }
    if (installed.every(({ step }) => step.group === 'Fixes')) return { state: 'none' };
    return { state: 'done', losses: await findLosses(installed, tools) };
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
