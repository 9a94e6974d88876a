import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createHost, type Host } from '../../src/host/host.ts';
import { group } from '../../src/setup/actions/group.ts';
import { Journal } from '../../src/setup/journal.ts';
import { places } from '../../src/setup/places.ts';
import { createFixtureHost, type FixtureHost } from './fixture-host.ts';

export interface HealthyHost extends FixtureHost {
  link(path: string, target: string): void;
  /** A program of the host that is not to be run for real: these shell lines instead. */
  fake(program: string, script: string): void;
}

const SYSTEM_FOLDERS = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];
const TOOLS = ['groupadd', 'useradd', 'usermod', 'userdel', 'groupdel'];

const FILES = [
  ['/usr/bin/getent', '', 0o755],
  ['/usr/sbin/rc-service', '', 0o755],
  ['/usr/sbin/rc-update', '', 0o755],
  ['/etc/resolv.conf', 'nameserver 127.0.0.1\n', 0o644],
  ['/etc/ssl/certs/ca-certificates.crt', '-----BEGIN CERTIFICATE-----\n', 0o644],
  ['/usr/local/lib/tenon/package.json', '{ "version": "1.0.0" }\n', 0o644],
  ['/usr/local/lib/tenon/src/tenon', '#!/bin/sh\n', 0o755],
  ['/etc/init.d/tenon-daemon', 'command="/usr/local/bin/tenon"\n', 0o755],
  ['/run/openrc/softlevel', 'default\n', 0o644],
  ['/nix/store/.links/none', '', 0o644],
  ['/nix/var/nix/db/schema', '10', 0o644],
  ['/nix/var/nix/daemon-socket/socket', '', 0o666],
] as const;

/** A fixture root on which every check passes that can be judged there: set up, under OpenRC, with two build users. */
export async function createHealthyHost(): Promise<HealthyHost> {
  const fixture = createFixtureHost();
  const { root, write } = fixture;
  const fakes = join(root, 'fakes');
  const link = (path: string, target: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  };
  const fake = (program: string, script: string) =>
    write(`/fakes/${program}`, `#!/bin/sh\n${script}\n`, 0o755);
  for (const [path, text, mode] of FILES) write(path, text, mode);
  for (const tool of TOOLS) write(`/usr/sbin/${tool}`, '', 0o755);
  link('/usr/local/bin/tenon', '../lib/tenon/src/tenon');
  link('/etc/runlevels/default/tenon-daemon', '/etc/init.d/tenon-daemon');
  link('/run/openrc/started/tenon-daemon', '/etc/init.d/tenon-daemon');
  chmodSync(join(root, 'nix/store'), 0o1775);
  const host = createHost(root, { path: [fakes, ...SYSTEM_FOLDERS].join(':') });
  await host.createGroup('nixbld', 30_000);
  for (const number of [1, 2]) {
    const about = { gid: 30_000, comment: '', home: '/var/empty', shell: '/bin/false' };
    await host.createUser({ name: `nixbld${number}`, uid: 30_000 + number, ...about }, 'nixbld');
  }
  await writeJournal(host);
  return { ...fixture, host, link, fake, [Symbol.dispose]: () => fixture[Symbol.dispose]() };
}

/** As setup leaves it when it has made the group. */
async function writeJournal(host: Host): Promise<void> {
  await using journal = await Journal.take(host, places.journal);
  const step = group.step({
    id: 'group:nixbld',
    group: 'Accounts',
    reason: 'builds run as members of this group',
    spec: { name: 'nixbld', gid: 30_000 },
  });
  await journal.begin('1.0.0', [step], [step.id]);
  await journal.write({ record: 'apply', id: step.id, undo: {} });
  await journal.write({ record: 'applied', id: step.id });
  await journal.write({ record: 'commit' });
}
