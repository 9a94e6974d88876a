import { describe, expect, test } from '@jest/globals';
import { attempts, checkContext } from '../support/check-context.ts';
import { createFixtureHost, type FixtureHost } from '../support/fixture-host.ts';
import { applyFixes, find, judge, problems } from '../support/judge.ts';

async function createBuilders({ host }: FixtureHost): Promise<void> {
  await host.createGroup('nixbld', 30_000);
  for (const number of [1, 2]) {
    const about = { gid: 30_000, comment: '', home: '/var/empty', shell: '/bin/false' };
    await host.createUser({ name: `nixbld${number}`, uid: 30_000 + number, ...about }, 'nixbld');
  }
}

test('a healthy host passes every check', async () => {
  using fixture = createFixtureHost();
  await createBuilders(fixture);
  expect(problems(await judge(checkContext(fixture)))).toEqual([]);
});

describe('a broken host is found by exactly the check for it', () => {
  test('sandbox.userns: the kernel refuses user namespaces', async () => {
    using fixture = createFixtureHost();
    await createBuilders(fixture);
    fixture.write('/proc/sys/user/max_user_namespaces', '0\n');
    for (const name of ['user', 'pid', 'mnt', 'net', 'ipc', 'uts'])
      fixture.write(`/proc/self/ns/${name}`, '');
    const failures = {
      A: 'ENOSPC',
      B: 'ENOSPC',
      C: 'ENOSPC',
      D: 'ENOSPC',
      E: 'ENOSPC',
      F: 'ENOSPC',
    };
    const results = await judge(
      checkContext(fixture, { probeSandbox: async () => attempts(failures) }),
    );
    expect(problems(results)).toEqual(['sandbox.userns error', 'sandbox.proc-masked skip']);
    expect(find(results, 'sandbox.userns')).toMatchObject({
      evidence: [
        { source: 'enter --probe, userns', value: 'ENOSPC' },
        { source: '/proc/sys/user/max_user_namespaces', value: '0' },
      ],
      fixes: [{ commands: [['sysctl', '-w', 'user.max_user_namespaces=15000']] }],
    });
  });

  test('sandbox.proc-masked: /proc/sys is covered', async () => {
    using fixture = createFixtureHost();
    await createBuilders(fixture);
    const mounts = [
      mount({ id: 1, mountPoint: '/proc', root: '/' }),
      mount({ id: 2, parentId: 1, mountPoint: '/proc/sys', root: '/sys' }),
    ];
    const failures = { E: 'EPERM', I: 'EPERM' };
    const context = checkContext(fixture, { probeSandbox: async () => attempts(failures) });
    const facts = { ...(await context.readKernelFacts()), mounts };
    const results = await judge({ ...context, readKernelFacts: async () => facts });
    expect(problems(results)).toEqual(['sandbox.proc-masked error']);
    expect(find(results, 'sandbox.proc-masked')?.fixes[0]?.commands).toEqual([
      ['umount', '/proc/sys'],
    ]);
    const asked = await judge({ ...context, uid: 1000, readKernelFacts: async () => facts });
    expect(problems(asked)).toContain('sandbox.proc-masked warn');
  });

  test.each([{ E: 'EPERM' }, { B: 'EROFS', E: 'EPERM' }])(
    'sandbox.proc-masked: %j, which the daemon cures itself',
    async failures => {
      using fixture = createFixtureHost();
      await createBuilders(fixture);
      const probeSandbox = async () => attempts(failures);
      const results = await judge(checkContext(fixture, { probeSandbox }));
      expect(problems(results)).toEqual(['sandbox.proc-masked hint']);
      expect(find(results, 'sandbox.proc-masked')).toMatchObject({
        summary: expect.stringContaining('the daemon gives builds a procfs'),
        fixes: [],
      });
    },
  );

  test.each(['false', 'relaxed'] as const)('sandbox.effective: sandbox = %s', async value => {
    using fixture = createFixtureHost();
    await createBuilders(fixture);
    const sandbox = { file: '/etc/nix/nix.conf', value };
    const results = await judge(checkContext(fixture, { sandbox }));
    expect(problems(results)).toEqual(['sandbox.effective warn']);
  });

  test('users.missing: a user was removed', async () => {
    using fixture = createFixtureHost();
    await createBuilders(fixture);
    await fixture.host.removeUser('nixbld2');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['users.missing error']);
    expect(find(results, 'users.missing')?.summary).toBe('build users are missing');
    const started = await applyFixes(checkContext(fixture), find(results, 'users.missing'));
    expect(started).toEqual([['setup', '--yes']]);
  });

  test('users.missing: nobody is needed with auto-allocate-uids', async () => {
    using fixture = createFixtureHost();
    const context = checkContext(fixture);
    const settings = { ...context.settings, autoAllocateUids: true };
    const results = await judge({ ...context, settings });
    expect(problems(results)).toEqual(['users.missing skip', 'users.membership skip']);
  });

  test('users.missing: there is no group', async () => {
    using fixture = createFixtureHost();
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['users.missing error', 'users.membership skip']);
  });

  test('users.membership: the group is only the primary one', async () => {
    using fixture = createFixtureHost();
    await createBuilders(fixture);
    await fixture.host.setGroups('nixbld1', []);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['users.membership error']);
    expect(find(results, 'users.membership')?.fixes[0]?.commands).toEqual([
      ['usermod', '-a', '-G', 'nixbld', 'nixbld1'],
    ]);
    await applyFixes(checkContext(fixture), find(results, 'users.membership'));
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test.each([
    { code: 'ENOENT', cause: 'there is no socket' },
    { code: 'ECONNREFUSED', cause: 'a daemon that is gone' },
    { code: 'EACCES', cause: 'may not use the socket' },
    { code: 'EPROTO', cause: 'does not speak the protocol' },
  ])('daemon.alive: $code', async ({ code, cause }) => {
    using fixture = createFixtureHost();
    await createBuilders(fixture);
    const failure = new Error('no answer', { cause: Object.assign(new Error(code), { code }) });
    const results = await judge(
      checkContext(fixture, { handshake: () => Promise.reject(failure) }),
    );
    expect(problems(results)).toEqual(['daemon.alive error']);
    expect(find(results, 'daemon.alive')?.cause).toContain(cause);
  });
});

interface MountParts {
  readonly id: number;
  readonly parentId?: number;
  readonly mountPoint: string;
  readonly root: string;
}

function mount({ parentId = 0, ...parts }: MountParts) {
  const options = ['rw', 'relatime'];
  return {
    ...parts,
    parentId,
    options,
    fileSystem: 'proc',
    source: 'proc',
    superOptions: ['rw'],
  };
}
