import { posix } from 'node:path';
import { hasCode } from '../base/errors.ts';
import type { FileFacts, Files } from '../host/files.ts';

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

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Whom root must not trust: somebody else can replace what is there. Links are as safe as where they are. */
export function isForeign({ facts }: Waypoint): boolean {
  if (facts === undefined) return false;
  if (facts.uid !== 0) return true;
  if (facts.kind === 'symlink') return false;
  const isShared = (facts.mode & WRITABLE_BY_OTHERS) !== 0;
  return isShared && !(facts.kind === 'directory' && (facts.mode & STICKY) !== 0);
}

/** `/run/x: owner 1000, mode 0777` */
export function describeWaypoint({ facts, isHidden }: Waypoint): string {
  if (facts === undefined) return isHidden ? 'may not be seen' : 'missing';
  return `owner ${facts.uid}, group ${facts.gid}, mode ${facts.mode.toString(8).padStart(4, '0')}`;
}
