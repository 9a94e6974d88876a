import { type MessagePort, parentPort } from 'node:worker_threads';
import { packError } from './carried-error.ts';
import { copyTree } from './copy-tree.ts';
import { dumpTree } from './dump-tree.ts';
import { hashTree } from './hash-tree.ts';
import { Inbox } from './inbox.ts';
import type { FromWorker, Span, TaskKind, TaskResults, ToWorker, TreeTask } from './messages.ts';
import { Outbox } from './outbox.ts';
import { removeTree } from './remove-tree.ts';
import { restoreTree } from './restore-tree.ts';
import { Scheduler, type Work } from './scheduler.ts';
import { settleTree } from './settle-tree.ts';

/** What a thread of `Trees` runs. It ends when the main thread ends it. */
class TreeWorker {
  readonly #port: MessagePort;
  readonly #scheduler = new Scheduler();
  readonly #inboxes = new Map<number, Inbox>();
  readonly #outboxes = new Map<number, Outbox>();

  constructor(port: MessagePort) {
    this.#port = port;
  }

  receive(message: ToWorker): void {
    const { id } = message;
    switch (message.kind) {
      case 'start':
        if (message.input !== undefined) this.#inboxOf(id).push(message.input);
        this.#start(id, message.task);
        break;
      case 'input':
        // After a failure more input may be on its way, and is dropped.
        this.#inboxes.get(id)?.push(message.input);
        this.#scheduler.wake(id);
        break;
      case 'credit':
        this.#outboxes.get(id)?.addCredit();
        this.#scheduler.wake(id);
        break;
      case 'abort':
        this.#scheduler.abort(id);
        break;
      default:
        message satisfies never;
    }
  }

  #start(id: number, task: TreeTask): void {
    this.#scheduler.add<TaskResults[TaskKind]>(id, this.#work(id, task), {
      done: result => this.#end({ kind: 'done', id, result }),
      failed: error => this.#end({ kind: 'failed', id, error: packError(error) }),
    });
  }

  #work(id: number, task: TreeTask): Work<TaskResults[TaskKind]> {
    switch (task.kind) {
      case 'restore':
        return restoreTree(task, this.#inboxOf(id));
      case 'dump':
        return dumpTree(task, this.#outboxOf(id));
      case 'hash':
        return hashTree(task);
      case 'settle':
        return settleTree(task);
      case 'copy':
        return copyTree(task);
      case 'remove':
        return removeTree(task.path);
      default:
        return task satisfies never;
    }
  }

  #inboxOf(id: number): Inbox {
    const giveBack = (buffer: ArrayBuffer) => this.#post({ kind: 'spent', id, buffer }, [buffer]);
    const inbox = this.#inboxes.get(id) ?? new Inbox(giveBack);
    this.#inboxes.set(id, inbox);
    return inbox;
  }

  #outboxOf(id: number): Outbox {
    const send = (span: Span) => this.#post({ kind: 'output', id, span }, [span.buffer]);
    const outbox = new Outbox(send);
    this.#outboxes.set(id, outbox);
    return outbox;
  }

  #end(message: FromWorker): void {
    this.#inboxes.delete(message.id);
    this.#outboxes.delete(message.id);
    this.#post(message);
  }

  #post(message: FromWorker, moved: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, moved);
  }
}

if (parentPort === null) throw new Error('worker.ts runs as a worker thread only');
const worker = new TreeWorker(parentPort);
parentPort.on('message', (message: ToWorker) => worker.receive(message));
