import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Settings } from '../../src/config/settings.ts';
import { checkContext } from '../support/check-context.ts';
import type { FixtureHost } from '../support/fixture-host.ts';
import { createGentooHost } from '../support/gentoo-host.ts';
import { createHealthyHost } from '../support/healthy-host.ts';
import { applyFixes, find, judge, problems } from '../support/judge.ts';

const about = { gid: 30_000, comment: '', home: '/var/empty', shell: '/bin/false' };

describe('users.id-conflict', () => {
  test('finds a build user whose id somebody else has, and gives it another one', async () => {
    using fixture = await createHealthyHost();
    const passwd = await fixture.host.readText('/etc/passwd');
    fixture.write('/etc/passwd', `${passwd}alice:x:30002:100::/home/alice:/bin/sh\n`);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['users.id-conflict error']);
    expect(find(results, 'users.id-conflict')?.evidence).toEqual([
      { source: 'getent passwd nixbld2', value: 'the same id as alice' },
    ]);
    await applyFixes(checkContext(fixture), find(results, 'users.id-conflict'));
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
    expect(await fixture.host.findUser('nixbld2')).toEqual({
      ...about,
      name: 'nixbld2',
      uid: 30_003,
    });
    expect(await fixture.host.findUser('alice')).toMatchObject({ uid: 30_002 });
  });

  test('finds two build users with one id, and moves one of them', async () => {
    using fixture = await createHealthyHost();
    const passwd = (await fixture.host.readText('/etc/passwd')) ?? '';
    fixture.write('/etc/passwd', passwd.replace(':30002:', ':30001:'));
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['users.id-conflict error']);
    await applyFixes(checkContext(fixture), find(results, 'users.id-conflict'));
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
    expect(await fixture.host.findUser('nixbld1')).toMatchObject({ uid: 30_001 });
    expect(await fixture.host.findUser('nixbld2')).toMatchObject({ uid: 30_002 });
  });

  test('takes ids for well that are others than the planned ones', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.removeUser('nixbld2');
    await fixture.host.createUser({ ...about, name: 'nixbld2', uid: 998 }, 'nixbld');
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });
});

describe('users.count', () => {
  const contextWith = (fixture: FixtureHost, changes: Partial<Settings>) => {
    const context = checkContext(fixture);
    return checkContext(fixture, { settings: { ...context.settings, ...changes } });
  };

  test('hints at builds that wait for a user, and names what makes more of them', async () => {
    using fixture = await createHealthyHost();
    const results = await judge(contextWith(fixture, { maxJobs: 3 }));
    expect(problems(results)).toEqual(['users.count hint']);
    const found = find(results, 'users.count');
    expect(found?.evidence).toEqual([
      { source: 'getent group nixbld', value: 'members: 2' },
      { source: 'max-jobs', value: '3' },
    ]);
    expect(found?.fixes[0]?.commands).toEqual([['tenon', 'setup', '--users-count', '3']]);
    await fixture.host.createUser({ ...about, name: 'nixbld3', uid: 30_003 }, 'nixbld');
    expect(problems(await judge(contextWith(fixture, { maxJobs: 3 })))).toEqual([]);
  });

  test('names the flag of the package where Portage installed it', async () => {
    using gentoo = await createGentooHost();
    const results = await judge(contextWith(gentoo, { maxJobs: 8 }));
    const found = find(results, 'users.count');
    expect(found?.cause).toContain('USE=build-users');
    expect(found?.fixes[0]?.commands.join(' ')).toContain('sys-apps/tenon build-users');
  });

  test('says that builds need no accounts where they run under ids of none', async () => {
    using fixture = await createHealthyHost();
    const results = await judge(contextWith(fixture, { maxJobs: 3, autoAllocateUids: true }));
    expect(find(results, 'users.count')).toMatchObject({
      status: 'skip',
      summary: expect.stringContaining('auto-allocate-uids is on'),
    });
  });
});

describe('users.range-free', () => {
  test('finds a build user in the range of containers, and moves it', async () => {
    using fixture = await createHealthyHost();
    fixture.write('/etc/subuid', 'alice:30002:1000\n');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['users.range-free error']);
    expect(find(results, 'users.range-free')?.evidence).toMatchObject([
      { value: 'a range has 30002, which is nixbld2' },
    ]);
    await applyFixes(checkContext(fixture), find(results, 'users.range-free'));
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
    expect(await fixture.host.findUser('nixbld2')).toMatchObject({ uid: 31_002 });
  });

  test('hints at a planned id that somebody has, which setup goes round', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.removeUser('nixbld2');
    await fixture.host.createUser({ ...about, name: 'alice', uid: 30_002 }, 'nogroup');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['users.missing error', 'users.range-free hint']);
    expect(find(results, 'users.range-free')?.evidence).toEqual([
      { source: 'getent passwd 30002', value: 'alice' },
    ]);
    const started = await applyFixes(checkContext(fixture), find(results, 'users.range-free'));
    expect(started).toEqual([['setup', '--yes']]);
  });
});

describe('users.locked', () => {
  test('finds users that Gentoo let expire, and takes the date away', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.run(['usermod', '-P', fixture.root, '-L', '-e', '1970-01-02', 'nixbld1']);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['users.locked warn']);
    expect(find(results, 'users.locked')?.evidence[0]?.value).toBe('nixbld1');
    await applyFixes(checkContext(fixture), find(results, 'users.locked'));
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test('does not mind a date in the future', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.run(['usermod', '-P', fixture.root, '-e', '2999-01-01', 'nixbld1']);
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test('is for root alone', async () => {
    using fixture = await createHealthyHost();
    const results = await judge(checkContext(fixture, { uid: 1000 }));
    expect(find(results, 'users.locked')).toMatchObject({
      status: 'skip',
      summary: 'only root can see it: sudo tenon doctor users.locked',
    });
  });
});

describe('access.group', () => {
  const closed = () => Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' }));

  /** A host whose socket is for the members of a group. */
  async function createClosedHost(members: string) {
    const fixture = await createHealthyHost();
    const passwd = await fixture.host.readText('/etc/passwd');
    const group = await fixture.host.readText('/etc/group');
    fixture.write('/etc/passwd', `${passwd}alice:x:1000:1000::/home/alice:/bin/sh\n`);
    fixture.write('/etc/group', `${group}alice:x:1000:\nnix-users:x:400:${members}\n`);
    chownSync(join(fixture.root, 'nix/var/nix/daemon-socket'), 0, 400);
    chmodSync(join(fixture.root, 'nix/var/nix/daemon-socket'), 0o750);
    return fixture;
  }

  test('tells a stranger which group to join', async () => {
    using fixture = await createClosedHost('bob');
    const context = checkContext(fixture, { uid: 1000, gids: [1000], greetDaemon: closed });
    const results = await judge(context);
    expect(problems(results)).toEqual(['access.group error']);
    expect(find(results, 'access.group')).toMatchObject({
      cause: 'only members of nix-users may use it',
      fixes: [{ commands: [['usermod', '-a', '-G', 'nix-users', 'alice']] }],
    });
  });

  test('tells a new member to log in again', async () => {
    using fixture = await createClosedHost('alice');
    const context = checkContext(fixture, { uid: 1000, gids: [1000], greetDaemon: closed });
    const results = await judge(context);
    expect(problems(results)).toEqual(['access.group error']);
    expect(find(results, 'access.group')?.cause).toBe(
      'alice is a member of nix-users, and this session began before that',
    );
    const loggedIn = checkContext(fixture, { uid: 1000, gids: [1000, 400] });
    expect(problems(await judge(loggedIn))).toEqual([]);
  });
});
