import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { fixFiles, storeLayout } from '../../src/config/layout.ts';
import { group } from '../../src/setup/actions/group.ts';
import { findDropIns, findTraces, removeStore } from '../../src/setup/leftovers.ts';
import { createFixtureHost } from '../support/fixture-host.ts';

const layout = storeLayout({});
const entries = [
  {
    step: group.step({
      id: 'group:nixbld',
      group: 'Accounts',
      reason: 'a test',
      spec: { name: 'nixbld', gid: 30_000 },
    }),
    undo: {},
    isApplied: true,
  },
];

describe('findTraces', () => {
  test('finds nothing on a clean host', async () => {
    using fixture = createFixtureHost();
    const traces = await findTraces(fixture.host, { layout, init: 'none', entries, kept: [] });
    expect(traces.found).toEqual([]);
    expect(traces.searched).toContain('1 accounts');
  });

  test('finds files and accounts that should be gone, but not what was kept', async () => {
    using fixture = createFixtureHost();
    fixture.write('/etc/profile.d/tenon.sh', '');
    fixture.write('/etc/tenon/tenon.conf', '');
    await fixture.host.createGroup('nixbld', 30_000);
    const sweep = { layout, init: 'none' as const, entries, kept: ['/etc/tenon/tenon.conf'] };
    const { found } = await findTraces(fixture.host, sweep);
    expect(found).toEqual(['/etc/profile.d/tenon.sh', 'group nixbld']);
  });
});

describe('findTraces without a journal', () => {
  const sweep = { layout, init: 'none', entries: [], kept: [] } as const;

  test('finds what starts the service at boot, wherever it is', async () => {
    using fixture = createFixtureHost();
    const links = [
      '/etc/systemd/system/multi-user.target.wants/tenon-daemon.service',
      '/etc/runlevels/boot/tenon-daemon',
    ];
    for (const path of links) {
      fixture.write(join(dirname(path), 'other'), '');
      await fixture.host.writeLink(path, '/nowhere');
    }
    expect((await findTraces(fixture.host, sweep)).found).toEqual(links);
  });

  test('finds build users that say who made them', async () => {
    using fixture = createFixtureHost();
    const about = { gid: 65_534, home: '/var/empty', shell: '/bin/false' };
    const users = { nixbld1: 'Nix build user of tenon', nixbld2: 'Nix build user 2' };
    for (const [name, comment] of Object.entries(users))
      await fixture.host.createUser(
        { name, uid: 400 + Number(name.at(-1)), comment, ...about },
        'nogroup',
      );
    expect((await findTraces(fixture.host, sweep)).found).toEqual(['user nixbld1']);
  });
});

describe('findDropIns', () => {
  const dropIn = '/etc/systemd/system/tenon-daemon.service.d/proxy.conf';

  test('names what others added to the units, and not what the doctor wrote', async () => {
    using fixture = createFixtureHost();
    fixture.write(dropIn, '[Service]\n');
    fixture.write(fixFiles.serviceLimits, '[Service]\n');
    const dropIns = await findDropIns(fixture.host);
    expect(dropIns).toEqual([{ what: dropIn, reason: 'setup did not write it' }]);
  });

  test('finds none where the units have no folder for them', async () => {
    using fixture = createFixtureHost();
    expect(await findDropIns(fixture.host)).toEqual([]);
  });
});

describe('removeStore', () => {
  test('leaves what else is in the folders above', async () => {
    using fixture = createFixtureHost();
    fixture.write('/nix/store/x', '');
    fixture.write('/nix/var/nix/db/db.sqlite', '');
    fixture.write('/nix/mine', '');
    await removeStore(fixture.host, layout);
    expect(await fixture.host.list('/nix')).toEqual(['mine']);
  });

  test('removes the folders above when nothing else is in them, and can be repeated', async () => {
    using fixture = createFixtureHost();
    fixture.write('/nix/store/x', '');
    await removeStore(fixture.host, layout);
    await removeStore(fixture.host, layout);
    expect(await fixture.host.look('/nix')).toBeUndefined();
  });
});
