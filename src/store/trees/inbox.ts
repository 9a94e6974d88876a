import type { Input } from './messages.ts';
import type { Work } from './scheduler.ts';

/** The input of one job, as it arrives. */
export class Inbox {
  readonly #giveBack: (buffer: ArrayBuffer) => void;
  readonly #inputs: Input[] = [];
  #isComplete = false;
  #current: ArrayBuffer | undefined;

  constructor(giveBack: (buffer: ArrayBuffer) => void) {
    this.#giveBack = giveBack;
  }

  push(input: Input): void {
    this.#inputs.push(input);
  }

  /**
   * The next bytes, undefined when no more will come. Those before must not be looked at any more: their buffer goes
   * back to where it came from, unless there is nothing to fill it with.
   */
  *next(): Work<Uint8Array | undefined> {
    if (this.#isComplete) return undefined;
    if (this.#current !== undefined) this.#giveBack(this.#current);
    this.#current = undefined;
    while (this.#inputs.length === 0) yield 'wait';
    const input = this.#inputs.shift();
    if (input === undefined) return undefined;
    this.#isComplete = input.last;
    this.#current = input.span.buffer;
    return new Uint8Array(input.span.buffer, 0, input.span.length);
  }
}
