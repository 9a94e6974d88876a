import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { areUsableIds, type BuildUsers, takeBuildUser } from '../../src/build/build-users.ts';

const SLOT = 65536;
const FIRST = 1_000_000;
const GID = 54_400;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenon-users-'));
});

afterEach(() => rmSync(root, { recursive: true }));

const members: BuildUsers = { kind: 'group', gid: GID, uids: [54_401, 54_402] };
const ids: BuildUsers = {
  kind: 'ids',
  first: FIRST,
  count: 2 * SLOT,
  gid: GID,
  findAccount: async () => undefined,
};

const take = (
  users: BuildUsers,
  { sealed = true, signal = new AbortController().signal, onWait = () => {} } = {},
) => {
  const layout = { userPoolDir: join(root, 'userpool'), idPoolDir: join(root, 'userpool2') };
  return takeBuildUser(users, { layout, sealed, signal, onWait });
};

describe('takeBuildUser', () => {
  test.each([
    {
      whom: 'members of a group',
      users: members,
      sealed: true,
      taken: [
        [54_401, GID],
        [54_402, GID],
      ],
      pool: 'userpool',
      locks: ['54401', '54402'],
    },
    {
      whom: 'ids, in a sandbox',
      users: ids,
      sealed: true,
      taken: [
        [FIRST, FIRST],
        [FIRST + SLOT, FIRST + SLOT],
      ],
      pool: 'userpool2',
      locks: ['slot-0', 'slot-1'],
    },
    {
      whom: 'ids, without one',
      users: ids,
      sealed: false,
      taken: [
        [FIRST, GID],
        [FIRST + SLOT, GID],
      ],
      pool: 'userpool2',
      locks: ['slot-0', 'slot-1'],
    },
  ])('gives each of $whom once, by the locks of Nix', async row => {
    using one = await take(row.users, row);
    using two = await take(row.users, row);
    expect([one, two].map(({ uid, gid }) => [uid, gid])).toEqual(row.taken);
    expect(readdirSync(join(root, row.pool)).sort()).toEqual(row.locks);
  });

  test.each([members, ids])(
    'waits while all of the $kind are taken, and says so once',
    async users => {
      using _one = await take(users);
      const two = await take(users);
      const waits = Promise.withResolvers<void>();
      let told = 0;
      const onWait = () => {
        told += 1;
        waits.resolve();
      };
      const third = take(users, { onWait });
      await waits.promise;
      two[Symbol.dispose]();
      using late = await third;
      expect({ uid: late.uid, told }).toEqual({ uid: two.uid, told: 1 });
    },
  );

  test('stops waiting when it is told to', async () => {
    using _one = await take(members);
    using _two = await take(members);
    const stop = new AbortController();
    const third = take(members, { signal: stop.signal, onWait: () => stop.abort() });
    await expect(third).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('takes no id that an account has, and holds none then', async () => {
    const clash = {
      ...ids,
      findAccount: async (uid: number) => (uid === FIRST ? 'ann' : undefined),
    };
    await expect(take(clash)).rejects.toMatchObject({ code: 'build/id-in-use' });
    using free = await take(ids);
    expect(free.uid).toBe(FIRST);
  });

  test('takes no id without a sandbox where no group may write to the store', async () => {
    const alone = { ...ids, gid: undefined };
    await expect(take(alone, { sealed: false })).rejects.toMatchObject({ code: 'build/no-group' });
    using sealed = await take(alone);
    expect(sealed.gid).toBe(FIRST);
  });
});

test.each([
  { first: 0x34000000, count: 128 * SLOT, usable: true },
  { first: 1, count: SLOT, usable: true },
  { first: 0, count: SLOT, usable: false },
  { first: 1, count: SLOT - 1, usable: false },
  { first: 2 ** 32 - SLOT - 1, count: SLOT, usable: false },
])('$count ids from $first on are usable: $usable', ({ first, count, usable }) => {
  expect(areUsableIds(first, count)).toBe(usable);
});
