import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { checkEnvironment, type Questions } from '../../src/env/check.ts';
import { createHost } from '../../src/host/host.ts';
import { createFixtureHost, type FixtureHost } from '../support/fixture-host.ts';

/** Programs start slowly on a busy machine. */
jest.setTimeout(60_000);

const signal = new AbortController().signal;

type Env = Readonly<Record<string, string>>;

async function check(fixture: FixtureHost, env: Env, questions: Partial<Questions> = {}) {
  const asker = { pid: process.pid, uid: 0, env, signal };
  return await checkEnvironment(fixture.host, asker, { scope: 'any', ...questions });
}

async function seen(env: Env, scope: Questions['scope'] = 'any') {
  using fixture = createFixtureHost();
  const { findings } = await check(fixture, env, { scope });
  return findings.map(({ variable, severity, fate }) => `${variable} ${severity} ${fate}`);
}

describe('a variable of the caller', () => {
  test.each([
    { variable: 'LD_LIBRARY_PATH', any: 'error', emerge: 'error', fate: 'reaches' },
    { variable: 'LD_PRELOAD', any: 'error', emerge: 'error', fate: 'whitelisted' },
    { variable: 'QT_PLUGIN_PATH', any: 'error', emerge: 'error', fate: 'reaches' },
    { variable: 'GDK_PIXBUF_MODULE_FILE', any: 'error', emerge: 'hint', fate: 'unset' },
    { variable: 'PKG_CONFIG_PATH', any: 'error', emerge: 'error', fate: 'reaches' },
    { variable: 'PYTHONPATH', any: 'error', emerge: 'error', fate: 'reaches' },
    { variable: 'PERL5LIB', any: 'error', emerge: 'hint', fate: 'unset' },
    { variable: 'LOCALE_ARCHIVE', any: 'hint', emerge: 'warn', fate: 'reaches' },
    { variable: 'SSL_CERT_FILE', any: 'warn', emerge: 'warn', fate: 'reaches' },
    { variable: 'XCURSOR_PATH', any: 'warn', emerge: 'warn', fate: 'reaches' },
    { variable: 'XDG_DATA_DIRS', any: 'hint', emerge: 'hint', fate: 'unset' },
    { variable: 'MANPATH', any: 'hint', emerge: 'hint', fate: 'filtered' },
    { variable: 'NIX_PROFILES', any: 'hint', emerge: 'hint', fate: 'reaches' },
    { variable: 'NOBODY_KNOWS', any: 'warn', emerge: 'warn', fate: 'reaches' },
  ])('$variable is $any, for emerge alone $emerge', async ({ variable, any, emerge, fate }) => {
    const env = { [variable]: '/nix/store/a' };
    expect(await seen(env)).toEqual([`${variable} ${any} ${fate}`]);
    expect(await seen(env, 'emerge')).toEqual([`${variable} ${emerge} ${fate}`]);
  });

  test('PATH is worse when foreign programs come before those of the host', async () => {
    expect(await seen({ PATH: '/usr/bin:/root/.nix-profile/bin' })).toEqual(['PATH hint replaced']);
    expect(await seen({ PATH: '/nix/store/a/bin:/usr/bin' })).toEqual(['PATH warn replaced']);
  });

  test('a profile may come first in PATH where nothing is emerged', async () => {
    const env = { PATH: '/root/.nix-profile/bin:/nix/var/nix/profiles/default/bin:/usr/bin' };
    expect(await seen(env)).toEqual(['PATH hint replaced']);
    expect(await seen(env, 'emerge')).toEqual(['PATH warn replaced']);
  });

  test('is found through a link on this host', async () => {
    using fixture = createFixtureHost();
    symlinkSync('/nix/store/a-qt', join(fixture.root, 'usr/qt'));
    const { findings } = await check(fixture, { QT_PLUGIN_PATH: '/usr/qt/plugins' });
    expect(findings[0]?.parts).toEqual([
      { text: '/usr/qt/plugins', via: 'link', target: '/nix/store/a-qt/plugins' },
    ]);
  });
});

describe('a file that sets variables', () => {
  test.each([
    {
      file: '/etc/profile.env',
      text: "export PATH='/nix/store/a/bin:/usr/bin'",
      found: 'PATH error reaches',
    },
    { file: '/etc/env.d/50x', text: 'PATH="/nix/store/a/bin"', found: 'PATH error reaches' },
    {
      file: '/etc/env.d/50x',
      text: 'QT_PLUGIN_PATH=/nix/store/a',
      found: 'QT_PLUGIN_PATH error reaches',
    },
    { file: '/etc/environment', text: 'GTK_PATH="/nix/store/a"', found: 'GTK_PATH error reaches' },
    {
      file: '/etc/environment.d/x.conf',
      text: 'GTK_PATH=/nix/store/a',
      found: 'GTK_PATH error reaches',
    },
    {
      file: '/home/a/.config/environment.d/x.conf',
      text: 'GTK_PATH=/nix/store/a',
      found: 'GTK_PATH error reaches',
    },
    {
      file: '/etc/ld.so.preload',
      text: '/nix/store/a/lib.so\n',
      found: 'LD_PRELOAD error reaches',
    },
  ])('$file: $text', async ({ file, text, found }) => {
    using fixture = createFixtureHost();
    fixture.write(file, `# a comment\n${text}\n`);
    const { findings } = await check(fixture, { HOME: '/home/a' }, { scope: 'emerge' });
    expect(
      findings.map(each => `${each.source} ${each.variable} ${each.severity} ${each.fate}`),
    ).toEqual([`${file} ${found}`]);
  });

  test('is passed over when it is a backup, a pending update or a folder', async () => {
    using fixture = createFixtureHost();
    for (const name of ['50x~', '._cfg0000_50x', '50x.bak', '#50x#', 'folder/50x'])
      fixture.write(`/etc/env.d/${name}`, 'GTK_PATH=/nix/store/a');
    expect((await check(fixture, {})).findings).toEqual([]);
  });

  test('is named when it cannot be read', async () => {
    using fixture = createFixtureHost();
    mkdirSync(join(fixture.root, 'etc/env.d'));
    symlinkSync('50loop', join(fixture.root, 'etc/env.d/50loop'));
    expect((await check(fixture, {})).remarks.join()).toContain('/etc/env.d/50loop was not read');
  });
});

describe('a login', () => {
  /** A host on which `su` and the like are what a test says. */
  function createLogins(programs: Readonly<Record<string, string>>): FixtureHost {
    const fixture = createFixtureHost();
    for (const [name, text] of Object.entries(programs))
      fixture.write(`/bin/${name}`, `#!/bin/sh\n${text}\n`, 0o755);
    const path = `${fixture.root}/bin:/usr/bin:/bin`;
    return { ...fixture, host: createHost(fixture.root, { path }) };
  }

  /** Becomes the user by starting what follows `-c`, with what a start-up file would print and set. */
  const SU =
    'echo Welcome; export GTK_PATH=/nix/store/a; while [ "$1" != -c ]; do shift; done; exec sh -c "$2"';
  const GETENT = 'echo alice:x:1000:1000::/home/alice:/bin/sh';

  test('of somebody else is asked of su', async () => {
    using fixture = createLogins({ su: SU, getent: GETENT });
    const { findings, sources } = await check(fixture, {}, { login: 'alice' });
    expect(sources[0]).toBe('login alice');
    expect(findings.map(({ source, variable }) => [source, variable])).toEqual([
      ['login alice', 'GTK_PATH'],
    ]);
  });

  test.each([
    { case: 'nobody is called so', programs: { su: SU, getent: 'exit 2' }, why: 'no such user' },
    {
      case: 'su refuses',
      programs: { su: 'echo "su: no" >&2; exit 1', getent: GETENT },
      why: 'su: no',
    },
    {
      case: 'the shell says nothing',
      programs: { su: 'echo bye', getent: GETENT },
      why: 'no shell',
    },
  ])('is an error when $case', async ({ programs, why }) => {
    using fixture = createLogins(programs);
    const failure = await check(fixture, {}, { login: 'alice' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'env/no-login',
      message: expect.stringContaining(why),
    });
  });

  test('of root is looked at in each way that leads there', async () => {
    const sudo = '[ "$1" = -n ] || exit 1; shift; unset GTK_PATH; exec "$@"';
    using fixture = createLogins({
      su: SU,
      sudo,
      getent: 'echo root:x:0:0::/root:/bin/sh',
      doas: 'exit 1',
    });
    const { findings, remarks, sources } = await check(
      fixture,
      { GTK_PATH: '/nix/store/b', LV2_PATH: '/nix/store/b' },
      { root: true },
    );
    expect(sources).toEqual(['su', 'su -', 'sudo']);
    expect(findings.map(({ source, variable }) => `${source}: ${variable}`)).toEqual([
      'su: GTK_PATH',
      'su: LV2_PATH',
      'su -: GTK_PATH',
      'sudo: LV2_PATH',
    ]);
    expect(remarks.filter(remark => remark.startsWith('doas'))).toHaveLength(1);
  });
});
