import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StoreDb } from '../../src/store/db.ts';
import { findPathInfo, iterateValidPaths, listReferrers } from '../../src/store/path-info.ts';
import { registerPaths } from '../../src/store/register.ts';
import { createDatabase, fakePath, infoWith } from './database.ts';

const [a, b, c] = [fakePath('a'), fakePath('b'), fakePath('c')];

describe('registerPaths', () => {
  test('remembers all that there is to know', async () => {
    using database = createDatabase();
    const { db } = database;
    const info = infoWith({
      deriver: fakePath('d', 'some.drv'),
      ultimate: true,
      signatures: ['one:AA==', 'two:BB=='],
      contentAddress: 'fixed:sha256:0000',
    });
    await registerPaths(db, [{ path: a, info }]);
    expect(findPathInfo(db, a)).toEqual(info);
  });

  test('writes what stock Nix writes: nothing for what is not known', async () => {
    using database = createDatabase();
    const { db } = database;
    const info = infoWith({ narSizeBytes: 0 });
    await registerPaths(db, [{ path: a, info }]);
    expect(db.get('select * from ValidPaths')).toMatchObject({
      path: a,
      hash: 'sha256:a6b46dd0d1ae5e86cbc8f37e75ceeb6760230c1ca4ffbcb0c97b96dd7d9c464b',
      registrationTime: 1000,
      deriver: null,
      narSize: null,
      ultimate: null,
      sigs: null,
      ca: null,
    });
  });

  test('takes references to paths of the same call, and to themselves, in any order', async () => {
    using database = createDatabase();
    const { db } = database;
    await registerPaths(db, [
      { path: a, info: infoWith({ references: [a, b] }) },
      { path: b, info: infoWith() },
    ]);
    expect(findPathInfo(db, a)?.references).toEqual([a, b]);
    expect(listReferrers(db, b)).toEqual([a]);
  });

  test('registers nothing when a reference is not valid', async () => {
    using database = createDatabase();
    const { db } = database;
    const paths = [
      { path: a, info: infoWith() },
      { path: b, info: infoWith({ references: [c] }) },
    ];
    await expect(registerPaths(db, paths)).rejects.toMatchObject({ code: 'store/not-valid' });
    expect([...iterateValidPaths(db)]).toEqual([]);
  });

  test.each([
    { what: 'two', edges: { [a]: [b], [b]: [a] } },
    { what: 'three', edges: { [a]: [b], [b]: [c], [c]: [a] } },
  ])('refuses a circle of $what', async ({ edges }) => {
    using database = createDatabase();
    const paths = Object.entries(edges).map(([path, references]) => ({
      path: path as typeof a,
      info: infoWith({ references }),
    }));
    await expect(registerPaths(database.db, paths)).rejects.toMatchObject({
      code: 'store/reference-cycle',
    });
    expect([...iterateValidPaths(database.db)]).toEqual([]);
  });

  test('keeps time and deriver of a path that is valid already, and updates the rest', async () => {
    using database = createDatabase();
    const { db } = database;
    const first = infoWith({ deriver: fakePath('d', 'first.drv'), registeredAtUnix: 1 });
    const second = infoWith({
      deriver: fakePath('e', 'second.drv'),
      ultimate: true,
      narSizeBytes: 9,
    });
    await registerPaths(db, [{ path: a, info: first }]);
    await registerPaths(db, [{ path: a, info: second }]);
    expect(findPathInfo(db, a)).toEqual({ ...first, ultimate: true, narSizeBytes: 9 });
  });

  test('keeps the order of ids, and gives none twice', async () => {
    using database = createDatabase();
    const { db } = database;
    await registerPaths(db, [{ path: a, info: infoWith() }]);
    db.run('delete from ValidPaths where path = ?', a);
    await registerPaths(db, [{ path: b, info: infoWith() }]);
    expect(db.get('select id from ValidPaths')).toEqual({ id: 2 });
  });

  test('waits for another writer, and leaves the event loop free meanwhile', async () => {
    using database = createDatabase();
    const other = new StoreDb(database.file, { wal: true, synchronous: false });
    other.execute('begin immediate');
    const registering = registerPaths(database.db, [{ path: a, info: infoWith() }]);
    // Were the event loop not free, this would never come to its end.
    for (let turns = 0; turns < 20; turns++) await new Promise(resolve => setTimeout(resolve, 1));
    expect(findPathInfo(database.db, a)).toBeUndefined();
    other.execute('commit');
    await registering;
    other.close();
    expect(findPathInfo(database.db, a)).toBeDefined();
  });

  test('accepts exactly the reference graphs without circles', async () => {
    const letters = ['a', 'b', 'c', 'd', 'f'];
    const graphs = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 8 });
    const law = fc.asyncProperty(graphs, async edges => {
      using database = createDatabase();
      const paths = letters.map((letter, index) => {
        const targets = edges
          .filter(([from]) => from === index)
          .map(([, to]) => letters[to] ?? 'a');
        const references = [...new Set(targets)].map(target => fakePath(target));
        return { path: fakePath(letter), info: infoWith({ references }) };
      });
      const registered = await registerPaths(database.db, paths).then(
        () => true,
        () => false,
      );
      expect(registered).toBe(!hasCircle(edges));
    });
    await fc.assert(law, { numRuns: 40 });
  });
});

/** Whether a walk along edges can be longer than there are nodes; from a node to itself does not count. */
function hasCircle(edges: readonly (readonly [number, number])[]): boolean {
  let ends = new Set([0, 1, 2, 3, 4]);
  for (let step = 0; step < 5; step++)
    ends = new Set(edges.filter(([from, to]) => from !== to && ends.has(from)).map(([, to]) => to));
  return ends.size > 0;
}
