import { posix } from 'node:path';
import { hasCode } from '../base/errors.ts';
import type { FileFacts, Files } from '../host/files.ts';
import type { Accounts } from '../host/users.ts';
import type { AutomaticFix } from './check.ts';

/** One name that is passed on the way to a path. */
export interface Waypoint {
  readonly path: string;
  /** Undefined when nothing is there, or nothing that this process may see. */
  readonly facts: FileFacts | undefined;
  readonly isHidden: boolean;
}

/** As the kernel allows in one path. */
const MAX_LINKS = 40;

/** Everything that is passed on the way to `path`, links and what they lead to included, up to the first gap. */
export async function walkPath(
  files: Pick<Files, 'look' | 'readLink'>,
  path: string,
): Promise<readonly Waypoint[]> {
  const way: Waypoint[] = [];
  let here = '/';
  let ahead = namesIn(path);
  for (let links = 0; links <= MAX_LINKS; ) {
    const [name, ...rest] = ahead;
    if (name === undefined) break;
    const next = posix.join(here, name);
    const waypoint = await lookAt(files, next);
    way.push(waypoint);
    if (waypoint.facts === undefined) break;
    const isLink = waypoint.facts.kind === 'symlink';
    const target = isLink ? ((await files.readLink(next)) ?? '') : '';
    if (isLink) links++;
    here = isLink ? (target.startsWith('/') ? '/' : here) : next;
    ahead = [...namesIn(target), ...rest];
  }
  return way;
}

function namesIn(path: string): readonly string[] {
  return path.split('/').filter(name => name !== '' && name !== '.');
}

async function lookAt(files: Pick<Files, 'look'>, path: string): Promise<Waypoint> {
  try {
    return { path, facts: await files.look(path), isHidden: false };
  } catch (error) {
    if (!hasCode(error, 'EACCES')) throw error;
    return { path, facts: undefined, isHidden: true };
  }
}

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/**
 * Whether somebody else than root can replace what is there. Links are as safe as the folder that they are in, and a
 * group in which nobody is harms nobody: on Debian /usr/local belongs to one.
 */
export function isForeign({ facts }: Waypoint, accounts: Accounts): boolean {
  if (facts === undefined) return false;
  if (facts.uid !== 0) return true;
  if (facts.kind === 'symlink') return false;
  if (facts.kind === 'directory' && (facts.mode & STICKY) !== 0) return false;
  if ((facts.mode & OTHERS_WRITE) !== 0) return true;
  return (facts.mode & GROUP_WRITES) !== 0 && hasPeople(facts.gid, accounts);
}

function hasPeople(gid: number, { users, groups }: Accounts): boolean {
  const members = groups.filter(group => group.gid === gid).flatMap(group => group.members);
  return (
    members.some(name => name !== 'root') || users.some(user => user.gid === gid && user.uid !== 0)
  );
}

/** Gives what is there to root, and lets nobody else write to it. */
export function closeFix({ path, facts }: Waypoint): AutomaticFix {
  return {
    id: 'close',
    class: 'A',
    description: 'give it to root, and let nobody else write to it',
    commands: [
      ['chown', '-h', 'root:root', path],
      ['chmod', 'go-w', path],
    ],
    reversible: true,
    needsRoot: true,
    async apply({ host }) {
      await host.setOwner(path, { uid: 0, gid: 0 });
      await host.setMode(path, (facts?.mode ?? 0) & ~(GROUP_WRITES | OTHERS_WRITE));
    },
  };
}

/** `/run/x: owner 1000, mode 0777` */
export function describeWaypoint({ facts, isHidden }: Waypoint): string {
  if (facts === undefined) return isHidden ? 'may not be seen' : 'missing';
  return `owner ${facts.uid}, group ${facts.gid}, mode ${facts.mode.toString(8).padStart(4, '0')}`;
}
