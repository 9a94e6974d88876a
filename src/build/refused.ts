import type { Refusal } from '../host/enter.ts';
import { cannotShow, sandboxRefused } from './errors.ts';

const DISK = ['ENOSPC', 'EDQUOT', 'EROFS'];
/** With namespaces and ids the same codes mean other limits. */
const NOT_ON_DISK = ['ns', 'idmap'];

/** What keeps a builder from being run, other than that it cannot be executed; an error to throw. */
export function refusedError(drvPath: string, refusal: Refusal): Error {
  const { word, path, errno, text } = refusal;
  if (DISK.includes(errno) && !NOT_ON_DISK.includes(word))
    return Object.assign(new Error(`${errno}: ${text}`), { code: errno, syscall: word, path });
  if (word === 'bind') return cannotShow(drvPath, path, text);
  return sandboxRefused(drvPath, refusal, checkOf(refusal));
}

/** The doctor check that explains why a stage of the sandbox failed. */
function checkOf({ word, errno }: Refusal): string {
  if (word === 'exec') return 'fs.store-exec';
  if (word === 'proc') return 'sandbox.proc-masked';
  if (word === 'spawn' && errno === 'EMFILE') return 'daemon.nofile';
  return 'sandbox.userns';
}
