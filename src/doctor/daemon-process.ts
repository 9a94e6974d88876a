import { hasCode } from '../base/errors.ts';
import type { Host } from '../host/host.ts';

/** What the kernel tells of the process that serves the store. */
export interface DaemonProcess {
  readonly pid: number;
  /** How many files it may have open; undefined when there is no limit. */
  readonly maxOpenFiles: { readonly soft: number; readonly hard: number } | undefined;
  /** Where its program was started from; undefined when this process may not see it. */
  readonly program: string | undefined;
  /** Its environment; undefined when this process may not see it. */
  readonly environment: ReadonlyMap<string, string> | undefined;
}

/** Undefined when the process is gone or not to be seen from here. */
export async function readDaemonProcess(
  host: Host,
  pid: number,
): Promise<DaemonProcess | undefined> {
  const limits = await host.readText(`/proc/${pid}/limits`);
  if (limits === undefined) return undefined;
  const [program, environ] = await Promise.all([
    unlessForbidden(host.readLink(`/proc/${pid}/exe`)),
    unlessForbidden(host.readText(`/proc/${pid}/environ`)),
  ]);
  return { pid, maxOpenFiles: parseOpenFiles(limits), program, environment: parseEnviron(environ) };
}

function parseOpenFiles(limits: string): DaemonProcess['maxOpenFiles'] {
  const [, soft, hard] = /^Max open files +(\d+) +(\d+)/mu.exec(limits) ?? [];
  return soft === undefined ? undefined : { soft: Number(soft), hard: Number(hard) };
}

function parseEnviron(text: string | undefined): DaemonProcess['environment'] {
  if (text === undefined) return undefined;
  return new Map(
    text.split('\0').flatMap(entry => {
      const equals = entry.indexOf('=');
      return equals > 0 ? [[entry.slice(0, equals), entry.slice(equals + 1)] as const] : [];
    }),
  );
}

async function unlessForbidden<T>(attempt: Promise<T>): Promise<T | undefined> {
  try {
    return await attempt;
  } catch (error) {
    if (hasCode(error, 'EACCES') || hasCode(error, 'EPERM') || hasCode(error, 'ESRCH'))
      return undefined;
    throw error;
  }
}
