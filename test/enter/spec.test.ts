import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { formatSandboxSpec } from '../../src/build/sandbox-spec.ts';
import { compileProgram } from './compile.ts';
import { Ground, runSpec } from './ground.ts';

/** A short specification that is accepted; each test spoils it. */
const lines = [
  'tenon-root 1',
  'status-fd 4',
  'root host',
  'cwd /',
  'exec /bin/true',
  'env set A b',
  'end',
];

const ground = new Ground('memory');
const { enterPath } = ground;
ground[Symbol.dispose]();

async function refusalOf(text: string): Promise<object> {
  const { outcome } = await runSpec(enterPath, Buffer.from(text, 'latin1'));
  return outcome;
}

function withLine(line: string): string {
  return [...lines.slice(0, -1), line, 'end', ''].join('\n');
}

function sealedWith(line: string): string {
  return withLine(line).replace('root host', 'root sealed');
}

describe('a specification', () => {
  test('is accepted as it is', async () => {
    expect(await refusalOf(withLine('# a comment, even with % and \t'))).toMatchObject({
      kind: 'exited',
    });
  });

  test.each([
    ['an unknown word', 'colour red'],
    ['an unknown word', ''],
    ['an unknown word', ' env set A b'],
    ['an unknown word', 'inputs'],
    ['an unknown word', 'tenon-root 1'],
    ['too few fields', 'env'],
    ['too few fields', 'env set A'],
    ['too many fields', 'env set A b c'],
    ['too many fields', 'arg a '],
    ['too many fields', 'end '],
    ['an unknown value', 'env unset A b'],
    ['an unknown value', 'pty off'],
    ['an unknown value', 'seccomp none'],
    ['an unknown value', 'personality bsd'],
    ['an unknown value', 'rlimit cpu 1'],
    ['a bad variable name', 'env set A%3d b'],
    ['a bad variable name', 'env set  b'],
    ['a second value', 'root host'],
    ['a second value', 'cwd /tmp'],
    ['a second value', 'exec /bin/false'],
    ['a second value', 'status-fd 5'],
    ['a word that only a sealed root has', 'hostname name'],
    ['a word that only a sealed root has', 'bind / / ro'],
    ['an incomplete % escape', 'arg %'],
    ['an incomplete % escape', 'arg %4'],
    ['an incomplete % escape', 'arg %4g'],
    ['an incomplete % escape', 'arg %g4'],
    ['a NUL byte', 'arg a%00b'],
    ['a control byte that is not escaped', 'arg a\tb'],
    ['a control byte that is not escaped', 'arg a\0b'],
    ['a control byte that is not escaped', 'arg a\x7fb'],
    ['a control byte that is not escaped', 'arg a\rb'],
    ['not a number', 'uid -1'],
    ['not a number', 'uid 0x10'],
    ['not a number', 'uid '],
    ['not a number', 'uid 00000000001'],
    ['too large a number', 'uid 4294967295'],
  ])('is refused for %s: "%s"', async (text, line) => {
    expect(await refusalOf(withLine(line))).toEqual({
      kind: 'refused',
      word: 'spec',
      path: 'line 7',
      errno: 'EINVAL',
      text,
    });
  });

  test.each([
    ['not an absolute path', 'bind usr /usr ro'],
    ['not an absolute path', 'bind  /usr ro'],
    ['a path with . or ..', 'bind /a/../b /usr ro'],
    ['a path with . or ..', 'bind /a /usr/.. ro'],
    ['a path with . or ..', 'bind /a/./b /usr ro'],
    ['a path with . or ..', 'bind /a /%2e%2e ro'],
    ['a path with an empty component', 'bind //a /usr ro'],
    ['a path with an empty component', 'bind /a /usr/ ro'],
    ['too long a name', `bind /${'n'.repeat(256)} /usr ro`],
    ['too long a path', `bind ${'/nnn'.repeat(1024)} /usr ro`],
    ['the target cannot be /', 'bind /usr / ro'],
    ['the target cannot be /', 'build-dir /usr /'],
    ['the target cannot be /', 'dir / 0755'],
    ['the store cannot be /', 'store / /x'],
    ['an input before the store', 'input /nix/store/x'],
    ['a mode has four octal digits', 'dir /a 755'],
    ['a mode has four octal digits', 'dir /a 0789'],
    ['an unknown value', 'ns user time'],
    ['an unknown value', 'bind /a /b wr'],
    ['an unknown value', 'bind /a /b rw optional'],
    ['an unknown value', 'dev all'],
    ['not a size', 'shm 1t'],
    ['not a size', 'shm 1m,uid=0'],
    ['not a size', 'shm %25'],
  ])('of a sealed root is refused for %s: "%s"', async (text, line) => {
    expect(await refusalOf(sealedWith(line))).toMatchObject({ path: 'line 7', text });
  });

  test.each(['/nix/store', '/nix/store/a/b', '/nix/stores/a', '/nix/store/..', '/etc/passwd'])(
    'is refused for the input %s',
    async path => {
      const text = sealedWith(`store /nix/store /nix/store\ninput ${path}`);
      expect(await refusalOf(text)).toMatchObject({
        kind: 'refused',
        word: 'spec',
        path: 'line 8',
      });
    },
  );

  test.each([
    ['no root', 'root host\n'],
    ['no exec or cwd', 'exec /bin/true\n'],
    ['no exec or cwd', 'cwd /\n'],
    ['cut off: no end', 'end\n'],
  ])('is refused for %s', async (text, missing) => {
    const whole = [...lines, ''].join('\n').replace(missing, '');
    expect(await refusalOf(whole)).toMatchObject({ kind: 'refused', word: 'spec', text });
  });

  test.each([
    ['not a tenon-root 1 specification', 'tenon-root 1\n', 'line 1'],
    ['no status-fd', 'status-fd 4\n', '-'],
  ])('is refused for %s, on stderr', (text, missing, place) => {
    const whole = [...lines, ''].join('\n').replace(missing, '');
    const run = spawnSync('sh', ['-c', `printf %s "$1" | "$0" --fd 3 3<&0`, enterPath, whole]);
    expect(run.status).toBe(125);
    expect(String(run.stderr)).toBe(`enter: spec: ${place}: EINVAL: ${text}\n`);
  });

  test('is refused when it is cut off anywhere', async () => {
    using whole = new Ground('memory');
    whole.addFileInput('file', '');
    const bytes = formatSandboxSpec(whole.spec('true'));
    const step = Math.ceil(bytes.length / 97);
    for (let length = 0; length < bytes.length; length += step)
      expect((await runSpec(enterPath, bytes.slice(0, length))).outcome.kind).toBe('refused');
    expect((await runSpec(enterPath, bytes.slice(0, -1))).outcome.kind).toBe('refused');
  });

  test('is refused when it goes on behind its end', async () => {
    const text = `${withLine('arg a')}arg b\n`;
    expect(await refusalOf(text)).toMatchObject({ text: 'a line after the end' });
  });

  test('is refused when it is longer than 64 MiB', async () => {
    const text = `${lines.join('\n')}\n${`#${'x'.repeat((1 << 20) - 2)}\n`.repeat(65)}`;
    expect(await refusalOf(text)).toMatchObject({ word: expect.stringMatching(/spec|enter/) });
  });
});

test('the parser survives 300,000 spoilt specifications', () => {
  const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-g'];
  const program = compileProgram('fuzz-spec.c', sanitizers);
  const output = execFileSync(program, ['300000'], { encoding: 'utf8' });
  expect(output).toMatch(/^\d+ accepted, \d+ refused\n$/);
}, 60_000);
