import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Trees } from '../../../src/store/trees/trees.ts';
import {
  directory,
  file,
  removeTree,
  symlink,
  writeManyNames,
  writeTree,
} from '../../support/trees.ts';

const trees = new Trees({ workers: 1 });
afterAll(() => trees[Symbol.asyncDispose]());

let root = '';
let path = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenon-remove-'));
  path = join(root, 'path');
});
afterEach(() => removeTree(root));

/** A chain of directories whose names are `name`, built from below because its path is too long to be opened. */
function writeChain(depth: number, name: string): void {
  const [inner, outer] = [join(root, 'inner'), join(root, 'outer')];
  mkdirSync(inner);
  writeFileSync(join(inner, 'file'), 'x');
  for (let level = 0; level < depth; level++) {
    mkdirSync(outer);
    renameSync(inner, join(outer, name));
    renameSync(outer, inner);
  }
  renameSync(inner, path);
}

describe('remove', () => {
  test.each([
    { what: 'a file', tree: file('x') },
    { what: 'an empty directory', tree: directory() },
    { what: 'a dangling symlink', tree: symlink('nowhere') },
    {
      what: 'a tree',
      tree: directory({ '\xff\n': directory({ a: file('1'), b: symlink('/') }), c: directory() }),
    },
  ])('removes $what', async ({ tree }) => {
    writeTree(path, tree);
    await trees.remove(path);

    expect(readdirSync(root)).toEqual([]);
  });

  test('is content when there is nothing', async () => {
    expect(await trees.remove(path)).toEqual({ freedBytes: 0 });
  });

  test('removes what may not be read or written', async () => {
    writeTree(path, directory({ d: directory({ e: directory({ f: file('x') }) }) }));
    for (const below of ['/d/e', '/d', '']) chmodSync(path + below, 0o555);
    chmodSync(`${path}/d`, 0o000);
    await trees.remove(path);

    expect(readdirSync(root)).toEqual([]);
  });

  test('leaves alone what symlinks lead to', async () => {
    writeTree(join(root, 'kept'), directory({ f: file('x') }));
    writeTree(path, directory({ link: symlink('../kept'), up: symlink('..') }));
    await trees.remove(path);
    writeTree(path, symlink('kept'));
    await trees.remove(path);

    expect(readdirSync(root)).toEqual(['kept']);
    expect(readdirSync(join(root, 'kept'))).toEqual(['f']);
  });

  test('counts the bytes of files whose last name, or last but one, is gone', async () => {
    writeTree(path, directory({ one: file('1'.repeat(1000)), many: file('3'.repeat(300)) }));
    linkSync(`${path}/many`, join(root, 'many2'));
    linkSync(`${path}/many`, join(root, 'many3'));
    writeFileSync(`${path}/two`, '2'.repeat(20));
    linkSync(`${path}/two`, join(root, 'link'));

    expect(await trees.remove(path)).toEqual({ freedBytes: 1020 });
  });

  test.each([
    { depth: 2100, length: 1 },
    { depth: 300, length: 255 },
  ])(
    'removes $depth directories in each other with names of $length',
    async chain => {
      writeChain(chain.depth, 'd'.repeat(chain.length));
      // Names that the moved directories could have taken.
      mkdirSync(join(path, 'tenon-moved-up-0'));
      writeFileSync(join(path, 'tenon-moved-up-0', 'f'), '');
      writeFileSync(join(path, 'tenon-moved-up-1'), '');
      await trees.remove(path);

      expect(readdirSync(root)).toEqual([]);
    },
    20_000,
  );

  test('removes a directory of more names than are read at once', async () => {
    mkdirSync(path);
    writeManyNames(path, 6000);
    await trees.remove(path);

    expect(readdirSync(root)).toEqual([]);
  });

  test('stops when its signal is aborted, and goes on when asked again', async () => {
    mkdirSync(path);
    writeManyNames(path, 3000);
    const abort = new AbortController();
    const removed = trees.remove(path, { signal: abort.signal });
    abort.abort(new Error('not now'));

    await expect(removed).rejects.toThrow('not now');
    expect(existsSync(path)).toBe(true);
    await trees.remove(path);
    expect(readdirSync(root)).toEqual([]);
  });
});
