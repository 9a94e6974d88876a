import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const programs = ['mmdebstrap', 'flock', 'ip', 'nsenter', 'setpriv', 'tar', 'unshare'];

/** Where this host's version 2 cgroups are mounted, alone or beside those of version 1. */
export function findCgroupRoot(): string {
  const mount = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find(line => line.includes(' - cgroup2 '));
  const folder = mount?.split(' ')[4];
  if (folder === undefined) throw new Error('Cannot find a cgroup2 mount');
  return folder;
}

/** What is missing here to boot machines, if anything. */
export function whyNoMachines(): string | undefined {
  if (process.getuid?.() !== 0) return 'booting machines needs root';
  const missing = programs.filter(program => !isInPath(program));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  if (!readFileSync('/proc/self/mountinfo', 'utf8').includes(' - cgroup2 '))
    return 'no cgroup2 file system is mounted';
  if (!isWritable(join(findCgroupRoot(), 'cgroup.procs'))) return 'cgroups are read-only here';
  const attempt = spawnSync('unshare', ['-mpfn', 'true'], { encoding: 'utf8' });
  return attempt.status === 0 ? undefined : `no namespaces here: ${attempt.stderr.trim()}`;
}

function isInPath(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some(folder => existsSync(join(folder, program)));
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
