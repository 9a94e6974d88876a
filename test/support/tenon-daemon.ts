import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StockStore } from './stock-nix.ts';

const checkout = join(import.meta.dirname, '../..');
const START_MS = 20_000;

export interface DaemonOptions {
  /** Lines for the daemon's own nix.conf, behind those that keep it off the network. */
  readonly conf?: readonly string[];
  /** Where the program is; this checkout when not given. */
  readonly program?: string;
  /** Makes another command of the daemon's, such as one that becomes somebody else first. */
  readonly wrap?: (argv: readonly string[]) => readonly [string, ...string[]];
}

/** A daemon on a store of `createStockStore`. Disposing ends it with SIGTERM and waits. */
export interface TenonDaemon extends AsyncDisposable {
  readonly pid: number;
  /** What it has said so far. */
  log(): string;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

/** Starts tenon's daemon as a process of its own, and waits until it answers on the store's socket. */
export async function startTenon(
  store: StockStore,
  options: DaemonOptions = {},
): Promise<TenonDaemon> {
  ensureEnter();
  const argv = [process.execPath, join(checkout, 'src/main.ts'), 'daemon'];
  return await startDaemon(store, argv, options);
}

/** The same below a parent that replaces it on SIGHUP, as the service files have it; `pid` is the parent's. */
export async function startReplaceable(
  store: StockStore,
  options: DaemonOptions = {},
): Promise<TenonDaemon> {
  ensureEnter();
  return await startDaemon(
    store,
    [join(options.program ?? checkout, 'src/tenon'), 'daemon', '--replaceable'],
    options,
  );
}

function ensureEnter(): void {
  if (!existsSync(join(checkout, 'build/enter'))) execFileSync(join(checkout, 'src/enter/compile'));
}

/** Starts a daemon with its own nix.conf, which stock Nix understands as well. */
export async function startDaemon(
  store: StockStore,
  argv: readonly string[],
  { conf = [], wrap }: DaemonOptions,
): Promise<TenonDaemon> {
  const confDir = join(store.root, 'etc-daemon');
  mkdirSync(confDir, { recursive: true });
  const lines = ['build-users-group =', 'substituters =', 'sandbox = true', ...conf, ''];
  writeFileSync(join(confDir, 'nix.conf'), lines.join('\n'));
  const env = { ...store.env, NIX_CONF_DIR: confDir, NIX_REMOTE: 'local' };
  const [program = '', ...args] = wrap?.(argv) ?? argv;
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      said += chunk;
    });
  const log = () => said;
  await answering(child, store.socketPath, log).catch(async error => {
    await end(child, 'SIGKILL');
    throw error;
  });
  return {
    pid: child.pid ?? 0,
    log,
    kill: () => end(child, 'SIGKILL'),
    [Symbol.asyncDispose]: () => end(child, 'SIGTERM'),
  };
}

async function answering(child: ChildProcess, socketPath: string, log: () => string) {
  const deadline = Date.now() + START_MS;
  while (!(await accepts(socketPath))) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`Cannot start the daemon:\n${log()}`);
    await sleep(10);
  }
}

async function accepts(socketPath: string): Promise<boolean> {
  const socket = createConnection(socketPath);
  const connected = once(socket, 'connect').then(() => true);
  return await connected.catch(() => false).finally(() => socket.destroy());
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
