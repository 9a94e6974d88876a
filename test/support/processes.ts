import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 10;

/** The processes of this machine in whose command line `text` stands. */
export function findProcesses(text: string): readonly number[] {
  return allPids().filter(pid => pid !== process.pid && commandLine(pid).includes(text));
}

/** Waits until a condition holds. Throws after the limit, saying what was waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 15_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited ${limitMs} ms in vain: ${what}`);
    await sleep(POLL_MS);
  }
}

/** What a process holds that it could forget to give back. */
export interface Holdings {
  readonly descriptors: readonly string[];
  readonly children: readonly number[];
  readonly mounts: number;
}

export function holdingsOf(pid: number): Holdings {
  const links = readdirSync(`/proc/${pid}/fd`).map(fd => linkOf(`/proc/${pid}/fd/${fd}`));
  return {
    descriptors: links.filter(link => link !== '').sort(),
    children: childrenOf(pid),
    mounts: readText(`/proc/${pid}/mountinfo`).split('\n').length,
  };
}

function childrenOf(pid: number): readonly number[] {
  return allPids().filter(other => parentOf(other) === pid);
}

function parentOf(pid: number): number {
  const stat = readText(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]);
}

function allPids(): readonly number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function commandLine(pid: number): string {
  return readText(`/proc/${pid}/cmdline`);
}

/** A process may end while it is looked at. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
