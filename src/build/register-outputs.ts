import {
  type ContentAddress,
  formatContentAddress,
  parseOutputMethod,
} from '../formats/content-address.ts';
import type { Derivation } from '../formats/derivation.ts';
import { formatHash, type Hash, hashesEqual, parseHash } from '../formats/hash.ts';
import type { PathInfo } from '../formats/path-info.ts';
import { baseName, hashPart, type StorePath } from '../formats/store-path.ts';
import { entryKind, moveTree } from '../host/store-files.ts';
import { closureOf } from '../store/closure.ts';
import type { NewPath } from '../store/register.ts';
import type { Store } from '../store/store.ts';
import { type DerivationOptions, isFixedOutput } from './derivation-options.ts';
import {
  fixedOutputMismatch,
  fixedOutputReferences,
  missingOutput,
  notFlat,
  outputCycle,
} from './errors.ts';
import { checkOutput } from './output-checks.ts';

/** A builder that ended well, and where it left its outputs. */
export interface FinishedBuild {
  readonly store: Store;
  readonly drvPath: StorePath;
  readonly drv: Derivation;
  readonly options: DerivationOptions;
  /** The directory that was the builder's store: outputs stand in it by base name. */
  readonly outputDir: string;
  /** Where copies are made before they move into the store; it goes with the build. */
  readonly scratchDir: string;
  /** All paths that the builder could see. */
  readonly inputs: readonly StorePath[];
  /** The owner that outputs must have. */
  readonly uid: number;
  readonly signal: AbortSignal;
}

interface Output {
  readonly name: string;
  readonly path: StorePath;
  /** Where the builder left it. */
  readonly file: string;
  readonly info: PathInfo;
}

/**
 * Makes a build's outputs valid: canonical metadata, hash and references of each, the derivation's own checks, then
 * all trees into place and one transaction. Throws, with nothing valid, when an output is missing or not acceptable.
 */
export async function registerOutputs(build: FinishedBuild): Promise<void> {
  const outputs: Output[] = [];
  // Files that are linked into several outputs belong to the builder the first time only.
  const inodes: string[] = [];
  for (const [name, { path }] of build.drv.outputs)
    if (path !== undefined && !build.store.isValid(path))
      outputs.push(await settleOutput(build, { name, path, inodes }));
  refuseCycles(build.drvPath, outputs);
  checkOutputs(build, outputs);
  for (const { file, path } of outputs) await putInPlace(build, file, path);
  await build.store.register(outputs.map(({ path, info }): NewPath => ({ path, info })));
}

/** Without a sandbox the builder wrote to the final path itself, which is then in place, or made way for a copy. */
async function putInPlace({ store }: FinishedBuild, file: string, path: StorePath): Promise<void> {
  if (file === path) return;
  if (entryKind(path) !== undefined) await store.trees.remove(path);
  moveTree(file, path);
}

async function settleOutput(
  build: FinishedBuild,
  { name, path, inodes }: { name: string; path: StorePath; inodes: string[] },
): Promise<Output> {
  const produced = `${build.outputDir}/${baseName(path)}`;
  if (entryKind(produced) === undefined) throw missingOutput(build.drvPath, name, path);
  const fixed = fixedAddress(build.drv);
  const file = fixed === undefined ? produced : await freshCopy(build, produced);
  const candidates = candidatePaths(build, name);
  const settled = await build.store.trees.settle(file, {
    uidRange: fixed === undefined ? { from: build.uid, to: build.uid } : undefined,
    inodes,
    candidates: [...candidates.keys()],
    signal: build.signal,
  });
  inodes.push(...settled.inodes);
  const { narHash, narSizeBytes, references } = settled;
  if (fixed !== undefined) await checkFixedHash(build, { path, file, fixed, narHash });
  const info: PathInfo = {
    deriver: build.drvPath,
    narHash,
    narSizeBytes,
    references: references.flatMap(part => candidates.get(part) ?? []).sort(),
    registeredAtUnix: 0,
    ultimate: true,
    signatures: [],
    contentAddress: fixed === undefined ? undefined : formatContentAddress(fixed),
  };
  if (fixed !== undefined && info.references.length > 0)
    throw fixedOutputReferences(build.drvPath, info.references);
  return { name, path, file, info };
}

/** Another process may still hold the builder's own files open, for a fixed output had the network. */
async function freshCopy(
  { store, scratchDir, uid, signal }: FinishedBuild,
  produced: string,
): Promise<string> {
  const copy = `${scratchDir}/${produced.slice(produced.lastIndexOf('/') + 1)}.fixed`;
  await store.trees.copy(produced, copy, { uidRange: { from: uid, to: uid }, signal });
  return copy;
}

async function checkFixedHash(
  { store, drvPath, signal }: FinishedBuild,
  output: { path: StorePath; file: string; fixed: ContentAddress; narHash: Hash },
): Promise<void> {
  const { file, fixed, narHash, path } = output;
  const { algorithm } = fixed.hash;
  if (serialisationOf(fixed) === 'flat' && entryKind(file) !== 'file') throw notFlat(path);
  const got =
    fixed.method === 'nar' && algorithm === 'sha256'
      ? narHash
      : (await store.trees.hash(file, { algorithm, kind: serialisationOf(fixed), signal })).hash;
  if (hashesEqual(got, fixed.hash)) return;
  throw fixedOutputMismatch(drvPath, {
    specified: formatHash(fixed.hash, 'sri'),
    got: formatHash(got, 'sri'),
  });
}

function serialisationOf({ method }: ContentAddress): 'nar' | 'flat' {
  return method === 'nar' ? 'nar' : 'flat';
}

/** What a fixed output must contain; undefined for other derivations. */
function fixedAddress(drv: Derivation): ContentAddress | undefined {
  const output = drv.outputs.get('out');
  if (output === undefined || !isFixedOutput(drv)) return undefined;
  const { method, algorithm } = parseOutputMethod(output.hashAlgo);
  return { method, hash: parseHash(output.hash, algorithm) };
}

/** What an output may refer to, by hash part: the inputs, and the outputs unless it discards its references. */
function candidatePaths(build: FinishedBuild, output: string): Map<string, StorePath> {
  if (build.options.discardReferences.has(output)) return new Map();
  const outputs = [...build.drv.outputs.values()].flatMap(({ path }) => path ?? []);
  return new Map([...build.inputs, ...outputs].map(path => [hashPart(path), path]));
}

function checkOutputs({ options, store }: FinishedBuild, outputs: readonly Output[]): void {
  const produced = outputs.map(({ name, path, info }) => ({ name, path, ...info }));
  const context = {
    outputs: produced,
    closureOf: (paths: readonly StorePath[]) => closureOf(store.db, paths),
  };
  for (const output of produced) checkOutput(output, options.checksOf(output.name), context);
}

/** References among the outputs must lead somewhere, because an output can only be registered after them. */
function refuseCycles(drvPath: StorePath, outputs: readonly Output[]): void {
  const open = new Set<Output>();
  const done = new Set<Output>();
  const visit = (output: Output, from: Output): void => {
    if (done.has(output)) return;
    if (open.has(output)) throw outputCycle(drvPath, output.path, from.path);
    open.add(output);
    for (const other of outputs)
      if (other !== output && output.info.references.includes(other.path)) visit(other, output);
    open.delete(output);
    done.add(output);
  };
  for (const output of outputs) visit(output, output);
}
