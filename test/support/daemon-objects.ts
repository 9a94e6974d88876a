import { expect } from '@jest/globals';
import { connectDaemon } from '../../src/client/connect.ts';
import type { Connection } from '../../src/client/connection.ts';
import { type ByteString, bytesOf } from '../../src/formats/byte-string.ts';
import { type Derivation, derivationPath, formatDerivation } from '../../src/formats/derivation.ts';
import { hashBytes } from '../../src/formats/hash.ts';
import { narOfFile } from '../../src/formats/nar.ts';
import { type StorePath, sourcePath } from '../../src/formats/store-path.ts';
import { addTextToStore, addToStore } from '../../src/protocol/ops/adding.ts';
import type { KeyedPathInfo } from '../../src/protocol/path-info.ts';
import type { StockStore } from './stock-nix.ts';

/** Small objects for a daemon's store. */

/** Connects with at most version 1.`minor`. */
export function connectTo(store: StockStore, minor: number): Promise<Connection> {
  return connectDaemon(store.socketPath, { storeDir: store.storeDir, minor });
}

/** A body in pieces that end anywhere. */
export async function* inPieces(bytes: Uint8Array, size = 7): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Adds a text in the way that the version has for it. */
export async function addText(
  daemon: Connection,
  name: ByteString,
  contents: ByteString,
): Promise<StorePath> {
  if (daemon.minor < 25)
    return await daemon.call(addTextToStore, { name, contents, references: [] });
  const content = { method: 'text', algorithm: 'sha256' } as const;
  const body = inPieces(bytesOf(contents));
  const request = { name, content, references: [], repair: false };
  return (await daemon.call(addToStore, request, { body })).path;
}

export async function addDerivation(
  daemon: Connection,
  storeDir: ByteString,
  drv: Derivation,
): Promise<StorePath> {
  const path = await addText(daemon, `${drv.name}.drv`, formatDerivation(drv));
  expect(path).toBe(derivationPath(storeDir, drv));
  return path;
}

/** A file that refers to itself, as path, info and NAR. */
export function fileObject(
  storeDir: ByteString,
  name: ByteString,
  contents: ByteString,
): KeyedPathInfo & { readonly nar: Uint8Array } {
  const nar = narOfFile(bytesOf(contents));
  const narHash = hashBytes('sha256', nar);
  const path = sourcePath(storeDir, { others: [], self: false }, narHash, name);
  const info = {
    deriver: undefined,
    narHash,
    references: [path],
    registeredAtUnix: 1_500_000_000,
    narSizeBytes: nar.length,
    ultimate: false,
    signatures: [],
    contentAddress: undefined,
  };
  return { path, info, nar };
}
