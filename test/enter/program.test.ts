import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { formatSandboxSpec, type SandboxSpec } from '../../src/build/sandbox-spec.ts';
import { Ground, rootTest } from './ground.ts';
import { startEnter } from './start-enter.ts';

/** The log of `script` with changes to what surrounds the root. */
async function logOf(script: string, change: Partial<SandboxSpec> = {}): Promise<string> {
  using ground = new Ground('memory');
  const { log } = await ground.run({ ...ground.spec(script), ...change });
  return log;
}

/** A refused start: what went wrong, without the text. */
async function refusalOf(change: (spec: SandboxSpec) => SandboxSpec): Promise<object> {
  using ground = new Ground('memory');
  const { outcome } = await ground.run(change(ground.spec('true')));
  if (outcome.kind !== 'refused') throw new Error(`not refused: ${JSON.stringify(outcome)}`);
  const { word, path, errno } = outcome;
  return { word, path, errno };
}

describe('the program', () => {
  test('gets its name, arguments and environment byte for byte', async () => {
    using ground = new Ground('memory');
    const bytes = String.fromCharCode(...Array.from({ length: 255 }, (_, index) => index + 1));
    const spec = ground.spec('');
    const { log } = await ground.run({
      ...spec,
      terminal: false,
      program: {
        ...spec.program,
        name: 'any name',
        args: ['-c', 'tr "\\0" "|" < /proc/self/cmdline; env -0 | tr "\\0" "|"', '', bytes, ' '],
        path: '/bin/bash',
        env: new Map([
          ['A', bytes],
          ['E', ''],
        ]),
      },
    });
    expect(log).toContain(`|A=${bytes}|`);
    expect(log).toContain('|E=|');
    expect(log).toContain('tr|\\0|||');
  });

  test('may be large', async () => {
    using ground = new Ground('memory');
    const script = 'echo -n "$a" | wc -c; test "$a" = "$b"; echo $?; stat -c %s /opt/large';
    const spec = ground.spec(script, {
      files: [{ path: '/opt/large', mode: 0o444, content: ' '.repeat(2 << 20) }],
    });
    const value = ' x'.repeat(60_000);
    const env = new Map([...spec.program.env, ['a', value], ['b', value]] as const);
    const { log } = await ground.run({ ...spec, program: { ...spec.program, env } });
    expect(log).toBe(`120000\n0\n${2 << 20}\n`);
  });

  test.each([
    [
      'a missing program',
      { path: '/no/such' },
      { word: 'exec', path: '/no/such', errno: 'ENOENT' },
    ],
    ['a directory', { path: '/etc' }, { word: 'exec', path: '/etc', errno: 'EACCES' }],
    ['a missing cwd', { workingDir: '/none' }, { word: 'cwd', path: '/none', errno: 'ENOENT' }],
    ['a NUL', { args: ['a\0b'] }, { word: 'spec', errno: 'EINVAL' }],
    ['too long a variable', { env: new Map([['A', 'x'.repeat(1 << 18)]]) }, { errno: 'E2BIG' }],
  ])('is refused for %s', async (_, change, refusal) => {
    const refused = await refusalOf(spec => ({ ...spec, program: { ...spec.program, ...change } }));
    expect(refused).toMatchObject(refusal);
  });

  rootTest('has no supplementary groups', async () => {
    using ground = new Ground('memory');
    const wrapper = join(ground.base, 'with-groups');
    writeFileSync(wrapper, `#!/bin/sh\nexec setpriv --groups 4,24 -- ${ground.enterPath} "$@"\n`);
    chmodSync(wrapper, 0o755);
    ground.enterPath = wrapper;
    const { log } = await ground.run('grep ^Groups: /proc/self/status | tr -d "[:space:]"');
    expect(log).toBe('Groups:');
  });
});

describe('the personality', () => {
  test('may be that of 32 bits', async () => {
    const log = await logOf('uname -m', { personality: ['linux32', 'norandomize'] });
    expect(log).toBe({ x64: 'i686\n', arm64: 'armv8l\n' }[process.arch as 'x64']);
  });

  test('may be that of an old kernel', async () => {
    expect(await logOf('uname -r', { personality: ['uname26'] })).toMatch(/^2\.6\./);
  });

  test('may be the usual one', async () => {
    expect(await logOf('cat /proc/self/personality', { personality: [] })).toBe('00000000\n');
  });
});

test('limits are those that the specification names', async () => {
  const softLimits = [
    { resource: 'core', value: 0 },
    { resource: 'nofile', value: 99 },
  ] as const;
  const log = await logOf('ulimit -Sc; ulimit -Hc; ulimit -Sn', { softLimits });
  expect(log).toMatch(/^0\n(unlimited|\d+)\n99\n$/);
});

test('new privileges can be allowed', async () => {
  const log = await logOf('grep ^NoNewPrivs: /proc/self/status', { noNewPrivileges: false });
  expect(log).toBe('NoNewPrivs:\t0\n');
});

describe('the log', () => {
  test('comes from a raw terminal that is not a controlling one', async () => {
    const script = `printf 'a\\nb\\t\\r\\n'; echo error >&2; echo again > /dev/stderr; echo more > /proc/self/fd/1
      test -t 1 && test -t 2 && ! test -t 0 && echo terminal; (: < /dev/tty) 2> /dev/null || echo none`;
    expect(await logOf(script)).toBe('a\nb\t\r\nerror\nagain\nmore\nterminal\nnone\n');
  });

  test('may come from a plain pipe', async () => {
    const script = 'test -t 1 || test -t 2 || echo out; echo error >&2; echo $(: < /dev/tty)';
    expect(await logOf(script, { terminal: false })).toMatch(/^out\nerror\n/);
  });

  test.each([true, false])(
    'is whole, however large and slowly read (terminal: %s)',
    async terminal => {
      using ground = new Ground('memory');
      const script =
        'i=0; while [ $i -lt 40000 ]; do echo "line $i of the log that is long"; i=$((i+1)); done';
      const spec = formatSandboxSpec({ ...ground.spec(script), terminal });
      await using running = startEnter({ enterPath: ground.enterPath, spec });
      await new Promise(resolve => setTimeout(resolve, 100));
      let log = '';
      for await (const chunk of running.log) {
        log += Buffer.from(chunk).toString();
        if (log.length % 7 === 0) await new Promise(resolve => setTimeout(resolve, 1));
      }
      const lines = log.split('\n');
      expect(lines).toHaveLength(40_001);
      expect(lines[39_999]).toBe('line 39999 of the log that is long');
      expect(await running.ended).toMatchObject({ kind: 'exited', code: 0 });
    },
  );

  test('waits for its reader beyond the end of the builder', async () => {
    using ground = new Ground('memory');
    const spec = formatSandboxSpec(ground.spec('echo hello'));
    await using running = startEnter({ enterPath: ground.enterPath, spec });
    await running.ended;
    await new Promise(resolve => setTimeout(resolve, 50));
    const chunks = await Array.fromAsync(running.log);
    expect(Buffer.concat(chunks).toString()).toBe('hello\n');
  });

  test('takes the builder along when its reader leaves', async () => {
    using ground = new Ground('memory');
    const script = 'for i in 1 2 3 4 5; do seq 10000; done; echo done > $store/out';
    const spec = formatSandboxSpec(ground.spec(script));
    await using running = startEnter({ enterPath: ground.enterPath, spec });
    for await (const _ of running.log) break;
    expect(await running.ended).toMatchObject({ kind: 'signalled', signal: 9 });
  });

  test('ends when the builder closes it', async () => {
    using ground = new Ground('memory');
    const { log, outcome } = await ground.run('echo first; exec >&- 2>&-; exit 6');
    expect({ log, outcome }).toMatchObject({ log: 'first\n', outcome: { code: 6 } });
  });
});

test('a path in a report is that of the specification', async () => {
  using ground = new Ground('memory');
  const path = join(ground.base, 'a b%c\n');
  symlinkSync('nowhere', path);
  const bind = { source: path, target: '/x', readOnly: true, optional: false };
  const { outcome } = await ground.run(ground.spec('true', { binds: [bind] }));
  expect(outcome).toMatchObject({ kind: 'refused', word: 'bind', path, errno: 'ENOENT' });
});
