import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { envUnsetLine } from '../../src/env/make-conf.ts';
import { testAsRoot } from '../support/as-root.ts';
import { type Outcome, runProgram } from '../support/run-program.ts';

/** Programs start slowly on a busy machine. */
jest.setTimeout(60_000);

const TENON = fileURLToPath(new URL('../../src/tenon', import.meta.url));
const LIMITS = { timeoutMs: 60_000 };

let folder = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'tenon-env-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Env = Readonly<Record<string, string>>;

function withEnv(env: Env, argv: readonly string[]): readonly string[] {
  const all = { PATH: process.env.PATH ?? '', ...env };
  return ['env', '-i', ...Object.entries(all).map(([name, value]) => `${name}=${value}`), ...argv];
}

async function tenonEnv(env: Env, ...args: readonly string[]): Promise<Outcome> {
  return await runProgram(withEnv(env, [TENON, 'env', ...args]), LIMITS);
}

/** Runs a script, with GTK_PATH poisoned, on a machine whose /etc is that of a small Gentoo. */
async function onGentoo(script: string): Promise<Outcome> {
  const prepare = `
    mount -t tmpfs none /etc && mkdir /etc/portage && echo 'USE="x"' >/etc/portage/make.conf
    tenon() { "${TENON}" env "$@"; }
    ${script}`;
  const argv = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', prepare];
  return await runProgram(withEnv({ GTK_PATH: '/nix/store/a' }, argv), LIMITS);
}

describe('tenon env check', () => {
  test('says what is foreign, what Portage does with it, and what helps', async () => {
    const { code, stdout } = await tenonEnv(
      { GTK_PATH: '/nix/store/a:/usr/lib' },
      ...['check', '--for', 'emerge'],
    );
    expect(code).toBe(1);
    for (const text of [
      'x GTK_PATH',
      'seen     /nix/store/a\n',
      'reaches every phase',
      'tenon env exec --clean -- emerge',
      'tenon env fix --make-conf GTK_PATH',
    ])
      expect(stdout).toContain(text);
  });

  test('ends with 0 when nothing is foreign', async () => {
    expect(await tenonEnv({ GTK_PATH: '/usr/lib' }, 'check')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing foreign'),
    });
  });

  test.each([
    { args: ['check'], variable: 'XCURSOR_PATH', code: 0 },
    { args: ['check', '--fail-on', 'warn'], variable: 'XCURSOR_PATH', code: 1 },
    { args: ['check', '--for', 'emerge'], variable: 'GDK_PIXBUF_MODULE_FILE', code: 0 },
    { args: ['check', '--for', 'host'], variable: 'GDK_PIXBUF_MODULE_FILE', code: 1 },
    { args: ['check', '--for', 'nobody'], variable: 'A', code: 2 },
    { args: ['check', '--pid', '0'], variable: 'A', code: 2 },
    { args: ['check', '--pid', '1x'], variable: 'A', code: 2 },
    { args: ['check', '--fail-on', 'x'], variable: 'A', code: 2 },
    { args: ['check', 'word'], variable: 'A', code: 2 },
    { args: ['fix'], variable: 'A', code: 2 },
    { args: ['fix', '--shell', '--report'], variable: 'A', code: 2 },
    { args: ['fix', '--shell', 'NAME'], variable: 'A', code: 2 },
    { args: ['fix', '--make-conf', 'NIX_*'], variable: 'A', code: 2 },
    { args: ['fix', '--make-conf', '--all', 'NAME'], variable: 'A', code: 2 },
    { args: ['exec', '--', 'true'], variable: 'A', code: 2 },
    { args: ['exec', '--clean'], variable: 'A', code: 2 },
    { args: ['hook'], variable: 'A', code: 2 },
    { args: ['hook', 'install', '--mode', 'x'], variable: 'A', code: 2 },
    { args: [], variable: 'A', code: 2 },
    { args: ['__proto__'], variable: 'A', code: 2 },
    { args: ['--help'], variable: 'A', code: 0 },
    { args: ['exec', '--help'], variable: 'A', code: 0 },
  ])(
    'tenon env $args with a foreign $variable ends with $code',
    async ({ args, variable, code }) => {
      const outcome = await tenonEnv({ [variable]: '/nix/store/a' }, ...args);
      expect([outcome.code, outcome.stderr.includes('    at ')]).toEqual([code, false]);
    },
  );

  test('--json is one document, and names the wrapped program', async () => {
    const program = join(folder, 'store/a-konsole/bin/.konsole-wrapped');
    mkdirSync(join(folder, 'store/a-konsole/bin'), { recursive: true });
    copyFileSync('/bin/bash', program);
    const env = { NIX_STORE_DIR: `${folder}/store`, QT_PLUGIN_PATH: `${folder}/store/a-qt` };
    const argv = [program, '--norc', '-c', '"$@"; exit', 'sh', TENON, 'env', 'check', '--json'];
    const { stdout } = await runProgram(withEnv(env, argv), LIMITS);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ schemaVersion: 1, for: 'any', exitCode: 1 });
    expect(
      report.findings.find((each: { variable: string }) => each.variable === 'QT_PLUGIN_PATH'),
    ).toMatchObject({
      id: 'env.poison.QT_PLUGIN_PATH',
      severity: 'error',
      culprit: { name: 'konsole', program, how: 'wrapped' },
    });
  });

  test('prints no control characters of a value', async () => {
    const { stdout } = await tenonEnv({ EVIL: '/nix/store/\u001b[2Jx\u0007' }, 'check');
    expect(stdout).toContain('EVIL');
    expect(stdout).not.toContain('\u001b');
  });
});

/** As bits of a mask; Node ignores them. */
const SIGPIPE_AND_SIGXFSZ = 0x1001000;

describe('tenon env exec --clean', () => {
  test('becomes the command, with its status, its arguments and what is left of the variables', async () => {
    const env = {
      GTK_PATH: '/usr/a:/nix/store/b:/usr/c',
      CFLAGS: '-I/nix/store/b',
      XDG_DATA_DIRS: '/nix/store/b/share',
      KEPT: 'a=b\nc ',
    };
    const script = `printf '%s|' "$GTK_PATH" "\${CFLAGS-unset}" "$XDG_DATA_DIRS" "$KEPT" "$1"; exit 7`;
    const { code, stdout } = await tenonEnv(
      env,
      ...['exec', '--clean', '--', 'sh', '-c', script, 'sh', '--help'],
    );
    expect([code, stdout]).toEqual([
      7,
      '/usr/a:/usr/c|unset|/usr/local/share:/usr/share|a=b\nc |--help|',
    ]);
  });

  test('leaves nothing of its own behind', async () => {
    const { stdout } = await tenonEnv({ HOME: '/root' }, 'exec', '--clean', '--', 'env');
    const names = stdout
      .trim()
      .split('\n')
      .map(line => line.split('=', 1)[0]);
    // What a POSIX shell adds, such as the launcher's.
    expect(
      names.filter(name => !['PATH', 'HOME', 'PWD', 'OLDPWD', 'SHLVL', '_'].includes(name ?? '')),
    ).toEqual([]);
  });

  test('leaves bytes, signals and descriptors as they are for any other command', async () => {
    const script = `
      export ODD="$(printf 'a\\377\\376')"
      "$0" env exec --clean -- sh -c 'printf %s "$ODD" | od -An -tx1; grep SigIgn /proc/self/status
        grep -h flags /proc/self/fdinfo/[012]' ä | cat`;
    const { stdout } = await runProgram(withEnv({}, ['sh', '-c', script, TENON]), LIMITS);
    const [, bytes, ignored = ''] = /^(.*)\nSigIgn:\t(\w+)\n/u.exec(stdout) ?? [];
    expect([bytes, Number.parseInt(ignored, 16) & SIGPIPE_AND_SIGXFSZ]).toEqual([' 61 ff fe', 0]);
    const flags = Array.from(stdout.matchAll(/flags:\t(\d+)/gu), ([, octal = '']) =>
      Number.parseInt(octal, 8),
    );
    const O_NONBLOCK = 0o4000;
    expect(flags.map(each => each & O_NONBLOCK)).toEqual([0, 0, 0]);
  });

  test('ends as env(1) does when there is no such command', async () => {
    const { code, stderr } = await tenonEnv({}, 'exec', '--clean', '--', 'no-such-command');
    expect([code, stderr]).toEqual([127, expect.stringContaining('no-such-command')]);
  });
});

describe('tenon env fix', () => {
  test('--shell makes a shell clean, and leaves a profile at the end of PATH', async () => {
    const env = {
      GTK_PATH: "/usr/it's:/nix/store/a",
      CC: '/nix/store/a/bin/cc',
      EVIL: "';touch x;'/nix/store",
    };
    const path = `${process.env.PATH}:/root/.nix-profile/bin`;
    const script = `eval "$(${TENON} env fix --shell)"; printf '%s|' "$GTK_PATH" "\${CC-unset}" "\${EVIL-unset}" "$PATH"`;
    const { stdout } = await runProgram(
      withEnv({ ...env, PATH: path }, ['sh', '-c', script]),
      LIMITS,
    );
    expect(stdout).toBe(`/usr/it's|unset|unset|${path}|`);
  });

  test('--report is a text with the variable and where it comes from', async () => {
    const { code, stdout } = await tenonEnv({ GTK_PATH: '/nix/store/a' }, 'fix', '--report');
    expect(code).toBe(0);
    expect(stdout).toMatch(/GTK_PATH: it reaches every phase[\s\S]*ENV_UNSET="GTK_PATH"/u);
  });

  testAsRoot('--make-conf adds what was found, and takes it out again', async () => {
    const added = await onGentoo('tenon fix --make-conf && cat /etc/portage/make.conf');
    expect(added.stdout).toContain(envUnsetLine(['GTK_PATH']));
    const removed = await onGentoo(
      'tenon fix --make-conf --all && tenon fix --make-conf --remove && cat /etc/portage/make.conf',
    );
    expect([removed.code, removed.stdout.split('\n').slice(-2)]).toEqual([0, ['USE="x"', '']]);
  });

  testAsRoot('--make-conf prints the line when it cannot change the file', async () => {
    const { code, stderr } = await onGentoo('rm -r /etc/portage; tenon fix --make-conf');
    expect([code, stderr]).toEqual([1, expect.stringContaining(envUnsetLine(['GTK_PATH']))]);
  });
});

describe('tenon env hook', () => {
  testAsRoot('comes only from a program that nobody else can change', async () => {
    const checkout = fileURLToPath(new URL('../..', import.meta.url));
    const { code, stdout, stderr } = await onGentoo(`
      tenon hook status
      mkdir ${folder}/open && chmod 777 ${folder}/open && mkdir ${folder}/open/tenon
      mount --bind ${checkout} ${folder}/open/tenon
      ${folder}/open/tenon/src/tenon env hook install; code=$?
      ls /etc/portage; exit $code`);
    expect(stdout).toBe(
      'there is no hook in /etc/portage/bashrc; "tenon env hook install" puts one there\nmake.conf\n',
    );
    expect([code, stderr]).toEqual([1, expect.stringContaining('Cannot install the hook')]);
  });
});
