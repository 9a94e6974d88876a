import type { ByteString } from '../../formats/byte-string.ts';
import { isDrvOutputId, type Realisation } from '../../formats/realisation.ts';
import { baseName, parseBaseName, type StorePath } from '../../formats/store-path.ts';
import { byteString, type Codec, listOf, none, storePath } from '../../formats/wire.ts';
import { realisation } from '../build-result.ts';
import { badText } from '../errors.ts';
import type { Op } from '../op.ts';

/** Which paths outputs got that could not be known before their build. Realisations are JSON since 1.31. */

export interface KnownOutput {
  readonly outPath: StorePath;
  /** Undefined before 1.31. */
  readonly realisation: Realisation | undefined;
}

const JSON_MINOR = 31;

const realisations = listOf(realisation);
const paths = listOf(storePath);

/** Before 1.31, id and base name are all there is. */
const registerRequest: Codec<Realisation> = {
  *read(from) {
    if (from.dialect.minor >= JSON_MINOR) return yield* realisation.read(from);
    const id = yield* byteString.read(from);
    if (!isDrvOutputId(id)) throw badText('id of a derivation output', id);
    const outPath = parseBaseName(from.dialect.storeDir, yield* byteString.read(from));
    return { id, outPath, signatures: [], dependentRealisations: new Map() };
  },
  write(to, value) {
    if (to.dialect.minor >= JSON_MINOR) return realisation.write(to, value);
    to.byteString(value.id);
    to.byteString(baseName(value.outPath));
  },
};

const knownOutput: Codec<KnownOutput | undefined> = {
  *read(from) {
    if (from.dialect.minor >= JSON_MINOR) {
      const [found] = yield* realisations.read(from);
      return found === undefined ? undefined : { outPath: found.outPath, realisation: found };
    }
    const [outPath] = yield* paths.read(from);
    return outPath === undefined ? undefined : { outPath, realisation: undefined };
  },
  write(to, output) {
    const full = output?.realisation;
    if (to.dialect.minor >= JSON_MINOR) realisations.write(to, full === undefined ? [] : [full]);
    else paths.write(to, output === undefined ? [] : [output.outPath]);
  },
};

export const registerDrvOutput: Op<Realisation, undefined> = {
  number: 42,
  name: 'RegisterDrvOutput',
  since: 27,
  request: registerRequest,
  reply: none,
};

/** Takes the id of a derivation's output. */
export const queryRealisation: Op<ByteString, KnownOutput | undefined> = {
  number: 43,
  name: 'QueryRealisation',
  since: 27,
  request: byteString,
  reply: knownOutput,
};
