import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { storeLayout } from '../../src/config/layout.ts';
import { planSteps } from '../../src/setup/plan.ts';
import { findAbsent, findEdits, keepForStock, removeUserData } from '../../src/setup/removal.ts';
import { testAsRoot } from '../support/as-root.ts';
import { createFixtureHost } from '../support/fixture-host.ts';
import { planInput, toolsFor } from '../support/setup-plan.ts';

const layout = storeLayout({});

test('keepForStock keeps the accounts, the store and nix.conf, and nothing else', () => {
  const steps = planSteps(planInput({ init: 'openrc', isLive: true }));
  const gone = steps.filter(step => keepForStock(step, layout) === undefined);
  expect(gone.filter(({ id }) => /nixbld|\/nix/.test(id))).toEqual([]);
  expect(gone.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['program', 'command', 'service-enable', 'account-backups']),
  );
});

describe('findEdits', () => {
  const step = planSteps(planInput()).find(({ id }) => id === 'file:/etc/profile.d/tenon.sh');

  test.each([
    { what: 'an edited file', text: 'mine', files: ['/etc/profile.d/tenon.sh'] },
    { what: 'nothing where the file is gone', text: undefined, files: [] },
  ])('gives $what', async ({ text, files }) => {
    using fixture = createFixtureHost();
    if (text !== undefined) fixture.write('/etc/profile.d/tenon.sh', text);
    const entries = step === undefined ? [] : [{ step, undo: { before: null }, isApplied: true }];
    const edits = await findEdits(entries, toolsFor(fixture));
    expect(edits.map(({ file }) => file)).toEqual(files);
  });
});

test('findAbsent names what somebody took away', async () => {
  using fixture = createFixtureHost();
  fixture.write('/etc/profile.d/tenon.sh', 'there');
  const steps = planSteps(planInput()).filter(({ id }) => /profile|user:/.test(id));
  const entries = steps.map(step => ({ step, undo: { before: null }, isApplied: true }));
  expect(await findAbsent(entries, toolsFor(fixture))).toEqual(['nixbld1', 'nixbld2']);
});

describe('removeUserData', () => {
  testAsRoot('takes what Nix programs left in homes, and follows no link out of them', async () => {
    using fixture = createFixtureHost();
    const { host, root, write } = fixture;
    const about = { uid: 1000, gid: 65_534, comment: '', shell: '/bin/sh' };
    await host.createUser({ name: 'ann', home: '/home/ann', ...about }, 'nogroup');
    write('/home/ann/.nix-channels', '');
    write('/home/ann/.config/nix/nix.conf', '');
    write('/home/ann/.config/other', '');
    write('/srv/nix/data', '');
    mkdirSync(join(root, 'home/ann/.local/state'), { recursive: true });
    await host.writeLink('/home/ann/.cache', '../../srv');
    await host.writeLink('/home/ann/.nix-profile', '/srv');
    await host.run(['chown', '-R', '-h', '1000', join(root, 'home/ann')]);
    expect(await removeUserData(host)).toEqual([
      { what: '/home/ann/.cache/nix', reason: 'its owner may not delete it' },
    ]);
    expect(await host.list('/home/ann')).toEqual(['.cache', '.config', '.local']);
    expect(await host.list('/home/ann/.config')).toEqual(['other']);
    expect(await host.list('/srv/nix')).toEqual(['data']);
  });
});
