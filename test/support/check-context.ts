import { storeLayout } from '../../src/config/layout.ts';
import { defaultSettings } from '../../src/config/settings.ts';
import type { CheckContext, ProbeStep } from '../../src/doctor/context.ts';
import { readKernelFacts } from '../../src/doctor/kernel-facts.ts';
import { checkEnvironment } from '../../src/env/check.ts';
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

/** A process that this machine's /proc does not have, so that nobody is blamed. */
const CALLER = { pid: 2 ** 30, uid: 0, signal: new AbortController().signal };

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
    configuration: { problems: [], warnings: [] },
    nowMs: Date.now(),
    socketPath: '/nix/var/nix/daemon-socket/socket',
    service: 'tenon-daemon',
    buildUsers: { group: 'nixbld', names: ['nixbld1', 'nixbld2'] },
    sandbox: { file: '/etc/nix/nix.conf', value: 'true' },
    probeSandbox: async () => attempts(),
    readKernelFacts: () => readKernelFacts(host, 0),
    readEnvironment: () =>
      checkEnvironment(host, { ...CALLER, env: changes.env ?? {} }, { scope: 'any' }),
    handshake: async () => undefined,
    ...changes,
  };
}
