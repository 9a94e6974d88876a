import { copyFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { compileProgram } from './compile.ts';
import { Ground } from './ground.ts';

const supported = process.arch === 'x64' || process.arch === 'arm64';
const widths = process.arch === 'x64' ? ['64', '32'] : ['64'];
const NOT_ON_ARM64 = ['open', 'creat', 'chmod', 'mknod', 'mkdir'];

/** Runs every call of ask.c; the answers by `width name`. */
async function ask(filterSystemCalls: boolean): Promise<Map<string, string>> {
  using ground = new Ground('memory');
  const program = ground.nameInput('ask');
  copyFileSync(compileProgram('ask.c'), program);
  const spec = ground.spec('');
  const { log, outcome } = await ground.run({
    ...spec,
    program: { ...spec.program, path: program, args: [] },
    filterSystemCalls,
  });
  expect(outcome).toMatchObject({ kind: 'exited', code: 0 });
  const lines = log.trimEnd().split('\n');
  return new Map(
    lines.map(line => [line.split(' ', 2).join(' '), line.split(' ').slice(2).join(' ')]),
  );
}

const rules: readonly (readonly [string, string])[] = [
  ['chmod-setuid', 'EPERM'],
  ['chmod-setgid', 'EPERM'],
  ['chmod-plain', 'ok'],
  ['fchmod-setuid', 'EPERM'],
  ['fchmod-plain', 'ok'],
  ['fchmodat-setgid', 'EPERM'],
  ['fchmodat-plain', 'ok'],
  ['fchmodat2-setuid', 'EPERM'],
  ['open-setuid', 'EPERM'],
  ['open-plain', 'ok'],
  ['open-existing', 'ok'],
  ['openat-setgid', 'EPERM'],
  ['openat-tmpfile-setuid', 'EPERM'],
  ['openat-plain', 'ok'],
  ['openat-existing', 'ok'],
  ['creat-setuid', 'EPERM'],
  ['creat-plain', 'ok'],
  ['mknod-setuid', 'EPERM'],
  ['mknod-plain', 'ok'],
  ['mknodat-setgid', 'EPERM'],
  ['mknodat-plain', 'ok'],
  ['mkdir-bits', 'ok 755'],
  ['mkdirat-bits', 'ok 755'],
  ...['set', 'get', 'list', 'remove'].flatMap(verb =>
    ['', 'l', 'f'].map(prefix => [`${prefix}${verb}xattr`, 'EOPNOTSUPP'] as const),
  ),
  ...['set', 'get', 'list', 'remove'].map(verb => [`${verb}xattrat`, 'EOPNOTSUPP'] as const),
  ['openat2', 'ENOSYS'],
  ['io_uring_setup', 'ENOSYS'],
  ['io_uring_enter', 'ENOSYS'],
  ['io_uring_register', 'ENOSYS'],
  ['add_key', 'ENOSYS'],
  ['request_key', 'ENOSYS'],
  ['keyctl', 'ENOSYS'],
  ['tiocsti', 'EPERM'],
  ['tcgets', 'ok'],
  ['getuid', 'ok'],
];

(supported ? describe : describe.skip)('the system call filter', () => {
  const filtered = ask(true);

  test.each(widths.flatMap(width => rules.map(([name, answer]) => ({ width, name, answer }))))(
    'answers $name of $width bits with $answer',
    async ({ width, name, answer }) => {
      const missing = process.arch === 'arm64' && NOT_ON_ARM64.includes(name.split('-')[0] ?? '');
      const answers = await filtered;
      expect(answers.get(`${width} ${name}`)).toBe(missing ? undefined : answer);
    },
  );

  test('looks at the half of a mode that the kernel looks at', async () => {
    expect((await filtered).get('64 chmod-high-bits')).toBe(
      process.arch === 'x64' ? 'EPERM' : undefined,
    );
  });

  test('knows no x32', async () => {
    expect((await filtered).get('64 x32-chmod')).toBe(
      process.arch === 'x64' ? 'ENOSYS' : undefined,
    );
  });

  test('is what refuses: without it the same calls succeed', async () => {
    const answers = await ask(false);
    const names = ['fchmod-setuid', 'openat-setgid', 'mknodat-setgid', 'listxattr', 'openat2'];
    expect(names.map(name => answers.get(`64 ${name}`))).toEqual(names.map(() => 'ok'));
  });
});
