import { describe, expect, test } from '@jest/globals';
import { createHost } from '../../src/host/host.ts';
import { createFixtureHost } from '../support/fixture-host.ts';

describe('readFacts', () => {
  test('reads the distribution, the shell of accounts there, and the tools here', async () => {
    using fixture = createFixtureHost();
    fixture.write('/etc/os-release', 'NAME="Gentoo"\nID=gentoo\nPRETTY_NAME="Gentoo Linux"\n');
    fixture.write('/usr/local/bin/nologin', '#!/bin/sh\n', 0o755);
    const { programs } = await createHost('/').readFacts();
    expect(await fixture.host.readFacts()).toMatchObject({
      distro: { id: 'gentoo', name: 'Gentoo Linux' },
      programs: { useradd: programs.useradd, nologin: '/usr/local/bin/nologin' },
    });
  });

  test('knows this machine', async () => {
    const { kernel, architecture, memoryBytes } = await createHost('/').readFacts();
    expect(kernel).toMatch(/^\d+\.\d+/);
    expect(architecture).toBe(process.arch);
    expect(memoryBytes).toBeGreaterThan(1e6);
  });
});
