import { describe, expect, test } from '@jest/globals';
import { KeyedLocks, Semaphore } from '../../src/base/locks.ts';

const never = new AbortController().signal;
const reason = new Error('the client is gone');
const turn = () => new Promise(resolve => setImmediate(resolve));

/** Takes each lock at once and notes in which order they are given. */
function watch(takes: readonly Promise<Disposable>[]): { readonly given: number[] } {
  const given: number[] = [];
  for (const [index, take] of takes.entries())
    void take.then(
      () => given.push(index),
      () => undefined,
    );
  return { given };
}

describe('KeyedLocks', () => {
  test('lets one in at a time, in the order of arrival', async () => {
    const locks = new KeyedLocks<string>();
    const takes = [1, 2, 3].map(() => locks.lock('key', never));
    const { given } = watch(takes);
    for (const [index, take] of takes.entries()) {
      const lock = await take;
      await turn();
      expect(given).toEqual([...Array(index + 1).keys()]);
      lock[Symbol.dispose]();
    }
  });

  test('does not make holders of different keys wait', async () => {
    const locks = new KeyedLocks<string>();
    using _one = await locks.lock('one', never);
    using other = await locks.lock('other', never);
    expect(other).toBeDefined();
  });

  test('goes on behind one that gave up waiting, but only after the holder', async () => {
    const locks = new KeyedLocks<string>();
    const holder = await locks.lock('key', never);
    const leaving = new AbortController();
    const impatient = locks.lock('key', leaving.signal);
    const patient = locks.lock('key', never);
    const { given } = watch([patient]);

    leaving.abort(reason);

    await expect(impatient).rejects.toBe(reason);
    await turn();
    expect(given).toEqual([]);
    holder[Symbol.dispose]();
    await patient;
  });

  test('can be taken again by its holder after release', async () => {
    const locks = new KeyedLocks<string>();
    for (let times = 0; times < 3; times++) (await locks.lock('key', never))[Symbol.dispose]();
    using lock = await locks.lock('key', never);
    expect(lock).toBeDefined();
  });

  test('is free again when all who waited have given up', async () => {
    const locks = new KeyedLocks<string>();
    const holder = await locks.lock('key', never);
    const leaving = new AbortController();
    const waiting = [1, 2, 3].map(() => locks.lock('key', leaving.signal));
    leaving.abort(reason);
    await Promise.allSettled(waiting);
    holder[Symbol.dispose]();
    await turn();
    using lock = await locks.lock('key', never);
    expect(lock).toBeDefined();
  });
});

describe('Semaphore', () => {
  test('gives as many slots as it has, then one per release', async () => {
    const slots = new Semaphore(2);
    const takes = [1, 2, 3, 4].map(() => slots.take(never));
    const { given } = watch(takes);
    await turn();
    expect(given).toEqual([0, 1]);
    (await takes[0])?.[Symbol.dispose]();
    await turn();
    expect(given).toEqual([0, 1, 2]);
  });

  test('counts a slot once that is released twice', async () => {
    const slots = new Semaphore(1);
    const slot = await slots.take(never);
    slot[Symbol.dispose]();
    slot[Symbol.dispose]();
    const takes = [1, 2].map(() => slots.take(never));
    const { given } = watch(takes);
    await turn();
    expect(given).toEqual([0]);
  });

  test('passes over one that gave up waiting', async () => {
    const slots = new Semaphore(1);
    const holder = await slots.take(never);
    const leaving = new AbortController();
    const impatient = slots.take(leaving.signal);
    const patient = slots.take(never);
    leaving.abort(reason);
    await expect(impatient).rejects.toBe(reason);
    holder[Symbol.dispose]();
    (await patient)[Symbol.dispose]();
    using slot = await slots.take(never);
    expect(slot).toBeDefined();
  });

  test('does not lose the slot of one that is aborted in the turn in which it is given', async () => {
    const slots = new Semaphore(1);
    const holder = await slots.take(never);
    const leaving = new AbortController();
    const impatient = slots.take(leaving.signal);
    holder[Symbol.dispose]();
    leaving.abort(reason);
    const given = await impatient.catch(() => undefined);
    given?.[Symbol.dispose]();
    using slot = await slots.take(never);
    expect(slot).toBeDefined();
  });
});
