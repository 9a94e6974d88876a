import { hasCode, messageOf } from '../base/errors.ts';
import type { Connection } from '../client/connection.ts';
import { bytesOf } from '../formats/byte-string.ts';
import type { Derivation } from '../formats/derivation.ts';
import { DERIVATION_SUFFIX, formatDerivation } from '../formats/derivation.ts';
import { outputPathsOf } from '../formats/derivation-hash.ts';
import { NarWriter } from '../formats/nar.ts';
import type { StorePath } from '../formats/store-path.ts';
import { Sink } from '../formats/wire.ts';
import { addToStore } from '../protocol/ops/adding.ts';
import { buildPathsWithResults } from '../protocol/ops/building.ts';
import { proofFailed } from './errors.ts';

interface ProbeBuild {
  readonly storeDir: string;
  readonly system: string;
  /** The static program that copies a file to its output (`witness.c`). */
  readonly witness: Uint8Array;
  /** Makes the derivation one that was never built. */
  readonly nonce: string;
  readonly signal: AbortSignal;
}

const NAME = 'tenon-proof';

/**
 * Builds a derivation that nothing can substitute, whose output is the kernel's `/proc/self/status` of its builder.
 * Gives the output's path. Needs no network. Throws `doctor/proof-failed`.
 */
export async function buildProof(connection: Connection, probe: ProbeBuild): Promise<StorePath> {
  try {
    const builder = await addWitness(connection, probe);
    const { derivation, output } = proofDerivation(builder, probe);
    const drvPath = await addDerivation(connection, derivation, probe.signal);
    await build(connection, drvPath, probe.signal);
    return output;
  } catch (error) {
    probe.signal.throwIfAborted();
    if (hasCode(error, 'doctor/proof-failed')) throw error;
    throw proofFailed(messageOf(error), error);
  }
}

async function addWitness(
  connection: Connection,
  { witness, signal }: ProbeBuild,
): Promise<StorePath> {
  const content = { method: 'nar', algorithm: 'sha256' } as const;
  const request = { name: 'tenon-witness', content, references: [], repair: false };
  const body = once(narOfProgram(witness));
  return (await connection.call(addToStore, request, { body, signal })).path;
}

function narOfProgram(program: Uint8Array): Uint8Array {
  const sink = new Sink({ storeDir: '', minor: 0 });
  const writer = new NarWriter(sink);
  writer.file('', true, program.length);
  writer.contents(program);
  writer.leave('');
  return sink.finish();
}

function proofDerivation(
  builder: StorePath,
  { storeDir, system, nonce }: ProbeBuild,
): { derivation: Derivation; output: StorePath } {
  const env = [
    ['builder', builder],
    ['name', NAME],
    ['nonce', nonce],
    ['system', system],
  ] as const;
  const unfinished: Derivation = {
    name: NAME,
    outputs: new Map([['out', { path: undefined, hashAlgo: '', hash: '' }]]),
    inputDerivations: new Map(),
    inputSources: [builder],
    platform: system,
    builder,
    args: ['/proc/self/status'],
    env: new Map([...env, ['out', '']]),
  };
  const output = outputPathsOf(storeDir, unfinished, noInputs).get('out');
  if (output === undefined)
    throw new RangeError('an input-addressed derivation has an output path');
  const outputs = new Map([['out', { path: output, hashAlgo: '', hash: '' }]]);
  return {
    derivation: { ...unfinished, outputs, env: new Map([...env, ['out', output]]) },
    output,
  };
}

function noInputs(): never {
  throw new RangeError('the proof has no input derivations');
}

async function addDerivation(
  connection: Connection,
  derivation: Derivation,
  signal: AbortSignal,
): Promise<StorePath> {
  const request = {
    name: `${derivation.name}${DERIVATION_SUFFIX}`,
    content: { method: 'text', algorithm: 'sha256' },
    references: derivation.inputSources,
    repair: false,
  } as const;
  const body = once(bytesOf(formatDerivation(derivation)));
  return (await connection.call(addToStore, request, { body, signal })).path;
}

async function build(connection: Connection, drvPath: StorePath, signal: AbortSignal) {
  const wanted = [{ kind: 'built', drvPath, outputs: ['out'] }] as const;
  const request = { wanted, mode: 'normal' } as const;
  const [keyed] = await connection.call(buildPathsWithResults, request, { signal });
  if (keyed?.result.status !== 'built')
    throw proofFailed(keyed?.result.errorMessage || `the build ended as "${keyed?.result.status}"`);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** What the kernel says of the builder. */
export interface BuilderStatus {
  readonly pid: string;
  readonly uid: string;
  readonly seccomp: string;
}

/** The fields of `/proc/self/status` that tell a sandbox from the host. */
export function parseBuilderStatus(text: string): BuilderStatus {
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'mu').exec(text)?.[1] ?? '';
  return { pid: field('Pid'), uid: field('Uid'), seccomp: field('Seccomp') };
}

/** In a sandbox the builder is the first process, filtered, and nobody in particular. */
export function isSandboxed({ pid, uid, seccomp }: BuilderStatus): boolean {
  return pid === '1' && uid !== '0' && seccomp === '2';
}
