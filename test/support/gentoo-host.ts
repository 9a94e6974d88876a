import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unwantedVariables } from '../../src/env/variables.ts';
import { createFixtureHost, type FixtureHost } from './fixture-host.ts';

/** A small Gentoo with OpenRC on which all is well, where Portage installed tenon and the accounts exist. */
export async function createGentooHost(): Promise<FixtureHost> {
  const fixture = createFixtureHost();
  const { host, write } = fixture;
  for (const [path, text] of Object.entries(FILES)) write(path, text);
  write('/usr/bin/portageq', PORTAGEQ.replaceAll('ROOT', fixture.root), 0o755);
  link(fixture, '/etc/portage/make.profile', '../../var/db/repos/gentoo/profiles/default');
  link(fixture, '/etc/runlevels/default/tenon-daemon', '/etc/init.d/tenon-daemon');
  link(fixture, '/run/openrc/started/tenon-daemon', '/etc/init.d/tenon-daemon');
  await host.createGroup('nixbld', 30_000);
  for (const number of [1, 2]) {
    const about = { gid: 30_000, comment: '', home: '/var/empty', shell: '/bin/false' };
    await host.createUser({ name: `nixbld${number}`, uid: 30_000 + number, ...about }, 'nixbld');
  }
  return fixture;
}

function link({ root }: FixtureHost, path: string, target: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  if (!existsSync(join(root, path))) symlinkSync(target, join(root, path));
}

const KERNEL = ['NAMESPACES', 'USER_NS', 'PID_NS', 'NET_NS', 'UTS_NS', 'IPC_NS']
  .map(name => `CONFIG_${name}=y\n`)
  .join('');

const FILES: Readonly<Record<string, string>> = {
  '/etc/os-release': 'ID=gentoo\nPRETTY_NAME="Gentoo Linux"\n',
  '/etc/portage/make.conf': 'CFLAGS="-O2 -pipe"\n',
  '/etc/portage/env-unset': unwantedVariables.join(' '),
  '/etc/portage/repos.conf/gentoo.conf':
    '[DEFAULT]\nmain-repo = gentoo\n\n[gentoo]\nlocation = /var/db/repos/gentoo\n',
  '/etc/portage/repos.conf/tenon.conf': '[tenon]\nlocation = /var/db/repos/tenon\nauto-sync = no\n',
  '/etc/portage/package.accept_keywords/tenon': '*/*::tenon\n',
  '/var/db/repos/gentoo/profiles/repo_name': 'gentoo\n',
  '/var/db/repos/tenon/profiles/repo_name': 'tenon\n',
  '/var/db/repos/tenon/sys-apps/tenon/tenon-1.0.ebuild': '',
  '/var/db/pkg/sys-apps/tenon-1.0/SLOT': '0\n',
  '/var/db/pkg/acct-group/nixbld-0/SLOT': '0\n',
  '/usr/src/linux/.config': KERNEL,
  '/proc/sys/kernel/osrelease': '6.18.0-gentoo\n',
  '/boot/config-6.18.0-gentoo': KERNEL,
  '/run/openrc/softlevel': 'default\n',
  '/etc/init.d/tenon-daemon': '',
};

/** What the profile says, and what make.conf adds; a real one works it out of the same two. */
const PORTAGEQ = `#!/bin/sh
cat ROOT/etc/portage/env-unset
sed -n 's/^ENV_UNSET="\${ENV_UNSET} \\(.*\\)"/ \\1/p' ROOT/etc/portage/make.conf
`;
