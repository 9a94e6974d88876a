import { Aborted } from './carried-error.ts';

/** What a job says when it gives up its turn: there is more to do, or nothing until a message comes for it. */
export type Turn = 'more' | 'wait';

/** A job as a generator that gives up its turn after each file, and after each span of bytes. */
export type Work<T> = Generator<Turn, T, void>;

export interface Outcome<T> {
  done(result: T): void;
  failed(error: unknown): void;
}

/** How long jobs go on before the thread looks at its messages. */
const SLICE_MS = 5;

interface Job {
  readonly id: number;
  /** Goes on with the work by one turn. */
  step(): IteratorResult<Turn, void>;
  /** Has the next step throw `Aborted` where the work stands. */
  abort(): void;
  failed(error: unknown): void;
}

/**
 * Runs any number of jobs on one thread, a turn of each after the other, in slices of time between which messages are
 * handled. Invariant: a job is in `#jobs` until it has ended, and in `#ready` unless it waits for a message.
 */
export class Scheduler {
  readonly #jobs = new Map<number, Job>();
  readonly #waiting = new Set<Job>();
  #ready: Job[] = [];
  #isScheduled = false;

  /** Starts a job; its first slice runs at once. */
  add<T>(id: number, work: Work<T>, outcome: Outcome<T>): void {
    const job = jobOf(id, work, outcome);
    this.#jobs.set(id, job);
    this.#ready.push(job);
    this.#run();
  }

  /** Goes on with a job that may wait for a message. */
  wake(id: number): void {
    const job = this.#jobs.get(id);
    if (job === undefined || !this.#waiting.delete(job)) return;
    this.#ready.push(job);
    this.#run();
  }

  /** Throws `Aborted` into a job, which may go on for a while to clean up. */
  abort(id: number): void {
    this.#jobs.get(id)?.abort();
    this.wake(id);
  }

  #run(): void {
    if (this.#isScheduled) return;
    const end = performance.now() + SLICE_MS;
    while (this.#ready.length > 0 && performance.now() < end) this.#round(end);
    if (this.#ready.length === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#run();
    });
  }

  /** One turn of every job, or of as many as there is time for. */
  #round(end: number): void {
    const round = this.#ready;
    this.#ready = [];
    for (const [index, job] of round.entries()) {
      this.#turn(job);
      if (performance.now() < end) continue;
      this.#ready.unshift(...round.slice(index + 1));
      return;
    }
  }

  #turn(job: Job): void {
    try {
      const { done, value } = job.step();
      if (done === true) this.#jobs.delete(job.id);
      else if (value === 'wait') this.#waiting.add(job);
      else this.#ready.push(job);
    } catch (error) {
      this.#jobs.delete(job.id);
      job.failed(error);
    }
  }
}

/** Work that an abort does not interrupt: what cleans up after a failure. */
export function* undisturbed(work: Work<void>): Work<void> {
  for (let turn = work.next(); turn.done !== true; turn = work.next()) {
    try {
      yield turn.value;
    } catch (error) {
      if (!(error instanceof Aborted)) throw error;
    }
  }
}

function jobOf<T>(id: number, work: Work<T>, outcome: Outcome<T>): Job {
  let isAborted = false;
  let isThrown = false;
  const resume = (): IteratorResult<Turn, T> => {
    if (!isAborted || isThrown) return work.next();
    isThrown = true;
    return work.throw(new Aborted());
  };
  return {
    id,
    step() {
      const turn = resume();
      if (turn.done !== true) return turn;
      outcome.done(turn.value);
      return { done: true, value: undefined };
    },
    abort() {
      isAborted = true;
    },
    failed: outcome.failed,
  };
}
