import { describe, expect, test } from '@jest/globals';
import { decode, type Reading, Source, word } from '../../src/formats/wire.ts';
import { greetClient, greetDaemon } from '../../src/protocol/handshake.ts';
import { CLIENT_MAGIC, DAEMON_MAGIC } from '../../src/protocol/versions.ts';
import { coded, DIALECT } from '../formats/feed.ts';
import { MINORS, wire } from './laws.ts';

const GREETING = { minor: 38, version: '2.34.8', trusted: true };

/** One side of a handshake, and what it has sent. */
function startSide<T>(greet: (from: Source, send: (bytes: Uint8Array) => void) => Reading<T>) {
  const from = new Source({ ...DIALECT, minor: 0 });
  const sent: Uint8Array[] = [];
  const reading = greet(from, bytes => sent.push(bytes));
  return { from, sent, reading, step: reading.next() };
}

type Side<T> = ReturnType<typeof startSide<T>>;

/** Hands over what one side has sent, in pieces. */
function deliver(from: Side<unknown>, to: Side<unknown>, size: number): boolean {
  const bytes = Buffer.concat(from.sent.splice(0));
  for (let at = 0; at < bytes.length; at += size) {
    to.from.push(bytes.subarray(at, at + size));
    if (to.step.done !== true) to.step = to.reading.next();
  }
  return bytes.length > 0;
}

function shakeHands(ownMinor: number, size: number, greeting = GREETING) {
  const client = startSide((from, send) => greetDaemon(from, send, ownMinor));
  const daemon = startSide((from, send) => greetClient(from, send, greeting));
  while (deliver(client, daemon, size) || deliver(daemon, client, size));
  return { client, daemon };
}

describe('the handshake', () => {
  test.each(MINORS.map(minor => ({ minor })))('agrees on 1.$minor', ({ minor }) => {
    const { client, daemon } = shakeHands(minor, 1 << 20);

    expect(daemon.step).toEqual({ done: true, value: minor });
    expect(client.step).toEqual({
      done: true,
      value: {
        minor,
        daemonVersion: minor >= 33 ? '2.34.8' : undefined,
        trusted: minor >= 35 ? true : undefined,
      },
    });
    expect([client.from.dialect.minor, daemon.from.dialect.minor]).toEqual([minor, minor]);
    expect([client.from.available, daemon.from.available]).toEqual([0, 0]);
  });

  test('agrees when it arrives byte by byte', () => {
    const { client, daemon } = shakeHands(38, 1);
    expect([client.step.done, daemon.step.done]).toEqual([true, true]);
  });

  test('takes the older of both sides', () => {
    const { client } = shakeHands(38, 1 << 20, { ...GREETING, minor: 34 });
    expect(client.step).toMatchObject({ value: { minor: 34, trusted: undefined } });
  });

  test('tells a client that it is not trusted', () => {
    const { client } = shakeHands(38, 1 << 20, { ...GREETING, trusted: false });
    expect(client.step).toMatchObject({ value: { trusted: false } });
  });
});

describe('greetClient', () => {
  const greet = () => startSide((from, send) => greetClient(from, send, GREETING));

  test('answers a client that waits behind the magic word', () => {
    const daemon = greet();
    daemon.from.push(wire(CLIENT_MAGIC));
    daemon.reading.next();
    expect(Buffer.concat(daemon.sent)).toEqual(wire(DAEMON_MAGIC, 0x126));
  });

  test('passes the processor that old clients ask for', () => {
    const daemon = greet();
    daemon.from.push(wire(CLIENT_MAGIC, 0x120, 1, 7, 0, 'rest'));
    expect(daemon.reading.next()).toEqual({ done: true, value: 32 });
    expect(daemon.from.available).toBe(16);
  });

  test('passes features that nobody knows', () => {
    const daemon = greet();
    daemon.from.push(wire(CLIENT_MAGIC, 0x126, 2, 'a', 'realisation-with-path-not-hash', 0, 0));
    expect(daemon.reading.next()).toEqual({ done: true, value: 38 });
    const [, features] = daemon.sent;
    expect(decode(word, features ?? new Uint8Array(0), DIALECT)).toBe(0);
  });

  test.each([
    { flaw: 'another protocol', bytes: Buffer.from('GET / HTTP/1.1\r\n'), code: 'bad-magic' },
    { flaw: 'a daemon', bytes: wire(DAEMON_MAGIC), code: 'bad-magic' },
    { flaw: 'version 1.17', bytes: wire(CLIENT_MAGIC, 0x111), code: 'client-too-old' },
    { flaw: 'version 2.0', bytes: wire(CLIENT_MAGIC, 0x200), code: 'unsupported-version' },
  ])('refuses $flaw', ({ bytes, code }) => {
    const daemon = greet();
    daemon.from.push(bytes);
    expect(() => daemon.reading.next()).toThrow(coded(`protocol/${code}`));
  });
});

describe('greetDaemon', () => {
  const greet = () => startSide((from, send) => greetDaemon(from, send, 38));

  test('sends magic word and version at once', () => {
    expect(Buffer.concat(greet().sent)).toEqual(wire(CLIENT_MAGIC, 0x126));
  });

  test('takes trust that the daemon leaves open', () => {
    const client = greet();
    client.from.push(wire(DAEMON_MAGIC, 0x126, 0, '2.24.0', 0));
    expect(client.reading.next()).toMatchObject({ value: { trusted: undefined } });
  });

  test.each([
    { flaw: 'a client', bytes: wire(CLIENT_MAGIC), code: 'bad-magic' },
    { flaw: 'version 1.17', bytes: wire(DAEMON_MAGIC, 0x111), code: 'daemon-too-old' },
    { flaw: 'unknown trust', bytes: wire(DAEMON_MAGIC, 0x126, 0, '2.24.0', 3), code: 'bad-word' },
  ])('refuses $flaw', ({ bytes, code }) => {
    const client = greet();
    client.from.push(bytes);
    expect(() => client.reading.next()).toThrow(coded(`protocol/${code}`));
  });
});
