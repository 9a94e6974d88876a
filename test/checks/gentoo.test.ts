import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { installHook } from '../../src/env/apply-hook.ts';
import { unwantedVariables } from '../../src/env/variables.ts';
import { testAsRoot } from '../support/as-root.ts';
import { checkContext } from '../support/check-context.ts';
import { createFixtureHost, type FixtureHost } from '../support/fixture-host.ts';
import { createGentooHost } from '../support/gentoo-host.ts';
import { applyFixes, find, judge, problemsOf } from '../support/judge.ts';

/** Programs start slowly on a busy machine. */
jest.setTimeout(60_000);

let gentoo: FixtureHost;
beforeEach(async () => {
  gentoo = await createGentooHost();
});
afterEach(() => gentoo[Symbol.dispose]());

const problemsIn = (results: Parameters<typeof problemsOf>[1]) =>
  problemsOf(['env', 'gentoo'], results);
const look = () => judge(checkContext(gentoo));
const remove = (path: string) => rmSync(join(gentoo.root, path), { recursive: true });
/** Whatever the check says, skips of its own group too. */
const statusOf = async (id: string) => find(await look(), id)?.status;

test('a healthy Gentoo passes every check, and none of its group is skipped', async () => {
  const results = await look();
  expect(problemsIn(results)).toEqual([]);
  expect(results.filter(({ group, status }) => group === 'gentoo' && status !== 'pass')).toEqual(
    [],
  );
});

test('another distribution skips the whole group', async () => {
  using debian = createFixtureHost();
  const results = await judge(checkContext(debian));
  const group = results.filter(result => result.group === 'gentoo');
  expect(new Set(group.map(({ status }) => status))).toEqual(new Set(['skip']));
  expect(group).toHaveLength(9);
});

describe('gentoo.overlay-source', () => {
  const DAY_S = 86_400;
  const reflog = (days: number) => {
    const seconds = Math.floor(Date.now() / 1000) - days * DAY_S;
    return `000 111 a <a@b> 1 +0000\tclone\n111 222 a <a@b> ${seconds} +0100\tpull\n`;
  };

  test('says that the folder of an overlay is missing', async () => {
    remove('/var/db/repos/tenon');
    const results = await look();
    expect(problemsIn(results)).toEqual(['gentoo.overlay-source warn']);
    expect(find(results, 'gentoo.overlay-source')).toMatchObject({
      summary: 'the overlay tenon has no files',
      evidence: [
        {
          source: '/etc/portage/repos.conf/tenon.conf, [tenon]',
          value: 'location = /var/db/repos/tenon',
        },
      ],
    });
  });

  test('says that an overlay has another name', async () => {
    gentoo.write('/var/db/repos/tenon/profiles/repo_name', 'other\n');
    expect(problemsIn(await look())).toEqual(['gentoo.overlay-source warn']);
  });

  test.each([
    { days: 300, status: 'warn' },
    { days: 10, status: 'pass' },
  ])(
    'has the status $status when an overlay last changed $days days ago',
    async ({ days, status }) => {
      gentoo.write('/var/db/repos/tenon/.git/logs/HEAD', reflog(days));
      expect(await statusOf('gentoo.overlay-source')).toBe(status);
    },
  );

  test('reads repos.conf where it is one file, and passes over overlays of other kinds', async () => {
    remove('/etc/portage/repos.conf');
    gentoo.write('/var/db/repos/games/.git/logs/HEAD', reflog(3000));
    gentoo.write(
      '/etc/portage/repos.conf',
      '[games]\nlocation = /var/db/repos/games\n[nix-guix]\nlocation=/var/db/repos/ng\nsync-uri = https://example.org/x\n',
    );
    gentoo.write('/var/db/repos/ng/sys-apps/nix/nix-2.ebuild', '');
    gentoo.write('/var/db/repos/ng/.git/logs/HEAD', reflog(400));
    expect(find(await look(), 'gentoo.overlay-source')).toMatchObject({
      summary: 'the overlay nix-guix has not changed for 400 days',
      evidence: [{ value: 'sync-uri = https://example.org/x' }],
    });
  });
});

describe('gentoo.keywords', () => {
  test.each([
    { case: 'is missing', prepare: () => undefined },
    {
      case: 'is a folder',
      prepare: () => gentoo.write('/etc/portage/package.accept_keywords/x', 'a/b\n'),
    },
    {
      case: 'is a file',
      prepare: () => gentoo.write('/etc/portage/package.accept_keywords', 'a/b ~amd64'),
    },
  ])('says that the overlay is masked, and fixes it, when the file $case', async ({ prepare }) => {
    remove('/etc/portage/package.accept_keywords');
    prepare();
    const results = await look();
    expect(problemsIn(results)).toEqual(['gentoo.keywords hint']);
    await applyFixes(checkContext(gentoo), find(results, 'gentoo.keywords'));
    expect(problemsIn(await look())).toEqual([]);
  });

  test.each([
    ['/etc/portage/make.conf', 'ACCEPT_KEYWORDS="~amd64"\n'],
    ['/etc/portage/package.accept_keywords/x', '# a\n=sys-apps/tenon-9999 **\n'],
    ['/etc/portage/package.accept_keywords/x/y', 'sys-apps/tenon::tenon\n'],
  ])('is content with %s: %s', async (path, text) => {
    remove('/etc/portage/package.accept_keywords');
    gentoo.write(path, text);
    expect(problemsIn(await look())).toEqual([]);
  });
});

describe('gentoo.kernel-running and gentoo.kernel-next', () => {
  const WITHOUT = 'CONFIG_USER_NS=y\n# CONFIG_PID_NS is not set\n';

  test('name what the next kernel lacks', async () => {
    gentoo.write('/usr/src/linux/.config', WITHOUT);
    const results = await look();
    expect(problemsIn(results)).toEqual(['gentoo.kernel-next warn']);
    expect(find(results, 'gentoo.kernel-next')?.evidence).toContainEqual({
      source: '/usr/src/linux/.config',
      value: 'CONFIG_PID_NS is not set',
    });
  });

  test('name what the running kernel lacks, by its own word or the file beside it', async () => {
    gentoo.write('/boot/config-6.18.0-gentoo', WITHOUT);
    expect(problemsIn(await look())).toEqual(['gentoo.kernel-running warn']);
    const packed = gzipSync(WITHOUT).toString('latin1');
    await gentoo.host.writeText('/proc/config.gz', packed, 0o444);
    expect(problemsIn(await look())).toEqual(['gentoo.kernel-running warn']);
  });

  test('are skipped where there is nothing to read', async () => {
    remove('/usr/src/linux/.config');
    remove('/boot');
    expect(await statusOf('gentoo.kernel-next')).toBe('skip');
    expect(await statusOf('gentoo.kernel-running')).toBe('skip');
  });
});

describe('gentoo.env-unset', () => {
  test('says which names are not covered, and adds them to make.conf', async () => {
    gentoo.write('/etc/portage/env-unset', 'XDG_DATA_DIRS');
    const results = await look();
    expect(problemsIn(results)).toEqual(['gentoo.env-unset hint']);
    expect(find(results, 'gentoo.env-unset')?.summary).toContain(
      `${unwantedVariables.length - 1} names`,
    );
    await applyFixes(checkContext(gentoo), find(results, 'gentoo.env-unset'));
    expect(problemsIn(await look())).toEqual([]);
  });

  test('is skipped when Portage cannot be asked', async () => {
    gentoo.write('/usr/bin/portageq', '#!/bin/sh\nexit 1\n', 0o755);
    expect(await statusOf('gentoo.env-unset')).toBe('skip');
  });
});

describe('gentoo.hook', () => {
  testAsRoot('says that the hook has gone, and takes its lines out', async () => {
    const file = '/usr/lib/tenon/env-hook.bash';
    gentoo.write(file, '');
    await installHook(gentoo.host, { mode: 'clean', file, stores: [] });
    expect(problemsIn(await look())).toEqual([]);
    remove(file);
    const results = await look();
    expect(problemsIn(results)).toEqual(['gentoo.hook warn']);
    await applyFixes(checkContext(gentoo), find(results, 'gentoo.hook'));
    expect(problemsIn(await look())).toEqual([]);
  });
});

describe('gentoo.accounts', () => {
  test('says that Portage locked a build user', async () => {
    const passwd = (await gentoo.host.readText('/etc/passwd')) ?? '';
    const comment = 'user account removed @ 2026-11-01';
    gentoo.write('/etc/passwd', passwd.replace(/^(nixbld2:x:\d+:\d+):/mu, `$1:${comment}`));
    const results = await look();
    expect(problemsIn(results)).toEqual(['gentoo.accounts warn']);
    expect(find(results, 'gentoo.accounts')?.fixes[0]?.commands).toEqual([
      ['emerge', '--oneshot', '--noreplace', 'acct-user/nixbld2'],
    ]);
  });

  test('says that the package of the group is missing', async () => {
    remove('/var/db/pkg/acct-group');
    expect(problemsIn(await look())).toEqual(['gentoo.accounts warn']);
  });

  test('is skipped where setup installed tenon', async () => {
    remove('/var/db/pkg/sys-apps/tenon-1.0');
    expect(await statusOf('gentoo.accounts')).toBe('skip');
  });
});

describe('gentoo.config-updates', () => {
  test.each(['/etc/init.d/._cfg0000_tenon-daemon', '/etc/nix/._cfg0012_nix.conf'])(
    'finds %s',
    async file => {
      gentoo.write(file, '');
      const results = await look();
      expect(problemsIn(results)).toEqual(['gentoo.config-updates warn']);
      expect(find(results, 'gentoo.config-updates')?.evidence).toEqual([
        { source: file, value: 'pending' },
      ]);
    },
  );

  test('leaves updates of other packages to others', async () => {
    gentoo.write('/etc/init.d/._cfg0000_sshd', '');
    expect(problemsIn(await look())).toEqual([]);
  });
});

describe('gentoo.service-stopped', () => {
  test('says that the service of this runlevel does not run', async () => {
    remove('/run/openrc/started/tenon-daemon');
    expect(problemsIn(await look())).toEqual(['gentoo.service-stopped warn']);
  });

  test('says nothing of a service that is in no runlevel, or in another one', async () => {
    remove('/run/openrc/started/tenon-daemon');
    gentoo.write('/run/openrc/softlevel', 'single\n');
    expect(problemsIn(await look())).toEqual([]);
  });

  test('takes a link whose script has gone for what it is', async () => {
    remove('/etc/init.d/tenon-daemon');
    remove('/run/openrc/started/tenon-daemon');
    symlinkSync('/nowhere', join(gentoo.root, '/run/openrc/started/tenon-daemon'));
    expect(await statusOf('gentoo.service-stopped')).toBe('pass');
  });
});
