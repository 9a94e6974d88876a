import { type DerivedPath, formatDerivedPath, parseDerivedPath } from '../formats/derived-path.ts';
import { byteString, type Codec } from '../formats/wire.ts';

/** What a client wants to have, as the string that the version has for it. */
export const derivedPath: Codec<DerivedPath> = {
  *read(from) {
    return parseDerivedPath(from.dialect, yield* byteString.read(from));
  },
  write: (to, wanted) => to.byteString(formatDerivedPath(to.dialect, wanted)),
};
