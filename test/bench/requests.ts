import { hashBytes } from '../../src/formats/hash.ts';
import { makeStorePath, type StorePath } from '../../src/formats/store-path.ts';
import { Sink } from '../../src/formats/wire.ts';

/** Requests of the worker protocol as bytes, made before the clock starts. */

const IS_VALID_PATH = 1;
const ADD_TO_STORE = 7;
const QUERY_PATH_INFO = 26;

/** A path that no store has. */
export function inventedPath(storeDir: string, seed: string): StorePath {
  return makeStorePath(storeDir, 'text', hashBytes('sha256', seed), 'invented');
}

export function isValidPath(path: string): Uint8Array {
  return withPath(IS_VALID_PATH, path);
}

export function queryPathInfo(path: string): Uint8Array {
  return withPath(QUERY_PATH_INFO, path);
}

/** Adds a text without references, framed as since 1.25. */
export function addText(name: string, contents: string): Uint8Array {
  const sink = new Sink({ storeDir: '', minor: 34 });
  sink.word(ADD_TO_STORE);
  sink.byteString(name);
  sink.byteString('text:sha256');
  sink.word(0);
  sink.word(0);
  sink.word(contents.length);
  sink.put(Buffer.from(contents, 'latin1'));
  sink.word(0);
  return sink.finish();
}

function withPath(op: number, path: string): Uint8Array {
  const sink = new Sink({ storeDir: '', minor: 34 });
  sink.word(op);
  sink.byteString(path);
  return sink.finish();
}
