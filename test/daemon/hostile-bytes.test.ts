import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CLIENT_MAGIC, versionWord } from '../../src/protocol/versions.ts';
import { attack, framed, hello, type Wire, wire } from '../support/attack.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { createStockStore, type StockStore } from '../support/stock-nix.ts';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { file, narOf } from '../support/trees.ts';
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

const seed = Number(process.env.TENON_SEED ?? Date.now() % 1_000_000);
const HUGE = 2n ** 64n - 1n;
const LARGE = 2n ** 40n;

const anyBytes = (count: number, random: () => number) =>
  Buffer.from(Array.from({ length: count }, () => Math.floor(random() * 256)));

/** Each as a connection of its own, some at the same time. */
async function attackAll(attacks: readonly Uint8Array[], leave?: 'end' | 'destroy') {
  const queue = attacks.values();
  const attacker = async () => {
    for (const bytes of queue) await attack(store.socketPath, bytes, leave ? { leave } : {});
  };
  await Promise.all(Array.from({ length: 8 }, attacker));
  await witness.expectNoHarm();
}

describe('a client that cannot greet', () => {
  const version = versionWord(38);

  test.each<{ flaw: string; parts: readonly Wire[] }>([
    { flaw: 'nothing at all', parts: [] },
    { flaw: 'half a word', parts: [Buffer.from('nix')] },
    { flaw: 'another magic', parts: [0x6e697864] },
    { flaw: 'HTTP', parts: [Buffer.from('GET / HTTP/1.1\r\nHost: here\r\n\r\n')] },
    { flaw: 'no version', parts: [CLIENT_MAGIC] },
    { flaw: 'an absurd version', parts: [CLIENT_MAGIC, HUGE] },
    { flaw: 'major version 2', parts: [CLIENT_MAGIC, 0x226, 0, 0, 0] },
    { flaw: 'a version from before Nix 2.0', parts: [CLIENT_MAGIC, versionWord(9), 0, 0] },
    { flaw: 'a huge number of features', parts: [CLIENT_MAGIC, version, HUGE] },
    { flaw: 'many features', parts: [CLIENT_MAGIC, version, LARGE, 'a', 'b', 'c'] },
    { flaw: 'a huge feature', parts: [CLIENT_MAGIC, version, 1, HUGE] },
    { flaw: 'an endless CPU word', parts: [CLIENT_MAGIC, version, 0, 1] },
  ])('is let go: $flaw', async ({ parts }) => {
    await attackAll([wire(...parts)], 'end');
    await attackAll([wire(...parts)], 'destroy');
  });

  test(`is let go: anything at random (TENON_SEED=${seed})`, async () => {
    const random = seededRandom(seed);
    await attackAll(Array.from({ length: 50 }, () => anyBytes(random() * 500, random)));
    await attackAll(
      Array.from({ length: 50 }, () => wire(CLIENT_MAGIC, anyBytes(random() * 100, random))),
    );
  });
});

describe('a request that makes no sense', () => {
  test.each([0, 2, 15, 17, 24, 25, 48, 999, 1000, 1001, LARGE])(
    'is refused: operation %s',
    async number => {
      const said = await attack(store.socketPath, wire(hello(), number, 1, 2, 3));
      expect(said.toString('latin1')).toContain('invalid operation');
      await witness.expectNoHarm();
    },
  );

  const numbers = Array.from({ length: 48 }, (_, number) => number);

  test.each<{ what: string; parts: readonly Wire[] }>([
    { what: 'nothing behind it', parts: [] },
    { what: 'half a word', parts: [Buffer.from('half')] },
    { what: 'huge words', parts: Array.from({ length: 20 }, () => HUGE) },
    { what: 'large words', parts: Array.from({ length: 20 }, () => LARGE) },
    { what: 'a string just too long', parts: [64 * 2 ** 20 + 1, Buffer.alloc(100)] },
    { what: 'a count without items', parts: [1_000_000] },
    { what: 'a string that ends early', parts: [1000, Buffer.alloc(500)] },
    { what: 'bad padding', parts: [1, Buffer.from('aXXXXXXX'), 1, Buffer.from('aXXXXXXX')] },
    { what: 'empty strings', parts: Array.from({ length: 30 }, () => '') },
    { what: 'strings of bytes', parts: Array.from({ length: 9 }, () => '\xff\xfe\x80\x00\x01') },
  ])('is refused by every operation: $what', async ({ parts }) => {
    await attackAll(numbers.map(number => wire(hello(), number, ...parts)));
    await attackAll(
      numbers.map(number => wire(hello(), number, ...parts)),
      'destroy',
    );
  });

  test(`is refused by every operation: anything at random (TENON_SEED=${seed})`, async () => {
    const random = seededRandom(seed + 1);
    const small = () => wire(...Array.from({ length: 40 }, () => Math.floor(random() * 12)));
    await attackAll(
      numbers.map(number => wire(hello(), number, anyBytes(random() * 2000, random))),
    );
    await attackAll(numbers.map(number => wire(hello(), number, small())));
    await attackAll(numbers.map(number => wire(hello(22), number, small())));
  });
});

describe('an upload that stops', () => {
  const nar = narOf(file('the contents of a file'));
  const uploads: readonly { what: string; bytes: Buffer }[] = [
    {
      what: 'in frames',
      bytes: wire(hello(), 7, 'name', 'fixed:r:sha256', 0, 0, framed(nar, 100)),
    },
    { what: 'of a text', bytes: wire(hello(), 7, 'name', 'text:sha256', 0, 0, framed(nar, 100)) },
    { what: 'inline', bytes: wire(hello(22), 7, 'name', 0, 1, 'sha256', nar) },
  ];

  test.each(uploads)('$what harms nobody, wherever it stops', async ({ bytes }) => {
    const prefixes = Array.from(bytes, (_, end) => bytes.subarray(0, end));
    await attackAll(prefixes, 'destroy');
    await attackAll(prefixes.filter((_, end) => end % 8 === 0));
  });
});

describe('options', () => {
  const options = (count: number | bigint, ...overrides: readonly Wire[]) =>
    wire(hello(), 19, 0, 0, 0, 3, 1, 0, 1, 0, 0, 0, 0, 0, count, ...overrides);

  test.each([
    { what: 'a million of them', bytes: options(1e6, Buffer.concat(Array(2e6).fill(wire('x')))) },
    { what: 'a value of 60 MiB', bytes: options(1, 'system', 'x'.repeat(60 * 2 ** 20)) },
    { what: 'a value that is too long', bytes: options(1, 'system', HUGE) },
    { what: 'a count that is too large', bytes: options(HUGE) },
    {
      what: 'values that mean nothing',
      bytes: options(3, 'cores', 'x', 'timeout', '-1', 'max-jobs', '1e9'),
    },
    { what: 'odd names', bytes: options(2, '__proto__', '1', 'constructor', '\0\n') },
  ])('harm nobody: $what', async ({ bytes }) => {
    await attackAll([wire(bytes, 1, `${store.storeDir}/${'0'.repeat(32)}-x`)]);
  });
});
