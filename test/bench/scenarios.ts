import { type SpawnSyncOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { hashBytes } from '../../src/formats/hash.ts';
import { textPath } from '../../src/formats/store-path.ts';
import type { Contender } from './contender.ts';
import { RawClient } from './raw-client.ts';
import { addText, inventedPath, isValidPath, queryPathInfo } from './requests.ts';

/** Something that both daemons do. */
export interface Scenario {
  readonly name: string;
  readonly unit: string;
  /** How many times as good as stock tenon must be. */
  readonly bar: number;
  readonly better: 'more' | 'less';
  /** What a daemon reaches, in `unit`. Every call gets a fresh store. */
  measure(daemon: Contender): Promise<number>;
}

const REPLY_BYTES = 16;
/** Clients at a time, where a daemon that serves many is what is measured. */
const CLIENTS = 4;
const CONNECTIONS = 4000;
const BUSYBOX = '/bin/busybox';
const BIG_FILE_BYTES = 1 << 30;

export const scenarios: readonly Scenario[] = [
  {
    name: 'connections with one query, 4 clients at a time',
    unit: '/s',
    bar: 10,
    better: 'more',
    async measure({ socketPath, storeDir, dir }) {
      const program = `${dir}/connect`;
      const source = new URL('./connect.c', import.meta.url).pathname;
      run('cc', ['-O2', '-o', program, source]);
      const path = inventedPath(storeDir, 'nothing');
      const connect = (count: number) => started(program, [socketPath, String(count), path]);
      const connectAll = (count: number) =>
        Promise.all(Array.from({ length: CLIENTS }, () => connect(count / CLIENTS)));
      await connectAll(CONNECTIONS);
      return await perSecond(CONNECTIONS, connectAll);
    },
  },
  {
    name: 'pipelined IsValidPath',
    unit: '/s',
    bar: 1.1,
    better: 'more',
    async measure({ socketPath, storeDir }) {
      using client = await RawClient.connect(socketPath);
      await addTexts(client, {
        first: 10_000,
        count: 100,
        replyBytes: await textReplyBytes(client),
      });
      const queries = isValidPath(textOf(storeDir, 10_007));
      return await pipelined(client, queries, REPLY_BYTES);
    },
  },
  {
    name: 'pipelined QueryPathInfo',
    unit: '/s',
    bar: 1.1,
    better: 'more',
    async measure({ socketPath, storeDir }) {
      using client = await RawClient.connect(socketPath);
      await addTexts(client, {
        first: 10_000,
        count: 100,
        replyBytes: await textReplyBytes(client),
      });
      const query = queryPathInfo(textOf(storeDir, 10_007));
      return await pipelined(client, query, await client.replySize(query, 50));
    },
  },
  {
    name: 'AddToStore of small texts',
    unit: '/s',
    bar: 1.2,
    better: 'more',
    async measure({ socketPath }) {
      using client = await RawClient.connect(socketPath);
      const replyBytes = await textReplyBytes(client);
      await addTexts(client, { first: 10_000, count: 15_000, replyBytes });
      return await perSecond(6000, count => addTexts(client, { first: 30_000, count, replyBytes }));
    },
  },
  {
    name: 'one big file into the store',
    unit: ' MB/s',
    bar: 1.1,
    better: 'more',
    async measure(daemon) {
      const file = `${daemon.dir}/big`;
      writeFileSync(file, Buffer.alloc(BIG_FILE_BYTES, 'tenon'));
      writeFileSync(`${daemon.dir}/small`, Buffer.alloc(1 << 20, 'small'));
      nix(daemon, ['nix-store', '--add', `${daemon.dir}/small`]);
      return (
        (await perSecond(BIG_FILE_BYTES, async () => nix(daemon, ['nix-store', '--add', file]))) /
        1e6
      );
    },
  },
  {
    name: 'nix-build of 50 trivial derivations',
    unit: ' builds/s',
    bar: 1.5,
    better: 'more',
    async measure(daemon) {
      const file = writeExpression(daemon, 50, 0);
      warmUp(daemon);
      return await perSecond(50, async () => nix(daemon, ['nix-build', '--no-out-link', file]));
    },
  },
  {
    name: 'nix-build of 20 derivations with 300 inputs',
    unit: ' builds/s',
    bar: 3,
    better: 'more',
    async measure(daemon) {
      const file = writeExpression(daemon, 20, 300);
      nix(daemon, ['nix-instantiate', file]);
      warmUp(daemon);
      return await perSecond(20, async () => nix(daemon, ['nix-build', '--no-out-link', file]));
    },
  },
];

async function perSecond(
  count: number,
  work: (count: number) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  await work(count);
  return (count * 1000) / (performance.now() - start);
}

/** The same request many times, in bursts that fit the daemon's buffers. */
async function pipelined(
  client: RawClient,
  request: Uint8Array,
  replyBytes: number,
): Promise<number> {
  const burst = 2000;
  const requests = Buffer.concat(new Array(burst).fill(request));
  await client.exchange(requests, replyBytes * burst);
  return await perSecond(60_000, async count => {
    for (let left = count; left > 0; left -= burst)
      await client.exchange(requests, replyBytes * burst);
  });
}

function textOf(storeDir: string, number: number): string {
  return textPath(storeDir, [], hashBytes('sha256', contentsOf(number)), `text-${number}`);
}

function contentsOf(number: number): string {
  return `this is the text number ${number}\n`.repeat(4);
}

/** Adds texts one after the other, as nix-instantiate does. Equally long names have equally long replies. */
async function addTexts(
  client: RawClient,
  { first, count, replyBytes }: { first: number; count: number; replyBytes: number },
): Promise<void> {
  for (let number = first; number < first + count; number++)
    await client.exchange(addText(`text-${number}`, contentsOf(number)), replyBytes);
}

async function textReplyBytes(client: RawClient): Promise<number> {
  return await client.replySize(addText('text-00000', contentsOf(0)), 50);
}

/** Derivations whose builder is a shell, each with so many directories of the store as inputs. */
function writeExpression(daemon: Contender, count: number, inputCount: number): string {
  const { dir } = daemon;
  mkdirSync(`${dir}/sh/bin`, { recursive: true });
  copyFileSync(BUSYBOX, `${dir}/sh/bin/busybox`);
  symlinkSync('busybox', `${dir}/sh/bin/sh`);
  const inputs = Array.from({ length: inputCount }, (_, number) => `${dir}/inputs/input-${number}`);
  for (const input of inputs) {
    mkdirSync(input, { recursive: true });
    writeFileSync(`${input}/file`, `${input}\n`);
  }
  const added = nix(daemon, ['nix-store', '--add', `${dir}/sh`, ...inputs]);
  const [sh, ...paths] = added
    .trim()
    .split('\n')
    .map(path => `(builtins.storePath ${path})`);
  const file = `${dir}/builds.nix`;
  writeFileSync(
    file,
    `let
      inputs = [ ${paths.join(' ')} ];
      build = n: derivation {
        name = "build-\${toString n}"; system = "x86_64-linux"; inherit inputs;
        builder = "\${${sh}}/bin/sh"; args = [ "-c" "echo \${toString n} > $out" ];
      };
    in builtins.genList build ${count}`,
  );
  return file;
}

/** A daemon runs for weeks: what it does only once, or slowly the first times, is not what is measured. */
function warmUp({ dir, ...daemon }: Contender): void {
  const file = `${dir}/warm-up.nix`;
  const text = readFileSync(`${dir}/builds.nix`, 'utf8');
  writeFileSync(
    file,
    text.replace('"build-', '"warm-up-').replace(/genList build \d+/, 'genList build 40'),
  );
  nix({ dir, ...daemon }, ['nix-build', '--no-out-link', file]);
}

function nix({ env, dir }: Contender, [program = '', ...args]: readonly string[]): string {
  return run(program, args, { env, cwd: dir });
}

async function started(program: string, args: readonly string[]): Promise<void> {
  const [status] = await once(spawn(program, args, { stdio: 'inherit' }), 'exit');
  if (status !== 0) throw new Error(`${program} ends with ${status}`);
}

function run(program: string, args: readonly string[], options: SpawnSyncOptions = {}): string {
  const { status, stdout, stderr } = spawnSync(program, args, { ...options, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ends with ${status}: ${stderr}`);
  return stdout;
}
