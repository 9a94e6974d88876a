import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createFixtureHost } from '../support/fixture-host.ts';

describe('files of a host', () => {
  test('come back byte for byte', async () => {
    using fixture = createFixtureHost();
    const text = String.fromCharCode(...Array(256).keys());
    await fixture.host.writeText('/etc/bytes', text, 0o600);
    expect(await fixture.host.readText('/etc/bytes')).toBe(text);
    expect(statSync(join(fixture.root, 'etc/bytes')).size).toBe(256);
  });

  test('keep their owner when they are written again', async () => {
    using fixture = createFixtureHost();
    fixture.write('/etc/x', 'old');
    await fixture.host.setOwner('/etc/x', { uid: 7, gid: 8 });
    await fixture.host.writeText('/etc/x', 'new', 0o640);
    expect(await fixture.host.look('/etc/x')).toEqual({
      kind: 'file',
      mode: 0o640,
      uid: 7,
      gid: 8,
      sizeBytes: 3,
    });
  });

  test('are not written through a symbolic link', async () => {
    using fixture = createFixtureHost();
    await fixture.host.writeLink('/etc/link', 'passwd');
    await expect(fixture.host.writeText('/etc/link', '', 0o644)).rejects.toMatchObject({
      code: 'host/symlink',
    });
  });

  test('leave nothing of a writer that was killed', async () => {
    using fixture = createFixtureHost();
    fixture.write('/etc/x.tenon-new', 'half');
    await fixture.host.writeText('/etc/x', 'whole', 0o644);
    expect(readdirSync(join(fixture.root, 'etc')).filter(name => name.startsWith('x'))).toEqual([
      'x',
    ]);
  });

  test('that are missing are undefined, empty or gone already', async () => {
    using fixture = createFixtureHost();
    const { host } = fixture;
    expect(await host.look('/no')).toBeUndefined();
    expect(await host.readText('/no')).toBeUndefined();
    expect(await host.readLink('/etc/passwd')).toBeUndefined();
    expect(await host.list('/no')).toEqual([]);
    await host.remove('/no');
    await host.removeTree('/no');
    expect(await host.removeEmpty('/no')).toBe(true);
  });

  test('keep a directory from being removed', async () => {
    using fixture = createFixtureHost();
    expect(await fixture.host.removeEmpty('/etc')).toBe(false);
  });

  test.each([
    { what: 'other bytes of one length', text: 'bbb', mode: 0o644, same: false },
    { what: 'another length', text: 'aaaa', mode: 0o644, same: false },
    { what: 'no right to run it', text: 'aaa', mode: 0o755, same: false },
    { what: 'the same', text: 'aaa', mode: 0o640, same: true },
  ])('are copies of others or not: $what', async ({ text, mode, same }) => {
    using fixture = createFixtureHost();
    fixture.write('/from', 'aaa');
    fixture.write('/to', text, mode);
    expect(await fixture.host.isCopyOf(join(fixture.root, 'from'), '/to')).toBe(same);
  });
});
