import type { Host } from '../host/host.ts';
import type { Mount } from '../host/mounts.ts';

/** What the kernel says about itself and about this process. It explains a failed attempt; it proves nothing. */
export interface KernelFacts {
  /** The value of each sysctl that there is. */
  readonly sysctls: Readonly<Record<string, string | undefined>>;
  /** Kinds of namespaces that the running kernel does not have. */
  readonly missingNamespaces: readonly string[];
  /** The fields of `/proc/self/status`. */
  readonly status: Readonly<Record<string, string>>;
  readonly appArmorProfile: string | undefined;
  readonly isRoot: boolean;
  /** Undefined when this process may not see it. */
  readonly isChrooted: boolean | undefined;
  readonly mounts: readonly Mount[];
}

const NAMESPACES = ['user', 'pid', 'mnt', 'net', 'ipc', 'uts'];
const SYSCTLS = [
  ...NAMESPACES.map(name => `user/max_${name}_namespaces`),
  'kernel/unprivileged_userns_clone',
  'kernel/apparmor_restrict_unprivileged_userns',
];

export async function readKernelFacts(host: Host, uid: number): Promise<KernelFacts> {
  const [sysctls, missingNamespaces, status, appArmor, isChrooted, mounts] = await Promise.all([
    readSysctls(host),
    findMissingNamespaces(host),
    host.readText('/proc/self/status'),
    host.readText('/proc/self/attr/apparmor/current'),
    isChrootedHere(host),
    host.readMounts(),
  ]);
  return {
    sysctls,
    missingNamespaces,
    status: parseStatus(status ?? ''),
    appArmorProfile: appArmor?.trim(),
    isRoot: uid === 0,
    isChrooted,
    mounts,
  };
}

async function readSysctls(host: Host): Promise<KernelFacts['sysctls']> {
  const entries = await Promise.all(
    SYSCTLS.map(async name => [name, (await host.readText(`/proc/sys/${name}`))?.trim()] as const),
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

async function findMissingNamespaces(host: Host): Promise<readonly string[]> {
  const looks = await Promise.all(NAMESPACES.map(name => host.look(`/proc/self/ns/${name}`)));
  return NAMESPACES.filter((_, index) => looks[index] === undefined);
}

function parseStatus(text: string): Readonly<Record<string, string>> {
  const fields = text.split('\n').map(line => line.split(':\t'));
  return Object.fromEntries(fields.filter(field => field.length === 2));
}

/** Compares with the root of PID 1, which is blind when PID 1 is in the same chroot. */
async function isChrootedHere(host: Host): Promise<boolean | undefined> {
  const same = await host.isSameFile('/proc/1/root/.', '/');
  return same === undefined ? undefined : !same;
}
