import { abortable } from './async.ts';

/**
 * One mutex per key, served in arrival order. Take several keys in sorted order, or risk a deadlock.
 * Invariant: `#tails` holds a key exactly while somebody holds or waits for it.
 */
export class KeyedLocks<Key> {
  readonly #tails = new Map<Key, Promise<void>>();

  /** Holds `key` until the result is disposed. Throws the signal's reason if aborted while waiting. */
  async lock(key: Key, signal: AbortSignal): Promise<Disposable> {
    const previous = this.#tails.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    const tail = previous === undefined ? promise : previous.then(() => promise);
    this.#tails.set(key, tail);
    const release = () => {
      resolve();
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    };
    if (previous !== undefined) {
      try {
        await abortable(previous, signal);
      } catch (error) {
        // Those behind still wait for the holder before: only then may this place in the queue vanish.
        void previous.then(release);
        throw error;
      }
    }
    return { [Symbol.dispose]: release };
  }
}

/** At most `size` holders at a time, served in arrival order. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  /** Holds one slot until the result is disposed. Throws the signal's reason if aborted while waiting. */
  async take(signal: AbortSignal): Promise<Disposable> {
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#give();
        held = false;
      },
    };
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn.resolve);
    try {
      await abortable(turn.promise, signal);
    } catch (error) {
      const place = this.#waiting.indexOf(turn.resolve);
      if (place >= 0) this.#waiting.splice(place, 1);
      else this.#give();
      throw error;
    }
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
