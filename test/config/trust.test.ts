import { describe, expect, test } from '@jest/globals';
import { matchUser, type Peer, trustOf } from '../../src/config/trust.ts';

const ANN: Peer = { user: 'ann', group: 'users', isMemberOf: group => group === 'wheel' };

describe('matchUser', () => {
  test.each([
    { list: ['*'], matches: true },
    { list: ['root', 'ann'], matches: true },
    { list: ['@users'], matches: true },
    { list: ['@wheel'], matches: true },
    { list: [], matches: false },
    { list: ['root'], matches: false },
    { list: ['users'], matches: false },
    { list: ['@ann'], matches: false },
    { list: ['@'], matches: false },
    { list: ['@*'], matches: false },
    { list: ['an', 'ANN', 'ann*'], matches: false },
  ])('finds ann in $list: $matches', ({ list, matches }) => {
    expect(matchUser(ANN, list)).toBe(matches);
  });
});

describe('trustOf', () => {
  const settings = { trustedUsers: ['root'], allowedUsers: ['*'], buildUsersGroup: 'nixbld' };

  test.each([
    { name: 'a trusted user', peer: { user: 'root', group: 'root' }, trust: 'trusted' },
    { name: 'another user', peer: { user: 'ann', group: 'users' }, trust: 'allowed' },
    { name: 'a build user', peer: { user: 'nixbld1', group: 'nixbld' }, trust: 'refused' },
    { name: 'root as a build user', peer: { user: 'root', group: 'nixbld' }, trust: 'refused' },
  ])('gives $name what is due', ({ peer, trust }) => {
    expect(trustOf({ ...peer, isMemberOf: () => false }, settings)).toBe(trust);
  });

  test('refuses who is not on the list', () => {
    expect(trustOf(ANN, { ...settings, allowedUsers: ['bob'] })).toBe('refused');
  });

  test('lets trusted users in who are not on the list of allowed ones', () => {
    expect(trustOf(ANN, { ...settings, trustedUsers: ['ann'], allowedUsers: [] })).toBe('trusted');
  });
});
