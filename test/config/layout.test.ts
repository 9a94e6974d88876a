import { describe, expect, test } from '@jest/globals';
import {
  hostNames,
  privateEnvironment,
  privateLayout,
  storeLayout,
} from '../../src/config/layout.ts';

describe('storeLayout', () => {
  test('is that of stock Nix when nothing is set', () => {
    expect(storeLayout({})).toEqual({
      storeDir: '/nix/store',
      stateDir: '/nix/var/nix',
      logDir: '/nix/var/log/nix',
      confDir: '/etc/nix',
      socketPath: '/nix/var/nix/daemon-socket/socket',
      nixConfFile: '/etc/nix/nix.conf',
      linksDir: '/nix/store/.links',
      dbDir: '/nix/var/nix/db',
      dbFile: '/nix/var/nix/db/db.sqlite',
      schemaFile: '/nix/var/nix/db/schema',
      backupsDir: '/nix/var/nix/db/tenon-backups',
      bigLockFile: '/nix/var/nix/db/big-lock',
      reservedFile: '/nix/var/nix/db/reserved',
      gcLockFile: '/nix/var/nix/gc.lock',
      gcSocketPath: '/nix/var/nix/gc-socket/socket',
      tempRootsDir: '/nix/var/nix/temproots',
      gcRootsDir: '/nix/var/nix/gcroots',
      profilesDir: '/nix/var/nix/profiles',
      userPoolDir: '/nix/var/nix/userpool',
      idPoolDir: '/nix/var/nix/userpool2',
      buildLogDir: '/nix/var/log/nix/drvs',
      buildsDir: '/nix/var/nix/builds',
    });
  });

  test.each([
    { name: 'an empty variable', env: { NIX_STORE_DIR: '' }, storeDir: '/nix/store' },
    { name: 'the older variable', env: { NIX_STORE: '/a' }, storeDir: '/a' },
    { name: 'both variables', env: { NIX_STORE: '/a', NIX_STORE_DIR: '/b' }, storeDir: '/b' },
    { name: 'the newer one empty', env: { NIX_STORE: '/a', NIX_STORE_DIR: '' }, storeDir: '/a' },
    { name: 'a trailing slash', env: { NIX_STORE_DIR: '/a/b/' }, storeDir: '/a/b' },
    { name: 'dots and doubled slashes', env: { NIX_STORE_DIR: '//a/./x/..//b' }, storeDir: '/a/b' },
  ])('takes $name', ({ env, storeDir }) => {
    expect(storeLayout(env).storeDir).toBe(storeDir);
  });

  test('derives the socket from the state directory, unless it is named', () => {
    const env = { NIX_STATE_DIR: '/s' };
    expect(storeLayout(env).socketPath).toBe('/s/daemon-socket/socket');
    expect(storeLayout({ ...env, NIX_DAEMON_SOCKET_PATH: '/x' }).socketPath).toBe('/x');
  });

  test.each([
    'NIX_STORE_DIR',
    'NIX_STATE_DIR',
    'NIX_LOG_DIR',
    'NIX_CONF_DIR',
    'NIX_DAEMON_SOCKET_PATH',
  ])('refuses a relative %s', variable => {
    expect(() => storeLayout({ [variable]: 'nix' })).toThrow(
      expect.objectContaining({ code: 'config/relative-directory' }),
    );
  });
});

describe('privateLayout', () => {
  test('stays below its directory', () => {
    const outside = Object.values(privateLayout('/p')).filter(path => !path.startsWith('/p/'));
    expect(outside).toEqual([]);
  });

  test('is what a client with the same variables sees', () => {
    expect(storeLayout(privateEnvironment('/p/q'))).toEqual(privateLayout('/p/q'));
  });
});

test('hostNames gives the ids that Nix installers use', () => {
  expect(hostNames).toMatchObject({
    buildGroup: 'nixbld',
    buildGroupId: 30_000,
    buildUserCount: 32,
  });
});
