import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { hashBytes } from '../../../src/formats/hash.ts';
import { Sink } from '../../../src/formats/wire.ts';
import { Trees } from '../../../src/store/trees/trees.ts';
import {
  anyTree,
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

const NAR = { kind: 'nar', algorithm: 'sha256' } as const;
const FLAT = { kind: 'flat', algorithm: 'sha256' } as const;
const OWN = `${process.getuid?.()}:${process.getgid?.()}`;
const CANONICAL = [`444 ${OWN} 1000000000`, `555 ${OWN} 1000000000`, `link ${OWN} 1000000000`];

const ODD: Tree = directory({
  'a\nb': file('newline'),
  '\x80\xff': directory({ '\xfe': symlink('\xfd/\x01') }),
  empty: file(''),
  run: file('#!/bin/sh\n', true),
  void: directory(),
});

const trees = new Trees({ workers: 1 });
afterAll(() => trees[Symbol.asyncDispose]());

let root = '';
let target = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenon-restore-'));
  target = join(root, 'target');
});
afterEach(() => removeTree(root));

async function restoreAll(nar: Uint8Array, pieceBytes = nar.length) {
  await using restore = trees.restore(target, NAR);
  for (let at = 0; at < nar.length; at += pieceBytes)
    await restore.write(nar.subarray(at, at + pieceBytes));
  return await restore.finish();
}

function countFds(): number {
  return readdirSync('/proc/self/fd').length;
}

/** The strings of a NAR as they are, in or out of order; numbers are single words. */
function words(...values: readonly (string | number | bigint)[]): Buffer {
  const sink = new Sink({ storeDir: '', minor: 0 });
  for (const value of values)
    if (typeof value === 'string') sink.byteString(value);
    else sink.word(value);
  return Buffer.from(sink.finish());
}

const START = ['nix-archive-1', '(', 'type'];
const EMPTY_FILE = ['(', 'type', 'regular', 'contents', '', ')'];

function withEntries(...names: readonly string[]): Buffer {
  const entries = names.flatMap(name => ['entry', '(', 'name', name, 'node', ...EMPTY_FILE, ')']);
  return words(...START, 'directory', ...entries, ')');
}

/** Many files, and then no end: by the time the end is missed, some are written. */
function cutOff(): Buffer {
  const entries = Array.from({ length: 40 }, (_, at) => [`f${10 + at}`, file('x'.repeat(20_000))]);
  return narOf(directory(Object.fromEntries(entries))).subarray(0, -8);
}

describe('restore of a NAR', () => {
  test('undoes dump', async () => {
    let count = 0;
    const undone = fc.asyncProperty(anyTree, async tree => {
      target = join(root, String(count++));
      await restoreAll(narOf(tree));
      expect(readTree(target)).toEqual(tree);

      const parts: Uint8Array[] = [];
      for await (const part of trees.dump(target)) parts.push(part);
      expect(Buffer.concat(parts).equals(narOf(tree))).toBe(true);
    });
    await fc.assert(undone, { numRuns: 50 });
  });

  test('writes canonical metadata whatever the umask is', async () => {
    const umask = process.umask(0o077);
    await restoreAll(narOf(ODD)).finally(() => process.umask(umask));

    expect(CANONICAL).toEqual(expect.arrayContaining(listMetadata(target)));
  });

  test('leaves the group of a directory that passes its own on', async () => {
    if (process.getuid?.() === 0) chownSync(root, 0, 4343);
    chmodSync(root, 0o2777);
    await restoreAll(narOf(ODD));

    expect(CANONICAL).toEqual(expect.arrayContaining(listMetadata(target)));
  });

  test.each([{ pieceBytes: 1 }, { pieceBytes: 7 }, { pieceBytes: 65536 }])(
    'takes a NAR in pieces of $pieceBytes bytes',
    async ({ pieceBytes }) => {
      await restoreAll(narOf(ODD), pieceBytes);

      expect(readTree(target)).toEqual(ODD);
    },
  );

  test('takes a file larger than what may be in flight, in one piece', async () => {
    const big = file('0123456789abcde\n'.repeat(500_000));
    const { narSizeBytes } = await restoreAll(narOf(big));

    expect(readTree(target)).toEqual(big);
    expect(narSizeBytes).toBe(8_000_000 + 112);
  });

  test.each(['md5', 'sha1', 'sha256', 'sha512'] as const)(
    'gives the %s of the NAR beside its SHA-256',
    async algorithm => {
      const nar = narOf(ODD);
      await using restore = trees.restore(target, { kind: 'nar', algorithm });
      await restore.write(nar);

      expect(await restore.finish()).toEqual({
        hash: { algorithm, digest: new Uint8Array(hashBytes(algorithm, nar).digest) },
        narHash: { algorithm: 'sha256', digest: new Uint8Array(hashBytes('sha256', nar).digest) },
        narSizeBytes: nar.length,
      });
    },
  );

  test('asks the writer to wait when the thread falls behind', async () => {
    await using restore = trees.restore(target, NAR);
    const piece = Buffer.alloc(65536);
    let writtenBytes = 0;
    let wait = restore.write(narOf(file('x'.repeat(50_000_000))).subarray(0, 112));
    for (; wait === undefined; writtenBytes += piece.length) wait = restore.write(piece);

    expect(writtenBytes).toBeLessThan(3 << 20);
    await wait;
  });
});

describe('restore of something wrong', () => {
  test.each([
    { flaw: 'an entry named ..', nar: withEntries('..'), code: 'formats/bad-nar' },
    { flaw: 'an entry named .', nar: withEntries('.'), code: 'formats/bad-nar' },
    { flaw: 'an entry without a name', nar: withEntries(''), code: 'formats/bad-nar' },
    { flaw: 'an absolute entry', nar: withEntries('/etc/passwd'), code: 'formats/bad-nar' },
    { flaw: 'an entry that climbs', nar: withEntries('a', 'b/../../c'), code: 'formats/bad-nar' },
    { flaw: 'an entry with a NUL', nar: withEntries('a\0b'), code: 'formats/bad-nar' },
    { flaw: 'an entry that comes twice', nar: withEntries('a', 'a'), code: 'formats/bad-nar' },
    { flaw: 'entries out of order', nar: withEntries('b', 'a'), code: 'formats/bad-nar' },
    {
      flaw: 'a name of 300 bytes',
      nar: withEntries('a', 'n'.repeat(300)),
      code: 'formats/too-long',
    },
    {
      flaw: 'a file of 2^63 bytes',
      nar: words(...START, 'regular', 'contents', 1n << 63n, 'x'),
      code: 'formats/number-too-large',
    },
    {
      flaw: 'a file of 2^52 bytes that ends early',
      nar: words(...START, 'regular', 'contents', 2 ** 52, 'x'),
      code: 'store/nar-truncated',
    },
    { flaw: 'an unknown type', nar: words(...START, 'fifo', ')'), code: 'formats/bad-nar' },
    {
      flaw: 'another magic',
      nar: words('nix-archive-2', '(', 'type', 'regular'),
      code: 'formats/bad-nar',
    },
    { flaw: 'no bytes at all', nar: Buffer.alloc(0), code: 'store/nar-truncated' },
    { flaw: 'no end', nar: cutOff(), code: 'store/nar-truncated' },
    {
      flaw: 'bytes after the end',
      nar: Buffer.concat([narOf(ODD), Buffer.alloc(8)]),
      code: 'store/nar-trailing',
    },
  ])('refuses $flaw and leaves nothing', async ({ nar, code }) => {
    await expect(restoreAll(nar)).rejects.toMatchObject({ name: 'TenonError', code });

    expect(readdirSync(root)).toEqual([]);
  });

  test('keeps no descriptor open', async () => {
    await expect(restoreAll(narOf(file('x'.repeat(99))).subarray(0, 120))).rejects.toThrow();
    const before = countFds();
    for (let round = 0; round < 5; round++)
      await expect(restoreAll(cutOff())).rejects.toMatchObject({ code: 'store/nar-truncated' });

    expect(countFds()).toBe(before);
  });

  test.each([
    { what: 'a file', tree: file('old') },
    { what: 'a directory', tree: directory({ old: file('old') }) },
    { what: 'a dangling symlink', tree: symlink('nowhere') },
  ])('leaves $what alone that has the name already', async ({ tree }) => {
    writeTree(target, tree);
    await expect(restoreAll(narOf(file('new')))).rejects.toMatchObject({ code: 'EEXIST' });

    expect(readTree(target)).toEqual(tree);
  });

  test('refuses more bytes than were announced', async () => {
    const nar = narOf(ODD);
    await using restore = trees.restore(target, { ...NAR, maxBytes: nar.length - 1 });
    await restore.write(nar);

    await expect(restore.finish()).rejects.toMatchObject({ code: 'store/contents-too-long' });
    expect(readdirSync(root)).toEqual([]);
  });

  test('tells the writer of a failure before the end', async () => {
    await using restore = trees.restore(target, NAR);
    const flood = async () => {
      for (;;) await restore.write(Buffer.alloc(65536, 'not a NAR'));
    };

    await expect(flood()).rejects.toMatchObject({ code: 'formats/bad-nar' });
  });
});

describe('restore that is given up', () => {
  /** A restore that has written something and waits for more. */
  async function begin(signal?: AbortSignal) {
    const restore = trees.restore(target, { ...NAR, signal });
    await restore.write(cutOff().subarray(0, 300_000));
    while (!existsSync(join(target, 'f12'))) await sleep(1);
    return restore;
  }

  test('leaves nothing after abort', async () => {
    const restore = await begin();
    await restore.abort(new Error('changed my mind'));

    expect(readdirSync(root)).toEqual([]);
    await expect(restore.finish()).rejects.toThrow('changed my mind');
  });

  test('leaves nothing after disposal', async () => {
    {
      await using _restore = await begin();
    }

    expect(readdirSync(root)).toEqual([]);
  });

  test('leaves nothing and throws the reason when its signal is aborted', async () => {
    const abort = new AbortController();
    const restore = await begin(abort.signal);
    abort.abort(new Error('the client is gone'));

    expect(() => restore.write(Buffer.alloc(1))).toThrow('the client is gone');
    await restore.abort();
    expect(readdirSync(root)).toEqual([]);
  });

  test('leaves nothing when finish meets an aborted signal', async () => {
    const abort = new AbortController();
    const restore = await begin(abort.signal);
    const finished = restore.finish();
    abort.abort(new Error('the client is gone'));

    await expect(finished).rejects.toThrow();
    expect(readdirSync(root)).toEqual([]);
  });

  test('leaves nothing when it is given up while it cleans up after a failure', async () => {
    const names = Array.from({ length: 400 }, (_, at) => `${1000 + at}`);
    const restore = trees.restore(target, NAR);
    await restore.write(withEntries(...names).subarray(0, -16));
    const finished = restore.finish();
    const failed = finished.then(
      () => 'finished',
      () => 'failed',
    );
    while (
      !existsSync(join(target, '1399')) &&
      (await Promise.race([failed, sleep(1)])) === undefined
    );
    await restore.abort();

    await expect(finished).rejects.toThrow();
    expect(readdirSync(root)).toEqual([]);
  });

  test('does not start when its signal was aborted before', async () => {
    const restore = trees.restore(target, { ...NAR, signal: AbortSignal.abort(new Error('gone')) });

    await expect(restore.finish()).rejects.toThrow('gone');
  });

  test('does nothing once it is finished', async () => {
    const restore = trees.restore(target, NAR);
    await restore.write(narOf(ODD));
    await restore.finish();
    await restore.abort();

    expect(readTree(target)).toEqual(ODD);
  });
});

describe('restore of a flat file', () => {
  test.each([
    { what: 'an empty file', contents: '' },
    { what: 'a small file', contents: 'hello\n' },
    { what: 'a file of many spans', contents: 'x'.repeat(3_000_001) },
  ])('writes $what and gives both hashes', async ({ contents }) => {
    await using restore = trees.restore(target, { ...FLAT, algorithm: 'sha1' });
    await restore.write(Buffer.from(contents));
    const { hash, narHash, narSizeBytes } = await restore.finish();

    expect(readTree(target)).toEqual(file(contents));
    expect(CANONICAL).toEqual(expect.arrayContaining(listMetadata(target)));
    expect(hash.digest).toEqual(new Uint8Array(hashBytes('sha1', contents).digest));
    const nar = narOf(file(contents));
    expect(narHash.digest).toEqual(new Uint8Array(hashBytes('sha256', nar).digest));
    expect(narSizeBytes).toBe(nar.length);
  });

  test('removes a file that is too long', async () => {
    await using restore = trees.restore(target, { ...FLAT, maxBytes: 100_000 });
    await restore.write(Buffer.alloc(300_000));

    await expect(restore.finish()).rejects.toMatchObject({ code: 'store/contents-too-long' });
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('restoreFrom', () => {
  test('takes what an iterable gives', async () => {
    const nar = narOf(ODD);
    async function* pieces() {
      for (let at = 0; at < nar.length; at += 11) yield nar.subarray(at, at + 11);
    }
    const { narSizeBytes } = await trees.restoreFrom(pieces(), target, NAR);

    expect(narSizeBytes).toBe(nar.length);
    expect(readTree(target)).toEqual(ODD);
  });

  test('leaves nothing when the iterable fails', async () => {
    async function* pieces() {
      yield cutOff().subarray(0, 300_000);
      await sleep(5);
      throw new Error('the line is cut');
    }

    await expect(trees.restoreFrom(pieces(), target, NAR)).rejects.toThrow('the line is cut');
    expect(readdirSync(root)).toEqual([]);
  });
});
