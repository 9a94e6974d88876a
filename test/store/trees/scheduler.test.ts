import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Aborted } from '../../../src/store/trees/carried-error.ts';
import {
  Scheduler,
  type Turn,
  undisturbed,
  type Work,
} from '../../../src/store/trees/scheduler.ts';

interface Ended {
  readonly result?: unknown;
  readonly error?: unknown;
}

/** Starts a job, and gives what becomes of it. */
function start<T>(scheduler: Scheduler, id: number, work: Work<T>): Promise<Ended> {
  return new Promise(resolve => {
    scheduler.add(id, work, {
      done: result => resolve({ result }),
      failed: error => resolve({ error }),
    });
  });
}

function* count(turns: number, onTurn: () => void, turn: Turn = 'more'): Work<number> {
  for (let at = 0; at < turns; at++) {
    onTurn();
    yield turn;
  }
  return turns;
}

describe('Scheduler', () => {
  test('starts a job at once, and gives its result', async () => {
    const scheduler = new Scheduler();
    let turns = 0;
    const work = count(3, () => turns++);
    const ended = start(scheduler, 1, work);

    expect(turns).toBeGreaterThan(0);
    expect(await ended).toEqual({ result: 3 });
  });

  test('gives each job a turn after the other', async () => {
    const scheduler = new Scheduler();
    const log: number[] = [];
    let isStopped = false;
    function* endless(id: number): Work<void> {
      for (; !isStopped; log.push(id)) yield 'more';
    }
    const ended = [1, 2].map(id => start(scheduler, id, endless(id)));
    for (let round = 0; round < 5; round++) await nextTurn();
    isStopped = true;
    await Promise.all(ended);

    const firstOfBoth = log.indexOf(2);
    expect(log.slice(firstOfBoth, firstOfBoth + 6)).toEqual([2, 1, 2, 1, 2, 1]);
  });

  test('lets the event loop in between slices', async () => {
    const scheduler = new Scheduler();
    let turns = 0;
    let isStopped = false;
    function* endless(): Work<void> {
      for (; !isStopped; turns++) yield 'more';
    }
    const ended = start(scheduler, 1, endless());
    const before = turns;
    await nextTurn();
    await nextTurn();

    expect(turns).toBeGreaterThan(before);
    isStopped = true;
    await ended;
  });

  test('runs others while one waits', async () => {
    const scheduler = new Scheduler();
    const waiting = start(
      scheduler,
      1,
      count(1, () => undefined, 'wait'),
    );

    expect(
      await start(
        scheduler,
        2,
        count(2, () => undefined),
      ),
    ).toEqual({ result: 2 });
    scheduler.wake(1);
    expect(await waiting).toEqual({ result: 1 });
  });

  test('throws an abort into a job that waits', async () => {
    const scheduler = new Scheduler();
    const ended = start(
      scheduler,
      1,
      count(1, () => undefined, 'wait'),
    );
    scheduler.abort(1);

    expect((await ended).error).toBeInstanceOf(Aborted);
  });

  test('lets an aborted job clean up, whatever aborts follow', async () => {
    const scheduler = new Scheduler();
    const log: string[] = [];
    function* clean(): Work<void> {
      for (const step of ['a', 'b']) {
        log.push(step);
        yield 'wait';
      }
    }
    function* work(): Work<void> {
      try {
        yield 'wait';
      } finally {
        yield* undisturbed(clean());
      }
    }
    const ended = start(scheduler, 1, work());
    for (let round = 0; round < 3; round++) scheduler.abort(1);

    expect((await ended).error).toBeInstanceOf(Aborted);
    expect(log).toEqual(['a', 'b']);
  });

  test('lets a job that failed clean up when an abort comes then', async () => {
    const scheduler = new Scheduler();
    const log: string[] = [];
    function* clean(): Work<void> {
      for (const step of ['a', 'b', 'c']) {
        log.push(step);
        yield 'wait';
      }
    }
    function* work(): Work<void> {
      try {
        throw new Error('no space');
      } finally {
        yield* undisturbed(clean());
      }
    }
    const ended = start(scheduler, 1, work());
    scheduler.abort(1);
    scheduler.wake(1);
    scheduler.wake(1);

    expect(await ended).toEqual({ error: new Error('no space') });
    expect(log).toEqual(['a', 'b', 'c']);
  });

  test('fails a job alone', async () => {
    const scheduler = new Scheduler();
    function* broken(): Work<void> {
      yield 'more';
      throw new Error('broken');
    }

    expect(await start(scheduler, 1, broken())).toEqual({ error: new Error('broken') });
    expect(
      await start(
        scheduler,
        2,
        count(1, () => undefined),
      ),
    ).toEqual({ result: 1 });
  });
});
