import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { connectDaemon } from '../../src/client/connect.ts';
import { parseStorePath } from '../../src/formats/store-path.ts';
import { encode, Source, storePath } from '../../src/formats/wire.ts';
import type { ByteChannel } from '../../src/host/byte-channel.ts';
import { listenAt } from '../../src/host/socket.ts';
import { receive } from '../../src/protocol/feed.ts';
import { greetClient } from '../../src/protocol/handshake.ts';
import { type Message, message } from '../../src/protocol/messages.ts';
import { addBuildLog } from '../../src/protocol/ops/adding.ts';
import { isValidPath } from '../../src/protocol/ops/queries.ts';
import { STORE_DIR } from '../formats/feed.ts';
import { wire } from '../protocol/laws.ts';

const PATH = parseStorePath(STORE_DIR, `${STORE_DIR}/ha42hgz88l4lab3af6k2fgbhxbcgxm2n-note.txt`);
const QUESTION_BYTES = 8 + encode(storePath, PATH, { storeDir: STORE_DIR, minor: 38 }).length;
const YES = [wire(0x616c7473), wire(1)];
const REFUSAL: Message = {
  kind: 'error',
  error: { level: 0, message: 'no', trace: ['while asked'], status: 1 },
};

let root = '';
let socketPath = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenon-client-'));
  socketPath = join(root, 'socket');
});
afterEach(() => rmSync(root, { recursive: true }));

/** The daemon's end of a connection, in the hands of a test. */
class Counterpart {
  readonly channel: ByteChannel;
  readonly source = new Source({ storeDir: STORE_DIR, minor: 0 });

  constructor(channel: ByteChannel) {
    this.channel = channel;
  }

  async greet(welcome: Message = { kind: 'last' }): Promise<void> {
    const greeting = { minor: 38, version: '2.99', trusted: true };
    const reading = greetClient(this.source, bytes => this.channel.write(bytes), greeting);
    await receive(reading, this.source, this.channel);
    this.send(welcome);
  }

  send(...messages: readonly Message[]): void {
    for (const value of messages) this.channel.write(encode(message, value, this.source.dialect));
  }

  write(...pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.channel.write(piece);
  }

  async skip(count: number): Promise<Uint8Array> {
    await receive(this.source.needs(count), this.source, this.channel);
    return this.source.take(count);
  }
}

/** Greets a client and sends it away. */
async function refuse(channel: ByteChannel): Promise<void> {
  const daemon = new Counterpart(channel);
  await daemon.greet(REFUSAL);
  channel.end();
}

/** A daemon that greets and then follows `script`; and a client of it. */
async function talk(script: (daemon: Counterpart) => Promise<void>) {
  const scripts: Promise<void>[] = [];
  const listener = await listenAt(socketPath, channel => {
    const daemon = new Counterpart(channel);
    scripts.push(daemon.greet().then(() => script(daemon)));
  });
  const connection = await connectDaemon(socketPath, { storeDir: STORE_DIR });
  const dispose = async () => {
    connection[Symbol.dispose]();
    listener[Symbol.dispose]();
    await Promise.all(scripts);
  };
  return { connection, [Symbol.asyncDispose]: dispose };
}

describe('a connection', () => {
  test('knows whom it talks to', async () => {
    await using talking = await talk(async () => {});
    expect(talking.connection).toMatchObject({ minor: 38, daemonVersion: '2.99', trusted: true });
  });

  test('gives replies in the order of the calls', async () => {
    await using talking = await talk(async daemon => {
      await daemon.skip(3 * QUESTION_BYTES);
      daemon.write(...YES);
      daemon.send({ kind: 'last' });
      daemon.write(wire(0));
      daemon.write(...YES);
    });
    const calls = [1, 2, 3].map(() => talking.connection.call(isValidPath, PATH));
    expect(await Promise.all(calls)).toEqual([true, false, true]);
  });

  test('passes on what the daemon tells, up to the reply', async () => {
    const told: Message[] = [
      { kind: 'next', text: 'hello\n' },
      { kind: 'start', id: 1, level: 3, type: 105, text: '', fields: [], parent: 0 },
      { kind: 'result', id: 1, type: 101, fields: ['line'] },
      { kind: 'stop', id: 1 },
    ];
    await using talking = await talk(async daemon => {
      await daemon.skip(QUESTION_BYTES);
      daemon.send(...told);
      daemon.write(...YES);
    });
    const heard: Message[] = [];
    const onMessage = (value: Message) => heard.push(value);
    await talking.connection.call(isValidPath, PATH, { onMessage });
    expect(heard).toEqual(told);
  });

  test('can be used again after a refusal', async () => {
    await using talking = await talk(async daemon => {
      await daemon.skip(2 * QUESTION_BYTES);
      daemon.send(REFUSAL);
      daemon.write(...YES);
    });
    const [refused, answered] = [1, 2].map(() => talking.connection.call(isValidPath, PATH));
    await expect(refused).rejects.toMatchObject({
      code: 'client/daemon-refused',
      message: 'no',
      cause: { trace: ['while asked'] },
    });
    expect(await answered).toBe(true);
  });

  test('stops a body that the daemon refuses, and goes on', async () => {
    await using talking = await talk(async daemon => {
      daemon.send(REFUSAL);
      await daemon.skip(8 + 8 + 8);
      while ((await daemon.skip(8)).some(byte => byte !== 0)) await daemon.skip(8);
      await daemon.skip(QUESTION_BYTES);
      daemon.write(...YES);
    });
    async function* endless() {
      for (;;) yield Buffer.alloc(8, 'x');
    }
    const refused = talking.connection.call(addBuildLog, 'log', { body: endless() });
    const answered = talking.connection.call(isValidPath, PATH);
    await expect(refused).rejects.toThrow('no');
    expect(await answered).toBe(true);
  });

  test('hears the last words of a daemon that leaves during a body', async () => {
    await using talking = await talk(async daemon => {
      await daemon.skip(1000);
      daemon.send(REFUSAL);
      daemon.channel.end();
    });
    async function* large() {
      for (let count = 0; count < 1000; count++) yield Buffer.alloc(64 * 1024);
    }
    const refused = talking.connection.call(addBuildLog, 'log', { body: large() });
    await expect(refused).rejects.toMatchObject({ code: 'client/daemon-refused', message: 'no' });
  });

  test('ends when a body fails, so that half of it is not taken for the whole', async () => {
    const ended = Promise.withResolvers<boolean>();
    await using talking = await talk(async daemon => {
      while ((await daemon.channel.next()) !== undefined);
      ended.resolve(daemon.channel.closed.aborted);
    });
    async function* broken() {
      yield Buffer.from('half');
      throw new Error('no more');
    }
    const call = talking.connection.call(addBuildLog, 'log', { body: broken() });
    await expect(call).rejects.toThrow('no more');
    expect(await ended.promise).toBe(true);
  });

  test.each([
    { what: 'before a reply', bytes: wire() },
    { what: 'inside a reply', bytes: wire(0x616c7473) },
    { what: 'inside a message', bytes: wire(0x6f6c6d67, 5) },
  ])('tells when the daemon leaves $what', async ({ bytes }) => {
    await using talking = await talk(async daemon => {
      daemon.write(bytes);
      daemon.channel.end();
    });
    const call = talking.connection.call(isValidPath, PATH);
    await expect(call).rejects.toMatchObject({ code: 'client/disconnected' });
    await expect(talking.connection.call(isValidPath, PATH)).rejects.toMatchObject({
      code: 'client/disconnected',
    });
  });

  test.each([
    { flaw: 'an unknown message', bytes: wire(1), code: 'protocol/bad-word' },
    { flaw: 'a text of 2^40 bytes', bytes: wire(0x6f6c6d67, 2 ** 40), code: 'formats/too-long' },
    { flaw: 'a request for bytes', bytes: wire(0x64617461, 8), code: 'client/body-too-short' },
  ])('ends on $flaw', async ({ bytes, code }) => {
    await using talking = await talk(async daemon => daemon.write(bytes));
    const call = talking.connection.call(isValidPath, PATH);
    await expect(call).rejects.toMatchObject({ code });
    expect(talking.connection.closed.aborted).toBe(true);
  });

  test('gives up waiting when it is told to', async () => {
    await using talking = await talk(async () => {});
    const reason = new Error('enough');
    const stop = new AbortController();
    const call = talking.connection.call(isValidPath, PATH, { signal: stop.signal });
    stop.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(talking.connection.closed.aborted).toBe(true);
  });

  test('closes when the reader of a NAR leaves early', async () => {
    await using talking = await talk(async daemon => {
      daemon.send({ kind: 'last' });
      daemon.write(wire('nix-archive-1', '(', 'type', 'directory'));
    });
    for await (const _ of talking.connection.readNar(PATH)) break;
    expect(talking.connection.closed.aborted).toBe(true);
  });
});

describe('connectDaemon', () => {
  test('says that nobody listens', async () => {
    const connecting = connectDaemon(socketPath, { storeDir: STORE_DIR });
    await expect(connecting).rejects.toMatchObject({
      code: 'client/cannot-connect',
      message: expect.stringContaining(socketPath),
    });
  });

  test.each([
    { what: 'closes at once', bytes: wire(), code: 'client/disconnected' },
    {
      what: 'is something else',
      bytes: Buffer.from('HTTP/1.1 400 Bad'),
      code: 'protocol/bad-magic',
    },
  ])('fails when the other side $what', async ({ bytes, code }) => {
    using _ = await listenAt(socketPath, channel => {
      channel.write(bytes);
      channel.end();
    });
    const connecting = connectDaemon(socketPath, { storeDir: STORE_DIR });
    await expect(connecting).rejects.toMatchObject({ code });
  });

  test('tells why the daemon will not have it', async () => {
    using _ = await listenAt(socketPath, channel => void refuse(channel));
    const connecting = connectDaemon(socketPath, { storeDir: STORE_DIR });
    await expect(connecting).rejects.toMatchObject({
      code: 'client/daemon-refused',
      message: 'no',
    });
  });

  test('gives up when it is told to', async () => {
    using _ = await listenAt(socketPath, () => {});
    const signal = AbortSignal.timeout(20);
    const connecting = connectDaemon(socketPath, { storeDir: STORE_DIR, signal });
    await expect(connecting).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
