import { abortable } from '../base/async.ts';
import type { StorePath } from '../formats/store-path.ts';
import { type BuildListener, broadcast } from './listener.ts';
import type { BuildOutcome } from './outcome.ts';

/** Runs one build, telling `listener`, until it ends or `signal` is aborted. */
export type RunBuild = (listener: BuildListener, signal: AbortSignal) => Promise<BuildOutcome>;

interface Running {
  readonly listeners: Set<BuildListener>;
  readonly controller: AbortController;
  readonly outcome: Promise<BuildOutcome>;
}

/**
 * The builds that run now. A derivation that several clients want builds once: all of them follow the same build,
 * and it is stopped when the last one has left.
 */
export class SharedBuilds {
  readonly #running = new Map<StorePath, Running>();
  readonly #ending = new Set<Promise<unknown>>();

  isRunning(drvPath: StorePath): boolean {
    return this.#running.has(drvPath);
  }

  /** Follows the build of `drvPath`, starting it by `run` when nobody has. Throws the signal's reason on abort. */
  async follow(
    drvPath: StorePath,
    run: RunBuild,
    options: { readonly listener: BuildListener; readonly signal: AbortSignal },
  ): Promise<BuildOutcome> {
    const { listener, signal } = options;
    signal.throwIfAborted();
    const known = this.#running.get(drvPath);
    if (known !== undefined) listener.buildStarted(drvPath);
    const running = known ?? this.#start(drvPath, run, listener);
    running.listeners.add(listener);
    try {
      return await abortable(running.outcome, signal);
    } finally {
      running.listeners.delete(listener);
      if (running.listeners.size === 0) this.#stop(drvPath, running, signal.reason);
      if (known !== undefined) listener.buildEnded(drvPath);
    }
  }

  /** Waits until every build has ended, those that were stopped included. */
  async drained(): Promise<void> {
    while (this.#ending.size > 0) await Promise.all(this.#ending);
  }

  #start(drvPath: StorePath, run: RunBuild, first: BuildListener): Running {
    const listeners = new Set([first]);
    const controller = new AbortController();
    const outcome = run(broadcast(listeners), controller.signal);
    const running = { listeners, controller, outcome };
    this.#running.set(drvPath, running);
    const ended = outcome
      .catch(() => undefined)
      .finally(() => {
        this.#ending.delete(ended);
        if (this.#running.get(drvPath) === running) this.#running.delete(drvPath);
      });
    this.#ending.add(ended);
    return running;
  }

  #stop(drvPath: StorePath, running: Running, reason: unknown): void {
    if (this.#running.get(drvPath) === running) this.#running.delete(drvPath);
    running.controller.abort(reason);
  }
}
