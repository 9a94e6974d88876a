import { describe, expect, test } from '@jest/globals';
import { createHost } from '../../src/host/host.ts';
import { createFixtureHost } from '../support/fixture-host.ts';

const BUILDER = {
  name: 'nixbld1',
  uid: 30_001,
  gid: 30_000,
  comment: 'Nix build user 1',
  home: '/var/empty',
  shell: '/sbin/nologin',
};

describe('accounts of another root', () => {
  test('are made, found with what they were made with, and removed byte for byte', async () => {
    using fixture = createFixtureHost();
    const { host } = fixture;
    const files = ['passwd', 'group', 'shadow', 'gshadow', 'subuid', 'subgid'];
    const read = () => Promise.all(files.map(name => host.readText(`/etc/${name}`)));
    const before = await read();
    await host.createGroup('nixbld', 30_000);
    await host.createUser(BUILDER, 'nixbld');
    expect(await host.findUser('nixbld1')).toEqual(BUILDER);
    expect(await host.findGroup('nixbld')).toEqual({
      name: 'nixbld',
      gid: 30_000,
      members: ['nixbld1'],
    });
    expect(await host.groupsOf('nixbld1')).toEqual(['nixbld']);
    await host.removeUser('nixbld1');
    await host.removeGroup('nixbld');
    expect(await read()).toEqual(before);
  });

  test('come with the ranges that containers have', async () => {
    using fixture = createFixtureHost();
    fixture.write('/etc/subuid', 'me:100000:65536\n');
    const { delegated, users } = await fixture.host.readAccounts({ users: [], groups: [] });
    expect(delegated).toEqual([{ first: 100_000, count: 65_536 }]);
    expect(users.map(({ name }) => name)).toEqual(['root', 'nobody']);
  });
});

describe('accounts of this machine', () => {
  test('are found by name and by id, each once', async () => {
    const { users, groups } = await createHost('/').readAccounts({
      users: ['root', 0, 'no-such-user'],
      groups: [0],
    });
    expect(users.filter(({ name }) => name === 'root')).toHaveLength(1);
    expect(groups.filter(({ gid }) => gid === 0)).toHaveLength(1);
  });
});
