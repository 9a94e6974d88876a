import { posix } from 'node:path';
import { mapLimit } from '../base/async.ts';
import type { Host } from '../host/host.ts';
import type { Variables } from './environment.ts';
import { pathsIn } from './foreign.ts';

type LinkReader = Pick<Host, 'readLink'>;

/** More than anybody sets on purpose; a hostile value shall not make us look at a million paths. */
const PATHS_AT_MOST = 5000;
const AT_ONCE = 16;
/** As the kernel: path_resolution(7). */
const LINKS_AT_MOST = 40;

export interface Links {
  /** Where each path that leads somewhere else leads. */
  readonly targets: ReadonlyMap<string, string>;
  /** How many paths were not looked at. */
  readonly leftOut: number;
}

/** Follows the links in all paths that the values name, within the host's root. */
export async function followLinks(host: LinkReader, sources: readonly Variables[]): Promise<Links> {
  const paths = new Set(
    sources.flatMap(variables =>
      [...variables.values()].flatMap(value => [...pathsIn(value).values()]),
    ),
  );
  const chosen = [...paths].slice(0, PATHS_AT_MOST);
  const readLink = remembered(host);
  const found = await mapLimit(
    chosen,
    AT_ONCE,
    async path => [path, await follow(path, readLink)] as const,
  );
  const targets = new Map(found.filter(([path, target]) => target !== path));
  return { targets, leftOut: paths.size - chosen.length };
}

type ReadLink = (path: string) => Promise<string | undefined>;

function remembered(host: LinkReader): ReadLink {
  const seen = new Map<string, Promise<string | undefined>>();
  return path => {
    const known = seen.get(path) ?? readable(host, path);
    seen.set(path, known);
    return known;
  };
}

/** What cannot be looked at leads nowhere: folders of other users, names too long for a file. */
async function readable(host: LinkReader, path: string): Promise<string | undefined> {
  return await host.readLink(path).catch(() => undefined);
}

async function follow(path: string, readLink: ReadLink): Promise<string> {
  let done = '/';
  let rest = path.split('/').filter(Boolean);
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...others] = rest;
    const next = posix.join(done, name);
    const target = links < LINKS_AT_MOST ? await readLink(next) : undefined;
    if (target === undefined) {
      done = next;
      rest = others;
      continue;
    }
    links += 1;
    rest = [...target.split('/').filter(Boolean), ...others];
    if (target.startsWith('/')) done = '/';
  }
  return done;
}
