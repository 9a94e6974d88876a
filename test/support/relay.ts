import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StockStore } from './stock-nix.ts';
import { asUser, person } from './users.ts';

const program = join(import.meta.dirname, '../fixtures/relay.mjs');

/** A socket behind which every client is `person` for the daemon, whoever it is. Takes root. */
export interface Relay extends AsyncDisposable {
  readonly socketPath: string;
}

export async function startRelay(store: StockStore): Promise<Relay> {
  const directory = join(store.root, 'relay');
  const socketPath = join(directory, 'socket');
  mkdirSync(directory);
  chownSync(directory, person.uid, person.gid);
  chmodSync(store.root, 0o755);
  const [command, ...args] = asUser(person, [
    process.execPath,
    program,
    socketPath,
    store.socketPath,
  ]);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  // The socket's file is there a moment before anybody listens.
  await once(child.stdout, 'data');
  return {
    socketPath,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
