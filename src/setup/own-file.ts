import { dirname } from 'node:path';
import type { Init } from '../host/services.ts';
import type { Tools } from './action.ts';
import { writeFile } from './actions/write-file.ts';
import { blocked, unfinished } from './errors.ts';
import { folders } from './file-steps.ts';
import { Journal } from './journal.ts';
import { finish, idsToDo, survey } from './run.ts';

/** A file of this program's own that setup does not plan. */
export interface OwnFile {
  readonly file: string;
  readonly text: string;
  readonly mode: number;
  /** Why it is there, for whoever reads the journal. */
  readonly reason: string;
  /** The init system that reads it and has to be told. */
  readonly readBy?: Init;
}

interface Means {
  readonly tools: Tools;
  /** The file of the journal. */
  readonly journal: string;
  /** The version of this program. */
  readonly tool: string;
  readonly signal: AbortSignal;
}

/** Writes a file and says so in the journal, so that uninstall takes it away. Throws `setup/…`. */
export async function writeOwnFile({ reason, ...spec }: OwnFile, means: Means): Promise<void> {
  const { tools, tool, signal } = means;
  const steps = [
    ...folders([dirname(spec.file)], 'Fixes'),
    writeFile.step({ id: `file:${spec.file}`, group: 'Fixes', reason, spec }),
  ];
  await using journal = await Journal.take(tools.host, means.journal);
  if (journal.history.open !== undefined) throw unfinished();
  const surveys = await survey(steps, tools);
  const conflicts = surveys.flatMap(({ inspection }) =>
    inspection.state === 'conflict' ? [inspection.reason] : [],
  );
  if (conflicts.length > 0) throw blocked(conflicts, 'Move it away, then try again');
  await journal.begin(tool, steps, [...idsToDo(surveys)]);
  const events = finish(journal, tools, signal);
  let next = await events.next();
  while (!next.done) next = await events.next();
  if (next.value.outcome !== 'installed') throw next.value.error;
}
