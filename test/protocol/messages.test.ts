import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decode, encode } from '../../src/formats/wire.ts';
import { type Message, message } from '../../src/protocol/messages.ts';
import { coded, STORE_DIR } from '../formats/feed.ts';
import { anyActivityMessage, plainMessages } from './arbitraries.ts';
import { assertRoundTrips, wire } from './laws.ts';

const at = (minor: number) => ({ storeDir: STORE_DIR, minor });

const START: Message = {
  kind: 'start',
  id: 7,
  level: 3,
  type: 105,
  text: 'building',
  fields: ['/x.drv', '', 1, 1],
  parent: 2n ** 60n,
};

describe('message', () => {
  test('reads in every version what it wrote', () => {
    assertRoundTrips(message, minor =>
      minor >= 20 ? fc.oneof(plainMessages(minor), anyActivityMessage) : plainMessages(minor),
    );
  });

  test.each<{ what: string; value: Message; minor: number; bytes: Uint8Array }>([
    { what: 'last', value: { kind: 'last' }, minor: 38, bytes: wire(0x616c7473) },
    {
      what: 'text',
      value: { kind: 'next', text: 'é\n' },
      minor: 38,
      bytes: wire(0x6f6c6d67, 'Ã©\n'),
    },
    {
      what: 'an activity',
      value: START,
      minor: 38,
      bytes: wire(0x53545254, 7, 3, 105, 'building', 4, 1, '/x.drv', 1, '', 0, 1, 0, 1, 2n ** 60n),
    },
    {
      what: 'an activity for a client before 1.20',
      value: START,
      minor: 19,
      bytes: wire(0x6f6c6d67, 'building...\n'),
    },
    {
      what: 'an activity without text for a client before 1.20',
      value: { ...START, text: '' },
      minor: 19,
      bytes: wire(),
    },
    {
      what: 'a result for a client before 1.20',
      value: { kind: 'result', id: 7, type: 101, fields: ['line'] },
      minor: 19,
      bytes: wire(),
    },
    {
      what: 'an error',
      value: { kind: 'error', error: { level: 0, message: 'bad', trace: ['while'], status: 1 } },
      minor: 26,
      bytes: wire(0x63787470, 'Error', 0, 'Error', 'bad', 0, 1, 0, 'while'),
    },
    {
      what: 'an error for a client before 1.26',
      value: { kind: 'error', error: { level: 0, message: 'bad', trace: ['while'], status: 100 } },
      minor: 25,
      bytes: wire(0x63787470, 'bad', 100),
    },
  ])('writes $what as Nix does', ({ value, minor, bytes }) => {
    expect(Buffer.from(encode(message, value, at(minor)))).toEqual(bytes);
  });

  test('keeps log lines that are not UTF-8', () => {
    const line: Message = { kind: 'result', id: 1, type: 101, fields: ['\xff\x80'] };
    expect(decode(message, encode(message, line, at(38)), at(38))).toEqual(line);
  });

  test.each([
    { flaw: 'an unknown message', bytes: wire(0), code: 'bad-word' },
    { flaw: 'a field of unknown kind', bytes: wire(0x52534c54, 1, 101, 1, 2, 0), code: 'bad-word' },
    { flaw: 'an error of unknown type', bytes: wire(0x63787470, 'Oops'), code: 'bad-text' },
    {
      flaw: 'an error with a position',
      bytes: wire(0x63787470, 'Error', 0, 'Error', 'bad', 1),
      code: 'bad-word',
    },
  ])('refuses $flaw', ({ bytes, code }) => {
    expect(() => decode(message, bytes, at(38))).toThrow(coded(`protocol/${code}`));
  });
});
