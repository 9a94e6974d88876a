import { connectDaemon } from '../client/connect.ts';
import type { StoreLayout } from '../config/layout.ts';
import type { Settings } from '../config/settings.ts';
import { notSandboxed, proofFailed } from '../doctor/errors.ts';
import type { BuilderStatus } from '../doctor/probe-build.ts';
import { buildProof, isSandboxed, parseBuilderStatus } from '../doctor/probe-build.ts';
import { bytesOf } from '../formats/byte-string.ts';
import type { Host } from '../host/host.ts';
import { witnessPath } from './program-folder.ts';

interface ProofOptions {
  readonly host: Host;
  readonly layout: StoreLayout;
  readonly settings: Pick<Settings, 'sandbox' | 'system'>;
  readonly nonce: string;
  readonly signal: AbortSignal;
}

/** What the proof build showed. */
export interface Proof {
  readonly output: string;
  readonly builder: BuilderStatus;
  /** False only where nix.conf turns the sandbox off. */
  readonly isSandboxed: boolean;
}

/** Builds something for real, through the socket. Throws `doctor/proof-failed` or `doctor/not-sandboxed`. */
export async function prove({ host, layout, settings, ...rest }: ProofOptions): Promise<Proof> {
  const witness = await host.readText(witnessPath);
  if (witness === undefined) throw proofFailed(`${witnessPath} is missing`);
  const { storeDir, socketPath } = layout;
  const { signal, nonce } = rest;
  using connection = await connectDaemon(socketPath, { storeDir, signal });
  const probe = { storeDir, system: settings.system, witness: bytesOf(witness), nonce, signal };
  const output = await buildProof(connection, probe);
  const builder = parseBuilderStatus((await host.readText(output)) ?? '');
  const sandboxed = isSandboxed(builder);
  if (!sandboxed && settings.sandbox === 'on') throw notSandboxed(describe(builder));
  return { output, builder, isSandboxed: sandboxed };
}

function describe({ pid, uid, seccomp }: BuilderStatus): string {
  return `pid ${pid}, uid ${uid}, seccomp ${seccomp}`;
}
