import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { PackageManager, Release } from './portage.ts';
import { output } from './portage.ts';

/** Whether this is a Gentoo host that can build the package: real Portage, and a node of its own. */
export function hasPortage(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/etc/portage/make.profile')) return false;
  const emerge = spawnSync('emerge', ['--version']);
  const node = spawnSync('/usr/bin/node', ['--version'], { encoding: 'utf8' });
  return emerge.status === 0 && Number.parseInt(node.stdout?.slice(1) ?? '', 10) >= 24;
}

/** Real Portage, with a configuration, a root and a build directory of its own. Dependencies are the host's. */
export function createEmerge(release: Release, folder: string): PackageManager {
  const root = join(folder, 'root');
  const config = join(folder, 'config');
  chmodSync(folder, 0o755); // Phases run as the user portage.
  for (const path of [join(root, 'usr/bin'), join(config, 'etc/portage'), join(folder, 'tmp')])
    mkdirSync(path, { recursive: true });
  symlinkSync('/usr/bin/node', join(root, 'usr/bin/node'));
  symlinkSync(realpathSync('/etc/portage/make.profile'), join(config, 'etc/portage/make.profile'));
  writeFileSync(join(config, 'etc/portage/repos.conf'), repositories(release));
  const run = (command: readonly string[], use: readonly string[] = []) =>
    output(command, {
      ROOT: root,
      PORTAGE_CONFIGROOT: config,
      PORTAGE_TMPDIR: join(folder, 'tmp'),
      DISTDIR: release.distfiles,
      KERNEL_DIR: join(folder, 'kernel'),
      USE: ['-*', ...use].join(' '),
      ACCEPT_KEYWORDS: '**',
      FEATURES: use.includes('test') ? 'test -news' : '-test -news',
      CLEAN_DELAY: '0',
      EMERGE_WARNING_DELAY: '0',
      NOCOLOR: '1',
      HOME: folder,
    });
  return {
    root,
    install: ({ version, use }) =>
      run(['emerge', '--nodeps', '--oneshot', `=sys-apps/tenon-${version}`], use),
    remove: version => run(['emerge', '--unmerge', `=sys-apps/tenon-${version}`]),
  };
}

function repositories({ repository }: Release): string {
  const located = spawnSync('portageq', ['get_repo_path', '/', 'gentoo'], { encoding: 'utf8' });
  return `[DEFAULT]
main-repo = gentoo
[gentoo]
location = ${located.stdout.trim()}
[tenon]
location = ${repository}
`;
}
