import { setTimeout as sleep } from 'node:timers/promises';
import type { Files } from './files.ts';
import type { Run } from './processes.ts';
import type { Running } from './running.ts';

export type Init = 'systemd' | 'openrc' | 'none';

/** The one service of this program, as the host's init system sees it. */
export interface ServiceManager {
  isEnabled(): Promise<boolean>;
  isActive(): Promise<boolean>;
  /** Which of its units run. */
  listActive(): Promise<readonly string[]>;
  /** Starts some of its units, in that order. */
  startUnits(units: readonly string[]): Promise<void>;
  enable(): Promise<void>;
  disable(): Promise<void>;
  /** Asks for a start. That it succeeded says nothing about whether the daemon answers. */
  start(): Promise<void>;
  /** Waits until the daemon has drained. */
  stop(): Promise<void>;
  /** The last lines of what the service had to say, as far as they can be found. */
  readLog(): Promise<string>;
  /** Whether the init system has anything of it, and be it that it failed. */
  isKnown(): Promise<boolean>;
  /** Makes the init system read its service files again. */
  reload(): Promise<void>;
  /** Asks a daemon that can to let another one take over; that comes later, if it comes. */
  handOver(): Promise<void>;
}

export interface Services {
  serviceManager(init: Init, service: string): ServiceManager;
  /** The service manager that systemd runs for a user who is logged in. */
  userServiceManager(uid: number, service: string): ServiceManager;
  hasUserManager(uid: number): Promise<boolean>;
}

interface ServiceHost {
  readonly root: string;
  readonly files: Files;
  readonly run: Run;
  readonly running: Running;
}

export function createServices(host: ServiceHost): Services {
  const { files, run } = host;
  return {
    hasUserManager: async uid =>
      (await files.look(`${runtimeDir(uid)}/systemd/private`)) !== undefined,
    userServiceManager: (uid, service) => {
      const env = { XDG_RUNTIME_DIR: runtimeDir(uid) };
      const runAs: Run = ([program = '', ...args], options) =>
        run([program, '--user', ...args], { ...options, env });
      return systemdManager(runAs, [`${service}.service`]);
    },
    serviceManager: (init, service) => {
      switch (init) {
        case 'systemd':
          return systemdManager(run, [`${service}.socket`, `${service}.service`]);
        case 'openrc':
          return openrcManager(host, service);
        case 'none':
          return NO_MANAGER;
        default:
          return init satisfies never;
      }
    },
  };
}

const LOG_LINES = 8;

function runtimeDir(uid: number): string {
  return `/run/user/${uid}`;
}

/**
 * The socket unit is what is enabled and started: systemd starts the service at the first connection, and keeps
 * accepting connections while the service restarts.
 */
function systemdManager(run: Run, units: readonly string[]): ServiceManager {
  const [socket = ''] = units;
  const service = units.at(-1) ?? '';
  const systemctl = async (args: readonly string[], accept?: readonly number[]) =>
    (await run(['systemctl', '--quiet', ...args], { accept })).status;
  return {
    isEnabled: async () => (await systemctl(['is-enabled', socket], [0, 1, 4])) === 0,
    isActive: async () => (await systemctl(['is-active', socket], [0, 3, 4])) === 0,
    listActive: async () => {
      const states = await Promise.all(
        units.map(unit => systemctl(['is-active', unit], [0, 3, 4])),
      );
      return units.filter((_, index) => states[index] === 0);
    },
    startUnits: async wanted => {
      for (const unit of wanted) await systemctl(['start', unit]);
    },
    enable: async () => void (await systemctl(['enable', socket])),
    // Not the service: beside a script in /etc/init.d, systemctl disables that one alone, or gives up.
    disable: async () => void (await systemctl(['disable', socket], [0, 1, 4, 5])),
    start: async () => {
      await systemctl(['reset-failed', ...units], [0, 1, 4, 5]);
      await systemctl(['start', socket]);
    },
    stop: async () => {
      await systemctl(['stop', ...units], [0, 5]);
      await systemctl(['reset-failed', ...units], [0, 1, 4, 5]);
    },
    readLog: async () => {
      const argv = ['journalctl', '-b', '-u', service, '-n', `${LOG_LINES}`, '-o', 'cat', '-q'];
      return (await run([...argv, '--no-pager'], { accept: [0, 1] })).stdout;
    },
    isKnown: async () => {
      const argv = ['systemctl', 'list-units', '--all', '--plain', '--no-legend', ...units];
      return (await run(argv)).stdout.trim() !== '';
    },
    reload: async () => void (await systemctl(['daemon-reload'])),
    handOver: async () => void (await systemctl(['reload', service])),
  };
}

/** Exit statuses: system-tests.md, chapter 6. */
const OPENRC_STOPPED = 3;
const OPENRC_CRASHED = 32;
/** Started, and its supervisor is dead: it can neither be started nor stopped. */
const OPENRC_UNSUPERVISED = 64;
const NOT_KNOWN = { accept: [0, 1, 255] };

function openrcManager(host: ServiceHost, service: string): ServiceManager {
  const { files, run } = host;
  const rcService = async (command: string, accept?: readonly number[]) =>
    (await run(['rc-service', '--quiet', service, command], { accept })).status;
  const status = () =>
    rcService('status', [0, 1, OPENRC_STOPPED, OPENRC_CRASHED, OPENRC_UNSUPERVISED]);
  const isLost = (code: number) => code === OPENRC_CRASHED || code === OPENRC_UNSUPERVISED;
  const hasScript = async () => (await files.look(`/etc/init.d/${service}`)) !== undefined;
  return {
    isEnabled: async () =>
      (await files.look(`/etc/runlevels/default/${service}`))?.kind === 'symlink',
    isActive: async () => (await status()) === 0,
    listActive: async () => ((await hasScript()) && (await status()) === 0 ? [service] : []),
    startUnits: async wanted => {
      for (const unit of wanted) await run(['rc-service', '--quiet', unit, 'start']);
    },
    enable: async () => void (await run(['rc-update', 'add', service, 'default'])),
    disable: async () => void (await run(['rc-update', 'del', service], { accept: [0, 1] })),
    start: async () => {
      const before = await status();
      // A crashed service may still have a supervisor, or a daemon that has lost its socket.
      if (before === OPENRC_CRASHED) await rcService('stop', [0, 1]);
      if (isLost(before)) await rcService('zap');
      if (before !== 0) await endLostProcesses(host, service);
      await rcService('start');
    },
    stop: async () => {
      if (!(await hasScript())) return;
      const before = await status();
      if (before === OPENRC_UNSUPERVISED) await rcService('zap');
      else if (before !== OPENRC_STOPPED) await rcService('stop');
      await endLostProcesses(host, service);
    },
    readLog: async () => {
      const lines = ((await files.readText(openrcLog(service))) ?? '').trimEnd().split('\n');
      return lines.slice(-LOG_LINES).join('\n');
    },
    isKnown: async () => (await run(['rc-service', '--exists', service], NOT_KNOWN)).status === 0,
    reload: async () => {},
    handOver: async () => void (await rcService('reload')),
  };
}

/** As long as the service gives its builds to end. */
const END_TIMEOUT_MS = 300_000;
const LOOK_EVERY_MS = 50;

/**
 * Ends what OpenRC started for a service and has lost sight of: a supervisor that it calls stopped, a daemon whose
 * supervisor died. As long as they run, the service cannot start, or starts a second daemon.
 */
async function endLostProcesses({ root, running }: ServiceHost, service: string): Promise<void> {
  if (root !== '/') return;
  const limit = AbortSignal.timeout(END_TIMEOUT_MS);
  const told = new Set<number>();
  for (;;) {
    const left = await running.findServiceProcesses(service);
    if (left.length === 0) return;
    for (const pid of left) {
      if (limit.aborted) running.kill(pid, 'SIGKILL');
      else if (!told.has(pid)) running.kill(pid, 'SIGTERM');
      told.add(pid);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** Where the OpenRC script of a service has its output written to. */
export function openrcLog(service: string): string {
  return `/var/log/${service}.log`;
}

/** A host whose services somebody else starts. */
const NO_MANAGER: ServiceManager = {
  isEnabled: async () => false,
  isActive: async () => false,
  listActive: async () => [],
  startUnits: async () => {},
  enable: async () => {},
  disable: async () => {},
  start: async () => {},
  stop: async () => {},
  readLog: async () => '',
  isKnown: async () => false,
  reload: async () => {},
  handOver: async () => {},
};
