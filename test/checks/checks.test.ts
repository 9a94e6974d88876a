import { describe, expect, test } from '@jest/globals';
import { checkContext } from '../support/check-context.ts';
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
