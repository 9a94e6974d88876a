import { type ByteString, compareBytes } from './byte-string.ts';
import { parseOutputMethod } from './content-address.ts';
import { parseAterm } from './derivation-parser.ts';
import { badDerivation } from './errors.ts';
import { hashBytes, parseHash } from './hash.ts';
import { encodeNix32 } from './nix32.ts';
import { hashPart, outputPathName, type StorePath, storePathName, textPath } from './store-path.ts';

/** Derivations as values: what kind they are, their text, their own path and the placeholders of their outputs. */

/**
 * The same four strings as in the text, with `undefined` for an empty path:
 *
 *   path  hashAlgo     hash       kind
 *   yes   ""           ""         input-addressed
 *   yes   [method]algo base 16    fixed
 *   no    [method]algo ""         floating
 *   no    ""           ""         deferred
 *   no    [method]algo "impure"   impure
 */
export interface DerivationOutput {
  readonly path: StorePath | undefined;
  readonly hashAlgo: ByteString;
  readonly hash: ByteString;
}

export type DerivationKind = 'input-addressed' | 'fixed' | 'floating' | 'deferred' | 'impure';

export interface Derivation {
  /** Without `.drv`. */
  readonly name: ByteString;
  readonly outputs: ReadonlyMap<ByteString, DerivationOutput>;
  /** Path of a derivation → the names of its outputs that are needed. */
  readonly inputDerivations: ReadonlyMap<StorePath, readonly ByteString[]>;
  readonly inputSources: readonly StorePath[];
  readonly platform: ByteString;
  readonly builder: ByteString;
  readonly args: readonly ByteString[];
  readonly env: ReadonlyMap<ByteString, ByteString>;
}

/** Parsing blocks a thread for up to 60 ms per MiB. Nixpkgs' largest derivations have about 1 MiB. */
export const DERIVATION_MAX_BYTES = 8 << 20;

/** Derivations are stored under their name with this suffix. */
export const DERIVATION_SUFFIX = '.drv';

const IMPURE = 'impure';
const TO_ESCAPE = /["\\\n\r\t]/;
const TO_ESCAPE_EACH = /["\\\n\r\t]/g;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** Reads the text of the derivation that is called `name`. Throws `formats/bad-derivation`. */
export function parseDerivation(
  storeDir: ByteString,
  name: ByteString,
  text: ByteString,
): Derivation {
  return { name, ...parseAterm(storeDir, name, text) };
}

/** The text of a .drv file, everything in order. */
export function formatDerivation(drv: Derivation): ByteString {
  return formatFields(drv, drv.inputDerivations);
}

/** The text with other keys for the inputs, as it is hashed. */
export function formatFields(
  drv: Derivation,
  inputs: ReadonlyMap<ByteString, readonly ByteString[]>,
): ByteString {
  const outputs = sorted(drv.outputs).map(
    ([name, { path, hashAlgo, hash }]) =>
      `(${quote(name)},"${path ?? ''}",${quote(hashAlgo)},${quote(hash)})`,
  );
  const inputTexts = sorted(inputs).map(
    ([key, names]) => `("${key}",${quoteAll([...names].sort(compareBytes))})`,
  );
  const env = sorted(drv.env).map(([name, value]) => `(${quote(name)},${quote(value)})`);
  const fields = [
    `[${outputs.join(',')}]`,
    `[${inputTexts.join(',')}]`,
    quoteAll([...drv.inputSources].sort(compareBytes)),
    quote(drv.platform),
    quote(drv.builder),
    quoteAll(drv.args),
    `[${env.join(',')}]`,
  ];
  return `Derive(${fields.join(',')})`;
}

/** What the .drv file refers to. */
export function derivationReferences(drv: Derivation): readonly StorePath[] {
  return [...new Set([...drv.inputSources, ...drv.inputDerivations.keys()])].sort(compareBytes);
}

/** The path of the .drv file. */
export function derivationPath(storeDir: ByteString, drv: Derivation): StorePath {
  const hash = hashBytes('sha256', formatDerivation(drv));
  return textPath(storeDir, derivationReferences(drv), hash, drv.name + DERIVATION_SUFFIX);
}

/** Whether a path is that of a derivation, to judge by its name. */
export function isDerivationPath(path: StorePath): boolean {
  return path.endsWith(DERIVATION_SUFFIX);
}

/** The kind that all outputs have. Throws when they differ, or when an output is of none. */
export function derivationKind(drv: Derivation): DerivationKind {
  const [first, ...others] = [...drv.outputs.values()];
  if (first === undefined) throw badDerivation(drv.name, 'it has no outputs');
  const kind = outputKind(drv, first);
  if (others.some(output => outputKind(drv, output) !== kind))
    throw badDerivation(drv.name, "can't mix derivation output types");
  if (kind === 'fixed' && !(drv.outputs.size === 1 && drv.outputs.has('out')))
    throw badDerivation(drv.name, 'only one fixed output is allowed, and its name must be "out"');
  if (kind === 'floating' && others.some(output => output.hashAlgo !== first.hashAlgo))
    throw badDerivation(drv.name, 'all floating outputs must use the same hash algorithm');
  return kind;
}

/** What stands for the path of an output until it is known: in arguments and environment of its own derivation. */
export function outputPlaceholder(output: ByteString): ByteString {
  return `/${encodeNix32(hashBytes('sha256', `nix-output:${output}`).digest)}`;
}

/** What stands for the path of an unbuilt floating output: in the derivations that use it. */
export function downstreamPlaceholder(drvPath: StorePath, output: ByteString): ByteString {
  const drvName = storePathName(drvPath).slice(0, -DERIVATION_SUFFIX.length);
  const text = `nix-upstream-output:${hashPart(drvPath)}:${outputPathName(drvName, output)}`;
  return `/${encodeNix32(hashBytes('sha256', text).digest)}`;
}

function outputKind(drv: Derivation, { path, hashAlgo, hash }: DerivationOutput): DerivationKind {
  if (hashAlgo === '') {
    if (hash !== '') throw badDerivation(drv.name, 'an output has a hash without an algorithm');
    return path === undefined ? 'deferred' : 'input-addressed';
  }
  const { algorithm } = parseOutputMethod(hashAlgo);
  if (path === undefined) {
    if (hash === '') return 'floating';
    if (hash === IMPURE) return 'impure';
    throw badDerivation(drv.name, 'an output has a hash without a path');
  }
  parseHash(hash, algorithm);
  return 'fixed';
}

function sorted<Key extends ByteString, Value>(map: ReadonlyMap<Key, Value>): [Key, Value][] {
  return [...map].sort(([a], [b]) => compareBytes(a, b));
}

function quoteAll(texts: readonly ByteString[]): ByteString {
  return `[${texts.map(quote).join(',')}]`;
}

function quote(text: ByteString): ByteString {
  if (!TO_ESCAPE.test(text)) return `"${text}"`;
  return `"${text.replace(TO_ESCAPE_EACH, character => ESCAPES[character] ?? character)}"`;
}
