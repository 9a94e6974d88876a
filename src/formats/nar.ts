import { type ByteString, bufferOn } from './byte-string.ts';
import { badNar } from './errors.ts';
import { boundedByteString, type Reading, Sink, type Source, word } from './wire.ts';

/**
 * NARs, store objects as one stream (Nix: src/libutil/archive.cc). Each word in quotes, and each name, target and
 * contents, is a string of the wire.
 *
 *   nar   = "nix-archive-1" node
 *   node  = "(" "type" ( "regular" [ "executable" "" ] "contents" contents
 *                      | "symlink" "target" target
 *                      | "directory" { "entry" "(" "name" name "node" node ")" } ) ")"
 *
 * Names are strictly increasing, bytewise. Nix 2.8 also reads fields that repeat, and regular files without contents;
 * it writes neither, and they are refused here. The bounds on names, targets and depth are those of Nix 2.34.
 */

/**
 * What a NAR holds, in its order. Paths are relative, and empty for the root. A directory or file is complete at its
 * `leave`; a symlink has none.
 */
export interface NarVisitor {
  directory(path: ByteString): void;
  file(path: ByteString, executable: boolean, sizeBytes: number): void;
  /** The next piece of the file, as a view of what was pushed to the source. */
  contents(chunk: Uint8Array): void;
  symlink(path: ByteString, target: ByteString): void;
  leave(path: ByteString): void;
}

const NAME_MAX_BYTES = 255;
const TARGET_MAX_BYTES = 4095;
const MAX_DEPTH = 64;
const KEYWORD_MAX_BYTES = 16;

/** Encodes what does not depend on the dialect. */
const anyDialect = { storeDir: '', minor: 0 };

const START = words('nix-archive-1', '(', 'type');
const CLOSE = words(')');
const ENTRY = words('entry', '(', 'name');
const ENTRY_REST = words('(', 'name');
const NODE = words('node', '(', 'type');
const TARGET = words('target');
const EXECUTABLE = words('executable', '');
const EMPTY = words('');
const PLAIN_FILE = Buffer.concat([START, words('regular', 'contents')]);
const WORD_BYTES = 8;

const keyword = boundedByteString(KEYWORD_MAX_BYTES);
const name = boundedByteString(NAME_MAX_BYTES);
const target = boundedByteString(TARGET_MAX_BYTES);

/** Reads one NAR, and not a byte more. Throws `formats/bad-nar` or an error of the wire on anything else. */
export function* readNar(from: Source, visitor: NarVisitor): Reading<void> {
  yield* expect(from, START, '');
  yield* readNode(from, visitor, '', 0);
}

/** The NAR of a regular file that is not executable, in one piece: small texts are added by the thousand. */
export function narOfFile(contents: Uint8Array): Uint8Array {
  const size = Buffer.alloc(WORD_BYTES);
  size.writeUInt32LE(contents.length);
  const padding = Buffer.alloc(-contents.length & (WORD_BYTES - 1));
  return Buffer.concat([PLAIN_FILE, size, contents, padding, CLOSE]);
}

/**
 * Writes a NAR onto a sink, as the mirror of `readNar`: whoever walks a tree calls it as a reader would.
 * Invariant: entries of a directory come sorted, and a file's contents have the size that was announced.
 */
export class NarWriter implements NarVisitor {
  readonly #sink: Sink;
  #fileSizeBytes: number | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  directory(path: ByteString): void {
    this.#open(path);
    this.#sink.byteString('directory');
  }

  file(path: ByteString, executable: boolean, sizeBytes: number): void {
    this.#open(path);
    this.#sink.byteString('regular');
    if (executable) this.#sink.put(EXECUTABLE);
    this.#sink.byteString('contents');
    this.#sink.word(sizeBytes);
    this.#fileSizeBytes = sizeBytes;
  }

  contents(chunk: Uint8Array): void {
    this.#sink.put(chunk);
  }

  symlink(path: ByteString, to: ByteString): void {
    this.#open(path);
    this.#sink.byteString('symlink');
    this.#sink.put(TARGET);
    this.#sink.byteString(to);
    this.#close(path);
  }

  leave(path: ByteString): void {
    if (this.#fileSizeBytes !== undefined) this.#sink.pad(this.#fileSizeBytes);
    this.#fileSizeBytes = undefined;
    this.#close(path);
  }

  #open(path: ByteString): void {
    if (path === '') {
      this.#sink.put(START);
      return;
    }
    this.#sink.put(ENTRY);
    this.#sink.byteString(path.slice(path.lastIndexOf('/') + 1));
    this.#sink.put(NODE);
  }

  #close(path: ByteString): void {
    this.#sink.put(CLOSE);
    if (path !== '') this.#sink.put(CLOSE);
  }
}

function* readNode(
  from: Source,
  visitor: NarVisitor,
  path: ByteString,
  depth: number,
): Reading<void> {
  const type = yield* keyword.read(from);
  switch (type) {
    case 'regular':
      yield* readFile(from, visitor, path);
      break;
    case 'symlink':
      yield* readSymlink(from, visitor, path);
      break;
    case 'directory':
      if (depth === MAX_DEPTH) throw badNar(path, `it nests deeper than ${MAX_DEPTH} directories`);
      yield* readDirectory(from, visitor, path, depth);
      break;
    default:
      throw badNar(path, 'its type is unknown', type);
  }
}

function* readFile(from: Source, visitor: NarVisitor, path: ByteString): Reading<void> {
  let field = yield* keyword.read(from);
  const executable = field === 'executable';
  if (executable) {
    yield* expect(from, EMPTY, path);
    field = yield* keyword.read(from);
  }
  if (field !== 'contents') throw badNar(path, 'contents are missing where it says', field);
  const sizeBytes = yield* word.read(from);
  visitor.file(path, executable, sizeBytes);
  yield* readContents(from, visitor, sizeBytes);
  const padding = -sizeBytes & 7;
  if (from.available < padding) yield* from.needs(padding);
  if (!from.takePadding(sizeBytes)) throw badNar(path, 'it is padded with bytes other than zero');
  yield* expect(from, CLOSE, path);
  visitor.leave(path);
}

function* readContents(from: Source, visitor: NarVisitor, sizeBytes: number): Reading<void> {
  for (let left = sizeBytes; left > 0; ) {
    if (from.available === 0) yield* from.needs(1);
    const chunk = from.takeUpTo(left);
    left -= chunk.length;
    visitor.contents(chunk);
  }
}

function* readSymlink(from: Source, visitor: NarVisitor, path: ByteString): Reading<void> {
  yield* expect(from, TARGET, path);
  const to = yield* target.read(from);
  if (to === '' || to.includes('\0')) throw badNar(path, 'it is a symlink to nowhere:', to);
  yield* expect(from, CLOSE, path);
  visitor.symlink(path, to);
}

function* readDirectory(
  from: Source,
  visitor: NarVisitor,
  path: ByteString,
  depth: number,
): Reading<void> {
  visitor.directory(path);
  let previous = '';
  for (;;) {
    const field = yield* keyword.read(from);
    if (field === ')') break;
    if (field !== 'entry') throw badNar(path, 'an entry is missing where it says', field);
    yield* expect(from, ENTRY_REST, path);
    const entry = yield* name.read(from);
    checkName(path, entry, previous);
    previous = entry;
    yield* expect(from, NODE, path);
    yield* readNode(from, visitor, path === '' ? entry : `${path}/${entry}`, depth + 1);
    yield* expect(from, CLOSE, path);
  }
  visitor.leave(path);
}

function checkName(path: ByteString, entry: ByteString, previous: ByteString): void {
  if (entry === '' || entry === '.' || entry === '..' || /[/\0]/.test(entry))
    throw badNar(path, 'an entry has a forbidden name:', entry);
  if (entry <= previous) throw badNar(path, 'an entry is not in order:', entry);
}

/** Passes strings that can only be these. */
function* expect(from: Source, expected: Buffer, path: ByteString): Reading<void> {
  if (from.available < expected.length) yield* from.needs(expected.length);
  if (!expected.equals(from.take(expected.length))) throw badNar(path, 'its structure is broken');
}

function words(...texts: readonly ByteString[]): Buffer {
  const sink = new Sink(anyDialect);
  for (const text of texts) sink.byteString(text);
  return bufferOn(sink.finish());
}
