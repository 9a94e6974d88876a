import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

/** Checks against the real kernel, in namespaces in which something is broken for real. */
const TENON = join(import.meta.dirname, '../../src/tenon');

interface Report {
  readonly checks: readonly {
    readonly id: string;
    readonly status: string;
    readonly cause: string;
  }[];
}

/** What `tenon doctor sandbox` finds in new namespaces, behind shell words that break something. */
function diagnose(unshare: readonly string[], breaking: string) {
  const script = `${breaking} "$0" doctor sandbox --json`;
  const argv = [...unshare, 'sh', '-c', script, TENON];
  const { stdout, stderr } = spawnSync('unshare', argv, { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  const { checks } = JSON.parse(stdout) as Report;
  return checks
    .filter(({ id }) => id !== 'sandbox.effective')
    .map(({ id, status, cause }) => ({ id, status, cause }));
}

const isRoot = process.getuid?.() === 0;
(isRoot ? describe : describe.skip)(
  `a kernel${isRoot ? '' : ' (skipped: only root can break it)'}`,
  () => {
    test.each([
      { who: 'root, whose daemon does without', run: '', status: 'hint' },
      {
        who: 'root that may not mount',
        run: 'setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin',
        status: 'error',
      },
    ])('with a masked /proc, for $who', ({ run, status }) => {
      const mask = `mount --bind /proc/sys /proc/sys && ${run}`;
      expect(diagnose(['-m', '--propagation', 'private'], mask)).toEqual([
        { id: 'sandbox.userns', status: 'pass', cause: null },
        { id: 'sandbox.proc-masked', status, cause: expect.stringContaining('covered') },
      ]);
    });

    test('with a read-only /proc, which the daemon does without', () => {
      const found = diagnose(
        ['-m', '--propagation', 'private'],
        'mount -o remount,bind,ro /proc &&',
      );
      expect(found).toEqual([
        { id: 'sandbox.userns', status: 'pass', cause: null },
        { id: 'sandbox.proc-masked', status: 'hint', cause: expect.stringContaining('changed') },
      ]);
    });

    test('without user namespaces', () => {
      const found = diagnose(['-Ur'], 'echo 0 > /proc/sys/user/max_user_namespaces &&');
      expect(found).toEqual([
        {
          id: 'sandbox.userns',
          status: 'error',
          cause: expect.stringContaining('user.max_user_namespaces is 0'),
        },
        { id: 'sandbox.proc-masked', status: 'skip', cause: null },
      ]);
    });
  },
);
