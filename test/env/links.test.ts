import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { followLinks } from '../../src/env/links.ts';
import { createFixtureHost } from '../support/fixture-host.ts';

async function follow(
  links: Readonly<Record<string, string>>,
  value: string,
): Promise<readonly (readonly [string, string])[]> {
  using fixture = createFixtureHost();
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(fixture.root, path));
  const { targets } = await followLinks(fixture.host, [new Map([['NAME', value]])]);
  return [...targets];
}

describe('followLinks', () => {
  test('follows links of links, and links in the middle, within the root', async () => {
    const links = {
      usr1: '/usr2',
      usr2: 'nix/store/a',
      rel: 'usr1/lib',
      up: 'usr/../../../gnu/store/b',
    };
    expect(await follow(links, '/usr1/bin:/rel:/up/x:/usr/lib')).toEqual([
      ['/usr1/bin', '/nix/store/a/bin'],
      ['/rel', '/nix/store/a/lib'],
      ['/up/x', '/gnu/store/b/x'],
    ]);
  });

  test('stops in a circle', async () => {
    expect(await follow({ a: '/b', b: '/a' }, '/a/x')).toEqual([]);
  });

  test.each([`/${'x'.repeat(5000)}`, '/a\u0000b', '/etc/passwd/x', '/proc/self/fd/99999/x'])(
    'goes on where a path cannot be looked at (%#)',
    async path => {
      expect(await follow({}, path)).toEqual([]);
    },
  );

  test('says how many of too many paths it left out', async () => {
    using fixture = createFixtureHost();
    const value = Array.from({ length: 6000 }, (_, number) => `/p${number}`).join(':');
    const { leftOut } = await followLinks(fixture.host, [new Map([['NAME', value]])]);
    expect(leftOut).toBe(1000);
  });
});
