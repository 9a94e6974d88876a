import type { Worker } from 'node:worker_threads';
import { messageOf } from '../../base/errors.ts';
import { workerLost } from './errors.ts';
import type { FromWorker, Input, TaskKind, TaskOf, ToWorker, TreeTask } from './messages.ts';
import { type JobEvents, RemoteJob, type RunningJob } from './remote-job.ts';

interface ThreadOptions {
  readonly worker: Worker;
  /** How long the thread lives on without a job. */
  readonly idleMs: number;
  /** From here on the thread must get no more jobs. */
  readonly onEnd: () => void;
  /** The thread is no more. */
  readonly onExit: () => void;
}

export interface NewJob<Kind extends TaskKind> {
  readonly task: TaskOf<Kind>;
  readonly input?: Input | undefined;
  readonly events?: JobEvents | undefined;
}

/** One worker thread. It keeps the process alive while it has jobs, and ends some time after the last one. */
export class TreeThread {
  readonly #options: ThreadOptions;
  readonly #jobs = new Map<number, { readonly job: RunningJob; readonly task: TreeTask }>();
  #nextId = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #failure = 'it was stopped';

  constructor(options: ThreadOptions) {
    this.#options = options;
    const { worker } = options;
    worker.on('message', (message: FromWorker) => this.#receive(message));
    worker.on('error', error => {
      this.#failure = messageOf(error);
    });
    worker.on('exit', () => this.#ended());
  }

  /** How many jobs there are. */
  get load(): number {
    return this.#jobs.size;
  }

  start<Kind extends TaskKind>({ task, input, events = {} }: NewJob<Kind>): RemoteJob<Kind> {
    const id = this.#nextId++;
    const post = (message: ToWorker, moved?: ArrayBuffer[]) => {
      if (this.#jobs.has(id)) this.#options.worker.postMessage(message, moved);
    };
    const job = new RemoteJob<Kind>({ id, events, post });
    this.#jobs.set(id, { job, task });
    clearTimeout(this.#idleTimer);
    this.#options.worker.ref();
    post({ kind: 'start', id, task, input }, input === undefined ? [] : [input.span.buffer]);
    return job;
  }

  /** Ends all jobs and then the thread. */
  async end(reason: unknown): Promise<void> {
    const jobs = [...this.#jobs.values()].map(({ job }) => job);
    for (const job of jobs) job.abort(reason);
    await Promise.allSettled(jobs.map(job => job.result));
    clearTimeout(this.#idleTimer);
    await this.#options.worker.terminate();
  }

  #receive(message: FromWorker): void {
    const isLast = this.#jobs.get(message.id)?.job.receive(message) ?? false;
    if (!isLast) return;
    this.#jobs.delete(message.id);
    if (this.#jobs.size === 0) this.#idle();
  }

  #idle(): void {
    this.#options.worker.unref();
    const end = () => {
      this.#options.onEnd();
      void this.#options.worker.terminate();
    };
    this.#idleTimer = setTimeout(end, this.#options.idleMs).unref();
  }

  #ended(): void {
    clearTimeout(this.#idleTimer);
    this.#options.onEnd();
    for (const { job, task } of this.#jobs.values())
      job.lose(workerLost(describe(task), this.#failure));
    this.#jobs.clear();
    this.#options.onExit();
  }
}

function describe(task: TreeTask): string {
  switch (task.kind) {
    case 'restore':
      return `restore '${task.target}'`;
    case 'copy':
      return `copy '${task.from}'`;
    default:
      return `${task.kind} '${task.path}'`;
  }
}
