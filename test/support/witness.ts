import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Connection } from '../../src/client/connection.ts';
import { buildPaths } from '../../src/protocol/ops/building.ts';
import { isValidPath } from '../../src/protocol/ops/queries.ts';
import { type Holdings, holdingsOf, until } from './processes.ts';
import { addDerivation, addText, addTree, connectTo, shellDerivation } from './raw-client.ts';
import type { StockStore } from './stock-nix.ts';
import type { TenonDaemon } from './tenon-daemon.ts';
import { file } from './trees.ts';

const ANSWER_MS = 2_000;
const SETTLE_MS = 15_000;

/** An honest client who is connected all the time, and knows what the daemon had before others came. */
export class Witness implements Disposable {
  readonly #store: StockStore;
  readonly #daemon: TenonDaemon;
  readonly #connection: Connection;
  readonly #before: Holdings;
  #checks = 0;

  static async arrive(store: StockStore, daemon: TenonDaemon): Promise<Witness> {
    await warmUp(store);
    const connection = await connectTo(store);
    return new Witness(store, daemon, connection);
  }

  private constructor(store: StockStore, daemon: TenonDaemon, connection: Connection) {
    this.#store = store;
    this.#daemon = daemon;
    this.#connection = connection;
    this.#before = comparable(holdingsOf(daemon.pid));
  }

  /** Fails unless all are served as before, and the daemon holds no more than before. */
  async expectNoHarm(): Promise<void> {
    this.#checks += 1;
    await this.ask();
    await serveStranger(this.#store, this.#checks);
    const surplus = () => surplusOf(comparable(holdingsOf(this.#daemon.pid)), this.#before);
    await until('it holds no more', () => isNone(surplus()), SETTLE_MS).catch(() => undefined);
    expect(surplus()).toEqual({ descriptors: [], children: [], mounts: 0 });
    expect(leftoversIn(this.#store)).toEqual([]);
  }

  /** One question on the connection that has been there all the time. Gives how long the answer took. */
  async ask(): Promise<number> {
    const started = performance.now();
    const path = `${this.#store.storeDir}/${'0'.repeat(32)}-none`;
    const signal = AbortSignal.timeout(ANSWER_MS);
    expect(await this.#connection.call(isValidPath, path as never, { signal })).toBe(false);
    return performance.now() - started;
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}

/** What a store has only while somebody is at work: unfinished trees, locks, temporary roots, build directories. */
export function leftoversIn({ storeDir, stateDir }: StockStore): readonly string[] {
  const unfinished = /-tenon-|\.lock$|\.chroot$|^tmp-|^nix-/;
  return [
    ...readdirSync(storeDir).filter(name => unfinished.test(name)),
    ...namesIn(join(stateDir, 'temproots')),
    ...namesIn(join(stateDir, 'builds')),
  ];
}

async function serveStranger(store: StockStore, number: number): Promise<void> {
  using connection = await connectTo(store);
  const path = await addText(connection, 'stranger', `text ${number}`);
  expect(await connection.call(isValidPath, path)).toBe(true);
}

/** Threads that walk file trees, and what starts builders, come when they are needed first. */
async function warmUp(store: StockStore): Promise<void> {
  const upload = async (name: string) => {
    using connection = await connectTo(store);
    await addTree(connection, name, file('x'.repeat(1e6)));
  };
  await Promise.all(['one', 'two', 'three', 'four'].map(upload));
  await buildNothing(store);
  await serveStranger(store, 0);
}

/** The helper that starts builders comes with the first of them. */
async function buildNothing(store: StockStore): Promise<void> {
  using connection = await connectTo(store);
  const drv = shellDerivation(store.storeDir, undefined, { name: 'nothing', script: '' });
  const drvPath = await addDerivation(connection, drv);
  const request = { wanted: [{ kind: 'built', drvPath, outputs: 'all' }], mode: 'normal' } as const;
  await expect(connection.call(buildPaths, request)).rejects.toThrow('No such file');
}

/** Without the numbers that differ from one open file to the next of its kind. */
function comparable({ descriptors, children, mounts }: Holdings): Holdings {
  return { descriptors: descriptors.map(link => link.replace(/\d+/g, 'n')), children, mounts };
}

/** What there is now and was not before. Less is fine: idle threads end. */
function surplusOf(now: Holdings, before: Holdings): Holdings {
  const rest = [...before.descriptors];
  const descriptors = now.descriptors.filter(link => {
    const place = rest.indexOf(link);
    if (place >= 0) rest.splice(place, 1);
    return place < 0;
  });
  const children = now.children.filter(pid => !before.children.includes(pid));
  return { descriptors, children, mounts: Math.max(0, now.mounts - before.mounts) };
}

function isNone({ descriptors, children, mounts }: Holdings): boolean {
  return descriptors.length === 0 && children.length === 0 && mounts === 0;
}

function namesIn(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return []; // nobody has needed it yet
  }
}
