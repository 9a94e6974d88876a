import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createHost, type Host } from '../../src/host/host.ts';
import { createFixtureHost, type FixtureHost } from '../support/fixture-host.ts';

/** A program of the init system that notes its arguments and ends with the status in a file. */
function fakeProgram({ root, write }: FixtureHost, name: string): void {
  const script = `#!/bin/sh\necho "${name} $*" >> ${root}/calls\nexit "$(cat ${root}/status)"\n`;
  write(`/bin/${name}`, script);
  chmodSync(join(root, 'bin', name), 0o755);
}

function hostWith(fixture: FixtureHost, names: readonly string[]): Host {
  for (const name of names) fakeProgram(fixture, name);
  fixture.write('/status', '0');
  fixture.write('/calls', '');
  return createHost(fixture.root, { path: `${fixture.root}/bin:/usr/bin:/bin` });
}

function calls({ root }: FixtureHost): readonly string[] {
  return readFileSync(join(root, 'calls'), 'utf8').split('\n').filter(Boolean);
}

describe('findInit', () => {
  test.each([
    { init: 'systemd', marker: '/run/systemd/system/x' },
    { init: 'openrc', marker: '/run/openrc/softlevel' },
    { init: 'none', marker: '/usr/bin/systemctl' },
  ])('says $init where $marker is', async ({ init, marker }) => {
    using fixture = createFixtureHost();
    fixture.write(marker, '');
    expect(await fixture.host.findInit()).toBe(init);
  });
});

describe('systemd', () => {
  test('is asked about the socket, and told about both units', async () => {
    using fixture = createFixtureHost();
    const manager = hostWith(fixture, ['systemctl']).serviceManager('systemd', 'tenon-daemon');
    expect(await manager.isEnabled()).toBe(true);
    expect(await manager.isActive()).toBe(true);
    await manager.enable();
    await manager.start();
    await manager.stop();
    await manager.disable();
    await manager.reload();
    expect(calls(fixture)).toEqual([
      'systemctl --quiet is-enabled tenon-daemon.socket',
      'systemctl --quiet is-active tenon-daemon.socket',
      'systemctl --quiet enable tenon-daemon.socket',
      'systemctl --quiet reset-failed tenon-daemon.socket tenon-daemon.service',
      'systemctl --quiet start tenon-daemon.socket',
      'systemctl --quiet stop tenon-daemon.socket tenon-daemon.service',
      'systemctl --quiet reset-failed tenon-daemon.socket tenon-daemon.service',
      'systemctl --quiet disable tenon-daemon.socket',
      'systemctl --quiet daemon-reload',
    ]);
  });

  test('takes a unit that is not there for stopped and not enabled', async () => {
    using fixture = createFixtureHost();
    const manager = hostWith(fixture, ['systemctl']).serviceManager('systemd', 'tenon-daemon');
    fixture.write('/status', '4');
    expect(await manager.isEnabled()).toBe(false);
    expect(await manager.isActive()).toBe(false);
  });
});

describe('OpenRC', () => {
  test('is told to add and start, and asked for the status', async () => {
    using fixture = createFixtureHost();
    const host = hostWith(fixture, ['rc-service', 'rc-update']);
    const manager = host.serviceManager('openrc', 'tenon-daemon');
    expect(await manager.isActive()).toBe(true);
    await manager.enable();
    await manager.start();
    await manager.disable();
    expect(calls(fixture)).toEqual([
      'rc-service --quiet tenon-daemon status',
      'rc-update add tenon-daemon default',
      'rc-service --quiet tenon-daemon status',
      'rc-service --quiet tenon-daemon start',
      'rc-update del tenon-daemon',
    ]);
  });

  test('finds the runlevel link of an enabled service', async () => {
    using fixture = createFixtureHost();
    const manager = fixture.host.serviceManager('openrc', 'tenon-daemon');
    expect(await manager.isEnabled()).toBe(false);
    fixture.write('/etc/runlevels/default/other', '');
    await fixture.host.writeLink('/etc/runlevels/default/tenon-daemon', '/etc/init.d/tenon-daemon');
    expect(await manager.isEnabled()).toBe(true);
  });

  test('has nothing to stop where there is no script', async () => {
    using fixture = createFixtureHost();
    const manager = hostWith(fixture, ['rc-service']).serviceManager('openrc', 'tenon-daemon');
    await manager.stop();
    expect(calls(fixture)).toEqual([]);
  });
});
