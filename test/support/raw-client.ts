import { connectDaemon } from '../../src/client/connect.ts';
import type { Connection } from '../../src/client/connection.ts';
import { encodeText } from '../../src/formats/byte-string.ts';
import {
  DERIVATION_SUFFIX,
  type Derivation,
  derivationReferences,
  formatDerivation,
} from '../../src/formats/derivation.ts';
import { outputPathsOf } from '../../src/formats/derivation-hash.ts';
import { parseStorePath, type StorePath } from '../../src/formats/store-path.ts';
import { addTextToStore, addToStore } from '../../src/protocol/ops/adding.ts';
import type { StockStore } from './stock-nix.ts';
import { narOf, type Tree } from './trees.ts';
import type { Workshop } from './workshop.ts';

/** The first minor in which texts are added like everything else. */
const METHODS_MINOR = 25;

export async function connectTo(store: StockStore, minor?: number): Promise<Connection> {
  const { storeDir, socketPath } = store;
  return await connectDaemon(socketPath, { storeDir, ...(minor === undefined ? {} : { minor }) });
}

/** The workshop's busybox as a store path, for derivations that are made by hand. */
export async function addBusybox(shop: Workshop, remote: 'daemon' | 'local'): Promise<StorePath> {
  return parseStorePath(shop.store.storeDir, await shop.ask(['nix-store', '--add', 'bb'], remote));
}

interface Script {
  readonly name: string;
  readonly script: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly outputs?: readonly string[];
}

/** A derivation that runs a script with `bb`, with its outputs where they must be. Without `bb` it cannot be built. */
export function shellDerivation(
  storeDir: string,
  bb: StorePath | undefined,
  { name, script, env = {}, outputs = ['out'] }: Script,
): Derivation {
  const none = { path: undefined, hashAlgo: '', hash: '' };
  const blank: Derivation = {
    name,
    outputs: new Map(outputs.map(output => [output, none])),
    inputDerivations: new Map(),
    inputSources: bb === undefined ? [] : [bb],
    platform: 'x86_64-linux',
    builder: `${bb}/bin/sh`,
    args: ['-euc', encodeText(`PATH=${bb}/bin\n${script}`)],
    env: new Map([
      ...outputs.map((output): [string, string] => [output, '']),
      ...Object.entries(env),
    ]),
  };
  const paths = outputPathsOf(storeDir, blank, () => ({ deferred: false, hashes: new Map() }));
  return {
    ...blank,
    outputs: new Map([...paths].map(([output, path]) => [output, { ...none, path }])),
    env: new Map([...blank.env, ...paths]),
  };
}

export async function addDerivation(connection: Connection, drv: Derivation): Promise<StorePath> {
  const name = drv.name + DERIVATION_SUFFIX;
  return await addText(connection, name, formatDerivation(drv), derivationReferences(drv));
}

export async function addText(
  connection: Connection,
  name: string,
  contents: string,
  references: readonly StorePath[] = [],
): Promise<StorePath> {
  if (connection.minor < METHODS_MINOR)
    return await connection.call(addTextToStore, { name, contents, references });
  const content = { method: 'text', algorithm: 'sha256' } as const;
  const request = { name, content, references, repair: false };
  const body = chunked(Buffer.from(contents, 'latin1'));
  return (await connection.call(addToStore, request, { body })).path;
}

export async function addTree(
  connection: Connection,
  name: string,
  tree: Tree,
): Promise<StorePath> {
  const content = { method: 'nar', algorithm: 'sha256' } as const;
  const request = { name, content, references: [], repair: false };
  return (await connection.call(addToStore, request, { body: chunked(narOf(tree)) })).path;
}

/** Bytes in the pieces that a pipe would bring. */
export async function* chunked(bytes: Uint8Array, sizeBytes = 60_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}
