import { adviceOf } from '../base/errors.ts';
import type { Semaphore } from '../base/locks.ts';
import type { Derivation } from '../formats/derivation.ts';
import type { DerivedPath } from '../formats/derived-path.ts';
import type { StorePath } from '../formats/store-path.ts';
import { explained } from '../host/system-error.ts';
import type { Store } from '../store/store.ts';
import type { TempRoots } from '../store/temp-roots.ts';
import type { BuildSettings } from './build-settings.ts';
import type { Builder } from './builder.ts';
import {
  missingSource,
  needsContentAddressing,
  otherBuildFailed,
  unknownOutput,
} from './errors.ts';
import { InputClosures } from './input-closures.ts';
import type { BuildListener } from './listener.ts';
import { type BuildOutcome, errorNote, outcomeWithoutBuild, succeeded } from './outcome.ts';

const ERROR_LEVEL = 0;

/** Counts of derivations, told whenever they change. */
export interface Progress {
  readonly done: number;
  readonly expected: number;
  readonly running: number;
  readonly failed: number;
}

export interface RealiseListener extends BuildListener {
  progress(progress: Progress): void;
}

/** One client's request. */
export interface RealiseRequest {
  readonly store: Store;
  readonly builder: Builder;
  readonly tempRoots: TempRoots;
  readonly listener: RealiseListener;
  readonly settings: BuildSettings;
  /** How many builds of this request may run at once. */
  readonly slots: Semaphore;
  readonly signal: AbortSignal;
}

/**
 * Realises all that is wanted, inputs first, and gives one outcome per wanted path, in their order. Without
 * keep-going the first failure stops the rest. Throws only when the client is gone.
 */
export async function realise(
  request: RealiseRequest,
  wanted: readonly DerivedPath[],
): Promise<readonly BuildOutcome[]> {
  const realisation = new Realisation(request, new Set(wanted.map(topLevelPath)));
  return await Promise.all(wanted.map(item => realisation.realise(item)));
}

/** Builds a derivation that need not be in the store. Its inputs are all in its sources. */
export async function realiseDerivation(
  request: RealiseRequest,
  drvPath: StorePath,
  drv: Derivation,
): Promise<BuildOutcome> {
  return await new Realisation(request, new Set([drvPath])).realiseDerivation(drvPath, drv);
}

function topLevelPath(wanted: DerivedPath): StorePath {
  return wanted.kind === 'opaque' ? wanted.path : wanted.drvPath;
}

class Realisation {
  readonly #request: RealiseRequest;
  readonly #topLevel: ReadonlySet<StorePath>;
  readonly #stopped = new AbortController();
  readonly #signal: AbortSignal;
  readonly #closures: InputClosures;
  readonly #started = new Map<StorePath, Promise<BuildOutcome>>();
  #progress: Progress = { done: 0, expected: 0, running: 0, failed: 0 };

  constructor(request: RealiseRequest, topLevel: ReadonlySet<StorePath>) {
    this.#request = request;
    this.#topLevel = topLevel;
    this.#closures = new InputClosures(request.store);
    this.#signal = AbortSignal.any([request.signal, this.#stopped.signal]);
  }

  async realise(wanted: DerivedPath): Promise<BuildOutcome> {
    if (wanted.kind === 'built') return await this.#derivation(wanted.drvPath, wanted.outputs);
    await this.#request.tempRoots.add(wanted.path);
    if (this.#request.store.isValid(wanted.path)) return outcomeWithoutBuild('already-valid');
    return this.#failed(
      wanted.path,
      outcomeWithoutBuild(
        'misc-failure',
        `path '${wanted.path}' does not exist and cannot be created`,
      ),
    );
  }

  async realiseDerivation(drvPath: StorePath, drv: Derivation): Promise<BuildOutcome> {
    try {
      const done = await this.#alreadyValid(drvPath, drv, 'all');
      return done ?? (await this.#guarded(drvPath, drv));
    } catch (error) {
      return this.#failed(drvPath, this.#outcomeOf(error, drvPath));
    }
  }

  /** The outcome for some outputs of a derivation; a derivation that needs building is built once, all of it. */
  async #derivation(drvPath: StorePath, outputs: readonly string[] | 'all'): Promise<BuildOutcome> {
    const known = this.#started.get(drvPath);
    if (known !== undefined) return await known;
    try {
      await this.#request.tempRoots.add(drvPath);
      const drv = this.#request.store.derivations.get(drvPath);
      const done = await this.#alreadyValid(drvPath, drv, outputs);
      if (done !== undefined) return done;
      const started = this.#started.get(drvPath) ?? this.#guarded(drvPath, drv);
      this.#started.set(drvPath, started);
      return await started;
    } catch (error) {
      return this.#failed(drvPath, this.#outcomeOf(error, drvPath));
    }
  }

  async #alreadyValid(
    drvPath: StorePath,
    drv: Derivation,
    outputs: readonly string[] | 'all',
  ): Promise<BuildOutcome | undefined> {
    const paths = new Map<string, StorePath>();
    for (const name of outputs === 'all' ? drv.outputs.keys() : outputs) {
      const output = drv.outputs.get(name);
      if (output === undefined) throw unknownOutput(drvPath, name);
      if (output.path === undefined) throw needsContentAddressing(drvPath);
      await this.#request.tempRoots.add(output.path);
      paths.set(name, output.path);
    }
    for (const path of paths.values()) if (!this.#request.store.isValid(path)) return undefined;
    return outcomeWithoutBuild('already-valid', '', paths);
  }

  async #guarded(drvPath: StorePath, drv: Derivation): Promise<BuildOutcome> {
    this.#count({ expected: 1 });
    const outcome = await this.#withInputs(drvPath, drv);
    this.#count(succeeded(outcome) ? { done: 1 } : { failed: 1 });
    return succeeded(outcome) ? outcome : this.#failed(drvPath, outcome);
  }

  async #withInputs(drvPath: StorePath, drv: Derivation): Promise<BuildOutcome> {
    const inputs = await Promise.all(
      [...drv.inputDerivations].map(([input, outputs]) => this.#derivation(input, outputs)),
    );
    const isCancelled = ({ status }: BuildOutcome) => status === 'cancelled';
    const failures = inputs.filter(input => !succeeded(input) && !isCancelled(input)).length;
    if (failures > 0)
      return outcomeWithoutBuild('dependency-failed', dependencies(failures, drvPath));
    const cancelled = inputs.find(isCancelled);
    if (cancelled !== undefined) return cancelled;
    const missing = this.#request.store.findInvalid(drv.inputSources);
    if (missing !== undefined) throw missingSource(missing, drvPath);
    this.#signal.throwIfAborted();
    return await this.#build(drvPath, drv);
  }

  async #build(drvPath: StorePath, drv: Derivation): Promise<BuildOutcome> {
    const { builder, store, settings, listener, slots } = this.#request;
    using slot = await slots.take(this.#signal);
    this.#count({ running: 1 });
    // Hashing and registering outputs is the daemon's work, and no job of the builder's any more.
    const builderEnded = () => slot[Symbol.dispose]();
    try {
      const closures = this.#closures;
      const job = { store, settings, drvPath, drv, closures, builderEnded };
      return await builder.build(job, listener, this.#signal);
    } finally {
      this.#count({ running: -1 });
    }
  }

  /** Throws when the client is gone. */
  #outcomeOf(error: unknown, drvPath: StorePath): BuildOutcome {
    const { signal, store } = this.#request;
    signal.throwIfAborted();
    const isCancelled = this.#stopped.signal.aborted && error === this.#stopped.signal.reason;
    const reason = explained(error, { what: `build '${drvPath}'`, place: store.layout.storeDir });
    return outcomeWithoutBuild(isCancelled ? 'cancelled' : 'misc-failure', adviceOf(reason));
  }

  /** Tells of a failure that is not the answer to the request itself, and stops the rest unless told to go on. */
  #failed(path: StorePath, outcome: BuildOutcome): BuildOutcome {
    const { listener, settings } = this.#request;
    if (outcome.status === 'cancelled') return outcome;
    if (!this.#topLevel.has(path)) listener.note(ERROR_LEVEL, errorNote(outcome));
    if (!settings.keepGoing) this.#stopped.abort(otherBuildFailed());
    return outcome;
  }

  #count(change: Partial<Progress>): void {
    const { done = 0, expected = 0, running = 0, failed = 0 } = change;
    this.#progress = {
      done: this.#progress.done + done,
      expected: this.#progress.expected + expected,
      running: this.#progress.running + running,
      failed: this.#progress.failed + failed,
    };
    this.#request.listener.progress(this.#progress);
  }
}

function dependencies(count: number, drvPath: StorePath): string {
  return `${count} dependencies of derivation '${drvPath}' failed to build`;
}
