import { basename } from 'node:path';
import type { Host } from '../host/host.ts';
import type { Init } from '../host/services.ts';
import { currentIds } from '../host/store-files.ts';
import { findKeeper } from './running-daemon.ts';
import { serviceFiles, serviceFileText } from './service-files.ts';

/** How a daemon that runs becomes the one that is installed: by a reload, unless something speaks against it. */
export interface Replacement {
  /** Why it has to be stopped and started; undefined when another one can take over while it serves. */
  readonly restartReason: string | undefined;
}

/** Lines that count when the init system is told of the file, or whenever the script runs; all others at a start. */
const COUNTS_AT_ONCE = {
  systemd:
    /^(?:#.*|\[.*|(?:Description|Documentation|Exec(?:Reload|Stop)|Restart\w*|Timeout\w*|Kill\w+|OOMPolicy|StartLimit\w+|TasksMax|WantedBy)=.*|)$/u,
  openrc: /^(?!\s*(?:supervisor|command\w*|pidfile|\w+_log|respawn_\w+|rc_ulimit|rc_cgroup\w*)=)/u,
};

/** What holds where nothing runs, or where nobody keeps the daemon. */
export const RESTART: Replacement = { restartReason: 'nobody could start another one beside it' };

export async function findReplacement(
  host: Host,
  init: Init,
  initFiles: ReadonlyMap<string, string>,
): Promise<Replacement> {
  if (init === 'none') return RESTART;
  if (currentIds().uid !== 0)
    return { restartReason: 'only root can see whether another one could take over instead' };
  if ((await findKeeper(host)) === undefined) return RESTART;
  for (const { file, source, isUnit } of serviceFiles(init)) {
    const before = (await host.readText(file)) ?? '';
    const after = serviceFileText(initFiles, source);
    const isRead = isUnit || init === 'openrc';
    if (isRead && needsStart(init, before, after))
      return { restartReason: `${basename(file)} has settings that count from a start on` };
  }
  return { restartReason: undefined };
}

/** Whether a process that runs would not get what differs. */
export function needsStart(init: Exclude<Init, 'none'>, before: string, after: string): boolean {
  const counting = (text: string) =>
    text.split('\n').filter(line => !COUNTS_AT_ONCE[init].test(line.trimEnd()));
  return counting(before).join('\n') !== counting(after).join('\n');
}
