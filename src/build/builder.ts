import type { EnterServer } from '../host/enter-server.ts';
import type { BuildLogs } from './build-logs.ts';
import type { BuildUsers } from './build-users.ts';
import type { BuildListener } from './listener.ts';
import type { BuildOutcome } from './outcome.ts';
import { type BuildJob, runBuild } from './run-build.ts';
import { SharedBuilds } from './shared-builds.ts';

/** The machine as far as builds see it. */
export interface BuildMachine {
  /** Sets sandboxes up. */
  readonly enter: EnterServer;
  /** Undefined when builds run as the daemon's own user. Throws when there is nobody. */
  readonly findBuildUsers: () => Promise<BuildUsers | undefined>;
  readonly logs: BuildLogs;
  /** The daemon's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cpuCount: number;
  readonly nowUnix: () => number;
}

/** Builds derivations for all clients of the daemon. */
export class Builder implements AsyncDisposable {
  readonly #machine: BuildMachine;
  readonly #shared = new SharedBuilds();
  readonly #cleaning = new Set<Promise<void>>();

  constructor(machine: BuildMachine) {
    this.#machine = machine;
  }

  get logs(): BuildLogs {
    return this.#machine.logs;
  }

  /** Builds, or follows the build that already runs. Throws the signal's reason when aborted. */
  async build(job: BuildJob, listener: BuildListener, signal: AbortSignal): Promise<BuildOutcome> {
    const run = (everybody: BuildListener, stop: AbortSignal) =>
      runBuild({
        job,
        machine: this.#machine,
        listener: everybody,
        signal: stop,
        cleanUp: this.#cleanUp,
      });
    return await this.#shared.follow(job.drvPath, run, { listener, signal });
  }

  /** Waits until no builder runs and nothing of one is left on disk. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shared.drained();
    await Promise.all(this.#cleaning);
    await this.#machine.logs[Symbol.asyncDispose]();
    await this.#machine.enter[Symbol.asyncDispose]();
  }

  /** Removes what a build leaves, while its client goes on. */
  readonly #cleanUp = (garbage: AsyncDisposable): void => {
    const cleaning = Promise.resolve(garbage[Symbol.asyncDispose]())
      // Somebody may have removed the whole store meanwhile. What is left is found at the next start.
      .catch(() => undefined)
      .finally(() => {
        this.#cleaning.delete(cleaning);
      });
    this.#cleaning.add(cleaning);
  };
}
