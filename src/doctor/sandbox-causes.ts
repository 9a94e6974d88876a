import type { ProbeStep } from '../host/enter.ts';
import type { Evidence, Fix } from './check.ts';
import type { KernelFacts } from './kernel-facts.ts';
import { setSysctl, sysctlName } from './sysctl.ts';

/** Why an attempt failed, and what to do about it. */
export interface Cause {
  /** The check that reports it. */
  readonly check: SandboxCheck;
  readonly cause: string;
  readonly evidence: readonly Evidence[];
  readonly fixes: readonly Fix[];
}

export type SandboxCheck =
  | 'sandbox.userns'
  | 'sandbox.chrooted'
  | 'sandbox.apparmor-userns'
  | 'sandbox.seccomp';

interface Rule {
  readonly steps: string;
  readonly results: readonly string[];
  explain(facts: KernelFacts): Cause | undefined;
}

/** The cause of a failed attempt. The errno narrows it down, the facts decide (host-checks.md, chapter 3). */
export function findCause({ step, result }: ProbeStep, facts: KernelFacts): Cause {
  for (const rule of RULES) {
    if (!rule.steps.includes(step) || !rule.results.includes(result)) continue;
    const cause = rule.explain(facts);
    if (cause !== undefined) return cause;
  }
  return UNKNOWN;
}

const ALL = 'ABCDEFG';

const RULES: readonly Rule[] = [
  {
    steps: ALL,
    results: ['EINVAL', 'ENOSYS'],
    explain: ({ missingNamespaces }) =>
      missingNamespaces.length === 0
        ? undefined
        : {
            check: 'sandbox.userns',
            cause: `the running kernel was built without ${missingNamespaces.join(', ')} namespaces`,
            evidence: missingNamespaces.map(name => seen(`/proc/self/ns/${name}`, 'missing')),
            fixes: [
              manual(
                'kernel-config',
                'build the kernel with CONFIG_NAMESPACES, CONFIG_USER_NS, CONFIG_PID_NS, CONFIG_NET_NS, CONFIG_UTS_NS and CONFIG_IPC_NS, and boot it',
              ),
            ],
          },
  },
  {
    steps: ALL,
    results: ['ENOSPC'],
    explain: ({ sysctls }) => {
      const zero = Object.keys(sysctls).find(
        name => name.startsWith('user/max_') && sysctls[name] === '0',
      );
      if (zero === undefined) return NESTED_TOO_DEEP;
      return {
        check: 'sandbox.userns',
        cause: `the limit ${sysctlName(zero)} is 0 (the kernel calls that "no space left on device")`,
        evidence: [seen(`/proc/sys/${zero}`, '0')],
        fixes: [setSysctl(zero, '15000')],
      };
    },
  },
  {
    steps: 'ABCEG',
    results: ['EPERM', 'EACCES'],
    explain: ({ sysctls }) =>
      sysctls['kernel/apparmor_restrict_unprivileged_userns'] === '1'
        ? {
            check: 'sandbox.apparmor-userns',
            cause: 'AppArmor takes away what a user namespace is for',
            evidence: [seen('/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1')],
            fixes: [setSysctl('kernel/apparmor_restrict_unprivileged_userns', '0')],
          }
        : undefined,
  },
  {
    steps: 'A',
    results: ['EPERM'],
    explain: ({ sysctls, isRoot }) =>
      sysctls['kernel/unprivileged_userns_clone'] === '0' && !isRoot
        ? {
            check: 'sandbox.userns',
            cause:
              'this kernel lets only root make user namespaces; the daemon runs as root and may',
            evidence: [seen('/proc/sys/kernel/unprivileged_userns_clone', '0')],
            fixes: [setSysctl('kernel/unprivileged_userns_clone', '1')],
          }
        : undefined,
  },
  {
    steps: 'A',
    results: ['EPERM'],
    explain: ({ isChrooted, mounts, isRoot, status }) => {
      const hasRootMount = mounts.some(({ mountPoint }) => mountPoint === '/');
      // Nothing but a chroot and a filter refuses it to root: that also finds one that PID 1 is in as well.
      const isOnlyReasonLeft = isRoot && status.Seccomp === '0';
      if (isChrooted !== true && hasRootMount && !isOnlyReasonLeft) return undefined;
      return {
        check: 'sandbox.chrooted',
        cause: 'this process is in a chroot, and the kernel makes no user namespace there',
        evidence: [
          hasRootMount
            ? chrootEvidence(isChrooted)
            : seen('/proc/self/mountinfo', 'has no mount at /'),
        ],
        fixes: [
          manual('leave-chroot', 'try again when the system was booted, or use systemd-nspawn'),
        ],
      };
    },
  },
  {
    steps: 'ABCDEFG',
    results: ['EACCES'],
    explain: ({ appArmorProfile }) =>
      appArmorProfile === undefined || appArmorProfile === '' || appArmorProfile === 'unconfined'
        ? undefined
        : {
            check: 'sandbox.apparmor-userns',
            cause: 'the AppArmor profile of this process forbids user namespaces',
            evidence: [seen('/proc/self/attr/apparmor/current', appArmorProfile)],
            fixes: [manual('apparmor-profile', 'add "userns," to the profile and load it again')],
          },
  },
  {
    steps: ALL,
    results: ['EPERM', 'ENOSYS', 'SIGSYS'],
    explain: ({ status }) =>
      status.Seccomp === '2'
        ? {
            check: 'sandbox.seccomp',
            cause: 'a seccomp filter forbids it, as container managers and hardened units set one',
            evidence: [seen('/proc/self/status', 'Seccomp: 2')],
            fixes: [
              manual(
                'seccomp',
                'start the container with a seccomp profile that allows namespaces, or take SystemCallFilter= and RestrictNamespaces= out of the unit',
              ),
            ],
          }
        : undefined,
  },
  {
    steps: 'B',
    results: ['EROFS', 'EPERM'],
    explain: ({ mounts, status }) =>
      mounts.some(({ mountPoint, options }) => mountPoint === '/proc' && options.includes('ro'))
        ? {
            check: 'sandbox.userns',
            cause: '/proc is read-only, so that no ids can be mapped',
            evidence: [seen('/proc/self/mountinfo', '/proc is mounted ro')],
            fixes: [
              command('proc-rw', 'mount it writable', ['mount', '-o', 'remount,bind,rw', '/proc']),
            ],
          }
        : missingCapability(status),
  },
  {
    steps: 'D',
    results: ['EINVAL'],
    explain: ({ mounts }) =>
      mounts.some(({ mountPoint }) => mountPoint === '/')
        ? undefined
        : {
            check: 'sandbox.chrooted',
            cause: 'the root directory of this process is not a mount point',
            evidence: [seen('/proc/self/mountinfo', 'has no mount at /')],
            fixes: [manual('root-mount', 'bind the root on itself before the chroot')],
          },
  },
  {
    steps: 'F',
    results: ['EINVAL'],
    explain: ({ mounts }) =>
      mounts.some(({ mountPoint, fileSystem }) => mountPoint === '/' && fileSystem === 'rootfs')
        ? {
            check: 'sandbox.userns',
            cause: 'the system runs from its initramfs, which no process can leave',
            evidence: [seen('/proc/self/mountinfo', '/ is rootfs')],
            fixes: [manual('switch-root', 'boot into a root file system of its own')],
          }
        : undefined,
  },
];

function chrootEvidence(isChrooted: boolean | undefined): Evidence {
  return isChrooted === true
    ? seen('/proc/1/root', 'is not the root of this process')
    : seen('/proc/self/status', 'Uid: 0, Seccomp: 0: only a chroot is left as the reason');
}

const NESTED_TOO_DEEP: Cause = {
  check: 'sandbox.userns',
  cause: 'user namespaces are nested too deep, 32 levels is the limit',
  evidence: [],
  fixes: [manual('less-nesting', 'run it in an outer container')],
};

const UNKNOWN: Cause = {
  check: 'sandbox.userns',
  cause: 'not known; the kernel log may say more',
  evidence: [],
  fixes: [command('kernel-log', 'look at the kernel log', ['dmesg'])],
};

const CAP_SETFCAP = 31n;

/** Mapping root's id takes this capability even for root. */
function missingCapability({ CapBnd }: KernelFacts['status']): Cause | undefined {
  if (CapBnd === undefined || (BigInt(`0x${CapBnd}`) & (1n << CAP_SETFCAP)) !== 0n)
    return undefined;
  return {
    check: 'sandbox.userns',
    cause: 'the capability CAP_SETFCAP was taken away, and without it no ids can be mapped',
    evidence: [seen('/proc/self/status', `CapBnd: ${CapBnd}`)],
    fixes: [
      manual('setfcap', 'give the container or the unit CAP_SETFCAP, CAP_SETUID and CAP_SETGID'),
    ],
  };
}

function seen(source: string, value: string): Evidence {
  return { source, value };
}

function command(id: string, description: string, argv: readonly string[]): Fix {
  return { id, class: 'C', description, commands: [argv], reversible: true, needsRoot: true };
}

function manual(id: string, description: string): Fix {
  return { id, class: 'M', description, commands: [], reversible: true, needsRoot: true };
}
