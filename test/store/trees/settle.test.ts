import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdtempSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { hashBytes } from '../../../src/formats/hash.ts';
import { listXattrs } from '../../../src/host/libc.ts';
import { Trees } from '../../../src/store/trees/trees.ts';
import { testAsRoot } from '../../support/as-root.ts';
import {
  directory,
  file,
  listMetadata,
  narOf,
  readTree,
  removeTree,
  symlink,
  type Tree,
  writeTree,
} from '../../support/trees.ts';
import { trySetXattr } from '../../support/xattrs.ts';

const OWN = `${process.getuid?.()}:${process.getgid?.()}`;
const CANONICAL = [`444 ${OWN} 1000000000`, `555 ${OWN} 1000000000`, `link ${OWN} 1000000000`];
const BUILDER = 30_001;
const BUILDERS = { from: BUILDER, to: BUILDER };
const ANYBODY = { candidates: [] };

const OUTPUT: Tree = directory({
  bin: directory({ tool: file('#!/bin/sh\n', true) }),
  '\xff\n': symlink('bin/tool'),
  doc: file('text'),
});

const trees = new Trees({ workers: 1 });
afterAll(() => trees[Symbol.asyncDispose]());

let root = '';
let path = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenon-settle-'));
  path = join(root, 'path');
});
afterEach(() => removeTree(root));

/** Gives everything to the builder, as if it had written it. */
function giveToBuilder(): void {
  execFileSync('chown', ['-R', '-h', `${BUILDER}:${BUILDER}`, path]);
}

describe('settle', () => {
  test('makes metadata canonical and leaves contents alone', async () => {
    writeTree(path, OUTPUT);
    chmodSync(join(path, 'bin/tool'), 0o4711);
    chmodSync(join(path, 'doc'), 0o600);
    chmodSync(join(path, 'bin'), 0o1700);
    lutimesSync(join(path, 'doc'), 77.5, 88.25);
    await trees.settle(path, ANYBODY);

    expect(CANONICAL).toEqual(expect.arrayContaining(listMetadata(path)));
    expect(readTree(path)).toEqual(OUTPUT);
  });

  test('gives hash and size of the NAR', async () => {
    writeTree(path, OUTPUT);
    const { narHash, narSizeBytes } = await trees.settle(path, ANYBODY);

    const nar = narOf(OUTPUT);
    expect(narSizeBytes).toBe(nar.length);
    expect(narHash.digest).toEqual(new Uint8Array(hashBytes('sha256', nar).digest));
  });

  test('changes nothing in what is canonical already', async () => {
    writeTree(path, OUTPUT);
    const first = await trees.settle(path, ANYBODY);
    const { ctimeMs } = lstatSync(path);

    expect(await trees.settle(path, ANYBODY)).toEqual(first);
    expect(lstatSync(path).ctimeMs).toBe(ctimeMs);
  });

  test('finds references in contents, names and targets', async () => {
    const [inText, inName, inTarget, absent] = ['1', '2', '3', '4'].map(digit => digit.repeat(32));
    writeTree(
      path,
      directory({
        big: file(`${'-'.repeat(256 * 1024 - 40)}${inText}-`),
        [`${inName}-x`]: symlink(`/nix/store/${inTarget}-y`),
      }),
    );
    const candidates = [inText ?? '', inName ?? '', inTarget ?? '', absent ?? ''];
    const { references } = await trees.settle(path, { candidates });

    expect([...references].sort()).toEqual(candidates.slice(0, 3));
  });

  test('removes extended attributes, also from what is read-only', async () => {
    writeTree(path, directory({ f: file('x') }));
    for (const name of ['', '/f'])
      if (!trySetXattr(path + name, 'user.origin', 'somewhere')) {
        process.stderr.write('Skipped: the file system has no user attributes\n');
        return;
      }
    chmodSync(`${path}/f`, 0o444);
    await trees.settle(path, ANYBODY);

    expect([listXattrs(path), listXattrs(`${path}/f`)]).toEqual([[], []]);
    expect(CANONICAL).toEqual(expect.arrayContaining(listMetadata(path)));
  });

  test('refuses a FIFO', async () => {
    writeTree(path, directory({ d: directory() }));
    execFileSync('mkfifo', [`${path}/d/pipe`]);

    await expect(trees.settle(path, ANYBODY)).rejects.toMatchObject({
      code: 'store/unsupported-type',
      message: `file '${path}/d/pipe' has an unsupported type`,
    });
  });

  test.each([
    { mode: 0o775, tree: directory() },
    { mode: 0o666, tree: file('x') },
    { mode: 0o757, tree: directory() },
  ])('refuses a top of mode $mode', async ({ mode, tree }) => {
    writeTree(path, tree);
    chmodSync(path, mode);

    await expect(trees.settle(path, ANYBODY)).rejects.toMatchObject({
      code: 'store/suspicious-permission',
      message: `suspicious ownership or permission on '${path}'; rejecting this build output`,
    });
    expect(lstatSync(path).mode & 0o777).toBe(mode);
  });

  test('stops when its signal is aborted', async () => {
    writeTree(path, file(''));
    truncateSync(path, 20_000_000_000);
    const abort = new AbortController();
    const settled = trees.settle(path, { ...ANYBODY, signal: abort.signal });
    setTimeout(() => abort.abort(new Error('enough')), 20);

    await expect(settled).rejects.toThrow('enough');
  });
});

describe('settle of what a builder left', () => {
  testAsRoot('takes it over from the builder, setuid bits excepted', async () => {
    writeTree(path, OUTPUT);
    giveToBuilder();
    chmodSync(`${path}/bin/tool`, 0o6755);
    await trees.settle(path, { candidates: [], uidRange: BUILDERS });

    expect(CANONICAL).toEqual(expect.arrayContaining(listMetadata(path)));
  });

  testAsRoot('removes capabilities', async () => {
    writeTree(path, directory({ tool: file('x', true) }));
    giveToBuilder();
    const capability = '\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0';
    expect(trySetXattr(`${path}/tool`, 'security.capability', capability)).toBe(true);
    await trees.settle(path, { candidates: [], uidRange: BUILDERS });

    expect(listXattrs(`${path}/tool`)).toEqual([]);
  });

  testAsRoot('refuses a top of somebody else', async () => {
    writeTree(path, OUTPUT);

    await expect(trees.settle(path, { candidates: [], uidRange: BUILDERS })).rejects.toMatchObject({
      code: 'store/suspicious-permission',
    });
  });

  testAsRoot('refuses a file of somebody else', async () => {
    writeTree(path, OUTPUT);
    giveToBuilder();
    chownSync(`${path}/doc`, BUILDER + 1, BUILDER);

    await expect(trees.settle(path, { candidates: [], uidRange: BUILDERS })).rejects.toMatchObject({
      code: 'store/invalid-owner',
      message: `invalid ownership on file '${path}/doc'`,
    });
  });

  testAsRoot('takes all names of a file, within one output and across two', async () => {
    writeTree(path, directory({ a: file('same') }));
    linkSync(`${path}/a`, `${path}/b`);
    giveToBuilder();
    const [first, second] = [path, join(root, 'second')];
    writeTree(second, directory());
    lchownSync(second, BUILDER, BUILDER);
    linkSync(`${first}/a`, `${second}/c`);
    const { inodes } = await trees.settle(first, { candidates: [], uidRange: BUILDERS });

    const alone = { candidates: [], uidRange: BUILDERS };
    await expect(trees.settle(second, alone)).rejects.toMatchObject({
      code: 'store/invalid-owner',
    });
    lchownSync(second, BUILDER, BUILDER);
    await trees.settle(second, { ...alone, inodes });
    expect(CANONICAL).toEqual(expect.arrayContaining(listMetadata(second)));
  });

  testAsRoot('takes directories that not even the builder could read', async () => {
    writeTree(path, directory({ d: OUTPUT }));
    chmodSync(`${path}/d`, 0o000);
    chmodSync(path, 0o000);
    giveToBuilder();
    const { narSizeBytes } = await trees.settle(path, { candidates: [], uidRange: BUILDERS });

    expect(narSizeBytes).toBe(narOf(directory({ d: OUTPUT })).length);
  });
});

describe('copy', () => {
  test('writes a canonical copy of fresh inodes', async () => {
    writeTree(path, OUTPUT);
    writeTree(`${path}/big`, file('x'.repeat(1_000_000)));
    linkSync(`${path}/doc`, `${path}/doc2`);
    const copy = join(root, 'copy');
    await trees.copy(path, copy);

    expect(readTree(copy)).toEqual(readTree(path));
    expect(CANONICAL).toEqual(expect.arrayContaining(listMetadata(copy)));
    expect(lstatSync(`${copy}/doc`).nlink).toBe(1);
  });

  test('leaves nothing behind when it fails', async () => {
    writeTree(path, OUTPUT);
    execFileSync('mkfifo', [`${path}/pipe`]);
    const copy = join(root, 'copy');

    await expect(trees.copy(path, copy)).rejects.toMatchObject({ code: 'store/unsupported-type' });
    expect(lstatSync(copy, { throwIfNoEntry: false })).toBeUndefined();
  });

  test('leaves alone what has the name already', async () => {
    writeTree(path, OUTPUT);
    writeFileSync(join(root, 'copy'), 'old');

    await expect(trees.copy(path, join(root, 'copy'))).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readTree(join(root, 'copy'))).toEqual(file('old'));
  });

  testAsRoot('refuses a hard link to a file of somebody else', async () => {
    writeTree(path, directory());
    giveToBuilder();
    writeFileSync(join(root, 'secret'), 'secret', { mode: 0o600 });
    linkSync(join(root, 'secret'), `${path}/mine`);
    const copied = trees.copy(path, join(root, 'copy'), { uidRange: BUILDERS });

    await expect(copied).rejects.toMatchObject({ code: 'store/invalid-owner' });
  });
});
