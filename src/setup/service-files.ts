import { join } from 'node:path';
import { hostNames } from '../config/layout.ts';
import type { Init } from '../host/services.ts';
import { initFile } from './file-steps.ts';
import { places } from './places.ts';

interface ServiceFile {
  readonly file: string;
  /** Below `init/`. */
  readonly source: string;
  readonly mode: number;
  /** Whether the init system has to be told of a change. */
  readonly isUnit: boolean;
}

const { service } = hostNames;

/** The files by which an init system knows the service. */
export function serviceFiles(init: Init): readonly ServiceFile[] {
  switch (init) {
    case 'systemd':
      return [
        plain({ file: places.tmpfiles, source: 'tmpfiles.d/tenon.conf' }),
        unit(`${service}.service`),
        unit(`${service}.socket`),
      ];
    case 'openrc':
      return [
        {
          ...plain({
            file: join(places.openrcScripts, service),
            source: `openrc/${service}.initd`,
          }),
          mode: 0o755,
        },
        plain({ file: join(places.openrcSettings, service), source: `openrc/${service}.confd` }),
      ];
    case 'none':
      return [];
    default:
      return init satisfies never;
  }
}

/** The text of one; the files in `init/` name the command where packages put it. */
export function serviceFileText(initFiles: ReadonlyMap<string, string>, source: string): string {
  const text = initFile(initFiles, source);
  return text.replaceAll(places.packagedCommand, hostNames.commandFile);
}

/** The link that starts the service at boot. */
export function startLink(init: Exclude<Init, 'none'>): { path: string; target: string } {
  if (init === 'openrc') {
    const target = join(places.openrcScripts, service);
    return { path: join('/etc/runlevels/default', service), target };
  }
  const socket = `${service}.socket`;
  const path = join(places.systemdUnits, 'sockets.target.wants', socket);
  return { path, target: join(places.systemdUnits, socket) };
}

function plain(file: Pick<ServiceFile, 'file' | 'source'>): ServiceFile {
  return { ...file, mode: 0o644, isUnit: false };
}

function unit(name: string): ServiceFile {
  const file = join(places.systemdUnits, name);
  return { file, source: join('systemd', name), mode: 0o644, isUnit: true };
}
