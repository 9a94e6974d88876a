import { unpackError } from './carried-error.ts';
import type { FromWorker, Input, Span, TaskKind, TaskResults, ToWorker } from './messages.ts';

/** What happens to a job before its end. */
export interface JobEvents {
  /** A buffer of input is free again. */
  spent?(buffer: ArrayBuffer): void;
  output?(span: Span): void;
}

/** A job on a worker thread, as the thread's owner sees it. */
export interface RunningJob {
  readonly result: Promise<unknown>;
  /** Takes a message from the worker; true when it was the last one. */
  receive(message: FromWorker): boolean;
  /** Ends the job, whose result then fails with `reason`, unless it was just complete. Safe to repeat. */
  abort(reason: unknown): void;
  /** Fails the job, because its thread is no more. */
  lose(error: Error): void;
}

export interface JobLink {
  readonly id: number;
  readonly events: JobEvents;
  readonly post: (message: ToWorker, moved?: ArrayBuffer[]) => void;
}

/** A job on a worker thread, as the one who asked for it sees it. */
export class RemoteJob<Kind extends TaskKind> implements RunningJob {
  readonly #link: JobLink;
  readonly #result = Promise.withResolvers<TaskResults[Kind]>();
  #abortReason: unknown;
  #isAborted = false;

  constructor(link: JobLink) {
    this.#link = link;
    // A job may fail before anybody asks for its result.
    this.result.catch(() => undefined);
  }

  /** Settles once the worker is done with the job and, after a failure, has removed what it wrote. */
  get result(): Promise<TaskResults[Kind]> {
    return this.#result.promise;
  }

  sendInput(input: Input): void {
    const { id, post } = this.#link;
    post({ kind: 'input', id, input }, [input.span.buffer]);
  }

  /** Lets the worker send one more span of output. */
  sendCredit(): void {
    const { id, post } = this.#link;
    post({ kind: 'credit', id });
  }

  abort(reason: unknown): void {
    if (this.#isAborted) return;
    const { id, post } = this.#link;
    this.#isAborted = true;
    this.#abortReason = reason;
    post({ kind: 'abort', id });
  }

  receive(message: FromWorker): boolean {
    switch (message.kind) {
      case 'spent':
        this.#link.events.spent?.(message.buffer);
        return false;
      case 'output':
        this.#link.events.output?.(message.span);
        return false;
      case 'done':
        // A worker answers a task with the result of its kind.
        this.#result.resolve(message.result as TaskResults[Kind]);
        return true;
      case 'failed':
        this.#result.reject(unpackError(message.error, this.#abortReason));
        return true;
      default:
        return message satisfies never;
    }
  }

  lose(error: Error): void {
    this.#result.reject(error);
  }
}
