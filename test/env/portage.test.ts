import { describe, expect, jest, test } from '@jest/globals';
import { fateOf, tableFacts } from '../../src/env/portage.ts';
import { hasPortage, readPortage } from '../../src/env/read-portage.ts';
import { createFixtureHost, type FixtureHost } from '../support/fixture-host.ts';

/** Programs start slowly on a busy machine. */
jest.setTimeout(60_000);

const LISTS = 'site-packages/portage/package/ebuild/_config/special_env_vars.py';
const NO_VARIABLES = new Map<string, string>();
const signal = new AbortController().signal;

/** The shape of Portage's file, with names that no real one has. */
const TODAYS_SHAPE = `
env_blacklist = frozenset(
    (
        "BLOCKED",
    )
)
# "COMMENTED" is in no list
environ_whitelist = frozenset(
    (
        # "COMMENTED",
        "WHITELISTED",
    )
)
environ_whitelist_re = re.compile(r"^(ALPHA_|BETA_).*")
environ_filter = frozenset(
    (
        "FILTERED",
        'QUOTED_OTHERWISE',
    )
)
case_insensitive_vars = (
    "UNRELATED",
)
`;

const OLD_SHAPE = `
env_blacklist = frozenset(["BLOCKED",
])
environ_whitelist = []
environ_whitelist += [
	"WHITELISTED", "MORE",
]
environ_whitelist += [
	"STILL_MORE"
]
environ_whitelist = frozenset(environ_whitelist)
environ_whitelist_re = re.compile(r'^(ALPHA_|BETA_).*')
environ_filter = []
environ_filter += [
	"FILTERED",
]
environ_filter = frozenset(environ_filter)
`;

function installPortage(fixture: FixtureHost, lists: string, portageq: string): void {
  fixture.write(`/usr/lib/python3.12/${LISTS}`, lists);
  fixture.write('/usr/bin/portageq', `#!/bin/sh\n${portageq}\n`, 0o755);
  fixture.write('/var/db/pkg/sys-apps/portage-3.0.99/SLOT', '0\n');
  fixture.write('/etc/profile.env', "export PATH='/usr/bin'\n");
}

describe('fateOf, by the table', () => {
  test.each([
    ['LD_LIBRARY_PATH', 'reaches'],
    ['QT_PLUGIN_PATH', 'reaches'],
    ['PKG_CONFIG_PATH', 'reaches'],
    ['PYTHONPATH', 'reaches'],
    ['SSL_CERT_FILE', 'reaches'],
    ['NIX_PROFILES', 'reaches'],
    ['NOBODY_KNOWS', 'reaches'],
    ['BASH_FUNC_f%%', 'reaches'],
    ['LD_PRELOAD', 'whitelisted'],
    ['SSH_AUTH_SOCK', 'whitelisted'],
    ['CCACHE_DIR', 'whitelisted'],
    ['XDG_DATA_DIRS', 'unset'],
    ['GDK_PIXBUF_MODULE_FILE', 'unset'],
    ['DISPLAY', 'unset'],
    ['INFOPATH', 'filtered'],
    ['MANPATH', 'filtered'],
    ['PATH', 'replaced'],
    ['HOME', 'replaced'],
  ])('%s %s', (name, fate) => {
    expect(fateOf(name, tableFacts, NO_VARIABLES)).toBe(fate);
  });

  test('an ENV_UNSET in the environment itself counts', () => {
    const variables = new Map([['ENV_UNSET', 'A QT_PLUGIN_PATH']]);
    expect(fateOf('QT_PLUGIN_PATH', tableFacts, variables)).toBe('unset');
  });

  test('PATH reaches ebuilds where /etc/profile.env does not set it', () => {
    expect(fateOf('PATH', { ...tableFacts, setsPath: false }, NO_VARIABLES)).toBe('whitelisted');
  });
});

describe('readPortage', () => {
  test.each([
    { shape: 'today', lists: TODAYS_SHAPE },
    { shape: 'older versions', lists: OLD_SHAPE },
  ])('reads the lists of the installed Portage, as $shape has them', async ({ lists }) => {
    using fixture = createFixtureHost();
    installPortage(fixture, lists, 'echo "$1 $2 UNSET_HERE QT_PLUGIN_PATH"');
    const facts = await readPortage(fixture.host, signal);
    expect(facts).toMatchObject({
      origin: 'installed',
      version: '3.0.99',
      unsetOrigin: 'portageq',
      setsPath: true,
      remarks: [],
    });
    expect([...facts.unset]).toEqual(['envvar', 'ENV_UNSET', 'UNSET_HERE', 'QT_PLUGIN_PATH']);
    const fates = ['BLOCKED', 'FILTERED', 'UNSET_HERE', 'WHITELISTED', 'BETA_X', 'MANPATH'].map(
      name => fateOf(name, facts, NO_VARIABLES),
    );
    expect(fates).toEqual([
      'filtered',
      'filtered',
      'unset',
      'whitelisted',
      'whitelisted',
      'reaches',
    ]);
  });

  test('takes the newest Python that Portage is installed for', async () => {
    using fixture = createFixtureHost();
    installPortage(fixture, OLD_SHAPE, 'true');
    fixture.write(`/usr/lib/python3.9/${LISTS}`, OLD_SHAPE.replaceAll('FILTERED', 'STALE'));
    const facts = await readPortage(fixture.host, signal);
    expect([...facts.filtered]).toEqual(['FILTERED']);
  });

  test.each([
    {
      case: 'portageq fails',
      portageq: 'echo "make.conf: syntax error" >&2; exit 1',
      why: 'syntax error',
    },
    { case: 'portageq is killed', portageq: 'kill -9 $$', why: 'SIGKILL' },
  ])('falls back to the table, and says why, when $case', async ({ portageq, why }) => {
    using fixture = createFixtureHost();
    installPortage(fixture, TODAYS_SHAPE, portageq);
    const facts = await readPortage(fixture.host, signal);
    expect(facts).toMatchObject({ origin: 'installed', unsetOrigin: 'table' });
    expect(facts.unset.has('XDG_DATA_DIRS')).toBe(true);
    expect(facts.remarks.join()).toContain(why);
  });

  test.each([
    { case: 'is empty', lists: '' },
    { case: 'has another shape', lists: 'environ_filter = load("somewhere")\n' },
    { case: 'is too big', lists: `${TODAYS_SHAPE}${'#'.repeat(1024 * 1024)}\n` },
  ])('falls back to the table when the file of lists $case', async ({ lists }) => {
    using fixture = createFixtureHost();
    installPortage(fixture, lists, 'true');
    const facts = await readPortage(fixture.host, signal);
    expect(facts.origin).toBe('table');
    expect(facts.remarks).toHaveLength(1);
    expect(fateOf('MANPATH', facts, NO_VARIABLES)).toBe('filtered');
  });

  test('uses the table where there is no Portage', async () => {
    using fixture = createFixtureHost();
    expect(await readPortage(fixture.host, signal)).toMatchObject({
      origin: 'table',
      unsetOrigin: 'table',
      version: null,
      setsPath: true,
    });
    expect(await hasPortage(fixture.host)).toBe(false);
  });
});
