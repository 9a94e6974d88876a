import type { Host } from '../host/host.ts';
import type { Init } from '../host/services.ts';

/** What the init system believes of the service; whether that is so, others have to find out. */
export interface ServiceState {
  readonly init: Init;
  /** The script or unit that describes the service; undefined when the init system knows none. */
  readonly definition: string | undefined;
  readonly isEnabled: boolean;
  readonly isActive: boolean;
  /** The process that the init system watches. */
  readonly pid: number | undefined;
  /** Whether that process is there, as far as can be seen. */
  readonly isWatched: boolean;
  /** The program that the service starts. */
  readonly program: string | undefined;
  /** How many files systemd lets it open; undefined when it says nothing of it. */
  readonly maxOpenFiles: number | undefined;
  /** Files of administrators that change the unit. */
  readonly dropIns: readonly string[];
}

export async function readServiceState(host: Host, service: string): Promise<ServiceState> {
  const init = await host.findInit();
  switch (init) {
    case 'systemd':
      return await readSystemd(host, service);
    case 'openrc':
      return await readOpenrc(host, service);
    case 'none':
      return { init, ...NO_SERVICE };
    default:
      return init satisfies never;
  }
}

/** What there is to know where the init system has no part in it. */
export const NO_SERVICE = {
  definition: undefined,
  isEnabled: false,
  isActive: false,
  pid: undefined,
  isWatched: false,
  program: undefined,
  maxOpenFiles: undefined,
  dropIns: [],
};

const PROPERTIES = [
  'FragmentPath',
  'UnitFileState',
  'ActiveState',
  'MainPID',
  'ExecStart',
  'LimitNOFILE',
  'DropInPaths',
];
/** Not `static`: such a unit is only started by another one. */
const ENABLED_STATES = ['enabled', 'alias'];

/** The socket unit is what is enabled and started; the service unit has the program. */
async function readSystemd(host: Host, name: string): Promise<ServiceState> {
  const argv = ['systemctl', 'show', '-p', PROPERTIES.join(',')];
  const { stdout } = await host.run([...argv, `${name}.socket`, `${name}.service`]);
  const [socket, service] = stdout.split('\n\n').map(parseProperties);
  const pid = Number(service?.get('MainPID'));
  return {
    init: 'systemd',
    definition: service?.get('FragmentPath') || undefined,
    isEnabled: [socket, service].some(unit =>
      ENABLED_STATES.includes(unit?.get('UnitFileState') ?? ''),
    ),
    isActive: [socket, service].some(unit => unit?.get('ActiveState') === 'active'),
    pid: pid > 0 ? pid : undefined,
    isWatched: true,
    program: /\bpath=(\S+)/u.exec(service?.get('ExecStart') ?? '')?.[1],
    maxOpenFiles: parseLimit(service?.get('LimitNOFILE')),
    dropIns: (service?.get('DropInPaths') ?? '').split(' ').filter(Boolean),
  };
}

function parseLimit(text = ''): number | undefined {
  return text === '' ? undefined : text === 'infinity' ? Number.POSITIVE_INFINITY : Number(text);
}

function parseProperties(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').map(line => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)] as const;
    }),
  );
}

/** From OpenRC's own records, because asking it runs the script. */
async function readOpenrc(host: Host, name: string): Promise<ServiceState> {
  const definition = `/etc/init.d/${name}`;
  const script = await host.readText(definition);
  const levels = await host.list('/etc/runlevels');
  const links = await Promise.all(
    levels.map(level => host.look(`/etc/runlevels/${level}/${name}`)),
  );
  const pid = Number.parseInt((await host.readText(`/run/${name}.pid`)) ?? '', 10);
  return {
    init: 'openrc',
    definition: script === undefined ? undefined : definition,
    isEnabled: links.some(link => link !== undefined),
    isActive: (await host.look(`/run/openrc/started/${name}`)) !== undefined,
    pid: pid > 0 ? pid : undefined,
    isWatched: !(pid > 0) || (await host.look(`/proc/${pid}`)) !== undefined,
    program: /^command=["']?([^"'\n]+)/mu.exec(script ?? '')?.[1],
    maxOpenFiles: undefined,
    dropIns: [],
  };
}
