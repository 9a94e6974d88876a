import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createHost } from '../../src/host/host.ts';
import { createFixtureHost } from '../support/fixture-host.ts';

describe('readFacts', () => {
  test('reads the distribution and the programs of that root', async () => {
    using fixture = createFixtureHost();
    fixture.write('/etc/os-release', 'NAME="Gentoo"\nID=gentoo\nPRETTY_NAME="Gentoo Linux"\n');
    fixture.write('/usr/sbin/useradd', '#!/bin/sh\n');
    chmodSync(join(fixture.root, 'usr/sbin/useradd'), 0o755);
    expect(await fixture.host.readFacts()).toMatchObject({
      distro: { id: 'gentoo', name: 'Gentoo Linux' },
      programs: { useradd: '/usr/sbin/useradd', groupadd: undefined },
    });
  });

  test('knows this machine', async () => {
    const { kernel, architecture, memoryBytes } = await createHost('/').readFacts();
    expect(kernel).toMatch(/^\d+\.\d+/);
    expect(architecture).toBe(process.arch);
    expect(memoryBytes).toBeGreaterThan(1e6);
  });
});
