import { hasCode } from '../base/errors.ts';
import type { Host } from '../host/host.ts';

const TIMEOUT_MS = 5000;
const KIB_PER_MIB = 1024;

/** What the trees take on disk, in MiB; undefined where it takes too long to find out. */
export async function measureTrees(
  host: Host,
  paths: readonly string[],
): Promise<number | undefined> {
  if (paths.length === 0) return 0;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const argv = ['du', '-skc', '--', ...paths.map(host.at)];
    const { stdout } = await host.run(argv, { signal, accept: [0, 1] });
    const kib = Number(/^(\d+)\ttotal$/mu.exec(stdout)?.[1] ?? 0);
    return Math.ceil(kib / KIB_PER_MIB);
  } catch (error) {
    if (signal.aborted || hasCode(error, 'host/command-missing')) return undefined;
    throw error;
  }
}
