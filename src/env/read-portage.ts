import { messageOf } from '../base/errors.ts';
import type { Host } from '../host/host.ts';
import { parseAssignments } from './environment.ts';
import { type PortageFacts, TABLE_DATE, tableFacts } from './portage.ts';

const LIBRARIES = ['/usr/lib', '/usr/lib64', '/usr/local/lib'];
const LISTS = 'portage/package/ebuild/_config/special_env_vars.py';
const PACKAGES = '/var/db/pkg/sys-apps';
const PORTAGEQ = '/usr/bin/portageq';
const MAX_LISTS_BYTES = 1024 * 1024;

/** What the Portage of this host does with variables: its own lists, and what it says that ENV_UNSET is. */
export async function readPortage(host: Host, signal: AbortSignal): Promise<PortageFacts> {
  const [isPresent, lists, unset, version, setsPath] = await Promise.all([
    hasPortage(host),
    readLists(host),
    askEnvUnset(host, signal),
    findVersion(host),
    readsPathFromEnvD(host),
  ]);
  return {
    ...(lists ?? tableFacts),
    isPresent,
    origin: lists === undefined ? 'table' : 'installed',
    version,
    ...unset,
    setsPath,
    remarks: [
      ...(lists === undefined
        ? [`no lists of an installed Portage were found: those of ${TABLE_DATE} are used`]
        : []),
      ...unset.remarks,
    ],
  };
}

export async function hasPortage(host: Host): Promise<boolean> {
  const found = await Promise.all(
    [PORTAGEQ, '/etc/portage/make.profile', '/usr/bin/emerge'].map(path => host.look(path)),
  );
  return found.some(facts => facts !== undefined);
}

type Lists = Pick<PortageFacts, 'blocked' | 'filtered' | 'whitelisted' | 'whitelistedStarts'>;

async function readLists(host: Host): Promise<Lists | undefined> {
  for (const file of await listCandidates(host)) {
    const facts = await host.look(file).catch(() => undefined);
    if (facts?.kind !== 'file' || facts.sizeBytes > MAX_LISTS_BYTES) continue;
    const lists = parseLists((await host.readText(file)) ?? '');
    if (lists !== undefined) return lists;
  }
  return undefined;
}

/** One for each Python that Portage is installed for, the newest first. */
async function listCandidates(host: Host): Promise<readonly string[]> {
  const folders = await Promise.all(
    LIBRARIES.map(async library =>
      (await host.list(library).catch(() => []))
        .filter(name => /^python3\.\d+$/u.test(name))
        .map(name => `${library}/${name}/site-packages/${LISTS}`),
    ),
  );
  const minor = (file: string) => Number(/python3\.(\d+)/u.exec(file)?.[1]);
  return folders.flat().sort((a, b) => minor(b) - minor(a));
}

/** Portage's own source: sets of names, `NAME = frozenset((…))` today and `NAME += […]` in older ones. */
function parseLists(text: string): Lists | undefined {
  const code = text.replace(/^\s*#.*$/gmu, '');
  const lists = {
    blocked: setOf(code, 'env_blacklist'),
    filtered: setOf(code, 'environ_filter'),
    whitelisted: setOf(code, 'environ_whitelist'),
  };
  if (Object.values(lists).some(names => names.size === 0)) return undefined;
  const starts = /^environ_whitelist_re\s*=.*?\^\(([A-Za-z0-9_|]+)\)/mu.exec(code)?.[1] ?? '';
  return { ...lists, whitelistedStarts: starts.split('|').filter(Boolean) };
}

function setOf(code: string, list: string): ReadonlySet<string> {
  const blocks = code.matchAll(new RegExp(`^${list}\\s*\\+?=([^=]*?)^\\s*[)\\]]+$`, 'gmu'));
  return new Set(
    [...blocks].flatMap(([, block = '']) =>
      [...block.matchAll(/["']([^"']+)["']/gu)].map(([, name = '']) => name),
    ),
  );
}

type Unset = Pick<PortageFacts, 'unset' | 'unsetOrigin' | 'remarks'>;

async function askEnvUnset(host: Host, signal: AbortSignal): Promise<Unset> {
  const table = (why: string): Unset => ({
    unset: tableFacts.unset,
    unsetOrigin: 'table',
    remarks: [`ENV_UNSET is that of the profiles of ${TABLE_DATE}: ${why}`],
  });
  if ((await host.look(PORTAGEQ)) === undefined) return table(`there is no ${PORTAGEQ}`);
  try {
    const { stdout } = await host.run([host.at(PORTAGEQ), 'envvar', 'ENV_UNSET'], { signal });
    return {
      unset: new Set(stdout.split(/\s+/u).filter(Boolean)),
      unsetOrigin: 'portageq',
      remarks: [],
    };
  } catch (error) {
    signal.throwIfAborted();
    return table(messageOf(error));
  }
}

async function findVersion(host: Host): Promise<string | null> {
  const names = await host.list(PACKAGES).catch(() => []);
  const name = names.find(each => /^portage-\d/u.test(each));
  return name?.slice('portage-'.length) ?? null;
}

async function readsPathFromEnvD(host: Host): Promise<boolean> {
  const text = await host.readText('/etc/profile.env').catch(() => undefined);
  return text === undefined ? tableFacts.setsPath : parseAssignments(text).has('PATH');
}
