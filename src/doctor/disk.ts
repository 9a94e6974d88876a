import type { Attempt } from '../host/disks.ts';
import type { Mount } from '../host/mounts.ts';
import type { CheckContext } from './context.ts';

export type { Attempt, Mount };

/** Where a path is, or will be. */
export interface Place {
  /** The nearest thing that exists, without symbolic links. */
  readonly path: string;
  /** What is mounted there; undefined when the mount table does not reach it. */
  readonly mount: Mount | undefined;
}

export async function findPlace(
  { host, readKernelFacts }: CheckContext,
  path: string,
): Promise<Place> {
  const [existing, { mounts }] = await Promise.all([host.findExisting(path), readKernelFacts()]);
  return { path: existing, mount: findMount(mounts, existing) };
}

/** The mount that `path` is on: the innermost, and of several on one directory the last. */
export function findMount(mounts: readonly Mount[], path: string): Mount | undefined {
  const above = mounts.filter(
    ({ mountPoint }) => mountPoint === '/' || `${path}/`.startsWith(`${mountPoint}/`),
  );
  return above.reduce<Mount | undefined>(
    (best, mount) =>
      best === undefined || mount.mountPoint.length >= best.mountPoint.length ? mount : best,
    undefined,
  );
}

export function isReadOnly({ options, superOptions }: Mount): boolean {
  return options.includes('ro') || superOptions.includes('ro');
}

/** `tmpfs tmpfs on /tmp (rw,noexec)`, as mount(8) has it. */
export function describeMount({ fileSystem, source, mountPoint, options }: Mount): string {
  return `${fileSystem} ${source} on ${mountPoint} (${options.join(',')})`;
}

export const MIB = 2 ** 20;
export const GIB = 2 ** 30;

/** With the unit that leaves one to four digits before the point. */
export function formatBytes(bytes: number): string {
  if (bytes >= GIB) return `${(bytes / GIB).toFixed(1)} GiB`;
  return `${Math.floor(bytes / MIB)} MiB`;
}
