import { copyFileSync, cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createStockStore, type StockStore } from './stock-nix.ts';

const fixtures = join(import.meta.dirname, '../fixtures/builds');
const BUSYBOX = '/bin/busybox';
const APPLETS =
  'sh cat chmod cp cut date dd dirname echo env false find grep head id kill ln ls mkdir mkfifo mv nc printf ' +
  'readlink rm sed sleep sort stat tail test touch tr true umask uname wc wget yes';

type Ended = Awaited<ReturnType<StockStore['nix']>>;

/** Who is asked: a daemon on the store's socket, or the stock program itself, working on the store's files. */
export type Remote = 'daemon' | 'local';

/** A private store, and a folder with a busybox to build from. */
export interface Workshop extends AsyncDisposable {
  readonly store: StockStore;
  /** Runs a stock program in the folder. */
  run(argv: readonly [string, ...string[]], remote?: Remote): Promise<Ended>;
  /** The same for a program that must succeed: its output, without the last line end. */
  ask(argv: readonly [string, ...string[]], remote?: Remote): Promise<string>;
  /** Builds an expression in which `run` is that of fixtures/builds/run.nix. Gives the paths of its outputs. */
  build(text: string, flags?: readonly string[], remote?: Remote): Promise<string>;
  tryBuild(text: string, flags?: readonly string[], remote?: Remote): Promise<Ended>;
  /** The path of an expression's derivation, which is added to the store. */
  instantiate(text: string, remote?: Remote): Promise<string>;
}

export function createWorkshop(store: StockStore = createStockStore()): Workshop {
  const dir = join(store.root, 'work');
  mkdirSync(join(dir, 'bb/bin'), { recursive: true });
  cpSync(fixtures, dir, { recursive: true });
  copyFileSync(BUSYBOX, join(dir, 'bb/bin/busybox'));
  for (const name of APPLETS.split(' ')) symlinkSync('busybox', join(dir, 'bb/bin', name));

  const run: Workshop['run'] = (argv, remote = 'daemon') =>
    store.nix(argv, { cwd: dir, env: { NIX_REMOTE: remote } });
  const ask: Workshop['ask'] = async (argv, remote) => {
    const { status, stdout, stderr } = await run(argv, remote);
    if (status !== 0) throw new Error(`${argv.join(' ')} gives ${status}:\n${stderr}`);
    return stdout.trimEnd();
  };
  const command = (text: string, flags: readonly string[] = []) =>
    ['nix-build', '--no-out-link', ...flags, '-E', expression(text)] as const;
  return {
    store,
    run,
    ask,
    build: (text, flags, remote) => ask(command(text, flags), remote),
    tryBuild: (text, flags, remote) => run(command(text, flags), remote),
    instantiate: (text, remote) => ask(['nix-instantiate', '-E', expression(text)], remote),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

function expression(text: string): string {
  return `let run = import ./run.nix; in ${text}`;
}
