import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesOf } from '../../src/formats/byte-string.ts';
import {
  type ExportTrailer,
  readExport,
  writeExportEnd,
  writeExportStart,
  writeExportTrailer,
} from '../../src/formats/export-archive.ts';
import { type NarVisitor, NarWriter, narOfFile } from '../../src/formats/nar.ts';
import { parseBaseName } from '../../src/formats/store-path.ts';
import { type Reading, Sink, type Source } from '../../src/formats/wire.ts';
import { anyStorePath, anyStorePaths, anyTree, type Tree, walk } from './arbitraries.ts';
import { coded, DIALECT, hex, readInPieces, STORE_DIR } from './feed.ts';

const HELLO = hex(`
  0100000000000000
  0d000000000000006e69782d617263686976652d310000000100000000000000
  280000000000000004000000000000007479706500000000
  0700000000000000726567756c6172000800000000000000636f6e74656e7473
  060000000000000068656c6c6f0a000001000000000000002900000000000000
  4e49584500000000
  3100000000000000 2f6e69782f73746f72652f6777696e6131736a6b376739357771366678633662377331687a6135336837342d68656c6c6f 00000000000000
  0000000000000000 0000000000000000 0000000000000000
  0000000000000000
`);
const PATH = parseBaseName(STORE_DIR, 'gwina1sjk7g95wq6fxc6b7s1hza53h74-hello');
const NAR_END = 8 + narOfFile(bytesOf('hello\n')).length;

interface Exported extends ExportTrailer {
  readonly tree: Tree;
}

const anyExported: fc.Arbitrary<Exported> = fc.record({
  tree: anyTree,
  path: anyStorePath,
  references: anyStorePaths,
  deriver: fc.option(anyStorePath, { nil: undefined }),
});

function archiveOf(paths: readonly Exported[]): Uint8Array {
  const sink = new Sink(DIALECT);
  for (const { tree, ...trailer } of paths) {
    writeExportStart(sink);
    walk(tree, new NarWriter(sink));
    writeExportTrailer(sink, trailer);
  }
  writeExportEnd(sink);
  return sink.finish();
}

function* readAll(from: Source, visitor: NarVisitor): Reading<ExportTrailer[]> {
  const trailers: ExportTrailer[] = [];
  for (;;) {
    const trailer = yield* readExport(from, visitor);
    if (trailer === undefined) return trailers;
    trailers.push(trailer);
  }
}

function readArchive(bytes: Uint8Array, pieceBytes = 1 << 20) {
  const sink = new Sink(DIALECT);
  const trailers = readInPieces(from => readAll(from, new NarWriter(sink)), bytes, pieceBytes);
  return { trailers, nars: sink.finish() };
}

describe('an export archive', () => {
  test('is written as Nix does', () => {
    const tree: Tree = { kind: 'file', executable: false, contents: bytesOf('hello\n') };
    const archive = archiveOf([{ tree, path: PATH, references: [], deriver: undefined }]);
    expect(Buffer.from(archive)).toEqual(HELLO);
  });

  test.each([1, 1 << 20])('is read in pieces of %d bytes', pieceBytes => {
    const undone = fc.property(fc.array(anyExported, { maxLength: 3 }), paths => {
      const { trailers, nars } = readArchive(archiveOf(paths), pieceBytes);
      const sink = new Sink(DIALECT);
      for (const { tree } of paths) walk(tree, new NarWriter(sink));
      expect(trailers).toEqual(paths.map(({ tree, ...trailer }) => trailer));
      expect(Buffer.from(nars).equals(sink.finish())).toBe(true);
    });
    fc.assert(undone, { numRuns: 30 });
  });

  test('may have signatures, which mean nothing', () => {
    const sink = new Sink(DIALECT);
    sink.put(HELLO.subarray(0, -16));
    sink.word(1);
    sink.byteString('signature');
    writeExportEnd(sink);
    expect(readArchive(sink.finish()).trailers.map(({ path }) => path)).toEqual([PATH]);
  });

  test.each([
    { flaw: 'a path starts with 2', at: 0, byte: 2, code: 'bad-export' },
    { flaw: 'the magic number is another', at: NAR_END, byte: 0, code: 'bad-export' },
    { flaw: 'the NAR is broken', at: 16, byte: 0, code: 'bad-nar' },
    { flaw: 'the path is of another store', at: NAR_END + 17, byte: 0x6d, code: 'bad-store-path' },
  ])('is refused when $flaw', ({ at, byte, code }) => {
    const changed = Uint8Array.from(HELLO);
    changed[at] = byte;
    expect(() => readArchive(changed)).toThrow(coded(`formats/${code}`));
  });
});
