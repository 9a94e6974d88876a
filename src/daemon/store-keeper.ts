import { explained } from '../host/system-error.ts';
import type { Store } from '../store/store.ts';

interface OpenStore {
  readonly store: Store;
  users: number;
  isRetired: boolean;
}

/**
 * The open store, for any number of users at a time. Somebody may remove a store and all its state while the daemon
 * runs; the next user then gets a new one, and the old one is closed when its last user has left.
 */
export class StoreKeeper implements AsyncDisposable {
  readonly #open: () => Promise<Store>;
  readonly #stateDir: string;
  #current: Promise<OpenStore> | undefined;

  constructor(open: () => Promise<Store>, stateDir: string) {
    this.#open = open;
    this.#stateDir = stateDir;
  }

  /** Lends the store until the result is disposed. */
  async lend(): Promise<{ readonly store: Store } & Disposable> {
    const open = await this.#usable();
    open.users += 1;
    const takeBack = () => {
      open.users -= 1;
      closeIfUnused(open);
    };
    return { store: open.store, [Symbol.dispose]: takeBack };
  }

  /** Closes the store once nobody uses it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#current !== undefined) this.#retire(await this.#current);
  }

  async #usable(): Promise<OpenStore> {
    for (;;) {
      this.#current ??= this.#openNow();
      const open = await this.#current;
      if (!open.isRetired && open.store.isCurrent()) return open;
      this.#retire(open);
    }
  }

  /** A store that cannot be opened is tried again for the next user. */
  async #openNow(): Promise<OpenStore> {
    try {
      return { store: await this.#open(), users: 0, isRetired: false };
    } catch (error) {
      this.#current = undefined;
      throw explained(error, { what: 'open the store', place: this.#stateDir });
    }
  }

  #retire(open: OpenStore): void {
    if (!open.isRetired) this.#current = undefined;
    open.isRetired = true;
    closeIfUnused(open);
  }
}

function closeIfUnused({ store, users, isRetired }: OpenStore): void {
  if (isRetired && users === 0) store[Symbol.dispose]();
}
