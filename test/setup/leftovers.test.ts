import { describe, expect, test } from '@jest/globals';
import { storeLayout } from '../../src/config/layout.ts';
import { group } from '../../src/setup/actions/group.ts';
import { findTraces, removeStore } from '../../src/setup/leftovers.ts';
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
    expect(await findTraces(fixture.host, { layout, init: 'none', entries, kept: [] })).toEqual([]);
  });

  test('finds files and accounts that should be gone, but not what was kept', async () => {
    using fixture = createFixtureHost();
    fixture.write('/etc/profile.d/tenon.sh', '');
    fixture.write('/etc/tenon/tenon.conf', '');
    await fixture.host.createGroup('nixbld', 30_000);
    const sweep = { layout, init: 'none' as const, entries, kept: ['/etc/tenon/tenon.conf'] };
    expect(await findTraces(fixture.host, sweep)).toEqual([
      '/etc/profile.d/tenon.sh',
      'group nixbld',
    ]);
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
