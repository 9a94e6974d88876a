import type { Disks } from './disks.ts';
import { createDisks } from './disks.ts';
import type { Distro, Facts } from './facts.ts';
import type { Files } from './files.ts';
import { createFiles } from './files.ts';
import type { Liveness } from './liveness.ts';
import { createLiveness } from './liveness.ts';
import type { Mounts } from './mounts.ts';
import { createMounts } from './mounts.ts';
import type { Processes } from './processes.ts';
import { createProcesses } from './processes.ts';
import type { Running } from './running.ts';
import { createRunning } from './running.ts';
import type { Services } from './services.ts';
import { createServices } from './services.ts';
import type { AccountTools } from './users.ts';
import { createAccountTools } from './users.ts';

/** A machine, seen from one root: `/`, an image that is being prepared, or a folder in a test. */
export interface Host
  extends Files,
    Processes,
    AccountTools,
    Services,
    Mounts,
    Disks,
    Running,
    Liveness {
  readonly root: string;
  readDistro(): Promise<Distro>;
  /** What kind of machine this is; looked at once, when somebody asks. */
  readFacts(): Promise<Facts>;
}

interface HostOptions {
  /** Where programs are found, instead of the usual system folders. */
  readonly path?: string;
}

export function createHost(root: string, { path }: HostOptions = {}): Host {
  const files = createFiles(root);
  const processes = createProcesses(path);
  const { run } = processes;
  const mounts = createMounts();
  const running = createRunning();
  return {
    root,
    ...files,
    ...processes,
    ...createAccountTools({ root, files, run }),
    ...createServices({ root, files, run, running }),
    ...mounts,
    ...createDisks(root),
    ...running,
    ...createLiveness({ root, ...files, ...mounts }),
    readDistro: async () => (await import('./facts.ts')).readDistro(files),
    readFacts: async () => (await import('./facts.ts')).readFacts(root, files),
  };
}
