import { join } from 'node:path';
import type { Files } from './files.ts';

/** What kind of machine this is. */
export interface Facts {
  readonly distro: Distro;
  readonly kernel: string;
  readonly architecture: string;
  readonly memoryBytes: number;
  /** Free space where the store is or will be; undefined when no mounted disk could be asked. */
  readonly freeBytes: number | undefined;
  /** Where each of the programs that setup may need is; undefined when it is missing. */
  readonly programs: Readonly<Record<Program, string | undefined>>;
}

export interface Distro {
  readonly id: string;
  readonly name: string;
}

type Program = (typeof PROGRAMS)[number];
const PROGRAMS = ['groupadd', 'useradd', 'usermod', 'userdel', 'groupdel', 'nologin'] as const;
const PROGRAM_FOLDERS = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];

export async function readFacts(root: string, files: Files): Promise<Facts> {
  const { default: system } = await import('systeminformation');
  const [distro, os, memory, disks] = await Promise.all([
    readDistro(files),
    system.osInfo(),
    system.mem(),
    system.fsSize(),
  ]);
  return {
    distro,
    kernel: os.kernel,
    architecture: os.arch,
    memoryBytes: memory.total,
    freeBytes: freeSpaceAt(join(root, '/nix/store'), disks),
    programs: await findPrograms(root),
  };
}

/** The two fields of os-release(5) that matter. */
export async function readDistro(files: Files): Promise<Distro> {
  const text = (await files.readText('/etc/os-release')) ?? '';
  const field = (name: string) =>
    new RegExp(`^${name}=["']?(.*?)["']?$`, 'mu').exec(text)?.[1] ?? '';
  return { id: field('ID') || 'linux', name: field('PRETTY_NAME') || 'Linux' };
}

interface Disk {
  readonly mount: string;
  readonly available: number;
}

function freeSpaceAt(path: string, disks: readonly Disk[]): number | undefined {
  const above = disks.filter(({ mount }) => `${path}/`.startsWith(join(mount, '/')));
  return above.toSorted((a, b) => b.mount.length - a.mount.length)[0]?.available;
}

/**
 * Looks in the system folders, because a user's PATH may leave out the administrator's. An image's accounts are changed
 * with the tools of the machine that prepares it; only the shell of accounts has to be in it.
 */
async function findPrograms(root: string): Promise<Facts['programs']> {
  const { default: shell } = await import('shelljs');
  const find = (program: Program) => {
    const place = program === 'nologin' ? root : '/';
    const folder = PROGRAM_FOLDERS.find(each => shell.which(join(place, each, program)) !== null);
    return folder === undefined ? undefined : join(folder, program);
  };
  const found = PROGRAMS.map(program => [program, find(program)] as const);
  return Object.fromEntries(found) as Facts['programs'];
}
