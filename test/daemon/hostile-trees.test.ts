import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { formatHash, hashBytes } from '../../src/formats/hash.ts';
import { queryAllValidPaths } from '../../src/protocol/ops/queries.ts';
import { attack, framed, hello, type Wire, wire } from '../support/attack.ts';
import { BEHIND, brokenNars } from '../support/broken-nars.ts';
import { connectTo } from '../support/raw-client.ts';
import { createStockStore, type StockStore } from '../support/stock-nix.ts';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { directory, file, narOf } from '../support/trees.ts';
import { Witness } from '../support/witness.ts';

jest.setTimeout(60_000);

let store: StockStore;
let daemon: TenonDaemon;
let witness: Witness;

beforeAll(async () => {
  store = createStockStore();
  daemon = await startTenon(store);
  witness = await Witness.arrive(store, daemon);
});

afterAll(async () => {
  witness[Symbol.dispose]();
  await daemon[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

const hashOf = (bytes: Uint8Array) => formatHash(hashBytes('sha256', bytes), 'base16');
const pathOf = (name: string) => `${store.storeDir}/${'1'.repeat(32)}-${name}`;

/** What follows the path in AddToStoreNar and AddMultipleToStore. */
const infoOf = (bytes: Uint8Array, size: number | bigint = bytes.length): readonly Wire[] => [
  '',
  hashOf(bytes),
  0,
  0,
  size,
  0,
  0,
  '',
];

describe('a NAR', () => {
  const ways: readonly { way: string; request: (bytes: Buffer) => Buffer }[] = [
    {
      way: 'AddToStore',
      request: bytes => wire(hello(), 7, 'hostile', 'fixed:r:sha256', 0, 0, framed(bytes)),
    },
    {
      way: 'AddToStore, old',
      request: bytes => wire(hello(22), 7, 'hostile', 0, 1, 'sha256', bytes),
    },
    {
      way: 'AddToStoreNar',
      request: bytes => wire(hello(), 39, pathOf('hostile'), ...infoOf(bytes), 0, 1, framed(bytes)),
    },
    {
      way: 'AddMultipleToStore',
      request: bytes =>
        wire(hello(), 44, 0, 1, framed(wire(1, pathOf('hostile'), ...infoOf(bytes), bytes))),
    },
  ];

  test.each(ways)(
    'that is broken is refused, and writes nothing: $way',
    async ({ way, request }) => {
      using connection = await connectTo(store);
      // Where a NAR comes without frames, what is behind it is the next request.
      const isFramed = way !== 'AddToStore, old';
      for (const { flaw, bytes } of brokenNars.filter(row => isFramed || row.flaw !== BEHIND)) {
        await attack(store.socketPath, request(bytes));
        const valid = await connection.call(queryAllValidPaths, undefined);
        expect({ flaw, hostile: valid.filter(path => path.endsWith('hostile')) }).toEqual({
          flaw,
          hostile: [],
        });
        expect(readdirSync(store.storeDir).filter(name => name.endsWith('hostile'))).toEqual([]);
      }
      for (const place of [store.root, store.storeDir, join(store.root, 'nix'), '/tmp'])
        expect(existsSync(join(place, 'escaped'))).toBe(false);
      connection[Symbol.dispose]();
      await witness.expectNoHarm();
    },
  );
});

describe('AddToStoreNar', () => {
  const good = narOf(directory({ inside: file('contents') }));
  const add = (path: string, info: readonly Wire[]) =>
    wire(hello(), 39, path, ...info, 0, 1, framed(good));

  test.each<{ flaw: string; path?: string; info: readonly Wire[]; words: RegExp }>([
    {
      flaw: 'another hash',
      info: infoOf(Buffer.from('x'), good.length),
      words: /hash mismatch importing path/,
    },
    { flaw: 'another size', info: infoOf(good, 1), words: /size mismatch importing path/ },
    { flaw: 'a hash of no hash', info: ['', 'xyz', 0, 0, 1, 0, 0, ''], words: /Cannot/ },
    { flaw: 'a short hash', info: ['', 'ab', 0, 0, 1, 0, 0, ''], words: /Cannot/ },
    {
      flaw: 'a content address that is none',
      info: ['', hashOf(good), 0, 0, good.length, 0, 0, 'x'],
      words: /Cannot/,
    },
    {
      flaw: 'the content address of another path',
      info: ['', hashOf(good), 0, 0, good.length, 0, 0, `fixed:r:sha256:${hashOf(good)}`],
      words: /claims to be content-addressed but isn't/,
    },
    { flaw: 'a path with dots', path: '/../../etc/passwd', info: infoOf(good), words: /Cannot/ },
    { flaw: 'a path of another store', path: '/gnu/store', info: infoOf(good), words: /Cannot/ },
  ])('refuses $flaw', async ({ path, info, words }) => {
    const target =
      path === undefined ? pathOf('flawed') : path.startsWith('/..') ? store.storeDir + path : path;
    const said = await attack(store.socketPath, add(target, info));
    expect(said.toString('latin1')).toMatch(words);
    await witness.expectNoHarm();
  });

  test('refuses a reference that is not valid', async () => {
    const info = ['', hashOf(good), 1, pathOf('absent'), 0, good.length, 0, 0, ''];
    const said = await attack(store.socketPath, add(pathOf('dangling'), info));
    expect(said.toString('latin1')).toMatch(/path '.*-absent' is not valid/);
    expect(existsSync(pathOf('dangling'))).toBe(false);
    await witness.expectNoHarm();
  });
});

describe('AddMultipleToStore', () => {
  const good = narOf(file('contents'));
  const item = (name: string) => [pathOf(name), ...infoOf(good), good];

  test.each<{ flaw: string; body: () => Buffer }>([
    { flaw: 'a huge count', body: () => wire(2n ** 63n, ...item('m-a')) },
    { flaw: 'a count too many', body: () => wire(3, ...item('m-b'), ...item('m-c')) },
    { flaw: 'a count too few', body: () => wire(1, ...item('m-d'), ...item('m-e')) },
    { flaw: 'no count', body: () => Buffer.alloc(0) },
    { flaw: 'a word and a half', body: () => wire(1, Buffer.from('half')) },
    {
      flaw: 'the same path many times',
      body: () => wire(200, ...Array.from({ length: 200 }, () => item('m-f')).flat()),
    },
    {
      flaw: 'random bytes',
      body: () => wire(9, Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * n) % 251))),
    },
  ])('harms nobody: $flaw', async ({ body }) => {
    await attack(store.socketPath, wire(hello(), 44, 0, 1, framed(body())));
    await attack(store.socketPath, wire(hello(), 44, 0, 1, framed(body(), 7)));
    await witness.expectNoHarm();
  });

  test('lets the connection go on after a mistake', async () => {
    const mistake = wire(
      44,
      0,
      1,
      framed(wire(1, pathOf('m-g'), ...infoOf(Buffer.from('x')), good)),
    );
    const question = wire(1, pathOf('m-g'));
    const said = await attack(store.socketPath, wire(hello(), mistake, mistake, question));
    expect(said.toString('latin1').match(/hash mismatch/g)?.length).toBe(2);
    expect(said.subarray(-16)).toEqual(wire(0x616c7473, 0));
  });
});
