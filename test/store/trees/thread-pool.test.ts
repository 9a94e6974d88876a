import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ThreadPool } from '../../../src/store/trees/thread-pool.ts';

const CRASHING = new URL('../../support/crashing-tree-worker.ts', import.meta.url);
const TREES = new URL('../../../src/store/trees/trees.ts', import.meta.url).href;

let root = '';
let small = '';
let big = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenon-pool-'));
  small = join(root, 'small');
  big = join(root, 'big');
  writeFileSync(small, 'hello\n');
  writeFileSync(big, '');
  truncateSync(big, 1 << 30);
});
afterEach(() => rmSync(root, { recursive: true }));

/** A pool, and the threads that it started so far. */
function createPool(size: number, idleMs = 60_000) {
  const workers: Worker[] = [];
  const startWorker = () => {
    const worker = new Worker(CRASHING);
    workers.push(worker);
    return worker;
  };
  return { pool: new ThreadPool({ size, idleMs, startWorker }), workers };
}

function hashOf(path: string) {
  return { task: { kind: 'hash', path, serialisation: 'nar', algorithm: 'sha256' } as const };
}

describe('ThreadPool', () => {
  test('starts threads when there is work, and no more than it may', async () => {
    const { pool, workers } = createPool(2);
    expect(workers.length).toBe(0);
    await pool.start(hashOf(small)).result;
    await pool.start(hashOf(small)).result;
    expect(workers.length).toBe(1);
    await Promise.all([1, 2, 3, 4].map(() => pool.start(hashOf(small)).result));

    expect(workers.length).toBe(2);
    await pool[Symbol.asyncDispose]();
  });

  test('ends a thread that had nothing to do for a while, and starts another one', async () => {
    const { pool, workers } = createPool(1, 20);
    await pool.start(hashOf(small)).result;
    await Promise.all(workers.map(worker => once(worker, 'exit')));
    await pool.start(hashOf(small)).result;

    expect(workers.length).toBe(2);
    await pool[Symbol.asyncDispose]();
  });

  test('fails the jobs of a thread that crashes, and replaces it', async () => {
    const { pool, workers } = createPool(1);
    const other = pool.start(hashOf(big)).result;
    const crashing = pool.start(hashOf('/crash')).result;

    await expect(crashing).rejects.toMatchObject({
      code: 'store/worker-lost',
      message: "Cannot hash '/crash': the thread that does it ended: out of luck",
    });
    await expect(other).rejects.toMatchObject({ code: 'store/worker-lost' });
    await pool.start(hashOf(small)).result;
    expect(workers.length).toBe(2);
    await pool[Symbol.asyncDispose]();
  });

  test('ends jobs and threads when it is disposed', async () => {
    const { pool, workers } = createPool(1);
    const job = pool.start(hashOf(big)).result;
    await pool[Symbol.asyncDispose]();

    await expect(job).rejects.toMatchObject({ code: 'store/trees-closed' });
    expect(() => pool.start(hashOf(small))).toThrow(
      expect.objectContaining({ code: 'store/trees-closed' }),
    );
    expect(workers[0]?.threadId).toBe(-1);
  });

  test('lets small jobs pass a huge one on the same thread', async () => {
    const { pool } = createPool(1);
    const isBigOver = pool.start(hashOf(big)).result.then(() => true);
    const delaysMs: number[] = [];
    await pool.start(hashOf(small)).result; // by then the thread has started
    for (let isOver = false; !isOver && delaysMs.length < 21; ) {
      const start = performance.now();
      await pool.start(hashOf(small)).result;
      delaysMs.push(performance.now() - start);
      isOver = await Promise.race([isBigOver, sleep(1, false)]);
    }

    expect(delaysMs.length).toBe(21);
    expect(delaysMs.sort((a, b) => a - b)[10]).toBeLessThan(50);
    await pool[Symbol.asyncDispose]();
  }, 30_000);

  test('runs many jobs at once', async () => {
    const { pool } = createPool(2);
    const jobs = Array.from({ length: 500 }, () => pool.start(hashOf(small)).result);
    const sizes = (await Promise.all(jobs)).map(({ sizeBytes }) => sizeBytes);

    expect(new Set(sizes)).toEqual(new Set([120]));
    await pool[Symbol.asyncDispose]();
  });
});

describe('Trees', () => {
  test('does not keep an idle process alive', async () => {
    const script = `
      import { Trees } from '${TREES}';
      const trees = new Trees({ workers: 2 });
      const { sizeBytes } = await trees.hash('${small}', { kind: 'nar', algorithm: 'sha256' });
      console.log(sizeBytes);`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 8000,
    });

    expect((await run).stdout).toBe('120\n');
  }, 10_000);
});
