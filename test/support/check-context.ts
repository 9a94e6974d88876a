import { readSetupState } from '../../src/cli/setup-state.ts';
import { createTools } from '../../src/cli/tools.ts';
import { storeLayout } from '../../src/config/layout.ts';
import { defaultSettings } from '../../src/config/settings.ts';
import type { CheckContext, ProbeStep } from '../../src/doctor/context.ts';
import { createHostLooks } from '../../src/doctor/host-looks.ts';
import { checkEnvironment } from '../../src/env/check.ts';
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

const NEVER = new AbortController().signal;
const DAEMON_PID = 4711;
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
/** A process that this machine's /proc does not have, so that nobody is blamed. */
const CALLER = { pid: 2 ** 30, uid: 0, signal: new AbortController().signal };

/** A healthy host with two build users, which a test breaks before or with `changes`. */
export function checkContext(
  { host }: FixtureHost,
  changes: Partial<CheckContext> = {},
): CheckContext {
  const layout = storeLayout({});
  const service = 'tenon-daemon';
  const buildUsers = { group: 'nixbld', base: 30_000, names: ['nixbld1', 'nixbld2'] };
  const looks = createHostLooks({
    host,
    uid: 0,
    layout,
    own: undefined,
    service,
    buildUsers,
    signal: NEVER,
  });
  return {
    host,
    uid: 0,
    gids: [0],
    env: {},
    own: undefined,
    layout,
    settings: defaultSettings(PLAIN_MACHINE),
    userSettings: defaultSettings(PLAIN_MACHINE),
    nowMs: Date.now(),
    configuration: { problems: [], warnings: [] },
    socketPath: '/nix/var/nix/daemon-socket/socket',
    service,
    buildUsers,
    sandbox: { file: '/etc/nix/nix.conf', value: 'true' },
    probeSandbox: async () => attempts(),
    refusesQueries: async () => false,
    readSpace: async () => BIG_DISK,
    schemaVersion: 10,
    readVersion: async () => '1.0.0',
    readSetupState: () => readSetupState({ ...createTools(layout, host.root), host }),
    ...looks,
    askTrust: async () => true,
    readKernelFacts: async () => ({ ...(await looks.readKernelFacts()), mounts: PLAIN_MOUNTS }),
    greetDaemon: async () => ({ version: '1.0.0', listenerPid: DAEMON_PID, trusted: true }),
    findDaemonProcess: async () => ({
      pid: DAEMON_PID,
      maxOpenFiles: { soft: 1_048_576, hard: 1_048_576 },
      program: '/usr/bin/node',
      environment: new Map(),
    }),
    readEnvironment: () =>
      checkEnvironment(host, { ...CALLER, env: changes.env ?? {} }, { scope: 'any' }),
    ...changes,
  };
}
