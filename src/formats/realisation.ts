import { type ByteString, decodeText, encodeText } from './byte-string.ts';
import { badRealisation } from './errors.ts';
import { formatJson, isRecord, parseJson } from './json.ts';
import { baseName, parseBaseName, type StorePath } from './store-path.ts';

/**
 * Which path an output got that could not be known before the build, in the JSON of Nix 2.4 to 2.34
 * (Nix: src/libstore/realisation.cc):
 *
 *   {"dependentRealisations":{id:baseName,…},"id":id,"outPath":baseName,"signatures":[signature,…]}
 *   id = "sha256:" base16 "!" output       the hash is that of the derivation modulo fixed outputs, masked
 *
 * Keys are sorted, there are no spaces. What gets signed is the same without `signatures`.
 */

export interface Realisation {
  readonly id: ByteString;
  readonly outPath: StorePath;
  readonly signatures: readonly ByteString[];
  /** Id → path of the outputs that the build used and that could not be known either. */
  readonly dependentRealisations: ReadonlyMap<ByteString, StorePath>;
}

const ID = /^sha256:[0-9a-f]{64}![0-9a-zA-Z+._?=-]+$/;

export function isDrvOutputId(text: ByteString): boolean {
  return ID.test(text);
}

/** Throws `formats/bad-realisation`. A missing list of signatures or dependencies is an empty one. */
export function parseRealisation(storeDir: ByteString, text: ByteString): Realisation {
  const fields = asRecord(text, parseJson(text));
  const { id, outPath, signatures = [], dependentRealisations = {} } = fields;
  const dependencies = Object.entries(asRecord(text, dependentRealisations));
  return {
    id: checkedId(text, id),
    outPath: parseBaseName(storeDir, asString(text, outPath)),
    signatures: asList(text, signatures).map(signature => asString(text, signature)),
    dependentRealisations: new Map(
      dependencies.map(([key, path]) => [
        checkedId(text, encodeText(key)),
        parseBaseName(storeDir, asString(text, path)),
      ]),
    ),
  };
}

export function formatRealisation(realisation: Realisation): ByteString {
  const signatures = realisation.signatures.map(decodeText);
  return formatJson({ ...signedFields(realisation), signatures });
}

/** The text that signatures are made of. */
export function realisationFingerprint(realisation: Realisation): ByteString {
  return formatJson(signedFields(realisation));
}

function signedFields({ id, outPath, dependentRealisations }: Realisation) {
  const dependencies = [...dependentRealisations].map(([key, path]) => [key, baseName(path)]);
  return {
    dependentRealisations: Object.fromEntries(dependencies),
    id,
    outPath: baseName(outPath),
  };
}

function checkedId(text: ByteString, value: unknown): ByteString {
  const id = asString(text, value);
  if (!isDrvOutputId(id)) throw badRealisation(text, 'its id is malformed');
  return id;
}

function asString(text: ByteString, value: unknown): ByteString {
  if (typeof value !== 'string') throw badRealisation(text, 'a string is missing');
  return encodeText(value);
}

function asList(text: ByteString, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw badRealisation(text, 'its signatures are no list');
  return value;
}

function asRecord(text: ByteString, value: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw badRealisation(text, 'an object is missing');
  return value;
}
