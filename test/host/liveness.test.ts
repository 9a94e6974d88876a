import { describe, expect, test } from '@jest/globals';
import { createLiveness } from '../../src/host/liveness.ts';
import { createFixtureHost } from '../support/fixture-host.ts';

/** A host at `/`, whose root is process 1's or not, with these mounts. */
function hostAtRoot(isSame: boolean | undefined, mountPoints: readonly string[]) {
  return createLiveness({
    look: () => Promise.resolve(undefined),
    readLink: () => Promise.resolve(undefined),
    root: '/',
    isSameFile: () => Promise.resolve(isSame),
    readMounts: async () => mountPoints.map(mountPoint => ({ ...MOUNT, mountPoint })),
  });
}

const MOUNT = {
  id: 1,
  parentId: 0,
  root: '/',
  mountPoint: '/',
  options: [],
  fileSystem: 'ext4',
  source: '/dev/vda',
  superOptions: [],
};

describe('isLive', () => {
  test.each([
    { what: 'a host that runs', isSame: true, mounts: ['/', '/proc'], live: true },
    { what: 'a host seen by an ordinary user', isSame: undefined, mounts: ['/'], live: true },
    { what: 'a chroot beside process 1', isSame: false, mounts: ['/'], live: false },
    { what: 'a chroot that process 1 shares', isSame: true, mounts: ['/proc'], live: false },
  ])('is $live for $what', async ({ isSame, mounts, live }) => {
    expect(await hostAtRoot(isSame, mounts).isLive()).toBe(live);
  });

  test('is false for an image', async () => {
    using fixture = createFixtureHost();
    expect(await fixture.host.isLive()).toBe(false);
  });
});

describe('findBootInit of an image', () => {
  test.each([
    { init: 'openrc', has: 'OpenRC', file: '/sbin/openrc-run' },
    { init: 'systemd', has: 'systemd', file: '/usr/lib/systemd/systemd' },
    { init: 'none', has: 'neither', file: '/usr/bin/true' },
  ])('is $init where $has is installed', async ({ init, file }) => {
    using fixture = createFixtureHost();
    fixture.write(file, '');
    expect(await fixture.host.findBootInit()).toBe(init);
  });

  test('is what /sbin/init leads to where both are installed', async () => {
    using fixture = createFixtureHost();
    fixture.write('/sbin/openrc-run', '');
    await fixture.host.writeLink('/sbin/init', '../lib/systemd/systemd');
    expect(await fixture.host.findBootInit()).toBe('systemd');
  });

  test('does not depend on whose /run is mounted there', async () => {
    using fixture = createFixtureHost();
    fixture.write('/sbin/openrc-run', '');
    fixture.write('/run/systemd/system/x', '');
    expect(await fixture.host.findBootInit()).toBe('openrc');
  });
});
