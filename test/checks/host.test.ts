import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { CheckContext } from '../../src/doctor/context.ts';
import { parseMountinfo } from '../../src/host/mounts.ts';
import { testAsRoot } from '../support/as-root.ts';
import { checkContext } from '../support/check-context.ts';
import { breakAndCure } from '../support/doctor.ts';
import type { FixtureHost } from '../support/fixture-host.ts';
import { createHealthyHost } from '../support/healthy-host.ts';
import { find, judge, problems } from '../support/judge.ts';

/** What is found on a fixture host beside what is always found on one without accounts. */
async function foundOn(context: CheckContext): Promise<readonly string[]> {
  return problems(await judge(context)).filter(problem => !problem.startsWith('users.'));
}

function write(fixture: FixtureHost, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) fixture.write(path, text);
}

describe('a setting of the kernel is found by exactly the check for it, and passes once it is set', () => {
  test.each([
    {
      id: 'host.map-count',
      status: 'hint',
      path: 'vm/max_map_count',
      bad: '1024',
      good: '65530',
      fix: ['sysctl', '-w', 'vm.max_map_count=65530'],
    },
    {
      id: 'host.inotify',
      status: 'hint',
      path: 'fs/inotify/max_user_watches',
      bad: '100',
      good: '8192',
      fix: ['sysctl', '-w', 'fs.inotify.max_user_watches=8192'],
    },
    {
      id: 'host.inotify',
      status: 'hint',
      path: 'fs/inotify/max_user_instances',
      bad: '2',
      good: '128',
      fix: ['sysctl', '-w', 'fs.inotify.max_user_instances=128'],
    },
    {
      id: 'host.entropy',
      status: 'warn',
      path: 'kernel/random/entropy_avail',
      bad: '3',
      good: '256',
      fix: ['modprobe', 'virtio-rng'],
    },
  ])('$id: $path is $bad', async ({ id, status, path, bad, good, fix }) => {
    using fixture = await createHealthyHost();
    const file = `/proc/sys/${path}`;
    write(fixture, { [file]: `${bad}\n` });
    const context = checkContext(fixture);
    expect(await foundOn(context)).toEqual([`${id} ${status}`]);
    const result = find(await judge(context), id);
    expect(result?.evidence).toEqual([{ source: file, value: bad }]);
    expect(result?.fixes[0]?.commands).toEqual([fix]);
    write(fixture, { [file]: `${good}\n` });
    expect(await foundOn(context)).toEqual([]);
  });
});

test('host.clock: a file was changed in the future', async () => {
  using fixture = await createHealthyHost();
  const context = checkContext(fixture);
  const nextYear = context.nowMs / 1000 + 365 * 24 * 3600;
  utimesSync(join(fixture.root, 'etc/passwd'), nextYear, nextYear);
  expect(await foundOn(context)).toEqual(['host.clock warn']);
  expect(find(await judge(context), 'host.clock')?.evidence[1]?.source).toBe('/etc/passwd');
  expect(await foundOn({ ...context, nowMs: nextYear * 1000 })).toEqual([]);
});

describe('host.cgroups', () => {
  test('finds controllers that are not delegated', async () => {
    using fixture = await createHealthyHost();
    write(fixture, { '/sys/fs/cgroup/cgroup.controllers': 'cpu io\n' });
    expect(await foundOn(checkContext(fixture))).toEqual(['host.cgroups hint']);
    write(fixture, { '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory pids\n' });
    expect(await foundOn(checkContext(fixture))).toEqual([]);
  });

  test('finds control groups of version 1', async () => {
    using fixture = await createHealthyHost();
    const context = checkContext(fixture);
    const facts = await context.readKernelFacts();
    const version1 = '50 20 0:50 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw';
    const mounts = [...facts.mounts, ...parseMountinfo(version1)];
    expect(
      await foundOn({ ...context, readKernelFacts: async () => ({ ...facts, mounts }) }),
    ).toEqual(['host.cgroups hint']);
  });
});

describe('a mount of the system is found by exactly the check for it', () => {
  testAsRoot('host.hidepid: users do not see the processes of others', async () => {
    const seen = await breakAndCure({
      unshare: ['--mount', '--propagation', 'private', '--pid', '--fork'],
      breakIt: 'mount -t proc -o hidepid=2 proc /proc',
      cure: 'mount -o remount,hidepid=0 /proc',
    });
    expect(seen.found).toEqual(['host.hidepid hint']);
    expect(seen.introduced).toEqual([]);
    expect(seen.broken('host.hidepid')?.evidence[0]?.value).toMatch(/hidepid=(2|invisible)/);
  });

  testAsRoot('host.shm: there is a disk on /dev/shm', async () => {
    const seen = await breakAndCure({
      breakIt: 'mount -t ramfs own /dev/shm && mount --bind /usr /dev/shm',
      cure: 'mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm',
    });
    expect(seen.found).toEqual(['host.shm warn']);
    expect(seen.introduced).toEqual([]);
    expect(seen.broken('host.shm')?.fixes[0]?.commands.at(-1)?.join(' ')).toBe(
      'mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm',
    );
  });

  testAsRoot('host.shm: not everybody may write to /dev/shm', async () => {
    const seen = await breakAndCure({
      breakIt: 'mount -t tmpfs -o mode=755 own /dev/shm',
      cure: 'chmod 1777 /dev/shm',
    });
    expect(seen.found).toEqual(['host.shm warn']);
    expect(seen.broken('host.shm')?.evidence).toEqual([
      { source: '/dev/shm', value: 'has mode 755' },
    ]);
  });
});
