import { readdir, readFile, readlink } from 'node:fs/promises';
import { mapLimit } from '../base/async.ts';

const AT_ONCE = 8;
const ENVIRON_PATH = '[0-9a-z]+[0-9a-zA-Z+\\-._?=]*';

/** A file that a process uses, by where the process names it. */
export interface RuntimePath {
  readonly path: string;
  readonly link: string;
}

/**
 * Everything below `directory` that running processes use: programs, working directories, open and mapped files. Takes
 * a while where there are many of them, and throws the signal's reason as soon as nobody wants to know any more.
 */
export async function listRuntimePaths(
  directory: string,
  signal: AbortSignal,
): Promise<RuntimePath[]> {
  const processes = (await readdir('/proc')).filter(name => /^\d+$/.test(name));
  const found = await mapLimit(processes, AT_ONCE, pid => {
    signal.throwIfAborted();
    return pathsOf(`/proc/${pid}`, directory, signal);
  });
  return found.flat();
}

async function pathsOf(
  process: string,
  directory: string,
  signal: AbortSignal,
): Promise<RuntimePath[]> {
  const fds = (await unlessGone(readdir(`${process}/fd`))) ?? [];
  const links = ['exe', 'cwd', ...fds.map(fd => `fd/${fd}`)].map(name => `${process}/${name}`);
  const targets = await mapLimit(links, AT_ONCE, async link => ({
    link,
    path: (await unlessGone(readlink(link))) ?? '',
  }));
  signal.throwIfAborted();
  const maps = (await unlessGone(readFile(`${process}/maps`, 'latin1'))) ?? '';
  const environ = (await unlessGone(readFile(`${process}/environ`, 'latin1'))) ?? '';
  const escaped = directory.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const mapped = maps.matchAll(/^\S+ \S+ \S+ \S+ \S+\s+(\/.*)$/gm);
  const named = environ.matchAll(new RegExp(`${escaped}/${ENVIRON_PATH}`, 'g'));
  return [
    ...targets,
    ...Array.from(mapped, ([, path = '']) => ({ link: `${process}/maps`, path })),
    ...Array.from(named, ([path]) => ({ link: `${process}/environ`, path })),
  ].filter(({ path }) => path.startsWith(`${directory}/`));
}

/** Processes come and go, and some may not be looked into. */
async function unlessGone<T>(attempt: Promise<T>): Promise<T | undefined> {
  return await attempt.catch(() => undefined);
}
