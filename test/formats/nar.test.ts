import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesOf } from '../../src/formats/byte-string.ts';
import { formatHash, hashBytes } from '../../src/formats/hash.ts';
import { type NarVisitor, NarWriter, narOfFile, readNar } from '../../src/formats/nar.ts';
import { Sink, Source } from '../../src/formats/wire.ts';
import { anyTree, type Tree, walk } from './arbitraries.ts';
import { coded, DIALECT, hex, readInPieces } from './feed.ts';

const file = (contents: string, executable = false): Tree => ({
  kind: 'file',
  executable,
  contents: bytesOf(contents),
});
const link = (target: string): Tree => ({ kind: 'symlink', target });
const directory = (entries: Record<string, Tree>): Tree => ({
  kind: 'directory',
  entries: new Map(Object.entries(entries)),
});

const HELLO = file('hello\n');
const RUN = file('#!/bin/sh\nexit 0\n', true);

function narOf(tree: Tree): Uint8Array {
  const sink = new Sink(DIALECT);
  walk(tree, new NarWriter(sink));
  return sink.finish();
}

/** The strings of the wire, for NARs that no writer writes. */
function strings(...texts: readonly string[]): Uint8Array {
  const sink = new Sink(DIALECT);
  for (const text of texts) sink.byteString(text);
  return sink.finish();
}

const nar = (...node: readonly string[]) => strings('nix-archive-1', '(', 'type', ...node, ')');
const entry = (name: string) => [
  ...['entry', '(', 'name', name, 'node'],
  ...['(', 'type', 'regular', 'contents', '', ')', ')'],
];

const ignore: NarVisitor = {
  directory: () => undefined,
  file: () => undefined,
  contents: () => undefined,
  symlink: () => undefined,
  leave: () => undefined,
};

/** Reads a NAR and writes it again. */
function copy(bytes: Uint8Array, pieceBytes: number): Uint8Array {
  const sink = new Sink(DIALECT);
  readInPieces(from => readNar(from, new NarWriter(sink)), bytes, pieceBytes);
  return sink.finish();
}

/** Runs the reader on bytes that may be too few. */
function read(bytes: Uint8Array): boolean {
  const source = new Source(DIALECT);
  source.push(bytes);
  return readNar(source, ignore).next().done === true;
}

describe('NarWriter', () => {
  test.each([
    {
      name: 'hello',
      tree: HELLO,
      size: 120,
      hash: '04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw',
    },
    {
      name: 'run',
      tree: RUN,
      size: 168,
      hash: '036p7brz1n3kvkn1l5p3x5w3310ynfd06nvzb6rj684vplcx3jcy',
    },
    {
      name: 'link',
      tree: link('hello'),
      size: 120,
      hash: '09c1ai5wvx5pm61qnwh152s2y1fi1bcavnv5fsrbppchynnm7ca6',
    },
    {
      name: 'emptydir',
      tree: directory({}),
      size: 96,
      hash: '0sjjj9z1dhilhpc8pq4154czrb79z9cm044jvn75kxcjv6v5l2m5',
    },
    {
      name: 'dir',
      tree: directory({ a: RUN, b: HELLO, empty: file(''), sub: directory({ l: link('../b') }) }),
      size: 1072,
      hash: '0szxrbabkhdwifqg5r7amzammhwm39ysyp71nxi2n5a3ls4br1jc',
    },
  ])('writes $name as Nix does', ({ tree, size, hash }) => {
    const bytes = narOf(tree);
    expect(bytes.length).toBe(size);
    expect(formatHash(hashBytes('sha256', bytes), 'nix32')).toBe(hash);
  });

  test('writes a symlink to the byte', () => {
    expect(Buffer.from(narOf(link('hello')))).toEqual(
      hex(`
        0d000000000000006e69782d617263686976652d3100000001000000000000002800000000000000
        0400000000000000747970650000000007000000000000 0073796d6c696e6b00
        0600000000000000746172676574000005000000000000 0068656c6c6f000000
        01000000000000002900000000000000
      `),
    );
  });
});

describe('narOfFile', () => {
  test('is the NAR of a plain file', () => {
    expect(narOfFile(bytesOf('hello\n'))).toEqual(narOf(HELLO));
  });
});

describe('readNar', () => {
  test.each([1, 7, 1 << 20])('undoes NarWriter, in pieces of %d bytes', pieceBytes => {
    const undone = fc.property(anyTree, tree => {
      const bytes = narOf(tree);
      expect(Buffer.from(copy(bytes, pieceBytes)).equals(bytes)).toBe(true);
    });
    fc.assert(undone);
  });

  test('tells of everything in its order', () => {
    const told: string[] = [];
    const visitor: NarVisitor = {
      directory: path => told.push(`directory ${path}`),
      file: (path, executable, sizeBytes) => told.push(`file ${path} ${executable} ${sizeBytes}`),
      contents: chunk => told.push(`contents ${Buffer.from(chunk).toString()}`),
      symlink: (path, target) => told.push(`symlink ${path} ${target}`),
      leave: path => told.push(`leave ${path}`),
    };
    const tree = directory({ a: directory({ b: RUN }), c: link('a'), d: file('') });
    readInPieces(from => readNar(from, visitor), narOf(tree), 1 << 20);
    expect(told).toEqual([
      ...['directory ', 'directory a', 'file a/b true 17', 'contents #!/bin/sh\nexit 0\n'],
      ...['leave a/b', 'leave a', 'symlink c a', 'file d false 0', 'leave d', 'leave '],
    ]);
  });

  test('leaves what follows it', () => {
    const source = new Source(DIALECT);
    source.push(Buffer.concat([narOf(HELLO), Buffer.from('next')]));
    expect(readNar(source, ignore).next().done).toBe(true);
    expect(source.takeByteString(source.available)).toBe('next');
  });

  test('passes contents on as they come', () => {
    const pieces: number[] = [];
    const visitor = { ...ignore, contents: (chunk: Uint8Array) => pieces.push(chunk.length) };
    const source = new Source(DIALECT);
    const reading = readNar(source, visitor);
    const bytes = narOf(file('x'.repeat(100_000)));
    for (let at = 0; at < bytes.length; at += 10_000) {
      source.push(bytes.subarray(at, at + 10_000));
      reading.next();
    }
    expect(pieces.length).toBe(11);
    expect(pieces.reduce((sum, length) => sum + length)).toBe(100_000);
  });

  test.each([
    { flaw: 'another magic', bytes: strings('nix-archive-2', '(', 'type', 'directory', ')') },
    { flaw: 'a flat file', bytes: Buffer.alloc(100, 'hello\n') },
    { flaw: 'no type', bytes: strings('nix-archive-1', '(', 'kind', 'directory', ')') },
    { flaw: 'an unknown type', bytes: nar('fifo') },
    { flaw: 'a type that is too long', bytes: nar('directory'.repeat(9)), code: 'too-long' },
    { flaw: 'two types', bytes: nar('regular', 'type', 'regular', 'contents', '') },
    { flaw: 'a file without contents', bytes: nar('regular') },
    { flaw: 'executable twice', bytes: nar('regular', 'executable', '', 'executable', '') },
    { flaw: 'executable with a value', bytes: nar('regular', 'executable', '\0', 'contents', '') },
    { flaw: 'executable after contents', bytes: nar('regular', 'contents', '', 'executable', '') },
    { flaw: 'contents twice', bytes: nar('regular', 'contents', '', 'contents', '') },
    { flaw: 'a target without a symlink', bytes: nar('regular', 'target', 'x') },
    { flaw: 'a symlink without a target', bytes: nar('symlink') },
    { flaw: 'an empty target', bytes: nar('symlink', 'target', '') },
    { flaw: 'a target with a zero byte', bytes: nar('symlink', 'target', 'a\0b') },
    {
      flaw: 'a target of 4096 bytes',
      bytes: nar('symlink', 'target', 'x'.repeat(4096)),
      code: 'too-long',
    },
    { flaw: 'an empty name', bytes: nar('directory', ...entry('')) },
    { flaw: 'the name "."', bytes: nar('directory', ...entry('.')) },
    { flaw: 'the name ".."', bytes: nar('directory', ...entry('..')) },
    { flaw: 'a name with a slash', bytes: nar('directory', ...entry('a/b')) },
    { flaw: 'an absolute name', bytes: nar('directory', ...entry('/etc')) },
    { flaw: 'a name with a zero byte', bytes: nar('directory', ...entry('a\0')) },
    {
      flaw: 'a name of 256 bytes',
      bytes: nar('directory', ...entry('x'.repeat(256))),
      code: 'too-long',
    },
    { flaw: 'a name twice', bytes: nar('directory', ...entry('a'), ...entry('a')) },
    { flaw: 'names out of order', bytes: nar('directory', ...entry('b'), ...entry('a')) },
    { flaw: 'names sorted as people do', bytes: nar('directory', ...entry('a'), ...entry('B')) },
    { flaw: 'something else than an entry', bytes: nar('directory', 'contents', '') },
    { flaw: 'an entry without a name', bytes: nar('directory', 'entry', '(', 'node', '(') },
    {
      flaw: 'an entry without a node',
      bytes: nar('directory', 'entry', '(', 'name', 'a', ')', ')', 'x'),
    },
  ])('refuses $flaw', ({ bytes, code = 'bad-nar' }) => {
    expect(() => read(bytes)).toThrow(coded(`formats/${code}`));
  });

  test('takes names of 255 and targets of 4095 bytes', () => {
    expect(read(nar('directory', ...entry('x'.repeat(255))))).toBe(true);
    expect(read(nar('symlink', 'target', 'x'.repeat(4095)))).toBe(true);
  });

  test('compares names by their bytes', () => {
    expect(read(nar('directory', ...entry('B'), ...entry('a'), ...entry('\xc3')))).toBe(true);
  });

  test('takes 64 directories in each other, and not one more', () => {
    const nested = (depth: number): Tree =>
      Array.from({ length: depth }).reduce<Tree>(tree => directory({ d: tree }), HELLO);
    expect(read(narOf(nested(64)))).toBe(true);
    expect(() => read(narOf(nested(65)))).toThrow(coded('formats/bad-nar'));
  });

  test('does not follow a million directories into each other', () => {
    const one = strings('entry', '(', 'name', 'd', 'node', '(', 'type', 'directory');
    const start = strings('nix-archive-1', '(', 'type', 'directory');
    const bytes = Buffer.concat([start, ...Array.from({ length: 10_000 }, () => one)]);
    expect(() => read(bytes)).toThrow(coded('formats/bad-nar'));
  });

  test('refuses contents that are padded with anything', () => {
    const bytes = Buffer.from(narOf(HELLO));
    bytes[bytes.indexOf('hello\n') + 6] = 1;
    expect(() => read(bytes)).toThrow(coded('formats/bad-nar'));
  });

  test('refuses contents of an absurd size', () => {
    const sink = new Sink(DIALECT);
    sink.put(strings('nix-archive-1', '(', 'type', 'regular', 'contents'));
    sink.word(2n ** 63n);
    expect(() => read(sink.finish())).toThrow(coded('formats/number-too-large'));
  });

  test('waits for the rest of a NAR that is cut off anywhere', () => {
    const bytes = narOf(directory({ a: RUN, b: directory({ c: link('x') }) }));
    for (let length = 0; length < bytes.length; length++)
      expect(read(bytes.subarray(0, length))).toBe(false);
  });

  test('reads or refuses a NAR with a changed byte', () => {
    const bytes = narOf(directory({ a: RUN, b: directory({ c: link('x') }), d: file('') }));
    const codes = ['bad-nar', 'too-long', 'bad-padding', 'number-too-large'];
    const decided = fc.property(
      fc.nat({ max: bytes.length - 1 }),
      fc.nat({ max: 255 }),
      (at, byte) => {
        const changed = bytes.slice();
        changed[at] = byte;
        try {
          expect(typeof read(changed)).toBe('boolean');
        } catch (error) {
          expect(codes.map(code => coded(`formats/${code}`))).toContainEqual(error);
        }
      },
    );
    fc.assert(decided, { numRuns: 500 });
  });

  test('names the place of a flaw without its control characters', () => {
    const bytes = nar('directory', ...entry('b'), ...entry('a\x1b[2J\x07'));
    expect(() => read(bytes)).toThrow(
      /^Cannot read a NAR at its root: an entry is not in order: "a\[2J"$/,
    );
  });
});
