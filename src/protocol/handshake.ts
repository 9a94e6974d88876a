import {
  byteString,
  listOf,
  type Reading,
  Sink,
  type Source,
  text,
  uint64,
  word,
} from '../formats/wire.ts';
import { badMagic, badWord, clientTooOld, daemonTooOld } from './errors.ts';
import { CLIENT_MAGIC, DAEMON_MAGIC, negotiate, OLDEST_MINOR, versionWord } from './versions.ts';

/**
 * The handshake, one generator per side (Nix: src/libstore/worker-protocol-connection.cc). C is client, D is daemon.
 *
 *   C→D  CLIENT_MAGIC
 *   D→C  DAEMON_MAGIC version
 *   C→D  version                       from here on, the smaller minor of both counts
 *   C→D  features, D→C features        1.38: lists of strings
 *   C→D  0 | 1 cpu                     1.14: obsolete
 *   C→D  word                          1.11: obsolete
 *   D→C  text                          1.33: version of Nix
 *   D→C  0 | 1 | 2                     1.35: trust is unknown, given, refused
 *
 * Messages follow, up to `last` or an error. Clients before 2.24 wait for the daemon's version before they send their
 * own, later ones send it at once with the magic word: neither side may rely on either.
 */

/** Passes bytes to the other side. */
type Send = (bytes: Uint8Array) => void;

/** What a daemon tells about itself. */
export interface Greeting {
  /** The newest minor that it speaks. */
  readonly minor: number;
  /** The version of Nix that users are shown. */
  readonly version: string;
  readonly trusted: boolean;
}

/** What a client learns. */
export interface Greeted {
  readonly minor: number;
  /** Undefined before 1.33. */
  readonly daemonVersion: string | undefined;
  /** Whether the daemon trusts this client. Undefined when it does not say, as before 1.35. */
  readonly trusted: boolean | undefined;
}

const FEATURES_MINOR = 38;
const TRUST_MINOR = 35;
const VERSION_MINOR = 33;

const features = listOf(byteString);

/** The daemon's side. Returns the negotiated minor, which `from.dialect` has from then on. */
export function* greetClient(from: Source, send: Send, greeting: Greeting): Reading<number> {
  const magic = yield* uint64.read(from);
  if (magic !== BigInt(CLIENT_MAGIC)) throw badMagic(magic);
  send(words(DAEMON_MAGIC, versionWord(greeting.minor)));
  const minor = negotiate(greeting.minor, yield* uint64.read(from));
  if (minor < OLDEST_MINOR) throw clientTooOld();
  from.dialect = { ...from.dialect, minor };
  if (minor >= FEATURES_MINOR) {
    yield* features.read(from);
    send(words(0));
  }
  if ((yield* uint64.read(from)) !== 0n) yield* uint64.read(from);
  yield* uint64.read(from);
  const to = new Sink(from.dialect);
  if (minor >= VERSION_MINOR) text.write(to, greeting.version);
  if (minor >= TRUST_MINOR) to.word(greeting.trusted ? 1 : 2);
  send(to.finish());
  return minor;
}

/** The client's side, which speaks at most 1.`ownMinor`. `from.dialect` has the negotiated minor afterwards. */
export function* greetDaemon(from: Source, send: Send, ownMinor: number): Reading<Greeted> {
  send(words(CLIENT_MAGIC, versionWord(ownMinor)));
  const magic = yield* uint64.read(from);
  if (magic !== BigInt(DAEMON_MAGIC)) throw badMagic(magic);
  const minor = negotiate(ownMinor, yield* uint64.read(from));
  if (minor < OLDEST_MINOR) throw daemonTooOld(minor);
  from.dialect = { ...from.dialect, minor };
  if (minor >= FEATURES_MINOR) {
    send(words(0));
    yield* features.read(from);
  }
  send(words(0, 0));
  const daemonVersion = minor >= VERSION_MINOR ? yield* text.read(from) : undefined;
  const trusted = minor >= TRUST_MINOR ? yield* readTrust(from) : undefined;
  return { minor, daemonVersion, trusted };
}

function* readTrust(from: Source): Reading<boolean | undefined> {
  const trust = yield* word.read(from);
  if (trust > 2) throw badWord('trust', trust);
  return trust === 0 ? undefined : trust === 1;
}

function words(...values: readonly number[]): Uint8Array {
  const to = new Sink({ storeDir: '', minor: 0 });
  for (const value of values) to.word(value);
  return to.finish();
}
