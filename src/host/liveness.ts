import { unlessMissing } from './durable-files.ts';
import type { Files } from './files.ts';
import type { Mounts } from './mounts.ts';
import type { Init } from './services.ts';

export interface Liveness {
  /** Whether this host runs, so that a service can start on it and builds be isolated: no image, and no chroot. */
  isLive(): Promise<boolean>;
  /** Which init system runs this host; programs of another one that lie around do not count. */
  findInit(): Promise<Init>;
  /** The same; where this host does not run, which one will when it is booted, as far as its files tell. */
  findBootInit(): Promise<Init>;
}

interface Host extends Pick<Files, 'look' | 'readLink' | 'isSameFile'>, Mounts {
  readonly root: string;
}

export function createLiveness(host: Host): Liveness {
  return {
    isLive: () => isLive(host),
    findInit: () => findRunningInit(host),
    findBootInit: async () => {
      const installed = (await isLive(host)) ? 'none' : await findInstalledInit(host);
      return installed === 'none' ? await findRunningInit(host) : installed;
    },
  };
}

/** In a chroot the root of process 1 is another one, or nothing is mounted at `/` as far as can be seen. */
async function isLive({ root, isSameFile, readMounts }: Host): Promise<boolean> {
  if (root !== '/') return false;
  if ((await isSameFile('/proc/1/root', '/')) === false) return false;
  // Without /proc nothing can be told, and nothing be isolated.
  const mounts = (await unlessMissing(readMounts())) ?? [];
  return mounts.some(({ mountPoint }) => mountPoint === '/');
}

async function findRunningInit({ look }: Host): Promise<Init> {
  if ((await look('/run/systemd/system'))?.kind === 'directory') return 'systemd';
  if ((await look('/run/openrc/softlevel'))?.kind === 'file') return 'openrc';
  return 'none';
}

/** What `/sbin/init` is decides; OpenRC's is a program of its own name or sysvinit's. */
async function findInstalledInit({ look, readLink }: Host): Promise<Init> {
  const has = async (...paths: readonly string[]) =>
    (await Promise.all(paths.map(look))).some(facts => facts !== undefined);
  const inits = await Promise.all(['/sbin/init', '/usr/sbin/init'].map(readLink));
  if (inits.some(target => target?.includes('systemd'))) return 'systemd';
  if (await has('/sbin/openrc-run', '/usr/sbin/openrc-run')) return 'openrc';
  if (await has('/usr/lib/systemd/systemd', '/lib/systemd/systemd')) return 'systemd';
  return 'none';
}
