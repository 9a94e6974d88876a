import type { ByteString } from '../formats/byte-string.ts';
import {
  byteString,
  bytes,
  type Codec,
  listOf,
  type Reading,
  type Sink,
  type Source,
  text,
  uint64,
  word,
} from '../formats/wire.ts';
import { type ErrorReport, errorReport } from './error-report.ts';
import { badWord } from './errors.ts';

/**
 * What a daemon sends between a request and its reply (Nix: src/libstore/daemon.cc `TunnelLogger`,
 * worker-protocol-connection.cc `processStderrReturn`). Messages come in any number, the last one is `last`, after
 * which the reply follows, or `error`, after which none does.
 *
 *   message = NEXT text | READ count | WRITE bytes | LAST | ERROR error
 *           | START id level type text fields parent | STOP id | RESULT id type fields
 *   fields = count (0 word | 1 bytes)*
 *
 * Activities exist since 1.20: to older clients a start is sent as NEXT, the others not at all.
 */

/** A word that may exceed 2^53, and is a bigint only then: equal words are `===` or equal bigints. */
export type Word = number | bigint;

/** Log lines of builders are bytes of any kind, so strings in fields are byte strings. */
export type Field = Word | ByteString;

export interface Activity {
  /** Unique on its connection. */
  readonly id: Word;
  readonly level: number;
  /** One of `ACTIVITY`. */
  readonly type: number;
  /** What is shown to people; may be empty. */
  readonly text: string;
  readonly fields: readonly Field[];
  /** The activity that this is a part of, 0 for none. */
  readonly parent: Word;
}

export type LogMessage =
  | { readonly kind: 'next'; readonly text: string }
  | ({ readonly kind: 'start' } & Activity)
  | { readonly kind: 'stop'; readonly id: Word }
  | {
      readonly kind: 'result';
      readonly id: Word;
      readonly type: number;
      readonly fields: readonly Field[];
    };

export type Message =
  | LogMessage
  /** The client is to answer with a string of 1 to `maxBytes` bytes. */
  | { readonly kind: 'read'; readonly maxBytes: number }
  | { readonly kind: 'write'; readonly bytes: Uint8Array }
  | { readonly kind: 'last' }
  | { readonly kind: 'error'; readonly error: ErrorReport };

const NEXT = 0x6f6c6d67;
const READ = 0x64617461;
const WRITE = 0x64617416;
const LAST = 0x616c7473;
const ERROR = 0x63787470;
const START = 0x53545254;
const STOP = 0x53544f50;
const RESULT = 0x52534c54;

const ACTIVITIES_MINOR = 20;

const anyWord: Codec<Word> = {
  *read(from) {
    const value = yield* uint64.read(from);
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  },
  write: (to, value) => to.word(value),
};

const field: Codec<Field> = {
  *read(from) {
    const kind = yield* word.read(from);
    if (kind > 1) throw badWord('kind of field', kind);
    return kind === 0 ? yield* anyWord.read(from) : yield* byteString.read(from);
  },
  write(to, value) {
    to.word(typeof value === 'string' ? 1 : 0);
    if (typeof value === 'string') to.byteString(value);
    else to.word(value);
  },
};

const fields = listOf(field);

export const message: Codec<Message> = {
  *read(from) {
    const kind = yield* word.read(from);
    switch (kind) {
      case NEXT:
        return { kind: 'next', text: yield* text.read(from) };
      case READ:
        return { kind: 'read', maxBytes: yield* word.read(from) };
      case WRITE:
        return { kind: 'write', bytes: yield* bytes.read(from) };
      case LAST:
        return LAST_MESSAGE;
      case ERROR:
        return { kind: 'error', error: yield* errorReport.read(from) };
      case START:
        return yield* readStart(from);
      case STOP:
        return { kind: 'stop', id: yield* anyWord.read(from) };
      case RESULT:
        return yield* readResult(from);
      default:
        throw badWord('message', kind);
    }
  },
  write: writeMessage,
};

const LAST_MESSAGE: Message = { kind: 'last' };

function writeMessage(to: Sink, value: Message): void {
  switch (value.kind) {
    case 'next':
      to.word(NEXT);
      text.write(to, value.text);
      break;
    case 'read':
      to.word(READ);
      to.word(value.maxBytes);
      break;
    case 'write':
      to.word(WRITE);
      bytes.write(to, value.bytes);
      break;
    case 'last':
      to.word(LAST);
      break;
    case 'error':
      to.word(ERROR);
      errorReport.write(to, value.error);
      break;
    default:
      if (to.dialect.minor >= ACTIVITIES_MINOR) writeActivity(to, value);
      else if (value.kind === 'start' && value.text !== '')
        writeMessage(to, { kind: 'next', text: `${value.text}...\n` });
  }
}

function writeActivity(to: Sink, value: Exclude<LogMessage, { kind: 'next' }>): void {
  switch (value.kind) {
    case 'start':
      for (const number of [START, value.id, value.level, value.type]) to.word(number);
      text.write(to, value.text);
      fields.write(to, value.fields);
      to.word(value.parent);
      break;
    case 'stop':
      to.word(STOP);
      to.word(value.id);
      break;
    case 'result':
      for (const number of [RESULT, value.id, value.type]) to.word(number);
      fields.write(to, value.fields);
      break;
    default:
      value satisfies never;
  }
}

function* readStart(from: Source): Reading<Message> {
  return {
    kind: 'start',
    id: yield* anyWord.read(from),
    level: yield* word.read(from),
    type: yield* word.read(from),
    text: yield* text.read(from),
    fields: yield* fields.read(from),
    parent: yield* anyWord.read(from),
  };
}

function* readResult(from: Source): Reading<Message> {
  return {
    kind: 'result',
    id: yield* anyWord.read(from),
    type: yield* word.read(from),
    fields: yield* fields.read(from),
  };
}
