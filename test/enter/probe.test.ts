import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { killProcessesOf, probeSandbox } from '../../src/host/enter.ts';
import { compileEnter } from './compile.ts';
import { Ground, isRoot, rootTest, testUnless } from './ground.ts';
import { findProcesses } from './processes.ts';

const enterPath = compileEnter();
const { signal } = new AbortController();
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'probe-'));
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The helper, started through a shell line that ends in the helper's own command. */
function wrapped(name: string, line: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${line} "$@"\n`, { mode: 0o755 });
  return path;
}

/** In a mount namespace of its own, where something covers a part of /proc. */
function masked(): string {
  const cover = 'mount -t tmpfs none /proc/fs && exec "$0" "$@"';
  return wrapped('masked', `exec unshare --mount sh -c '${cover}' ${enterPath}`);
}

/** A second procfs in sight would undo the mask. */
const otherProc = readFileSync('/proc/self/mountinfo', 'utf8')
  .split('\n')
  .some(line => line.includes(' - proc ') && !line.includes(' /proc '));
const maskTest = otherProc ? testUnless('there is a second procfs') : rootTest;

describe('the probe', () => {
  test('finds nothing missing where builds work', async () => {
    const steps = await probeSandbox(enterPath, signal);
    expect(steps).toEqual([
      { step: 'A', name: 'userns', result: 'ok' },
      { step: 'B', name: 'idmap', result: 'ok' },
      { step: 'C', name: 'pidns', result: 'ok' },
      { step: 'D', name: 'private', result: 'ok' },
      { step: 'E', name: 'procfs', result: 'ok' },
      { step: 'F', name: 'pivot', result: 'ok' },
      { step: 'G', name: 'netns', result: 'ok' },
      { step: 'H', name: 'rootproc', result: isRoot ? 'ok' : 'EPERM' },
    ]);
  });

  maskTest('finds a masked /proc, which root alone could mount', async () => {
    const steps = await probeSandbox(masked(), signal);
    const failed = steps.filter(({ result }) => result !== 'ok');
    expect(failed).toEqual([{ step: 'E', name: 'procfs', result: 'EPERM' }]);
  });

  rootTest('finds that a chroot has no user namespaces', async () => {
    const bind = 'mount --rbind / /mnt && exec chroot /mnt "$0" "$@"';
    const path = wrapped('chrooted', `exec unshare --mount sh -c '${bind}' ${enterPath}`);
    const steps = await probeSandbox(path, signal);
    expect(steps.find(({ step }) => step === 'A')?.result).toBe('EPERM');
  });

  rootTest('finds that root may not mount, which a build does not need', async () => {
    const drop = 'setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin';
    const steps = await probeSandbox(wrapped('no-admin', `exec ${drop} ${enterPath}`), signal);
    const failed = steps.filter(({ result }) => result !== 'ok');
    expect(failed).toEqual([{ step: 'H', name: 'rootproc', result: 'EPERM' }]);
  });

  test('throws when there is no helper', async () => {
    await expect(probeSandbox(join(folder, 'none'), signal)).rejects.toMatchObject({
      code: 'host/command-missing',
    });
  });
});

maskTest('a build behind a masked /proc says so', async () => {
  using ground = new Ground('memory');
  ground.enterPath = masked();
  const { outcome } = await ground.run('true');
  expect(outcome).toEqual({
    kind: 'refused',
    word: 'proc',
    path: '/proc',
    errno: 'EPERM',
    text: 'Operation not permitted',
  });
});

rootTest('a build in a chroot says that there are no namespaces', async () => {
  using ground = new Ground('memory');
  const bind = 'mount --rbind / /mnt && exec chroot /mnt "$0" "$@"';
  ground.enterPath = wrapped(
    'chrooted',
    `exec unshare --mount sh -c '${bind}' ${ground.enterPath}`,
  );
  const { outcome } = await ground.run('true');
  expect(outcome).toMatchObject({ kind: 'refused', word: 'ns', errno: 'EPERM' });
});

describe('killing the processes of a user', () => {
  const uid = 54_777;
  const sleeper = `sleep ${process.pid}222`;
  const script = `${sleeper} & setsid ${sleeper} & (trap "" TERM; ${sleeper}) & echo started; wait`;

  rootTest('leaves none', async () => {
    const become = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups'];
    const child = spawn('setpriv', [...become, 'sh', '-c', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = new Promise(resolve => child.once('exit', resolve));
    for await (const _ of child.stdout) break;

    await killProcessesOf(enterPath, uid, signal);

    expect(findProcesses(sleeper)).toEqual([]);
    await ended;
  });

  rootTest('is done at once when there are none', async () => {
    await expect(killProcessesOf(enterPath, uid, signal)).resolves.toBeUndefined();
  });

  test.each(['0', '-1', 'root', '4294967295', ''])('refuses the user "%s"', text => {
    const run = spawnSync(enterPath, ['--kill-uid', text]);
    expect(run.status).toBe(125);
  });
});

test('the helper tells which specification it understands', () => {
  expect(String(spawnSync(enterPath, ['--version']).stdout)).toBe('tenon-root 1\n');
});

test.each([[[]], [['--fd']], [['--fd', '2']], [['--fd', '3', '--parent']], [['--help']]])(
  'the helper explains itself when it is started with %j',
  args => {
    const run = spawnSync(enterPath, args);
    expect(run.status).toBe(125);
    expect(String(run.stderr)).toMatch(/^usage: enter /);
  },
);

rootTest('the helper refuses to be setuid', () => {
  const copy = join(folder, 'setuid');
  spawnSync('install', ['-m', '4755', '-o', '1', enterPath, copy]);
  const run = spawnSync(copy, ['--version']);
  expect(run.status).toBe(125);
  expect(String(run.stderr)).toContain('must not be setuid');
});
