import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ByteChannel } from '../../src/host/byte-channel.ts';
import { connectSocket, findListenFd, listenAt } from '../../src/host/socket.ts';

const NEVER = new AbortController().signal;

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenon-socket-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Both ends of one connection. */
async function connectPair(path = join(root, 'socket')) {
  const accepted = Promise.withResolvers<ByteChannel>();
  const listener = await listenAt(path, accepted.resolve);
  const near = await connectSocket(path, NEVER);
  return { listener, near, far: await accepted.promise };
}

/** Connects to a process that is still starting. */
async function connectOnceUp(path: string): Promise<ByteChannel> {
  for (;;) {
    const channel = await connectSocket(path, NEVER).catch(() => sleep(5));
    if (channel !== undefined) return channel;
  }
}

async function readAll(channel: ByteChannel): Promise<string> {
  let text = '';
  for (;;) {
    const chunk = await channel.next();
    if (chunk === undefined) return text;
    text += Buffer.from(chunk).toString('latin1');
  }
}

describe('listenAt', () => {
  test.each([
    { what: 'a directory of more than 107 bytes', path: ['d'.repeat(150), 'socket'] },
    { what: 'a name of more than 107 bytes', path: ['s'.repeat(150)] },
    { what: 'missing directories', path: ['a', 'b', 'socket'] },
  ])('listens below $what', async ({ path }) => {
    const { listener, near, far } = await connectPair(join(root, ...path));
    near.write(Buffer.from('hello'));
    near.end();

    expect(await readAll(far)).toBe('hello');
    far.destroy();
    listener[Symbol.dispose]();
    expect(existsSync(join(root, ...path))).toBe(false);
  });

  test('lets everybody connect', async () => {
    using _ = await listenAt(join(root, 'socket'), channel => channel.destroy());

    expect(statSync(join(root, 'socket')).mode & 0o777).toBe(0o666);
    expect(readdirSync(root)).toEqual(['socket']);
  });

  test('takes the name over from an older listener, and leaves the file to it', async () => {
    const older = await listenAt(join(root, 'socket'), channel => channel.destroy());
    const { listener, near, far } = await connectPair();

    older[Symbol.dispose]();
    const second = await connectSocket(join(root, 'socket'), NEVER);
    for (const channel of [near, far, second]) channel.destroy();
    listener[Symbol.dispose]();
    expect(readdirSync(root)).toEqual([]);
  });

  test('replaces a file that was left behind', async () => {
    mkdirSync(join(root, 'd'));
    const child = spawn(
      process.execPath,
      ['-e', `require("net").createServer().listen("${root}/d/socket", () => process.exit())`],
      { stdio: 'ignore' },
    );
    await once(child, 'exit');

    const { listener, near, far } = await connectPair(join(root, 'd/socket'));
    near.destroy();
    far.destroy();
    listener[Symbol.dispose]();
  });
});

describe('connectSocket', () => {
  test('fails when nobody listens', async () => {
    await expect(connectSocket(join(root, 'none'), NEVER)).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  test('gives the reason of the signal', async () => {
    const reason = new Error('enough');
    const connecting = connectSocket(join(root, 'none'), AbortSignal.abort(reason));

    await expect(connecting).rejects.toBe(reason);
  });

  test('connects 300 times at once', async () => {
    using _ = await listenAt(join(root, 'socket'), channel => {
      channel.write(Buffer.from('x'));
      channel.end();
    });
    const connecting = Array.from({ length: 300 }, () =>
      connectSocket(join(root, 'socket'), NEVER),
    );

    const channels = await Promise.all(connecting);
    const texts = await Promise.all(channels.map(channel => readAll(channel)));
    expect(texts.join('')).toBe('x'.repeat(300));
    for (const channel of channels) channel.destroy();
  });
});

describe('a channel', () => {
  test('sends what one turn of the event loop wrote at once and in order', async () => {
    const { listener, near, far } = await connectPair();
    for (let n = 0; n < 1000; n++) near.write(Buffer.from(`${n},`));

    const first = await far.next();
    expect(Buffer.from(first ?? []).toString()).toBe(
      Array.from({ length: 1000 }, (_, n) => `${n},`).join(''),
    );
    near.destroy();
    far.destroy();
    listener[Symbol.dispose]();
  });

  test('makes a writer wait for a slow reader, and loses nothing', async () => {
    const { listener, near, far } = await connectPair();
    const chunk = Buffer.alloc(64 * 1024, 'x');
    let waits = 0;
    const writing = (async () => {
      for (let n = 0; n < 200; n++) {
        near.write(chunk);
        const drained = near.drained();
        if (drained === undefined) continue;
        waits += 1;
        await drained;
      }
      near.end();
    })();

    expect(await readAll(far)).toHaveLength(200 * chunk.length);
    await writing;
    expect(waits).toBeGreaterThan(0);
    far.destroy();
    listener[Symbol.dispose]();
  });

  test.each([
    { what: 'nobody reads', send: '' },
    { what: 'bytes wait to be read', send: 'x'.repeat(100_000) },
    { what: 'more waits than is read ahead', send: 'x'.repeat(1_150_000) },
  ])('notices that the peer is gone while $what', async ({ send }) => {
    const { listener, near, far } = await connectPair();
    near.write(Buffer.from(send));
    while (near.drained() !== undefined) await near.drained();
    near.destroy();

    if (!far.closed.aborted) await once(far.closed, 'abort');
    expect(far.closed.reason).toMatchObject({ code: 'host/peer-gone' });
    listener[Symbol.dispose]();
  });

  test('still sends to a peer that sends no more itself', async () => {
    const accepted = Promise.withResolvers<ByteChannel>();
    using _ = await listenAt(join(root, 'socket'), accepted.resolve);
    const socket = createConnection({ path: join(root, 'socket'), allowHalfOpen: true });
    socket.end('question');
    const far = await accepted.promise;

    expect(await readAll(far)).toBe('question');
    expect(far.closed.aborted).toBe(false);
    far.write(Buffer.from('answer'));
    far.end();
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toBe('answer');
    socket.destroy();
  });

  test('gives no more bytes once it is destroyed under a reader', async () => {
    const { listener, near, far } = await connectPair();
    const reading = far.next();
    far.destroy();

    expect(await reading).toBeUndefined();
    expect(far.closed.aborted).toBe(true);
    near.destroy();
    listener[Symbol.dispose]();
  });
});

describe('a daemon process', () => {
  const module = new URL('../../src/host/socket.ts', import.meta.url).pathname;

  test('serves on the socket that systemd hands over', async () => {
    const activate = `
      use IO::Socket::UNIX; use POSIX; $^F = 9;
      my $socket = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 5) or die;
      POSIX::dup2(fileno($socket), 3); $ENV{LISTEN_FDS} = 1; $ENV{LISTEN_PID} = $$;
      exec @ARGV[1..4];`;
    const program = `
      import { findListenFd, listenOn } from '${module}';
      await listenOn(findListenFd(process.env, process.pid), channel => {
        channel.write(Buffer.from('from fd 3'));
        channel.end();
      });`;
    const path = join(root, 'socket');
    const command = [process.execPath, '--input-type=module', '-e', program];
    const daemon = spawn('perl', ['-e', activate, path, ...command], { stdio: 'inherit' });

    const near = await connectOnceUp(path);
    expect(await readAll(near)).toBe('from fd 3');
    near.destroy();
    daemon.kill();
    await once(daemon, 'exit');
    expect(existsSync(path)).toBe(true);
  });

  test('outlives a shortage of descriptors', async () => {
    const program = `
      import { listenAt } from '${module}';
      await listenAt('${join(root, 'socket')}', channel => {
        channel.write(Buffer.from('x'));
      });`;
    const limited = `ulimit -n 40; exec '${process.execPath}' --input-type=module -e "$0"`;
    const daemon = spawn('sh', ['-c', limited, program], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const first = await connectOnceUp(join(root, 'socket'));
    first.destroy();

    const crowd = await Promise.all(
      Array.from({ length: 60 }, () => connectSocket(join(root, 'socket'), NEVER)),
    );
    await Promise.all(crowd.map(channel => channel.next()));
    for (const channel of crowd) channel.destroy();
    // Until it has noticed that the crowd is gone, it has no descriptor for one more.
    let answer: Uint8Array | undefined;
    while (answer === undefined) {
      const late = await connectSocket(join(root, 'socket'), NEVER);
      answer = await late.next();
      late.destroy();
    }
    expect(answer).toHaveLength(1);
    daemon.kill();
    await once(daemon, 'exit');
  });
});

describe('findListenFd', () => {
  test.each([
    { what: 'there is no service manager', env: {}, fd: undefined },
    { what: 'it passes one socket', env: { LISTEN_FDS: '1', LISTEN_PID: '42' }, fd: 3 },
  ])('gives $fd when $what', ({ env, fd }) => {
    expect(findListenFd(env, 42)).toBe(fd);
  });

  test.each([
    { what: 'two sockets', env: { LISTEN_FDS: '2', LISTEN_PID: '42' } },
    { what: 'a socket for another process', env: { LISTEN_FDS: '1', LISTEN_PID: '41' } },
  ])('refuses $what', ({ env }) => {
    expect(() => findListenFd(env, 42)).toThrow(
      expect.objectContaining({ code: 'host/bad-listen-fds' }),
    );
  });
});
