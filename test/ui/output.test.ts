import { describe, expect, test } from '@jest/globals';
import { asideOf, printable } from '../../src/ui/output.ts';
import { captureOutput } from '../support/captured-output.ts';

describe('createOutput', () => {
  test('separates results from remarks', () => {
    const out = captureOutput();
    out.line('result');
    out.remark('remark');
    out.json({ a: 1 });
    expect(out.stdout()).toBe('result\n{\n  "a": 1\n}\n');
    expect(out.stderr()).toBe('remark\n');
  });

  test.each([
    { where: 'on a terminal', terminal: { isTerminal: true }, painted: '\u001b[31mx\u001b[39m' },
    { where: 'in a pipe', terminal: {}, painted: 'x' },
    {
      where: 'with NO_COLOR',
      terminal: { isTerminal: true, env: { NO_COLOR: '1' } },
      painted: 'x',
    },
    {
      where: 'on a dumb terminal',
      terminal: { isTerminal: true, env: { TERM: 'dumb' } },
      painted: 'x',
    },
  ])('paints $where as it should', ({ terminal, painted }) => {
    expect(captureOutput(terminal).paint('red', 'x')).toBe(painted);
  });

  test('can ask only where somebody sits', () => {
    expect(captureOutput({ isTerminal: true }).canAsk).toBe(true);
    expect(captureOutput().canAsk).toBe(false);
  });
});

test('printable takes the teeth out of control characters', () => {
  expect(printable('a\u001b[2Jb\u0007\tc\nd\u009b')).toBe('a?[2Jb?\tc\nd?');
});

describe('symbols', () => {
  test.each([
    { env: { LC_ALL: 'C', LANG: 'en_US.UTF-8' }, line: 'a - b ... [x]' },
    { env: { LANG: 'POSIX' }, line: 'a - b ... [x]' },
    { env: { TERM: 'dumb', LANG: 'C.UTF-8' }, line: 'a - b ... [x]' },
    { env: { LANG: 'de_DE.utf8' }, line: 'a · b … ◉' },
    { env: {}, line: 'a · b … ◉' },
  ])('are as the locale can show them: $env', ({ env, line }) => {
    const out = captureOutput({ env });
    out.line('a · b … ◉');
    expect(out.stdout()).toBe(`${line}\n`);
  });
});

test('an output put aside leaves stdout to a program', () => {
  const out = captureOutput({ isTerminal: true });
  const aside = asideOf(out);
  aside.line(aside.paint('red', 'for people'));
  expect([out.stdout(), out.stderr()]).toEqual(['', 'for people\n']);
});
