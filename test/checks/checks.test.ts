import { describe, expect, test } from '@jest/globals';
import { checkContext } from '../support/check-context.ts';
import { createHealthyHost } from '../support/healthy-host.ts';
import { applyFixes, find, judge, problems } from '../support/judge.ts';

test('a healthy host passes every check', async () => {
  using fixture = await createHealthyHost();
  expect(problems(await judge(checkContext(fixture)))).toEqual([]);
});

describe('a broken host is found by exactly the check for it', () => {
  test('users.missing: a user was removed', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.removeUser('nixbld2');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['users.missing error']);
    expect(find(results, 'users.missing')?.summary).toBe('build users are missing');
    const started = await applyFixes(checkContext(fixture), find(results, 'users.missing'));
    expect(started).toEqual([['setup', '--yes']]);
  });

  test('users.missing: there is no group', async () => {
    using fixture = await createHealthyHost();
    for (const user of ['nixbld1', 'nixbld2']) await fixture.host.removeUser(user);
    await fixture.host.removeGroup('nixbld');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['users.missing error']);
  });

  test('users.membership: the group is only the primary one', async () => {
    using fixture = await createHealthyHost();
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
    { code: 'EPROTO', cause: 'does not speak the protocol' },
  ])('daemon.alive: $code', async ({ code, cause }) => {
    using fixture = await createHealthyHost();
    await fixture.host.remove('/run/openrc/started/tenon-daemon');
    const failure = new Error('no answer', { cause: Object.assign(new Error(code), { code }) });
    const results = await judge(
      checkContext(fixture, { greetDaemon: () => Promise.reject(failure) }),
    );
    expect(problems(results)).toEqual(['daemon.alive error']);
    expect(find(results, 'daemon.alive')?.cause).toContain(cause);
    fixture.fake('rc-service', `echo "$3" >>${fixture.root}/asked; [ "$3" != status ] || exit 3`);
    await applyFixes(checkContext(fixture), find(results, 'daemon.alive'));
    expect(await fixture.host.readText('/asked')).toMatch(/start\n$/);
  });
});
