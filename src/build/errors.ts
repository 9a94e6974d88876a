import { hasCode, TenonError } from '../base/errors.ts';
import type { BuildStatus } from './outcome.ts';

/** An attribute that steers the build does not have the form that it must have. */
export function badAttribute(name: string, flaw: string): TenonError {
  return new TenonError('build/bad-attribute', `Cannot build derivation '${name}': ${flaw}`);
}

/** The kernel, or what holds it, refuses the sandbox; a build never goes on without it. */
export function sandboxRefused(
  drvPath: string,
  refusal: { word: string; path: string; errno: string; text: string },
  check: string,
): TenonError {
  const step = refusal.path === '' ? refusal.word : `${refusal.word} ${refusal.path}`;
  return new TenonError(
    'build/sandbox-refused',
    `Cannot set up the sandbox for '${drvPath}': ${step}: ${refusal.errno}: ${refusal.text} (doctor check: ${check})`,
    { hint: `Run "tenon doctor ${check}"`, check },
  );
}

/** A builder ended, but one of the outputs that it promised is missing. */
export function missingOutput(drvPath: string, output: string, path: string): TenonError {
  return new TenonError(
    'build/missing-output',
    `builder for '${drvPath}' failed to produce output path for output '${output}' at '${path}'`,
  );
}

/** Outputs of one derivation refer to each other in a circle. */
export function outputCycle(drvPath: string, from: string, to: string): TenonError {
  return new TenonError(
    'build/output-cycle',
    `cycle detected in build of '${drvPath}' in the references of output '${from}' from output '${to}'`,
  );
}

/** The contents of a fixed output are not those that the derivation promised. */
export function fixedOutputMismatch(
  drvPath: string,
  hashes: { specified: string; got: string },
): TenonError {
  return new TenonError(
    'build/hash-mismatch',
    `hash mismatch in fixed-output derivation '${drvPath}':\n  specified: ${hashes.specified}\n     got:    ${hashes.got}`,
  );
}

/** A fixed output with a flat hash is not a plain file. */
export function notFlat(path: string): TenonError {
  return new TenonError(
    'build/not-flat',
    `output path '${path}' should be a non-executable regular file since recursive hashing is not enabled (outputHashMode=flat)`,
  );
}

/** A fixed output refers to store paths. */
export function fixedOutputReferences(drvPath: string, references: readonly string[]): TenonError {
  return new TenonError(
    'build/fixed-output-references',
    `fixed-output derivations must not reference store paths: '${drvPath}' references '${references[0]}'`,
  );
}

/** An output refers to what the derivation forbids. */
export function forbiddenReferences(path: string, forbidden: readonly string[]): TenonError {
  const list = forbidden.map(reference => `\n  ${reference}`).join('');
  return new TenonError(
    'build/forbidden-references',
    `output '${path}' is not allowed to refer to the following paths:${list}`,
  );
}

/** A limit on references names something that is no store path and no output. */
export function illegalReference(output: string, name: string): TenonError {
  return new TenonError(
    'build/illegal-reference',
    `derivation contains an illegal reference specifier '${name}' for output '${output}'`,
    { hint: 'Limits on references name store paths and outputs of the derivation' },
  );
}

/** An output, or its closure, is bigger than the derivation allows. */
export function tooLarge(what: string, sizes: { sizeBytes: number; maxBytes: number }): TenonError {
  return new TenonError(
    'build/too-large',
    `${what} is too large at ${sizes.sizeBytes} bytes; limit is ${sizes.maxBytes} bytes`,
  );
}

/** A path whose closure a derivation wants described is not among its inputs. */
export function notAnInput(path: string): TenonError {
  return new TenonError(
    'build/not-an-input',
    `cannot export references of path '${path}' because it is not in the input closure of the derivation`,
  );
}

/** Somebody asked for an output that the derivation does not have. */
export function unknownOutput(drvPath: string, output: string): TenonError {
  return new TenonError(
    'build/unknown-output',
    `derivation '${drvPath}' does not have an output '${output}'`,
  );
}

/** An output's path is not known before it is built, which this daemon cannot do. */
export function needsContentAddressing(drvPath: string): TenonError {
  return new TenonError(
    'build/floating-output',
    `Cannot build '${drvPath}': its outputs are content-addressed or depend on such outputs, which needs the experimental feature 'ca-derivations' that this daemon does not have`,
  );
}

/** A source of a derivation is not valid, and there is nowhere to get it from. */
export function missingSource(source: string, drvPath: string): TenonError {
  return new TenonError(
    'build/missing-source',
    `dependency '${source}' of '${drvPath}' does not exist, and substitution is disabled`,
  );
}

/** Why a build was given up although nothing was wrong with it. */
export function otherBuildFailed(): TenonError {
  return new TenonError(
    'build/other-failed',
    'Cannot go on: another build of this request failed',
    { hint: 'Use --keep-going to build what does not depend on the failed one' },
  );
}

interface Machine {
  readonly platform: string;
  readonly features: readonly string[];
}

/** The machine is of another kind than the derivation needs. */
export function wrongPlatform(
  drvPath: string,
  { needed, have }: { needed: Machine; have: Machine },
): TenonError {
  const list = (features: readonly string[]) => `{${features.join(', ')}}`;
  return new TenonError(
    'build/wrong-platform',
    `a '${needed.platform}' with features ${list(needed.features)} is required to build '${drvPath}', but I am a '${have.platform}' with features ${list(have.features)}`,
  );
}

/** A derivation asks for more ids than a build gets. */
export function noUidRange(drvPath: string): TenonError {
  return new TenonError(
    'build/no-uid-range',
    `Cannot build '${drvPath}': it requires the feature 'uid-range', and this daemon gives each build one user id`,
    {
      hint: 'Build it with a stock Nix of version 2.12 or later that has auto-allocate-uids and use-cgroups',
    },
  );
}

/** Something of the machine that all builders should see cannot be shown to them. */
export function cannotShow(drvPath: string, path: string, reason: string): TenonError {
  return new TenonError(
    'build/cannot-show',
    `Cannot build '${drvPath}' with '${path}' in its sandbox: ${reason}`,
    {
      hint: 'Make it, or take it out of "sandbox-paths" in nix.conf; a "?" behind it lets it be missing',
    },
  );
}

/** Builders get ids that no account may have, and one has this. */
export function idInUse(uid: number, account: string): TenonError {
  return new TenonError(
    'build/id-in-use',
    `auto-allocated UID ${uid} clashes with existing user account '${account}'`,
    { hint: 'Choose a range that no account is in: "start-id" and "id-count" in nix.conf' },
  );
}

/** A builder outside the sandbox needs a group that may write to the store directory. */
export function noGroupForUnsealed(): TenonError {
  return new TenonError(
    'build/no-group',
    'Cannot build without a sandbox: the group in "build-users-group" does not exist',
    { hint: 'Build with "sandbox = true", or run "tenon setup", which makes the group' },
  );
}

/** The settings allow no builds on this machine. */
export function noLocalBuilds(drvPath: string): TenonError {
  return new TenonError(
    'build/no-local-builds',
    `unable to start any build of '${drvPath}'; either increase '--max-jobs' or enable remote builds`,
  );
}

/** A derivation asks for a build without sandbox, which the settings do not allow. */
export function noChrootForbidden(drvPath: string): TenonError {
  return new TenonError(
    'build/no-chroot-forbidden',
    `derivation '${drvPath}' has '__noChroot' set, but that's not allowed when 'sandbox' is 'true'`,
  );
}

/** A builtin builder of another program. */
export function unknownBuiltin(drvPath: string, builder: string): TenonError {
  return new TenonError(
    'build/unknown-builtin',
    `Cannot build '${drvPath}': this daemon does not have the builder '${builder}'`,
  );
}

const REJECTED_OUTPUT = [
  'build/missing-output',
  'build/output-cycle',
  'build/hash-mismatch',
  'build/not-flat',
  'build/fixed-output-references',
  'build/forbidden-references',
  'build/too-large',
];

/** How a build that threw this ended, in the words of the protocol. */
export function statusOf(error: unknown): BuildStatus {
  if (REJECTED_OUTPUT.some(code => hasCode(error, code))) return 'output-rejected';
  return hasCode(error, 'build/wrong-platform') ? 'input-rejected' : 'misc-failure';
}
