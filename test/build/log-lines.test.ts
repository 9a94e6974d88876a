import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type LogEvent, LogLines } from '../../src/build/log-lines.ts';

/** The events of a text that arrives in pieces. */
function eventsOf(...chunks: readonly string[]): LogEvent[] {
  const lines = new LogLines();
  return [...chunks.flatMap(chunk => [...lines.push(Buffer.from(chunk))]), ...lines.finish()];
}

const line = (text: string): LogEvent => ({ kind: 'line', line: text });
const json = (value: unknown) => `@nix ${JSON.stringify(value)}`;

describe('LogLines', () => {
  test.each([
    { what: 'two lines', text: 'one\ntwo\n', lines: ['one', 'two'] },
    { what: 'a last line without end', text: 'one\ntwo', lines: ['one', 'two'] },
    { what: 'empty lines', text: '\n\n', lines: ['', ''] },
    { what: 'nothing', text: '', lines: [] },
    { what: 'a progress bar', text: '10%\r50%\r100%\n', lines: ['100%'] },
    { what: 'a shorter text over a longer one', text: 'abcdef\rxy\n', lines: ['xycdef'] },
    { what: 'a line end with a carriage return', text: 'dos\r\nunix\n', lines: ['dos', 'unix'] },
    { what: 'bytes that are no text', text: '\x00\x1b[1m\n', lines: ['\x00\x1b[1m'] },
  ])('splits $what', ({ text, lines }) => {
    expect(eventsOf(text)).toEqual(lines.map(line));
  });

  test('keeps every byte as one char code', () => {
    const lines = new LogLines();
    expect([...lines.push(Uint8Array.of(0xff, 0xc3, 0xa4, 0x0a))]).toEqual([line('\xff\xc3\xa4')]);
  });

  test.each([
    {
      what: 'a phase',
      text: json({ action: 'setPhase', phase: 'install' }),
      event: { kind: 'phase', phase: 'install' },
    },
    {
      what: 'a message',
      text: json({ action: 'msg', level: 1, msg: 'beware' }),
      event: { kind: 'message', level: 1, text: 'beware' },
    },
    {
      what: 'a message of no level as one that nobody wants',
      text: json({ action: 'msg', msg: 'beware' }),
      event: { kind: 'message', level: 7, text: 'beware' },
    },
    {
      what: 'a message above all levels',
      text: json({ action: 'msg', level: -3, msg: 'beware' }),
      event: { kind: 'message', level: 0, text: 'beware' },
    },
  ])('takes a command for $what', ({ text, event }) => {
    expect(eventsOf(`${text}\n`)).toEqual([event]);
  });

  test.each([
    { what: 'no JSON', text: '@nix {' },
    { what: 'no object', text: '@nix 3' },
    { what: 'null', text: '@nix null' },
    { what: 'a phase that is no text', text: json({ action: 'setPhase', phase: 3 }) },
    { what: 'another action', text: json({ action: 'destroy' }) },
    { what: 'an activity', text: json({ action: 'start', id: 1, type: 105 }) },
    { what: 'the word elsewhere', text: ` ${json({ action: 'setPhase', phase: 'x' })}` },
  ])('takes for a line what looks like a command and is $what', ({ text }) => {
    expect(eventsOf(`${text}\n`)).toEqual([line(text)]);
  });

  test('cuts a line of more than 1 MiB, so that a builder cannot fill the memory', () => {
    const lengths = eventsOf('x'.repeat(2.5 * 2 ** 20)).map(event =>
      event.kind === 'line' ? event.line.length : 0,
    );
    expect(lengths).toEqual([2 ** 20, 2 ** 20, 2 ** 19]);
  });

  test('gives the same for any division into chunks', () => {
    const letters = fc.stringMatching(/^[ab\r\n]{0,40}$/);
    const undivided = fc.property(letters, fc.nat(40), fc.nat(40), (text, first, second) => {
      const [from, to] = [Math.min(first, second), Math.max(first, second)];
      const pieces = [text.slice(0, from), text.slice(from, to), text.slice(to)];
      expect(eventsOf(...pieces)).toEqual(eventsOf(text));
    });
    fc.assert(undivided);
  });
});
