import {
  byteString,
  type Codec,
  listOf,
  type Reading,
  type Source,
  text,
  word,
} from '../formats/wire.ts';
import { badText, badWord } from './errors.ts';

/**
 * Errors from the daemon (Nix: src/libutil/serialise.cc, `Sink & operator << (Sink &, const Error &)`).
 *
 *   error = "Error" level "Error" text 0 (count (0 text)*)      1.26; the zeroes stand for positions
 *         | text status                                         before
 */

/** An error as it travels. */
export interface ErrorReport {
  readonly level: number;
  /** Without "error: " in front. */
  readonly message: string;
  /** What was being done, innermost first. Nothing before 1.26. */
  readonly trace: readonly string[];
  /** Exit status for the client. Always 1 since 1.26. */
  readonly status: number;
}

const STRUCTURED_MINOR = 26;
const TYPE = 'Error';

const trace: Codec<string> = {
  *read(from) {
    yield* readNoPosition(from);
    return yield* text.read(from);
  },
  write(to, line) {
    to.word(0);
    text.write(to, line);
  },
};

const traces = listOf(trace);

export const errorReport: Codec<ErrorReport> = {
  *read(from) {
    if (from.dialect.minor < STRUCTURED_MINOR) {
      const message = yield* text.read(from);
      return { level: 0, message, trace: [], status: yield* word.read(from) };
    }
    const type = yield* byteString.read(from);
    if (type !== TYPE) throw badText('type of error', type);
    const level = yield* word.read(from);
    yield* byteString.read(from);
    const message = yield* text.read(from);
    yield* readNoPosition(from);
    return { level, message, trace: yield* traces.read(from), status: 1 };
  },
  write(to, error) {
    if (to.dialect.minor < STRUCTURED_MINOR) {
      text.write(to, error.message);
      to.word(error.status);
      return;
    }
    to.byteString(TYPE);
    to.word(error.level);
    to.byteString(TYPE);
    text.write(to, error.message);
    to.word(0);
    traces.write(to, error.trace);
  },
};

/** Positions in source files are never sent, though the format has a place for them. */
function* readNoPosition(from: Source): Reading<void> {
  const position = yield* word.read(from);
  if (position !== 0) throw badWord('position', position);
}
