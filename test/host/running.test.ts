import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { createRunning } from '../../src/host/running.ts';
import { testAsRoot } from '../support/as-root.ts';

const OTHER_UID = 65534;

describe('the processes of this host', () => {
  const { findProcesses } = createRunning();
  const seconds = String(1000 + process.pid);
  const isWanted = (argv: readonly string[]) => argv[1] === seconds;

  test('are found by their arguments', async () => {
    await using sleeper = await sleepAs(undefined);
    expect(await findProcesses(isWanted)).toEqual([
      { pid: sleeper.pid, parentPid: process.pid, argv: ['sleep', seconds] },
    ]);
  });

  testAsRoot('of another user are not found, whatever they call themselves', async () => {
    await using _other = await sleepAs(OTHER_UID);
    expect(await findProcesses(isWanted)).toEqual([]);
  });

  async function sleepAs(uid: number | undefined) {
    const child = spawn('sleep', [seconds], {
      stdio: 'ignore',
      ...(uid === undefined ? {} : { uid }),
    });
    await once(child, 'spawn');
    const gone = once(child, 'exit');
    return {
      pid: child.pid,
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL');
        await gone;
      },
    };
  }
});
