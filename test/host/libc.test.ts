import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  flock,
  listXattrs,
  peerCredentials,
  removeXattr,
  trimMemory,
} from '../../src/host/libc.ts';
import { testAsRoot } from '../support/as-root.ts';
import { trySetXattr } from '../support/xattrs.ts';

const MODULE = new URL('../../src/host/libc.ts', import.meta.url).href;

let root = '';
const fds: number[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenon-libc-'));
});
afterEach(() => {
  for (const fd of fds.splice(0)) closeSync(fd);
  rmSync(root, { recursive: true });
});

function open(name: string): number {
  const fd = openSync(join(root, name), 'a+');
  fds.push(fd);
  return fd;
}

describe('flock', () => {
  test('refuses a lock that another open file holds, until it lets go', () => {
    const [first, second] = [open('lock'), open('lock')];

    expect(flock(first, 'exclusive')).toBe(true);
    expect(flock(second, 'shared')).toBe(false);
    expect(flock(first, 'unlock')).toBe(true);
    expect(flock(second, 'exclusive')).toBe(true);
  });

  test('lets several open files share a lock', () => {
    const [first, second, third] = [open('lock'), open('lock'), open('lock')];

    expect(flock(first, 'shared')).toBe(true);
    expect(flock(second, 'shared')).toBe(true);
    expect(flock(third, 'exclusive')).toBe(false);
  });

  test('is the lock that flock(1) takes', () => {
    const fd = open('lock');
    flock(fd, 'exclusive');

    expect(() => execFileSync('flock', ['--nonblock', join(root, 'lock'), 'true'])).toThrow(
      expect.objectContaining({ status: 1 }),
    );
    flock(fd, 'unlock');
    execFileSync('flock', ['--nonblock', join(root, 'lock'), 'true']);
  });

  test('names the error of a bad descriptor', () => {
    expect(() => flock(-1, 'shared')).toThrow(
      expect.objectContaining({ code: 'EBADF', syscall: 'flock' }),
    );
  });
});

describe('peerCredentials', () => {
  async function credentialsOf(command: readonly string[]) {
    const path = join(root, 'socket');
    const server = createServer().listen(path);
    await once(server, 'listening');
    execFileSync('chmod', ['0777', root, path]);
    const [program = '', ...args] = command;
    const client = execFile(program, [...args, path]);
    const [socket]: Socket[] = await once(server, 'connection');
    const fd: unknown = Reflect.get(Reflect.get(socket ?? {}, '_handle'), 'fd');
    const credentials = peerCredentials(Number(fd));
    socket?.destroy();
    server.close();
    await once(client, 'close');
    return { credentials, pid: client.pid };
  }

  const CLIENT = `
    const socket = require('node:net').connect(process.argv[1]);
    socket.resume();
    socket.on('error', () => {});`;

  test('tells process, user and group of a client', async () => {
    const { credentials, pid } = await credentialsOf([process.execPath, '-e', CLIENT]);

    expect(credentials).toEqual({ pid, uid: process.getuid?.(), gid: process.getgid?.() });
  });

  testAsRoot('tells an ordinary user from root', async () => {
    const asUser = ['setpriv', '--reuid=4242', '--regid=4343', '--clear-groups'];
    const { credentials } = await credentialsOf([...asUser, process.execPath, '-e', CLIENT]);

    expect(credentials).toMatchObject({ uid: 4242, gid: 4343 });
  });

  test('refuses a descriptor that is no socket', () => {
    expect(() => peerCredentials(open('file'))).toThrow(
      expect.objectContaining({ code: 'ENOTSOCK' }),
    );
  });
});

describe('listXattrs and removeXattr', () => {
  test('list and remove attributes of a file whose name is not UTF-8', () => {
    const file = join(root, 'plain');
    writeFileSync(file, '');
    if (!trySetXattr(file, 'user.b', '1') || !trySetXattr(file, 'user.a', '2'))
      return void process.stderr.write('Skipped: the file system has no user attributes\n');
    const odd = `${root}/\xff\n\x80`;
    renameSync(file, Buffer.from(odd, 'latin1'));

    expect([...listXattrs(odd)].sort()).toEqual(['user.a', 'user.b']);
    removeXattr(odd, 'user.a');
    expect(listXattrs(odd)).toEqual(['user.b']);
  });

  test('do not follow a symlink', () => {
    writeFileSync(join(root, 'file'), '');
    if (!trySetXattr(join(root, 'file'), 'user.a', '1'))
      return void process.stderr.write('Skipped: the file system has no user attributes\n');
    symlinkSync('file', join(root, 'link'));

    expect(listXattrs(join(root, 'link'))).toEqual([]);
  });

  test('name the error of a missing file', () => {
    const missing = expect.objectContaining({ code: 'ENOENT' });
    expect(() => listXattrs(join(root, 'missing'))).toThrow(missing);
    expect(() => removeXattr(join(root, 'missing'), 'user.a')).toThrow(missing);
  });
});

test('trimMemory does no harm', () => {
  expect(trimMemory).not.toThrow();
});

test('works in a worker thread while the main thread uses it', async () => {
  const fd = open('lock');
  flock(fd, 'exclusive');
  const code = `
    const { parentPort } = require('node:worker_threads');
    const { openSync } = require('node:fs');
    import(${JSON.stringify(MODULE)}).then(({ flock }) =>
      parentPort.postMessage(flock(openSync(${JSON.stringify(join(root, 'lock'))}, 'r'), 'shared')));`;
  const worker = new Worker(code, { eval: true });
  const [got] = await once(worker, 'message');
  await worker.terminate();

  expect(got).toBe(false);
});
