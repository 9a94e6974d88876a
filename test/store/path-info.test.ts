import { beforeAll, describe, expect, test } from '@jest/globals';
import type { StorePath } from '../../src/formats/store-path.ts';
import { closureOf } from '../../src/store/closure.ts';
import type { StoreDb } from '../../src/store/db.ts';
import {
  findByHashPart,
  findDerivationOutputs,
  findPathInfo,
  isValidPath,
  iterateValidPaths,
  listDerivers,
  listReferrers,
} from '../../src/store/path-info.ts';
import { registerPaths } from '../../src/store/register.ts';
import { createDatabase, fakePath, infoWith } from './database.ts';

const [leaf, middle, top, lone] = ['a', 'b', 'c', 'd'].map(letter => fakePath(letter)) as [
  StorePath,
  StorePath,
  StorePath,
  StorePath,
];
const drvPath = fakePath('f', 'some.drv');
const dev = fakePath('g', 'some-dev');

/** A chain of three, a path of its own, and a derivation of which one output is valid. */
let db: StoreDb;

beforeAll(async () => {
  ({ db } = createDatabase());
  const output = (path: StorePath) => ({ path, hashAlgo: '', hash: '' });
  const derivation = {
    name: 'some',
    outputs: new Map([
      ['dev', output(dev)],
      ['out', output(top)],
    ]),
    inputDerivations: new Map(),
    inputSources: [],
    platform: '',
    builder: '',
    args: [],
    env: new Map(),
  };
  await registerPaths(db, [
    { path: leaf, info: infoWith({ narSizeBytes: 1 }) },
    { path: middle, info: infoWith({ references: [leaf, middle], narSizeBytes: 2 }) },
    { path: top, info: infoWith({ references: [middle], deriver: drvPath, narSizeBytes: 4 }) },
    { path: lone, info: infoWith() },
    { path: drvPath, info: infoWith(), derivation },
  ]);
});

test('isValidPath knows what was registered, and nothing else', () => {
  expect(isValidPath(db, top)).toBe(true);
  expect(isValidPath(db, dev)).toBe(false);
});

test('findPathInfo gives undefined for a path that is not valid', () => {
  expect(findPathInfo(db, dev)).toBeUndefined();
});

test('listReferrers counts a path that refers to itself', () => {
  expect(listReferrers(db, middle)).toEqual([middle, top]);
  expect(listReferrers(db, lone)).toEqual([]);
});

test('closureOf follows references to the end, once each', () => {
  expect(closureOf(db, [top, middle])).toEqual([
    { path: leaf, narSizeBytes: 1 },
    { path: middle, narSizeBytes: 2 },
    { path: top, narSizeBytes: 4 },
  ]);
  expect(closureOf(db, [dev])).toEqual([]);
  expect(closureOf(db, [])).toEqual([]);
});

describe('a derivation', () => {
  test('is found by its outputs, valid or not', () => {
    expect(listDerivers(db, top)).toEqual([drvPath]);
    expect(listDerivers(db, dev)).toEqual([drvPath]);
    expect(listDerivers(db, leaf)).toEqual([]);
  });

  test('knows its outputs', () => {
    expect(findDerivationOutputs(db, drvPath)).toEqual(
      new Map([
        ['dev', dev],
        ['out', top],
      ]),
    );
  });

  test('takes its outputs along when it goes', async () => {
    using database = createDatabase();
    const other = database.db;
    await registerPaths(other, [{ path: drvPath, info: infoWith() }]);
    other.run('insert into DerivationOutputs (drv, id, path) values (1, ?, ?)', 'out', top);
    other.run('delete from ValidPaths where path = ?', drvPath);
    expect(listDerivers(other, top)).toEqual([]);
  });
});

describe('findByHashPart', () => {
  test('finds the path that starts with it', () => {
    expect(findByHashPart(db, '/nix/store', 'b'.repeat(32))).toBe(middle);
  });

  test.each([
    { what: 'one between two that exist', part: `a${'b'.repeat(31)}` },
    { what: 'one behind all', part: 'z'.repeat(32) },
    { what: 'a beginning', part: 'bbb' },
    { what: 'nothing', part: '' },
    { what: 'a wildcard', part: '%' },
  ])('finds none for $what', ({ part }) => {
    expect(findByHashPart(db, '/nix/store', part)).toBeUndefined();
  });
});

test('iterateValidPaths gives all, and lets others write meanwhile', async () => {
  const seen: StorePath[] = [];
  for (const path of iterateValidPaths(db)) seen.push(path);
  expect(seen.sort()).toEqual([leaf, middle, top, lone, drvPath]);
});
