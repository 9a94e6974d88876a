import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningEnter } from '../../src/host/enter.ts';
import { EnterServer } from '../../src/host/enter-server.ts';

/** Starts one builder by a server of its own, which ends with it. */
export function startEnter(options: {
  readonly enterPath: string;
  readonly spec: Uint8Array;
}): RunningEnter {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-enter-'));
  // An ordinary user's server has to get through.
  chmodSync(folder, 0o755);
  const server = new EnterServer(options.enterPath, join(folder, 'server'));
  const started = server.start(options.spec);
  return {
    log: (async function* () {
      yield* (await started).log;
    })(),
    ended: started.then(running => running.ended),
    kill: () => void started.then(running => running.kill()),
    [Symbol.asyncDispose]: async () => {
      await (await started)[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}
