import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { byteStringOf } from '../../src/formats/byte-string.ts';
import { contentAddressPath, parseContentAddress } from '../../src/formats/content-address.ts';
import {
  type Derivation,
  derivationPath,
  formatDerivation,
  parseDerivation,
} from '../../src/formats/derivation.ts';
import { checkDerivation, hashModulo, outputPathsOf } from '../../src/formats/derivation-hash.ts';
import { readExport } from '../../src/formats/export-archive.ts';
import { formatHash, hashBytes, parseHash } from '../../src/formats/hash.ts';
import { NarWriter, readNar } from '../../src/formats/nar.ts';
import { formatNarInfo, parseNarInfo } from '../../src/formats/narinfo.ts';
import { formatReferencesGraph } from '../../src/formats/references-graph.ts';
import { isSignedByAny, parseSecretKey } from '../../src/formats/signature.ts';
import { parseStorePath, type StorePath, storePathName } from '../../src/formats/store-path.ts';
import { structuredFiles } from '../../src/formats/structured-attributes.ts';
import { type Reading, Sink, Source } from '../../src/formats/wire.ts';
import { createStockStore, type StockStore } from '../support/stock-nix.ts';
import { DIALECT } from './feed.ts';

/** What stock Nix writes, this reads; what this computes, stock Nix computed too. */

/** Stock programs take a while on a busy machine. */
jest.setTimeout(60_000);

const { PATH = '' } = process.env;
const hasNix = PATH.split(':').some(dir => existsSync(join(dir, 'nix-store')));
const onStock = hasNix ? describe : describe.skip;

const KEY =
  'test-key-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA==';

const EXPRESSIONS = fileURLToPath(new URL('stock-nix.nix', import.meta.url));

let stock: StockStore;
let built: readonly StorePath[] = [];

/** Runs a stock program and gives its output as bytes. */
function nix(program: string, ...args: string[]): Buffer {
  return execFileSync(program, args, {
    env: { ...stock.env, NIX_REMOTE: 'local' },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 30,
  });
}

const lines = (output: Buffer) =>
  output
    .toString('latin1')
    .split('\n')
    .filter(line => line !== '');

function* derivations(): Generator<{ path: StorePath; text: string; drv: Derivation }> {
  for (const file of readdirSync(stock.storeDir).filter(name => name.endsWith('.drv'))) {
    const path = parseStorePath(stock.storeDir, join(stock.storeDir, file));
    const text = readFileSync(path, 'latin1');
    const name = storePathName(path).slice(0, -'.drv'.length);
    yield { path, text, drv: parseDerivation(stock.storeDir, name, text) };
  }
}

const find = (name: string): Derivation => {
  const found = [...derivations()].find(({ drv }) => drv.name === name);
  if (found === undefined) throw new Error(`there is no derivation "${name}"`);
  return found.drv;
};

const hashOf = (path: StorePath): ReturnType<typeof hashModulo> => {
  const found = [...derivations()].find(candidate => candidate.path === path);
  if (found === undefined) throw new Error(`there is no ${path}`);
  return hashModulo(found.drv, { maskOutputs: false, hashOfInput: hashOf });
};

function sourceOf(bytes: Uint8Array): Source {
  const source = new Source({ ...DIALECT, storeDir: stock.storeDir });
  source.push(bytes);
  return source;
}

/** The value of a reader that has all its bytes. */
function finish<T>(reading: Reading<T>): T {
  const step = reading.next();
  if (step.done !== true) throw new Error('wants more bytes');
  return step.value;
}

/** What stock Nix has on record about a path. */
function pathInfo(path: StorePath) {
  const [info] = JSON.parse(nix('nix', 'path-info', '--json', path).toString('utf8'));
  return {
    path,
    narHash: parseHash(info.narHash),
    narSizeBytes: Number(info.narSize),
    references: info.references as StorePath[],
    signatures: (info.signatures ?? []) as string[],
    contentAddress: info.ca as string | undefined,
  };
}

onStock(hasNix ? 'stock Nix' : 'stock Nix (skipped: nix-store is not in PATH)', () => {
  beforeAll(() => {
    stock = createStockStore(['experimental-features = nix-command ca-derivations']);
    built = lines(nix('nix-build', '--no-out-link', EXPRESSIONS)) as StorePath[];
  });
  afterAll(async () => await stock[Symbol.asyncDispose]());

  test('writes derivations that are read and written to the byte', () => {
    const all = [...derivations()];
    expect(all.length).toBe(8);
    for (const { path, text, drv } of all) {
      expect(formatDerivation(drv)).toBe(text);
      expect(derivationPath(stock.storeDir, drv)).toBe(path);
    }
  });

  test('gives outputs the paths that are computed here', () => {
    for (const { drv } of derivations()) {
      checkDerivation(stock.storeDir, drv, hashOf);
      const computed = outputPathsOf(stock.storeDir, drv, hashOf);
      for (const [name, { path }] of drv.outputs) expect(computed.get(name)).toBe(path);
    }
  });

  test('writes the files of structured attributes that are made here', () => {
    const drv = find('structured');
    const out = drv.outputs.get('out')?.path ?? '';
    const files = structuredFiles(drv.env.get('__json') ?? '', { outputs: { out } });
    expect(readFileSync(join(out, '.attrs.json'), 'latin1')).toBe(files.json);
    expect(readFileSync(join(out, '.attrs.sh'), 'latin1')).toBe(files.sh);
  });

  test('describes a closure as it is done here', () => {
    const start = find('multi').outputs.get('out');
    const closure = lines(nix('nix-store', '-qR', start?.path ?? '')) as StorePath[];
    const graph = find('graph').outputs.get('out')?.path ?? '';
    expect(readFileSync(graph, 'latin1')).toBe(formatReferencesGraph(closure.map(pathInfo)));
  });

  test('dumps NARs that are read and written to the byte', () => {
    const root = join(stock.root, 'tree');
    mkdirSync(join(root, 'b/deep/er'), { recursive: true });
    writeFileSync(join(root, 'b/run'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(root, 'b/big'), Buffer.alloc(200_001, 'x'));
    writeFileSync(join(root, 'B'), '');
    symlinkSync('../nowhere', join(root, 'b/deep/link'));
    writeFileSync(Buffer.from(`${root}/\xff`, 'latin1'), 'not UTF-8');
    const dump = nix('nix-store', '--dump', root);
    const sink = new Sink(DIALECT);
    const source = sourceOf(dump);
    finish(readNar(source, new NarWriter(sink)));
    expect(source.available).toBe(0);
    expect(dump.equals(sink.finish())).toBe(true);
  });

  test.each([
    '--add',
    '--add-fixed md5',
    '--add-fixed sha512',
    '--add-fixed --recursive sha1',
    '--add-fixed --recursive sha256',
  ])('adds a file by %s under the path that is computed here', how => {
    const file = join(stock.root, 'file');
    writeFileSync(file, 'hello\n');
    const [path = ''] = lines(nix('nix-store', ...how.split(' '), file));
    const { contentAddress = '' } = pathInfo(path as StorePath);
    const object = { name: 'file', references: [] };
    expect(contentAddressPath(stock.storeDir, parseContentAddress(contentAddress), object)).toBe(
      path,
    );
  });

  test('signs as is done here', () => {
    const path = built[1] as StorePath;
    const keyFile = join(stock.root, 'key');
    writeFileSync(keyFile, KEY);
    nix('nix', 'store', 'sign', '--key-file', keyFile, path);
    expect(isSignedByAny([parseSecretKey(KEY).publicKey], pathInfo(path))).toBe(true);
  });

  test('exports paths that are read', () => {
    const path = built[1] as StorePath;
    const closure = lines(nix('nix-store', '-qR', path));
    const source = sourceOf(nix('nix-store', '--export', ...closure));
    const trailers = closure.map(() => {
      const sink = new Sink(DIALECT);
      const trailer = finish(readExport(source, new NarWriter(sink)));
      return { ...trailer, narHash: hashBytes('sha256', sink.finish()) };
    });
    expect(finish(readExport(source, new NarWriter(new Sink(DIALECT))))).toBeUndefined();
    expect(source.available).toBe(0);
    for (const { path: exported, references, narHash } of trailers)
      expect(pathInfo(exported as StorePath)).toMatchObject({ references, narHash });
  });

  test('writes binary caches whose .narinfo files are read and written to the byte', () => {
    const cache = join(stock.root, 'cache');
    nix('nix', 'copy', '--to', `file://${cache}?compression=none`, built[1] ?? '');
    const files = readdirSync(cache).filter(name => name.endsWith('.narinfo'));
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) {
      const text = readFileSync(join(cache, file), 'latin1');
      expect(formatNarInfo(parseNarInfo(stock.storeDir, text))).toBe(text);
    }
  });

  test.each(['md5', 'sha1', 'sha256', 'sha512'] as const)(
    'writes %s in every base as here',
    algorithm => {
      const file = join(stock.root, 'hashed');
      writeFileSync(file, algorithm);
      const hash = hashBytes(algorithm, algorithm);
      const asked = (...form: string[]) =>
        byteStringOf(nix('nix-hash', '--type', algorithm, '--flat', ...form, file)).trim();
      expect(formatHash(hash, 'base16')).toBe(asked());
      expect(formatHash(hash, 'nix32')).toBe(asked('--base32'));
      const sri = byteStringOf(nix('nix', 'hash', 'to-sri', '--type', algorithm, asked())).trim();
      expect(formatHash(hash, 'sri')).toBe(sri);
    },
  );
});
