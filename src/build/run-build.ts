import { adviceOf } from '../base/errors.ts';
import type { Derivation } from '../formats/derivation.ts';
import type { StorePath } from '../formats/store-path.ts';
import { entryKind } from '../host/store-files.ts';
import { explained } from '../host/system-error.ts';
import type { Store } from '../store/store.ts';
import { buildOnce } from './build-once.ts';
import type { BuildSettings } from './build-settings.ts';
import type { BuildMachine } from './builder.ts';
import { statusOf } from './errors.ts';
import type { InputClosures } from './input-closures.ts';
import type { BuildListener } from './listener.ts';
import { type BuildOutcome, outcomeWithoutBuild } from './outcome.ts';

const INFO = 3;

/** A derivation to build, whose inputs are valid. */
export interface BuildJob {
  readonly store: Store;
  readonly settings: BuildSettings;
  readonly drvPath: StorePath;
  readonly drv: Derivation;
  readonly closures: InputClosures;
  /** Called once a builder has ended well and no process of it is left; its outputs are not valid yet. */
  readonly builderEnded: () => void;
}

/** One attempt: the job, and what it runs with. */
export interface BuildAttempt {
  readonly job: BuildJob;
  readonly machine: BuildMachine;
  readonly listener: BuildListener;
  readonly signal: AbortSignal;
  /** Removes something after the build has been answered. */
  readonly cleanUp: (garbage: AsyncDisposable) => void;
}

/**
 * Builds one derivation: takes the locks of its outputs, runs the builder, and registers what it made. Failures of
 * the build are outcomes; throws when `signal` is aborted.
 */
export async function runBuild(attempt: BuildAttempt): Promise<BuildOutcome> {
  const { job, listener, machine, signal } = attempt;
  const { store, drv, drvPath } = job;
  const outputs = knownOutputs(drv);
  const onWait = (path: StorePath) => listener.note(INFO, `waiting for lock on '${path}'`);
  using _locks = await store.lockPaths([...outputs.values()], signal, onWait);
  if ([...outputs.values()].every(path => store.isValid(path)))
    return outcomeWithoutBuild('already-valid', '', outputs);
  await removeLeftovers(store, outputs.values());
  const startedAtUnix = machine.nowUnix();
  listener.buildStarted(drvPath);
  try {
    const { failure, usage } = await buildOnce(attempt);
    return {
      status: failure?.status ?? 'built',
      message: failure?.message ?? '',
      outputs: failure === undefined ? outputs : new Map(),
      startedAtUnix,
      endedAtUnix: machine.nowUnix(),
      ...usage,
    };
  } catch (error) {
    signal.throwIfAborted();
    const reason = explained(error, { what: `build '${drvPath}'`, place: store.layout.storeDir });
    const outcome = outcomeWithoutBuild(statusOf(error), adviceOf(reason));
    return { ...outcome, startedAtUnix, endedAtUnix: machine.nowUnix() };
  } finally {
    listener.buildEnded(drvPath);
  }
}

/** The outputs' paths by name. */
function knownOutputs(drv: Derivation): Map<string, StorePath> {
  const outputs = [...drv.outputs].flatMap(([name, { path }]): [string, StorePath][] =>
    path === undefined ? [] : [[name, path]],
  );
  return new Map(outputs);
}

/** What lies at an output's path without being valid is of a build that did not come to its end. */
async function removeLeftovers(store: Store, paths: Iterable<StorePath>): Promise<void> {
  for (const path of paths)
    if (!store.isValid(path) && entryKind(path) !== undefined) await store.trees.remove(path);
}
