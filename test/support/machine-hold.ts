import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findCgroupRoot } from './machine-needs.ts';
import { templatesDir } from './templates.ts';

/** The script that works inside the namespaces, and the checkout that every machine sees at /src/tenon. */
export const script = join(import.meta.dirname, 'machine.sh');
const checkout = join(import.meta.dirname, '../..');

/** A machine's files and its place among the cgroups, whether it runs or not. */
export interface Hold extends AsyncDisposable {
  /** The process whose mount table has the files. */
  readonly pid: number;
  /** Where they are in it. */
  readonly dir: string;
  readonly cgroup: string;
}

let held = 0;

export async function holdMachine(template: string): Promise<Hold> {
  // One folder for all: each is mounted on in a mount table of its own, so nothing is left to remove.
  const dir = join(templatesDir, 'mountpoint');
  await mkdir(dir, { recursive: true });
  sweep();
  held += 1;
  const cgroup = join(findCgroupRoot(), `tenon-machine-${process.pid}-${held}`);
  const ownMounts = ['-m', '--propagation', 'private', 'sh', script];
  const holder = spawn('unshare', [...ownMounts, 'hold', template, dir, cgroup, checkout], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = once(holder, 'close');
  await Promise.race([once(holder.stdout, 'data'), ended]);
  if (holder.exitCode !== null || holder.pid === undefined)
    throw new Error(`Cannot lay out a machine from ${template}`);
  return {
    pid: holder.pid,
    dir,
    cgroup,
    async [Symbol.asyncDispose]() {
      holder.stdin.end();
      await ended;
      if (existsSync(cgroup)) throw new Error(`Cannot take down the machine of ${cgroup}`);
    },
  };
}

/** Removes the empty folders of holders that were killed together with their test process. */
function sweep(): void {
  for (const name of readdirSync(findCgroupRoot())) {
    const owner = /^tenon-machine-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`))
      removeTree(join(findCgroupRoot(), name));
  }
}

function removeTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  rmdirSync(folder);
}
