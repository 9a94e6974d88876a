import { describe, expect, test } from '@jest/globals';
import type { Accounts, User } from '../../src/host/users.ts';
import { chooseUsers, flawsOfUsers, userNames } from '../../src/setup/accounts.ts';
import { NOBODY } from '../support/setup-plan.ts';

const WANTED = { group: 'nixbld', prefix: 'nixbld', base: 30_000, count: 3 };

function user(name: string, uid: number): User {
  return { name, uid, gid: 30_000, comment: '', home: '/var/empty', shell: '/sbin/nologin' };
}

function accounts(changes: Partial<Accounts>): Accounts {
  return { ...NOBODY, ...changes };
}

describe('chooseUsers', () => {
  test('takes the wanted block when it is free', () => {
    expect(chooseUsers(NOBODY, WANTED)).toEqual({
      gid: 30_000,
      isGroupNew: true,
      base: 30_000,
      adopted: [],
      missing: [
        { name: 'nixbld1', uid: 30_001 },
        { name: 'nixbld2', uid: 30_002 },
        { name: 'nixbld3', uid: 30_003 },
      ],
      unlisted: [],
    });
  });

  test.each([
    { who: 'a user', taken: accounts({ users: [user('postgres', 30_002)] }) },
    { who: 'a group', taken: accounts({ groups: [{ name: 'web', gid: 30_000, members: [] }] }) },
    {
      who: 'a container',
      taken: accounts({ delegated: [{ first: 30_003, count: 65_536 - 30_003 }] }),
    },
  ])('moves the block when $who has an id of it', ({ who, taken }) => {
    const chosen = chooseUsers(taken, WANTED);
    expect(chosen?.base).toBe(who === 'a container' ? undefined : 31_000);
  });

  test('finds no block when everything is taken', () => {
    const delegated = [{ first: 0, count: 100_000 }];
    expect(chooseUsers(accounts({ delegated }), WANTED)).toBeUndefined();
  });

  test('adopts a group and users that have other ids, and makes the rest', () => {
    const chosen = chooseUsers(
      accounts({
        users: [user('nixbld1', 401), user('nixbld3', 403)],
        groups: [{ name: 'nixbld', gid: 400, members: ['nixbld1'] }],
      }),
      WANTED,
    );
    expect(chosen).toMatchObject({
      gid: 400,
      isGroupNew: false,
      missing: [{ name: 'nixbld2', uid: 30_002 }],
      unlisted: ['nixbld3'],
    });
  });

  test('takes back the id of a missing user when the others have the rest of the block', () => {
    const chosen = chooseUsers(
      accounts({
        users: [user('nixbld1', 30_001), user('nixbld3', 30_003)],
        groups: [{ name: 'nixbld', gid: 30_000, members: ['nixbld1', 'nixbld3'] }],
      }),
      WANTED,
    );
    expect(chosen?.missing).toEqual([{ name: 'nixbld2', uid: 30_002 }]);
  });
});

test('userNames counts from one', () => {
  expect(userNames(WANTED)).toEqual(['nixbld1', 'nixbld2', 'nixbld3']);
});

describe('flawsOfUsers', () => {
  const about = { gid: 100, comment: '', home: '/home/ann' };
  const accounts = {
    users: [
      { name: 'ann', uid: 1000, shell: '/bin/sh', ...about },
      { name: 'other1', uid: 400, shell: '/usr/sbin/nologin', ...about },
    ],
    groups: [
      { name: 'root', gid: 0, members: [] },
      { name: 'people', gid: 100, members: ['ann', 'nixbld1'] },
      { name: 'builders', gid: 101, members: ['other1', 'gone', 'nixbld1'] },
    ],
    delegated: [],
  };

  test.each([
    { group: 'absent', flaws: [] },
    { group: 'builders', flaws: [] },
    { group: 'root', flaws: ['the group root is that of root'] },
    {
      group: 'people',
      flaws: ['the group people has members as which no build may run: ann'],
    },
  ])('finds what speaks against $group: $flaws', ({ group, flaws }) => {
    const wanted = { group, prefix: 'nixbld', base: 30_000, count: 2 };
    expect(flawsOfUsers(accounts, wanted)).toEqual(flaws);
  });
});
