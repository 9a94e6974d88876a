import type { ByteString } from '../formats/byte-string.ts';
import {
  bool,
  byteString,
  type Codec,
  mapOf,
  type Reading,
  type Source,
  word,
} from '../formats/wire.ts';

/**
 * What a client wants for its own connection (Nix: src/libstore/remote-store.cc `setOptions`). Three of the words lost
 * their meaning: the second-last with "log type" and "print build trace", one with "use build hook".
 *
 *   settings = keepFailed keepGoing tryFallback verbosity maxBuildJobs maxSilentSeconds useBuildHook buildVerbosity
 *              logType printBuildTrace buildCores useSubstitutes (count (name value)*)
 */

export interface ClientSettings {
  readonly keepFailed: boolean;
  readonly keepGoing: boolean;
  readonly tryFallback: boolean;
  /** The level up to which messages are wanted: `VERBOSITY`. */
  readonly verbosity: number;
  readonly maxBuildJobs: number;
  /** 0 for no limit. */
  readonly maxSilentSeconds: number;
  /** Whether the output of builders is wanted as messages of their own. It always arrives as results. */
  readonly wantsBuildOutput: boolean;
  /** 0 for all. */
  readonly buildCores: number;
  readonly useSubstitutes: boolean;
  /** Any other setting, as in nix.conf. */
  readonly overrides: ReadonlyMap<ByteString, ByteString>;
}

/** Build output has the level of errors when it is wanted, and that of "vomit" when it is not. */
const BUILD_VERBOSITY = { wanted: 0, unwanted: 7 };

const overrides = mapOf(byteString, byteString);

export const clientSettings: Codec<ClientSettings> = {
  *read(from) {
    return {
      keepFailed: yield* bool.read(from),
      keepGoing: yield* bool.read(from),
      tryFallback: yield* bool.read(from),
      verbosity: yield* word.read(from),
      maxBuildJobs: yield* word.read(from),
      maxSilentSeconds: yield* readSilence(from),
      wantsBuildOutput: (yield* word.read(from)) === BUILD_VERBOSITY.wanted,
      buildCores: yield* readCores(from),
      useSubstitutes: yield* bool.read(from),
      overrides: yield* overrides.read(from),
    };
  },
  write(to, settings) {
    bool.write(to, settings.keepFailed);
    bool.write(to, settings.keepGoing);
    bool.write(to, settings.tryFallback);
    to.word(settings.verbosity);
    to.word(settings.maxBuildJobs);
    to.word(settings.maxSilentSeconds);
    to.word(1);
    to.word(settings.wantsBuildOutput ? BUILD_VERBOSITY.wanted : BUILD_VERBOSITY.unwanted);
    to.word(0);
    to.word(0);
    to.word(settings.buildCores);
    bool.write(to, settings.useSubstitutes);
    overrides.write(to, settings.overrides);
  },
};

/** With the word about build hooks behind it. */
function* readSilence(from: Source): Reading<number> {
  const seconds = yield* word.read(from);
  yield* word.read(from);
  return seconds;
}

/** With the words about logs in front of it. */
function* readCores(from: Source): Reading<number> {
  yield* word.read(from);
  yield* word.read(from);
  return yield* word.read(from);
}
