import { bool, type Codec, word } from '../formats/wire.ts';
import { badWord } from './errors.ts';

/** The reply of operations that have nothing to say: the word 1. */
export const ack: Codec<undefined> = {
  *read(from) {
    const value = yield* word.read(from);
    if (value !== 1) throw badWord('acknowledgement', value);
    return undefined;
  },
  write: to => to.word(1),
};

/** A word that counts through `names` from 0. */
export function choice<Name extends string>(what: string, names: readonly Name[]): Codec<Name> {
  return {
    *read(from) {
      const value = yield* word.read(from);
      const name = names[value];
      if (name === undefined) throw badWord(what, value);
      return name;
    },
    write: (to, name) => to.word(names.indexOf(name)),
  };
}

/** A word that is 0 when there is no value, and 1 in front of one. */
export function optional<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    *read(from) {
      return (yield* bool.read(from)) ? yield* codec.read(from) : undefined;
    },
    write(to, value) {
      bool.write(to, value !== undefined);
      if (value !== undefined) codec.write(to, value);
    },
  };
}
