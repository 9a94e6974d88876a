import type { StorePath } from '../formats/store-path.ts';
import { closureOf } from '../store/closure.ts';
import type { Store } from '../store/store.ts';

/**
 * What the builders of one request may see of the store. Derivations that are built together often have the same
 * inputs, as sources that are fetched by the same program do, so the last closure is remembered: while a client wants
 * its derivations they and all that they refer to stay, and what a valid path refers to never changes.
 */
export class InputClosures {
  readonly #store: Store;
  #key: string | undefined;
  #closure: readonly StorePath[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  /** The closure of paths that are all valid, sorted. */
  of(starts: readonly StorePath[]): readonly StorePath[] {
    const key = starts.join('\n');
    if (key !== this.#key) {
      this.#closure = closureOf(this.#store.db, starts).map(({ path }) => path);
      this.#key = key;
    }
    return this.#closure;
  }
}
