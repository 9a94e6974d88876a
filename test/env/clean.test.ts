import { describe, expect, test } from '@jest/globals';
import { planCleaning } from '../../src/env/clean.ts';
import { foreignPlaces } from '../../src/env/foreign.ts';

const places = foreignPlaces({ storeDir: '/nix/store', profilesDir: '/nix/var/nix/profiles' });

function clean(name: string, value: string, links = new Map<string, string>()) {
  return planCleaning(new Map([[name, value]]), places, links);
}

describe('planCleaning', () => {
  test.each([
    { name: 'QT_PLUGIN_PATH', value: '/usr/a:/nix/store/b:/usr/c', rest: '/usr/a:/usr/c' },
    { name: 'QT_PLUGIN_PATH', value: '/nix/store/b', rest: undefined },
    { name: 'PATH', value: '~/bin:.:/nix/store/b/bin:/bin', rest: '~/bin:.:/bin' },
    { name: 'LD_PRELOAD', value: '/nix/store/a.so libx.so /usr/b.so', rest: 'libx.so:/usr/b.so' },
    { name: 'LUA_PATH', value: '/nix/store/?.lua;/usr/?.lua;;', rest: '/usr/?.lua;;' },
    { name: 'NIX_PROFILES', value: '/nix/store/a /usr/b', rest: '/usr/b' },
    { name: 'ANYTHING', value: '/usr/a:/nix/store/b', rest: '/usr/a' },
    { name: 'CFLAGS', value: '-O2 -I/nix/store/a', rest: undefined },
    { name: 'CC', value: '/nix/store/a/bin/cc -m64', rest: undefined },
    { name: 'BASH_FUNC_x%%', value: '() { /nix/store/a; }', rest: undefined },
  ])('$name=$value becomes $rest', ({ name, value, rest }) => {
    expect(clean(name, value)).toEqual([{ name, value: rest }]);
  });

  test.each([
    {
      name: 'PATH',
      value: '/nix/store/a/bin',
      rest: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    },
    { name: 'XDG_DATA_DIRS', value: '/nix/store/a/share', rest: '/usr/local/share:/usr/share' },
    {
      name: 'XDG_DATA_DIRS',
      value: '/opt/share:/nix/store/a',
      rest: '/opt/share:/usr/local/share:/usr/share',
    },
    { name: 'XDG_DATA_DIRS', value: '/nix/store/a:/usr/share', rest: '/usr/share' },
    { name: 'XDG_CONFIG_DIRS', value: '/nix/store/a', rest: '/etc/xdg' },
  ])('gives $name its default back when $value has lost it', ({ name, value, rest }) => {
    expect(clean(name, value)).toEqual([{ name, value: rest }]);
  });

  test('takes out an element that only leads to a store', () => {
    const links = new Map([['/opt/lib', '/nix/store/a/lib']]);
    expect(clean('LD_LIBRARY_PATH', '/opt/lib:/usr/lib', links)).toEqual([
      { name: 'LD_LIBRARY_PATH', value: '/usr/lib' },
    ]);
  });

  test.each([
    ['PATH', '/usr/bin'],
    ['PWD', '/nix/store'],
    ['_', '/nix/store/a/bin/env'],
    ['constructor', 'x'],
  ])('does nothing to %s=%s', (name, value) => {
    expect(clean(name, value)).toEqual([]);
  });

  test('keeps names that an object already has apart', () => {
    expect(clean('constructor', '/nix/store/a')).toEqual([
      { name: 'constructor', value: undefined },
    ]);
    expect(clean('__proto__', '/nix/store/a')).toEqual([{ name: '__proto__', value: undefined }]);
  });
});
