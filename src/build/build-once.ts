import type { Derivation } from '../formats/derivation.ts';
import type { StorePath } from '../formats/store-path.ts';
import type { Refusal } from '../host/enter.ts';
import { currentIds, isProgram } from '../host/store-files.ts';
import { closureOf } from '../store/closure.ts';
import type { Store } from '../store/store.ts';
import { type BuildUser, takeBuildUser } from './build-users.ts';
import { builtinProgram } from './builtins.ts';
import { findCaBundle } from './ca-bundle.ts';
import { type DerivationOptions, derivationOptions, isFixedOutput } from './derivation-options.ts';
import { type BuilderEnvironment, builderEnvironment } from './environment.ts';
import { type BuildFailure, builderFailure } from './failure.ts';
import { BUILTIN_PREFIX, checkPlatform, wantsSandbox } from './platform.ts';
import { referencesGraphs } from './references-graphs.ts';
import { refusedError } from './refused.ts';
import { registerOutputs } from './register-outputs.ts';
import type { BuildAttempt } from './run-build.ts';
import { type BuilderResult, runBuilder } from './run-builder.ts';
import { INSIDE_BUILD_DIR, planSandbox, planUnsealed, shownStorePaths } from './sandbox-plan.ts';
import { formatSandboxSpec } from './sandbox-spec.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

const TALKATIVE = 4;
const NOTICE = 2;
const KVM = 'kvm';
const EXECUTE = 'exec';
const KILL_MS = 10_000;

/** How one run of the builder ended, when it could be run at all. */
export interface BuildReport {
  readonly failure: BuildFailure | undefined;
  readonly usage: { readonly userMicros: number; readonly systemMicros: number };
}

/** What is decided before anything is created. */
interface Preparation {
  readonly options: DerivationOptions;
  readonly sealed: boolean;
  readonly inputs: readonly StorePath[];
  /** Undefined when the builder is the daemon's own user. */
  readonly user: BuildUser | undefined;
  readonly owner: BuildUser;
}

/** Runs the builder and registers its outputs. Throws what no builder could have done anything about. */
export async function buildOnce(attempt: BuildAttempt): Promise<BuildReport> {
  const { job, machine, signal, listener } = attempt;
  const { store, settings, drv, drvPath } = job;
  const options = derivationOptions(drv);
  checkPlatform(drvPath, drv, { settings, options });
  const sealed = wantsSandbox(drvPath, drv, { settings, options });
  const inputs = job.closures.of(inputPaths(store, drv));
  const onWait = () => listener.note(TALKATIVE, `waiting for UID to build '${drvPath}'`);
  const users = await machine.findBuildUsers();
  using user =
    users === undefined
      ? undefined
      : await takeBuildUser(users, { layout: store.layout, sealed, signal, onWait });
  const preparation = { options, sealed, inputs, user, owner: user ?? currentIds() };
  const garbage = new AsyncDisposableStack();
  try {
    return await buildWith(attempt, preparation, garbage);
  } finally {
    if (!sealed && user !== undefined)
      await machine.enter.killProcessesOf(user.uid, AbortSignal.timeout(KILL_MS));
    attempt.cleanUp(garbage);
  }
}

async function buildWith(
  attempt: BuildAttempt,
  preparation: Preparation,
  garbage: AsyncDisposableStack,
): Promise<BuildReport> {
  const { job, listener, signal } = attempt;
  const { store, settings, drv, drvPath } = job;
  const { options, sealed, inputs, owner } = preparation;
  const tempRoots = garbage.use(store.createTempRoots());
  const workspace = garbage.use(
    await createWorkspace(store, tempRoots, {
      drvPath,
      buildsDir: settings.buildDir ?? store.layout.buildsDir,
      owner,
      isSealed: sealed,
    }),
  );
  const environment = environmentOf(attempt, preparation, workspace);
  workspace.writeFiles(environment.files);
  const result = await runWithLog(
    attempt,
    specOf(attempt, preparation, { environment, workspace }),
  );
  const failure = failureOf(attempt, result);
  // After a failure nothing else of the request may start before it is told to stop.
  if (failure === undefined) job.builderEnded();
  if (failure !== undefined && settings.keepFailed)
    listener.note(NOTICE, `note: keeping build directory '${workspace.keep()}'`);
  if (failure === undefined) {
    const outputDir = sealed ? workspace.outputDir : store.layout.storeDir;
    const { uid } = owner;
    const scratchDir = workspace.outputDir;
    await registerOutputs({
      ...{ store, drvPath, drv, options, outputDir, scratchDir, inputs, uid, signal },
    });
  }
  return { failure, usage: usageOf(result) };
}

function environmentOf(
  { job, machine }: BuildAttempt,
  { options, inputs, sealed }: Preparation,
  workspace: Workspace,
): BuilderEnvironment {
  const { store, settings, drv } = job;
  const graphs = referencesGraphs(store, drv.name, { options, inputs });
  return builderEnvironment(drv, options, {
    storeDir: store.layout.storeDir,
    cores: settings.cores === 0 ? machine.cpuCount : settings.cores,
    buildDir: sealed ? INSIDE_BUILD_DIR : workspace.buildDir,
    daemonEnv: machine.env,
    graphs: graphs.texts,
    structuredGraphs: graphs.structured,
  });
}

function specOf(
  { job }: BuildAttempt,
  { sealed, inputs, owner, user }: Preparation,
  { environment, workspace }: { environment: BuilderEnvironment; workspace: Workspace },
): Uint8Array {
  const { store, settings, drv, drvPath } = job;
  const caBundle = findCaBundle(settings.sslCertFile);
  const builtin = drv.builder.startsWith(BUILTIN_PREFIX)
    ? builtinProgram(drvPath, drv, { environment, sealed, caBundle })
    : { environment, binds: [] };
  const request = {
    ...workspace,
    ...builtin,
    ...owner,
    storeDir: store.layout.storeDir,
    inputs: visiblePaths(store, inputs, settings.sandboxPaths),
    platform: drv.platform,
    network: isFixedOutput(drv),
    caBundle,
    kvm: settings.systemFeatures.includes(KVM),
    shmSize: settings.sandboxShmSize,
    filterSystemCalls: settings.filterSyscalls,
    noNewPrivileges: !settings.allowNewPrivileges,
    sandboxPaths: settings.sandboxPaths,
  };
  if (sealed) return formatSandboxSpec(planSandbox(request));
  return formatSandboxSpec(planUnsealed(request, user && { ...owner, groups: [] }));
}

async function runWithLog(attempt: BuildAttempt, spec: Uint8Array): Promise<BuilderResult> {
  const { job, machine, listener, signal } = attempt;
  const { drvPath, settings } = job;
  const log = settings.keepBuildLog ? machine.logs.start(drvPath) : undefined;
  const limits = {
    timeoutSeconds: settings.timeoutSeconds,
    maxSilentSeconds: settings.maxSilentSeconds,
    maxLogBytes: settings.maxBuildLogBytes,
    shownLines: settings.logLines,
  };
  const { enter } = machine;
  try {
    return await runBuilder({ enter, spec, drvPath, limits, log, listener, signal });
  } finally {
    if (log !== undefined) await machine.logs.finish(log, { compress: settings.compressBuildLog });
  }
}

/** What the builder did wrong, if anything. Throws when the kernel did not let it run as it must. */
function failureOf({ job }: BuildAttempt, result: BuilderResult): BuildFailure | undefined {
  const { drv, drvPath, store } = job;
  const { outcome, broken, lastLines } = result;
  if (broken !== undefined) return broken;
  if (outcome.kind === 'refused') return builderNotRun(drvPath, outcome, store.layout.storeDir);
  if (outcome.kind === 'exited' && outcome.code === 0) return undefined;
  return builderFailure(drvPath, outcome, { isFixedOutput: isFixedOutput(drv), lastLines });
}

/** A builder that is missing or no program is the derivation's fault, anything else is the machine's. */
function builderNotRun(drvPath: string, refusal: Refusal, storeDir: string): BuildFailure {
  if (refusal.word !== EXECUTE || isHeldBack(refusal, storeDir))
    throw refusedError(drvPath, refusal);
  const message = `builder for '${drvPath}' failed: executing '${refusal.path}': ${refusal.text}`;
  return { status: 'permanent-failure', message };
}

/** Whether a program of the store may not run, though nothing is wrong with it. */
function isHeldBack({ errno, path }: Refusal, storeDir: string): boolean {
  return errno === 'EACCES' && path.startsWith(`${storeDir}/`) && isProgram(path);
}

function usageOf({ outcome }: BuilderResult): BuildReport['usage'] {
  if (outcome.kind === 'refused') return { userMicros: 0, systemMicros: 0 };
  return { userMicros: outcome.userMicros, systemMicros: outcome.systemMicros };
}

/** The paths that a builder may see, before their closure is added. */
function inputPaths(store: Store, drv: Derivation): readonly StorePath[] {
  const outputs = [...drv.inputDerivations].flatMap(([input, names]) => {
    const { outputs: known } = store.derivations.get(input);
    return names.flatMap(name => known.get(name)?.path ?? []);
  });
  return [...drv.inputSources, ...outputs];
}

function visiblePaths(
  store: Store,
  inputs: readonly StorePath[],
  sandboxPaths: readonly string[],
): readonly StorePath[] {
  const shown = shownStorePaths(store.layout.storeDir, sandboxPaths);
  if (shown.length === 0) return inputs;
  return [...new Set([...inputs, ...closureOf(store.db, shown).map(({ path }) => path)])];
}
