import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { killProcessesOf, probeSandbox } from '../../src/host/enter.ts';
import { maskedProc } from '../support/masked-proc.ts';
import { compileEnter } from './compile.ts';
import { Ground, isRoot, rootTest } from './ground.ts';
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

function quoteAll(argv: readonly string[]): string {
  return `exec ${argv.map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ')}`;
}

/** In a mount namespace of its own, where something is wrong with /proc. */
function behind(line: string, ...then: readonly string[]): string {
  return wrapped('behind', quoteAll([...maskedProc(line), ...then, enterPath]));
}

const covered = 'mount -t tmpfs none /proc/fs';
const cannotMount = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'];
const MASKS = [
  { state: 'a covered directory', line: covered },
  { state: 'a covered file', line: 'mount --bind /dev/null /proc/timer_list' },
  {
    state: 'a read-only part',
    line: 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys',
  },
  { state: 'another atime mode', line: 'mount -o remount,bind,noatime /proc' },
  { state: 'nothing that can be written to', line: 'mount -o remount,bind,ro /proc' },
  { state: 'nothing in it', line: 'umount -l /proc' },
];

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
      { step: 'I', name: 'pristine', result: isRoot ? 'ok' : 'EPERM' },
    ]);
  });

  rootTest('finds a masked /proc, and that root can do without', async () => {
    const steps = await probeSandbox(behind(covered), signal);
    const failed = steps.filter(({ result }) => result !== 'ok');
    expect(failed).toEqual([{ step: 'E', name: 'procfs', result: 'EPERM' }]);
  });

  rootTest('finds that a mask from outside cannot be undone inside', async () => {
    const path = behind(covered, 'unshare', '--user', '--map-root-user', '--mount');
    const failed = (await probeSandbox(path, signal)).filter(({ result }) => result !== 'ok');
    expect(failed).toContainEqual({ step: 'E', name: 'procfs', result: 'EPERM' });
    expect(failed).toContainEqual({ step: 'I', name: 'pristine', result: 'EINVAL' });
  });

  rootTest('finds that a user namespace can do without what it masked itself', async () => {
    const inside = ['unshare', '--user', '--map-root-user', '--mount'];
    const path = wrapped('nested', quoteAll([...inside, ...maskedProc(covered), enterPath]));
    const failed = (await probeSandbox(path, signal)).filter(({ result }) => result !== 'ok');
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
    expect(failed).toEqual([
      { step: 'H', name: 'rootproc', result: 'EPERM' },
      { step: 'I', name: 'pristine', result: 'EPERM' },
    ]);
  });

  test('throws when there is no helper', async () => {
    await expect(probeSandbox(join(folder, 'none'), signal)).rejects.toMatchObject({
      code: 'host/command-missing',
    });
  });
});

describe('a build of root', () => {
  (isRoot ? test : test.skip).each(MASKS)('works where /proc has $state', async ({ line }) => {
    using ground = new Ground('memory');
    ground.enterPath = behind(line);
    const seen = 'read -r pid rest < /proc/self/stat; test -w /proc/self/oom_score_adj; echo $pid';
    expect(await ground.run(seen)).toMatchObject({
      log: '1\n',
      outcome: { kind: 'exited', code: 0 },
    });
  });

  rootTest('without a sandbox sees the /proc of the machine, covered as it is', async () => {
    using ground = new Ground('memory');
    ground.enterPath = behind('mount --bind /dev/null /proc/timer_list');
    const spec = ground.spec('test -e /proc/self/stat && test -c /proc/timer_list');
    const program = { ...spec.program, workingDir: '/' };
    const root = { kind: 'host', user: undefined } as const;
    expect((await ground.run({ ...spec, program, root })).outcome).toMatchObject({
      kind: 'exited',
      code: 0,
    });
  });
});

rootTest('a build behind a masked /proc says so where nobody may mount another', async () => {
  using ground = new Ground('memory');
  ground.enterPath = behind(covered, ...cannotMount);
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
