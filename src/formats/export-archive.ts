import type { ByteString } from './byte-string.ts';
import { badExport } from './errors.ts';
import { type NarVisitor, readNar } from './nar.ts';
import type { StorePath } from './store-path.ts';
import {
  byteString,
  listOf,
  optionalStorePath,
  type Reading,
  record,
  type Sink,
  type Source,
  storePath,
  word,
} from './wire.ts';

/**
 * The stream of `nix-store --export` (Nix: src/libstore/export-import.cc), in words and strings of the wire:
 *
 *   archive = { 1 nar MAGIC path references deriver legacy } 0       deriver is "" for none
 *   legacy  = 0 | 1 signature                                         the signature means nothing
 *
 * Paths come after those that they refer to.
 */

/** What follows the NAR of an exported path. */
export interface ExportTrailer {
  readonly path: StorePath;
  readonly references: readonly StorePath[];
  readonly deriver: StorePath | undefined;
}

/** "EXIN". */
const MAGIC = 0x4558494e;
const MORE = 1;
const END = 0;

const trailer = record<ExportTrailer>({
  path: storePath,
  references: listOf(storePath),
  deriver: optionalStorePath,
});

/** Reads the next path of the archive, or undefined at its end. What the NAR holds, `visitor` gets before that. */
export function* readExport(from: Source, visitor: NarVisitor): Reading<ExportTrailer | undefined> {
  const more = yield* word.read(from);
  if (more === END) return undefined;
  if (more !== MORE) throw badExport('a path', more);
  yield* readNar(from, visitor);
  const magic = yield* word.read(from);
  if (magic !== MAGIC) throw badExport('the magic number', magic);
  const value = yield* trailer.read(from);
  yield* skipLegacySignature(from);
  return value;
}

/** Comes before the NAR of each path. */
export function writeExportStart(to: Sink): void {
  to.word(MORE);
}

/** Comes after the NAR of each path. */
export function writeExportTrailer(to: Sink, value: ExportTrailer): void {
  to.word(MAGIC);
  trailer.write(to, value);
  to.word(0);
}

/** Comes after the last path. */
export function writeExportEnd(to: Sink): void {
  to.word(END);
}

function* skipLegacySignature(from: Source): Reading<ByteString | undefined> {
  const present = yield* word.read(from);
  return present === 0 ? undefined : yield* byteString.read(from);
}
