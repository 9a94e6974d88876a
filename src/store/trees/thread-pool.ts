import type { Worker } from 'node:worker_threads';
import { trimMemory } from '../../host/libc.ts';
import { treesClosed } from './errors.ts';
import type { TaskKind } from './messages.ts';
import type { RemoteJob, RunningJob } from './remote-job.ts';
import { type NewJob, TreeThread } from './tree-thread.ts';

interface PoolOptions {
  /** How many threads there are at most. */
  readonly size: number;
  /** How long a thread lives on without a job. */
  readonly idleMs: number;
  /** Starts a thread that runs `worker.ts`. */
  readonly startWorker: () => Worker;
}

/** Threads that come with the work and go after it. */
export class ThreadPool implements AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #threads = new Set<TreeThread>();
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts a job on the thread that has the fewest. Throws the signal's reason when it is aborted already. */
  start<Kind extends TaskKind>(job: NewJob<Kind>, signal?: AbortSignal): RemoteJob<Kind> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw treesClosed();
    const running = this.#choose().start(job);
    if (signal !== undefined) abortWith(running, signal);
    return running;
  }

  /** Ends all jobs, as if they had been aborted, and all threads. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#threads].map(thread => thread.end(treesClosed())));
  }

  #choose(): TreeThread {
    const [best] = [...this.#threads].sort((a, b) => a.load - b.load);
    const isBusy = best === undefined || best.load > 0;
    if (isBusy && this.#threads.size < this.#options.size) return this.#add();
    return best ?? this.#add();
  }

  #add(): TreeThread {
    const { idleMs, startWorker } = this.#options;
    const thread = new TreeThread({
      worker: startWorker(),
      idleMs,
      onEnd: () => this.#threads.delete(thread),
      onExit: () => this.#exited(),
    });
    this.#threads.add(thread);
    return thread;
  }

  /** What threads leave behind unused can be more than what the rest of the process has. */
  #exited(): void {
    if (this.#threads.size === 0) trimMemory();
  }
}

function abortWith(job: RunningJob, signal: AbortSignal): void {
  const onAbort = () => job.abort(signal.reason);
  const stopListening = () => signal.removeEventListener('abort', onAbort);
  signal.addEventListener('abort', onAbort, { once: true });
  job.result.then(stopListening, stopListening);
}
