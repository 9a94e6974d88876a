import { hasCode } from '../base/errors.ts';
import { commandFailed, commandMissing } from './errors.ts';
import { becomeProgram } from './libc.ts';

/** Finds the command in PATH, and says as people know it, with status 127 or 126, when it cannot start it. */
const ENV = '/usr/bin/env';

/** This process becomes the command, with its pid and its terminal. All texts are byte strings. */
export function replaceProcess(
  command: readonly string[],
  variables: ReadonlyMap<string, string>,
): never {
  const entries = Array.from(variables, ([name, value]) => `${name}=${value}`);
  try {
    return becomeProgram(ENV, [ENV, '--', ...command], entries);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw commandMissing([ENV], error);
    if (hasCode(error, 'E2BIG'))
      throw commandFailed(command, 'E2BIG', 'its arguments are too long');
    throw error;
  }
}
