import { storeLayout } from '../../src/config/layout.ts';
import { defaultSettings } from '../../src/config/settings.ts';
import type { CheckContext, ProbeStep } from '../../src/doctor/context.ts';
import { readKernelFacts } from '../../src/doctor/kernel-facts.ts';
import { parseMountinfo } from '../../src/host/mounts.ts';
import type { FixtureHost } from './fixture-host.ts';

const STEPS =
  'A userns,B idmap,C pidns,D private,E procfs,F pivot,G netns,H rootproc,I pristine'.split(',');

/** What `enter --probe` says where all is well, but for the steps that are given. */
export function attempts(failures: Readonly<Record<string, string>> = {}): readonly ProbeStep[] {
  return STEPS.map(line => {
    const [step = '', name = ''] = line.split(' ');
    return { step, name, result: failures[step] ?? 'ok' };
  });
}

const PLAIN_MACHINE = {
  system: 'x86_64-linux',
  cpuCount: 2,
  isRoot: true,
  hasKvm: false,
  confDir: '/etc/nix',
};

/** A disk and what every system mounts, whatever the machine that runs the tests looks like. */
const PLAIN_MOUNTS = parseMountinfo(`
20 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
21 20 0:5 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
22 20 0:6 / /dev/shm rw,nosuid,nodev - tmpfs tmpfs rw
23 20 0:7 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime - cgroup2 cgroup2 rw
`);
const BIG_DISK = {
  totalBytes: 2 ** 40,
  freeBytes: 2 ** 39,
  inodes: 2 ** 26,
  freeInodes: 2 ** 25,
};

/** A healthy host with two build users, which a test breaks before or with `changes`. */
export function checkContext(
  { host }: FixtureHost,
  changes: Partial<CheckContext> = {},
): CheckContext {
  return {
    host,
    uid: 0,
    env: {},
    layout: storeLayout({}),
    settings: defaultSettings(PLAIN_MACHINE),
    userSettings: defaultSettings(PLAIN_MACHINE),
    nowMs: Date.now(),
    askTrust: async () => true,
    configuration: { problems: [], warnings: [] },
    socketPath: '/nix/var/nix/daemon-socket/socket',
    service: 'tenon-daemon',
    buildUsers: { group: 'nixbld', names: ['nixbld1', 'nixbld2'] },
    sandbox: { file: '/etc/nix/nix.conf', value: 'true' },
    probeSandbox: async () => attempts(),
    readKernelFacts: async () => ({ ...(await readKernelFacts(host, 0)), mounts: PLAIN_MOUNTS }),
    readSpace: async () => BIG_DISK,
    handshake: async () => undefined,
    ...changes,
  };
}
