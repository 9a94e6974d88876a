import { type ByteString, compareBytes } from './byte-string.ts';
import { contentAddressPath, parseOutputMethod } from './content-address.ts';
import { type Derivation, derivationKind, derivationPath, formatFields } from './derivation.ts';
import { badDerivation, incorrectOutput, incorrectVariable, noSuchOutput } from './errors.ts';
import { formatHash, type Hash, hashBytes, parseHash } from './hash.ts';
import { outputPath, type StorePath } from './store-path.ts';

/**
 * The hash of a derivation modulo fixed outputs, and all that follows from it (Nix: src/libstore/derivations.cc,
 * hashDerivationModulo). A fixed output is hashed as what it is, whatever it is made from; everything else as its
 * text, with the paths of the input derivations replaced by their own hashes.
 */

export interface DerivationHash {
  /** The paths of the outputs do not follow from the hash yet: they, or an input's, depend on what gets built. */
  readonly deferred: boolean;
  readonly hashes: ReadonlyMap<ByteString, Hash>;
}

/** The unmasked hash of an input, which the caller remembers by path. */
export type HashOfInput = (drvPath: StorePath) => DerivationHash;

interface HashOptions {
  /** Leave out the paths of the own outputs, which follow from this very hash. */
  readonly maskOutputs: boolean;
  readonly hashOfInput: HashOfInput;
}

/** The inputs whose hashes `hashModulo` asks for. */
export function hashedInputs(drv: Derivation): readonly StorePath[] {
  const kind = derivationKind(drv);
  return kind === 'fixed' || kind === 'impure' ? [] : [...drv.inputDerivations.keys()];
}

export function hashModulo(drv: Derivation, options: HashOptions): DerivationHash {
  const kind = derivationKind(drv);
  if (kind === 'fixed') return { deferred: false, hashes: fixedHashes(drv) };
  if (kind === 'impure')
    return { deferred: true, hashes: forAll(drv, hashBytes('sha256', 'impure')) };
  const { deferred, hash } = textHash(drv, options);
  return { deferred: deferred || kind !== 'input-addressed', hashes: forAll(drv, hash) };
}

/**
 * The paths of the outputs as they should be, whether or not the derivation has them yet. Empty when they depend on
 * what gets built.
 */
export function outputPathsOf(
  storeDir: ByteString,
  drv: Derivation,
  hashOfInput: HashOfInput,
): Map<ByteString, StorePath> {
  const kind = derivationKind(drv);
  if (kind === 'fixed') return new Map([['out', fixedOutputPath(storeDir, drv)]]);
  if (kind === 'floating' || kind === 'impure') return new Map();
  const { deferred, hash } = textHash(drv, { maskOutputs: true, hashOfInput });
  if (deferred) return new Map();
  const paths = [...drv.outputs.keys()].map((name): [ByteString, StorePath] => [
    name,
    outputPath(storeDir, name, hash, drv.name),
  ]);
  return new Map(paths);
}

/** Throws when an output's path, or the variable that tells the builder of it, is not what it must be. */
export function checkDerivation(
  storeDir: ByteString,
  drv: Derivation,
  hashOfInput: HashOfInput,
): void {
  const kind = derivationKind(drv);
  if (kind !== 'input-addressed' && kind !== 'fixed') return;
  const computed = outputPathsOf(storeDir, drv, hashOfInput);
  for (const [name, { path }] of drv.outputs) {
    const expected = computed.get(name);
    if (expected === undefined)
      throw badDerivation(drv.name, 'the paths of its outputs depend on builds of its inputs');
    if (path !== expected)
      throw incorrectOutput(derivationPath(storeDir, drv), path ?? '', expected);
    if (!hasVariable(drv, name, expected))
      throw incorrectVariable(derivationPath(storeDir, drv), name, expected);
  }
}

/** The name of an output in realisations: `sha256:<base 16>!<output>`. */
export function drvOutputId(
  drv: Derivation,
  output: ByteString,
  hashOfInput: HashOfInput,
): ByteString {
  const { hashes } = hashModulo(drv, { maskOutputs: true, hashOfInput });
  const hash = hashes.get(output);
  if (hash === undefined) throw noSuchOutput(drv.name, output);
  return `${formatHash(hash, 'base16', { prefix: true })}!${output}`;
}

/** With structured attributes the builder learns of its outputs from a file, so the variable may be missing. */
function hasVariable(drv: Derivation, name: ByteString, expected: StorePath): boolean {
  const value = drv.env.get(name);
  return value === undefined ? drv.env.has('__json') : value === expected;
}

function textHash(
  drv: Derivation,
  { maskOutputs, hashOfInput }: HashOptions,
): { deferred: boolean; hash: Hash } {
  const { deferred, inputs } = inputHashes(drv, hashOfInput);
  const text = formatFields(maskOutputs ? masked(drv) : drv, inputs);
  return { deferred, hash: hashBytes('sha256', text) };
}

function fixedHashes(drv: Derivation): Map<ByteString, Hash> {
  const hashes = [...drv.outputs].map(([name, { path, hashAlgo, hash }]): [ByteString, Hash] => {
    const { algorithm } = parseOutputMethod(hashAlgo);
    const base16 = formatHash(parseHash(hash, algorithm), 'base16');
    return [name, hashBytes('sha256', `fixed:out:${hashAlgo}:${base16}:${path}`)];
  });
  return new Map(hashes);
}

function fixedOutputPath(storeDir: ByteString, drv: Derivation): StorePath {
  const { hashAlgo = '', hash = '' } = drv.outputs.get('out') ?? {};
  const { method, algorithm } = parseOutputMethod(hashAlgo);
  const contentAddress = { method, hash: parseHash(hash, algorithm) };
  return contentAddressPath(storeDir, contentAddress, { name: drv.name, references: [] });
}

function forAll(drv: Derivation, hash: Hash): Map<ByteString, Hash> {
  return new Map([...drv.outputs.keys()].map(name => [name, hash]));
}

/** The inputs under their hashes: inputs with the same one become one, with the outputs of both. */
function inputHashes(
  drv: Derivation,
  hashOfInput: HashOfInput,
): { deferred: boolean; inputs: Map<ByteString, ByteString[]> } {
  const inputs = new Map<ByteString, Set<ByteString>>();
  let deferred = false;
  for (const [path, outputs] of drv.inputDerivations) {
    const input = hashOfInput(path);
    deferred ||= input.deferred;
    for (const output of outputs) {
      const hash = input.hashes.get(output);
      if (hash === undefined) throw noSuchOutput(path, output);
      const key = formatHash(hash, 'base16');
      const names = inputs.get(key);
      if (names === undefined) inputs.set(key, new Set([output]));
      else names.add(output);
    }
  }
  const lists = [...inputs].map(([key, names]): [ByteString, ByteString[]] => [
    key,
    [...names].sort(compareBytes),
  ]);
  return { deferred, inputs: new Map(lists) };
}

function masked(drv: Derivation): Derivation {
  const outputs = new Map(drv.outputs);
  const env = new Map(drv.env);
  for (const [name, output] of drv.outputs) {
    outputs.set(name, { ...output, path: undefined });
    if (env.has(name)) env.set(name, '');
  }
  return { ...drv, outputs, env };
}
