import { hasCode } from '../base/errors.ts';
import { createProcesses } from './processes.ts';

const LONGEST_BATCH = 256;

/**
 * Replaces each file by `<file>.bz2`. Files stay as they are where bzip2(1) is missing, or when they vanish meanwhile.
 */
export async function compressWithBzip2(files: readonly string[]): Promise<void> {
  const { run } = createProcesses();
  for (let start = 0; start < files.length; start += LONGEST_BATCH) {
    const batch = files.slice(start, start + LONGEST_BATCH);
    try {
      await run(['bzip2', '--force', '--', ...batch], { accept: [0, 1] });
    } catch (error) {
      if (!hasCode(error, 'host/command-missing')) throw error;
      return;
    }
  }
}
