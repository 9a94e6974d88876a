import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Debian's Nix 2.8.0 on a private store, which no other store or daemon of the machine has a part in. */

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface StockStore extends AsyncDisposable {
  /** Everything is below this directory. */
  readonly root: string;
  readonly storeDir: string;
  readonly stateDir: string;
  readonly socketPath: string;
  /** The variables that lead any Nix program to this store; `NIX_REMOTE` is not among them. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs a stock program (`nix-build`, `nix-store`, …) on the store's files; `NIX_REMOTE: 'daemon'` asks its socket. */
  nix(argv: readonly [string, ...string[]], options?: RunOptions): Promise<Ended>;
  /** Starts the stock daemon on the store's socket. Disposing ends it. */
  startDaemon(): Promise<AsyncDisposable & { readonly pid: number }>;
}

/** Creates an empty store in a temporary folder, without sandbox and substituters; `conf` adds lines to nix.conf. */
export function createStockStore(conf: readonly string[] = []): StockStore {
  const root = mkdtempSync(join(tmpdir(), 'tenon-stock-'));
  const storeDir = join(root, 'nix/store');
  const stateDir = join(root, 'nix/var/nix');
  const socketPath = join(root, 'socket');
  for (const directory of [storeDir, stateDir, join(root, 'etc')])
    mkdirSync(directory, { recursive: true });
  const lines = ['build-users-group =', 'sandbox = false', 'substituters =', ...conf, ''];
  writeFileSync(join(root, 'etc/nix.conf'), lines.join('\n'));
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: root,
    NIX_STORE_DIR: storeDir,
    NIX_STATE_DIR: stateDir,
    NIX_LOG_DIR: join(root, 'nix/var/log/nix'),
    NIX_CONF_DIR: join(root, 'etc'),
    NIX_USER_CONF_FILES: '/dev/null',
    NIX_DAEMON_SOCKET_PATH: socketPath,
  };
  return {
    root,
    storeDir,
    stateDir,
    socketPath,
    env,
    nix: (argv, options) => run(argv, { ...options, env: { ...env, ...options?.env } }),
    startDaemon: () => startDaemon(socketPath, env),
    [Symbol.asyncDispose]: () => removeTree(root),
  };
}

async function startDaemon(socketPath: string, env: Readonly<Record<string, string>>) {
  // Two connections at once would both create the database, and one of them fail.
  await run(['nix-store', '--init'], { env: { ...env, NIX_REMOTE: 'local' } });
  const child = spawn('nix-daemon', { env: { ...env, NIX_REMOTE: 'local' }, stdio: 'ignore' });
  await once(child, 'spawn');
  while (child.exitCode === null && !(await accepts(socketPath))) await sleep(5);
  return { pid: child.pid ?? 0, [Symbol.asyncDispose]: () => stop(child) };
}

async function accepts(socketPath: string): Promise<boolean> {
  const socket = createConnection(socketPath);
  const connected = once(socket, 'connect').then(() => true);
  return await connected.catch(() => false).finally(() => socket.destroy());
}

/** Ends the accepting process alone: those it forked end with their clients. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function run(
  [program, ...args]: readonly [string, ...string[]],
  options: RunOptions,
): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const settings = { ...options, maxBuffer: 64 * 1024 * 1024 };
  const child = execFile(program, args, settings, (_, stdout, stderr) =>
    resolve({ status: child.exitCode, stdout, stderr }),
  );
  return promise;
}

/** The store's directories are read-only, which matters to everybody but root. */
async function removeTree(root: string): Promise<void> {
  await run(['chmod', '-R', 'u+w', root], {});
  rmSync(root, { recursive: true, force: true });
}
