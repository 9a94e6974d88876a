import { accessSync, constants } from 'node:fs';
import { hasCode } from '../base/errors.ts';
import { commandMissing } from './errors.ts';

/** Finds the program, and says what is wrong with it, as people know it: status 127 or 126. */
const ENV = '/usr/bin/env';

/** This process becomes the command, with its pid and its terminal; nothing of this program is left. */
export function replaceProcess(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): never {
  try {
    accessSync(ENV, constants.X_OK);
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'EACCES')) throw commandMissing([ENV], error);
    throw error;
  }
  process.execve?.(ENV, [ENV, '--', ...argv], env);
  throw new RangeError('this Node cannot replace its process');
}
