import { describe, expect, test } from '@jest/globals';
import { abortable, mapLimit } from '../../src/base/async.ts';

const reason = new Error('the client is gone');

describe('abortable', () => {
  test('gives what the promise gives', async () => {
    const { signal } = new AbortController();
    expect(await abortable(Promise.resolve(3), signal)).toBe(3);
    await expect(abortable(Promise.reject(reason), signal)).rejects.toBe(reason);
  });

  test('throws the reason as soon as the signal is aborted', async () => {
    const controller = new AbortController();
    const waiting = abortable(new Promise(() => undefined), controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  test('throws the reason when the signal was aborted before', async () => {
    await expect(abortable(Promise.resolve(3), AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const counted: AbortSignal = Object.assign(new EventTarget(), {
      aborted: false,
      reason: undefined,
      onabort: null,
      throwIfAborted: () => signal.throwIfAborted(),
      addEventListener: () => {
        listeners += 1;
      },
      removeEventListener: () => {
        listeners -= 1;
      },
    });
    await abortable(Promise.resolve(), counted);
    expect(listeners).toBe(0);
  });
});

describe('mapLimit', () => {
  test('keeps the order of the items, whoever ends first', async () => {
    const work = async (ms: number) => {
      await new Promise(resolve => setTimeout(resolve, ms));
      return ms;
    };
    expect(await mapLimit([12, 1, 6], 3, work)).toEqual([12, 1, 6]);
  });

  test('never has more at work than allowed, and as many as that', async () => {
    let running = 0;
    let most = 0;
    await mapLimit([...Array(20).keys()], 4, async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(resolve => setImmediate(resolve));
      running -= 1;
    });
    expect(most).toBe(4);
  });

  test('throws the first failure after all work has ended', async () => {
    const done: number[] = [];
    const mapped = mapLimit([1, 2, 3, 4], 2, async item => {
      await new Promise(resolve => setImmediate(resolve));
      done.push(item);
      if (item % 2 === 0) throw new Error(`item ${item}`);
    });
    await expect(mapped).rejects.toThrow('item 2');
    expect(done).toEqual([1, 2, 3, 4]);
  });

  test('does nothing for no items', async () => {
    expect(await mapLimit([], 8, async () => 1)).toEqual([]);
  });
});
