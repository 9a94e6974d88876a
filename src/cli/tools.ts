import { setTimeout as sleep } from 'node:timers/promises';
import { connectDaemon } from '../client/connect.ts';
import type { StoreLayout } from '../config/layout.ts';
import { createHost } from '../host/host.ts';
import type { Tools } from '../setup/action.ts';

/** What actions work with on the host at `root`. */
export function createTools({ storeDir }: StoreLayout, root: string): Tools {
  return {
    host: createHost(root),
    handshake: async (socketPath, signal) => {
      using _connection = await connectDaemon(socketPath, { storeDir, signal });
    },
    sleep: async (milliseconds, signal) => await sleep(milliseconds, undefined, { signal }),
  };
}
