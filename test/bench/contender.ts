import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const TENON = fileURLToPath(new URL('../../src/tenon', import.meta.url));

export type Name = 'stock' | 'tenon';

/** One daemon on a fresh store on tmpfs. */
export interface Contender extends AsyncDisposable {
  readonly name: Name;
  readonly dir: string;
  readonly storeDir: string;
  readonly socketPath: string;
  /** Leads nix programs to the daemon. */
  readonly env: Readonly<Record<string, string>>;
  /** Resident memory of the daemon with all its processes; `sharedOnce` counts pages that they share once. */
  memory(): { readonly residentKib: number; readonly sharedOnceKib: number };
}

const COMMANDS: Readonly<Record<Name, readonly [string, ...string[]]>> = {
  stock: ['nix-daemon'],
  tenon: [TENON, 'daemon'],
};

/** Starts a daemon with its store below `tmpfs`, and waits until it answers. Builds are sandboxed, without build users. */
export async function startContender(name: Name, tmpfs: string): Promise<Contender> {
  const dir = mkdtempSync(`${tmpfs}/tenon-bench-`);
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: dir,
    NIX_STORE_DIR: `${dir}/store`,
    NIX_STATE_DIR: `${dir}/var`,
    NIX_LOG_DIR: `${dir}/log`,
    NIX_CONF_DIR: `${dir}/etc`,
    NIX_DAEMON_SOCKET_PATH: `${dir}/socket`,
    NIX_USER_CONF_FILES: '/dev/null',
  };
  mkdirSync(`${dir}/etc`);
  mkdirSync(`${dir}/var`);
  const conf = ['build-users-group =', 'sandbox = true', 'substituters =', 'max-jobs = 2', ''];
  writeFileSync(`${dir}/etc/nix.conf`, conf.join('\n'));
  // The first connections to stock Nix 2.8 race for who creates the database, and the loser is hung up on.
  if (name === 'stock')
    spawnSync('nix-store', ['--init'], { env: { ...env, NIX_REMOTE: 'local' } });
  const [program, ...args] = COMMANDS[name];
  const child = spawn(program, args, {
    env: { ...env, NIX_REMOTE: 'local', TMPDIR: dir },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  await answers(`${dir}/socket`, child);
  return {
    name,
    dir,
    storeDir: `${dir}/store`,
    socketPath: `${dir}/socket`,
    env: { ...env, NIX_REMOTE: 'daemon' },
    memory: () => memoryOf(processTree(child.pid ?? 0)),
    [Symbol.asyncDispose]: () => stop(child, dir),
  };
}

async function answers(socketPath: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}`);
    const socket = createConnection(socketPath);
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (connected) return;
    await sleep(20);
  }
  throw new Error(`no daemon answers on ${socketPath}`);
}

async function stop(child: ChildProcess, dir: string): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  if (child.exitCode === null) await gone;
  spawnSync('chmod', ['-R', 'u+w', dir]);
  rmSync(dir, { recursive: true, force: true });
}

/** A daemon's process and its descendants; connections of the stock daemon live on in sessions of their own. */
function processTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readProc(`${name}/stat`) : '';
    const parent = /\) \S (\d+)/.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const tree = new Set([root]);
  for (const pid of tree)
    for (const [child, parent] of parents) if (parent === pid) tree.add(child);
  return [...tree];
}

function memoryOf(pids: readonly number[]) {
  const total = (field: string) =>
    pids
      .map(
        pid => new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readProc(`${pid}/smaps_rollup`))?.[1],
      )
      .reduce((sum, kib) => sum + Number(kib ?? 0), 0);
  return { residentKib: total('Rss'), sharedOnceKib: total('Pss') };
}

function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch {
    // The process is gone.
    return '';
  }
}
