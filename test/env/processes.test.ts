import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { readAncestors, readProcess } from '../../src/env/read-processes.ts';
import { createHost } from '../../src/host/host.ts';
import { createFixtureHost } from '../support/fixture-host.ts';

const host = createHost('/');

async function outcome(work: Promise<unknown>): Promise<unknown> {
  return await work.catch((error: unknown) => error);
}

describe('readProcess', () => {
  test('reads what a process was started with, whatever it holds', async () => {
    const env = { A: 'x=y\nz', LONG: 'l'.repeat(100_000) };
    const child = spawn('sleep', ['60'], { env, stdio: 'ignore' });
    try {
      await once(child, 'spawn');
      expect([...(await readProcess(host, child.pid ?? 0))]).toEqual(Object.entries(env));
    } finally {
      child.kill();
    }
  });

  test('says that there is no process when it has ended', async () => {
    const child = spawn('true', { stdio: 'ignore' });
    await once(child, 'exit');
    expect(await outcome(readProcess(host, child.pid ?? 0))).toMatchObject({
      code: 'env/no-process',
      message: `Cannot read the environment of process ${child.pid}: there is none`,
    });
  });

  test.each([
    { errno: 'ESRCH', code: 'env/no-process', case: 'ends while it is read' },
    { errno: 'EACCES', code: 'env/denied', case: "is somebody else's" },
    { errno: 'EPERM', code: 'env/denied', case: 'may not be traced' },
  ])('has an answer when the process $case', async ({ errno, code }) => {
    const failure = Object.assign(new Error(errno), { code: errno });
    const proc = { readText: () => Promise.reject(failure), readLink: async () => undefined };
    expect(await outcome(readProcess(proc, 42))).toMatchObject({ code });
  });
});

describe('readAncestors', () => {
  test('walks from this process to the first of all', async () => {
    const chain = await readAncestors(host, process.pid);
    expect(chain[0]).toMatchObject({ pid: process.pid, program: process.execPath });
    expect(chain[1]?.pid).toBe(process.ppid);
  });

  test('stops where processes have gone, point to themselves, or say nothing', async () => {
    using fixture = createFixtureHost();
    fixture.write('/proc/9/status', 'Name:\tgone-parent\nPPid:\t8\n');
    expect(await readAncestors(fixture.host, 9)).toEqual([
      { pid: 9, name: 'gone-parent', program: undefined, variables: undefined },
    ]);
    fixture.write('/proc/7/status', 'Name:\tloop\nPPid:\t6\n');
    fixture.write('/proc/6/status', 'Name:\tloop\nPPid:\t7\n');
    expect((await readAncestors(fixture.host, 7)).map(({ pid }) => pid)).toEqual([7, 6]);
    fixture.write('/proc/5/status', '');
    expect((await readAncestors(fixture.host, 5)).map(({ pid }) => pid)).toEqual([5]);
  });
});
