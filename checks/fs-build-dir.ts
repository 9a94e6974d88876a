import { commentOut } from '../src/config/edit-nix-conf.ts';
import type { Fix, Severity } from '../src/doctor/check.ts';
import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import {
  describeMount,
  findPlace,
  formatBytes,
  GIB,
  isReadOnly,
  type Mount,
} from '../src/doctor/disk.ts';

interface Found {
  readonly dir: string;
  readonly mount: Mount;
  readonly flaw: Flaw;
  readonly confFile: string;
  readonly isSet: boolean;
  readonly memory: string | undefined;
  /** nix.conf without the setting, where that would cure it. */
  readonly cure: { readonly text: string; readonly dir: string } | undefined;
}

interface Flaw {
  readonly severity: Severity;
  readonly text: string;
}

/** What unpacking and compiling one middling program takes. */
const LITTLE_BYTES = 2 * GIB;
const FEW_INODES = 50_000;
const IN_MEMORY = ['tmpfs', 'ramfs'];

export const fsBuildDir = defineCheck<CheckContext, Found>({
  id: 'fs.build-dir',
  group: 'fs',
  title: 'builds have room to work in, and can run what they make',
  why: 'Each build unpacks and compiles in a folder of its own below build-dir. In memory, or on a small disk, several builds at once fill it, and they fail with "No space left on device" though the store has room. Mounted noexec it keeps ./configure from running.',
  severity: ({ flaw }) => flaw.severity,

  async probe(context) {
    const { host, layout, settings } = context;
    const dir = settings.buildDir ?? layout.buildsDir;
    const [{ mount }, store] = await Promise.all([
      findPlace(context, dir),
      findPlace(context, layout.storeDir),
    ]);
    // What is wrong with the disk of the store has checks of its own.
    if (mount === undefined || mount.id === store.mount?.id) return undefined;
    const flaw = await findFlaw(context, dir, mount);
    if (flaw === undefined) return undefined;
    const meminfo = await host.readText('/proc/meminfo');
    return {
      dir,
      mount,
      flaw,
      confFile: layout.nixConfFile,
      isSet: settings.buildDir !== undefined,
      memory: /^MemTotal:.*$/mu.exec(meminfo ?? '')?.[0],
      cure: await findCure(context, mount),
    };
  },

  explain: ({ dir, mount, flaw, confFile, isSet, memory }) => ({
    summary: `${dir}: ${flaw.text}`,
    evidence: [
      { source: confFile, value: isSet ? `build-dir = ${dir}` : `build-dir is not set: ${dir}` },
      { source: '/proc/self/mountinfo', value: describeMount(mount) },
      ...(memory !== undefined && IN_MEMORY.includes(mount.fileSystem)
        ? [{ source: '/proc/meminfo', value: memory }]
        : []),
    ],
    cause: isSet ? 'an administrator moved it there' : 'that is where the state of the store is',
  }),

  fixes: ({ confFile, cure, mount }) => [
    cure === undefined ? moveElsewhere(confFile, mount) : unsetBuildDir(confFile, cure),
  ],
});

async function findFlaw(
  { readSpace }: CheckContext,
  dir: string,
  mount: Mount,
): Promise<Flaw | undefined> {
  if (isReadOnly(mount)) return { severity: 'error', text: 'it is mounted read-only' };
  if (mount.options.includes('noexec'))
    return { severity: 'error', text: 'it is mounted noexec, nothing that builds make can run' };
  const { totalBytes, freeBytes, inodes, freeInodes } = await readSpace(dir);
  const kind = IN_MEMORY.includes(mount.fileSystem) ? 'in memory' : 'on this disk';
  if (totalBytes > 0 && freeBytes < LITTLE_BYTES)
    return { severity: 'warn', text: `only ${formatBytes(freeBytes)} are free ${kind}` };
  if (inodes > 0 && freeInodes < FEW_INODES)
    return { severity: 'warn', text: `only ${freeInodes} inodes are free ${kind}` };
  return undefined;
}

/** Without the setting builds go where the state of the store is; that helps if the place is well. */
async function findCure(context: CheckContext, mount: Mount): Promise<Found['cure']> {
  const { host, layout, settings } = context;
  if (settings.buildDir === undefined) return undefined;
  const before = await host.readText(layout.nixConfFile);
  const text = before === undefined ? before : commentOut(before, 'build-dir');
  if (text === undefined || text === before) return undefined;
  const dir = layout.buildsDir;
  const other = (await findPlace(context, dir)).mount;
  if (other === undefined || other.id === mount.id) return undefined;
  return (await findFlaw(context, dir, other)) === undefined ? { text, dir } : undefined;
}

function unsetBuildDir(confFile: string, { text, dir }: NonNullable<Found['cure']>): Fix {
  return {
    id: 'default-build-dir',
    class: 'A',
    description: `make the build-dir line of ${confFile} a comment; builds go to ${dir} when the daemon starts next`,
    commands: [['sed', '-i', 's/^ *build-dir *=/# &/', confFile]],
    reversible: true,
    needsRoot: true,
    async apply({ host }) {
      const mode = (await host.look(confFile))?.mode ?? 0o644;
      await host.writeText(confFile, text, mode);
    },
  };
}

function moveElsewhere(confFile: string, { mountPoint }: Mount): Fix {
  return {
    id: 'other-build-dir',
    class: 'M',
    description: `set build-dir in ${confFile} to a folder on a disk with room, or mount ${mountPoint} otherwise`,
    commands: [],
    reversible: true,
    needsRoot: true,
  };
}
