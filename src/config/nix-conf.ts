import { posix } from 'node:path';
import type { ByteString } from '../formats/byte-string.ts';
import {
  badLine,
  confTooLong,
  includeCycle,
  missingInclude,
  type Origin,
  relativeInclude,
  tooManyIncludes,
  unwritableSetting,
} from './errors.ts';

/**
 * nix.conf (Nix: src/libutil/config.cc). A line, without what follows the first `#`, is words between blanks:
 *
 *   line = [ name "=" word* | "include" file | "!include" file ]
 *
 * `!include` allows the file to be missing. A value is its words with one blank between them.
 */
export interface Assignment {
  readonly name: ByteString;
  readonly value: ByteString;
  readonly origin: Origin;
}

/** The text of a file, or undefined when there is none. */
export type ReadConf = (path: string) => ByteString | undefined;

export const MAX_CONF_BYTES = 1024 * 1024;
const MAX_INCLUDES = 256;

/** The settings of one text in their order, with those of the files that it includes where they are included. */
export function parseNixConf(
  text: ByteString,
  file: string,
  readConf: ReadConf,
): readonly Assignment[] {
  return [...assignments({ text, file, above: [], count: { files: 0 }, readConf })];
}

/** Words are joined with a blank. Throws `config/unwritable` for what would be read back as something else. */
export function formatNixConf(
  settings: Readonly<Record<ByteString, ByteString | readonly ByteString[]>>,
): ByteString {
  const lines = Object.entries(settings).map(([name, value]) => {
    const text = typeof value === 'string' ? value : value.join(' ');
    const line = text === '' ? `${name} =` : `${name} = ${text}`;
    if (!isReadBack(line, name, text)) throw unwritableSetting(name, text);
    return `${line}\n`;
  });
  return lines.join('');
}

/** The words of a value. */
export function wordsOf(value: ByteString): readonly ByteString[] {
  return value.split(/[ \t\n\r]+/).filter(word => word !== '');
}

interface Reading {
  readonly text: ByteString;
  readonly file: string;
  /** The files that led here. */
  readonly above: readonly string[];
  readonly count: { files: number };
  readonly readConf: ReadConf;
}

function* assignments(reading: Reading): Generator<Assignment, void, void> {
  const { text, file } = reading;
  if (text.length > MAX_CONF_BYTES) throw confTooLong(file, MAX_CONF_BYTES);
  for (const [index, line] of text.split('\n').entries()) {
    const words = wordsOf(withoutComment(line));
    const origin = { file, line: index + 1 };
    if (words[0] === 'include' || words[0] === '!include')
      yield* included(reading, origin, { words, line });
    else if (words[1] === '=')
      yield { name: words[0] ?? '', value: words.slice(2).join(' '), origin };
    else if (words.length > 0) throw badLine(origin, line);
  }
}

function* included(
  { file, above, count, readConf }: Reading,
  origin: Origin,
  { words, line }: { words: readonly string[]; line: string },
): Generator<Assignment, void, void> {
  const [keyword, target, ...rest] = words;
  if (target === undefined || rest.length > 0) throw badLine(origin, line);
  const path = resolveInclude(origin, target);
  const chain = [...above, file];
  if (chain.includes(path)) throw includeCycle(origin, path);
  if (++count.files > MAX_INCLUDES) throw tooManyIncludes(origin, MAX_INCLUDES);
  const text = readConf(path);
  if (text !== undefined) yield* assignments({ text, file: path, above: chain, count, readConf });
  else if (keyword === 'include') throw missingInclude(origin, path);
}

function resolveInclude(origin: Origin, target: string): string {
  if (posix.isAbsolute(target)) return posix.normalize(target);
  if (!posix.isAbsolute(origin.file)) throw relativeInclude(origin, target);
  return posix.join(posix.dirname(origin.file), target);
}

function withoutComment(line: ByteString): ByteString {
  const start = line.indexOf('#');
  return start === -1 ? line : line.slice(0, start);
}

function isReadBack(line: string, name: string, text: string): boolean {
  if (line.includes('\n') || name === 'include' || name === '!include') return false;
  const words = wordsOf(withoutComment(line));
  return words[0] === name && words[1] === '=' && words.slice(2).join(' ') === text;
}
