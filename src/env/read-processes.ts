import { posix } from 'node:path';
import { hasCode } from '../base/errors.ts';
import type { Host } from '../host/host.ts';
import type { Ancestor } from './culprit.ts';
import { parseEnviron, type Variables } from './environment.ts';
import { environmentDenied, noProcess } from './errors.ts';

type ProcReader = Pick<Host, 'readText' | 'readLink'>;

const ANCESTORS_AT_MOST = 64;

/** The variables that process `pid` was started with. Throws when there is none, or nobody may look. */
export async function readProcess(host: ProcReader, pid: number): Promise<Variables> {
  try {
    const text = await host.readText(`/proc/${pid}/environ`);
    if (text === undefined) throw noProcess(pid);
    return parseEnviron(text);
  } catch (error) {
    if (hasCode(error, 'ESRCH')) throw noProcess(pid);
    if (hasCode(error, 'EACCES') || hasCode(error, 'EPERM')) throw environmentDenied(pid, error);
    throw error;
  }
}

/** Process `pid` and everything above it, as far as that can be seen. Processes may end while we look. */
export async function readAncestors(host: ProcReader, pid: number): Promise<readonly Ancestor[]> {
  const chain: Ancestor[] = [];
  const seen = new Set<number>();
  for (let next = pid; next > 0 && chain.length < ANCESTORS_AT_MOST && !seen.has(next); ) {
    seen.add(next);
    const status = await ifVisible(host.readText(`/proc/${next}/status`));
    if (status === undefined) break;
    chain.push(await readAncestor(host, next, status));
    next = Number(/^PPid:\s*(\d+)/mu.exec(status)?.[1] ?? 0);
  }
  return chain;
}

async function readAncestor(host: ProcReader, pid: number, status: string): Promise<Ancestor> {
  const environ = await ifVisible(host.readText(`/proc/${pid}/environ`));
  const program = await ifVisible(host.readLink(`/proc/${pid}/exe`));
  return {
    pid,
    name: /^Name:\s*(.*)$/mu.exec(status)?.[1] ?? posix.basename(program ?? ''),
    program,
    variables: environ === undefined ? undefined : parseEnviron(environ),
  };
}

/** Undefined for what has gone, or belongs to somebody else. */
async function ifVisible<T>(look: Promise<T>): Promise<T | undefined> {
  return await look.catch(() => undefined);
}
