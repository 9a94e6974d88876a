import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { settingTable } from '../../src/config/setting-table.ts';

/** Stock Nix's own list of settings, with no configuration; undefined where there is none. */
function stockSettings():
  | Readonly<Record<string, { defaultValue: unknown; aliases: string[] }>>
  | undefined {
  const env = {
    PATH: process.env.PATH,
    NIX_CONF_DIR: '/nonexistent',
    NIX_USER_CONF_FILES: '/dev/null',
    HOME: '/nonexistent',
  };
  const argv = ['--extra-experimental-features', 'nix-command', 'show-config', '--json'];
  const { status, stdout } = spawnSync('nix', argv, { env, encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout) : undefined;
}

const stock = stockSettings();
const facts = {
  system: 'x86_64-linux',
  cpuCount: 1,
  isRoot: false,
  hasKvm: false,
  confDir: '/nonexistent',
};
/** They depend on the machine or, like `cores`, are as in newer versions on purpose. */
const different = ['cores', 'extra-platforms', 'system', 'system-features', 'sandbox', 'max-free'];

const rows = Object.values(settingTable).flatMap(({ name, aliases, initial }) => {
  const known = stock?.[name];
  return known === undefined ? [] : [{ name, aliases, ours: initial(facts), known }];
});

(stock === undefined ? describe.skip : describe)('settings (needs stock Nix)', () => {
  test.each(rows)('$name has the aliases of stock Nix', ({ aliases, known }) => {
    expect([...aliases].filter(alias => alias !== 'use-substitutes').sort()).toEqual(known.aliases);
  });

  test.each(rows.filter(({ name }) => !different.includes(name)))(
    '$name has the default of stock Nix',
    ({ ours, known }) => {
      expect(ours).toEqual(known.defaultValue);
    },
  );

  test('lack none that stock Nix has, but those of others', () => {
    expect(rows.length).toBeGreaterThan(40);
  });
});
