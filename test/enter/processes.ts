import { readdirSync, readFileSync } from 'node:fs';

/** The ids of the processes whose command line contains `text`, ours excepted. */
export function findProcesses(text: string): readonly number[] {
  return allProcesses().filter(pid => pid !== process.pid && commandLine(pid).includes(text));
}

/** The ids of our children that run a program of this path. */
export function findChildren(program: string, parent = process.pid): readonly number[] {
  return allProcesses().filter(
    pid => parentOf(pid) === parent && commandLine(pid).includes(program),
  );
}

/** Asks again until `truth` holds; false when it does not within some seconds. */
export async function eventually(truth: () => boolean): Promise<boolean> {
  for (let round = 0; round < 500; round++) {
    if (truth()) return true;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  return false;
}

function allProcesses(): readonly number[] {
  return readdirSync('/proc')
    .filter(name => /^[0-9]+$/.test(name))
    .map(Number);
}

function commandLine(pid: number): string {
  return readText(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

function parentOf(pid: number): number {
  return Number(/^PPid:\t(\d+)$/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? -1);
}

/** Empty for a process that is gone. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
