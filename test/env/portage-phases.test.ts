import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { planCleaning } from '../../src/env/clean.ts';
import { parseEnviron } from '../../src/env/environment.ts';
import { foreignPlaces } from '../../src/env/foreign.ts';
import { type HookMode, hookLines } from '../../src/env/hook.ts';
import { envUnsetLine } from '../../src/env/make-conf.ts';
import { classes, mayBeUnset } from '../../src/env/variables.ts';
import { runProgram } from '../support/run-program.ts';

/** Programs start slowly on a busy machine. */
jest.setTimeout(60_000);

const HOOK = new URL('../../init/portage/env-hook.bash', import.meta.url).pathname;

/**
 * What Portage's ebuild.sh does around a bashrc, with the helpers that a bashrc may call: ENV_UNSET, the sourcing, a
 * look at the shell's options, and the environment that the phase then has.
 */
const PHASE = `
  ewarn() { printf 'ewarn: %s\\n' "$*"; }
  die() { printf 'die: %s\\n' "$*"; exit 1; }
  for name in \${ENV_UNSET}; do unset "$name"; done
  unset name
  before="\${BASHOPTS} $- \${IFS@Q}"
  source "$1"
  printf 'status: %s\\n' "$?"
  [[ $before == "\${BASHOPTS} $- \${IFS@Q}" ]] || echo 'options changed'
  printf 'left: %s\\n' "$(compgen -v tn_; compgen -A function __tenon)"
  echo environment
  exec env -0
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-hook-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Phase {
  readonly phase?: string;
  readonly mode?: HookMode;
  readonly stores?: readonly string[];
  readonly hook?: string;
  readonly shell?: readonly string[];
}

interface Ended {
  readonly code: number | undefined;
  readonly said: readonly string[];
  readonly stderr: string;
  readonly variables: ReadonlyMap<string, string>;
}

async function runPhase(
  variables: Readonly<Record<string, string>>,
  {
    phase = 'setup',
    mode = 'clean',
    stores = [],
    hook = HOOK,
    shell = ['bash', '--norc'],
  }: Phase = {},
): Promise<Ended> {
  const bashrc = join(folder, 'bashrc');
  writeFileSync(bashrc, `${hookLines({ mode, file: hook, stores }).join('\n')}\n`);
  const all = { PATH: '/usr/bin:/bin', EBUILD_PHASE: phase, PF: 'app-1.0', ...variables };
  const assignments = Object.entries(all).map(([name, value]) => `${name}=${value}`);
  const argv = ['env', '-i', ...assignments, ...shell, '-c', PHASE, 'ebuild.sh', bashrc];
  const { code, stdout, stderr } = await runProgram(argv, { timeoutMs: 30_000 });
  const [text = '', after = ''] = stdout.split('environment\n');
  return {
    code,
    stderr,
    said: text.trimEnd().split('\n'),
    variables: parseEnviron(after),
  };
}

const SILENT = ['status: 0', 'left:'];

describe('the hook, in a phase', () => {
  test('says and changes nothing with a clean caller', async () => {
    const { said, stderr, variables } = await runPhase({ CFLAGS: '-O2', KEPT: '/mnt/nix/store/a' });
    expect({ said, stderr }).toEqual({ said: SILENT, stderr: '' });
    expect(variables.get('KEPT')).toBe('/mnt/nix/store/a');
  });

  test('cleans, names the variable, and the line that helps for good', async () => {
    const { said, variables } = await runPhase({
      QT_PLUGIN_PATH: '/usr/lib/qt:/nix/store/a-qt/plugins',
      NOBODY_KNOWS: 'x=/gnu/store/b',
    });
    expect(variables.get('QT_PLUGIN_PATH')).toBe('/usr/lib/qt');
    expect(variables.has('NOBODY_KNOWS')).toBe(false);
    expect(said).toContain('ewarn:   QT_PLUGIN_PATH=/usr/lib/qt:/nix/store/a-qt/plugins');
    expect(said).toContain(`ewarn:   ${envUnsetLine(['QT_PLUGIN_PATH', 'NOBODY_KNOWS'])}`);
    expect(said.join('\n')).toContain('cleaned for app-1.0');
    expect(said.slice(-2)).toEqual(SILENT);
  });

  test('only warns in mode warn', async () => {
    const { said, variables } = await runPhase({ FOO: '/nix/store/a' }, { mode: 'warn' });
    expect(variables.get('FOO')).toBe('/nix/store/a');
    expect(said).toContain('ewarn:   FOO=/nix/store/a');
  });

  test('stops the package in mode die', async () => {
    const { code, said } = await runPhase({ FOO: '/nix/store/a' }, { mode: 'die' });
    expect(code).toBe(1);
    expect(said.at(-1)).toBe('die: tenon: variables lead to files of a foreign store: FOO');
  });

  test('stops nothing in mode die with a clean caller', async () => {
    expect(await runPhase({}, { mode: 'die' })).toMatchObject({ code: 0, said: SILENT });
  });

  test('acts in pretend as in setup', async () => {
    const { variables } = await runPhase({ FOO: '/nix/store/a' }, { phase: 'pretend' });
    expect(variables.has('FOO')).toBe(false);
  });

  test.each(['depend', 'unpack', 'compile', 'install', 'postinst', 'prerm', ''])(
    'does nothing in the phase "%s", not even read its file',
    async phase => {
      const trap = join(folder, 'trap.bash');
      writeFileSync(trap, 'echo READ; exit 3\n');
      const ended = await runPhase({ FOO: '/nix/store/a' }, { phase, mode: 'die', hook: trap });
      expect(ended).toMatchObject({ code: 0, said: SILENT, stderr: '' });
      expect(ended.variables.get('FOO')).toBe('/nix/store/a');
    },
  );

  test('leaves alone what ENV_UNSET has taken away', async () => {
    const { said } = await runPhase({ FOO: '/nix/store/a', ENV_UNSET: 'FOO' }, { mode: 'die' });
    expect(said).toEqual(SILENT);
  });

  test('knows the store that it is told of', async () => {
    const mine = { FOO: '/srv/my.store/a', BAR: '/srv/myxstore/a' };
    const { variables } = await runPhase(mine, { stores: ['/srv/my.store'] });
    expect([variables.has('FOO'), variables.has('BAR')]).toEqual([false, true]);
  });

  test("leaves what is Portage's or the shell's", async () => {
    const own = {
      PORTAGE_TMPDIR: '/nix/store',
      SANDBOX_PREDICT: '/nix/store',
      OLDPWD: '/nix/store',
    };
    const { said, variables } = await runPhase(own);
    expect(said).toEqual(SILENT);
    expect(variables.get('PORTAGE_TMPDIR')).toBe('/nix/store');
  });

  test('takes away an exported function that leads to a store', async () => {
    const { variables } = await runPhase({
      'BASH_FUNC_which%%': '() {  /nix/store/a/bin/which\n}',
    });
    expect([...variables.keys()].filter(name => name.startsWith('BASH_FUNC'))).toEqual([]);
  });

  test('takes newlines, control characters, patterns and long values as they come', async () => {
    const { said, variables, stderr } = await runPhase({
      LINES: 'a\n/nix/store/a\nb',
      CONTROL: '\u001b[2J\u0007/nix/store/a',
      PATTERN: '* $(touch pwned) `x` /nix/store/a',
      LONG_PATH: `${'/usr/lib:'.repeat(10_000)}/nix/store/a`,
    });
    expect(stderr).toBe('');
    expect(variables.get('LONG_PATH')).toBe('/usr/lib:'.repeat(10_000).slice(0, -1));
    expect(variables.has('LINES')).toBe(false);
    expect(said.filter(line => !/^(?:ewarn|status|left):/u.test(line))).toEqual([]);
    expect(said.join('')).not.toContain('\u001b');
  });

  test('names five of a hundred, and what they are', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 100 }, (_, number) => [`V${number}`, '/nix/store/a']),
    );
    const { said, variables } = await runPhase(many);
    expect(said.filter(line => line.includes('=/nix/store/a'))).toHaveLength(5);
    expect([...variables.keys()].filter(name => /^V\d/u.test(name))).toEqual([]);
  });

  test('works where names of its own could collide', async () => {
    const names = {
      name: '/nix/store/a',
      out: '/nix/store/b',
      entry: '/nix/store/c',
      mode: '/nix/store/d',
    };
    const { variables } = await runPhase(names);
    expect(Object.keys(names).filter(name => variables.has(name))).toEqual([]);
  });

  test('names the program of a store that brought the variable in', async () => {
    const program = join(folder, 'store/a-konsole/bin/konsole');
    mkdirSync(join(folder, 'store/a-konsole/bin'), { recursive: true });
    copyFileSync('/bin/bash', program);
    const { said } = await runPhase(
      { FOO: `${folder}/store/b` },
      {
        stores: [`${folder}/store`],
        shell: [program, '--norc', '-c', 'bash --norc "$@"; exit', program],
      },
    );
    expect(said.find(line => line.startsWith('ewarn:     from'))).toMatch(
      /from konsole \(pid \d+, /u,
    );
  });
});

describe('a hook that is not as it should be', () => {
  test.each([
    { case: 'is gone', text: undefined },
    { case: 'is empty', text: '' },
    { case: 'is cut off in the middle', text: readFileSync(HOOK, 'utf8').slice(0, 2500) },
    { case: 'has a syntax error', text: 'if then\n' },
    { case: 'fails', text: 'return 7\n' },
    { case: 'calls what is not there', text: 'no_such_command --now\n' },
  ])('stops no emerge when it $case', async ({ text }) => {
    const hook = join(folder, 'hook.bash');
    if (text !== undefined) writeFileSync(hook, text);
    const { code, said } = await runPhase({ FOO: '/nix/store/a' }, { hook, mode: 'die' });
    expect(code).toBe(0);
    expect(said).toContain('status: 0');
  });
});

describe('the hook and "tenon env" agree', () => {
  const places = foreignPlaces({ storeDir: '/nix/store', profilesDir: '/nix/var/nix/profiles' });

  test.each([
    ['QT_PLUGIN_PATH', '/usr/a:/nix/store/b:/usr/c'],
    ['QT_PLUGIN_PATH', '/nix/store/b'],
    ['PATH', '/nix/store/b/bin:/usr/bin:/home/a/.nix-profile/bin'],
    ['CFLAGS', '-O2 -I/nix/store/a'],
    ['CFLAGS', '-O2 -I/mnt/nix/store/a'],
    ['FOO', 'file:///gnu/store/a'],
    ['FOO', '/nix/storeroom'],
    ['FOO', '/home/a/.guix-profile/lib:/usr/lib'],
    ['FOO', '/home/a/.local/state/nix/profiles/x'],
    ['FOO', '/run/current-system/sw'],
    ['FOO', '/run/current-systems'],
    ['FOO', '/usr/a:/nix/store/b'],
    ['FOO_PATH', '::*:/nix/store/a:/x y:$HOME:'],
    ['FOO_PATH', ':/nix/store/a:'],
    ['FOO_PATH', 'a\nb:/nix/store/a'],
  ])('on %s=%s', async (name, value) => {
    const planned = planCleaning(new Map([[name, value]]), places, new Map());
    const { variables } = await runPhase({ [name]: value });
    const [change] = planned;
    expect(variables.get(name)).toBe(change === undefined ? value : change.value);
  });

  test('on the names that are not for ENV_UNSET', async () => {
    const names = Object.values(classes).flatMap(({ wanted, unwanted }) => [
      ...wanted,
      ...unwanted,
    ]);
    const values = Object.fromEntries(
      [...names, 'SHELL', 'EDITOR'].map(name => [name, '/nix/store/a']),
    );
    const { said } = await runPhase({
      ...values,
      PATH: '/usr/bin:/bin',
      LD_PRELOAD: '',
      LD_AUDIT: '',
    });
    const line = said.find(each => each.startsWith('ewarn:   ENV_UNSET='));
    const suggested =
      /\}([^"]*)"/u
        .exec(line ?? '')?.[1]
        ?.trim()
        .split(' ') ?? [];
    expect(suggested.filter(name => !mayBeUnset(name))).toEqual([]);
    expect(suggested.length).toBeGreaterThan(90);
  });
});
