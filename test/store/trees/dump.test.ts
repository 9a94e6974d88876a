import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { formatHash } from '../../../src/formats/hash.ts';
import { Trees } from '../../../src/store/trees/trees.ts';
import {
  directory,
  file,
  narOf,
  raw,
  symlink,
  type Tree,
  writeManyNames,
  writeTree,
} from '../../support/trees.ts';

const SPAN_BYTES = 256 * 1024;

const trees = new Trees({ workers: 1 });
afterAll(() => trees[Symbol.asyncDispose]());

let root = '';
let path = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenon-dump-'));
  path = join(root, 'path');
});
afterEach(() => rmSync(root, { recursive: true }));

const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
const NAME_BYTES = [...ALL_BYTES].filter(byte => !'/.\0'.includes(byte));

const ODD_TREES: readonly { what: string; tree: Tree }[] = [
  { what: 'a file', tree: file('hello\n') },
  { what: 'an empty file', tree: file('') },
  { what: 'an executable', tree: file('#!/bin/sh\nexit 0\n', true) },
  { what: 'a symlink', tree: symlink('hello') },
  { what: 'a symlink of any bytes', tree: symlink(ALL_BYTES.slice(1)) },
  { what: 'an empty directory', tree: directory() },
  {
    what: 'empty directories in each other',
    tree: directory({ a: directory({ b: directory() }) }),
  },
  {
    what: 'names of one byte, of all bytes',
    tree: directory(Object.fromEntries(NAME_BYTES.map(name => [name, file(name)]))),
  },
  {
    what: 'names that sort apart from their directory',
    tree: directory({
      a: directory({ b: file('1') }),
      'a.b': file('2'),
      'a-b': file('3'),
      'a\xff': file('4'),
    }),
  },
  { what: 'names with newlines', tree: directory({ '\n': file('\n'), 'a\nb': symlink('c\nd') }) },
  { what: 'a name of 255 bytes', tree: directory({ ['\xe4'.repeat(255)]: file('x') }) },
  ...[SPAN_BYTES - 1, SPAN_BYTES, SPAN_BYTES + 1, 3 * SPAN_BYTES].map(size => ({
    what: `a file of ${size} bytes between others`,
    tree: directory({ a: file('a'), b: file('b'.repeat(size), true), c: symlink('b') }),
  })),
];

async function dump(): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of trees.dump(path)) parts.push(part);
  return Buffer.concat(parts);
}

/** The descriptors of this process that lead to a file. */
function openFds(file: string): string[] {
  return readdirSync('/proc/self/fd').filter(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === file;
    } catch {
      return false; // the descriptor that lists the descriptors
    }
  });
}

describe('dump', () => {
  test.each(ODD_TREES)('gives what nix-store --dump gives for $what', async ({ tree }) => {
    writeTree(path, tree);
    const expected = execFileSync('nix-store', ['--dump', path], { maxBuffer: 1 << 24 });

    const nar = await dump();
    expect(nar.equals(expected)).toBe(true);
    expect(nar.equals(narOf(tree))).toBe(true);
  });

  test('writes hard links as files, and sorts more names than are read at once', async () => {
    mkdirSync(path);
    writeManyNames(path, 6000);
    const expected = execFileSync('nix-store', ['--dump', path], { maxBuffer: 1 << 24 });

    expect((await dump()).equals(expected)).toBe(true);
  });

  test('waits for its consumer, and ends with it', async () => {
    writeTree(path, file(''));
    truncateSync(path, 200 << 20);
    const reader = trees.dump(path);
    await reader.next();
    await sleep(100);
    const [fd] = openFds(path);
    const position = /pos:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
    await reader.return();

    expect(Number(position)).toBeLessThanOrEqual(10 * SPAN_BYTES);
    expect(openFds(path)).toEqual([]);
  });

  test('ends when its signal is aborted', async () => {
    writeTree(path, file(''));
    truncateSync(path, 200 << 20);
    const abort = new AbortController();
    const reader = trees.dump(path, { signal: abort.signal });
    await reader.next();
    abort.abort(new Error('the client is gone'));
    const readOn = async () => {
      for await (const _ of reader);
    };

    await expect(readOn()).rejects.toThrow('the client is gone');
    expect(openFds(path)).toEqual([]);
  });

  test('says which file became shorter meanwhile', async () => {
    writeTree(path, file(''));
    truncateSync(path, 200 << 20);
    const reader = trees.dump(path);
    await reader.next();
    truncateSync(path, 0);
    const readOn = async () => {
      for await (const _ of reader);
    };

    await expect(readOn()).rejects.toMatchObject({ code: 'store/changed-while-read' });
  });

  test('names what is missing', async () => {
    await expect(dump()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('refuses a FIFO and a socket', async () => {
    execFileSync('mkfifo', [path]);
    await expect(dump()).rejects.toMatchObject({
      code: 'store/unsupported-type',
      message: `file '${path}' has an unsupported type`,
    });

    rmSync(path);
    mkdirSync(path);
    const server = createServer().listen(join(path, 'socket'));
    await new Promise(resolve => server.once('listening', resolve));
    await expect(dump()).rejects.toMatchObject({ code: 'store/unsupported-type' });
    await closed(server);
  });
});

describe('hash', () => {
  test.each(ODD_TREES.slice(0, 10))('gives what nix-hash gives for $what', async ({ tree }) => {
    writeTree(path, tree);
    for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512'] as const) {
      const expected = execFileSync('nix-hash', ['--type', algorithm, '--base32', path]);
      const { hash, sizeBytes } = await trees.hash(path, { kind: 'nar', algorithm });

      expect(formatHash(hash, 'nix32')).toBe(expected.toString().trim());
      expect(sizeBytes).toBe(narOf(tree).length);
    }
  });

  test('gives what nix-hash --flat gives for a file', async () => {
    writeTree(path, file('hello\n'.repeat(100_000)));
    const expected = execFileSync('nix-hash', ['--flat', '--type', 'sha1', path]);
    const { hash, sizeBytes } = await trees.hash(path, { kind: 'flat', algorithm: 'sha1' });

    expect(formatHash(hash, 'base16')).toBe(expected.toString().trim());
    expect(sizeBytes).toBe(600_000);
  });

  test.each([
    { what: 'a directory', tree: directory() },
    { what: 'a symlink', tree: symlink('/etc/passwd') },
  ])('refuses $what as a flat file', async ({ tree }) => {
    writeTree(path, tree);

    await expect(trees.hash(path, { kind: 'flat', algorithm: 'sha256' })).rejects.toMatchObject({
      code: 'store/not-a-file',
    });
  });

  test('takes names and a path that are not UTF-8', async () => {
    const odd = `${root}/\xff\xfe`;
    mkdirSync(raw(odd));
    const { sizeBytes } = await trees.hash(odd, { kind: 'nar', algorithm: 'sha256' });

    expect(sizeBytes).toBe(96);
  });
});

async function closed(server: Server): Promise<void> {
  await new Promise(resolve => server.close(resolve));
}
