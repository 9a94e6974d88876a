import { messageOf } from '../base/errors.ts';
import type { Host } from '../host/host.ts';
import { parseAssignments, type Variables } from './environment.ts';
import type { Audience, Source } from './findings.ts';

const MAX_FILE_BYTES = 16 * 1024 * 1024;

interface FileKind {
  /** A file, or a folder with a slash at its end. */
  readonly path: string;
  readonly audience: Audience;
  parse(text: string): Variables;
}

const FILES: readonly FileKind[] = [
  { path: '/etc/profile.env', audience: 'everything', parse: parseAssignments },
  { path: '/etc/env.d/', audience: 'everything', parse: parseAssignments },
  { path: '/etc/environment', audience: 'session', parse: parseAssignments },
  { path: '/etc/environment.d/', audience: 'session', parse: parseAssignments },
  {
    path: '/etc/ld.so.preload',
    audience: 'loader',
    parse: text => new Map([['LD_PRELOAD', text.trim()]]),
  },
];

export interface StaticFiles {
  readonly sources: readonly Source[];
  /** Files that could not be read, and why. */
  readonly remarks: readonly string[];
}

/** Everything that sets variables before anybody logs in; `home` is that of the user who is looked at. */
export async function readStaticFiles(host: Host, home: string | undefined): Promise<StaticFiles> {
  const own: FileKind = {
    path: `${home}/.config/environment.d/`,
    audience: 'session',
    parse: parseAssignments,
  };
  const kinds = home?.startsWith('/') ? [...FILES, own] : FILES;
  const read = await Promise.all(kinds.map(kind => readKind(host, kind)));
  return {
    sources: read.flatMap(({ sources }) => sources),
    remarks: read.flatMap(({ remarks }) => remarks),
  };
}

async function readKind(host: Host, kind: FileKind): Promise<StaticFiles> {
  if (!kind.path.endsWith('/')) return await readOne(host, kind, kind.path);
  const names = await host.list(kind.path).catch(() => []);
  const read = await Promise.all(
    names.filter(isRead).map(name => readOne(host, kind, `${kind.path}${name}`)),
  );
  return {
    sources: read.flatMap(({ sources }) => sources),
    remarks: read.flatMap(({ remarks }) => remarks),
  };
}

/** env-update and systemd pass over the backups of editors, and over pending updates. */
function isRead(name: string): boolean {
  return !/^[.#]|~$|\.bak$/u.test(name);
}

async function readOne(
  host: Host,
  { audience, parse }: FileKind,
  path: string,
): Promise<StaticFiles> {
  try {
    const facts = await host.look(path);
    if (facts === undefined || facts.kind === 'directory') return { sources: [], remarks: [] };
    if (facts.sizeBytes > MAX_FILE_BYTES)
      return { sources: [], remarks: [`${path} was not read: it has ${facts.sizeBytes} bytes`] };
    const text = (await host.readText(path)) ?? '';
    return { sources: [{ name: path, audience, variables: parse(text) }], remarks: [] };
  } catch (error) {
    return { sources: [], remarks: [`${path} was not read: ${messageOf(error)}`] };
  }
}
