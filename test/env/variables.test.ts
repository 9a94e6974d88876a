import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseAssignments } from '../../src/env/environment.ts';
import { classes, classOf, mayBeUnset, unwantedVariables } from '../../src/env/variables.ts';

const envD = new URL('../../init/portage/99tenon', import.meta.url);

describe('classOf', () => {
  test.each([
    ['LD_LIBRARY_PATH', 'loader'],
    ['QT_PLUGIN_PATH', 'plugins'],
    ['NIX_CFLAGS_COMPILE_FOR_BUILD', 'build'],
    ['PYTHONPATH', 'interpreters'],
    ['LOCALE_ARCHIVE', 'resources'],
    ['XDG_DATA_DIRS', 'data'],
    ['PATH', 'programs'],
    ['NIX_WHATEVER', 'markers'],
    ['WHATEVER', 'other'],
    ['constructor', 'other'],
  ])('%s is one of the class %s', (name, kind) => {
    expect(classOf(name)).toBe(kind);
  });

  test('knows each name once', () => {
    const names = Object.values(classes).flatMap(({ unwanted, wanted }) => [
      ...unwanted,
      ...wanted,
    ]);
    expect(names).toEqual([...new Set(names)]);
  });
});

/**
 * Search paths in /etc/env.d files of ::gentoo (2026-08), and in the make.conf of crossdev. XDG_DATA_DIRS and
 * XDG_CONFIG_DIRS are among the first too, but ::gentoo's profiles have them in ENV_UNSET themselves.
 */
const SET_BY_GENTOO = [
  ...['ROOTPATH', 'MANPATH', 'INFOPATH', 'JAVA_HOME', 'LADSPA_PATH', 'LESSOPEN', 'PAGER'],
  ...['RUBYOPT', 'SGML_CATALOG_FILES', 'PKG_CONFIG_PATH'],
];

describe('the names for ENV_UNSET', () => {
  test('are those that the file for /etc/env.d has', () => {
    const file = parseAssignments(readFileSync(envD, 'utf8'));
    expect(file.get('ENV_UNSET')?.split(' ')).toEqual(unwantedVariables);
    expect(file.get('SPACE_SEPARATED')).toBe('ENV_UNSET');
    expect(file.size).toBe(2);
  });

  test.each([
    ...['CC', 'CFLAGS', 'RUSTFLAGS', 'SHELL', 'PATH', 'LD_PRELOAD', 'HOME', 'SSL_CERT_FILE'],
    ...SET_BY_GENTOO,
  ])('do not have %s, which somebody may want', name => {
    expect(unwantedVariables).not.toContain(name);
    expect(mayBeUnset(name)).toBe(false);
  });

  test('are exact names, because Portage knows no patterns', () => {
    expect(unwantedVariables.filter(name => !mayBeUnset(name))).toEqual([]);
    expect(mayBeUnset('NIX_*')).toBe(false);
    expect(mayBeUnset('A B')).toBe(false);
  });
});
