import { join } from 'node:path';
import type { Files } from '../host/files.ts';
import { places } from './places.ts';

/** A symbolic link, and where it leads. */
export interface ServiceLink {
  readonly path: string;
  readonly target: string;
}

const RUNLEVELS = '/etc/runlevels';

/** The links that start a service, or one of its units, at boot: those of systemd and of OpenRC. */
export async function findServiceLinks(
  files: Files,
  names: readonly string[],
): Promise<readonly ServiceLink[]> {
  const folders = [
    ...(await foldersIn(files, places.systemdUnits, name => /\.(?:wants|requires)$/u.test(name))),
    ...(await foldersIn(files, RUNLEVELS, () => true)),
  ];
  const paths = folders.flatMap(folder => names.map(name => join(folder, name)));
  return await readLinks(files, paths);
}

/** Those of the paths that are symbolic links. */
async function readLinks(files: Files, paths: readonly string[]): Promise<readonly ServiceLink[]> {
  const targets = await Promise.all(paths.map(path => files.readLink(path)));
  return paths.flatMap((path, index) => {
    const target = targets[index];
    return target === undefined ? [] : [{ path, target }];
  });
}

async function foldersIn(
  files: Files,
  parent: string,
  isWanted: (name: string) => boolean,
): Promise<readonly string[]> {
  return (await files.list(parent)).filter(isWanted).map(name => join(parent, name));
}

/** The units that systemd has of a service. */
export function unitsOf(service: string): readonly string[] {
  return [`${service}.service`, `${service}.socket`];
}
