import { setTimeout as sleep } from 'node:timers/promises';
import { connectDaemon } from '../client/connect.ts';
import type { StoreLayout } from '../config/layout.ts';
import { createHost } from '../host/host.ts';
import type { Tools } from '../setup/action.ts';
import { backUpStore } from './store-backup.ts';

const ANSWER_TIMEOUT_MS = 5000;

/** What actions work with on the host at `root`. */
export function createTools(layout: StoreLayout, root: string): Tools {
  const { storeDir, socketPath } = layout;
  return {
    host: createHost(root),
    handshake: async (path, signal) => {
      using _connection = await connectDaemon(path, { storeDir, signal });
    },
    backUpDatabase: async signal => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
      await backUpStore(layout, (await askVersion(socketPath, storeDir, limit)) ?? 'unknown');
    },
    sleep: async (milliseconds, signal) => await sleep(milliseconds, undefined, { signal }),
  };
}

/** Undefined when no daemon answers, or none that tells. */
export async function askVersion(
  socketPath: string,
  storeDir: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    using connection = await connectDaemon(socketPath, { storeDir, signal });
    return connection.daemonVersion;
  } catch {
    return undefined;
  }
}
