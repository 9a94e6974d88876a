import { describe, expect, jest, test } from '@jest/globals';
import { checkContext } from '../support/check-context.ts';
import { createFixtureHost } from '../support/fixture-host.ts';
import { createGentooHost } from '../support/gentoo-host.ts';
import { find, judge, problemsOf } from '../support/judge.ts';

/** Programs start slowly on a busy machine. */
jest.setTimeout(60_000);

async function judgeWith(env: Readonly<Record<string, string>>, files = {}) {
  using fixture = await createGentooHost();
  for (const [path, text] of Object.entries<string>(files)) fixture.write(path, text);
  fixture.write('/etc/portage/env-unset', 'XDG_DATA_DIRS PERL5LIB');
  const results = await judge(checkContext(fixture, { env }));
  return {
    results,
    found: problemsOf(['env', 'gentoo'], results).filter(
      problem => !problem.startsWith('gentoo.env'),
    ),
  };
}

test.each(['LOCALE_ARCHIVE', 'NIX_SSL_CERT_FILE'])(
  '%s, which only programs of a store read, is no problem where nothing is emerged',
  async variable => {
    using debian = createFixtureHost();
    const results = await judge(checkContext(debian, { env: { [variable]: '/nix/store/a' } }));
    expect(find(results, 'env.poison.resources')?.status).toBe('pass');
  },
);

test('a host without Portage hears nothing of it', async () => {
  using fixture = createFixtureHost();
  const results = await judge(checkContext(fixture, { env: { GTK_PATH: '/nix/store/a' } }));
  expect(find(results, 'env.poison.plugins')).toMatchObject({
    status: 'error',
    evidence: [{ source: 'GTK_PATH (own environment)', value: '/nix/store/a' }],
    fixes: [{ commands: [['tenon', 'env', 'exec', '--clean', '--', 'COMMAND']] }],
  });
});

describe('a poisoned variable is found by the check of its class', () => {
  test.each([
    ['LD_LIBRARY_PATH', 'env.poison.loader error'],
    ['QT_PLUGIN_PATH', 'env.poison.plugins error'],
    ['PKG_CONFIG_PATH', 'env.poison.build error'],
    ['PYTHONPATH', 'env.poison.interpreters error'],
    ['FONTCONFIG_FILE', 'env.poison.resources warn'],
    ['XCURSOR_PATH', 'env.poison.data warn'],
    ['PATH', 'env.poison.programs warn'],
    ['NOBODY_KNOWS', 'env.poison.other warn'],
  ])('%s: %s', async (variable, problem) => {
    const { found } = await judgeWith({ [variable]: '/nix/store/a' });
    expect(found).toEqual([problem]);
  });

  test.each([
    ['XDG_DATA_DIRS', '/usr/share:/root/.nix-profile/share'],
    ['PATH', '/usr/bin:/root/.nix-profile/bin'],
    ['NIX_PROFILES', '/nix/var/nix/profiles/default'],
    ['QT_PLUGIN_PATH', '/usr/lib64/qt'],
  ])('%s=%s is no problem', async (variable, value) => {
    expect((await judgeWith({ [variable]: value })).found).toEqual([]);
  });

  test('says where it is set, and how to get rid of it', async () => {
    const files = { '/etc/env.d/50x': 'GTK_PATH="/nix/store/a"' };
    const { results, found } = await judgeWith({}, files);
    expect(found).toEqual(['env.poison.plugins error']);
    expect(find(results, 'env.poison.plugins')).toMatchObject({
      evidence: [{ source: 'GTK_PATH (/etc/env.d/50x)' }],
      cause: '/etc/env.d/50x sets it',
      fixes: [
        { commands: [['tenon', 'env', 'exec', '--clean', '--', 'emerge']] },
        { commands: [['tenon', 'env', 'fix', '--make-conf', 'GTK_PATH']] },
      ],
    });
  });
});
