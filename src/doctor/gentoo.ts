import { hasPortage } from '../env/read-portage.ts';
import type { Host } from '../host/host.ts';
import type { Skip } from './check.ts';

/** What the checks of the Gentoo group look at. */

const NOT_GENTOO: Skip = { skip: 'Portage is not installed here' };

/** The reason to look no further, where this host has no Portage. */
export async function unlessGentoo(host: Host): Promise<Skip | undefined> {
  return (await hasPortage(host)) ? undefined : NOT_GENTOO;
}

export interface ConfigurationFile {
  readonly file: string;
  readonly text: string;
}

const DEPTH = 4;

/** What stands at `path`, which may be a file or a folder of files; Portage passes over backups and hidden ones. */
export async function readPortageFiles(
  host: Host,
  path: string,
  depth = DEPTH,
): Promise<readonly ConfigurationFile[]> {
  const isFolder = (await host.list(`${path}/.`).catch(() => [])).length > 0;
  if (!isFolder) {
    const text = await host.readText(path).catch(() => undefined);
    return text === undefined ? [] : [{ file: path, text }];
  }
  if (depth === 0) return [];
  const names = (await host.list(path)).filter(name => !/^\.|~$/u.test(name));
  const found = await Promise.all(
    names.map(name => readPortageFiles(host, `${path}/${name}`, depth - 1)),
  );
  return found.flat();
}

/** A section of repos.conf. */
export interface Repository {
  readonly name: string;
  readonly file: string;
  readonly location: string | undefined;
  readonly syncUri: string | undefined;
}

export async function readRepositories(host: Host): Promise<readonly Repository[]> {
  const files = await readPortageFiles(host, '/etc/portage/repos.conf');
  return files.flatMap(parseRepositories).filter(({ name }) => name !== 'DEFAULT');
}

function parseRepositories({ file, text }: ConfigurationFile): readonly Repository[] {
  return text
    .split(/^\s*\[/mu)
    .slice(1)
    .map(section => ({
      name: section.split(']', 1)[0]?.trim() ?? '',
      file,
      location: fieldOf(section, 'location'),
      syncUri: fieldOf(section, 'sync-uri'),
    }));
}

function fieldOf(section: string, key: string): string | undefined {
  return new RegExp(`^\\s*${key}\\s*[=:]\\s*(.*?)\\s*$`, 'mu').exec(section)?.[1];
}

/** Packages that bring a store daemon; a repository with one of them is an overlay that the host has for it. */
const STORE_PACKAGES = ['tenon', 'nix', 'lix', 'guix'];

export async function hasStorePackage(host: Host, { location }: Repository): Promise<boolean> {
  if (location === undefined || !location.startsWith('/')) return false;
  const looks = await Promise.all(
    STORE_PACKAGES.map(name => host.look(`${location}/sys-apps/${name}`).catch(() => undefined)),
  );
  return looks.some(facts => facts !== undefined);
}

/** The installed versions of a package, such as `tenon` in `sys-apps`. */
export async function installedVersions(
  host: Host,
  category: string,
  name: string,
): Promise<readonly string[]> {
  const folders = await host.list(`/var/db/pkg/${category}`).catch(() => []);
  return folders.flatMap(folder => {
    const rest = folder.startsWith(`${name}-`) ? folder.slice(name.length + 1) : '';
    return /^\d/u.test(rest) ? [rest] : [];
  });
}
